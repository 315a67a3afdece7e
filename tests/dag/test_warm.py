"""Children of the warm interpreter behave like plain processes, and do not outlive make.

A `sleep` stands in for make: the interpreter belongs to that process, and ends with it.
"""

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from conftest import ROOT, Tree, clean_environment
from warm import LIBRARIES

import pytest

PROBE = """
import json, os, random, signal, sys
import numpy
print(json.dumps({
    "argv": sys.argv, "folder": os.getcwd(), "name": __name__, "file": __file__,
    "path": sys.path[0], "umask": os.umask(0), "word": os.environ.get("WORD"),
    "standard input": sys.stdin.read(), "terminate": str(signal.getsignal(signal.SIGTERM)),
    "descriptors": sorted(map(int, os.listdir("/proc/self/fd")))[:-1],
    "threads": len(os.listdir("/proc/self/task")),
    "main": sys.modules["__main__"].__dict__ is globals(),
    "buffered": sys.stdout.line_buffering, "group": os.getpgrp(),
}))
print("to standard error", file=sys.stderr)
"""
DRAWS = """
import json, random
import numpy
print(json.dumps([random.random(), numpy.random.random(), hash("word")]))
"""
WORK = """
import duckdb, numpy, pandas, pyarrow, pyarrow.compute, pyarrow.parquet, io
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingRegressor
x = numpy.random.default_rng(1).normal(size=(3000, 20))
assert numpy.linalg.svd(x @ x.T, compute_uv=False)[0] > 0
KMeans(3, n_init=1).fit(x)
HistGradientBoostingRegressor(max_iter=5).fit(x, x[:, 0])
frame = pandas.DataFrame(x)
buffer = io.BytesIO()
pyarrow.parquet.write_table(pyarrow.Table.from_pandas(frame), buffer)
assert pyarrow.parquet.read_table(buffer, use_threads=True).num_rows == 3000
assert duckdb.sql("select sum(range) from range(100000)").fetchall()[0][0] == 4999950000
print("worked")
"""
ENDINGS = {
    "zero": "pass",
    "seven": "import sys; sys.exit(7)",
    "words": "import sys; sys.exit('in words')",
    "error": "import sys; print('before'); raise ValueError('told')",
    "terminated": "import os; os.kill(os.getpid(), 15)",
    "killed": "import os; os.kill(os.getpid(), 9)",
    "interrupted": "import os, signal; os.kill(os.getpid(), 2); import time; time.sleep(9)",
    "unheard": "import sys; sys.stdout = open('/dev/full', 'w'); print('lost')",
    "background": "import threading, time\n"
    "threading.Thread(target=lambda: (time.sleep(0.3), print('late'))).start()",
}
BREAKS_OFF = """
import os, socket, struct
connection, _ = socket.socket(fileno=3).accept()
connection.recv(1)  # and leaves the rest: closing will be a reset
connection.sendall(struct.pack("!i", os.getpid()))
"""
SLEEP = "import os, time; print(os.getpid(), os.getppid(), flush=True); time.sleep(60)"


@dataclass
class Project:
    """A project of one script, and a process that stands in for make."""

    path: Path
    stand_in: subprocess.Popen[bytes] = field(
        default_factory=lambda: subprocess.Popen(["sleep", "600"])
    )

    @property
    def run(self) -> str:
        return f"{self.stand_in.pid}-1"

    def start(self, source: str, *options: str, warm: str = "1", **named) -> subprocess.Popen[str]:
        (self.path / "scripts/probe.py").write_text(source)
        environment = clean_environment({"WORD": "blue", "OPENBLAS_NUM_THREADS": "1"})
        environment |= {"TIDEMARK_WARM": warm, "TIDEMARK_RUN": self.run}
        command = [sys.executable, "-S", "scripts/launch/launch.py", "scripts/probe.py", *options]
        if warm == "0":
            command = [sys.executable, "scripts/probe.py", *options]
        return subprocess.Popen(
            command, cwd=self.path, env=environment, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **named,
        )  # fmt: skip

    def outcome(self, source: str, *options: str, warm: str = "1", **named) -> tuple[int, str, str]:
        process = self.start(source, *options, warm=warm, **named)
        out, err = process.communicate("typed", timeout=60)
        return process.returncode, out, err

    def server(self) -> int:
        """Process id of the warm interpreter."""
        return int(self.outcome("import os; print(os.getppid())")[1])


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Iterator[Project]:
    project = new_project(tmp_path_factory.mktemp("warm"))
    yield project
    project.stand_in.kill()
    project.stand_in.wait()


