#!/bin/bash
# From nothing to the first report with the Debian package: it is installed on a machine of its own (an overlay, with real systemd
# as PID 1), a user who never had a config goes through `cadenced setup` on a terminal, and then it is purged. It needs root and
# cgroup v2; RIGS=all installs the packages. DEB names a package that is built; without it one is made of the debug build.
. "$(dirname "$0")/caldav/lib.sh"
. tests/rigs/systemd/machine.sh
[ "$(id -u)" = 0 ] || skip 'it boots a systemd of its own, which only root can'
debian_packages systemd dbus dbus-user-session libpam-systemd iproute2 python3-dbus python3-gi ca-certificates tmux man-db
fail() {
    echo "failed: $*"
    screen 2>/dev/null | grep -v '^ *$' | tail -25 || true
    user journalctl --user -n 20 --no-pager 2>/dev/null | grep -i cadenced || true
    exit 1
}
is() { [ "$2" = "$3" ] || fail "$1: $3 instead of $2"; }
own_folder install-deb
clean() { machine_stop; }
set -E
trap 'echo "broke off at ${BASH_SOURCE[0]}:$LINENO: $BASH_COMMAND" >&2' ERR

if [ -z "${DEB:-}" ]; then
    PATH=$PATH:$HOME/.cargo/bin
    command -v cargo-deb >/dev/null || skip 'cargo-deb is not here: make tools'
    "${CARGO:-cargo}" build --locked --quiet
    PROFILE=debug sh packaging/debian/build.sh --output "$folder/" --fast 2>"$folder/deb.log" >&2 || fail "$(cat "$folder/deb.log")"
    DEB=$(ls "$folder"/*.deb)
else
    cp "$DEB" "$folder/"
fi
DEB=/rig/$(basename "$DEB")
cp tests/rigs/systemd/notices.py "$folder/"
chmod a+r "$folder"/*
: >"$folder/notices"
chmod 666 "$folder/notices"
home=/home/$USER_NAME config=$home/.config/cadenced data=$home/.local/share/cadenced

# Mirrors of Debian for containers leave the manual out.
machine_start
inside sh -c 'rm -f /etc/dpkg/dpkg.cfg.d/*'
files() { inside find /usr /etc -xdev \( -type f -o -type l \) -not -name 'ld.so.cache' -not -name '*.cache' | sort; }
files >"$folder/before"
inside dpkg -i "$DEB" >"$folder/dpkg.log" 2>&1 || fail "$(cat "$folder/dpkg.log")"
grep -q 'cadenced setup' "$folder/dpkg.log" || fail 'the package does not say what to do next'
echo "-- installed: $(inside dpkg-query -W cadenced), $(inside dpkg -L cadenced | wc -l) paths"

# As a user finds it: nothing is switched on, and there is help.
is 'before setup the unit is' disabled "$(user systemctl --user is-enabled cadenced || true)"
for page in cadenced cadenced-sync cadenced.toml; do
    said=$(user env MANWIDTH=80 man -P cat "$page" 2>"$folder/man.err") || fail "man $page: $(cat "$folder/man.err")"
    [[ $said == *NAME*"$page"* ]] || fail "man $page shows $said"
done
said=$(user bash -c '. /usr/share/bash-completion/completions/cadenced; COMP_WORDS=(cadenced sta) COMP_CWORD=1
    _cadenced cadenced sta cadenced; echo "${COMPREPLY[*]}"')
is 'bash completes "sta" to' status "$said"
got=0
said=$(user cadenced status 2>&1) || got=$?
is 'without a config, status ends in' 78 "$got"
echo '-- as installed: the unit is off, man has its pages, bash completes'

# A calendar file with two 1:1s, whose owner is in it.
event() { # NAME FIRST
    printf 'BEGIN:VEVENT\nUID:%s\nDTSTART:%s\nDURATION:PT30M\nRRULE:FREQ=WEEKLY\nSUMMARY:%s / Olive\n' "$1" "$2" "$1"
    printf 'ORGANIZER:mailto:olive@example.com\nATTENDEE;PARTSTAT=ACCEPTED:mailto:olive@example.com\n'
    printf 'ATTENDEE;CN=%s Ashdown;PARTSTAT=ACCEPTED:mailto:%s@example.com\nEND:VEVENT\n' "$1" "${1,,}"
}
first() { date -u -d "$1 - 70 days" +%Y%m%dT%H0000Z; }
{
    printf 'BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example//EN\n'
    event Annabella "$(first 'now - 2 days')"
    event Benjamin "$(first 'now - 3 days')"
    echo END:VCALENDAR
} | inside sh -c "cat >$home/calendar.ics; chown $USER_NAME: $home/calendar.ics"
user systemd-run --user --quiet --unit=rig-notices /usr/bin/python3 /rig/notices.py /rig/notices

# The conversation. Each answer waits for its question, which stands at the end of the screen.
screen() { user tmux -L rig capture-pane -p -S - -t setup; }
asked=0
# answer QUESTION KEY…
answer() {
    local question=$1 i
    shift
    for ((i = 0; i < 300; i++)); do
        if [ "$(screen | grep -cF -- "$question")" -gt 0 ] && screen | grep -v '^ *$' | tail -8 | grep -qF -- "$question"; then
            sleep 0.3
            user tmux -L rig send-keys -t setup "$@"
            asked=$((asked + 1))
            return
        fi
        sleep 0.1
    done
    fail "never asked: $question"
}
user tmux -L rig -f /dev/null new-session -d -x 100 -y 60 -s setup 'cadenced setup; echo "ended in $?"; sleep 600'
answer 'Where is your calendar?' Down Down Down Enter
answer 'The file' "$home/calendar.ics" Enter
answer 'A short name' Enter
answer 'Is there another calendar' Enter
answer 'Your e-mail addresses' Enter
answer 'Your names, separated by commas' Olive Enter
answer 'Which of them are 1:1s?' Enter
answer 'Are they right?' Enter
answer 'What should happen when a session is lost?' Enter
answer 'Start it now, and at each login?' Enter
answer 'Show the report of last week?' Enter
for ((i = 0; i < 300; i++)); do screen | grep -q '^ended in' && break; sleep 0.1; done
screen | grep -v '^ *$' >"$folder/screen"
grep -q '^ended in 0' "$folder/screen" || fail 'setup does not end in 0'
for word in 'Next steps' '1:1s in week' 'Annabella Ashdown  ' 'last held' Benjamin; do grep -q "$word" "$folder/screen" || fail "setup does not show $word"; done
echo "-- setup: $asked answers, ended in 0, and showed the report of last week"

# What it left.
inside test -f "$config/config.toml" || fail 'there is no config'
is 'who may read the config' 600 "$(inside stat -c %a "$config/config.toml")"
is 'the unit is' enabled "$(user systemctl --user is-enabled cadenced)"
is 'the unit is' active "$(user systemctl --user is-active cadenced)"
status=$(user systemctl --user show -P StatusText cadenced)
[[ $status == '2 1:1s'* ]] || fail "the unit says: $status"
is 'it runs' "/usr/bin/cadenced" "$(inside readlink "/proc/$(user systemctl --user show -P MainPID cadenced)/exe")"
got=0
said=$(user cadenced doctor 2>&1) || got=$?
printf '%s\n' "$said" >"$folder/doctor"
if grep -q '^wrong' "$folder/doctor" || [ "$got" -ne 0 ]; then fail "doctor ends in $got: $said"; fi
for ((i = 0; i < 300; i++)); do inside test -s "$data/reports/latest.html" && break; sleep 0.1; done
inside grep -q Annabella "$data/reports/latest.html" || fail 'the daemon writes no report that names Annabella'
is 'who may read the reports' '700 600' "$(inside stat -c %a "$data/reports" "$data/reports/latest.html" | xargs)"
reports=$(inside ls "$data/reports" | xargs)
echo "-- afterwards: enabled, active (\"$status\"), doctor has nothing against it; in reports: $reports"

# Purged, with the daemon still running: what the package brought is gone, and what is the user's stays.
inside dpkg -P cadenced >"$folder/purge.log" 2>&1 || fail "$(cat "$folder/purge.log")"
grep -q 'local/share/cadenced' "$folder/purge.log" || fail 'purge does not say what stays'
files >"$folder/after"
diff "$folder/before" "$folder/after" || fail 'purge does not leave what was there'
for path in "$config/config.toml" "$data/cadenced.db" "$data/reports/latest.html"; do inside test -s "$path" || fail "$path is gone"; done
is 'after the purge the daemon that runs is' active "$(user systemctl --user is-active cadenced)"
user systemctl --user disable --quiet --now cadenced || fail 'what is left of the unit cannot be switched off'
inside sh -c "test ! -L $config/../systemd/user/default.target.wants/cadenced.service" || fail 'the unit is still wanted'
echo '-- purged: what the package brought is gone; the config, the ledger and the report stay'
