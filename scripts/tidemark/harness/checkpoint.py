"""The tide mark: what a step read, wrote and ran with, and whether that still holds.

A checkpoint is `artifacts/<name>.ok`, JSON. Beside it stand files that follow from it and exist for
speed: `artifacts/.deps/<name>.d` tells Make what the step was seen to depend on, and
`artifacts/.producers/<path>` names the checkpoint that wrote an output.

Only the standard library is imported here: a step that need not run must not pay for pandas.
"""

import contextlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tidemark.config import view
from tidemark.errors import InputError
from tidemark.files import listings, store
from tidemark.harness import code, environment
from tidemark.harness import outputs as staging
from tidemark.harness.reason import Cause, Reason

FORMAT = 2
FOLDER = Path("artifacts")
DEPS = FOLDER / ".deps"
PRODUCERS = FOLDER / ".producers"
FAILED = FOLDER / ".failed"
LONG_AGO_NS = 946_684_800 * 10**9  # of a checkpoint that does not hold
UNREADABLE = "cannot be read"  # in place of a hash
POLICY = "environment.rerun_on_upgrade"
LARGEST = "fetch_data.largest_file_megabytes"


class Look:
    """One look at the tree: checkpoints share producers, modules and keys, and each is read once.

    What changes after it was read is not seen, so every pass over checkpoints takes its own look.
    `stored` gives the text of a configuration key's file.
    """

    def __init__(self, stored: Callable[[str], str | None] = view.stored) -> None:
        self.stored = cache(stored)
        self.mtime_ns = cache(mtime_ns)
        self.code_sha = cache(_code_sha)
        self.code_meaning = cache(_code_meaning)
        self.sha = cache(self._sha)
        self._producer = cache(producer)
        self._largest = cache(lambda: max(1000, json.loads(stored(LARGEST) or "0")) * 1_000_000)
        self._records: dict[str, dict[str, Any] | None] = {}
        self._times: dict[str, int] = {}
        self._sealed: dict[str, int] = {}
        self._makers: dict[str, str] = {}

    def record(self, name: str) -> dict[str, Any] | None:
        """A checkpoint's content; None if there is none that this version can read."""
        return self._records[name] if name in self._records else self.reload(name)

    def reload(self, name: str) -> dict[str, Any] | None:
        """The same, but as it is now."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            stat = path_of(name).stat()
            self._times[name] = stat.st_mtime_ns
            self._sealed[name] = stat.st_ctime_ns if stat.st_mtime_ns != LONG_AGO_NS else 0
        record = self._records[name] = load(name)
        self._makers |= dict.fromkeys(record["outputs"] if record else (), name)
        return record

    def producer(self, path: str) -> str | None:
        """Name of the checkpoint whose step writes `path`: one that was read, or as noted."""
        return self._makers.get(path) or self._producer(path)

    def _sha(self, path: str) -> str | None:
        """SHA-256 of an input now; None if it is not there.

        A file whose size and time stand in its producer's checkpoint is not hashed again. One that
        no step wrote and that is larger than a source may be is not hashed at all: the step refuses
        it at once. A path with `*` stands for the listing it matches.
        """
        if "*" in path:
            return listings.sha(path)
        maker = self.producer(path)
        if maker:
            return self.output_sha(path, maker)
        return _sha_unless_untouched(Path(path), at_most=self._largest())

    def output_sha(self, path: str, name: str) -> str | None:
        """SHA-256 of a file that `name` wrote.

        Not hashed again if its size stands in the checkpoint, and its time does or is the
        checkpoint's own, which `verification` gives to outputs that hold. A time of whole seconds
        shows nothing: archives and images set it on all files alike. Nor do times and sizes, which
        can be set, of a file that anything was done to after its checkpoint was last found to hold.
        """
        record = self.record(name)
        item = record["outputs"].get(path) if record else None
        own = self._times.get(name, 0)
        given = own if own % 10**9 else None
        return _sha_unless_untouched(Path(path), item, given, self._sealed.get(name, 0))


def path_of(name: str) -> Path:
    """The checkpoint file of that name."""
    return FOLDER / f"{name}.ok"


def load(name: str) -> dict[str, Any] | None:
    """A checkpoint's content; None if there is none that this version can read."""
    try:
        record: dict[str, Any] = json.loads(path_of(name).read_bytes())
        whole = record.pop("digest") == _digest(record) and record["name"] == name
        return record if whole and record["format"] == FORMAT else None
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _digest(record: Mapping[str, Any]) -> str:
    """A damaged checkpoint, or one edited by hand, does not have the digest that it names."""
    return store.sha256(json.dumps(record, separators=(",", ":")).encode())


