"""Every kind of feature against other libraries and published formulas; users' own ones."""

import os
import re
import sys
import warnings
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from tidemark.config import cross_checks, load
from tidemark.errors import BadValue, InputError
from tidemark.features import apart, bar_features, causal, families, ranks
from tidemark.features.feature import CrossSection, OwnTicker
from tidemark.features.settings import FeatureEngineering
from tidemark.project import Tree

import numpy as np
import pandas as pd
import pytest
import talib
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = (ROOT / "config.yaml").read_text("utf-8")
TICKERS = "ABCDE"
BARS = 90
BREAK = 50  # the bar of A that comes after a hole
SPLIT = 40  # the bar of B on which one share becomes four


def uncommented() -> dict[str, dict[str, list[int]]]:
    """What `features` says in the shipped file once its remark is taken away."""
    block = re.search(r"^  # features:.*\n(  # .*\n)+", SHIPPED, re.M)[0]
    return yaml.safe_load(re.sub(r"^  # ", "", block, flags=re.M))["features"]


FURTHER = uncommented()
NONE = {"lags": [], "windows": [], "economic": [], "term_spread": None}


def recipe(**features):
    return FeatureEngineering(**NONE, features=features)


def of(name, **parameters):
    return families.kind(name)(**parameters)


@pytest.fixture(scope="module")
def bars():
    """A processed frame: five tickers, of which one is listed late, one has a hole, one a split."""
    draw = np.random.default_rng(11)
    frames = []
    for ticker in TICKERS:
        close = 50 * np.exp(np.cumsum(draw.normal(0, 0.02, BARS)))
        begin = close * np.exp(draw.normal(0, 0.01, BARS))
        frame = pd.DataFrame(
            {
                "timestamp": pd.date_range("2010-01-01", periods=BARS).astype("datetime64[us]"),
                "ticker": ticker,
                "open": begin,
                "high": np.maximum(begin, close) * (1 + draw.uniform(0, 0.01, BARS)),
                "low": np.minimum(begin, close) * (1 - draw.uniform(0, 0.01, BARS)),
                "close": close,
                "volume": draw.integers(0, 10**6, BARS).astype(float),
                "adj_close": close,
                "imputed": False,
            }
        )
        frame["return"] = frame["return_treated"] = frame["adj_close"].pct_change()
        frames.append(frame)
    frames[0].loc[BREAK, ["return", "return_treated"]] = np.nan
    frames[1].loc[: SPLIT - 1, ["open", "high", "low", "close"]] *= 4.0
    frames[1].loc[: SPLIT - 1, "volume"] /= 4.0
    frames[2] = frames[2].iloc[30:]
    return pd.concat(frames, ignore_index=True)


def column(bars, feature, ticker):
    """A feature of one ticker."""
    found = bar_features.values(bars, [feature])[feature.label]
    return found[bars["ticker"] == ticker].to_numpy()


def one(bars, ticker):
    """Adjusted arrays of one ticker, by hand."""
    own = bars[bars["ticker"] == ticker]
    ratio = (own["adj_close"] / own["close"]).to_numpy()
    prices = {name: own[name].to_numpy() * ratio for name in ("open", "high", "low", "close")}
    return prices | {"volume": own["volume"].to_numpy() / ratio}


def slid(values, window, figure, first=0):
    """What a figure is of each window of a list, from the first bar on."""
    result = np.full(len(values), np.nan)
    for bar in range(first + window - 1, len(values)):
        result[bar] = figure(values[bar - window + 1 : bar + 1])
    return result


def test_what_the_shipped_configuration_has_commented_is_every_further_kind():
    shipped = yaml.safe_load(SHIPPED)["feature_engineering"]
    today = {families.family_of(a.feature) for a in FeatureEngineering(**shipped).asked().values()}
    assert {*families.names()} == today | FURTHER.keys()
    assert not today & FURTHER.keys()


