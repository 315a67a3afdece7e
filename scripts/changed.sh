#!/bin/sh
# Look quickly, with a few `find`s before every make, whether anything changed. `changed.sh CONFIG` prints
#   configure  if artifacts/config.mk is not what configure.py made of this configuration file,
#   verify     if a file changed since verify.py last looked at contents, if it never did, or if that cannot be told,
# and nothing if nothing changed. A check below means yes by printing anything, even an error message.
export LC_ALL=C
code=${0%scripts/changed.sh}
made=artifacts/config.mk stamp=artifacts/.verified looked=artifacts/.looked

existing() {
    for path; do
        [ ! -e "$path" ] && [ ! -L "$path" ] || echo "$path"
    done
}

stale() {
    cmp $made artifacts/.config.mk || rm -f $made
    find -L "$1" $(existing data/decisions) -path data/decisions/baselines -prune -o -cnewer $made ! -name .lock -print
    [ ! -L "$1" ] || find "$1" -cnewer $made
    find -L artifacts/.config $made \( -newercc $made -o -path $made -newermt now \) -print -quit
}

newer() {
    than=$1
    shift
    find "$@" -type l -cnewer "$than" -print -quit
    # what is told of runs when they are over is no input of a step
    find -L "$@" \( -path metrics/history -o -path reports/index.html \) -prune -o \
        -type f ! -name '.*' ! -name '*.pyc' -cnewer "$than" -print -quit
}

changed() {
    read -r last <$stamp && [ "$last" -le "$(date +%s)" ] || echo the clock went back
    find -L $stamp $looked -maxdepth 0 -newermt now  # files were dated ahead: nothing would be newer
    [ -d artifacts/.producers ] || echo gone
    find -L artifacts/.watched -maxdepth 0 -cnewer $stamp

    # A link may lead to another disk, so both the link and what it leads to count. verify.py sets the times
    # of files that steps write, and leaves no stamp if one of these changed while it looked.
    newer $stamp $(existing data/raw data/processed data/splits data/predictions data/scenarios data/backtests \
        features models metrics reports artifacts/.deps artifacts/.producers)
    find -L artifacts -maxdepth 1 -type f ! -name '.*' ! -name 'dag.*' -cnewer $stamp -print -quit

    # It leaves the times of other files alone, and these may change while it looks, so they are compared
    # with the time at which the look began. artifacts/.watched lists names that people chose, so the shell
    # must never read them as code.
    newer $looked $(existing "${code}scripts" schemas artifacts/.config)
    find -L "${code}.venv/bin/python" $(existing "$code".venv/lib/*/site-packages) -maxdepth 0 -cnewer $looked
    find -L $(existing schemas reports/templates reports/narrative) -cnewer $looked -print -quit
    xargs -0 sh -c '
        looked=$0
        find -L "$@" -maxdepth 1 \( -path "*/." -prune -o ! -type d \) -cnewer "$looked" -print -quit
        for path; do
            shift
            set -- "$@" "${path%/.}"
        done
        find "$@" -maxdepth 0 -type l -cnewer "$looked"' $looked <artifacts/.watched || echo failed
}

any() {
    [ -e "$1" ]
}

if [ $# -gt 0 ] && [ -n "$(stale "$1" 2>&1)" ]; then
    echo configure
elif [ ! -e $stamp ] || { { any artifacts/*.ok || any artifacts/.deps/*.d; } && [ -n "$(changed 2>&1)" ]; }; then
    echo verify
fi
