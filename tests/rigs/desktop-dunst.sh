#!/bin/bash
# Shows every kind of notice in a real notification server (dunst, under Xvfb, on a session bus of its own) and keeps a
# picture of each screenful: desktop-dunst.sh [FOLDER]. Debian: apt-get install xvfb dbus dunst imagemagick
# It ends only what it started, by pid, and picks its own display and folder.
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in Xvfb dbus-run-session dunst dunstctl import; do
    command -v "$tool" >/dev/null || { echo "$tool is not installed"; exit 77; }
done

folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
"${CARGO:-cargo}" build --quiet --example notices
target=${CARGO_TARGET_DIR:-target}
example=$(cd "$target" && pwd)/debug/examples/notices

# Xvfb picks a free display and writes its number once it listens.
mkfifo "$folder/display"
Xvfb -displayfd 3 -screen 0 1000x1100x24 -nolisten tcp 3>"$folder/display" >"$folder/xvfb.log" 2>&1 &
xvfb=$!
trap 'kill "$xvfb" 2>/dev/null || true; rm -f "$folder/display" "$folder/hold"' EXIT
read -r number <"$folder/display"
export DISPLAY=:$number XDG_RUNTIME_DIR=$folder/run
mkdir -p -m 700 "$XDG_RUNTIME_DIR"

cat >"$folder/dunstrc" <<'X'
[global]
    width = 520
    height = 300
    origin = top-right
    offset = 20x20
    notification_limit = 20
    font = Sans 11
    markup = full
    icon_position = left
    sort = no
    idle_threshold = 0
[urgency_low]
    timeout = 0
[urgency_normal]
    timeout = 0
X

# A bus that starts no services: an activated server would race the one started below.
cat >"$folder/bus.conf" <<X
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=$XDG_RUNTIME_DIR</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
X

cat >"$folder/inside" <<'X'
set -eu
folder=$1 example=$2
dunst -conf "$folder/dunstrc" >"$folder/dunst.log" 2>&1 &
dunst=$!
trap 'kill "$dunst" 2>/dev/null || true' EXIT
for _ in $(seq 100); do dunstctl count >/dev/null 2>&1 && break; sleep 0.1; done
mkfifo "$folder/hold"
"$example" <"$folder/hold" >"$folder/sent" &
sender=$!
exec 4>"$folder/hold"
for _ in $(seq 100); do [ "$(dunstctl count displayed)" = 9 ] && break; sleep 0.1; done
echo "dunst shows $(dunstctl count displayed) of 9 notices"
# What is on the bus is not yet on the screen: one frame more.
sleep 1
import -window root "$folder/notices.png"
exec 4>&-
wait "$sender"
[ "$(wc -l <"$folder/sent")" = 9 ]
X
dbus-run-session --config-file="$folder/bus.conf" -- bash "$folder/inside" "$folder" "$example"
echo "the picture is $folder/notices.png"