def test_all_that_stands_there_commented_is_computed_and_causal(bars):
    asked = recipe(**FURTHER)
    computed = bar_features.compute(bars, asked)
    features = [feature for feature, _ in asked.asked().values()]
    assert len(features) == len(FURTHER)
    tried = causal.require(computed, bars, features, apart.values, 1)
    assert tried.levels == []
    assert tried.cuts > 20
    assert len(bar_features.complete(computed, asked)) > 50


def test_relative_volume(bars):
    volume = one(bars, "B")["volume"]
    expected = slid(volume, 5, lambda window: window[-1] / (sum(window) / 5))
    np.testing.assert_allclose(column(bars, of("relative_volume", window=5), "B"), expected)


def test_no_volume_in_a_whole_window_is_undefined(bars):
    quiet = bars.assign(volume=bars["volume"].where(bars.index > 20, 0.0))
    for name in ("relative_volume", "signed_volume"):
        found = column(quiet, of(name, window=5), "A")
        assert np.isnan(found[:21]).all()
        assert np.isfinite(found[25:BREAK]).all()


def test_signed_volume_is_the_change_of_on_balance_volume(bars):
    own = one(bars, "B")
    balance = talib.OBV(own["close"], own["volume"])
    change = np.full(BARS, np.nan)
    change[7:] = balance[7:] - balance[:-7]
    expected = change / pd.Series(own["volume"]).rolling(7).sum().to_numpy()
    np.testing.assert_allclose(column(bars, of("signed_volume", window=7), "B"), expected)


def test_true_range_is_that_of_talib(bars):
    own = one(bars, "E")
    reach = talib.TRANGE(own["high"], own["low"], own["close"])
    expected = slid(reach, 14, np.mean, first=1) / own["close"]
    np.testing.assert_allclose(column(bars, of("true_range", window=14), "E"), expected)


def test_parkinson_by_his_formula(bars):
    """Parkinson (1980): the variance is the sum of squared log ranges over 4 n ln 2."""
    own = one(bars, "D")
    squares = [np.log(high / low) ** 2 for high, low in zip(own["high"], own["low"], strict=True)]
    expected = slid(squares, 10, lambda window: np.sqrt(sum(window) / (40 * np.log(2))))
    np.testing.assert_allclose(column(bars, of("parkinson", window=10), "D"), expected)


def test_garman_and_klass_by_their_formula(bars):
    """Garman and Klass (1980), in u, d and c, the distances of high, low and close from the open.

    Their practical estimator (20) without the term of the closed market is
    0.5 (u - d)^2 - (2 ln 2 - 1) c^2.
    """
    own = one(bars, "D")
    up, down, at = (np.log(own[name] / own["open"]) for name in ("high", "low", "close"))
    variance = 0.5 * (up - down) ** 2 - (2 * np.log(2) - 1) * at**2
    expected = slid(variance, 10, lambda window: np.mean(window) ** 0.5)
    np.testing.assert_allclose(column(bars, of("garman_klass", window=10), "D"), expected)


def test_a_close_beyond_its_own_high_makes_no_root_of_a_negative_number():
    bars = pd.DataFrame({"open": 10.0, "high": 10.1, "low": 9.9, "close": [10.0, 10.0, 12.0, 10.0]})
    assert of("garman_klass", window=2).values(bars).iloc[1:].gt(0).tolist() == [True, False, False]
    assert of("garman_klass", window=2).values(bars).iloc[2:].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("name", ["parkinson", "garman_klass"])
def test_volatilities_from_ranges_are_those_of_a_random_walk(name):
    """Of a Brownian motion with a known volatility; watched in steps, ranges are a little short."""
    draw = np.random.default_rng(4)
    path = np.cumsum(draw.normal(0, 0.02 / np.sqrt(2000), (600, 2000)), axis=1)
    walk = {"open": np.ones(600), "close": np.exp(path[:, -1])}
    walk |= {"high": np.exp(path.max(axis=1).clip(0)), "low": np.exp(path.min(axis=1).clip(max=0))}
    found = of(name, window=600).values(pd.DataFrame(walk)).iloc[-1]
    assert found == pytest.approx(0.02, rel=0.06)


