"""Tables on validation and cleaning: what was found in the data, and what was done to them."""

from collections.abc import Sequence

from tidemark.layout.data_gate import VALIDATION_REPORT
from tidemark.layout.preprocess import CLEANED
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


def question_rows(reports: Sequence[Record]) -> Rows:
    """Table questions."""
    (report,) = reports
    waiting = [
        {**question, "tickers": ", ".join(question["tickers"]), "what": question["words"]}
        for question in report.get("open", ())
    ]
    return [
        {"decision": None, "told": None, **row} for row in (*waiting, *report.get("decisions", ()))
    ]


def cleaned_rows(scenarios: Sequence[Record]) -> Rows:
    """Table cleaned."""
    return [{"scenario": told["scenario"], **row} for told in scenarios for row in told["cleaned"]]


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
    Table(
        "questions",
        "Something odd in the prices that only a person can decide, and what was decided.",
        Records((VALIDATION_REPORT,), question_rows),
        {
            "id": text("as make override and make review name it; empty of a changed value"),
            "kind": text("gap: bars are missing; anomaly: a move beyond all that the ticker does"),
            "tickers": text("that it is about"),
            "what": text("what is odd"),
            "decision": text("let pass, accepted, taken out, corrected to ...; null if it waits"),
            "told": text("who decided it when, and why; null if it waits"),
        },
    ),
    Table(
        "cleaned",
        "What a scenario did to the bars, or could not do.",
        Records((CLEANED,), cleaned_rows),
        {
            "scenario": text("way to preprocess, by its name in config.yaml"),
            "what": text(
                "imputed: values filled in; outliers, outliers_left: returns beyond their bounds"
                " before and after the treatment; breaks: bars right after holes, without a return;"
                " dropped: rows before a ticker's first adj_close; in_holes: rows without one in"
                " holes; below_zero: rows whose adj_close is not above 0; lacking: bars without a"
                " value"
            ),
            "field": text("column that it is about; null if it is of no single one"),
            "count": count("how many"),
        },
    ),
)
