#!/bin/bash
# What other programs change between our look and our write is kept, and what is sent twice is done once: five servers, and one table of
# them all. SERVERS names fewer of them. A server that cannot be installed is said and left out; without any, the rig is skipped.
. "$(dirname "$0")/caldav/lib.sh"
if [ -n "${ONE_SERVER:-}" ]; then
    start "$ONE_SERVER"
    lost_update
    replay
    exit
fi
table=$(mktemp) walked=0 failed=0
trap 'rm -f "$table"' EXIT
for one in ${SERVERS:-radicale xandikos cyrus davical sogo}; do
    result=0
    ONE_SERVER=$one bash tests/rigs/caldav-lost-update.sh >>"$table" 2>&1 </dev/null || result=$?
    case $result in
        0) walked=$((walked + 1)) ;;
        77) ;;
        *) failed=$((failed + 1)) ;;
    esac
done
grep -E '\||^skipped|panicked|error' "$table" || true
[ "$failed" = 0 ] || { echo "$failed servers lost edits, did something twice, or did not get through"; tail -20 "$table"; exit 1; }
[ "$walked" != 0 ] || skip 'no server could be started'
