"""Two runs side by side: which word a row gets, and that its figures are right."""

import json

from tidemark.comparing.as_json import as_json
from tidemark.comparing.as_markdown import as_markdown
from tidemark.comparing.as_text import as_text
from tidemark.comparing.compare import compare
from tidemark.comparing.comparison import Change, Word
from tidemark.comparing.forecasts import OTHER
from tidemark.comparing.plan import FORECASTS_SEED, RETURNS_SEED
from tidemark.comparing.side import Side
from tidemark.models import by_date
from tidemark.models.worth import WORTH
from tidemark.statistics import bootstrap

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

DATES, TICKERS, BLOCK = 400, 4, 10
CONFIG = {"evaluate.block_length": BLOCK, "assess.block_length": BLOCK}
STRATEGIES = "metrics/evidence/strategies.parquet"


class Forecasts:
    """Rows of dates x tickers; `skill` is how much of the return the model knows."""

    def __init__(self, skill=0.0, noise=0.1, seed=1, first=0, dates=DATES, target="return"):
        draw = np.random.default_rng(12345)
        true = draw.normal(size=(first + dates, TICKERS))[first:]
        own = np.random.default_rng(seed).normal(size=true.shape)
        self.target = target
        self.day = np.repeat(np.arange(first, first + dates), TICKERS)
        self.when = (pd.Timestamp("2020-01-01") + pd.to_timedelta(self.day, "D")).to_numpy()
        self.true, self.predicted = true.ravel(), (skill * true + noise * own).ravel()
        if target == "direction":
            self.true = (self.true > 0).astype(float)
            self.predicted = 1.0 / (1.0 + np.exp(-self.predicted))

    def sums(self):
        base = np.full(len(self.true), 0.5 if self.target == "direction" else 0.0)
        return WORTH[self.target].per_date(self.when, self.true, self.predicted, base)


def side(name="run", *, config=CONFIG, data=None, models=None, strategies=(), bars=None, lost=()):
    """A run: forecasts by (scenario, model); what the ranking says; (bars, strategies) returns."""
    kept, metrics = {}, []
    for (scenario, model), forecasts in (models or {}).items():
        sums = forecasts.sums()
        path = f"metrics/evidence/{scenario}_{model}.parquet"
        kept[path] = by_date.table(forecasts.when, sums)
        names = {"scenario": scenario, "model": model}
        metrics += [
            names | {"metric": metric, "value": None if np.isnan(value) else value}
            for metric, value in WORTH[forecasts.target].overall(sums).items()
        ]
    if bars is not None:
        kept[STRATEGIES] = bars
    hashes = {path: str(pd.util.hash_pandas_object(table).sum()) for path, table in kept.items()}
    tables = {hashes[path]: table for path, table in kept.items() if path not in lost}
    results = {
        "config": config,
        "data": data or {},
        "evidence": hashes,
        "metrics": metrics,
        "strategies": strategies,
    }
    return Side(name, results, tables.get)


def rows_of(before, after, **names):
    found = compare(before, after).rows
    return {
        row.metric: row
        for row in found
        if all(getattr(row, name) == value for name, value in names.items())
    }


PAIR = ("clean", "ridge")


def models(*, before, after):
    return side("A", models={PAIR: before}), side("B", models={PAIR: after})


def test_more_skill_is_better_in_every_metric_whichever_way_it_goes():
    rows = rows_of(*models(before=Forecasts(0.0), after=Forecasts(0.5)))
    assert rows.keys() == {*WORTH["return"].metrics}
    assert {row.word for row in rows.values()} == {Word.BETTER}
    assert rows["mse"].difference < 0 < rows["skill"].difference
    back = rows_of(*models(before=Forecasts(0.5), after=Forecasts(0.0)))
    assert {row.word for row in back.values()} == {Word.WORSE}
    assert back["rmse"].difference == -rows["rmse"].difference


def test_noise_of_the_same_size_is_within_chance():
    rows = rows_of(*models(before=Forecasts(seed=1), after=Forecasts(seed=2)))
    assert {row.word for row in rows.values()} == {Word.CHANCE}
    assert all(row.low < row.difference < row.high and row.paired for row in rows.values())


