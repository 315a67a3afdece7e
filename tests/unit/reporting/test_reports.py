"""The metrics database, and reports that show what it holds."""

import ast
import json
import re
from datetime import date
from itertools import pairwise
from pathlib import Path

from tidemark import targets
from tidemark.assessment import by_market
from tidemark.backtest import strategies as strategy_files
from tidemark.errors import InputError
from tidemark.files import store
from tidemark.market.bars_a_year import WHOLE
from tidemark.models import estimators
from tidemark.providers.contract import Terms
from tidemark.reporting import assets, figures, licences, reports
from tidemark.reporting.strategy_figures import pages
from tidemark.sources.settings import ASSETS
from tidemark.tables import database, features, forecasts, strategies
from tidemark.tables import sources as source_rows
from tidemark.tables import validation as validation_tables
from tidemark.tables.catalogue import TABLES
from tidemark.tables.table import ParquetFile, Records

import duckdb
import jinja2
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from jinja2 import nodes

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = sorted((ROOT / "reports/templates").glob("*.j2"))
DRAWING = sorted((ROOT / "scripts/tidemark/reporting").rglob("*.py"))
METRICS, OF_DIRECTION = targets.METRICS["return"].metrics, targets.METRICS["direction"].metrics
CHANCE = ("plain", "chance")  # a model of direction
PAIRS = [("plain", "mean"), ("plain", "svr"), CHANCE]
CONFIGURED = {
    "scenario": ["plain"],
    "model": [model for _, model in PAIRS],
    "strategy": ["cross", "hold"],
}
REPORTS = (
    "model_communication_report",
    "model_evaluation_memo",
    "strategy_assessment",
    "reflection",
)
LACKING = {"lacks": "high and low", "cells": 9, "sets_not_tried": 2, "sets": 4}
LACKING |= {"market_scenarios": 3, "of_market_scenarios": 5, "tickers": 1}
SINCE = [
    {
        "strategy_name": name,
        "set": "n=1",
        "flat_bars": flat,
        "score_history": 0.5,
        "score_since": 0.75,
    }
    for name, flat in (("cross", 0), ("rise", 1234))
]
UNTRIED = [
    {"strategy_name": "cross", "not_tried": []},
    {"strategy_name": "channel", "not_tried": [LACKING]},
]
HISTORY = {"cost_multiplier": 1.0, "slippage_multiplier": 1.0, "cash_rate_change": 0.0}
UNCHANGED = {**HISTORY, "volatility_multiplier": 1.0, "correlation": None, "shock": None}


FINDING = {"check": "gaps", "column": None, "message": "a | b\nc", "cure": "mend it"}
VALIDATED = {
    "ok": True,
    "as_of": "2013-03-01",
    "datasets": {
        "prices": {
            "ok": True,
            "schema_sha256": "0" * 64,
            "rows": 12154,
            "findings": [{**FINDING, "severity": "warning", "count": 1, "rows": []}],
        },
        "x": {"ok": True, "schema_sha256": "1" * 64, "rows": 95, "findings": []},
    },
}
BUILT = {
    "scenario": "plain",
    "features": {"return_lag_0": "r", "volume_rank_63": "centred rank", "return_lag_1": "r[t-1]"},
    "kinds": {
        name: {"kind": kind, "parameters": {}, "needs": [], "cross_sectional": kind != "return_lag"}
        for name, kind in (
            *(("return_lag_0", "return_lag"), ("volume_rank_63", "volume_rank")),
            ("return_lag_1", "return_lag"),
        )
    },
}


def score(pair, value):
    worth = dict.fromkeys(METRICS, value) | {"information_coefficient": None}
    return {
        "scenario": pair[0],
        "model": pair[1],
        "fitted": "mean",
        "rows": 2812,
        "dates": 670,
        "first": "2010-07-01T00:00:00",
        "last": "2013-02-28T00:00:00",
        "metrics": dict.fromkeys(OF_DIRECTION, 0.2468) if pair == CHANCE else worth,
    }


def validation(pair):
    if pair == CHANCE:
        return validation_of_returns(pair) | validation_of_chances()
    return validation_of_returns(pair)


def validation_of_chances():
    over = {name: dict.fromkeys(OF_DIRECTION[:3], 0.25) for name in ("mean", "lowest", "highest")}
    folds = [{"fold": k, **dict.fromkeys(OF_DIRECTION[:3], 0.2 + 0.01 * k)} for k in (1, 2)]
    told = {"target": "direction", "scaling": {"features": "none", "target": "none"}}
    told |= {"estimator": "logistic", "fitted": "chance", "base_rate": 0.512}
    return over | told | {"folds": folds}


LATE = [{"model": "mean", "parameters": {"alpha": 0.5}}]


def validation_of_returns(pair):
    failed = {"from": "svr", "to": "mean", "reason": "svr did not converge: too | few steps"}
    return {
        "scenario": pair[0],
        "model": pair[1],
        "fitted": "mean",
        "estimator": "mean",
        "target": "return",
        "scaling": {"features": "standard", "target": "standard" if pair[1] == "svr" else "none"},
        "parameters": {"alpha": 1.0},
        "fallback": failed if pair[1] == "svr" else None,
        **({"approximation": "fitted by halves"} if pair[1] == "mean" else {}),
        **({"time_limit": LATE} if pair[1] == "mean" else {}),
        "mean": {"mae": 0.015, "rmse": 0.03, "r2": -0.1},
        "lowest": {"mae": 0.01, "rmse": 0.02, "r2": -0.1},
        "highest": {"mae": 0.02, "rmse": 0.04, "r2": -0.1},
        "folds": [{"fold": k, "mae": 0.01 * k, "rmse": 0.02 * k, "r2": -0.1} for k in (1, 2)],
        "train_rows": 9002,
        "train_first": "2000-05-31T00:00:00",
        "train_last": "2010-06-23T00:00:00",
    }


def difference(metric, verdict):
    names = {"scenario": "plain", "model": "svr", "less_scenario": "plain", "less_model": "mean"}
    ends = {"lower": 1e-6, "upper": 9e-6, "adjusted_lower": -1e-6, "adjusted_upper": 12e-6}
    ends["adjusted_p"] = 0.12346
    return {**names, "metric": metric, "difference": 5e-6, **ends, "verdict": verdict}


def of_chances(metric, verdict):
    names = {"model": "chance", "less_model": "base rate"}
    return difference(metric, verdict) | names | {"difference": 0.0123}


