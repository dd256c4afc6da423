#!/bin/sh
# Prints the licences and notices of the crates that are in the program, each text once under the names of those it belongs to; their
# licences want them to go along with a binary. TARGET names another platform than this one. Needs cargo, and the crates where cargo keeps them; no network.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kept=${CARGO_HOME:-$HOME/.cargo}/registry/src
[ -d vendor ] && kept=$PWD
cargo tree --frozen --edges normal --prefix none ${TARGET:+--target "$TARGET"} --format '{p}|{l}' |
  sed -n 's/ (proc-macro)//; s/^\([^ ]*\) v\([^ |]*\)[^|]*|\(.*\)/\1 \2 \3/p' | grep -v '^cadenced ' | sort -u >"$work/crates"
echo 'cadenced has these works of others in it, each under its own licence.'
echo
while read -r name version licence; do
  printf '%s %s: %s\n' "$name" "$version" "$licence"
  for text in "$kept"/*/"$name-$version"/LICEN* "$kept"/*/"$name-$version"/COPYING* "$kept"/*/"$name-$version"/NOTICE* "$kept"/*/"$name"/LICEN*; do
    [ -f "$text" ] || continue
    # The same text with other blanks and another end of lines is the same text.
    sum=$(tr -s ' \t\r\n' ' ' <"$text" | sha256sum | cut -d ' ' -f 1)
    [ -f "$work/$sum.text" ] || tr -d '\r' <"$text" >"$work/$sum.text"
    printf '%s %s\n' "$name" "$version" >>"$work/$sum.names"
  done
done <"$work/crates"
for names in "$work"/*.names; do
  [ -f "$names" ] || continue
  printf '\n%s\n' '------------------------------------------------------------------------------'
  sort -u "$names" | paste -sd , | sed 's/,/, /g' | fold -s -w 78
  printf '\n'
  cat "${names%.names}.text"
done
