"""What steps write does not hang on when they ran, nor on the environment: nothing asks for these.

A step that must know the time takes `run.now()`, and the results store then keeps nothing of it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
# Rooms whose code shapes results; the others start, watch and show runs.
SHAPING = (
    *("layout", "statistics", "bars", "reading", "sources", "stored", "validation"),
    "preprocessing",
    *("features", "models", "market", "backtest", "assessment", "reporting", "tables"),
)
FILES = sorted(
    [*SCRIPTS.glob("*.py")]
    + [path for room in SHAPING for path in (SCRIPTS / "tidemark" / room).rglob("*.py")]
)
CLOCKS = {"now", "utcnow", "today", "time_ns", "monotonic", "monotonic_ns", "perf_counter"}
CLOCKS |= {"clock_gettime", "localtime", "gmtime", "st_mtime", "st_mtime_ns", "st_ctime"}
SURROUNDINGS = {"environ", "environb", "getenv", "gethostname", "uname", "getpid", "getuser"}
IN_TEXT = re.compile(r"^(now|today)$|\b(now|today|current_timestamp|current_date) *\( *\)", re.I)
IN_SQL = re.compile(r"\bcurrent_(timestamp|date|time)\b", re.I)


def asked(source: str) -> Iterator[str]:
    """What in this code asks for the time or the environment."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS | SURROUNDINGS:
            if ast.unparse(node) != "run.now":
                yield ast.unparse(node)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name == "time")
        elif isinstance(node, ast.ImportFrom) and node.module in ("time", "os", "socket"):
            names = {name.name for name in node.names}
            of_time = names - {"strptime", "struct_time"} if node.module == "time" else set()
            yield from of_time | names & (CLOCKS | SURROUNDINGS)
        elif isinstance(node, ast.Constant) and _asks_in_words(node.value):
            yield node.value


def _asks_in_words(value: object) -> bool:
    """Whether a library or a database would take this text for the time."""
    text = value if isinstance(value, str) else ""
    return bool(IN_TEXT.search(text) or IN_SQL.search(text))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SCRIPTS)))
def test_code_that_shapes_results_asks_for_neither(path):
    assert list(asked(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    ["import time", "from time import time", "datetime.now(UTC)", "pd.Timestamp.today()",
     "pd.Timestamp('now')", "os.environ['X']", "os.getenv('X')", "from os import environ",
     "sql('SELECT now()')", "sql('SELECT current_date')", "path.stat().st_mtime"],
)  # fmt: skip
def test_each_way_to_ask_is_seen(source):
    assert list(asked(source))


def test_the_way_there_is_may_be_used():
    assert list(asked("run.now()")) == []
