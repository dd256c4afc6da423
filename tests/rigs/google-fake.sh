#!/bin/bash
# Outsiders judge the fake of Google Calendar that the tests use: Google's Python client, Google's description of the
# API, and gcalcli, which takes the fake for the real one. Debian: apt-get install python3-venv util-linux iproute2
# Everything is on 127.0.0.1 and ends with this script; the Python packages stay in $RIG_RUN for the next time.
set -euo pipefail
cd "$(dirname "$0")/../.."
run=${RIG_RUN:-/tmp/cadenced-rigs}/google-fake
mkdir -p "$run"

# venv NAME PACKAGE...: an environment with these packages, made once.
venv() {
    local folder=$run/$1 log=$run/$1.log
    shift
    [ -e "$folder/complete" ] && return 0
    rm -rf "$folder"
    python3 -m venv "$folder" >"$log" 2>&1 && "$folder/bin/pip" install -q "$@" >>"$log" 2>&1 &&
        touch "$folder/complete"
}

venv client google-api-python-client google-auth-oauthlib cryptography ||
    { echo "Google's Python client cannot be installed: $run/client.log"; exit 77; }

"${CARGO:-cargo}" build --quiet --locked --example google-fake
target=${CARGO_TARGET_DIR:-target}
export FAKE=$target/debug/examples/google-fake RUN=$run
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
. tests/rigs/google/started.sh

start_fake
"$run/client/bin/python" -B tests/rigs/google/client.py "$BASE" $CLIENT $OWNER_TOKENS "${ANN_TOKENS%% *}"
stop_fake

if ! unshare --user --map-root-user --mount --net true 2>/dev/null; then
    echo 'left out: gcalcli needs namespaces of its own, which this system does not allow'
elif ! command -v ip >/dev/null; then
    echo 'left out: gcalcli needs ip (apt-get install iproute2)'
elif ! venv gcalcli gcalcli || ! venv mitmproxy mitmproxy; then
    echo "left out: gcalcli or mitmproxy cannot be installed: $run/gcalcli.log, $run/mitmproxy.log"
else
    unshare --user --map-root-user --mount --net bash tests/rigs/google/gcalcli.sh
fi