def test_equal_returns_have_no_volatility():
    """A rate that stood still after days on which it moved, as the franc did in July 2012."""
    moves = [-26, 43, -19, -14, 65, -53, -44, -22, -16, 50, 1, *[0] * 6]
    returns = pd.Series(moves) / 1e4
    assert returns.rolling(5).std().iloc[-2] > 1e-12, "what pandas leaves of it"
    found = of("volatility", window=5).values(pd.DataFrame({"return_treated": returns}))
    assert found.iloc[-2:].tolist() == [0.0, 0.0]
    assert found.iloc[-3] == pytest.approx(1e-4 / 5**0.5)
    assert found.isna().tolist() == [True] * 4 + [False] * 13


def test_the_gap_and_a_split_between_close_and_open(bars):
    raw = bars[bars["ticker"] == "B"].reset_index(drop=True)
    found = column(bars, of("overnight_gap"), "B")
    assert np.isnan(found[0])
    expected = raw.loc[SPLIT, "open"] / (raw.loc[SPLIT - 1, "close"] / 4) - 1
    assert found[SPLIT] == pytest.approx(expected)
    assert found[7] == pytest.approx(raw.loc[7, "open"] / raw.loc[6, "close"] - 1)


@pytest.mark.parametrize("name", [name for name, lists in FURTHER.items() if "rank" not in name])
def test_nothing_reaches_across_a_hole_or_feels_a_split(bars, name):
    """Bars after a hole are like those of another ticker; a split is as if it had not been."""
    feature = of(name, **dict.fromkeys(FURTHER[name], 5))
    later = bars[(bars["ticker"] == "A") & (bars["timestamp"] >= bars["timestamp"][BREAK])]
    alone = bar_features.values(later.reset_index(drop=True), [feature])[feature.label]
    np.testing.assert_array_equal(column(bars, feature, "A")[BREAK:], alone)
    factor = (bars["adj_close"] / bars["close"]).to_numpy()
    prices = {field: bars[field] * factor for field in ("open", "high", "low", "close")}
    never = bars.assign(**prices, volume=bars["volume"] / factor)
    np.testing.assert_allclose(column(bars, feature, "B"), column(never, feature, "B"), rtol=1e-9)


def wide(bars, feature):
    found = bars.assign(value=bar_features.values(bars, [feature])[feature.label])
    return found.pivot(index="timestamp", columns="ticker", values="value")


RANKED = {
    "momentum_rank": lambda bars: of("momentum", window=10),
    "volatility_rank": lambda bars: of("volatility", window=10),
}


@pytest.mark.parametrize("name", RANKED)
def test_ranks_are_those_of_scipy(bars, name):
    own = wide(bars, RANKED[name](bars))
    found = wide(bars, of(name, window=10))
    for time, row in own.iterrows():
        known = row.notna().to_numpy()
        expected = np.full(len(row), np.nan)
        if known.sum() >= ranks.FEWEST:
            expected[known] = rankdata(row[known]) / (known.sum() + 1) - 0.5
        np.testing.assert_allclose(found.loc[time], expected)
    assert found["A"].iloc[BREAK : BREAK + 9].isna().all(), "after a hole, it has none yet"
    assert np.isfinite(found["B"].iloc[BREAK : BREAK + 9]).all(), "and the others have"


