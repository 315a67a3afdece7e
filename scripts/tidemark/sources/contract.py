"""What a source is to its fetcher, `scripts/fetch_data.py`.

A source takes a `Request` and returns a `Batch`: tidy records, and a cursor that says how far they
reach. What it asks of the world it asks through the request. Waiting, trying again, going on with
what was fetched before, and keeping records and cursor is the fetcher's work.

The module that `settings.READERS` names for a section of fetch_data has a function `source`, which
is that section's `Source`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

Cursor = Mapping[str, str]


@dataclass(frozen=True)
class Request:
    """What a source is given.

    Attributes:
        section: its own keys of the configuration, with `time_zone` or `release_zone` in any case.
        read: returns the contents of what an address names, by their own names. Raises OSError when
            all tries have failed; a source lets that pass.
        cursor: returns the cursor of its last batch; empty if that was of another section, or if
            there is none. A function, because a source that starts anew each time need not ask.
        zone_ends_days: returns whether `time_zone`, rather than a calendar, says when days end. A
            function, because most need not know, and the answer hangs on other sections.
    """

    section: Mapping[str, Any]
    read: Callable[[str], Mapping[str, bytes]]
    cursor: Callable[[], Cursor]
    zone_ends_days: Callable[[], bool]


@dataclass(frozen=True)
class Batch:
    """What a source returns.

    Attributes:
        records: a tidy frame, sorted, with a default index; all that the source has, because they
            replace those of its last batch, and not only what is new since the cursor.
        places: where each record stands in what was read, row for row; see `places`.
        notes: what the user should know.
        cursor: how far the records reach, from which a later request may go on; empty if each
            starts anew.
        alerts: what the user should know, and the owner, too.
    """

    records: pd.DataFrame
    places: pd.DataFrame
    notes: Sequence[str] = ()
    cursor: Cursor = field(default_factory=dict)
    alerts: Sequence[str] = ()


Source = Callable[[Request], Batch]
