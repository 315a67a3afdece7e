"""What follows from something else in config.yaml, and is therefore not asked for.

A value that is left out, or null, is filled in here before anything else sees the configuration, so
steps, Make and reports read what holds. What follows from the data, such as where the test set
begins, is left to the step that has them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace

from tidemark.config.kinds import KINDS
from tidemark.config.settings import Config
from tidemark.features.settings import FeatureEngineering
from tidemark.market.settings import Forecasts
from tidemark.providers.catalogue import OFFERS, Offer
from tidemark.sources.settings import CURRENT, EVENT, CorporateActions, FetchData
from tidemark.validation.settings import SCHEMA, ValidateSchema

BASELINE = "mean"  # the kind of model that skill is measured against, if none is named


def completed(whole: Config) -> Config:
    """The configuration with all that follows from something else in it."""
    whole = replace(whole, fetch_data=_live(whole.fetch_data, whole.tickers))
    features = _features(whole.feature_engineering, whole.fetch_data)
    fill, embargo = whole.backtest.fill, whole.split_data.gap(features.horizon)
    if fill is None:
        fill = "next_open" if "open" in whole.fetch_data.prices.columns else "next_close"
    whole = replace(
        whole,
        feature_engineering=features,
        validate_schema=_schemas(whole),
        split_data=replace(whole.split_data, embargo=embargo),
        evaluate=replace(whole.evaluate, baseline=_baseline(whole)),
        backtest=replace(whole.backtest, fill=fill),
    )
    forecasts = whole.market_metrics.forecasts or _forecasts(whole)
    return replace(whole, market_metrics=replace(whole.market_metrics, forecasts=forecasts))


def left_out(given: Config, whole: Config) -> Iterator[str]:
    """What a configuration asks for, and cannot apply, in words.

    Args:
        given: as it was written.
        whole: the same, completed.
    """
    asked, applied = given.feature_engineering, whole.feature_engineering
    for key in ("economic", "term_spread"):
        if getattr(asked, key) and not getattr(applied, key):
            yield f"feature_engineering.{key} does not apply: fetch_data.economic has no series"


def _live(asked: FetchData, mapped: Mapping[str, Mapping[str, str]]) -> FetchData:
    """Sources that have a provider are read from the store, by Tidemark's own names."""
    prices, actions = asked.prices, asked.corporate_actions
    if prices.provider:
        offer = OFFERS.get(prices.provider, Offer())
        if actions is None and offer.actions:
            actions = CorporateActions(provider=prices.provider)
        sent = prices.options.get("columns")  # of a file, those that it has
        has = sent if isinstance(sent, Mapping) else offer.bars
        named = ("timestamp", "ticker", *(name for name in offer.bars if name in has))
        prices = replace(
            prices,
            tickers=sorted(prices.tickers),
            ids=[
                [name, mapped.get(name, {}).get(prices.provider, name)]
                for name in sorted(prices.tickers)
            ],
            path=prices.path or CURRENT.format(source="prices"),
            columns={name: name for name in named},
        )
    if actions and actions.provider:
        columns = {name: name for name in EVENT}
        path = actions.path or CURRENT.format(source="prices")
        actions = replace(actions, path=path, columns=columns)
    economic = {
        name: replace(
            series,
            path=series.path or CURRENT.format(source=name),
            columns={"timestamp": "timestamp"} | {column: column for column in series.series},
        )
        if series.provider
        else series
        for name, series in asked.economic.items()
    }
    return replace(asked, prices=prices, corporate_actions=actions, economic=economic)


def _features(asked: FeatureEngineering, sources: FetchData) -> FeatureEngineering:
    """Economic features of the series that there are; none without any."""
    if not sources.economic:
        return replace(asked, economic=[], term_spread=None)
    if asked.economic is not None:
        return asked
    columns = [name for series in sources.economic.values() for name in series.columns]
    return replace(asked, economic=[name for name in columns if name != "timestamp"])


def _schemas(whole: Config) -> ValidateSchema:
    """The file of every source's schema; those of sources that there are not do not count."""
    named = whole.validate_schema.schemas
    schemas = {
        source: named.get(source, SCHEMA.format(source=source))
        for source in KINDS["source"].names(asdict(whole))
    }
    return replace(whole.validate_schema, schemas=schemas)


def _baseline(whole: Config) -> str | None:
    """The model that is named; else the first that forecasts the mean, if there is one."""
    means = [name for name, model in whole.models.items() if model.estimator == BASELINE]
    return whole.evaluate.baseline or next(iter(means), None)


def _forecasts(whole: Config) -> Forecasts:
    """Those of the first scenario and of the first model of returns beside the baseline."""
    of_returns = [name for name, model in whole.models.items() if model.target == "return"]
    others = [name for name in of_returns if name != whole.evaluate.baseline]
    return Forecasts(next(iter(whole.scenarios)), [*others, *of_returns, *whole.models][0])
