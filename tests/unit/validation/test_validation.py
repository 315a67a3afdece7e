"""Schemas: what passes, what each check finds, and how the findings are worded."""

import json
from pathlib import Path

import validate_schema
from tidemark.bars import trading_calendar
from tidemark.errors import BadValue, InputError
from tidemark.fetching import payloads
from tidemark.validation import adjustments, checks, report, schema, sessions
from tidemark.validation.settings import SHIPPED

import numpy as np
import pandas as pd
import pytest

# exchange_calendars itself uses what pandas 3.1 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Series.values:DeprecationWarning")

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
NAMES = ["prices", "corporate_actions", "treasury", "unemployment"]
AS_OF = pd.Timestamp("2013-03-01")


def rules(name="prices", **changes):
    return schema.parse(name, (SCHEMAS / f"{name}.json").read_bytes()).model_copy(update=changes)


@pytest.fixture
def prices():
    """260 consistent bars of each of two tickers, up to the as-of day."""
    days = pd.bdate_range(end=AS_OF, periods=260).astype("datetime64[us]")
    one = pd.DataFrame({"timestamp": days, "ticker": "A"})
    one = one.assign(open=10.0, high=12.0, low=9.0, close=11.0, volume=100.0, adj_close=5.5)
    return pd.concat([one, one.assign(ticker="B")], ignore_index=True)


def found(frame, name="prices", as_of=AS_OF, **changes):
    return {
        finding.check: finding for finding in checks.check(frame, rules(name, **changes), as_of)
    }


# --- Schema files


@pytest.mark.parametrize("name", NAMES)
def test_shipped_schemas_parse_and_describe_their_form(name):
    text = " ".join(rules(name).description)
    for rule in schema.Schema.model_fields.keys() - {"description"}:
        assert f"`{rule}`" in text
    for rule in schema.Column.model_fields:
        assert f"`{rule}`" in text


def test_fingerprint_ignores_layout_and_nothing_else():
    first = schema.fingerprint(b'{"a": 1, "b": [1, 2]}')
    assert schema.fingerprint(b'{\n"b":[1,2],\n"a":1}') == first
    assert schema.fingerprint(b'{"a": 1, "b": [2, 1]}') != first


# JSON Schema of the configuration and of what providers send; the others are of sources.
OTHERS = ("config.schema", *(Path(name).stem for name in payloads.SCHEMAS.values()))


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda p: p.stem)
def test_every_schema_that_ships_counts_as_read(path):
    if path.stem not in OTHERS:
        assert schema.fingerprint(path.read_bytes())[:12] in SHIPPED, "list it there"


def test_acknowledgement_needs_twelve_digits():
    sha256 = "0123456789abcdef" * 4
    assert schema.is_acknowledged(sha256, sha256[:12])
    assert schema.is_acknowledged(sha256, sha256.upper())
    for quoted in ("", sha256[:11], sha256[1:13], sha256 + "0"):
        assert not schema.is_acknowledged(sha256, quoted)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", ["schemas/x.json", "Invalid JSON"]),
        (
            '{"description": [], "unique": [], "min_rows": 1}',
            ["schemas/x.json: fields", "required"],
        ),
        (
            '{"description": [], "unique": [], "min_rows": 1, "fields":'
            ' {"open": {"type": "number", "minimun": 0}}}',
            ["schemas/x.json: fields.open.minimun", "not permitted"],
        ),
    ],
)
def test_bad_schema_is_named(text, words):
    with pytest.raises(InputError) as caught:
        schema.parse("schemas/x.json", text.encode())
    message = str(caught.value)
    assert "\n" not in message
    for word in [*words, "Cure: "]:
        assert word in message


@pytest.mark.parametrize(
    ("rule", "value", "absent"),
    [
        ("unique", ["open", "tickr"], "tickr"),
        ("age_of", "available_ad", "available_ad"),
        ("ohlc_tolerance", 0.1, "high"),
    ],
)
def test_a_rule_on_a_column_that_is_no_field_is_refused(rule, value, absent):
    fields = {"ticker": {"type": "string"}, "open": {"type": "number"}}
    content = {"description": [], "min_rows": 1, "unique": ["ticker"], "fields": fields}
    with pytest.raises(InputError, match=f"{absent} is none of the fields") as caught:
        schema.parse("schemas/x.json", json.dumps(content | {rule: value}).encode())
    assert caught.value.where == f"schemas/x.json: {rule}"


