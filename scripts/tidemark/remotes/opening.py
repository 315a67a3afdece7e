"""A remote by its address."""

from pathlib import Path
from urllib.parse import urlsplit

from tidemark.remotes.address import needs_s3
from tidemark.remotes.contract import Remote
from tidemark.remotes.folder import Folder
from tidemark.remotes.s3 import S3


def opened(address: str, patience: float, base: Path) -> Remote:
    """The remote at an address.

    Args:
        address: one that `must_be_an_address` passes.
        patience: seconds without an answer after which it is too slow.
        base: what a path is relative to.

    Raises:
        RemoteError: there is no such folder, no client, or there are no credentials. A bucket is
            not asked for before it is needed.
    """
    if not needs_s3(address):
        return Folder(base / Path(address).expanduser())
    parts = urlsplit(address)
    return S3(parts.netloc, parts.path.strip("/"), patience)
