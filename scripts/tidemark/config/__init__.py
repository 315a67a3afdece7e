"""What `config.yaml` may say: its sections, checks across them, errors with line and key.

`settings` and `cross_checks` say what is allowed, `load` reads and checks the file, `view` keeps
one small file a key, hands keys out, and remembers which were asked for.

Never: imports `pandas`, `numpy`: it is read before every make.
"""