@pytest.mark.parametrize("skill", [0.02, 0.03, 0.05])
def test_an_error_and_its_root_have_one_test_and_one_word(skill):
    rows = rows_of(*models(before=Forecasts(0.0, seed=3), after=Forecasts(skill, seed=4)))
    assert rows["mse"].p_value == rows["rmse"].p_value
    assert rows["mse"].word == rows["rmse"].word
    assert rows["mse"].difference != rows["rmse"].difference


def test_the_figures_are_those_of_the_rows_that_were_drawn():
    """Worked out once more from rows: by scikit-learn, and for each draw by their definitions."""
    before, after = Forecasts(0.1, seed=1), Forecasts(0.2, seed=2)
    rows = rows_of(*models(before=before, after=after))
    by_sklearn = {"mae": mean_absolute_error, "mse": mean_squared_error, "r2": r2_score}
    for metric, measured in by_sklearn.items():
        values = [measured(one.true, one.predicted) for one in (before, after)]
        assert [rows[metric].before, rows[metric].after] == pytest.approx(values, rel=1e-9)
        assert rows[metric].difference == pytest.approx(values[1] - values[0], rel=1e-9)

    def defined(forecasts, days):
        true, error = (
            values.reshape(DATES, TICKERS)[days]
            for values in (forecasts.true, forecasts.predicted - forecasts.true)
        )
        mse = np.mean(error**2)
        return np.abs(error).mean(), mse, 1 - mse / true.var()

    starts = bootstrap.block_starts(DATES, BLOCK, 2000, FORECASTS_SEED)
    days = (starts[:, :, np.newaxis] + np.arange(BLOCK)).reshape(2000, DATES)
    drawn = np.array([np.subtract(defined(after, own), defined(before, own)) for own in days])
    for place, metric in enumerate(by_sklearn):
        expected = np.quantile(drawn[:, place], [0.025, 0.975])
        assert [rows[metric].low, rows[metric].high] == pytest.approx(list(expected), rel=1e-7)


@pytest.mark.parametrize("block", [BLOCK, "auto"])
def test_intervals_hold_what_they_should_and_words_are_seldom_wrong(block, long):
    """Where nothing differs, 95 % of intervals hold 0, and 5 % of comparisons have any word."""
    comparisons, count = (400, 5) if long else (3, 5)
    held, wrong = [], 0
    config = CONFIG | {"evaluate.block_length": block}
    for number in range(comparisons):
        draw = np.random.default_rng(number)
        kept = []
        for name in "AB":
            own = {}
            for model in range(count):
                errors = draw.normal(size=(DATES + 1, TICKERS))
                forecasts = Forecasts()
                forecasts.predicted = 0.3 * (errors[1:] + 0.5 * errors[:-1]).ravel()
                own["clean", f"m{model}"] = forecasts
            kept.append(side(name, config=config, models=own))
        rows = compare(*kept).rows
        held += [row.low <= 0 <= row.high for row in rows if row.metric == "mse"]
        wrong += any(row.word is not Word.CHANCE for row in rows)
    if long:
        assert 0.93 <= np.mean(held) <= 0.97
        assert wrong <= 0.08 * comparisons
    else:
        assert np.mean(held) >= 0.8
        assert wrong <= 1


def test_the_joint_test_counts_all_rows():
    """What would be better alone is within chance among many, though its interval misses 0."""
    pairs = [("clean", f"m{number}") for number in range(12)]
    was = {pair: Forecasts(seed=number) for number, pair in enumerate(pairs)}
    now = {pair: Forecasts(seed=50 + number) for number, pair in enumerate(pairs)}
    now[pairs[0]] = Forecasts(0.004, seed=50)
    alone, among = (
        compare(*(side(name, models={pair: own[pair] for pair in chosen}) for name, own in
                  {"A": was, "B": now}.items()))
        for chosen in (pairs[:1], pairs)
    )  # fmt: skip
    assert Word.BETTER in {row.word for row in alone.rows}
    assert {row.word for row in among.rows} == {Word.CHANCE}
    assert [row for row in among.rows if not row.low <= 0 <= row.high]
    assert among.tested == len(among.rows) == 12 * 7
    assert among.by_chance == pytest.approx(0.05 * 84)


