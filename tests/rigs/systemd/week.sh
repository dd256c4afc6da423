# Part of systemd-user.sh: a week of fake time for the profile `work`, hardened, its feed's address in a keyring. The wall clock
# jumps while the machine sleeps, as it does for a laptop; the monotonic one stays real, as tokio's timers need it.

user systemd-run --user --quiet --unit=rig-keyring --service-type=simple \
    sh -c 'printf rig | exec gnome-keyring-daemon --foreground --unlock --components=secrets'
has_keyring() { user busctl --user status org.freedesktop.secrets; }
until_so 'there is a keyring' has_keyring
echo "file://$home/feeds/week.ics" | user secret-tool store --label=cadenced application cadenced key week
put "$config/profiles/work/config.toml" <<X
[owner]
addresses = ["owner@example.com"]
zone = "Europe/Berlin"
[notices]
remind = "never"
[[account]]
name = "work"
[[account.calendar]]
name = "week"
url_keyring = "week"
[report]
formats = ["html", "json"]
X
inside chmod 600 "$config/profiles/work/config.toml"
drop_in cadenced@work.service hardening <systemd/hardening.conf
drop_in cadenced@work.service clock <<X
[Service]
Environment=LD_PRELOAD=$faketime FAKETIME_TIMESTAMP_FILE=$home/clock
Environment=FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_NO_CACHE=1 NO_FAKE_STAT=1
X
# set_clock TIME: what the daemon takes for the present from now on.
set_clock() { echo "$(($(date -d "$1" +%s) - $(date +%s)))" | sed 's/^[0-9]/+&/' | put "$home/clock"; }
week_feed() {
    { event Dorothea 20260921T090000Z FREQ=WEEKLY; event Ermentrude 20260923T130000Z FREQ=WEEKLY
      event Florentine 20260924T090000Z FREQ=WEEKLY; cat; } | calendar week
}
work=$data/profiles/work
week_feed </dev/null
set_clock 2026-11-15T18:00Z
sctl enable --quiet --now cadenced@work
until_so 'the profile runs' says '^3 1:1s' cadenced@work
shown 'cadenced@work' "its own config and data; $(of StatusText cadenced@work)"

# live TIME…: the machine wakes at each of these times.
live() {
    local when before
    for when in "$@"; do
        set_clock "$when"
        before=$(logged 'the machine woke up' cadenced@work)
        sleep_and_wake
        until_so "it wakes at $when" was_logged 'the machine woke up' $((before + 1)) cadenced@work
        until_so "it reads at $when" read_since "$when" week --profile work --now "$(date -u -d "$when" +%FT%TZ)"
    done
}
reports() { user sh -c "ls $work/reports | sed -n 's/^\(20.*\)\.html/\1/p' | tr '\n' ' '"; }
is 'the reports at the start' '2026-W45 ' "$(reports)"
live 2026-11-16T06:50Z
is 'the reports before Monday, eight' '2026-W45 ' "$(reports)"
live 2026-11-16T07:05Z
is 'the reports after Monday, eight' '2026-W45 2026-W46 ' "$(reports)"
live 2026-11-16T18:00Z 2026-11-17T07:30Z 2026-11-17T18:00Z
cancelled Ermentrude 20261118T130000Z | week_feed
live 2026-11-18T08:30Z
until_so 'what was lost is told' was_noted Ermentrude
live 2026-11-18T20:30Z 2026-11-19T08:05Z 2026-11-19T16:30Z 2026-11-20T08:05Z 2026-11-20T17:00Z 2026-11-21T12:00Z 2026-11-22T20:00Z \
    2026-11-23T06:50Z
is 'the reports before the second Monday, eight' '2026-W45 2026-W46 ' "$(reports)"
live 2026-11-23T07:05Z 2026-11-23T18:00Z
is 'the reports after the week' '2026-W45 2026-W46 2026-W47 ' "$(reports)"
is 'reports that were written' 3 "$(logged 'wrote the report' cadenced@work)"
was_told() { [ "$(noted "$1")" = 1 ]; }
for words in 'Ermentrude Ashdown cancelled' 'Ermentrude Ashdown missed' 'report for week 2026-W47'; do
    until_so "told once: $words" was_told "$words"
done
is 'daily digests' 2 "$(noted '1 session owed')"
is 'notices of the others' 0 "$(noted 'Dorothea\|Florentine')"
until_so 'the report counts right' was_noted '2 held, 1 missed, 1 owed now'
is 'what became of the sessions' 'cancelled held_presumed held_presumed' "$(cadenced --profile work --now 2026-11-23T18:00:00Z \
    sessions --since 2026-11-16 --until 2026-11-22 --format json | python3 -c 'import json, sys
print(*sorted(one["outcome"] for one in json.load(sys.stdin)))')"
is 'restarts in the week' 0 "$(of NRestarts cadenced@work)"
shown 'a week of fake time, hardened' '2 held, 1 missed: counted right, the loss told once, each report written once'
shown 'keyring' "the feed's address came from it, over the bus, from inside the sandbox"
