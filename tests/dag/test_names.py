"""Names, variables and environments that look like code: nothing of them runs, nothing is lost."""

import json
import os
import shutil
from pathlib import Path

from conftest import CUT, GATHER, Tree, clean_environment

import pytest

HOSTILE = (
    *("a$(touch RAN)b", "a;touch RAN;b", "a`touch RAN`b", "a|touch RAN|b", "a&touch RAN&b"),
    *("a$(shell touch RAN)b", "-delete", "-exec touch RAN ;", "--eval=x", "a#b", "a%b", "a:b"),
    *("a=b", "a'b", 'a"b', "a\\b", "a b", "a$$b", "$@", "~a", "a(b", "a){b", "a>RAN", "a,b"),
    *("EURUSD=X", "^GSPC", "[ab]", "a?b", "é", " "),
)
SIGNS = "$#%:;|&<>(){}[]'\"\\`*?!~^=, \t\n"


def nothing_ran(tree: Tree) -> bool:
    return not list(tree.path.rglob("RAN*"))


def one_file_a_ticker(tree: Tree) -> Path:
    """Split the prices of the tree into mydata/*.csv, one file for each ticker."""
    header, *rows = tree.text("data/sample/prices.csv").splitlines()
    folder = tree.path / "mydata"
    folder.mkdir()
    for ticker in sorted({row.split(",")[0] for row in rows}):
        lines = [
            line.split(",", 1)[1] for line in (header, *rows) if line[:3] in ("Tic", ticker[:3])
        ]
        (folder / f"{ticker}.csv").write_text("\n".join([*lines, ""]), "utf-8")
    tree.edit("config.yaml", "path: data/sample/prices.csv", "path: mydata/*.csv")
    tree.edit("config.yaml", "      ticker: Ticker", "      # ticker: Ticker")
    return folder


@pytest.mark.long
def test_files_that_arrive_in_watched_folders_are_read_and_their_names_are_not(tree):
    folder = one_file_a_ticker(tree)
    assert tree.make("fetch_data").ran == {"fetch_data prices"}
    assert tree.make("fetch_data").ran == set()
    content = (folder / "AAPL.csv").read_text("utf-8")
    for name in HOSTILE:
        (folder / f"{name}_.csv").write_text(content, "utf-8")
    assert "fetch_data prices" in tree.planned()
    outcome = tree.make("fetch_data")
    assert (outcome.code, outcome.ran) == (0, {"fetch_data prices"}), outcome.stderr
    assert f"{3 + len(HOSTILE)} tickers" in outcome.stdout
    assert "all 4 steps are fresh" in tree.make("fetch_data").stdout
    edited = folder / "a;touch RAN;b_.csv"
    edited.write_text(content.replace("2013-03-01,438.0", "2013-03-01,437.0"), "utf-8")
    outcome = tree.make("fetch_data")
    assert outcome.ran == {"fetch_data prices"}
    assert f"<- mydata/{edited.name}" in outcome.stdout
    for name in HOSTILE:
        (folder / f"{name}_.csv").unlink()
    assert "3 tickers" in tree.make("fetch_data").stdout
    assert nothing_ran(tree)


def test_a_source_may_have_a_name_of_any_signs(tree):
    path = "my data/-$(touch RAN) #1; 'a' \"b\" `touch RAN` [c]? 100%=é\\.csv"
    (tree.path / "my data").mkdir()
    prices = Path(shutil.move(tree.path / "data/sample/prices.csv", tree.path / path))
    tree.edit("config.yaml", "path: data/sample/prices.csv", f"path: {json.dumps(path)}")
    assert "fetch_data prices" in tree.planned()
    outcome = tree.make("validate_schema")
    assert (outcome.code, outcome.stderr) == (0, ""), outcome
    assert "fetch_data prices" in outcome.ran
    assert tree.make("validate_schema").ran == set()
    prices.write_text(prices.read_text("utf-8").replace("438.0", "437.0", 1), "utf-8")
    outcome = tree.make("fetch_data")
    assert outcome.ran == {"fetch_data prices"}
    assert f"<- {path}" in outcome.stdout
    prices.unlink()
    assert "going on with" in tree.make("fetch_data").stdout
    assert nothing_ran(tree)