def test_the_value_traded_is_ranked(bars):
    money = bars.assign(value=bars["close"] * bars["volume"])
    means = money.groupby("ticker")["value"].transform(lambda value: value.rolling(10).mean())
    table = money.assign(value=means).pivot(index="timestamp", columns="ticker", values="value")
    table.loc[table.index[BREAK : BREAK + 9], "A"] = np.nan
    expected = table.rank(axis=1).sub((table.notna().sum(axis=1) + 1) / 2, axis=0)
    found = wide(bars, of("volume_rank", window=10)) * 6
    pd.testing.assert_frame_equal(found.iloc[60:], expected.iloc[60:], check_names=False)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.integers(-3, 3)), min_size=6, max_size=6),
        min_size=1,
        max_size=8,
    )
)
def test_ranks_lie_around_zero_and_leave_out_who_has_no_value(rows):
    values = np.array(rows, dtype=float)
    found = ranks.centred(values)
    for seen, given_ in zip(found, values, strict=True):
        known = ~np.isnan(given_)
        if known.sum() < ranks.FEWEST:
            assert np.isnan(seen).all()
            continue
        assert np.isnan(seen[~known]).all()
        assert abs(seen[known].sum()) < 1e-12
        assert (np.abs(seen[known]) < 0.5).all()
        for one_, other in combinations(np.flatnonzero(known), 2):
            assert np.sign(seen[one_] - seen[other]) == np.sign(given_[one_] - given_[other])


def test_rows_without_a_price_or_without_others_say_so(bars):
    late = bars["timestamp"] > bars["timestamp"][60]
    bare = bars.assign(high=bars["high"].mask((bars["ticker"] == "D") & late))
    asked = recipe(parkinson={"window": [3]})
    lost = bar_features.losses(bare, bar_features.compute(bare, asked), asked)
    causes = {loss.cause: loss.rows for loss in lost.itertuples()}
    gone = int(bare["high"].isna().sum())
    assert causes == {"warm-up": 10, "break": 2, "missing price or volume": gone}
    two = bars[bars["ticker"].isin(["A", "B"]) | (bars["timestamp"] < bars["timestamp"][70])]
    two = two.reset_index(drop=True)
    asked = recipe(momentum_rank={"window": [3]})
    lost = bar_features.losses(two, bar_features.compute(two, asked), asked)
    causes = {loss.cause: loss.rows for loss in lost.itertuples()}
    assert causes == {"warm-up": 15, "break": 3, "too few tickers": 40}


@pytest.mark.parametrize(
    ("features", "bare", "setting", "told"),
    [
        (
            {"parkinson": {}},
            ["high", "low"],
            "features.parkinson",
            "needs high and low, of which",
        ),
        ({"volume_rank": {}}, ["volume"], "features.volume_rank", "volume_rank_63 needs volume"),
        ({"momentum": {"window": [5, 5]}}, [], "features.momentum", "gives momentum_5, as"),
        ({"momentun": {}}, [], "features.momentun", r"no feature momentun \(did you mean momentum"),
        ({"momentum": {"windows": [5]}}, [], "features.momentum.windows", "no such parameter"),
        ({"economic": {}}, [], "features.economic", "column is missing"),
        (
            {"momentum": {"window": [80]}, "momentum_rank": {}},
            [],
            "features.momentum",
            "no bar has",
        ),
    ],
)
def test_what_cannot_be_computed_is_told_with_its_setting(bars, features, bare, setting, told):
    lacking = bars.assign(**dict.fromkeys(bare, np.nan)).iloc[: 75 if "no bar" in told else None]
    with pytest.raises(BadValue, match=told) as caught:
        bar_features.complete(bar_features.compute(lacking, recipe(**features)), recipe(**features))
    assert caught.value.parameter == setting


def test_ranks_of_two_tickers_are_told_how_many_they_take(bars):
    two, asked = bars[bars["ticker"].isin(["A", "B"])], recipe(momentum_rank={"window": [3]})
    with pytest.raises(BadValue, match="at least 3 tickers on a bar, and there are 2: add") as told:
        bar_features.complete(bar_features.compute(two, asked), asked)
    assert told.value.parameter == "features.momentum_rank"
    assert told.value.cure.endswith("remove features.momentum_rank")