GROUPS = [
    {
        "group": k,
        "rows": 281,
        "forecast": 0.4 + 0.02 * k,
        "observed": 0.45 + 0.01 * k,
        "lower": 0.4,
        "upper": 0.6,
        "lowest": 0.39 + 0.02 * k,
        "highest": 0.41 + 0.02 * k,
    }
    for k in range(1, 11)
]


def market(name, kind, group, bars=250, note="", **parameters):
    return {
        "name": name,
        "kind": kind,
        "simulated": kind in ("stress", "stochastic"),
        "group": group,
        "first": "2012-01-03T00:00:00" if bars else None,
        "last": "2012-12-31T00:00:00" if bars else None,
        "bars": bars,
        "warm_up": 97 if kind == "stochastic" else 0,
        **HISTORY,
        "covered_share": 1.0 if bars else 0.0,
        "covered": {"A": 1.0},
        "note": note,
        "partly": note.removeprefix("not wholly covered: ") if bars else "",
        "parameters": parameters,
    }


MARKETS = [
    market("full", "full", "full"),
    market("crisis", "historical", "crisis", source="NBER | dates"),
    market("year_2012", "historical", "crisis", note="not wholly covered: A 62 %"),
    market(
        "moon_crash", "historical", "moon_crash", bars=0, note="no data: they end", source="NASA"
    ),
    market("costly", "stress", "stress", **UNCHANGED | {"cost_multiplier": 5.0, "source": "SEC"}),
    market(
        "together",
        "stress",
        "stress",
        bars=0,
        note="not made: one ticker",
        **UNCHANGED | {"correlation": 0.8},
    ),
    market("gbm_001", "stochastic", "gbm"),
    market("gbm_002", "stochastic", "gbm"),
]
YEAR = {
    "together": {
        "bars_a_year": 251.47,
        "basis": WHOLE,
        "whole": True,
        "lowest": 248.17,
        "highest": 251.47,
        "shorter": 1,
    },
    "tickers": [
        {"ticker": "A", "bars_a_year": 251.47, "basis": f"{WHOLE}, but for 9 days", "whole": True},
        {"ticker": "B|C", "bars_a_year": 248.17, "basis": "41 whole weeks", "whole": False},
    ],
}
SUMMARY = {
    "conclusion": [
        {"about": "verdict", "sentence": "cross ranks first, but luck may explain that."},
        {"about": "set", "sentence": "Better than luck?"},
        {"about": "choice", "sentence": "Walk."},
        {"about": "limits", "sentence": "Past."},
    ],
    "winner": {
        "strategy": "cross",
        "parameters": "fast=5",
        "strategies": 2,
        "strategies_distinct": 1,
        "tried": 3,
        "distinct": 2,
        "guardrails": "passed",
        "confidence": 0.95,
        "level": 0.05,
        "draws_beyond": 25,
        "least_beyond": 50,
        "block_length": 21,
        "fewest_dates": 210,
        "p_zero": 0.3,
        "p_benchmark": None,
        "sharpe": 0.7,
        "sharpe_interval": [0.1, 1.2],
        "no_skill_sharpe": 0.5,
        "no_skill_share": 0.2,
        "flat_years": 1.0,
        "sharpe_since": 0.75,
        "benchmark_sharpe_since": 0.6,
        "difference_since": 0.15,
        "difference_since_interval": [None, None],
        "annual_return": 0.15,
        "benchmark": "hold",
        "benchmark_return": 0.12,
        "return_since": 0.16,
        "benchmark_return_since": 0.17,
        "chance_hurdle": 0.9,
        "deflated_sharpe": 0.2,
        "overfitting": 0.3,
        "overfitting_sets": 2,
        "left_out": "rise: a position in 3 of 16 blocks",
        "winner_left_out": False,
        "walk_forward_sharpe": 0.4,
        "walk_forward_benchmark_sharpe": 1.0,
        "agreement": 0.4,
    },
    "rank_stability": {"kendalls_w": 0.4, "mean_spearman": None, "scenarios": 4},
    "tested": {"cells": 21, "alike": 0.95, "tickers": 2, "market_scenarios": 6},
}


def assessed():
    """Small tables of metrics/assessment/ and metrics/market/: two strategies and a benchmark."""
    tried = [market for market in MARKETS if market["bars"]]
    categories = {"cross": "trend", "rise": "momentum", "hold": "benchmark"}
    averages = ["avg_score", "avg_return", "avg_sharpe", "benchmark_return", "benchmark_sharpe"]
    averages += ["return_difference", "sharpe_difference", "beats_benchmark", "best_score"]
    texts = ["strategy_name", "sets", "left_out", "verdict"]
    figures = [name for name in TABLES["assessment.evidence"].columns if name not in texts]
    ranked = pd.DataFrame(
        {
            "overall_rank": pd.array([1, 2, None], "Int64"),
            "category_rank": pd.array([1, 1, None], "Int64"),
            "strategy_name": list(categories),
            "strategy_category": list(categories.values()),
            "best_set": ["fast=5", "apart=1", "no parameters"],
            "sets_tested": [2, 1, 1],
            "sets_distinct": [2, 1, 1],
            "sets_passed": [1, 0, 0],
            "guardrails": ["passed", "1.0 trades a ticker, fewer than 5 | few", "is a benchmark"],
            "passed": [True, False, False],
            "same_as": [None, "cross", None],
            "copy_of": [None, "cross", None],
            **{name: [0.5, np.nan, 0.25] for name in averages},
        }
    )
    cells = [
        {
            "strategy_name": name,
            "strategy_category": category,
            "set": "s",
            "scenario_name": one["name"],
            "scenario_kind": one["kind"],
            "group": one["group"],
            "symbol": "A",
            "score": 0.8 if name == "rise" else 0.5,
        }
        for name, category in categories.items()
        for one in tried
        if not (name == "rise" and one["kind"] == "historical" and one["name"] == "crisis")
    ]
    cells = pd.DataFrame(cells)
    grouped = cells.groupby(
        ["scenario_kind", "group", "strategy_name", "strategy_category"], as_index=False
    )
    scores = grouped.agg(market_scenarios=("scenario_name", "nunique"), score=("score", "mean"))
    performance = [
        {
            "scenario_kind": one["kind"],
            "scenario_name": one["name"],
            "group": one["group"],
            "top_strategy": "rise" if one["name"] == "gbm_001" else "cross",
            "top_return": 0.1,
            "avg_return": 0.05,
            "benchmark_return": 0.2,
            "benchmark_drawdown": -0.3,
            "benchmark_lost": -0.4 if one["kind"] == "stress" else None,
            "strategies_tested": 2,
        }
        for one in tried
    ]
    evidence = pd.DataFrame(
        {
            "strategy_name": ["cross", "rise", "all strategies"],
            "sets": [2, 1, 3],
            "left_out": ["", "a position in 3 of 16 blocks", "rise: a position in 3 of 16 blocks"],
            "verdict": ["luck may explain it", "too few dates to tell", None],
        }
    )
    return {
        "backtest_results": cells,
        "set_rankings": ranked.drop(columns=["best_set"]).assign(set="s"),
        "strategy_rankings": ranked,
        "scenario_performance": pd.DataFrame(performance),
        "strategy_scores": scores,
        "leaders": by_market.leaders(scores),
        "scores_since": pd.DataFrame(SINCE),
        "paths": by_market.paths(pd.DataFrame(performance)),
        "courses": pd.DataFrame(
            [
                {
                    "strategy_name": name,
                    "timestamp": pd.Timestamp(f"2012-0{bar + 1}-02"),
                    "net_return": 0.25,
                    "equity": 1.25**bar,
                    "drawdown": 0.0,
                }
                for name in categories
                for bar in range(3)
            ]
        ),
        "best_sets": pd.DataFrame(
            [{"strategy_name": name, "set": "s", "deepest_drawdown": -0.25} for name in categories]
        ),
        "calendar_years": pd.DataFrame(
            [{"strategy_name": name, "year": 2012, "total_return": 0.5} for name in categories]
        ),
        "evidence": evidence.assign(**dict.fromkeys(figures, 0.25)),
        "market_metrics": pd.DataFrame(
            [
                ("model", "A", "full", "r2", 0.5),
                ("statistical", "A", "full", "volatility", 0.9),
                ("statistical", "A", "gbm_001", "volatility", 0.1),
                ("statistical", "A", "gbm_002", "volatility", 0.3),
                ("statistical", "B", "gbm_002", "volatility", np.nan),
                ("statistical", "A", "drawn_from", "volatility", 0.4),
            ],
            columns=["family", "ticker", "scenario_name", "metric", "value"],
        ),
    }


