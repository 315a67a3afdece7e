"""The page `reports/page.html`: all results in one file that stands alone, the same bytes anywhere.

A section is a module and a template of its name in `sections/`: the module says what is asked of
the metrics database and how its rows are laid out, the template how they look. `contents` lists
them in order. Where the page has a comment such as `<!-- run: history -->`, what depends on the run
may be filled in later, into a copy.

Never: measures a number that it prints, because that is a row of a table first.
Never: refers to anything outside itself: styles, scripts and figures stand in the page.
Never: imports `harness`, `config`, `sources`, `pandas`, `matplotlib`.
"""
