"""Real runs of the real Makefile, on a small part of the sample, in temporary copies."""

import contextlib
import fcntl
import hashlib
import json
import os
import random
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import IO

import s3_service

import duckdb
import pytest
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ("config.yaml", "data/sample", "reports/narrative", "reports/templates", "schemas")
EXTRAS = ("dev", "excel", "live", "postgres", "s3", "yahoo")
LOCKS = ("requirements.lock", *(f"requirements-{extra}.lock" for extra in EXTRAS))
CODE = ("Makefile", "make", *LOCKS, "scripts")
RESULTS = ("data", "features", "models", "metrics", "reports")
SKEW = r"^make: (Warning: File .* in the future|warning:  Clock skew detected.*)\n"
LINE = re.compile(
    r"^(?:\[ *\d+/\d+\] )?(\w+) +([\w ]*?) +(fresh|restored|FAILED|[\d.]+ s)(?: |$)", re.M
)


@dataclass
class Tree:
    """A copy of the project, and what tests can do with it."""

    path: Path
    code: str | None = None  # its folder, for a project that has none

    def copied(self, to: Path) -> "Tree":
        self.come_to_rest()
        subprocess.run(["cp", "-a", "--reflink=auto", self.path, to], check=True)
        return Tree(to)

    def make(self, *goals: str, jobs: int = 2, **environment: str) -> "Outcome":
        return self.start(*goals, jobs=jobs, **environment).outcome()

    def start(
        self, *goals: str, jobs: int = 2, under: Sequence[str] = (), **environment: str
    ) -> "Running":
        """Start a `make` without waiting for it; `under` is a command that starts it."""
        elsewhere = [f"--file={self.code}/Makefile"] if self.code else []
        command = [*under, "make", *elsewhere, f"-j{jobs}", *goals]
        return Running(command, self.path, clean_environment(environment))

    def python(self, *arguments: str) -> "Outcome":
        done = subprocess.run(
            [".venv/bin/python", *arguments], cwd=self.path, env=clean_environment({}),
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False,
        )  # fmt: skip
        return Outcome(done.returncode, done.stdout, done.stderr)

    def planned(self) -> set[str]:
        """The steps that `make -n all` names, as `step instance`."""
        lines = self.make("-n", "all").stdout.splitlines()
        commands = [
            line.split("scripts/")[-1] for line in lines if "scripts/launch/launch.py" in line
        ]
        return {re.sub(r"\.py$|\.py(?= )|--\w+ ", "", command).strip() for command in commands}

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.path / path).read_text("utf-8")
        assert old in text, f"{path} has no {old!r}"
        (self.path / path).write_text(text.replace(old, new, 1), "utf-8")

    def text(self, path: str) -> str:
        return (self.path / path).read_text("utf-8")

    def results(self) -> dict[str, str]:
        """SHA-256 of every result; nothing of what depends on the run or on a fetch."""
        apart = ("metrics/history", "reports/index.html", "data/store")
        of_runs = tuple(str(self.path / path) for path in apart)
        files = [file for top in RESULTS for file in (self.path / top).rglob("*") if file.is_file()]
        return {
            str(file.relative_to(self.path)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(files)
            if not str(file).startswith(of_runs)
        }

    def state(self) -> dict[str, object]:
        """All that steps made, by content."""
        files: dict[str, object] = {**self.results()}
        for file in sorted((self.path / "artifacts").glob("*.json")):
            files[f"artifacts/{file.name}"] = hashlib.sha256(file.read_bytes()).hexdigest()
        with duckdb.connect(str(self.path / "artifacts/metrics.duckdb"), read_only=True) as base:
            found = "SELECT schema_name || '.' || table_name FROM duckdb_tables"
            names = sorted(name for (name,) in base.sql(found).fetchall())
            tables = {name: base.sql(f"FROM {name}").fetchall() for name in names}
        return files | tables

    def temporary_files(self) -> list[Path]:
        """Files that a killed step may leave behind, but not the run after it."""
        self.come_to_rest()
        return list(self.path.rglob(".*.tmp*"))

    def processes(self) -> dict[int, str]:
        """Id and command line of every process that works in the tree."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it ended meanwhile
                if (folder / "cwd").readlink().is_relative_to(self.path):
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                    found[int(folder.name)] = command.decode().strip()
        return found

    def come_to_rest(self) -> None:
        """Wait for whatever works in the tree, such as the interpreter of a make that has ended.

        What goes on for long is killed: a step that outlived its killed make, say.
        """
        deadline = time.monotonic() + 10
        while left := self.processes():
            for process in left if time.monotonic() > deadline else ():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            time.sleep(0.01)


class Lent:
    """A copy of a tree, lent to one test after another and put in order after each.

    That costs a tenth of another copy. Any change of a file sets its ctime, which nobody can set
    back, so every change is found without reading anything.
    """

    def __init__(self, original: Tree, path: Path) -> None:
        self._original = original.path
        self.tree = original.copied(path)
        self._whole = self._settled()

    def put_in_order(self) -> None:
        self.tree.come_to_rest()
        now = self._look()
        for path in sorted(now, reverse=True):
            if now[path] != self._whole.get(path):
                place = self.tree.path / path
                place.unlink() if now[path] else place.rmdir()
        for path, state in self._whole.items():
            if not state:
                (self.tree.path / path).mkdir(exist_ok=True)
            elif now.get(path) != state:
                shutil.copy2(self._original / path, self.tree.path / path, follow_symlinks=False)
        for path in [path for path, state in self._whole.items() if not state][::-1]:
            shutil.copystat(self._original / path, self.tree.path / path)
        self._whole = self._settled()

    def _settled(self) -> dict[str, tuple[int, ...]]:
        """How the tree looks when its config.mk is newer than the config.yaml that was put back.

        Otherwise the first make of each test would read the configuration again.
        """
        (self.tree.path / "artifacts/config.mk").touch()
        return self._look()

    def _look(self) -> dict[str, tuple[int, ...]]:
        """Mode, inode, size and ctime of each file and link in the tree; of a folder, nothing."""
        found: dict[str, tuple[int, ...]] = {".": ()}
        for folder, folders, files in os.walk(self.tree.path):
            here = os.path.relpath(folder, self.tree.path)
            for name in (*folders, *files):
                seen = os.lstat(f"{folder}/{name}")
                state = (seen.st_mode, seen.st_ino, seen.st_size, seen.st_ctime_ns)
                path = os.path.normpath(f"{here}/{name}")
                found[path] = () if stat.S_ISDIR(seen.st_mode) else state
        return found


@dataclass
class Running:
    """A running command, at the head of a process group of its own.

    It writes to files, because a pipe would stay open as long as an orphan lives.
    """

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    stdout: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    stderr: IO[bytes] = field(default_factory=tempfile.TemporaryFile)

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(
            self.command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=self.stdout, stderr=self.stderr, process_group=0,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip

    def send(self, number: signal.Signals) -> None:
        """Signal all of its processes, as the terminal does, unless it has ended."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def outcome(self) -> "Outcome":
        """Wait until it has ended."""
        try:
            code = self.process.wait(280)
        except BaseException:
            self.send(signal.SIGKILL)
            self.process.wait()
            raise
        with self.stdout, self.stderr:
            texts = [os.pread(file.fileno(), 10**7, 0) for file in (self.stdout, self.stderr)]
        return Outcome(code, *(text.decode() for text in texts))


@dataclass
class Outcome:
    """What a command printed, and which steps it ran."""

    code: int
    stdout: str
    stderr: str

    def _steps(self, told: str) -> list[str]:
        """Those whose state is told so; that of one that ran are its seconds, or that it failed."""
        found = LINE.findall(self.stdout) + LINE.findall(
            self.stderr
        )  # as times are brought in line
        return [f"{s} {i}".strip() for s, i, state in found if re.fullmatch(told, state)]

    @property
    def runs(self) -> list[str]:
        """Steps that ran, each as often as it ran."""
        return self._steps(r"FAILED|[\d.]+ s")

    @property
    def ran(self) -> set[str]:
        return set(self.runs)

    @property
    def checked(self) -> set[str]:
        return set(self._steps("fresh"))

    @property
    def restored(self) -> set[str]:
        return set(self._steps("restored"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="tests/campaigns/ in their long form")
    parser.addoption("--seed", type=int, help="repeat the random choices of a campaign that failed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked `long`, unless campaigns run."""
    if not config.getoption("--long"):
        left_out = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in {*left_out}]


def in_campaigns(*cases: object) -> list[object]:
    """Cases of a test that only campaigns run, because the others show most of what they do."""
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.long)
        for case in cases
    ]


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether campaigns run in their long form."""
    return bool(request.config.getoption("--long"))


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Random choices, by a seed that a failure shows."""
    seed = request.config.getoption("--seed")
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    print(f"to repeat: --seed {seed}")
    return random.Random(seed)


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """As steps have it; on a busy machine, threads of boosted trees wait for each other."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def s3() -> Iterator[s3_service.Service]:
    """An S3 service of this worker's own."""
    with s3_service.running() as service:
        yield service