def stored(folder):
    """A Parquet file of each table that is one, with all columns; others than these are empty."""
    frames = {f"assessment.{name}": frame for name, frame in assessed().items()}
    frames["assessment.cells"] = frames.pop("assessment.backtest_results")
    files = {}
    for name, table in TABLES.items():
        if isinstance(table.source, ParquetFile):
            frame = frames.get(name, pd.DataFrame())
            if name != "assessment.strategy_rankings":  # beside which its query puts the evidence
                frame = frame.reindex(columns=list(table.columns))
            files[name] = folder / f"{name}.parquet"
            files[name].write_bytes(store.parquet_bytes(frame))
    return files


TRIED = [
    {
        "strategy_name": name,
        "sets": 8,
        "sets_shortened": 8,
        "cuts": cuts,
        "cuts_of_history": 40,
        "paying_cuts": 3,
        "share": share,
        "share_of_history": 0.11,
        "sets_of_levels": levels,
    }
    for name, cuts, share, levels in (("cross", 180, 0.025, 0), ("hold", 38, 0.114, 8))
]


def scenario_row(scenario, model):
    """A row of table scenario_table: each figure that its target has is 0.5 in its interval."""
    target = "direction" if (scenario, model) == CHANCE else "return"
    named = targets.METRICS[target]
    held = {f"{named.loss}_difference": 0.5, f"{named.skill}_difference": -0.5}
    known = {**dict.fromkeys(named.metrics, 0.5), **held}
    of_baseline = model == "mean"
    row = dict.fromkeys(TABLES["scenario_table"].columns)
    row |= {name: value for name, value in known.items() if not of_baseline or name not in held}
    row |= {f"{name}_lower": row[name] - 0.25 for name in known if row[name] is not None}
    row |= {f"{name}_upper": row[name] + 0.25 for name in known if row[name] is not None}
    if not of_baseline:
        loss = f"{named.loss}_difference_adjusted"
        row |= {f"{loss}_p": 0.0125, f"{loss}_lower": 0.125, f"{loss}_upper": 0.875}
    verdict = "is the baseline" if of_baseline else "worse"
    names = {"scenario": scenario, "model": model, "fitted": "mean", "target": target}
    return row | names | {"verdict": verdict}


TERMS = Terms(
    *("no *archiving*", "https://e.example", date(2026, 11, 30), "By E."),
    *(False, False, True, False),
)
SOURCES = [
    source_rows.row(name, section, pd.Series(pd.to_datetime(["2000-03-01"])), "c0ffee" * 10, terms)
    for name, section, terms in (
        ("prices", {"provider": None, "terms_accepted": None, "path": "a/b|c.csv"}, None),
        ("treasury", {"provider": "e", "terms_accepted": "Ada <a@b.example>"}, TERMS),
    )
]


