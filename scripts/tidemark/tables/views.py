"""Views over what runs left: they read checkpoints and history when somebody asks.

Paths in them are relative, so they show the project in whose folder the question is asked. No step
asks them: what they show depends on the run. Left out are a file that is no checkpoint of its own
name, one of an older form, whose step runs again, and that of a step that is no longer configured.
What is of a newer form is an error, and so is a history that is not whole.
"""

from tidemark.config.kinds import KINDS
from tidemark.files import append
from tidemark.tables import history
from tidemark.tables.forecasts import METRIC, PAIR, UNIT
from tidemark.tables.strategies import CELL
from tidemark.tables.table import Configured, Table, View, count, json, real, text, time

CHECKPOINT = 4  # the form of checkpoints that the views read; harness/record.py describes it
_INSTANCE = ", ".join(KINDS)  # a column for each kind, empty where the step is not of that kind

CHECKPOINTS = f"""
    WITH files AS (
        SELECT parse_filename(filename, true) AS file,
            TRY_CAST(TRY(decode(content)) AS JSON) AS record
        FROM read_blob('artifacts/*.ok')),
    configured AS (SELECT list(kind || ' ' || name) AS names FROM configured)
    SELECT record->>'name' AS name, record->>'step' AS step,
        {", ".join(f"record->'$.instance'->>'{kind}' AS {kind}" for kind in KINDS)}, record
    FROM files, configured
    WHERE CASE WHEN record->>'name' != file THEN false
        WHEN (record->>'format')::INTEGER > {CHECKPOINT} THEN error(
            'artifacts/' || file || '.ok is of a newer format, by Tidemark '
            || (record->>'tidemark'))
        ELSE (record->>'format')::INTEGER = {CHECKPOINT} AND list_has_all(configured.names,
            list_transform(json_keys(record, '$.instance'),
                lambda kind: kind || ' ' || (record->'$.instance'->>kind))) END
    ORDER BY name"""

STEP_TIMINGS = f"""
    SELECT step, {_INSTANCE},
        (record->>'started')::TIMESTAMPTZ AT TIME ZONE 'UTC' AS started,
        (record->>'seconds')::DOUBLE AS seconds, (record->>'cpu_seconds')::DOUBLE AS cpu_seconds,
        (record->>'peak_memory_bytes')::BIGINT AS peak_memory_bytes, record->>'run' AS run
    FROM checkpoints"""

ACCEPTED = f"""
    SELECT step, {_INSTANCE}, entry->>'who' AS who, (entry->>'when')[:10] AS day,
        entry->>'reason' AS reason, array_to_string((entry->>'$.changes[*]'), '; ') AS changes
    FROM (SELECT *, unnest(record->'$.accepted[*]') AS entry FROM checkpoints)"""

ACCEPTED_CHANGES = f"""
    SELECT step, who, day, reason, changes, count(*) AS instances,
        min(concat_ws(' ', step, {_INSTANCE})) AS first
    FROM accepted GROUP BY step, who, day, reason, changes ORDER BY first, day, reason, changes"""

PIPELINE_RUNS = """
    SELECT name AS pipeline_name,
        (record->>'started')::TIMESTAMPTZ AT TIME ZONE 'UTC' AS start_time,
        start_time + to_milliseconds(round(1000 * (record->>'seconds')::DOUBLE)) AS end_time,
        CASE record->>'provisional' WHEN '' THEN 'success' ELSE 'provisional' END AS status,
        coalesce(list_sum((record->>'$.outputs.*.rows')::BIGINT[]), 0)::BIGINT
            AS records_processed,
        end_time AS run_date
    FROM checkpoints
    WHERE step IN ('market_scenarios', 'market_metrics', 'backtest', 'assess')"""

BACKTEST_RESULTS = """
    SELECT cells.*, run_date
    FROM assessment.cells AS cells LEFT JOIN assessment.pipeline_runs
        ON pipeline_name = 'backtest_' || strategy_name"""

