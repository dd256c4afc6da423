#!/bin/bash
# The real program on real notification servers: a session is cancelled, its notice comes up with a button, the button is
# pressed by the server's own means or with the mouse, and the inbox shows what was recorded. A picture of each is kept.
# desktop-press.sh [FOLDER [SERVER…]] with SERVER of: dunst xfce4-notifyd notification-daemon mako none
# Debian: apt-get install xvfb dbus libglib2.0-bin imagemagick xdotool dunst xfce4-notifyd notification-daemon sway mako-notifier grim
# It ends only what it started, by pid, and picks its own display, bus and folders.
set -uo pipefail
self=$(realpath "$0")
cd "$(dirname "$self")/../.."
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
shift || true
servers=${*:-dunst xfce4-notifyd notification-daemon mako none}

for tool in dbus-run-session gdbus; do
    command -v "$tool" >/dev/null || { echo "$tool is not installed"; exit 77; }
done
"${CARGO:-cargo}" build --quiet || exit 1
cadenced=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/debug/cadenced

# A bus that starts no services: an activated server would race the one started here.
bus_config() {
    cat <<Y
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:dir=$1</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
Y
}

feed() {
    printf 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//EN\r\nBEGIN:VEVENT\r\nUID:ann\r\n'
    printf 'DTSTART:20260907T090000Z\r\nDTEND:20260907T093000Z\r\nRRULE:FREQ=WEEKLY\r\n%sSUMMARY:Talk\r\n' "$1"
    printf 'ORGANIZER:mailto:owner@example.com\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:owner@example.com\r\n'
    printf 'ATTENDEE;CN=Ann Ash;PARTSTAT=ACCEPTED:mailto:ann@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
}

# What runs on the bus of one server: its own desktop, the daemon, a cancellation, a press.
inside() {
    server=$1 dir=$2 pids=()
    trap 'kill "${pids[@]}" 2>/dev/null' EXIT
    run() { "$@" >>"$dir/server.log" 2>&1 & pids+=($!); }
    wait_for() { for _ in $(seq 100); do eval "$1" >/dev/null 2>&1 && return 0; sleep 0.1; done; echo "$server: never: $1"; return 1; }
    notices() { gdbus call --session --dest org.freedesktop.Notifications --object-path /org/freedesktop/Notifications --method "org.freedesktop.Notifications.$1" "${@:2}"; }
    cad() { "$cadenced" --config "$dir/config.toml" --now 2026-11-17T08:05:00Z "$@"; }

    case $server in
    dunst | xfce4-notifyd | notification-daemon)
        mkfifo "$dir/display"
        Xvfb -displayfd 3 -screen 0 1000x700x24 -nolisten tcp 3>"$dir/display" >"$dir/xvfb.log" 2>&1 & pids+=($!)
        read -r number <"$dir/display"; export DISPLAY=:$number NO_AT_BRIDGE=1
        ;;
    mako)
        printf 'output HEADLESS-1 mode 1000x700 bg #204060 solid_color\nxwayland disable\n' >"$dir/sway.conf"
        export WLR_BACKENDS=headless WLR_LIBINPUT_NO_DEVICES=1 WLR_RENDERER=pixman
        run sway -c "$dir/sway.conf"
        wait_for 'ls "$XDG_RUNTIME_DIR"/wayland-?' || return 1
        WAYLAND_DISPLAY=$(basename "$(ls "$XDG_RUNTIME_DIR"/wayland-? | head -1)"); export WAYLAND_DISPLAY
        ;;
    esac
    case $server in
    dunst)
        printf '[global]\n width = 460\n height = 300\n origin = top-right\n font = Sans 11\n' >"$dir/dunstrc"
        run dunst -conf "$dir/dunstrc" ;;
    xfce4-notifyd) run /usr/lib/x86_64-linux-gnu/xfce4/notifyd/xfce4-notifyd ;;
    notification-daemon) run /usr/lib/notification-daemon/notification-daemon ;;
    mako) run mako ;;
    esac
    [ "$server" = none ] || wait_for 'notices GetServerInformation' || return 1

    feed '' >"$dir/feed.ics"
    cat >"$dir/config.toml" <<Y
