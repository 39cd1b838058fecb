#!/bin/sh
# Make .venv from the hashed requirements, unless it is already the one they ask for.
#   tools/venv.sh        what the product runs on
#   tools/venv.sh dev    and what the tests and checks need
# PYTHON chooses the interpreter; without it, the one of .venv stays, or else it is python3.
# If wheelhouse/ exists, packages come from it alone.
set -eu
cd "$(dirname "$0")/.."
current=$(.venv/bin/python -c 'import sys; print(sys._base_executable)' 2>/dev/null || true)
python=${PYTHON:-${current:-python3}}

stop() {
    echo "$*" >&2
    exit 1
}

command -v "$python" >/dev/null || stop "There is no $python here. Choose another with PYTHON=python3.11"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11, 2))' ||
    stop "$python is $("$python" --version 2>&1), but Python 3.11.2 or newer is needed."

# The key of what is installed: the interpreter, and the requirements to the letter.
key() {
    "$python" -c '
import hashlib, os, sys
print(os.path.realpath(sys._base_executable), sys.version.split()[0],
      hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"
}

installed() {
    [ "$(cat ".venv/$1.installed" 2>/dev/null)" = "$(key "$1")" ]
}

install() {
    set -- "$1" --quiet --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all:
    if [ -d wheelhouse ] && { [ "$1" = requirements.txt ] || ls wheelhouse/pytest-*.whl >/dev/null 2>&1; }; then
        set -- "$@" --no-index --find-links wheelhouse
        reason="wheelhouse/ lacks packages for $("$python" --version). Fill it where there is a network:
make wheelhouse PYTHON=$python DEV=1. Or remove it."
    else
        reason="The packages could not be installed. With no network, bring a wheelhouse/ folder: see README.md."
    fi
    file=$1
    shift
    .venv/bin/python -m pip install "$@" -r "$file" || stop "$reason"
    key "$file" >".venv/$file.installed"
}

if ! installed requirements.txt; then
    echo "Installing the packages into .venv ($("$python" --version)): about a minute"
    rm -rf .venv
    "$python" -m venv .venv || stop "The virtual environment could not be made. On Debian: apt install python3-venv"
    install requirements.txt
fi
if [ "${1:-}" = dev ] && ! installed requirements-dev.txt; then
    echo "Installing what the tests need into .venv"
    install requirements-dev.txt
fi
