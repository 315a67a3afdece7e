"""Who works here, for what is kept with a name."""

import getpass
import subprocess
from functools import cache


@cache
def me() -> str:
    """The name in git's configuration, else that of the account, else `unknown`."""
    try:
        asked = subprocess.run(
            ["git", "config", "user.name"], capture_output=True, text=True, check=False
        )
        return asked.stdout.strip() or getpass.getuser()
    except (OSError, KeyError, ValueError):
        return "unknown"
