"""Work in processes of its own: other people's code, locked in, and the step's own, timed.

A step that tries other people's code opens a *nursery* (`nursery`) before it reads anything: a fork
of itself that holds no data. From the nursery come fresh processes, a few milliseconds each. Such a
process locks itself in (`confinement`), does the work that the nursery was made for, and talks to
the step over a *channel* (`channel`): plain JSON and raw numbers, so nothing that it sends can run
anything.

    apart = Nursery(work)          # work(channel) is what each fresh process does
    with apart:                    # forks: from here on the step may read
        with apart.fresh() as channel:
            channel.send({"ask": "double"}, values)
            answer = channel.receive()

What comes back may be wrong, but cannot be known from elsewhere. Errors come back as they were
raised (`errors_across`), and a process that ends or falls silent is an InputError, never a wait.

A step's own work that may not end runs in a fork of the step, which a clock watches (`timed`).

Never: imports any other room.
"""
