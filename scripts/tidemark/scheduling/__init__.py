"""When the daily run starts, and for which sessions.

`timetable` says what starts when; `crontab`, `systemd` and `launchd` write that down in the form of
each. The clock of a scheduler only wakes `make daily`, which asks
`sessions` what is to be done, and `done` what was.

Never: installs anything, starts a process, or asks for the time: imports `subprocess`, `time`.
Never: knows steps, the configuration or Make: imports `harness`, `config`.
"""
