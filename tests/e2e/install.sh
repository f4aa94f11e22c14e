#!/usr/bin/env bash
# install.sh: what `make install` puts somewhere runs from there, and `make uninstall` takes all of
# it away again; the archive of `make dist` has what a build needs.
set -euo pipefail
cd "$(dirname "$0")/../.."

to=$(mktemp -d)
trap 'rm -rf "$to"' EXIT
make -s install DESTDIR="$to" PREFIX=/usr >/dev/null
"$to/usr/bin/lockstep" --version >/dev/null
for file in share/lockstep/themes/default.theme share/man/man1/lockstep.1 \
    share/bash-completion/completions/lockstep share/zsh/site-functions/_lockstep \
    share/fish/vendor_completions.d/lockstep.fish lib/systemd/system/lockstep-watch.service; do
    [ -s "$to/usr/$file" ] || { echo "install: no $file" >&2; exit 1; }
done
make -s uninstall DESTDIR="$to" PREFIX=/usr >/dev/null
left=$(find "$to" ! -type d)
[ -z "$left" ] || { printf 'uninstall leaves:\n%s\n' "$left" >&2; exit 1; }

archive=$(make -s dist && ls lockstep-*.tar.gz)
tar -tzf "$archive" >"$to/list"
rm -f "$archive"
for file in Makefile backend/guard/guard.c .ci/deps; do
    grep -q "/$file\$" "$to/list" || { echo "dist: the archive lacks $file" >&2; exit 1; }
done
