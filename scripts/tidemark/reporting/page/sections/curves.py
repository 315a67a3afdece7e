"""The curves: what the best strategies and the benchmark earned on all of history, bar by bar.

The best are those that differ: a near-copy of a better one is left out. Of long histories some bars
are chosen, as many as a wide screen can show; nothing is computed but rounding.
"""

import math
from collections.abc import Mapping
from typing import Any

from tidemark.reporting.page.section import Rows, Section, Values

from jinja2.utils import htmlsafe_json_dumps

BEST = 5  # there is a colour for each
DRAWN = 2  # of these at first, so that lines can be told apart
BARS = 4_000  # about how many; of more, every second, third, ...
DAY = 86_400  # seconds

CHOSEN = f"""
    WITH best AS (
        SELECT strategy_name, best_set, false AS benchmark, overall_rank
        FROM assessment.strategy_rankings WHERE overall_rank IS NOT NULL AND copy_of IS NULL
        ORDER BY overall_rank LIMIT {BEST}),
    chosen AS (
        FROM best UNION ALL
        SELECT strategy_name, best_set, true, NULL FROM assessment.strategy_rankings
        WHERE strategy_name = (SELECT benchmark FROM assessment.winner))"""
COURSES = f"""{CHOSEN},
    numbered AS (
        SELECT strategy_name, timestamp, equity, drawdown,
            row_number() OVER (PARTITION BY strategy_name ORDER BY timestamp) - 1 AS bar,
            count(*) OVER (PARTITION BY strategy_name) AS bars
        FROM assessment.courses SEMI JOIN chosen USING (strategy_name)),
    drawn AS (
        SELECT bar FROM numbered WHERE bar % ((bars - 1) // {BARS} + 1) = 0 OR bar = bars - 1
        UNION SELECT arg_min(bar, drawdown) FROM numbered GROUP BY strategy_name)
    SELECT strategy_name AS name, best_set AS set, benchmark, max(bars) AS bars,
        max((bars - 1) // {BARS} + 1) AS every, any_value(deepest_drawdown) AS deepest,
        list(epoch(timestamp)::BIGINT ORDER BY bar) AS seconds, max(timestamp) AS until,
        list(equity ORDER BY bar) AS equity, list(drawdown ORDER BY bar) AS drawdown
    FROM numbered SEMI JOIN drawn USING (bar) JOIN chosen USING (strategy_name)
        LEFT JOIN assessment.best_sets USING (strategy_name)
    GROUP BY name, best_set, benchmark ORDER BY benchmark, min(overall_rank)"""
YEARS = f"""{CHOSEN}
    SELECT year, list(total_return ORDER BY benchmark, overall_rank) AS returns
    FROM assessment.calendar_years JOIN chosen USING (strategy_name) GROUP BY year ORDER BY year"""


def view(rows: Mapping[str, Rows], values: Values) -> dict[str, Any] | None:
    """What the template shows: the strategies at the last bar, their years, and all for charts.

    The charts get, as JSON, `dates` (seconds since 1970), `intraday` (whether these have a time of
    day), and `strategies`, each with its name, whether it is the benchmark, whether it is `shown`
    at first, and its equity and drawdown at these dates.
    """
    courses = rows["courses"]
    if not courses:
        return None
    dates = courses[0]["seconds"]
    intraday = any(second % DAY for second in dates)
    charts = {
        "dates": dates,
        "intraday": intraday,
        "strategies": [
            {
                "name": course["name"],
                "benchmark": course["benchmark"],
                "shown": course["benchmark"] or place < DRAWN,
                "equity": [_number(value, ".5g") for value in course["equity"]],
                "drawdown": [_number(value, ".4f") for value in course["drawdown"]],
            }
            for place, course in enumerate(courses)
        ],
    }
    return {
        **values,
        "courses": courses,
        "until": str(courses[0]["until"])[: 16 if intraday else 10],
        "every": courses[0]["every"],
        "years": rows["years"],
        "charts": htmlsafe_json_dumps(charts, separators=(",", ":")),
    }


def _number(value: float | None, digits: str) -> float | None:
    """The number with so many digits; none where JSON has no number for it."""
    return None if value is None or not math.isfinite(value) else float(format(value, digits))


SECTION = Section(
    name="curves",
    title="What the best strategies earned over time",
    link="Curves",
    queries={"courses": COURSES, "years": YEARS},
    view=view,
)
