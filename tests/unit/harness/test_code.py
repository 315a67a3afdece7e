import os
import subprocess
import sys
from pathlib import Path

from tidemark.harness import code

import pytest

ROOT = Path(__file__).resolve().parents[3]
SOURCE = b'"""Doc."""\n\ndef f(x):\n    """Double."""\n    return x * 2  # why\n'


@pytest.mark.parametrize(
    "same",
    [
        SOURCE.replace(b"# why", b"# because"),
        SOURCE.replace(b'"""Doc."""\n', b""),
        SOURCE.replace(b"Double.", b"Twice."),
        SOURCE.replace(b"x * 2", b"(x  *  2)"),
        SOURCE.replace(b"\n", b"\r\n"),
    ],
)
def test_comments_docstrings_and_layout_mean_nothing(same):
    assert same != SOURCE
    assert code.meaning(same) == code.meaning(SOURCE)


@pytest.mark.parametrize(
    "other",
    [
        SOURCE.replace(b"* 2", b"* 3"),
        SOURCE.replace(b"x * 2", b"2 * x"),
        SOURCE.replace(b"def f", b"def g"),
        SOURCE + b'TEXT = "a"\n',
        SOURCE + b"this does not parse(",
    ],
)
def test_everything_else_does(other):
    assert code.meaning(other) != code.meaning(SOURCE)


@pytest.mark.parametrize("path", ["page.js", "page.css", "page.html.j2"])
def test_of_what_is_no_module_each_byte_counts(path):
    assert code.meaning_of("module.py", b"a = 1\n") == code.meaning_of(
        "module.py", b"a = 1 # why\n"
    )
    assert code.meaning_of(path, b"a = 1\n") != code.meaning_of(path, b"a = 1 # why\n")


def test_a_string_that_is_no_docstring_counts():
    assert code.meaning(b'def f():\n    return "a"\n') != code.meaning(
        b'def f():\n    return "b"\n'
    )


def test_the_source_that_was_imported_is_kept_not_what_it_became(tmp_path):
    (tmp_path / "late.py").write_text("VALUE = 1\n")
    program = f"""
import sys; sys.path[:0] = [{str(ROOT / "scripts")!r}, {str(tmp_path)!r}]
from pathlib import Path
from tidemark.harness import code
code.watch(Path({str(tmp_path)!r}))
import late
Path(late.__file__).write_text("VALUE = 2\\n")
print(code.loaded(Path({str(tmp_path)!r})))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "{'late.py': b'VALUE = 1\\n'}", done.stderr


def test_what_lies_beside_a_module_is_code_too_as_it_was_read(tmp_path):
    (tmp_path / "styled").mkdir()
    (tmp_path / "styled/__init__.py").write_text("")
    (tmp_path / "styled/page.css").write_text("a {}")
    program = f"""
import sys; sys.path[:0] = [{str(ROOT / "scripts")!r}, {str(tmp_path)!r}]
from pathlib import Path
from pkgutil import get_data
from tidemark.harness import code
code.watch(Path({str(tmp_path)!r}))
assert get_data("styled", "page.css") == b"a {{}}"
Path({str(tmp_path)!r}, "styled/page.css").write_text("b {{}}")
print(code.loaded(Path({str(tmp_path)!r})))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    loaded = {"styled/__init__.py": b"", "styled/page.css": b"a {}"}
    assert done.stdout.strip() == repr(loaded), done.stderr


def test_a_stale_pyc_is_not_what_runs(tmp_path):
    """With the same size and whole second, Python by itself would run the old code."""
    program = f"""
import os, sys; sys.path[:0] = [{str(ROOT / "scripts")!r}, {str(tmp_path)!r}]
from pathlib import Path
from tidemark.harness import code
if sys.argv[1] == "watched":
    code.watch(Path({str(tmp_path)!r}))
import late
print(late.VALUE)
"""
    environment = {"PYTHONDONTWRITEBYTECODE": ""}
    printed = []
    for value, how in ((1, "plain"), (2, "plain"), (2, "watched")):
        (tmp_path / "late.py").write_text(f"VALUE = {value}\n")
        os.utime(tmp_path / "late.py", (1_700_000_000, 1_700_000_000))
        command = [sys.executable, "-c", program, how]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        printed.append(done.stdout.strip())
    assert printed == ["1", "1", "2"]


def test_nothing_that_shapes_bytes_is_loaded_before_the_watch():
    """What Python's own loader loads may come from a stale .pyc."""
    program = f"""
import sys; sys.path.insert(0, {str(ROOT / "scripts")!r})
import tidemark.harness.step
own = [module for name, module in sys.modules.items() if name.partition(".")[0] == "tidemark"]
print(*(m.__file__ for m in own if type(m.__loader__) is not tidemark.harness.code._Loader))
"""
    environment = {"TIDEMARK_LAUNCHED": "scripts/reports.py"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    before = {str(Path(file).relative_to(ROOT)) for file in done.stdout.split()}
    assert {"scripts/tidemark/harness/code.py"} <= before <= code.PLUMBING, done.stderr


def test_nothing_stands_for_a_script_that_was_edited_since_python_read_it(tmp_path):
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts/step.py"
    printed = []
    for edit in ("", "Path(__file__).write_text('EDITED = 1')"):
        source = f"""
import sys; sys.path.insert(0, {str(ROOT / "scripts")!r})
from pathlib import Path
from tidemark.harness import code
{edit}
code.watch(Path({str(tmp_path)!r}) / "scripts")
print(len(code.loaded(Path({str(tmp_path)!r}))["scripts/step.py"]) > 0)
"""
        script.write_text(source)
        done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
        printed.append(done.stdout.strip() or done.stderr)
    assert printed == ["True", "False"]


@pytest.mark.parametrize(("threads", "recorded"), [("1", True), ("2", False)])
def test_what_libraries_found_when_they_loaded_is_code(monkeypatch, tmp_path, threads, recorded):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(code, "_loaded", {})
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    source = b'VARIABLES = {"OMP_NUM_THREADS": "1"}\n'
    Path("surroundings.py").write_bytes(source)
    code.check_surroundings(Path("surroundings.py"))
    assert code._loaded == {str(tmp_path / "surroundings.py"): source if recorded else code.EDITED}


def test_all_plumbing_is_recorded_loaded_or_not():
    assert code.plumbing(ROOT).keys() == code.PLUMBING


def test_a_kept_meaning_is_that_of_the_same_rule(monkeypatch):
    source = b"answer = 41 + 1\n"
    before = code.meaning(source)
    code.meaning.cache_clear()
    assert code.meaning(source) == before
    monkeypatch.setattr(code, "_rule", lambda: b"another")
    monkeypatch.setattr(code, "_meaning", lambda source: "anything")
    code.meaning.cache_clear()
    assert code.meaning(source) == "anything"
    code.meaning.cache_clear()
