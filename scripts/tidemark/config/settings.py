"""The shape of config.yaml: every section and key, its type and its bounds.

The JSON Schema for editors, `schemas/config.schema.json`, is generated from these classes.
"""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tidemark.ohlcv import FIELDS

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Step = Literal[
    "fetch_data",
    "validate_schema",
    "preprocess",
    "feature_engineering",
    "split_data",
    "train_models",
    "evaluate",
    "plots",
    "scenario_compare",
    "market_scenarios",
    "market_metrics",
    "backtest",
    "assess",
    "strategy_plots",
    "collect_metrics",
    "reports",
]
Metric = Literal[
    "total_return",
    "annual_return",
    "sharpe_ratio",
    "sortino",
    "calmar",
    "max_drawdown",
    "win_rate",
    "volatility",
    "turnover",
    "costs",
]
CLOCK_TIME = r"^([01]\d|2[0-3]):[0-5]\d$"


EARLIEST, LATEST = "1678-01-01", "2261-12-31"  # whole years within pandas' nanoseconds


def _iso_date(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("must be a date such as 2013-03-01")
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise ValueError("is no day of the calendar") from error
    if not EARLIEST <= text <= LATEST:
        raise ValueError(f"must lie between {EARLIEST} and {LATEST}")
    return text


def _date_format(text: str) -> str:
    moment = datetime(2013, 3, 1, 9, 30, tzinfo=UTC)
    try:
        year = datetime.strptime(moment.strftime(text), text).year
    except (ValueError, re.error) as error:  # re: a directive stands twice
        raise ValueError("is not a format that strptime knows, such as %Y-%m-%d") from error
    if year != moment.year:
        raise ValueError("says no year: use a format such as %Y-%m-%d")
    return text


def _make_can_say(text: str) -> str:
    if not re.fullmatch(r"[\w./*@+-]+", text):
        raise ValueError(
            "Make cannot handle this path: use letters, digits and . _ - / only (* as a wildcard)"
        )
    if "*" in str(Path(text).parent):
        raise ValueError("* may stand in the last part of the path only")
    return text


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Words = Annotated[str, Field(max_length=2000)]
IsoDate = Annotated[str, AfterValidator(_iso_date)]


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise ValueError("is not a time zone, such as UTC or America/New_York") from error
    return name


def _clock_time(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(CLOCK_TIME, value):
        raise ValueError('must be a time of day such as "08:30"')
    return value


def _no_repeats(values: list[int]) -> list[int]:
    if len(set(values)) < len(values):
        raise ValueError("names a value twice")
    return values


def _webhook(address: str) -> str:
    """What urllib can ask for. The address may hold a secret, so no message holds it."""
    if not re.fullmatch(r"https?://[!-~]+", address):
        raise ValueError("must be an http or https address, in plain letters without blanks")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise ValueError("has no valid host and port") from error
    host = parts.hostname or ""
    labels = host.removesuffix(".").split(".")
    numeric = parts.netloc.rpartition("@")[2].startswith("[")
    named = all(re.fullmatch(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)", label) for label in labels)
    if port == 0 or not (numeric or named) or len(host) > 253:
        raise ValueError("has no valid host and port")
    if "@" in parts.netloc:
        raise ValueError("names a user before its host, which is not sent: use a token in the path")
    return address


Webhook = Annotated[str, Field(max_length=2000), AfterValidator(_webhook)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
DateFormat = Annotated[str, Field(max_length=100), AfterValidator(_date_format)]
SourcePath = Annotated[str, Field(max_length=1000), AfterValidator(_make_can_say)]
ClockTime = Annotated[str, BeforeValidator(_clock_time), Field(pattern=CLOCK_TIME)]
Positive = Annotated[float, Field(gt=0, le=1e12)]
Multiplier = Annotated[float, Field(ge=0, le=1e6)]
Fraction = Annotated[float, Field(gt=0, lt=1)]
AnnualRate = Annotated[float, Field(gt=-1, le=100)]
MOST_BARS = 10_000_000  # minutes of nineteen years, night and day
Bars = Annotated[int, Field(ge=0, le=MOST_BARS)]
Count = Annotated[int, Field(ge=1, le=MOST_BARS)]
Days = Annotated[int, Field(ge=1, le=36_500)]
Replicates = Annotated[int, Field(ge=100, le=100_000)]


class Section(BaseModel):
    """A part of config.yaml; unknown keys are refused, and text is not taken for a number.

    Every number has a bound within which a run can end.
    """

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Prices(Section):
    """Where prices come from, and what the file calls things."""

    path: SourcePath
    layout: Literal["long", "wide"] = "long"
    bar: Literal["daily", "intraday"] = "daily"
    date_format: DateFormat
    time_zone: TimeZone = "UTC"
    columns: dict[Literal["timestamp", "ticker", *FIELDS], Words]  # type: ignore[valid-type]


class CorporateActions(Section):
    """Where splits and dividends come from."""

    path: SourcePath
    date_format: DateFormat
    columns: dict[Literal["timestamp", "ticker", "kind", "value"], Words]


class EconomicSeries(Section):
    """One file of economic series, when after its date a value is public, and how long known.

    A column is a level unless it is one of `changes`.
    """

    path: SourcePath
    date_format: DateFormat
    release_lag_days: Annotated[int, Field(ge=0, le=36_500)]
    release_time: ClockTime | None = None
    release_zone: TimeZone | None = None
    changes: list[Name] = []
    longest_carry_days: Days | None = None
    columns: dict[Name, Words]


class FetchData(Section):
    """Sources and retries."""

    retry_attempts: Annotated[int, Field(ge=0, le=100)] = 3
    retry_first_wait_minutes: Annotated[float, Field(ge=0, le=10_080)] = 1.0
    largest_file_megabytes: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    prices: Prices
    corporate_actions: CorporateActions | None = None
    economic: dict[Name, EconomicSeries] = {}

    def paths(self) -> dict[str, str]:
        """The path of each source, by its key in this section."""
        single = {"prices": self.prices, "corporate_actions": self.corporate_actions}
        series = {f"economic.{name}": source for name, source in self.economic.items()}
        return {name: source.path for name, source in (single | series).items() if source}


class ValidateSchema(Section):
    """What raw data is held against, beside the schemas themselves."""

    as_of: IsoDate | None = None
    calendar: Words | None = None
    extra_sessions: list[IsoDate] = []
    closed_sessions: list[IsoDate] = []
    acknowledged_schemas: dict[Name, str]


class Preprocess(Section):
    """Settings of all scenarios."""

    min_history: Count = 250
    longest_hole_days: Days = 14


class NoOutliers(Section):
    """Outliers stay."""

    method: Literal["none"]


class Winsorise(Section):
    """Returns beyond past quantiles are set to them."""

    method: Literal["winsorise"]
    lower: Fraction
    upper: Fraction


class Iqr(Section):
    """Returns over `factor` interquartile ranges beyond the quartiles are set to that bound."""

    method: Literal["iqr"]
    factor: Positive


class Scenario(Section):
    """One way to preprocess."""

    impute: Literal["mean", "median"]
    outliers: Annotated[NoOutliers | Winsorise | Iqr, Field(discriminator="method")]


class FeatureEngineering(Section):
    """Lags, windows and the target's horizon, in bars."""

    horizon: Count = 1
    lags: Annotated[list[Bars], Field(max_length=1000), AfterValidator(_no_repeats)]
    windows: Annotated[
        list[Annotated[int, Field(ge=2, le=MOST_BARS)]],
        Field(max_length=1000),
        AfterValidator(_no_repeats),
    ]
    economic: list[Name] = []
    term_spread: Annotated[list[Name], Field(min_length=2, max_length=2)] | None = None


class SplitData(Section):
    """Where the test set begins, and the gap before it."""

    test_start: IsoDate
    embargo: Count
    folds: Annotated[int, Field(ge=2, le=1000)]


class Model(Section):
    """What all models may have."""

    fallback: Name | None = None
    grid: dict[str, Annotated[list[Any], Field(min_length=1)]] | None = None


class Mean(Model):
    """Predicts the mean of the training targets."""

    estimator: Literal["mean"]


class Linear(Model):
    """Ordinary least squares."""

    estimator: Literal["linear"]


class Ridge(Model):
    """Least squares with an L2 penalty."""

    estimator: Literal["ridge"]
    alpha: Positive = 1.0


class Svr(Model):
    """Support vector regression on a scaled target."""

    estimator: Literal["svr"]
    C: Positive = 1.0
    epsilon: Multiplier = 1.0
    gamma: Literal["scale", "auto"] | Positive = "scale"
    kernel: Literal["rbf", "linear", "poly", "sigmoid"] = "rbf"
    max_iter: Count = 100_000


class Polynomial(Model):
    """Ridge on polynomial features."""

    estimator: Literal["polynomial"]
    degree: Annotated[int, Field(ge=2, le=3)] = 2
    alpha: Positive = 1.0


AnyModel = Annotated[Mean | Linear | Ridge | Svr | Polynomial, Field(discriminator="estimator")]


class Environment(Section):
    """What another version of a library means."""

    rerun_on_upgrade: list[str] = []


class Evaluate(Section):
    """The baseline of skill, and the bootstrap."""

    baseline: Name
    confidence: Fraction = 0.95
    bootstrap_replicates: Replicates = 2000
    block_length: Count = 21


class Plots(Section):
    """Figures."""

    dpi: Annotated[int, Field(ge=50, le=600)] = 110


class Forecasts(Section):
    """Whose forecasts: a model fitted on a scenario."""

    scenario: Name
    model: Name


class Window(Section):
    """A stretch of history, both days included, and who dates it so."""

    start: IsoDate
    end: IsoDate
    source: Words


class Shock(Section):
    """A fall of all prices; `at` says after which shares of history."""

    size: Annotated[float, Field(gt=-1, le=1000)]
    at: Annotated[list[Annotated[float, Field(ge=0, lt=1)]], Field(min_length=1, max_length=1000)]
    fall: Count = 1
    recovery: Count | None = None


class Stress(Section):
    """How history is changed; what is left out stays as it was."""

    cost_multiplier: Multiplier = 1.0
    slippage_multiplier: Multiplier = 1.0
    cash_rate_change: AnnualRate = 0.0
    volatility_multiplier: Annotated[float, Field(gt=0, le=1000)] = 1.0
    correlation: Annotated[float, Field(gt=-1, lt=1)] | None = None
    shock: Shock | None = None


class Stochastic(Section):
    """Simulated paths: how many of each kind, and how they are drawn; lengths in bars."""

    paths: dict[
        Literal["stationary_bootstrap", "moving_block_bootstrap", "gbm"],
        Annotated[int, Field(ge=0, le=1_000_000)],
    ]
    horizon: Count
    warm_up: Bars
    block_length: Count
    min_history: Count


class MarketScenarios(Section):
    """Stretches and simulations of the market."""

    calendar_years: bool = True
    historical: dict[Name, Window] = {}
    stress: dict[Name, Stress] = {}
    stochastic: Stochastic


class MarketMetrics(Section):
    """What is measured of each ticker in each market scenario."""

    forecasts: Forecasts
    event_bars_before: Bars = 1
    event_bars_after: Bars = 1
    importance_rows: Count = 1000
    importance_repeats: Annotated[int, Field(ge=1, le=10_000)] = 5


class TradingHours(Section):
    """When fills may happen, in the time zone of the exchange."""

    start: ClockTime
    end: ClockTime
    time_zone: TimeZone


class Backtest(Section):
    """How targets are traded."""

    fill: Literal["next_open", "next_close"] = "next_open"
    cost_basis_points: Annotated[float, Field(ge=0, lt=10_000)]
    slippage_basis_points: Annotated[float, Field(ge=0, lt=10_000)]
    direction: Literal["long_only", "long_short"] = "long_short"
    cash_rate: AnnualRate = 0.0
    trading_hours: TradingHours | None = None


class Strategy(Section):
    """A strategy with lists of values for its parameters: every combination is tried."""

    strategy: Name
    parameters: dict[Name, Annotated[list[Any], Field(min_length=1)]] = {}
    forecasts: Forecasts | None = None


class Guardrails(Section):
    """What a set must keep on full history, on average over tickers; and where it must be tried."""

    min_trades: Multiplier
    min_sharpe: Annotated[float, Field(ge=-1e6, le=1e6)]
    max_position_rate: Annotated[float, Field(gt=0, le=1)]
    max_drawdown: Annotated[float, Field(gt=0, le=1)]
    min_markets: Annotated[float, Field(ge=0, le=1)] = 1.0


class WalkForward(Section):
    """Choosing on the past alone; lengths in years."""

    first_years: Annotated[float, Field(gt=0, le=1000)]
    every_years: Annotated[float, Field(ge=0.001, le=1000)]


class Assess(Section):
    """How strategies are ranked, and what the ranking is held against."""

    benchmark: Name
    weights: dict[Metric, Multiplier]
    guardrails: Guardrails
    blocks: Annotated[int, Field(ge=2, le=20, multiple_of=2)] = 16
    walk_forward: WalkForward
    confidence: Fraction = 0.95
    bootstrap_replicates: Replicates = 1000
    block_length: Count = 21
    tear_sheets: Annotated[int, Field(ge=1, le=20)] = 3


class Alerts(Section):
    """Who hears of what."""

    webhook: Webhook | None = None
    owners: dict[Annotated[str, Field(pattern=r"^[\w .-]+$", max_length=100)], list[Step]] = {}


class Config(Section):
    """The whole of config.yaml."""

    seed: Annotated[int, Field(ge=0, lt=2**63)]
    fetch_data: FetchData
    validate_schema: ValidateSchema
    preprocess: Preprocess = Preprocess()
    scenarios: Annotated[dict[Name, Scenario], Field(min_length=1)]
    feature_engineering: FeatureEngineering
    split_data: SplitData
    models: Annotated[dict[Name, AnyModel], Field(min_length=1)]
    evaluate: Evaluate
    plots: Plots = Plots()
    market_scenarios: MarketScenarios
    market_metrics: MarketMetrics
    backtest: Backtest
    strategies: Annotated[dict[Name, Strategy], Field(min_length=1)]
    assess: Assess
    environment: Environment = Environment()
    alerts: Alerts = Alerts()

    def raw_names(self) -> list[str]:
        """Names of the raw files: prices, corporate_actions if any, the economic sources."""
        fetch = self.fetch_data
        actions = ["corporate_actions"] if fetch.corporate_actions else []
        return ["prices", *actions, *fetch.economic]
