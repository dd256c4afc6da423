#!/bin/bash
# `cadenced setup` on a real terminal of 80 columns: from nothing to the first report, with a wrong address, a bad answer and Ctrl-C on
# the way, and what a terminal must not show. Debian: apt-get install tmux python3. Exit 77 says what is missing.
# Everything is on 127.0.0.1, in a folder and a tmux server of its own, and ends with this script. systemd is left alone.
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in tmux python3 curl; do
    command -v "$tool" >/dev/null || { echo "$tool is not installed: apt-get install $tool"; exit 77; }
done
if [ -z "${CADENCED:-}" ]; then
    "${CARGO:-cargo}" build --quiet --locked
    CADENCED=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/debug/cadenced
fi

run=$(mktemp -d)
socket=cadenced-setup-$$
mux() { tmux -L "$socket" "$@"; }
end() {
    mux kill-server 2>/dev/null || true
    [ -z "${feed_pid:-}" ] || { kill "$feed_pid" 2>/dev/null || true; wait "$feed_pid" 2>/dev/null || true; }
    rm -rf "$run"
}
trap end EXIT

"$CADENCED" demo --dir "$run/demo" >/dev/null
mkdir -p "$run/feeds/private-0123456789abcdef" "$run/home"
cp "$run/demo/feeds/work.ics" "$run/feeds/private-0123456789abcdef/basic.ics"
python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$run/feeds" >"$run/feed.log" 2>&1 &
feed_pid=$!
for _ in $(seq 100); do grep -q 'port [0-9]' "$run/feed.log" && break; sleep 0.1; done
port=$(grep -o 'port [0-9]*' "$run/feed.log" | head -1 | cut -d' ' -f2)
feed=http://127.0.0.1:$port/private-0123456789abcdef/basic.ics

# The program is on the screen from the start to its end, so that what it leaves behind can be seen as well.
mux -f /dev/null new-session -d -s setup -x 80 -y 50 \
    env -i PATH="$PATH" TERM=screen LANG=C.UTF-8 HOME="$run/home" NO_COLOR=1 bash --norc --noprofile
mux set-option -g history-limit 5000
round=0
press() { mux send-keys -t setup "$@"; }
start() {
    round=$((round + 1))
    press " clear; echo round $round; '$CADENCED' setup --no-unit; echo ended with \$?" Enter
}
# Everything that was on the screen, lines that were broken there made whole again; and what came since the last start.
all() { mux capture-pane -p -J -S - -t setup | sed 's/ *$//'; }
seen() { all | awk -v begin="round $round" '$0 == begin { text = ""; next } { text = text "\n" $0 } END { print text }'; }
expect() {
    for _ in $(seq 300); do
        if seen | grep -qF -- "$1"; then return; fi
        sleep 0.1
    done
    echo "the screen never showed: $1"; seen; exit 1
}

start
expect 'Where is your calendar?'
press Enter
expect 'Paste the address'
press 'no address' Enter
expect 'That is not an address'
press "http://127.0.0.1:$port/gone.ics" Enter
expect 'the server answered 404'
# A password prompt shows nothing, and Ctrl-C gives the terminal back as it was.
press 'half an addr' C-c
expect 'Stopped. Your answers so far are kept'
expect 'ended with 1'
press 'stty -a | grep -q -- " -echo " || echo what is typed "shows"' Enter
expect 'what is typed shows'
[ ! -e "$run/home/.config/cadenced/config.toml" ]

start
expect 'Where is your calendar?'
press Enter
expect 'Paste the address'
press "$feed" Enter
expect 'It can be read: '
expect 'A short name for it'
press Enter
expect 'Is there another calendar of yours?'
press Enter
expect 'Most events that show guests include owner@example.com'
press 'nobody' Enter
expect 'is not an e-mail address'
press C-c
expect 'goes on from there'

start
expect 'This continues where you left off'
expect 'Is there another calendar of yours?'
press Enter
expect 'Your e-mail addresses'
press Enter
expect 'Your names'
press Enter
expect 'found, and why:'
expect 'Which of them are 1:1s?'
# The first one is none, says the user.
press Space Enter
expect '1 decision kept'
expect 'Are they right?'
press Enter
expect 'What should happen when a session is lost?'
press Enter
expect 'no problems: 1 account, 1 calendar'
expect 'Show the report of last week?'
press Enter
expect 'Next steps'
expect 'ended with 0'
expect 'Lost sessions'

config=$run/home/.config/cadenced/config.toml
[ "$(stat -c %a "$config")" = 600 ]
grep -q 'owner@example.com' "$config" && grep -q '^default = "ask"$' "$config" && grep -qF "$feed" "$config"
if all | grep -q 0123456789abcdef; then echo 'the address was shown'; exit 1; fi
# Paths are as long as they are.
wide=$(seen | grep -v / | python3 -c 'import sys; [print(line) for line in sys.stdin.read().splitlines() if len(line) > 80]')
[ -z "$wide" ] || { echo "wider than 80 columns: $wide"; exit 1; }
HOME=$run/home XDG_CONFIG_HOME='' XDG_DATA_HOME='' "$CADENCED" check
# The one that was taken out is none, and the rest are.
[ "$(HOME=$run/home XDG_CONFIG_HOME='' XDG_DATA_HOME='' "$CADENCED" series | grep -c every)" -ge 4 ]

# Without a terminal it says what to do instead.
code=0
HOME=$run/home "$CADENCED" setup </dev/null >"$run/out" 2>"$run/err" || code=$?
[ "$code" = 2 ] && grep -q 'this is no terminal' "$run/err"

# A second time it offers what can be changed, and changes nothing by itself.
cp "$config" "$run/before"
start
expect 'What would you like to change?'
press Enter
expect 'Show the report of last week?'
press n
expect 'Next steps'
cmp "$config" "$run/before"
echo 'from nothing to the first report on a real terminal, with Ctrl-C on the way'
