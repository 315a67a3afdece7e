"""Alerts to the people who can do something: by channels, which library `apprise` speaks to.

`settings` says who is told by which channels. `telling` sends an alert to those of one owner, each
cause at most once an hour (`hourly`), from a process of its own (`delivery`) that is killed if it
takes too long. What went wrong comes back as words that hold no address, since that is a secret.

Never: stops a run: whatever goes wrong is an answer, not an exception.
Never: asks the configuration or the clock, both of which it is given: imports `config`, `time`.
Never: knows steps and their logs: imports `harness`.
Never: loads what speaks to channels into a process that computes: imports `requests`.
"""
