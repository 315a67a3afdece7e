"""Market scenarios: the stretches and simulations of the market that strategies are tried on.

- **full**: all of history.
- **historical**: a window of it, such as the crisis of 2008, or a calendar year.
- **stress**: all of history, changed as configured; simulation from real bars.
- **stochastic**: paths drawn from history (bootstrap) or from a distribution fitted to it (GBM);
  simulation from real bars.

Each comes with a record that says which bars it is, how much of it the data cover, and its group.
What shares a group is one piece of evidence, not several: windows that overlap by half or more of
the shorter one, directly or through others; all stress, which is of one history; all paths of one
method, which are draws from one distribution.

Prices are positive; times are naive UTC.
"""