def test_the_same_evidence_is_the_same_even_if_it_is_kept_nowhere():
    path = "metrics/evidence/clean_ridge.parquet"
    before = side("A", models={PAIR: Forecasts()}, lost=(path,))
    rows = rows_of(before, side("B", models={PAIR: Forecasts()}, lost=(path,)))
    assert {row.word for row in rows.values()} == {Word.SAME}
    assert {row.difference for row in rows.values()} == {0.0}


def test_a_metric_that_is_equal_on_all_dates_is_the_same_beside_others_that_are_not():
    before, after = Forecasts(0.5), Forecasts(0.5)
    after.predicted = 0.5 * after.predicted  # the same signs and ranks
    rows = rows_of(*models(before=before, after=after))
    same = {metric for metric, row in rows.items() if row.word is Word.SAME}
    assert same == {"directional_accuracy", "information_coefficient"}


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (Forecasts(first=DATES), Forecasts(), "no test date is in both runs"),
        (Forecasts(first=350), Forecasts(), "both tested only 50 dates, fewer than 10 blocks of"),
        (Forecasts(target="direction"), Forecasts(), "it forecasts return now, and direction"),
        (None, Forecasts(), "the model is new"),
        (Forecasts(), None, "the model is gone"),
    ],
)
def test_why_two_are_not_comparable(before, after, why):
    sides = [
        side(name, models={PAIR: forecasts} if forecasts else {})
        for name, forecasts in {"A": before, "B": after}.items()
    ]
    rows = rows_of(*sides).values()
    assert {row.word for row in rows} == {Word.NOT_COMPARABLE}
    assert all(row.why.startswith(why) for row in rows)
    assert all(row.low is None and not row.paired for row in rows)


def test_evidence_that_is_gone_or_of_another_version_is_said():
    path = "metrics/evidence/clean_ridge.parquet"
    now = side("B", models={PAIR: Forecasts(seed=2)})
    gone = rows_of(side("A", models={PAIR: Forecasts()}, lost=(path,)), now)
    assert {row.why for row in gone.values()} == {
        "the figures by date of A are no longer in the store"
    }
    assert gone["mse"].difference == gone["mse"].after - gone["mse"].before
    other = side("A", models={PAIR: Forecasts()})
    odd = Side("A", other.results, lambda sha256: other.load(sha256).rename(columns={"rows": "n"}))
    assert {row.why for row in rows_of(odd, now).values()} == {
        "the figures by date of A are of another version"
    }
    older = Side("A", {key: other.results[key] for key in ("metrics",)}, lambda sha256: None)
    assert {row.why for row in rows_of(older, now).values()} == {"A kept no figures by date of it"}


def test_dates_that_are_partly_shared_are_compared_on_these_and_that_is_said():
    before, after = Forecasts(seed=1), Forecasts(0.3, seed=2, first=100)
    row = rows_of(*models(before=before, after=after))["mse"]
    assert row.why == "on the 300 dates that both tested, of 400 and 400"
    both = np.isin(before.day, after.day)
    expected = mean_squared_error(before.true[both], before.predicted[both])
    assert row.before == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("target", ["return", "direction"])
def test_a_date_on_which_something_else_is_forecast_is_left_out_and_that_is_said(target):
    before, after = (Forecasts(seed=seed, target=target) for seed in (1, 2))
    for name in ("when", "true", "predicted"):
        setattr(after, name, getattr(after, name)[1:])
    after.true[-1] = 1.0 - after.true[-1]  # of the last date
    row = rows_of(*models(before=before, after=after))["mse" if target == "return" else "log_loss"]
    assert row.why == f"{OTHER} on 2 dates of these, which are left out"
    assert (row.fewer, row.paired) == (True, True)
    if target == "return":
        both = np.isin(before.day, range(1, DATES - 1))
        expected = mean_squared_error(before.true[both], before.predicted[both])
        assert row.before == pytest.approx(expected, rel=1e-12)


