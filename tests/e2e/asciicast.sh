#!/usr/bin/env bash
# asciicast.sh LOCKSTEP: a world is recorded, filmed, and played by asciinema itself:
# what asciinema writes is byte for byte what was filmed, and its service is on it.
set -euo pipefail

lockstep=$(realpath "${1:?usage: asciicast.sh LOCKSTEP}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export LC_ALL=C.UTF-8 TERM=xterm-256color

on_terminal() { timeout 60 script -qefc "$1" /dev/null </dev/null; }
fail() { printf 'asciicast: %s\n' "$1" >&2; exit 1; }

timeout -s INT 3 "$lockstep" demo knight --plain --speed 20 --record incident.jsonl >/dev/null || true
[ "$(stat -c %a incident.jsonl)" = 600 ] || fail 'the recording is not its user'"'"'s alone'

"$lockstep" replay incident.jsonl --asciicast film.cast --size 100x30
"$lockstep" replay incident.jsonl --asciicast again.cast --size 100x30
cmp film.cast again.cast || fail 'two films of one recording differ'
"$lockstep" replay incident.jsonl --asciicast film3.cast --v3 --size 100x30

python3 - film.cast film3.cast >written <<'END'
import json, sys
two, three = ([json.loads(line) for line in open(name)] for name in sys.argv[1:])
assert two[0]["version"] == 2 and (two[0]["width"], two[0]["height"]) == (100, 30)
assert three[0]["version"] == 3 and three[0]["term"]["cols"] == 100 and three[0]["term"]["rows"] == 30
assert [e[2] for e in two[1:]] == [e[2] for e in three[1:] if e[1] != "x"], "2 and 3 show the same"
assert all(a[0] <= b[0] for a, b in zip(two[1:], two[2:])), "times go on"
assert abs(sum(e[0] for e in three[1:]) - two[-1][0]) < 0.01, "intervals add up to the time"
sys.stdout.write("".join(e[2] for e in two[1:] if e[1] == "o"))
END

on_terminal 'stty -opost; asciinema cat film.cast' >shown
cmp shown written || fail 'asciinema cat writes something else'
on_terminal 'stty -opost; asciinema play -s 1000 -i 0.01 film.cast' >shown
grep -q router shown || fail 'asciinema play does not show the service'
