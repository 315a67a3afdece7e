"""Lock this process in: from then on it reads code, computes, and talks over its channel.

Two walls. Python's own audit hook sees what Python code asks for, names it, and ends the process,
so that nothing can swallow the refusal. The kernel (`kernel`) refuses the same to native code, and
to Python code that takes the hook apart.

What stays open, because honest libraries need it when they load: the files of Python, of the
environment's libraries and of the system's, those of time zones, the project's code, and what the
system says of its processors.
"""

import errno
import linecache
import os
import sys
import sysconfig
import tokenize
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, NoReturn

from tidemark.isolated import errors_across, kernel
from tidemark.project import CODE, ROOT

SYSTEM = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store"),
    *("/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo"),
    *("/dev/urandom", "/dev/random", "/dev/zero", "/proc/cpuinfo", "/proc/meminfo"),
    *("/sys/devices/system/cpu", "/sys/fs/cgroup", "/proc/sys/vm/overcommit_memory"),
)
CODE_ENDINGS = (".py", ".pyc", ".so", ".pyd", ".dylib")
CURE = "compute from what is given alone: nothing else may be known here"

FILES = (
    *("mkdir", "rmdir", "rename", "remove", "link", "symlink", "truncate", "chmod", "chown"),
    *("chflags", "utime", "setxattr", "removexattr", "getxattr", "listxattr", "lockf", "mkfifo"),
    "mknod",
)
KINDS = {
    **{f"os.{name}": "it reads or changes what files are" for name in FILES},
    **dict.fromkeys(("fcntl.flock", "fcntl.lockf", "sqlite3.connect"), "it opens a file"),
    "mmap.__new__": "it maps a file into memory",
    **dict.fromkeys(
        (
            *("subprocess.Popen", "os.fork", "os.forkpty", "os.exec", "os.posix_spawn"),
            *("os.spawn", "os.system", "os.startfile", "os.startfile/2", "pty.spawn"),
        ),
        "it starts a process",
    ),
    **dict.fromkeys(("os.kill", "os.killpg", "signal.pthread_kill"), "it sends a signal"),
    **dict.fromkeys(("resource.setrlimit", "resource.prlimit"), "it changes its limits"),
}
KERNEL = {
    errno.EACCES: "it opens a file",
    errno.EPERM: "it opens a socket or starts a process",
}
WITHOUT_FILE = (("mmap.__new__", -1), ("sqlite3.connect", ":memory:"))
LISTINGS = ("os.listdir", "os.scandir")


class Refusal(NamedTuple):
    """What was refused.

    Attributes:
        problem: its kind and what it was about.
        frames: file and line of the calls that led to it, innermost first.
    """

    problem: str
    frames: Sequence[tuple[str, int]]


class Confinement:
    """What is refused, worked out once; each process that forks from here may shut itself in."""

    def __init__(self) -> None:
        self._places = _Places()
        readable = [*self._places.whole, *self._places.code]
        self._walls = kernel.Walls(readable, [Path(os.devnull)])

    @property
    def descriptors(self) -> list[int]:
        """What `shut` needs to be open."""
        return [self._walls.rules]

    def shut(self, tell: Callable[[Refusal], None]) -> list[str]:
        """Lock this process in for good.

        Args:
            tell: hears of a refusal; the process ends when it returns.

        Returns:
            What of the kernel's means this system does not have.
        """
        missing = self._walls.put_up()
        sys.addaudithook(_hook(self._places, tell))
        return missing

    def of_kernel(self, error: BaseException) -> Refusal | None:
        """What the kernel refused, if the error tells of that; native libraries raise many kinds.

        Such an error has the kernel's number for it, or the system's words.
        """
        number, said = getattr(error, "errno", None), errors_across.words(error)
        for refused, kind in KERNEL.items():
            if number == refused or (number is None and os.strerror(refused) in said):
                frames = [*traceback.walk_tb(error.__traceback__)][::-1]
                project = self._places.project
                lines = [
                    (f"scripts/{name.removeprefix(project)}", line)
                    for name, line in ((frame.f_code.co_filename, line) for frame, line in frames)
                    if name.startswith(project)
                ]
                return Refusal(f"{kind}: {type(error).__name__}: {said}", lines)
        return None


