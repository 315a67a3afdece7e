"""The way to a provider, as the section `fetch` and the provider's own module say it."""

from dataclasses import replace
from typing import Any

from tidemark.fetching.browser import OverBrowser
from tidemark.fetching.budget import Budget
from tidemark.fetching.client import Client
from tidemark.fetching.keys import Keys
from tidemark.fetching.settings import Fetch
from tidemark.fetching.transport import Bounds, OverHttp, Transport
from tidemark.fetching.trying import Patience
from tidemark.fetching.wanted import Source, World
from tidemark.project import Tree

SPACE = 1 << 20  # bytes in a megabyte


def patience(own: Fetch) -> Patience:
    """How often something is tried."""
    return Patience(own.tries, own.first_wait_seconds, own.longest_wait_seconds)


def transport(own: Fetch, module: Any) -> OverHttp | OverBrowser:
    """What carries requests to a provider."""
    bounds = Bounds(
        own.connect_seconds,
        own.read_seconds,
        own.whole_seconds,
        own.largest_body_megabytes * SPACE,
    )
    return OverBrowser(bounds) if getattr(module, "BROWSER", False) else OverHttp(bounds)


def client(
    tree: Tree, wanted: Source, own: Fetch, world: World, module: Any, keys: Keys, over: Transport
) -> Client:
    """What asks a provider, within its budget, at its own address or another one."""
    name, limit = wanted.provider, module.LIMIT
    if name in own.requests_a_minute:
        limit = replace(limit, a_minute=own.requests_a_minute[name])
    bases = {
        host: own.addresses.get(f"{name}.{host}", own.addresses.get(name, base))
        for host, base in module.BASES.items()
    }
    return Client(
        name,
        bases,
        getattr(module, "KEYS", {}),
        keys,
        over,
        Budget(tree, name, limit, world.clock),
        patience(own),
        world.clock,
        world.say,
    )