FORM = '''"""Mine."""

from dataclasses import dataclass
from typing import ClassVar

from tidemark.bounds import Window
from tidemark.features.feature import CrossSection, OwnTicker

import numpy as np

SEEN = []


@dataclass(frozen=True, kw_only=True)
class Mine({base}):
    """What a user tries."""

    name: ClassVar[str] = "mine_{{window}}"
    needs: ClassVar[tuple[str, ...]] = ("close", "return_treated")
    window: Window = 3

    def formula(self):
        return "whatever"

    def values(self, {given}):
        {code}
'''


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a user's file of a feature, which is then a kind as any other."""
    monkeypatch.setattr(families, "__path__", [*families.__path__, str(tmp_path)])

    def written(code, base="OwnTicker"):
        sys.modules.pop("tidemark.features.families.mine", None)
        given_ = "market" if base == "CrossSection" else "bars"
        (tmp_path / "mine.py").write_text(FORM.format(base=base, given=given_, code=code))
        return recipe(mine={"window": [4]})

    yield written
    sys.modules.pop("tidemark.features.families.mine", None)
    vars(families).pop("mine", None)


def held(bars, asked, values=apart.values, seed=1):
    computed = bar_features.compute(bars, asked, values)
    features = [feature for feature, _ in asked.asked().values()]
    return causal.require(computed, bars, features, values, seed)


OWN_FILE = "scripts/tidemark/features/families/mine.py"


def test_a_name_that_leaves_out_a_parameter_is_told_with_its_file(write):
    write("return bars")
    file = Path(families.__path__[-1], "mine.py")
    file.write_text(file.read_text("utf-8").replace("mine_{window}", "mine"), "utf-8")
    with pytest.raises(InputError, match=rf"{OWN_FILE}: window is 4 and 5, and both .* be mine"):
        recipe(mine={"window": [4, 5]}).asked()


def test_a_column_that_there_is_not_is_told_with_the_file_that_needs_it(write):
    write("return bars")
    file = Path(families.__path__[-1], "mine.py")
    file.write_text(file.read_text("utf-8").replace('"close"', '"closing"'), "utf-8")
    whole = load.load(Tree.at(ROOT), "config.yaml")
    asked = replace(whole.feature_engineering, features={"mine": {}})
    with pytest.raises(InputError, match=rf"{OWN_FILE}: needs names closing.*mean close\?\). Cure"):
        cross_checks.faults_of(Tree.at(ROOT), replace(whole, feature_engineering=asked))


def test_a_users_file_is_enough(bars, write):
    asked = write('return bars["close"].pct_change(self.window)')
    found = bar_features.compute(bars, asked)
    assert asked.formulas() == {"mine_4": "whatever"}
    closes = bars[bars["ticker"] == "B"]["adj_close"].to_numpy()
    expected = closes[4:] / closes[:-4] - 1
    np.testing.assert_allclose(found["mine_4"][bars["ticker"] == "B"][4:], expected)
    assert held(bars, asked).levels == []


@pytest.mark.parametrize(
    ("base", "code"),
    [
        ("OwnTicker", 'return bars["close"].shift(-1) / bars["close"]'),
        ("OwnTicker", 'return bars["return_treated"].rolling(3, center=True).mean()'),
        ("CrossSection", 'return market["close"] / market["close"].mean(axis=0)'),
        ("CrossSection", 'return market.each(lambda bars: bars["return_treated"].shift(-1))'),
    ],
)
def test_who_looks_ahead_is_refused_with_ticker_and_bar(bars, write, base, code):
    with pytest.raises(InputError, match=r"looks ahead: its mine_4 for [A-E] at 2010-") as refused:
        held(bars, write(code, base))
    assert refused.value.where == OWN_FILE


