"""Markdown from templates, which show what the metrics database and the configuration hold.

Nothing is computed but units: what the database holds as fractions is shown in percent, rounded.
A value that is undefined (None or NaN) shows as a dash. Whatever a template shows is escaped,
because a ticker may be called `*_[x](y)`. Only what people wrote as Markdown, in templates and in
reports/narrative/, stays as it is.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from traceback import walk_tb
from typing import Any

from tidemark.errors import InputError
from tidemark.market.scenarios.kinds import ScenarioKind
from tidemark.naming import counted
from tidemark.targets import LOSSES, METRICS

import jinja2
from markupsafe import Markup

DASH = "–"

# For each metric: the factor to its unit in reports, the decimals, and whether a + is written.
UNITS = {
    "mae": (100, 3, False),
    "mse": (10_000, 3, False),
    "rmse": (100, 3, False),
    "r2": (1, 3, True),
    "directional_accuracy": (100, 1, False),
    "information_coefficient": (1, 3, True),
    "skill": (1, 3, True),
    "brier_score": (1, 4, False),
    "log_loss": (1, 4, False),
    "auc": (1, 3, False),
    "brier_skill": (1, 3, True),
}
FOLDS = tuple(name for names in METRICS.values() for name in names.of_folds)


def _side_by_side(metrics: Iterable[str], prefix: str = "") -> str:
    """SQL that turns rows, one for each metric, into columns."""
    ends = {"value": "", "lower": "_lower", "upper": "_upper"}
    return ", ".join(
        f"any_value({column}) FILTER (metric = '{name}') AS {prefix}{name}{end}"
        for name in metrics
        for column, end in ends.items()
    )


QUERIES = {
    "validation": "SELECT * FROM validation",
    "sources": "SELECT * FROM sources ORDER BY rowid",
    "datasets": "SELECT * FROM datasets ORDER BY rowid",
    "findings": "SELECT * FROM findings ORDER BY rowid",
    "comparison": "SELECT * FROM comparison",
    "conclusion": "SELECT sentence FROM conclusion ORDER BY rowid",
    "features": "SELECT * FROM features ORDER BY rowid",
    "models": f"""
        WITH tested AS (
            SELECT scenario, model, {_side_by_side(UNITS)}
            FROM metrics LEFT JOIN intervals USING (scenario, model, metric) GROUP BY ALL),
        validated AS (
            SELECT scenario, model, {_side_by_side(FOLDS, "cv_")}
            FROM cv_summary GROUP BY ALL),
        judged AS (SELECT scenario, model, verdict FROM paired_differences WHERE verdict != '')
        SELECT models.*, tested.* EXCLUDE (scenario, model),
            validated.* EXCLUDE (scenario, model), judged.verdict
        FROM models LEFT JOIN tested USING (scenario, model)
            LEFT JOIN validated USING (scenario, model) LEFT JOIN judged USING (scenario, model)
        ORDER BY models.rowid""",
    "against_baseline": """
        SELECT * FROM paired_differences WHERE verdict != '' ORDER BY rowid""",
    "across_scenarios": f"""
        SELECT paired_differences.* FROM paired_differences, comparison
        WHERE metric IN {LOSSES} AND scenario != less_scenario AND model != baseline
        ORDER BY paired_differences.rowid""",
    "reliability": "SELECT * FROM reliability ORDER BY rowid",
    "assessed": "SELECT about, sentence FROM assessment.conclusion ORDER BY rowid",
    "winner": "SELECT * FROM assessment.winner",
    "look_ahead": """
        SELECT * FROM assessment.look_ahead WHERE strategy_name = 'all strategies'""",
    "of_levels": """
        SELECT * FROM assessment.look_ahead
        WHERE sets_of_levels > 0 AND strategy_name != 'all strategies' ORDER BY rowid""",
    "scores_since": "SELECT * FROM assessment.scores_since WHERE flat_bars > 0 ORDER BY rowid",
    "not_tried": "SELECT * FROM assessment.not_tried ORDER BY rowid",
    "strategies": "SELECT * FROM assessment.strategy_rankings ORDER BY rowid",
    "trading": "SELECT * FROM assessment.best_sets ORDER BY rowid",
    "kinds": "SELECT * FROM assessment.leaders ORDER BY scenario_kind, place",
    "markets": f"""
        SELECT scenarios.*, top_strategy, top_return, avg_return, benchmark_return,
            benchmark_drawdown, benchmark_lost
        FROM assessment.market_scenarios AS scenarios
            LEFT JOIN assessment.scenario_performance USING (scenario_name)
        WHERE scenarios.scenario_kind != '{ScenarioKind.STOCHASTIC}' ORDER BY scenarios.rowid""",
    "paths": """
        SELECT paths.*, scenarios.bars, scenarios.warm_up
        FROM assessment.paths AS paths LEFT JOIN assessment.market_scenarios AS scenarios
            ON scenarios.scenario_name = first_path
        ORDER BY scenarios.rowid, paths.rowid""",
    "likeness": "SELECT * FROM assessment.likeness",
    "year": "SELECT * FROM assessment.year",
    "short_years": """
        SELECT tickers.* FROM assessment.bars_a_year AS tickers, assessment.year AS together
        WHERE tickers.whole != together.whole ORDER BY tickers.rowid LIMIT 10""",
    "overlaps": "SELECT members FROM assessment.overlaps ORDER BY rowid",
}


def gather(
    connection: Any, queries: Mapping[str, str] = QUERIES
) -> dict[str, list[dict[str, Any]]]:
    """The rows that the reports show, or those of other queries, by name.

    Args:
        connection: an open connection to the DuckDB file that collect_metrics wrote.
        queries: SQL, by name.

    Returns:
        validation (one row), sources, datasets and findings (of these); comparison (one row);
        conclusion (sentences); features (of each scenario); models (one row a scenario and model:
        what was fitted, the metrics with intervals, mean and range over the folds as cv_..., the
        verdict); against_baseline and across_scenarios (paired differences in MSE, or in Brier
        score); reliability (of models of direction); assessed (sentences on the strategies, and
        what each is about), winner (one row), scores_since (of those
        that began later than history), not_tried (by strategy and what the data
        lack for it), strategies (ranked, with their evidence), trading (of
        their best sets); kinds (the three best in each kind of market scenario); markets (each real
        or stressed one, with what earned most), paths (the same, a row a method), likeness (of each
        to history); year (one row: bars a year of all tickers together, and of each from lowest to
        highest), short_years (tickers whose rate was found in another way, at most 10); overlaps
        (windows that count as one).
    """
    rows_of = {}
    for name, query in queries.items():
        cursor = connection.execute(query)
        columns = [column[0] for column in cursor.description]
        rows_of[name] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return rows_of


def render(path: str, template: str, values: Mapping[str, Any]) -> str:
    """Fill in a Jinja template; a name that it uses and `values` lacks is an error.

    Args:
        path: the template's file, for messages.
        template: its text.
        values: what its names stand for; the texts under `narrative` are Markdown already.

    Raises:
        InputError: the template is not valid, uses an unknown name, or applies a filter to a value
            that the filter cannot show; names the line.
    """
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {name: _finished(words) for name, words in FILTERS.items()}
    written = {name: Markup(text) for name, text in values.get("narrative", {}).items()}
    try:
        return environment.from_string(template).render({**values, "narrative": written})
    except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}:{_line(error)}",
            _problem(error),
            f"correct the template (it is given: {', '.join(values)}), or restore the file",
        ) from error


def _finished(words: Callable[..., str]) -> Callable[..., Markup]:
    """The filter with its words marked as Markdown, so that they are not escaped again."""
    return lambda *arguments, **options: Markup(words(*arguments, **options))


def _shown(value: Any) -> Any:
    """Escape the text that an expression of a template gives; jinja leaves Markup alone."""
    is_text = isinstance(value, str) and not isinstance(value, Markup)
    return Markup(escaped(value)) if is_text else value


def escaped(text: str) -> str:
    """Text that Markdown, and HTML in it, shows as it is, on one line.

    Characters are left alone where they mean nothing to Markdown, such as the `_` in mean_impute.
    """
    safe = re.sub(r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*", " ", text)
    safe = re.sub(r"[\\`*\[\]|$~]", r"\\\g<0>", safe)
    safe = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\_", safe)
    safe = re.sub(r"&(?=#?\w+;)", "&amp;", safe)
    safe = re.sub(r"<(?=[\w/!?])", "&lt;", safe)
    safe = re.sub(r"^\s*(\d{1,9}(?=[.)](\s|$))|(?=[#+>=-]))", r"\g<0>\\", safe)
    return re.sub(
        r"(?<=\w)(://|@(?=\w)|(?<=www)\.)", lambda m: f"&#{ord(m[0][0])};{m[0][1:]}", safe
    )


def _problem(error: Exception) -> str:
    """The error's message, with its kind unless it is jinja's, because it says little alone."""
    if isinstance(error, jinja2.TemplateError):
        return " ".join(str(error.message).split()).rstrip(".")
    return f"{type(error).__name__}: {error}"


def _line(error: Exception) -> int:
    """The template's line: an attribute of a syntax error, else that of the template's frame."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.lineno
    frames = walk_tb(error.__traceback__)
    return [line for frame, line in frames if frame.f_code.co_filename == "<template>"][-1]


