#!/bin/sh
# Bring .venv in line with a lock file: `environment.sh requirements.lock` creates it anew,
# `environment.sh requirements-dev.lock` adds the tools for tests and lint.
set -eu
cd "${0%scripts/environment.sh}./"

fail() {
    echo "tidemark: $1. Cure: $2" >&2
    exit 2
}

lock=$1
case $lock in
*-dev.lock) stamp=.venv/.dev-ok ;;
*) stamp=.venv/.ok ;;
esac

make_venv() {
    if command -v uv >/dev/null; then
        uv venv --quiet --seed --clear --python '>=3.11' .venv && return
        fail "uv found no Python 3.11 or newer" "install one, e.g. uv python install 3.12"
    fi
    python=${PYTHON3:-python3}
    command -v "$python" >/dev/null ||
        fail "python3 is not on PATH" "install Python 3.11 or newer"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$("$python" --version) is too old" "install Python 3.11 or newer, and set PYTHON3 to it if it is not python3"
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$python has no venv module" "install it (Debian, Ubuntu: apt install python3-venv)"
    rm -rf .venv
    "$python" -m venv .venv
}

install() {
    if command -v uv >/dev/null; then
        uv pip install --quiet --compile-bytecode --python .venv/bin/python --require-hashes -r "$lock"
    else
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
    fi
}

# Let scripts find the package even where PYTHONSAFEPATH takes their own folder off the path.
name_scripts() {
    for site in .venv/lib/python*/site-packages; do
        echo ../../../../scripts >"$site/tidemark.pth"
    done
}

# Contents decide here too: a lock file that only looks newer (after a checkout or a touch) is installed.
if cmp -s "$lock" "$stamp"; then
    name_scripts
    touch "$stamp"
    exit
fi
echo "setting up .venv from $lock (once; about a minute)"
[ "$stamp" = .venv/.dev-ok ] || make_venv
install || fail "the packages of $lock could not be installed" "see the lines above; is a package index reachable?"
name_scripts
# Let Matplotlib build its list of fonts now, once, and not in the first steps that draw.
MPLCONFIGDIR=.venv/matplotlib .venv/bin/python -c 'import matplotlib.font_manager' 2>/dev/null
# Compile the engine's loops now, too, and not in the first backtest; it does so if this fails.
TIDEMARK_PROJECT=$PWD .venv/bin/python -c 'from tidemark.backtest import engine; engine.compiled()' 2>/dev/null || :
cp "$lock" "$stamp"
