#!/bin/sh
# Fuzzes one target: run.sh TARGET SECONDS. What it finds stays in fuzz/artifacts/TARGET; inputs that reach new code go to
# target/fuzz-corpus/TARGET, so that the small corpus beside this stays as it is.
set -eu
cd "$(dirname "$0")/.."
target=$1 seconds=$2
found=${CARGO_TARGET_DIR:-target}/fuzz-corpus/$target
mkdir -p "$found"
dictionary=
case $target in plan | object) words=ics ;; *) words=$target ;; esac
[ ! -f "fuzz/$words.dict" ] || dictionary=-dict=fuzz/$words.dict
printf -- '-- %s, %s s\n' "$target" "$seconds"
cargo +nightly fuzz run "$target" -s none "$found" "fuzz/corpus/$target" -- \
  -max_total_time="$seconds" -max_len=16384 -timeout=20 -rss_limit_mb=1024 -verbosity=0 -print_final_stats=1 $dictionary
