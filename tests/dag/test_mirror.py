"""`make mirror` and `make restore` on a project with results, as somebody types them."""

import hashlib
import re
import shutil

import postgres_server
from conftest import Tree
from mirrored_stores import PRIVATE, bars, put
from postgres_server import PASSWORD
from tidemark.project import Tree as Project
from tidemark.stored import snapshots
from tidemark.tables.catalogue import TABLES

import duckdb
import pytest

DATABASE = "project"


@pytest.fixture(scope="module")
def postgres():
    with postgres_server.running() as server:
        server.query("postgres", f"CREATE DATABASE {DATABASE}")
        yield server


def stored(tree: Tree) -> dict[str, str]:
    root = tree.path / "data/store"
    files = [path for path in root.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files}  # fmt: skip


def told(outcome) -> str:
    return outcome.stdout + outcome.stderr


def test_a_project_goes_to_a_mirror_and_comes_back(cold, tmp_path, postgres):
    tree = cold[0].copied(tmp_path / "mirrored")
    assert "mirror.postgres: is not set" in told(tree.make("mirror"))
    tree.edit(
        "config.yaml", "postgres: null", f"postgres: {{address: {postgres.address(DATABASE)}}}"
    )
    wrong = tree.make("mirror", TIDEMARK_PG_PASSWORD="wr0ng-password")
    assert (wrong.code, "refuses the password" in told(wrong)) == (2, True), wrong
    assert "wr0ng" not in told(wrong)
    project = Project.at(tree.path)
    put(project, 1, bars(40))
    put(project, 2, bars(5, ticker="SECRET"), source="fred", terms=PRIVATE)
    put(project, 3, bars(45, close=90.0))
    (tree.path / ".env").write_text(f"TIDEMARK_PG_PASSWORD='{PASSWORD}'\n", "utf-8")

    first = tree.make("mirror")
    assert first.code == 0, first
    assert "mirrored snapshot 3: 45 rows new, 0 replaced" in first.stdout
    assert "note: fred: rows are left out" in first.stdout
    assert PASSWORD not in told(first)
    with duckdb.connect(str(tree.path / "artifacts/metrics.duckdb"), read_only=True) as base:
        names = [name for (name,) in base.sql("SELECT name FROM tables").fetchall()]
        compared = 0
        for name in names:
            full = name if "." in name else f"main.{name}"
            if full.split(".")[0] not in ("main", "assessment"):
                continue
            views = base.sql("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
            if (name.split(".")[-1],) in views:  # these read files below the project
                assert postgres.query(DATABASE, f"SELECT count(*) FROM {full}")
                continue
            listed = ", ".join(f'"{column}"' for column in TABLES[name].columns)
            own = base.sql(f"SELECT {listed} FROM {name} LIMIT 300").fetchall()
            found = postgres.query(DATABASE, f"SELECT {listed} FROM {full} LIMIT 300")
            assert list(map(str, map(tuple, found))) == list(map(str, own)), name
            ((all_own,),) = base.sql(f"SELECT count(*) FROM {name}").fetchall()
            assert postgres.query(DATABASE, f"SELECT count(*) FROM {full}") == [[all_own]]
            compared += 1
        assert compared > 30
    again = tree.make("mirror")
    assert re.search(
        r"0 rows new, 0 replaced; 0 objects and 0 records sent; 0 tables", again.stdout
    )

    before = stored(tree)
    private = snapshots.manifest_of(project, snapshots.current(project), "fred").objects
    shutil.rmtree(tree.path / "data/store")
    lacking = tree.make("restore", FROM="postgres")
    assert lacking.code == 2, "because FROM counts only if it is typed"
    lacking = tree.make("restore", "FROM=postgres")
    assert lacking.code == 2, lacking
    assert "fred (by its terms no mirror has its rows): missing" in told(lacking)
    whole = tree.make("restore", "FROM=postgres", "WITHOUT=fred")
    assert whole.code == 0, whole
    assert "snapshot 3 is whole, and snapshot 4 has it" in whole.stdout
    older = tree.make("restore", "FROM=postgres", "SNAPSHOT=1")
    assert older.code == 0, older
    assert "snapshot 1 is whole, and snapshot 5 has it" in older.stdout
    after = stored(tree)
    kept = {name for name in before if not name.startswith("current/")}
    assert kept - after.keys() == {f"objects/{name}" for name in private}
    same = kept & after.keys() - {"snapshots/last.json"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
