"""Data sources: from the bytes of a user's files to tidy frames."""
