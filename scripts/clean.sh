#!/bin/sh
# Remove what the pipeline generated, as generated.txt lists it; keep the history, the results store, what people
# wrote, and results edited by hand. A folder in the project is emptied. A link may lead to a place where other things lie
# too: there, only files that are noted as the pipeline's are removed, and the link stays.
set -eu
listed() { sed -n "s/^$1 //p" "${0%clean.sh}generated.txt"; }
emptied=$(listed emptied) shared=$(listed noted) kept="$(listed kept) $(listed remembered)" bookkeeping=$(listed bookkeeping)
notes=artifacts/.producers

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
    for folder in $shared; do noted "$folder"; done
    for folder in $emptied; do
        if elsewhere "$folder"; then noted "$folder"; else inside "$folder"; fi
    done
    for path in $(listed shown); do rm -f "$path"; done
    [ ! -d logs ] || rm -f logs/*.log logs/*.log.[0-9] logs/alerts.jsonl*
    if elsewhere artifacts; then
        for path in $bookkeeping; do rm -rf "$path"; done
        rm -f artifacts/*.ok
    fi
}

# Remove all but README.md and what is kept; then the folder too, if nothing is left in it.
inside() {
    folder=$1
    if [ -d "$folder" ]; then
        set -- ! -name README.md
        for path in $kept; do
            [ "${path%/*}" != "$folder" ] || set -- "$@" ! -name "${path##*/}"
        done
        find "$folder" -mindepth 1 -maxdepth 1 "$@" -exec rm -rf {} +
        rmdir "$folder" 2>/dev/null || :
    else
        rm -f "$folder"
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
