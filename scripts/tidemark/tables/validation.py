"""Tables on validation: the data sets that were held against schemas, and what was found."""

from collections.abc import Sequence

from tidemark.layout.data_gate import VALIDATION_REPORT
from tidemark.tables.table import Record, Records, Rows, Table, count, flag, text


def validation_rows(reports: Sequence[Record]) -> Rows:
    """Table validation."""
    return [{"ok": report["ok"], "as_of": report["as_of"]} for report in reports]


def dataset_rows(reports: Sequence[Record]) -> Rows:
    """Table datasets."""
    (report,) = reports
    return [
        {"dataset": name, "as_of": report["as_of"], **dataset}
        for name, dataset in report["datasets"].items()
    ]


def finding_rows(reports: Sequence[Record]) -> Rows:
    """Table findings."""
    (report,) = reports
    return [
        {"dataset": name, **finding, "rule": finding["check"], "field": finding["column"]}
        for name, dataset in report["datasets"].items()
        for finding in dataset["findings"]
    ]


DATASET = text("prices, corporate_actions, or the name of an economic series")

TABLES = (
    Table(
        "validation",
        "What validation of all data sets said; one row.",
        Records((VALIDATION_REPORT,), validation_rows),
        {
            "ok": flag("whether nothing was found that stops the run"),
            "as_of": text("day by which freshness was judged; null if it was not"),
        },
    ),
    Table(
        "datasets",
        "A data set as it was validated.",
        Records((VALIDATION_REPORT,), dataset_rows),
        {
            "dataset": DATASET,
            "ok": flag("whether nothing was found that stops the run"),
            "rows": count("in the raw data"),
            "as_of": text("day by which freshness was judged; null if it was not"),
            "schema_sha256": text("of its schema"),
        },
    ),
    Table(
        "findings",
        "What validation found in a data set.",
        Records((VALIDATION_REPORT,), finding_rows),
        {
            "dataset": DATASET,
            "severity": text("error, warning or note"),
            "rule": text("that was held against the data, such as step"),
            "field": text("column of the data; null if it is of no single one"),
            "message": text("what is wrong"),
            "cure": text("what to do"),
            "count": count("rows, or other things, that it is about"),
        },
    ),
)
