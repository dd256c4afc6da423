# Starts Xandikos, from PyPI.
python_packages xandikos
own_folder xandikos
port=$(free_port)

"$venv/bin/xandikos" serve --defaults --current-user-principal /user/ -d "$folder/data" --state-dir "$folder/state" \
    --listen-address 127.0.0.1 -p "$port" >"$folder/log" 2>&1 &
pids+=($!)
wait_for "http://127.0.0.1:$port/"

address=http://127.0.0.1:$port/ schedules=no version=$(python_version xandikos)
