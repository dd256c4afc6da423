# Part of systemd-user.sh: what each directive of the unit and of hardening.conf really stops, from inside a secret command; and
# what the same lines do without user namespaces.

probe() { # in $probed: what it could do, run by the service
    rm -f "/proc/$machine/root$data/probe"
    since=$(date -u +%FT%TZ)
    sctl restart cadenced || fail "it does not start"
    until_so 'it answers on the bus' read_now
    until_so 'the probe ran' user test -s "$data/probe"
    until_so 'the probed feed is read' read_since "$since" more
    probed=$(user cat "$data/probe")
}
score() { user systemd-analyze --user security --no-pager cadenced | sed -n 's/.*service: \([0-9.]*\) .*/\1/p'; }
event Clementine "$(at "$next - 70 days + 2 hours")" FREQ=WEEKLY | calendar more
configure "[[account.calendar]]
name = \"more\"
url_command = [\"/usr/bin/python3\", \"/rig/probe.py\", \"$data/probe\", \"file://$home/feeds/more.ics\"]"

user /usr/bin/python3 /rig/probe.py "$data/probe" - >/dev/null
outside=$(user cat "$data/probe")
probe
plain=$probed
plain_score=$(score)
# Without user namespaces, what drops capabilities does not start at all; the rest is taken.
without=$(grep -vE '^PrivateUsers=' systemd/hardening.conf)
drop_in cadenced.service hardening <<<"$without"
sctl restart cadenced 2>/dev/null && fail 'it starts without user namespaces'
is 'without user namespaces it ends in' 218 "$(of ExecMainStatus)"
grep -vE '^(CapabilityBoundingSet|PrivateDevices|ProtectKernelModules|ProtectKernelLogs)=' <<<"$without" |
    drop_in cadenced.service hardening
probe
pretended=$probed
pretended_score=$(score)
drop_in cadenced.service hardening <systemd/hardening.conf
probe
hardened=$probed
hardened_score=$(score)

could() { sed -n "s|^$2: ||p" <<<"$1"; }
# row WHAT OUTSIDE UNIT WITHOUT-NAMESPACES HARDENED
row() {
    local got="$(could "$outside" "$1") $(could "$plain" "$1") $(could "$pretended" "$1") $(could "$hardened" "$1")"
    is "$1" "$2 $3 $4 $5" "$got"
    printf '   %-34s %-8s %-8s %-12s %s\n' "$1" $got
}
printf '   %-34s %-8s %-8s %-12s %s\n' 'can it have …' outside unit 'no PrivateUsers' hardened
row 'memory that is written and run' yes no no no
row 'a socket to virtual machines' yes no no no
row 'a set-user-id file' yes no no no
row 'another personality' yes no no no
row 'a debugger' yes no no no
row 'a namespace of its own' yes no no no
row 'no new privileges' no yes yes yes
row 'a socket for IP' yes yes yes yes
row 'write to the data' yes yes yes yes
row 'write to the home' yes yes yes no
row 'write to the config' yes yes yes no
row "see the machine's /tmp" yes yes yes no
row "see the disks' /dev" yes yes yes no
row 'write to /sys' yes yes yes no
row 'make a group of processes' yes yes yes no
row "see the kernel's modules" yes yes yes no
# Many kernels keep this from users anyway.
[ "$(could "$outside" "read the kernel's log")" = no ] || row "read the kernel's log" yes yes yes no
row 'see another user' yes yes yes no
row 'any capability to be had' yes yes yes no
shown 'what the directives stop' 'each stops what it says; see the table above'
shown 'the same without PrivateUsers=' "nothing of the file system, though the score says $pretended_score"
shown 'systemd-analyze security' "$plain_score, with hardening.conf $hardened_score"
for quoted in "$plain_score" "$hardened_score"; do
    grep -q "$quoted" docs/service.md || fail "docs/service.md does not quote $quoted"
done

pid=$(of MainPID)
before=$(logged 'read the config again')
sctl reload cadenced
until_so 'it reloads' was_logged 'read the config again' $((before + 1))
is 'hardened, after a reload, the process is' "$pid" "$(of MainPID)"
until_so 'it answers on the bus' read_now
shown 'hardened: reload, bus' 'works'
