"""Many short processes share a whole, and some are killed: never more is held, and all end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tidemark.files import shares

WHOLE = 1000
TAKER = """
import os, random, sys, time
from pathlib import Path
from tidemark.files.shares import Common, Share

folder, seed, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
draw = random.Random(seed)
log = os.open(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
for number in range(rounds):
    amount = draw.choice([draw.randrange(1, 300), draw.randrange(1, 300), draw.randrange(1, 1300)])
    share = Share(folder / "shares", int(sys.argv[4]), str(seed), Common("", 0))
    while not share.take(amount).taken:
        time.sleep(0.001)
    os.write(log, f"+ {os.getpid()} {amount}\\n".encode())
    time.sleep(draw.uniform(0, 0.004))
    os.write(log, f"- {os.getpid()} {amount}\\n".encode())
    share.give_back()
"""


def taker(folder: Path, seed: int, rounds: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", TAKER, str(folder), str(seed), str(rounds), str(WHOLE)]
    path = {**os.environ, "PYTHONPATH": str(Path(shares.__file__).parents[2])}
    return subprocess.Popen(command, env=path)


def most_held(lines: Sequence[str]) -> int:
    """The most that two or more held at a time, in a log of what was taken and given back."""
    held: dict[str, int] = {}
    most = 0
    for line in lines:
        sign, pid, *amount = line.split()
        if sign == "+":
            held[pid] = int(amount[0])
        else:
            held.pop(pid, None)
        if len(held) > 1:
            most = max(most, sum(held.values()))
    return most


def test_what_is_held_is_counted_right():
    assert most_held(["+ 1 900", "- 1 900", "+ 2 500"]) == 0
    assert most_held(["+ 1 900", "+ 2 50", "x 1", "+ 3 1", "- 2 50"]) == 950


def test_they_never_hold_more_than_the_whole_and_all_end(tmp_path, chance, long):
    number, rounds = (16, 150) if long else (5, 25)
    takers = [taker(tmp_path, seed, rounds) for seed in range(number)]
    killed = set()
    log = os.open(tmp_path / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for seed in range(8 if long else 1):
        time.sleep(chance.uniform(0.05, 0.4))
        victim = chance.choice([one for one in takers if one.pid not in killed])
        os.write(log, f"x {victim.pid}\n".encode())  # before, for the kernel is quick to unlock
        victim.send_signal(signal.SIGKILL)
        killed.add(victim.pid)
        takers.append(taker(tmp_path, 1000 + seed, rounds))
    os.close(log)
    for one in takers:
        one.wait(timeout=300)
    ended = [one.returncode for one in takers if one.pid not in killed]
    assert ended == [0] * len(ended)
    lines = (tmp_path / "log").read_text().splitlines()
    alone = [line for line in lines if line[0] == "+" and int(line.split()[2]) > WHOLE]
    together = most_held(lines)
    assert 0.7 * WHOLE < together <= WHOLE, "they held up to what there is, and no more"
    assert alone, "some needed more than there is"
    last = taker(tmp_path, 5, 1)
    assert last.wait(timeout=60) == 0
    assert [path.name for path in (tmp_path / "shares").iterdir()] == ["lock"]
