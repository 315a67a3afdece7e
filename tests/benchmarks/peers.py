"""Tidemark beside DVC, Snakemake and doit: the same steps, sample and Python; writes RESULTS.md.

    .venv/bin/python tests/benchmarks/peers.py               3 cold runs, 3 edits, 5 no-ops a tool
    .venv/bin/python tests/benchmarks/peers.py --runs 1 1 1
    .venv/bin/python tests/benchmarks/peers.py --back 5      five returns to an earlier value a tool

Each tool has its own temporary copy of the work tree, over which its files in peers/ are laid, and
its own environment. Tools take turns within each round, so that a busy moment meets all alike. A
tool that runs other steps, or whose results differ in a single byte, ends the benchmark.
"""

import argparse
import hashlib
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, NoReturn

import jinja2
import worktree
import yaml
from worktree import ROOT

PEERS = Path(__file__).with_suffix("")
REPORT = Path(__file__).with_name("RESULTS.md")
RESULTS = ("data", "features", "models", "metrics", "reports")
RESULTS_IN_WORDS = ", ".join(f"`{top}/`" for top in RESULTS)
RIDGE = re.compile(r"(\n  ridge:\n    estimator: ridge\n    alpha: )[\d.]+")
DATE = re.compile(r"(: )(\d{4}-\d\d-\d\d)\b")
COLD, ONE_KEY, NO_OP = "cold run", "one key changed", "nothing to do"
BACK = "back to an earlier value"
AIMS = {COLD: 5, ONE_KEY: 5, NO_OP: 20, BACK: 5}  # times faster than each of AIMED_AT
AIMED_AT = dict.fromkeys((COLD, ONE_KEY, NO_OP), ("DVC", "Snakemake")) | {BACK: ("DVC",)}
KEPT_APART = ("metrics/history/", "reports/index.html")  # of runs, not of steps
BACK_HEADING = "\n## Going back to an earlier value\n"
BACK_TEXT = """\
{heading}
`models.ridge.alpha` goes from a value to one that it had before, by
`.venv/bin/python tests/benchmarks/peers.py --back {runs}` on {day}: medians of {runs} returns; in
brackets, how many times as long as Tidemark. What was computed before comes back from Tidemark's
results store, DVC's run cache and Snakemake's output cache (`--cache`).

{machine}

{table}

{aims}

No tool ran a step, and every tool ended in the bytes that it had computed for that value, {steps}
steps' outputs in {results}. One cold run, and two edits that computed both values, came before.

- Tidemark and DVC leave files of the project's own (DVC's are hard links into its cache);
  Snakemake leaves symbolic links into its cache.
- Tidemark reads each file that it brings back once, and compares its hash; DVC and Snakemake go by
  the name that they have in the cache.
- Figures are outputs of the peers' rules too, since they have to come back. Of Snakemake's rules,
  those that the edit affects are marked `cache: True`.

All runs, in seconds:

{all_runs}
"""
REPORT_TEXT = """\
# Tidemark beside other tools

The same step scripts, sample and Python under each tool, side by side in one run of
`.venv/bin/python tests/benchmarks/peers.py`. Medians of {runs[0]} cold runs, {runs[1]} edits and
{runs[2]} no-ops; in brackets, how many times as long as Tidemark.

{machine}

{table}

Aims, by the smaller ratio:

{aims}

Every tool ended in the same bytes in {results}, and ran
the same steps: all {all_steps} in a cold run, the same {edited_steps} after an edit of
`models.ridge.alpha`, none when there was nothing to do.

## How to read this

- Two steps run at a time; under DVC, whose `repro` has no parallel mode, one after the other.
- A peer runs a step as `WARM=0` does, as one Python process that loads its libraries. The step
  keeps Tidemark's books there too (checkpoint, hashes, flushes to disk): some milliseconds each.
- A peer watches what its rules list: a step's script, data and configuration keys. Tidemark also
  watches the modules that a script imports.
- Peers run as somebody who knows them would set them up, in `tests/benchmarks/peers/`: DVC without
  Git and analytics, with a cache of hard links and a YAML parser in C; Snakemake silent; doit with
  threads. DVC keeps earlier results in its cache and can bring them back; the others cannot.
- Dates in `config.yaml` are in quotes for all tools: DVC cannot store others as parameters.
- Environments are set up beforehand, file caches are warm, and earlier writes are on disk.
- What no tool can beat is the steps' own work, which `WORK.md` has: its share bounds every ratio.

## All runs, in seconds

{all_runs}
"""


