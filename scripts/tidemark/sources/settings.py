"""Which files hold the user's data, what they call things, and how patiently they are read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from tidemark.bars.settings import Carrying
from tidemark.bounds import (
    Among,
    Checked,
    ClockTime,
    IsoDate,
    Name,
    Positive,
    TimeZone,
    Words,
)
from tidemark.ohlcv import FIELDS
from tidemark.reading.kinds import extra_of
from tidemark.reading.settings import Form
from tidemark.sources import tickers

from annotated_types import Ge, Le, MaxLen

EVENT = ("timestamp", "ticker", "kind", "value")
# By section of fetch_data, the module of this room that reads it. Each section is one source, which
# has its name; of SERIES, each entry is one.
SERIES = "economic"
READERS = {"prices": "prices", "corporate_actions": "actions", SERIES: "economic"}
WORDS = ("asset", "about")  # keys that nothing is read by
REVIEWED = "corrections"  # of prices: applied after they were read
# Keys that say what a provider is asked for, and not how what came is read.
ASKED = (
    *("provider", "since", "terms_accepted", "tickers", "ids", "interval", "series", "options"),
)
# What a source with a provider is read from: see `stored`.
CURRENT = "data/store/current/{source}.json"


EPOCHS = ("epoch_seconds", "epoch_milliseconds", "epoch_microseconds", "epoch_nanoseconds")
ASSETS = ("stocks", "funds", "indices", "currencies", "rates", "crypto", "commodities")
SPLIT = ("stocks", "funds", None)  # of these, what may be split; of None, nobody knows what it is


def _must_be_a_date_format(text: str) -> None:
    for one in text.split(" | "):
        if one not in EPOCHS:
            must_say_a_date(one)


def must_say_a_date(text: str) -> None:
    """Refuse a format that cannot read what it writes, or says no year, with a ValueError."""
    moment = datetime(2013, 3, 1, 9, 30, tzinfo=UTC)
    try:
        year = datetime.strptime(moment.strftime(text), text).year
    except (ValueError, re.error) as error:  # re: a directive stands twice
        raise ValueError("is not a format that strptime knows, such as %Y-%m-%d") from error
    if year != moment.year:
        raise ValueError("says no year: use a format such as %Y-%m-%d")
    directives = {*re.findall("%.", text)}
    if ("%I" in directives) != ("%p" in directives):
        raise ValueError("has %I without %p, or %p without %I: clocks of 12 hours need both")
    if directives & {"%U", "%W"} and not directives & {"%a", "%A", "%w", "%u"}:
        raise ValueError(
            "has a week without its day, which strptime takes for the first of January"
        )


def _must_be_a_path(text: str) -> None:
    if not text.strip() or not text.isprintable():
        raise ValueError("must be the name of a file, without signs that do not show")
    if text.startswith("~"):
        raise ValueError("a path with ~ is read as it stands: write the whole name of the folder")
    if "://" in text:
        raise ValueError("is a web address: save the file, and name the saved one")
    if "*" in str(Path(text).parent):
        raise ValueError("* may stand in the last part of the path only")


def _must_be_an_interval(text: str) -> None:
    if not re.fullmatch(r"[1-9]\d{0,3}(m|h|d)", text):
        raise ValueError("is no interval such as 5m, 1h or 1d")


def _must_be_fit(name: str) -> None:
    if problem := tickers.fault(name):
        raise ValueError(problem)


Plain = str | int | bool | None
Option = Plain | Mapping[Name, Plain]
Ticker = Annotated[str, MaxLen(tickers.LONGEST), Checked(_must_be_fit)]
DateFormat = Annotated[str, MaxLen(100), Checked(_must_be_a_date_format)]
Column = Annotated[str, Among(("timestamp", "time", "ticker", *FIELDS))]
SourcePath = Annotated[str, MaxLen(1000), Checked(_must_be_a_path)]


@dataclass(frozen=True, kw_only=True)
class Live:
    """Of a source that has a provider in place of a file: what is asked of it.

    Attributes:
        provider: who is asked, by `make fetch_data` and `make daily`; null: nobody, `path` is read.
        since: the first day that is asked for; null: all that the provider gives.
        terms_accepted: who accepts the provider's terms, where these forbid what is done here.
        options: what else the provider knows, such as plan or currency; docs/live_data.md has them.
        path: filled in: the file that says what the store holds of it.
    """

    provider: Name | None = None
    since: IsoDate | None = None
    terms_accepted: Words | None = None
    options: Mapping[Name, Option] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What `make review` decided about the close of a bar.

    Attributes:
        ticker: of the bar.
        timestamp: of the bar, as ISO time.
        close: as it was sent; null: it was missing.
        value: what it is; null: nobody knows.
        told: who decided it when, and why.
    """

    ticker: Words
    timestamp: Words
    close: float | None
    value: float | None = None
    told: str = ""


