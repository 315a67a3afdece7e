"""What the name of a file says: its kind, its stem, how a row of it is named, what it takes."""

from tidemark.reading import kinds
from tidemark.reading.kinds import Kind

import pytest


@pytest.mark.parametrize(
    ("path", "kind", "stem", "place", "extra"),
    [
        ("d/BRK.A.CSV", Kind.TEXT, "BRK.A", "d/BRK.A.CSV:3", None),
        ("d/BRK.A.csv.gz", Kind.TEXT, "BRK.A", "d/BRK.A.csv.gz:3", None),
        ("p.zip/a/b.tsv", Kind.TEXT, "b", "p.zip/a/b.tsv:3", None),
        ("a.b/p.parquet", Kind.PARQUET, "p", "a.b/p.parquet: row 3", None),
        ("p.json", Kind.JSON, "p", "p.json: row 3", None),
        ("p.json.gz", Kind.JSON, "p", "p.json.gz: row 3", None),
        ("p.ndjson", Kind.JSON_LINES, "p", "p.ndjson:3", None),
        ("d/*.xlsx", Kind.WORKBOOK, "*", "d/*.xlsx: row 3", "excel"),
        ("p.ODS.gz", Kind.WORKBOOK, "p", "p.ODS.gz: row 3", "excel"),
        ("p.xlsx/BRK.B", None, "BRK.B", "p.xlsx/BRK.B: row 3", None),
        ("EURUSD=X", None, "EURUSD=X", "EURUSD=X:3", None),
    ],
)
def test_a_name_says_what_a_file_is(path, kind, stem, place, extra):
    assert kinds.kind_of(kinds.unzipped_name(path)) == kind
    assert kinds.stem(path) == stem
    assert kinds.place(path, 3) == place
    assert kinds.extra_of(path) == extra
