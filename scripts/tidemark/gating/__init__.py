"""Results held against a baseline: how much worse each may be, and the baseline itself.

`settings` says what is tolerated; `judging` folds a comparison's rows into what is beyond that, and
`told` says it in words; `baseline` keeps in git what counts as good, with who decided so, when and
why, and the figures by date with which later results are paired.

Never: imports `config`, `tables`, `harness`: it takes values, and knows no checkpoint.
"""
