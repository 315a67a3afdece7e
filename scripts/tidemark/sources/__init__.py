"""Data sources: from the bytes of a user's files to tidy frames.

Never: writes a file, or knows Make, steps or other sources: imports `harness`, `config`.
Never: corrects a value: it is read as it stands, or refused with its line.
"""
