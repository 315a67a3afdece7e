"""Files changed by hand or by accident: found by their contents, named, and made again."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from conftest import SCENARIOS, Tree, assert_mends, in_campaigns, instances
from tidemark.harness import record

import pytest

RIDGE = "models/mean_impute_ridge.pkl"
RIDGES = instances("train_models", models=["ridge"])
EDITED = {
    "data/processed/mean_impute.parquet": "preprocess mean_impute",
    RIDGE: "train_models mean_impute ridge",
    "artifacts/outlier_treatment_ridge_cv.json": "train_models outlier_treatment ridge",
    "reports/figs/mean_impute_ridge_hexbin.png": "plots mean_impute ridge",
    "reports/reflection.md": "reports",
}


def edit(tree: Tree, output: str) -> bytes:
    with (tree.path / output).open("ab") as file:
        file.write(b"by hand")
    return (tree.path / output).read_bytes()


def test_outputs_edited_by_hand_are_named_made_again_and_kept(tree, cold):
    edited = {output: edit(tree, output) for output in EDITED}
    outcome = assert_mends(tree, cold[0].state())
    assert outcome.ran == set(EDITED.values())
    for output, data in edited.items():
        assert f"{output} is not what the step wrote" in outcome.stdout
        assert f"that copy is now artifacts/edited_by_hand/{output}" in outcome.stdout
        assert (tree.path / "artifacts/edited_by_hand" / output).read_bytes() == data


@pytest.mark.long
def test_a_second_edit_does_not_replace_the_first_copy(tree):
    copies = {edit(tree, "reports/reflection.md")}
    tree.edit("reports/narrative/reflection.md", "the", "some")
    assert tree.make("reports").code == 0
    copies.add(edit(tree, "reports/reflection.md"))
    assert tree.make("reports").code == 0
    kept = (tree.path / "artifacts/edited_by_hand/reports").iterdir()
    assert {path.read_bytes() for path in kept} == copies
    assert len(copies) == 2


def with_values(**values: object) -> Callable[[bytes], bytes]:
    return lambda data: json.dumps(json.loads(data) | values).encode()


def of_another_form(number: int, data: bytes) -> bytes:
    """A checkpoint that is whole, but has another format."""
    content = json.loads(data) | {"format": number, "tidemark": "7.8.9", "inputs": "elsewhere"}
    del content["digest"]
    return json.dumps(content | {"digest": record.digest(content)}).encode()


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "fetch_data treasury": lambda data: b"",
    "validate_schema prices": lambda data: data[: len(data) // 2],
    "preprocess mean_impute": lambda data: bytes(range(256)),
    "preprocess outlier_treatment": lambda data: b"[]",
    "feature_engineering mean_impute": lambda data: of_another_form(record.FORMAT - 1, data),
    "feature_engineering outlier_treatment": with_values(outputs=["models"], config=None),
    "split_data mean_impute": with_values(outputs={RIDGE: 1}, inputs={"x": []}, code={"y": ""}),
    "split_data outlier_treatment": with_values(name="fetch_data_prices"),
    "train_models mean_impute ridge": with_values(libraries={}, inputs={}, name="../escaped"),
}


def test_a_damaged_checkpoint_costs_a_run_of_its_step(tree, cold):
    for step, damage in DAMAGE.items():
        path = tree.path / f"artifacts/{step.replace(' ', '_')}.ok"
        path.write_bytes(damage(path.read_bytes()))
    outcome = assert_mends(tree, cold[0].state())
    assert outcome.ran == DAMAGE.keys()
    assert outcome.stdout.count("its checkpoint cannot be read") == len(DAMAGE) - 1
    assert outcome.stdout.count("its checkpoint is of an older version") == 1


def test_a_checkpoint_of_a_newer_version_is_left_alone(tree):
    path = tree.path / "artifacts/evaluate_mean_impute_ridge.ok"
    newer = of_another_form(record.FORMAT + 1, path.read_bytes())
    path.write_bytes(newer)
    for goal in ("all", "status", "timings", "compare-tree"):
        outcome = tree.make(goal, OTHER=str(tree.path))
        assert outcome.code == 2
        assert "evaluate_mean_impute_ridge.ok: was written by Tidemark 7.8.9" in outcome.stderr
        assert (outcome.ran, path.read_bytes()) == (set(), newer)


@pytest.mark.long
def test_swapped_models_are_made_again(settled, cold):
    one, other = (settled.path / f"models/{name}_ridge.pkl" for name in SCENARIOS)
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)
    assert assert_mends(settled, cold[0].state()).ran == RIDGES


def tamper(tree: Tree) -> None:
    path = tree.path / RIDGE
    stat = path.stat()
    path.write_bytes(b"cbuiltins\nprint\n(S'a pickle ran code'\ntR.".ljust(stat.st_size, b"."))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (tree.path / "artifacts/evaluate_mean_impute_ridge.ok").unlink()


@pytest.mark.parametrize("pointer", ["kept", *in_campaigns("lost")])
def test_a_tampered_model_is_never_loaded(tree, pointer):
    tamper(tree)
    if pointer == "lost":
        (tree.path / f"artifacts/.producers/{RIDGE}").unlink()
    outcome = tree.python("scripts/evaluate.py", "--scenario", "mean_impute", "--model", "ridge")
    assert outcome.code == 2
    told = (
        "no checkpoint vouches for" if pointer == "lost" else "is not what train_models_mean_impute"
    )
    assert f"{RIDGE}: {told}" in outcome.stderr
    assert "run make again" in outcome.stderr
    assert "a pickle ran code" not in outcome.stdout + outcome.stderr


def test_make_trains_a_tampered_model_again(tree, cold):
    tamper(tree)
    outcome = tree.make("evaluate")
    assert outcome.code == 0
    assert outcome.ran == {"train_models mean_impute ridge", "evaluate mean_impute ridge"}
    assert "an output had been edited by hand" in outcome.stdout
    assert "a pickle ran code" not in outcome.stdout + outcome.stderr
    assert tree.results()[RIDGE] == cold[0].results()[RIDGE]


BOOKKEEPING = (
    "artifacts/.config/seed",
    "artifacts/.producers",
    "artifacts/.promised",
    f"artifacts/.producers/{RIDGE}",
    "artifacts/.config/models.ridge.alpha",
    "artifacts/.config",
    "artifacts/.deps",
    "artifacts/.deps/train_models_mean_impute_ridge.d",
    "artifacts/.failed",
    "artifacts/.compiled",
    "artifacts/.libraries",
    "artifacts/.locks",
    "artifacts/.promised/train_models_mean_impute_ridge.ok",
    "artifacts/.run",
    "artifacts/.verified",
    "artifacts/.warm",
    "artifacts/config.mk",
    "logs",
)


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def test_lost_bookkeeping_runs_nothing(settled, long):
    for lost in BOOKKEEPING if long else BOOKKEEPING[:4]:
        remove(settled.path / lost)
        outcome = settled.make("all")
        assert (outcome.code, outcome.ran, outcome.stderr) == (0, set(), ""), (lost, outcome)


@pytest.mark.long
def test_lost_bookkeeping_hides_no_edit(settled, cold, long):
    before = 1.0
    for alpha, lost in enumerate(BOOKKEEPING if long else BOOKKEEPING[1:3], 2):
        settled.edit("config.yaml", f"alpha: {before}", f"alpha: {alpha}")
        before = alpha
        remove(settled.path / lost)
        assert settled.planned() >= RIDGES, lost
        if long:
            outcome = settled.make("train_models")
            assert (outcome.code, outcome.ran, outcome.stderr) == (0, RIDGES, ""), (lost, outcome)
    settled.edit("config.yaml", f"alpha: {before}", "alpha: 1.0")
    assert_mends(settled, cold[0].state())


def test_bookkeeping_that_cannot_be_written_stops_make_with_its_name(settled, cold):
    stamp = settled.path / "artifacts/.verified"
    stamp.unlink()
    stamp.mkdir()
    outcome = settled.make("all")
    assert (outcome.code, outcome.ran) == (2, set())
    assert "artifacts/.verified: Is a directory. Cure: " in outcome.stderr
    assert "file times could not be brought in line with contents" in outcome.stderr
    stamp.rmdir()
    assert assert_mends(settled, cold[0].state()).ran == set()


@pytest.mark.long
def test_a_lost_pointer_to_a_model_is_found_again(settled, cold):
    (settled.path / f"artifacts/.producers/{RIDGE}").unlink()
    (settled.path / "artifacts/evaluate_mean_impute_ridge.ok").unlink()
    assert assert_mends(settled, cold[0].state()).ran == {"evaluate mean_impute ridge"}
