# Part of systemd-user.sh: it ends quickly, goes and comes with its user, and leaves no names in the journal.

began=$(date +%s%N)
sctl stop cadenced
took=$((($(date +%s%N) - began) / 1000000))
[ "$took" -lt 1500 ] || fail "the end took $took ms"
is 'after its end the result is' success "$(of Result)"
has 'the journal' 'cadenced ends' "$(user journalctl --user -u cadenced -n 5 -o cat --no-pager)"
shown 'stop' "ended in $took ms"
sctl start cadenced

log_in() { inside systemd-run --quiet --collect --unit=rig-session -p PAMName=login -p User="$USER_NAME" sleep 300; }
log_out() { inside systemctl stop rig-session; }
in_session() { inside loginctl list-sessions --no-legend | grep -q "$USER_NAME"; }
manager_is() { [ "$(inside systemctl is-active "user@$USER_ID")" = "$1" ]; }
ended() { inside journalctl -o cat --no-pager _SYSTEMD_USER_UNIT=cadenced@work.service | tail -5 | grep -q 'cadenced ends'; }
log_in
until_so 'somebody is logged in' in_session
pid=$(of MainPID cadenced@work)
log_out
sleep 2
is 'with linger, after the logout, the process is' "$pid" "$(of MainPID cadenced@work)"
log_in
until_so 'somebody is logged in' in_session
inside loginctl disable-linger "$USER_NAME"
log_out
until_so 'the manager of the user ends' manager_is inactive
until_so 'the service ended by itself' ended
log_in
until_so 'the manager of the user starts' manager_is active
until_so 'the service comes with the login' eval '[ "$(sctl is-active cadenced@work)" = active ]'
shown 'linger and logins' 'outlives a logout with linger; without it goes with the last session and comes with the next'

! user test -e "$home/saver-was-started" || fail 'it started a screen saver'
inside journalctl --no-pager -o export _UID="$USER_ID" >"$folder/journal"
lines=$(grep -c '^MESSAGE=' "$folder/journal")
grep -q '^MESSAGE=cadenced runs' "$folder/journal" || fail 'the journal does not have the daemon'
for secret in whispered Whispered Annabella Benvenuto Clementine Dorothea Ermentrude Florentine Ashdown example.com .ics; do
    ! grep -a "$secret" "$folder/journal" | grep -qav '^_CMDLINE=.*probe.py' || fail "$secret is in the journal: $(grep -a "$secret" "$folder/journal" | head -3)"
done
shown 'the journal' "no title, name, address or URL in its $lines lines"