def tables():
    scores = [score(pair, 0.0125) for pair in PAIRS]
    bootstraps = [
        {
            "scenario": s,
            "model": m,
            "level": 0.95,
            "replicates": 200,
            "block_length": 21,
            "intervals": {name: [0.2345, 0.2567] for name in OF_DIRECTION}
            if (s, m) == CHANCE
            else {name: [0.01, 0.02] for name in METRICS}
            | {"information_coefficient": [None, None]},
        }
        for s, m in PAIRS
    ]
    validations = [validation(pair) for pair in PAIRS]
    comparison = {
        "baseline": "mean",
        "confidence": 0.95,
        "error_rate": 0.05,
        "comparisons": 2,
        "of_direction": 1,
        "block_length": 21,
        "shortest_block": 21,
        "longest_block": 34,
        "bootstrap_replicates": 2000,
        "draws": 2400,
        "draws_in_tail": 120,
        "suspicious_r2": 0.2,
    }
    rows = forecasts.metric_rows(scores)
    others = {name: [] for name, table in TABLES.items() if isinstance(table.source, Records)}
    return others | {
        "validation": validation_tables.validation_rows([VALIDATED]),
        "sources": SOURCES,
        "datasets": validation_tables.dataset_rows([VALIDATED]),
        "findings": validation_tables.finding_rows([VALIDATED]),
        "cleaned": validation_tables.cleaned_rows(
            [
                {
                    "scenario": "plain",
                    "cleaned": [
                        {"what": "outliers", "field": None, "count": 0},
                        {"what": "imputed", "field": "close", "count": 1234},
                        {"what": "dropped", "field": None, "count": 0},
                    ],
                }
            ]
        ),
        "features": features.feature_rows([BUILT]),
        "metrics": rows,
        "intervals": forecasts.interval_rows(bootstraps),
        "cv_scores": forecasts.fold_rows(validations),
        "cv_summary": forecasts.summary_rows(validations),
        "models": forecasts.model_rows(scores, validations),
        "paired_differences": [
            *(difference("mse", "no difference shown"), difference("mae", None)),
            *(of_chances("brier_score", "worse"), of_chances("auc", None)),
        ],
        "scenario_table": [scenario_row(*pair) for pair in PAIRS],
        "reliability": forecasts.reliability_rows(
            [{"scenario": "plain", "model": "chance", "reliability": GROUPS}]
        ),
        "comparison": [comparison],
        "conclusion": [{"sentence": "No model beats the baseline."}, {"sentence": "None."}],
        "configured": [
            {"kind": kind, "name": name} for kind, names in CONFIGURED.items() for name in names
        ],
        "assessment.conclusion": SUMMARY["conclusion"],
        "assessment.winner": strategies.winner_rows([SUMMARY]),
        "assessment.market_scenarios": strategies.market_rows([MARKETS]),
        "assessment.year": [YEAR["together"]],
        "assessment.bars_a_year": YEAR["tickers"],
        "assessment.look_ahead": strategies.look_ahead_rows(TRIED),
        "assessment.not_tried": strategies.not_tried_rows(UNTRIED),
        "assessment.overlaps": strategies.overlap_rows([MARKETS]),
    }


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    path = tmp_path_factory.mktemp("database") / "metrics.duckdb"
    database.build(path, tables(), stored(tmp_path_factory.mktemp("assessed")))
    assert [file.name for file in path.parent.iterdir()] == ["metrics.duckdb"]
    with duckdb.connect(str(path), read_only=True) as opened:
        yield opened


def test_tables_hold_the_rows(connection):
    counts = {
        name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables()
    }
    assert counts == {name: len(rows) for name, rows in tables().items()}
    missing = "SELECT count(*) FROM metrics WHERE value IS NULL"
    assert connection.execute(missing).fetchone() == (2,)


def test_assessment_tables_are_the_files(connection):
    for name, frame in assessed().items():
        count = connection.execute(f"SELECT count(*) FROM assessment.{name}").fetchone()
        assert count == (len(frame),)


def test_findings_name_their_data_set(connection):
    (found,) = connection.execute("SELECT * EXCLUDE (cure) FROM findings").fetchall()
    assert found == ("prices", "warning", "gaps", None, "a | b\nc", 1)
    rows = connection.execute("SELECT dataset, rows, as_of FROM datasets").fetchall()
    assert rows == [("prices", 12154, "2013-03-01"), ("x", 95, "2013-03-01")]


def test_a_row_of_every_metric_stands_in_the_table_of_scenarios():
    assert tuple(reports.UNITS) == (*METRICS, *OF_DIRECTION)
    columns = TABLES["scenario_table"].columns
    assert {*reports.UNITS} < {*columns}


def test_rankings_stand_beside_their_evidence(connection):
    found = connection.execute(
        "SELECT strategy_name, overall_rank, avg_score, history_sharpe, deflated_sharpe "
        "FROM assessment.strategy_rankings"
    )
    assert found.fetchall() == [
        ("cross", 1, 0.5, 0.25, 0.25),
        ("rise", 2, None, 0.25, 0.25),
        ("hold", None, 0.25, None, None),
    ]
    winner = connection.execute(
        "SELECT sharpe_lower, sharpe_upper, difference_since_lower, kendalls_w, groups, cells "
        "FROM assessment.winner"
    )
    assert winner.fetchone() == (0.1, 1.2, None, 0.4, 4, 21)


def test_market_scenarios_without_data_stay_in_the_table(connection):
    found = connection.execute(
        "SELECT first, bars, note, source FROM assessment.market_scenarios WHERE bars = 0"
    )
    assert found.fetchall() == [
        (None, 0, "no data: they end", "NASA"),
        (None, 0, "not made: one ticker", None),
    ]


def test_markets_are_gathered_with_who_leads(connection):
    values = reports.gather(connection)
    assert [row["scenario_name"] for row in values["markets"]] == [
        *("full", "crisis", "year_2012", "moon_crash", "costly", "together")
    ]
    assert values["markets"][3]["top_strategy"] is None
    (costly,) = [row for row in values["markets"] if row["scenario_name"] == "costly"]
    lost, deepest = costly["benchmark_lost"], costly["benchmark_drawdown"]
    assert (costly["source"], lost, deepest) == ("SEC", -0.4, -0.3)
    (paths,) = values["paths"]
    assert (paths["paths"], paths["top_strategy"], paths["wins"]) == (2, "cross", 1)
    assert paths["bars"] == 250
    likeness = [(row["method"], row["volatility"]) for row in values["likeness"]]
    assert likeness == [("drawn_from", 0.4), ("gbm", pytest.approx(0.2))]
    assert values["overlaps"] == [{"members": "crisis, year_2012"}]
    leaders = {
        (row["scenario_kind"], row["place"]): row["strategy_name"] for row in values["kinds"]
    }
    assert leaders["full", 1] == "rise"
    assert leaders["historical", 2] == "cross"


COMPUTING = {"avg", "sum", "count", "min", "max", "round", "over", "string_agg"}
STATISTICS = {
    *("sum", "mean", "median", "std", "var", "quantile", "percentile", "corr", "average"),
    *("prod", "cumsum", "cumprod", "describe", "value_counts"),
}
ARITHMETIC = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow)


@pytest.mark.parametrize("name", reports.QUERIES)
def test_no_query_computes_a_figure(name):
    """Sums and averages belong in a step; a query may only turn rows into columns."""
    assert not {*re.findall(r"\w+", reports.QUERIES[name].lower())} & COMPUTING


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_computes_a_figure(path):
    tree = jinja2.Environment().parse(path.read_text("utf-8"))
    assert not list(tree.find_all(ARITHMETIC))
    assert not {used.name for used in tree.find_all(nodes.Filter)} & (
        COMPUTING - reports.FILTERS.keys() | {"length", "abs"}
    )


@pytest.mark.parametrize("path", DRAWING, ids=lambda path: path.stem)
def test_no_figure_and_no_filter_computes_one(path):
    """What is printed is a row of a table; what is only drawn, such as bars, may be counted."""
    tree = ast.parse(path.read_text("utf-8"))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    printed = {
        ast.unparse(node.func)
        for text in ast.walk(tree)
        if isinstance(text, ast.JoinedStr)
        for node in ast.walk(text)
        if isinstance(node, ast.Call)
    }
    assert not (used | called) & STATISTICS
    assert not printed & {"len", "sum", "min", "max"}


