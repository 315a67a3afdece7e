"""Look at files of prices, and propose a whole configuration for them.

    make adopt FILE="My Data.csv"                    what it holds, how sure that is, what is asked
    make adopt FILE="My Data.csv" DATES=day-first    a question answered
    make adopt FILE="mydata/*.csv" WRITE=yes         writes config.mine.yaml and what that names

FILE is a file; or a folder or a pattern, for one file a ticker. A name that Make cannot say gets a
link in data/own/. Nothing is written without WRITE=yes, nor while a question is open.
"""

import argparse
import glob
import importlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tidemark.adopting import form, links, meaning, page, proposal
from tidemark.adopting.conclusions import ANSWERS, Conclusion, Question
from tidemark.adopting.links import OWN, Chosen
from tidemark.config import load, yaml_lines
from tidemark.errors import InputError, hint
from tidemark.files import generated, store
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.naming import counted, several
from tidemark.project import CODE, HERE, ROOT, Tree
from tidemark.reading.files import extras_of, must_unpack_to
from tidemark.reading.kinds import kind_of
from tidemark.sources import prices
from tidemark.validation.finding import Finding

SHIPPED_SCHEMA = "schemas/prices.json"
LARGEST = 1000  # megabytes, where the configuration says nothing
COPIES = Path(OWN, ".copies.json")  # by the name of each copy there, of what it was made
SHOWN = 5  # errors in the data
MENDABLE = "give it with FILE, e.g. make adopt FILE='My Data.csv'"


class Noted(dict[str, str]):
    """Answers that note in `wanted` which of them anybody asked for."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        super().__init__(answers)
        self.wanted: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        """The answer, if it was given."""
        self.wanted.add(name)
        return super().get(name, default)


def main() -> int:
    """Print what was found; exit code 2 if files cannot be read, or WRITE meets a question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", default=os.environ.get("FILE", ""))
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("--write", action="store_true", default=os.environ.get("WRITE") == "yes")
    options = parser.parse_args()
    os.chdir(ROOT)
    answers = {name: os.environ[name] for name in ANSWERS if os.environ.get(name)}
    return _adopt(options.file, options.config, answers, write=options.write)


def _adopt(asked: str, config: str, given: Mapping[str, str], *, write: bool) -> int:
    chosen = _chosen(asked)
    shipped = store.read_file(Path(config))
    at_most = _largest(yaml_lines.parse(config, shipped)[0])
    contents = {file: _content(file, at_most) for file in chosen.names}
    _add_what_reads(contents)
    console.say(_heading(chosen, contents))
    if unseen := _folders_of_data(asked):
        console.say(f"  not looked at: {several(unseen)}, as it is a folder within\n")
    typed, answers = {"FILE": asked, **given}, Noted(given)
    found = form.found(contents, answers)
    conclusions, questions = [*found.conclusions], [*found.questions]
    if not questions:
        meant = meaning.of(found.tables, found.form, chosen.path, answers)
        conclusions, questions = [*conclusions, *meant.conclusions], [*meant.questions]
    if questions:
        return _ask(conclusions, questions, typed, write=write)
    for name in given.keys() - answers.wanted:
        raise InputError(name, "answers nothing that these files leave open", "leave it out")
    console.say(page.conclusions(conclusions))
    own = {chosen.names[file]: content for file, content in contents.items()}
    read = prices.read(own, proposal.in_full(meant.section))
    schema = store.read_file(Path(SHIPPED_SCHEMA))
    proposed = proposal.made(shipped, schema, read.records, meant.section, asked)
    _must_be_taken(proposed.files, config)
    console.say(page.conclusions(proposed.conclusions))
    for note in read.notes:
        if note == prices.UNADJUSTED:  # which the line `adjusted` says
            continue
        console.say(f"  note: {note}")
    _tell_broken(proposed.broken)
    if write:
        _write(chosen, proposed.files)
    else:
        told = page.command({**typed, "WRITE": "yes"})
        console.say(
            f"\nNothing is written yet. For {proposal.CONFIG} and what it names:\n\n    {told}"
        )
    return 0


