#!/bin/bash
# The contract of CalDAV servers on DAViCal, with implicit scheduling, on PHP's own server and a PostgreSQL of its own.
. "$(dirname "$0")/caldav/lib.sh"
start davical
contract
lost_update
