"""What depends on the run, shown: the sections of `reports/index.html` that `page.html` lacks.

`gathering` reads what runs left (records, checkpoints, alerts, logs) into a `Told`; everything else
is a pure function of it: what `changed` and why, which results `moved`, `history` as charts, the
DAG as a `flow`, all put in words by templates (`sections`), which escape whatever they are given.
`index` fills them into the page, or into an empty one if no run has come as far.

Never: writes anything but `reports/index.html`, or is read by a step.
Never: computes a figure: it shows those that runs recorded.
Never: imports `comparing`, `pandas`, `matplotlib`, `notebook`.
"""
