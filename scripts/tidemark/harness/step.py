"""The step harness: arguments, locks, how a run ends, exit codes.

A step is a function of one argument, decorated with `@step`. While it runs, its `Run` records every
file, configuration key and module it really used; that record becomes its checkpoint.

Exit codes: 0 success (fresh counts), 1 recoverable error, 2 bad input, configuration or contract.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from tidemark.config import given, kinds, view
from tidemark.errors import BadValue, InputError, UndecidedError
from tidemark.files import libraries, locks, store
from tidemark.harness import (
    code,
    console,
    environment,
    guard,
    journal,
    logs,
    memory,
    publishing,
    record,
    restoring,
    staleness,
)
from tidemark.harness.failures import exit_code_of, io_message, not_python
from tidemark.harness.instance import Instance
from tidemark.harness.reason import Reason, brief
from tidemark.harness.record import Checkpoint, Module
from tidemark.harness.run import Run
from tidemark.harness.staleness import Look
from tidemark.harness.turn import Turn
from tidemark.project import CODE, HERE, ROOT

__all__ = ["Run", "step"]

LAUNCH = CODE / "scripts/launch"


def step(
    *by_position: object, per: Sequence[str] = ()
) -> Callable[[Callable[[Run], None]], Callable[[], None]]:
    """Turn `function(run)` into a step's main program; `per` names what an instance is of.

    Raises:
        InputError: written in a way from which the list of steps could not be read, or with a kind
            that is not declared.
    """
    caller = sys._getframe(1)
    where = f"{os.path.relpath(caller.f_code.co_filename, CODE)}:{caller.f_lineno}"
    if by_position or isinstance(per, str):
        raise misdeclared(where)
    kinds.must_be_known(per, where)

    def decorate(function: Callable[[Run], None]) -> Callable[[], None]:
        def main() -> None:
            sys.exit(_main(function, per))

        return main

    return decorate


def misdeclared(where: str) -> InputError:
    """The error of a decorator that does not say in plain sight what an instance is of."""
    return InputError(
        where,
        "does not say what a step's instances are of in the one form that is read",
        'write @step() for a single instance, else @step(per=("scenario", "model"))',
    )


def _main(function: Callable[[Run], None], per: Sequence[str]) -> int:
    step = function.__name__
    options = _parse(step, sys.modules["__main__"].__doc__, per)
    instance = Instance(step, {kind: getattr(options, kind) for kind in per})
    os.chdir(ROOT)
    launched = os.environ.get("TIDEMARK_LAUNCHED", "").split()
    if not launched or Instance.of(launched) != instance:
        return _launch_by_hand(instance, options.config)
    return exit_code_of(lambda: _locked_run(function, instance))


def _parse(name: str, description: str | None, per: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"scripts/{name}.py", description=description)
    parser.add_argument("--config", default="config.yaml", help="default: config.yaml")
    for kind in per:
        parser.add_argument(f"--{kind}", required=True)
    return parser.parse_args()


def _launch_by_hand(instance: Instance, path: str) -> int:
    """Do what make does: bring the configuration up to date, then start the step afresh.

    So modules and threads are the same, and the checkpoint is too.
    """
    os.environ.pop("PYTHONSAFEPATH", None)
    os.environ["TIDEMARK_PROJECT"] = str(ROOT)
    configure = [sys.executable, f"{LAUNCH}/configure.py", "--if-stale", "--config", path]
    code = subprocess.run(configure, check=False).returncode
    if code:
        return code
    os.environ |= {"TIDEMARK_RUN": f"{os.getpid()}-{int(time.time())}", "TIDEMARK_WARM": "0"}
    launch = [sys.executable, "-S", f"{LAUNCH}/launch.py", *instance.command]
    os.execv(sys.executable, launch)


def _must_be_configured(instance: Instance) -> None:
    for kind, name in instance.names.items():
        known = kinds.KINDS[kind].names(view.View(view.stored(HERE), {}))
        if name not in known:
            raise InputError(f"--{kind} {name}", f"no such {kind}", f"one of {', '.join(known)}")


def _locked_run(function: Callable[[Run], None], instance: Instance) -> int:
    view.must_be_of(HERE, os.environ.get("TIDEMARK_CONFIG"))
    _must_be_configured(instance)
    journal.begin()
    with Turn(HERE, instance) as turn:
        while True:
            with locks.held(HERE, instance.name, console.say):
                code = _run_if_needed(function, instance, turn)
                if code is not None:
                    return code
            turn.wait(console.say)


def _run_if_needed(function: Callable[[Run], None], instance: Instance, turn: Turn) -> int | None:
    """The exit code; None if it must run, and waits for its turn."""
    started_ns = int(os.environ["TIDEMARK_STARTED_NS"])
    look = Look(HERE)
    why = list(staleness.reasons(look, instance.name))
    if not why:
        publishing.confirm(HERE, instance.name, started_ns)
        console.finished(instance, "fresh", 0.0, "")
        return 0
    if restoring.restored(look, instance.name, why, started_ns):
        return 0
    if not turn.comes(look.checkpoint(instance.name)):
        return None
    return _run(function, instance, why, turn)


def _run(
    function: Callable[[Run], None], instance: Instance, why: Sequence[Reason], turn: Turn
) -> int:
    name, started_ns = instance.name, int(os.environ["TIDEMARK_STARTED_NS"])
    run = Run(HERE, instance)
    run.log.info("%s starts: %s", name, "; ".join(map(str, why)))
    if not journal.note_begun(instance, brief(why)):
        console.complain(f"{name}: does not run, because the make that started it was killed")
        return 1
    if alone := turn.note():
        run.tell.note(alone)
    began, before = time.perf_counter(), _cpu_seconds(resource.RUSAGE_CHILDREN)
    try:
        console.warn_once_a_line()
        guard.arm(ROOT, CODE / "scripts", f"scripts/{instance.step}.py")
        with run.tell.telling():
            function(run)
        with guard.opened():
            others = _cpu_seconds(resource.RUSAGE_CHILDREN) - before
            _succeed(run, why, started_ns, time.perf_counter() - began, others, turn)
    except Exception as error:
        with guard.opened():
            return _failed(run, error, why, time.perf_counter() - began)
    run.log.info("%s done in %.1f s", name, time.perf_counter() - began)
    return 0


def _succeed(
    run: Run,
    why: Sequence[Reason],
    started_ns: int,
    seconds: float,
    others: float,
    turn: Turn,
) -> None:
    """Move the step's outputs into place, and write the checkpoint."""
    outputs, kept = run.write.settle()
    for path in kept:
        run.tell.note(f"an output had been edited by hand; that copy is now {path}")
    checkpoint = Checkpoint(
        instance=run.instance,
        started=datetime.fromtimestamp(started_ns / 1e9, UTC),
        run=logs.run_id(),
        reasons=[str(reason) for reason in why],
        seconds=round(seconds, 3),
        cpu_seconds=round(_cpu_seconds(resource.RUSAGE_SELF) + others, 3),
        peak_memory_bytes=memory.peak_bytes(),
        shared_bytes=memory.shared_bytes(),
        file_bytes=turn.file_bytes,
        attempts=run.attempts,
        headline=run.tell.figure,
        notes=run.tell.notes,
        provisional=run.provisional,
        passing=run.passing,
        inputs=run.read.recorded(),
        config=run.seen,
        code=_code(run.last.code if run.last else {}),
        imported=sorted(code.imported()),
        libraries=environment.behind(code.imported(), libraries.asked()),
        outputs=outputs,
    )
    publishing.save(run.tree, checkpoint, started_ns)
    restoring.keep(Look(run.tree), checkpoint)
    console.finished(
        run.instance, "ran", seconds, run.tell.figure, brief(why), rows=checkpoint.rows
    )


