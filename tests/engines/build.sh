#!/usr/bin/env bash
# build.sh CACHE_DIR: makes what the engine tests run against, once; later calls find it there.
#
# One function for each engine, listed at the end. What is made is named after what it is made
# from, so a change here or in app.c makes a new one and nothing stale is ever used.
set -euo pipefail
export LC_ALL=C

[ $# = 1 ] || { echo "usage: build.sh CACHE_DIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cache=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sha() { sha256sum "$@" | cut -d' ' -f1; }

# One image of the archive: TAG ENVIRONMENT-JSON [EXTRA-CONFIG-JSON]
image() {
    local config
    config="{\"architecture\":\"$arch\",\"os\":\"linux\",\"created\":\"2026-01-01T00:00:00Z\",\"config\":{\"Env\":$2,\"Entrypoint\":[\"/app\"]${3:-}},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:$layer\"]},\"history\":[{\"created\":\"2026-01-01T00:00:00Z\"}]}"
    printf '%s' "$config" >"$work/config"
    local id
    id=$(sha "$work/config")
    mv "$work/config" "$work/images/$id.json"
    manifest="$manifest${manifest:+,}{\"Config\":\"$id.json\",\"RepoTags\":[\"app:$1\"],\"Layers\":[\"$layer.tar\"]}"
}

# Docker Swarm: the daemons are the system's; only the application's images are made here, with
# the same ids on every node and without a registry: app:4 app:5 app:6, app:bad (ends after 2 s
# with status 1), app:sick (never healthy), app:slow (needs 3 s to stop).
build_swarm() {
    local key arch layer manifest='' v
    key=$(cat "$here/build.sh" "$here/app/app.c" | sha256sum | cut -c1-16)
    [ ! -s "$cache/swarm-$key.tar" ] || { ln -sfn "swarm-$key.tar" "$cache/swarm-images.tar"; return 0; }
    case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) arch=$(uname -m) ;; esac
    mkdir -p "$work/image" "$work/images"
    cc -std=c11 -D_GNU_SOURCE -Os -s -static -o "$work/image/app" "$here/app/app.c"
    tar --owner=0 --group=0 --mtime=@0 --sort=name -C "$work/image" -cf "$work/layer.tar" app
    layer=$(sha "$work/layer.tar")
    mv "$work/layer.tar" "$work/images/$layer.tar"
    for v in 4 5 6; do image "$v" "[\"APP_VERSION=$v\"]"; done
    image bad '["APP_VERSION=bad","APP_CRASH_AFTER=2"]'
    image sick '["APP_VERSION=sick","APP_SICK=1"]' \
        ',"Healthcheck":{"Test":["CMD","/app","health"],"Interval":1000000000,"Timeout":1000000000,"Retries":2}'
    image slow '["APP_VERSION=slow","APP_STOP_DELAY=3"]'
    printf '[%s]' "$manifest" >"$work/images/manifest.json"
    tar --owner=0 --group=0 --mtime=@0 --sort=name -C "$work/images" -cf "$work/swarm.tar" .
    mv "$work/swarm.tar" "$cache/swarm-$key.tar"
    ln -sfn "swarm-$key.tar" "$cache/swarm-images.tar"
}

engines='swarm'
for engine in $engines; do
    "build_$engine" || { echo "build.sh: $engine could not be built" >&2; exit 1; }
done
