"""What `make store` shows of the results store."""

from pathlib import Path

from commands import store as command
from tidemark.harness.pruning import Contents, File
from tidemark.harness.results_store import Pin, Store

import pytest

OBJECTS = {sha: File(Path(sha), 400, 0) for sha in ("a", "b", "c")}


@pytest.mark.parametrize(("bound", "too_full"), [(799, True), (800, False)])
def test_pins_that_leave_no_room_are_told(tmp_path, bound, too_full):
    pins = [Pin("history", ("a", "b")), Pin("history", ("b", "gone"))]
    told = command.described(Store(tmp_path), Contents(objects=OBJECTS, pins=pins), bound)
    assert told["pinned_bytes"] == 800, "each object counts once"
    assert told["pinned"] == [{"by": "history", "objects": 2, "bytes": 800, "missing": 1}]
    assert ("more than store.max_gigabytes" in command.as_table(told)) is too_full
