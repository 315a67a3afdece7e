"""Numbers that stand for missing prices."""

from tidemark.adopting.form import sentinels
from tidemark.errors import InputError
from tidemark.reading.settings import Form
from tidemark.reading.table import Table

import numpy as np
import pyarrow as pa
import pytest

PRICES = [100 + 3 * np.sin(day) for day in range(40)]


def asked(columns, answers=None, form=None):
    length = len(next(iter(columns.values())))
    table = Table("a.csv", pa.table(columns), np.arange(2, length + 2))
    return sentinels.asked([table], form or Form(), answers or {})


def but(numbers, *places_and_values):
    """Prices with other numbers in some places."""
    result = list(numbers)
    for place, value in places_and_values:
        result[place] = value
    return result


@pytest.mark.parametrize(
    ("columns", "numbers"),
    [
        ({"Close": but(PRICES, (7, 0.0))}, [0.0]),
        ({"Close": but(PRICES, *((place, 0.0) for place in range(20)))}, [0.0]),
        ({"Close": but(PRICES, (0, -999.0), (39, -999.0))}, [-999.0]),
        ({"Close": but(PRICES, (7, 1e10))}, [1e10]),
        ({"Close": but(PRICES, (7, -1.0), (9, -1.0))}, [-1.0]),
        ({"Close": but(PRICES, (7, 9999.99), (9, 0.0))}, [0.0, 9999.99]),
        ({"A": PRICES, "B": but(PRICES, (7, 0.0))}, [0.0]),
        ({"Close": [str(number) for number in but(PRICES, (7, 0.0))]}, [0.0]),
        # tickers that take turns, whose steps say nothing
        ({"Close": but([*PRICES, *(9 * price for price in PRICES)][::7], (6, 0.0))}, [0.0]),
        ({"Close": [0.0 if n == 6 else p * (1, 9)[n % 2] for n, p in enumerate(PRICES)]}, [0.0]),
    ],
)  # fmt: skip
def test_what_cannot_be_a_price_is_asked_about(columns, numbers):
    _, _, (question,) = asked(columns)
    assert question.name == "MISSING"
    assert asked(columns, {"MISSING": "missing"})[0] == numbers
    assert asked(columns, {"MISSING": "real"})[0] == []


@pytest.mark.parametrize(
    "columns",
    [
        {"Close": PRICES},
        {"Oil": but(PRICES, (7, -1.0))},
        {"Oil": but(PRICES, (7, -1.0), (8, -1.0), (9, -3.5))},
        {"Oil": but(PRICES, (7, 20.5), (8, -36.98), (9, 10.01))},  # WTI in April 2020
        {"Yield": [abs(np.sin(day / 10)) // 0.01 / 100 for day in range(80)]},  # a rate comes to 0
        {"Volume": but([1e6 * price for price in PRICES], (7, 0.0))},
        {"Dividends": but([0.0] * 40, (7, 0.25))},
        {"column 1": list(range(40))},
        {"Name": [f"A{number}" for number in PRICES]},
        {"Close": [0.0] * 40},
    ],
)
def test_what_can_be_one_is_not(columns):
    assert asked(columns) == ([], [], [])


def test_the_question_shows_where_and_what_is_usual():
    _, _, (question,) = asked({"Close": but([5.0, 5.5] * 20, (7, 0.0), (9, 0.0))})
    assert question.words == (
        "Is 0 a missing price, as 2 times from a.csv:9: Close on, where 5 is usual?"
    )


def test_an_answer_that_is_none_is_refused():
    with pytest.raises(InputError, match="say missing or real"):
        asked({"Close": but(PRICES, (7, 0.0))}, {"MISSING": "yes"})