def names() -> list[str]:
    """The names of all checkpoints there are, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.ok"))


def load_all() -> dict[str, dict[str, Any]]:
    """Every readable checkpoint, by name."""
    return {name: record for name in names() if (record := load(name)) is not None}


def outputs_sha(record: Mapping[str, Any]) -> str:
    """One SHA-256 over the paths and hashes of a step's outputs.

    The metrics database is left out: it holds timings, which differ from run to run.
    """
    kept = {path: item for path, item in record["outputs"].items() if not path.endswith(".duckdb")}
    parts = [f"{path} {kept[path]['sha256']}" for path in sorted(kept)]
    return store.sha256("\n".join(parts).encode())


def reasons(name: str, pending: Collection[str] = (), look: Look | None = None) -> Iterator[Reason]:
    """Why the step of this checkpoint must run; nothing if its results still hold.

    Inputs in `pending` are about to be made again, so one that is missing is no reason. One that
    differs is: if it comes out as it is now, no newer time will tell Make of the difference. Lazy:
    whoever only asks whether to run takes the first and stops.
    """
    look = look or Look()
    record = look.record(name)
    if record is None:
        exists = path_of(name).exists()
        yield Reason(Cause.CHECKPOINT_UNREADABLE if exists else Cause.NEVER_RAN)
        return
    if record["provisional"]:
        yield Reason(Cause.PROVISIONAL, record["provisional"])
    yield from (reason for reason, asks in _upgrades(record, look) if asks)
    yield from _changed_config(record["config"], look)
    inputs = {
        path: then
        for path, then in record["inputs"].items()
        if path not in pending or look.sha(path) is not None
    }
    yield from _changed_inputs(inputs, look)
    yield from _changed_code(record["code"], look)
    yield from changed_outputs(record, look)


def passed_upgrades(record: Mapping[str, Any], look: Look) -> list[Reason]:
    """Libraries (and Python) of another version than the step ran with, which may pass."""
    return [reason for reason, asks in _upgrades(record, look) if not asks]


def passed_over(upgrades: Iterable[Reason]) -> list[str]:
    """A line for each of these upgrades: how many checkpoints stand all the same."""
    return [
        f"{upgrade}: built before, {count} checkpoints stand ({POLICY})"
        for upgrade, count in Counter(upgrades).items()
    ]


def _upgrades(record: Mapping[str, Any], look: Look) -> list[tuple[Reason, bool]]:
    """The libraries (and Python) that have another version now; whether that asks for a rerun."""
    different = environment.differences(record["libraries"])
    named = json.loads(look.stored(POLICY) or "[]") if different else []
    return [
        (Reason(Cause.LIBRARY, name, then, now), name in named or "all" in named)
        for name, (then, now) in different.items()
    ]


def _changed_config(values: Mapping[str, Any], look: Look) -> Iterator[Reason]:
    for key, old in values.items():
        text = look.stored(key)
        new = None if text is None else json.loads(text)
        if text is None:
            yield Reason(Cause.KEY_GONE, key)
        elif isinstance(new, dict) and isinstance(old, dict) and new != old:
            yield Reason(Cause.SECTION, key, now=_names_changed(old["keys"], new["keys"]))
        elif new != old:
            yield Reason(Cause.KEY, key, shown(old), shown(new))


def _names_changed(old: Sequence[str], new: Sequence[str]) -> str:
    """`+ added, - removed`."""
    added = [f"+ {name}" for name in new if name not in old]
    removed = [f"- {name}" for name in old if name not in new]
    return ", ".join([*added, *removed]) or "another order"


def shown(value: Any) -> str:
    """A configuration value for people: JSON, or a section's keys; of bearable length."""
    text = ",".join(value["keys"]) if isinstance(value, dict) else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _changed_inputs(inputs: Mapping[str, Mapping[str, Any]], look: Look) -> Iterator[Reason]:
    for path, then in inputs.items():
        now = look.sha(path)
        if now is None:
            yield Reason(Cause.INPUT_GONE, path)
        elif then["sha256"] is None:
            yield Reason(Cause.INPUT_APPEARED, path)
        elif now == UNREADABLE:
            yield Reason(Cause.INPUT_UNREADABLE, path)
        elif now != then["sha256"]:
            yield Reason(Cause.INPUT, path, then["sha256"][:8], now[:8])