def test_a_name_that_cannot_be_said_is_refused_when_it_arrives(tree):
    folder = one_file_a_ticker(tree)
    assert tree.make("fetch_data").code == 0
    before = tree.results()
    for name in (b"a*b", b"a\xffb", b"a\nb"):
        odd = os.fsencode(folder) + b"/" + name + b".csv"
        shutil.copy(os.fsencode(folder / "AAPL.csv"), odd)
        outcome = tree.make("fetch_data")
        assert outcome.code == 2
        assert "Traceback" not in outcome.stderr
        assert "mydata/a" in outcome.stderr
        assert " name" in outcome.stderr
        assert tree.results() == before
        Path(os.fsdecode(odd)).unlink()
    assert tree.make("fetch_data").code == 0


def test_narratives_of_any_name_are_read(tree):
    for name in HOSTILE:
        text = f"Written by {len(name)} letters.\n"
        (tree.path / f"reports/narrative/{name}_.md").write_text(text, "utf-8")
    assert tree.planned() == {"reports"}
    outcome = tree.make("all")
    assert (outcome.code, outcome.ran) == (0, {"reports"}), outcome.stderr
    assert tree.text("reports/reflection.md").count("Written by ") == len(HOSTILE)
    assert tree.make("all").ran == set()
    assert nothing_ran(tree)


@pytest.mark.parametrize("goal", ["help", "all"])
def test_a_configuration_whose_name_could_be_code_is_refused(cold, goal):
    tree = cold[0]
    for sign in SIGNS:
        outcome = tree.make(goal, f"CONFIG=c{sign}touch RAN{sign}.yaml")
        assert outcome.code == 2, sign
        assert "Cure: rename the file" in outcome.stderr
    assert tree.make(goal, "CONFIG=-delete.yaml").code == 2
    assert tree.make(goal, CONFIG="c;touch RAN;.yaml").code == 2
    assert nothing_ran(tree)


def test_a_path_that_could_be_an_option_is_a_name(tree):
    before, config = tree.results(), tree.text("config.yaml")
    for path in ("-delete", "a;touch RAN.csv", "~/a.csv"):
        (tree.path / "config.yaml").write_text(config, "utf-8")
        tree.edit("config.yaml", "path: data/sample/prices.csv", f'path: "{path}"')
        for goals in (["-n", "all"], ["all"]):
            outcome = tree.make(*goals)
            assert "Traceback" not in outcome.stderr
        assert outcome.code == 2
        assert "Cure: " in outcome.stderr or "config.yaml:" in outcome.stderr
        assert tree.results() == before
    assert nothing_ran(tree)


VALUES = ('a "b c', "it's", "$(shell touch RAN)", "`touch RAN`;", "a\\ b\nc", "x -- Y=z", "#%:=$$")


@pytest.mark.long
def test_variables_of_the_user_break_nothing(tree):
    assert tree.make("all").ran == set()
    for value in VALUES:
        given = [f"FOO={value}", f"SCENARIOS={value}", f"OTHER={value}"]
        outcome = tree.make("all", *given, BAR=value, MODELS=value, WARM="1", T=value)
        assert (outcome.code, outcome.stderr) == (0, ""), (value, outcome)
        assert "all 43 steps are fresh" in outcome.stdout
    (tree.path / "reports/reflection.md").unlink()
    outcome = tree.make("reports", *(f"V{n}={value}" for n, value in enumerate(VALUES)))
    assert "[1/1] reports" in outcome.stdout, outcome
    for value in VALUES:
        assert tree.make("why", f"T={value}").code == 2
        assert tree.make("status", f"FORMAT={value}").code == 2
        assert tree.make("compare-tree", f"OTHER={value}").code == 2
        assert tree.make(value).code == 2
    assert nothing_ran(tree)


