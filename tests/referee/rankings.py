"""Scores of cells, averages and ranks of sets and strategies, from the cells alone.

A score is the share of others beaten on the same ticker in the same market scenario, a tie counting
half: the mean over metrics, weighted. Near-copies are one opponent, and no opponent of each other.
Averages are taken over the cells of a group of market scenarios, then over groups; a strategy's
over its sets.
"""

from typing import Any

from referee.alike import Alike, same_partition, weights
from referee.results import Results
from referee.verdict import Comparison, DisagreementError, NotLookedError

import duckdb
import numpy as np
import pandas as pd
from scipy.stats import rankdata, spearmanr

CELLS = "metrics/assessment/backtest_results.parquet"
TABLE = "metrics/assessment/{}.parquet"
MOST_CELLS = 5_000_000  # of which averages are taken in memory
SET = ["strategy_name", "set"]
GROUP = ["scenario_kind", "group"]
MARKET = ["scenario_name", "symbol"]
LESS = ("volatility", "turnover", "costs")  # of these less is better
AVERAGES = {
    "avg_score": "score",
    "avg_return": "annual_return",
    "avg_sharpe": "sharpe_ratio",
    "benchmark_return": "benchmark_return",
    "benchmark_sharpe": "benchmark_sharpe",
    "return_difference": "return_difference",
    "sharpe_difference": "sharpe_difference",
    "beats_benchmark": "beats_benchmark",
}
TIE = 9  # digits to which mean scores differ: beyond them, sums of rounded ones do
TRADING = ["trades", "win_rate", "exposure", "turnover", "costs"]


