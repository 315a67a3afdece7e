"""The table on features: what models were shown."""

from collections.abc import Sequence

from tidemark.layout.feature_engineering import FEATURES_BUILD
from tidemark.tables.table import Record, Records, Rows, Table, flag, text


def feature_rows(builds: Sequence[Record]) -> Rows:
    """Table features."""
    return [
        {
            "scenario": build["scenario"],
            "feature": name,
            "kind": kind["kind"],
            "cross_sectional": kind["cross_sectional"],
            "formula": build["features"][name],
        }
        for build in builds
        for name, kind in build["kinds"].items()
    ]


TABLES = (
    Table(
        "features",
        "A feature that models were fitted on.",
        Records((FEATURES_BUILD,), feature_rows),
        {
            "scenario": text("way to preprocess, by its name in config.yaml"),
            "feature": text("its column"),
            "kind": text("a file in features/families/"),
            "cross_sectional": flag("whether it compares tickers"),
            "formula": text("of its value at bar t"),
        },
    ),
)
