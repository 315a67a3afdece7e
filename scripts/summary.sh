#!/bin/sh
# Say what ran, once, when all goals are done: `summary.sh GOAL STEPS PAGE INDEX`, for a goal with so many steps.
# If nothing had to run, say so without starting Python.
goal=$1 steps=$2 page=$3 index=$4
if [ -e "artifacts/.run/$TIDEMARK_RUN.jsonl" ]; then
    trap '' INT # no traceback while the interpreter starts; the script's first lines heed Ctrl-C again
    exec "${0%scripts/summary.sh}.venv/bin/python" -S "${0%summary.sh}commands/summary.py" "$page" "$index"
fi
[ ! -e $index ] || page=$index
[ ! -e $page ] || seen=" Report: $page"
if [ "$steps" = 1 ]; then all="its step is"; else all="all $steps steps are"; fi
echo "$goal: $all fresh; nothing to do.$seen"
