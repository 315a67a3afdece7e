#!/bin/sh
# Remove what the pipeline generated; keep the history, what people wrote, and results edited by hand.
# A folder in the project is emptied. A link may lead to a place where other things lie too: there, only
# files that are noted as the pipeline's are removed, and the link stays.
set -eu
generated="data/raw data/processed data/splits data/predictions data/scenarios data/backtests
    features models logs reports/figs"
notes=artifacts/.producers
bookkeeping=".clock .compiled .config .config.lock .config.mk .deps .failed .libraries .locks .looked
    .producers .promised .run .verified .warm .watched config.mk dag.svg dag.mmd"

# A link leads elsewhere even if its disk is not mounted.
elsewhere() {
    [ -L "$1" ] || { [ -d "$1" ] && [ "$(CDPATH='' cd -P "./$1" && pwd -P)" != "$(pwd -P)/$1" ]; }
}

noted() {
    [ ! -e "$notes/$1" ] || find "$notes/$1" -depth -print0 | xargs -0 sh -ec '
        for note; do
            path=./${note#"$0/"}
            if [ -d "$note" ]; then rmdir "$path" 2>/dev/null || :
            elif [ ! -d "$path" ]; then rm -f "$path"
            fi
        done' "$notes"
}

clean() {
    noted reports
    for folder in $generated; do
        if elsewhere "$folder"; then noted "$folder"; else inside "$folder"; fi
    done
    [ ! -d logs ] || rm -f logs/*.log logs/*.log.[0-9] logs/alerts.jsonl*
    if elsewhere metrics; then noted metrics; else
        inside metrics history
    fi
    if elsewhere artifacts; then
        noted artifacts
        for name in $bookkeeping; do rm -rf "artifacts/$name"; done
        rm -f artifacts/*.ok
    else
        inside artifacts edited_by_hand
    fi
}

# Remove all but README.md and the name given as $2; then the folder too, if nothing is left in it.
inside() {
    if [ -d "$1" ]; then
        find "$1" -mindepth 1 -maxdepth 1 ! -name README.md ! -name "${2-README.md}" -exec rm -rf {} +
        rmdir "$1" 2>/dev/null || :
    else
        rm -f "$1"
    fi
}

# A step of a make that was killed may still be writing, so a failed attempt is repeated. The first attempt
# is a process of its own, because `set -e` has no effect in a function that `||` follows.
if [ "${1-}" = once ]; then
    clean
    exit
fi
"$0" once 2>/dev/null || { sleep 3; clean; }
rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
find scripts tests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || :
