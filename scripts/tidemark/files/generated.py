"""The folders that the pipeline writes and `make clean` empties."""

import os
from pathlib import Path

GENERATED = (
    *("data/raw", "data/processed", "data/splits", "data/predictions", "data/scenarios"),
    *("data/backtests", "features", "models", "metrics", "logs", "reports/figs", "artifacts"),
)


def generated_folder(path: str) -> str | None:
    """The folder in which a file would be overwritten, or removed by `make clean`; also by a link.

    In reports/ itself lie generated files, beside folders that are people's.
    """
    place = Path(os.path.realpath(path))
    for folder in GENERATED:
        if place.is_relative_to(os.path.realpath(folder)):
            return folder
    return "reports" if str(place.parent) == os.path.realpath("reports") else None
