"""A snapshot brought back from the mirror: what data/store lacks of it is put there as it was.

Objects come back byte by byte and are held against their names, which are their hashes; records of
the log as files have them, so that their chain holds. What is whole here is not touched.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tidemark.errors import InputError
from tidemark.mirroring import keeping, migrating
from tidemark.mirroring.keeping import Count
from tidemark.mirroring.server import WHERE, Server
from tidemark.project import Tree
from tidemark.stored import manifest, objects, snapshot_log, snapshots, turn
from tidemark.stored.snapshot_log import Snapshot


@dataclass(frozen=True)
class Restored:
    """What came of it.

    Attributes:
        wanted: the number of the snapshot that was asked for.
        newest: that of the one which has it now; None if something is missing.
        records, objects: how many were put back.
        missing: by source, objects that neither the store nor the mirror has.
        unshared: those of these sources whose rows no mirror has, by their terms.
    """

    wanted: int
    newest: int | None
    records: int
    objects: int
    missing: Mapping[str, list[str]]
    unshared: Collection[str]


def restore(
    server: Server,
    tree: Tree,
    which: str,
    at: datetime,
    *,
    without: Collection[str] = (),
    count: Count = lambda done, of, what: None,
) -> Restored:
    """Bring a snapshot back and make it the newest once more.

    Args:
        server: of a mirror.
        tree: the project.
        which: its number or a time (`snapshots.find`); empty for the newest that the mirror has.
        at: the time now, with a zone.
        without: sources that the snapshot had and the one that it comes back as has not.
        count: told of objects done and of all.

    Raises:
        InputError: there is no mirror, it is that of another store, it has no such snapshot, or
            an object is damaged there.
        OSError: the store cannot be written.
    """
    if not migrating.is_mirror(server):
        raise InputError(WHERE, "has no mirror", "make mirror fills it, where data/store is whole")
    kept = keeping.records(server)
    log = snapshot_log.log(tree)
    with turn.locked(tree):
        keeping.must_go_together(kept, log.held())
        put_back = log.put_back(kept)
        every = snapshots.list(tree)
        newest_there = max((number for number, data in kept.items() if data), default=None)
        if newest_there is None:
            raise InputError(WHERE, "has no snapshot", "make mirror, where data/store is whole")
        wanted = snapshots.find(tree, which or newest_there)
        if unknown := sorted({*without} - wanted.sources.keys()):
            known = ", ".join(sorted(wanted.sources))
            raise InputError(f"WITHOUT={' '.join(unknown)}", "is no source of it", f"of {known}")
        held = {name: own for name, own in wanted.sources.items() if name not in without}
        got = _Getting(server, tree, count)
        for name in sorted(
            {one.manifest for snapshot in every for one in snapshot.sources.values()}
        ):
            got.have(name)  # all of them: the newest snapshot's are shown, whichever is wanted
        missing = got.all_of({source: _needs(tree, one.manifest) for source, one in held.items()})
    unshared = {source for source in missing if wanted.sources[source].terms.get("share") is False}
    newest = None if missing else _newest(tree, wanted, at, without)
    return Restored(wanted.number, newest, len(put_back), got.written, missing, unshared)


def _newest(tree: Tree, wanted: Snapshot, at: datetime, without: Collection[str]) -> int:
    """Have the newest snapshot be that one; its number."""
    if not without:
        return snapshots.restore(tree, wanted.number, at).number
    sources = {name: held for name, held in wanted.sources.items() if name not in without}
    with turn.alone(tree) as newest:
        if newest.sources == sources:
            return newest.number
        told = at.astimezone(UTC).isoformat(timespec="seconds")
        new = Snapshot(0, told, None, sources, restored=wanted.number)
        return turn.append(tree, newest, new, {}).number


def _needs(tree: Tree, name: str) -> list[str]:
    """The objects that a manifest names; itself alone if it is gone."""
    if not objects.whole(tree, name):
        return [name]
    listed = manifest.decoded(objects.get(tree, name), str(objects.FOLDER / name))
    return sorted(listed.objects)


class _Getting:
    """Objects on their way here."""

    def __init__(self, server: Server, tree: Tree, count: Count) -> None:
        self._server, self._tree, self._count = server, tree, count
        self.written = 0

    def have(self, name: str) -> bool:
        """Whether an object is here and whole, now."""
        if objects.whole(self._tree, name):
            return True
        data = keeping.get(self._server, name)
        if data is None:
            return False
        objects.put(self._tree, name, data)
        self.written += 1
        return True

    def all_of(self, needs: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """By source, what cannot be had of what it needs."""
        missing: dict[str, list[str]] = {}
        done, of = 0, sum(map(len, needs.values()))
        for source, names in needs.items():
            for name in names:
                if not self.have(name):
                    missing.setdefault(source, []).append(name)
                done += 1
                self._count(done, of, "objects")
        return missing
