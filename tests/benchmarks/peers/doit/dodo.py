"""Tidemark's DAG for doit: the Makefile's rules, with the keys of config.yaml that a step reads."""

from pathlib import Path

import yaml
from doit.tools import config_changed

DOIT_CONFIG = {"backend": "json", "default_tasks": ["reports"]}

CONFIG = yaml.load(Path("config.yaml").read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
SOURCES = CONFIG["fetch_data"]
SECTIONS = {name: SOURCES[name] for name in ("prices", "corporate_actions")} | SOURCES["economic"]
RAW = list(SECTIONS)
RAW_FILES = [f"data/raw/{name}.parquet" for name in RAW]
SCENARIOS, MODELS = CONFIG["scenarios"], CONFIG["models"]
PAIRS = [(scenario, model) for scenario in SCENARIOS for model in MODELS]
BASELINE = CONFIG["evaluate"]["baseline"]
REPORTS = ["model_communication_report", "model_evaluation_memo", "strategy_assessment"]
REPORTS.append("reflection")
STRATEGIES = CONFIG["strategies"]
SCENES = ["history.parquet", "stress.parquet", "stochastic.parquet", "market_scenarios.json"]
SCENES += ["bars_a_year.json"]
SCENES = [f"data/scenarios/{name}" for name in SCENES]
TABLES = ["backtest_results", "set_rankings", "strategy_rankings", "scenario_performance"]
TABLES += ["strategy_scores", "leaders", "paths", "evidence"]
TABLES += ["window_returns", "courses", "calendar_years", "best_sets", "scores_since"]
TABLES.append("set_evidence")
ASSESSED = [f"metrics/assessment/{name}.parquet" for name in TABLES]
ASSESSED.append("metrics/assessment/summary.json")
PASSED = [f"artifacts/{name}_passed.json" for name in RAW]
SESSIONS = "artifacts/sessions.parquet"
DAILY = [
    f"{folder}/{strategy}.parquet"
    for strategy in STRATEGIES
    for folder in ("data/backtests", "metrics/rebalancing")
]


def stage(step, *, reads, writes, keys=(), **instance):
    """A task that runs a step, again if a file it reads or a value in `keys` has changed."""
    options = "".join(f" --{kind} {name}" for kind, name in instance.items())
    task = {
        "actions": [f"./step.sh {step}{options}"],
        "file_dep": [f"scripts/{step}.py", *reads],
        "targets": writes,
        "uptodate": [config_changed(repr(keys))],
    }
    return task | {"name": "_".join(instance.values())} if instance else task


def held(name):
    return [f"data/raw/{name}.parquet", f"data/raw/{name}.lines.parquet", f"schemas/{name}.json"]


def tried(strategy):
    return [f"metrics/{folder}/{strategy}.json" for folder in ("look_ahead", "not_tried")]


def of_all(pattern):
    return [pattern.format(f"{scenario}_{model}") for scenario, model in PAIRS]


def forecasts(entry):
    whose = entry["forecasts"]
    return f"{whose['scenario']}_{whose['model']}"


def task_configure():
    """All tasks descend from fetch_data, and so from this; config.mk holds names only."""
    return {
        "actions": [".venv/bin/python scripts/launch/configure.py"],
        "file_dep": ["config.yaml", "scripts/launch/configure.py"],
        "targets": ["artifacts/config.mk"],
    }


def task_fetch_data():
    for name, section in SECTIONS.items():
        raw = f"data/raw/{name}.parquet"
        yield stage(
            "fetch_data",
            reads=["artifacts/config.mk", section["path"]],
            writes=[raw, f"{raw}.sha256", f"data/raw/{name}.lines.parquet"],
            keys=[section, SOURCES["prices"]["time_zone"]],
            source=name,
        )


def task_validate_schema():
    for name in RAW:
        written = [f"artifacts/{name}_findings.json"]
        yield stage(
            "validate_schema",
            reads=held(name),
            writes=[*written, SESSIONS] if name == "prices" else written,
            keys=[CONFIG["validate_schema"], CONFIG["preprocess"], SECTIONS[name]],
            source=name,
        )


def task_data_gate():
    findings = [f"artifacts/{name}_findings.json" for name in RAW]
    return stage(
        "data_gate",
        reads=[*findings, SESSIONS, *held("prices"), *held("corporate_actions")],
        writes=["artifacts/validation_report.json", *PASSED],
        keys=[CONFIG["validate_schema"]["as_of"], CONFIG["preprocess"], SOURCES],
    )


def task_preprocess():
    for scenario in SCENARIOS:
        yield stage(
            "preprocess",
            reads=[*PASSED, SESSIONS, *RAW_FILES],
            writes=[f"data/processed/{scenario}.parquet"],
            keys=[SCENARIOS[scenario], CONFIG["preprocess"], SOURCES],
            scenario=scenario,
        )


def task_feature_engineering():
    for scenario in SCENARIOS:
        yield stage(
            "feature_engineering",
            reads=[f"data/processed/{scenario}.parquet", "schemas/feature_contract.yaml"],
            writes=[f"features/{scenario}.parquet", f"features/{scenario}_build.json"],
            keys=[CONFIG["feature_engineering"]],
            scenario=scenario,
        )


def task_split_data():
    ends = ("train.parquet", "test.parquet", "folds.json")
    horizon, bar = CONFIG["feature_engineering"]["horizon"], SOURCES["prices"]["bar"]
    for scenario in SCENARIOS:
        yield stage(
            "split_data",
            reads=[f"features/{scenario}.parquet"],
            writes=[f"data/splits/{scenario}_{end}" for end in ends],
            keys=[CONFIG["split_data"], horizon, bar],
            scenario=scenario,
        )


def task_train_models():
    for scenario, model in PAIRS:
        yield stage(
            "train_models",
            reads=[f"data/splits/{scenario}_{end}" for end in ("train.parquet", "folds.json")],
            writes=[f"models/{scenario}_{model}.pkl", f"artifacts/{scenario}_{model}_cv.json"],
            keys=[MODELS[model]],
            scenario=scenario,
            model=model,
        )


def task_evaluate():
    for scenario, model in PAIRS:
        name = f"{scenario}_{model}"
        reads = [f"models/{name}.pkl", f"artifacts/{name}_cv.json"]
        reads.append(f"data/splits/{scenario}_test.parquet")
        if model != BASELINE:
            reads.append(f"data/predictions/{scenario}_{BASELINE}.parquet")
        writes = [f"metrics/{name}.json", f"metrics/{name}_bootstrap.json"]
        writes += [f"metrics/spread/{name}.json", f"data/predictions/{name}.parquet"]
        writes.append(f"metrics/evidence/{name}.parquet")
        keys = [CONFIG["evaluate"], CONFIG["seed"]]
        yield stage(
            "evaluate", reads=reads, writes=writes, keys=keys, scenario=scenario, model=model
        )


def task_plots():
    for scenario, model in PAIRS:
        name = f"{scenario}_{model}"
        yield stage(
            "plots",
            reads=[
                f"data/predictions/{name}.parquet",
                *(f"metrics/{name}.json", f"metrics/spread/{name}.json"),
            ],
            writes=[f"artifacts/{name}_figures.json"],
            keys=[CONFIG["plots"], CONFIG["feature_engineering"]["horizon"]],
            scenario=scenario,
            model=model,
        )


METRICS = [*of_all("metrics/{}.json"), *of_all("metrics/{}_bootstrap.json")]


def task_scenario_compare():
    template = "reports/templates/scenario_summary.md.j2"
    writes = ["reports/scenario_table.csv", "reports/scenario_summary.md"]
    return stage(
        "scenario_compare",
        reads=[*of_all("data/predictions/{}.parquet"), *METRICS, template],
        writes=[*writes, "metrics/scenario_compare.json"],
        keys=[CONFIG["evaluate"], CONFIG["seed"]],
    )


def task_market_scenarios():
    return stage(
        "market_scenarios",
        reads=["artifacts/prices_passed.json", SESSIONS, "data/raw/prices.parquet"],
        writes=SCENES,
        keys=[CONFIG[key] for key in ("market_scenarios", "preprocess", "fetch_data", "seed")],
    )


def task_market_metrics():
    settings = CONFIG["market_metrics"]
    scenario, name = settings["forecasts"]["scenario"], forecasts(settings)
    reads = [*SCENES, *PASSED, *RAW_FILES, SESSIONS]
    reads += [f"data/splits/{scenario}_test.parquet", f"models/{name}.pkl"]
    reads += sorted({f"data/predictions/{one}.parquet" for one in (name, f"{scenario}_{BASELINE}")})
    return stage(
        "market_metrics",
        reads=reads,
        writes=["metrics/market/market_metrics.parquet"],
        keys=[settings, BASELINE, SOURCES, CONFIG["seed"]],
    )


def task_backtest():
    for strategy, entry in STRATEGIES.items():
        reads = [f"scripts/tidemark/backtest/strategies/{entry['strategy']}.py", *SCENES]
        if "forecasts" in entry:
            reads.append(f"data/predictions/{forecasts(entry)}.parquet")
        yield stage(
            "backtest",
            reads=reads,
            writes=[
                *(f"{folder}/backtests/{strategy}.parquet" for folder in ("metrics", "data")),
                f"metrics/rebalancing/{strategy}.parquet",
                *tried(strategy),
            ],
            keys=[entry, CONFIG["backtest"]],
            strategy=strategy,
        )


def task_assess():
    return stage(
        "assess",
        reads=[*(f"metrics/backtests/{strategy}.parquet" for strategy in STRATEGIES), *DAILY],
        writes=[*ASSESSED, "metrics/evidence/strategies.parquet"],
        keys=[CONFIG["assess"], CONFIG["seed"]],
    )


def task_strategy_plots():
    return stage(
        "strategy_plots",
        reads=ASSESSED,
        writes=["artifacts/strategy_figures.json"],
        keys=[CONFIG["assess"], CONFIG["plots"]],
    )


def task_collect_metrics():
    market = ["metrics/market/market_metrics.parquet", "data/scenarios/market_scenarios.json"]
    compared = ["metrics/scenario_compare.json", *market, *ASSESSED]
    return stage(
        "collect_metrics",
        reads=[
            *(*METRICS, *of_all("artifacts/{}_cv.json"), *of_all("metrics/spread/{}.json")),
            *(f"features/{scenario}_build.json" for scenario in SCENARIOS),
            *("artifacts/validation_report.json", *compared),
            *(path for strategy in STRATEGIES for path in tried(strategy)),
        ],
        writes=["artifacts/metrics.duckdb"],
    )


def task_reports():
    words = [f"reports/templates/{name}.md.j2" for name in REPORTS]
    words += map(str, sorted(Path("reports/narrative").glob("*.md")))
    gathered = ["artifacts/metrics.duckdb", "artifacts/strategy_figures.json"]
    return stage(
        "reports",
        reads=[*gathered, *of_all("artifacts/{}_figures.json"), *words],
        writes=[*(f"reports/{name}.md" for name in REPORTS), "reports/page.html"],
        keys=[CONFIG["feature_engineering"], CONFIG["split_data"], CONFIG["evaluate"]],
    )