# --- Checks


def test_good_prices_pass(prices):
    assert found(prices) == {}


def part_of(name, frame, findings):
    files = {"path": f"{name}.csv", "schema": f"schemas/{name}.json"}
    return report.Part.of(frame, findings, raw_sha256="raw", schema_sha256="abc", **files)


def failure(findings):
    """As of files of one line a row, sorted."""
    placed = {
        name: [f.placed(lambda row, column, n=name: f"{n}.csv:{row + 2}: {column}") for f in found]
        for name, found in findings.items()
    }
    frame = pd.DataFrame({"timestamp": []})
    return report.failure({name: part_of(name, frame, found) for name, found in placed.items()})


def change(row, column, value):
    def altered(prices):
        prices.loc[row, column] = value
        return prices

    return altered


BAD = {
    "infinite": (change(7, "adj_close", np.inf), "infinite", "adj_close", [8]),
    "minus infinity": (change(7, "volume", -np.inf), "infinite", "volume", [8]),
    "negative price": (change(3, "low", -1.0), "exclusive_minimum", "low", [4]),
    "zero price": (change(3, "adj_close", 0.0), "exclusive_minimum", "adj_close", [4]),
    "negative volume": (change(300, "volume", -5.0), "minimum", "volume", [301]),
    "high too low": (change(5, "high", 10.5), "ohlc", "high, low", [6]),
    "low too high": (change(5, "low", 10.5), "ohlc", "high, low", [6]),
    "missing values": (
        change(slice(0, 10), "close", np.nan),
        "null_rate",
        "close",
        list(range(1, 12)),
    ),
    "missing time": (change(4, "timestamp", pd.NaT), "null_rate", "timestamp", [5]),
    "missing ticker": (change(4, "ticker", None), "null_rate", "ticker", [5]),
    "repeated bar": (
        lambda prices: pd.concat([prices, prices[9:10]], ignore_index=True),
        "unique",
        "ticker + timestamp",
        [521],
    ),
    "too few rows": (lambda prices: prices[-20:].reset_index(drop=True), "min_rows", None, []),
    "stale": (
        lambda prices: prices.assign(timestamp=prices["timestamp"] - pd.Timedelta(days=8)),
        "freshness",
        "timestamp",
        [260, 520],
    ),
    "missing column": (lambda prices: prices.drop(columns="open"), "missing_column", "open", []),
    "unexpected column": (lambda prices: prices.assign(vwap=1.0), "unexpected_column", "vwap", []),
    "text for numbers": (lambda prices: prices.assign(close="11"), "type", "close", []),
    "truth for numbers": (lambda prices: prices.assign(close=True), "type", "close", []),
    "zoned times": (
        lambda prices: prices.assign(timestamp=prices["timestamp"].dt.tz_localize("UTC")),
        "type",
        "timestamp",
        [],
    ),
}


@pytest.mark.parametrize(("spoil", "check", "column", "rows"), BAD.values(), ids=BAD)
def test_bad_prices_are_found_and_named(prices, spoil, check, column, rows):
    finding = found(spoil(prices))[check]
    assert (finding.column, finding.severity) == (column, "error")
    assert [row["row"] for row in finding.rows] == rows
    message = str(failure({"prices": [finding]}))
    told = f"prices.csv, column {column!r}: " if column else "prices.csv: "
    assert message.startswith(f"prices.csv:{rows[0] + 1}: {column}" if rows else told)
    assert "\n" not in message
    assert ". Cure: " in message


def test_only_the_first_offenders_are_listed(prices):
    finding = found(prices.assign(close=-1.0))["exclusive_minimum"]
    assert (finding.count, len(finding.rows)) == (520, 20)
    assert finding.rows[0] == {
        "row": 1,
        "timestamp": "2012-03-05",
        "ticker": "A",
        "value": -1.0,
    }


