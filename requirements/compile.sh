#!/bin/sh
# Compile the pinned requirements from pyproject.toml; hashes, but no download addresses.
# Extras stay in the names: without them pip takes the newest `coverage[toml]` for one that is not pinned.
# Usage: requirements/compile.sh PYTHON
set -eu
compile() {
    out=$1
    shift
    "$python" -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
        --no-emit-index-url --no-header "$@" -o "requirements/$out" pyproject.toml
}
python=$1
compile base.txt
compile postgres-redis.txt --extra postgres-redis -c requirements/base.txt
compile dev.txt --extra postgres-redis --extra dev -c requirements/base.txt
