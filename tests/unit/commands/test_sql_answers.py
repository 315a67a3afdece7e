"""What `make sql` prints of one question, and of several on a line."""

from commands import sql
from tidemark.errors import InputError

import duckdb
import pytest


@pytest.fixture(scope="module")
def database():
    with duckdb.connect() as opened:
        opened.sql("create table kept as from (values ('x', 41), ('y', 42)) _(name, amount)")
        yield opened


@pytest.mark.parametrize(
    ("query", "headings"),
    [
        ("select 1 as first", ["first"]),
        ("select 'é' as first; -- a remark", ["first"]),
        ("select 1 as first -- one; \n; /* two */ ;", ["first"]),
        ("select 1 as first; select 2 as second;", ["first", "second"]),
        ("select ';' as first; -- a remark; \n select 2 as second", ["first", "second"]),
        ("create temp table made as select 1 as first; from made", ["Count", "first"]),
        ("pivot kept on name using sum(amount); select 2 as second", ["41", "second"]),
    ],
)
def test_each_statement_is_answered_once_and_in_turn(database, query, headings):
    shown = sql._answer(database, query)
    at = [shown.index(heading) for heading in headings]
    assert at == sorted(at)
    assert shown.count("┌") == len(headings)


@pytest.mark.parametrize("query", ["", ";", "-- a remark"])
def test_what_has_no_answer_is_empty(database, query):
    with pytest.raises(InputError, match="is empty"):
        sql._answer(database, query)


def test_one_of_several_that_is_wrong_is_an_error(database):
    with pytest.raises(InputError, match="absent"):
        sql._answer(database, "select 1; from absent")