def clean_environment(extra: dict[str, str]) -> dict[str, str]:
    """The environment without what an outer make or a test run has set; nothing is restored.

    Most tests count which steps ran when something is undone. Those of the store set STORE="", and
    those of the page of runs, which takes a second after each make, TIDEMARK_PAGE="".
    """
    dropped = ("MAKE", "TIDEMARK", "MFLAGS", "PYTEST", "STORE")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    return kept | {"STORE": "off", "TIDEMARK_PAGE": "off"} | extra


TICKERS = ("AAPL", "IBM", "MSFT")
SOURCES = ("prices", "corporate_actions", "treasury", "unemployment")
SCENARIOS = ("mean_impute", "outlier_treatment")
MODELS = ("baseline", "ridge", "logistic")
STRATEGIES = ("buy_and_hold", "sma_cross", "model_forecast")
CUT = ("upper: 0.99}", "upper: 0.98}")  # the edit whose step, this one, is the quickest
CUTTING = {"preprocess outlier_treatment"}
GATHER = {"scenario_compare", "collect_metrics", "reports"}
ASSESS = {"assess", "strategy_plots", "collect_metrics", "reports"}
SMALL_BRANCH = """
market_scenarios:
  historical:
    year: {start: 2010-01-01, end: 2010-12-31, source: calendar}
    covid_crash: {start: 2020-02-19, end: 2020-03-23, source: "S&P 500"}
  calendar_years: false
  stress:
    liquidity_crisis: {cost_multiplier: 5.0}
  stochastic:
    paths: {stationary_bootstrap: 2, gbm: 1}
    horizon: 60
    warm_up: 60
    block_length: 10
    min_history: 500

market_metrics:
  forecasts: {scenario: mean_impute, model: baseline}
  importance_rows: 100

backtest:
  cost_basis_points: 5
  slippage_basis_points: 5

strategies:
  buy_and_hold: {strategy: buy_and_hold}
  sma_cross: {strategy: sma_cross, parameters: {fast: [5, 10], slow: [50]}}
  model_forecast: {strategy: model_forecast, forecasts: {scenario: mean_impute, model: baseline}}

assess:
  benchmark: buy_and_hold
  weights: {sharpe_ratio: 0.5, total_return: 0.5}
  guardrails:
    {min_trades: 1, min_sharpe: -9.0, max_position_rate: 1.0, max_drawdown: 1.0, min_markets: 0.0}
  blocks: 4
  walk_forward: {first_years: 1, every_years: 1}
  bootstrap_replicates: 100
  tear_sheets: 1

"""


