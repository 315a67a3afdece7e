"""What `make compare-tree` names as the cause of a difference."""

from dataclasses import replace

from commands import compare_tree
from tidemark.harness.record import Module

from test_why import RAN


def test_code_that_shapes_no_byte_is_no_cause():
    modules = ("scripts/tidemark/harness/logs.py", "scripts/tidemark/files/store.py")
    here, there = (replace(RAN, code=dict.fromkeys(modules, Module(m, m))) for m in ("ab", "cd"))
    assert compare_tree._causes(here, there) == [f"code {modules[1]}: ab here, cd there"]
