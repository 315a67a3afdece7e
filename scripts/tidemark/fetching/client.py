"""One provider, asked for as long as its budget, its patience and its answers allow.

What it gives is a provider's `get` (`providers/contract.py`).
"""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urljoin, urlsplit

from tidemark.errors import InputError
from tidemark.fetching import bodies
from tidemark.fetching.budget import Budget
from tidemark.fetching.clock import Clock
from tidemark.fetching.errors import FetchError, PassingError
from tidemark.fetching.keys import Keys
from tidemark.fetching.transport import Raw, Transport, place
from tidemark.fetching.trying import Patience, Troubles, again, seconds_until_welcome
from tidemark.providers.contract import Answer, Call, PayloadError, RefusedError

BUSY, LATER = 429, (408, 425, 500, 502, 503, 504)
MOVED, MOVES = (301, 302, 303, 307, 308), 5
NO_KEY = (401, 403)


class Client:
    """A provider's `get`.

    Args:
        provider: its name.
        bases: its base addresses, by `Call.host`.
        key_names: the variables of its keys, by `Call.host`.
        keys: their values.
        transport: what carries requests.
        budget: how many the provider takes.
        patience: how often one is tried.
        clock: the time, and what waits.
        say: tells people why something is tried again.

    Attributes:
        requests: how many were made.
        body: the last one that came, without a key; empty before.
    """

    def __init__(
        self,
        provider: str,
        bases: Mapping[str, str],
        key_names: Mapping[str, str],
        keys: Keys,
        transport: Transport,
        budget: Budget,
        patience: Patience,
        clock: Clock,
        say: Callable[[str], object] = lambda text: None,
    ) -> None:
        self._provider, self._bases, self._key_names = provider, bases, key_names
        self._keys, self._transport, self._budget = keys, transport, budget
        self._patience, self._clock, self._say = patience, clock, say
        self.requests = 0
        self.body = b""

    def get(self, call: Call) -> Answer:
        """Ask, and ask again what may pass.

        Raises:
            InputError: the key is missing, or the provider has no such host.
            FetchError: nothing came, and trying on is of no use now.
            PayloadError: what came is no data; a `RefusedError` if it was refused for good.
        """
        address, headers = self._addressed(call)
        where = self._keys.without(place(address))

        def once() -> Answer:
            try:
                return self._once(call, address, headers)
            except FetchError as error:
                error.hide(self._keys.without)
                raise

        def tell(error: Troubles, seconds: float) -> None:
            self._say(f"{where}: {error.problem}; trying again in {seconds:.0f} s")

        try:
            return again(once, self._patience, self._clock, tell)
        except PayloadError as error:
            error.lasting = True  # as far as this fetch is concerned
            raise
        except PassingError as error:
            tried = f"{error.problem}, as often as it was tried"
            raise FetchError(where, tried, "try again later") from None

    def _once(self, call: Call, address: str, headers: Mapping[str, str]) -> Answer:
        raw = self._carried(call, address, headers)
        self.body = self._keys.out_of(raw.body)
        if raw.status == 200:
            bodies.must_be_data(self.body)
            return Answer(raw.body, raw.headers.get("content-type", ""), self._clock.utc())
        said = bodies.excerpt(self.body)
        problem = f"it answered {raw.status}" + (f" ({said})" if said else "")
        if raw.status == BUSY or raw.status in LATER:
            wait = seconds_until_welcome(raw.headers, self._clock.utc())
            if wait:
                self._budget.leave_alone(wait)
            asks = f", and wants to be left alone for {wait:,.0f} s" if wait else ""
            raise PassingError(place(address), problem + asks, wait)
        if raw.status in NO_KEY and call.key_in:
            problem += f": it does not take the key in {self._key_names.get(call.host, '')}"
        raise RefusedError(problem, raw.status, self.body)

    def _carried(self, call: Call, address: str, headers: Mapping[str, str]) -> Raw:
        """The answer, whithersoever it was moved; a key goes to no other place."""
        method = "GET" if call.body is None else "POST"
        for _ in range(MOVES + 1):
            with self._budget.turn():
                self.requests += 1
                raw = self._transport.send(method, address, headers, call.body)
            target = raw.headers.get("location", "")
            if raw.status not in MOVED or not target:
                return raw
            moved = urljoin(address, target)
            if urlsplit(moved).scheme not in ("http", "https") or (
                call.key_in and _origin(moved) != _origin(address)
            ):
                break
            address = moved
        raise FetchError(
            place(address),
            f"it leads to {place(moved)}, where nothing is asked for, because"
            + (" the key goes there" if call.key_in else " it never ends"),
            f"look whether fetch.addresses must name another one for {self._provider}",
        )

    def _addressed(self, call: Call) -> tuple[str, dict[str, str]]:
        """The address and the headers of a request, with the key where it belongs."""
        if call.host not in self._bases:
            raise InputError(self._provider, f"has no host {call.host!r}", "name one that it has")
        base = self._bases[call.host]
        address = call.path if "://" in call.path else f"{base.rstrip('/')}/{call.path.lstrip('/')}"
        query = dict(call.query)
        headers = {**call.headers}
        if call.key_in:
            if _origin(address) != _origin(base):
                raise PayloadError(
                    f"it names a next page at {_origin(address)}, which must not have the key"
                )
            place_of_key, name, prefix = call.key_in
            if call.host not in self._key_names:
                raise InputError(self._provider, "names no variable for its key", "report this")
            key = prefix + self._keys.key(self._key_names[call.host])
            if place_of_key == "query":
                query[name] = key
            else:
                headers[name] = key
        if query:
            address += ("&" if "?" in address else "?") + urlencode(query)
        return address, headers


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()
