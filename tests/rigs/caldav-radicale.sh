#!/bin/bash
# The contract of CalDAV servers on Radicale, and what other programs read of the objects that cadenced writes there.
# It needs python3 with venv; Radicale and the others come from PyPI into $RIG_RUN.
. "$(dirname "$0")/caldav/lib.sh"
python_packages radicale caldav vdirsyncer khal recurring-ical-events
own_folder radicale
port=$(free_port)

printf 'manager:pw\nreport:pw\n' >"$folder/users"
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
"$venv/bin/python" -m radicale --config "$folder/config" >"$folder/log" 2>&1 &
pids+=($!)
wait_for "http://127.0.0.1:$port/"
curl -sf -o /dev/null -u manager:pw -X MKCALENDAR "http://127.0.0.1:$port/manager/cal/"

contract radicale "http://127.0.0.1:$port/" no "$("$venv/bin/python" -c 'import importlib.metadata as m; print(m.version("radicale"))')"
put_back radicale "http://127.0.0.1:$port/" no -
CADENCED_CALDAV_EXPECTED=$folder/expected.json walk caldav_contract::other_programs_can_read_what_is_written \
    radicale "http://127.0.0.1:$port/" no -
bash tests/rigs/caldav/judges.sh "$venv" "http://127.0.0.1:$port/" "$folder"