def look(results: Results, cells: int, seed: int) -> str:
    """Score some markets again, and average and rank everything."""
    _hold_same_cells(results)
    alike = Alike.of(results)
    scores = _hold_scores(results, alike, max(3, cells // 50), seed)
    if results.count(CELLS) > MOST_CELLS:
        raise NotLookedError(f"{results.count(CELLS):,} cells are too many to average here")
    table = _beside_benchmark(results)
    sets = _hold_sets(results, table, alike)
    strategies = _hold_strategies(results, sets, alike)
    others = _hold_markets(results, table, alike) + _hold_courses(results)
    others += _hold_agreement(results, table, alike) + _hold_since(results, alike)
    return (
        f"{scores:,} scores, averages and ranks of {len(sets):,} sets and {strategies} strategies,"
        f" {others:,} other figures agree"
    )


def _hold_same_cells(results: Results) -> None:
    """The cells that were scored are those of the backtests."""
    names = [name for name, _ in results.strategies()]
    files = [str(results.root / f"metrics/backtests/{name}.parquet") for name in names]
    scored = str(results.root / CELLS)
    alone = duckdb.execute(
        "SELECT * FROM (SELECT * FROM read_parquet($files, union_by_name = true)"
        " EXCEPT ALL SELECT * EXCLUDE (score) FROM read_parquet($scored)) LIMIT 1",
        {"files": files, "scored": scored},
    ).fetchone()
    held = Comparison(CELLS)
    held.same("all", "a cell of metrics/backtests that is not there", None, alone)
    tested = sum(results.count(f"metrics/backtests/{name}.parquet") for name in names)
    held.same("all", "rows", results.count(CELLS), tested)


def _hold_scores(results: Results, alike: Alike, markets: int, seed: int) -> int:
    """Score each cell of some markets, one market at a time."""
    path = {"path": str(results.root / CELLS)}
    every = duckdb.execute(
        "SELECT DISTINCT scenario_name, symbol FROM read_parquet($path) ORDER BY ALL", path
    ).fetchall()
    chosen = np.random.default_rng(seed).permutation(len(every))[:markets]
    held = Comparison(CELLS)
    metrics = results.config["assess"]["weights"]
    for place in chosen:
        scenario, symbol = every[place]
        market = duckdb.execute(
            "SELECT * FROM read_parquet($path)"
            " WHERE scenario_name = $scenario AND symbol = $symbol",
            path | {"scenario": scenario, "symbol": symbol},
        ).df()
        expected = _scores(market, metrics, alike)
        names = list(zip(market["strategy_name"], market["set"], strict=True))
        held.numbers(
            lambda row, at=(scenario, symbol), who=names: f"{', '.join(who[row])}, {', '.join(at)}",
            "score",
            market["score"],
            expected,
        )
    return held.count


def _scores(market: pd.DataFrame, metrics: dict[str, float], alike: Alike) -> list[float]:
    names = list(zip(market["strategy_name"], market["set"], strict=True))
    weight = weights(names, alike.twin, alike.cluster)
    opponents = len({alike.cluster[name] for name in names}) - 1
    total = np.zeros(len(names))
    for metric, counts in metrics.items():
        values = market[metric].to_numpy(np.float64) * (-1 if metric in LESS else 1)
        values = np.where(np.isfinite(values), values, -np.inf)
        for place, (name, value) in enumerate(zip(names, values, strict=True)):
            beaten = sum(
                weight[other] * (1.0 if value > theirs else 0.5)
                for other, theirs in zip(names, values, strict=True)
                if alike.cluster[other] != alike.cluster[name] and value >= theirs
            )
            total[place] += counts * (beaten / opponents if opponents else 0.5)
    return list(total / sum(metrics.values()))


def _beside_benchmark(results: Results) -> pd.DataFrame:
    """All cells, with the benchmark's figures on the same one."""
    table = results.table(CELLS)
    benchmark = results.config["assess"]["benchmark"]
    beside = ["total_return", "annual_return", "sharpe_ratio"]
    own = table[table["strategy_name"] == benchmark].set_index(MARKET)[beside]
    table = table.join(own.add_prefix("their_"), on=MARKET)
    table["return_difference"] = table["annual_return"] - table["their_annual_return"]
    table["sharpe_difference"] = table["sharpe_ratio"] - table["their_sharpe_ratio"]
    known = table["return_difference"].notna()
    table["benchmark_return"] = table["their_annual_return"].where(known)
    known = table["sharpe_difference"].notna()
    table["benchmark_sharpe"] = table["their_sharpe_ratio"].where(known)
    table["beats_benchmark"] = (table["total_return"] > table["their_total_return"]) * 1.0
    return table


def _hold_sets(results: Results, table: pd.DataFrame, alike: Alike) -> pd.DataFrame:
    """Averages, guardrails and order of sets; returns the table of them."""
    held = Comparison(TABLE.format("set_rankings"))
    found = results.table(held.file)
    columns = list(AVERAGES.values())
    means = table.groupby([*SET, *GROUP])[columns].mean().groupby(SET).mean()
    names = list(zip(found["strategy_name"], found["set"], strict=True))
    held.same("all", "sets", sorted(names), sorted(means.index))
    for shown, column in AVERAGES.items():
        expected = means[column].reindex(found.set_index(SET).index)
        held.numbers(lambda row: " ".join(names[row]), shown, found[shown], expected)
    passed = _passed(results, table)
    ranked = found["strategy_category"] != "benchmark"
    for name, is_ranked, says in zip(names, ranked, found["passed"], strict=True):
        held.same(" ".join(name), "passed", bool(says), bool(is_ranked and passed.get(name, False)))
    _hold_order(held, found)
    held.numbers(
        lambda row: " ".join(names[row]), "share", found["share"], [alike.share[n] for n in names]
    )
    for column, numbers in (("cluster", alike.cluster), ("twin", alike.twin)):
        ours = pd.Series([numbers[name] for name in names])
        if not same_partition(found[column], ours):
            raise DisagreementError(
                held.file, "all", column, found[column].nunique(), ours.nunique()
            )
    return found


def _passed(results: Results, table: pd.DataFrame) -> pd.Series:
    """Whether each set passes the guardrails."""
    limits = results.config["assess"]["guardrails"]
    figures = ["trades", "sharpe_ratio", "exposure", "max_drawdown"]
    full = table[table["scenario_kind"] == "full"].groupby(SET)[figures].mean()
    tried = table.groupby(SET)["scenario_name"].nunique() / table["scenario_name"].nunique()
    return (
        (tried.reindex(full.index) >= limits["min_markets"])
        & (full["exposure"] > 0)
        & (full["trades"] >= limits["min_trades"])
        & (full["sharpe_ratio"] >= limits["min_sharpe"])
        & (full["exposure"] <= limits["max_position_rate"])
        & (-full["max_drawdown"] <= limits["max_drawdown"])
    )


def _hold_order(held: Comparison, found: pd.DataFrame) -> None:
    """Ranked ones that pass come first, the best first; benchmarks come last, without a rank."""
    ranked = found["strategy_category"] != "benchmark"
    keys = [
        (not is_ranked, not passed, *(-np.nan_to_num(round(v, 9), nan=-np.inf) for v in values))
        for is_ranked, passed, *values in zip(
            ranked, found["passed"], *(found[c] for c in list(AVERAGES)[:1]), strict=True
        )
    ]
    held.same("all", "order", keys, sorted(keys))
    numbers = found["overall_rank"][ranked].astype(int).tolist()
    held.same("all", "overall_rank", numbers, list(range(1, len(numbers) + 1)))
    held.same("benchmarks", "overall_rank", int(found["overall_rank"][~ranked].notna().sum()), 0)


def _hold_strategies(results: Results, sets: pd.DataFrame, alike: Alike) -> int:
    """Averages over the sets of each strategy, and its best set."""
    held = Comparison(TABLE.format("strategy_rankings"))
    found = results.table(held.file)
    _hold_order(held, found)
    best_of: dict[int, str] = {}
    made_of: dict[frozenset[int], str] = {}
    for row in found.itertuples():
        own = sets[sets["strategy_name"] == row.strategy_name]
        share = pd.Series([alike.share[name] for name in zip(*(own[c] for c in SET), strict=True)])
        for column in AVERAGES:
            values = own[column].reset_index(drop=True)
            known = values.notna()
            expected = (values * share)[known].sum() / share[known].sum() if known.any() else np.nan
            held.number(row.strategy_name, column, getattr(row, column), expected)
        best = own.iloc[0]  # those that pass come first
        held.same(row.strategy_name, "best_set", row.best_set, best["set"])
        held.number(row.strategy_name, "best_score", row.best_score, best["avg_score"])
        for column, expected in (
            ("sets_tested", len(own)),
            ("sets_distinct", round(share.sum())),
            ("sets_passed", int(own["passed"].sum())),
        ):
            held.same(row.strategy_name, column, getattr(row, column), expected)
        if pd.notna(row.overall_rank):
            twins = frozenset(alike.twin[row.strategy_name, told] for told in own["set"])
            like = best_of.setdefault(
                alike.cluster[row.strategy_name, best["set"]], row.strategy_name
            )
            copied = made_of.setdefault(twins, row.strategy_name)
            for column, first in (("same_as", like), ("copy_of", copied)):
                told = getattr(row, column)
                held.same(
                    row.strategy_name, column, told if pd.notna(told) else row.strategy_name, first
                )
    return len(found)


def _over_sets(values: pd.Series, alike: Alike, by: list[str]) -> pd.Series:
    """Mean over sets, near-copies counting once, of values by SET and others."""
    frame = values.rename("value").reset_index()
    names = zip(frame["strategy_name"], frame["set"], strict=True)
    frame["share"] = [alike.share[name] for name in names]
    frame["product"] = frame["value"] * frame["share"]
    sums = frame[frame["value"].notna()].groupby(by)[["product", "share"]].sum()
    return sums["product"] / sums["share"]


def _hold_markets(results: Results, table: pd.DataFrame, alike: Alike) -> int:
    """What earned most in each market scenario, and scores by group."""
    held = Comparison(TABLE.format("scenario_performance"))
    benchmark = results.config["assess"]["benchmark"]
    rivals = table["strategy_category"] != "benchmark"
    by_set = table.groupby(["scenario_name", *SET])[["total_return", "max_drawdown"]].mean()
    ranked = set(table["strategy_name"][rivals])
    tried = table[rivals].groupby("scenario_name")["strategy_name"].nunique()
    means = _over_sets(by_set["total_return"], alike, ["scenario_name", "strategy_name"])
    ended = 1 + by_set["total_return"].xs(benchmark, level="strategy_name").droplevel("set")
    deepest = by_set["max_drawdown"].xs(benchmark, level="strategy_name").droplevel("set")
    performance = results.table(held.file)
    for row in performance.itertuples():
        ours = means[row.scenario_name]
        ours = ours[ours.index.isin(ranked)]
        expected = {
            "top_return": ours.max(),
            "avg_return": ours.mean(),
            "benchmark_return": ended[row.scenario_name] - 1,
            "benchmark_drawdown": deepest[row.scenario_name],
            "benchmark_lost": (
                ended[row.scenario_name] / ended["full"] - 1
                if row.scenario_kind == "stress"
                else np.nan
            ),
            "strategies_tested": tried[row.scenario_name],
        }
        for column, value in expected.items():
            held.number(row.scenario_name, column, getattr(row, column), value)
        held.number(row.scenario_name, "top_strategy", ours[row.top_strategy], ours.max())
    scores = Comparison(TABLE.format("strategy_scores"))
    of_sets = table.groupby([*SET, *GROUP])["score"].mean()
    of_groups = _over_sets(of_sets, alike, [*GROUP, "strategy_name"])
    for row in results.table(scores.file).itertuples():
        at = row.scenario_kind, row.group, row.strategy_name
        scores.number(", ".join(at), "score", row.score, of_groups[at])
    windows = Comparison(TABLE.format("window_returns"))
    for row in results.table(windows.file).itertuples():
        expected = by_set.loc[(row.scenario_name, row.strategy_name, row.set), "total_return"]
        where = f"{row.scenario_name}, {row.strategy_name}, {row.set}"
        windows.number(where, "total_return", row.total_return, expected)
    return held.count + scores.count + windows.count + _hold_best_sets(results, table)


def _hold_best_sets(results: Results, table: pd.DataFrame) -> int:
    held = Comparison(TABLE.format("best_sets"))
    full = table[table["scenario_kind"] == "full"].groupby(SET)[TRADING].mean()
    courses = results.table(TABLE.format("courses")).groupby("strategy_name")["drawdown"].min()
    for row in results.table(held.file).itertuples():
        for column in TRADING:
            expected = full.loc[(row.strategy_name, row.set), column]
            held.number(row.strategy_name, column, getattr(row, column), expected)
        deepest = courses[row.strategy_name]
        held.number(row.strategy_name, "deepest_drawdown", row.deepest_drawdown, deepest)
    return held.count


def _hold_courses(results: Results) -> int:
    """Equity and drawdown of the best sets, and their calendar years."""
    held = Comparison(TABLE.format("courses"))
    best = results.table(TABLE.format("best_sets")).set_index("strategy_name")["set"]
    years = results.table(TABLE.format("calendar_years"))
    yearly = Comparison(TABLE.format("calendar_years"))
    for name, course in results.table(held.file).groupby("strategy_name"):
        returns = results.table(f"data/backtests/{name}.parquet").set_index("timestamp")[best[name]]
        worth = np.cumprod(1 + returns.to_numpy())
        highest = np.maximum.accumulate(np.append(1.0, worth))[1:]
        at = course["timestamp"].tolist()
        for column, expected in (
            ("net_return", returns),
            ("equity", worth),
            ("drawdown", worth / highest - 1),
        ):
            held.numbers(
                lambda row, n=name, t=at: f"{n}, {t[row]}", column, course[column], expected
            )
        earned = (1 + returns).groupby(returns.index.year).prod() - 1
        own = years[years["strategy_name"] == name]
        yearly.numbers(
            lambda row, n=name: f"{n}, row {row}", "total_return", own["total_return"], earned
        )
    return held.count + yearly.count


def _bar(name: str, times: list[Any], row: int) -> str:
    return f"{name}, {times[row]}"


def _hold_since(results: Results, alike: Alike) -> int:
    """Scores of best sets on all of history and since their first position, one bar at a time."""
    held = Comparison(TABLE.format("scores_since"))
    weights_of = {
        name: weight
        for name, weight in results.config["assess"]["weights"].items()
        if name in ("total_return", "sharpe_ratio", "max_drawdown")
    }
    daily, cash = {}, None
    for name, _ in results.strategies():
        frame = results.table(f"data/backtests/{name}.parquet").drop(columns="timestamp")
        cash = frame.pop("cash").to_numpy()
        daily |= {(name, column): frame[column].to_numpy() for column in frame}
    for row in results.table(held.file).itertuples():
        held_at = np.flatnonzero(np.abs(daily[row.strategy_name, row.set] - cash) > 1e-12)
        if not len(held_at) or not sum(weights_of.values()):
            continue
        held.same(row.strategy_name, "flat_bars", row.flat_bars, int(held_at[0]))
        for column, first in (("score_history", 0), ("score_since", held_at[0])):
            rows = []
            for (name, tried), returns in daily.items():
                wealth = np.r_[1.0, np.exp(np.cumsum(np.log1p(returns[first:])))]
                beyond = returns[first:] - cash[first:]
                spread = beyond.std(ddof=1)
                flat = spread**2 <= 1e-16 * (beyond**2).mean()
                figures = {
                    "total_return": wealth[-1] - 1,
                    "sharpe_ratio": np.nan if flat else beyond.mean() / spread,
                    "max_drawdown": (wealth / np.maximum.accumulate(wealth)).min() - 1,
                }
                rows.append({"strategy_name": name, "set": tried, **figures})
            market = pd.DataFrame(rows).round({"total_return": 11, "max_drawdown": 11})
            scores = dict(zip(daily, _scores(market, weights_of, alike), strict=True))
            held.number(
                row.strategy_name, column, getattr(row, column), scores[row.strategy_name, row.set]
            )
    return held.count


def _hold_agreement(results: Results, table: pd.DataFrame, alike: Alike) -> int:
    """Kendall's W of the scores in stretches of history, and the mean of Spearman's correlation."""
    held = Comparison("metrics/assessment/summary.json")
    told: dict[str, Any] = results.json(held.file)["rank_stability"]
    rivals = table[table["strategy_category"] != "benchmark"]
    scores = rivals.groupby([*GROUP, *SET])["score"].mean().unstack(SET)
    windows = scores.index.get_level_values("scenario_kind") == "historical"
    stretches = pd.concat([scores[~windows].mean().to_frame("whole").T, scores[windows]])
    tried = stretches.dropna(axis=1)
    twin = [alike.twin[name] for name in tried.columns]
    cluster = {alike.twin[name]: alike.cluster[name] for name in tried.columns}
    once = tried.T.groupby(twin).mean()
    once = once.groupby([cluster[number] for number in once.index]).mean().T
    orders = [rankdata(row.round(TIE)) for row in once.to_numpy()]
    orders = [order for order in orders if np.ptp(order) > 0]
    held.same("rank_stability", "scenarios", told["scenarios"], len(orders))
    if len(orders) > 1:
        count, sets = len(orders), len(orders[0])
        sums = np.sum(orders, axis=0)
        ties = sum(n**3 - n for o in orders for n in np.unique(o, return_counts=True)[1])
        spread = 12 * ((sums - sums.mean()) ** 2).sum()
        kendall = spread / (count**2 * (sets**3 - sets) - count * ties)
        # W and the mean of Spearman's correlation differ where ties do, so both are worked out.
        pairs = [spearmanr(orders[a], orders[b]).statistic for a in range(count) for b in range(a)]
        held.number("rank_stability", "kendalls_w", told["kendalls_w"], kendall)
        held.number("rank_stability", "mean_spearman", told["mean_spearman"], np.mean(pairs))
    return held.count
