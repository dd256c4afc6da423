# Part of systemd-user.sh: it ends quickly, with its user, and leaves no names in the journal.
