#!/bin/sh
# run.sh BUILD_DIR SECONDS NAME…: fuzzes each tests/fuzz/NAME.c for SECONDS with clang's libFuzzer,
# under ASan and UBSan. What it learns stays in BUILD_DIR/corpus/NAME; seeds that belong to the
# project lie in tests/fuzz/seeds/NAME. A finding is written to BUILD_DIR/findings and fails.
set -eu

build=${1:?usage: tests/fuzz/run.sh BUILD_DIR SECONDS NAME...}
seconds=${2:?usage: tests/fuzz/run.sh BUILD_DIR SECONDS NAME...}
shift 2
pkgs='ncursesw libcurl jansson yaml-0.1 libcrypto'

compile() { # compile SANITIZERS ARGUMENT…
    sanitizers=$1
    shift
    # shellcheck disable=SC2046,SC2086 # flags and package names are words
    ${FUZZ_CC:-clang} -std=c11 -g -O1 -D_GNU_SOURCE -DLOCKSTEP_VERSION='"fuzz"' -Ibackend \
        -Itui -Itests/fuzz -pthread -fno-omit-frame-pointer -fno-sanitize-recover=all \
        -fsanitize=address,undefined,$sanitizers $(pkg-config --cflags $pkgs) "$@"
}

# Everything once, instrumented for coverage; a library, so that each target takes what it needs.
mkdir -p "$build/findings"
objects=
for source in $(find backend tui -name '*.c' ! -path tui/main.c | sort) "$build"/../themes.c; do
    object=$build/$(echo "$source" | tr / _).o
    objects="$objects $object"
    [ -e "$object" ] && [ -z "$(find backend tui -name '*.h' -newer "$object")" ] &&
        [ -z "$(find "$source" -newer "$object")" ] && continue
    compile fuzzer-no-link -c "$source" -o "$object"
done
rm -f "$build/lockstep.a"
# shellcheck disable=SC2086 # paths of the tree have no blanks
ar rcs "$build/lockstep.a" $objects

failed=
for name in "$@"; do
    # shellcheck disable=SC2046,SC2086 # flags are words
    compile fuzzer "tests/fuzz/$name.c" "$build/lockstep.a" $(pkg-config --libs $pkgs) -lm \
        -o "$build/$name"
    mkdir -p "$build/corpus/$name"
    seeds=
    [ -d "tests/fuzz/seeds/$name" ] && seeds=tests/fuzz/seeds/$name
    printf '  FUZZ    %s, %s s\n' "$name" "$seconds"
    # shellcheck disable=SC2086 # seeds may be nothing
    if ! "$build/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
        -print_final_stats=1 -artifact_prefix="$build/findings/$name-" \
        "$build/corpus/$name" $seeds >"$build/$name.log" 2>&1; then
        tail -n 60 "$build/$name.log"
        failed="$failed $name"
    fi
    sed -n 's/^stat::number_of_executed_units: */          executions: /p' "$build/$name.log"
done
if [ -n "$failed" ]; then
    echo "fuzz: findings in:$failed; the inputs are in $build/findings" >&2
    exit 1
fi
