#!/bin/sh
# List the Makefile's `## target: what it does` comments, and the names that config.yaml lists.
# Use plain awk, because help must work before there is an environment.
makefile=$1
for argument; do config=$argument; done
[ -e "$config" ] || { echo "tidemark: $config does not exist. Cure: CONFIG=config.yaml" >&2; exit 2; }

echo "usage: make TARGET [CONFIG=config.yaml]"
echo
awk '/^## / { sub(/^## /, ""); target = $0; sub(/:.*/, "", target); sub(/^[^:]*: /, ""); printf "  %-20s %s\n", target, $0 }' "$makefile"
echo
echo "Steps:"
sed -n 's,^include \$(CODE),,p' "$makefile" | while read -r branch; do
    sed -n 's/^STEPS += //p' "${makefile%Makefile}$branch"
done | tr ' ' '\n' | while read -r step; do
    [ -z "$step" ] || printf '  %-20s %s\n' "$step" "$(sed -n '1s/^"""//; 1s/"""$//; 1p' "${0%help.sh}$step.py")"
done
echo
awk '
    /^[^ #]/ { section = $1; indent = 0 }
    (section == "scenarios:" || section == "models:" || section == "strategies:") && /^ +[a-z]/ {
        match($0, /^ +/)
        if (!indent) indent = RLENGTH
        if (RLENGTH == indent) { name = $1; sub(/:.*/, "", name); names[section] = names[section] " " name }
    }
    section == "fetch_data:" && $1 == "path:" { sources = sources " " $2 }
    section == "split_data:" && $1 == "test_start:" { start = $2 }
    END {
        print "Configuration (" FILENAME "):"
        print "  scenarios " names["scenarios:"]
        print "  models    " names["models:"]
        print "  strategies" names["strategies:"]
        print "  sources   " sources
        print "  test from  " start
    }' "$config"
