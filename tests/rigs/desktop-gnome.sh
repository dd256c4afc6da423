#!/bin/bash
# The real program on the real GNOME Shell (headless): a notice comes up, the daemon is killed and started again while it is up,
# and its button, pressed by the shell itself, still does what it says. A picture of each is kept.
# GNOME Shell wants a booted machine (logind, systemd --user): this runs as the user of such a session, with its bus, and nothing
# else on it that shows notices. A container or overlay with systemd as PID 1 will do. Debian: gnome-shell gjs libgl1-mesa-dri
# desktop-gnome.sh [FOLDER]; CADENCED names the program, where it is not target/debug/cadenced.
set -uo pipefail
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
cadenced=${CADENCED:-${CARGO_TARGET_DIR:-target}/debug/cadenced}
for tool in gnome-shell gjs gdbus systemd-run "$cadenced"; do
    command -v "$tool" >/dev/null || { echo "$tool is not installed"; exit 77; }
done
systemctl --user is-system-running --quiet 2>/dev/null || { echo 'there is no systemd --user of a booted machine here'; exit 77; }
[ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || { echo 'somebody works on this desktop'; exit 77; }

export GSETTINGS_BACKEND=memory XDG_SESSION_TYPE=wayland
daemon=
trap 'kill $daemon 2>/dev/null; systemctl --user stop cadenced-rig-shell' EXIT
systemd-run --user --unit=cadenced-rig-shell -q -E GSETTINGS_BACKEND=memory \
    gnome-shell --headless --virtual-monitor 1280x800 --unsafe-mode --no-x11 --wayland-display cadenced-rig
gdbus wait --session --timeout 30 org.gnome.Shell || exit 1
sleep 4
call() { gdbus call --session --dest "$1" --object-path "$2" --method "$3" "${@:4}"; }
call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus.StartServiceByName org.gnome.Shell.Notifications 0 >/dev/null
shell() { call org.gnome.Shell /org/gnome/Shell org.gnome.Shell.Eval "$1"; }
picture() { call org.gnome.Shell.Screenshot /org/gnome/Shell/Screenshot org.gnome.Shell.Screenshot.Screenshot false false "$1" >/dev/null; }
notices() { shell 'Main.messageTray.getSources().map(s => s.notifications.map(n => n.title + " <" + n.actions.map(a => a.label) + ">")).toString()'; }
cad() { "$cadenced" --config "$folder/config.toml" --now 2026-11-17T08:05:00Z "$@"; }
start() { "$cadenced" --config "$folder/config.toml" --now "$1" run 2>>"$folder/daemon.log" & daemon=$!; sleep 3; }
feed() {
    printf 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//EN\r\nBEGIN:VEVENT\r\nUID:ann\r\n'
    printf 'DTSTART:20260907T090000Z\r\nDTEND:20260907T093000Z\r\nRRULE:FREQ=WEEKLY\r\n'
    [ -z "$1" ] || printf 'EXDATE:%s\r\n' "$1"
    printf 'SUMMARY:Talk\r\nORGANIZER:mailto:owner@example.com\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:owner@example.com\r\n'
    printf 'ATTENDEE;CN=Ann Ash;PARTSTAT=ACCEPTED:mailto:ann@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
}

shell 'Main.overview.hide(); 1' >/dev/null
feed '' >"$folder/feed.ics"
cat >"$folder/config.toml" <<Y
[owner]
addresses = ["owner@example.com"]
zone = "UTC"
[[account]]
name = "work"
[[account.calendar]]
name = "main"
url = "file://$folder/feed.ics"
[notices]
quiet = []
digest_at = "never"
[paths]
data = "$folder/data"
Y
start 2026-11-17T08:00:00Z
feed 20261123T090000Z >"$folder/feed.ics"
kill -HUP "$daemon"
sleep 4
picture "$folder/gnome.png"
notices
kill -9 "$daemon"
sleep 1
start 2026-11-17T08:01:00Z
notices
cad inbox
shell 'const n = Main.messageTray.getSources().map(s => s.notifications).flat().find(n => n.title.includes("cancelled")); n.actions[n.actions.length - 1].callback(); 1' >/dev/null
sleep 2
[ "$(cad inbox --format json)" = "[]" ] || { echo 'FAILED: the press was not recorded'; cad inbox; exit 1; }
echo "gnome-shell: pressed after a restart of the daemon; the picture is $folder/gnome.png"
