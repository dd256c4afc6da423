#!/bin/sh
# Makes the Arch package from the last commit, in target/arch or the folder that TO names: an archive of the source, a PKGBUILD that
# knows its sum, and makepkg. What is given goes to makepkg as it is: --nocheck, --nodeps.
set -eu
cd "$(dirname "$0")/../.."
for program in makepkg pacman bsdtar; do
  command -v $program >/dev/null || {
    echo "$program is not here; Debian has it in makepkg, pacman-package-manager and libarchive-tools"; exit 1; }
done
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
to=${TO:-${CARGO_TARGET_DIR:-target}/arch}
mkdir -p "$to"
git archive --format=tar.gz --prefix="cadenced-$version/" -o "$to/cadenced-$version.tar.gz" HEAD
sum=$(sha256sum "$to/cadenced-$version.tar.gz" | cut -d ' ' -f 1)
sed "s/@VERSION@/$version/; s/@SHA256@/$sum/" packaging/arch/PKGBUILD >"$to/PKGBUILD"
cd "$to"
makepkg --force "$@"
ls ./*.pkg.tar*
