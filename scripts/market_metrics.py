"""What the market was like for each ticker in each market scenario, and what a model saw in it."""

from collections.abc import Iterator

from tidemark.bars import clocks, closes, joining
from tidemark.config.kinds import joined
from tidemark.harness.step import Run, step
from tidemark.market import market_metrics as measures
from tidemark.market.grid import forecasts_on
from tidemark.market.scenarios import files
from tidemark.market.scenarios.market import MarketScenario
from tidemark.models import within_windows
from tidemark.naming import several
from tidemark.preprocessing import as_known

import pandas as pd

KEYS = ["timestamp", "ticker"]
WEEK = pd.Timedelta(days=7)


@step()
def market_metrics(run: Run) -> None:
    """Write metrics/market/market_metrics.parquet: family, ticker, scenario_name, metric, value."""
    markets = files.stored(run.read_json(files.RECORDS), run.read_parquet)
    covered = [one for one in markets if len(one.times)]
    real = [one for one in covered if one.is_real]
    frames = [*measures.describe(covered), *_events(run, real), *_model(run, real)]
    found = pd.concat(frames, ignore_index=True)
    run.write_parquet("metrics/market/market_metrics.parquet", found)
    families = found["family"].nunique()
    run.headline(f"{len(found):,} figures of {families} families, {len(covered)} market scenarios")


def _events(run: Run, real: list[MarketScenario]) -> Iterator[pd.DataFrame]:
    """Returns about splits, dividends and economic releases."""
    prices = real[0].prices
    known = pd.DataFrame({"ticker": prices.ticker})
    change = measures.returns(prices.close)
    settings = run.config["market_metrics"]
    reach = settings["event_bars_before"], settings["event_bars_after"]
    for kind, events in _happened(run, pd.Series(prices.timestamp)).items():
        if "ticker" in events:
            alone = events[joining.without_partner(events, known, ["ticker"])]
            if len(alone):
                tickers = several(sorted(alone["ticker"].unique()))
                run.note(f"{len(alone):,} events ({kind}) of tickers without prices: {tickers}")
        around = measures.event_bars(prices, events, *reach)
        for one in real:
            values = measures.around_events(change[one.counted], around[one.counted], kind)
            yield measures.tidy("event", values, prices.ticker, one.name)


def _happened(run: Run, bars: pd.Series) -> dict[str, pd.DataFrame]:
    """Times by kind of event: ex-dates, and the first bar to know a release.

    An ex-date begins, for intraday bars, at midnight where the exchange is. A series with a value a
    day is no series of events.
    """
    found = {}
    sources = run.config["fetch_data"]
    if sources["corporate_actions"] is not None:
        actions = run.read_parquet("data/raw/corporate_actions.parquet")
        if sources["prices"]["bar"] == "intraday":
            zone = closes.zone(run.read_parquet(closes.SESSIONS), sources["prices"]["time_zone"])
            actions["timestamp"] = clocks.utc(actions["timestamp"], zone, later=False)
        found = {str(kind): part[KEYS] for kind, part in actions.groupby("kind")}
    for name in sources["economic"]:
        released = run.read_parquet(f"data/raw/{name}.parquet")["available_at"]
        if released.diff().median() >= WEEK:
            instants = closes.of_bars(sources["prices"], run.read_parquet)(bars)
            first = as_known.first_to_know(instants, released)
            found[f"{name}_release"] = pd.DataFrame({"timestamp": bars.to_numpy()[first]})
    return found


def _model(run: Run, real: list[MarketScenario]) -> Iterator[pd.DataFrame]:
    """Accuracy of the forecasts in each window that has any, and what the model relies on."""
    wanted = run.config["market_metrics"]["forecasts"]
    name = joined(wanted["scenario"], wanted["model"])
    forecasts = _forecasts(run, wanted["scenario"], name)
    forecasts_on(real[0].prices, forecasts, 1)  # refuses forecasts of other bars
    for one in real:
        first, last = one.times[[0, -1]]
        if forecasts["timestamp"].between(first, last).any():
            values = within_windows.forecast_accuracy(forecasts, one.prices.ticker, first, last)
            yield measures.tidy("model", values, [*one.prices.ticker, measures.ALL], one.name)
    settings = run.config["market_metrics"]
    values = within_windows.feature_importance(
        run.read_pickle(f"models/{name}.pkl"),
        run.read_parquet(f"data/splits/{wanted['scenario']}_test.parquet"),
        settings["importance_rows"],
        settings["importance_repeats"],
        run.seed,
    )
    yield measures.tidy("model", values, [measures.ALL], real[0].name)


def _forecasts(run: Run, scenario: str, name: str) -> pd.DataFrame:
    """One row a forecast, with the baseline's beside it."""
    baseline = run.config["evaluate"]["baseline"]
    where = [f"data/predictions/{one}.parquet" for one in (name, joined(scenario, baseline))]
    ours, base = (run.read_parquet(path) for path in where)
    joining.require_partners(ours, base, KEYS, where[0], "no forecast of the baseline")
    joining.require_partners(base, ours, KEYS, where[1], f"no forecast of {name}")
    beside = base[[*KEYS, "y_pred"]].rename(columns={"y_pred": "y_base"})
    return ours.merge(beside, on=KEYS, validate="one_to_one")


if __name__ == "__main__":
    market_metrics()
