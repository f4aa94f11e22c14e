#!/bin/sh
# run.sh BUILD_DIR SECONDS NAME…: fuzzes each tests/fuzz/NAME.c for SECONDS with clang's libFuzzer,
# under ASan and UBSan. What it learns stays in BUILD_DIR/corpus/NAME; seeds that belong to the
# project lie in tests/fuzz/seeds/NAME. A finding is written to BUILD_DIR/findings and fails.
set -eu

build=${1:?usage: tests/fuzz/run.sh BUILD_DIR SECONDS NAME...}
seconds=${2:?usage: tests/fuzz/run.sh BUILD_DIR SECONDS NAME...}
shift 2
cc=${FUZZ_CC:-clang}
pkgs='libcurl jansson yaml-0.1 libcrypto'
cflags="-std=c11 -g -O1 -D_GNU_SOURCE -DLOCKSTEP_VERSION=\"fuzz\" -Ibackend -Itests/fuzz -pthread
        -fno-omit-frame-pointer -fno-sanitize-recover=all $(pkg-config --cflags $pkgs)"
sanitize=-fsanitize=address,undefined

# The backend once, instrumented for coverage; a library, so that each target takes what it needs.
mkdir -p "$build/findings"
objects=
for source in $(find backend -name '*.c' | sort); do
    object=$build/$(echo "$source" | tr / _).o
    objects="$objects $object"
    [ "$object" -nt "$source" ] && [ -z "$(find backend -name '*.h' -newer "$object")" ] && continue
    # shellcheck disable=SC2086 # flags are words
    $cc $cflags $sanitize,fuzzer-no-link -c "$source" -o "$object"
done
rm -f "$build/backend.a"
# shellcheck disable=SC2086 # paths of the tree have no blanks
ar rcs "$build/backend.a" $objects

failed=
for name in "$@"; do
    # shellcheck disable=SC2046,SC2086 # flags are words
    $cc $cflags $sanitize,fuzzer "tests/fuzz/$name.c" "$build/backend.a" \
        $(pkg-config --libs $pkgs) -lm -o "$build/$name"
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