KEPT = {
    "a mean of the first call": """
        if not SEEN:
            SEEN.append(bars["close"].mean())
        return bars["close"] / SEEN[0]""",
    "all returns, by the first ones": """
        key = str(bars["return_treated"][1:4].to_list())
        known = dict(SEEN).get(key, bars["return_treated"].to_numpy())
        SEEN.append((key, known))
        later = np.append(known[1:], np.nan)
        return bars["close"] * 0.0 + later[: len(bars)]""",
    "a mean of all tickers": """
        close = market["close"]
        SEEN.append(np.nanmean(close))
        return close / SEEN[0]""",
}


@pytest.mark.parametrize("kept", KEPT)
def test_what_is_kept_from_call_to_call_hides_no_look_ahead(bars, write, kept):
    base = "CrossSection" if "market" in KEPT[kept] else "OwnTicker"
    bars = bars[bars["ticker"] != "A"]  # without its hole
    held(bars, write(KEPT[kept], base), bar_features.values)  # one process would see nothing
    with pytest.raises(InputError, match=r"looks ahead: its mine_4 for [B-E] at 2010-") as refused:
        held(bars, write(KEPT[kept], base))
    assert refused.value.where == OWN_FILE


@pytest.mark.parametrize("seed", range(2))
def test_what_is_kept_of_another_tickers_bars_is_seen(bars, write, seed):
    asked = write(KEPT["a mean of the first call"])
    with pytest.raises(InputError, match=r"looks ahead|for [B-E] at .* depends on other tickers"):
        held(bars, asked, seed=seed)


def test_a_feature_that_draws_without_a_seed_is_refused(bars, write):
    noise = 'return bars["close"] + np.random.normal(size=len(bars))'
    with pytest.raises(InputError, match=r"its mine_4 for [A-E] at 2010-"):
        held(bars[bars["ticker"] == "A"], write(noise))


def test_features_of_another_process_are_the_same_and_its_end_is_told(bars, write):
    asked = recipe(**FURTHER)
    here, there = (bar_features.compute(bars, asked, v) for v in (None, apart.values))
    pd.testing.assert_frame_equal(there, here, check_exact=True)
    asked = recipe(overnight_gap={}, **write("import os; os._exit(3)").features)
    with pytest.raises(InputError, match="process that computes mine_4 ended by itself") as told:
        bar_features.compute(bars, asked, apart.values)
    assert told.value.where == OWN_FILE
    with pytest.raises(InputError, match="mine_4 raises OSError: no") as told:
        bar_features.compute(bars, write('raise OSError("no")'), apart.values)
    assert told.value.where == f"{OWN_FILE}:26"


def test_what_a_feature_warns_of_is_not_said_again_by_each_trial(bars, write, capfd):
    asked = write('import warnings; warnings.warn("odd"); return bars["close"].pct_change()')
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = lambda message, *_: print(os.getpid(), message)
        held(bars[bars["ticker"] == "A"], asked)
    said = capfd.readouterr().out.splitlines()
    assert {line.split()[1] for line in said} == {"odd"}
    assert len({line.split()[0] for line in said}) == 1


def test_other_tickers_are_for_who_compares_them(bars, write):
    code = 'return market["return_treated"] - np.nansum(market["return_treated"], 1)[:, None]'
    assert held(bars, write(code, "CrossSection")).cuts
    spy = "SEEN.append(bars['close'].iloc[-1]); return bars['close'] / SEEN[-2 % len(SEEN)]"
    with pytest.raises(InputError, match=r"its mine_4 for [A-E] at .* depends on"):
        held(bars, write(spy))


