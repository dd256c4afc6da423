#!/bin/bash
# The contract of CalDAV servers on Radicale, and what other programs read of the objects that cadenced writes there.
# It needs python3 with venv; Radicale and the others come from PyPI into $RIG_RUN.
. "$(dirname "$0")/caldav/lib.sh"
python_packages caldav vdirsyncer khal recurring-ical-events
start radicale
contract
lost_update
put_back
by_hand
edited
slept
lost_look
both_make_up
CADENCED_CALDAV_EXPECTED=$folder/expected.json walk caldav_contract::other_programs_can_read_what_is_written
bash tests/rigs/caldav/judges.sh "$venv" "$address" "$folder"