def _changed_code(modules: Mapping[str, Mapping[str, str]], look: Look) -> Iterator[Reason]:
    """Modules that mean something else now, but for the plumbing."""
    for path, then in _shaping(modules).items():
        sha = look.code_sha(path)
        if sha is None:
            yield Reason(Cause.MODULE_GONE, path)
        elif _means_else(path, then, look):
            yield Reason(Cause.MODULE, path)


def edited_plumbing(record: Mapping[str, Any], look: Look) -> list[str]:
    """Modules of the harness that were edited since, which is no reason to run."""
    passed = record["code"].keys() & code.PLUMBING
    return [path for path in sorted(passed) if _means_else(path, record["code"][path], look)]


def _means_else(path: str, then: Mapping[str, str], look: Look) -> bool:
    sha = look.code_sha(path)
    return sha != then["sha256"] and (sha is None or look.code_meaning(path) != then["meaning"])


def _shaping(modules: Mapping[str, Any]) -> dict[str, Any]:
    return {path: then for path, then in modules.items() if path not in code.PLUMBING}


def _code_sha(path: str) -> str | None:
    try:
        return store.sha256_file(Path(path))
    except FileNotFoundError:
        return None


def _code_meaning(path: str) -> str:
    return code.meaning(Path(path).read_bytes())


def changed_outputs(record: Mapping[str, Any], look: Look) -> Iterator[Reason]:
    """Outputs that are gone, or not what the step wrote."""
    for path, then in record["outputs"].items():
        now = look.output_sha(path, record["name"])
        if now is None:
            yield Reason(Cause.OUTPUT_MISSING, path)
        elif now != then["sha256"]:
            yield Reason(Cause.OUTPUT_EDITED, path)


def produced(path: str) -> dict[str, Any] | None:
    """What the step that writes `path` recorded of it; None for a file that no step writes."""
    name = producer(path)
    record = load(name) if name else None
    return record["outputs"].get(path) if record else None


def producer(path: str) -> str | None:
    """Name of the checkpoint whose step writes `path`; steps write below the project only."""
    if Path(path).is_absolute() or ".." in Path(path).parts:
        return None
    try:
        name = (PRODUCERS / path).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
        return None
    return name if re.fullmatch(r"\w+", name) else None


