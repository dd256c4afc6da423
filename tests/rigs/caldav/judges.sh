#!/bin/bash
# What other programs read of the objects that cadenced wrote: judges.sh VENV SERVER FOLDER, with FOLDER/expected.json of the test that
# wrote them. python-caldav and recurring-ical-events must list the very same sessions; vdirsyncer must fetch the very same objects, and
# khal must show them.
set -euo pipefail
venv=$1 server=$2 folder=$3
"$venv/bin/python" "$(dirname "$0")/judges.py" "$server" "$folder/expected.json"

mkdir -p "$folder/vdir"
cat >"$folder/vdirsyncer.conf" <<X
[general]
status_path = "$folder/status/"
[pair p]
a = "local"
b = "server"
collections = ["from b"]
[storage local]
type = "filesystem"
path = "$folder/vdir/"
fileext = ".ics"
[storage server]
type = "caldav"
url = "$server"
username = "manager"
password = "pw"
X
printf 'y\ny\ny\ny\n' | VDIRSYNCER_CONFIG=$folder/vdirsyncer.conf "$venv/bin/vdirsyncer" discover p >"$folder/vdirsyncer.log" 2>&1 ||
    { tail -20 "$folder/vdirsyncer.log"; exit 1; }
VDIRSYNCER_CONFIG=$folder/vdirsyncer.conf "$venv/bin/vdirsyncer" sync >>"$folder/vdirsyncer.log" 2>&1 ||
    { tail -20 "$folder/vdirsyncer.log"; exit 1; }
collection=$(ls "$folder/vdir")
cat >"$folder/khal.conf" <<X
[calendars]
[[all]]
path = $folder/vdir/$collection
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
default_timezone = UTC
local_timezone = UTC
[sqlite]
path = $folder/khal.db
X
"$venv/bin/khal" -c "$folder/khal.conf" list --format '{start} {end} {title}' --day-format '' 2035-11-01 60d |
    grep -F 'for others' | sort >"$folder/khal.txt"
"$venv/bin/python" - "$folder/expected.json" >"$folder/wanted.txt" <<'X'
import json, sys
for one in json.load(open(sys.argv[1])):
    at = lambda key: one[key].replace("T", " ")[:16]
    print(at("start"), at("end"), one["title"])
X
sort -o "$folder/wanted.txt" "$folder/wanted.txt"
diff "$folder/wanted.txt" "$folder/khal.txt"
echo "vdirsyncer and khal: $(wc -l <"$folder/khal.txt") sessions, all as written"
