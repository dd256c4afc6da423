#!/bin/sh
# Puts cadenced below a prefix and takes away again exactly what it put there.
#
#   PROGRAM=target/release/cadenced PREFIX=/usr DESTDIR=/tmp/package sh packaging/install.sh install
#   PREFIX=~/.local sh packaging/install.sh uninstall
#
# PREFIX is where it will live, DESTDIR what goes before that while a package is made. ZSH is the folder of zsh's completions,
# UNITS that of the systemd user units. Without DESTDIR a list of what was made is kept in PREFIX/share/doc/cadenced/installed;
# uninstall goes by it, and so does a second install, which takes away what the first had and this one has not.
set -eu
cd "$(dirname "$0")/.."
: "${PREFIX:=$HOME/.local}" "${DESTDIR:=}" "${ZSH:=$PREFIX/share/zsh/site-functions}"
case $PREFIX in
  *['"\`$'"'"]*) echo "PREFIX cannot have a quote, a backslash, a backquote or a dollar sign in it: $PREFIX" >&2; exit 2 ;;
  /*) ;;
  *) echo "PREFIX has to be a whole path, and not $PREFIX" >&2; exit 2 ;;
esac
# systemd looks for what is installed in a home below share, and for everything else below lib (systemd.unit(5)).
if [ "$PREFIX" = "${HOME:-}/.local" ]; then : "${UNITS:=$PREFIX/share/systemd/user}"; else : "${UNITS:=$PREFIX/lib/systemd/user}"; fi
# Not in share/cadenced: below ~/.local that is the folder of the data too, which somebody may remove to forget everything.
listed=$PREFIX/share/doc/cadenced/installed
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Makes a folder and those above it, and lists the ones that were not there.
folder() {
  [ -d "$DESTDIR$1" ] && return
  [ "$1" != / ] || { mkdir -p "$DESTDIR/"; return; }
  folder "$(dirname "$1")"
  mkdir "$DESTDIR$1"
  printf '%s/\n' "$1" >>"$work/list"
}

# put MODE FILE TARGET
put() {
  folder "$(dirname "$3")"
  install -m "$1" "$2" "$DESTDIR$3"
  printf '%s\n' "$3" >>"$work/list"
}

# A text as the right side of a sed command.
right_side() { printf '%s' "$1" | sed 's/[&|\\]/\\&/g'; }

units() {
  folder "$UNITS"
  # In a unit, % begins a specifier and a blank ends a word.
  program=$(printf '%s' "$PREFIX/bin/cadenced" | sed 's/%/%%/g')
  case $program in *' '*) program="\"$program\"" ;; esac
  [ "$PREFIX" != "${HOME:-}/.local" ] || program=%h/.local/bin/cadenced
  for unit in systemd/*.service; do
    sed "s|%h/.local/bin/cadenced|$(right_side "$program")|" "$unit" >"$work/unit"
    put 644 "$work/unit" "$UNITS/$(basename "$unit")"
  done
  for drop_in in systemd/*.conf; do put 644 "$drop_in" "$PREFIX/share/cadenced/$(basename "$drop_in")"; done
}

desktop() {
  quoted=$PREFIX/bin/cadenced
  case $quoted in *' '*) quoted="\"$quoted\"" ;; esac
  sed "s|@PREFIX@/bin/cadenced|$(right_side "$quoted")|" share/org.cadenced.Daemon1.service >"$work/service"
  put 644 "$work/service" "$PREFIX/share/dbus-1/services/org.cadenced.Daemon1.service"
  # A desktop does not always have ~/.local/bin in its PATH.
  case $PREFIX in /usr | /usr/local) quoted=cadenced ;; esac
  sed "s|^Exec=cadenced|Exec=$(right_side "$quoted")|" share/cadenced.desktop >"$work/desktop"
  put 644 "$work/desktop" "$PREFIX/share/applications/cadenced.desktop"
  put 644 share/cadenced.svg "$PREFIX/share/icons/hicolor/scalable/apps/cadenced.svg"
}

# What the program itself writes: its manual and its completions.
written() {
  "$PROGRAM" man --dir "$work/man" >/dev/null
  for page in "$work"/man/*; do
    gzip -9n "$page"
    put 644 "$page.gz" "$PREFIX/share/man/man${page##*.}/$(basename "$page").gz"
  done
  for shell in bash zsh fish; do "$PROGRAM" completions "$shell" >"$work/$shell"; done
  put 644 "$work/bash" "$PREFIX/share/bash-completion/completions/cadenced"
  put 644 "$work/zsh" "$ZSH/_cadenced"
  put 644 "$work/fish" "$PREFIX/share/fish/vendor_completions.d/cadenced.fish"
}

# The pages keep their places, so that their links work.
documents() {
  to=$PREFIX/share/doc/cadenced
  for page in README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE LICENSES/*.txt config/*.toml docs/*.md docs/*.png docs/schemas/*.json; do
    put 644 "$page" "$to/$page"
  done
}

# What an earlier install made and this one did not, but for folders: they may have been there for this one.
outdated() {
  [ -f "$listed" ] || return 0
  grep -Fxv -f "$work/list" "$listed" >"$work/old" || return 0
  while IFS= read -r path; do
    case $path in */) printf '%s\n' "$path" >>"$work/list" ;; *) rm -f "$path" ;; esac
  done <"$work/old"
}

