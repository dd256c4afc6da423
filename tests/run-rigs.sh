#!/usr/bin/env bash
# Run the rigs (all of tests/rigs, or those named) one after the other, and end with a table of the green, the skipped and the red ones.
# run-rigs.sh [NAME...]. A rig skips itself by ending with 77, after a line that says what is missing. Exits with 1 if one is red.
#
# RIGS_FOLDER names another folder of rigs; RIG_LIMIT is the number of seconds after which a rig is stopped: an hour, as the longest
# takes twenty minutes.
set -uo pipefail
cd "$(dirname "$0")/.."
folder=${RIGS_FOLDER:-tests/rigs}
limit=${RIG_LIMIT:-3600}
[ $# -gt 0 ] || set -- $(cd "$folder" && for rig in *.sh; do printf '%s\n' "${rig%.sh}"; done)
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# reason LOG: the last line that says something, without the word that the table has already.
reason() { sed -E 's/\x1b\[[0-9;]*m//g' "$1" | grep -v '^[[:space:]]*$' | tail -n 1 | sed -E 's/^skipped: *//' | cut -c1-120; }

rows=() green=0 skipped=0 red=0
for rig in "$@"; do
  printf -- '-- %s\n' "$rig"
  log=$logs/$rig begin=$SECONDS result=0
  # Into a file: a pipe would stay open for as long as something that a rig left behind holds it.
  timeout --kill-after=20 "$limit" bash "$folder/$rig.sh" </dev/null >"$log" 2>&1 || result=$?
  cat "$log"
  case $result in
    0) state=green why='' green=$((green + 1)) ;;
    77) state=skipped why=$(reason "$log") skipped=$((skipped + 1)) ;;
    124) state=red why="stopped after $limit s" red=$((red + 1)) ;;
    137) state=red why='killed' red=$((red + 1)) ;;
    *) state=red why="exit code $result: $(reason "$log")" red=$((red + 1)) ;;
  esac
  rows+=("$(printf '%-8s %-22s %5d s  %s' "$state" "$rig" $((SECONDS - begin)) "$why")")
done

printf '\n'
printf '%s\n' "${rows[@]}" | sed 's/ *$//'
printf -- '-- %d rigs: %d green, %d skipped, %d red\n' $# "$green" "$skipped" "$red"
[ "$red" = 0 ]