@dataclass(frozen=True, kw_only=True)
class Prices(Live):
    """Where prices come from, and what the file calls things.

    Of a provider's prices all keys may be left out but `provider` and `tickers`.

    Attributes:
        tickers: of a provider, those that are asked for.
        ids: filled in: each of them, and what the provider calls it.
        interval: of a provider's bars, such as 1h or 5m; null: days.
        path: a file of any kind that is read (CSV, Parquet, JSON, a workbook, or these in .gz or
            .zip); with a *, which stands for any text in its name, as many as there are.
        form: how the file is written.
        layout: long: one row a bar and ticker; wide: a column a ticker, or one a ticker and field.
        bar: what a bar is.
        date_format: as in Python's strptime, or epoch_seconds, epoch_milliseconds and so on;
            several, for a column that has them mixed, are joined by ` | `.
        time_zone: of intraday times without an offset; of daily stamps with one, the zone of the
            day; without a calendar, where days end.
        columns: Tidemark's name: the file's name. `time` is the column of the hour where it is not
            in that of the date: a stamp is then both, joined by a blank. Without a ticker, `ticker`
            or else the file's name is the ticker. In the wide layout fields are patterns in which *
            stands for the ticker, such as `Close *`. Without adj_close, it is close.
        ticker: that of all files, which do not say it.
        divide_by: by field, how many of the file's units are one, such as 100 for cents.
        asset: what the prices are of, for the words of reports; null: not said.
        about: sentences that reports have beside the data: source, licence, what to bear in mind.
        corrections: filled in: what `make review` decided.
    """

    tickers: Sequence[Ticker] = ()
    ids: Sequence[Sequence[Words]] = ()
    interval: Annotated[str, Checked(_must_be_an_interval)] | None = None
    path: SourcePath = ""
    form: Form = field(default_factory=Form)
    layout: Literal["long", "wide"] = "long"
    bar: Literal["daily", "intraday", "weekly", "monthly"] = "daily"
    date_format: DateFormat = ""
    time_zone: TimeZone = "UTC"
    columns: Mapping[Column, Words] = field(default_factory=dict)
    ticker: Ticker | None = None
    divide_by: Mapping[Annotated[str, Among(FIELDS)], Positive] = field(default_factory=dict)
    asset: Annotated[str, Among(ASSETS)] | None = None
    about: Sequence[Words] = ()
    corrections: Sequence[Correction] = ()


@dataclass(frozen=True, kw_only=True)
class CorporateActions(Live):
    """Where splits and dividends come from; those that the provider of prices sends need no entry.

    Attributes:
        path: as for prices.
        form: as for prices.
        date_format: as for prices.
        columns: Tidemark's name: the file's name.
    """

    path: SourcePath = ""
    form: Form = field(default_factory=Form)
    date_format: DateFormat = ""
    columns: Mapping[Annotated[str, Among(EVENT)], Words] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EconomicSeries(Live, Carrying):
    """One file of economic series, when after its date a value is public, and how long known.

    A column is a level unless it is one of `changes`. Of a provider's series, each value is known
    since the provider says it was, or since it was fetched.

    Attributes:
        series: of a provider, Tidemark's name: the provider's.
        path: as for prices.
        form: as for prices.
        date_format: as for prices.
        release_lag_days: days from `timestamp` until the value is public.
        release_time: hour of that day; null: at its end.
        release_zone: of that hour; null: prices.time_zone.
        columns: Tidemark's name: the file's name.
    """

    series: Mapping[Name, Words] = field(default_factory=dict)
    path: SourcePath = ""
    form: Form = field(default_factory=Form)
    date_format: DateFormat = ""
    release_lag_days: Annotated[int, Ge(0), Le(36_500)] | None = None
    release_time: ClockTime | None = None
    release_zone: TimeZone | None = None
    columns: Mapping[Name, Words] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FetchData:
    """Sources and retries.

    Attributes:
        retry_attempts: further tries after a failed read.
        retry_first_wait_minutes: before the first of them; each further wait is twice as long.
        largest_file_megabytes: of one source file, once unpacked; a larger one is refused.
        prices: bars of all tickers.
        corporate_actions: splits and dividends, to cross-check adj_close; null if none.
        economic: series by name.
    """

    retry_attempts: Annotated[int, Ge(0), Le(100)] = 3
    retry_first_wait_minutes: Annotated[float, Ge(0), Le(10_080)] = 1.0
    largest_file_megabytes: Annotated[int, Ge(1), Le(1_000_000)] = 1000
    prices: Prices
    corporate_actions: CorporateActions | None = None
    economic: Mapping[Name, EconomicSeries] = field(default_factory=dict)

    def sections(self) -> dict[str, Prices | CorporateActions | EconomicSeries]:
        """Each source, by its key in this section."""
        single = {name: getattr(self, name) for name in READERS if name != SERIES}
        sections = {name: section for name, section in single.items() if section}
        return sections | {key_of(name): series for name, series in self.economic.items()}

    def live(self) -> dict[str, Prices | EconomicSeries]:
        """Each source that a provider is asked for, by its name; prices bring their actions."""
        sources: dict[str, Prices | EconomicSeries] = {"prices": self.prices, **self.economic}
        return {name: section for name, section in sources.items() if section.provider}

    def paths(self) -> dict[str, str]:
        """The path of each source, by its key in this section."""
        return {key: section.path for key, section in self.sections().items()}

    def extras(self) -> list[str]:
        """Libraries that only some configurations need, as their lock files are called.

        Of an archive `form.members` tells them, because nothing is opened here.
        """
        sections = self.sections().values()
        names = [name for one in sections for name in (one.path, one.form.members or "")]
        return sorted({extra for name in names if (extra := extra_of(name))})


def names(fetch: Mapping[str, Any]) -> list[str]:
    """The sources that fetch_data has.

    Asks for the keys of a section, and not only whether it is null, so that a step that asked a
    `View` asks again when it becomes null.
    """
    single = [name for name in READERS if name != SERIES and fetch.get(name)]
    return [*single, *fetch.get(SERIES, ())]


def section_of(fetch: Mapping[str, Any], source: str) -> Mapping[str, Any]:
    """A source's own section of fetch_data."""
    section: Mapping[str, Any] = fetch[source] if source in READERS else fetch[SERIES][source]
    return section


def key_of(source: str) -> str:
    """The key of fetch_data under which a source's section stands."""
    return source if source in READERS else f"{SERIES}.{source}"


def reader_of(source: str, provider: str | None) -> tuple[str, str]:
    """The module of this room that reads a source, and the function there."""
    name = READERS.get(source, READERS[SERIES])
    return ("live", name) if provider else (name, "source")