def _sha_unless_untouched(
    path: Path,
    recorded: Mapping[str, Any] | None = None,
    given_ns: int | None = None,
    sealed_ns: int = 0,
    at_most: int | None = None,
) -> str | None:
    try:
        stat = path.stat()
        if at_most is not None and stat.st_size > at_most:
            return UNREADABLE
        untouched = stat.st_ctime_ns <= sealed_ns
        times = (recorded["mtime_ns"], given_ns) if recorded and untouched else ()
        if recorded and stat.st_size == recorded["bytes"] and stat.st_mtime_ns in times:
            sha: str = recorded["sha256"]
            return sha
        return store.sha256_file(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return UNREADABLE  # the step itself will say what is wrong


def confirm(name: str, now_ns: int) -> None:
    """Tell Make that the results still hold as of `now_ns`. The caller holds the step's lock."""
    record = load(name)
    if record is not None:
        for path in record["outputs"]:
            staging.sweep(path)
        if _take_times(record):
            save(record, now_ns)
            return
        publish(record)
        stamp = time_to_set(record, now_ns)
        os.utime(path_of(name), ns=(stamp, stamp))


def _take_times(record: Mapping[str, Any]) -> bool:
    """Take into the record the times that verification gave to outputs; whether it gave any."""
    own = mtime_ns(str(path_of(record["name"])))
    given = [
        item
        for path, item in record["outputs"].items()
        if mtime_ns(path) == own != item["mtime_ns"]
    ]
    for item in given:
        item["mtime_ns"] = own
    return bool(given)


def time_to_set(record: Mapping[str, Any], looked_ns: int) -> int:
    """The checkpoint's time: when the step began, or its content was looked at.

    A prerequisite that was edited since is newer, so Make asks again. One from the future (a clock
    set back) would be newer for ever; then the checkpoint takes its time.
    """
    now = store.file_clock_ns()
    times = [mtime_ns(path) for path in prerequisites(record)]
    return max([looked_ns, *(time for time in times if time is not None and time > now)])


def mtime_ns(path: str) -> int | None:
    """A file's modification time; None if it is not there."""
    try:
        return Path(path).stat().st_mtime_ns
    except (FileNotFoundError, NotADirectoryError):
        return None


def failure(name: str) -> dict[str, Any]:
    """What the step's last attempt failed of; empty if it did not fail."""
    try:
        told: dict[str, Any] = json.loads((FAILED / name).read_bytes())
        return told
    except (FileNotFoundError, ValueError):
        return {}


def note_failure(name: str, message: str) -> None:
    """Remember that the last attempt failed, until the step succeeds or its results hold again."""
    store.write_atomic(FAILED / name, store.json_bytes({"message": message}))


def prerequisites(record: Mapping[str, Any]) -> list[str]:
    """Every file that Make compares this checkpoint with; of a listing, the folder if it exists."""
    keys = [f"{view.KEYS}/{key}" for key in record["config"]]
    files = [path for path in record["inputs"] if "*" not in path]
    folders = [Path(path).parent for path in record["inputs"] if "*" in path]
    modules = _shaping(record["code"])
    return [*files, *map(str, filter(Path.is_dir, folders)), *modules, *keys]


def save(record: Mapping[str, Any], started_ns: int) -> None:
    """Publish what follows from the checkpoint, then, last of all, the checkpoint itself."""
    publish(record)
    _take_times(record)
    content = store.json_bytes({**record, "digest": _digest(record)})
    store.write_atomic(path_of(record["name"]), content, time_to_set(record, started_ns))


def publish(record: Mapping[str, Any]) -> None:
    """Write the dependency file and the pointers from outputs to this checkpoint; it succeeded."""
    (FAILED / record["name"]).unlink(missing_ok=True)
    for path in record["outputs"]:
        store.write_if_changed(PRODUCERS / path, record["name"].encode())
    publish_dependencies(record)


def publish_dependencies(record: Mapping[str, Any]) -> None:
    """Write the dependency file, also of a step that will run: Make reads it first."""
    store.write_if_changed(DEPS / f"{record['name']}.d", _depfile(record).encode())


def forget(records: Collection[str]) -> None:
    """Remove the dependency files of all but these checkpoints: nothing says what is in them."""
    for path in DEPS.glob("*.d"):
        if path.stem not in records:
            path.unlink(missing_ok=True)


def publish_all() -> None:
    """The same for every checkpoint."""
    for record in load_all().values():
        publish(record)


def _depfile(record: Mapping[str, Any]) -> str:
    """What Make cannot read off its own rules: modules, config keys, and the outputs.

    `missing` and `FORCE` are the Makefile's: an output that is gone reruns its step. Files that
    people name are not listed: Make knows their folders or keys, and changed.sh sees them change.
    """
    target = path_of(record["name"])
    keys = [_for_make(f"{view.KEYS}/{key}") for key in record["config"]]
    observed = [*keys, *map(_for_make, _shaping(record["code"]))]
    outputs = map(_for_make, record["outputs"])
    lines = [f"{target}: {' '.join(observed)} $(call missing,{' '.join(outputs)})"]
    if record["provisional"]:
        lines.append(f"{target}: FORCE")
    lines += [f"{key}:" for key in keys]
    return "\n".join(lines) + "\n"


def _for_make(path: str) -> str:
    """A path that Make reads as nothing but a name."""
    odd = re.search(r"[^\w.+@/-]", path)
    if odd:
        raise InputError(path, f"has {odd[0]!r} in its name, which Make cannot handle", "rename it")
    return path