@pytest.fixture
def own_project(tmp_path) -> Iterator[Project]:
    project = new_project(tmp_path)
    yield project
    project.stand_in.kill()
    project.stand_in.wait()


def new_project(path: Path) -> Project:
    (path / "scripts/launch").mkdir(parents=True)
    for name in ("launch.py", "surroundings.py", "warm.py", "wire.py"):
        shutil.copy(ROOT / "scripts/launch" / name, path / "scripts/launch")
    return Project(path)


def soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_child_is_what_a_plain_process_would_be(project):
    warm, plain = (
        project.outcome(PROBE, "--scenario", "s", warm=warm, umask=0o027) for warm in ("1", "0")
    )
    assert (warm[0], warm[2]) == (plain[0], plain[2]) == (0, "to standard error\n")
    told = json.loads(warm[1])
    assert told == json.loads(plain[1])
    assert (told["word"], told["standard input"], told["umask"]) == ("blue", "typed", 0o027)
    assert told["argv"] == ["scripts/probe.py", "--scenario", "s"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_child_ends_as_a_plain_process_would(project, ending):
    warm, plain = (project.outcome(ENDINGS[ending], warm=warm) for warm in ("1", "0"))
    assert warm[:2] == plain[:2]
    if ending != "interrupted":  # no traceback at Ctrl-C, even before the step can prevent it
        assert warm[2].splitlines()[-1:] == plain[2].splitlines()[-1:]


def test_children_share_no_random_state_but_the_hash_seed(project):
    one, two = (json.loads(project.outcome(DRAWS)[1]) for _ in range(2))
    assert one[0] != two[0]
    assert one[1] != two[1]
    assert one[2] == two[2]


def test_a_child_knows_what_libraries_found_when_the_server_loaded_them(own_project):
    told = "import os; print(os.environ['OMP_NUM_THREADS'], os.environ['MKL_NUM_THREADS'])"
    assert own_project.outcome(told)[1] == "1 1\n"
    surroundings = own_project.path / "scripts/launch/surroundings.py"
    with surroundings.open("a") as file:
        file.write('VARIABLES["OMP_NUM_THREADS"] = "2"\n')
    assert own_project.outcome(told)[1] == "1 1\n"


@pytest.mark.long
def test_libraries_that_start_threads_work_in_a_child(project):
    assert project.outcome(WORK) == (0, "worked\n", "")


def test_the_server_has_one_thread_no_file_and_no_project_code(project):
    server = project.server()
    assert soon(lambda: "matplotlib" in Path(f"/proc/{server}/maps").read_text())
    assert len(list(Path(f"/proc/{server}/task").iterdir())) == 1
    open_files = [path.readlink().name for path in Path(f"/proc/{server}/fd").iterdir()]
    kinds = {name.partition(":")[0] for name in open_files}
    assert kinds <= {"null", f"{project.run}.log", "socket", "anon_inode", "[eventpoll]", "[pidfd]"}
    code = "import sys; print([n for n, m in sys.modules.items() if 'scripts/' in str(m)])"
    assert set(ast.literal_eval(project.outcome(code)[1])) <= {"__main__", "__mp_main__"}
    assert (project.path / "artifacts/.warm").stat().st_mode & 0o777 == 0o700


@pytest.mark.long
def test_the_memory_of_the_server_stays_flat(project, long):
    def resident() -> int:
        return int(Path(f"/proc/{server}/statm").read_text().split()[1])

    loaded = f"import sys; print(set({LIBRARIES}) <= sys.modules.keys())"
    assert soon(lambda: project.outcome(loaded)[1] == "True\n"), "libraries grow it, too"
    server = project.server()
    for _ in range(5):
        project.outcome("pass")
    before = resident()
    for _ in range(500 if long else 60):
        project.outcome("x = list(range(100_000))")
    assert resident() - before < 256, "pages of 4 KB; a kept request would be two pages a step"


def test_a_child_dies_with_its_client(project):
    process = project.start(SLEEP)
    child, server = map(int, process.stdout.readline().split())
    with process:
        process.kill()
        assert soon(lambda: not alive(child))
    assert alive(server)


def test_a_child_and_its_client_that_end_at_once_leave_the_server_alive(own_project):
    process = own_project.start(SLEEP)
    child, server = map(int, process.stdout.readline().split())
    os.kill(server, signal.SIGSTOP)  # so that it learns of both ends at once
    os.kill(child, signal.SIGKILL)
    assert soon(lambda: not alive(child))
    process.kill()
    process.communicate(timeout=10)
    os.kill(server, signal.SIGCONT)
    assert own_project.server() == server


def test_a_server_that_breaks_off_is_one_line(own_project):
    (own_project.path / "scripts/launch/warm.py").write_text(BREAKS_OFF)
    code, out, err = own_project.outcome("pass")
    assert (code, out) == (1, "")
    assert err.startswith("the warm interpreter died, see ")
    assert len(err.splitlines()) == 1


def test_children_and_server_end_with_make(own_project):
    processes = [own_project.start(SLEEP) for _ in range(2)]
    told = [list(map(int, process.stdout.readline().split())) for process in processes]
    assert len({server for _, server in told}) == 1
    own_project.stand_in.kill()
    own_project.stand_in.wait()
    assert soon(lambda: not any(alive(pid) for pids in told for pid in pids))
    for process in processes:
        assert "the warm interpreter died" in process.communicate(timeout=10)[1]
        assert process.returncode == 1
    assert {path.name for path in (own_project.path / "artifacts/.warm").iterdir()} == {"lock"}


def test_children_die_with_the_server_and_the_next_step_starts_another(own_project):
    process = own_project.start(SLEEP)
    child, server = map(int, process.stdout.readline().split())
    os.kill(server, signal.SIGKILL)
    process.communicate(timeout=10)
    assert process.returncode == 1
    assert soon(lambda: not alive(child))
    assert own_project.server() != server


def test_an_interrupt_from_the_terminal_ends_all(own_project):
    process = own_project.start(SLEEP, start_new_session=True)
    child, server = map(int, process.stdout.readline().split())
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == -signal.SIGINT
    assert soon(lambda: not alive(child))
    own_project.stand_in.kill()
    own_project.stand_in.wait()
    assert soon(lambda: not alive(server))


def test_where_it_cannot_be_steps_are_plain_processes_and_one_line_says_so(tree: Tree):
    (tree.path / "scripts/launch/warm.py").write_text("raise SystemExit('no such thing here')\n")
    shutil.rmtree(tree.path / "data/processed")
    outcome = tree.make("preprocess")
    assert outcome.code == 0, outcome.stderr
    assert len(outcome.ran) == 2
    assert outcome.stderr.count("steps run as plain processes") == 1


def test_a_library_with_a_thread_is_not_forked(own_project):
    path = own_project.path / "scripts/launch/warm.py"
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n"
    path.write_text(path.read_text().replace("import ctypes\n", f"import ctypes\n{thread}"))
    (own_project.path / "scripts/tidemark/harness").mkdir(parents=True)
    (own_project.path / "scripts/tidemark/harness/plain_process.py").write_text(
        "def run_plain(command):\n    print('plain')\n    return 3\n"
    )
    code, out, err = own_project.outcome("print('warm')")
    assert (code, out) == (3, "plain\n")
    assert err.count("steps run as plain processes") == 1
    log = (own_project.path / f"artifacts/.warm/{own_project.run}.log").read_text()
    assert "started 1 threads" in log


def test_a_step_that_has_nothing_to_do_starts_no_server(tree: Tree):
    (tree.path / "scripts/launch/warm.py").write_text("open('started', 'w')\n")
    assert tree.make("all").checked == set(), "warm.py is no part of a step"
    assert not (tree.path / "started").exists()
    (tree.path / "reports/reflection.md").unlink()
    assert tree.make("all").ran == {"reports"}
    assert (tree.path / "started").exists()


@pytest.mark.long
def test_a_warm_step_is_not_charged_for_the_libraries_it_shares(tree: Tree):
    def megabytes(**variables: str) -> float:
        (tree.path / "models/mean_impute_ridge.pkl").unlink()
        assert len(tree.make("train_models", **variables).ran) == 1
        record = json.loads(tree.text("artifacts/train_models_mean_impute_ridge.ok"))
        return record["peak_memory_bytes"] / 1e6

    assert 0 < megabytes() < megabytes(WARM="0") - 50


def test_a_prefix_starts_every_step_and_its_exit_code_counts(tree: Tree):
    job = tree.path / "job.sh"
    job.write_text('#!/bin/sh\necho "$TIDEMARK_WARM" "$@" >>jobs\nexec "$@"\n')
    job.chmod(0o755)
    shutil.rmtree(tree.path / "data/processed")
    assert tree.make("preprocess", "LAUNCH=./job.sh").code == 0
    jobs = tree.text("jobs").splitlines()
    assert len(jobs) == 2
    assert all(job.startswith("0 .venv/bin/python -S scripts/launch/launch.py") for job in jobs)
    tree.edit("config.yaml", "%Y-%m-%d", "%Y/%m/%d")
    outcome = tree.make("fetch_data", "LAUNCH=./job.sh")
    assert "fetch_data_prices.ok] Error 2" in outcome.stderr
