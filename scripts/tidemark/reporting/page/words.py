"""What the page calls what was measured, and what each is, in one line."""

from dataclasses import dataclass

from tidemark.targets import METRICS


@dataclass(frozen=True)
class Term:
    """What is measured: its name in a heading, with the unit, and what it is."""

    name: str
    about: str


TERMS = {
    # of models of returns
    "mae": Term(
        "Mean absolute error (%)",
        "How far forecasts lie from what came, on average, in percent of return.",
    ),
    "mse": Term(
        "Mean squared error (%²)",
        "The mean of the squared misses; verdicts rest on it.",
    ),
    "rmse": Term(
        "Typical miss (%)",
        "Root mean squared error: how far forecasts lie from what came; large misses count more "
        "than small ones.",
    ),
    "r2": Term(
        "R²",
        "Share of the test returns' variation that forecasts account for, against their own "
        "mean; 0 is what that mean gets.",
    ),
    "directional_accuracy": Term(
        "Right about up or down (%)",
        "Share of forecasts with the right sign; compare with the baseline's, not with 50.",
    ),
    "information_coefficient": Term(
        "Information coefficient",
        "Rank correlation of forecasts and returns across tickers, mean over dates; 0 is no order.",
    ),
    "skill": Term(
        "Skill",
        "Share of the baseline's squared error that a model takes away; above 0 is better than "
        "the baseline.",
    ),
    # of models of direction
    "brier_score": Term(
        "Brier score",
        "Mean square of a probability's distance from what came (1 for a rise, else 0); 0.25 is "
        "what “always one half” gets.",
    ),
    "log_loss": Term(
        "Log loss",
        "How surprised the probabilities were by what came, in nats; 0.693 is what “always one "
        "half” gets.",
    ),
    "auc": Term(
        "Order (AUC)",
        "Of a bar that rose and one that did not, how often the first had the higher "
        "probability; 0.5 is chance.",
    ),
    "brier_skill": Term(
        "Brier skill",
        "Share of the base rate's Brier score that a model takes away; above 0 is better than "
        "the base rate.",
    ),
    # of models of either kind
    "difference": Term(
        "Loss less the baseline's",
        "Squared error (of probabilities: Brier score) less that of what the model is held "
        "against, on the same dates; left of 0 is better.",
    ),
    "adjusted_p": Term(
        "Adjusted p",
        "Lowest error rate, of all verdicts together, at which there would be one; small is "
        "strong evidence.",
    ),
    "model_verdict": Term(
        "Verdict",
        "“Better” or “worse” only where chance is an unlikely explanation; “no difference "
        "shown” does not mean that there is none.",
    ),
    "folds": Term(
        "Folds",
        "Walk-forward cross-validation within the training dates: the mean over folds, with the "
        "lowest and the highest.",
    ),
    # of strategies
    "overall_rank": Term(
        "Rank",
        "By score; those that fail a guardrail stand below all that pass.",
    ),
    "avg_score": Term(
        "Score",
        "Share of all other parameter sets that a strategy's sets beat, mean over all cells; "
        "0.5 is the middle.",
    ),
    "sharpe_since": Term(
        "Sharpe ratio since first position",
        "Mean return beyond cash for each unit of fluctuation, a year, on a set's own dates; "
        "above 1 is rare over many years.",
    ),
    "sharpe": Term(
        "Sharpe ratio, all dates",
        "The same over all of history, where years before the first position count as flat.",
    ),
    "difference_since": Term(
        "Less the benchmark's",
        "Sharpe ratio less that of the benchmark on the same dates; right of 0 is better.",
    ),
    "p_zero": Term(
        "p: more than luck",
        "Had no set any skill, the chance that the best of all would look at least this good "
        "beside cash, tested together.",
    ),
    "p_benchmark": Term(
        "p: more than the benchmark",
        "The same beside the benchmark: the chance of such a lead over it by luck.",
    ),
    "strategy_verdict": Term(
        "Verdict",
        "What both p-values say of a strategy's best set; without a small one, luck may explain "
        "it.",
    ),
    "guardrails": Term(
        "Guardrails",
        "Bounds on trades, drawdown, Sharpe ratio, exposure and markets; “passed”, or every "
        "reason why not.",
    ),
    "return_since": Term(
        "Return a year (%)",
        "Compound, net of costs, since the first position.",
    ),
    "annual_return": Term(
        "Return a year, all dates (%)",
        "Compound, net of costs, over all of history.",
    ),
    "deflated_sharpe": Term(
        "Deflated Sharpe (%)",
        "Confidence that the true Sharpe ratio is above what the luckiest of so many sets would "
        "show; 95 is usually asked for.",
    ),
    "no_skill_share": Term(
        "As high without skill (%)",
        "Share of draws in which the best of all sets, had none skill, shows at least this "
        "Sharpe ratio.",
    ),
    "overfitting": Term(
        "Overfitting (%)",
        "How often the best set on one half of history was no better than the middle on the "
        "other; choosing blindly gives about 50.",
    ),
    "walk_forward_sharpe": Term(
        "Walk-forward Sharpe ratio",
        "Of choosing the best set by the past alone, again and again.",
    ),
    "drawdown": Term("Drawdown (%)", "How far equity is below its highest value before."),
    "deepest_drawdown": Term(
        "Deepest drawdown (%)",
        "How far equity fell below its highest value before.",
    ),
    "trades": Term(
        "Trades",
        "Spells of one sign, a ticker.",
    ),
    "win_rate": Term(
        "Trades won (%)",
        "Share of trades in which equity grew.",
    ),
    "exposure": Term(
        "Exposure (%)",
        "Share of bars with a position.",
    ),
    "turnover": Term(
        "Turnover",
        "Shares of equity bought and sold, a year.",
    ),
    "costs": Term(
        "Costs (%)",
        "Share of equity lost to costs and slippage over all of history, summed over fills.",
    ),
    # of markets
    "score": Term(
        "Score",
        "Share of all other parameter sets beaten in those markets; above 0.5 is better than "
        "the middle.",
    ),
    "top_strategy": Term(
        "Earned most",
        "The strategy with the highest mean return over its sets and tickers.",
    ),
    "benchmark_return": Term(
        "Benchmark (%)",
        "What the benchmark earned in all, mean over tickers.",
    ),
    "avg_return": Term(
        "All strategies (%)",
        "Mean total return of all strategies' sets, without benchmarks.",
    ),
    "benchmark_drawdown": Term(
        "Benchmark's drawdown (%)",
        "Its deepest, mean over tickers.",
    ),
}
MEASURED = tuple(name for metrics in METRICS.values() for name in metrics.metrics)
