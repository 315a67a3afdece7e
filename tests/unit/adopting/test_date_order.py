"""The order of a date's parts is that of the file, or a question: never another one."""

from tidemark.adopting.meaning import date_column, date_order
from tidemark.adopting.meaning.evidence import Evidence
from tidemark.reading import files
from tidemark.reading.settings import Form

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

FORMATS = ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%y", "%m-%d-%y", "%y/%m/%d", "%d%m%Y", "%y%m%d", "%Y%m%d"]
STEPS = ["B", "D", "W-FRI", "MS", "ME"]
STARTS = st.dates(pd.Timestamp(1990, 1, 1).date(), pd.Timestamp(2024, 1, 1).date())


@settings(max_examples=50, deadline=None)
@given(STARTS, st.sampled_from(STEPS), st.sampled_from(FORMATS), st.integers(2, 25), st.booleans())
def test_dates_are_never_read_otherwise(start, step, date_format, count, newest_first):
    days = pd.date_range(start, periods=count, freq=step)[:: -1 if newest_first else 1]
    content = "Date\n" + "\n".join(days.strftime(date_format))
    evidence = Evidence(files.tables("AAPL.csv", content.encode(), Form()))
    dated = date_column.found(evidence, ["Date"], without_header=False)
    found = date_order.found(dated, evidence.file_of_row, evidence, {})
    if not found.questions:
        assert list(found.reading.times) == list(days)
    assert list(days) in [list(reading.times) for reading in dated.readings]
