"""The list of what is generated, against all that goes by it but cannot read it."""

import re
import shutil
import subprocess
from pathlib import PurePath

from tidemark.files import generated
from tidemark.files.generated import listed
from tidemark.harness import outputs, results_store, verification
from tidemark.project import CODE
from tidemark.showing import index
from tidemark.tables import history

EMPTIED, NOTED, COMMITTED = map(listed, ("emptied", "noted", "committed"))
KEPT, REMEMBERED = map(listed, ("kept", "remembered"))
SHOWN = listed("shown")
TOPS = {path.partition("/")[0] for path in (*EMPTIED, *NOTED)}


def test_each_line_has_a_word_that_the_list_explains_and_a_path():
    text = (CODE / generated.LIST).read_text("utf-8")
    explained = set(re.findall(r"^# (\w+)  +\w", text, re.M))
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    assert {word for word, _ in lines} == explained
    assert len(lines) == len({path for _, path in lines})


def test_what_is_kept_lies_directly_in_what_is_emptied_where_clean_looks_for_it():
    assert {str(PurePath(path).parent) for path in (*KEPT, *REMEMBERED)} <= {*EMPTIED}
    for path in COMMITTED:
        assert not any(PurePath(path).is_relative_to(folder) for folder in EMPTIED)
    assert EMPTIED[-1] == "artifacts", "in it stands what steps noted"
    assert {*KEPT} == {str(history.FOLDER), str(outputs.KEPT)}
    assert REMEMBERED == (results_store.FOLDER,)
    assert SHOWN == (index.INDEX,)


def test_the_quick_look_watches_what_steps_write():
    looked = (CODE / "scripts/changed.sh").read_text("utf-8")
    watched = set(re.search(r"\$\(existing (data/raw[^)]*)\)", looked)[1].replace("\\", "").split())
    results = {*EMPTIED, *NOTED} - {"logs", "artifacts", "reports/figs"}
    assert [path for path in SHOWN if f"-path {path} " not in looked] == []
    assert watched == results | {"artifacts/.deps", "artifacts/.producers"}
    assert {*verification.WRITTEN} == TOPS - {"logs"}


def test_git_ignores_what_is_generated_or_kept_and_has_what_people_write(tmp_path):
    ignored = (CODE / ".gitignore").read_text("utf-8").splitlines()
    assert {line.strip("/*") for line in ignored if line.endswith("/*")} == TOPS
    excepted = {line[2:].rstrip("/") for line in ignored if line.startswith("!")}
    assert {path for path in excepted if not path.endswith("/README.md")} == {*COMMITTED}
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    shutil.copy(CODE / ".gitignore", tmp_path)
    asked = [f"{folder}/x.json" for folder in (*EMPTIED, *NOTED, *KEPT, *REMEMBERED, *COMMITTED)]
    asked += [*listed("bookkeeping"), *SHOWN, "features/README.md"]
    done = subprocess.run(
        ["git", "check-ignore", *asked], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    left = {*asked} - {*done.stdout.splitlines()}
    assert left == {*(f"{folder}/x.json" for folder in COMMITTED), "features/README.md"}