def test_validations_stand_beside_the_scores_of_the_same_model():
    scores = [score(pair, 0.0125) for pair in PAIRS]
    validations = [validation(pair) for pair in PAIRS]
    rows = forecasts.model_rows(scores, validations)
    assert [(row["model"], bool(row["fallback_reason"])) for row in rows] == [
        ("mean", False),
        ("svr", True),
        ("chance", False),
    ]
    assert [row["target"] for row in rows] == ["return", "return", "direction"]
    assert [row["base_rate"] for row in rows] == [None, None, 0.512]
    assert forecasts.model_rows(scores, validations[::-1]) == rows


def test_a_row_without_a_column_of_its_table_is_an_error(tmp_path):
    rows = tables()
    del rows["models"][1]["fitted"]
    with pytest.raises(KeyError, match="fitted"):
        database.build(tmp_path / "metrics.duckdb", rows, stored(tmp_path))


def test_what_lacks_a_row_in_another_table_stays_in_the_reports(tmp_path):
    path, rows = tmp_path / "metrics.duckdb", tables()
    for name in ("intervals", "cv_summary"):
        rows[name] = [row for row in rows[name] if row["model"] != "svr"]
    database.build(path, rows, stored(tmp_path))
    with duckdb.connect(str(path)) as opened:
        opened.execute("DELETE FROM assessment.market_scenarios WHERE scenario_name = 'gbm_001'")
        values = reports.gather(opened)
    assert [(row["scenario"], row["model"]) for row in values["models"]] == PAIRS
    assert (values["models"][1]["mae"], values["models"][1]["cv_rmse"]) == (0.0125, None)
    assert [(row["method"], row["bars"]) for row in values["paths"]] == [("gbm", None)]


