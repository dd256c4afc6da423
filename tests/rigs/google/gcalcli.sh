#!/bin/bash
# Runs gcalcli, as it is, against the fake; called inside user, mount and network namespaces of its own, in which the
# names of Google's servers lead to 127.0.0.1 and a certificate made for the day is trusted.
set -euo pipefail
. tests/rigs/google/started.sh
ip link set lo up
start_fake 0 readable-instance-ids
home=$RUN/home
rm -rf "$home"
mkdir -p "$home/data/gcalcli"
trap 'kill "${mitm:-}" 2>/dev/null || true; stop_fake' EXIT

HOME=$home "$RUN/mitmproxy/bin/mitmdump" -q --listen-host 127.0.0.1 -p 443 --mode "reverse:$BASE" \
    --set confdir="$home/ca" >"$home/mitm.log" 2>&1 &
mitm=$!
for _ in $(seq 200); do (echo >/dev/tcp/127.0.0.1/443) 2>/dev/null && break; sleep 0.1; done
echo '127.0.0.1 localhost www.googleapis.com oauth2.googleapis.com accounts.google.com' >"$home/hosts"
mount --bind "$home/hosts" /etc/hosts
export HTTPLIB2_CA_CERTS=$home/ca/mitmproxy-ca-cert.pem REQUESTS_CA_BUNDLE=$home/ca/mitmproxy-ca-cert.pem

export HOME=$home XDG_DATA_HOME=$home/data XDG_CONFIG_HOME=$home/config XDG_CACHE_HOME=$home/cache TZ=Europe/Berlin
"$RUN/gcalcli/bin/python" - "$home/data/gcalcli/oauth" $CLIENT $OWNER_TOKENS <<'X'
import pickle, sys
from google.oauth2.credentials import Credentials
path, client, secret, token, refresh = sys.argv[1:]
# The access token is no good, so that gcalcli has to get one from oauth2.googleapis.com first.
uri = "https://oauth2.googleapis.com/token"
held = Credentials("nonsense", refresh_token=refresh, token_uri=uri, client_id=client, client_secret=secret)
pickle.dump(held, open(path, "wb"))
X

gcalcli() { "$RUN/gcalcli/bin/gcalcli" --nocolor "$@"; }
# says WORDS COMMAND...: the command's output holds these words.
says() {
    local words=$1 out
    shift
    out=$("$@" 2>&1 </dev/null) || { echo "failed: $*"; echo "$out"; exit 1; }
    grep -qF -- "$words" <<<"$out" || { echo "no \"$words\" from: $*"; echo "$out"; exit 1; }
}
count() { gcalcli agenda --tsv "$1" "$2" </dev/null | grep -cF -- "$3" || true; }

says owner@example.com gcalcli list
[ "$(count 2026-11-01 2026-12-01 'Owner / Ann')" = 4 ] || { echo 'gcalcli does not see 4 sessions'; exit 1; }
says '' gcalcli add --calendar owner@example.com --title Coffee --when '2026-11-05 15:00' --duration 30 --noprompt
[ "$(count 2026-11-05 2026-11-06 Coffee)" = 1 ] || { echo 'what gcalcli added is not there'; exit 1; }
says Coffee gcalcli search Coffee 2026-11-01 2026-12-01
says '' gcalcli delete --iamaexpert Coffee 2026-11-01 2026-12-01
[ "$(count 2026-11-05 2026-11-06 Coffee)" = 0 ] || { echo 'what gcalcli deleted is still there'; exit 1; }
echo 'gcalcli takes it for the real one'
