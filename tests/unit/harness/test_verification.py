"""What verify.py saw, and what the quick look before every make must see afterwards."""

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from tidemark.config import view
from tidemark.files import store
from tidemark.harness import publishing, staleness, verification
from tidemark.harness.instance import Instance
from tidemark.harness.record import Checkpoint, Input, Module, Output
from tidemark.harness.staleness import Look
from tidemark.project import HERE

import pytest

ROOT = Path(__file__).resolve().parents[3]
FILES = ("data/in.csv", "metrics/out.json", "metrics/older.json", "scripts/m.py", "schemas/s.json")


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A project whose one step read a source and wrote two files an hour ago; all is well."""
    monkeypatch.chdir(tmp_path)
    for path in (*FILES, ".venv/bin/python"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text("1")
    shutil.copy2(ROOT / "scripts/changed.sh", "scripts")
    view.sync(HERE, {"fetch_data": {"prices": {"path": "data/in.csv"}}}, "", 1)
    hour_ago = store.now_ns(HERE) - 3600 * 10**9
    os.utime("metrics/older.json", ns=(hour_ago, hour_ago))
    sha = store.sha256(b"1")
    checkpoint = Checkpoint(
        Instance("fetch_data", {}),
        datetime.now(UTC),
        inputs={"data/in.csv": Input(sha)},
        code={"scripts/m.py": Module(sha, "m")},
        outputs={
            path: Output(sha, 1, Path(path).stat().st_mtime_ns)
            for path in FILES
            if path.startswith("metrics/")
        },
    )
    publishing.save(HERE, checkpoint, store.now_ns(HERE))


def quick_look() -> str:
    return subprocess.run(
        ["scripts/changed.sh"], capture_output=True, text=True, check=True
    ).stdout.strip()


def pause() -> None:
    """Wait until file times show the difference."""
    began = store.file_clock_ns(HERE)
    while store.file_clock_ns(HERE) < began + 20_000_000:
        pass


def test_what_was_looked_at_is_not_looked_at_again():
    pause()
    assert quick_look() == "verify"
    verification.verify(HERE)
    assert quick_look() == ""
    os.utime("metrics/older.json")
    assert quick_look() == "verify"
    verification.verify(HERE)
    assert quick_look() == ""


@pytest.mark.parametrize("restored", [False, True], ids=["edited", "with its time set back"])
@pytest.mark.parametrize("moment", ["publishing.publish", "verification._sweep"])
@pytest.mark.parametrize("path", FILES)
def test_an_edit_while_verify_looks_is_seen_by_the_next(monkeypatch, path, moment, restored):
    """The edit comes after the file was hashed: before or after its time is set."""
    pause()
    module, name = moment.split(".")
    going_on = getattr(globals()[module], name)

    def editing(*arguments):
        stat = Path(path).stat()
        pause()
        Path(path).write_text("2")
        if restored:
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        going_on(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(globals()[module], name, editing)
        verification.verify(HERE)
    assert quick_look() == "verify"
    reasons = list(staleness.reasons(Look(HERE), "fetch_data"))
    assert len(reasons) == (0 if path.startswith("schemas") else 1)