SETTINGS = ("PYTHONSAFEPATH", "PYTHONHOME", "PYTHONPATH", "PYTHONINSPECT", "BASH_ENV", "CDPATH")


@pytest.mark.long
def test_settings_for_other_programs_do_not_matter(tree, tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit(9)\n")
    (tree.path / "reports/reflection.md").unlink()
    outcome = tree.make("reports", **dict.fromkeys(SETTINGS, str(tmp_path)))
    assert (outcome.code, outcome.ran, outcome.stderr) == (0, {"reports"}, ""), outcome
    for name in SETTINGS:
        assert tree.make("status", **{name: str(tmp_path)}).code == 0, name


def test_the_closing_line_counts_what_other_goals_ran(tree):
    for path in ("reports/scenario_table.csv", "artifacts/metrics.duckdb", "reports/reflection.md"):
        (tree.path / path).unlink()
    assert tree.make("artifacts/scenario_compare.ok", "evaluate", "reports").ran == GATHER
    tree.edit("config.yaml", *CUT)
    outcome = tree.make("preprocess", "artifacts/feature_engineering_outlier_treatment.ok")
    assert outcome.code == 0, outcome.stderr
    assert outcome.stdout.splitlines()[-2].endswith(": 2 ran.")


DAMAGED = (
    *("artifacts/config.mk", "artifacts/.config.mk", "artifacts/.watched", "artifacts/.verified"),
    *("artifacts/.deps/reports.d", "artifacts/.promised/reports.ok", "artifacts/.looked"),
    *("artifacts/.producers/reports/reflection.md", "artifacts/.config/seed"),
    "artifacts/.run/1-1.jsonl",
)


@pytest.mark.long
def test_damaged_bookkeeping_heals(tree):
    garbage = b"$(shell touch RAN)\n\t;x: y:\n\xff\x00\xfe"
    assert tree.make("all").ran == set()
    for path in DAMAGED:
        (tree.path / path).parent.mkdir(exist_ok=True)
        (tree.path / path).write_bytes(garbage)
        outcome = tree.make("all")
        assert (outcome.code, outcome.ran, outcome.stderr) == (0, set(), ""), (path, outcome)
    (tree.path / "artifacts/.deps/reports.d").write_bytes(garbage)
    (tree.path / "artifacts/reports.ok").unlink()
    outcome = tree.make("all")
    assert (outcome.code, outcome.ran) == (0, {"reports"}), outcome
    assert nothing_ran(tree)


@pytest.mark.long
def test_a_folder_in_place_of_an_output_is_named(tree):
    (tree.path / "reports/reflection.md").unlink()
    (tree.path / "reports/reflection.md").mkdir()
    outcome = tree.make("all")
    assert outcome.code == 2
    assert "reports/reflection.md: is a folder in place of a file. Cure: " in outcome.stderr
    (tree.path / "reports/reflection.md").rmdir()
    assert tree.make("all").ran == {"reports"}


@pytest.mark.long
def test_a_quick_look_that_fails_asks_for_the_exact_one(tree):
    assert tree.make("all").ran == set()
    tree.edit("metrics/mean_impute_ridge.json", "rmse", "esmr")
    os.utime(tree.path / "artifacts/.verified")
    assert "evaluate mean_impute ridge" not in tree.planned(), "the edit is hidden from here on"
    tools = tree.path / "tools"
    tools.mkdir()
    (tools / "find").write_text("#!/bin/sh\necho find cannot look >&2\nexit 1\n")
    (tools / "find").chmod(0o755)
    path = f"{tools}:{clean_environment({})['PATH']}"
    assert "evaluate mean_impute ridge" in tree.make("all", PATH=path).ran
