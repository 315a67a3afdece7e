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
from tidemark.tables.table import Configured, Table, View, count, flag, json, real, text, time

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

PIPELINE_RUNS = f"""
    WITH known AS (
        SELECT snapshot, form, record, CASE WHEN json_keys(record->'pipelines') != []
            THEN record->'pipelines' END AS own
        FROM run_records WHERE form > {history.OF_METRICS}),
    listed AS (
        SELECT snapshot, record, coalesce(own, (SELECT arg_max(own, snapshot) FROM known)) AS lists
        FROM known),
    of_pipeline AS (
        SELECT snapshot, record, pipeline_name,
            from_json(lists->pipeline_name, '["VARCHAR"]') AS steps,
            list_has_any((record->>'$.goals[*]'), [pipeline_name, 'all']) AS asked
        FROM (SELECT *, unnest(json_keys(lists)) AS pipeline_name FROM listed)),
    counted AS (
        SELECT of_pipeline.snapshot, pipeline_name, any_value(record) AS record,
            any_value(asked) AS asked,
            count(step) AS steps, count_if(state = 'failed') AS failed,
            count_if(state = 'killed') AS killed, min(began) AS first,
            max(began + to_milliseconds(round(1000 * seconds))) AS last, sum(rows) AS rows
        FROM of_pipeline LEFT JOIN run_steps ON run_steps.snapshot = of_pipeline.snapshot
            AND list_contains(of_pipeline.steps, step)
        GROUP BY ALL)
    SELECT pipeline_name,
        coalesce(first, (record->>'began')::TIMESTAMPTZ AT TIME ZONE 'UTC') AS start_time,
        coalesce(last, (record->>'ended')::TIMESTAMPTZ AT TIME ZONE 'UTC') AS end_time,
        CASE WHEN failed > 0 THEN 'failed' WHEN killed > 0 THEN 'killed'
            WHEN record->>'outcome' = 'success' THEN 'success' ELSE 'unfinished' END AS status,
        coalesce(rows, 0)::BIGINT AS records_processed, end_time AS run_date,
        snapshot, record->>'run' AS run
    FROM counted WHERE asked OR steps > 0
    ORDER BY snapshot, start_time, pipeline_name"""

BACKTEST_RESULTS = """
    SELECT cells.*, started + to_milliseconds(round(1000 * seconds)) AS run_date
    FROM assessment.cells AS cells LEFT JOIN step_timings
        ON step = 'backtest' AND strategy = strategy_name"""

RUN_RECORDS = f"""
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
        SELECT TRY_CAST(name AS BIGINT) AS snapshot, filename, record,
            CASE WHEN name = 'last' THEN json_keys(record)[1]::BIGINT
                WHEN record->>'format' IS NOT NULL THEN snapshot - 1 END AS needed,
            CASE WHEN record IS NULL THEN error(filename || ' is not JSON')
                WHEN (record->>'format')::INTEGER > {history.FORM} THEN error(
                    filename || ' is of a newer format, by Tidemark ' || (record->>'version'))
                WHEN needed > 0 AND NOT list_contains(numbers, needed) THEN error(
                    printf('{history.FOLDER}/%05d.json is gone', needed))
                ELSE snapshot IS NOT NULL END AS whole
        FROM files, there
        WHERE name = 'last' OR regexp_full_match(parse_filename(filename), '{append.NAME.pattern}')
            AND NOT list_contains(lost, name::BIGINT))
    SELECT snapshot, coalesce((record->>'format')::BIGINT, {append.BARE}) AS form,
        coalesce(record->'content', record) AS record, filename
    FROM kept WHERE whole
    ORDER BY snapshot"""

RUNS = """
    SELECT snapshot, record->>'run' AS run,
        (record->>'began')::TIMESTAMPTZ AT TIME ZONE 'UTC' AS began,
        (record->>'ended')::TIMESTAMPTZ AT TIME ZONE 'UTC' AS ended,
        (record->>'seconds')::DOUBLE AS seconds, record->>'outcome' AS outcome,
        array_to_string((record->>'$.goals[*]'), ' ') AS goals,
        record->'results'->>'config_file' AS config_file, record->>'who' AS who,
        record->>'commit' AS commit, (record->>'dirty')::BOOLEAN AS dirty,
        {counts},
        (record->>'snapshot')::BIGINT AS data_snapshot,
        nullif(array_to_string(list_transform(json_keys(record->'results'->'stored'),
            lambda source: source || ' ' || (record->'results'->'stored'->>source)[:12]), ', '), '')
            AS data_stored
    FROM run_records
    ORDER BY snapshot""".format(
    counts=", ".join(
        f"len(list_filter((record->>'$.steps[*].state'), lambda state: state = '{state}'))"
        f"::BIGINT AS {state}"
        for state in ("ran", "restored", "failed", "killed")
    )
)