[owner]
addresses = ["owner@example.com"]
zone = "UTC"
[[account]]
name = "work"
[[account.calendar]]
name = "main"
url = "file://$dir/feed.ics"
[notices]
quiet = []
digest_at = "never"
[paths]
data = "$dir/data"
Y
    "$cadenced" --config "$dir/config.toml" --now 2026-11-17T08:00:00Z run 2>"$dir/daemon.log" &
    daemon=$!; pids+=($daemon)
    if [ "$server" = none ]; then wait_for 'grep -q "cannot be shown" "$dir/daemon.log"' || return 1
    else wait_for 'grep -q "told notices=1" "$dir/daemon.log"' || return 1; fi
    sleep 0.5
    # The notice about the report is not what is pressed here.
    [ "$server" = notification-daemon ] || notices CloseNotification 1 >/dev/null 2>&1
    feed 'EXDATE:20261123T090000Z
' | sed 's/\r*$/\r/' >"$dir/feed.ics"
    kill -HUP "$daemon"
    wait_for '[ "$(cad inbox --format json)" != "[]" ]' || return 1
    sleep 1.5
    case $server in
    none) cad do "$(cad inbox | sed -n 's/^  \([a-z0-9]*-2026[0-9TZ]*\)$/\1/p' | head -1)" waive; cad status | grep Notices ;;
    mako) grim "$dir/notice.png"; makoctl invoke waive ;;
    dunst) import -window root "$dir/notice.png"; dunstctl action 0 ;;
    *)
        # It shows one at a time: the first is closed by its cross.
        [ "$server" = notification-daemon ] && xdotool mousemove 970 35 sleep 0.2 click 1 sleep 2
        import -window root "$dir/notice.png"
        # Where the servers draw the button of this notice; a theme of another size needs other places.
        case $server in xfce4-notifyd) at='920 156' ;; *) at='890 150' ;; esac
        xdotool mousemove ${CLICK:-$at} sleep 0.3 click 1 ;;
    esac
    wait_for '[ "$(cad inbox --format json)" = "[]" ]' || { cad inbox; return 1; }
    echo "$server: pressed; owed now: $(cad status --format json | sed -n 's/.*"owed": *\([0-9]*\).*/\1/p')"
}

if [ "${INSIDE:-}" ]; then
    cadenced=$CADENCED inside "$INSIDE" "$folder"
    exit
fi

failed=0 ran=0
for server in $servers; do
    case $server in
    mako) needs='sway mako makoctl grim' ;;
    xfce4-notifyd) needs='Xvfb xdotool import /usr/lib/x86_64-linux-gnu/xfce4/notifyd/xfce4-notifyd' ;;
    notification-daemon) needs='Xvfb xdotool import /usr/lib/notification-daemon/notification-daemon' ;;
    dunst) needs='Xvfb import dunst dunstctl' ;;
    *) needs= ;;
    esac
    for tool in $needs; do
        command -v "$tool" >/dev/null || { echo "$server: skipped, $tool is not installed"; continue 2; }
    done
    if [ "$server" = mako ] && [ "$(id -u)" = 0 ]; then echo "mako: skipped, sway does not run as root"; continue; fi
    dir=$folder/$server; rm -rf "$dir"; mkdir -p "$dir/home"; mkdir -p -m 700 "$dir/run"
    bus_config "$dir/run" >"$dir/bus.conf"
    ran=1
    HOME=$dir/home XDG_RUNTIME_DIR=$dir/run XDG_DATA_HOME=$dir/home INSIDE=$server CADENCED=$cadenced CARGO=true \
        dbus-run-session --config-file="$dir/bus.conf" -- bash "$self" "$dir" || { echo "$server: FAILED"; failed=1; }
done
[ $ran = 1 ] || exit 77
echo "the pictures are in $folder"
exit $failed
