"""Bad input of every kind: exit code 1 or 2, one clear line, every earlier result intact."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Tree

PRICES = "data/sample/prices.csv"
Damage = Callable[[Tree], None]


def rows(tree: Tree) -> list[str]:
    return tree.text(PRICES).splitlines()


def write(tree: Tree, lines: list[str]) -> None:
    (tree.path / PRICES).write_text("\n".join([*lines, ""]), "utf-8")


def cell(row: int, column: int, value: str) -> Damage:
    """Row 1 is the first below the header, i.e. line 2 of the file."""

    def damage(tree: Tree) -> None:
        lines = rows(tree)
        fields = lines[row].split(",")
        fields[column] = value
        lines[row] = ",".join(fields)
        write(tree, lines)

    return damage


def header(old: str, new: str) -> Damage:
    return lambda tree: write(tree, [rows(tree)[0].replace(old, new), *rows(tree)[1:]])


def swap(tree: Tree) -> None:
    lines = rows(tree)
    lines[10], lines[11] = lines[11], lines[10]
    write(tree, lines)


def duplicate(tree: Tree) -> None:
    lines = rows(tree)
    write(tree, [*lines[:5], lines[4], *lines[5:]])


def only(text: str | bytes) -> Damage:
    data = text.encode() if isinstance(text, str) else text
    return lambda tree: void((tree.path / PRICES).write_bytes(data))


def void(_: object) -> None:
    """Make an expression a statement."""


def latin(tree: Tree) -> None:
    data = (tree.path / PRICES).read_bytes()
    (tree.path / PRICES).write_bytes(data[:5000] + b"\xe9" + data[5000:])


def source(name: str, data: bytes) -> Damage:
    """Another file in place of the prices."""

    def damage(tree: Tree) -> None:
        (tree.path / "data/sample" / name).write_bytes(data)
        tree.edit("config.yaml", PRICES, f"data/sample/{name}")

    return damage


def truncated_gzip(tree: Tree) -> None:
    packed = gzip.compress((tree.path / PRICES).read_bytes())
    source("prices.csv.gz", packed[: len(packed) // 2])(tree)


def truncated_parquet(tree: Tree) -> None:
    whole = (tree.path / "data/raw/prices.parquet").read_bytes()
    source("prices.parquet", whole[: len(whole) // 2])(tree)


def config(old: str, new: str) -> Damage:
    return lambda tree: tree.edit("config.yaml", old, new)


def file_as_folder(tree: Tree) -> None:
    """A folder that cannot be written, also for root."""
    for name in ("features", "features.d"):
        path = tree.path / name
        if name == "features":
            path.rename(tree.path / "features.d")
            path.write_text("in the way")
    tree.edit("config.yaml", "lags: [0, 1, 2, 3, 5]", "lags: [0, 1, 2, 3, 5 ]")
    tree.edit("scripts/tidemark/features.py", "ddof=1", "ddof=0")


def folder_as_source(tree: Tree) -> None:
    (tree.path / "data/sample/folder.csv").mkdir()
    tree.edit("config.yaml", PRICES, "data/sample/folder.csv")


def rewrite(path: str, old: str, new: str) -> Damage:
    return lambda tree: tree.edit(path, old, new)


def gap(tree: Tree) -> None:
    lines = rows(tree)
    write(tree, [*lines[:300], *lines[310:]])


def many_nulls(tree: Tree) -> None:
    for row in range(100, 140):
        cell(row, 5, "")(tree)


KINDS: dict[str, tuple[Damage, list[str]]] = {
    "missing column": (header("Close", "Closing"), [PRICES, "Close"]),
    "column twice": (header("Volume", "Close"), [PRICES, "Close"]),
    "text in a number": (cell(7, 5, "n/a?"), [f"{PRICES}:8", "n/a?"]),
    "number with thousands separator": (cell(7, 6, "9'616'100"), [f"{PRICES}:8", "9'616'100"]),
    "impossible date": (cell(7, 1, "2009-02-30"), [f"{PRICES}:8", "2009-02-30"]),
    "date in another format": (cell(7, 1, "01/13/2009"), [f"{PRICES}:8", "01/13/2009"]),
    "duplicate row": (duplicate, ["AAPL", "2009-01-0"]),
    "time going backwards": (swap, [PRICES, "AAPL"]),
    "empty file": (only(""), [PRICES, "empty"]),
    "header only": (lambda tree: write(tree, rows(tree)[:1]), [PRICES]),
    "binary rubbish": (only(bytes(range(256)) * 9), [PRICES]),
    "wrong encoding": (latin, [PRICES, "UTF-8"]),
    "one field too many": (cell(7, 7, "1.0,2.0"), [PRICES]),
    "no ticker": (cell(7, 0, ""), ["ticker"]),
    "negative price": (cell(7, 5, "-3.2"), ["close", "-3.2"]),
    "zero price": (cell(7, 7, "0"), ["adj_close"]),
    "infinite value": (cell(7, 5, "inf"), ["close", "inf"]),
    "high below low": (cell(7, 3, "0.5"), ["high"]),
    "negative volume": (cell(7, 6, "-5"), ["volume", "-5"]),
    "too many nulls": (many_nulls, ["close", "null"]),
    "missing sessions": (gap, ["session"]),
    "stale data": (config("as_of: 2013-03-01", "as_of: 2013-06-01"), ["2013-03-01"]),
    "truncated Parquet": (truncated_parquet, ["data/sample/prices.parquet", "Parquet"]),
    "text called Parquet": (source("p.parquet", b"a,b\n1,2\n"), ["data/sample/p.parquet"]),
    "truncated gzip": (truncated_gzip, ["data/sample/prices.csv.gz"]),
    "folder as source": (folder_as_source, ["data/sample/folder.csv"]),
    "source that does not exist": (config(PRICES, "data/sample/none.csv"), ["none.csv"]),
    "unreleased column": (config("10year", "11year"), ["treasury_yields.csv", "11year"]),
    "schema not acknowledged": (
        rewrite("schemas/prices.json", '"min_rows": ', '"min_rows": 1'),
        ["schemas/prices.json", "acknowledged_schemas.prices"],
    ),
    "schema is not JSON": (rewrite("schemas/prices.json", "{", "{,"), ["schemas/prices.json"]),
    "feature contract broken": (
        config("windows: [5, 21, 63]", "windows: [5, 21, 42]"),
        ["schemas/feature_contract.yaml", "_42"],
    ),
    "test set outside the data": (
        config("test_start: 2012-01-03", "test_start: 2031-01-03"),
        ["split_data.test_start", "2031-01-03"],
    ),
    "too many folds": (config("folds: 5", "folds: 900"), ["split_data.folds"]),
    "block longer than the test set": (
        config("block_length: 21", "block_length: 2100"),
        ["evaluate.block_length"],
    ),
    "unknown calendar": (config("calendar: XNYS", "calendar: XNIX"), ["XNIX"]),
    "unknown time zone": (config("bar: daily", "bar: intraday"), ["prices"]),
    "folder that cannot be written": (file_as_folder, ["features"]),
    "unknown key": (config("seed: 2", "sead: 2"), ["config.yaml:6:1: sead", "did you mean seed?"]),
    "key twice": (config("seed: 20130301", "seed: 1\nseed: 2"), ["config.yaml:7:1", "seed"]),
    "unknown model": (config("estimator: linear", "estimator: lasso"), ["models.linear", "lasso"]),
    "unknown fallback": (config("fallback: linear", "fallback: liner"), ["did you mean linear?"]),
    "text for a number": (config("alpha: 1.0", "alpha: high"), ["models.ridge.alpha"]),
    "colliding names": (
        config("  ridge:\n", "  ridge_bootstrap: {estimator: mean}\n  ridge:\n"),
        ["config.yaml", "collide"],
    ),
    "name with a dot": (config("  mean_impute:", "  mean.impute:"), ["mean.impute"]),
    "broken YAML": (config("seed: 20130301", "seed: [1"), ["config.yaml:"]),
    "embargo below horizon": (config("embargo: 5", "embargo: 0"), ["split_data.embargo"]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_bad_input(tree: Tree, kind: str) -> None:
    damage, told = KINDS[kind]
    before = results(tree)
    damage(tree)
    outcome = tree.make("all")
    assert outcome.code in (1, 2), outcome.stdout
    assert "Traceback" not in outcome.stdout + outcome.stderr
    complaint = complaint_of(outcome.stderr)
    for word in told:
        assert word in complaint
    after = results(tree)
    lost = {path for path in before if after.get(path) != before[path]}
    assert lost <= {"data/raw/prices.parquet", "data/raw/prices.parquet.sha256"} | recomputed(kind)


def complaint_of(stderr: str) -> str:
    """The one line of the step or of config.yaml, without Make's own and the name of the log."""
    lines = [line for line in stderr.splitlines() if not line.startswith(("make:", "    log:"))]
    assert len(lines) == 1, stderr
    return lines[0]


def results(tree: Tree) -> dict[str, str]:
    """Results, without the sample that a test damages and a folder it moved away."""
    return {
        path: sha for path, sha in tree.results().items()
        if not path.startswith(("data/sample", "features"))
    }  # fmt: skip


def recomputed(kind: str) -> set[str]:
    """What rightly became another result before the step that refused."""
    scenarios = Path("data/processed").glob("*") if kind == "none" else []
    return {str(path) for path in scenarios}
