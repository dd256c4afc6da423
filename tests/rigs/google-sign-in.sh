#!/bin/bash
# Signs in to the fake of Google Calendar with a real browser: `cadenced login` opens headless Chromium, which shows the page of
# consent and clicks Allow. Then the same with a real keyring. Debian: apt-get install chromium nodejs gnome-keyring
# libsecret-tools dbus. Exit 77 says what is missing.
# Everything is on 127.0.0.1, in a folder of its own, and ends with this script.
set -euo pipefail
cd "$(dirname "$0")/../.."

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
[ -n "$browser" ] || { echo 'Chromium is not installed: apt-get install chromium'; exit 77; }
node=$(command -v node || true)
[ -n "$node" ] || { echo 'Node is not installed: apt-get install nodejs'; exit 77; }
# Up to version 21 it has its WebSocket on request only.
has_socket='process.exit(typeof WebSocket === "function" ? 0 : 1)'
"$node" -e "$has_socket" || node="$node --experimental-websocket"
$node -e "$has_socket" 2>/dev/null || { echo 'this Node has no WebSocket: version 20.10 or later is needed'; exit 77; }

"${CARGO:-cargo}" build --quiet --locked --example google-fake
"${CARGO:-cargo}" build --quiet --locked
target=${CARGO_TARGET_DIR:-target}
target=$(cd "$target" && pwd)
export FAKE=$target/debug/examples/google-fake
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
. tests/rigs/google/started.sh

run=$(mktemp -d)
end() {
    stop_fake
    # A browser writes to its profile until it is gone.
    [ -z "${browser_pid:-}" ] || { kill "$browser_pid" 2>/dev/null || true; wait "$browser_pid" 2>/dev/null || true; }
    for _ in $(seq 50); do rm -rf "$run" 2>/dev/null && break; sleep 0.1; done
}
trap end EXIT
start_fake

mkdir -p "$run/bin" "$run/home"
cat >"$run/config.toml" <<X
[owner]
addresses = ["owner@example.com"]
zone = "Europe/Berlin"
[[account]]
name = "work"
kind = "google"
client_id = "${CLIENT% *}"
client_secret = "${CLIENT#* }"
tokens = "file"
server = "$BASE"
[[account.calendar]]
name = "main"
X

# The browser of this desktop: it takes the address that it is given to the browser that is open already.
"$browser" --headless --no-sandbox --disable-gpu --disable-background-networking --no-first-run --remote-debugging-port=0 \
    --user-data-dir="$run/profile" about:blank >"$run/browser.log" 2>&1 &
browser_pid=$!
for _ in $(seq 200); do [ -s "$run/profile/DevToolsActivePort" ] && break; sleep 0.1; done
[ -s "$run/profile/DevToolsActivePort" ] || { echo 'Chromium does not start:'; tail -5 "$run/browser.log"; exit 1; }
port=$(head -1 "$run/profile/DevToolsActivePort")
cat >"$run/bin/xdg-open" <<X
#!/bin/bash
exec $node "$PWD/tests/rigs/google/click.mjs" $port "\$1" >"$run/clicked.log" 2>&1
X
chmod +x "$run/bin/xdg-open"

cadenced=("$target/debug/cadenced" --config "$run/config.toml")
export HOME=$run/home XDG_DATA_HOME=$run/data XDG_CONFIG_HOME=$run/home/.config PATH=$run/bin:$PATH
timeout 60 "${cadenced[@]}" login work >"$run/said" 2>"$run/told" ||
    { echo 'the sign-in failed:'; cat "$run/said" "$run/told" "$run/clicked.log"; exit 1; }
grep -q 'Signed in to work' "$run/said"
for _ in $(seq 50); do grep -q 'may be closed' "$run/clicked.log" && break; sleep 0.1; done
grep -q 'may be closed' "$run/clicked.log" || { echo 'the last page is not ours:'; cat "$run/clicked.log"; exit 1; }
[ "$(stat -c %a "$run/data/cadenced/tokens/work.json")" = 600 ]
"${cadenced[@]}" sync work
"${cadenced[@]}" logout work
[ ! -e "$run/data/cadenced/tokens/work.json" ]
echo 'a real browser signed in, and the sign-in was given back'

for tool in gnome-keyring-daemon dbus-run-session secret-tool busctl; do
    command -v "$tool" >/dev/null || { echo "left out: the keyring ($tool is not installed)"; exit 0; }
done
sed -i '/^tokens = /d' "$run/config.toml"
rm -rf "$run/data"
export RUN=$run CADENCED=$target/debug/cadenced CONFIG=$run/config.toml
dbus-run-session -- bash tests/rigs/google/keyring.sh
