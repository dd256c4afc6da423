#!/bin/bash
# The service under a real systemd: PID 1 on an overlay, with logind, a journal and `systemd --user`; its whole life from the first
# start to a week of fake time. It needs root and cgroup v2; RIGS=all installs the packages. Nothing of the machine is touched,
# and everything ends with the rig. systemd/ beside this file has the machine, the notification server and the probe.
. "$(dirname "$0")/caldav/lib.sh"
. tests/rigs/systemd/machine.sh
[ "$(id -u)" = 0 ] || skip 'it boots a systemd of its own, which only root can'
debian_packages systemd dbus dbus-user-session libpam-systemd iproute2 python3-dbus python3-gi gnome-keyring libsecret-tools libfaketime

"${CARGO:-cargo}" build --quiet
own_folder systemd
clean() { machine_stop; }
cp "${CARGO_TARGET_DIR:-target}/debug/cadenced" tests/rigs/systemd/*.py "$folder/"
cp -r systemd docs/service.md "$folder/"
chmod -R a+rX "$folder"
home=/home/$USER_NAME config=$home/.config/cadenced data=$home/.local/share/cadenced
faketime=$(dpkg -L libfaketime | grep '/libfaketime.so.1$')

set -E
trap 'echo "broke off at ${BASH_SOURCE[0]}:$LINENO: $BASH_COMMAND" >&2' ERR
table=()
shown() { table+=("$(printf '%-34s %s' "$1" "$2")"); echo "-- $1: $2"; }
fail() {
    echo "failed: $*"
    user journalctl --user -n 30 -o short-precise --no-pager 2>/dev/null | grep -i cadenced || true
    exit 1
}
is() { [ "$2" = "$3" ] || fail "$1: $3 instead of $2"; }
has() { [[ $3 == *"$2"* ]] || fail "$1: no \"$2\" in: $3"; }
# until_so WHAT COMMAND…: tries for half a minute.
until_so() {
    local what=$1 until=$((SECONDS + 30))
    shift
    while [ "$SECONDS" -lt "$until" ]; do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
    fail "never: $what"
}
sctl() { user systemctl --user "$@"; }
of() { sctl show -P "$1" "${2:-cadenced}"; }
written() { [ "$(of "$1" "${3:-cadenced}")" = "$2" ]; }
says() { of StatusText "${2:-cadenced}" | grep -qE "$1"; }
# put FILE: what comes on stdin, as the user's file.
put() { inside sh -c 'mkdir -p "$(dirname "$1")"; cat >"$1"; chown -R "$2": "/home/$2"' sh "$1" "$USER_NAME"; }
# drop_in UNIT NAME, and its lines on stdin.
drop_in() {
    put "$home/.config/systemd/user/$1.d/$2.conf"
    sctl daemon-reload
}
logged() { user journalctl --user -u "${2:-cadenced}" -o cat --no-pager | grep -c -- "$1" || true; }
was_logged() { [ "$(logged "$1" "${3:-cadenced}")" -ge "$2" ]; }
cadenced() { user "$home/.local/bin/cadenced" "$@"; }
# noted WORD: how many notices were shown with it; one that takes the place of another is the same one.
noted() { grep '"replaces": 0' "$folder/notices" | grep -c -- "$1" || true; }
# read_now: calendars are read within twenty seconds of a start; this one does not wait.
read_now() { user busctl --user call org.cadenced.Daemon1 /org/cadenced/Daemon1 org.cadenced.Daemon1 SyncNow; }
was_noted() { [ "$(noted "$1")" -ge 1 ]; }
# sleep_and_wake: logind goes through the whole of it, with the hooks of systemd-sleep.
sleep_and_wake() {
    inside busctl call --quiet org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager Suspend b false
}
# event NAME FIRST [RULE] [MORE]: a session of the owner and somebody, in UTC.
event() {
    local name=$1 first=$2 rule=${3:-} more=${4:-} low
    low=${name,,}
    printf 'BEGIN:VEVENT\nUID:%s\nDTSTART:%s\nDURATION:PT30M\n%s%sSUMMARY:Whispered title\nDESCRIPTION:Whispered notes\n' \
        "$low" "$first" "${rule:+RRULE:$rule$'\n'}" "${more:+$more$'\n'}"
    printf 'ORGANIZER:mailto:owner@example.com\nATTENDEE;PARTSTAT=ACCEPTED:mailto:owner@example.com\n'
    printf 'ATTENDEE;CN=%s Ashdown;PARTSTAT=ACCEPTED:mailto:%s@example.com\nEND:VEVENT\n' "$name" "$low"
}
cancelled() { event "$1" "$2" '' "RECURRENCE-ID:$2"$'\n'"STATUS:CANCELLED"; }
calendar() { { printf 'BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example//EN\n'; cat; echo END:VCALENDAR; } | put "$home/feeds/$1.ics"; }
# read_since TIME CALENDAR ARGUMENT…: whether its last good read is not older; the arguments say of which profile.
read_since() {
    local when=$1 calendar=$2
    shift 2
    # A source that fails elsewhere ends it in 1.
    { cadenced "$@" status --format json || true; } | python3 -c 'import json, sys
from datetime import datetime as time
when, name = sys.argv[1:]
last = [source["last_success"] for source in json.load(sys.stdin)["sources"] if source["calendar"] == name][0]
sys.exit(not last or time.fromisoformat(last) < time.fromisoformat(when))' "$(date -u -d "$when" +%FT%T+00:00)" "$calendar"
}
at() { date -u -d "$1" +%Y%m%dT%H%M%SZ; }

# RIG_PARTS=week shows only that, on a machine with the service installed.
for part in install ${RIG_PARTS:-life desktop_and_sleep hardening week ends}; do
    . "tests/rigs/systemd/$part.sh"
done

printf '\n%s on Linux %s\n' "$(systemctl --version | head -1)" "$(uname -r)"
printf '%s\n' "${table[@]}"