def instances(step: str, *, scenarios=SCENARIOS, models=MODELS) -> set[str]:
    """`step source`, `step scenario`, `step scenario model` or `step strategy`, for all of them."""
    if step in ("fetch_data", "validate_schema"):
        return {f"{step} {source}" for source in SOURCES}
    if step == "backtest":
        return {f"{step} {strategy}" for strategy in STRATEGIES}
    if step in ("preprocess", "feature_engineering", "split_data"):
        return {f"{step} {scenario}" for scenario in scenarios}
    return {f"{step} {scenario} {model}" for scenario in scenarios for model in models}


def make_small(folder: Path, code: Path | None = None) -> Tree:
    """A project with three tickers since 2009, two scenarios, three models, three strategies.

    Its code lies in `code`, if that is given, else in the project.
    """
    _copy(PROJECT, folder)
    _copy(CODE, code or folder)
    ((code or folder) / ".venv").symlink_to(ROOT / ".venv")
    _shrink_prices(folder / "data/sample/prices.csv")
    _shrink_config(folder / "config.yaml")
    return Tree(folder, os.path.relpath(code, folder) if code else None)


def _copy(parts: Sequence[str], folder: Path) -> None:
    for part in parts:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / part, folder / part)


def _shrink_prices(path: Path) -> None:
    header, *rows = path.read_text("utf-8").splitlines()
    bars = [row.split(",") for row in rows]
    kept = [",".join(bar) for bar in bars if bar[0] in TICKERS and bar[1] > "2009-"]
    path.write_text("\n".join([header, *kept, ""]), "utf-8")


