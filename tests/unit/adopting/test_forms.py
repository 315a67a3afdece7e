"""Files as people have them are read as what they say, asked about, or refused with a cure."""

from forms import Case, cases

import pytest

CASES = pytest.mark.parametrize("case", cases(), ids=lambda case: case.folder.name)


@CASES
def test_a_case_says_what_must_come_of_it(case: Case):
    assert case.files
    if case.refused:
        assert not (case.folder / "expected.csv").exists()
    else:
        bars = case.expected
        assert len(bars) >= 10
        assert bars["close"].notna().sum() >= 10
        assert not bars.duplicated(["ticker", "timestamp"]).any()