class _Places:
    """What may be read: folders and files as a whole, and folders with code alone."""

    def __init__(self) -> None:
        prefixes = (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)
        libraries = {
            *(f"{prefix}/lib" for prefix in prefixes),
            *(f"{prefix}/lib64" for prefix in prefixes),
            *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        }
        self.whole = _real([*SYSTEM, *libraries, ROOT / "artifacts/.compiled"])
        project = {CODE.resolve(), ROOT.resolve()}
        paths = [Path(path).resolve() for path in sys.path if path]
        own = (CODE / "scripts").resolve()
        self.code = _real(
            path
            for path in (*paths, own)
            if path == own
            or not any(path in (each, *each.parents) or each in path.parents for each in project)
        )
        self.libraries = tuple(f"{path}/" for path in self.whole)
        self.project = f"{own}/"
        self._whole = tuple(map(str, self.whole))
        self._code = tuple(f"{path}/" for path in self.code)

    def may_read(self, path: str) -> bool:
        """Whether the file may be opened for reading."""
        real = os.path.realpath(path)
        if real in self._whole or real.startswith(self.libraries) or real == os.devnull:
            return True
        return real.startswith(self._code) and real.endswith(CODE_ENDINGS)

    def may_list(self, path: str) -> bool:
        """Whether the folder may be listed, as the search for a module does."""
        return f"{os.path.realpath(path)}/".startswith((*self.libraries, *self._code))


def _real(paths: Iterable[str | Path]) -> list[Path]:
    there = (path for path in paths if os.access(path, os.R_OK))
    return sorted({Path(path).resolve() for path in there})


def _hook(
    places: _Places, tell: Callable[[Refusal], None]
) -> Callable[[str, tuple[Any, ...]], None]:
    def refuse(problem: str) -> NoReturn:
        frame = sys._getframe(2)
        if _is_incidental(frame, places):
            raise PermissionError(errno.EACCES, f"refused: {problem}")
        tell(Refusal(problem, list(_project_frames(frame, places))))
        os._exit(0)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path = arguments[0]
            if isinstance(path, int):
                return
            name = os.fsdecode(path)
            if _writes(arguments[1], arguments[2]) and name != os.devnull:
                refuse(f"it writes a file: {_shown(name)}")
            if not places.may_read(name) or _is_taken_for_data(name, sys._getframe(1), places):
                refuse(f"it opens a file: {_shown(name)}")
        elif event in LISTINGS:
            path = arguments[0]
            if isinstance(path, int) or not places.may_list(os.fsdecode(path or ".")):
                refuse(f"it lists a folder: {_shown(os.fsdecode(path or '.'))}")
        elif event.startswith("socket."):
            refuse("it opens a socket")
        elif event.startswith("ctypes."):
            if _is_own(sys._getframe(1), places):
                refuse("it calls native code through ctypes")
        elif event in KINDS and (event, *arguments[:1]) not in WITHOUT_FILE:
            refuse(KINDS[event])

    return hook


def _is_taken_for_data(path: str, frame: FrameType | None, places: _Places) -> bool:
    """Whether project code is opened other than to import it, or to show a line in a traceback."""
    if not os.path.realpath(path).startswith(places.project):
        return False
    while frame and frame.f_code.co_filename == tokenize.__file__:
        frame = frame.f_back
    name = frame.f_code.co_filename if frame else ""
    return not name.startswith("<frozen importlib") and name != linecache.__file__


def _writes(mode: object, flags: object) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    return isinstance(flags, int) and bool(flags & writing)


def _shown(path: str) -> str:
    """A path as people write it: relative if it is below where the step runs."""
    return os.path.abspath(path).removeprefix(f"{Path.cwd()}/")  # noqa: PTH100 - links stay


def _is_incidental(frame: FrameType | None, places: _Places) -> bool:
    """Whether a library that is being imported asks, or a traceback that is being written."""
    while frame:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib") or name == errors_across.__file__:
            return True
        if not name.startswith(("<", *places.libraries)):
            return False
        frame = frame.f_back
    return False


def _is_own(frame: FrameType | None, places: _Places) -> bool:
    """Whether code that is no library's asks, rather than a library or an import."""
    ctypes = f"{os.sep}ctypes{os.sep}"
    while frame:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return False
        if not name.startswith("<") and ctypes not in name:
            return not name.startswith(places.libraries)
        frame = frame.f_back
    return True


def _project_frames(frame: FrameType | None, places: _Places) -> Iterable[tuple[str, int]]:
    while frame:
        name = frame.f_code.co_filename
        if name.startswith(places.project):
            yield f"scripts/{name.removeprefix(places.project)}", frame.f_lineno
        frame = frame.f_back
