#!/bin/bash
# The contract of CalDAV servers on Xandikos. It needs python3 with venv; Xandikos comes from PyPI into $RIG_RUN.
. "$(dirname "$0")/caldav/lib.sh"
start xandikos
contract
lost_update