@dataclass(frozen=True)
class Tool:
    """A command to time, and the packages that it needs; the first one names the tool."""

    label: str
    command: str
    packages: tuple[str, ...] = ()
    files: str = ""  # its folder in peers/, if not that of its label

    @property
    def title(self) -> str:
        version = self.packages[0].partition("==")[2] if self.packages else ""
        return f"{self.label} {version}".strip()

    @property
    def folder(self) -> str:
        return self.files or re.sub(r"\W+", "-", self.label.lower()).strip("-")


TIDEMARK = Tool("Tidemark", "make -j2 all")
TOOLS = (
    TIDEMARK,
    Tool("Tidemark, `WARM=0`", "make -j2 all WARM=0"),
    Tool(
        "DVC",
        "dvc repro --quiet",
        ("dvc==3.67.1", "ruamel.yaml==0.19.1", "ruamel.yaml.clib==0.2.15"),
    ),
    Tool("Snakemake", "snakemake --cores 2 --quiet all", ("snakemake==9.27.1",)),
    Tool("doit", "doit -n 2 -P thread", ("doit==0.37.0", "pyyaml==6.0.3")),
)
DVC, SNAKEMAKE = TOOLS[2:4]
CACHING = replace(SNAKEMAKE, command=f"{SNAKEMAKE.command} --cache", files="snakemake")
RESTORING = (TIDEMARK, DVC, CACHING)  # the tools that can bring back what they computed


