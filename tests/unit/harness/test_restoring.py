"""What the store gives back: the same if nothing changed, and nothing if one thing did."""

import copy
import json
import os
from collections import Counter
from collections.abc import Iterator
from functools import cache

from tidemark.config import view
from tidemark.harness import code, environment, record, restoring, staleness
from tidemark.harness.results_store import Store
from tidemark.harness.staleness import Look
from tidemark.project import Tree

import pytest

OTHER = "0" * 64


class Kept:
    """A store that has all that the runs of a tree left."""

    def __init__(self, tree: Tree, store: Store) -> None:
        self.tree, self.store = tree, store
        self.look = Look(tree)
        self.checkpoints = record.load_all(tree)

    def comes_back(self, name: str, look: Look) -> bool:
        return any(True for _ in restoring._fitting(self.store, look, name, lambda _: True))

    def altered(self, **functions) -> Look:
        """A look that sees one thing otherwise."""
        look = copy.copy(self.look)
        look.__dict__ |= functions
        return look

    def uses(self, of: str) -> Iterator[tuple[str, str]]:
        """Each checkpoint with each thing that it was made of."""
        for name, checkpoint in self.checkpoints.items():
            for thing in getattr(checkpoint, of):
                yield name, thing


@pytest.fixture(scope="module")
def kept(cold, tmp_path_factory) -> Iterator[Kept]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("store")
        patch.setenv("STORE", str(folder))
        patch.setattr(Store, "entry", cache(Store.entry))  # each is read many times here
        patch.setattr(environment, "of_tree", cache(environment.of_tree))
        tree = Tree.at(cold[0].path)
        everything = Kept(tree, Store(folder))
        for checkpoint in everything.checkpoints.values():
            restoring.keep(everything.look, checkpoint)
        yield everything


def test_everything_comes_back_if_nothing_changed(kept):
    assert len(kept.checkpoints) == 43
    for name in kept.checkpoints:
        assert kept.comes_back(name, kept.look), name


def test_nothing_comes_back_if_one_input_changed(kept):
    for name, path in kept.uses("inputs"):
        look = kept.altered(sha=lambda p, path=path: OTHER if p == path else kept.look.sha(p))
        assert not kept.comes_back(name, look), (name, path)


@pytest.mark.parametrize("now", [None, staleness.UNREADABLE, staleness.REPLACED])
def test_nothing_comes_back_if_an_input_has_no_hash(kept, now):
    for name, path in kept.uses("inputs"):
        look = kept.altered(sha=lambda p, path=path: now if p == path else kept.look.sha(p))
        assert not kept.comes_back(name, look), (name, path)


def test_nothing_comes_back_if_one_key_changed_or_went(kept):
    for name, key in kept.uses("config"):
        text = kept.look.stored(key)
        for other in (_otherwise(text), None):
            look = kept.altered(
                stored=lambda k, key=key, other=other: other if k == key else kept.look.stored(k)
            )
            assert not kept.comes_back(name, look), (name, key)


def _otherwise(text: str) -> str:
    """The text of another value that is as like it as can be."""
    value = json.loads(text)
    if isinstance(value, dict):
        return json.dumps({"keys": [*value["keys"][::-1], "one_more"]})
    if isinstance(value, list):
        return json.dumps([*value, value[0]] if value else [0])
    if isinstance(value, int | float) and not isinstance(value, bool):
        return json.dumps(value + 1)
    return json.dumps(f"{value} " if isinstance(value, str) else not value)


def test_nothing_comes_back_if_one_module_means_something_else_or_went(kept):
    uses = [(name, path) for name, path in kept.uses("code") if path not in code.PLUMBING]
    assert len(uses) > 1000
    for name, path in uses:
        for sha in (OTHER, None):
            look = kept.altered(
                code_sha=lambda p, path=path, sha=sha: sha if p == path else kept.look.code_sha(p),
                code_meaning=lambda _: OTHER,
            )
            assert not kept.comes_back(name, look), (name, path)


def test_a_module_that_means_the_same_lets_everything_come_back(kept):
    """So that the test above fails for the right reason."""
    path = "scripts/tidemark/files/store.py"
    look = kept.altered(code_sha=lambda p: OTHER if p == path else kept.look.code_sha(p))
    look.code_meaning = kept.look.code_meaning
    for name in kept.checkpoints:
        assert kept.comes_back(name, look), name


def test_an_upgrade_counts_as_the_configuration_says(kept, monkeypatch):
    installed = environment.of_tree(kept.tree)
    for library in sorted({library for _, library in kept.uses("libraries")}):
        upgraded = installed | {library: "0.1"}
        monkeypatch.setattr(environment, "of_tree", lambda _, there=upgraded: there)
        for policy in ([], [library], ["all"]):
            look = kept.altered(
                stored=lambda key, policy=policy: (
                    json.dumps(policy) if key == staleness.POLICY else kept.look.stored(key)
                )
            )
            for name, checkpoint in kept.checkpoints.items():
                passes = library not in checkpoint.libraries or not policy
                assert kept.comes_back(name, look) == passes, (name, library, policy)
                told = [upgrade.subject for upgrade in staleness.passed_upgrades(checkpoint, look)]
                assert told == [library] * (library in checkpoint.libraries and not policy)


def test_one_byte_on_disk_is_seen_though_its_size_and_time_are_as_they_were(
    kept, tree, chance, long, monkeypatch
):
    """Real files: each input, key file and module, one at a time."""
    here = Tree.at(tree.path)
    users = {
        of: Counter(thing for _, thing in kept.uses(of)) for of in ("inputs", "config", "code")
    }
    files = {
        **{path: here / path for path in users["inputs"] if "*" not in path},
        **{key: here / view.KEYS / key for key in users["config"]},
        **{path: here.module(path) for path in code.shaping(users["code"])},
    }
    chosen = sorted(files) if long else chance.sample(sorted(files), 12)
    for thing in chosen:
        path = files[thing]
        before, stat = path.read_bytes(), path.stat()
        place = chance.randrange(len(before))
        path.write_bytes(_flipped(thing, before, place))
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        look = Look(here)
        for name, checkpoint in kept.checkpoints.items():
            of = {**checkpoint.inputs, **checkpoint.config, **code.shaping(checkpoint.code)}
            if thing in of:
                assert not kept.comes_back(name, look), (name, thing, place)
        path.write_bytes(before)
    assert all(kept.comes_back(name, Look(here)) for name in kept.checkpoints)


def _flipped(thing: str, data: bytes, place: int) -> bytes:
    """One byte otherwise; of code, where that means something; of a key, so that it is a value."""
    if thing.endswith(".py"):
        return b"X = 1\n" + data
    if "/" not in thing:
        return _otherwise(data.decode()).encode()
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
