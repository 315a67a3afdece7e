"""How a configuration names a user's files, whatever their own names are.

Make, shells and every file system can say plain letters. A file or folder with another name gets a
link in data/own/; what lies in a folder keeps its name, because only the step reads it.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

OWN = "data/own"
SAFE = re.compile(r"(?!-)[A-Za-z0-9._@+-]+")
ENDING = re.compile(r"(\.[A-Za-z0-9]{1,7})(\.gz)?$", re.I)


@dataclass(frozen=True)
class Chosen:
    """Files, and how the configuration names them.

    Attributes:
        names: for each file, its name by `path`.
        path: of the section, with a * for several files.
        links: by name, what it has to lead to.
    """

    names: Mapping[str, str]
    path: str
    links: Mapping[str, str]


def of_file(file: str, taken: Collection[str]) -> Chosen:
    """A single file.

    Args:
        file: its name.
        taken: names in data/own/ that lead elsewhere.
    """
    if can_be_said(file) and "*" not in file:
        return Chosen({file: file}, file, {})
    link = f"{OWN}/{safe(PurePosixPath(file).name, taken)}"
    return Chosen({file: link}, link, {link: file})


def of_several(pattern: str, files: Sequence[str], taken: Collection[str]) -> Chosen:
    """Files of one folder.

    Args:
        pattern: that they match; * and what else shells know in its last part.
        files: their names.
        taken: as for `of_file`.
    """
    folder, wildcard = PurePosixPath(pattern).parent, PurePosixPath(pattern).name
    if can_be_said(pattern):
        return Chosen({file: file for file in files}, pattern, {})
    own = f"{OWN}/{safe(folder.name, taken)}"
    names = {file: f"{own}/{PurePosixPath(file).name}" for file in files}
    if can_be_said(wildcard):
        return Chosen(names, f"{own}/{wildcard}", {own: str(folder)})
    ending = found[0] if (found := ENDING.search(files[0])) else ""
    return Chosen(names, f"{own}/*{ending}", {link: file for file, link in names.items()})


def can_be_said(path: str) -> bool:
    """Whether a path is of plain letters, digits and . _ - @ +, and a * in its last part."""
    *folders, name = path.removeprefix("/").split("/")
    return all(SAFE.fullmatch(part) for part in (*folders, name.replace("*", "x")))


def safe(name: str, taken: Collection[str]) -> str:
    """A name that can be said, as like to this one as may be, and none of `taken`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    ending = found[0] if (found := ENDING.search(plain)) else ""
    stem = re.sub(r"[^A-Za-z0-9._@+-]+", "_", plain.removesuffix(ending)).strip("_.-") or "data"
    chosen, number = f"{stem}{ending}", 2
    while chosen in taken:
        chosen, number = f"{stem}_{number}{ending}", number + 1
    return chosen