def _cpu_seconds(of: int) -> float:
    usage = resource.getrusage(of)
    return usage.ru_utime + usage.ru_stime


def _code(known: Mapping[str, Module]) -> dict[str, Module]:
    """Fingerprints of what was loaded, and of all plumbing; `known` spares working them out."""
    fingerprints = {}
    for path, source in sorted({**code.plumbing(CODE), **code.loaded(CODE)}.items()):
        sha = store.sha256(source)
        same = path in known and known[path].sha256 == sha
        fingerprints[path] = Module(
            sha, known[path].meaning if same else code.meaning_of(path, source)
        )
    return fingerprints


def _failed(run: Run, error: Exception, why: Sequence[Reason], seconds: float) -> int:
    if isinstance(error, BadValue):
        error = given.refusal(run.tree, run.step, error)
    error = not_python(error) or error
    if isinstance(error, InputError):
        if error.__cause__ is not None:  # the way to an error in a user's code, for one
            run.log.error("".join(traceback.format_exception(error.__cause__)))
        _fail(run, str(error), why, seconds, undecided=isinstance(error, UndecidedError))
        return 2
    run.log.error("".join(traceback.format_exception(error)))
    if isinstance(error, OSError):
        _fail(run, io_message(error), why, seconds)
        if error.errno in restoring.FULL and (freed := restoring.make_room(run.tree)):
            console.complain(f"    the results store gave up {memory.told(freed)}; type make again")
    else:
        message = f"{run.name}: unexpected {type(error).__name__}: {error}"
        _fail(run, message, why, seconds)
    return 1


def _fail(
    run: Run, message: str, why: Sequence[Reason], seconds: float, *, undecided: bool = False
) -> None:
    """Leave the earlier outputs as they are, and say what went wrong."""
    run.write.abandon()
    run.log.error(message)
    record.note_failure(run.tree, run.name, message, undecided=undecided)
    run.tell.owner(message, "error")
    console.finished(run.instance, "failed", seconds, "", brief(why), message)
    console.complain(f"{message}\n    log: {logs.path_of(run.name)}")
