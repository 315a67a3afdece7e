"""A provider's way to its fake without a fetcher: one request a call, and its key in place."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from tidemark.providers.contract import Answer, Call, Get, RefusedError

RECEIVED = datetime(2026, 11, 30, 19, 0, tzinfo=UTC)


def way(base: str, keys: Mapping[str, str] = {}, received: datetime = RECEIVED) -> Get:
    """What asks the server at `base`, with the key by `Call.host`; when answers come."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(call: Call) -> Answer:
        query, headers = dict(call.query), dict(call.headers)
        if call.key_in:
            place, name, prefix = call.key_in
            (query if place == "query" else headers)[name] = prefix + keys[call.host]
        address = call.path if call.path.startswith("http") else base + call.path
        address += ("&" if "?" in address else "?") + urlencode(query) if query else ""
        request = urllib.request.Request(address, call.body, headers)
        try:
            with direct.open(request, timeout=10) as reply:
                kind = reply.headers.get("Content-Type") or ""
                return Answer(reply.read(), kind, received)
        except urllib.error.HTTPError as error:
            problem = f"status {error.code}"
            raise RefusedError(problem, error.code, error.read()) from None

    return get


def by_path(bodies: Mapping[str, object], received: datetime = RECEIVED) -> Get:
    """A way without a server: bodies by path, as JSON unless they are bytes."""

    def get(call: Call) -> Answer:
        body = bodies[call.path]
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Answer(raw, "application/json", received)

    return get
