"""What the catalogue says of each provider is what its module has."""

import re

from tidemark.fetching.wanted import PROVIDERS
from tidemark.project import CODE
from tidemark.providers.catalogue import OFFERS, Option, module

import pytest

FOLDER = CODE / "scripts/tidemark/providers"
HELPERS = {"calendars": ("calendar_csv", "calendar_ics", "calendar_options")}
READ = re.compile(r"""options(?:\.get\(|\[)"(\w+)\"""")


def text(provider: str) -> str:
    names = (provider, *HELPERS.get(provider, ()))
    return "\n".join((FOLDER / f"{name}.py").read_text("utf-8") for name in names)


def test_each_provider_is_in_the_catalogue():
    assert {*OFFERS} == {*PROVIDERS}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_it_has_what_is_offered_and_no_more(provider):
    offer, own = OFFERS[provider], module(provider)
    offered = {"bars": bool(offer.bars), "series": offer.series, "news": offer.news}
    offered["events"] = offer.events
    assert offered == {kind: hasattr(own, kind) for kind in offered}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_its_options_are_those_that_it_reads(provider):
    code, options = text(provider), OFFERS[provider].options
    assert {*READ.findall(code)} <= {*options}
    assert [name for name in options if f'"{name}"' not in code] == []


@pytest.mark.parametrize(
    ("option", "value", "right"),
    [
        (Option("", type_=int), 3, True), (Option("", type_=int), 0, False),
        (Option("", type_=int), True, False), (Option("", type_=int), None, False),
        (Option("", type_=int, may_be_null=True), None, True),
        (Option("", type_=bool), False, True), (Option("", type_=bool), 1, False),
        (Option(""), "", False), (Option("", ("a", "b")), "a", True),
        (Option("", ("a", "b")), "c", False), (Option("", type_=dict), {}, False),
    ],
)  # fmt: skip
def test_values_are_held_against_their_type(option, value, right):
    assert (option.fault(value) is None) == right
