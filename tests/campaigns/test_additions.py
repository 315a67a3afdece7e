"""What is added as CONTRIBUTING's "To add" says touches a few files each, and works."""

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from conftest import ROOT, SCENARIOS, Tree, make_small
from tidemark.validation import schema

import pytest

MOST = 5  # files of an addition, with those that `make config-schema` writes
SCHEMA = "schemas/config.schema.json"
PAGE = "docs/estimators.md"
MEASURED = json.loads((ROOT / "schemas/unemployment.json").read_text("utf-8"))
MEASURED["fields"]["inflation"] = MEASURED["fields"].pop("unemployment")
INFLATION = json.dumps(MEASURED)
PAID = json.loads((ROOT / "schemas/corporate_actions.json").read_text("utf-8"))
PAID["fields"]["kind"]["allowed"] = ["dividend"]
del PAID["adjustment_tolerance"]
DIVIDENDS = json.dumps(PAID)


READ = "  # a schema that changes stops the run"  # in config.yaml, below which schemas were read


def acknowledged(text: str) -> str:
    return schema.fingerprint(text.encode())[:12]


@dataclass(frozen=True)
class Addition:
    """What somebody does: new files, and lines put in front of what stands in others.

    Attributes:
        new: text by path.
        lines: path, what stands there, and what comes before it.
        schema: whether the JSON Schema of config.yaml changes with it.
        page: whether the page of kinds of models does.
    """

    new: Mapping[str, str] = field(default_factory=dict)
    lines: Sequence[tuple[str, str, str]] = ()
    schema: bool = True
    page: bool = False

    def files(self) -> set[str]:
        changed = {path for path, _, _ in self.lines}
        written = {SCHEMA: self.schema, PAGE: self.page}
        return {*self.new, *changed, *(path for path in written if written[path])}

    def make(self, tree: Tree) -> None:
        for path, text in self.new.items():
            assert not (tree.path / path).exists()
            (tree.path / path).parent.mkdir(exist_ok=True)
            (tree.path / path).write_text(text, "utf-8")
        for path, place, text in self.lines:
            tree.edit(path, place, f"{text}{place}")