@dataclass
class Tree:
    """A tool's copy of the project, in which nothing has run yet."""

    tool: Tool
    folder: Path
    environment: Mapping[str, str]
    steps_known: int = field(default=0, init=False)

    def timed(self) -> float:
        """Seconds that the tool's command takes; it must succeed."""
        os.sync()
        began = time.perf_counter()
        done = subprocess.run(
            shlex.split(self.tool.command), cwd=self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        seconds = time.perf_counter() - began
        if done.returncode:
            fail(f"{self.tool.command} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return seconds

    def steps(self) -> list[str]:
        """The steps done since the last look, e.g. `plots_mean_impute_ridge`, sorted."""
        log = self.folder / "logs/pipeline.log"
        messages = [json.loads(line)["message"] for line in log.read_text("utf-8").splitlines()]
        done = [text.split()[0] for text in messages if " done in " in text]
        new, self.steps_known = done[self.steps_known :], len(done)
        return sorted(new)

    def results(self) -> dict[str, str]:
        """SHA-256 of every result."""
        files = [path for top in RESULTS for path in (self.folder / top).rglob("*")]
        return {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(files)
            if path.is_file() and not str(path.relative_to(self.folder)).startswith(KEPT_APART)
        }

    def set_alpha(self, alpha: float) -> None:
        """Edit the one key that the benchmark changes."""
        path = self.folder / "config.yaml"
        text, edits = RIDGE.subn(rf"\g<1>{alpha}", path.read_text("utf-8"))
        if edits != 1:
            fail("config.yaml has no models.ridge.alpha to edit")
        path.write_text(text, "utf-8")


class Bench:
    """Everything below one temporary folder: the project as it was at the start, and the copies."""

    def __init__(self, folder: Path, tools: Sequence[Tool]) -> None:
        self.folder = folder
        self.tools = tools
        self.project = folder / "project"
        worktree.copy_to(self.project)
        _quote_dates(self.project / "config.yaml")
        config = yaml.safe_load((self.project / "config.yaml").read_bytes())
        scenarios, models = len(config["scenarios"]), len(config["models"])
        sources = 2 + len(config["fetch_data"]["economic"])
        single = 8 + 2 * sources + len(config["strategies"])
        self.expected = {
            COLD: single + 3 * scenarios + 3 * scenarios * models,
            ONE_KEY: 3 + 3 * scenarios,
            NO_OP: 0,
            BACK: 0,
        }
        self.trees: dict[Tool, Tree] = {}
        for tool in filter(lambda tool: tool.packages, tools):
            print(f"installing {tool.title}", flush=True)
            _install(self._environment(tool), tool.packages)

    def _environment(self, tool: Tool) -> Path:
        return self.folder / "environments" / tool.folder

    def plant(self, tool: Tool) -> None:
        """A fresh copy of the project for the tool, with the tool's own files in it."""
        copy = self.folder / "copies" / tool.folder
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.project, copy, symlinks=True)
        if tool.packages:
            shutil.copy2(PEERS / "step.sh", copy)
            shutil.copytree(PEERS / tool.folder, copy, dirs_exist_ok=True)
        config = yaml.safe_load((copy / "config.yaml").read_bytes())
        figures = self._figures(config) if tool.packages else {}
        (copy / "figures.json").write_text(json.dumps(figures), "utf-8")
        for template in copy.glob("*.j2"):
            text = jinja2.Template(template.read_text("utf-8")).render(
                config=config, figures=figures
            )
            template.with_suffix("").write_text(text, "utf-8")
        self.trees[tool] = Tree(tool, copy, self._variables(tool))

    def _figures(self, config: Mapping[str, Any]) -> dict[str, list[str]]:
        """By scenario and model, the figures that Tidemark, which starts, has drawn of it."""
        ran = self.trees[TIDEMARK].folder
        return {
            f"{scenario}_{model}": [
                figure["file"]
                for figure in json.loads(
                    (ran / f"artifacts/{scenario}_{model}_figures.json").read_text("utf-8")
                )
                if not figure["missing"]
            ]
            for scenario in config["scenarios"]
            for model in config["models"]
        }

    def _variables(self, tool: Tool) -> dict[str, str]:
        """The same environment for all tools, without what this machine's user has set."""
        dropped = ("DVC", "MAKE", "MFLAGS", "PYTHON", "SNAKEMAKE", "STORE", "TIDEMARK", "XDG")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        path = f"{self._environment(tool)}/bin:{kept['PATH']}"
        places = {"DVC_SITE_CACHE_DIR": "dvc", "SNAKEMAKE_OUTPUT_CACHE": "snakemake"}
        for place in places.values():
            (home / place).mkdir(exist_ok=True)
        named = {name: f"{home}/{place}" for name, place in places.items()}
        off = {"STORE": "off"} if tool.packages else {}  # a peer brings back what it kept itself
        return kept | named | off | {"HOME": str(home), "PATH": path}

    def rounds(
        self,
        measure: str,
        runs: int,
        prepare: Callable[[Tool, int], object],
        look: Callable[[int], object] = lambda _: None,
    ) -> "Times":
        """Seconds of each run, by tool; the tool that starts changes from round to round.

        `prepare` comes before each run, and `look` after each round; both get its number.
        """
        seconds: Times = {tool: [] for tool in self.tools}
        for number in range(runs):
            first = number % len(self.tools)
            for tool in (*self.tools[first:], *self.tools[:first]):
                prepare(tool, number)
                seconds[tool].append(self.trees[tool].timed())
                told = f"{measure} {number + 1}/{runs}: {tool.title} {_shown(seconds[tool][-1])} s"
                print(told, flush=True)
            self._must_agree(measure)
            look(number)
        return seconds

    def _must_agree(self, measure: str) -> None:
        """End the benchmark unless every tool ran the same steps, with the same bytes."""
        steps = {tool: tree.steps() for tool, tree in self.trees.items()}
        results = {tool: tree.results() for tool, tree in self.trees.items()}
        count = self.expected[measure]
        for tool in self.tools:
            odd = sorted(set(steps[tool]) ^ set(steps[TIDEMARK]))
            if odd or len(steps[tool]) != count:
                told = f"{len(steps[tool])} steps instead of {count}; not under both: {odd}"
                fail(f"{measure}: {tool.title} ran {told}")
            both = results[tool].items() ^ results[TIDEMARK].items()
            if both:
                odd = sorted({path for path, _ in both})
                fail(f"{measure}: {tool.title} and Tidemark differ in {len(odd)} files: {odd[:5]}")


Times = dict[Tool, list[float]]


def fail(why: str) -> NoReturn:
    """End the benchmark, because its figures would compare different things."""
    sys.exit(f"peers.py: {why}")


def _quote_dates(config: Path) -> None:
    """Quote dates in the configuration, because DVC can store them as parameters only so."""
    config.write_text(DATE.sub(r'\1"\2"', config.read_text("utf-8")), "utf-8")


def _install(environment: Path, packages: tuple[str, ...]) -> None:
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip = [environment / "bin/python", "-m", "pip", "install", "--disable-pip-version-check"]
    subprocess.run([*pip, "-qq", *packages], check=True)


def measure_returns(bench: Bench, runs: int) -> Times:
    """Time returns to one of two values, after a cold run and an edit to each of them."""
    alphas = (100.0, 200.0)
    computed: dict[tuple[Tool, int], Mapping[str, str]] = {}

    def edit(tool: Tool, number: int) -> None:
        bench.trees[tool].set_alpha(alphas[number % len(alphas)])

    def note(number: int) -> None:
        computed.update({(tool, number): tree.results() for tool, tree in bench.trees.items()})

    def compare(number: int) -> None:
        for tool, tree in bench.trees.items():
            if tree.results() != computed[tool, number % len(alphas)]:
                fail(f"{BACK}: {tool.title} did not bring back what it had computed")

    bench.rounds(COLD, 1, lambda tool, _: bench.plant(tool))
    bench.rounds(ONE_KEY, len(alphas), edit, note)
    return bench.rounds(BACK, runs, edit, compare)


def measure_all(bench: Bench, runs: Mapping[str, int]) -> dict[str, Times]:
    """Time cold runs in fresh copies, and then edits and no-ops in the last of these."""

    def edit(tool: Tool, number: int) -> None:
        bench.trees[tool].set_alpha(100.0 * (number + 1))

    return {
        COLD: bench.rounds(COLD, runs[COLD], lambda tool, _: bench.plant(tool)),
        ONE_KEY: bench.rounds(ONE_KEY, runs[ONE_KEY], edit),
        NO_OP: bench.rounds(NO_OP, runs[NO_OP], lambda *_: None),
    }


def table(times: Mapping[str, Times], expected: Mapping[str, int]) -> str:
    """Markdown with a row for each tool and a column for each measure: medians and ratios."""
    heads = [f"{name}, {expected[name]} steps" for name in times]
    lines = [f"| | {' | '.join(heads)} |", f"|---|{'---:|' * len(heads)}"]
    for tool in tools_of(times):
        cells = [_cell(found, tool) for found in times.values()]
        lines.append(f"| {tool.title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def tools_of(times: Mapping[str, Times]) -> list[Tool]:
    """The tools that were measured, in their order."""
    return list(next(iter(times.values())))


def _shown(seconds: float) -> str:
    return f"{seconds:.{2 if seconds >= 1 else 3}f}"


def _cell(found: Times, tool: Tool) -> str:
    ratio = "" if tool == TIDEMARK else f" (x {_ratio(found, tool):.1f})"
    return f"{_shown(median(found[tool]))} s{ratio}"


def _ratio(found: Times, tool: Tool) -> float:
    return median(found[tool]) / median(found[TIDEMARK])


def aims(times: Mapping[str, Times]) -> str:
    """A line for each aim: whether it is met, by the worse of the two ratios."""
    lines = []
    for name, found in times.items():
        aim, peers = AIMS[name], AIMED_AT[name]
        least = min(_ratio(found, tool) for tool in found if tool.label in peers)
        verdict = "met" if least >= aim else "missed"
        lines.append(f"- {name}: at least {aim} times faster than {' and '.join(peers)}: ")
        lines[-1] += f"{verdict} (x {least:.1f})"
    return "\n".join(lines)


def all_runs(times: Mapping[str, Times]) -> str:
    """Every figure, in the order in which they were taken."""
    lines = [f"| | {' | '.join(times)} |", f"|---|{'---|' * len(times)}"]
    for tool in tools_of(times):
        cells = [" ".join(map(_shown, found[tool])) for found in times.values()]
        lines.append(f"| {tool.title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def machine() -> str:
    """Processor, versions, and how busy the machine was at the start."""
    make = subprocess.run(["make", "--version"], capture_output=True, text=True, check=True).stdout
    command = ["git", "describe", "--always", "--dirty"]
    commit = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return (
        f"{os.cpu_count()} cores ({_processor()}, {platform.system()}), load"
        f" {os.getloadavg()[0]:.1f} at the start; {make.splitlines()[0]}, Python"
        f" {platform.python_version()}, Tidemark at {commit.strip()}."
    )


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def main() -> None:
    """Measure, print the tables, and keep them in RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--runs", nargs=3, type=int, default=(3, 3, 5), metavar=("COLD", "EDIT", "NO-OP"),
        help="how often each is measured; default: 3 3 5",
    )  # fmt: skip
    parser.add_argument("--back", type=int, metavar="RETURNS", help="measure returns alone")
    options = parser.parse_args()
    stamp = ROOT / ".venv/.ok"
    if not stamp.exists() or stamp.read_bytes() != (ROOT / "requirements.lock").read_bytes():
        fail(".venv is not of requirements.lock. Cure: make .venv/.dev-ok")
    before, _, returns = REPORT.read_text("utf-8").partition(BACK_HEADING)
    with tempfile.TemporaryDirectory(prefix="tidemark-peers-") as folder:
        if options.back:
            text = before + _returns(Path(folder), options.back)
        else:
            text = _all(Path(folder), options.runs) + (BACK_HEADING + returns if returns else "")
    REPORT.write_text(text, "utf-8")
    print(text)


def _all(folder: Path, counts: Sequence[int]) -> str:
    runs = dict(zip((COLD, ONE_KEY, NO_OP), counts, strict=True))
    about = machine()
    bench = Bench(folder, TOOLS)
    times = measure_all(bench, runs)
    return REPORT_TEXT.format(
        machine=about, table=table(times, bench.expected), aims=aims(times),
        all_runs=all_runs(times), results=RESULTS_IN_WORDS, runs=list(runs.values()),
        all_steps=bench.expected[COLD], edited_steps=bench.expected[ONE_KEY],
    )  # fmt: skip


def _returns(folder: Path, runs: int) -> str:
    about = machine()
    bench = Bench(folder, RESTORING)
    times = {BACK: measure_returns(bench, runs)}
    return BACK_TEXT.format(
        heading=BACK_HEADING, day=date.today().isoformat(), runs=runs, machine=about,
        table=table(times, bench.expected), aims=aims(times), all_runs=all_runs(times),
        results=RESULTS_IN_WORDS, steps=bench.expected[ONE_KEY],
    )  # fmt: skip


if __name__ == "__main__":
    main()
