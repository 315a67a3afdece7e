import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tidemark import bounds
from tidemark.alerting.settings import Channel
from tidemark.config import estimators_page, fault, load, settings
from tidemark.config.schema import section
from tidemark.config.yaml_lines import parse
from tidemark.errors import InputError
from tidemark.project import Tree

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = (ROOT / "config.yaml").read_text("utf-8")
TREE = Tree(Path(), ROOT)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the files of the strategies."""
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")
    return tmp_path


def complaint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> str:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(text, "utf-8")
    with pytest.raises(InputError) as error:
        load.load(TREE, "config.yaml")
    return str(error.value)


def broken(folder, monkeypatch, old, new):
    """The complaint about the shipped file with `new` for `old`, and the line that it names."""
    assert old in SHIPPED
    text = SHIPPED.replace(old, new, 1)
    message = complaint(folder, monkeypatch, text)
    return message, text.splitlines()[int(message.split(":")[1]) - 1]


def test_the_shipped_configuration_is_valid_and_complete():
    whole = load.load(TREE, str(ROOT / "config.yaml"))
    assert list(whole.scenarios) == ["mean_impute", "median_impute", "outlier_treatment"]
    assert list(whole.models) == ["baseline", "linear", "ridge", "svr", "poly2", "logistic"]
    owned = sorted(step for steps in whole.alerts.owners.values() for step in steps)
    scripts = {path.stem for path in (ROOT / "scripts").glob("*.py")}
    assert owned == sorted(scripts)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"S&P 500 on 1987-10-19"', '""'),
        ('"S&P 500 on 1987-10-19"', f"'{40 * 'A title, with pages. '}'"),
        ("timestamp: Date", 'timestamp: ""'),  # as pandas writes an index
    ],
)
def test_words_may_be_none_or_many(project, monkeypatch, old, new):
    monkeypatch.chdir(project)
    assert old in SHIPPED
    Path("config.yaml").write_text(SHIPPED.replace(old, new, 1), "utf-8")
    load.load(TREE, "config.yaml")


def test_the_json_schema_for_editors_is_up_to_date():
    shipped = json.loads((ROOT / "schemas/config.schema.json").read_bytes())
    assert shipped == section(settings.Config).model_json_schema(), "run `make config-schema`"


def test_the_page_of_kinds_of_models_says_what_the_json_schema_does():
    shipped = (ROOT / "docs/estimators.md").read_text("utf-8")
    assert shipped == estimators_page.text(), "run `make config-schema`"
    for line in (
        "## random_forest\n",
        "Features are standardised. Random numbers are drawn from `seed`.",
        "| `max_samples` | number above 0, at most 1 | 0.1 | 0.05 to 0.8 (log) | share of",
        "| `gamma` | scale, auto, or number above 0, at most 1e12 | scale |",
        "| `kernel` | rbf, linear, poly, sigmoid | rbf | all |",
        "| `max_iter` | whole number at least 1, at most 10,000,000 | 10,000 | no |",
    ):
        assert line in shipped


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("seed: 20130301", "sead: 20130301", ":6:1: sead: unknown key (did you mean seed?)"),
        ("folds: 5", "fold: 5", ": split_data.fold: unknown key (did you mean folds?)"),
        ("alpha: 1.0", "alpa: 1.0", ": models.ridge.alpa: unknown key (did you mean alpha?)"),
        ("alpha: 1.0", 'alpha: "1.0"', ": models.ridge.alpha: should be a valid number, not '1.0'"),
        ("alpha: 1.0", "alpha: -1.0", ": models.ridge.alpha: should be greater than 0, not -1.0"),
        ("impute: mean ", "impute: maen ", "(did you mean mean?)"),
        ("seed: 20130301", "seed: NO", ": seed: should be a valid integer, not 'NO'"),
        ("horizon: 1 ", "horizon: 9 ", ": split_data.embargo: must be at least"),
        ("baseline: baseline", "baseline: base", "evaluate.baseline: no such model: base"),
        ("    fallback: linear", "    fallback: svr", "goes in a circle: ridge -> svr -> ridge"),
        ("lower: 0.01", "lower: 0.995", "outliers.lower: must be below upper"),
        *(
            ("  term_spread: ", f"  features: {{{given}}}\n  term_spread: ", f"features.{told}")
            for given, told in (
                ("momentun: {}", "momentun: there is no scripts/tidemark/features/families/mom"),
                ("momentum: {windows: [5]}", "momentum.windows: not a parameter of this kind of"),
                ("momentum: {window: [1]}", "momentum.window: 1: should be greater than or equal"),
                ('momentum: {window: ["5"]}', "momentum.window: '5': should be a valid integer"),
                ("momentum: {window: []}", "momentum.window: list should have at least 1 item"),
                ("momentum: [5]", "momentum: should be a valid dictionary"),
                ("momentum: {window: [63]}", "momentum: gives momentum_63, as windows does"),
                ("economic: {}", "economic: column is missing: list its values"),
                (
                    "economic: {column: [yield_9y]}",
                    "economic: no economic source has yield_9y",
                ),
            )
        ),
        ("yield_20y, unemp", "yield_21y, unemp", "no economic source has yield_21y (did you mean"),
        ("changes: [] ", "changes: [yield_9y] ", "treasury.changes: no column is called yield_9y"),
        ("plots, scenario_c", "polts, scenario_c", "(did you mean plots?)"),
        (
            "path: data/sample/prices.csv",
            'path: "data/my\\nprices.csv"',
            "without signs that do not show",
        ),
        ("path: data/sample/prices.csv", "path: data/*/prices.csv", "in the last part"),
        ("test_start: 2010-07-01", "test_start: 2010-07-32", "split_data.test_start"),
        ("lags: [0, 1, 2", "lags: [0, 1, 1", "feature_engineering.lags: names a value twice"),
        ("[yield_3m, yield_2y", "[yield_3m, yield_3m", "economic: names a value twice"),
        ("[yield_10y, yield_3m]", "[yield_10y, yield_10y]", "term_spread: names a value twice"),
        (
            "on_upgrade: []",
            "on_upgrade: [sklearn]",
            "no library sklearn is installed (did you mean",
        ),
        ("time_zone: UTC", "time_zone: Mars/Base", "is not a time zone, such as UTC"),
        (
            "time_zone: UTC",
            "time_zone: Europe/Berlin",
            "time_zone: Europe/Berlin can have no effect",
        ),
        (
            "release_zone: Amer",
            "release_zone: Mars",
            "release_zone: is not a time zone, such as UTC",
        ),
        (
            'release_time: "18:00"',
            'release_time: "24:00"',
            "treasury.release_time: must be a time of day such as",
        ),
        ("a_sessions: []", "a_sessions: [2023-11-32]", "validate_schema.extra_sessions.0: "),
        ("block_length: 21", "block_length: 0", "evaluate.block_length: should be greater than"),
        ("block_length: 21", "block_length: 2.5", "evaluate.block_length: should be a valid int"),
        ("block_length: 21", "block_length: atuo", "evaluate.block_length: should be 'auto', no"),
        ("yield_3m: 3month", "imputed: 3month", "column imputed is taken already"),
        ('date_format: "%Y-%m-%d"', 'date_format: "%Y-%Q"', "is not a format that strptime knows"),
        ("test_start: 2010-07-01", "test_start: 2010-W26-4", "must be a date such as"),
        ("  treasury:", "  prices:", "fetch_data.economic.prices: this name is taken"),
        ("  treasury:", "  economic:", "fetch_data.economic.economic: this name is taken"),
        (
            "  forecasts: {scenario: median_impute, model: linear}   #",
            "  forecasts: {scenario: median_impute, model: logistic}   #",
            "market_metrics.forecasts.model: logistic forecasts probabilities of a rise, and"
            " market_metrics measures returns: name one of baseline, linear, ridge, svr, poly2",
        ),
        (
            "    forecasts: {scenario: median_impute, model: linear}\n  model_kelly",
            "    forecasts: {scenario: median_impute, model: logistic}\n  model_kelly",
            "strategies.model_forecast.forecasts.model: logistic forecasts probabilities of a rise,"
            " and model_forecast trades returns: name one of baseline,",
        ),
        (
            "# model_probability: {strategy: model_probability, parameters: {threshold: [0.5, 0.52,"
            " 0.55]}, forecasts: {scenario: median_impute, model: logistic}}",
            "model_probability: {strategy: model_probability,"
            " forecasts: {scenario: median_impute, model: ridge}}",
            "model_probability.forecasts.model: ridge forecasts returns, and model_probability"
            " trades probabilities of a rise: name one of logistic",
        ),
        (
            "baseline: baseline  ",
            "baseline: logistic  ",
            "evaluate.baseline: logistic forecasts probabilities of a rise, and a baseline must"
            " forecast returns: name one of baseline,",
        ),
        (
            "    fallback: linear",
            "    fallback: logistic",
            "models.ridge.fallback: logistic forecasts probabilities of a rise, and ridge"
            " forecasts returns: name one of baseline, linear, svr, poly2",
        ),
        ("    alpha: 1.0", "    alpha: 1.0\n    grid: {alhpa: [1.0]}", "did you mean alpha?"),
        ("    alpha: 1.0", "    alpha: 1.0\n    grid: {alpha: [-1.0]}", "grid.alpha: -1.0"),
        ("# random_forest: {", "random_forest: {max_samples: 1.5, ", "max_samples: should be less"),
        (
            "# random_forest: {",
            "random_forest: {grid: {max_depth: ['2']}, ",
            "'2': should be a valid",
        ),
        ("# random_forest: {", "random_forest: {random_state: 1, ", "random_state: unknown key"),
        *(
            ("    losses: {", f"    mine: {{{given}}}\n    losses: {{", f"tolerances.mine{told}")
            for given, told in (
                ("metrics: [skill]", ": has no limit: give it warn or fail"),
                ("metrics: [skill], warn: {}", ".warn: names nothing to exceed"),
                ("metrics: [skil], warn: {absolute: 0}", ".metrics.0: should be 'mae', 'mse',"),
                ("metrics: [auc], warn: {absolute: 0}", ".metrics.0: should be 'mae', 'mse', 'rms"),
                ("metrics: [rank], fail: {beyond_chance: true}", ".fail.beyond_chance: rank has"),
                ("metrics: [verdict], warn: {relative: 0.1}", ".warn.relative: verdict is a word"),
                ("metrics: [mae], of: [rigde], warn: {absolute: 0}", ".of: no such model: rigde"),
                (
                    "metrics: [mae], scenarios: [mean_imput], warn: {absolute: 0}",
                    ".scenarios: no such scenario: mean_imput (did you mean mean_impute?)",
                ),
                (
                    "metrics: [rank], of: [ridge], fail: {absolute: 0}",
                    ".of: no such strategy: ridge",
                ),
            )
        ),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path, monkeypatch, old, new, told):
    message, line = broken(tmp_path, monkeypatch, old, new)
    assert told in message
    word = told.split(": ")[1].split(".")[-1] if told.startswith(": ") else None
    if word:
        assert line.split(":")[0].strip() == word


def test_faults_of_shape_and_between_keys_are_told_at_once(project, monkeypatch):
    text = SHIPPED
    for old, new in (
        ("folds: 5", "fold: 5"),
        ("alpha: 1.0", "alpha: -1.0"),
        ("lags: [0, 1, 2", "lags: [0, 1, 1"),
        ("horizon: 1 ", "horizon: 9 "),
        ("calendar: XNYS", "calendar: XNYZ"),
        ("benchmark: buy_and_hold", "benchmark: buy_and_hop"),
        ("webhook: null", "webhook: 5"),
    ):
        text = text.replace(old, new, 1)
    told = complaint(project, monkeypatch, text).splitlines()
    assert [line.split(": ")[1] for line in told] == [
        "feature_engineering.lags",
        "split_data.fold",
        "models.ridge.alpha",
        "alerts.webhook",
        "validate_schema.calendar",
        "assess.benchmark",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("path: data/sample/prices.csv", "path: 5"),
        ("open: Open", "opne: Open"),
        ('date_format: "%Y-%m-%d %H', 'date_fromat: "%Y-%m-%d %H'),
        ("  median_impute:\n    impute: median", "  median_impute:\n    impute: maen"),
        ("    estimator: mean\n", "    estimator: maen\n"),
        ("baseline: baseline  ", "baseline: [1]  "),
        ("buy_and_hold: {strategy", "Buy_and_hold: {strategy"),
    ],
)
def test_nothing_is_told_that_only_follows_from_a_fault_of_shape(project, monkeypatch, old, new):
    assert old in SHIPPED
    told = complaint(project, monkeypatch, SHIPPED.replace(old, new, 1))
    assert len(told.splitlines()) == 1


MEANINGLESS = [
    ("seed: 20130301", "seed: 1e999", "seed: should be a valid integer"),
    ("seed: 20130301", "seed: 9223372036854775808", "seed: should be less than"),
    ("retry_attempts: 3", "retry_attempts: 60", "retry_attempts: would wait 800,639,933,754,755"),
    ("wait_minutes: 1 ", "wait_minutes: 1e300 ", "should be less than or equal to 10080"),
    ("megabytes: 1000 ", "megabytes: 0 ", "should be greater than or equal to 1"),
    ("lag_days: 45", "lag_days: 100000000000000000000", "less than or equal to 36500"),
    ("as_of: 2013-03-01", "as_of: 9999-12-31", "as_of: must lie between 1678-01-01 and 2261"),
    ("as_of: 2013-03-01", "as_of: 0001-01-01", "as_of: must lie between 1678-01-01 and 2261"),
    ("as_of: 2013-03-01", "as_of: 2013-02-30", "as_of: is no day of the calendar"),
    ("start: 2000-03-11", "start: 1000-03-11", "dot_com_crash.start: must lie between"),
    ("calendar: XNYS", "calendar: XNYZ", "unknown exchange calendar 'XNYZ' (did you mean XN"),
    ("horizon: 1 ", "horizon: 1000000000000000000 ", "horizon: should be less than or equal to"),
    ("windows: [5, 21", "windows: [5, 1000000000000000000", "windows.1: should be less than or"),
    ("folds: 5", "folds: 100000", "folds: should be less than or equal to 1000"),
    ("alpha: 1.0", "alpha: 1e999", "models.ridge.alpha: should be a finite number, not inf"),
    ("alpha: 1.0", "alpha: .nan", "models.ridge.alpha: should be a valid number, not '.nan'"),
    ("    alpha: 1.0", "    alpha: 1.0\n    grid: {alpha: [1e999]}", "inf: should be a finite"),
    ("replicates: 2000", "replicates: 2000000000", "bootstrap_replicates: should be less than"),
    ("dpi: 110", "dpi: 1e9", "plots.dpi: should be a valid integer"),
    ("gbm: 20", "gbm: 900000000", "stochastic.paths.gbm: should be less than or equal to"),
    ("gbm: 20", "gbm: 900000", "stochastic.paths: asks for 687,645,840 bars"),
    ("fast: [5, 10,", "fast: [1e999, 10,", "sma_cross.parameters.fast: inf is no number that"),
    ("every_years: 1}", "every_years: 1e-300}", "every_years: should be greater than or equal"),
    ("min_sharpe: 0.0", "min_sharpe: -1e999", "min_sharpe: should be a finite number"),
    ('date_format: "%Y-%m-%d"', 'date_format: "%Y-%Y"', "is not a format that strptime knows"),
    ('date_format: "%Y-%m-%d"', 'date_format: "%m-%d"', "date_format: says no year"),
    ('date_format: "%Y-%m-%d"', 'date_format: "%Y-%U"', "date_format: has a week without its day"),
    ("data/sample/prices.csv", "/dev/zero", "prices.path: /dev/zero is a device or a socket"),
    ("data/sample/prices.csv", "/proc/self/status", "is a part of the machine, not a file"),
    ("data/sample/treasury_yields.csv", "data/sample", "treasury.path: data/sample is a folder"),
    ("data/sample/prices.csv", "pipes/*.csv", "prices.path: pipes/p.csv is a pipe, not a file"),
]


@pytest.mark.parametrize(("old", "new", "told"), MEANINGLESS)
def test_a_value_that_can_have_no_meaning_is_refused(project, monkeypatch, old, new, told):
    (project / "data/sample").mkdir(parents=True)
    (project / "pipes").mkdir()
    os.mkfifo(project / "pipes/p.csv")
    message, line = broken(project, monkeypatch, old, new)
    assert told in message
    assert len(message.splitlines()) == 1
    assert new.split("\n")[-1].strip() in line


ADDRESSES = [
    *("https://", "https:///SECRET", "ftp://host/SECRET", "https://host:port/SECRET"),
    *("https://host:99999/SECRET", "https://host:0/SECRET", "https://a..b/SECRET"),
    *("https://-a.b/SECRET", "https://[::1/SECRET", "https://[::g]/SECRET", "https://é.de/SECRET"),
    *("https://user:SECRET@host/", "'https://a b/SECRET'", '"https://host/\\nSECRET"', "5", "[a]"),
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_webhook_that_cannot_be_used_is_refused_and_not_repeated(project, monkeypatch, address):
    message, line = broken(project, monkeypatch, "webhook: null", f"webhook: {address}")
    assert "config.yaml:" in message
    assert "alerts.webhook: " in message
    assert "SECRET" not in message
    assert address in line


@pytest.mark.parametrize(
    "address", ["https://h.example/a?b=c", "http://[::1]:80/", "http://1.2.3.4"]
)
def test_a_webhook_that_can_be_used_is_taken(project, monkeypatch, address):
    monkeypatch.chdir(project)
    Path("config.yaml").write_text(SHIPPED.replace("webhook: null", f"webhook: {address}"), "utf-8")
    assert load.load(TREE, "config.yaml").alerts.webhook == address


@pytest.mark.parametrize("to", ["SECRET", "$1SECRET", "'a b://SECRET'", "://SECRET", "5"])
def test_a_channel_that_cannot_be_one_is_refused_and_not_repeated(project, monkeypatch, to):
    channel = f"webhook: null\n  channels:\n    Data Eng:\n      - to: {to}"
    message, line = broken(project, monkeypatch, "webhook: null", channel)
    assert "alerts.channels.Data Eng.0.to: " in message
    assert "SECRET" not in message
    assert to in line


def test_channels_are_settings_of_their_own(project, monkeypatch):
    monkeypatch.chdir(project)
    channels = "webhook: null\n  channels:\n    Data Eng: [{to: $CHAT}, {to: $B, severity: error}]"
    Path("config.yaml").write_text(SHIPPED.replace("webhook: null", channels), "utf-8")
    alerts = load.load(TREE, "config.yaml").alerts
    assert alerts.channels == {
        "Data Eng": [Channel(to="$CHAT", severity="warning"), Channel(to="$B", severity="error")]
    }
    assert alerts.extras() == ["alerts"]


def test_channels_are_those_of_owners(project, monkeypatch):
    channel = "webhook: null\n  channels:\n    Data Eg: [{to: $CHAT}]"
    message, _ = broken(project, monkeypatch, "webhook: null", channel)
    assert "no such owner: Data Eg (did you mean Data Eng?)" in message


@pytest.mark.parametrize("path", ["/dev/zero", "/proc/self/status", "pipe", ".", "large", "none"])
def test_what_is_no_configuration_file_is_named_at_once(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with Path("large").open("wb") as file:
        file.truncate(10**9)
    with pytest.raises(InputError, match=r"\. Cure: name a configuration file$") as error:
        load.load(TREE, path)
    assert str(error.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "benchmark: buy_and_hold",
            "benchmark: sma_cross",
            "assess.benchmark: sma_cross is of the category trend: name a benchmark, one of buy_",
        ),
        ("benchmark: buy_and_hold", "benchmark: buy_and_hop", "did you mean buy_and_hold?"),
        (
            "trading_hours: null",
            'trading_hours: {start: "09:30", end: "15:55", time_zone: UTC}',
            ": backtest.trading_hours: daily bars have no hours",
        ),
        (
            "    sharpe_ratio: 0.4",
            "    sharp_ratio: 0.4",
            "assess.weights.sharp_ratio: should be 'total_return', ",
        ),
        ("    sharpe_ratio: 0.4", "    sharp_ratio: 0.4", "(did you mean sharpe_ratio?)"),
        ("min_markets: 1.0", "min_markets: 1.1", "guardrails.min_markets: should be less than or"),
    ],
)
def test_a_fault_of_the_assessment_is_the_only_one(project, monkeypatch, old, new, told):
    message, line = broken(project, monkeypatch, old, new)
    assert told in message
    assert "\n" not in message
    assert line.strip() in new or new in line


def test_benchmarks_alone_are_nothing_to_rank(project, monkeypatch):
    head, rest = SHIPPED.split("  # trend\n")
    tail = rest[rest.index("\nassess:") :]
    message = complaint(project, monkeypatch, head + tail)
    assert ": strategies: name one to rank, beside benchmarks" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('CATEGORY: str = "trend"', "mine is of the category trend: name a benchmark, one of buy_"),
        ('CATEGORY: str = "benchmark"', None),
        ('CATEGORY = "bench" "mark"', None),
        ("CATEGORY = str()", "mine.py does not name its category in plain sight"),
        ("", "mine.py does not name its category in plain sight"),
    ],
)
def test_a_strategy_names_its_category_in_any_form_that_python_has(
    tmp_path, monkeypatch, line, told
):
    folder = tmp_path / "scripts/tidemark/backtest/strategies"
    shutil.copytree(
        ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__")
    )
    (folder / "mine.py").write_text(f"{line}\n", "utf-8")
    text = re.sub(r"\nstrategies:.*\n", r"\g<0>  mine: {strategy: mine}\n", SHIPPED)
    text = text.replace("benchmark: buy_and_hold", "benchmark: mine")
    (tmp_path / "config.yaml").write_text(text, "utf-8")
    tree = Tree(tmp_path, tmp_path)
    if told is None:
        assert load.load(tree, "config.yaml").assess.benchmark == "mine"
        return
    with pytest.raises(InputError, match=told) as refused:
        load.load(tree, "config.yaml")
    assert "\n" not in str(refused.value)


def test_intraday_bars_have_trading_hours(project, monkeypatch):
    hours = 'trading_hours: {start: "09:30", end: "15:55", time_zone: UTC}'
    text = SHIPPED.replace("trading_hours: null", hours).replace("bar: daily", "bar: intraday")
    monkeypatch.chdir(project)
    Path("config.yaml").write_text(text, "utf-8")
    assert load.load(TREE, "config.yaml").backtest.trading_hours.start == "09:30"


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        (
            {
                "calendar: XNYS": "calendar: null",
                "closed_sessions: []": "closed_sessions: [2012-10-29]",
            },
            "closed_sessions: can have no effect: calendar is null",
        ),
        (
            {
                "extra_sessions: []": "extra_sessions: [2012-10-29, 2012-11-01]",
                "closed_sessions: []": "closed_sessions: [2012-10-29]",
            },
            "closed_sessions: 2012-10-29 stands in extra_sessions as well",
        ),
    ],
)
def test_exceptions_to_a_calendar_need_one_and_agree(project, monkeypatch, edits, told):
    text = SHIPPED
    for old, new in edits.items():
        text = text.replace(old, new)
    assert told in complaint(project, monkeypatch, text)


def test_a_time_zone_of_daily_dates_needs_offsets_or_parquet(project, monkeypatch):
    monkeypatch.chdir(project)
    text = SHIPPED.replace("time_zone: UTC", "time_zone: Asia/Tokyo")
    for old, new in (('%Y-%m-%d"', '%Y-%m-%dT%H:%M%z"'), ("sample/prices.csv", "sample/p.parquet")):
        Path("config.yaml").write_text(text.replace(old, new, 1), "utf-8")
        assert load.load(TREE, "config.yaml").fetch_data.prices.time_zone == "Asia/Tokyo"


def test_a_time_zone_that_says_when_days_end_needs_series_and_no_calendar(project, monkeypatch):
    text = SHIPPED.replace("time_zone: UTC", "time_zone: Asia/Tokyo")
    assert "Asia/Tokyo can have no effect" in complaint(project, monkeypatch, text)
    text = text.replace("calendar: XNYS", "calendar: null")
    Path("config.yaml").write_text(text, "utf-8")
    assert load.load(TREE, "config.yaml").fetch_data.prices.time_zone == "Asia/Tokyo"


def test_every_key_is_described_for_editors():
    sections = section(settings.Config).model_json_schema()["$defs"]
    tags = {"estimator", "method"}
    silent = {
        f"{name}.{key}"
        for name, found in sections.items()
        for key, said in found.get("properties", {}).items()
        if "description" not in said and key not in tags
    }
    assert not silent


def test_days_are_those_that_nanoseconds_hold():
    first, last = (pd.Timestamp(day) for day in (bounds.EARLIEST, bounds.LATEST))
    assert (first.as_unit("ns").year, last.as_unit("ns").year) == (1678, 2261)
    for day in (first - pd.DateOffset(years=1), last + pd.DateOffset(years=1)):
        with pytest.raises(ValueError, match="ns"):
            day.as_unit("ns")


def test_reading_the_configuration_loads_nothing_heavy():
    """Neither do the settings of the rooms, which steps import too."""
    modules = {".".join(path.relative_to(ROOT / "scripts").with_suffix("").parts)
               for path in (ROOT / "scripts/tidemark").rglob("settings.py")}  # fmt: skip
    assert "tidemark.market.scenarios.settings" in modules
    code = f"import sys, {', '.join(sorted(modules))}; pydantic = 'pydantic' in sys.modules;" + (
        "import tidemark.config.load; heavy = {'numpy', 'pandas', 'scipy', 'sklearn', 'pyarrow'};"
        "print(pydantic, sorted(heavy & set(sys.modules)))"
    )
    told = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT / "scripts", text=True)
    assert told == "False []\n"


def test_every_problem_is_of_a_check_that_there_is():
    code = "".join(path.read_text("utf-8") for path in (ROOT / "scripts/tidemark/config").glob("*"
                   ".py") if path.stem != "fault")  # fmt: skip
    assert {problem.name for problem in fault.Problem} == set(
        re.findall(r"\bProblem\.([A-Z_]+)", code)
    )


def test_a_key_that_is_missing_for_a_misspelling_is_not_told_whatever_the_words(monkeypatch):
    misspelt = fault.Fault(
        ("sead",), fault.Problem.UNKNOWN_KEY, {"given": "sead", "known": ["seed"]}
    )
    missing = [fault.Fault((key,), fault.Problem.MISSING) for key in ("seed", "models")]
    monkeypatch.setattr(fault.Fault, "__str__", lambda _: "said otherwise")
    assert load._without_consequences([misspelt, *missing]) == [misspelt, missing[1]]


def test_all_faults_are_told_at_once(tmp_path, monkeypatch):
    text = SHIPPED.replace("seed: 2", "sead: 2", 1).replace("folds: 5", "folds: 1", 1)
    lines = complaint(tmp_path, monkeypatch, text).splitlines()
    assert len(lines) == 2
    assert all(line.startswith("config.yaml:") for line in lines)


@pytest.mark.parametrize(
    ("scenarios", "models"),
    [
        (["a", "a_b"], ["b_c", "c"]),
        (["a"], ["x", "x_bootstrap"]),
        (["scenario"], ["compare"]),
    ],
)
def test_names_that_collide_in_file_names_are_refused(tmp_path, monkeypatch, scenarios, models):
    head, rest = SHIPPED.split("scenarios:\n")
    middle = rest[rest.index("feature_engineering:") : rest.index("models:\n")]
    tail = rest[rest.index("evaluate:") :].replace("baseline: baseline", f"baseline: {models[0]}")
    listed = "".join(f"  {s}: {{impute: mean, outliers: {{method: none}}}}\n" for s in scenarios)
    fitted = "".join(f"  {m}: {{estimator: mean}}\n" for m in models)
    text = f"{head}scenarios:\n{listed}{middle}models:\n{fitted}{tail}"
    assert "collide in file names" in complaint(tmp_path, monkeypatch, text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("0123", "0123"),
        ("12:30:00", "12:30:00"),
        ("2013-03-01", "2013-03-01"),
        ("1e3", 1000.0),
        ("-1.5", -1.5),
        ("true", True),
        ("~", None),
        ("", None),
        ("'1'", "1"),
    ],
)
def test_plain_scalars_are_what_they_look_like(text, value):
    assert parse("f.yaml", f"key: {text}".encode())[0] == {"key": value}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a: 1\nb: 2\na: 3\n", "f.yaml:3:1: a: stands twice (first in line 1)"),
        (b"a: [1\n", "f.yaml:2:1: not valid YAML"),
        (b"a: 1\nb: \xe9\n", "f.yaml:2:4: is not UTF-8"),
    ],
)
def test_yaml_faults_name_the_line(data, told):
    with pytest.raises(InputError) as error:
        parse("f.yaml", data)
    assert str(error.value).startswith(told)


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("data/raw/mine.csv", "data/raw"),
        ("./data/raw/prices.parquet", "data/raw"),
        ("data/sample/../raw/*.csv", "data/raw"),
        ("{here}/artifacts/mine.csv", "artifacts"),
        ("../{name}/features/x.csv", "features"),
        ("link.csv", "models"),
        ("linked/mine.csv", "metrics"),
        ("elsewhere/mine.csv", "logs"),
        ("reports/mine.csv", "reports"),
    ],
)
def test_a_source_where_the_pipeline_writes_is_refused(project, monkeypatch, path, folder):
    for name in ("models", "metrics", "far", "reports"):
        (project / name).mkdir()
    (project / "models/x.csv").write_text("")
    (project / "link.csv").symlink_to("models/x.csv")
    (project / "linked").symlink_to("metrics")
    (project / "logs").symlink_to("far")
    (project / "elsewhere").symlink_to("far")
    path = path.format(here=project, name=project.name)
    told, line = broken(project, monkeypatch, "data/sample/prices.csv", path)
    assert f"fetch_data.prices.path: {path} lies in {folder}/" in told
    assert path in line


@pytest.mark.parametrize("path", ["data/mine/p.csv", "data/*.csv", "mydata/*.csv", "rawdata/p.csv"])
def test_a_source_elsewhere_in_the_project_is_fine(project, monkeypatch, path):
    monkeypatch.chdir(project)
    Path("config.yaml").write_text(SHIPPED.replace("data/sample/prices.csv", path), "utf-8")
    assert load.load(TREE, "config.yaml").fetch_data.prices.path == path


@pytest.mark.parametrize(
    "path", ["a b.yaml", "a;b.yaml", "$(x).yaml", "-a.yaml", "a\nb.yaml", "a:b"]
)
def test_a_configuration_whose_name_could_be_code_is_refused(project, monkeypatch, path):
    monkeypatch.chdir(project)
    Path("schemas").symlink_to(ROOT / "schemas")
    Path(path).write_text(SHIPPED, "utf-8")
    with pytest.raises(InputError, match="in its name, which Make cannot handle"):
        load.sync(TREE, path, ())
    assert not Path("artifacts/config.mk").exists()


ODD_PATHS = (
    *("my data/prices (1).csv", "mydata/a$b#c's.csv", "mydata/EURUSD=X.csv", "NSE:INFY.csv"),
    *("Öl.csv", "mydata/*.csv", "my data/*=X.csv", "/x/a%20b.PARQUET"),
)


@pytest.mark.parametrize("path", ODD_PATHS)
def test_a_file_of_any_name_may_be_one_ticker(project, monkeypatch, path):
    monkeypatch.chdir(project)
    text = re.sub(r"      ticker: Ticker.*\n", "", SHIPPED)
    text = text.replace("path: data/sample/prices.csv", f'path: "{path}"')
    (project / "config.yaml").write_text(text, "utf-8")
    assert load.load(TREE, "config.yaml").fetch_data.prices.path == path


WIDE = "layout: wide"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "      close: Close\n      volume: Volume\n      adj_close: Adj Close\n",
            "      volume: Volume\n",
            "fetch_data.prices.columns: names no close: map close, or",
        ),
        ("    layout: long", "    ticker: A\n    layout: long",
         "prices.ticker: can have no effect: columns.ticker says the ticker of each row"),
        ("layout: long", WIDE,
         "prices.columns.ticker: can have no effect: layout: wide says the ticker of each row"),
        ("layout: long", WIDE, "prices.columns.close: 'Close' cannot be found in a wide file"),
        ("      close: Close\n", "      close: 'Close * *'\n", None),
        ("    layout: long", "    divide_by: {close: 100, adj_close: 100}\n    layout: long", None),
        ("      volume: Volume\n      adj_close: Adj Close\n",
         "      adj_close: Adj Close\n    divide_by: {volume: 100}\n",
         "prices.divide_by.volume: can have no effect: columns does not name volume"),
        ("    layout: long", "    form: {decimal: ',', thousands: ','}\n    layout: long",
         "prices.form.thousands: form.thousands and form.decimal are both ','"),
        ('path: data/sample/unemployment.csv\n', "path: u.csv\n      form: {thousands: .}\n",
         "economic.unemployment.form.thousands: form.thousands and form.decimal are both '.'"),
        ("    layout: long", "    form: {header_line: 0, header_lines: 2}\n    layout: long",
         "prices.form.header_lines: can have no effect: form.header_line is 0"),
        ("    layout: long", "    form: {sheet: Prices}\n    layout: long",
         "prices.form.sheet: can have no effect: by the name in path this is CSV or other text"),
        ("path: data/sample/prices.csv\n", "path: p.zip\n    form: {members: a*, records: b}\n",
         None),
        ("    layout: long", "    form: {signs: [$, USD, kr., '%', Rs.]}\n    layout: long", None),
        ("    layout: long", "    form: {signs: ['-']}\n    layout: long",
         "is a part of numbers, which cannot be left out: name signs such as $ or %, not '-'"),
        ("    layout: long", "    form: {signs: ['5']}\n    layout: long",
         "is a part of numbers, which cannot be left out: name signs such as $ or %, not '5'"),
        ("    layout: long", "    form: {thousands: '1'}\n    layout: long",
         "prices.form.thousands: must be a single sign that stands between groups"),
    ],
)  # fmt: skip
def test_keys_that_say_how_prices_are_read_agree(project, monkeypatch, old, new, told):
    shipped = re.sub("  +#.*", "", SHIPPED)
    assert shipped.count(old) == 1
    text = shipped.replace(old, new)
    if told is None:
        (project / "config.yaml").write_text(text, "utf-8")
        monkeypatch.chdir(project)
        assert load.load(TREE, "config.yaml")
    else:
        assert told in complaint(project, monkeypatch, text)


def test_a_section_that_is_added_is_named_by_what_was_written(project, monkeypatch):
    monkeypatch.chdir(project)
    Path("schemas").symlink_to(ROOT / "schemas")
    for text in (SHIPPED, SHIPPED.replace("\nmodels:\n", "\nmodels:\n  few: {estimator: mean}\n")):
        Path("config.yaml").write_text(text, "utf-8")
        told = load.sync(TREE, "config.yaml", ())
    assert told.edited == ["models.few.estimator"]
