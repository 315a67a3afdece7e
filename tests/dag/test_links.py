"""Results on another disk, behind links: seen, kept, and cleaned as if they were here."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from conftest import ROOT, Tree, instances

import pytest

LINKED = ("data", "features", "models", "metrics", "reports", "artifacts")
GENERATED = {  # file: what `make clean` removes it by
    "data/raw/prices.parquet": "data/raw/prices.parquet",
    "models/a.pkl": "models/a.pkl",
    "reports/reflection.md": "./reports/reflection.md",
    "metrics/a.json": "metrics/a.json",
    "logs/a.log": "logs/a.log",
    "artifacts/a.ok": "artifacts/a.ok",
    "artifacts/.config/seed": "artifacts/.config",
}
METRICS = "metrics/mean_impute_ridge.json"


@pytest.fixture
def disk() -> Iterator[Path]:
    """A folder on another file system, if there is one."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def linked(tree: Tree, disk: Path) -> Tree:
    """A built project whose folders lie on another disk, except artifacts/edited_by_hand/."""
    for name in LINKED[:-1]:
        shutil.move(tree.path / name, disk / name)
        (tree.path / name).symlink_to(disk / name)
    outcome = tree.make("all")
    assert (outcome.code, outcome.ran, outcome.stderr) == (0, set(), "")
    assert "nothing to do" in tree.make("all").stdout
    return tree


def test_an_edit_behind_a_link_is_seen_and_kept(linked):
    path = linked.path / METRICS
    was, stat = path.read_bytes(), path.stat()
    edited = was.replace(b"0", b"1", 1)
    path.write_bytes(edited)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # as unpacking an archive does
    outcome = linked.make("evaluate")
    assert (outcome.code, outcome.ran) == (0, {"evaluate mean_impute ridge"}), outcome
    assert f"{METRICS} is not what the step wrote" in outcome.stdout
    assert (linked.path / "artifacts/edited_by_hand" / METRICS).read_bytes() == edited
    assert path.read_bytes() == was
    assert linked.make("evaluate").ran == set()


def test_sources_and_code_behind_links_are_seen(linked, disk):
    for name in ("scripts", "schemas"):
        shutil.move(linked.path / name, disk / name)
        (linked.path / name).symlink_to(disk / name)
    assert linked.make("all").ran == set()
    linked.edit("scripts/preprocess.py", "@step", "ADDED = 1\n\n\n@step")
    assert instances("preprocess") <= linked.planned()
    assert linked.make("preprocess").ran == instances("preprocess")
    linked.edit("scripts/preprocess.py", "ADDED = 1\n\n\n", "")
    assert linked.make("all").code == 0
    linked.edit("data/sample/unemployment.csv", "2012-11-01,", "2012-11-01,1")
    assert "fetch_data unemployment" in linked.planned()


@pytest.mark.long
def test_a_link_that_leads_elsewhere_now_is_seen(tree, disk):
    """Some people keep a link `current` that leads to one of many snapshots."""
    for name in ("old", "new"):
        shutil.copytree(tree.path / "data/sample", disk / name)
    newer = disk / "new/unemployment.csv"
    newer.write_text(newer.read_text().replace("2012-11-01,", "2012-11-01,1"))
    (disk / "current").symlink_to(disk / "old")
    for name in ("prices", "corporate_actions", "treasury_yields", "unemployment"):
        tree.edit("config.yaml", f"path: data/sample/{name}", f"path: {disk}/current/{name}")
    assert tree.make("fetch_data").code == 0
    assert tree.make("fetch_data").ran == set()
    (disk / "current").unlink()
    (disk / "current").symlink_to(disk / "new")
    assert "fetch_data unemployment" in tree.planned()


