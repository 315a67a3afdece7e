"""The history: metrics/history/ has a record for each run that changed something.

A record is JSON, of form 4:

    run        identifies it, sortable: time at which its make began and process id
    began, ended
               ISO 8601, UTC
    seconds    from one to the other
    outcome    success, failed, or killed: it ended before all was done, and no step said why
    goals      that were asked for; none of a run by hand
    who        ran it, as git or the account has the name
    commit     of the project's git when it began; null if nobody can tell
    dirty      whether files differed from that commit when it began or ended; null if nobody can
               tell
    reconfigured
               whether the configuration was another one when it ended: what it left may be of both
    steps      name, step, state, began, seconds, rows, why of each that ran, was restored, failed
               or was killed; rows are those of all that it wrote
    pipelines  name -> steps, as make/ had them; none of a run by hand
    snapshot   the number of the one of data/store/ that results were made of, when the run ended;
               null if there is none
    failures   name -> message, of the last two
    moved      how results differ from those of the record before; null if there was none:
        since           the run of that record
        why             why that could not be found; empty if it could
        counts          model, strategy -> word -> how many figures; none if nothing differs
        rows            figures that are better or worse beyond chance, as `make diff` has them
        ranked          ranks, guardrails and verdicts that are others than before, likewise
        not_comparable  why figures cannot be compared -> how many
        confidence      of the intervals in rows
        note            how words and intervals are meant
    results    what the tree held when it ended, the same on two machines:
        config_file  the file that values are of
        config       dotted key -> value as the run began; of a secret, "set" or null
        data         path of each file that was fetched -> SHA-256
        stored       each source with a provider -> SHA-256 of the list of its stored files
        outputs      name of each configured instance that has a checkpoint -> hash of its outputs
        evidence     path of each file with figures by date -> SHA-256
        metrics      scenario, model, metric, value, low, high; the last two are an interval's ends
        strategies   strategy, rank, score, verdict, and what else the ranking says of its best set

A record of form 3 has neither rows nor beginnings of steps, no pipelines, and nothing on what was
stored. One of form 2 holds `{"metrics": [{"scenario", "model", "metric", "value"}, ...]}`, as does
one of form 1, which has no number. They are read as today's, with what they lack empty. `moved` is
no part of results, because what can still be compared depends on the machine.
"""

from collections.abc import Mapping
from typing import Any

from tidemark.files.append import BARE, Log
from tidemark.project import Tree

FOLDER = "metrics/history"
CHECKED = "artifacts/.history"
FORM = 4
OF_STEPS = 3
OF_METRICS = 2
FIELDS: dict[str, Any] = {
    "scenario": str,
    "model": str,
    "metric": str,
    "value": (int, float, type(None)),
}


def log(tree: Tree) -> Log:
    """The history of a project."""
    older = {BARE: _of_metrics, OF_METRICS: _of_metrics, OF_STEPS: _of_steps}
    return Log(tree / FOLDER, FORM, older, checked=tree / CHECKED)


def content(results: Mapping[str, Any], **run: Any) -> dict[str, Any]:
    """What a record holds, in the order above; what is not given is empty."""
    empty: dict[str, Any] = {
        "run": "",
        "began": None,
        "ended": None,
        "seconds": None,
        "outcome": "",
        "goals": [],
        "who": "",
        "commit": None,
        "dirty": None,
        "reconfigured": False,
        "steps": [],
        "pipelines": {},
        "snapshot": None,
        "failures": {},
        "moved": None,
    }
    nothing: dict[str, Any] = {
        "config_file": "",
        "config": {},
        "data": {},
        "stored": {},
        "outputs": {},
        "evidence": {},
        "metrics": [],
        "strategies": [],
    }
    return {**empty, **run, "results": {**nothing, **results}}


def moved(since: str, **found: Any) -> dict[str, Any]:
    """The part of that name, in the order above; what is not given is empty."""
    nothing: dict[str, Any] = {
        "why": "",
        "counts": {},
        "rows": [],
        "ranked": [],
        "not_comparable": {},
        "confidence": None,
        "note": "",
    }
    return {"since": since, **nothing, **found}


def _of_metrics(content_then: Any) -> Any:
    if not (isinstance(content_then, dict) and content_then.keys() == {"metrics"}):
        raise ValueError("not the metrics of a run")
    rows = content_then["metrics"]
    if not (isinstance(rows, list) and all(map(_is_row, rows))):
        raise ValueError("not rows of metrics")
    return content({"metrics": [{**row, "low": None, "high": None} for row in rows]})


def _of_steps(content_then: Any) -> Any:
    if not (isinstance(content_then, dict) and isinstance(content_then.get("steps"), list)):
        raise ValueError("not what a run did")
    run = {name: value for name, value in content_then.items() if name != "results"}
    steps = [{**step, "began": None, "rows": None} for step in run["steps"]]
    return content(content_then["results"], **{**run, "steps": steps})


def _is_row(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and row.keys() == FIELDS.keys()
        and all(isinstance(row[name], kind) for name, kind in FIELDS.items())
    )
