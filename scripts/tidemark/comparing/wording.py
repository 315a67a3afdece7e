"""What a comparison says, in the words and figures that text and Markdown share."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tidemark.comparing.comparison import Change, Comparison, Row, Word
from tidemark.naming import counted
from tidemark.targets import LOSSES

NOTHING = "-"
RANKED = ("rank", "guardrails", "verdict")


def value(of: Any) -> str:
    """A figure, a word, or a value of the configuration."""
    if of is None:
        return NOTHING
    if isinstance(of, float):
        return f"{of:.5g}"
    return str(of)


def changed(of: Change) -> tuple[str, str]:
    """Both values; a key that is not there is said to be absent."""
    values = {"before": of.before, "after": of.after}
    before, after = (
        "absent" if side == of.absent else "null" if value is None else str(value)
        for side, value in values.items()
    )
    return before, after


def unlisted(changes: Sequence[Change], most: int) -> str:
    """How many keys are not shown, by section: `233 more (strategies 120, models 113)`."""
    sections = Counter(one.key.partition(".")[0] for one in changes[most:])
    told = ", ".join(f"{name} {count:,}" for name, count in sections.most_common())
    return f"and {len(changes) - most:,} more ({told}); FORMAT=json has all"


def difference(row: Row) -> str:
    """With its sign."""
    return NOTHING if row.difference is None else f"{row.difference:+.3g}"


def interval(row: Row) -> str:
    """`[-0.001, 0.002]`."""
    if row.low is None or row.high is None:
        return NOTHING
    return f"[{row.low:.3g}, {row.high:.3g}]"


def cells(row: Row) -> list[str]:
    """A line of a table: what HEADINGS says."""
    name = row.name if row.scenario is None else f"{row.scenario} {row.name}"
    figures = [value(row.before), value(row.after), difference(row), interval(row)]
    return [name, row.metric, *figures, row.word + (f" ({row.why})" if row.why else "")]


def move(row: Row) -> str:
    """`5 -> 6`, and what else to know."""
    return f"{value(row.before)} -> {value(row.after)}" + (f" ({row.why})" if row.why else "")


def headings(of: Comparison) -> list[str]:
    """Of the columns of `cells`."""
    level = f"{100 * of.confidence:g} % interval"
    return ["", "metric", "before", "after", "difference", level, "this is"]


def moved(rows: Iterable[Row]) -> list[Row]:
    """What is better or worse beyond chance."""
    return [row for row in rows if row.paired and row.word in (Word.BETTER, Word.WORSE)]


def ranked_otherwise(rows: Iterable[Row]) -> list[Row]:
    """Ranks, guardrails and verdicts that are not what they were.

    Scores are left out: they are shares of the other sets that are beaten, so that any set which
    comes or goes moves all of them.
    """
    return [
        row
        for row in rows
        if row.metric in RANKED and None not in (row.before, row.after) and row.before != row.after
    ]


def undecided(rows: Iterable[Row]) -> list[Row]:
    """Of what is within chance, the one figure of each model or strategy that says most."""
    telling = (*LOSSES, "sharpe_ratio")
    return [row for row in rows if row.word is Word.CHANCE and row.metric in telling]


def by_word(rows: Iterable[Row]) -> dict[Word, int]:
    """How many paired rows there are of each word, and how many cannot be compared."""
    found = Counter(row.word for row in rows if row.paired or row.word is Word.NOT_COMPARABLE)
    return {word: found[word] for word in Word if found[word]}


def counts(rows: Iterable[Row]) -> str:
    """The same in words: `2 better, 31 within chance`."""
    return ", ".join(f"{times:,} {word}" for word, times in by_word(rows).items()) or "nothing"


def by_reason(rows: Iterable[Row]) -> dict[str, int]:
    """Why rows are not comparable, most frequent reasons first, each with its number of rows."""
    found = Counter(row.why for row in rows if row.word is Word.NOT_COMPARABLE)
    return dict(found.most_common())


def reasons(rows: Iterable[Row]) -> list[str]:
    """The same in words."""
    return [
        f"{counted(times, 'row')} not comparable: {why}" for why, times in by_reason(rows).items()
    ]


def data(paths: Sequence[str]) -> str:
    """Which raw data differ."""
    return f"Raw data differ: {', '.join(paths)}." if paths else "Raw data are the same."


def multiplicity(of: Comparison) -> str:
    """How words and intervals are meant, with so many of them; empty if nothing was tested."""
    if not of.tested:
        return ""
    blocks = ", ".join(f"{length:,} {what}" for what, length in of.blocks.items())
    return (
        f"{counted(of.tested, 'difference')} on the same dates, tested together: the chance that"
        f" any is wrongly called better or worse is at most {100 * (1 - of.confidence):.2g} %. An"
        f" interval is of its own row alone: about {of.by_chance:.2g} of them would miss 0 by"
        f" chance. ({of.draws:,} draws, blocks of {blocks}.)"
    )
