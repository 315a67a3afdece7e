"""What Tidemark's steps share: the checkpoint harness and the domain code.

Importing the package does what must come before anything else is imported: it caps the threads of
numerical libraries, and in a step it starts to watch which project files Python loads, and lets
Ctrl-C end the process at once, without a traceback.
"""

import os
import signal
from pathlib import Path

from tidemark import code

ROOT = Path(__file__).resolve().parents[2]

# One thread a step: Make supplies the parallelism, and a sum split over another number of threads
# rounds differently, which would make results depend on -j.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

# A person's own matplotlibrc must not show in the figures.
os.environ["MPLCONFIGDIR"] = str(ROOT / ".venv" / "matplotlib")

if "TIDEMARK_LAUNCHED" in os.environ:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    code.watch(ROOT / "scripts")