def metric(value: float | None, name: str, *, sign: bool = False) -> str:
    """A metric's value in its unit of `UNITS`; `sign` writes the + too, as for differences."""
    if value is None or math.isnan(value):
        return DASH
    scale, digits, signed = UNITS[name]
    rounded = round(scale * value, digits) + 0.0  # not -0.0
    return f"{rounded:{'+' if (signed or sign) and rounded else ''}.{digits}f}"


def estimate(row: Mapping[str, Any], name: str) -> str:
    """A metric of a table's row with its interval: `1.672 [1.492, 1.855]`."""
    value, lower, upper = (metric(row[name + end], name) for end in ("", "_lower", "_upper"))
    return value if DASH in (value, lower) else f"{value} [{lower}, {upper}]"


def change(row: Mapping[str, Any], low: str = "lower", high: str = "upper") -> str:
    """A paired difference with its interval, both signed."""
    name = row["metric"]
    value, lower, upper = (
        metric(row[column], name, sign=True) for column in ("difference", low, high)
    )
    return value if DASH in (value, lower) else f"{value} [{lower}, {upper}]"


def number(value: float | None, digits: int = 2) -> str:
    """A plain number, rounded."""
    if value is None or math.isnan(value):
        return DASH
    return f"{round(value, digits) + 0.0:.{digits}f}"  # not -0.0


