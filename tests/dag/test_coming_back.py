"""Results that come back: what was computed before is copied, never otherwise than computed."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from conftest import CUT, CUTTING, GATHER, Tree, in_campaigns, instances, make_small
from tidemark import project
from tidemark.harness import record, results_store
from tidemark.harness.results_store import Store

import pytest

RIDGE = ("alpha: 1.0", "alpha: 250.0")
STATE = re.compile(r"^(?:\[ *\d+/\d+\] )?(\w+) +([\w ]*?) +(restored|fresh|FAILED|[\d.]+ s) ", re.M)
DOWN = instances("train_models", models=["ridge"]) | instances("evaluate", models=["ridge"])
DOWN |= instances("plots", models=["ridge"]) | GATHER
CUT_NAME = "preprocess_outlier_treatment"


class Stored:
    """A built project, and a store that has all of it."""

    def __init__(self, tree: Tree, folder: Path) -> None:
        self.tree, self.folder = tree, folder
        self.store = Store(folder)
        self.said = ""

    def make(self, *goals: str, **variables: object) -> tuple[set[str], set[str]]:
        """Which steps ran, and which were restored."""
        variables = {"STORE": str(self.folder), **variables}
        outcome = self.tree.start(*(goals or ["all"]), **variables).outcome()
        assert outcome.code == 0, outcome
        self.said = outcome.stdout + outcome.stderr
        states: dict[str, set[str]] = {"restored": set(), "ran": set(), "fresh": set()}
        for step, instance, state in STATE.findall(self.said):
            states[state if state in states else "ran"].add(f"{step} {instance}".strip())
        return states["ran"], states["restored"]

    def shown(self) -> dict[str, object]:
        return json.loads(self.tree.make("store", "FORMAT=json", STORE=str(self.folder)).stdout)

    def entries(self, name: str) -> list[Path]:
        return sorted((self.folder / "entries" / name).iterdir())


@pytest.fixture(scope="session")
def full(cold, tmp_path_factory) -> Path:
    """A store with all that the cold run left."""
    folder = tmp_path_factory.mktemp("full") / "store"
    tree = project.Tree.at(cold[0].path)
    for checkpoint in record.load_all(tree).values():
        Store(folder).keep(tree, checkpoint, "a colleague")
    return folder


@pytest.fixture
def stored(tree: Tree, full: Path, tmp_path: Path) -> Stored:
    subprocess.run(["cp", "-a", full, tmp_path / "store"], check=True)
    return Stored(tree, tmp_path / "store")


@pytest.fixture
def cut(stored: Stored) -> Stored:
    """The same after an edit that ran one step, which is then undone."""
    stored.tree.edit("config.yaml", *CUT)
    assert stored.make("preprocess") == (CUTTING, set())
    stored.tree.edit("config.yaml", *CUT[::-1])
    return stored


def test_an_earlier_value_restores_all_and_ends_in_the_same_bytes(stored, cold):
    before = cold[0].state()
    stored.tree.edit("config.yaml", *RIDGE)
    assert stored.make() == (DOWN, set())
    other = stored.tree.state()
    assert other != before
    stored.tree.edit("config.yaml", *RIDGE[::-1])
    assert stored.make() == (set(), DOWN)
    assert stored.tree.state() == before
    assert re.search(r"restored .*<- .*250.0 -> 1.0; computed 20[\d-]+ by a colleague", stored.said)
    assert f"0 ran, {len(DOWN)} restored." in stored.said  # so no step started
    stored.make()
    assert "nothing to do" in stored.said
    told = stored.tree.make("why", "T=artifacts/train_models_mean_impute_ridge.ok").stdout
    assert re.search(r"restored, computed 20[\d-]+ by a colleague", told)
    stored.tree.edit("config.yaml", *RIDGE)
    assert stored.make() == (set(), DOWN)
    assert stored.tree.state() == other
    assert stored.shown()["restored"] == 2 * len(DOWN)
    assert stored.shown()["spared_seconds"] > 0


def test_a_goal_restores_what_it_needs_and_n_nothing(stored):
    stored.tree.edit("config.yaml", *RIDGE)
    stored.make()
    stored.tree.edit("config.yaml", *RIDGE[::-1])
    assert stored.make("-n", "all") == (set(), set())
    assert stored.make("train_models") == (set(), instances("train_models", models=["ridge"]))


def test_switched_off_it_neither_gives_nor_takes(cut):
    kept = len(cut.entries(CUT_NAME))
    assert cut.make("preprocess", STORE="off") == (CUTTING, set())
    cut.tree.edit("config.yaml", "  enabled: true", "  enabled: false")
    cut.tree.edit("config.yaml", *CUT)
    assert cut.make("preprocess", STORE="") == (CUTTING, set())
    assert len(cut.entries(CUT_NAME)) == kept == 2
    assert "off" in cut.tree.make("store", STORE="").stdout


@pytest.mark.parametrize("word", ["0", "no", "OFF", "off on"])
def test_what_is_neither_off_nor_a_folder_is_refused(cold, word):
    for goal in ("all", "store"):
        told = cold[0].make(goal, STORE=word)
        assert told.code == 2
        assert f"STORE={word}: is neither `off` nor a folder" in told.stderr
    assert not (cold[0].path / word).exists()


def test_all_comes_back_after_clean_and_in_a_new_project(stored, cold, tmp_path):
    """As for a clone beside it that names the same store, or on a machine with yesterday's."""
    subprocess.run(["cp", "-a", stored.folder, stored.tree.path / "artifacts/store"], check=True)
    assert stored.tree.make("clean").code == 0
    assert not list((stored.tree.path / "artifacts").glob("*.ok"))
    ran, restored = stored.make(STORE="")
    assert (ran, len(restored)) == (set(), 43)
    assert stored.tree.state() == cold[0].state()
    clone = Stored(make_small(tmp_path / "clone"), stored.folder)
    ran, restored = clone.make()
    assert (ran, len(restored)) == (set(), 43)
    assert clone.tree.state() == cold[0].state()
    assert stored.tree.make("distclean").code == 0
    assert not (stored.tree.path / "artifacts/store").exists()
    assert stored.entries("reports"), "a store elsewhere is nobody's to remove"


