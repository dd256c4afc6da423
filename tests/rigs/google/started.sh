# Starts and stops the fake for the scripts that read this file; BASE, CLIENT, OWNER_TOKENS and ANN_TOKENS tell of it.

# start_fake [ARGUMENT...]: the fake runs until its standard input ends, which is when this shell does at the latest.
start_fake() {
    coproc FAKE_RUN { exec "$FAKE" "${@:-0}"; }
    fake_pid=$FAKE_RUN_PID
    local name first rest seen=0
    while [ $seen -lt 4 ] && read -r -t 20 -u "${FAKE_RUN[0]}" name first rest; do
        seen=$((seen + 1))
        case "$name $first" in
        base\ *) BASE=$first ;;
        client\ *) CLIENT="$first $rest" ;;
        token\ owner@example.com) OWNER_TOKENS=$rest ;;
        token\ ann@example.com) ANN_TOKENS=$rest ;;
        esac
    done
    [ $seen = 4 ] || { echo 'the fake does not start'; exit 1; }
}

stop_fake() {
    kill "$fake_pid" 2>/dev/null || true
    wait "$fake_pid" 2>/dev/null || true
}
