"""What the gate says, of the same judgement, in three forms."""

import json

from tidemark.comparing.comparison import Change, Comparison, Row, Word
from tidemark.files.decisions import Decision
from tidemark.gating import told
from tidemark.gating.baseline import Baseline, Kept
from tidemark.gating.judging import judge
from tidemark.gating.settings import Limit, Tolerance

import pytest

DECIDED = Decision("main", "ab" * 32, "first | baseline", "Ann", "2026-11-30T16:00:00+00:00")
BASELINE = Baseline(Kept({}, "1f0c3a5be2d4c0ffee", True), DECIDED)
WORSE = Row(
    kind="model", scenario="mean_impute", name="ridge", metric="mse", better="lower",
    before=0.5, after=0.75, difference=0.25, low=0.125, high=0.375, paired=True, word=Word.WORSE,
    fewer=True, why="on the 9 dates that both tested",
)  # fmt: skip
FALLEN = Row(
    kind="strategy", scenario=None, name="sma_cross", metric="verdict", better="higher",
    before="good", after="luck", word=Word.WORSE,
)  # fmt: skip
TOLERANCES = {
    "losses": Tolerance(metrics=["mse"], of=["ridge", "svr"], fail=Limit(0.1, 0.05, True)),
    "verdicts": Tolerance(metrics=["verdict"], warn=Limit(absolute=0.0)),
}
OTHER = Row(
    kind="model", scenario="mean_impute", name="ridge", metric="mae", better="lower",
    before=1.0, after=1.0, difference=0.0, word=Word.SAME,
)  # fmt: skip


COMPARISON = Comparison(
    before="", after="", changes=[Change("a", 1, 2)], data=["data/raw/prices.parquet"],
    rows=[WORSE, FALLEN, OTHER], confidence=0.95, tested=1, draws=2000, blocks={},
)  # fmt: skip
COMPARED = (
    "Compared: 1 row on fewer dates than the baseline has; 1 value of the configuration differs;"
    " Raw data differ: data/raw/prices.parquet."
)


@pytest.fixture
def judgement():
    return judge([WORSE, FALLEN, OTHER], TOLERANCES)


def test_text_shows_what_is_beyond_and_counts_the_rest(judgement):
    assert told.text(judgement, BASELINE, COMPARISON).splitlines() == [
        "Baseline main: first | baseline (Ann, 2026-11-30, of commit 1f0c3a5be2d4 and edits)",
        COMPARED,
        "                         metric   before  after  difference  interval        beyond",
        "FAIL  -                  -        -       -      -           -               losses: not"
        " comparable: svr has no mse",
        "FAIL  mean_impute ridge  mse      0.5     0.75   +0.25       [0.125, 0.375]  losses: 0.1"
        " and 5 % and chance (on the 9 dates that both tested)",
        "WARN  sma_cross          verdict  good    luck   -           -               verdicts: 0",
        "FAILED: 2 failures, 1 warning; 1 row that no tolerance names.",
    ]


def test_markdown_is_one_table_in_which_nothing_breaks_out(judgement):
    lines = told.markdown(judgement, BASELINE, COMPARISON).splitlines()
    assert lines[0] == "**Gate**: FAILED: 2 failures, 1 warning; 1 row that no tolerance names."
    assert [line.count("|") for line in lines if line.startswith("|")] == [9] * 5
    assert "first \\| baseline" in lines[-3]
    assert lines[-1] == COMPARED


def test_json_has_every_offending_row_whole(judgement):
    content = json.loads(told.machine(judgement, BASELINE, COMPARISON))
    assert (content["passed"], content["counts"], content["unnamed"]) == (False, {}, 1)
    assert (content["fewer"], content["changes"][0]["key"]) == (1, "a")
    assert content["baseline"]["commit"] == "1f0c3a5be2d4c0ffee"
    assert content["baseline"]["reason"] == "first | baseline"
    assert [one["row"] and one["row"]["difference"] for one in content["offending"]] == [
        *(None, 0.25, None)
    ]


def test_a_gate_that_passed_says_of_how_much(judgement):
    loose = {"mine": Tolerance(metrics=["mse", "mae"], fail=Limit(absolute=9.0))}
    passed = told.text(judge([WORSE, OTHER], loose), BASELINE, COMPARISON).splitlines()
    assert passed[2:] == ["passed: 2 rows within their limits."]
    nothing = told.text(judge([FALLEN], loose), BASELINE, COMPARISON).splitlines()
    assert nothing[-1].startswith("FAILED: no row is of what gate.tolerances names")
