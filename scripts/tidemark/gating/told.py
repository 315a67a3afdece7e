"""What the gate says, for the terminal, for a pull request and for machines."""

import json
from collections import Counter
from dataclasses import asdict

from tidemark.comparing import as_markdown, as_text, wording
from tidemark.comparing.comparison import Comparison
from tidemark.gating.baseline import Baseline
from tidemark.gating.judging import Finding, Judgement, Level
from tidemark.gating.settings import Limit
from tidemark.naming import counted

FORMAT = 1  # of the JSON; rises when something in it gets another meaning or goes
HEADINGS = ["", "", "metric", "before", "after", "difference", "interval", "beyond"]
NOUNS = {Level.FAIL: "failure", Level.WARN: "warning"}
WORDS = {
    Level.WITHIN: "within their limits",
    Level.NEW: "new",
    Level.ALLOWED: "not comparable, which is allowed",
}


def text(judgement: Judgement, of: Baseline, rows: Comparison) -> str:
    """What is offending as an aligned table, then how much is not."""
    lines = [_cells(finding) for finding in judgement.offending]
    table = as_text.aligned([HEADINGS, *lines]) if lines else ()
    return "\n".join([_baseline(of), _compared(rows), *table, _verdict(judgement)])


def markdown(judgement: Judgement, of: Baseline, rows: Comparison) -> str:
    """The same for a code host."""
    lines = [[as_markdown.escaped(cell) for cell in _cells(one)] for one in judgement.offending]
    table = [*as_markdown.table(HEADINGS, lines), ""] if lines else []
    told = [_verdict(judgement), _baseline(of), _compared(rows)]
    verdict, baseline, compared = map(as_markdown.escaped, told)
    return "\n".join([f"**Gate**: {verdict}", "", *table, baseline, "", compared, ""])


def machine(judgement: Judgement, of: Baseline, rows: Comparison) -> str:
    """The same as JSON."""
    content = {
        "format": FORMAT,
        "passed": judgement.passed,
        "baseline": {**asdict(of.decision), "commit": of.kept.commit, "dirty": of.kept.dirty},
        "offending": [asdict(finding) for finding in judgement.offending],
        "counts": dict(judgement.counts),
        "unnamed": judgement.unnamed,
        "idle": judgement.idle,
        "changes": [asdict(change) for change in rows.changes],
        "data": rows.data,
        "fewer": _fewer(rows),
    }
    return json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False)


def _baseline(of: Baseline) -> str:
    decision, kept = of.decision, of.kept
    where = f", of commit {kept.commit[:12]}" if kept.commit else ""
    edits = " and edits" if kept.commit and kept.dirty else ""
    day = decision.at.partition("T")[0]
    return f"Baseline {decision.subject}: {decision.reason} ({decision.by}, {day}{where}{edits})"


def _compared(rows: Comparison) -> str:
    """What else differs from the baseline's run."""
    return (
        f"Compared: {counted(_fewer(rows), 'row')} on fewer dates than the baseline has;"
        f" {counted(len(rows.changes), 'value')} of the configuration"
        f" {'differs' if len(rows.changes) == 1 else 'differ'}; {wording.data(rows.data)}"
    )


def _fewer(rows: Comparison) -> int:
    return sum(row.fewer for row in rows.rows)


def _cells(finding: Finding) -> list[str]:
    row = finding.row
    whose, metric, *figures = wording.cells(row)[:6] if row else [wording.NOTHING] * 6
    beyond = _limit(finding.limit) if finding.limit else f"not comparable: {finding.why}"
    note = f" ({row.why})" if row and row.why and finding.limit else ""
    return [finding.level.upper(), whose, metric, *figures, f"{finding.tolerance}: {beyond}{note}"]


def _limit(limit: Limit) -> str:
    named = [
        f"{limit.absolute:g}" if limit.absolute is not None else "",
        f"{100 * limit.relative:g} %" if limit.relative is not None else "",
        "chance" if limit.beyond_chance else "",
    ]
    return " and ".join(filter(None, named))


def _verdict(judgement: Judgement) -> str:
    if not judgement.looked:
        return "FAILED: no row is of what gate.tolerances names, so nothing was looked at."
    levels = Counter(finding.level for finding in judgement.offending)
    beyond = [counted(levels[level], noun) for level, noun in NOUNS.items() if levels[level]]
    rest = [
        f"{counted(count, 'row')} {words}"
        for level, words in WORDS.items()
        if (count := judgement.counts.get(level))
    ]
    if judgement.idle:
        rest.append(f"no row is of {', '.join(judgement.idle)}")
    if judgement.unnamed:
        rest.append(f"{counted(judgement.unnamed, 'row')} that no tolerance names")
    told = "; ".join([*filter(None, [", ".join(beyond)]), *rest])
    return f"{'passed' if judgement.passed else 'FAILED'}: {told}."