def test_fields_without_a_value_are_one_finding(prices):
    spoilt = prices.assign(**dict.fromkeys(["open", "high", "low", "volume"], np.nan))
    (finding,) = checks.check(spoilt, rules(), AS_OF)
    assert (finding.check, finding.column) == ("no_values", "open, high, low, volume")
    message = str(failure({"prices": [finding]}))
    for words in ("'open, high, low, volume'", "no values at all", "take it out of `columns`"):
        assert words in message


def test_numbers_that_a_source_does_not_map_are_not_required(prices):
    spoilt = prices.assign(**dict.fromkeys(["open", "high", "low", "volume"], np.nan))
    mapped = ["timestamp", "ticker", "close"]
    assert found(spoilt, fields=schema.of_mapped(rules(), [*spoilt], mapped).fields) == {}
    some = schema.of_mapped(rules(), [*spoilt], [*mapped, "volume"]).fields
    assert {*found(spoilt, fields=some)} == {"no_values"}
    prices.loc[::2, "adj_close"] = np.nan  # it is made of the closes
    assert schema.of_mapped(rules(), [*prices], mapped).fields["adj_close"].max_null_rate == 0.02


def test_a_column_that_a_series_does_not_map_is_none_of_its_fields():
    whole = rules("treasury")
    mapped = {"timestamp", "yield_10y"}
    few = schema.of_mapped(whole, [*mapped, "available_at"], mapped)
    assert {*few.fields} == {"timestamp", "available_at", "yield_10y"}
    assert few.fields["yield_10y"] == whole.fields["yield_10y"]
    assert "yield_2y" in schema.of_mapped(whole, [*mapped], {*mapped, "yield_2y"}).fields


def test_rounding_of_adjusted_bars_passes(prices):
    assert "ohlc" not in found(change(5, "high", 11 - 1e-7)(prices))
    assert "ohlc" in found(change(5, "high", 11 - 1e-4)(prices))


def test_incomplete_bars_are_held_to_what_they_have(prices):
    prices.loc[5, ["open", "high"]] = np.nan
    assert found(prices) == {}


def test_future_bars_are_a_warning(prices):
    finding = found(prices, as_of=AS_OF - pd.Timedelta(days=1))["future"]
    assert (finding.severity, finding.count) == ("warning", 2)
    assert failure({"prices": [finding]}) is None


def test_freshness_of_series_is_of_when_they_became_known():
    days = pd.date_range("2011-01-01", "2013-01-01", freq="MS").astype("datetime64[us]")
    frame = pd.DataFrame({"timestamp": days, "available_at": days + pd.Timedelta(days=45)})
    frame["unemployment"] = 8.0
    assert found(frame, "unemployment") == {}
    late = AS_OF + pd.Timedelta(days=60)
    assert found(frame, "unemployment", as_of=late)["freshness"].column == "available_at"


def test_limits_and_allowed_texts():
    when = pd.to_datetime(["2012-01-02", "2012-01-03"]).astype("datetime64[us]")
    frame = pd.DataFrame({"timestamp": when, "ticker": "A", "kind": ["split", "merger"]})
    finding = found(frame.assign(value=1.0), "corporate_actions")["allowed"]
    assert (finding.column, finding.rows[0]["value"]) == ("kind", "merger")
    yields = pd.DataFrame({"timestamp": when, "available_at": when, "yield_3m": [5.2, 0.05]})
    yields = yields.assign(yield_2y=0.05, yield_10y=0.05, yield_20y=0.05)
    finding = found(yields, "treasury", min_rows=1, max_age_days=None)["maximum"]
    assert (finding.column, finding.rows[0]["value"]) == ("yield_3m", 5.2)


# --- The report


