#!/bin/sh
# Say, once and when all goals are done, what ran: `summary.sh GOAL STEPS`, where the goal has so many steps.
# When nothing had to run, Python is not started to say so.
goal=$1 steps=$2 report=reports/model_communication_report.md
if [ -e "artifacts/.run/$TIDEMARK_RUN.jsonl" ]; then
    trap '' INT # no traceback of an interpreter that starts; the script's first lines heed it again
    exec "${0%scripts/summary.sh}.venv/bin/python" -S "${0%summary.sh}commands/summary.py"
fi
[ ! -e $report ] || seen=" Report: $report"
if [ "$steps" = 1 ]; then all="its step is"; else all="all $steps steps are"; fi
echo "$goal: $all fresh; nothing to do.$seen"
