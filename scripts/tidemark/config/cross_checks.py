"""What must hold between the keys of config.yaml, beyond the shape of each."""

import ast
import importlib
import math
import os
import pkgutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from functools import cache
from typing import Any

from tidemark import layout
from tidemark.alerting.settings import Alerts
from tidemark.assessment.settings import Assess
from tidemark.backtest.settings import BENCHMARK, STRATEGIES, Strategy
from tidemark.bars import zones
from tidemark.bars.settings import ECB
from tidemark.config import live_checks
from tidemark.config.fault import Fault, Problem
from tidemark.config.kinds import KINDS, kinds_in, paths
from tidemark.config.schema import said, section
from tidemark.config.settings import Config
from tidemark.config.yaml_lines import KeyPath
from tidemark.errors import BadValue, InputError, hint
from tidemark.features import families
from tidemark.features.feature import COLUMNS, Feature
from tidemark.features.settings import MOST as MOST_FEATURES
from tidemark.files import libraries, listings, store
from tidemark.files.generated import generated_folder
from tidemark.gating.settings import OF_MODELS, OF_STRATEGIES, PAIRED, WORDS, Limit
from tidemark.market.scenarios.settings import Stochastic, Window
from tidemark.models.settings import Model
from tidemark.ohlcv import FIELDS, OHLCV
from tidemark.preprocessing.settings import Scenario, Winsorise
from tidemark.project import Tree
from tidemark.providers.catalogue import OFFERS
from tidemark.reading.kinds import Kind, kind_of, unzipped_name
from tidemark.sources.settings import READERS, EconomicSeries, FetchData, Prices
from tidemark.validation.settings import ValidateSchema

from pydantic import ValidationError

TAKEN_COLUMNS = {*FIELDS, "ticker", "available_at", "imputed", "return", "return_treated"}
TAKEN_COLUMNS |= {"target", "target_time", "term_spread", "treated_index"}

FORECAST = {"return": "returns", "direction": "probabilities of a rise"}  # by target
INPUT_OF = {"forecasts": "return", "probabilities": "direction"}  # targets of models, by input
# Of a form, the keys that say something of these kinds of files alone; an archive may hold any.
OF_KINDS = {
    "sheet": (Kind.WORKBOOK, Kind.ZIP),
    "members": (Kind.ZIP,),
    "records": (Kind.JSON, Kind.JSON_LINES, Kind.ZIP),
}

# Bounds within which a run can end.
LONGEST_WAIT = 7 * 24 * 60  # minutes
MOST_SETS = 100_000
MOST_SIMULATED = 100_000_000
LARGEST_PARAMETER = 1e9


def faults_of(tree: Tree, whole: Config) -> list[Fault]:
    """Every fault between the keys of a configuration that is right in shape."""
    return [
        *_files(tree, whole),
        *_providers(whole.fetch_data),
        *live_checks.faults_of(whole),
        *_waits(whole.fetch_data),
        *_own_sources(tree, whole.fetch_data),
        *_price_columns(whole.fetch_data.prices),
        *_forms(whole.fetch_data),
        *_time_zone(whole),
        *_file_names(whole),
        *_economic_columns(whole),
        *_calendar(whole),
        *_sessions(whole.validate_schema),
        *_model_references(whole),
        *_grids(whole.models),
        *_horizon(whole),
        *_features(whole),
        *_quantiles(whole.scenarios),
        *_windows(whole.market_scenarios.historical),
        *_simulated(whole.market_scenarios.stochastic),
        *_strategies(tree, whole),
        *_parameters(whole.strategies),
        *_benchmark(tree, whole),
        *_trading_hours(whole),
        *_forecasts(whole),
        *_targets(tree, whole),
        *_weights(whole.assess),
        *_gate(whole),
        *_libraries(whole.environment.rerun_on_upgrade),
        *_owners(tree, whole.alerts),
    ]


def _files(tree: Tree, whole: Config) -> list[Fault]:
    """A source that exists is a file; of a wildcard, each that matches."""
    faults = []
    for name, path in whole.fetch_data.paths().items():
        if not path:
            continue
        key = f"fetch_data.{name}.path"
        files = listings.matching(tree, path) if "*" in path else [path]
        faults += list(filter(None, (_unfit(tree, key, file) for file in files)))[:1]
    return faults