HISTORY = f"""
    WITH files AS (
        SELECT filename, parse_filename(filename, true) AS name,
            TRY_CAST(TRY(decode(content)) AS JSON) AS record
        FROM read_blob('{history.FOLDER}/*.json')),
    numbered AS (
        SELECT parse_filename(file, true)::BIGINT AS number, file LIKE '%.lost' AS lost
        FROM glob('{history.FOLDER}/*')
        WHERE regexp_full_match(parse_filename(file), '{append.NAME.pattern}')),
    there AS (
        SELECT coalesce(list(number), []) AS numbers,
            coalesce(list(number) FILTER (lost), []) AS lost
        FROM numbered),
    kept AS (
        SELECT TRY_CAST(name AS BIGINT) AS snapshot,
            from_json_strict(coalesce(record->'$.content.metrics', record->'metrics'), '[{{
                "scenario": "VARCHAR", "model": "VARCHAR", "metric": "VARCHAR",
                "value": "DOUBLE"}}]') AS rows,
            CASE WHEN name = 'last' THEN json_keys(record)[1]::BIGINT
                WHEN record->>'format' IS NOT NULL THEN snapshot - 1 END AS needed,
            CASE WHEN record IS NULL THEN error(filename || ' is not JSON')
                WHEN (record->>'format')::INTEGER > {history.FORM} THEN error(
                    filename || ' is of a newer format, by Tidemark ' || (record->>'version'))
                WHEN needed > 0 AND NOT list_contains(numbers, needed) THEN error(
                    printf('{history.FOLDER}/%05d.json is gone', needed))
                WHEN snapshot IS NULL THEN NULL
                WHEN TRY(rows) IS NULL THEN error(filename || ' does not hold metrics')
                ELSE TRY(rows) END AS metrics
        FROM files, there
        WHERE name = 'last' OR regexp_full_match(parse_filename(filename), '{append.NAME.pattern}')
            AND NOT list_contains(lost, name::BIGINT))
    SELECT snapshot, metric.*
    FROM (SELECT snapshot, unnest(metrics) AS metric, generate_subscripts(metrics, 1) AS place
        FROM kept)
    ORDER BY snapshot, place"""

STEP = {"step": text("name of the step")}
INSTANCE = {name: text(f"{name} that the step ran for; null if it has none") for name in KINDS}
CHANGE = {
    "who": text("name of the person"),
    "day": text("YYYY-MM-DD"),
    "reason": text("that the person gave"),
    "changes": text("what had changed, separated by semicolons"),
}
RUN_DATE = time("when the run ended, UTC")

TABLES = (  # each may ask those before it
    Table(
        "configured",
        "A name in config.yaml that steps run for.",
        Configured(),
        {"kind": text("of instance, such as model"), "name": text("in config.yaml")},
    ),
    Table(
        "checkpoints",
        "The checkpoint of a step that is configured.",
        View(CHECKPOINTS),
        {
            "name": text("step and instance, as the file is called"),
            **STEP,
            **INSTANCE,
            "record": json("all that the checkpoint holds"),
        },
    ),
    Table(
        "step_timings",
        "The latest run of a step.",
        View(STEP_TIMINGS),
        {
            **STEP,
            **INSTANCE,
            "started": time("UTC"),
            "seconds": real("from start to end"),
            "cpu_seconds": real("of the processor, in all threads"),
            "peak_memory_bytes": count("most memory at a time"),
            "run": text("identifies one make, or one run by hand"),
        },
    ),
    Table(
        "accepted",
        "A change that somebody let pass without running the step again.",
        View(ACCEPTED),
        {**STEP, **INSTANCE, **CHANGE},
    ),
    Table(
        "accepted_changes",
        "The same, a row for all instances that a change was accepted for at once.",
        View(ACCEPTED_CHANGES),
        {
            **STEP,
            **CHANGE,
            "instances": count("how many"),
            "first": text("the first of them by name: step and names"),
        },
    ),
    Table(
        "history",
        f"A metric in a record of metrics/history/, which has one a change; {UNIT}.",
        View(HISTORY),
        {
            "snapshot": count("number of the record, from the oldest on"),
            **PAIR,
            "metric": METRIC,
            "value": real("estimate; null if undefined"),
        },
    ),
    Table(
        "assessment.pipeline_runs",
        "The latest run of a step that tries or assesses strategies.",
        View(PIPELINE_RUNS),
        {
            "pipeline_name": text("step and instance"),
            "start_time": time("UTC"),
            "end_time": time("UTC"),
            "status": text("success; provisional if the next make runs it again"),
            "records_processed": count("rows of all that it wrote"),
            "run_date": RUN_DATE,
        },
    ),
    Table(
        "assessment.backtest_results",
        "A cell of assessment.cells, with the run of the backtest that made it.",
        View(BACKTEST_RESULTS),
        {**CELL, "run_date": RUN_DATE},
    ),
)
