# Part of systemd-user.sh, after the week: the button on the report's notice.

# What it opens runs outside, unbound by the memory and the sandbox of the service.
inside sh -c 'cat >/usr/local/bin/xdg-open; chmod 755 /usr/local/bin/xdg-open' <<'X'
#!/bin/sh
{ echo "$1"; cat /proc/self/cgroup; grep Seccomp: /proc/self/status; } >"$HOME/opened"
X
number=$(grep 'report for week 2026-W47' "$folder/notices" | tail -1 | sed 's/.*"id": \([0-9]*\).*/\1/')
user busctl --user call org.freedesktop.Notifications /org/freedesktop/Notifications org.cadenced.Rig Press us "$number" open
until_so 'the report is opened' user grep -q Seccomp "$home/opened"
opened=$(user cat "$home/opened")
has 'what was opened' "$work/reports/2026-W47.html" "$opened"
[[ $opened != *0::*/cadenced@work.service* && $opened == *$'Seccomp:\t0' ]] || fail "opened inside the service: $opened"
shown "the report's button" 'the report opens outside of the sandbox'