def _chosen(asked: str) -> Chosen:
    """The files that FILE names, and how the configuration can."""
    if not asked.strip():
        raise InputError("FILE", "is empty", MENDABLE)
    path = _here(os.path.expanduser(asked))  # noqa: PTH111
    if Path(path).is_file():
        chosen = links.of_file(path, _taken({path}))
    else:
        pattern, shape = path, path
        if Path(path).is_dir():
            wildcard = f"*{_common_ending(path)}"
            pattern, shape = f"{path}/{wildcard}", f"{glob.escape(path)}/{wildcard}"
        found = sorted(glob.glob(shape))  # noqa: PTH207
        _must_lead_to_files(found)
        files = [file for file in found if Path(file).is_file()]
        if not files:
            raise _nothing(asked, path)
        if "*" in str(Path(pattern).parent) or "**" in pattern:
            raise InputError(asked, "has a * in a folder's name", "name one folder at a time")
        chosen = links.of_several(pattern, files, _taken({*files, str(Path(pattern).parent)}))
    for file in chosen.names:
        if folder := generated.generated_folder(HERE, file):
            cure = "name a file of your own"
            raise InputError(file, f"lies in {folder}/, which the pipeline writes", cure)
    return chosen


def _must_lead_to_files(found: Sequence[str]) -> None:
    """Refuse to leave out a link that leads nowhere, or a folder that is called as a file.

    Raises:
        InputError: names the first.
    """
    for path in found:
        if not Path(path).exists():
            raise InputError(path, "is a link to what is not there", "mend or remove it")
        if Path(path).is_dir() and kind_of(path):
            cure = f"name what is in it, or move it: FILE='{path}/*'"
            raise InputError(path, "is a folder, though it is called as a file", cure)


def _here(path: str) -> str:
    """A path as seen from the project, if it lies there; else from the root."""
    full = Path(os.path.abspath(path))  # noqa: PTH100
    return str(full.relative_to(ROOT)) if full.is_relative_to(ROOT) else str(full)


def _common_ending(folder: str) -> str:
    """The ending of the files of data in a folder, of which there has to be one."""
    names = [entry.name for entry in Path(folder).iterdir() if entry.is_file()]
    data = [name for name in names if kind_of(name) and not name.startswith(".")]
    found = Counter(ending[0] for name in data if (ending := links.ENDING.search(name)))
    if len(found) != 1:
        told = ", ".join(f"{count} {ending}" for ending, count in found.most_common())
        raise InputError(
            folder,
            f"holds files of several kinds ({told})" if found else "holds no file of data",
            f"say which: FILE='{folder}/*.csv'",
        )
    return next(iter(found))


def _nothing(asked: str, path: str) -> InputError:
    folder = Path(path).parent
    if Path(path).is_symlink():
        return InputError(asked, "is a link to what is not there", "mend it, or name another file")
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    return InputError(asked, f"is not there{hint(Path(path).name, names)}", MENDABLE)


def _taken(wanted: set[str]) -> set[str]:
    """The names in data/own/ that lead to something else than what is wanted."""
    there = Path(OWN).iterdir() if Path(OWN).is_dir() else ()
    real = {os.path.realpath(path) for path in wanted}
    return {entry.name for entry in there if entry != COPIES and not _is_of(entry, real)}


def _is_of(entry: Path, real: set[str]) -> bool:
    """Whether a link or a copy is of one of these, or a folder holds nothing else."""
    if _copies().get(str(entry), os.path.realpath(entry)) in real:
        return True
    inside = [*entry.iterdir()] if entry.is_dir() and not entry.is_symlink() else []
    return bool(inside) and all(_is_of(path, real) for path in inside)


def _copies() -> dict[str, str]:
    text = _text(str(COPIES))
    return dict(json.loads(text)) if text else {}


def _largest(shipped: Mapping[str, Any]) -> int:
    """The bytes that a file may unpack to."""
    fetch = shipped.get("fetch_data") or {}
    return int(fetch.get("largest_file_megabytes", LARGEST)) * 1_000_000


def _content(file: str, at_most: int) -> bytes:
    try:
        store.must_be_at_most(Path(file), at_most)
        content = store.read_file(Path(file))
    except OSError as error:
        raise InputError(file, error.strerror or str(error), "name a file of data") from error
    must_unpack_to(file, content, at_most)
    return content