def _providers(fetch: FetchData) -> Iterator[Fault]:
    """A source has a file, with what must be said of it, or a provider that is known."""
    for name, source in fetch.sections().items():
        at = f"fetch_data.{name}"
        if source.provider is None:
            lacks = [key for key in ("path", "date_format", "columns") if not getattr(source, key)]
            if isinstance(source, EconomicSeries) and source.release_lag_days is None:
                lacks.append("release_lag_days")
            yield from (Fault.at(f"{at}.{key}", Problem.MISSING) for key in lacks)
            continue
        offering = [
            provider
            for provider, offer in OFFERS.items()
            if (offer.series if isinstance(source, EconomicSeries) else offer.bars)
        ]
        if source.provider not in offering:
            detail = {"what": "provider of such data", "given": source.provider, "known": offering}
            yield Fault.at(f"{at}.provider", Problem.NO_SUCH_OF, all=", ".join(offering), **detail)
        elif isinstance(source, Prices) and not source.tickers:
            yield Fault.at(f"{at}.tickers", Problem.MISSING)
        elif isinstance(source, EconomicSeries) and not source.series:
            yield Fault.at(f"{at}.series", Problem.MISSING)


def _unfit(tree: Tree, key: str, path: str) -> Fault | None:
    """Why what stands under a name cannot be a source; None if it can, or may appear yet."""
    try:
        store.must_be_file(tree / path)
        real = os.path.realpath(tree / path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    except OSError as error:
        return Fault.at(key, Problem.UNFIT, path=path, said=error.strerror)
    machine = real.startswith(("/proc/", "/sys/"))
    return Fault.at(key, Problem.OF_THE_MACHINE, path=path) if machine else None


def _waits(fetch: FetchData) -> list[Fault]:
    """Refuse waits, which double each time, that take too long together."""
    minutes = fetch.retry_first_wait_minutes * (2.0**fetch.retry_attempts - 1)
    if minutes <= LONGEST_WAIT:
        return []
    return [Fault.at("fetch_data.retry_attempts", Problem.LONG_WAIT, days=minutes / 1440)]


def _own_sources(tree: Tree, fetch: FetchData) -> list[Fault]:
    """Refuse sources where steps write and `make clean` removes."""
    return [
        Fault.at(f"fetch_data.{name}.path", Problem.GENERATED, path=path, folder=folder)
        for name, path in fetch.paths().items()
        if path and (folder := generated_folder(tree, path))
    ]


def _price_columns(prices: Prices) -> list[Fault]:
    if not prices.columns:
        return []  # which is told elsewhere
    where, names = "fetch_data.prices.columns", prices.columns
    faults = []
    if "timestamp" not in names:
        faults.append(Fault.at(where, Problem.NO_COLUMN, column="timestamp"))
    if "close" not in names and "adj_close" not in names:
        faults.append(Fault.at(where, Problem.NO_CLOSE))
    faults += [
        Fault.at(f"fetch_data.prices.divide_by.{field}", Problem.NO_SUCH_FIELD, field=field)
        for field in prices.divide_by
        if field not in names
    ]
    by_column, wide = "columns.ticker", prices.layout == "wide"
    tellers = {"layout: wide": wide, by_column: "ticker" in names, "ticker": prices.ticker}
    told = [teller for teller, tells in tellers.items() if tells]
    faults += [
        Fault.at(f"fetch_data.prices.{idle}", Problem.NAMED_TWICE, other=told[0])
        for idle in told[1:]
    ]
    if wide:
        faults += [
            Fault.at(f"{where}.{field}", Problem.NO_PATTERN, name=name)
            for field, name in names.items()
            if field in FIELDS and name.count("*") != 1
        ]
    return faults


def _forms(fetch: FetchData) -> Iterator[Fault]:
    """Refuse keys of a form that contradict each other, or say nothing of such a file."""
    for key, source in fetch.sections().items():
        if source.provider:
            continue
        form, kind = source.form, kind_of(unzipped_name(source.path))
        at = f"fetch_data.{key}.form"
        if form.thousands == form.decimal:
            yield Fault.at(f"{at}.thousands", Problem.ONE_SIGN, sign=form.decimal)
        if not form.header_line and form.header_lines > 1:
            yield Fault.at(f"{at}.header_lines", Problem.NO_HEADER)
        for name, kinds in OF_KINDS.items():
            if getattr(form, name) is not None and kind and kind not in kinds:
                yield Fault.at(f"{at}.{name}", Problem.OTHER_KIND, kind=kind)


def _time_zone(whole: Config) -> list[Fault]:
    """Refuse a zone without effect: of dates without an offset, unless Parquet types them."""
    prices = whole.fetch_data.prices
    ends_days = whole.fetch_data.economic and whole.validate_schema.calendar is None
    if prices.bar == "intraday" or prices.time_zone == "UTC" or ends_days or prices.provider:
        return []
    if zones.has_offset(prices.date_format) or prices.path.lower().endswith((".parquet", ".pq")):
        return []
    problem, cure = zones.without_effect(prices.time_zone)
    return [Fault.at("fetch_data.prices.time_zone", Problem.IDLE_ZONE, problem=problem, cure=cure)]


def _sessions(validate: ValidateSchema) -> list[Fault]:
    both = sorted({*validate.extra_sessions} & {*validate.closed_sessions})
    faults = [
        Fault.at(f"validate_schema.{key}", Problem.NO_CALENDAR)
        for key in ("extra_sessions", "closed_sessions")
        if getattr(validate, key) and validate.calendar is None
    ]
    if both:
        where = "validate_schema.closed_sessions"
        faults.append(Fault.at(where, Problem.OPEN_AND_CLOSED, days=", ".join(both)))
    return faults


def _file_names(whole: Config) -> list[Fault]:
    """Refuse instances that would share a file, or take one that a step writes for itself."""
    names = {kind.name: list({*kind.names(asdict(whole))}) for kind in KINDS.values()}
    taken = Counter(path for pattern in _written() for path in paths(pattern, names))
    shared = sorted(path for path, count in taken.items() if count > 1)
    faults = [Fault.at("models", Problem.COLLISION, paths=", ".join(shared))] if shared else []
    raw = [*whole.fetch_data.economic, *READERS]  # a series named SERIES would be found as that
    return faults + [
        Fault.at(f"fetch_data.economic.{name}", Problem.NAME_TAKEN)
        for name, count in Counter(raw).items()
        if count > 1
    ]


def _written() -> Iterator[str]:
    """What steps write, by `layout`: patterns, or the files of a step that has none."""
    for module in pkgutil.iter_modules(layout.__path__):
        named = vars(importlib.import_module(f"{layout.__name__}.{module.name}"))
        files = [value for name, value in named.items() if name.isupper()]
        patterns = [file for file in files if "{" in file]
        yield from (
            pattern for pattern in patterns or files if KINDS.keys() >= {*kinds_in(pattern)}
        )


def _economic_columns(whole: Config) -> list[Fault]:
    series = whole.fetch_data.economic
    known = Counter(
        column for source in series.values() for column in source.columns if column != "timestamp"
    )
    faults = [
        Fault.at(f"fetch_data.economic.{name}.columns", Problem.NO_COLUMN, column="timestamp")
        for name, source in series.items()
        if source.columns and "timestamp" not in source.columns
    ]
    faults += [
        Fault.at("fetch_data.economic", Problem.COLUMN_TAKEN, column=column)
        for column, count in known.items()
        if count > 1 or column in TAKEN_COLUMNS
    ]
    faults += [
        Fault.at(f"fetch_data.economic.{name}.changes", Problem.CHANGES_NOTHING, column=column)
        for name, source in series.items()
        for column in source.changes
        if column not in source.columns or column == "timestamp"
    ]
    features = whole.feature_engineering
    for key, wanted in (
        ("economic", features.economic or []),
        ("term_spread", features.term_spread or []),
    ):
        faults += [
            Fault.at(f"feature_engineering.{key}", Problem.NO_SERIES, given=column, known=known)
            for column in wanted
            if column not in known
        ]
    return faults


def _calendar(whole: Config) -> list[Fault]:
    name = whole.validate_schema.calendar
    known = _calendars() if name is not None else ()
    if name is None or name in known:
        return []
    return [Fault.at("validate_schema.calendar", Problem.UNKNOWN_CALENDAR, given=name, known=known)]


@cache
def _calendars() -> set[str]:
    """The calendars' names, read from the library's text, because importing it takes a second."""
    text = libraries.SITE / "exchange_calendars/calendar_utils.py"
    body = ast.parse(text.read_bytes()).body if text.is_file() else []
    tables = [node.value for node in body if isinstance(node, ast.Assign)]
    keys = [key for table in tables if isinstance(table, ast.Dict) for key in table.keys]
    names = {str(key.value) for key in keys if isinstance(key, ast.Constant)}
    if "XNYS" in names:
        return {ECB, *names}
    import exchange_calendars

    return {ECB, *exchange_calendars.get_calendar_names()}


def _model_references(whole: Config) -> list[Fault]:
    models, baseline = whole.models, whole.evaluate.baseline
    faults = (
        [Fault.at("evaluate.baseline", Problem.NO_BASELINE)]
        if baseline is None
        else _unknown_model("evaluate.baseline", baseline, models)
    )
    for name, model in models.items():
        seen, current = [name], model.fallback
        while current is not None:
            unknown = _unknown_model(f"models.{name}.fallback", current, models)
            if unknown or current in seen:
                chain = " -> ".join([*seen, current])
                faults += unknown or [
                    Fault.at(f"models.{name}.fallback", Problem.CIRCLE, chain=chain)
                ]
                break
            seen.append(current)
            current = models[current].fallback
    return faults


def _unknown_model(key: str, name: str, models: Mapping[str, object]) -> list[Fault]:
    if name in models:
        return []
    detail = {"what": "model", "given": name, "known": models, "all": ", ".join(models)}
    return [Fault.at(key, Problem.NO_SUCH_OF, **detail)]


def _grids(models: Mapping[str, Model]) -> list[Fault]:
    faults = []
    for name, model in models.items():
        kind: Any = type(model)
        parameters = model.parameters()
        if _combinations(model.grid or {}) > MOST_SETS:
            faults.append(Fault.at(f"models.{name}.grid", Problem.MANY_SETS, most=MOST_SETS))
        for parameter, values in (model.grid or {}).items():
            where = f"models.{name}.grid.{parameter}"
            if parameter not in parameters:
                named = {"given": parameter, "known": parameters}
                faults.append(Fault.at(where, Problem.NOT_A_PARAMETER, **named))
                continue
            for value in values:
                try:
                    section(kind).model_validate({"estimator": model.estimator, parameter: value})
                except ValidationError as error:
                    words = said(error.errors()[0])
                    faults.append(Fault.at(where, Problem.REFUSED_IN_GRID, value=value, said=words))
    return faults


def _horizon(whole: Config) -> list[Fault]:
    """Refuse an embargo or a bootstrap block that is shorter than targets that overlap."""
    horizon = whole.feature_engineering.horizon
    spans = {
        "split_data.embargo": whole.split_data.embargo,
        "evaluate.block_length": whole.evaluate.block_length,
    }
    return [
        Fault.at(key, Problem.BELOW_HORIZON, horizon=horizon)
        for key, span in spans.items()
        if isinstance(span, int) and span < horizon
    ]


def _features(whole: Config) -> list[Fault]:
    """Refuse no feature, and further ones of kinds, parameters or columns that are not there."""
    settings = whole.feature_engineering
    if not (settings.lags or settings.windows or settings.economic or settings.features):
        return [Fault.at("feature_engineering", Problem.NO_FEATURE)]
    known = families.names()
    faults = [
        fault
        for name, lists in settings.features.items()
        for fault in (
            _lists_of_kind(name, lists)
            if name in known
            else [_further(name, Problem.NO_FILE, folder=families.FOLDER, given=name, known=known)]
        )
    ]
    if faults:
        return faults
    try:
        asked = settings.asked().values()
    except BadValue as bad:
        said = f"{bad.problem}: {bad.cure}"
        return [Fault.at(f"feature_engineering.{bad.parameter}", Problem.REFUSED, said=said)]
    return [
        fault
        for feature, setting in asked
        if setting.startswith("features.")
        for fault in _inputs(whole.fetch_data, feature, setting)
    ]


def _further(name: str, problem: Problem, **detail: Any) -> Fault:
    return Fault.at(f"feature_engineering.features.{name}", problem, **detail)


def _lists_of_kind(name: str, lists: Mapping[str, Sequence[object]]) -> list[Fault]:
    """Refuse parameters that a kind of feature lacks, and values beyond their bounds."""
    kind: Any = families.kind(name)
    parameters = [parameter.name for parameter in fields(kind)]
    faults = []
    if _combinations(lists) > MOST_FEATURES:
        faults.append(_further(name, Problem.MANY_SETS, most=MOST_FEATURES))
    for key, values in lists.items():
        where = f"{name}.{key}"
        if key not in parameters:
            faults.append(_further(where, Problem.NOT_OF_KIND, given=key, known=parameters))
            continue
        for value in values:
            try:
                section(kind).model_validate({key: value})
            except ValidationError as error:
                own = [detail for detail in error.errors() if detail["loc"][0] == key]
                words = [said(detail) for detail in own if detail["type"] != "missing"]
                faults += [
                    _further(where, Problem.REFUSED_IN_GRID, value=value, said=word)
                    for word in words[:1]
                ]
    return faults


def _inputs(sources: FetchData, feature: Feature, setting: str) -> list[Fault]:
    """Refuse a feature of columns that no source has.

    Raises:
        InputError: its file names one that is neither of the bars nor of an economic source.
    """
    where, inputs = f"feature_engineering.{setting}", feature.inputs
    series = {column for source in sources.economic.values() for column in source.columns}
    known = [*COLUMNS, *sorted(series - {"timestamp"})]
    for name in feature.needs:
        if "{" not in name and name not in known:  # else a value in the configuration names it
            raise InputError(
                families.file_of(families.family_of(feature)),
                f"needs names {name}, and there is no such column{hint(name, known)}",
                f"there are {', '.join(known)}",
            )
    faults = [
        Fault.at(where, Problem.NO_SERIES, given=name, known=series)
        for name in inputs
        if name not in (*COLUMNS, *series)
    ]
    traded = {name for name in inputs if name in OHLCV and name != "close"}
    bare = sorted((traded | ({"close"} if traded else set())) - sources.prices.columns.keys())
    if bare:
        faults.append(Fault.at(where, Problem.NOT_IN_PRICES, columns=" and ".join(bare)))
    return faults


def _quantiles(scenarios: Mapping[str, Scenario]) -> list[Fault]:
    return [
        Fault.at(f"scenarios.{name}.outliers.lower", Problem.NOT_BELOW_UPPER)
        for name, scenario in scenarios.items()
        if isinstance(scenario.outliers, Winsorise)
        and scenario.outliers.lower >= scenario.outliers.upper
    ]


def _windows(historical: Mapping[str, Window]) -> list[Fault]:
    return [
        Fault.at(
            f"market_scenarios.historical.{name}",
            Problem.ENDS_EARLY,
            end=window.end,
            start=window.start,
        )
        for name, window in historical.items()
        if window.end < window.start
    ]


def _simulated(stochastic: Stochastic) -> list[Fault]:
    """Refuse what takes too long; lengths that are not said fit the data."""
    lengths = (stochastic.warm_up or 0) + (stochastic.horizon or 0)
    bars = sum(stochastic.paths.values()) * lengths
    if bars <= MOST_SIMULATED:
        return []
    where = "market_scenarios.stochastic.paths"
    return [Fault.at(where, Problem.MANY_BARS, bars=bars, most=MOST_SIMULATED)]


def _parameters(strategies: Mapping[str, Strategy]) -> list[Fault]:
    faults = []
    for name, entry in strategies.items():
        where = f"strategies.{name}.parameters"
        if _combinations(entry.parameters) > MOST_SETS:
            faults.append(Fault.at(where, Problem.MANY_SETS, most=MOST_SETS))
        faults += [
            Fault.at(f"{where}.{key}", Problem.NOT_A_NUMBER, value=value)
            for key, values in entry.parameters.items()
            for value in values
            if isinstance(value, int | float) and not abs(value) <= LARGEST_PARAMETER
        ]
    return faults


def _combinations(lists: Mapping[str, Sequence[object]]) -> int:
    return math.prod(map(len, lists.values()))


def _strategies(tree: Tree, whole: Config) -> list[Fault]:
    files = [path.stem for path in tree.module(STRATEGIES).glob("[a-z]*.py")]
    categories = {name: _category(tree, entry.strategy) for name, entry in whole.strategies.items()}
    faults = [
        Fault.at(
            f"strategies.{name}.strategy",
            Problem.NO_FILE,
            folder=STRATEGIES,
            given=entry.strategy,
            known=files,
        )
        for name, entry in whole.strategies.items()
        if entry.strategy not in files
    ]
    faults += [
        Fault.at(f"strategies.{name}.strategy", Problem.NO_CATEGORY, folder=STRATEGIES, given=given)
        for name, given in ((n, whole.strategies[n].strategy) for n in categories)
        if categories[name] == ""
    ]
    if all(category == BENCHMARK for category in categories.values()):
        faults.append(Fault.at("strategies", Problem.NOTHING_TO_RANK))
    return faults


def _benchmark(tree: Tree, whole: Config) -> list[Fault]:
    where, name, known = "assess.benchmark", whole.assess.benchmark, whole.strategies
    if name not in known:
        return [Fault.at(where, Problem.NO_SUCH, what="strategy", given=name, known=known)]
    category = _category(tree, known[name].strategy)
    if category == BENCHMARK or not category:  # for lack of a category there is a fault already
        return []
    fitting = [other for other in known if _category(tree, known[other].strategy) == BENCHMARK]
    choice = f"one of {', '.join(fitting)}" if fitting else "such as buy_and_hold"
    detail = {"name": name, "category": category, "choice": choice}
    return [Fault.at(where, Problem.NOT_A_BENCHMARK, **detail)]


def _category(tree: Tree, strategy: str) -> str | None:
    """The category that a strategy's file names, read from its text, as importing needs numpy.

    Empty if the file does not name it by a plain text; None without a file.

    Raises:
        SyntaxError: the file is not valid Python.
    """
    file = tree.module(f"{STRATEGIES}/{strategy}.py")
    if not file.is_file():
        return None
    for node in ast.parse(file.read_bytes(), str(file)).body:
        match node:
            case (
                ast.Assign(targets=[ast.Name("CATEGORY")], value=ast.Constant(str() as category))
                | ast.AnnAssign(target=ast.Name("CATEGORY"), value=ast.Constant(str() as category))
            ):
                return category
    return ""


def _trading_hours(whole: Config) -> list[Fault]:
    if whole.backtest.trading_hours is None or whole.fetch_data.prices.bar == "intraday":
        return []
    return [Fault.at("backtest.trading_hours", Problem.NO_HOURS)]


def _forecasts(whole: Config) -> list[Fault]:
    wanted = {"market_metrics.forecasts": whole.market_metrics.forecasts} | {
        f"strategies.{name}.forecasts": entry.forecasts for name, entry in whole.strategies.items()
    }
    return [
        Fault.at(f"{key}.{kind}", Problem.NO_SUCH, what=kind, given=name, known=known)
        for key, forecasts in wanted.items()
        if forecasts is not None
        for kind, name, known in (
            ("scenario", forecasts.scenario, whole.scenarios),
            ("model", forecasts.model, whole.models),
        )
        if name not in known
    ]


def _targets(tree: Tree, whole: Config) -> list[Fault]:
    """Whoever names a model gets what it can use: returns, or probabilities of a rise."""
    models, measured = whole.models, whole.market_metrics.forecasts
    named: list[tuple[str, str, str, str, str]] = []
    if baseline := whole.evaluate.baseline:
        named.append(("evaluate.baseline", baseline, "return", "a baseline", "must forecast"))
    if measured is not None:
        where = "market_metrics.forecasts.model"
        named.append((where, measured.model, "return", "market_metrics", "measures"))
    for name, model in models.items():
        if model.fallback is not None:
            where = f"models.{name}.fallback"
            named.append((where, model.fallback, model.target, name, "forecasts"))
    for name, entry in whole.strategies.items():
        wanted = _traded(tree, entry.strategy)
        if entry.forecasts is not None and wanted is not None:
            where = f"strategies.{name}.forecasts.model"
            named.append((where, entry.forecasts.model, wanted, entry.strategy, "trades"))
    return [
        _other_target(where, given, target, (what, needs), models)
        for where, given, target, what, needs in named
        if given in models and models[given].target != target
    ]


def _other_target(
    where: str, given: str, target: str, needs: tuple[str, str], models: Mapping[str, Model]
) -> Fault:
    fitting = [
        name
        for name, model in models.items()
        if model.target == target and where != f"models.{name}.fallback"
    ]
    return Fault.at(
        where,
        Problem.OTHER_TARGET,
        given=given,
        forecast=FORECAST[models[given].target],
        what=needs[0],
        needs=needs[1],
        needed=FORECAST[target],
        cure=f"name one of {', '.join(fitting)}" if fitting else "add one that does under models",
    )


def _traded(tree: Tree, strategy: str) -> str | None:
    """The target of the models that a strategy trades, by what its `targets` takes, if any.

    It is read from the file's text, as its category is.
    """
    file = tree.module(f"{STRATEGIES}/{strategy}.py")
    if not file.is_file():
        return None
    for node in ast.parse(file.read_bytes(), str(file)).body:
        if isinstance(node, ast.FunctionDef) and node.name == "targets":
            taken = {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
            return next((INPUT_OF[name] for name in INPUT_OF if name in taken), None)
    return None


def _weights(assess: Assess) -> list[Fault]:
    given = sum(assess.weights.values()) > 0
    return [] if given else [Fault.at("assess.weights", Problem.NO_WEIGHT)]


def _gate(whole: Config) -> Iterator[Fault]:
    """Tolerances name what there is, and limits that can be exceeded."""
    for name, tolerance in whole.gate.tolerances.items():
        key: KeyPath = ("gate", "tolerances", name)
        limits = {"warn": tolerance.warn, "fail": tolerance.fail}
        if not any(limits.values()):
            yield Fault(key, Problem.NO_LIMIT)
        for level, limit in limits.items():
            yield from _limit((*key, level), limit, tolerance.metrics) if limit else ()
        kinds = {"model": (OF_MODELS, whole.models), "strategy": (OF_STRATEGIES, whole.strategies)}
        measured = {
            what: names
            for what, (metrics, names) in kinds.items()
            if not {*tolerance.metrics}.isdisjoint(metrics)
        }
        yield from _unknown((*key, "of"), tolerance.of, measured)
        yield from _unknown((*key, "scenarios"), tolerance.scenarios, {"scenario": whole.scenarios})


def _limit(key: KeyPath, limit: Limit, metrics: Sequence[str]) -> Iterator[Fault]:
    if limit == Limit():
        yield Fault(key, Problem.EMPTY_LIMIT)
    for metric in metrics:
        if limit.beyond_chance and metric not in PAIRED:
            yield Fault((*key, "beyond_chance"), Problem.NO_CHANCE, {"metric": metric})
        if limit.relative is not None and metric in WORDS:
            yield Fault((*key, "relative"), Problem.A_WORD, {"metric": metric})


def _unknown(
    key: KeyPath, named: Sequence[str] | None, there: Mapping[str, Iterable[str]]
) -> Iterator[Fault]:
    """Names that are none of what there is, by kind."""
    known = [name for names in there.values() for name in names]
    for given in sorted({*(named or ())} - {*known}):
        detail = {"what": " or ".join(there), "given": given, "known": known}
        yield Fault(key, Problem.NO_SUCH, detail)


def _owners(tree: Tree, alerts: Alerts) -> list[Fault]:
    steps = sorted(path.stem for path in tree.module("scripts").glob("*.py"))
    unknown = [
        Fault(
            ("alerts", "owners", owner),
            Problem.NO_SUCH,
            {"what": "step", "given": name, "known": steps},
        )
        for owner, owned in alerts.owners.items()
        for name in owned
        if name not in steps
    ]
    unknown += [
        Fault(
            ("alerts", "channels", owner),
            Problem.NO_SUCH,
            {"what": "owner", "given": owner, "known": [*alerts.owners]},
        )
        for owner in alerts.channels
        if owner not in alerts.owners
    ]
    owned = Counter(step for steps in alerts.owners.values() for step in steps)
    return unknown + [
        Fault.at("alerts.owners", Problem.OWNERS, step=step, count=count)
        for step, count in owned.items()
        if count > 1
    ]


def _libraries(named: Sequence[str]) -> list[Fault]:
    known = {"all", *libraries.installed()}
    return [
        Fault.at("environment.rerun_on_upgrade", Problem.NOT_INSTALLED, given=name, known=known)
        for name in named
        if name not in known
    ]