next_steps() {
  echo "cadenced is in $PREFIX/bin."
  case :$PATH: in
    *:"$PREFIX/bin":*) ;;
    *) echo "That is not in your PATH yet: add it in your shell's start file." ;;
  esac
  echo 'Next, as yourself: cadenced setup'
}

install_all() {
  : "${PROGRAM:=${CARGO_TARGET_DIR:-target}/release/cadenced}"
  [ -x "$PROGRAM" ] || { echo "$PROGRAM is not built yet: make release" >&2; exit 1; }
  : >"$work/list"
  put 755 "$PROGRAM" "$PREFIX/bin/cadenced"
  units
  desktop
  written
  put 644 config/cadenced.toml "$PREFIX/share/cadenced/cadenced.toml"
  documents
  if [ -z "$DESTDIR" ]; then
    outdated
    printf '%s\n' "$listed" >>"$work/list"
    cp "$work/list" "$listed"
    next_steps
  fi
}

uninstall_all() {
  if [ ! -f "$DESTDIR$listed" ]; then
    echo "$listed is not there, so nothing is known to be installed below $PREFIX" >&2
    exit 1
  fi
  # The unit is the user's to switch off, as it was theirs to switch on; it would be left pointing to nothing.
  if [ -z "$DESTDIR" ] && command -v systemctl >/dev/null && systemctl --user is-enabled cadenced.service >/dev/null 2>&1; then
    systemctl --user disable --now cadenced.service || true
  fi
  cp "$DESTDIR$listed" "$work/list"
  while IFS= read -r path; do
    case $path in */) ;; *) rm -f "$DESTDIR$path" ;; esac
  done <"$work/list"
  # The deepest first; one that others use by now stays.
  sort -r "$work/list" | while IFS= read -r path; do
    case $path in */) rmdir "$DESTDIR$path" 2>/dev/null || true ;; esac
  done
  echo "cadenced is gone from $PREFIX. What is yours stays:"
  echo "  ${XDG_CONFIG_HOME:-${HOME:-~}/.config}/cadenced      your config"
  echo "  ${XDG_DATA_HOME:-${HOME:-~}/.local/share}/cadenced  the ledger and the reports"
  echo 'Remove these two folders to forget everything.'
}

case ${1:-} in
  install) install_all ;;
  uninstall) uninstall_all ;;
  *) echo 'usage: install.sh install|uninstall' >&2; exit 2 ;;
esac
