"""The whole of config.yaml: the settings of each room, and of what stands above the rooms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated

from tidemark.alerting.settings import Alerts
from tidemark.assessment.settings import Assess
from tidemark.backtest.settings import Backtest, Strategy
from tidemark.bounds import Checked, Name, Words
from tidemark.config.mirror import Mirror
from tidemark.features.settings import FeatureEngineering
from tidemark.fetching.settings import Fetch
from tidemark.gating.settings import Gate
from tidemark.market.scenarios.settings import MarketScenarios
from tidemark.market.settings import MarketMetrics
from tidemark.models import estimators
from tidemark.models.settings import Evaluate, Model, SplitData, TrainModels
from tidemark.preprocessing.settings import NoOutliers, Preprocess, Scenario
from tidemark.remotes.address import must_be_an_address, needs_s3
from tidemark.reporting.settings import Plots
from tidemark.sources.settings import FetchData, Ticker
from tidemark.validation.settings import ValidateSchema

from annotated_types import Ge, Le, Lt, MaxLen, MinLen

Address = Annotated[str, MaxLen(2000), Checked(must_be_an_address)]


if TYPE_CHECKING:
    AnyModel = Model
else:
    AnyModel = reduce(or_, estimators.kinds())


def _scenarios() -> Mapping[str, Scenario]:
    return {"median_impute": Scenario("median", NoOutliers("none"))}


def _models() -> Mapping[str, Model]:
    mean, ridge = estimators.kind("mean"), estimators.kind("ridge")
    return {"baseline": mean(estimator="mean"), "ridge": ridge(estimator="ridge")}


def _strategies() -> Mapping[str, Strategy]:
    """A few that need closes alone, from the category of each a well-known one."""
    return {
        "buy_and_hold": Strategy("buy_and_hold"),
        "sma_cross": Strategy("sma_cross", {"fast": [5, 10, 20, 50], "slow": [50, 100, 200]}),
        "time_series_momentum": Strategy(
            "time_series_momentum", {"lookback": [63, 126, 252], "skip": [0, 21]}
        ),
        "rsi_reversal": Strategy(
            "rsi_reversal", {"window": [2, 5, 14], "oversold": [20.0, 25.0, 30.0]}
        ),
        "volatility_managed": Strategy("volatility_managed", {"fast": [10, 21], "slow": [126]}),
    }


@dataclass(frozen=True)
class Environment:
    """What another version of a library means.

    Attributes:
        rerun_on_upgrade: libraries whose other versions rerun the steps that used them; or all.
    """

    rerun_on_upgrade: Sequence[str] = ()


@dataclass(frozen=True)
class Machine:
    """What steps may take of the machine that they run on; no result depends on it.

    Attributes:
        memory_gigabytes: what all steps that run at a time may hold together, each by an estimate;
            null: what the machine or its control group has.
    """

    memory_gigabytes: Annotated[float, Ge(0.5), Le(1e6)] | None = None


@dataclass(frozen=True)
class ResultsStore:
    """Results that come back: what steps wrote, kept by all that it came from.

    Attributes:
        enabled: whether results are kept, and restored when they would be computed again.
        path: the folder, which several projects may share; relative to the project.
        max_gigabytes: what it may hold; beyond, what was not used for longest goes first.
        remote: a place elsewhere that is asked for what the store lacks, and that `make push` and
            `make pull` talk to: s3://bucket/prefix, or a folder; null: none.
        remote_seconds: how long it may be silent; then it is left alone for the rest of the make.
    """

    enabled: bool = True
    path: str = "artifacts/store"
    max_gigabytes: Annotated[float, Ge(0.01), Le(1e6)] = 20.0
    remote: Address | None = None
    remote_seconds: Annotated[float, Ge(0.1), Le(3600)] = 10.0

    def extras(self) -> list[str]:
        """The libraries, beyond those that all need, that this takes."""
        return ["s3"] if self.remote and needs_s3(self.remote) else []


@dataclass(frozen=True, kw_only=True)
class Config:
    """The whole of config.yaml.

    Attributes:
        tickers: what providers call a ticker that they do not call by its own name, and its
            `currency` and `exchange`.
    """

    seed: Annotated[int, Ge(0), Lt(2**63)] = 1
    fetch_data: FetchData
    fetch: Fetch = field(default_factory=Fetch)
    tickers: Mapping[Ticker, Mapping[Name, Words]] = field(default_factory=dict)
    validate_schema: ValidateSchema = field(default_factory=ValidateSchema)
    preprocess: Preprocess = field(default_factory=Preprocess)
    scenarios: Annotated[Mapping[Name, Scenario], MinLen(1)] = field(default_factory=_scenarios)
    feature_engineering: FeatureEngineering = field(default_factory=FeatureEngineering)
    split_data: SplitData = field(default_factory=SplitData)
    models: Annotated[Mapping[Name, AnyModel], MinLen(1)] = field(default_factory=_models)
    train_models: TrainModels = field(default_factory=TrainModels)
    evaluate: Evaluate = field(default_factory=Evaluate)
    plots: Plots = field(default_factory=Plots)
    market_scenarios: MarketScenarios = field(default_factory=MarketScenarios)
    market_metrics: MarketMetrics = field(default_factory=MarketMetrics)
    backtest: Backtest = field(default_factory=Backtest)
    strategies: Annotated[Mapping[Name, Strategy], MinLen(1)] = field(default_factory=_strategies)
    assess: Assess = field(default_factory=Assess)
    gate: Gate = field(default_factory=Gate)
    environment: Environment = field(default_factory=Environment)
    machine: Machine = field(default_factory=Machine)
    store: ResultsStore = field(default_factory=ResultsStore)
    mirror: Mirror = field(default_factory=Mirror)
    alerts: Alerts = field(default_factory=Alerts)