def test_report_and_failure_name_the_first_and_count_the_rest(prices):
    prices.loc[3, "low"] = -1.0
    prices.loc[7, "adj_close"] = np.inf
    findings = checks.check(prices, rules(), AS_OF)
    part = part_of("p", prices, findings)
    told = part.as_reported()
    assert (told["ok"], told["rows"], len(told["findings"])) == (False, 520, 2)
    assert report.Part.of_json(json.loads(json.dumps(part.as_json(), allow_nan=False))) == part
    ack = report.unacknowledged("treasury")
    message = str(failure({"prices": findings, "treasury": [ack]}))
    assert message == (
        "prices.csv:5: low (A, 2012-03-08): 1 value not above 0"
        " (the first: -1.0); and 2 more in artifacts/validation_report.json."
        " Cure: mend the value in the source, or leave it empty if it is unknown; if it is real,"
        " let the schema admit it"
    )


def test_a_schema_that_nobody_read_says_what_to_type():
    message = str(failure({"treasury": [report.unacknowledged("treasury")]}))
    assert message == (
        "schemas/treasury.json: is not as somebody acknowledged it."
        ' Cure: read it, then type make acknowledge SOURCE=treasury REASON="..."'
    )


def test_all_schemas_that_nobody_read_are_told_at_once(prices):
    findings = {name: [report.unacknowledged(name)] for name in NAMES}
    findings["treasury"] = []
    findings["prices"] += checks.check(change(3, "low", -1.0)(prices), rules(), AS_OF)
    assert str(failure(findings)) == (
        "schemas/prices.json, schemas/corporate_actions.json, schemas/unemployment.json:"
        " are not as somebody acknowledged them; and 1 more in artifacts/validation_report.json."
        " Cure: read them, then type"
        ' make acknowledge SOURCE="prices corporate_actions unemployment" REASON="..."'
    )


# --- Sessions


def test_exchange_calendars_counts_of_the_new_york_stock_exchange():
    """8,313 sessions 1990-01-02 to 2022-12-28; 248 in 2001, 253 in 2020 (exchange_calendars)."""
    held = trading_calendar.held("XNYS", pd.Timestamp("1990-01-02"), pd.Timestamp("2022-12-28"))
    days = held.sessions.index
    assert ((days >= "1990-01-02") & (days <= "2022-12-28")).sum() == 8313
    assert ((days.year == 2001).sum(), (days.year == 2020).sum()) == (248, 253)


@pytest.mark.parametrize(
    ("exchange", "first", "words"),
    [
        ("XNYX", "2012-01-02", "unknown exchange calendar 'XNYX'"),
        ("XHKG", "1950-01-02", "1960"),
        ("ECB", "1998-12-31", "ECB reaches from 1999-01-01 to 2100-12-31"),
    ],
)
def test_a_calendar_that_cannot_be_had_names_the_key(exchange, first, words):
    with pytest.raises(BadValue, match=words) as caught:
        trading_calendar.held(exchange, pd.Timestamp(first), AS_OF)
    assert caught.value.parameter == "calendar"


def test_a_day_of_the_ecb_ends_when_its_rates_are_published():
    """Before and after clocks go back; the payment system is closed on 1 May, and at week-ends."""
    held = trading_calendar.held("ECB", pd.Timestamp("2026-10-23"), pd.Timestamp("2026-10-26"))
    published = ["2026-10-22 14:00", "2026-10-23 14:00", "2026-10-26 15:00", "2026-10-27 15:00"]
    assert list(held.sessions["close"]) == list(pd.DatetimeIndex(published))
    may = trading_calendar.held("ECB", pd.Timestamp("2026-04-30"), pd.Timestamp("2026-05-03"))
    assert list(may.sessions.index.day) == [29, 30, 4]


@pytest.fixture(scope="module")
def week():
    """Monday 2013-02-25 to Friday 2013-03-01, and some days on either side."""
    return trading_calendar.held("XNYS", pd.Timestamp("2013-02-25"), AS_OF)


def bars(*times):
    return pd.DataFrame({"timestamp": pd.to_datetime(list(times)), "ticker": "A"})


def test_a_missing_session_is_found_between_first_and_last_bar(week):
    daily = bars("2013-02-26", "2013-02-28", "2013-03-01")
    (gap,) = sessions.gaps(daily, week, daily=True, severity="error")
    assert (gap.check, gap.count, gap.severity) == ("gaps", 1, "error")
    assert gap.rows == [{"row": 2, "timestamp": "2013-02-27", "ticker": "A", "value": None}]
    assert not sessions.gaps(daily[1:].reset_index(), week, daily=True, severity="error")


