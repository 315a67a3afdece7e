"""How files are written, found from their bytes."""

from tidemark.adopting import form
from tidemark.reading.settings import Form


def test_a_plain_file_needs_nothing_said():
    found = form.found({"a.csv": b"Date,Close\n2020-01-02,1.5\n"}, {})
    assert found.form == Form()
    assert found.tables[0].names == ["Date", "Close"]
    assert not found.questions
