#!/bin/bash
# The contract of CalDAV servers on SOGo, with implicit scheduling, on a PostgreSQL and a memcached of its own.
. "$(dirname "$0")/caldav/lib.sh"
start sogo
contract
lost_update