def test_a_bar_on_a_closed_day_is_found(week):
    (closed,) = sessions.gaps(
        bars("2013-03-01", "2013-03-02"), week, daily=True, severity="warning"
    )
    assert (closed.check, closed.severity) == ("closed_day", "warning")
    assert closed.rows[0]["row"] == 2


def test_intraday_sessions_need_a_bar_between_open_and_close(week):
    inside = bars("2013-02-26 14:30", "2013-02-27 21:00", "2013-02-28 18:00")
    assert not sessions.gaps(inside, week, daily=False, severity="error")
    outside = bars("2013-02-26 14:30", "2013-02-27 21:01", "2013-02-28 18:00")
    gap, off = sessions.gaps(outside, week, daily=False, severity="error")
    assert gap.rows[0]["timestamp"] == "2013-02-27"
    assert (off.check, off.severity, off.count) == ("off_hours", "note", 1)
    assert "A 2013-02-27T21:01:00 UTC" in off.message


def cure_of(found, check):
    return {finding.check: finding for finding in found}[check].cure


def daily_bars(days, ticker="A"):
    return pd.DataFrame({"timestamp": pd.DatetimeIndex(days), "ticker": ticker})


@pytest.fixture(scope="module")
def quarter():
    return trading_calendar.held("XNYS", pd.Timestamp("2013-01-02"), pd.Timestamp("2013-03-28"))


@pytest.fixture(scope="module")
def held_days(quarter):
    days = quarter.sessions.index
    return days[(days >= "2013-01-02") & (days <= "2013-03-28")]


def test_the_cure_for_a_special_session_lists_its_days(quarter, held_days):
    special = daily_bars(held_days.union(pd.DatetimeIndex(["2013-02-03", "2013-03-02"])))
    cure = cure_of(sessions.gaps(special, quarter, daily=True, severity="error"), "closed_day")
    assert "extra_sessions: [2013-02-03, 2013-03-02];" in cure
    assert "`gaps` to warning" in cure


def test_the_cure_for_a_session_that_nobody_traded_lists_its_day(quarter, held_days):
    sandy = daily_bars(held_days.drop("2013-02-11"))
    cure = cure_of(sessions.gaps(sandy, quarter, daily=True, severity="error"), "gaps")
    assert "closed_sessions: [2013-02-11];" in cure
    both = pd.concat([sandy, daily_bars(held_days, "B")], ignore_index=True)
    cure = cure_of(sessions.gaps(both, quarter, daily=True, severity="error"), "gaps")
    assert "other tickers have bars" in cure
    assert "closed_sessions" not in cure


@pytest.mark.parametrize(("days", "words"), [(-1, "a day later"), (1, "a day earlier")])
def test_the_cure_for_shifted_bars_is_a_zone(quarter, held_days, days, words):
    found = sessions.gaps(
        daily_bars(held_days + pd.Timedelta(days=days)), quarter, daily=True, severity="error"
    )
    for check in ("gaps", "closed_day"):
        cure = cure_of(found, check)
        assert words in cure
        assert "time_zone" in cure
        assert "_sessions" not in cure


def test_the_cure_for_bars_of_every_day_is_another_calendar(quarter):
    everyday = daily_bars(pd.date_range("2013-01-02", "2013-03-28"))
    (closed,) = sessions.gaps(everyday, quarter, daily=True, severity="error")
    assert closed.cure.startswith("correct validate_schema.calendar")
    assert "extra_sessions" not in closed.cure


def test_of_many_days_a_cure_lists_the_first_and_counts_the_rest(quarter):
    long = trading_calendar.held("XNYS", pd.Timestamp("2010-01-04"), pd.Timestamp("2012-12-31"))
    days = long.sessions.index[10:-10]
    odd = pd.date_range("2010-03-06", periods=25, freq="28D")
    (closed,) = sessions.gaps(daily_bars(days.union(odd)), long, daily=True, severity="error")
    assert "[2010-03-06, 2010-04-03," in closed.cure
    assert "] and 5 more;" in closed.cure


