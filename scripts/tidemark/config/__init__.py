"""What `config.yaml` may say: its sections, checks across them, errors with line and key.

`settings` and `cross_checks` say what is allowed, `load` reads and writes one file a key, `view`
hands keys out and remembers which were asked for.

Never: imports `pandas`, `numpy`: it is read before every make.
"""
