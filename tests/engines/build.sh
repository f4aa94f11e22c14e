#!/usr/bin/env bash
# build.sh CACHE_DIR [ENGINES]: makes what the engine tests run against, once; later calls find it
# there. ENGINES: only these.
#
# One function for each engine, listed at the end; they say by their status that they failed. What is made is named after what it is made
# from, so a change here or in app.c makes a new one and nothing stale is ever used.
set -euo pipefail
export LC_ALL=C

[ $# = 1 ] || [ $# = 2 ] || { echo "usage: build.sh CACHE_DIR [ENGINES]" >&2; exit 2; }
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

# Kubernetes: one program of ours, linked from the published modules of one control plane; and
# VERSIONS=all adds an older one. Minutes from nothing, seconds with Go's own cache.
build_kubernetes() {
    control_plane go kubernetes || return
    [ "${VERSIONS:-}" != all ] || control_plane go-old kubernetes-old
}

# control_plane MODULE-FILE NAME: its version is that of k8s.io/kubernetes in the module file.
control_plane() {
    local source=$here/kubernetes key version made minor
    key=$(cat "$source"/*.go "$source/$1.mod" "$source/$1.sum" | sha256sum | cut -c1-16)
    version=$(sed -n 's/^\tk8s.io\/kubernetes \(v[0-9.]*\)$/\1/p' "$source/$1.mod")
    made=$cache/$2-$key
    if [ ! -x "$made" ]; then
        need_go || return
        minor=${version#v1.}
        minor=${minor%%.*}
        local stamp="-s -w" package
        for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
            stamp="$stamp -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=$minor"
        done
        echo "building a Kubernetes $version control plane; the first time takes many minutes"
        go_program "$source" "$1.mod" "$stamp" "$work/made" || return
        mv "$work/made" "$made"
        find "$cache" -name "$2-*" -mtime +7 -delete
    fi
    ln -sfn "$2-$key" "$cache/$2"
}

# Argo Rollouts: its controller, a module of its own because it wants another Kubernetes' libraries, and
# its definitions as its published module ships them.
build_argo() {
    local source=$here/argo key made module
    key=$(cat "$source"/main.go "$source"/go.mod "$source"/go.sum | sha256sum | cut -c1-16)
    made=$cache/argo-$key
    if [ ! -d "$made" ]; then
        need_go || return
        echo "building the controller of Argo Rollouts; the first time takes many minutes"
        mkdir "$work/argo"
        go_program "$source" go.mod '-s -w' "$work/argo/controller" || return
        module=$(cd "$source" && GOTOOLCHAIN=local GOWORK=off go list -m -f '{{.Dir}}' github.com/argoproj/argo-rollouts) || return
        install -m 644 "$module"/manifests/crds/*-crd.yaml "$work/argo" || return
        mv "$work/argo" "$made"
    fi
    ln -sfn "argo-$key" "$cache/argo"
}

# go_program SOURCE MODULE-FILE LINKER-FLAGS RESULT
go_program() {
    (cd "$1" && CGO_ENABLED=0 GOTOOLCHAIN=local GOWORK=off nice -n 19 \
        go build -buildvcs=false -mod=readonly -modfile="$2" -ldflags="$3" -o "$4" .)
}

need_go() {
    local found major minor
    found=$(go env GOVERSION 2>/dev/null || true)
    IFS=. read -r major minor _ <<<"${found#go}"
    minor=${minor%%[!0-9]*}
    if [ "${major:-0}" != 1 ] || [ "${minor:-0}" -lt 24 ]; then
        echo "build.sh: Go 1.24 or newer builds the Kubernetes control plane; here is ${found:-none}" >&2
        return 1
    fi
}

# Nomad: the agent and its command line, linked from the published module, and the application that
# its tasks run. Some 12 minutes of one core the first time. The agent needs cgo: what sets up its
# tasks is written in C. VERSIONS=all adds one from before there were variables; its libraries reach
# into Go's own in a way that newer linkers refuse unless told.
build_nomad() {
    nomad_agent go nomad '-s -w' || return
    [ "${VERSIONS:-}" != all ] || nomad_agent old nomad-old '-s -w -checklinkname=0'
}

nomad_agent() { # MODULE-FILE NAME LINKER-FLAGS
    local key made
    key=$(cat "$here/nomad/$1.mod" "$here/nomad/$1.sum" "$here"/nomad/main.go "$here/app/app.c" |
        sha256sum | cut -c1-16)
    made="$cache/$2-$key"
    if [ ! -x "$made/nomad" ]; then
        command -v go >/dev/null || { echo "build.sh: Nomad is built with Go; here is none" >&2; return 1; }
        echo "building a Nomad agent ($2); the first time takes many minutes"
        mkdir -p "$work/$2"
        cc -std=c11 -D_GNU_SOURCE -Os -s -static -o "$work/$2/app" "$here/app/app.c" || return
        (cd "$here/nomad" && GOFLAGS=-mod=readonly GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=1 nice -n 19 \
            go build -p 1 -trimpath -buildvcs=false -modfile="$1.mod" -ldflags="$3" -o "$work/$2/nomad" .) || return
        rm -rf "$made"
        mv "$work/$2" "$made" || return
    fi
    ln -sfn "$2-$key" "$cache/$2"
}

# What tests/bench measures beside: only where it is asked for.
build_k9s() { peer k9s; }
build_wander() { peer wander; }

peer() { # NAME
    local source=$here/$1 key made
    key=$(cat "$source"/main.go "$source"/go.mod "$source"/go.sum | sha256sum | cut -c1-16)
    made=$cache/$1-$key
    if [ ! -x "$made" ]; then
        need_go || return
        echo "building $1; the first time takes many minutes"
        go_program "$source" go.mod '-s -w' "$work/$1" || return
        mv "$work/$1" "$made"
    fi
    ln -sfn "$1-$key" "$cache/$1"
}

engines=${2:-swarm kubernetes argo nomad}
for engine in $engines; do
    "build_$engine" || { echo "build.sh: $engine could not be built" >&2; exit 1; }
done
