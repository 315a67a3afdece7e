"""What people read of what was found out."""

import shlex

from tidemark.adopting import page
from tidemark.adopting.conclusions import Conclusion, Option, Question, Sureness


def test_a_conclusion_says_from_what_and_how_sure_if_it_is_not_certain():
    told = page.conclusions(
        [
            Conclusion("dates", "%Y-%m-%d", "every value"),
            Conclusion("calendar", "XNYS", "2 days differ", Sureness.LIKELY),
        ]
    )
    assert told.splitlines() == [
        "  dates         %Y-%m-%d (every value)",
        "  calendar      XNYS (likely: 2 days differ)",
    ]


def test_two_questions_at_a_time_with_commands_that_a_shell_reads_back():
    asked = [
        Question(name, f"{name}?", [Option("a b", "so"), Option("c", "or so")])
        for name in ("DATES", "ZONE", "COLUMN")
    ]
    told = page.questions(asked, {"FILE": "it's $5 #1.csv", "PRICES": "units"})
    assert "1 more when these are answered" in told
    assert "COLUMN" not in told
    commands = [line.strip() for line in told.splitlines() if "make adopt" in line]
    first = ["make", "adopt", "FILE=it's $5 #1.csv", "PRICES=units", "DATES=a b"]
    assert shlex.split(commands[0], comments=True) == first
    assert len(commands) == 4