def test_a_database_that_cannot_be_written(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        database.build(tmp_path / "nowhere" / "metrics.duckdb", tables(), stored(tmp_path))


def test_gathered_rows_keep_their_order_and_join(connection):
    values = reports.gather(connection)
    assert [(row["scenario"], row["model"]) for row in values["models"]] == PAIRS
    baseline, svr, chance = values["models"]
    assert baseline["verdict"] is None
    assert svr["verdict"] == "no difference shown"
    assert (svr["mae"], svr["mae_lower"], svr["mae_upper"]) == (0.0125, 0.01, 0.02)
    assert svr["information_coefficient"] is None
    assert (svr["cv_rmse"], svr["cv_rmse_lower"], svr["cv_rmse_upper"]) == (0.03, 0.02, 0.04)
    assert (chance["mae"], chance["brier_score"], chance["cv_auc"]) == (None, 0.2468, 0.25)
    assert (svr["brier_score"], svr["cv_auc"], chance["verdict"]) == (None, None, "worse")
    assert [row["metric"] for row in values["against_baseline"]] == ["mse", "brier_score"]


def values_for_reports(connection, missing=False, narrative=None, asset="stocks", tickers=2):
    values = reports.gather(connection)
    values["winner"][0]["tickers"] = tickers
    words = assets.of(asset)
    figures = [
        {
            "file": f"reports/figs/{s}_{m}_{kind}.png",
            "link": f"figs/{s}_{m}_{kind}.png",
            "kind": kind,
            "title": "True returns",
            "caption": "Points.",
            "missing": missing,
            "scenario": s,
            "model": m,
        }
        for s, m in PAIRS
        for kind in ("predicted_vs_true", "hexbin")
    ]
    return values | {
        **licences.told(values["sources"]),
        "comparison": values["comparison"][0],
        "conclusion": [row["sentence"] for row in values["conclusion"]],
        "winner": values["winner"][0],
        "look_ahead": values["look_ahead"][0],
        "year": values["year"][0],
        "strategy_figures": [
            {
                "file": f"reports/figs/strategy_{kind}.png",
                "link": f"figs/strategy_{kind}.png",
                "kind": kind,
                "strategy": strategy,
                "title": "Bars",
                "caption": "Longer is better.",
                "missing": missing,
            }
            for kind, strategy in (("leaderboard", None), ("sheet", "cross"), ("heatmap", "cross"))
        ],
        "validation": {**values["validation"][0], "datasets": VALIDATED["datasets"]},
        "words": {name: estimators.kind(name).words for name in estimators.names()},
        "figures": figures,
        "missing_figures": figures if missing else [],
        "narrative": narrative or {},
        "bar": "monthly",
        "asset": words,
        "about": ["Source: a_bank, *unmodified*.", *words.returns],
        "described": True,
        "adjusted": True,
        "config": {
            "feature_engineering": {
                "horizon": 1,
            },
            "split_data": {"test_start": "2010-07-01", "embargo": 5, "folds": 5},
            "evaluate": {},
            "backtest": {
                "fill": "next_open",
                "cost_basis_points": 5.0,
                "slippage_basis_points": 2.5,
                "direction": "long_only",
                "cash_rate": 0.01,
                "trading_hours": None,
            },
            "assess": {
                "weights": {"sharpe_ratio": 0.4, "turnover": 0.6},
                "guardrails": {
                    "min_trades": 5.0,
                    "min_sharpe": 0.0,
                    "max_position_rate": 1.0,
                    "max_drawdown": 0.8,
                    "min_markets": 1.0,
                },
                "blocks": 16,
                "walk_forward": {"first_years": 3.0, "every_years": 1.0},
                "bootstrap_replicates": 1000,
                "block_length": 21,
            },
            "stochastic": {"block_length": 21, "warm_up": 260, "min_history": 1000},
        },
    }


def rendered(name, values):
    path = f"reports/templates/{name}.md.j2"
    return reports.render(path, (ROOT / path).read_text("utf-8"), values)


def test_both_kinds_of_models_are_shown_each_with_its_own_metrics(connection):
    values = values_for_reports(connection)
    plain = rendered("model_communication_report", values)
    assert "| plain | chance | 0.2468 [0.2345, 0.2567] | 0.247 [0.234, 0.257] | worse |" in plain
    assert plain.count("| plain | chance |") == 1
    assert "the share of rises among the training rows (51.2 % for plain)" in plain
    memo = rendered("model_evaluation_memo", values)
    assert "| plain | chance | 51.2 | 0.2468 [0.2345, 0.2567] |" in memo
    assert "| plain | chance | 10 | 281 | 60.0 | 55.0 [40.0, 60.0] |" in memo
    assert "| plain | chance | base rate | +0.0123 [0.0000, 0.0000] |" in memo
    assert "| plain | svr | mean | +0.050 [+0.010, +0.090] |" in memo


def test_without_models_of_direction_nothing_is_said_of_them(connection):
    values = values_for_reports(connection)
    values["models"] = [row for row in values["models"] if row["target"] == "return"]
    for name in ("against_baseline", "reliability"):
        values[name] = [row for row in values[name] if row["model"] != "chance"]
    values["figures"] = [figure for figure in values["figures"] if figure["model"] != "chance"]
    for name in ("model_communication_report", "model_evaluation_memo"):
        text = rendered(name, values)
        assert not re.search(r"Brier|base rate|direction:|AUC|chance \|", text)
        assert "\n\n\n" not in text


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("name", REPORTS)
def test_reports_render_with_and_without_figures(connection, name, missing):
    text = rendered(name, values_for_reports(connection, missing))
    about_strategies = name == "strategy_assessment"
    assert ("luck may explain that" if about_strategies else "No model beats the baseline.") in text
    assert "None" not in text.replace("None.", "")
    assert "\n\n\n" not in text
    assert ("](figs/" in text) is (not missing and name != "reflection")
    if missing:
        assert "missing" in text.lower()


@pytest.mark.parametrize(
    ("asset", "tickers"), [(None, 1), ("stocks", 2), ("currencies", 2), ("rates", 1)]
)
def test_the_words_fit_what_the_prices_are_of(connection, asset, tickers):
    values = values_for_reports(connection, asset=asset, tickers=tickers)
    values["likeness"] = [
        row | {"mean_range": None, "overnight_share": None} for row in values["likeness"]
    ]
    texts = {name: rendered(name, values | {"adjusted": False}) for name in REPORTS}
    whole = " ".join("\n".join(texts.values()).split())
    assert ("stock" in whole.replace("stochastic", "")) == (asset == "stocks")
    assert not re.search(r"adjusted close|later splits|daily|[Rr]ange|[Oo]vernight", whole)
    assert all("\n\n\n" not in text for text in texts.values())
    assert ("One model serves all tickers" in whole) == (tickers > 1)
    own = whole.replace("mean correlation of tickers 0.8", "").replace("(among tickers)", "")
    assert ("tickers" in own) == (tickers > 1 or asset is None)
    for name in REPORTS[:3]:
        assert "- Source: a_bank, \\*unmodified\\*." in texts[name]
        assert all(f"- {reports.escaped(said)}\n" in texts[name] for said in values["about"])


@pytest.mark.parametrize("count", [1, 2])
def test_one_comparison_is_not_adjusted_for_others(connection, count):
    values = values_for_reports(connection)
    values["comparison"]["comparisons"] = count
    texts = " ".join(rendered(name, values) for name in REPORTS) + summary_of(count)
    assert ("comparisons" in texts) == (count > 1)
    assert "1 comparison" not in texts


def summary_of(scenarios):
    """The page that puts scenarios side by side, with one model beside the baseline in each."""
    metrics = {f"{name}{end}": 0.5 for name in METRICS for end in ("", "_lower", "_upper")}
    row = metrics | {"model": "m", "fitted": "m", "target": "return"}
    named = [f"s{k}" for k in range(scenarios)]
    values = {
        **dict.fromkeys(("shortest_block", "longest_block", "block_length"), 21),
        **{"bootstrap_replicates": 2000, "draws": 2000, "draws_in_tail": 100, "error_rate": 0.05},
        "conclusion": ["None."],
        "confidence": 0.95,
        "baseline": "mean",
        "of_direction": False,
        "comparisons": scenarios,
        "table": [row | {"scenario": name} for name in named],
        "paired_differences": [difference("mse", "worse")],
    }
    return rendered("scenario_summary", values)


def test_one_scenario_is_not_held_against_others():
    assert "The same model in another scenario" in summary_of(2)
    assert "another scenario" not in summary_of(1)


def test_every_asset_that_may_be_named_has_its_words():
    assert {*assets.ASSETS} == {*ASSETS}


def test_columns_of_ranges_and_gaps_stand_where_they_are_known(connection):
    values = values_for_reports(connection)
    values["likeness"] = [
        row | {"mean_range": 0.012, "overnight_share": 0.25} for row in values["likeness"]
    ]
    text = rendered("strategy_assessment", values)
    assert "| Mean range (%) | Gap share (%) | Mean correlation |" in text
    assert "| gbm | 20.00 | 1.20 | 25 | – | – | – |" in text


def test_gaps_that_there_are_not_have_no_column(connection):
    """As where trade never ends: each bar opens where the one before it closed."""
    values = values_for_reports(connection)
    values["likeness"] = [row | {"overnight_share": 0.0004} for row in values["likeness"]]
    assert not re.search("[Gg]ap share|share of gaps", rendered("strategy_assessment", values))


def test_reports_name_sources_with_their_terms_and_which_data_they_are_of(connection):
    values = values_for_reports(connection)
    texts = {name: rendered(name, values) for name in REPORTS}
    for name in REPORTS[:3]:
        assert "- treasury, from e: no \\*archiving\\*, read on 2026-11-30 at " in texts[name]
        assert "By E. Rows may be trained on, but not kept, shared or used comm" in texts[name]
        assert "Ada &lt;a@b.example> accepted that." in texts[name].replace("&#64;", "@")
    stored = "prices c0ffeec0ffee, rows up to 2000-03-01; treasury c0ffeec0ffee, rows up to"
    assert stored in texts["strategy_assessment"]
    assert (
        r"| prices | b\|c.csv | 1 | 2000-03-01 | 2000-03-01 | `c0ffeec0ffee` |" in texts[REPORTS[1]]
    )


def test_the_memo_says_how_data_are_described_where_they_are_not(connection):
    values = values_for_reports(connection)
    assert "prices.about" not in rendered("model_evaluation_memo", values)
    for about in ([], ["A return is that of the rate alone."]):
        memo = rendered("model_evaluation_memo", values | {"described": False, "about": about})
        assert "\n\nWhere the data are from is not said: sentences under `fetch_data" in memo
        assert "\n\n\n" not in memo


@pytest.mark.parametrize("bar", ["daily", "intraday"])
def test_intraday_bars_are_not_called_dates(connection, bar):
    values = values_for_reports(connection) | {"bar": bar}
    texts = rendered("model_evaluation_memo", values) + rendered("reflection", values)
    assert bool(re.search(r"\d dates|resamples of dates|\| Dates", texts)) == (bar == "daily")


def test_an_undefined_figure_is_one_dash(connection):
    values = values_for_reports(connection)
    for row in values["strategies"]:
        row |= dict.fromkeys(("sharpe_since", "difference_since_upper", "return_lower"))
    text = rendered("strategy_assessment", values)
    assert "–, –" not in text
    assert "[–" not in text


@pytest.mark.parametrize(
    ("years", "shown"),
    [
        (3.0, "3 years"),
        (1, "1 year"),
        (1.25, "1.25 years"),
        (0.479, "5.7 months"),
        (0.16, "1.9 months"),
        (0.02, "7 days"),
    ],
)
def test_spans_are_in_the_unit_that_suits_them(years, shown):
    assert reports.span(years) == shown


def test_fallbacks_are_reported(connection):
    values = values_for_reports(connection)
    assert "mean was fitted in place of svr" in rendered("model_evaluation_memo", values)
    assert "svr did not converge: too \\| few steps" in rendered("model_evaluation_memo", values)
    assert "(replaced by mean)" in rendered("model_communication_report", values)


def test_what_models_were_shown_and_what_was_scaled_is_said_by_model(connection):
    memo = rendered("model_evaluation_memo", values_for_reports(connection))
    assert "  - return_lag: return_lag_0, return_lag_1\n" in memo
    assert "  - volume_rank (among tickers): volume_rank_63\n" in memo
    for model, scaled in (("mean", "features"), ("svr", "features, target"), ("chance", "nothing")):
        assert re.search(rf"\| plain \| {model} \| \w+ \| \w+ \| {scaled} \|", memo)


def test_approximations_are_reported(connection):
    values = values_for_reports(connection)
    told = "mean was fitted by halves (9,002 training rows)"
    assert rendered("model_evaluation_memo", values).count(told) == 1
    assert rendered("model_communication_report", values).count(", fitted by halves, chosen") == 1


def test_what_the_time_limit_ended_is_reported(connection):
    values = values_for_reports(connection)
    memo = rendered("model_evaluation_memo", values)
    told = "mean stands for mean without what did not end in time"
    assert memo.count(told) == 1
    assert '"alpha": 0.5' in memo
    told = "chosen among the settings that could be tried in time."
    assert rendered("model_communication_report", values).count(told) == 1
    rows = forecasts.model_rows(
        [score(pair, 0.0125) for pair in PAIRS], [validation(pair) for pair in PAIRS]
    )
    assert [row["not_in_time"] for row in rows] == [json.dumps(LATE), None, None]


def test_strategies_that_fail_say_why_and_what_was_not_tried_is_said(connection):
    text = rendered("strategy_assessment", values_for_reports(connection))
    assert "1.0 trades a ticker, fewer than 5 \\| few |" in text
    assert "| apart=1 (= cross) |" in text
    assert "| fast=5 | 1 of 2 |" in text
    assert "**Not tried: moon_crash**, as the data do not reach it." in text
    assert "**Not tried: together** (not made: one ticker)." in text
    assert "| together | mean correlation of tickers 0.8 | – | – | – | – |" in text
    assert "at least 100 % of the market scenarios" in text
    assert "**Not tried: channel**, 2 of its 4 sets in 3 of 5 market scenarios: it needs" in text
    assert "| rise | 1,234 | 0.50 | 0.75 |" in text
    assert "| cross | 0 | 0.50" not in text
    assert "high and low, which the data\ndo not have (1 ticker)." in text
    assert "| moon_crash | – | – | 0 | NASA | no data: they end |" in text
    assert "| NBER \\| dates | – |" in text
    assert "- crisis, year_2012\n" in text
    assert "| costly | costs times 5 |" in text
    assert "| paths (simulated) | rise (0.80) | cross (0.50) | – |" in text
    assert "Each path follows 97 real bars." in text, "of the 260 that were asked for"
    assert "5 basis points" in text
    assert "and 2.5 more" in text
    assert "long only" in text
    assert text.count("*Longer is better.*") == 3
    assert "251.47 for\n" in text
    assert "single tickers 248.17 to 251.47" in text
    assert "B\\|C (248.17: 41 whole weeks)." in text


def test_what_was_not_configured_has_no_section(connection):
    values = values_for_reports(connection)
    real = [row for row in values["markets"] if not row["simulated"]]
    text = rendered("strategy_assessment", values | {"paths": [], "markets": real, "overlaps": []})
    assert "### Simulated" not in text
    assert "\n\n\n" not in text


def words_of(template, name):
    """The keys of the words that a template sets under that name."""
    tree = jinja2.Environment().parse((ROOT / "reports/templates" / template).read_text("utf-8"))
    (said,) = [one.node for one in tree.find_all(nodes.Assign) if one.target.name == name]
    return {pair.key.as_const() for pair in said.items}


def test_templates_have_words_for_what_there_is():
    for name in estimators.names():
        words = estimators.kind(name).words
        assert words[0].islower(), name
        assert words[-1] not in ".,", name
    ideas = words_of("strategy_assessment.md.j2", "ideas")
    assert {*ideas, "benchmark"} == {*strategy_files.CATEGORIES}


def test_a_model_is_described_by_its_kind_or_by_its_kinds_name(connection):
    values = values_for_reports(connection)
    text = rendered("model_communication_report", values)
    assert f"** {estimators.kind('mean').words}, fitted by halves" in text
    values["words"]["mean"] = ""
    text = rendered("model_communication_report", values)
    assert "** is of the kind mean, fitted by halves" in text


@pytest.mark.parametrize("tickers", [1, 2])
def test_tables_are_whole(connection, tickers):
    """Every row of a Markdown table has as many cells as its head."""
    for name in REPORTS:
        lines = rendered(name, values_for_reports(connection, tickers=tickers)).splitlines()
        for before, line in pairwise(lines):
            if before.startswith("|"):
                cells = line.replace("\\|", "").count("|")
                assert cells in (0, before.replace("\\|", "").count("|")), line


def test_what_people_write_is_included_as_it_stands(connection):
    text = "Our *own* words: {{ not.a.template }} 100 % & <b>.\n\n- one\n"
    narrative = {"introduction": text, "evaluation": text, "reflection": text, "zebra": "Last."}
    values = values_for_reports(connection, narrative=narrative)
    for name in ("model_communication_report", "model_evaluation_memo", "reflection"):
        assert text.strip() in rendered(name, values)
    assert "Last." in rendered("reflection", values)


@pytest.mark.parametrize(
    ("template", "line", "problem"),
    [
        ("# Title\n\n{{ nothing }}\n", 3, "'nothing' is undefined"),
        ("{% for row in rows %}\n{{ row.name }}\n{% endfor %}", 2, "has no attribute 'name'"),
        ("{% macro m() %}\n{{ nothing }}\n{% endmacro %}\n{{ m() }}", 2, "'nothing'"),
        ("# Title\n{% for row in rows %}\n", 2, "innermost block .* is 'for'"),
        ("\n{{ rows | upercase }}", 2, "No filter named 'upercase'"),
        ("\n{{ rows | metric('mea') }}", 2, "TypeError: must be real number, not list"),
    ],
)
def test_a_bad_template_is_named_with_its_line(template, line, problem):
    with pytest.raises(InputError, match=problem) as caught:
        reports.render("reports/templates/memo.md.j2", template, {"rows": [{}]})
    assert caught.value.where == f"reports/templates/memo.md.j2:{line}"
    assert "it is given: rows" in caught.value.cure
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "name", "sign", "shown"),
    [
        (0.016723, "rmse", False, "1.672"),
        (0.016723, "rmse", True, "+1.672"),
        (5.7e-6, "mse", True, "+0.057"),
        (-0.0002, "skill", False, "0.000"),
        (-0.0214, "skill", False, "-0.021"),
        (0.5223, "directional_accuracy", False, "52.2"),
        (None, "skill", False, "–"),
        (float("nan"), "skill", False, "–"),
    ],
)
def test_numbers_in_reports(value, name, sign, shown):
    assert reports.metric(value, name, sign=sign) == shown


