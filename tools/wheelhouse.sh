#!/bin/sh
# Fill wheelhouse/ with every package that an interpreter needs, for a place with no network.
# PYTHON chooses it; without it, the one of .venv, or else python3. Run it once for each version
# of Python in use there. DEV=1 adds what the tests need.
set -eu
cd "$(dirname "$0")/.."
current=$(.venv/bin/python -c 'import sys; print(sys._base_executable)' 2>/dev/null || true)
python=${PYTHON:-${current:-python3}}
files="-r requirements.txt"
[ -z "${DEV:-}" ] || files="$files -r requirements-dev.txt"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$python" -m venv "$scratch/venv"
# Hashes are checked here and once more when .venv is made.
# shellcheck disable=SC2086
"$scratch/venv/bin/python" -m pip download --quiet --quiet --disable-pip-version-check \
    --require-hashes --no-deps --only-binary :all: --dest "$scratch/wheels" $files
mkdir -p wheelhouse
mv "$scratch"/wheels/* wheelhouse/
echo "wheelhouse/ has $(ls wheelhouse | wc -l) packages, $(du -sh wheelhouse | cut -f1)"
