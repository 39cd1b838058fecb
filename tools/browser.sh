#!/bin/sh
# See to it that the browser tests have Debian's Chromium and a Japanese font.
# Only root can install them; without them the tests are skipped, or fail where CI=true.
set -eu
present() {
    command -v chromium >/dev/null || return 1
    command -v dpkg-query >/dev/null || return 0
    [ "$(dpkg-query -W -f='${db:Status-Status}' fonts-noto-cjk 2>/dev/null)" = installed ]
}

if present; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "For the browser tests, as root: apt-get install chromium fonts-noto-cjk"
    exit 0
fi
echo "Installing chromium and fonts-noto-cjk for the browser tests"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if { apt-get update && apt-get install -y --no-install-recommends chromium fonts-noto-cjk; } \
    </dev/null >"$log" 2>&1; then
    rm -f "$log"
elif [ "${CI:-}" = true ]; then
    tail -n 20 "$log" >&2
    exit 1
else
    echo "They could not be installed (see $log); the browser tests may be skipped"
fi
