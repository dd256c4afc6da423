# Part of systemd-user.sh: the machine boots, the units are verified and the service starts for the first time, offline.

machine_start
printf '[Login]\nUserStopDelaySec=1\n' | inside sh -c 'mkdir -p /run/systemd/logind.conf.d; cat >/run/systemd/logind.conf.d/rig.conf'
inside systemctl restart systemd-logind
inside loginctl enable-linger "$USER_NAME"
inside sh -c "mkdir -p $home/.local/bin $home/.config/systemd/user $home/feeds; cp /rig/cadenced $home/.local/bin/
    cp /rig/systemd/*.service $home/.config/systemd/user/; touch /tmp/rig-marker /dev/rig-marker /sys/power/rig-marker
    mkdir -p /usr/lib/modules/rig; chown $USER_NAME /sys/power/rig-marker; chown -R $USER_NAME: $home"
# A screen saver that could be started, and is not by us.
put "$home/.local/share/dbus-1/services/org.freedesktop.ScreenSaver.service" <<X
[D-BUS Service]
Name=org.freedesktop.ScreenSaver
Exec=/usr/bin/touch $home/saver-was-started
X
user busctl --user call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
: >"$folder/notices"
chmod 666 "$folder/notices"
user systemd-run --user --quiet --unit=rig-notices /usr/bin/python3 /rig/notices.py /rig/notices

said=$(user sh /rig/systemd/verify.sh 2>"$folder/verify.err") || fail "verify: $said $(cat "$folder/verify.err")"
is 'the stderr of verify' '' "$(cat "$folder/verify.err")"
shown 'systemd-analyze verify' "no word on stderr; \"$said\""

# Two calendars: one file whose address is a credential, and one that only a network would have.
next=$(date -u -d 'now + 3 days' +%Y-%m-%dT10:00:00Z)
first=$(at "$next - 70 days")
event Annabella "$first" FREQ=WEEKLY | calendar main
echo "file://$home/feeds/main.ics" | put "$home/whispered-address"
configure() { # and more lines
    put "$config/config.toml" <<X
[owner]
addresses = ["owner@example.com"]
zone = "Europe/Berlin"
[notices]
quiet = []
remind = "never"
[[account]]
name = "work"
[[account.calendar]]
name = "main"
url_credential = "feed"
[[account.calendar]]
name = "remote"
url = "https://calendar.example.com/whispered-key.ics"
$1
X
    inside chmod 600 "$config/config.toml"
}
configure ''
drop_in cadenced.service credentials <<X
[Service]
LoadCredential=feed:%h/whispered-address
X
# The waits of the unit are cut short for the rig, and nothing else of it.
drop_in cadenced.service quick <<X
[Service]
RestartSec=300ms
WatchdogSec=4s
X
sctl enable --quiet cadenced
started=$(date +%s%N)
sctl start cadenced
took=$((($(date +%s%N) - started) / 1000000))
is 'after the start it is' active "$(sctl is-active cadenced)"
until_so 'a status line' says '^1 1:1, 0 sessions owed'
shown 'enable, start' "ready after $took ms; STATUS \"$(of StatusText)\""
sources=$(cadenced status --format json)
calendar_state() { python3 -c 'import json, sys
for source in json.load(sys.stdin)["sources"]:
    if source["calendar"] == sys.argv[1]: print(source["problem"] or "fine")' "$1" <<<"$sources"; }
is 'the calendar whose address is a credential is' fine "$(calendar_state main)"
shown 'credential' 'LoadCredential= gives the address of a feed; the feed is fine'
got=0
said=$(cadenced sync 2>&1) || got=$?
is 'a sync in a shell ends in' 77 "$got"
has 'a sync in a shell' 'only the service has the credential `feed`' "$said"
said=$(user systemd-run --user --pipe --wait --quiet -p "LoadCredential=feed:$home/whispered-address" \
    "$home/.local/bin/cadenced" sync 2>&1) || true
has 'a sync that is given the credential' 'work/main: ' "$said"
[[ $said != *'only the service has'* ]] || fail "a sync that is given the credential says: $said"
shown 'credential, in a shell' 'exit 77 and what to do; which works'
until_so 'the other calendar is tried' eval 'sources=$(cadenced status --format json); [ "$(calendar_state remote)" != fine ]'
has 'the other calendar' 'cannot be reached' "$(calendar_state remote)"
