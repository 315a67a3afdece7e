"""The rows of the table of sources: what each has, and on what terms."""

from collections.abc import Mapping
from typing import Any

from tidemark.providers.contract import Terms

import pandas as pd

NOBODY_SAYS: dict[str, Any] = {
    "licence": None,
    "attribution": "",
    "terms_page": None,
    "terms_read": None,
    "may_store": None,
    "may_share": None,
    "may_train": None,
    "may_commercial": None,
}


def row(
    source: str,
    section: Mapping[str, Any],
    times: "pd.Series[pd.Timestamp]",
    data_sha256: str,
    terms: Terms | None,
) -> dict[str, Any]:
    """A row of the table `sources`.

    Args:
        source: its name.
        section: of the configuration; sentences `about` the data, if it has any, are of a file too.
        times: of all its rows.
        data_sha256: identifies its data.
        terms: of its provider; None if it has none.
    """
    return {
        "source": source,
        "provider": section["provider"],
        "path": None if terms else section["path"],
        "rows": len(times),
        "first": times.min().to_pydatetime() if len(times) else None,
        "last": times.max().to_pydatetime() if len(times) else None,
        "data_sha256": data_sha256,
        **(_of_provider(terms) if terms else NOBODY_SAYS),
        "accepted_by": section["terms_accepted"] if terms and terms.must_be_accepted else None,
        "about": " ".join(section["about"]) if "about" in section else "",
    }


def _of_provider(terms: Terms) -> dict[str, Any]:
    return {
        "licence": terms.licence,
        "attribution": terms.attribution,
        "terms_page": terms.page,
        "terms_read": terms.read.isoformat(),
        "may_store": terms.store,
        "may_share": terms.share,
        "may_train": terms.train,
        "may_commercial": terms.commercial,
    }
