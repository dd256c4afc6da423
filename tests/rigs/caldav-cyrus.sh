#!/bin/bash
# The contract of CalDAV servers on Cyrus IMAP, with implicit scheduling (RFC 6638), and the story of two people on it.
. "$(dirname "$0")/caldav/lib.sh"
start cyrus
contract
lost_update
story
put_back
by_hand
edited
slept
beside
lost_look
both_make_up
two_daemons
