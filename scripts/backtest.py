"""Trade one strategy: every set of parameters on every ticker in every market scenario."""

from collections.abc import Mapping

from tidemark.arrays import Floats
from tidemark.backtest import look_ahead, strategies
from tidemark.backtest.apart import Alone, serve
from tidemark.backtest.cells import Trial, lacking
from tidemark.backtest.engine import Rules
from tidemark.backtest.settings import Backtest
from tidemark.backtest.strategies import Description
from tidemark.harness.apart import LoadedApart
from tidemark.harness.step import Run, step
from tidemark.isolated.nursery import Nursery
from tidemark.layout.backtest import CELLS, LOOK_AHEAD, NOT_TRIED, REBALANCING, RETURNS
from tidemark.layout.evaluate import FORECASTS
from tidemark.layout.market_scenarios import MARKET_SCENARIOS
from tidemark.market.grid import Prices, forecasts_on
from tidemark.market.scenarios import files
from tidemark.naming import counted

BASIS_POINT = 1e-4
LARGE = 500_000  # cells from which the work is said before it starts
APART = Nursery(serve, LoadedApart())


@step(per=("strategy",))
def backtest(run: Run) -> None:
    """Write metrics/backtests/{strategy}.parquet, and what all of history gave, bar by bar."""
    entry, key = run.config["strategies"][run.strategy], f"strategies.{run.strategy}"
    alone = Alone(APART, entry["strategy"])
    with run.values_of(key):
        strategy = alone.load()
    with run.values_of(f"{key}.parameters"):
        sets = alone.grid(run.plain(entry["parameters"]))
    trading = run.settings(Backtest, run.config["backtest"])
    with files.stored(run.read.json(MARKET_SCENARIOS), run.read.rows_by_text) as markets:
        history = markets[0].with_bars()
        with run.values_of(key):
            inputs = {name: _said(run, strategy, name, history.prices) for name in strategy.inputs}
        read = alone.reads(history.prices, sets, inputs) if lacking(history.prices) else []
        rules, hours = _rules(trading, history.bars_a_year), trading.trading_hours
        with look_ahead.Watch(strategy, sets, inputs, alone.fresh, run.seed) as watch:
            trial = Trial(
                run.strategy, strategy, sets, inputs, rules, hours, watch, run.threads, read
            )
            tested = trial.markets(markets)
            if ahead := _ahead(len(sets), len(history.prices.ticker), len(tested)):
                run.tell.note(ahead)
            equal_parts = trial.on_history(history)
            watch.shorten(tested)
            rebalanced = trial.rebalanced(history, equal_parts)
            with run.write.parquet_parts(run.own(CELLS)) as cells:
                for done, frame in trial.cells(tested):
                    cells.write(frame)
                    run.tell.progress(done, len(tested), "market scenarios")
            run.write.parquet(run.own(RETURNS), trial.returns(history, equal_parts))
            run.write.parquet(run.own(REBALANCING), rebalanced)
    seen = watch.tried()
    run.write.json(run.own(LOOK_AHEAD), {"strategy_name": run.strategy, **seen.record()})
    lacks = [{"lacks": what, **cells.record()} for what, cells in sorted(trial.untried.items())]
    of = {"sets": len(sets), "of_market_scenarios": len(tested)}
    untried = {"strategy_name": run.strategy, "not_tried": [row | of for row in lacks]}
    run.write.json(run.own(NOT_TRIED), untried)
    for row in lacks:
        run.tell.note(
            f"{row['sets_not_tried']} of {counted(len(sets), 'set')} not tried in"
            f" {row['market_scenarios']} of {counted(len(tested), 'market scenario')}: they need"
            f" {row['lacks']}, of which {counted(row['tickers'], 'ticker')} have no value"
        )
    if seen.sets_of_levels:
        run.tell.note(
            f"{seen.sets_of_levels} of {counted(seen.sets_shortened, 'set')} use price levels,"
            " which later splits and dividends change: compare prices with prices instead"
        )
    APART.close()
    if APART.without:
        run.log.warning(
            "strategies ran without %s, see docs/look_ahead.md", ", ".join(APART.without)
        )
    tried, scenarios = counted(len(sets), "set"), counted(len(tested), "market scenario")
    run.tell.headline(f"{counted(cells.rows, 'cell')}: {tried}, {scenarios}")


def _ahead(sets: int, tickers: int, markets: int) -> str | None:
    """How much there is to do, and what would make it less; None if that is little."""
    cells = sets * tickers * markets
    if cells < LARGE:
        return None
    return (
        f"up to {cells:,} cells to trade: {counted(sets, 'set')} x {counted(tickers, 'ticker')} x"
        f" {counted(markets, 'market scenario')}; fewer values of its parameters, or fewer"
        " market_scenarios.stochastic.paths, make them fewer"
    )


def _said(run: Run, strategy: Description, name: str, history: Prices) -> Floats:
    """(bars, tickers) what the model says that the strategy's entry names: the input of a name."""
    source = run.config["strategies"][run.strategy]["forecasts"]
    if source is None:
        raise strategies.lacking(strategy, name)
    path = FORECASTS.format(scenario=source["scenario"], model=source["model"])
    horizon = run.config["feature_engineering"]["horizon"] if name == "forecasts" else 1
    return forecasts_on(history, run.read.parquet(path), horizon)


def _rules(trading: Backtest, bars_a_year: Mapping[str, float]) -> Rules:
    return Rules(
        fill=trading.fill,
        cost=BASIS_POINT * trading.cost_basis_points,
        slippage=BASIS_POINT * trading.slippage_basis_points,
        direction=trading.direction,
        cash_rate=trading.cash_rate,
        periods_per_year=tuple(bars_a_year.values()),
    )


if __name__ == "__main__":
    with APART:  # before the harness looks at any data
        backtest()