def other_horizon(forecasts):
    forecasts.true = np.roll(forecasts.true, TICKERS) + forecasts.true
    return forecasts


def dropped_ticker(forecasts):
    keep = np.arange(len(forecasts.true)) % TICKERS > 0
    for name in ("when", "true", "predicted"):
        setattr(forecasts, name, getattr(forecasts, name)[keep])
    return forecasts


@pytest.mark.parametrize("change", [other_horizon, dropped_ticker])
def test_runs_that_forecast_something_else_are_not_comparable(change):
    rows = rows_of(*models(before=Forecasts(), after=change(Forecasts(0.5))))
    assert {row.word for row in rows.values()} == {Word.NOT_COMPARABLE}
    assert rows["mse"].why == f"{OTHER} on all of the 400 dates that both tested"


def test_too_few_dates_on_which_the_same_is_forecast_are_not_drawn_from():
    after = Forecasts(0.5)
    after.true[: 350 * TICKERS] *= 2.0
    row = rows_of(*models(before=Forecasts(), after=after))["mse"]
    assert (row.word, row.why.startswith(OTHER)) == (Word.NOT_COMPARABLE, True)


def recorded_times(times, metric, of):
    metrics = [
        one | {"value": one["value"] * times} if one["metric"] == metric else one
        for one in of.results["metrics"]
    ]
    return Side(of.name, of.results | {"metrics": metrics}, of.load)


@pytest.mark.parametrize(("target", "metric"), [("return", "rmse"), ("direction", "auc")])
def test_a_figure_that_moved_over_the_same_figures_by_date_was_computed_otherwise(target, metric):
    before, after = models(before=Forecasts(target=target), after=Forecasts(target=target))
    row = rows_of(before, recorded_times(10.0, metric, after))[metric]
    assert (row.word, row.paired) == (Word.NOT_COMPARABLE, False)
    assert row.why.startswith("computed otherwise")
    assert row.difference == row.after - row.before != 0.0
    assert rows_of(before, recorded_times(1.0 + 1e-14, metric, after))[metric].word is Word.SAME


def test_a_sharpe_ratio_that_moved_over_the_same_returns_was_computed_otherwise():
    record, table = told(1, 0.5), bars()
    rows = traded((record | {"sharpe": 0.5}, table), (record | {"sharpe": 5.0}, table), name="rise")
    assert rows["sharpe_ratio"].why.startswith("computed otherwise")
    assert rows["sharpe_ratio"].difference == 4.5


def test_a_strategy_that_goes_moves_no_rank_of_the_others():
    first = told(1, 0.9) | {"strategy": "first"}
    before = side("A", strategies=[first, told(2, 0.5)], bars=bars())
    rank = rows_of(before, side("B", strategies=[told(1, 0.5)], bars=bars()), name="rise")["rank"]
    assert (rank.before, rank.after, rank.word) == (1, 1, Word.SAME)
    assert rank.why == "among the 1 that both rank"


def test_areas_under_curves_are_not_paired_and_all_else_of_direction_is():
    chance = {"target": "direction", "noise": 0.5}
    rows = rows_of(*models(before=Forecasts(**chance), after=Forecasts(1.0, **chance)))
    assert rows["auc"].word is Word.NOT_COMPARABLE
    assert "no sum over dates" in rows["auc"].why
    assert {row.word for name, row in rows.items() if name != "auc"} == {Word.BETTER}


def test_a_metric_that_is_undefined_is_not_comparable():
    flat = Forecasts()
    flat.predicted = np.zeros_like(flat.predicted)
    rows = rows_of(*models(before=flat, after=Forecasts(seed=2)))
    for metric in ("directional_accuracy", "information_coefficient"):
        assert rows[metric].word is Word.NOT_COMPARABLE
        assert rows[metric].why == "it is undefined before"
        assert not rows[metric].paired


