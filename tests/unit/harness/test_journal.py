"""What a make notes while it goes on."""

import json
import subprocess

from tidemark.config import view
from tidemark.files import people
from tidemark.harness import journal
from tidemark.harness.instance import Instance

import pytest

PLOTS = Instance("plots", {"scenario": "mean_impute", "model": "ridge"})
CUT = Instance("preprocess", {"scenario": "outlier_treatment"})


@pytest.fixture
def make(monkeypatch, tmp_path):
    """A make, in a folder that is no git repository, of which a dry run lists no step."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("MAKE_COMMAND", "true")
    monkeypatch.setenv("TIDEMARK_RUN", "1-2")
    monkeypatch.setenv("TIDEMARK_GOALS", "plots all")
    monkeypatch.setenv("TIDEMARK_CONFIG", "mine.yaml")
    monkeypatch.setenv("TIDEMARK_PIPELINES", "a-pipeline=x,y b-pipeline=z c-pipeline=")
    return tmp_path


def test_all_that_is_noted_is_read_in_whatever_order_it_came(make):
    journal.note_step(CUT, "restored", 0.0, "computed yesterday", rows=7)
    journal.begin()
    journal.note_begun(PLOTS, "input x changed")
    progress = journal.note_step(PLOTS, "failed", 1.23456, "input x changed", "no room")
    journal.note_end(2.0)
    noted = journal.read(journal.path_of("1-2"))
    times = [line["at"] for line in (*noted.steps, *noted.begun)]
    assert max(times) - min(times) < 60
    assert noted.head["pipelines"] == {"a-pipeline": ["x", "y"], "b-pipeline": ["z"]}
    assert (noted.head["goals"], noted.head["config"]) == (["plots", "all"], "mine.yaml")
    assert (noted.planned, noted.early, noted.ended) == (0, 1, 2.0)
    assert noted.begun == (
        {"begun": "plots_mean_impute_ridge", "step": "plots", "why": "input x changed",
         "at": times[2]},
    )  # fmt: skip
    assert noted.steps == (
        {"name": "preprocess_outlier_treatment", "step": "preprocess", "state": "restored",
         "seconds": 0.0, "why": "computed yesterday", "at": times[0], "rows": 7},
        {"name": "plots_mean_impute_ridge", "step": "plots", "state": "failed",
         "seconds": 1.235, "why": "input x changed", "at": times[1], "rows": None,
         "message": "no room"},
    )  # fmt: skip
    assert progress == (2, 0, 0), "there is no plan to count by"


def test_a_plan_is_made_once(make, monkeypatch):
    journal.begin()
    monkeypatch.setenv("MAKE_COMMAND", "not to be asked")
    journal.begin()
    lines = journal.path_of("1-2").read_text("utf-8").splitlines()
    assert ["goals" in lines[0], "planned" in lines[1], len(lines)] == [True, True, 2]


def test_torn_lines_are_passed_over(make):
    journal.note_step(CUT, "ran", 1.0, "")
    with journal.path_of("1-2").open("ab") as file:
        file.write(b'{"name": "plo\n[1]\n\xff\n' + json.dumps({"ended": 3.0}).encode())
    noted = journal.read(journal.path_of("1-2"))
    assert (len(noted.steps), noted.ended) == (1, 3.0)


def test_the_head_says_the_commit_and_whether_files_differ_from_it(make, monkeypatch):
    def git(*arguments: str) -> str:
        own = ["-c", "user.name=Ann", "-c", "user.email=a@example.org"]
        done = subprocess.run(["git", *own, *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def head(run: str) -> dict[str, object]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TIDEMARK_RUN", run)
            people.me.cache_clear()
            journal.note_end(0.0)
            return dict(journal.read(journal.path_of(run)).head)

    assert (head("1-1")["commit"], head("1-1")["dirty"]) == (None, None)
    git("init", "-q")
    git("config", "user.name", "Ann Other")
    assert (head("1-2")["commit"], head("1-2")["who"]) == (None, "Ann Other")
    (make / ".gitignore").write_text("artifacts\n", "utf-8")
    git("add", ".gitignore")
    git("commit", "-qm", "first")
    assert (head("1-3")["commit"], head("1-3")["dirty"]) == (git("rev-parse", "HEAD"), False)
    monkeypatch.setenv("TIDEMARK_RUN", "1-5")
    journal.note_step(CUT, "ran", 1.0, "")
    (make / "new.py").touch()
    journal.note_end(1.0)
    noted = journal.read(journal.path_of("1-5"))
    assert (noted.head["dirty"], noted.left.dirty) == (False, True)
    assert (head("1-4")["commit"], head("1-4")["dirty"]) == (git("rev-parse", "HEAD"), True)


def test_the_head_has_the_configuration_without_secrets(make):
    keys = make / view.KEYS
    keys.mkdir(parents=True)
    for key, text in (("seed", "1"), ("alerts.webhook", '"https://t0ken"'), ("a", '{"keys": []}')):
        (keys / key).write_text(text, "utf-8")
    journal.note_end(0.0)
    noted = journal.read(journal.path_of("1-2")).head
    assert noted["values"] == {"alerts.webhook": "set", "seed": 1}


def test_without_a_make_nothing_is_noted(make, monkeypatch):
    monkeypatch.delenv("TIDEMARK_RUN")
    journal.begin()
    assert journal.note_step(CUT, "ran", 1.0, "") is None
    assert not (make / journal.FOLDER).exists()
