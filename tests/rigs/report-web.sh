#!/bin/bash
# The HTML report in a real browser: axe-core, html-validate, no request, no overflow from 360 to 1600 pixels, printed on two
# pages; that of the demo, the shared one, and one of a hostile calendar. Pictures and PDFs stay: report-web.sh [FOLDER].
# Needs chromium, node and npm; installs axe-core, puppeteer-core and html-validate by itself.
set -euo pipefail
cd "$(dirname "$0")/../.."

CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
    { echo "skipped: chromium is not installed"; exit 77; }
for tool in node npm; do
    command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
folder=${1:-$(mktemp -d)}
mkdir -p "$folder/modules"
folder=$(cd "$folder" && pwd)
export CHROMIUM MODULES=$folder/modules
rig=$PWD/tests/rigs/report-web.mjs
if [ ! -d "$MODULES/node_modules/axe-core" ]; then
    (cd "$MODULES" && npm init -y >/dev/null 2>&1 &&
        npm install --silent --no-audit --no-fund axe-core@4 puppeteer-core@24 html-validate@10 >"$folder/npm.log" 2>&1) ||
        { echo "skipped: npm cannot install axe-core"; exit 77; }
fi

"${CARGO:-cargo}" build --quiet
target=${CARGO_TARGET_DIR:-target}
cadenced=$(cd "$target" && pwd)/debug/cadenced
now=2026-11-20T15:00:00Z
export HOME=$folder/home
rm -rf "$HOME"
mkdir -p "$HOME"

"$cadenced" --now $now demo --dir "$HOME/demo" >/dev/null
report() { "$cadenced" --quiet --config "$1" --now $now report --format html --output "$2" "${@:3}"; }
report "$HOME/demo/config.toml" "$folder/demo.html"
report "$HOME/demo/config.toml" "$folder/shared.html" --share

# A calendar that holds everything that a name or a title can hold.
python3 - "$HOME/hostile.ics" <<'P' 2>/dev/null || { echo "skipped: python3 is not installed"; exit 77; }
import sys
names = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', '</title></style><h1>', '\u202eevil\u2066', 'x' * 10000,
         '\U0001F468\u200D\U0001F469\u200D\U0001F467 \U0001F389', 'A\u0301\u0301\u0301\u0301\u0301', '{{ 7*7 }} &lt;b&gt;', '\x1b[31m\x07', 'مرحبا بالعالم']
lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//example//EN']
for n, name in enumerate(names):
    quoted = name.replace('"', "'")
    escaped = name.replace('\\', '\\\\').replace(',', '\\,').replace(';', '\\;')
    lines += ['BEGIN:VEVENT', f'UID:{n}@example.com', f'DTSTART:202609{7 + n % 5:02}T{8 + n:02}0000Z', f'DTEND:202609{7 + n % 5:02}T{8 + n:02}3000Z',
              'RRULE:FREQ=WEEKLY', f'EXDATE:202611{9 + n % 5:02}T{8 + n:02}0000Z' if n % 3 == 0 else 'SEQUENCE:0', 'SUMMARY:' + escaped, 'ORGANIZER:mailto:owner@example.com',
              'ATTENDEE;PARTSTAT=ACCEPTED:mailto:owner@example.com', f'ATTENDEE;CN="{quoted}";PARTSTAT=ACCEPTED:mailto:person{n}@example.com', 'END:VEVENT']
lines.append('END:VCALENDAR')
open(sys.argv[1], 'w', encoding='utf-8', newline='').write('\r\n'.join(lines) + '\r\n')
P
cat >"$HOME/hostile.toml" <<C
[owner]
addresses = ["owner@example.com"]
[[account]]
name = "work"
[[account.calendar]]
name = "main"
url = "file://$HOME/hostile.ics"
[paths]
data = "$HOME/hostile-data"
C
"$cadenced" --quiet --config "$HOME/hostile.toml" --now $now sync >/dev/null || true
report "$HOME/hostile.toml" "$folder/hostile.html"

result=0
cat >"$MODULES/.htmlvalidate.json" <<C
{ "root": true, "extends": ["html-validate:standard", "html-validate:a11y"],
  "rules": { "no-redundant-role": "off", "long-title": "off", "no-trailing-whitespace": "off" } }
C
for page in demo shared hostile; do
    size=$(wc -c <"$folder/$page.html")
    echo "$page: $size bytes"
    [ "$size" -le 204800 ] || { echo "$page is too large"; result=1; }
    cp "$folder/$page.html" "$MODULES/$page.html"
    (cd "$MODULES" && node_modules/.bin/html-validate "$page.html") || result=1
    PAGES=2 node "$rig" "$folder/$page.html" "$folder/$page" || result=1
done
echo "pictures and PDFs are in $folder"
exit $result
