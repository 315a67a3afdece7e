"""What makes a script a step: checkpoints, reasons to run, outputs that appear together.

`step` starts and ends a run, `run` is what a step is given (`reads`, `writes`, `messages`),
`record` is the `.ok` file, `staleness` asks whether it holds, `verification` brings file times in
line with contents.

Never: imports any room of the market's side; a step's mathematics are no concern of it.
Never: imports `pandas` before a step asks for a table.
"""
