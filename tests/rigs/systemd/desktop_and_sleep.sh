# Part of systemd-user.sh: a desktop's session comes and goes, the machine sleeps and wakes.

put "$home/.config/systemd/user/desktop.target" <<X
[Unit]
Description=The session of a desktop
BindsTo=graphical-session.target
X
sctl daemon-reload
pid=$(of MainPID)
sctl start desktop.target
is 'the session of the desktop is' active "$(sctl is-active graphical-session.target)"
sctl stop desktop.target
until_so 'the session ends' eval '[ "$(sctl is-active graphical-session.target)" = inactive ]'
sleep 0.5
is 'after the end of a desktop the process is' "$pid" "$(of MainPID)"
shown "a desktop's logout, with linger" 'goes on'

configure "[[account.calendar]]
name = \"more\"
url = \"file://$home/feeds/more.ics\""
event Clementine "$(at "$next - 70 days + 2 hours")" FREQ=WEEKLY | calendar more
before=$(logged 'the machine woke up')
sleep_and_wake
until_so 'it hears of the waking' was_logged 'the machine woke up' $((before + 1))
is 'logind slept' mem "$(cat "/proc/$machine/root/sys/power/state")"
new_one() { cadenced series --format json | grep -q Clementine; }
until_so 'what changed meanwhile is read' new_one
shown 'suspend through logind' 'read anew at once after waking'
