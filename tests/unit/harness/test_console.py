"""The lines that `make` shows."""

import re
import time

from tidemark.harness import console, journal
from tidemark.harness.instance import Instance

import pytest

MODELS = ("ridge", "gradient_boosting_classifier")


@pytest.fixture
def planned(monkeypatch, tmp_path):
    """A make of which a dry run lists these models."""
    rule = "exec python -S scripts/launch/launch.py scripts/plots.py --scenario mean_impute"
    tool = tmp_path / "make"
    lines = "\n".join(f"echo '{rule} --model {model}'" for model in MODELS)
    tool.write_text(f"#!/bin/sh\n{lines}\n", "utf-8")
    tool.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAKE_COMMAND", str(tool))
    monkeypatch.setenv("TIDEMARK_RUN", "1-2")
    monkeypatch.setenv("TIDEMARK_GOALS", "plots")


def test_the_longest_name_of_a_make_sets_the_width_of_its_column(planned, capsys):
    journal.begin()
    for model in MODELS:
        instance = Instance("plots", {"scenario": "mean_impute", "model": model})
        console.finished(instance, "ran", 1.2, "3 figures")
    first, second = capsys.readouterr().out.splitlines()
    assert re.match(r"\[1/2\] plots +mean_impute ridge +1\.2 s  3 figures$", first)
    assert first.index("3 figures") == second.index("3 figures")


def test_who_fails_says_how_many_have_because_make_closes_no_such_run(planned, capsys, monkeypatch):
    monkeypatch.setenv("TIDEMARK_RUN", f"1-{int(time.time()) - 7}")
    journal.begin()
    for model, state in zip((*MODELS, "linear"), ("ran", "failed", "failed"), strict=True):
        instance = Instance("plots", {"scenario": "mean_impute", "model": model})
        console.finished(instance, state, 1.2, "")
    *_, first, second = capsys.readouterr().out.splitlines()
    told = r"FAILED  {} failed, 1 done in [78] s; `make status` lists what is left$"
    assert re.search(told.format(1), first)
    assert re.search(told.format(2), second)


def test_what_is_restored_before_there_is_a_plan_is_counted_on_top_of_it(planned, capsys):
    restored = Instance("backtest", {"strategy": "sma_cross"})
    console.finished(restored, "restored", 0.0, "3 sets", "computed 2026-11-20 by Ann")
    journal.begin()
    for model in MODELS:
        instance = Instance("plots", {"scenario": "mean_impute", "model": model})
        console.finished(instance, "ran", 1.2, "3 figures")
    first, *later = capsys.readouterr().out.splitlines()
    assert re.fullmatch(
        r"backtest +sma_cross +restored  3 sets  <- computed 2026-11-20 by Ann", first
    )
    assert [line.partition(" plots")[0] for line in later] == ["[2/3]", "[3/3]"]


def test_a_column_of_names_is_neither_very_narrow_nor_very_wide():
    assert console.width_of([]) == console.width_of(["x"]) == console.LEAST_WIDTH
    assert console.width_of(["x" * 30, "x" * 35]) == 35
    assert console.width_of(["x" * 200]) == console.MOST_WIDTH