def hundredths(value: float | None, digits: int = 1) -> str:
    """A fraction in percent without the sign, for columns whose head has it: 0.128 -> 12.8."""
    return number(None if value is None else 100 * value, digits)


def between(ends: tuple[float | None, float | None], form: str) -> str:
    """An interval to stand behind its value, ` [-0.40, 0.66]`; nothing where it is undefined.

    Args:
        ends: lower and upper.
        form: the filter that shows them, such as number.
    """
    lower, upper = map(FILTERS[form], ends)
    return "" if DASH in (lower, upper) else f" [{lower}, {upper}]"


def span(years: float) -> str:
    """A length of time in the unit that suits it: 0.479 -> 5.7 months."""
    length, unit = round(years, 2), "year"
    if length < 1:
        length, unit = round(12 * years, 1), "month"
    if length < 1:
        length, unit = round(365.25 * years), "day"
    return f"{length:g} {unit}{'' if length == 1 else 's'}"


def percent(value: float, digits: int = 0) -> str:
    """0.95 -> 95 %."""
    return f"{100 * value:.{digits}f} %"


def p_value(value: float | None) -> str:
    """0.0125; less than what four digits hold as < 0.0001."""
    return "< 0.0001" if value is not None and value < 0.0001 else number(value, 4)


def stress(parameters: str) -> str:
    """What a stress changes, in words, from its parameters as JSON; see market.scenarios.stress."""
    given = json.loads(parameters)
    multipliers = {"costs": "cost", "slippage": "slippage", "volatility": "volatility"}
    words = [
        f"{what} times {given[f'{name}_multiplier']:g}"
        for what, name in multipliers.items()
        if given[f"{name}_multiplier"] != 1
    ]
    if given["cash_rate_change"]:
        words.append(f"cash earns {100 * given['cash_rate_change']:+g} points a year")
    if given["correlation"] is not None:
        words.append(f"mean correlation of tickers {given['correlation']:g}")
    return "; ".join([*words, *_shock(given["shock"])]) or "nothing"


def _shock(shock: Mapping[str, Any] | None) -> list[str]:
    if shock is None:
        return []
    back = f", undone over {shock['recovery']}" if shock["recovery"] else ", for good"
    often = "once" if shock["times"] == 1 else f"{shock['times']} times"
    move = f"{100 * shock['size']:+g} % over {counted(shock['fall'], 'bar')}"
    cut = f" ({shock['cut']} not complete where the data end)" if shock["cut"] else ""
    return [f"{often}, prices move {move}{back}{cut}"]


def count(value: int | None) -> str:
    """12154 -> 12,154."""
    return DASH if value is None else f"{value:,}"


def day(value: datetime | str | None) -> str:
    """A time as its date."""
    return DASH if value is None else str(value)[:10]


def cell(value: object) -> str:
    """Any value as escaped text for a table's cell."""
    return DASH if value is None else escaped(" ".join(str(value).split()))


def code(value: object) -> str:
    """Text as code, also in a table's cell: only what would end the code or the cell is escaped.

    None and empty text show as a dash, because Markdown has no empty code.
    """
    text = "" if value is None else " ".join(str(value).split()).replace("|", "\\|")
    if not text:
        return DASH
    fence = "`" * (max(map(len, re.findall(r"`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


FILTERS: dict[str, Callable[..., str]] = {
    "metric": metric,
    "estimate": estimate,
    "change": change,
    "number": number,
    "hundredths": hundredths,
    "between": between,
    "span": span,
    "percent": percent,
    "p_value": p_value,
    "stress": stress,
    "count": count,
    "day": day,
    "cell": cell,
    "code": code,
}
