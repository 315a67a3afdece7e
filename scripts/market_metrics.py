"""Measure what the market was like for each ticker and market scenario, and what a model saw."""

from collections.abc import Iterator, Sequence

from tidemark.arrays import Times
from tidemark.bars import clocks, closes, joining
from tidemark.bars.long_form import KEYS
from tidemark.harness.step import Run, step
from tidemark.layout.data_gate import PASSED
from tidemark.layout.evaluate import FORECASTS
from tidemark.layout.fetch_data import RAW, RAW_ACTIONS
from tidemark.layout.market_metrics import MARKET_METRICS
from tidemark.layout.market_scenarios import MARKET_SCENARIOS
from tidemark.layout.split_data import TEST
from tidemark.layout.train_models import MODEL
from tidemark.layout.validate_schema import SESSIONS
from tidemark.market import market_metrics as measures
from tidemark.market.grid import Prices, require_bars
from tidemark.market.scenarios import files
from tidemark.market.scenarios.kinds import ScenarioKind
from tidemark.market.scenarios.market import MarketScenario
from tidemark.market.settings import MarketMetrics
from tidemark.models import within_windows
from tidemark.naming import counted, several
from tidemark.preprocessing import as_known
from tidemark.validation import passed

import pandas as pd

WEEK = pd.Timedelta(days=7)


@step()
def market_metrics(run: Run) -> None:
    """Write metrics/market/market_metrics.parquet: family, ticker, scenario_name, metric, value."""
    settings = run.settings(MarketMetrics, run.config["market_metrics"])
    with files.stored(run.read.json(MARKET_SCENARIOS), run.read.rows_by_text) as markets:
        covered = [market for market in markets if market.bars]
        real = [market.with_bars() for market in covered if market.is_real]
        history = real[0].prices
        frames = []
        for frame in measures.describe(market.with_bars() for market in covered):
            frames.append(frame)
            run.tell.progress(len(frames), len(covered), "market scenarios")
    if paths := [market for market in covered if market.kind is ScenarioKind.STOCHASTIC]:
        frames += measures.describe([measures.drawn_from(real[0], paths[0])])

    sources = run.config["fetch_data"]
    daily, time_zone = sources["prices"]["bar"] != "intraday", sources["prices"]["time_zone"]
    sessions, times = run.read.parquet(SESSIONS), pd.Series(history.timestamp)
    instants = closes.of_bars(times, sessions if daily else None, time_zone)
    happened: dict[str, pd.DataFrame] = {}
    if sources["corporate_actions"]:
        zone = None if daily else closes.zone(sessions, time_zone)
        happened = _ex_dates(run.read.parquet(RAW_ACTIONS), zone)
    for name in sources["economic"]:
        released = run.read.parquet(RAW.format(source=name))["available_at"]
        if problem := _no_events(released):
            run.tell.note(f"{name}: {problem}")
            continue
        happened[f"{name}_release"] = _first_bars(history.timestamp, instants, released)
    listed = ["corporate_actions"] if sources["corporate_actions"] else []
    for name in (*listed, *sources["economic"]):
        path = RAW.format(source=name)
        passed.require(path, run.read.inputs[path], run.read.json(PASSED.format(source=name)))
    for kind, events in happened.items():
        for note in _left_out(events, kind, history):
            run.tell.note(note)
        frames += _around(events, kind, real, settings)

    scenario, model = settings.forecasts.scenario, settings.forecasts.model
    ours, base = (
        FORECASTS.format(scenario=scenario, model=name)
        for name in (model, run.config["evaluate"]["baseline"])
    )
    forecasts = _beside(run.read.parquet(ours), run.read.parquet(base), ours, base)
    require_bars(history, forecasts)
    frames += _accuracy(forecasts, real)
    pipeline = run.read.pickle(MODEL.format(scenario=scenario, model=model))
    test = run.read.parquet(TEST.format(scenario=scenario))
    importance = within_windows.feature_importance(
        pipeline, test, settings.importance_rows, settings.importance_repeats, run.seed
    )
    frames.append(measures.tidy("model", importance, [measures.ALL], real[0].name))

    figures = pd.concat(frames, ignore_index=True)
    run.write.parquet(MARKET_METRICS, figures)
    families = figures["family"].nunique()
    run.tell.headline(
        f"{len(figures):,} figures of {families} families, {len(covered)} market scenarios"
    )


