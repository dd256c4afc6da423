# Part of systemd-user.sh, the last: a user manager that may make no namespaces, as on kernels where they are switched off for users.

works_here() { user systemd-run --user --pipe --quiet -p PrivateUsers=yes true 2>/dev/null; }
works_here || fail 'the check of docs/service.md says that hardening.conf does not work'
printf '[Service]\nRestrictNamespaces=yes\n' | inside sh -c 'mkdir -p "$1"; cat >"$1/rig.conf"' sh "/run/systemd/system/user@.service.d"
inside systemctl daemon-reload
inside systemctl restart "user@$USER_ID"
! works_here || fail 'the check of docs/service.md says that hardening.conf works'
drop_in cadenced.service hardening <systemd/hardening.conf
! sctl restart cadenced 2>/dev/null || fail 'it starts with hardening.conf and without namespaces'
is 'without namespaces it ends in' 217 "$(of ExecMainStatus)"
inside rm "$home/.config/systemd/user/cadenced.service.d/hardening.conf"
sctl daemon-reload
sctl restart cadenced
is 'the unit alone is' active "$(sctl is-active cadenced)"
shown 'no user namespaces' 'the unit runs; with hardening.conf 217/USER, and the check in the docs says so before'
