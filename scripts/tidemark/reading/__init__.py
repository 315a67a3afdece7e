"""From the bytes of a file to a table of its own columns, whatever form it is written in.

`settings` says what forms there are, and `files` reads a file of any kind by one: each `table` of
it. Nothing is guessed: what a form does not say is refused, with its line.

Never: opens a file, because who reads has its bytes: imports `files`, `urllib`, `http`, `socket`.
Never: knows what a column means: imports `sources`, `bars`.
"""
