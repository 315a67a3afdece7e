"""Ask the providers of live sources for what is new, and keep it in data/store/.

make fetch_data               ask all of them
make fetch_data SNAPSHOT=7    ask nobody, and bring back what was stored then: a number, a time, or
                              what identifies the data of a source in reports and make history

`make all` asks only for a source of which nothing is stored yet. What came of it is kept for `make
status`, and whoever owns fetch_data hears of what went wrong.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time

from tidemark.config import load
from tidemark.config.settings import Config
from tidemark.errors import BadValue, InputError
from tidemark.fetching import fetch, keys, outcomes
from tidemark.fetching.fetch import Fetched
from tidemark.fetching.outcomes import Outcome
from tidemark.fetching.settings import Fetch
from tidemark.fetching.wanted import PROVIDERS, Source, World
from tidemark.harness import console, logs, owners
from tidemark.harness.failures import exit_code_of
from tidemark.naming import counted
from tidemark.project import HERE, ROOT
from tidemark.providers import ids
from tidemark.providers.contract import Ask
from tidemark.sources.settings import Prices
from tidemark.stored import snapshots

STEP = "fetch_data"  # whose owner is told


def main() -> int:
    """Exit code 1 if a source could not be brought up to date, and nothing of it is stored.

    A source that wants something of a person first, such as a key, stops no other one.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("sources", nargs="+")
    options = parser.parse_args()
    os.chdir(ROOT)
    if wanted := os.environ.get("SNAPSHOT"):
        made = snapshots.restore(HERE, wanted, datetime.now(UTC))
        console.say(f"    note: what was stored by snapshot {made.restored or made.number} is back")
        return 0
    whole = load.load(HERE, options.config)
    world = World(keys.environment(HERE), say=_note)
    brought, errors = list[Fetched](), list[InputError | BadValue]()
    for name in options.sources:
        try:
            brought.append(_brought(whole, name, world))
        except (InputError, BadValue) as error:
            errors.append(error)
    for done in brought:
        if done.came:
            console.say(f"    {_told(done)}")
    for other in errors[1:]:
        console.complain(str(other))
    if errors:
        raise errors[0]
    return 0 if all(one.state == "fresh" or one.stored for one in brought) else 1


def _brought(whole: Config, name: str, world: World) -> Fetched:
    """Fetch a source, keep what came of it, and tell the owner what went wrong.

    Raises:
        InputError, BadValue: a person must mend something first; the owner is told of it.
        OSError: the store cannot be written.
    """
    alerts, asked = list[str](), world.clock.utc()

    def alert(words: str) -> None:
        console.complain(words)
        alerts.append(words)

    try:
        done = fetch.source(HERE, _asked(whole, name), whole.fetch, replace(world, alert=alert))
    except (InputError, BadValue) as error:
        with contextlib.suppress(InputError):  # of a damaged store, which is told already
            _keep(_outcome(whole, name, asked, "blocked", str(error), None))
        _tell(name, [*alerts, f"{name} is blocked: {error}"], "error", "blocked")
        raise
    _keep(_outcome(whole, name, asked, done.state, done.problem, done))
    if done.state == "fresh":
        _tell(name, alerts, "warning")
    else:
        *before, last = alerts
        _tell(name, before, "warning")
        severity = (
            "error" if done.state == "blocked" or _is_old(done, whole.fetch, asked) else "warning"
        )
        _tell(name, [last], severity, done.state)
    return done


def _asked(whole: Config, name: str) -> Source:
    """What a source's section asks of its provider."""
    section = whole.fetch_data.live()[name]
    provider = section.provider or ""
    since = section.since and datetime.combine(date.fromisoformat(section.since), time(), UTC)
    if isinstance(section, Prices):
        known = [ids.named(t, provider, whole.tickers, PROVIDERS) for t in section.tickers]
        asks = [
            Ask(
                named.id,
                ticker,
                section.interval or "1d",
                since or None,
                options={**section.options, **named.said},
            )
            for ticker, named in zip(section.tickers, known, strict=True)
        ]
        return Source(name, provider, "bars", asks, accepted=section.terms_accepted)
    asks = [
        Ask(id_, own, since=since or None, options=section.options)
        for own, id_ in section.series.items()
    ]
    return Source(name, provider, "series", asks, accepted=section.terms_accepted)


def _outcome(
    whole: Config, name: str, asked: datetime, state: str, problem: str, done: Fetched | None
) -> Outcome:
    """What is kept of a fetch; of one that did not get so far, without `done`."""
    newest, before = snapshots.current(HERE), outcomes.last(HERE, name)
    held = newest.sources.get(name)
    same = before and held and before.manifest == held.manifest  # else an older one is restored
    answered = before.answered if before and same else None
    return Outcome(
        name,
        whole.fetch_data.live()[name].provider or "",
        state,
        asked.isoformat(),
        asked.isoformat() if state in ("fresh", "partial") else answered,
        problem,
        str(done.rejected) if done and done.rejected else None,
        done.failed if done else (),
        newest.number,
        held.manifest if held else "",
        done.came.added if done and done.came else 0,
        done.came.restated if done and done.came else 0,
        done.requests if done else 0,
    )


def _keep(outcome: Outcome) -> None:
    """For `make status`, and in the log; a disk that is full must not hide what went wrong."""
    with contextlib.suppress(OSError):
        outcomes.keep(HERE, outcome)
    level = "INFO" if outcome.state == "fresh" else "WARNING"
    counts = f"{counted(outcome.added, 'row')} new, {outcome.restated:,} restated"
    words = f"{outcome.state}: {outcome.problem or counts}"
    _log(outcome.source, level, words)


def _log(source: str, level: str, words: str) -> None:
    of = {"level": level, "step": STEP, "source": source, "run": logs.run_id(), "message": words}
    with contextlib.suppress(OSError):
        logs.append(HERE / logs.PIPELINE, of)


def _is_old(done: Fetched, settings: Fetch, now: datetime) -> bool:
    return done.stored is None or now - done.stored > settings.oldest


def _tell(source: str, alerts: Sequence[str], severity: str, cause: str = "") -> None:
    """Tell the owner of fetch_data; a channel that is dead stops nothing, and is shown."""
    of, log = {"source": source}, str(logs.PIPELINE)
    for words in alerts:
        for trouble in owners.tell(HERE, STEP, of, words, severity, log, cause=cause):
            console.complain(trouble)
            _log(source, "WARNING", trouble)


def _told(done: Fetched) -> str:
    came = done.came
    assert came is not None
    parts = [f"{counted(came.added, 'row')} new", f"{came.restated:,} restated"]
    parts.append(f"{counted(done.requests, 'request')}")
    return f"fetched {done.source}: {', '.join(parts)}; snapshot {came.snapshot}"


def _note(words: str) -> None:
    console.say(f"    note: {words}")


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
