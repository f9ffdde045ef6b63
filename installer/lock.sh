#!/bin/sh
# Make the hash-pinned locks anew; run by maintainers with uv on PATH. One lock serves Linux and Windows, x86-64 and arm64,
# Python 3.11 to 3.13. test.lock holds all; run.lock and county.lock are cut from it, so that versions agree.
set -eu
cd "$(dirname "$0")/.."
compile() {
    out=$1; shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header "$@" \
        pyproject.toml -o "installer/$out"
}
compile test.lock --upgrade --extra desk --extra ocr --extra county --extra s3 --extra dev
compile run.lock --extra desk --extra ocr --extra county -c installer/test.lock
compile county.lock --extra county --extra s3 -c installer/test.lock
