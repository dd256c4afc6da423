# Inside a session bus of its own: the same sign-in, kept in a real keyring. RUN, CADENCED and CONFIG say where everything is.
set -euo pipefail
export XDG_RUNTIME_DIR=$RUN/xdg XDG_DATA_HOME=$RUN/data
mkdir -p -m 700 "$XDG_RUNTIME_DIR"
eval "$(printf password | gnome-keyring-daemon --unlock --components=secrets --daemonize 2>/dev/null)"
owner() {
    busctl --user call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus \
        GetConnectionUnixProcessID s org.freedesktop.secrets | awk '{print $2}'
}
keyring=$(owner)
trap 'kill "$keyring" 2>/dev/null || true' EXIT

run() { timeout 60 "$CADENCED" --config "$CONFIG" "$@"; }
items() { secret-tool search --all application cadenced 2>&1 | grep -c '^label' || true; }

run login work >"$RUN/said" 2>"$RUN/told" || { cat "$RUN/said" "$RUN/told"; exit 1; }
[ "$(items)" = 1 ] || { echo 'the sign-in is not in the keyring'; exit 1; }
[ ! -e "$RUN/data/cadenced/tokens" ] || { echo 'there is a file beside the keyring'; exit 1; }
run sync work
run login work >/dev/null 2>&1
[ "$(items)" = 1 ] || { echo 'a second sign-in does not take the place of the first'; exit 1; }

busctl --user call org.freedesktop.secrets /org/freedesktop/secrets org.freedesktop.Secret.Service Lock ao 1 \
    /org/freedesktop/secrets/collection/login >/dev/null
result=0
run sync work >"$RUN/locked" || result=$?
[ $result = 77 ] && grep -q 'locked' "$RUN/locked" || { echo "a locked keyring: $result"; cat "$RUN/locked"; exit 1; }
kill "$keyring"
sleep 0.5
eval "$(printf password | gnome-keyring-daemon --unlock --components=secrets --daemonize 2>/dev/null)"
keyring=$(owner)
run sync work
run logout work
[ "$(items)" = 0 ] || { echo 'the sign-in is still in the keyring'; exit 1; }
echo 'a real keyring kept the sign-in, was locked, and let it go'
