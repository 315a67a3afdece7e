#!/bin/sh
# One step as the one plain process that `make WARM=0` runs it in, with the same environment:
#     ./step.sh train_models --scenario mean_impute --model ridge
set -eu
step=$1
shift
export TIDEMARK_LAUNCHED="scripts/$step.py${1:+ $*}" TIDEMARK_STARTED_NS="$(date +%s%N)"
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
export JE_ARROW_MALLOC_CONF=background_thread:false MPLCONFIGDIR="$PWD/.venv/matplotlib"
exec .venv/bin/python "scripts/$step.py" "$@"
