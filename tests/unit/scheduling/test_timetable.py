"""What starts when, and what cannot be told to a scheduler."""

from datetime import time
from pathlib import Path

from tidemark.errors import InputError
from tidemark.scheduling.timetable import timetable

import pytest

MAKE = ["/usr/bin/make"]
FOUR = ["data-pipeline", "scenarios-pipeline", "metrics-pipeline", "assessment-pipeline"]


def table(folder="/home/me/My Project", at="19:00"):
    return timetable(Path(folder), MAKE, at, FOUR, None)


def test_one_time_is_that_of_all():
    (entry,) = table().entries
    assert (entry.at, entry.command) == (time(19), ("/usr/bin/make", "daily"))
    assert entry.name.startswith("tidemark-my-project-")


def test_four_times_are_those_of_the_pipelines():
    entries = table(at="19:00 19:30 20:00 20:30").entries
    assert [str(entry.at) for entry in entries] == ["19:00:00", "19:30:00", "20:00:00", "20:30:00"]
    assert [entry.command[-1] for entry in entries] == [f"ONLY={goal}" for goal in FOUR]
    assert len({entry.name for entry in entries}) == 4


def test_two_folders_of_one_name_have_two_names():
    assert table("/a/tidemark").name != table("/b/tidemark").name
    assert table("/a/データ").name.startswith("tidemark-project-")


@pytest.mark.parametrize(
    "at",
    ["", "25:00", "7:00", "19:60", "19:00 20:00", "20:00 19:00 21:00 22:00"],
)
def test_what_is_no_timetable_is_refused(at):
    with pytest.raises(InputError, match=r"AT="):
        table(at=at)


@pytest.mark.parametrize("folder", ["/a\nb", "/a\\b", "/a ", "/a\x07b"])
def test_a_folder_that_a_scheduler_cannot_be_told_is_refused(folder):
    with pytest.raises(InputError, match="no folder that a scheduler can be told"):
        table(folder)
