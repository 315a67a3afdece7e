"""What the configuration for Make is made of."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LOADED = """
import sys
sys.path[:0] = ["scripts", "scripts/launch"]
import configure
print(*(module.__file__ for name, module in sys.modules.items() if name.startswith("tidemark.")))
"""


def test_make_reads_the_configuration_anew_when_code_that_read_it_was_edited():
    """All but the faces of rooms, which hold no code, and the harness, which shapes no list."""
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    names = {str(Path(path).relative_to(ROOT / "scripts/tidemark")) for path in loaded}
    needed = {
        n for n in names if not n.startswith(("harness/", "project")) and n[-11:] != "__init__.py"
    }
    patterns = re.findall(
        r"patsubst %,\$\(CODE\)scripts/tidemark/%\.py,([^)]*)\)",
        (ROOT / "make/machinery.mk").read_text("utf-8"),
    )
    listed = {
        str(path.relative_to(ROOT / "scripts/tidemark"))
        for pattern in " ".join(patterns).split()
        for path in (ROOT / "scripts/tidemark").glob(f"{pattern}.py")
    }
    assert needed - listed == set()
    assert "layout/evaluate.py" in needed