@pytest.mark.parametrize(
    ("base", "code", "where", "told"),
    [
        ("OwnTicker", 'raise OSError("no")', ":26", "mine_4 raises OSError: no"),
        ("OwnTicker", "return bars.closes", ":26", "mine_4 raises AttributeError"),
        ("OwnTicker", 'return bars["high"]', "", "reads the column high. Cure: name"),
        (
            "CrossSection",
            'return market["high"]',
            "",
            "reads the column high. Cure: name it in needs",
        ),
        (
            "OwnTicker",
            'return bars["close"][2:]',
            "",
            "gives 48 values for 50 bars",
        ),
        ("OwnTicker", 'return bars["close"].to_numpy()', "", "gives a ndarray, not a Series"),
        (
            "CrossSection",
            'return market["close"][1:]',
            "",
            r"shape \(89, 5\) for bars of \(90, 5",
        ),
        ("OwnTicker", 'return bars["close"] / 0.0', "", "mine_4 is infinite for A at 2010-01-01"),
        ("OwnTicker", 'return bars["close"].astype(str) + "x"', "", "raises ValueError: could not"),
    ],
)
def test_an_error_in_a_users_feature_is_told_with_its_file(bars, write, base, code, where, told):
    with pytest.raises(InputError, match=told) as refused:
        bar_features.compute(bars, write(code, base))
    assert refused.value.where == OWN_FILE + where


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "import numpy as np",
            "import numpie as np",
            ":9: it raises ModuleNotFoundError: No",
        ),
        ('"""What a user tries."""', "", ": it has no docstring"),
        ('    name: ClassVar[str] = "mine_{window}"\n', "", ": it has no name"),
        ("def formula", "def formulas", ": it has no formula"),
        ("(OwnTicker)", "", ": it has 0 classes of features, not one"),
    ],
)
def test_a_file_that_is_no_feature_says_what_it_lacks(write, tmp_path, old, new, told):
    asked = write('return bars["close"]')
    path = tmp_path / "mine.py"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(InputError) as refused:
        asked.asked()
    assert f"{OWN_FILE}{told}" in str(refused.value)


def test_what_a_feature_does_to_its_bars_nobody_else_sees(bars, write):
    spoil = 'bars["close"] = 0.0; return bars["return_treated"]'
    asked = write(spoil).features | {"overnight_gap": {}}
    clean = bar_features.compute(bars, recipe(overnight_gap={}))["overnight_gap"]
    spoilt = bar_features.compute(bars, recipe(**asked))["overnight_gap"]
    pd.testing.assert_series_equal(spoilt, clean, check_exact=True)


def test_of_many_tickers_some_are_tried(bars, write, monkeypatch):
    monkeypatch.setattr(causal, "ENOUGH", 2 * BARS)
    monkeypatch.setattr(causal, "FEWEST", 2)
    assert held(bars, recipe(**FURTHER)).cuts > 0
    with pytest.raises(InputError, match="looks ahead"):
        held(bars, write('return bars["close"].shift(-1) / bars["close"]'))
    with pytest.raises(InputError, match="looks ahead"):
        held(bars, write('return market["close"] / market["close"][-1]', "CrossSection"))
    code = 'return market["close"] * (1.0 if len(market.ticker) > 4 else np.nan)'
    with pytest.raises(InputError, match="looks ahead"):
        held(bars, write(f"{code} / market['close'][-1]", "CrossSection"))
    spy = "SEEN.append(bars['close'].iloc[0]); return bars['close'] / SEEN[-2 % len(SEEN)]"
    with pytest.raises(InputError, match="depends on other tickers"):
        held(bars, write(spy))


def test_the_columns_that_are_read_are_those_that_are_computed_from(bars):
    asked = recipe(**FURTHER)
    few = bars[[name for name in bars if name in bar_features.needed(asked)]]
    assert "return" not in few
    one_, other = (bar_features.compute(some, asked) for some in (bars, few))
    pd.testing.assert_frame_equal(one_, other, check_exact=True)


def test_kinds_say_which_tickers_they_look_at():
    for name in families.names():
        kind = families.kind(name)
        assert issubclass(kind, CrossSection if kind.cross_sectional else OwnTicker)
        assert kind.cross_sectional == name.endswith("_rank")