def _ex_dates(actions: pd.DataFrame, zone: str | None) -> dict[str, pd.DataFrame]:
    """When splits and dividends happened, by kind.

    An ex-date begins, for intraday bars, at midnight in the exchange's `zone`.
    """
    if zone is not None:
        utc = clocks.utc(actions["timestamp"], zone, later=False)
        actions = actions.assign(timestamp=utc)
    return {str(kind): part[KEYS] for kind, part in actions.groupby("kind")}


def _no_events(released: pd.Series) -> str | None:
    """Why releases are no events to look around; None if they are."""
    usual = released.diff().median()
    if usual >= WEEK:
        return None
    why = "less than a week apart" if pd.notna(usual) else "too few to say how often they come"
    return f"{counted(len(released), 'release')}, {why}: not looked at as events"


def _first_bars(bars: Times, instants: pd.Series, released: pd.Series) -> pd.DataFrame:
    """The first bar to know each release, NaT where none is."""
    first = as_known.first_to_know(instants, released)
    return pd.DataFrame({"timestamp": pd.Series(bars[first], first.index).reindex(released.index)})


def _left_out(events: pd.DataFrame, kind: str, prices: Prices) -> Iterator[str]:
    """Events of one kind that no bar is around, as notes."""
    if "ticker" in events:
        known = pd.DataFrame({"ticker": prices.ticker})
        alone = joining.without_partner(events, known, ["ticker"])
        if alone.any():
            tickers = several(sorted(events["ticker"][alone].unique()))
            yield f"{counted(alone.sum(), 'event')} ({kind}) of tickers without prices: {tickers}"
        events = events[~alone]
    if early_or_late := int(measures.outside(prices, events).sum()):
        yield f"{counted(early_or_late, 'event')} ({kind}) before the first bar or after the last"


def _around(
    events: pd.DataFrame, kind: str, real: Sequence[MarketScenario], settings: MarketMetrics
) -> Iterator[pd.DataFrame]:
    """Returns about events of one kind, in each real market scenario."""
    prices = real[0].prices
    change = measures.returns(prices.close)
    before, after = settings.event_bars_before, settings.event_bars_after
    around = measures.event_bars(prices, events, before, after)
    for market in real:
        values = measures.around_events(change[market.counted], around[market.counted], kind)
        yield measures.tidy("event", values, prices.ticker, market.name)


def _accuracy(forecasts: pd.DataFrame, real: Sequence[MarketScenario]) -> Iterator[pd.DataFrame]:
    """Accuracy of the forecasts in each window that has any."""
    for market in real:
        first, last = market.times[[0, -1]]
        if forecasts["timestamp"].between(first, last).any():
            tickers = market.prices.ticker
            values = within_windows.forecast_accuracy(forecasts, tickers, first, last)
            yield measures.tidy("model", values, [*tickers, measures.ALL], market.name)


def _beside(ours: pd.DataFrame, base: pd.DataFrame, ours_from: str, base_from: str) -> pd.DataFrame:
    """One row a forecast, with the baseline's beside it as `y_base`."""
    joining.require_partners(ours, base, KEYS, ours_from, f"no forecast in {base_from}")
    joining.require_partners(base, ours, KEYS, base_from, f"no forecast in {ours_from}")
    beside = base[[*KEYS, "y_pred"]].rename(columns={"y_pred": "y_base"})
    return ours.merge(beside, on=KEYS, validate="one_to_one")


if __name__ == "__main__":
    market_metrics()
