#!/bin/bash
# The contract of CalDAV servers on Xandikos. It needs python3 with venv; Xandikos comes from PyPI into $RIG_RUN.
. "$(dirname "$0")/caldav/lib.sh"
python_packages xandikos
own_folder xandikos
port=$(free_port)

"$venv/bin/xandikos" serve --defaults --current-user-principal /user/ -d "$folder/data" --state-dir "$folder/state" \
    --listen-address 127.0.0.1 -p "$port" >"$folder/log" 2>&1 &
pids+=($!)
wait_for "http://127.0.0.1:$port/"

contract xandikos "http://127.0.0.1:$port/" no "$("$venv/bin/python" -c 'import importlib.metadata as m; print(m.version("xandikos"))')"
