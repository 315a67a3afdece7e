"""What fits a history: the configuration that shipped, with the user's prices in place of its own.

Dates and lengths follow from the bars. What the shipped configuration says and any history bears
stays as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any

from tidemark.adopting.conclusions import Conclusion, Sureness
from tidemark.adopting.proposal import lengths, tradable
from tidemark.adopting.proposal.calendars import Calendar
from tidemark.adopting.proposal.history import History
from tidemark.adopting.proposal.stretches import STRETCHES
from tidemark.assessment.settings import FIRST_YEARS, Assess, WalkForward
from tidemark.errors import InputError
from tidemark.features.settings import FeatureEngineering
from tidemark.market.scenarios.settings import Stochastic
from tidemark.models.estimators.svr import Svr
from tidemark.models.settings import Evaluate, SplitData
from tidemark.naming import counted, several
from tidemark.ohlcv import OHLCV
from tidemark.preprocessing.settings import Preprocess
from tidemark.sources.settings import Prices

import pandas as pd

SAMPLE = "data/sample/"
FEWEST_BARS = 60
TESTED = 0.25  # share of dates in the test set
WINDOWS = {
    "weekly": (4, 13, 26),
    "monthly": (3, 6, 12),
}  # a month or quarter, to half a year or one
WARM_UP = 0.125  # share of history that a feature may look back
SLACK = pd.Timedelta(days=7)  # by which a stretch may reach beyond the dates
MARGIN = 0.05  # by which a stress raises the correlation at the least
FEWEST_A_BLOCK = 4  # bars
FEWEST_A_STRETCH = 5  # bars
TOLD = (21, 252)  # bars: a month of days, and a year
SVR_ROWS, SVR_SECONDS = 20_000, 1.6  # that an exact fit takes; the square of rows more for more
FITS = 3  # of that length, for each scenario: the last one, and those of folds, which grow to it
LONG = 30  # seconds from which on people are told beforehand

Document = dict[str, Any]


@dataclass(frozen=True)
class Fitted:
    """A whole configuration, and what was concluded for it."""

    document: Document
    conclusions: Sequence[Conclusion]


def fitted(
    shipped: Mapping[str, Any], section: Mapping[str, Any], history: History, calendar: Calendar
) -> Fitted:
    """The shipped configuration, fitted to a history.

    Args:
        shipped: its sections.
        section: what becomes of fetch_data.prices.
        history: of the records that `section` gives.
        calendar: of the same.

    Raises:
        InputError: there are fewer than FEWEST_BARS bars.
    """
    most = int(history.bars.max())
    if most < FEWEST_BARS:
        raise InputError(
            section["path"],
            f"has {counted(most, 'bar')}",
            f"give a longer history: models need {FEWEST_BARS} bars of a ticker at the least",
        )
    parts = [
        _data(shipped, section, history, calendar),
        _features(shipped, history),
        _split(shipped, history),
        _models(shipped, history),
        _markets(shipped, history),
        _trading(shipped, history),
        _assessment(shipped, history),
        _in_bars(shipped, history),
    ]
    changed = {name: value for part in parts for name, value in part.document.items()}
    return Fitted({**shipped, **changed}, [line for part in parts for line in part.conclusions])


def _data(
    shipped: Mapping[str, Any], section: Mapping[str, Any], history: History, calendar: Calendar
) -> Fitted:
    fetch = _section(shipped, "fetch_data")
    others = _of_your_own(fetch)
    validate = {**_section(shipped, "validate_schema")}
    validate |= {"as_of": _iso(history.last), "calendar": calendar.name}
    validate |= {"extra_sessions": [], "closed_sessions": []}
    conclusions = [calendar.conclusion]
    if others:
        left = several(others, len(others))
        conclusions.append(
            Conclusion(
                "left out",
                f"{left}, and features of them",
                "they were fetched beside other prices",
            )
        )
    return Fitted(
        {
            "fetch_data": {
                **fetch,
                "prices": _prices(_shipped_prices(shipped), section),
                "corporate_actions": None,
                "economic": {},
            },
            "validate_schema": validate,
        },
        conclusions,
    )


def _prices(shipped: Mapping[str, Any], section: Mapping[str, Any]) -> Document:
    """The section, with keys that the shipped one has too, though they are at their default."""
    plain = {field.name: field.default for field in fields(Prices)}
    stated = {key: plain[key] for key in shipped if plain[key] is not MISSING}
    wanted = {**stated, **section}
    return {key: wanted[key] for key in plain if key in wanted}


def _features(shipped: Mapping[str, Any], history: History) -> Fitted:
    given = _section(shipped, "feature_engineering")
    usual = FeatureEngineering()
    asked = list(given.get("windows", usual.windows))
    most = max(WARM_UP * len(history.times), 2)
    by = _scale(shipped, history)
    fitting = WINDOWS[history.bar] if by < 1 else asked
    windows = [length for length in fitting if length <= most] or [2]
    lags = [lag for lag in given.get("lags", usual.lags) if lag <= most]
    further = {
        name: {key: _windows(values, by, most) for key, values in lists.items()}
        for name, lists in (given.get("features") or {}).items()
        if _can_have(name, lists, history)
    }
    further = {name: lists for name, lists in further.items() if all(lists.values())}
    wanted = {**given, "lags": lags, "windows": windows, "economic": [], "term_spread": None}
    if "features" in given:
        wanted["features"] = further
    cleaned = {**_section(shipped, "preprocess")}
    fewest = cleaned.get("min_history", Preprocess.min_history)
    cleaned["min_history"] = min(fewest, len(history.times) // 4)
    conclusions = []
    if windows != asked:
        because = f"{counted(len(history.times), 'bar')}, {history.a_year:.3g} a year"
        words = f"windows of {', '.join(map(str, windows))} bars"
        conclusions.append(Conclusion("features", words, because, Sureness.ASSUMED))
    return Fitted({"feature_engineering": wanted, "preprocess": cleaned}, conclusions)


def _windows(asked: Sequence[Any], by: float, most: float) -> list[Any]:
    """The values of a further feature's parameter, of which whole numbers are lengths."""
    values = dict.fromkeys(lengths.scaled(value, by, 2) for value in asked)
    return [value for value in values if type(value) is not int or value <= most]


