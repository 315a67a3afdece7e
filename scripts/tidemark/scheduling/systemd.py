"""A timer and a service of systemd for each entry, as units of the user.

Form: systemd.timer(5), systemd.service(5), systemd.unit(5) and systemd.time(7) (manual pages of
systemd 252, read on 2026-11-30): `OnCalendar` may name a zone, `Persistent` starts what was missed
while the machine was off; `%` is doubled everywhere, `$` in arguments; `systemd-analyze verify`
reads the result in tests.
"""

from tidemark.scheduling.timetable import Entry, Timetable

FOLDER = "~/.config/systemd/user"


def files(table: Timetable) -> dict[str, str]:
    """The units by the names of their files."""
    return {
        name: text
        for entry in table.entries
        for name, text in (
            (f"{entry.name}.service", _service(table, entry)),
            (f"{entry.name}.timer", _timer(table, entry)),
        )
    }


def _service(table: Timetable, entry: Entry) -> str:
    program, *arguments = entry.command
    words = [_quoted(program), *(_quoted(word.replace("$", "$$")) for word in arguments)]
    return f"""[Unit]
Description=Tidemark: {_doubled(entry.name)}

[Service]
Type=oneshot
WorkingDirectory={_doubled(str(table.folder))}
ExecStart={" ".join(words)}
"""


def _timer(table: Timetable, entry: Entry) -> str:
    zone = f" {table.zone}" if table.zone else ""
    return f"""[Unit]
Description=Tidemark: {_doubled(entry.name)}

[Timer]
OnCalendar=*-*-* {entry.at:%H:%M}:00{zone}
Persistent=true

[Install]
WantedBy=timers.target
"""


def _doubled(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(word: str) -> str:
    escaped = _doubled(word).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def about(table: Timetable, make: str) -> list[str]:
    """How to install the units, and how to remove them."""
    timers = " ".join(f"{entry.name}.timer" for entry in table.entries)
    return [
        f"install: {make} FORMAT=systemd WRITE={FOLDER} && systemctl --user daemon-reload &&"
        f" systemctl --user enable --now {timers}",
        f"remove:  systemctl --user disable --now {timers}; rm {FOLDER}/{table.name}*",
        "logged out: loginctl enable-linger lets timers of a user who is not logged in run",
        f"output:  journalctl --user -u {table.entries[0].name}",
    ]
