#!/bin/sh
# Makes the Debian package of a program that is built: stages it as `make install` does, and hands it to cargo-deb.
# PROFILE names the folder of the program below cargo's: release, or debug to try the packaging out.
set -eu
cd "$(dirname "$0")/../.."
command -v cargo-deb >/dev/null || { echo 'cargo-deb is not here: make tools'; exit 1; }
: "${PROFILE:=release}"
built=${CARGO_TARGET_DIR:-target}
staged=$built/$PROFILE/package
rm -rf "$staged"
PREFIX=/usr DESTDIR=$staged ZSH=/usr/share/zsh/vendor-completions PROGRAM=$built/$PROFILE/cadenced sh packaging/install.sh install
# cargo-deb packs the program itself, and Debian has its own places for licences and changes.
rm -r "$staged/usr/bin"
rm -r "$staged/usr/share/doc/cadenced/LICENSE-MIT" "$staged/usr/share/doc/cadenced/LICENSE-APACHE" "$staged/usr/share/doc/cadenced/LICENSES"
mv "$staged/usr/share/doc/cadenced/CHANGELOG.md" "$staged/usr/share/doc/cadenced/changelog"
gzip -9n "$staged/usr/share/doc/cadenced/changelog"
sh packaging/notices.sh | gzip -9n >"$staged/usr/share/doc/cadenced/crates.gz"
case $PROFILE in debug) profile=dev ;; *) profile=$PROFILE ;; esac
cargo-deb --no-build --profile "$profile" "$@"
