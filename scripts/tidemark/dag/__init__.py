"""The graph of step instances: the rules as Make has them, states, the way to a cause, a picture.

Never: writes anything, or sets a time.
Never: imports `pandas`, `numpy`.
"""
