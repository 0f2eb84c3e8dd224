#!/bin/sh
# What the tests need beside Python: a Chromium, PostgreSQL's server programs and Redis.
# As root on Debian or Ubuntu the missing ones are installed by package name; elsewhere their names are told.
set -eu

missing() {
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || echo chromium
    command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo postgresql
    command -v redis-server >/dev/null || echo redis-server
}

wanted=$(missing | tr '\n' ' ')
[ -n "$wanted" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing for the tests: $wanted"
    log=$(mktemp)
    # shellcheck disable=SC2086 -- the names are separate words
    if { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $wanted; } >"$log" 2>&1; then
        rm -f "$log"
        exit 0
    fi
    tail -n 20 "$log" >&2
    echo "The packages could not be installed: $wanted" >&2
else
    echo "The tests need programs that are not here: $wanted" >&2
    echo "  Debian, Ubuntu:  sudo apt install $wanted" >&2
    echo "  macOS:           brew install postgresql redis, and Chromium or Chrome" >&2
fi
# In CI nothing may be left out; elsewhere the tests that need them say so and are left out.
[ "${CI:-}" != true ] || exit 1
