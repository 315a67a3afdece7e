"""One run of a step: every read and write passes through here, and becomes its checkpoint."""

import contextlib
import errno
import hashlib
import json
import os
import pickle
import resource
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tidemark.config import view
from tidemark.config.sections import filled
from tidemark.errors import InputError
from tidemark.files import history, listings, locks, store
from tidemark.harness import code, console, environment, guard, logs, publishing, record
from tidemark.harness.instance import Instance
from tidemark.harness.outputs import Staging
from tidemark.harness.reason import Cause, Reason
from tidemark.harness.record import Checkpoint, Input, Module
from tidemark.project import CODE, Tree

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

T = TypeVar("T")

PROGRESS_SECONDS = 10


class Run:
    """One run of one step instance: its configuration, its reads, its writes, its log.

    All paths are strings relative to the project's root. Reads raise InputError when Make does not
    know of the file, or when a step wrote it and it has been altered since; OSError when it cannot
    be read. Writes are staged, and replace the earlier outputs only when the whole step succeeded.
    """

    def __init__(self, tree: Tree, instance: Instance) -> None:
        self.tree = tree
        self.instance = instance
        self.name, self.step = instance.name, instance.step
        context = {"step": self.step, **instance.names, "run": run_id()}
        self.log = logs.for_step(self.name, context)
        self.attempts = 1
        self.inputs: dict[str, str | None] = {}
        self._rows: dict[str, int] = {}
        self._seen: dict[str, Any] = {}
        self.config = view.View(view.stored(tree), self._seen)
        self._last = record.load(tree, self.name)
        self._previous = self._last.outputs if self._last else {}
        self._staging = Staging(tree, self._previous)
        self._survivors: list[str] = []
        self._history: list[str] = []
        self._told = time.monotonic()
        self._headline = ""
        self._notes: list[str] = []
        self._provisional = ""
        self._reads_checkpoints = False
        self._promised = promised_by_make(tree, self.name)

    if not TYPE_CHECKING:  # where a misspelt attribute should not pass for a kind

        def __getattr__(self, kind: str) -> str:
            """`run.model`: the model of this instance; so for every kind that its step is of."""
            try:
                return self.instance.names[kind]
            except KeyError:
                raise AttributeError(f"a run of {self.name} has no {kind}") from None

    @property
    def seed(self) -> int:
        """A 32-bit seed from `seed` in the configuration, the step's name and its instance."""
        return self._seed_of(self.name)

    @property
    def common_seed(self) -> int:
        """The same for all instances of the step: draws that instances are to share."""
        return self._seed_of(self.step)

    def _seed_of(self, name: str) -> int:
        text = f"{self.config['seed']}:{name}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])

    def plain(self, section: Any) -> Any:
        """A section of the configuration as nested dicts; every key below it counts as read."""
        return view.plain(section)

    def settings(self, kind: type[T], section: Any) -> T:
        """A section as the settings that its room declares; every key below it counts as read."""
        return filled(kind, view.plain(section))

    # --- Reads

    def read_bytes(self, path: str) -> bytes:
        """A file's content, hashed as it is read."""
        self._must_be_promised(path)
        with guard.opened():
            data, sha = _read_hashed(self.tree / path)
            recorded = publishing.produced(self.tree, path)
            if recorded and sha != recorded.sha256:
                data, sha = self._read_once_more(path)
        self.inputs[path] = sha
        return data

    def _must_be_promised(self, path: str) -> None:
        if not (self.tree / path).exists():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        if self._promised is not None and path not in self._promised:
            raise self._not_promised(path)

    def _not_promised(self, path: str) -> InputError:
        return InputError(
            f"scripts/{self.step}.py",
            f"reads {path}, which the rule for {record.path_of(self.name)} does not list",
            "add it to that rule's prerequisites in make/",
        )

    def _read_once_more(self, path: str) -> tuple[bytes, str]:
        """Wait for a producer that may be at work in another make; then the file must be its."""
        producer = publishing.producer(self.tree, path) or ""
        with locks.held(self.tree, producer, console.say):
            data, sha = _read_hashed(self.tree / path)
            recorded = publishing.produced(self.tree, path)
        if recorded and sha != recorded.sha256:
            raise InputError(
                path,
                f"is not what {producer} wrote: it was changed by hand",
                "keep your copy elsewhere if you need it, delete the file, and run make again",
            )
        return data, sha

    def read_text(self, path: str) -> str:
        """A text file; one that is not UTF-8 is an InputError with the line."""
        data = self.read_bytes(path)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            raise InputError(f"{path}:{line}", "is not UTF-8", "save the file as UTF-8") from error

    def read_json(self, path: str) -> Any:
        """A JSON file; bad syntax is an InputError with the line."""
        try:
            return json.loads(self.read_bytes(path))
        except ValueError as error:
            raise InputError(path, f"is not JSON ({error})", "mend or restore the file") from error

    def read_yaml(self, path: str) -> Any:
        """A YAML file; bad syntax or a repeated key is an InputError with the line."""
        from tidemark.config.yaml_lines import parse

        return parse(path, self.read_bytes(path))[0]

    def read_parquet(self, path: str) -> "DataFrame":
        """A Parquet file that Tidemark wrote."""
        frame = store.parquet_frame(self.read_bytes(path))
        self._rows[path] = len(frame)
        return frame

    def read_parquet_rows(
        self,
        paths: Iterable[str],
        only: Mapping[str, Collection[str]],
        columns: Sequence[str] | None = None,
        categories: Sequence[str] = (),
    ) -> "DataFrame":
        """Some rows of Parquet files of the same columns; see `store.parquet_rows`."""
        return store.parquet_rows(map(self.read_bytes, paths), only, columns, categories)

    def read_pickle(self, path: str) -> Any:
        """An object, only from a file whose hash its own checkpoint recorded."""
        data = self.read_bytes(path)
        with guard.opened():
            if publishing.producer(self.tree, path) is None:
                publishing.publish_all(self.tree)  # its pointer may just have been lost
            recorded = publishing.produced(self.tree, path)
        if not recorded or recorded.sha256 != self.inputs[path]:
            raise InputError(
                path,
                "no checkpoint vouches for this file, and a pickle can run any code",
                "delete it and run make again",
            )
        return pickle.loads(data)

    def path(self, path: str) -> Path:
        """The file itself, hashed and recorded, for readers that need a path."""
        self.read_bytes(path)
        return self.tree / path

    def glob(self, pattern: str) -> list[str]:
        """The sorted files that match; the listing counts as an input.

        What Make knows is the pattern, by the key that names it, or the folder. It never sees the
        names of the files, which may be read too.
        """
        folder = Path(pattern).parent
        found = listings.matching(self.tree, pattern)
        for path in found:
            _must_be_a_name(path)
        if self._promised is not None and (self.tree / folder).exists():
            if self._promised.isdisjoint((pattern, str(folder))):
                raise self._not_promised(pattern)
            self._promised.update(found)
        self.inputs[pattern] = listings.sha(self.tree, pattern)
        return found

    def missing(self, path: str) -> None:
        """Record that an input was not there; the step runs again when it appears."""
        self.inputs[path] = None

    def previous(self, path: str) -> bytes | None:
        """This step's own earlier output, if it is as the step left it."""
        recorded = self._previous.get(path)
        with guard.opened():
            if not recorded or not (self.tree / path).is_file():
                return None
            data = (self.tree / path).read_bytes()
        return data if store.sha256(data) == recorded.sha256 else None

    def checkpoints(self) -> list[dict[str, Any]]:
        """What all checkpoints hold, for timings: wall-clock facts, so no reason to run again."""
        self._reads_checkpoints = True
        with guard.opened():
            return [record.content_of(found) for found in record.load_all(self.tree).values()]

    def append_history(self, snapshot: dict[str, Any]) -> list[dict[str, Any]]:
        """Keep `snapshot` if it differs from the latest one; all snapshots, oldest first."""
        with guard.opened():
            kept = history.snapshots()
            snapshot = json.loads(store.json_bytes(snapshot))
            if kept and kept[-1] == snapshot:
                return kept
            self._history.append(history.next_path())
            self._staging.put(self._history[-1], store.json_bytes(snapshot))
        return [*kept, snapshot]

    # --- Writes

    def write_bytes(self, path: str, data: bytes, rows: int | None = None) -> None:
        """Stage `data` as the new content of `path`."""
        with guard.opened():
            self._staging.put(path, data, rows)

    def write_text(self, path: str, text: str) -> None:
        """Stage a UTF-8 text file."""
        self.write_bytes(path, text.encode())

    def write_json(self, path: str, value: object, *, even_on_failure: bool = False) -> None:
        """Stage a JSON file; NaN becomes null. A report of a failure outlives the failure."""
        self.write_bytes(path, store.json_bytes(value))
        if even_on_failure:
            self._survivors.append(path)

    def write_parquet(
        self, path: str, frame: "DataFrame", metadata: Mapping[str, str] | None = None
    ) -> None:
        """Stage a Parquet file."""
        self.write_bytes(path, store.parquet_bytes(frame, metadata), rows=len(frame))

    @contextlib.contextmanager
    def parquet_parts(self, path: str) -> Iterator[store.ParquetParts]:
        """A Parquet file to `write` frames to, one by one; staged when the block ends."""
        with guard.opened(), store.naming(path):
            parts = store.ParquetParts(self._staging.temporary(path), known_as=path)
        try:
            yield parts
        finally:
            with guard.opened():
                parts.close()
        self._staging.count(path, parts.rows)

    def write_parquet_parts(self, path: str, frames: Iterable["DataFrame"]) -> int:
        """Stage a Parquet file of frames that come one by one; the number of rows."""
        with self.parquet_parts(path) as parts:
            for frame in frames:
                parts.write(frame)
        return parts.rows

    def write_pickle(self, path: str, value: object) -> None:
        """Stage a pickle."""
        self.write_bytes(path, store.pickle_bytes(value))

    def write_figure(self, path: str, figure: "Figure", dpi: int) -> None:
        """Stage a figure as PNG."""
        self.write_bytes(path, store.figure_bytes(figure, dpi))

    def save_figure(self, path: str, figure: "Figure", dpi: int) -> bool:
        """Stage a figure, trying twice; one that cannot be written does not stop the run."""
        try:
            self.write_figure(path, figure, dpi)
        except OSError as first:
            self.log.warning("%s: %s; trying once more", path, first)
            try:
                self.write_figure(path, figure, dpi)
            except OSError as error:
                self.alert(f"{path} is missing: {error.strerror or error}")
                self.retry_next_time(f"{path} could not be written")
                return False
        return True

    @contextlib.contextmanager
    def writing(self, path: str) -> Iterator[Path]:
        """A temporary file for writers that need a path; staged when the block ends."""
        with guard.opened(), store.naming(path):
            yield self._staging.temporary(path)

    # --- Words

    def headline(self, text: str) -> None:
        """The one telling figure on this step's line."""
        self._headline = text

    def note(self, text: str) -> None:
        """Something the user should know: shown at once, and kept in the checkpoint and the log."""
        self._notes.append(text)
        self.log.warning(text)
        self._show(text)

    def _show(self, text: str) -> None:
        console.say(f"    note: {self.instance.title}: {text}")

    def progress(self, text: str) -> None:
        """How far a long step is: shown at most every ten seconds."""
        now = time.monotonic()
        if now - self._told >= PROGRESS_SECONDS:
            self._told = now
            console.say(f"    {self.instance.title}: {text}")

    def retry_next_time(self, why: str) -> None:
        """The result is provisional: the next make runs this step again."""
        self._provisional = why

    def alert(self, message: str, severity: str = "warning") -> None:
        """Tell the step's owner: logs/alerts.jsonl, and the webhook if there is one."""
        self.note(message)
        self._alert(message, severity)

    def _alert(self, message: str, severity: str) -> None:
        alerts = view.plain(view.View(view.stored(self.tree), {}, "alerts"))
        owners = [owner for owner, steps in alerts["owners"].items() if self.step in steps]
        told = {
            "severity": severity,
            "owner": owners[0] if owners else None,
            "step": self.step,
            **self.instance.names,
            "message": message,
            "log": str(logs.path_of(self.name)),
            "run": run_id(),
        }
        trouble = logs.alert(told, alerts["webhook"])
        if trouble:
            self.log.warning(trouble)
            self._show(trouble)

    # --- The end of the run; the harness calls these

    def succeed(self, why: list[Reason], started_ns: int, seconds: float) -> None:
        """Move the outputs into place and write the checkpoint."""
        outputs = self._staging.commit(reports=self._survivors)
        self._staging.remove(self._previous.keys() - outputs.keys())
        for kept in self._staging.kept:
            self.note(f"an output had been edited by hand; that copy is now {kept}")
        for path in self._history:
            outputs.pop(path)
        checkpoint = replace(self._checkpoint(why, started_ns, seconds), outputs=outputs)
        publishing.save(self.tree, checkpoint, started_ns)
        console.finished(self.instance, "ran", seconds, self._headline, _brief(why))

    def _checkpoint(self, why: list[Reason], started_ns: int, seconds: float) -> Checkpoint:
        """All but the outputs."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return Checkpoint(
            instance=self.instance,
            started=datetime.fromtimestamp(started_ns / 1e9, UTC),
            run=run_id(),
            reasons=[str(reason) for reason in why],
            seconds=round(seconds, 3),
            cpu_seconds=round(usage.ru_utime + usage.ru_stime, 3),
            peak_memory_bytes=_peak_bytes(usage),
            attempts=self.attempts,
            headline=self._headline,
            notes=self._notes,
            provisional=self._provisional,
            reads_checkpoints=self._reads_checkpoints,
            inputs={
                path: Input(sha, self._rows.get(path)) for path, sha in sorted(self.inputs.items())
            },
            config=self._seen,
            code=self._code(),
            imported=sorted(code.imported()),
            libraries=environment.behind(code.imported()),
        )

    def fail(self, message: str, seconds: float) -> None:
        """Leave the earlier outputs as they are, and say what went wrong."""
        survivors = [path for path in self._survivors if path in self._staging]
        self._staging.commit(survivors, reports=survivors)
        self._staging.discard()
        self.log.error(message)
        record.note_failure(self.tree, self.name, message)
        self._alert(message, "error")
        console.finished(self.instance, "failed", seconds, "")
        console.complain(f"{message}\n    log: {logs.path_of(self.name)}")

    def _code(self) -> dict[str, Module]:
        """Fingerprints of the project modules that were loaded."""
        known = self._last.code if self._last else {}
        fingerprints = {}
        for path, source in code.loaded(CODE).items():
            sha = store.sha256(source)
            same = path in known and known[path].sha256 == sha
            fingerprints[path] = Module(sha, known[path].meaning if same else code.meaning(source))
        return fingerprints


def _read_hashed(path: Path) -> tuple[bytes, str]:
    data = store.read_file(path)
    return data, store.sha256(data)


def _peak_bytes(usage: resource.struct_rusage) -> int:
    """Of this process; of a warm step, what it took beyond the libraries it shares with others."""
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return max(peak - int(os.environ.get("TIDEMARK_SHARED_BYTES", 0)), 0)


def _must_be_a_name(path: str) -> None:
    """Refuse what cannot be written down, or would be read as a wildcard."""
    if "*" in path:
        raise InputError(path, "has * in its name, as only wildcards have", "rename the file")
    readable = path.encode(errors="surrogateescape").decode(errors="replace")
    if readable != path:
        raise InputError(readable, "has bytes in its name that are not UTF-8", "rename the file")


def run_id() -> str:
    """Identifies one `make`, or one hand run."""
    return os.environ.get("TIDEMARK_RUN") or f"hand-{os.getpid()}"


def promised_by_make(tree: Tree, name: str) -> set[str] | None:
    """The prerequisites in the rule that started this step; None when it was started by hand.

    A source stands there by the key that names it.
    """
    if os.environ.get("TIDEMARK_TARGET") != str(record.path_of(name)):
        return None
    listed = (tree / view.PROMISED / f"{name}.ok").read_text("utf-8").split()
    keys = [Path(path).name for path in listed if path.startswith(f"{view.KEYS}/fetch_data.")]
    named = (view.stored(tree)(key) for key in keys if key.endswith(".path"))
    return {*listed, *(json.loads(text) for text in named if text)}


def _brief(why: list[Reason]) -> str:
    """The first reason and how many more; a first run needs no explanation."""
    if why[0].cause is Cause.NEVER_RAN:
        return ""
    return why[0].brief() + (f" (+{len(why) - 1} more)" if len(why) > 1 else "")
