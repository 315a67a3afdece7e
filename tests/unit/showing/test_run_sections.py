"""The sections: whatever runs left, they say it, escape it, and stay within bounds."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

from tidemark.dag.graph import Node
from tidemark.harness.instance import Instance
from tidemark.harness.reason import Cause, Reason
from tidemark.harness.record import Checkpoint, Output
from tidemark.reporting import page
from tidemark.reporting.page.contents import CONTENTS
from tidemark.reporting.page.section import OfTheRun
from tidemark.showing import index, sections
from tidemark.showing.told import Told
from tidemark.tables.history import content, moved

HOSTILE = "<script>alert(1)</script><!-- run: dag -->\"'&\x00\x1b[31m\u202e"
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Reader(HTMLParser):
    """Elements that are opened and closed in turn, and their ids."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.ids, self.links, self.text, self.tags = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open += [tag] if tag not in VOID else []
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value[1:] for name, value in attrs if name == "href" and value[0] == "#"]

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    assert len(reader.ids) == len({*reader.ids})
    return reader


def shown(told: Told) -> tuple[str, Reader]:
    html = index.filled(index._empty(), sections.fragments(told))
    reader = read(html)
    assert {*reader.links} <= {*reader.ids}
    return " ".join(" ".join(reader.text).split()), reader


def node(step="train_models", model="ridge", state="fresh", text="x", **more) -> Node:
    instance = Instance(step, {"scenario": "s", "model": model})
    ran = Checkpoint(
        instance,
        datetime(2026, 11, 30, 15, 57, tzinfo=UTC),
        reasons=[text],
        seconds=1.25,
        headline=text,
        notes=[text],
        config={"seed": text},
        libraries={"numpy": "2.1"},
        outputs={text: Output("0" * 64, 1, 1)},
    )
    return Node(instance, state, (), {}, ran, **more)


def record(run="20261130T155711Z-1", results=None, **more) -> dict:
    ran = {"name": "train_models_s_ridge", "step": "train_models", "state": "ran", "seconds": 1.2}
    own = {
        "run": run,
        "began": "2026-11-30T15:57:11+00:00",
        "ended": "2026-11-30T15:58:00+00:00",
        "seconds": 4.7,
        "outcome": "success",
        "goals": ["all"],
        "who": "Ada",
        "dirty": True,
        "commit": "0123456789abcdef",
        "steps": [{**ran, "why": "config models.ridge.alpha 1.0 -> 100.0"}],
    }
    return content(results or {}, **{**own, **more})


def test_every_place_of_the_page_is_filled_and_every_section_has_one():
    folder = Path(page.__file__).parent
    templates = "".join(path.read_text("utf-8") for path in folder.rglob("*.html.j2"))
    places = {place.name for place in CONTENTS if isinstance(place, OfTheRun)}
    places |= {name for _, name in index.PLACE.findall(templates)}
    assert places == {*sections.NAMES} == {*sections.fragments(Told())}


def test_before_anything_ran_the_page_says_so():
    text, _ = shown(Told())
    assert "No run has left a record yet." in text
    assert "There are no results yet" in text
    assert "What steps there are is not known." in text


def test_a_run_is_told_with_what_it_changed_and_why():
    before = record(
        "r1", results={"config_file": "config.yaml", "config": {"models.ridge.alpha": 1.0}}
    )
    after = record(
        "r2",
        results={
            "config_file": "config.yaml",
            "config": {"models.ridge.alpha": 100.0},
            "data": {"data/raw/prices.parquet": "ab"},
        },
    )
    only = node()
    text, _ = shown(Told((before, after), 2, nodes={only.name: only}, config="config.yaml"))
    assert "The last run ( make all ) succeeded in 4.7 s: 1 ran." in text
    assert "models.ridge.alpha 1.0 100.0" in text
    assert "config models.ridge.alpha 1.0 -> 100.0 : train_models s ridge." in text
    assert "0123456789abcdef , with edits that are not committed" in text
    assert 'data/raw/prices.parquet – "ab"' in text
    assert "numpy 2.1" in text


def test_a_failed_run_is_told_with_its_message_and_leads_to_its_log():
    failed = node(state="failed", failure="config.yaml:3: no number. Cure: a number")
    last = record(outcome="failed", failures={failed.name: failed.failure, "gone_step": "x"})
    told = Told((last,), 1, nodes={failed.name: failed}, logs={failed.name: "the last line"})
    text, reader = shown(told)
    assert "The last run ( make all ) failed in 4.7 s" in text
    assert "These results are not all up to date: 1 steps: 1 failed" in text
    assert text.count("config.yaml:3: no number. Cure: a number") == 2
    assert f"at-{failed.name}" in reader.links
    assert "gone_step (log: logs/gone_step.log )" in text
    assert "the last line" in text


def test_steps_that_were_restored_are_told_apart():
    only = node()
    steps = [{"name": only.name, "step": only.step, "state": "restored", "why": "config x 1 -> 2"}]
    text, _ = shown(Told((record("r1"), record("r2", steps=steps)), 2, nodes={only.name: only}))
    assert "1 restored" in text
    assert "Restored from the results store, not computed: train_models s ridge" in text


def test_a_step_that_will_run_says_why():
    stale = node(state="stale")
    stale = Node(
        stale.instance, "stale", (Reason(Cause.KEY, "seed", "1", "2"),), {}, stale.checkpoint
    )
    text, _ = shown(Told(nodes={stale.name: stale}))
    assert "The next make runs it: config seed 1 -> 2" in text