def _can_have(name: str, lists: Mapping[str, Sequence[Any]], history: History) -> bool:
    """Whether the bars have what a further kind of feature needs."""
    plan = FeatureEngineering(lags=(), windows=(), features={name: lists})
    needed = {field for feature, _ in plan.asked().values() for field in feature.inputs}
    return not (needed & {*OHLCV}) - history.fields


def _split(shipped: Mapping[str, Any], history: History) -> Fitted:
    start = _test_start(history)
    tested = int((history.times >= start.normalize()).sum())
    split = {**_section(shipped, "split_data"), "test_start": _iso(start)}
    horizon = _section(shipped, "feature_engineering").get("horizon", FeatureEngineering().horizon)
    if (by := _scale(shipped, history)) < 1:
        embargo = split.get("embargo") or SplitData().gap(horizon)
        split["embargo"] = max(lengths.scaled(embargo, by), horizon)
    given = _section(shipped, "evaluate")
    block = _within(given.get("block_length", Evaluate.block_length), tested // 8)
    evaluate = {**given, "block_length": block}
    conclusion = Conclusion(
        "test set",
        f"from {_iso(start)}",
        f"the last {100 * tested / len(history.times):.0f} % of dates",
        Sureness.ASSUMED,
    )
    return Fitted({"split_data": split, "evaluate": evaluate}, [conclusion])


def _test_start(history: History) -> pd.Timestamp:
    start = history.times[int((1 - TESTED) * len(history.times))]
    return start.replace(day=1) if history.years > 2 else start


def _models(shipped: Mapping[str, Any], history: History) -> Fitted:
    """The models as they are; what takes long to train is told before anybody waits for it."""
    before = float((history.times < _test_start(history)).mean())
    rows = int(history.bars.sum() * before)
    exact = [
        name
        for name, model in _section(shipped, "models").items()
        if model["estimator"] == "svr" and rows <= model.get("max_rows", Svr.max_rows)
    ]
    scenarios = max(len(_section(shipped, "scenarios")), 1)
    seconds = SVR_SECONDS * (rows / SVR_ROWS) ** 2 * FITS * scenarios * len(exact)
    if seconds < LONG:
        return Fitted({}, [])
    told = Conclusion(
        "takes long",
        f"{', '.join(exact)}, trained exactly on {rows:,} rows:"
        f" about {seconds:.0f} s of a free core",
        "time grows with the square of rows, and as epsilon falls; leave it out, or have it"
        " approximated by a lower max_rows",
        Sureness.LIKELY,
    )
    return Fitted({}, [told])


def _within(length: Any, most: int) -> Any:
    """A length in bars, or `auto`, that is not more than `most`."""
    return length if isinstance(length, str) else max(min(length, most), 1)


def _markets(shipped: Mapping[str, Any], history: History) -> Fitted:
    given = _section(shipped, "market_scenarios")
    known = {**(given.get("historical") or {}), **STRETCHES}
    within = {name: window for name, window in known.items() if _covers(history, window)}
    covered = {
        name: window
        for name, window in within.items()
        if _bars(history, window) >= FEWEST_A_STRETCH
    }
    by = lengths.bars_a_day(history, _shipped_bar(shipped))
    asked = given.get("stress") or {}
    stresses = dict(_stresses(asked, history, by))
    paths = _paths(given.get("stochastic") or {}, history)
    markets = {**given, "historical": covered, "stress": stresses, "stochastic": paths}
    if history.a_year < FEWEST_A_STRETCH:
        markets["calendar_years"] = False
    simulated = sum(paths.get("paths", Stochastic().paths).values())
    words = f"{len(covered)} stretches of history, {len(stresses)} stresses, {simulated} paths"
    because = f"of {len(known)} known stretches, the dates cover {several(list(covered)) or 'none'}"
    if short := [name for name in within if name not in covered]:
        because += f"; fewer than {FEWEST_A_STRETCH} bars lie in {several(short, len(short))}"
    told = [Conclusion("markets", words, because)]
    shocks = {name: stress["shock"] for name, stress in stresses.items() if stress.get("shock")}
    if soon := [s for s in shocks if lengths.hurried(asked[s]["shock"], shocks[s], by)]:
        falls = ", ".join(
            f"{name} within {counted(shocks[name].get('fall', 1), 'bar')}" for name in soon
        )
        told.append(Conclusion("shocks", f"faster than they were: {falls}", "history is short"))
    return Fitted({"market_scenarios": markets}, told)


def _covers(history: History, window: Mapping[str, Any]) -> bool:
    start, end = pd.Timestamp(window["start"]), pd.Timestamp(window["end"])
    return bool(history.first - SLACK <= start and end <= history.last + SLACK)


def _bars(history: History, window: Mapping[str, Any]) -> int:
    start, stop = pd.Timestamp(window["start"]), pd.Timestamp(window["end"]) + pd.Timedelta(days=1)
    return int(((history.times >= start) & (history.times < stop)).sum())


def _stresses(
    given: Mapping[str, Any], history: History, by: float
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The stresses; without a higher correlation where no tickers can have one.

    A day of a shock is `by` bars.
    """
    for name, asked in given.items():
        stress = {**asked}
        if stress.get("shock"):
            stress["shock"] = lengths.shock(stress["shock"], by, len(history.times))
        wanted = stress.get("correlation")
        present = history.correlation
        if wanted is None or (present is not None and present + MARGIN < wanted):
            yield name, stress
        elif rest := {key: value for key, value in stress.items() if key != "correlation"}:
            yield name, rest


def _paths(given: Mapping[str, Any], history: History) -> dict[str, Any]:
    """Simulated paths that the tickers which still trade have bars for; none if they have not."""
    lasting = history.lasting.sort_values()
    most = int(lasting.max())
    fewest = min(given.get("min_history") or most, most // 2)
    block = _within(given.get("block_length", Stochastic.block_length), most // 16)
    # All that are simulated must have enough bars in common, beside one more than there are.
    while (chosen := lasting[lasting >= fewest]).min() <= max(block, len(chosen) + 1):
        if len(chosen) == 1:
            return {**given, "paths": {}}
        fewest = int(chosen.iloc[1])
    caps = {"horizon": most // 4, "warm_up": most // 4}
    lengths = {name: min(given[name], cap) for name, cap in caps.items() if given.get(name)}
    return {**given, **lengths, "block_length": block, "min_history": fewest}


def _trading(shipped: Mapping[str, Any], history: History) -> Fitted:
    opens = "open" in history.fields
    fill = "next_open" if opens else "next_close"
    traded = {**_section(shipped, "backtest"), "fill": fill}
    if history.bar != "intraday" and "trading_hours" in traded:
        traded["trading_hours"] = None
    fills = Conclusion("fills", fill, "bars have opens" if opens else "bars have no opens")
    given = _section(shipped, "strategies")
    if not given:  # the usual ones read closes alone
        return Fitted({"backtest": traded}, [fills])
    entries, lacking = tradable.entries(given, history, _scale(shipped, history))
    left = [f"{why}: {', '.join(names)}" for why, names in lacking.items()]
    because = "; ".join(left) or "bars have all that they read"
    tried = Conclusion("strategies", f"{len(entries)} of {len(given)}", because)
    return Fitted({"backtest": traded, "strategies": entries}, [fills, tried])


def _assessment(shipped: Mapping[str, Any], history: History) -> Fitted:
    given = _section(shipped, "assess")
    bars, ahead = len(history.times), given.get("walk_forward") or {}
    first = min(ahead.get("first_years") or FIRST_YEARS, _rounded(history.years / 3))
    every = min(ahead.get("every_years") or WalkForward.every_years, _rounded(history.years / 9))
    wanted = {
        **given,
        "blocks": min(given.get("blocks", Assess.blocks), bars // FEWEST_A_BLOCK // 2 * 2),
        "block_length": _within(given.get("block_length", Assess.block_length), bars // 16),
        "walk_forward": {"first_years": first, "every_years": every},
    }
    return Fitted({"assess": wanted}, [])


def _in_bars(shipped: Mapping[str, Any], history: History) -> Fitted:
    """What lengths that stay as they are come to in time, where bars are shorter than days."""
    if history.bar != "intraday" or _shipped_bar(shipped) != "daily":
        return Fitted({}, [])
    month, year = (f"{bars} are {lengths.of_time(bars, history)}" for bars in TOLD)
    told = Conclusion(
        "lengths",
        f"in bars, as for days, but for shocks: {month}, {year}",
        "lags, windows, simulated paths and what strategies look back are so many bars; make them"
        " longer where you mean days or months",
        Sureness.ASSUMED,
    )
    return Fitted({}, [told])


def _scale(shipped: Mapping[str, Any], history: History) -> float:
    """What lengths are multiplied by: less than 1 where bars are longer than they were meant for.

    Of shorter bars, what is looked back on stays as many bars as it was.
    """
    return min(lengths.bars_a_day(history, _shipped_bar(shipped)), 1.0)


def _shipped_bar(shipped: Mapping[str, Any]) -> str:
    return str(_shipped_prices(shipped).get("bar", Prices.bar))


def _of_your_own(fetch: Mapping[str, Any]) -> list[str]:
    """What is fetched beside prices, but for what shipped with the sample."""
    beside = {"corporate actions": fetch.get("corporate_actions")} | (fetch.get("economic") or {})
    return [name for name, of in beside.items() if of and not str(of["path"]).startswith(SAMPLE)]


def _section(shipped: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A section of the shipped configuration; empty if it leaves that out."""
    return shipped.get(name) or {}


def _shipped_prices(shipped: Mapping[str, Any]) -> Mapping[str, Any]:
    return _section(shipped, "fetch_data").get("prices") or {}


def _rounded(years: float) -> float:
    """Whole years where there is one, else to a thousandth."""
    return int(years) if years >= 1 else max(round(years, 3), 0.001)


def _iso(day: pd.Timestamp) -> str:
    return str(day.date())
