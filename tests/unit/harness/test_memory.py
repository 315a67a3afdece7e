"""What a run held, and what a machine or its control group has."""

import subprocess
import sys
from pathlib import Path

from tidemark.harness import memory

import pytest

ROOT = Path(__file__).resolve().parents[3]
GB = 1_000_000_000


def limited(monkeypatch, tmp_path, own, files):
    """What a machine of 8 GB has to these control groups."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n")
    (tmp_path / "own").write_text(own)
    monkeypatch.setattr(memory, "CGROUPS", tmp_path)
    monkeypatch.setattr(memory, "OWN", tmp_path / "own")
    monkeypatch.setattr(
        memory.os, "sysconf", {"SC_PHYS_PAGES": 8 * GB // 4000, "SC_PAGE_SIZE": 4000}.get
    )
    return memory.of_machine()[:2]


@pytest.mark.parametrize(
    ("own", "files", "limit"),
    [
        ("0::/a/b\n", {}, (8 * GB, "this machine")),
        ("0::/a/b\n", {"a/b/memory.max": "max", "a/memory.max": "max"}, (8 * GB, "this machine")),
        ("0::/a/b\n", {"a/b/memory.max": 3 * GB}, (3 * GB, "its control group")),
        ("0::/a/b\n", {"a/b/memory.max": 3 * GB, "a/memory.max": GB}, (GB, "its control group")),
        ("0::/a/b\n", {"a/b/memory.max": 9 * GB}, (8 * GB, "this machine")),
        ("0::/\n", {"memory.max": 2 * GB}, (2 * GB, "its control group")),
        # a container that sees the host's path, and its own limit at the top
        ("0::/docker/x\n", {"memory.max": 2 * GB}, (2 * GB, "its control group")),
        # version 1, and both at once
        (
            "4:memory:/job/7\n0::/\n", {"memory/job/memory.limit_in_bytes": 4 * GB},
            (4 * GB, "its control group"),
        ),
        ("2:cpu,cpuacct:/\n", {"memory.max": GB}, (8 * GB, "this machine")),
        ("4:memory:/\n", {"memory/memory.limit_in_bytes": 2**63}, (8 * GB, "this machine")),
    ],
)  # fmt: skip
def test_the_limit_is_the_least_of_the_groups_around_it_or_the_machines(
    monkeypatch, tmp_path, own, files, limit
):
    assert limited(monkeypatch, tmp_path, own, files) == limit


def test_without_control_groups_it_is_the_machines(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "OWN", tmp_path / "no such file")
    assert memory.of_machine().of == "this machine"


def test_the_peak_counts_what_was_held_here_and_apart_but_not_what_is_shared():
    program = (
        "from tidemark.harness import memory\n"
        "before = memory.peak_bytes()\n"
        "bytearray(80_000_000)\n"
        "own = memory.peak_bytes()\n"
        "memory.count_apart(7_000_000)\n"
        "memory.count_apart(5_000_000)\n"
        "print(before, own, memory.peak_bytes())\n"
    )

    def peaks(**environment):
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True,
            env={"PYTHONPATH": str(ROOT / "scripts"), **environment},
        )  # fmt: skip
        return list(map(int, done.stdout.split()))

    before, own, together = peaks()
    assert 70_000_000 < own - before < 90_000_000
    assert together - own == 7_000_000
    assert abs(peaks(TIDEMARK_SHARED_BYTES="10000000")[1] - (own - 10_000_000)) < 3_000_000
    assert peaks(TIDEMARK_SHARED_BYTES=str(GB))[1] == 0


def test_what_is_awaited_counts_beside_what_is_held_meanwhile():
    """Not beside what was held before: 80 MB are gone when 50 MB are held elsewhere."""
    program = (
        "import os; from tidemark.harness import memory; from tidemark.isolated import lives\n"
        "bytearray(80_000_000)\n"
        "peak, now = memory.peak_bytes(), lives.resident_bytes()\n"
        "memory.count_awaited(50_000_000); print(memory.peak_bytes() - peak)\n"
        "memory.count_awaited(150_000_000); print(memory.peak_bytes() - now - 150_000_000)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(ROOT / "scripts")},
    )  # fmt: skip
    beside, both = map(int, done.stdout.split())
    assert beside == 0
    assert both == pytest.approx(0, abs=5e6)
