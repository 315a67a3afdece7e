"""Disks that are full or read-only: one clear line, and nothing earlier is lost."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from conftest import Outcome, Tree, assert_mends, in_campaigns

import pytest

RIDGE = ("alpha: 1.0", "alpha: 250.0")
FIGURE = "reports/figs/mean_impute_ridge_hexbin.png"


def limited(kilobytes: int) -> list[str]:
    """A prefix for commands, whose files then cannot grow beyond this size."""
    return ["sh", "-c", f'ulimit -f {2 * kilobytes}; exec "$@"', "sh"]


def assert_told(outcome: Outcome, what: str) -> None:
    """A step ended with exit code 1, and one line says what to do."""
    assert outcome.code == 2
    assert "Error 1" in outcome.stderr, outcome
    (line,) = [line for line in outcome.stderr.splitlines() if "Cure: " in line]
    assert what in line
    for confusing in ("Traceback", "unexpected", "Error 2", "Logging error"):
        assert confusing not in outcome.stderr, outcome


@pytest.mark.parametrize(
    ("output", "kilobytes"),
    [
        *in_campaigns(("data/splits/mean_impute_train.parquet", 100)),
        ("artifacts/metrics.duckdb", 1000),
    ],
)
def test_an_output_that_does_not_fit(tree, cold, output, kilobytes):
    (tree.path / output).unlink()
    before = tree.results()
    outcome = tree.start("all", under=limited(kilobytes)).outcome()
    assert_told(outcome, f"{output}: ")
    assert tree.results() == before
    assert tree.temporary_files() == []
    assert_mends(tree, cold[0].state())


@pytest.mark.long
def test_a_figure_that_does_not_fit_is_drawn_by_the_next_make(tree, cold):
    tree.edit("config.yaml", "dpi: 60", "dpi: 300")  # larger than all other files that are written
    outcome = tree.start("artifacts/plots_mean_impute_ridge.ok", under=limited(36)).outcome()
    assert outcome.code == 0
    assert f"{FIGURE} is missing: File too large" in outcome.stdout
    tree.edit("config.yaml", "dpi: 300", "dpi: 60")
    assert_mends(tree, cold[0].state())


def bound_by_permissions() -> list[str]:
    """A prefix for commands, to which permissions then apply even if root runs them."""
    if os.geteuid() != 0:
        return []
    rights = "-dac_override,-dac_read_search"
    command = ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"]
    if shutil.which("setpriv") is None or subprocess.run([*command, "true"]).returncode:
        pytest.skip("root cannot give up its rights here")
    return command


@pytest.mark.long
def test_outputs_that_may_not_be_written(tree, cold):
    (tree.path / "artifacts/train_models_mean_impute_ridge.ok").unlink()
    before = tree.results()
    models = tree.path / "models"
    models.chmod(0o555)
    try:
        outcome = tree.start("all", under=bound_by_permissions()).outcome()
    finally:
        models.chmod(0o755)
    assert_told(outcome, "models/mean_impute_ridge.pkl: Permission denied. Cure: ")
    assert tree.results() == before
    assert_mends(tree, cold[0].state())


@pytest.fixture
def small_disk(cold: tuple[Tree, Outcome], long: bool, tmp_path: Path) -> Iterator[Tree]:
    """A built project on a file system of its own, of 24 MB."""
    if not long:
        pytest.skip("long: pytest tests/campaigns --long")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tidemark", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    yield cold[0].copied(disk / "copy")
    subprocess.run(["umount", "--lazy", disk], check=True)


def fill(disk: Path, free: int) -> Path:
    """Write a file that leaves so many bytes free."""
    ballast = disk / "ballast"
    statistics = os.statvfs(disk)
    ballast.write_bytes(bytes(max(0, statistics.f_bavail * statistics.f_bsize - free)))
    return ballast


def test_a_disk_that_runs_full_at_random_steps(small_disk, chance, undisturbed):
    tree, failures = small_disk, 0
    for number in range(16):
        edits = (RIDGE, RIDGE[::-1])[number % 2]
        old, new = undisturbed(*[RIDGE] * (number % 2)), undisturbed(*[RIDGE] * (1 - number % 2))
        tree.edit("config.yaml", *edits)
        free = chance.randrange(0, 2_500_000, 4096)
        ballast = fill(tree.path.parent, free)
        outcome = tree.make("all")
        ballast.unlink()
        print(number, free, outcome.code, outcome.stdout, outcome.stderr)
        failures += outcome.code != 0
        assert outcome.code in (0, 2)
        for confusing in ("Traceback", "unexpected", "Logging error"):
            assert confusing not in outcome.stdout + outcome.stderr, outcome
        if outcome.code:
            assert "No space left on device" in outcome.stderr, outcome
        now = tree.state()
        changed = {path for path in now if now[path] not in (old[path], new[path])}
        if " is missing: No space" in outcome.stdout:  # the list of figures and the reports say so
            changed -= {path for path in changed if path.endswith(("_figures.json", ".md"))}
        assert changed == set()
        assert tree.temporary_files() == []
        assert_mends(tree, new)
    assert failures > 3