ADDITIONS = {
    "a kind of instance": Addition(
        lines=(
            (
                "scripts/tidemark/config/kinds.py",
                '        Kind("scenario", ',
                '        Kind("universe", "universes", _keys_of("universes")),\n',
            ),
            (
                "scripts/tidemark/config/settings.py",
                "    environment: Environment",
                "    universes: Mapping[Name, Sequence[str]] = field(default_factory=dict)\n",
            ),
            ("config.yaml", "preprocess:\n", "universes:\n  makers: [IBM, AAPL]\n\n"),
            ("make/machinery.mk", "SCENARIOS MODELS ", "UNIVERSES "),
        ),
    ),
    "a step": Addition(
        new={
            "scripts/count_bars.py": '''"""Count the bars of each ticker of a universe."""

from tidemark.harness.step import Run, step
from tidemark.layout.count_bars import BARS
from tidemark.layout.fetch_data import RAW_PRICES


@step(per=("universe",))
def count_bars(run: Run) -> None:
    """Write the number of bars of each ticker."""
    prices = run.read.parquet(RAW_PRICES)
    tickers = run.plain(run.config["universes"][run.universe])
    bars = prices["ticker"].value_counts()
    run.write.json(run.own(BARS), {name: int(bars[name]) for name in tickers})


if __name__ == "__main__":
    count_bars()
''',
            "scripts/tidemark/layout/count_bars.py": '''"""Number of bars of each ticker."""

BARS = "metrics/{universe}_bars.json"
''',
        },
        lines=(
            (
                "make/data.mk",
                "CHECKPOINTS_fetch_data := ",
                "data-pipeline += count_bars\nSTEPS += count_bars\n"
                "CHECKPOINTS_count_bars := $(UNIVERSES:%=artifacts/count_bars_%.ok)\n"
                "define UNIVERSE\nartifacts/count_bars_$1.ok: data/raw/prices.parquet\n"
                "\t$$(STEP) scripts/count_bars.py --universe $1\n"
                "metrics/$1_bars.json: artifacts/count_bars_$1.ok ; $$(KEPT)\nendef\n"
                "$(foreach u,$(UNIVERSES),$(eval $(call UNIVERSE,$u)))\n\n",
            ),
            ("config.yaml", "    ML Eng:", "    Counting: [count_bars]\n"),
            ("docs/steps.md", "| `preprocess` | ", "| `count_bars` | `data/raw/` | `metrics/` |\n"),
        ),
        schema=False,
    ),
    "a configuration key": Addition(
        lines=(
            (
                "scripts/tidemark/reporting/settings.py",
                "        dpi: ",
                "        width: of a figure, in inches.\n",
            ),
            (
                "scripts/tidemark/reporting/settings.py",
                "    dpi: Annotated",
                "    width: Annotated[int, Ge(1), Le(40)] = 9\n",
            ),
            ("config.yaml", "  dpi: ", "  width: 12  # of a figure, in inches\n"),
        ),
    ),
    "a kind of model": Addition(
        new={
            "scripts/tidemark/models/estimators/lasso.py": '''"""Lasso regression."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from tidemark.bounds import Positive
from tidemark.models.settings import Model, Search


@dataclass(frozen=True, kw_only=True)
class Lasso(Model):
    """Least squares with an L1 penalty.

    Attributes:
        alpha: weight of the penalty.
    """

    estimator: Literal["lasso"]
    alpha: Annotated[Positive, Search(1e-5, 1.0, log=True)] = 1.0

    def build(self, seed: int) -> Any:
        """Of scikit-learn."""
        from sklearn import linear_model

        return linear_model.Lasso(alpha=self.alpha)
''',
        },
        lines=(("config.yaml", "  ridge:\n", "  lasso: {estimator: lasso, alpha: 0.001}\n"),),
        page=True,
    ),
    "a feature": Addition(
        new={
            "scripts/tidemark/features/families/close_place.py": '''"""Where a bar closed."""

from dataclasses import dataclass
from typing import ClassVar

from tidemark.bounds import Window
from tidemark.features.feature import OwnTicker

import pandas as pd


@dataclass(frozen=True, kw_only=True)
class ClosePlace(OwnTicker):
    """The mean place of the close between low and high in a window, from 0 to 1.

    Chaikin (1966).

    Attributes:
        window: bars, the last one being this bar.
    """

    name: ClassVar[str] = "close_place_{window}"
    needs: ClassVar[tuple[str, ...]] = ("high", "low", "close")
    window: Window = 21

    def formula(self) -> str:
        """The mean of the places."""
        return f"mean(((close - low) / (high - low))[t-{self.window - 1}..t])"

    def values(self, bars: pd.DataFrame) -> pd.Series:
        """From the first full window of bars that moved."""
        reach = (bars["high"] - bars["low"]).where(bars["high"] > bars["low"])
        return ((bars["close"] - bars["low"]) / reach).rolling(self.window).mean()
''',
        },
        lines=(
            ("config.yaml", "  term_spread: ", "  features: {close_place: {window: [5]}}\n"),
            ("schemas/feature_contract.yaml", "  target: ", "  close_place_5: float64\n"),
            (
                "docs/features.md",
                "\n`index` is the column",
                "| `close_place` | `close_place_21` | its own | `high`, `low`, `close` |"
                " `mean(((close - low) / (high - low))[t-20..t])` | Chaikin (1966) |\n",
            ),
        ),
    ),
    "a strategy": Addition(
        new={
            "scripts/tidemark/backtest/strategies/always_short.py": '''"""Short all the time."""

from tidemark.arrays import Floats
from tidemark.market.grid import Prices

import numpy as np

CATEGORY = "benchmark"
DEFAULTS = {"share": 1.0}


def targets(prices: Prices, share: float) -> Floats:
    """The same share of equity at every bar."""
    return np.full_like(prices.close, -share)
''',
        },
        lines=(
            ("config.yaml", "  sma_cross: ", "  always_short: {strategy: always_short}\n"),
            (
                "tests/unit/backtest/test_strategies.py",
                '    Case(\n        "buy_and_hold",',
                '    Case("always_short", {"share": 0.5}, {"close": [3]}, [-0.5], "half"),\n',
            ),
        ),
        schema=False,
    ),
    "a table": Addition(
        lines=(
            (
                "scripts/assess.py",
                '        "set_evidence": examined.sets,\n',
                '        "passing": sets[sets["passed"]],\n',
            ),
            (
                "scripts/tidemark/tables/strategies.py",
                '    Table(\n        "assessment.scenario_performance",',
                '    Table(\n        "assessment.passing",\n        "A set that passes.",\n'
                '        _assessed("passing"),\n'
                '        {**RANKED, "set": SET, **AVERAGES, **JUDGED},\n    ),\n',
            ),
            ("docs/database.md", "`scenario_performance`,", "`passing`, "),
        ),
        schema=False,
    ),
    "an economic series": Addition(
        new={
            "schemas/inflation.json": INFLATION,
            "mydata/inflation.csv": "month,rate\n"
            + "".join(
                f"{year}-{month:02}-01,{month / 4}\n"
                for year in range(2008, 2014)
                for month in range(1, 13)
                if (year, month) < (2013, 2)
            ),
        },
        lines=(
            (
                "config.yaml",
                "    unemployment:\n      path",
                "    inflation:\n      path: mydata/inflation.csv\n"
                '      date_format: "%Y-%m-%d"\n      release_lag_days: 20\n'
                "      columns: {timestamp: month, inflation: rate}\n",
            ),
            ("config.yaml", READ, f'    inflation: "{acknowledged(INFLATION)}"\n'),
        ),
        schema=False,
    ),
    "a source": Addition(
        new={
            "scripts/tidemark/sources/dividends.py": '''"""Dividends of all corporate actions."""

from collections.abc import Mapping
from typing import Any

from tidemark.sources import actions, of_files
from tidemark.sources.contract import Batch, Request
from tidemark.sources.places import Placed


def source(request: Request) -> Batch:
    """The dividends of the user's files."""
    return of_files.batch(request, read)


def read(files: Mapping[str, bytes], source: Mapping[str, Any]) -> Placed:
    """What `actions.read` finds, without the splits."""
    records, places, notes = actions.read(files, source)
    paid = records["kind"] == "dividend"
    return Placed(records[paid].reset_index(drop=True), places[paid].reset_index(drop=True), notes)
''',
            "schemas/dividends.json": DIVIDENDS,
        },
        lines=(
            (
                "scripts/tidemark/sources/settings.py",
                'SERIES: "economic"}',
                '"dividends": "dividends", ',
            ),
            (
                "scripts/tidemark/sources/settings.py",
                "        economic: series by name.",
                "        dividends: a file that has them; null if none.\n",
            ),
            (
                "scripts/tidemark/sources/settings.py",
                "    economic: Mapping[Name, EconomicSeries]",
                "    dividends: CorporateActions | None = None\n",
            ),
            (
                "config.yaml",
                "  economic: ",
                "  dividends:\n    path: data/sample/corporate_actions.csv\n"
                '    date_format: "%Y-%m-%d"\n'
                "    columns: {timestamp: ex_date, ticker: ticker, kind: kind, value: value}\n",
            ),
            ("config.yaml", READ, f'    dividends: "{acknowledged(DIVIDENDS)}"\n'),
        ),
    ),
}


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A small project with its documents and unit tests, to which all of it was added."""
    tree = make_small(tmp_path_factory.mktemp("grown"))
    for path in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "pyproject.toml"):
        shutil.copy2(ROOT / path, tree.path / path)
    for folder in ("docs", "tests", ".github"):
        shutil.copytree(ROOT / folder, tree.path / folder)
    tree.edit("config.yaml", READ, f"  acknowledged_schemas:\n{READ}")
    for addition in ADDITIONS.values():
        addition.make(tree)
    written = tree.python("scripts/launch/configure.py", "--write-schema")
    assert written.code == 0, written
    return tree


@pytest.mark.parametrize("addition", ADDITIONS.values(), ids=ADDITIONS)
def test_an_addition_touches_few_files(addition):
    assert len(addition.files()) <= MOST


def test_make_knows_all_that_was_added(grown):
    pairs = {f"train_models {scenario} lasso" for scenario in SCENARIOS}
    fetched = {f"fetch_data {source}" for source in ("inflation", "dividends")}
    assert {"count_bars makers", "backtest always_short", *fetched, *pairs} <= grown.planned()
    assert grown.text("artifacts/.config/plots.width") == "12"
    lists = dict(re.findall("^override (.*?) := (.*)", grown.text("artifacts/config.mk"), re.M))
    assert {"inflation", "dividends"} <= {*lists["SOURCES"].split()}
    assert "metrics/assessment/passing.parquet" in lists["TABLES"].split()


def test_the_documents_and_the_unit_tests_agree_with_what_was_added(grown):
    """The tests that fail when something of an addition is forgotten."""
    chosen = "(docs and not every_section) or rooms or json_schema or by_hand or tables"
    files = (
        *("test_docs", "test_rooms", "config/test_configuration"),
        *("backtest/test_strategies", "tables/test_tables"),
    )
    told = grown.python(
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen),
        *(f"tests/unit/{file}.py" for file in files),
    )
    assert told.code == 0, told.stdout


def test_all_that_was_added_runs(grown, long):
    if not long:
        pytest.skip("in the long form: a `make all`")
    outcome = grown.make("all")
    assert outcome.code == 0, outcome
    assert set(json.loads(grown.text("metrics/makers_bars.json"))) == {"IBM", "AAPL"}
    told = grown.make("sql", "Q=select count(*) from assessment.passing")
    assert told.code == 0, told
    validated = json.loads(grown.text("artifacts/validation_report.json"))["datasets"]
    assert 0 < validated["dividends"]["rows"] < validated["corporate_actions"]["rows"]
    assert "fresh; nothing to do" in grown.make("all").stdout
