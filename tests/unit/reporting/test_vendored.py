import hashlib
import re
from pathlib import Path

VENDORED = Path(__file__).parents[3] / "scripts/tidemark/reporting/page/assets/uplot"
NOTE = (VENDORED / "README.md").read_text("utf-8")


def test_what_others_wrote_is_unchanged():
    listed = dict(re.findall(r"^\| `([\w.]+)` \| `([0-9a-f]{64})` \|$", NOTE, re.M))
    files = {file.name: file.read_bytes() for file in VENDORED.iterdir()}
    del files["README.md"]
    assert {name: hashlib.sha256(data).hexdigest() for name, data in files.items()} == listed


def test_the_note_names_the_version_that_is_there():
    (version,) = re.findall(r"^# uPlot ([\d.]+)$", NOTE, re.M)
    assert f"uPlot (v{version})" in (VENDORED / "uPlot.iife.min.js").read_text("utf-8")[:100]