def test_intraday_bars_on_a_closed_day_are_a_warning(week):
    hours = ["2013-02-28 14:30", "2013-03-01 14:30", "2013-03-02 02:00", "2013-03-02 18:00"]
    closed, off = sessions.gaps(bars(*hours), week, daily=False, severity="error")
    assert off.rows[0]["timestamp"] == "2013-03-02T02:00:00"
    assert (closed.check, closed.severity, closed.count) == ("closed_day", "warning", 1)
    assert closed.rows[0]["timestamp"] == "2013-03-02T18:00:00"


def test_intraday_bars_none_of_which_is_in_a_session_are_found(week):
    night = bars("2013-02-27 02:30", "2013-02-28 02:30", "2013-03-01 02:30")
    (never,) = sessions.gaps(night, week, daily=False, severity="error")
    assert (never.check, never.severity, never.count) == ("no_session", "error", 3)
    assert "time_zone" in never.cure


def test_named_exceptions_are_sessions_or_none():
    """XBOM held a Muhurat session on a Sunday, one on a Saturday, and none on a Friday."""
    extra = ["2023-11-12", "2024-03-02", "2024-05-17", "2031-01-01"]
    times = pd.Timestamp("2023-11-06"), pd.Timestamp("2024-05-20")
    plain = trading_calendar.held("XBOM", *times)
    named = trading_calendar.held("XBOM", *times, extra, ["2024-03-01", "2024-03-03"])
    new = named.sessions.index.difference(plain.sessions.index)
    assert [str(day.date()) for day in new] == ["2023-11-12", "2024-03-02"]
    gone = plain.sessions.index.difference(named.sessions.index)
    assert [str(day.date()) for day in gone] == ["2024-03-01"]
    assert named.known == ["2024-03-03", "2024-05-17"]
    whole = named.sessions.loc["2023-11-12"]
    assert list(whole) == [pd.Timestamp("2023-11-11 18:30"), pd.Timestamp("2023-11-12 18:30")]
    hours = bars("2023-11-10 09:00", "2023-11-12 12:45", "2023-11-13 09:00")
    assert not sessions.gaps(hours, named, daily=False, severity="error")


def test_exceptions_outside_the_bars_are_told():
    settings = {"calendar": "XNYS", "extra_sessions": ["2031-01-02", "2013-03-02"]}
    settings["closed_sessions"] = ["2003-01-02"]
    times = pd.Series(pd.to_datetime(["2013-02-25", "2013-03-04"]))
    _, notes = validate_schema._held("prices", settings, times, rules("prices"))
    assert notes == [
        "exceptions to XNYS outside the bars, 2013-02-25 to 2013-03-04, have no effect:"
        " 2003-01-02, 2031-01-02"
    ]


def test_the_cure_for_a_wrong_exception_is_to_take_it_off(held_days):
    ends = held_days[0], held_days[-1]
    closed = trading_calendar.held("XNYS", *ends, closed=["2013-02-11"])
    cure = cure_of(
        sessions.gaps(daily_bars(held_days), closed, daily=True, severity="error"), "closed_day"
    )
    assert cure == "take off validate_schema.closed_sessions: [2013-02-11]"
    extra = trading_calendar.held("XNYS", *ends, extra=["2013-02-09"])
    cure = cure_of(
        sessions.gaps(daily_bars(held_days), extra, daily=True, severity="error"), "gaps"
    )
    assert cure == "take off validate_schema.extra_sessions: [2013-02-09]"


def test_a_whole_day_leaves_the_hours_of_other_sessions_alone():
    """For Chicago's futures, the session of Monday 2021-01-04 opens on Sunday at 23:00 in UTC."""
    times = pd.Timestamp("2020-12-28"), pd.Timestamp("2021-01-08")
    held = trading_calendar.held("CMES", *times, ["2021-01-03", "2021-01-01"])
    assert held.sessions.loc["2021-01-03", "close"] == pd.Timestamp("2021-01-03 23:00")
    assert (held.sessions["open"][1:].to_numpy() >= held.sessions["close"][:-1].to_numpy()).all()


