#!/bin/sh
# Asks systemd whether it takes the units. It exits 0 on unknown keys, so that any word from it is a failure.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The program need not be installed for this.
for unit in cadenced.service cadenced@.service; do
  target=$(printf %s "$unit" | sed 's/@/@work/')
  sed -e 's|%h/.local/bin/cadenced|/bin/true|' -e '/^Documentation=man:/d' "$unit" > "$work/$target"
done
mkdir "$work/cadenced.service.d"
cp hardening.conf "$work/cadenced.service.d/"
# A user manager's verification wants a runtime folder.
export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-$work}"
export SYSTEMD_UNIT_PATH="$work:"
said=$(systemd-analyze --user verify "$work/cadenced.service" "$work/cadenced@work.service" 2>&1) || {
  printf '%s\n' "$said"; exit 1; }
[ -z "$said" ] || { printf '%s\n' "$said"; exit 1; }
echo 'the units are fine'
