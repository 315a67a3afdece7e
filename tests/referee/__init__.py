"""The referee: says again, by other means, what results say.

It reads `config.yaml`, the files that the user gave and the results as they lie, and works each
figure out once more from its definition: a plain loop over bars for backtests, pandas and
scikit-learn for features and forecasts, TA-Lib, empyrical, ffn, arch and scipy where they have the
figure. Of the code that it judges it uses what reads a configuration, the class of bars that
strategies take, and the strategies themselves, whose targets are the question, not the answer.

There is a module for each family of figures, with a function `look` that compares, and raises
`Disagreement` at the first difference beyond rounding, or `NotLooked` where it cannot look.

    make referee                                 # on the results of this project
    make referee CELLS=20000 SEED=7 FAMILIES="cells evidence"
"""
