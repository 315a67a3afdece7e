"""Features and target of each bar: from its own ticker's past, and nothing later.

Returns are decimal fractions; lags, windows and the horizon count bars of the ticker. A bar without
a return, which is the ticker's first or the first after a hole, begins a *stretch*, and no feature
or target reaches from one stretch into another.
"""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from tidemark.errors import BadValue, InputError
from tidemark.features.settings import FeatureEngineering

import numpy as np
import pandas as pd

CONTRACT = "schemas/feature_contract.yaml"
WARM_UP, BREAK, ECONOMY = "warm-up", "break", "missing economic value"


def complete(frame: pd.DataFrame, recipe: FeatureEngineering) -> pd.DataFrame:
    """The rows of `compute` that have all features; those without a target are kept.

    Raises:
        BadValue: no row has all features.
    """
    names = list(recipe.formulas())
    whole = frame[names].notna().all(axis=1)
    if not whole.any():
        worst = frame[names].notna().sum().idxmin()
        raise BadValue(
            _setting_of(worst, recipe),
            f"no bar has all features; {worst} has {frame[worst].notna().sum()} values "
            f"in {len(frame):,} bars",
            "shorten windows and lags, drop the series, or use a longer history",
        )
    return frame[whole].reset_index(drop=True)


def _setting_of(feature: str, recipe: FeatureEngineering) -> str:
    """The parameter that asks for a feature."""
    if feature in recipe.economic:
        return "economic"
    if feature == "term_spread":
        return feature
    return "lags" if feature.startswith("return_lag_") else "windows"


def compute(bars: pd.DataFrame, recipe: FeatureEngineering) -> pd.DataFrame:
    """Compute features and target of a processed frame.

    Args:
        bars: one row a bar, sorted by ticker and timestamp, with `return_treated`, `adj_close`,
            `imputed` and the economic columns.
        recipe: what to compute.

    Returns:
        timestamp, ticker, the features in the order of `recipe.formulas()`, target, target_time,
        NaN where undefined; on the index of `bars`.

    Raises:
        BadValue: the recipe names no feature, or a column that is missing.
        InputError: a value is infinite.
    """
    _require_features(recipe)
    _require_columns(bars, recipe)
    _require_finite(bars, ["adj_close", "return_treated", *recipe.economic])
    parts = [bars[["timestamp", "ticker"]], _features(bars, recipe), _target(bars, recipe.horizon)]
    return pd.concat(parts, axis=1)


def losses(bars: pd.DataFrame, frame: pd.DataFrame, recipe: FeatureEngineering) -> pd.DataFrame:
    """Which feature is missing in how many rows, and why.

    Args:
        bars: as for `compute`.
        frame: what `compute` returned for them.
        recipe: as for `compute`.

    Returns:
        feature, cause (WARM_UP, BREAK or ECONOMY) and number of rows, where there are any; a row
        may lack several features. `attrs["rows"]` holds how many rows are lost to each cause, with
        each row counted under its first one.
    """
    names = list(recipe.formulas())
    lost = frame[names].isna()
    economic = np.isin(names, [*recipe.economic, "term_spread"])
    stretch = _stretches(bars)
    first = (stretch.groupby(bars["ticker"], sort=False).transform("first") == stretch).to_numpy()
    masks = {
        WARM_UP: lost & ~economic & first[:, None],
        BREAK: lost & ~economic & ~first[:, None],
        ECONOMY: lost & economic,
    }
    table = pd.DataFrame(
        [
            (feature, cause, int(rows))
            for cause, mask in masks.items()
            for feature, rows in mask.sum().items()
            if rows
        ],
        columns=["feature", "cause", "rows"],
    )
    hit = pd.DataFrame({cause: mask.any(axis=1) for cause, mask in masks.items()})
    counts = hit.idxmax(axis=1)[hit.any(axis=1)].value_counts()
    table.attrs["rows"] = {cause: int(counts[cause]) for cause in masks if cause in counts}
    return table


def _stretches(bars: pd.DataFrame) -> pd.Series:
    """The number of the stretch that each bar belongs to."""
    starts = bars["return_treated"].isna() | (bars["ticker"] != bars["ticker"].shift())
    return starts.cumsum()