@pytest.mark.long
def test_clean_empties_what_links_lead_to_and_touches_nothing_else(linked, disk):
    shutil.move(linked.path / "artifacts", disk / "artifacts")
    (linked.path / "artifacts").symlink_to(disk / "artifacts")
    mine = {"data/mine/prices.csv", "data/raw/notes.txt", "models/photo.jpg", "metrics/notes.txt"}
    mine |= {"artifacts/edited_by_hand/models/x.pkl", "artifacts/mine.txt", "reports/notes.md"}
    for path in mine:
        (disk / path).parent.mkdir(parents=True, exist_ok=True)
        (disk / path).write_text("mine")
    (linked.path / "models/others").symlink_to(disk / "data/mine")
    assert linked.make("all").ran == set()
    assert linked.make("clean").code == 0
    assert all((linked.path / name).is_symlink() for name in LINKED)
    assert all((disk / path).read_text() == "mine" for path in mine)
    left = {str(path.relative_to(disk)) for path in disk.rglob("*") if path.is_file()} - mine
    kept = ("data/sample/", "reports/narrative/", "reports/templates/", "metrics/history/")
    assert all(path.startswith(kept) for path in left), left
    assert linked.make("fetch_data").code == 0


@pytest.fixture
def generated(tmp_path: Path) -> Path:
    """A project with little more than what `make clean` removes, and a note for each file."""
    (tmp_path / "scripts").mkdir()
    for name in ("clean.sh", "generated.txt"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts")
    (tmp_path / "tests").mkdir()
    for path in GENERATED:
        for file in (tmp_path / path, tmp_path / "artifacts/.producers" / path):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("generated")
    return tmp_path


def clean(project: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run `make clean` with a `sleep` that returns at once and an `rm` that first runs `before`."""
    commands = project / "commands"
    commands.mkdir()
    rm = f'{before}\nexec {shutil.which("rm")} "$@"'
    for name, body in {"sleep": "echo slept >>slept", "rm": rm}.items():
        (commands / name).write_text(f"#!/bin/sh\n{body}\n")
        (commands / name).chmod(0o755)
    environment = {"PATH": f"{commands}:{os.environ['PATH']}"}
    return subprocess.run(
        ["scripts/clean.sh"], cwd=project, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def left(project: Path) -> set[str]:
    return {path for path in GENERATED if (project / path).exists()}


@pytest.mark.parametrize("path", GENERATED)
def test_clean_says_what_it_could_not_remove(generated, path):
    """It says so for any path, although a shell easily reports the last command only."""
    refuse = f'echo "rm: {path}: not permitted" >&2; exit 1'
    done = clean(generated, f'case " $* " in *" {GENERATED[path]} "*) {refuse};; esac')
    assert done.returncode != 0
    assert f"rm: {path}: not permitted" in done.stderr
    assert (generated / "slept").read_text() == "slept\n"
    assert path in left(generated)


def test_clean_tries_twice(generated):
    """The second try is for a step of a killed make that is still writing."""
    once = '[ -e seen ] || { >seen; echo "rm: not empty" >&2; exit 1; }'
    done = clean(generated, once)
    assert (done.returncode, done.stderr) == (0, "")
    assert left(generated) == set()


@pytest.mark.parametrize(
    "name", ["data", "data/raw", "models", "metrics", "reports", "logs", "artifacts"]
)
def test_clean_keeps_a_link_whose_disk_is_not_mounted(generated, name):
    shutil.rmtree(generated / name, ignore_errors=True)
    (generated / name).symlink_to("/nonexistent/disk")
    done = clean(generated)
    assert (done.returncode, done.stderr) == (0, "")
    assert (generated / name).is_symlink()
    unknown = {"reports/reflection.md"} if name == "artifacts" else set()  # its maker is unknown
    assert left(generated) == unknown
    assert not (generated / "slept").exists()


@pytest.mark.long
def test_clean_keeps_what_was_edited_by_hand(tree):
    with (tree.path / METRICS).open("a") as file:
        file.write("\n")
    assert tree.make("evaluate").ran == {"evaluate mean_impute ridge"}
    assert tree.make("clean").code == 0
    assert (tree.path / "artifacts/edited_by_hand" / METRICS).exists()
    assert [path.name for path in (tree.path / "artifacts").iterdir()] == ["edited_by_hand"]
