# Part of systemd-user.sh: reload, kill, hang, a second daemon, a config that cannot be used.

{ event Annabella "$first" FREQ=WEEKLY; cancelled Annabella "$(at "$next")"; } | calendar main
pid=$(of MainPID)
sctl reload cadenced
until_so 'the cancelled session is told' was_noted Annabella
is 'after a reload the process is' "$pid" "$(of MainPID)"
shown 'reload' 'the same process; the cancelled session was told'

event Benvenuto "$(at "$next - 70 days + 2 hours")" FREQ=WEEKLY | calendar more
configure "[[account.calendar]]
name = \"more\"
url = \"file://$home/feeds/more.ics\""
sctl reload cadenced
until_so 'it answers on the bus' read_now
until_so 'the new calendar is read' says '^2 1:1s'
shown 'reload, new calendar' "$(of StatusText)"

cp "/proc/$machine/root$config/config.toml" "$folder/good.toml"
sed 's/^zone/zoone/' "$folder/good.toml" | put "$config/config.toml"
sctl reload cadenced
until_so 'the broken config is named' was_logged 'the old one stays' 1
is 'with a broken config it is' active "$(sctl is-active cadenced)"
is 'with a broken config the process is' "$pid" "$(of MainPID)"
shown 'reload, broken config' 'goes on with the old one, and says so'

got=0
sctl restart cadenced 2>/dev/null || got=$?
until_so 'a broken config ends the start' written ActiveState failed
sleep 1
is 'the exit code' 78 "$(of ExecMainStatus)"
is 'restarts with a broken config' 0 "$(of NRestarts)"
shown 'start, broken config' 'exit 78, not started again'
put "$config/config.toml" <"$folder/good.toml"
inside chmod 600 "$config/config.toml"
sctl start cadenced
until_so 'it runs again' says '^2 1:1s'

told=$(noted Annabella)
sctl reset-failed cadenced
for round in 1 2 3; do
    inside kill -9 "$(of MainPID)"
    until_so "a restart after kill -9" written NRestarts "$round"
    until_so 'it runs again' says '^2 1:1s'
done
is 'how often the loss was told' "$told" "$(noted Annabella)"
shown 'kill -9, three times' "started again each time, nothing told twice ($told)"

sctl reset-failed cadenced
inside mv "$home/whispered-address" "$home/elsewhere"
! sctl restart cadenced 2>/dev/null || fail 'it starts without its credential'
is 'without its credential it ends in' 243 "$(of ExecMainStatus)"
inside mv "$home/elsewhere" "$home/whispered-address"
until_so 'it starts by itself once the credential is there' says '^2 1:1s'
shown 'a credential without its file' '243/CREDENTIALS; it starts by itself once the file is there'

# SIGSTOP is the purest hang.
before=$(of NRestarts)
sleep 5
is 'restarts in five seconds under a watchdog of four' "$before" "$(of NRestarts)"
pid=$(of MainPID)
inside kill -STOP "$pid"
until_so 'the watchdog acts' written NRestarts $((before + 1))
has 'the journal' 'Watchdog timeout' "$(user journalctl --user -u cadenced -o cat --no-pager)"
until_so 'it runs again' says '^2 1:1s'
shown 'watchdog, SIGSTOP' 'started again'

pid=$(of MainPID)
got=0
said=$(cadenced run 2>&1) || got=$?
is 'a second daemon ends in' 1 "$got"
has 'a second daemon' "cadenced is already running for this profile (process $pid)" "$said"
is 'the first one is' "$pid" "$(of MainPID)"
shown 'a second daemon' "exit 1: \"${said#cadenced: }\""

sleep 3
is 'offline, restarts are' $((before + 1)) "$(of NRestarts)"
is 'offline it is' active "$(sctl is-active cadenced)"
shown 'no network at all' 'active since the start, never restarted for it'
