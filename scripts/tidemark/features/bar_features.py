"""Features and target of each bar: from what is known at it, and nothing later.

Returns are decimal fractions; lags, windows and the horizon count bars of the ticker. No feature or
target reaches from one stretch into another (`stretches`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from tidemark.arrays import Bools, Floats
from tidemark.errors import BadValue, InputError
from tidemark.features import families, ranks, stretches
from tidemark.features.feature import COLUMNS, Feature
from tidemark.features.settings import Asked, FeatureEngineering
from tidemark.ohlcv import OHLCV

import numpy as np
import pandas as pd

WARM_UP, BREAK, ECONOMY = "warm-up", "break", "missing economic value"
LACKING, ALONE = "missing price or volume", "too few tickers"

Values = Callable[[pd.DataFrame, Sequence[Feature]], pd.DataFrame]


def complete(frame: pd.DataFrame, recipe: FeatureEngineering) -> pd.DataFrame:
    """The rows of `compute` that have all features; those without a target are kept.

    Args:
        frame: what `compute` returned. It is emptied column by column, so that memory does not
            hold all of it twice.
        recipe: what was computed.

    Raises:
        BadValue: no row has all features.
    """
    asked = recipe.asked()
    whole = np.ones(len(frame), dtype=np.bool_)
    for name in asked:
        whole &= frame[name].notna().to_numpy()
    if not whole.any():
        counts = frame[list(asked)].notna().sum()
        worst = counts.idxmin()
        cure = "shorten windows and lags, drop the series, or use a longer history"
        most = int(frame["timestamp"].value_counts().max())
        if asked[worst].feature.cross_sectional and most < ranks.FEWEST:
            cure = (
                f"a rank takes at least {ranks.FEWEST} tickers on a bar, and there are {most}: "
                f"add tickers, or remove {asked[worst].setting}"
            )
        raise BadValue(
            asked[worst].setting,
            f"no bar has all features; {worst} has {counts[worst]} values in {len(frame):,} bars",
            cure,
        )
    kept = {name: frame.pop(name)[whole].reset_index(drop=True) for name in list(frame)}
    return pd.DataFrame(kept, copy=False)


def needed(recipe: FeatureEngineering) -> list[str]:
    """The columns of a processed frame that `compute` reads."""
    features = [feature for feature, _ in recipe.asked().values()]
    of_all = ["timestamp", "ticker", "adj_close", "imputed", "return_treated"]
    return list(dict.fromkeys([*of_all, *stretches.sources(features)]))


def compute(
    bars: pd.DataFrame, recipe: FeatureEngineering, of: Values | None = None
) -> pd.DataFrame:
    """Compute features and target of a processed frame.

    Args:
        bars: one row a bar, sorted by ticker and timestamp, with the price fields,
            `return_treated`, `imputed` and the economic columns.
        recipe: what to compute.
        of: computes the features instead of `values`, such as in another process.

    Returns:
        timestamp, ticker, the features in the order of `recipe.asked()`, target, target_time,
        NaN where undefined; on the index of `bars`.

    Raises:
        BadValue: the recipe names no feature, or a column that is missing or has no value.
        InputError: a value is infinite, or a feature's code raises an error.
    """
    asked = recipe.asked()
    if not asked:
        raise BadValue(
            "",
            "lags, windows and economic are empty, so there is no feature to forecast from",
            "name at least one lag, window or economic column, or one of features",
        )
    _require_columns(bars, asked)
    inputs = (name for feature in asked.values() for name in feature.feature.inputs)
    told = ["adj_close", "return_treated", *(name for name in inputs if name in bars)]
    _require_finite(bars, list(dict.fromkeys(told)))
    features = (of or values)(bars, [feature for feature, _ in asked.values()])
    for feature, _ in asked.values():
        _require_finite_values(bars, feature, features[feature.label])
    return pd.concat(
        [bars[["timestamp", "ticker"]], features, _target(bars, recipe.horizon)], axis=1
    )


def values(bars: pd.DataFrame, features: Sequence[Feature]) -> pd.DataFrame:
    """A column for each feature, on the index of the bars.

    Args:
        bars: as for `compute`, at least with the columns of `stretches.sources` and those by which
            stretches are known.
        features: to compute.

    Raises:
        InputError: a feature's code raises an error, or does not give one number a bar.
    """
    labels = [feature.label for feature in features]
    table = dict(zip(labels, columns(bars, features), strict=True))
    return pd.DataFrame(table, index=bars.index, copy=False)


def columns(bars: pd.DataFrame, features: Sequence[Feature]) -> Iterator[Floats]:
    """(rows,) of one feature after the other, see `values`."""
    cut = stretches.Stretches(bars)
    for feature in features:
        family = families.family_of(feature)
        try:
            yield cut.values(feature)
        except (BadValue, InputError):
            raise
        except KeyError as error:
            if error.args and error.args[0] in (*COLUMNS, *bars.columns):
                raise InputError(
                    families.file_of(family),
                    f"{feature.label} reads the column {error.args[0]}",
                    "name it in needs, so that its data are known to have it",
                ) from error
            raise families.fails(family, feature.label, error) from error
        except Exception as error:
            raise families.fails(family, feature.label, error) from error


def losses(bars: pd.DataFrame, frame: pd.DataFrame, recipe: FeatureEngineering) -> pd.DataFrame:
    """Which feature is missing in how many rows, and why.

    Args:
        bars: as for `compute`.
        frame: what `compute` returned for them.
        recipe: as for `compute`.

    Returns:
        feature, cause and number of rows, where there are any; a row may lack several features.
        `attrs["rows"]` holds how many rows are lost to each cause, with each row counted under its
        first one.
    """
    features = [feature for feature, _ in recipe.asked().values()]
    stretch = pd.Series(stretches.numbers(bars), bars.index)
    first = (stretch.groupby(bars["ticker"], sort=False).transform("first") == stretch).to_numpy()
    order = (WARM_UP, BREAK, LACKING, ALONE, ECONOMY)
    rows = np.full(len(bars), len(order), np.int8)  # the first cause of each
    found = []
    for feature in features:
        lost = frame[feature.label].isna().to_numpy()
        if not lost.any():
            continue
        for cause, mask in _causes(feature, bars, frame, lost, stretch, first).items():
            if count := int(mask.sum()):
                found.append((feature.label, cause, count))
                np.minimum(rows, order.index(cause), out=rows, where=mask)
    found.sort(key=lambda loss: order.index(loss[1]))
    table = pd.DataFrame(found, columns=["feature", "cause", "rows"])
    counts = np.bincount(rows, minlength=len(order) + 1)
    table.attrs["rows"] = {
        cause: int(count) for cause, count in zip(order, counts, strict=False) if count
    }
    return table


def _causes(
    feature: Feature,
    bars: pd.DataFrame,
    frame: pd.DataFrame,
    lost: Bools,
    stretch: pd.Series,
    first: Bools,
) -> dict[str, Bools]:
    """Why a feature is missing where it is lost."""
    if not {*feature.inputs} <= {*COLUMNS}:
        return {ECONOMY: lost}
    known = pd.Series(~lost, bars.index)
    begun = known.groupby(stretch, sort=False).cummax().to_numpy()
    used = [name for name in stretches.sources([feature]) if name in OHLCV]
    bare = bars[used].isna().any(axis=1).to_numpy() | begun
    alone = np.zeros_like(lost)
    if feature.cross_sectional:
        any_known = known.groupby(bars["timestamp"], sort=False).transform("any").to_numpy()
        alone = begun & ~any_known
    lacking = lost & bare & ~alone
    early = lost & ~lacking & ~alone
    return {WARM_UP: early & first, BREAK: early & ~first, LACKING: lacking, ALONE: lost & alone}


def _target(bars: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """The return from each bar to `horizon` bars later in its stretch, NaN if either is imputed."""
    by_stretch = bars.groupby(stretches.numbers(bars), sort=False)
    target = by_stretch["adj_close"].shift(-horizon) / bars["adj_close"] - 1.0
    invented = bars["imputed"] | by_stretch["imputed"].shift(-horizon, fill_value=True)
    return pd.DataFrame(
        {"target": target.mask(invented), "target_time": by_stretch["timestamp"].shift(-horizon)}
    )


def _require_columns(bars: pd.DataFrame, asked: Mapping[str, Asked]) -> None:
    for name, (feature, setting) in asked.items():
        parts = stretches.sources([feature])
        bare = [part for part in parts if part in OHLCV and not _has(bars, part)]
        if bare:
            raise BadValue(
                setting,
                f"{name} needs {' and '.join(bare)}, of which no bar has a value",
                "name where they stand in your file under fetch_data.prices.columns, or remove "
                f"{name}",
            )
        for part in parts:
            if part not in bars:
                raise BadValue(
                    setting,
                    f"no economic series gives a column {part}",
                    "name a value column of fetch_data.economic",
                )


def _has(bars: pd.DataFrame, column: str) -> bool:
    return column in bars and bool(bars[column].notna().any())


def _require_finite(bars: pd.DataFrame, columns: Iterable[str]) -> None:
    for column in columns:
        infinite = np.isinf(bars[column].to_numpy(np.float64))
        if infinite.any():
            bar = bars.iloc[int(infinite.argmax())]
            raise InputError(
                f"data/processed, {bar['ticker']}, {bar['timestamp']}",
                f"{column} is infinite",
                "look for a zero price around this bar in the source",
            )


def _require_finite_values(bars: pd.DataFrame, feature: Feature, found: pd.Series) -> None:
    infinite = np.isinf(found.to_numpy())
    if infinite.any():
        bar = bars.iloc[int(infinite.argmax())]
        raise InputError(
            families.file_of(families.family_of(feature)),
            f"{feature.label} is infinite for {bar['ticker']} at {bar['timestamp']}",
            "give NaN where it divides by 0, or mend that bar in the source",
        )
