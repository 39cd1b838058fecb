#!/bin/sh
# Write requirements*.txt from requirements*.in: newest versions that fit, with the hash of every file.
# One set of versions serves every supported Python.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check uv==0.13.9
for name in requirements requirements-dev; do
    "$scratch/venv/bin/uv" pip compile --quiet --upgrade --universal --python-version 3.11.2 \
        --fork-strategy fewest --generate-hashes --no-emit-index-url --no-emit-find-links \
        --custom-compile-command "make lock" "$name.in" -o "$name.txt"
done