def bars(seed=0, lift=0.0, count=DATES, sets=("a=1", "none")):
    draw = np.random.default_rng(seed).normal(0.0, 0.01, size=(count, 2))
    when = pd.date_range("2020-01-01", periods=count)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "strategy_name": name,
                    "set": sets[place],
                    "timestamp": when,
                    "excess_return": draw[:, place] + (lift if name == "rise" else 0.0),
                    "bars_a_year": 250.0,
                }
            )
            for place, name in enumerate(("rise", "hold"))
        ],
        ignore_index=True,
    )


def told(rank, score, verdict="luck may explain it", passed=True, p_zero=0.5, p_benchmark=0.9):
    ranked = {"rank": rank, "score": score, "verdict": verdict, "passed": passed}
    ranked |= {"p_zero": p_zero, "p_benchmark": p_benchmark}
    return {"strategy": "rise", "guardrails": "passed" if passed else "3 trades"} | ranked


HOLD = {"strategy": "hold", "rank": None, "score": 0.5, "guardrails": "is a benchmark"}


def traded(before, after, **names):
    sides = [
        side(name, strategies=[record, HOLD], bars=table)
        for name, (record, table) in {"A": before, "B": after}.items()
    ]
    return rows_of(*sides, **names)


def test_sharpe_ratios_are_paired_bar_by_bar():
    before, after = bars(), bars(lift=0.002)
    rows = traded((told(2, 0.5), before), (told(1, 0.6), after), name="rise")
    returns = [table.loc[table["strategy_name"] == "rise", "excess_return"] for table in
               (before, after)]  # fmt: skip
    ratios = [np.sqrt(250.0) * own.mean() / own.std() for own in returns]
    sharpe = rows["sharpe_ratio"]
    assert [sharpe.before, sharpe.after] == pytest.approx(ratios, rel=1e-12)
    assert sharpe.word is Word.BETTER
    starts = bootstrap.circular_starts(DATES, BLOCK, 2000, RETURNS_SEED)
    drawn = []
    for begin in starts:
        places = (begin[:, np.newaxis] + np.arange(BLOCK)).ravel() % DATES
        a, b = (own.to_numpy()[places] for own in returns)
        drawn.append(np.sqrt(250.0) * (b.mean() / b.std(ddof=1) - a.mean() / a.std(ddof=1)))
    expected = np.quantile(drawn, [0.025, 0.975])
    assert [sharpe.low, sharpe.high] == pytest.approx(list(expected), rel=1e-9)
    assert rows["rank"].word is rows["score"].word is Word.BETTER
    assert not rows["rank"].paired


def test_a_strategy_that_was_not_touched_is_the_same_beside_one_that_was():
    rows = traded((told(2, 0.5), bars()), (told(2, 0.5), bars(lift=0.001)), name="hold")
    assert rows["sharpe_ratio"].word is Word.SAME
    assert "rank" not in rows


def test_another_best_set_is_said_beside_its_ratio():
    rows = traded((told(1, 0.5), bars()), (told(1, 0.5), bars(1, sets=("a=2", "none"))))
    after = traded(
        (told(1, 0.5), bars()), (told(1, 0.5), bars(1, sets=("a=2", "none"))), name="rise"
    )
    assert rows.keys() >= after.keys()
    assert after["sharpe_ratio"].why == "its best set is now a=2, and was a=1"


@pytest.mark.parametrize(
    ("after", "metric", "word"),
    [
        ({"verdict": "more than luck", "p_zero": 0.01}, "verdict", Word.BETTER),
        ({"verdict": "earned no more than cash"}, "verdict", Word.CHANCE),
        ({}, "verdict", Word.SAME),
        ({"passed": False}, "guardrails", Word.WORSE),
        ({}, "guardrails", Word.SAME),
    ],
)
def test_verdicts_go_by_the_tests_behind_them(after, metric, word):
    table = bars()
    rows = traded((told(1, 0.5), table), (told(1, 0.5, **after), table), name="rise")
    assert rows[metric].word is word


