"""What a run changed: values old and new, and the causes of what ran."""

from tidemark.dag.graph import Node
from tidemark.harness.instance import Instance
from tidemark.showing import changed
from tidemark.showing.changed import Change
from tidemark.tables.history import content


def node(step: str, words: str = "", *makers: str) -> Node:
    names = dict(zip(("scenario", "model"), words.split(), strict=False))
    upstream = {f"{maker}.parquet": maker for maker in makers}
    return Node(Instance(step, names), "fresh", (), upstream)


NODES = {
    one.name: one
    for one in (
        node("split_data", "s"),
        node("train_models", "s ridge", "split_data_s"),
        node("train_models", "s svr", "split_data_s"),
        node("evaluate", "s ridge", "train_models_s_ridge"),
        node("evaluate", "s svr", "train_models_s_svr"),
        node("reports", "", "evaluate_s_ridge", "evaluate_s_svr"),
    )
}


def record(outputs: dict[str, str], **why: str) -> dict:
    steps = [{"name": name, "state": "ran", "why": words} for name, words in why.items()]
    return content({"outputs": outputs}, steps=steps)


BEFORE = record(dict.fromkeys(NODES, "old"))


def causes(*changed_outputs: str, **why: str) -> dict[str, tuple[list[str], list[str]]]:
    outputs = {name: "new" if name in changed_outputs else "old" for name in NODES}
    found = changed.causes(record(outputs, **why), BEFORE, NODES)
    return {cause.why: (cause.steps, cause.following) for cause in found}


def test_values_that_differ_are_told_with_both_sides():
    before = {"a": 1.0, "b": [1, 2], "gone": None, "same": "x"}
    after = {"new": True, "a": 100.0, "b": [1, 2, 3], "same": "x"}
    assert changed.differences(before, after) == [
        Change("new", "", "true"),
        Change("a", "1.0", "100.0"),
        Change("b", "[1, 2]", "[1, 2, 3]"),
        Change("gone", "null", ""),
    ]


def test_steps_follow_from_the_cause_of_what_made_their_inputs():
    assert causes(
        "train_models_s_ridge", "evaluate_s_ridge",
        train_models_s_ridge="config alpha", evaluate_s_ridge="a.pkl", reports="b.json",
    ) == {"config alpha": (["train_models_s_ridge"], ["evaluate_s_ridge", "reports"])}  # fmt: skip


def test_a_step_follows_from_each_of_its_causes_once():
    found = causes(
        *NODES,
        train_models_s_ridge="config alpha", train_models_s_svr="config c",
        evaluate_s_ridge="x", evaluate_s_svr="x", reports="x",
    )  # fmt: skip
    assert found == {
        "config alpha": (["train_models_s_ridge"], ["evaluate_s_ridge", "reports"]),
        "config c": (["train_models_s_svr"], ["evaluate_s_svr", "reports"]),
    }


def test_the_same_cause_of_several_steps_is_one():
    found = causes(*NODES, train_models_s_ridge="code a.py", train_models_s_svr="code a.py")
    assert found == {"code a.py": (["train_models_s_ridge", "train_models_s_svr"], [])}


def test_nothing_follows_from_a_step_that_wrote_the_same():
    found = causes(train_models_s_ridge="code a.py", evaluate_s_ridge="its output was edited")
    assert found["its output was edited"] == (["evaluate_s_ridge"], [])


def test_a_step_that_is_no_longer_configured_is_told_by_its_name():
    found = changed.causes(record({"old_step": "new"}, old_step="never ran"), None, NODES)
    assert [(cause.why, cause.steps) for cause in found] == [("never ran", ["old_step"])]
    assert changed.by_step(["old_step"], NODES) == ["old_step"]


def test_instances_are_counted_by_step():
    assert changed.by_step(list(NODES), NODES) == [
        "split_data s", "2 of train_models", "2 of evaluate", "reports",
    ]  # fmt: skip
