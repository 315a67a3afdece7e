"""A fake asked without patience, keys put where a call says: what a provider's `get` needs."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from fakes.server import Fake
from tidemark.providers.contract import Answer, Call, Get, RefusedError


def asking(fake: Fake, now: datetime, keys: Mapping[str, str] | None = None, at: str = "") -> Get:
    """A `Get`; `keys` by `Call.host`, `at` is the path before each."""

    def get(call: Call) -> Answer:
        query, headers = dict(call.query), dict(call.headers)
        key = (keys or {}).get(call.host)
        if call.key_in and key:
            where, name, prefix = call.key_in
            (query if where == "query" else headers)[name] = prefix + key
        address = fake.base + at + call.path + (f"?{urlencode(query)}" if query else "")
        request = urllib.request.Request(address, call.body, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return Answer(answer.read(), answer.headers.get("Content-Type", ""), now)
        except urllib.error.HTTPError as error:
            with error:
                raise RefusedError(f"status {error.code}", error.code, error.read()) from None

    return get


def by_path(bodies: Mapping[str, object], now: datetime) -> Get:
    """A `Get` without a server: bodies by path, as JSON unless they are bytes."""

    def get(call: Call) -> Answer:
        body = bodies[call.path]
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Answer(raw, "application/json", now)

    return get
