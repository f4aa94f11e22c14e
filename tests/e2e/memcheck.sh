#!/bin/sh
# memcheck.sh LOCKSTEP: valgrind over every headless verb on the simulator; fails on the first finding.
set -eu

lockstep=${1:?usage: memcheck.sh LOCKSTEP}
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
export HOME="$home" XDG_CONFIG_HOME="$home" XDG_STATE_HOME="$home" DOCKER_HOST=unix:///nowhere/docker.sock

run() { # run EXPECTED-STATUS VERB...
    want=$1
    shift
    status=0
    valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
        "$lockstep" "$@" >"$home/out" 2>"$home/err" || status=$?
    if [ "$status" != "$want" ]; then
        echo "memcheck: lockstep $*: exit $status, not $want" >&2
        cat "$home/err" >&2
        exit 1
    fi
    echo "memcheck: lockstep $*"
}

run 0 status --context demo:
run 0 status web --context demo:eight -o json
run 0 start web 5 --context demo:eight
run 0 step inventory --context demo: -o json
run 0 pause checkout --context demo:
run 0 rollback inventory --context demo:
run 1 step auth --context demo:
run 0 doctor --context demo:
run 0 history
run 0 audit verify
run 3 status
run 2 nonsense