def row(**fields) -> dict:
    of_model = {"kind": "model", "scenario": "s", "name": "ridge", "word": "better", "why": ""}
    return {"low": None, "high": None, "difference": None, **of_model, **fields}


def test_what_moved_is_told_in_the_terms_and_units_of_the_page():
    found = moved(
        "r1",
        counts={"model": {"better": 1, "worse": 1, "within chance": 1_200}, "strategy": {}},
        rows=[
            row(metric="mse", before=4.4e-4, after=1e-4, difference=-3.4e-4, low=-5e-4, high=-1e-4),
            row(
                kind="strategy",
                scenario=None,
                name="sma_cross",
                metric="sharpe_ratio",
                before=-0.5,
                after=0.25,
                difference=0.75,
                low=-0.004,
                high=1.5,
            ),
        ],
        ranked=[row(kind="strategy", name="sma_cross", metric="rank", before=3, after=1)],
        not_comparable={"the strategy is new": 2},
        confidence=0.95,
        note="How words are meant.",
    )
    text, _ = shown(Told((record("r1"), record("r2", moved=found)), 2))
    assert "Models: 1 better, 1 worse, 1,200 within chance." in text
    assert "Difference 95 % interval" in text
    assert "s ridge Mean squared error (%²) 4.400 1.000 −3.400 −5.000 to −1.000 better" in text
    assert "sma_cross Sharpe ratio, all dates −0.50 0.25 +0.75 0.00 to +1.50 better" in text
    assert "sma_cross Rank 3 → 1" in text
    assert "2 rows not comparable: the strategy is new. How words are meant." in text


def test_why_nothing_is_known_of_what_moved_stands_there():
    last = record("r2", moved=moved("r1", why=f"the store: {HOSTILE}"))
    text, _ = shown(Told((record("r1"), last), 2))
    assert "What that did to the results could not be found: the store: <script>" in text


def test_a_run_that_left_the_same_results_says_nothing_of_them():
    text, _ = shown(Told((record("r1"), record("r2", moved=moved("r1"))), 2))
    assert "What that did to the results" not in text


def test_records_of_older_forms_are_shown_with_what_they_have():
    rows = [{"scenario": "s", "model": "ridge", "metric": "skill", "value": 0.1}]
    text, _ = shown(Told((content({"metrics": rows}), record()), 2))
    assert "2 runs left a record" in text
    assert "s ridge Skill +0.100" in text


def test_whatever_a_name_or_message_holds_stays_text():
    evil = node(text=HOSTILE, state="failed", failure=HOSTILE)
    config = {HOSTILE: HOSTILE}
    metrics = [{"scenario": HOSTILE, "model": HOSTILE, "metric": "skill", "value": 0.1}]
    last = record(
        HOSTILE,
        who=HOSTILE,
        goals=[HOSTILE],
        commit=HOSTILE,
        outcome=HOSTILE,
        failures={HOSTILE: HOSTILE},
        steps=[{"name": HOSTILE, "state": "ran", "why": HOSTILE}],
        results={
            "config": config,
            "data": config,
            "metrics": metrics,
            "strategies": [{"strategy": HOSTILE, "score": 1.0}],
        },
    )
    alert = {
        "time": HOSTILE,
        "severity": HOSTILE,
        "message": HOSTILE,
        "owner": HOSTILE,
        "run": "x",
        "of": HOSTILE,
        "name": HOSTILE,
    }
    told = Told(
        (record("r1"), last),
        2,
        nodes={evil.name: evil},
        alerts=[alert],
        logs={evil.name: HOSTILE},
        config=HOSTILE,
        trouble=[HOSTILE],
    )
    text, reader = shown(told)
    assert "script" not in reader.tags
    assert "<script>alert(1)</script><!-- run: dag -->" in text
    assert not {"\x00", "\x1b", "\u202e"} & {*text}


def test_a_page_of_many_runs_and_steps_stays_bounded():
    nodes = {one.name: one for one in (node(model=f"m{number}") for number in range(2_100))}
    metrics = [
        {"scenario": "s", "model": f"m{n}", "metric": "skill", "value": 0.1} for n in range(99)
    ]
    keys = {f"key{number}": number for number in range(500)}
    runs = [record(f"r{n}", results={"metrics": metrics, "config": {}}) for n in range(100)]
    better = row(metric="skill", before=0.1, after=0.2, difference=0.1)
    runs[-1] = record(
        "last",
        failures=dict.fromkeys(nodes, "x" * 10_000),
        moved=moved("r98", counts={"model": {"better": 500}}, rows=500 * [better], confidence=0.9),
        results={"metrics": metrics, "config": keys},
    )
    html = index.filled(index._empty(), sections.fragments(Told(runs, 1_000, nodes=nodes)))
    assert len(html.encode()) < 3_000_000
    assert "And 440 more." in html
    assert "And 440 more: <code>make diff</code>." in html
    assert "And 100 more: <code>make status</code>" in html
    assert "1,000 runs left a record; here are the last 100" in html


def test_only_places_of_the_page_itself_are_filled():
    shell = "<head></head><!-- run: link dag --><!-- run: alerts --><!-- run: unknown -->"
    html = index.filled(shell, {"alerts": "<!-- run: dag -->", "dag": "filled"})
    assert html.endswith('<li><a href="#dag">The DAG</a></li><!-- run: dag -->')
    assert "filled" not in html