@pytest.mark.parametrize(
    ("value", "shown", "in_percent"),
    [(0.128, "0.13", "12.8"), (-0.0001, "0.00", "0.0"), (None, "–", "–"), (float("nan"), "–", "–")],
)
def test_plain_numbers_in_reports(value, shown, in_percent):
    assert reports.number(value) == shown
    assert reports.hundredths(value) == in_percent


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({}, "nothing"),
        ({"cost_multiplier": 5.0, "slippage_multiplier": 10.0}, "costs times 5; slippage times 10"),
        ({"cash_rate_change": 0.03}, "cash earns +3 points a year"),
        ({"correlation": 0.8}, "mean correlation of tickers 0.8"),
        (
            {
                "shock": {
                    "size": -0.2,
                    "at": [0.5],
                    "times": 1,
                    "cut": 0,
                    "fall": 5,
                    "recovery": None,
                }
            },
            "once, prices move -20 % over 5 bars, for good",
        ),
        (
            {
                "shock": {
                    "size": -0.205,
                    "at": [0.5],
                    "times": 1,
                    "cut": 0,
                    "fall": 1,
                    "recovery": None,
                }
            },
            "once, prices move -20.5 % over 1 bar, for good",
        ),
        (
            {
                "shock": {
                    "size": -0.3,
                    "at": [0.3, 0.7],
                    "times": 2,
                    "cut": 1,
                    "fall": 10,
                    "recovery": 60,
                }
            },
            "2 times, prices move -30 % over 10 bars, undone over 60"
            " (1 not complete where the data end)",
        ),
    ],
)
def test_stresses_in_words(changed, shown):
    assert reports.stress(json.dumps(UNCHANGED | changed)) == shown


