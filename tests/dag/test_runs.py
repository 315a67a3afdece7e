"""What each run leaves in the history, however it ends."""

import signal
import subprocess
import time
from collections.abc import Mapping
from typing import Any

from conftest import CUT, Running, Tree, in_campaigns
from tidemark.project import Tree as Project
from tidemark.tables import history

import pytest

TITLE = "An error that scenario_compare ends in"


def records(tree: Tree) -> list[Mapping[str, Any]]:
    """The history when whoever writes it is done, oldest first."""
    tree.come_to_rest()
    return [record.content for record in history.log(Project.at(tree.path)).records()]


def journals(tree: Tree) -> list[str]:
    return [path.read_text("utf-8") for path in (tree.path / "artifacts/.run").glob("*.jsonl")]


def steps(record: Mapping[str, Any], state: str) -> set[str]:
    return {step["name"] for step in record["steps"] if step["state"] == state}


def at_work(running: Running, tree: Tree) -> None:
    """Wait until a step of this make has begun."""
    deadline = time.monotonic() + 60
    while not any('"begun"' in text for text in journals(tree)):
        assert running.process.poll() is None, running.outcome()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_run_is_a_record_and_one_that_finds_all_fresh_is_none(cold, tree, tmp_path):
    (first,) = records(tree)
    assert (first["outcome"], first["goals"], first["failures"]) == ("success", ["all"], {})
    titles = {name.replace(" ", "_") for name in cold[1].ran}
    assert steps(first, "ran") == first["results"]["outputs"].keys() == titles
    other = cold[0].copied(tmp_path / "other")
    for copy in (tree, other):
        assert "nothing to do" in copy.make("all").stdout
        assert len(records(copy)) == 1
        copy.edit("config.yaml", *CUT)
    outcome = tree.make("all")
    before, last = records(tree)
    assert before == first
    assert steps(last, "ran") == {name.replace(" ", "_") for name in outcome.ran}
    (cut,) = [step for step in last["steps"] if step["step"] == "preprocess"]
    assert cut["why"] == "config scenarios.outlier_treatment.outliers.upper 0.99 -> 0.98"
    plain = other.make("all", WARM="0", jobs=4)
    assert plain.ran == outcome.ran
    assert records(other)[-1]["results"] == last["results"], "on another machine, without warm"
    assert journals(tree) == journals(other) == []
    look = ["scripts/changed.sh", "config.yaml"]
    assert subprocess.run(look, cwd=tree.path, capture_output=True, text=True).stdout == ""
    assert "nothing to do" in tree.make("all").stdout
    assert len(records(tree)) == 2
    told = tree.make("history", "N=1", N="of another program").stdout.splitlines()
    assert [len(told), told[1].split()[2]] == [2, "success"]


def test_what_was_not_typed_is_no_answer(tree):
    """The environment may have variables of such names."""
    assert tree.make("history", N="many").code == 0
    assert tree.make("history", "N=many").code == 2
    assert tree.make("store", VERIFY="perhaps", PRUNE="perhaps", STORE="").code == 0
    assert tree.make("store", "VERIFY=perhaps", STORE="").code == 2


def test_a_make_that_starts_anew_is_still_the_same_run(tree):
    told = "$(info run $(TIDEMARK_RUN),$(MAKE_RESTARTS))$(shell sleep 1)"
    (tree.path / "told.mk").write_text(f"include Makefile\n{told}\n", "utf-8")
    (tree.path / "config.yaml").touch()
    outcome = tree.make("--file=told.mk", "artifacts/config.mk")
    runs = [line.split(",") for line in outcome.stdout.splitlines() if line.startswith("run ")]
    assert [restarts for _, restarts in runs] == ["", "1"]
    assert len({run for run, _ in runs}) == 1
    assert not list((tree.path / "artifacts/.run").glob("began*"))


def test_a_failed_run_says_what_failed(tree):
    tree.edit("scripts/scenario_compare.py", '    """', f'    raise ValueError("{TITLE}")\n    """')
    tree.edit("config.yaml", *CUT)
    assert tree.make("-k", "all").code == 2
    last = records(tree)[-1]
    assert (last["outcome"], steps(last, "failed")) == ("failed", {"scenario_compare"})
    assert TITLE in last["failures"]["scenario_compare"]
    assert "preprocess_outlier_treatment" in steps(last, "ran")
    assert TITLE in tree.make("history").stdout.splitlines()[1]


@pytest.mark.parametrize(
    ("warm", "number"),
    [("1", signal.SIGKILL), *in_campaigns(("1", signal.SIGINT), ("0", signal.SIGKILL))],
)
def test_a_killed_run_is_in_the_history_when_the_next_one_begins(tree, warm, number):
    """SIGKILL ends all that could write it."""
    tree.edit("config.yaml", *CUT)
    running = tree.start("all", WARM=warm)
    at_work(running, tree)
    running.send(number)
    assert running.outcome().code != 0
    tree.come_to_rest()
    assert tree.make("all").code == 0
    first, killed, last = records(tree)
    assert [it["outcome"] for it in (first, killed, last)] == ["success", "killed", "success"]
    assert killed["results"]["config"]["scenarios.outlier_treatment.outliers.upper"] == 0.98
    assert killed["steps"]


def test_a_make_that_is_killed_alone_is_closed_at_once(tree):
    for warm, cut in (("1", CUT), ("0", (CUT[1], "upper: 0.97}"))):
        tree.edit("config.yaml", *cut)
        running = tree.start("all", WARM=warm)
        at_work(running, tree)
        running.process.kill()
        running.outcome()
        assert records(tree)[-1]["outcome"] == "killed"
        assert journals(tree) == []
    assert len(records(tree)) == 3


def test_a_history_that_is_not_whole_stops_no_make_and_gets_the_record_when_it_is_mended(tree):
    path = tree.path / "metrics/history/00001.json"
    path.write_text(path.read_text("utf-8").replace("mae", "mad"), "utf-8")
    tree.edit("config.yaml", *CUT)
    assert tree.make("preprocess").code == 0
    tree.come_to_rest()
    assert "metrics/history/00001.json: is not as it was written" in tree.text("logs/pipeline.log")
    refused = tree.make("history")
    assert refused.code == 2
    cure = refused.stderr.splitlines()[0].partition("for good: ")[2]
    assert cure == "mv metrics/history/00001.json metrics/history/00001.lost"
    path.rename(path.with_suffix(".lost"))
    assert " success " in tree.make("history").stdout
    (last,) = records(tree)
    assert steps(last, "ran") == {"preprocess_outlier_treatment"}


def test_a_step_by_hand_is_a_run_too(tree):
    tree.edit("config.yaml", *CUT)
    assert tree.python("scripts/preprocess.py", "--scenario", "outlier_treatment").code == 0
    last = records(tree)[-1]
    assert (last["outcome"], last["goals"]) == ("success", [])
    assert steps(last, "ran") == {"preprocess_outlier_treatment"}


def test_questions_come_from_standard_input_too(tree):
    asked = "select 1\n  as one;\n-- a remark;\nfrom nowhere;"
    done = subprocess.run(
        [".venv/bin/python", "scripts/commands/sql.py"], cwd=tree.path, input=asked, text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, " one " in done.stdout) == (2, True)
    assert "nowhere" in done.stderr
