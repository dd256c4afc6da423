#!/bin/bash
# The contract of CalDAV servers on Cyrus IMAP, with implicit scheduling (RFC 6638), and the story of two people on it.
# Each walk has a server of its own: what one leaves with the guest would take the guest's time in the next.
. "$(dirname "$0")/caldav/lib.sh"
for walk in contract lost_update story put_back by_hand edited slept beside lost_look both_make_up two_daemons; do
    echo "-- $walk"
    (start cyrus && "$walk")
done
