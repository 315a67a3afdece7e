"""Data sources: from what somebody sends, such as the bytes of a user's files, to tidy frames.

`contract` says what a source is; a module for each kind of data has one. `columns` and
`time_columns` type what was read, by `number_forms` and `stamps`, and gather in a `report` what is
wrong with it.

Never: opens a file or asks a network, because its fetcher does: imports `files`, `urllib`, `http`,
  `socket`.
Never: knows Make, steps or what other sources hold: imports `harness`, `config`.
Never: corrects a value: it is read as the configuration says, or refused with its line.
"""
