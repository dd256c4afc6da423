#!/bin/bash
# The report by mail against a real server (aiosmtpd): STARTTLS, TLS, AUTH, a wrong password, a greylist, and a kill between the
# server's yes and our note: report-mail.sh [FOLDER]. Needs python3 with venv, pip and openssl; installs aiosmtpd by itself.
# It ends only what it started, by pid.
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in python3 openssl; do
    command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
python=$folder/venv/bin/python
if [ ! -x "$python" ]; then
    python3 -m venv "$folder/venv" 2>/dev/null || { echo "skipped: python3 has no venv"; exit 77; }
fi
"$python" -c 'import aiosmtpd' 2>/dev/null || "$folder/venv/bin/pip" install -q aiosmtpd ||
    { echo "skipped: aiosmtpd cannot be installed"; exit 77; }

"${CARGO:-cargo}" build --quiet
target=${CARGO_TARGET_DIR:-target}
cadenced=$(cd "$target" && pwd)/debug/cadenced

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$folder/key.pem" -out "$folder/cert.pem" -days 30 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE 2>/dev/null
cat >"$folder/server.py" <<'P'
# server.py PORT start|tls GREYLISTED PAUSE: says UP, then a line for each letter; PAUSE seconds pass between the letter and the yes.
import asyncio, ssl, sys
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, SMTP
port, mode, grey, pause = int(sys.argv[1]), sys.argv[2], [int(sys.argv[3])], float(sys.argv[4])
folder = sys.argv[5]
tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
tls.load_cert_chain(folder + '/cert.pem', folder + '/key.pem')
class Handler:
    async def handle_DATA(self, server, session, envelope):
        if grey[0] > 0:
            grey[0] -= 1
            print('GREYLISTED', flush=True)
            return '451 4.7.1 greylisted, try later'
        text = envelope.content.decode()
        name = [line for line in text.splitlines() if line.lower().startswith('message-id:')][0]
        print('TAKEN', ','.join(envelope.rcpt_tos), 'tls' if session.ssl else 'open', name, flush=True)
        await asyncio.sleep(pause)
        return '250 OK'
def auth(server, session, envelope, mechanism, data):
    # Not handled: the server shall say its no itself.
    return AuthResult(success=data.login == b'me' and data.password == b'right', handled=False)
options = dict(authenticator=auth, auth_required=True, hostname='localhost')
class Plain(Controller):
    def factory(self):
        return SMTP(self.handler, tls_context=tls, require_starttls=True, **options)
class Secure(Controller):
    def factory(self):
        return SMTP(self.handler, auth_require_tls=False, **options)
found = Plain(Handler(), hostname='127.0.0.1', port=port) if mode == 'start' else \
    Secure(Handler(), hostname='127.0.0.1', port=port, ssl_context=tls)
found.start()
print('UP', flush=True)
asyncio.new_event_loop().run_forever()
P

server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true' EXIT
serve() { # MODE GREYLISTED PAUSE
    [ -z "$server" ] || { kill "$server"; wait "$server" 2>/dev/null || true; }
    port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    : >"$folder/taken"
    "$python" "$folder/server.py" "$port" "$1" "$2" "$3" "$folder" >"$folder/taken" 2>"$folder/server.log" &
    server=$!
    for _ in $(seq 100); do grep -q UP "$folder/taken" && return; sleep 0.1; done
    echo "the server does not come up"; cat "$folder/server.log"; exit 1
}
fresh() { # SECURITY PASSWORD: a home with the demo's data and a mail server in its config
    rm -rf "$folder/home"
    mkdir -p "$folder/home"
    HOME=$folder/home "$cadenced" --now 2026-11-20T15:00:00Z demo --dir "$folder/home/demo" >/dev/null
    cat >>"$folder/home/demo/config.toml" <<X

[mail]
server = "localhost"
port = $port
security = "$1"
username = "me"
password_command = ["echo", "$2"]
X
}
mail() { # EXPECTED-EXIT NOW ARGUMENTS…
    local expected=$1 now=$2 got=0
    shift 2
    HOME=$folder/home SSL_CERT_FILE=$folder/cert.pem "$cadenced" --config "$folder/home/demo/config.toml" \
        --now "$now" report --mail "$@" >"$folder/said" 2>&1 || got=$?
    [ "$got" = "$expected" ] || { echo "exit $got instead of $expected:"; cat "$folder/said" "$folder/taken"; exit 1; }
}
taken() { # EXPECTED-COUNT PATTERN
    local n
    n=$(grep -c "TAKEN.*$2" "$folder/taken" || true)
    [ "$n" = "$1" ] || { echo "$n letters instead of $1 ($2):"; cat "$folder/taken"; exit 1; }
}

serve start 0 0
fresh starttls right
mail 0 2026-11-20T15:00:00Z
taken 1 'tls'
echo "STARTTLS and AUTH: taken once"
mail 0 2026-11-20T15:01:00Z --share
taken 2 'tls'

fresh starttls wrong
mail 77 2026-11-20T15:00:00Z
grep -q 'name and password' "$folder/said"
taken 2 ''
echo "a wrong password: nothing sent, exit code 77"

fresh starttls right
HOME=$folder/home "$cadenced" --config "$folder/home/demo/config.toml" --now 2026-11-20T15:00:00Z report --mail \
    >"$folder/said" 2>&1 && { echo "an unknown certificate was believed"; exit 1; }
taken 2 ''
echo "a certificate that nobody vouches for: nothing sent"

serve tls 0 0
fresh tls right
mail 0 2026-11-20T15:00:00Z
# This server speaks nothing but TLS, and has no word for that.
taken 1 ''
echo "TLS from the start: taken once"

serve start 2 0
fresh starttls right
mail 75 2026-11-20T15:00:00Z
mail 75 2026-11-20T15:10:00Z
mail 0 2026-11-20T15:40:00Z
taken 1 ''
[ "$(grep -c GREYLISTED "$folder/taken")" = 2 ]
echo "a greylist: taken once, at the third try"

serve start 0 3
fresh starttls right
HOME=$folder/home SSL_CERT_FILE=$folder/cert.pem "$cadenced" --config "$folder/home/demo/config.toml" \
    --now 2026-11-20T15:00:00Z report --mail >/dev/null 2>&1 &
sender=$!
for _ in $(seq 200); do grep -q TAKEN "$folder/taken" && break; sleep 0.05; done
kill -9 "$sender"
wait "$sender" 2>/dev/null || true
mail 75 2026-11-20T15:05:00Z
taken 1 ''
HOME=$folder/home "$cadenced" --config "$folder/home/demo/config.toml" --now 2026-11-20T15:06:00Z status >"$folder/said" || true
grep 'Mail ' "$folder/said"
echo "killed between the yes and the note: not sent again by itself"
