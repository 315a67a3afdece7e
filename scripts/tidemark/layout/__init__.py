"""The files that steps write, each named once: one module a step, from which its readers know them.

Braces stand for names: `TRAIN.format(scenario="mean_impute")`. There is a module for each step
because a step must run again only if a name changed that it uses. The Makefiles list the same
files by hand, since they are the map of the DAG, but for those in metrics/assessment/, which come
from the declarations of tables; tests/dag/test_layout.py holds the two together.

Never: reads, writes or lists a file.
Never: imports any other room.
"""