def _add_what_reads(contents: Mapping[str, bytes]) -> None:
    """Install what only some kinds of files need, if it is not there."""
    for extra in sorted(set().union(*itertools.starmap(extras_of, contents.items()))):
        if not (CODE / f".venv/.{extra}-ok").exists():
            lock = f"requirements-{extra}.lock"
            done = subprocess.run([CODE / "scripts/environment.sh", lock], check=False)
            if done.returncode:
                raise InputError(lock, "could not be installed", "see the lines above")
            importlib.invalidate_caches()


def _heading(chosen: Chosen, contents: Mapping[str, bytes]) -> str:
    size = sum(map(len, contents.values()))
    first, *others = contents
    told = first if not others else f"{counted(len(contents), 'file')}, the first {first}"
    return f"{told} ({size:,} bytes)\n"


def _folders_of_data(asked: str) -> list[str]:
    """The folders in a folder that hold data, too."""
    folder = Path(os.path.expanduser(asked))  # noqa: PTH111
    inner = sorted(one for one in folder.iterdir() if one.is_dir()) if folder.is_dir() else []
    return [f"{one.name}/" for one in inner if any(kind_of(file.name) for file in one.iterdir())]


def _ask(
    found: Sequence[Conclusion],
    questions: Sequence[Question],
    typed: Mapping[str, str],
    *,
    write: bool,
) -> int:
    console.say(page.conclusions(found))
    console.say(f"\n{page.questions(questions, typed)}")
    if write:
        raise InputError("WRITE", "nothing is written while a question is open", "answer it")
    return 0


def _must_be_taken(files: Mapping[str, str], config: str) -> None:
    """Refuse a proposal that the pipeline would refuse, before anybody sees it."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            store.write_atomic(Path(folder, name), text.encode())
        try:
            load.load(Tree(Path(folder), CODE), proposal.CONFIG)
        except InputError as error:
            problem = f"what would follow from it is refused: {error}"
            raise InputError(config, problem, "mend it, or restore it: git checkout") from error


def _tell_broken(findings: Sequence[Finding]) -> None:
    if findings:
        console.say("\nThe pipeline will stop at these, until the files are mended:")
    for finding in findings[:SHOWN]:
        where = f"{finding.column}: " if finding.column else ""
        console.say(f"  {where}{finding.message}. Cure: {finding.cure}")


def _write(chosen: Chosen, files: Mapping[str, str]) -> None:
    """Write the links and the files, the configuration last; what people edited is kept."""
    console.say("")
    for link, target in chosen.links.items():
        console.say(_linked(Path(link), target))
    there = {name: text for name in files if (text := _text(name)) is not None}
    edited = proposal.edited(there)
    for name in reversed(files):
        if name in edited and there[name] != files[name]:
            console.say(f"{name} was edited: the old one is {_kept(Path(name))}")
        store.write_if_changed(Path(name), files[name].encode())
        console.say(f"wrote {name}")
    console.say(f"\nNext: make all CONFIG={proposal.CONFIG}")


def _linked(link: Path, target: str) -> str:
    """Make the link, or a copy where a file system has no links; in words."""
    link.parent.mkdir(parents=True, exist_ok=True)
    leads, real, copies = f"{link} leads to {target}", os.path.realpath(target), _copies()
    if os.path.realpath(link) == real:
        return leads
    again = copies.get(str(link)) == real
    if again and link.is_dir():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    inside = not Path(target).is_absolute()
    try:
        link.symlink_to(os.path.relpath(target, link.parent) if inside else target)
    except OSError as error:
        store.write_atomic(COPIES, json.dumps({**copies, str(link): real}, indent=2).encode())
        copy = shutil.copytree if Path(target).is_dir() else shutil.copy2
        copy(target, link)
        copied = "was copied anew from" if again else "is a copy of"
        return f"{link} {copied} {target} ({error.strerror}): adopt it again when that changes"
    return leads


def _text(name: str) -> str | None:
    try:
        return Path(name).read_text("utf-8")
    except FileNotFoundError:
        return None


def _kept(path: Path) -> Path:
    """Move a file to the first name beside it that is free."""
    old, number = path.with_name(f"{path.name}.old"), 2
    while old.exists():
        old, number = path.with_name(f"{path.name}.old{number}"), number + 1
    return path.rename(old)


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