def test_sessions_that_nobody_looks_for_are_told(held_days):
    (finding,) = sessions.gaps(daily_bars(held_days), None, daily=True, severity="error")
    assert (finding.check, finding.severity) == ("gaps", "note")
    assert "gaps: error, because validate_schema.calendar is null" in finding.message


# --- Corporate actions


def test_actions_that_nobody_checks_are_told(prices):
    events = pd.DataFrame({"timestamp": [], "ticker": [], "kind": [], "value": []})
    (finding,) = adjustments.cross_check(prices, events, None)
    assert finding.severity == "note"
    assert "adjustment_tolerance is null" in finding.message


def test_a_step_across_a_bar_without_a_close_is_a_warning(prices):
    prices.loc[100, "close"] = prices.loc[400, "adj_close"] = np.nan
    prices.loc[:100, "adj_close"] = 2.75
    events = pd.DataFrame({"timestamp": [AS_OF], "ticker": "A", "kind": "dividend", "value": 0.0})
    (finding,) = adjustments.cross_check(prices, events, 1e-4)
    assert (finding.check, finding.count, finding.severity) == ("unjudged", 1, "warning")
    assert [(row["row"], row["value"]) for row in finding.rows] == [(102, 0.5)]


def test_unexplained_steps_and_lost_ex_dates_are_warnings(prices):
    prices.loc[:99, "adj_close"] = 2.75
    events = pd.DataFrame({"timestamp": [prices["timestamp"][50]], "ticker": "A"})
    events = events.assign(kind="dividend", value=1.0)
    (finding,) = adjustments.cross_check(prices, events, 1e-4)
    assert (finding.check, finding.count, finding.severity) == ("adjustment", 2, "warning")
    assert [row["row"] for row in finding.rows] == [51, 101]
    assert finding.rows[1]["value"] == 0.5
    events["timestamp"] += pd.Timedelta(days=5 - events["timestamp"].dt.day_of_week[0])
    checked = [finding.check for finding in adjustments.cross_check(prices, events, 1e-4)]
    assert checked == ["adjustment", "ex_date"]


# --- Rows that share their key


def dividends(*values, day="2012-11-09"):
    rows = {"timestamp": pd.Timestamp(day), "ticker": "A", "kind": "dividend", "value": values}
    return pd.DataFrame(rows).astype({"timestamp": "datetime64[us]", "value": float})


def repeated(frame, name, summed=None):
    every = checks.check(frame, rules(name, min_rows=1), None, summed)
    return [finding for finding in every if finding.check == "unique"]


def of_actions(rows):
    return repeated(rows, "corporate_actions", rows["value"].where(rows["kind"] == "dividend"))


def test_two_dividends_of_a_day_pass_and_copies_of_one_do_not():
    assert of_actions(dividends(0.75, 0.1)) == []
    (copy,) = of_actions(dividends(0.75, 0.1, 0.75))
    assert (copy.severity, copy.count, copy.rows[0]["row"]) == ("error", 1, 3)
    assert "write their sum" in copy.cure


def test_two_splits_of_a_day_contradict_each_other():
    rows = pd.concat([dividends(0.75, 0.1), dividends(2.0, 3.0).assign(kind="split")])
    (other,) = of_actions(rows.reset_index(drop=True))
    assert (other.severity, other.count, other.rows[0]["row"]) == ("error", 1, 4)
    assert "decide which row is right" in other.cure


def test_a_bar_that_contradicts_another_is_not_to_be_removed(prices):
    other = prices.iloc[[3]].assign(close=11.5)
    copies, others = repeated(
        pd.concat([prices, prices.iloc[[5]], other], ignore_index=True), "prices"
    )
    assert (copies.count, copies.rows[0]["row"]) == (1, 521)
    assert copies.cure == "remove the repeated line from the source"
    assert (others.count, others.rows[0]["row"]) == (1, 522)
    assert "decide which row is right" in others.cure
    assert "remove" not in others.cure