def test_a_strategy_that_is_new_or_gone_has_a_row_of_each_figure_that_one_run_knows():
    known = {"strategies": [{**told(1, 0.5), "sharpe": 0.8}], "bars": bars()}
    there, without = side("A", **known), side("B", strategies=[], bars=bars())
    gone = {row.metric: row for row in compare(there, without).rows}
    assert (gone["sharpe_ratio"].before, gone["sharpe_ratio"].after) == (0.8, None)
    new = {row.metric: row for row in compare(without, there).rows}
    assert (new["sharpe_ratio"].before, new["sharpe_ratio"].after) == (None, 0.8)
    assert gone.keys() == new.keys() >= {"rank", "score", "verdict"}
    assert {row.why for row in gone.values()} == {"the strategy is gone"}


def test_without_shared_bars_strategies_are_not_paired():
    later = bars()
    later["timestamp"] += pd.Timedelta(days=5000)
    rows = traded((told(1, 0.5), bars()), (told(1, 0.5), later), name="rise")
    assert rows["sharpe_ratio"].why == "no bar is in both runs"
    few = traded((told(1, 0.5), bars()), (told(1, 0.5), bars(count=60)), name="rise")
    assert few["sharpe_ratio"].why == "both runs have only 60 bars, fewer than 10 blocks of 10"


def full():
    """Two runs in which something of everything differs."""
    old = {
        ("clean", "a"): Forecasts(),
        ("clean", "b"): Forecasts(seed=3),
        ("x|y", "z"): Forecasts(),
    }
    new = {("clean", "a"): Forecasts(0.5), ("clean", "b"): Forecasts(seed=4)}
    return compare(
        side("A", models=old, strategies=[told(2, 0.5)], bars=bars(),
             config=CONFIG | {"gone": 1, "empty": None}, data={"data/raw/prices.parquet": "1"}),
        side("B", models=new, strategies=[told(1, 0.5, verdict="more", p_zero=0.0)], bars=bars(),
             config=CONFIG | {"new": None, "empty": 3}, data={"data/raw/prices.parquet": "2"}),
    )  # fmt: skip


def test_values_and_data_that_differ_are_named():
    comparison = full()
    assert comparison.changes == [
        Change("empty", None, 3),
        Change("gone", 1, None, absent="after"),
    ]
    assert comparison.data == ["data/raw/prices.parquet"]


def test_text_shows_what_moved_and_counts_the_rest():
    text = as_text(full(), ["in another environment"])
    assert "note: in another environment" in text
    assert "gone   1 -> absent" in text
    assert "empty  null -> 3" in text
    assert "7 better, 7 within chance, 7 not comparable" in text
    assert text.count("clean a ") == 7
    assert text.count("clean b ") == 1
    assert "rise  rank     2 -> 1" in text
    assert "rise  verdict  luck may explain it -> more" in text
    assert "7 rows not comparable: the model is gone" in text
    assert "14 differences on the same dates, tested together" in text
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_a_configuration_that_differs_all_over_does_not_bury_the_figures():
    many = {f"strategies.s{number}": number for number in range(300)} | {"models.a": 1}
    comparison = compare(side("A", config=CONFIG), side("B", config=CONFIG | many))
    text = as_text(comparison)
    assert "301 changed" in text
    assert "and 281 more (strategies 281); FORMAT=json has all" in text
    assert len(text.splitlines()) < 40
    assert "and 271 more (strategies 271)" in as_markdown(comparison)
    assert as_json(comparison).count("strategies.s") == 300


def test_markdown_has_tables_that_no_name_breaks():
    text = as_markdown(full(), ["a | b"])
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.replace("\\|", "").count("|") in (4, 5, 8) for line in tables)
    assert "- a \\| b" in text


def test_json_has_every_row_and_the_same_runs_give_the_same_bytes():
    comparison = full()
    content = json.loads(as_json(comparison))
    assert len(content["rows"]) == len(comparison.rows)
    assert {row["word"] for row in content["rows"]} <= {*Word}
    assert content["by_chance"] == pytest.approx(0.7)
    assert as_json(full()) == as_json(comparison)
