"""Views over what runs left: they read checkpoints and history when somebody asks.

Paths in them are relative, so they show the project in whose folder the question is asked. No step
asks them: what they show depends on the run. A file that is no checkpoint of its own name, and the
checkpoint of a step that is no longer configured, are left out.
"""

from tidemark.config.kinds import KINDS
from tidemark.tables import history

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
    WHERE record->>'name' = file AND list_has_all(configured.names,
        list_transform(json_keys(record, '$.instance'),
            lambda kind: kind || ' ' || (record->'$.instance'->>kind)))
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
        SELECT filename, parse_filename(filename, true) AS number,
            TRY_CAST(TRY(decode(content)) AS JSON) AS record
        FROM read_blob('{history.FOLDER}/*.json')
        WHERE regexp_full_match(number, '[0-9]+')),
    kept AS (
        SELECT number::BIGINT AS snapshot,
            CASE WHEN record IS NULL THEN error(filename || ' is not JSON')
                WHEN (record->>'format')::INTEGER > {history.FORM} THEN error(
                    filename || ' is of a newer format, by Tidemark ' || (record->>'version'))
                ELSE from_json(coalesce(record->'$.content.metrics', record->'metrics'), '[{{
                    "scenario": "VARCHAR", "model": "VARCHAR", "metric": "VARCHAR",
                    "value": "DOUBLE"}}]') END AS metrics
        FROM files)
    SELECT snapshot, metric.*
    FROM (SELECT snapshot, unnest(metrics) AS metric, generate_subscripts(metrics, 1) AS place
        FROM kept)
    ORDER BY snapshot, place"""

VIEWS = {  # each may ask those before it
    "checkpoints": CHECKPOINTS,
    "step_timings": STEP_TIMINGS,
    "accepted": ACCEPTED,
    "accepted_changes": ACCEPTED_CHANGES,
    "history": HISTORY,
    "assessment.pipeline_runs": PIPELINE_RUNS,
    "assessment.backtest_results": BACKTEST_RESULTS,
}
