"""Market scenarios: the stretches and simulations of the market that strategies are tried on.

- **full**: all of history.
- **historical**: a window of it, such as the crisis of 2008, or a calendar year.
- **stress**: all of history, changed as configured; simulation from real bars.
- **stochastic**: paths drawn from history (bootstrap) or from a distribution fitted to it (GBM);
  simulation from real bars.

Each comes with a record that says which bars it has, how much of it the data cover, and its group.
Market scenarios of one group are one piece of evidence, not several: windows that overlap by half
or more of the shorter one, directly or through others; all stress, because it has one history; all
paths of one method, because they are draws from one distribution.

Prices are positive; times are naive UTC.
"""