def _features(bars: pd.DataFrame, recipe: FeatureEngineering) -> pd.DataFrame:
    by_stretch = bars["return_treated"].groupby(_stretches(bars), sort=False)
    own = pd.concat([_price_features(returns, recipe) for _, returns in by_stretch])
    economic = bars[list(recipe.economic)].astype("float64")
    frame = pd.concat([own, economic], axis=1)
    if recipe.term_spread is not None:
        long, short = recipe.term_spread
        frame["term_spread"] = (bars[long] - bars[short]).astype("float64")
    return frame[list(recipe.formulas())]


def _price_features(returns: pd.Series, recipe: FeatureEngineering) -> pd.DataFrame:
    """Lagged and rolling features of the returns of one stretch, on their index.

    The price index that gaps and momenta are computed from starts at 1 on the first bar. A window
    with an unknown return has no volatility, so its row belongs to the warm-up, whatever the other
    features of the window are.
    """
    index = (1.0 + returns.fillna(0.0)).cumprod()
    columns = {f"return_lag_{k}": returns.shift(k) for k in recipe.lags}
    for w in recipe.windows:
        columns[f"mean_gap_{w}"] = index / index.rolling(w).mean() - 1.0
        columns[f"volatility_{w}"] = returns.rolling(w).std(ddof=1)
        columns[f"momentum_{w}"] = index / index.shift(w) - 1.0
    return pd.DataFrame(columns, index=returns.index)


def _target(bars: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """The return from each bar to `horizon` bars later in its stretch, NaN if either is imputed."""
    by_stretch = bars.groupby(_stretches(bars), sort=False)
    target = by_stretch["adj_close"].shift(-horizon) / bars["adj_close"] - 1.0
    invented = bars["imputed"] | by_stretch["imputed"].shift(-horizon, fill_value=True)
    return pd.DataFrame(
        {"target": target.mask(invented), "target_time": by_stretch["timestamp"].shift(-horizon)}
    )


def _require_features(recipe: FeatureEngineering) -> None:
    if not recipe.formulas():
        raise BadValue(
            "",
            "lags, windows and economic are empty, so there is no feature to forecast from",
            "name at least one lag, window or economic column",
        )


def _require_columns(bars: pd.DataFrame, recipe: FeatureEngineering) -> None:
    for key in ("economic", "term_spread"):
        for name in getattr(recipe, key) or ():
            if name not in bars.columns:
                raise BadValue(
                    key,
                    f"no economic series gives a column {name}",
                    "name a value column of fetch_data.economic",
                )


def _require_finite(bars: pd.DataFrame, columns: Sequence[str]) -> None:
    rows, cells = np.nonzero(np.isinf(bars[columns].to_numpy(np.float64)))
    if len(rows):
        bar = bars.iloc[rows[0]]
        raise InputError(
            f"data/processed, {bar['ticker']}, {bar['timestamp']}",
            f"{columns[cells[0]]} is infinite",
            "look for a zero price around this bar in the source",
        )


def check_contract(declared: object, frame: pd.DataFrame) -> None:
    """Compare a feature frame with `schemas/feature_contract.yaml`.

    Args:
        declared: the parsed contract: `{"columns": {name: dtype, ...}}`, in order.
        frame: the feature frame.

    Raises:
        InputError: names, order or types differ; says which lines to add and to remove.
    """
    columns = declared.get("columns") if isinstance(declared, Mapping) else None
    if not isinstance(columns, Mapping):
        raise InputError(
            CONTRACT,
            "the key columns with one `name: dtype` a line is missing",
            "restore the file from version control",
        )
    written = [f"{name}: {dtype}" for name, dtype in columns.items()]
    actual = [f"{name}: {dtype}" for name, dtype in frame.dtypes.items()]
    if written != actual:
        raise InputError(
            CONTRACT,
            "the contract and the features that the configuration asks for differ",
            f"{_edits(written, actual)}; or undo the change to feature_engineering",
        )


def _edits(written: Sequence[str], actual: Sequence[str]) -> str:
    """The lines to remove from and to add to the contract, as one line of text."""
    edits = []
    for _, i, j, k, m in SequenceMatcher(None, written, actual, autojunk=False).get_opcodes():
        if written[i:j] == actual[k:m]:
            continue
        edits += [f"remove the line '{line}'" for line in written[i:j]]
        place = f"after '{actual[k - 1]}'" if k else "at the top"
        if m > k:
            edits.append(f"add {place} " + ", ".join(f"'{line}'" for line in actual[k:m]))
    return "; ".join(edits)
