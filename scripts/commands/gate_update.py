"""Make results the baseline of `make gate`, and record who decided so, and why.

make gate-update REASON="first baseline"
make gate-update A=20261130T1557 REASON="back to before"    the results of an earlier run
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tidemark.comparing.as_text import as_text
from tidemark.comparing.compare import compare
from tidemark.comparing.side import Side
from tidemark.config import load, view
from tidemark.dag.fresh import must_be_fresh
from tidemark.errors import InputError
from tidemark.files import decisions
from tidemark.gating import baseline
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.harness.results_store import Store
from tidemark.project import HERE, ROOT
from tidemark.runs import naming, results, settling
from tidemark.runs.evidence import FiguresByDate
from tidemark.tables import history

Record = Mapping[str, Any]  # of a run


def main() -> int:
    """Record it and say what moved; exit code 2 without a reason, or whole results of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("--run", default=os.environ.get("A", ""), help="an earlier run")
    parser.add_argument("--reason", default=os.environ.get("REASON", ""))
    parser.add_argument("--make", default=os.environ.get("MAKE_COMMAND", "make"), help="GNU Make")
    options = parser.parse_args()
    os.chdir(ROOT)
    decisions.must_have_reason(decisions.BASELINES, options.reason)
    gate = load.load(HERE, options.config).gate
    decided = baseline.latest_of(HERE, gate.baseline, options.config)
    settling.settle(HERE)
    records = [record.content for record in history.log(HERE).records()]
    if options.run:
        kept = _of_run(options.run, records, options.config)
    else:
        must_be_fresh(HERE, options.make, options.config)
        kept = _of_tree(records)
    if decided and decided.kept.results == kept.results:
        console.say(
            f"baseline {gate.baseline} has these results already: {decided.decision.reason}"
        )
        return 0
    files = FiguresByDate([HERE], Store.of(HERE, view.stored(HERE)), kept.results["evidence"])
    moved = _moved(decided, Side("from now on", kept.results, files.table))
    baseline.decide(
        HERE, gate.baseline, kept, _contents(files), options.reason, gate.evidence_megabytes
    )
    console.say(f"{moved}\nbaseline {gate.baseline}: {options.reason.strip()}")
    return 0


def _of_tree(records: Sequence[Record]) -> baseline.Kept:
    """What the tree holds, with the commit of the run that left it, if that is known."""
    now = results.of(HERE)
    left = [record for record in records if record["results"]["outputs"] == now["outputs"]]
    of_run = left[-1] if left else {"commit": None, "dirty": None}
    return baseline.Kept(now, of_run["commit"], bool(of_run["dirty"]))


def _of_run(name: str, records: Sequence[Record], config: str) -> baseline.Kept:
    record = naming.begins(records, "A", name)
    if record is None:
        raise InputError(f"A={name}", "is no run", "make history lists them")
    own = record["results"]["config_file"]
    if record["outcome"] != "success":
        told = f"did not end well ({record['outcome'] or 'an older version kept little of it'})"
        raise InputError(f"A={name}", told, "name another; make history lists them")
    if own != config:
        raise InputError(f"A={name}", f"is of {own}, not of {config}", f"CONFIG={own}")
    return baseline.Kept(record["results"], record["commit"], bool(record["dirty"]))


def _contents(files: FiguresByDate) -> dict[str, bytes]:
    contents = {sha256: files.content(sha256) for sha256 in files.named.values()}
    lost = [path for path, sha256 in files.named.items() if contents[sha256] is None]
    if lost:
        cure = "name another run, or make all and decide on that"
        raise InputError(lost[0], "is no longer as that run left it, nor in the store", cure)
    return {sha256: data for sha256, data in contents.items() if data is not None}


def _moved(decided: baseline.Baseline | None, after: Side) -> str:
    if decided is None:
        counts = [len({(row["scenario"], row["model"]) for row in after.results["metrics"]})]
        counts.append(len(after.results["strategies"]))
        return f"the first: {counts[0]} models, {counts[1]} strategies"
    return as_text(compare(baseline.as_side(HERE, decided), after))


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
