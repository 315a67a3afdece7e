"""What files that are read as one must have in common, beyond how they are written."""

from tidemark.adopting.meaning import spacing, words
from tidemark.adopting.meaning.evidence import Evidence
from tidemark.errors import InputError

import numpy as np
import pandas as pd

APART = "adopt them apart"


def must_be_of_one_pace(evidence: Evidence, column: str, times: pd.Series) -> None:
    """Refuse daily bars in one file and monthly ones in another: one length would be wrong.

    Args:
        evidence: the files.
        column: of the dates.
        times: row for row.

    Raises:
        InputError: names the first file whose bars follow each other otherwise than most.
    """
    files = evidence.file_of_row
    usual = spacing.steps(times, files)
    if usual.empty:
        return
    pace = spacing.pace_of(usual.median())
    others = spacing.of_another_pace(times, files, pace)
    if others:
        first, other = min((int(odd[0]), other) for other, odd in others.items())
        count = sum(map(len, others.values()))
        raise InputError(
            evidence.where(int(np.argmax(files == first)), column),
            f"bars from here on are {other}, and those of most files {pace}"
            + (f" ({count} files are of another length)" if count > 1 else ""),
            APART,
        )


def must_all_be_adjusted(evidence: Evidence) -> None:
    """Refuse adjusted closes that some files have and others lack: none would be read.

    Raises:
        InputError: names a file that lacks them, and one that does not.
    """
    some = [name for name in evidence.uneven if words.is_surely("adj_close", name)]
    if not some or any(words.is_surely("adj_close", name) for name in evidence.names):
        return
    name = some[0]
    lacks = next(table for table in evidence.tables if name not in table.names)
    has = next(table for table in evidence.tables if name in table.names)
    raise InputError(
        lacks.path,
        f"has no column {name!r}, which {has.path} has: read together, no close would be adjusted",
        f"{APART}, or give it that column, too",
    )
