"""A project's results as pandas data frames, for notebooks: `tidemark.open(".")`.

What is read is held against the checkpoint of the step that wrote it, so a frame is what that step
wrote or an error; that it is older than an edit is a warning. Nothing stays open between two
questions, so `make` may replace everything meanwhile.

Never: writes, locks or removes a file, or starts a step.
Never: computes a figure: a frame is a table, or a step's file, as it stands.
"""
