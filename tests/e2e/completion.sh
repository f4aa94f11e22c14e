#!/usr/bin/env bash
# completion.sh LOCKSTEP: the completion scripts in the shells themselves, and the manual in man's
# own checker. zsh completes only on a terminal: there the script is parsed.
set -euo pipefail

lockstep=$(realpath "${1:?usage: completion.sh LOCKSTEP}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

expect() { # NAME WANTED GOT
    [ "$2" = "$3" ] || { printf 'completion: %s: expected "%s", got "%s"\n' "$1" "$2" "$3" >&2; failed=1; }
}

for shell in bash zsh fish; do "$lockstep" completion "$shell" >"$work/$shell"; done
touch "$work/contract.yaml"

in_bash() ( # WORD...: what TAB offers after these words
    cd "$work"
    # shellcheck source=/dev/null
    source "$work/bash"
    COMP_WORDS=(lockstep "$@") COMP_CWORD=$#
    _lockstep
    echo "${COMPREPLY[*]}"
)
in_fish() { (cd "$work" && HOME=$work fish --no-config -c "source $work/fish; complete -C 'lockstep $1'" | cut -f1 | sort | paste -sd' '); }

expect 'bash, a verb' 'start status step' "$(in_bash st | tr ' ' '\n' | sort | paste -sd' ')"
expect 'bash, an option' '--to' "$(in_bash step billing --to)"
expect 'bash, a word of a format' 'json' "$(in_bash status -o j)"
expect 'bash, a file' 'contract.yaml' "$(in_bash check con)"
expect 'bash, an option of another verb' '' "$(in_bash status --gon)"
expect 'bash, a shell' 'zsh' "$(in_bash completion z)"
expect 'fish, a verb' 'start status step' "$(in_fish st)"
expect 'fish, an option' '--to' "$(in_fish 'step billing --to')"
expect 'fish, a shell' 'zsh' "$(in_fish 'completion z')"
zsh -n "$work/zsh" || failed=1
expect 'zsh, it defines itself' '#compdef lockstep' "$(head -1 "$work/zsh")"

"$lockstep" help --man >"$work/lockstep.1"
expect 'man, no complaint' '' "$(LC_ALL=C.UTF-8 MANROFFSEQ='' groff -man -ww -z "$work/lockstep.1" 2>&1)"
for word in 'lockstep rollback' '\-\-override' 'take exactly the next step'; do
    grep -qF -- "$word" "$work/lockstep.1" || expect 'man has' "$word" ''
done
exit $failed
