"""Ask the providers of live sources for what is new, and keep it in data/store/.

make fetch_data               ask all of them
make fetch_data SNAPSHOT=7    ask nobody, and bring back what was stored then: a number or a time

`make all` asks only for a source of which nothing is stored yet.
"""

import argparse
import os
import sys
from datetime import UTC, date, datetime, time

from tidemark.config import load
from tidemark.config.settings import Config
from tidemark.errors import BadValue, InputError
from tidemark.fetching import fetch, keys
from tidemark.fetching.fetch import Fetched
from tidemark.fetching.wanted import PROVIDERS, Source, World
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.naming import counted
from tidemark.project import HERE, ROOT
from tidemark.providers import ids
from tidemark.providers.contract import Ask
from tidemark.sources.settings import Prices
from tidemark.stored import snapshots


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
    world = World(keys.environment(HERE), say=_note, alert=_alert)
    outcomes, errors = list[Fetched](), list[InputError | BadValue]()
    for name in options.sources:
        try:
            outcomes.append(fetch.source(HERE, _asked(whole, name), whole.fetch, world))
        except (InputError, BadValue) as error:
            errors.append(error)
    for outcome in outcomes:
        if outcome.came:
            console.say(_told(outcome))
    for other in errors[1:]:
        console.complain(str(other))
    if errors:
        raise errors[0]
    return 0 if all(one.state == "fresh" or one.stored for one in outcomes) else 1


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


def _told(done: Fetched) -> str:
    came = done.came
    assert came is not None
    parts = [f"{counted(came.added, 'row')} new", f"{came.restated:,} restated"]
    parts.append(f"{counted(done.requests, 'request')}")
    return f"    fetched {done.source}: {', '.join(parts)}; snapshot {came.snapshot}"


def _note(words: str) -> None:
    console.say(f"    note: {words}")


def _alert(words: str) -> None:
    console.complain(words)


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
