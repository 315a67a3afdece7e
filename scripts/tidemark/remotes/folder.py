"""A folder as a remote, such as one on a network disk."""

import contextlib
import errno
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tidemark.remotes.contract import AccessError, Listed, LostError, NoPlaceError, RemoteError

LEFT_SECONDS = 86_400  # after that, a temporary file is one that a killed writer left
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


class Folder:
    """Objects as files below a folder, which must exist: a disk may not be mounted.

    Raises:
        NoPlaceError: it does not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.address = str(folder)
        self._folder = folder
        with self._telling():
            if not folder.is_dir():
                raise NoPlaceError(
                    self.address, "is no folder", "mount the disk that it is on, or make it"
                )

    def get(self, name: str, to: Path) -> bool:
        """See `Remote`."""
        with self._telling():
            try:
                source = (self._folder / name).open("rb")
            except FileNotFoundError:
                return False
        with source, to.open("wb") as target:
            shutil.copyfileobj(source, target)
        return True

    def put_if_absent(self, name: str, file: Path) -> bool:
        """See `Remote`."""
        path = self._folder / name
        with self._telling():
            if path.exists():
                return False
            path.parent.mkdir(parents=True, exist_ok=True)
            _sweep(path)
            temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
            try:
                shutil.copyfile(file, temporary)
                temporary.chmod(temporary.stat().st_mode & 0o444)
                with temporary.open("rb") as written:
                    os.fsync(written.fileno())
                return _placed(temporary, path)
            finally:
                temporary.unlink(missing_ok=True)

    def list(self, prefix: str) -> Iterator[Listed]:
        """See `Remote`."""
        with self._telling():
            for folder, _, files in os.walk(self._folder / prefix):
                for name in files:
                    path = Path(folder, name)
                    if not name.startswith("."):
                        stat = path.stat()
                        written = datetime.fromtimestamp(stat.st_mtime, UTC)
                        known_as = path.relative_to(self._folder).as_posix()
                        yield Listed(known_as, stat.st_size, written)

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except PermissionError as error:
            raise AccessError(
                self.address, f"{error.strerror}: {error.filename}", "ask its owner for the right"
            ) from error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
                raise RemoteError(self.address, str(error.strerror), "make room there") from error
            raise LostError(
                self.address, error.strerror or str(error), "look whether its disk is there"
            ) from error


def _placed(temporary: Path, path: Path) -> bool:
    """Give a whole file its name; False if another one has it."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        temporary.rename(path)  # a disk without links: of two at the same instant, the second stays
    return True


def _sweep(path: Path) -> None:
    """Remove what killed writers left of this object."""
    for left in path.parent.glob(f".{path.name}.*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > LEFT_SECONDS:
                left.unlink()
