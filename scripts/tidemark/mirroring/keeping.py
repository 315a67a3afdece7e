"""What brings a snapshot back: records of the log, manifests and objects, byte by byte.

Objects go in parts of a few megabytes, so that a large one is neither a large row nor lost when the
connection is. Rows of a source that must not be shared are not sent; were any before its terms
changed, they are removed. Manifests of such sources have no rows, and go with the log.
"""

from collections.abc import Callable, Iterator, Sequence

from tidemark.errors import InputError
from tidemark.files.append import Log
from tidemark.mirroring import copy_text
from tidemark.mirroring.server import WHERE, Server
from tidemark.project import Tree
from tidemark.stored import manifest, objects
from tidemark.stored.manifest import Manifest
from tidemark.stored.snapshot_log import Snapshot

PART = 8 << 20  # bytes
Count = Callable[[int, int, str], object]


def records(server: Server) -> dict[int, bytes | None]:
    """The log's records as files have them, by number; None for one that is lost for good."""
    found = server.run("SELECT number, record FROM tidemark.snapshots ORDER BY number")
    return {int(number): None if data is None else bytes(data) for number, data in found}


def must_go_together(kept: dict[int, bytes | None], own: dict[int, bytes | None]) -> None:
    """The log here and the one there are parts of one.

    Raises:
        InputError: they are logs of two stores, or of one that went on in two places.
    """
    for number in sorted(kept.keys() & own.keys()):
        if None not in (kept[number], own[number]) and kept[number] != own[number]:
            problem = f"its snapshot {number} is not the one of this data/store"
            cure = "name another database in mirror.postgres.address, one for each store"
            raise InputError(WHERE, problem, cure)


def send_log(server: Server, log: Log) -> int:
    """Send the records that the mirror lacks; how many.

    Raises:
        InputError: the mirror is that of another store.
    """
    kept, own = records(server), log.as_written()
    must_go_together(kept, own)
    new = sorted(own.keys() - kept.keys())
    with server.transaction():
        for number in new:
            server.run(
                "INSERT INTO tidemark.snapshots (number, record) VALUES (:number, :record)",
                number=number,
                record=own[number],
            )
    return len(new)


def manifests(tree: Tree, snapshots: Sequence[Snapshot]) -> dict[str, Manifest]:
    """The manifests that snapshots name, by the name of the object; none that is gone."""
    found = {}
    for name in sorted({held.manifest for one in snapshots for held in one.sources.values()}):
        if objects.place(tree, name).exists():
            where = str(objects.FOLDER / name)
            found[name] = manifest.decoded(objects.get(tree, name), where)
    return found


def send_objects(
    server: Server,
    tree: Tree,
    listed: dict[str, Manifest],
    unshared: set[str],
    count: Count,
) -> tuple[int, list[str]]:
    """Send the objects that the mirror lacks, and remove those that must not be there.

    Args:
        server: of the mirror.
        tree: whose they are.
        listed: all manifests, by name.
        unshared: sources of which only manifests go.
        count: told of bytes done and of all.

    Returns:
        How many went, and which are gone here so that they could not.
    """
    shared = {one for own in listed.values() if own.source not in unshared for one in own.objects}
    private = {one for own in listed.values() if own.source in unshared for one in own.objects}
    there = {str(name) for (name,) in server.run("SELECT name FROM tidemark.objects")}
    for name in sorted((private - shared) & there):
        server.run("DELETE FROM tidemark.objects WHERE name = :name", name=name)
    wanted = sorted((shared | listed.keys()) - there)
    gone = [name for name in wanted if not objects.place(tree, name).exists()]
    sizes = {name: objects.place(tree, name).stat().st_size for name in wanted if name not in gone}
    done, of = 0, sum(sizes.values())
    for some in _together(sizes):
        with server.transaction():
            _send(server, tree, some)
        done += sum(sizes[name] for name in some)
        count(done // 1024, of // 1024, "kB of objects")
    return len(sizes), gone


def _together(sizes: dict[str, int]) -> Iterator[list[str]]:
    """Names, as many at a time as make up one part."""
    some: list[str] = []
    for name in sizes:
        some.append(name)
        if sum(sizes[one] for one in some) >= PART:
            yield some
            some = []
    if some:
        yield some


def _send(server: Server, tree: Tree, names: Sequence[str]) -> None:
    sizes: list[bytes] = []

    def parts() -> Iterator[bytes]:
        for name in names:
            data = objects.get(tree, name)
            sizes.append(f"{name}\t{len(data)}\n".encode())
            for nth, start in enumerate(range(0, len(data), PART)):
                yield copy_text.blob_line(name, nth, data[start : start + PART])

    server.run("CREATE TEMPORARY TABLE sent (LIKE tidemark.object_parts) ON COMMIT DROP")
    server.copy("sent", parts())
    server.copy("tidemark.objects (name, bytes)", sizes)
    server.run("INSERT INTO tidemark.object_parts SELECT * FROM sent")


def get(server: Server, name: str) -> bytes | None:
    """The content of an object, held against its name; None if the mirror has none.

    Raises:
        InputError: it is damaged there.
    """
    parts = server.run(
        "SELECT nth, content FROM tidemark.object_parts WHERE name = :name ORDER BY nth", name=name
    )
    if not parts:
        return None
    data = b"".join(bytes(content) for _, content in parts)
    try:
        return objects.verified(name, data)
    except InputError:
        cure = f"DELETE FROM tidemark.objects WHERE name = '{name}' there, then make mirror"
        raise InputError(WHERE, f"{name} is damaged there", cure) from None
