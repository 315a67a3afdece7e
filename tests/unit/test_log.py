import json
import subprocess
import sys
from pathlib import Path

from tidemark import log

ROOT = Path(__file__).resolve().parents[2]
WRITER = """
import sys; sys.path.insert(0, {scripts!r})
from pathlib import Path
from tidemark import log
log.ROTATE_BYTES = 20_000
log.KEPT = 50
for number in range(400):
    log.append(Path("logs/pipeline.log"), {{"writer": sys.argv[1], "number": number}})
"""


def test_no_line_is_lost_while_several_processes_append_and_rotate(tmp_path):
    program = WRITER.format(scripts=str(ROOT / "scripts"))
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(n)], cwd=tmp_path) for n in range(4)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    files = sorted((tmp_path / "logs").glob("pipeline.log*"))
    assert len(files) > 3
    records = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert len(records) == 1600
    assert len({(record["writer"], record["number"]) for record in records}) == 1600


def test_the_oldest_file_goes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(log, "ROTATE_BYTES", 50)
    monkeypatch.setattr(log, "KEPT", 2)
    for number in range(10):
        log.append(log.PIPELINE, {"message": f"a line of some length, number {number}"})
    kept = sorted(path.name for path in Path("logs").glob("pipeline*"))
    assert kept == ["pipeline.log", "pipeline.log.1", "pipeline.log.2"]
    assert '"number 9' not in Path("logs/pipeline.log.1").read_text()
    assert "number 9" in Path("logs/pipeline.log").read_text()