def _shrink_config(path: Path) -> None:
    text = path.read_text("utf-8")
    text = re.sub(r"  median_impute:\n(    .*\n)+", "", text)
    text = re.sub(r"  (linear|svr|poly2):\n(    .*\n)+", "", text)
    text = text.replace("    fallback: linear\n", "")
    before, _, after = text.partition("# --- Strategies ")
    text = before + SMALL_BRANCH + after[after.index("# --- Machines ") :]
    text = text.replace("test_start: 2010-07-01", "test_start: 2012-01-03")
    text = text.replace("dpi: 110", "dpi: 60")
    text = text.replace("bootstrap_replicates: 2000", "bootstrap_replicates: 200")
    text = text.replace("retry_first_wait_minutes: 1 ", "retry_first_wait_minutes: 0 ")
    path.write_text(text, "utf-8")


@pytest.fixture(scope="session")
def cold(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tree, Outcome]:
    """The tree of a first `make all`, and what it printed. Copy the tree before changing anything.

    The first worker that asks builds it for all of them.
    """
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    tree, told = Tree(shared / "cold/tidemark"), shared / "cold.json"
    with (shared / "cold.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            make_small(tree.path)
            told.write_text(json.dumps(asdict(tree.make("all", jobs=4, TIDEMARK_PAGE=""))), "utf-8")
    outcome = Outcome(**json.loads(told.read_text("utf-8")))
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    return tree, outcome


@pytest.fixture(scope="session")
def lent(cold: tuple[Tree, Outcome], tmp_path_factory: pytest.TempPathFactory) -> Lent:
    return Lent(cold[0], tmp_path_factory.mktemp("lent") / "copy")


@pytest.fixture
def tree(lent: Lent) -> Iterator[Tree]:
    """A built project, a copy, that the test may do anything to."""
    yield lent.tree
    lent.put_in_order()


@pytest.fixture
def settled(tree: Tree) -> Tree:
    """A built project after another make, which has already noticed that it is a copy."""
    assert tree.make("all").ran == set()
    return tree


@pytest.fixture(scope="session")
def undisturbed(
    cold: tuple[Tree, Outcome], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., dict[str, object]]:
    """The state in which `make all` ends with these edits of config.yaml, if nothing interferes."""

    @cache
    def state(*edits: tuple[str, str]) -> dict[str, object]:
        if not edits:
            return cold[0].state()
        tree = cold[0].copied(tmp_path_factory.mktemp("undisturbed") / "copy")
        for old, new in edits:
            tree.edit("config.yaml", old, new)
        assert tree.make("all").code == 0
        return tree.state()

    return state


def assert_mends(tree: Tree, state: dict[str, object]) -> Outcome:
    """The next make ends in this state and leaves nothing behind, nor anything to do."""
    outcome = tree.make("all")
    complaints = re.sub(SKEW, "", outcome.stderr, flags=re.M)
    assert (outcome.code, complaints) == (0, ""), outcome
    assert tree.state() == state
    assert tree.temporary_files() == []
    assert "steps are fresh; nothing to do" in tree.make("all").stdout
    return outcome
