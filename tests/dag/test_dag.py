"""`make dag`: it draws what `make status` says and what Make promises, and changes nothing else."""

import json
import re
from xml.etree import ElementTree

from conftest import SCENARIOS, STRATEGIES, Tree, make_small

DRAWN = {"artifacts/dag.svg", "artifacts/dag.mmd"}


def everything(tree: Tree) -> dict[str, tuple[int, int]]:
    """Time in ns and size of every file; .warm belongs to a make that is just ending."""
    tree.come_to_rest()
    apart = {".venv", ".warm"}
    files = [path for path in tree.path.rglob("*") if not apart & set(path.parts)]
    stats = {str(path.relative_to(tree.path)): path.stat() for path in files if path.is_file()}
    return {path: (stat.st_mtime_ns, stat.st_size) for path, stat in stats.items()}


def shown(tree: Tree) -> dict[str, str]:
    """The state of each instance, read from the tooltips."""
    root = ElementTree.fromstring(tree.text("artifacts/dag.svg"))
    titles = [title.text.split("\n") for title in root.iter("{http://www.w3.org/2000/svg}title")]
    return {title: state for title, state, *_ in titles}


def edges(tree: Tree) -> dict[str, set[tuple[str, str]]]:
    """The edges by their sign: `-->` observed, `-.->` promised."""
    found = re.findall(r"^  (\w+) (-\.?->) (\w+)$", tree.text("artifacts/dag.mmd"), re.M)
    return {
        sign: {(a, b) for a, at, b in found if at == sign} for sign in {at for _, at, _ in found}
    }


def test_the_states_drawn_are_those_of_status_and_nothing_else_changes(tree):
    tree.edit("config.yaml", "first_years: 1", "first_years: 40")
    assert tree.make("assess").code == 2
    tree.edit("config.yaml", "alpha: 1.0", "alpha: 250.0")
    tree.edit("config.yaml", "  ridge:\n", "  second: {estimator: mean}\n  ridge:\n")
    (tree.path / "metrics/mean_impute_baseline.json").unlink()
    before = everything(tree)
    outcome = tree.make("dag")
    assert outcome.code == 0, outcome.stderr
    after = everything(tree)
    assert {path for path in before | after if before.get(path) != after.get(path)} == DRAWN
    told = json.loads(tree.make("status", "FORMAT=json").stdout)
    assert shown(tree) == {
        f"{row['step']} {row['instance']}".strip(): row["state"] for row in told["instances"]
    }
    assert set(told["totals"]) == {
        "fresh", "stale", "waiting", "missing", "failed", "blocked", "never run"
    }  # fmt: skip
    names, counts = outcome.stdout.removesuffix(".\n").split(": 49 steps: ")
    assert names == "artifacts/dag.svg and artifacts/dag.mmd"
    assert {f"{count} {state}" for state, count in told["totals"].items()} == set(
        counts.split(", ")
    )
    new = ("evaluate_mean_impute_second", "scenario_compare")
    assert new in edges(tree)["-.->"], "which has not read it yet"
    assert ("evaluate_mean_impute_ridge", "scenario_compare") in edges(tree)["-->"]


def test_make_promises_what_is_then_observed(tree, tmp_path):
    assert tree.make("dag").code == 0
    clone = make_small(tmp_path / "clone")
    before = everything(clone)
    outcome = clone.make("dag")
    assert outcome.stdout.endswith(": 43 steps: 43 never run.\n"), outcome.stderr
    assert everything(clone).keys() - before.keys() == DRAWN
    promised, observed = edges(clone)["-.->"], edges(tree)["-->"]
    unread = {(f"backtest_{strategy}", "strategy_plots") for strategy in STRATEGIES}
    for scenario in SCENARIOS:  # a model of direction is held against the base rate instead
        unread.add((f"evaluate_{scenario}_baseline", f"evaluate_{scenario}_logistic"))
    assert observed <= promised <= observed | unread, "figures are of the best strategies only"
    assert len(edges(tree)["-->"]) > 30


def test_a_wrong_configuration_is_named_and_nothing_is_drawn(tree):
    tree.edit("config.yaml", "alpha: 1.0", "alpha: high")
    outcome = tree.make("dag")
    assert outcome.code == 2
    assert "models.ridge.alpha" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert not (tree.path / "artifacts/dag.svg").exists()
