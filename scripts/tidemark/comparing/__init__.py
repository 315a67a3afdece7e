"""Two runs side by side: which values changed, which results moved, and whether beyond chance.

`side` is what is known of a run, `comparison` what comes of two. Results that have figures by date
are paired on the dates that both runs have (`forecasts`, `strategies`) and tested together
(`testing`); `compare` puts it all together. `as_text`, `as_markdown` and `as_json` show it.

Never: reads or writes: imports `files`, `os`, `subprocess`, `duckdb`.
Never: imports `config`, `tables`, `harness`, `reporting`: it takes values, and knows no checkpoint.
"""
