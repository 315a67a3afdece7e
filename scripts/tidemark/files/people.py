"""Who works here, for what is kept with a name."""

import getpass
import subprocess
from functools import cache


@cache
def me() -> str:
    """The name in git's configuration, else that of the account, else `unknown`."""
    return _of_git() or _of_account() or "unknown"


def _of_git() -> str:
    command = ["git", "config", "user.name"]
    try:
        told = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.strip()


def _of_account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # containers give numbers to accounts, and no names
        return ""
