#!/usr/bin/env bash
# `make install` and `make uninstall` below folders of its own: everything is where it belongs and what the desktop, man and the
# shells take; uninstall leaves exactly what was there before. PROGRAM names a built program; without it the debug build is used.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "make-install: $*" >&2; exit 1; }
program=${PROGRAM:-${CARGO_TARGET_DIR:-target}/debug/cadenced}
[ -x "$program" ] || cargo build --locked --quiet
program=$(realpath "$program")
files() { (cd "$1" && find . -mindepth 1 -printf '%y %m %p\n' | sort); }
make_() { make --silent --no-print-directory PROGRAM="$program" "$@"; }
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS

# A home with a blank in its name, with a folder and a file that others put there.
home="$work/a home"
mkdir -p "$home/.local/share/man/man1" "$home/.local/share/cadenced" "$home/.config/cadenced"
echo mine >"$home/.local/share/man/man1/cadenced-mine.1"
echo ledger >"$home/.local/share/cadenced/cadenced.db"
echo config >"$home/.config/cadenced/config.toml"
files "$home" >"$work/before"
make_ install HOME="$home" >"$work/said"
grep -q 'cadenced setup' "$work/said" || fail 'install does not say what to do next'
files "$home" >"$work/once"
make_ install HOME="$home" >/dev/null
files "$home" | diff "$work/once" - || fail 'a second install makes something else'
local="$home/.local"
"$local/bin/cadenced" --version >/dev/null
grep -q '^ExecStart=%h/.local/bin/cadenced run' "$local/share/systemd/user/cadenced.service" || fail 'ExecStart below the home'
for page in bin/cadenced share/systemd/user/cadenced@.service share/man/man1/cadenced-sync.1.gz share/man/man5/cadenced.toml.5.gz \
  share/bash-completion/completions/cadenced share/zsh/site-functions/_cadenced share/fish/vendor_completions.d/cadenced.fish \
  share/applications/cadenced.desktop share/icons/hicolor/scalable/apps/cadenced.svg share/doc/cadenced/docs/guide.md \
  share/dbus-1/services/org.cadenced.Daemon1.service share/doc/cadenced/LICENSE-MIT share/cadenced/cadenced.toml; do
  [ -f "$local/$page" ] || fail "$page is missing"
done
# An older install had one more file, which an upgrade takes away.
echo old >"$local/share/doc/cadenced/old.md"
printf '%s\n' "$local/share/doc/cadenced/old.md" >>"$local/share/doc/cadenced/installed"
make_ install HOME="$home" >/dev/null
[ ! -e "$local/share/doc/cadenced/old.md" ] || fail 'what an earlier install had stays'
make_ uninstall HOME="$home" >"$work/said"
grep -q "$home/.config/cadenced" "$work/said" || fail 'uninstall does not say where the config is'
files "$home" | diff "$work/before" - || fail 'uninstall does not leave what was there'
if make_ uninstall HOME="$home" >/dev/null 2>&1; then fail 'a second uninstall does not say that nothing is there'; fi
echo 'ok: below a home, twice, and back again'

# For a package, below a prefix.
make_ install PREFIX=/usr DESTDIR="$work/a package" HOME="$home" >/dev/null
root="$work/a package/usr"
grep -q '^ExecStart=/usr/bin/cadenced run' "$root/lib/systemd/user/cadenced.service" || fail 'ExecStart below /usr'
grep -q '^ExecStart=/usr/bin/cadenced --profile %i run' "$root/lib/systemd/user/cadenced@.service" || fail 'ExecStart of a profile'
grep -q '^Exec=/usr/bin/cadenced run' "$root/share/dbus-1/services/org.cadenced.Daemon1.service" || fail 'Exec on the bus'
[ ! -e "$root/share/doc/cadenced/installed" ] || fail 'a package has no list of its own'
if grep -rlI "$work" "$root" --exclude=cadenced; then fail 'a file names the folder of the package'; fi
make_ install PREFIX="$work/a\"b" HOME="$home" >/dev/null 2>&1 && fail 'a quote in a path is not refused'
make_ install PREFIX="$work/opt % & z" HOME="$home" >/dev/null
unit="$work/opt % & z/lib/systemd/user/cadenced.service"
grep -qF "ExecStart=\"${work}/opt %% & z/bin/cadenced\" run" "$unit" || fail "odd characters in ExecStart: $(grep ExecStart "$unit")"
if command -v systemd-analyze >/dev/null; then
  said=$(XDG_RUNTIME_DIR="$work" SYSTEMD_UNIT_PATH="$(dirname "$unit"):" MANPATH="$work/opt % & z/share/man" \
    systemd-analyze --user verify --man=no "$unit" 2>&1) || true
  [ -z "$said" ] || fail "systemd says of the unit: $said"
fi
make_ uninstall PREFIX="$work/opt % & z" HOME="$home" >/dev/null
[ ! -e "$work/opt % & z" ] || fail "something is left: $(find "$work/opt % & z")"
make -n install PREFIX=/usr DESTDIR="$work/never" >/dev/null
[ ! -e "$work/never" ] || fail 'make -n makes something'
echo 'ok: below a prefix, with odd characters, and back again'

# What others say of it.
man_() { MANROFFSEQ='' LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z "$1" 2>&1 >/dev/null; }
if command -v man >/dev/null; then
  for page in "$root"/share/man/man?/*; do
    said=$(man_ "$page")
    [ -z "$said" ] || fail "man says of $page: $said"
  done
  echo 'ok: man takes every page'
fi
if command -v mandoc >/dev/null; then
  # It minds long lines, and blank lines that the generator of clap leaves; nothing else.
  for page in "$root"/share/man/man?/*.gz; do
    said=$(gzip -dc "$page" | mandoc -T lint -W warning 2>&1 | grep -v 'skipping paragraph macro' || true)
    [ -z "$said" ] || fail "mandoc says of $page: $said"
  done
  echo 'ok: mandoc takes every page'
fi
if command -v desktop-file-validate >/dev/null; then
  desktop-file-validate "$root/share/applications/cadenced.desktop" || fail 'desktop-file-validate'
  echo 'ok: the desktop entry is valid'
fi
bash -c '. "$1" && complete -p cadenced >/dev/null' - "$root/share/bash-completion/completions/cadenced" || fail 'bash'
! command -v zsh >/dev/null || zsh -n "$root/share/zsh/site-functions/_cadenced" || fail 'zsh'
! command -v fish >/dev/null || fish -n "$root/share/fish/vendor_completions.d/cadenced.fish" || fail 'fish'
echo 'ok: the shells take their completions'
