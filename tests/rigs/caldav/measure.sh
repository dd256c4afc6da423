#!/bin/bash
# 5,000 objects on Radicale, read by cadenced and by vdirsyncer in the same run: a first sync, one without news, one after a change.
# measure.sh [OBJECTS]; by hand, as it takes minutes. CADENCED names the program to measure (default: a debug build).
. "$(dirname "$0")/lib.sh"
python_packages radicale vdirsyncer
own_folder measure
objects=${1:-5000} port=$(free_port) front=$(free_port)
if [ -z "${CADENCED:-}" ]; then
    "${CARGO:-cargo}" build --quiet --bin cadenced
    CADENCED=${CARGO_TARGET_DIR:-target}/debug/cadenced
fi

printf 'manager:pw\n' >"$folder/users"
cat >"$folder/config" <<X
[server]
hosts = 127.0.0.1:$port
[auth]
type = htpasswd
htpasswd_filename = $folder/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = $folder/collections
X
calendar=$folder/collections/collection-root/manager/cal
mkdir -p "$calendar"
echo '{"tag": "VCALENDAR"}' >"$calendar/.Radicale.props"
python3 - "$calendar" "$objects" <<'X'
import sys
for n in range(int(sys.argv[2])):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//measure//EN", "BEGIN:VEVENT", f"UID:event-{n}", "DTSTAMP:20261101T000000Z",
             f"DTSTART:2026{1 + n % 12:02}{1 + n % 28:02}T{8 + n % 9:02}0000Z", "DURATION:PT30M", "RRULE:FREQ=WEEKLY;COUNT=10",
             f"SUMMARY:1:1 with person {n % 200}", "DESCRIPTION:" + "what is said here stays here " * 10,
             "ORGANIZER:mailto:manager@example.com", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:manager@example.com",
             f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:person-{n % 200}@example.com", "END:VEVENT", "END:VCALENDAR", ""]
    open(f"{sys.argv[1]}/event-{n}.ics", "w", newline="").write("\r\n".join(lines))
X
"$venv/bin/python" -m radicale --config "$folder/config" >"$folder/log" 2>&1 &
pids+=($!)
python3 tests/rigs/caldav/count.py "$front" "$port" "$folder/count" &
pids+=($!)
wait_for "http://127.0.0.1:$port/"
# The server's own cache is filled before anybody is measured.
curl -s -o /dev/null -u manager:pw -X PROPFIND -H 'Depth: 1' "http://127.0.0.1:$port/manager/cal/"

cat >"$folder/cadenced.toml" <<X
[owner]
addresses = ["manager@example.com"]
zone = "UTC"
[[account]]
name = "work"
kind = "caldav"
server = "http://127.0.0.1:$front/"
username = "manager"
password_command = ["echo", "pw"]
[[account.calendar]]
name = "main"
[paths]
data = "$folder/data"
X
cat >"$folder/vdirsyncer.conf" <<X
[general]
status_path = "$folder/status/"
[pair p]
a = "local"
b = "server"
collections = ["cal"]
[storage local]
type = "filesystem"
path = "$folder/vdir/"
fileext = ".ics"
[storage server]
type = "caldav"
url = "http://127.0.0.1:$front/"
username = "manager"
password = "pw"
X
export VDIRSYNCER_CONFIG=$folder/vdirsyncer.conf
printf 'y\ny\ny\n' | "$venv/bin/vdirsyncer" discover p >/dev/null 2>&1

# What one run costs: seconds on the clock, seconds of CPU, requests, bytes on the wire.
cost() {
    local name=$1
    shift
    : >"$folder/count"
    python3 - "$folder/count" "$name" "$@" <<'X'
import os, resource, subprocess, sys, time
count, name, command = sys.argv[1], sys.argv[2], sys.argv[3:]
began = time.monotonic()
ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
took = time.monotonic() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
assert ended.returncode == 0, ended.stdout.decode()
time.sleep(0.3)
sizes = [int(line) for line in open(count)]
print(f"{name:34} {took:7.2f} s  {used.ru_utime + used.ru_stime:7.3f} s CPU  {len(sizes):5} requests  {sum(sizes):9} bytes", flush=True)
X
}
change() { sed -i "s/SUMMARY:.*/SUMMARY:changed $1\r/" "$calendar/event-7.ics"; }

cost 'cadenced, first sync' "$CADENCED" --config "$folder/cadenced.toml" sync
cost 'vdirsyncer, first sync' "$venv/bin/vdirsyncer" sync
for round in 1 2; do
    cost "cadenced, no change ($round)" "$CADENCED" --config "$folder/cadenced.toml" sync
    cost "vdirsyncer, no change ($round)" "$venv/bin/vdirsyncer" sync
done
change one
cost 'cadenced, one change' "$CADENCED" --config "$folder/cadenced.toml" sync
cost 'vdirsyncer, one change' "$venv/bin/vdirsyncer" sync
