"""Machine code as a function: taken from what was kept, or compiled first.

What was kept goes by everything that shapes it: the source, how it is compiled, versions, kind of
processor. Each file carries its own hash, and one that is damaged is compiled anew. It lies with
the environment, so it survives `make clean`; where nothing can be written, each process compiles
for itself.

Loading takes LLVM alone. Numba's own cache would have each step import Numba and set it up, half a
second of work, and goes by the time and size of a source file.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import pkgutil
import platform
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from tidemark.errors import InputError
from tidemark.files import store
from tidemark.files.libraries import VENV, version
from tidemark.machine_code import compiling

KEPT = VENV / "compiled"
LIBRARIES = ("numba", "llvmlite", "python")
# What Numba finds in its environment. It leaves optimising to `compiling`, which does it once.
TOLD = {"NUMBA_CPU_NAME": compiling.PLAIN, "NUMBA_CPU_FEATURES": "", "NUMBA_OPT": "0"}
NUMBERS = {"int": ctypes.c_int64, "float": ctypes.c_double}
DIGEST = hashlib.sha256().digest_size
OBJECT_FILES = (b"\x7fELF", b"\xcf\xfa\xed\xfe")  # how those of Linux and macOS begin


def function(module: ModuleType, name: str) -> Callable[..., int]:
    """The machine code of a function of a module, see `compiling`.

    It is called with numbers, and with addresses for arrays, and runs without the interpreter's
    lock.

    Raises:
        InputError: it cannot be compiled, or LLVM cannot be loaded.
    """
    parameters = list(getattr(module, name).__annotations__.values())[:-1]
    types: list[Any] = [NUMBERS.get(each, ctypes.c_void_p) for each in parameters]
    address = _address(module, name)
    return ctypes.CFUNCTYPE(ctypes.c_int64, *types)(address)


@cache
def _address(module: ModuleType, name: str) -> int:
    return _loaded(machine_code(_source(module), name))


def _source(module: ModuleType) -> bytes:
    """As the import system reads it, which is how it comes into a step's checkpoint."""
    data = pkgutil.get_data(str(module.__package__), Path(str(module.__file__)).name)
    if data is None:
        raise TypeError(f"{module.__name__} has no source")
    return data


def machine_code(source: bytes, name: str) -> bytes:
    """The object file of a function of a source, kept or compiled now, once for all processes."""
    path = KEPT / f"{name}-{_key(source, name)}"
    code = _read(path)
    if code is None:
        with _alone():
            code = _read(path)
            if code is None:
                code = _compiled(source, name)
                with contextlib.suppress(OSError):  # it only saves time
                    store.write_atomic(path, hashlib.sha256(code).digest() + code)
    return code


def _key(source: bytes, name: str) -> str:
    """A hash of everything that shapes the machine code."""
    how = _source(compiling)
    made_of = [
        *(hashlib.sha256(each).hexdigest() for each in (source, how)),
        *(name, str(TOLD), sys.platform, platform.machine(), *map(version, LIBRARIES)),
    ]
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()


def _read(path: Path) -> bytes | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    digest, code = data[:DIGEST], data[DIGEST:]
    return code if hashlib.sha256(code).digest() == digest else None


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let other processes wait; where there can be no lock, none of them can keep anything."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            KEPT.mkdir(exist_ok=True)
            lock = stack.enter_context((KEPT / ".lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _compiled(source: bytes, name: str) -> bytes:
    """Compile in a process that has none of what a user tells Numba or Python."""
    others = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA")}
    done = subprocess.run(
        [sys.executable, "-I", compiling.__file__, name],
        input=source, capture_output=True, env=others | TOLD, cwd=VENV, check=False,
    )  # fmt: skip
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise _broken(f"{name} could not be compiled: {_killed(done.returncode) or last}")
    return done.stdout


def _killed(status: int) -> str:
    """By what signal; nothing if it ended by itself."""
    if status >= 0:
        return ""
    known = {each.value: each.name for each in signal.Signals}
    return f"the compiler was ended by {known.get(-status, -status)}, as if memory were short"


def _broken(why: str) -> InputError:
    """What a new environment mends, if anything does."""
    return InputError(".venv", why, "rm -rf .venv, then make again; it takes some 0.3 GB of memory")


_engines: list[Any] = []  # machine code is in memory as long as its engine


def _loaded(code: bytes) -> int:
    """The address of the function in an object file."""
    try:
        import llvmlite.binding as llvm
    except (ImportError, OSError) as error:  # OSError: its library cannot be loaded
        raise _broken(f"llvmlite cannot be imported: {error}") from error
    if not code.startswith(OBJECT_FILES):  # LLVM would end the process
        raise _broken(f"{KEPT.name}/ holds what is no object file")

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(cpu=compiling.PLAIN)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    return int(engine.get_function_address(compiling.SYMBOL))
