"""The order of a date's parts is that of the file, or a question: never another one."""

from tidemark.adopting import meaning
from tidemark.reading import files
from tidemark.reading.settings import Form

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

FORMATS = ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%y", "%m-%d-%y", "%y/%m/%d", "%d%m%Y", "%y%m%d", "%Y%m%d"]
STEPS = ["B", "D", "W-FRI", "MS", "ME"]
STARTS = st.dates(pd.Timestamp(1990, 1, 1).date(), pd.Timestamp(2024, 1, 1).date())


@settings(max_examples=60)
@given(STARTS, st.sampled_from(STEPS), st.sampled_from(FORMATS), st.integers(2, 25), st.booleans())
def test_dates_are_never_read_otherwise(start, step, date_format, count, newest_first):
    days = pd.date_range(start, periods=count, freq=step)[:: -1 if newest_first else 1]
    texts = days.strftime(date_format)
    content = "Date,Close\n" + "".join(f"{text},{9.5 + n}\n" for n, text in enumerate(texts))
    tables = files.tables("AAPL.csv", content.encode(), Form())
    found = meaning.of(tables, Form(), "AAPL.csv", {})
    if found.section is None:
        (question,) = found.questions
        assert question.name == "DATES"
        return
    read = pd.to_datetime(texts, format=found.section["date_format"])
    assert list(read) == list(days)
