"""Views over live data as they were sent, and the table of all sources with their terms.

What a provider sent stays in data/store/. The views name the files there that hold now, so they
change exactly when the stored data do, and no row of them is in the database.
"""

from collections.abc import Mapping

from tidemark.layout.fetch_data import RAW
from tidemark.tables.table import AsSent, Column, Sources, Table, count, flag, real, text, time

texts = Column("VARCHAR[]", "tickers that it is about, as the provider says")
SOURCE = {
    "source": text("its name in config.yaml"),
    "provider": text("who sent it"),
}
KEPT = {
    "known_at": time("since when it could be known, UTC; when fetched, if nobody says"),
    "fetched_at": time("UTC"),
    "revision": count("0, and 1 more for each row of its key before it"),
    "checksum": text("of the record as sent: 16 digits of SHA-256 over its values"),
}
SUPERSEDED = {
    "superseded_at": time("when a row that took its place was fetched, UTC; null while it holds"),
}
BARS = {
    "ticker": text("Tidemark's name"),
    "timestamp": time("of the bar, UTC"),
    **{name: real("price as sent") for name in ("open", "high", "low", "close")},
    "volume": real("as sent; volume_is says of what"),
    "adj_close": real("as sent; what results are made of is in data/raw/, adjusted as of today"),
    "interval": text("such as 1d"),
    "live": flag("whether it is a quote of a bar that was not closed yet"),
    "volume_is": text("what volume counts, where the provider says it"),
    "scale": real("1, or what a later split multiplies a bar by that was not sent again"),
}
ACTIONS = {
    "ticker": text("Tidemark's name"),
    "timestamp": time("day from which it counts, UTC"),
    "kind": text("split or dividend"),
    "value": real("shares for one before; money a share"),
    "currency": text("of a dividend"),
    "nth": count("0 and up, of several of one kind on a day"),
}
SERIES = {
    "series": text("Tidemark's name"),
    "timestamp": time("what the value is of, UTC"),
    "value": real("as sent, in the provider's unit"),
    "vintage": text("that the provider gives it; null if it has none"),
}
ARTICLES = {
    "id": text("that the provider gives it"),
    "timestamp": time("when it was published, as the provider says, UTC"),
    "title": text("as sent"),
    "summary": text("as sent"),
    "url": text("of the article"),
    "publisher": text("as sent"),
    "tickers": texts,
    "language": text("as sent"),
}
EVENTS = {
    "ticker": text("Tidemark's name; null of what is of none"),
    "kind": text("such as earnings or release"),
    "timestamp": time("when it is, UTC"),
    "announced_at": time("since when that was public, UTC; null if nobody says"),
    "name": text("as sent"),
    "value": real("as sent"),
}
OF = {
    "market_data.bars": ("bars", "A bar as a provider sent it.", BARS),
    "market_data.actions": ("actions", "A split or dividend as a provider sent it.", ACTIONS),
    "economic_data.series": ("series", "A value of a series as a provider sent it.", SERIES),
    "news.articles": ("news", "An article as a provider sent it.", ARTICLES),
    "events.calendar": ("events", "An event that a calendar announced.", EVENTS),
}


def _views(name: str, kind: str, about: str, own: Mapping[str, Column]) -> tuple[Table, Table]:
    """That of rows that hold, and that of all rows that ever did."""
    renamed = {"publisher": "source"} if kind == "news" else {}
    holding = Table(name, f"{about[:-1]}, which holds.", AsSent(kind, renamed), {
        **SOURCE, **own, **KEPT})  # fmt: skip
    every = Table(
        f"{name}_revisions",
        f"{about[:-1]}, whether it holds or was replaced.",
        AsSent(kind, renamed, superseded=True),
        {**SOURCE, **own, **KEPT, **SUPERSEDED},
    )
    return holding, every


TABLES = (
    Table(
        "sources",
        "A source of the data, with the terms under which its provider gives them.",
        Sources((RAW,)),
        {
            "source": SOURCE["source"],
            "provider": text("who is asked; null of a file"),
            "path": text("of the file, as config.yaml has it; null where there is a provider"),
            "rows": count("that are read, as tidy bars or values"),
            "first": time("of these, as the rows of data/raw/ have it"),
            "last": time("likewise"),
            "data_sha256": text(
                "identifies the data: of the list of stored files, as make snapshots shows it; of"
                " a source without a provider, of its file in data/raw/"
            ),
            "licence": text("its name, or what it amounts to; null where there is no provider"),
            "attribution": text("what whoever shows the data must say; empty if nothing"),
            "terms_page": text("where the terms were read"),
            "terms_read": text("day on which they were, YYYY-MM-DD"),
            "may_store": flag("whether the terms let rows be kept; null: nobody says"),
            "may_share": flag("whether rows may be shown to others"),
            "may_train": flag("whether models may be trained on them"),
            "may_commercial": flag("whether they may be used commercially"),
            "accepted_by": text("who took upon them what terms forbid; null if nobody had to"),
            "about": text("what config.yaml says of the data; empty if nothing"),
        },
    ),
    *(view for name, (kind, about, own) in OF.items() for view in _views(name, kind, about, own)),
)
