"""What a notebook asks a project for; every answer is a frame of its own, to do anything with."""

import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidemark.config import view
from tidemark.config.kinds import KINDS
from tidemark.dag import graph, promises
from tidemark.dag.graph import Node
from tidemark.errors import InputError, hint
from tidemark.files import store
from tidemark.harness import code, staleness
from tidemark.harness.instance import Instance
from tidemark.layout.backtest import RETURNS
from tidemark.layout.collect_metrics import DATABASE
from tidemark.layout.evaluate import FORECASTS
from tidemark.layout.feature_engineering import FEATURES
from tidemark.layout.fetch_data import RAW_PRICES
from tidemark.layout.preprocess import PROCESSED
from tidemark.notebook import database, verified
from tidemark.notebook.database import Database
from tidemark.project import Tree

if TYPE_CHECKING:
    from pandas import DataFrame


class StaleWarning(UserWarning):
    """What was read is whole, but older than an edit, or a step before it failed."""


def open(folder: str | Path = ".") -> "Project":
    """The results of the project in a folder, whatever state they are in.

    Raises:
        InputError: no make has run there.
    """
    code.keep_nothing()
    project = Project(Tree.at(Path(folder).resolve()))
    project.must_be_made()
    return project


class Project:
    """The results of one project, read-only; times are UTC without a zone, returns shares of 1.

    Each question reads what the project holds at that time, and holds it against the checkpoint of
    the step that wrote it. What is not there, or is not what its step wrote, is an InputError. What
    is older than an edit comes with a StaleWarning; `stale` lists all of that.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._database = Database(tree)

    def must_be_made(self) -> None:
        """Refuse a folder that no make has run in.

        Raises:
            InputError: it is such a folder.
        """
        if not (self.tree / view.MAKEFILE).is_file():
            raise InputError(
                str(self.tree.root),
                f"holds no results of Tidemark: {view.MAKEFILE} is not there",
                "name a project's folder, or type make all in it",
            )

    @property
    def config(self) -> str:
        """The configuration file that results are of, relative to the folder."""
        self.must_be_made()
        return view.file(self.tree)

    @property
    def scenarios(self) -> list[str]:
        """Names of the ways to preprocess."""
        return self._names("scenario")

    @property
    def models(self) -> list[str]:
        """Names of the models."""
        return self._names("model")

    @property
    def strategies(self) -> list[str]:
        """Names of the strategies."""
        return self._names("strategy")

    @property
    def stale(self) -> dict[str, str]:
        """Steps whose results are not those of the files as they are now, each with the reason.

        Empty if the next `make all` has nothing to do.
        """
        nodes = self._survey()
        return {
            node.title: _why(node, nodes) for node in nodes.values() if node.state != graph.FRESH
        }

    def prices(self, scenario: str | None = None) -> "DataFrame":
        """Bars by ticker: as the source has them, or as a scenario preprocessed them.

        Columns: `timestamp`, `ticker`, those of `open`, `high`, `low`, `close`, `volume` and
        `adj_close` that the source has. Of a scenario also `imputed` (whether the bar was filled
        in), `return` (simple, since the bar before), `return_treated` (its outliers treated; the
        target is made of it) and a column for each economic series, as known then.
        """
        if scenario is None:
            return self._frame("fetch_data", {"source": "prices"}, RAW_PRICES)
        return self._frame("preprocess", {"scenario": scenario}, PROCESSED)

    def features(self, scenario: str) -> "DataFrame":
        """What models learn from: a row for each bar and ticker.

        Columns: `timestamp`, `ticker`, a column for each feature, `target` (what follows: a
        return), `target_time` (when it is known). The table `features` says what each one is.
        """
        return self._frame("feature_engineering", {"scenario": scenario}, FEATURES)

    def forecasts(self, scenario: str, model: str) -> "DataFrame":
        """A model's forecasts of the test rows.

        Columns: `timestamp`, `ticker`, `y_true`, `y_pred`: returns. Of a model of direction,
        `y_true` is 1.0 where the return was above 0, `y_pred` the probability of that, and
        `y_base` the base rate of the training rows.
        """
        return self._frame("evaluate", {"scenario": scenario, "model": model}, FORECASTS)

    def returns(self, strategy: str) -> "DataFrame":
        """A strategy's net returns on all of history, with equal parts in all tickers.

        Index: `timestamp`. Columns: one for each set of parameters, such as `fast=5 slow=50`, and
        `cash`, what no position earns. A value is the return of that bar.
        """
        return self._frame("backtest", {"strategy": strategy}, RETURNS).set_index("timestamp")

    def cells(self, strategy: str | None = None) -> "DataFrame":
        """Each set of parameters on each ticker in each market scenario; of one strategy, or all.

        The columns are those of the table `assessment.cells`.
        """
        if strategy is None:
            return self.table("assessment.cells")
        self._must_be("strategy", strategy)
        return self.sql("FROM assessment.cells WHERE strategy_name = $strategy", strategy=strategy)

    def metrics(self) -> "DataFrame":
        """Every model's metrics on the test rows, with the ends of their intervals.

        Columns: `scenario`, `model`, `metric`, `value`, and those of the table `intervals`, empty
        for metrics without an interval.
        """
        return self.sql("FROM metrics LEFT JOIN intervals USING (scenario, model, metric)")

    def tables(self) -> "DataFrame":
        """The tables and views of the database: `name`, `format`, and what a row is (`about`)."""
        return self.sql("FROM tables")

    def table(self, name: str) -> "DataFrame":
        """A table of the database, whole, such as `metrics` or `assessment.strategy_rankings`."""
        known = list(self.tables()["name"])
        if name not in known:
            raise InputError(name, f"is no table{hint(name, known)}", database.LISTED)
        return self.sql(f"FROM {name}")

    def sql(self, query: str, **parameters: Any) -> "DataFrame":
        """The answer of the database to a question; `$name` in it stands for a parameter.

        `t.sql("from metrics where model = $model", model="ridge")`
        """
        answer = self._database.ask(query, parameters)
        self._warn_if_stale(database.WRITER, DATABASE)
        return answer

    def __repr__(self) -> str:
        lines = [
            f"Tidemark project {self.tree.root}, {self.config}",
            f"  {graph.summary(self._survey())}",
            *(f"  {KINDS[kind].plural}: {_listed(self._names(kind))}" for kind in KINDS),
            "  t.tables() lists the tables; help(t) says what else there is",
        ]
        return "\n".join(lines)

    def _names(self, kind: str) -> list[str]:
        return KINDS[kind].names(view.View(view.stored(self.tree), {}))

    def _must_be(self, kind: str, name: str) -> None:
        known = self._names(kind)
        if name not in known:
            plural = KINDS[kind].plural
            problem = f"is none of the {plural} in {self.config}{hint(name, known)}"
            raise InputError(name, problem, f"t.{plural} lists them")

    def _frame(self, step: str, names: Mapping[str, str], pattern: str) -> "DataFrame":
        """The frame in the Parquet file that an instance of a step wrote."""
        for kind, name in names.items():
            self._must_be(kind, name)
        instance, path = Instance(step, names), pattern.format(**names)
        data = verified.content(self.tree, instance, path)
        self._warn_if_stale(instance, path)
        return store.parquet_frame(data)

    def _warn_if_stale(self, instance: Instance, path: str) -> None:
        nodes = self._survey()
        node = nodes.get(instance.name)
        if node is None:
            problem = f"{instance.title} is no longer in {self.config}"
        elif node.state != graph.FRESH:
            problem = f"{instance.title} is {node.state}: {_why(node, nodes)}"
        else:
            return
        _warn(f"{path} is as an earlier make left it, for {problem}")

    def _survey(self) -> dict[str, Node]:
        """The state of every step, with edits that no make has seen yet."""
        try:
            stored = promises.stored(self.tree, self.config)
        except InputError as error:
            _warn(f"whether results are up to date is not known: {error}")
            stored = view.stored(self.tree)
        return graph.survey(staleness.Look(self.tree, stored))


def _why(node: Node, nodes: Mapping[str, Node]) -> str:
    return " <- ".join(graph.way_to_root(node, nodes))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _warn(text: str) -> None:
    """Blame the line of the user's that asked."""
    here, level = sys._getframe(), 1
    while here.f_back and here.f_code.co_filename == __file__:
        here, level = here.f_back, level + 1
    warnings.warn(text, StaleWarning, stacklevel=level)
