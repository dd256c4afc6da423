#!/usr/bin/env bash
# Plants each fault of faults.txt in one build of the program, and runs tests until one finds it: those that the table names, then all
# of them, and last a few stories of the simulation. Prints what found each fault. run.sh NAME... plants those of these names.
#
# Ends with 1 where a fault is not found, unless the table says why nobody could find it, and with 2 where there is nothing to tell.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
command -v cargo-nextest >/dev/null || { echo 'cargo-nextest is not here: make tools'; exit 2; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
unset CADENCED_PLANTED
export INSTA_UPDATE=no PROPTEST_CASES=${PROPTEST_CASES:-32} STORY_CASES=${STORY_CASES:-24} SIM_SEEDS=${SIM_SEEDS:-200} SIM_CASES=${SIM_CASES:-24}

# One build, in a folder of its own, so that nothing else is built again after it; the runs after it start the programs that it made.
echo '-- building the program with all faults in it'
export CARGO_TARGET_DIR=${PLANTED_TARGET:-${CARGO_TARGET_DIR:-target}/planted} RUSTC_WORKSPACE_WRAPPER=$top/tests/planted/rustc.sh
cargo nextest list --locked --lib --bins --test it --list-type binaries-only --message-format json >"$out/binaries.json"
cargo metadata --locked --format-version 1 >"$out/metadata.json"

# tests FILTER: runs these until the first one fails, and writes what was said into $out/said.
tests() {
  cargo-nextest nextest run --binaries-metadata "$out/binaries.json" --cargo-metadata "$out/metadata.json" \
    --max-fail 1:immediate --no-tests pass --show-progress none --status-level fail --final-status-level none --failure-output never \
    --success-output never -E "$1" >"$out/said" 2>&1
}
# found: the first test that failed.
found() { grep -m1 -oE '(FAIL|ABORT|SIG[A-Z]+|TIMEOUT|TMT|LEAK-FAIL) \[.*' "$out/said" | sed -E 's/^[A-Z-]+ \[[^]]*\] *(\([^)]*\) *)?//'; }
# named WORDS...: the tests whose names hold one of the words.
named() { local filter='' word; for word in "$@"; do filter+="${filter:+ | }test($word)"; done; printf '%s' "$filter"; }

simulation='test(/^sim::/)'
# What takes minutes, and what holds the text of the sources and not what they do.
left_out='test(/^(layers|shipped|packagers|planted|manager_year|fault_matrix|fault_clock|recurrence_properties)::/)'

missed=0 planted=0
begin=$SECONDS
finders=()
while IFS='|' read -r name place harm words why; do
  name=$(xargs <<<"$name") words=$(xargs <<<"$words")
  [[ -z $name || $name == \#* ]] && continue
  [[ $# -gt 0 && " $* " != *" $name "* ]] && continue
  planted=$((planted + 1))
  export CADENCED_PLANTED=$name
  by=''
  for filter in "$(named $words)" "not ($left_out) and not ($simulation)" "$simulation"; do
    if ! tests "$filter"; then
      by=$(found || true)
      [[ -n $by ]] || { echo "NOT RUN    $name"; tail -n 20 "$out/said"; exit 2; }
      break
    fi
  done
  unset CADENCED_PLANTED
  if [[ -n $by ]]; then echo "found      $name: $by"; finders+=("${by##* }")
  elif [[ -n ${why// } ]]; then echo "equivalent $name:$why"
  else echo "NOT FOUND  $name:$harm"; missed=$((missed + 1)); fi
done <tests/planted/faults.txt
[[ $planted -gt 0 ]] || { echo 'no such fault'; exit 2; }

# What found a fault must find nothing where there is none.
filter=''
for test in $(printf '%s\n' "${finders[@]}" | sort -u); do filter+="${filter:+ | }test(=$test)"; done
if [[ -n $filter ]] && ! tests "$filter"; then
  echo "red without any fault: $(found)"
  exit 1
fi
echo "-- $planted faults planted, $missed not found, in $((SECONDS - begin)) s"
[[ $missed = 0 ]]