RUN_STEPS = """
    SELECT snapshot, run, step->>'name' AS name, step->>'step' AS step, step->>'state' AS state,
        (step->>'seconds')::DOUBLE AS seconds, step->>'why' AS why, message,
        (step->>'began')::TIMESTAMPTZ AT TIME ZONE 'UTC' AS began, (step->>'rows')::BIGINT AS rows
    FROM (
        SELECT snapshot, run, step, map_extract_value(failures, step->>'name') AS message, place
        FROM (
            SELECT snapshot, record->>'run' AS run, unnest(record->'$.steps[*]') AS step,
                (record->'failures')::MAP(VARCHAR, VARCHAR) AS failures,
                generate_subscripts(record->'$.steps[*]', 1) AS place
            FROM run_records))
    ORDER BY snapshot, place"""

OF_PAIR = '"scenario": "VARCHAR", "model": "VARCHAR", "metric": "VARCHAR", "value": "DOUBLE"'
HISTORY = f"""
    WITH kept AS (
        SELECT snapshot, CASE WHEN form > {history.OF_METRICS}
            THEN TRY(from_json_strict(record->'$.results.metrics',
                '[{{{OF_PAIR}, "low": "DOUBLE", "high": "DOUBLE"}}]'))
            ELSE list_transform(TRY(from_json_strict(record->'metrics', '[{{{OF_PAIR}}}]')),
                lambda row: struct_insert(row, low := NULL::DOUBLE, high := NULL::DOUBLE))
            END AS rows,
            coalesce(rows, error(filename || ' does not hold metrics')) AS metrics
        FROM run_records)
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
SNAPSHOT = {"snapshot": count("number of the record, from the oldest on")}
RUN = text("identifies it: when it began, UTC, and process id")

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
        "run_records",
        "A record of metrics/history/, which has one for each run that changed something.",
        View(RUN_RECORDS),
        {
            **SNAPSHOT,
            "form": count("of the record; those before 3 hold metrics alone"),
            "record": json("all that it holds"),
            "filename": text("where it lies"),
        },
    ),
    Table(
        "runs",
        "A run that changed something; null what a record of an older form does not say.",
        View(RUNS),
        {
            **SNAPSHOT,
            "run": RUN,
            "began": time("UTC"),
            "ended": time("UTC"),
            "seconds": real("from start to end"),
            "outcome": text("success; failed; killed: it ended before all was done"),
            "goals": text("that were asked for, separated by blanks"),
            "config_file": text("the configuration that results are of"),
            "who": text("name of the person"),
            "commit": text("of the project's git when the run began; null if nobody can tell"),
            "dirty": flag("whether files differed from it; null if nobody can tell"),
            "ran": count("steps that ran"),
            "restored": count("steps whose results were restored from the results store"),
            "failed": count("steps that failed"),
            "killed": count("steps that began and did not end"),
            "data_snapshot": count("of data/store/, that results were made of; null if of none"),
            "data_stored": text(
                "each source with a provider, and 12 digits of the hash of its data; comma between"
            ),
        },
    ),
    Table(
        "run_steps",
        "A step of a run that ran, was restored, failed or was killed.",
        View(RUN_STEPS),
        {
            **SNAPSHOT,
            "run": RUN,
            "name": text("step and instance, as its checkpoint is called"),
            **STEP,
            "state": text("ran, restored, failed or killed"),
            "seconds": real("from start to end; null if it was killed"),
            "why": text("first reason to run; empty of a first run"),
            "message": text("what it failed of; null if it did not fail"),
            "began": time("UTC; null if an earlier version ran it"),
            "rows": count("of all that it wrote; null if it did not end"),
        },
    ),
    Table(
        "history",
        f"A metric as a run left it, in a record of metrics/history/; {UNIT}.",
        View(HISTORY),
        {
            **SNAPSHOT,
            **PAIR,
            "metric": METRIC,
            "value": real("estimate; null if undefined"),
            "low": real("lower end of its interval, as in intervals; null if undefined or older"),
            "high": real("upper end, likewise"),
        },
    ),
    Table(
        "assessment.pipeline_runs",
        "A pipeline in a run that changed something: one of its steps ran, or it was asked for.",
        View(PIPELINE_RUNS),
        {
            "pipeline_name": text("such as data-pipeline; which steps it has, make/ says"),
            "start_time": time("of its first step that ran, UTC; else of the run"),
            "end_time": time("of its last step that ran, UTC; else of the run"),
            "status": text(
                "success; failed or killed, if a step of it was; unfinished, if the run ended"
                " before all was done, for another reason"
            ),
            "records_processed": count("rows of all that its steps wrote"),
            "run_date": RUN_DATE,
            **SNAPSHOT,
            "run": RUN,
        },
        format=2,
    ),
    Table(
        "assessment.backtest_results",
        "A cell of assessment.cells, with the run of the backtest that made it.",
        View(BACKTEST_RESULTS),
        {**CELL, "run_date": RUN_DATE},
    ),
)
