#!/bin/sh
# Bring .venv in line with a lock file: `environment.sh requirements.lock` creates it anew,
# `environment.sh requirements-dev.lock` adds the tools for tests and lint, -excel.lock what reads workbooks, -s3.lock what speaks to buckets.
set -eu
cd "${0%scripts/environment.sh}./"

fail() {
    echo "tidemark: $1. Cure: $2" >&2
    exit 2
}

lock=$1
case $lock in
*-*.lock) extra=${lock#*-} stamp=.venv/.${extra%.lock}-ok ;;
*) stamp=.venv/.ok ;;
esac

make_venv() {
    # The Pythons that pyproject.toml allows: `least` is the first, `below` the first that is too new.
    while read -r key _ value _; do
        case $key in requires-python) supported=${value#\"} supported=${supported%\"} ;; esac
    done <pyproject.toml
    least=${supported#>=} least=${least%,*} below=${supported#*<}
    pythons="Python $least to ${below%.*}.$((${below#*.} - 1))"
    case $(uname -sm) in
    "Darwin x86_64") fail "Numba, which backtests need, has no packages for Macs with Intel processors" "use a Mac with Apple silicon (in a shell that is not run by Rosetta), or Linux" ;;
    esac
    if command -v uv >/dev/null; then
        uv venv --quiet --seed --clear --python "$supported" .venv && return
        fail "uv found no $pythons" "install one, e.g. uv python install 3.12"
    fi
    python=${PYTHON3:-python3}
    command -v "$python" >/dev/null ||
        fail "python3 is not on PATH" "install $pythons"
    "$python" -c 'import sys; a, b = [tuple(map(int, v.split("."))) for v in sys.argv[1:]]; sys.exit(not a <= sys.version_info[:2] < b)' "$least" "$below" ||
        fail "$("$python" --version) is not one of $pythons, for which there are packages of all libraries" "install one of these, and set PYTHON3 to it if it is not python3"
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
if [ "$stamp" = .venv/.ok ]; then
    echo "setting up .venv from $lock (once; about a minute)"
    make_venv
else
    echo "adding what $lock names to .venv (once)"
fi
install || fail "the packages of $lock could not be installed" "see the lines above; is a package index reachable?"
name_scripts
if [ "$stamp" = .venv/.ok ]; then
    # Let Matplotlib build its list of fonts now, once, and not in the first steps that draw.
    MPLCONFIGDIR=.venv/matplotlib .venv/bin/python -c 'import matplotlib.font_manager' 2>/dev/null
    # Compile the engine's loops now, too, and not in the first backtest; it does so if this fails.
    why=$(TIDEMARK_PROJECT=$PWD .venv/bin/python -c 'from tidemark.backtest import engine; engine.compiled()' 2>&1) ||
        echo "tidemark: the first backtest will try to compile the engine once more. ${why##*"
"}" >&2
fi
cp "$lock" "$stamp"
