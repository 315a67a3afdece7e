"""A user's files looked at, and a whole configuration proposed for them.

How they are written (`form`), what they mean (`meaning`), and what fits them (`proposal`), in this
order; each says what it concluded, from what and how sure it is (`conclusions`). Where two readings
are possible it asks. `links` names the files as a configuration can, and `page` is what people
read. What is proposed is read by `sources` before it is shown, so that nothing is promised that a
step would not do.

Never: guesses silently: what is not certain is a conclusion that says so, or a question.
Never: opens or writes a file, because its command does: imports `urllib`, `http`, `socket`.
"""
