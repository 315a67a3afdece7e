"""Results held against a baseline: how much worse each may be, and the baseline itself.

`settings` says what is tolerated; `baseline` keeps in git the results that count as good, with who
decided so, when and why, and the evidence with which later ones are paired.

Never: imports `config`, `tables`, `harness`: it takes values, and knows no checkpoint.
"""