@pytest.mark.parametrize("damage", ["swapped", *in_campaigns("gone", "cut", "empty", "a folder")])
def test_a_damaged_object_is_found_and_the_step_runs(cut, damage, cold):
    entry = cut.store.entry(max(cut.entries(CUT_NAME), key=_is_of_a_colleague))
    path = cut.store.object_path(next(iter(entry.checkpoint.outputs.values())).sha256)
    data = path.read_bytes()
    path.unlink()
    if damage == "a folder":
        path.mkdir()
    elif damage != "gone":
        cuts = {"cut": data[:-1], "swapped": data[::-1], "empty": b""}
        path.write_bytes(cuts[damage])
    assert cut.make("preprocess") == (CUTTING, set())
    assert "note: preprocess_outlier_treatment: what the results store had" in cut.said
    assert cut.tree.state() == cold[0].state()


def _is_of_a_colleague(path: Path) -> bool:
    return json.loads(path.read_bytes())["who"] == "a colleague"


@pytest.mark.parametrize(
    "damage", ["edited", *in_campaigns("cut", "of another step", "empty", "no JSON")]
)
def test_a_damaged_entry_is_discarded_and_the_step_runs(cut, damage):
    path = max(cut.entries(CUT_NAME), key=_is_of_a_colleague)
    other = max(cut.entries("preprocess_mean_impute"), key=_is_of_a_colleague)
    text = path.read_text("utf-8")
    damaged = {
        "cut": text[: len(text) // 2],
        "edited": text.replace('"seconds": ', '"seconds": 1'),
        "of another step": other.read_text("utf-8"),
        "empty": "",
        "no JSON": "\0" * 100,
    }[damage]
    path.unlink()
    path.write_text(damaged, "utf-8")
    assert cut.make("preprocess") == (CUTTING, set())
    assert cut.store.entry(path) is not None, "it was kept once more"


def test_an_edit_of_what_was_restored_does_not_reach_the_store(cut):
    assert cut.make("preprocess") == (set(), CUTTING)
    path = "data/processed/outlier_treatment.parquet"
    output = record.load(project.Tree.at(cut.tree.path), CUT_NAME).outputs[path]
    with (cut.tree.path / path).open("r+b") as file:
        file.write(b"by hand")
    assert cut.make("preprocess") == (set(), CUTTING)
    assert "an output had been edited by hand; that copy is now" in cut.said
    kept = cut.store.object_path(output.sha256)
    assert results_store.store.sha256_file(kept) == output.sha256
    assert kept.stat().st_mode & 0o222 == 0


def test_an_upgrade_is_told_of_what_is_restored_and_makes_it_run_if_named(cut):
    for path in cut.entries(CUT_NAME):
        content = json.loads(path.read_bytes())
        content["checkpoint"]["libraries"]["pandas"] = "0.1"
        del content["digest"]
        aged = record.decoded(content["checkpoint"])
        path.unlink()
        cut.store.entry_path(aged).write_text(
            json.dumps(content | {"digest": record.digest(content)}), "utf-8"
        )
    assert cut.make("preprocess") == (set(), CUTTING)
    assert "library pandas 0.1 -> " in cut.said
    cut.tree.edit("config.yaml", "rerun_on_upgrade: []", "rerun_on_upgrade: [pandas]")
    assert cut.make("preprocess") == (CUTTING, set())


def test_a_store_that_may_only_be_read_gives_and_says_nothing(cut):
    """As if permissions bound root, too."""
    cut.tree.come_to_rest()
    kept = sorted(cut.folder.rglob("*"))
    for folder in (cut.folder, *(path for path in kept if path.is_dir())):
        folder.chmod(0o555)
    cut.folder.joinpath("tally").chmod(0o444)
    try:
        assert cut.make("preprocess", under=bound_by_permissions()) == (set(), CUTTING)
        cut.tree.edit("config.yaml", "upper: 0.99}", "upper: 0.97}")
        assert cut.make("preprocess", under=bound_by_permissions())[1] == set()
        assert "results store" not in cut.said
    finally:
        for folder in (cut.folder, *(path for path in kept if path.is_dir())):
            folder.chmod(0o755)
    assert sorted(cut.folder.rglob("*")) == kept


def bound_by_permissions() -> list[str]:
    """A prefix for commands, to which permissions then apply even if root runs them."""
    if os.geteuid() != 0:
        return []
    rights = "-dac_override,-dac_read_search"
    command = ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"]
    if shutil.which("setpriv") is None or subprocess.run([*command, "true"]).returncode:
        pytest.skip("root cannot give up its rights here")
    return command


def test_the_bound_holds_after_each_run_and_what_is_pinned_stays(stored):
    raw = {
        output.sha256
        for name, checkpoint in record.load_all(project.Tree.at(stored.tree.path)).items()
        if name.startswith("fetch_data")
        for output in checkpoint.outputs.values()
    }
    stored.store.pin("history", raw)
    stored.tree.edit("config.yaml", "max_gigabytes: 20 ", "max_gigabytes: 0.01 ")
    stored.tree.edit("config.yaml", *CUT)
    stored.store.count(results_store.Tally(bytes=10**8))
    assert stored.make("preprocess")[0] == CUTTING
    stored.tree.come_to_rest()  # a closer does it, for which no make waits
    told = stored.shown()
    assert told["bytes"] <= told["max_bytes"] == 10**7
    assert [pin["by"] for pin in told["pinned"]] == ["history"]
    assert told["pinned"][0]["missing"] == 0
    assert stored.entries("fetch_data_prices")
    stored.tree.edit("config.yaml", *CUT[::-1])
    assert stored.make("preprocess")[0] <= CUTTING