def test_estimates_show_their_interval_if_there_is_one():
    row = {"r2": -0.0208, "r2_lower": -0.036, "r2_upper": 0.0077, "mae": 0.01, "mae_lower": None}
    assert reports.estimate(row, "r2") == "-0.021 [-0.036, +0.008]"
    assert reports.estimate(row | {"mae_upper": None}, "mae") == "1.000"
    assert reports.cell("a|b\n c") == "a\\|b c"
    assert reports.day("2010-07-01T00:00:00") == "2010-07-01"


NASTY = "A|B<script>alert(1)</script>*_[x](y)$\\frac$&amp;`z`~~q~~"


def test_names_from_data_are_shown_and_never_interpreted():
    assert reports.escaped(NASTY) == (
        "A\\|B&lt;script>alert(1)&lt;/script>\\*\\_\\[x\\](y)\\$\\\\frac\\$&amp;amp;\\`z\\`\\~\\~q\\~\\~"
    )
    assert reports.escaped("mean_impute & S&P 500, p < 0.05") == "mean_impute & S&P 500, p < 0.05"
    assert reports.escaped("# a\n- b") == "\\# a - b"
    assert reports.escaped("  > a") == "  \\> a"
    assert reports.escaped("1. a") == "1\\. a"
    assert reports.escaped(" 12)") == " 12\\)"
    assert reports.escaped("1.5 of (2) a") == "1.5 of (2) a"
    assert reports.escaped("http://x.y a@b.c") == "http&#58;//x.y a&#64;b.c"
    assert reports.cell(None) == reports.DASH


def test_an_expression_is_text_and_only_what_people_wrote_is_markdown():
    template = (
        "{% macro twice(x) %}**{{ x }}** {{ x | cell }}{% endmacro %}"
        "{{ name }} {{ twice(name) }} {{ name ~ 1 }} {{ [name, 2] | join(', ') }} {{ -1 }}"
        " {{ 0.5 | percent }} {{ name | code }} {{ narrative.zebra | trim }}{{ ', ' if false }}"
    )
    values = {"name": "*a*|", "narrative": {"zebra": " **<b>words</b>** "}}
    assert reports.render("t", template, values) == (
        "\\*a\\*\\| **\\*a\\*\\|** \\*a\\*\\| \\*a\\*\\|1 \\*a\\*\\|, 2 -1"
        " 50 % `*a*\\|` **<b>words</b>**"
    )


def test_code_holds_its_own_fences():
    assert reports.code("a`b") == "``a`b``"
    assert reports.code("`a|\nb`") == "`` `a\\| b` ``"
    assert reports.code(0) == "`0`"
    assert {reports.code(nothing) for nothing in ("", " \n", None)} == {reports.DASH}


def test_a_name_of_mathematics_is_drawn_as_it_is():
    with mpl.rc_context(figures.STYLE):
        figure = pages.page(2.0, 2.0, f"B{NASTY}", "$x$")
        axes = pages.axes_at(figure, 0.5, 0.5, 1.0, 1.0)
        axes.set_yticks([0, 1], [NASTY, "$\\q$"])
    assert store.figure_bytes(figure, 40)
