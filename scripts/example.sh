#!/bin/sh
# Makes evidence/example anew: one run of the built-in reference, with every report. Also writes the record's schema.
set -eu
cd "$(dirname "$0")/.."
SOR_GATE_WRITE_SCHEMA=1 cargo test --quiet --test evidence the_committed_schema >/dev/null
cargo build --quiet --release
gate=${CARGO_TARGET_DIR:-$PWD/target}/release/sor-gate
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
# Outside of the repository, so that the built-in reference is what is run; a plain environment holds no surprise.
(cd "$work" && env -i PATH="$PATH" HOME="$HOME" SOR_GATE_CACHE="$work/cache" \
    "$gate" run --seed 42 --out "$work/evidence")
rm -rf evidence/example
mkdir -p evidence/example
cp "$work"/evidence/latest/* evidence/example/
"$gate" verify evidence/example
