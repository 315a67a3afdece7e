"""What `make why` says about something fresh: a summary, and details if asked for."""

from dataclasses import replace
from datetime import UTC, datetime

from commands import why
from tidemark.dag import graph
from tidemark.dag.graph import Node
from tidemark.harness.instance import Instance
from tidemark.harness.reason import Cause, Reason
from tidemark.harness.record import Acceptance, Checkpoint, Input, Module, Output

RAN = Checkpoint(
    Instance("evaluate", {}),
    datetime(2026, 11, 28, 18, 27, 0, 123456, tzinfo=UTC),
    seconds=1.234,
    peak_memory_bytes=52_000_000,
    run="12-34",
    reasons=["never ran"],
    libraries={"python": "3.11.7", "numpy": "2.1"},
    inputs={f"data/{n:03}.parquet": Input("ab" * 32) for n in range(200)},
    config={f"models.m{n}.alpha": n for n in range(90)},
    code={f"scripts/tidemark/m{n}.py": Module("cd" * 32, "") for n in range(40)},
    outputs={"reports/x.md": Output("ef" * 32, 1, 1)},
    notes=["mind the gap"],
)


def node(name, state=graph.FRESH):
    reasons = () if state == graph.FRESH else (Reason(Cause.MODULE, "scripts/evaluate.py"),)
    return Node(Instance("evaluate", {"s": "a", "m": name}), state, reasons, {}, RAN)


def test_something_fresh_is_told_in_brief():
    lines = why.told([node("ridge")], {}).splitlines()
    assert lines == [
        "evaluate a ridge: fresh",
        "  built 2026-11-28T18:27:00 UTC in 1.2 s and 52 MB, run 12-34",
        "  because never ran",
        "  with python 3.11.7, numpy 2.1",
        "  from 200 files: data/000.parquet, data/001.parquet, data/002.parquet and 197 more",
        "  config 90 keys: models.m0.alpha, models.m1.alpha, models.m2.alpha and 87 more",
        "  code 40 modules: scripts/tidemark/m0.py, scripts/tidemark/m1.py, scripts/tidemark/m2.py"
        " and 37 more",
        "  wrote 1 file: reports/x.md",
        "  note: mind the gap",
        "  DETAILS=1 lists files and modules with their hashes, and keys with their values",
    ]


def test_details_name_each_file_key_and_module():
    lines = why.told([node("ridge")], {}, details=True).splitlines()
    assert len(lines) == 4 + 200 + 90 + 40 + 1 + 1
    for line in (
        "  from data/199.parquet abababababab",
        "  config models.m89.alpha = 89",
        "  code scripts/tidemark/m39.py cdcdcdcdcdcd",
        "  wrote reports/x.md efefefefefef",
    ):
        assert line in lines


def test_instances_that_are_fresh_have_a_line_each_and_others_their_cause():
    accepted = Acceptance("me", "now", "same", ["code x"])
    edited = ("a.py", "b.py", "c.py", "d.py")
    mean = replace(node("mean"), checkpoint=replace(RAN, accepted=[accepted]), plumbing=edited)
    nodes = {one.name: one for one in (node("ridge", graph.STALE), node("svr"), mean)}
    told = why.told(list(nodes.values()), nodes).split("\n\n")
    assert told[0] == "evaluate, 3 instances: 2 fresh, 1 stale"
    assert told[1].startswith("evaluate a ridge: will run\n  <- code scripts/evaluate.py\n")
    assert told[2].splitlines() == [
        "evaluate a svr: fresh, built 2026-11-28T18:27:00 UTC in 1.2 s and 52 MB"
        " from 200 files, 90 keys, 40 modules",
        "evaluate a mean: fresh, built 2026-11-28T18:27:00 UTC in 1.2 s and 52 MB"
        " from 200 files, 90 keys, 40 modules",
        "  a.py, b.py, c.py and 1 more were edited since: they shape no byte",
        "  accepted now by me: same",
        "    code x",
        why.MORE,
    ]


def test_steps_with_the_same_way_to_the_root_are_told_together():
    way = ["data/markets.json", "market_scenarios", "config stress.fall -0.2 -> -0.3"]
    causes = [[f"data/{name}.parquet", f"backtest {name}", *way] for name in "abcde"]
    alone = [["code scripts/assess.py"], ["data/x.json", "bars", "code scripts/bars.py"]]
    files = "data/a.parquet, data/b.parquet, data/c.parquet and 2 more"
    steps = "backtest a, backtest b, backtest c and 2 more"
    found = why._together([alone[0], *causes, alone[1]])
    assert found == [alone[0], [files, steps, *way], alone[1]]
