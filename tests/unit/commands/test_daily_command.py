"""What `make daily` starts, with another make in its place, and whom it tells."""

from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

from commands import daily
from commands.daily import _Made as Made
from tidemark.config.mirror import Mirror, Postgres
from tidemark.errors import InputError
from tidemark.fetching.outcomes import Outcome
from tidemark.fetching.standing import Standing
from tidemark.gating.settings import Gate
from tidemark.scheduling import done
from tidemark.scheduling.sessions import Due
from tidemark.validation.settings import ValidateSchema

import pytest

FOUR = ["data-pipeline", "scenarios-pipeline", "metrics-pipeline", "assessment-pipeline"]
NOW = datetime(2026, 11, 30, 22, tzinfo=UTC)
MONDAY, TUESDAY = date(2026, 11, 30), date(2026, 12, 1)
WHOLE = SimpleNamespace(
    validate_schema=ValidateSchema(calendar="XNYS"), gate=Gate(), mirror=Mirror()
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A make that notes its goals and ends as `code` says; Monday and Tuesday are sessions."""
    monkeypatch.chdir(tmp_path)
    make = tmp_path / "make"
    said = ["Done in 1 s", "Log: x", "make: *** [x] Error 2"]
    lines = [
        "#!/bin/sh",
        'echo "$@" >>goals',
        'echo "$TIDEMARK_PG_PASSWORD" >>password',
        *(f'echo "{it}"' for it in said),
        "exit $CODE",
    ]
    make.write_text("\n".join(lines))
    make.chmod(0o755)
    monkeypatch.setenv("CODE", "0")
    monkeypatch.setenv("MAKEFLAGS", "not for the inner make")
    told, at = [], [datetime(2026, 11, 30, 22, tzinfo=UTC)]

    def due(exchange, now, last, *_):
        over = [day for day in (MONDAY, TUESDAY) if day <= now.date()]
        return Due(tuple(day for day in over if last is None or day > last), over[-1],
                   now.date(), True, None)  # fmt: skip

    monkeypatch.setattr(daily.sessions, "due", due)
    monkeypatch.setattr(daily, "Clock", lambda: SimpleNamespace(utc=lambda: at[0]))
    live: list[Standing] = []
    monkeypatch.setattr(daily, "_live", lambda whole: live)
    monkeypatch.setattr(daily.baseline, "latest_of", lambda *_: None)
    monkeypatch.setattr(daily, "_tell", lambda message, severity: told.append((severity, message)))
    return SimpleNamespace(told=told, at=at, live=live)


def run(asked=FOUR, whole=WHOLE):
    return daily._run(str(Path("make").resolve()), "config.yaml", whole, asked)


def goals():
    """Of each make that was started, without the code's folder."""
    lines = Path("goals").read_text("utf-8").splitlines() if Path("goals").exists() else []
    return [[word for word in line.split() if not word.startswith("--file=")] for line in lines]


def test_all_are_run_once_a_session_by_one_make_and_one_alert_is_told(project):
    assert (run(), run()) == (0, 0)
    assert goals() == [["fetch_data", *FOUR, "CONFIG=config.yaml"]]
    assert project.told == [("info", "session 2026-11-30: Done in 1 s")]
    assert done.done(daily.HERE) == dict.fromkeys(FOUR, MONDAY)


def test_a_mirror_comes_last_and_one_that_fails_is_told_but_fails_no_run(project, monkeypatch):
    mirror = Mirror(Postgres("postgresql://db/market"))
    monkeypatch.setenv("TIDEMARK_PG_PASSWORD", "kept")
    whole = SimpleNamespace(**{**vars(WHOLE), "mirror": mirror})
    assert run(whole=whole) == 0
    assert [line[0] for line in goals()] == ["fetch_data", "mirror"]
    assert len(project.told) == 1
    project.at[0] = datetime(2026, 12, 1, 22, tzinfo=UTC)
    assert Path("password").read_text("utf-8").split() == ["kept"] * 2
    make = Path("make").read_text("utf-8")
    Path("make").write_text(make.replace("exit $CODE", 'case "$*" in *mirror*) exit 2;; esac'))
    assert run(whole=whole) == 0
    assert [severity for severity, _ in project.told] == ["info", "info", "warning"]
    assert "the mirror is not up to date" in project.told[-1][1]
    assert done.done(daily.HERE) == dict.fromkeys(FOUR, TUESDAY)


def test_what_failed_is_not_done_and_the_next_run_makes_up_for_it(project, monkeypatch):
    monkeypatch.setenv("CODE", "2")
    assert run() == 1
    assert project.told[0][0] == "error"
    assert done.done(daily.HERE) == {}
    monkeypatch.setenv("CODE", "0")
    assert run() == 0
    assert len(goals()) == 2


def test_pipelines_by_themselves_are_done_by_themselves(project):
    for pipeline in FOUR:
        assert run([pipeline]) == 0
    assert [line[:-1] for line in goals()] == [["fetch_data", FOUR[0]], *([it] for it in FOUR[1:])]
    project.at[0] = datetime(2026, 12, 1, 22, tzinfo=UTC)
    run([FOUR[0]])
    assert done.done(daily.HERE) == {**dict.fromkeys(FOUR, MONDAY), FOUR[0]: TUESDAY}
    run()
    assert goals()[-1][:-1] == FOUR[1:], "the first has been run for that session"


def test_a_worse_result_is_an_error_that_says_so(project, monkeypatch):
    monkeypatch.setattr(daily.baseline, "latest_of", lambda *_: "a baseline")
    monkeypatch.setattr(daily, "_made", lambda make, config, goals: (
        Made(*((1, "1 of 40 fails") if goals == ["gate"] else (0, "Done.")), 1, NOW)))  # fmt: skip
    assert run() == 1
    assert project.told == [("error", "session 2026-11-30: Done; gate: 1 of 40 fails")]


def test_two_are_never_at_work(project, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["daily.py", "--pipelines", " ".join(FOUR)])
    monkeypatch.setattr(daily, "ROOT", Path.cwd())
    monkeypatch.setattr(daily.load, "load", lambda *_: WHOLE)
    monkeypatch.delenv("ONLY", raising=False)
    with daily.locks.held_if_free(daily.HERE, daily.LOCK) as free:
        assert free
        assert daily.main() == 0
    assert "another one is at work" in capsys.readouterr().out
    assert goals() == []
    monkeypatch.setenv("ONLY", "data-pipelin")
    with pytest.raises(InputError, match="did you mean data-pipeline"):
        daily.main()


@pytest.mark.parametrize(
    ("state", "severity", "is_done"),
    [("stale", "warning", False), ("blocked", "error", True), ("partial", "warning", True),
     ("old", "warning", True), ("never fetched", "warning", True), ("fresh", "info", True),
     ("unknown", "info", True)],
)  # fmt: skip
def test_nobody_is_told_that_all_is_well_with_data_that_are_not(project, state, severity, is_done):
    """What could not be fetched now, the next start asks for again."""
    project.live.append(Standing("prices", "ecb", state, "for a reason"))
    assert run() == 0
    ((told, message),) = project.told
    assert told == severity
    assert (f"prices is {state}: for a reason" in message) == (severity != "info")
    assert done.done(daily.HERE) == (dict.fromkeys(FOUR, MONDAY) if is_done else {})


def test_the_alert_says_what_came(project):
    asked = [NOW.isoformat(), datetime(2026, 11, 29, tzinfo=UTC).isoformat()]
    project.live += [
        Standing("prices", "ecb", "fresh", outcome=Outcome("prices", "ecb", "fresh", when, added=3))
        for when in asked
    ]
    run()
    assert project.told == [
        ("info", "session 2026-11-30: Done in 1 s; prices: 3 rows new, 0 restated")
    ]


def test_a_failure_says_what_is_wrong_with_the_data_too(project, monkeypatch):
    monkeypatch.setenv("CODE", "2")
    project.live.append(Standing("prices", "ecb", "stale", "no answer"))
    run()
    ((severity, message),) = project.told
    assert (severity, message.endswith("; prices is stale: no answer")) == ("error", True)


@pytest.mark.parametrize("error", [InputError("config.yaml:1:1", "is wrong"), OSError(28, "full")])
def test_a_run_that_cannot_begin_is_told_to_whoever_was_known(project, monkeypatch, error):
    def refuse(*_):
        raise error

    monkeypatch.setattr("sys.argv", ["daily.py", "--pipelines", " ".join(FOUR)])
    monkeypatch.setattr(daily, "ROOT", Path.cwd())
    monkeypatch.setattr(daily.load, "load", refuse)
    monkeypatch.delenv("ONLY", raising=False)
    with pytest.raises(type(error)):
        daily.main()
    ((severity, message),) = project.told
    assert (severity, str(error) in message) == ("error", True)
