"""The workflow that gates pull requests: its commands, run as a runner does, in a repository of its
own, with a make that only notes what it was asked for."""

import os
import subprocess
from pathlib import Path

from tidemark.gating import baseline
from tidemark.harness import results_store

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/gate.yml").read_text("utf-8"))
STEPS = {step.get("name"): step for step in WORKFLOW["jobs"]["gate"]["steps"]}
MAKE = '#!/bin/sh\necho "$@" >>asked\necho "| told of $1 |"\nexit "$CODE"\n'


def git(tree: Path, *command: str) -> None:
    named = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    subprocess.run(["git", *named, *command], cwd=tree, check=True)


@pytest.fixture
def run(tmp_path):
    """Runs a step; its exit code, what it asked of make, and the summary of the job."""
    stub = tmp_path / "bin/make"
    stub.parent.mkdir()
    stub.write_text(MAKE)
    stub.chmod(0o755)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "nothing yet")
    asked, summary = tmp_path / "asked", tmp_path / "summary.md"

    def ran(step: str, code: int = 0, **variables: str):
        script = tmp_path / "script.sh"
        script.write_text(STEPS[step]["run"])
        environment = {
            "PATH": f"{stub.parent}:{os.environ['PATH']}",
            "CODE": str(code),
            "GITHUB_STEP_SUMMARY": str(summary),
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script], cwd=tmp_path,
            env=environment | variables, capture_output=True, text=True, check=False,
        )  # fmt: skip
        texts = [path.read_text() if path.exists() else "" for path in (asked, summary)]
        return done.returncode, *texts, done.stdout

    assert WORKFLOW["defaults"]["run"]["shell"] == "bash"  # which GitHub starts like that
    return ran


@pytest.mark.parametrize("code", [0, 2])
def test_what_the_gate_says_is_in_the_summary_and_its_exit_code_counts(run, tmp_path, code):
    (tmp_path / baseline.FOLDER).mkdir(parents=True)
    assert run("Gate", code) == (code, "gate FORMAT=markdown\n", *["| told of gate |\n"] * 2)


def test_without_any_baseline_the_gate_says_so_and_passes(run):
    code, asked, summary, told = run("Gate", 2)
    assert (code, asked, summary) == (0, "", "")
    assert told.startswith("::notice title=gate::There is no baseline yet: make gate-update REASON")


def test_a_pull_request_cannot_remove_its_gate(run, tmp_path):
    (tmp_path / baseline.FOLDER).mkdir(parents=True)
    (tmp_path / baseline.FOLDER / "00001.json").write_text("{}\n")
    git(tmp_path, "add", "data")
    git(tmp_path, "commit", "-q", "-m", "a baseline")
    git(tmp_path, "update-ref", "refs/remotes/origin/trunk", "HEAD")
    git(tmp_path, "rm", "-q", "-r", "data")
    git(tmp_path, "commit", "-q", "-m", "none")
    assert run("Gate", 2)[0] == 0, "a push, which says itself what is kept"
    assert run("Gate", 2, GITHUB_BASE_REF="trunk")[:2] == (2, "gate FORMAT=markdown\n")


def test_a_base_branch_that_cannot_be_looked_at_is_no_pass(run):
    code, asked, _, told = run("Gate", GITHUB_BASE_REF="gone")
    assert (code != 0, asked, told) == (True, "", "")


def test_what_changed_follows_though_the_gate_failed(run):
    step = STEPS["What changed"]
    assert step["continue-on-error"] is True
    assert step["if"].startswith("always()")
    assert step["env"] == {"BASE": "${{ github.event.pull_request.base.sha }}"}
    told = run("What changed", BASE="c0ffee")
    assert told[:3] == (0, "diff A=c0ffee FORMAT=markdown\n", "| told of diff |\n")


def test_the_whole_history_and_the_results_store_are_there():
    uses = {
        step["uses"].partition("@")[0]: step["with"]
        for step in WORKFLOW["jobs"]["gate"]["steps"]
        if "uses" in step
    }
    assert uses["actions/checkout"]["fetch-depth"] == 0
    restored, saved = (uses[f"actions/cache/{what}"] for what in ("restore", "save"))
    assert restored["path"] == saved["path"] == results_store.FOLDER
    assert restored["key"] == saved["key"]
    assert saved["key"].startswith(restored["restore-keys"])
