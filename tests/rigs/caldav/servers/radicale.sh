# Starts Radicale, from PyPI.
python_packages radicale
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
for user in manager report; do
    curl -sf -o /dev/null -u "$user:pw" -X MKCALENDAR "http://127.0.0.1:$port/$user/cal/"
done

address=http://127.0.0.1:$port/ schedules=no version=$(python_version radicale)
