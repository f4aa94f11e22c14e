#!/usr/bin/env bash
# swarm-cluster.sh: a real Docker Swarm of several nodes on one machine, for tests.
#
# A node is one dockerd (with the containerd it starts) that lives in a network namespace and a UTS
# namespace of its own; veth pairs join the nodes to a bridge inside one more namespace, so the
# machine's own network is not touched. Everything of a cluster is named after DIR and lies in it:
# what another run left behind, or runs now, does not matter. DIR must be short (socket paths).
#
# usage: swarm-cluster.sh DIR up [WORKERS [OWNER]]  manager m1, workers w1.. (3); ends with process OWNER
#        swarm-cluster.sh DIR down             stop all, remove all; safe to repeat
#        swarm-cluster.sh DIR cut|heal NODE    network link of the node; its containers run on
#        swarm-cluster.sh DIR kill NODE        the engine dies at once; its containers run on
#        swarm-cluster.sh DIR poweroff NODE    engine and containers die at once
#        swarm-cluster.sh DIR start NODE       the engine again, after kill or poweroff
#        swarm-cluster.sh DIR rejoin NODE      a worker that was removed from the swarm joins as a new one
#        swarm-cluster.sh DIR truth            NODE VERSION PID SERVICE of what really runs, from /proc
#        swarm-cluster.sh DIR leftovers        what of this cluster is still on the machine
# environment: SWARM_IMAGES   archive made by build.sh; loaded into every node
#              SWARM_BEAT_MS  heartbeat (1000): a lost worker is "down" after about three
set -u
export LC_ALL=C

die() { echo "swarm-cluster: $*" >&2; exit 1; }

[ $# -ge 2 ] || { sed -n '2,/^set -u/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
dir=$1 verb=$2
shift 2
name=$(basename "$dir")
hub=$name-hub
images=${SWARM_IMAGES:-}
beat_ms=${SWARM_BEAT_MS:-1000}
api=http://d/v1.41

ns()    { echo "$name-$1"; }
sock()  { echo "$dir/$1/docker.sock"; }
# Each cluster has a bridge of its own, so all of them can use the same addresses.
addr()  { case $1 in m1) echo 10.231.7.1 ;; w*) echo "10.231.7.$((10 + ${1#w}))" ;; esac; }
nodes() { cat "$dir/nodes" 2>/dev/null; }
ask()   { local node=$1; shift; curl -sS --noproxy '*' --max-time 60 --unix-socket "$(sock "$node")" "$@"; }
post()  { local node=$1 path=$2; shift 2; ask "$node" -X POST -H 'Content-Type: application/json' "$@" "$api$path"; }
alive() { ask "$1" -f --max-time 2 -o /dev/null http://d/_ping 2>/dev/null; }

# ---------------------------------------------------------------- processes, always by their id

# The engine of a node, only when that process really is ours: ids are used again.
engine_pid() {
    local pid
    pid=$(cat "$dir/$1/docker.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
    tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q -- "--data-root $dir/$1/data " && echo "$pid"
}

descendants() {
    local pid
    for pid in "$@"; do
        echo "$pid"
        # shellcheck disable=SC2046
        descendants $(cat "/proc/$pid/task/"*/children 2>/dev/null)
    done
}

# Everything of a node: what is in its namespace, and the containers below it.
node_pids() {
    [ -e "/run/netns/$(ns "$1")" ] || return 0
    # shellcheck disable=SC2046
    descendants $(ip netns pids "$(ns "$1")" 2>/dev/null) | sort -un
}

kill_and_wait() { # PID...
    local i pid left
    [ $# -gt 0 ] || return 0
    kill -KILL "$@" 2>/dev/null
    for i in $(seq 100); do
        left=0
        for pid in "$@"; do
            [ -d "/proc/$pid" ] && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null && left=1
        done
        [ $left = 0 ] && return 0
        sleep 0.1
    done
    die "processes do not end after ${i}00 ms: $*"
}

# ---------------------------------------------------------------- bringing it up

check_machine() {
    local tool
    [ "$(id -u)" = 0 ] || die "root is needed for namespaces and dockerd; run as root"
    for tool in dockerd containerd runc ip nsenter unshare setsid curl; do
        command -v $tool >/dev/null || die "$tool is not installed (make engines installs it)"
    done
    [ ${#dir} -le 60 ] || die "$dir is too long for a socket path"
    unshare --net --uts --mount true 2>/dev/null || die "this machine does not allow new namespaces"
    ! curl -s --max-time 1 --unix-socket /run/containerd/containerd.sock http://d/ >/dev/null 2>&1 ||
        die "a containerd of the system runs and dockerd would use it; stop it first"
}

link_node() {
    ip netns add "$(ns "$1")" &&
        ip -n "$(ns "$1")" link set lo up &&
        ip -n "$hub" link add "h-$1" type veth peer name eth0 netns "$(ns "$1")" &&
        ip -n "$hub" link set "h-$1" master br0 up &&
        ip -n "$(ns "$1")" addr add "$(addr "$1")/24" dev eth0 &&
        ip -n "$(ns "$1")" link set eth0 up || die "network of $1"
}

start_engine() { # returns when it answers
    local node=$1 home=$dir/$1 i
    alive "$node" && return 0
    mkdir -p "$home/data" "$home/exec" "$home/tmp"
    rm -f "$home/docker.sock"
    engine_pid "$node" >/dev/null || rm -f "$home/docker.pid"
    # A stale number here, in use again by anything, makes dockerd wait for a containerd that is not there.
    rm -f "$home/exec/containerd/containerd.pid"
    # nsenter, not `ip netns exec`: that remounts /sys, and the cgroups are gone.
    env -u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY \
        DOCKER_SERVICE_PREFER_OFFLINE_IMAGE=1 TMPDIR="$home/tmp" \
        setsid unshare --uts sh -c 'hostname "$1"; ns=$2; shift 2; exec nsenter --net="/run/netns/$ns" -- "$@"' \
        sh "$node" "$(ns "$node")" \
        dockerd --data-root "$home/data" --exec-root "$home/exec" -H "unix://$home/docker.sock" \
        --pidfile "$home/docker.pid" --bridge=none --iptables=false --ip6tables=false \
        --ip-forward=false --ip-masq=false --userland-proxy=false --cgroup-parent="/$name/$node" \
        --shutdown-timeout 5 >>"$home/log" 2>&1 </dev/null &
    for i in $(seq 300); do
        alive "$node" && return 0
        sleep 0.1
    done
    tail -5 "$home/log" >&2
    die "the engine of $node did not answer in ${i}00 ms"
}

join_swarm() { # NODE TOKEN
    local said
    said=$(post "$1" /swarm/join -d "{\"ListenAddr\":\"$(addr "$1"):2377\",\"AdvertiseAddr\":\"$(addr "$1"):2377\",
        \"DataPathAddr\":\"$(addr "$1")\",\"RemoteAddrs\":[\"$(addr m1):2377\"],\"JoinToken\":\"$2\"}")
    [ -z "$said" ] || die "$1 could not join: $said"
}

load_images() {
    ask "$1" -f -o /dev/null -X POST -H 'Content-Type: application/x-tar' \
        --data-binary "@$images" "$api/images/load?quiet=1" || die "loading images into $1"
}

at_once() { # FUNCTION NODE... : one process each, all must succeed
    local what=$1 pids=() pid node
    shift
    for node in "$@"; do
        ("$what" "$node") &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || die "$what failed"; done
}

worker_token() { ask m1 "$api/swarm" | grep -o '"Worker":"[^"]*"' | cut -d'"' -f4; }
worker_joins() { join_swarm "$1" "$token"; }

cmd_rejoin() {
    local i
    post "$1" '/swarm/leave?force=1' >/dev/null
    for i in $(seq 100); do
        ask "$1" "$api/info" | grep -q '"LocalNodeState":"inactive"' && break
        sleep 0.1
    done
    [ "$i" -lt 100 ] || die "$1 does not leave"
    join_swarm "$1" "$(worker_token)"
}

form_swarm() { # WORKER...
    local said
    said=$(post m1 /swarm/init -d "{\"ListenAddr\":\"$(addr m1):2377\",\"AdvertiseAddr\":\"$(addr m1):2377\",
        \"DataPathAddr\":\"$(addr m1)\",\"DefaultAddrPool\":[\"10.232.0.0/16\"],\"SubnetSize\":24,
        \"Spec\":{\"Dispatcher\":{\"HeartbeatPeriod\":${beat_ms}000000}}}")
    case $said in \"*) ;; *) die "swarm init: $said" ;; esac
    token=$(worker_token)
    at_once worker_joins "$@"
}

down_unless() { [ "$1" = 0 ] || cmd_down; }

cmd_up() { # WORKERS OWNER
    local workers=() i all
    check_machine
    [ -s "$images" ] || die "SWARM_IMAGES names no archive (make engines makes it)"
    [ ! -e "$dir/nodes" ] || die "$dir holds a cluster already"
    for i in $(seq "${1:-3}"); do workers+=("w$i"); done
    all=(m1 "${workers[@]}")
    mkdir -p "$dir" && printf '%s\n' "${all[@]}" >"$dir/nodes" || die "cannot write $dir"
    [ -z "${2:-}" ] || watch_owner "$2"
    # Half a cluster is nobody's: what fails from here on takes everything with it.
    trap 'down_unless $?' EXIT
    ip netns add "$hub" && ip -n "$hub" link add br0 type bridge && ip -n "$hub" link set lo up &&
        ip -n "$hub" link set br0 up || die "cannot make a network namespace"
    for i in "${all[@]}"; do link_node "$i"; done
    at_once start_engine "${all[@]}"
    at_once load_images "${all[@]}" &
    form_swarm "${workers[@]}"
    wait $! || die "images"
    for i in $(seq 300); do
        [ "$(ask m1 "$api/nodes" | grep -o '"State":"ready"' | wc -l)" -ge ${#all[@]} ] && return 0
        sleep 0.1
    done
    die "not all nodes were ready in ${i}00 ms"
}

# When the tests die without a word, the cluster goes too.
watch_owner() {
    local self
    self=$(readlink -f "$0")
    setsid sh -c 'while kill -0 "$1" 2>/dev/null && [ -e "$3/nodes" ]; do sleep 1; done
        [ ! -e "$3/nodes" ] || exec "$2" "$3" down' sh "$1" "$self" "$dir" </dev/null >/dev/null 2>&1 &
}

# ---------------------------------------------------------------- faults

cmd_kill() {
    local pid
    pid=$(engine_pid "$1") || die "the engine of $1 does not run"
    # Its containerd follows (it is told to die with its parent); shims and containers stay.
    # shellcheck disable=SC2046
    kill_and_wait "$pid" $(cat "$dir/$1/exec/containerd/containerd.pid" 2>/dev/null)
}

cmd_poweroff() {
    # shellcheck disable=SC2046
    kill_and_wait $(node_pids "$1")
    unmount_below "$dir/$1"
    rm -rf -- "$dir/$1/docker.pid" "$dir/$1/docker.sock" "$dir/$1/exec" # as /run after a reboot
}

# A container's first process is a child of a shim that lives in the node's namespace.
cmd_truth() {
    local node shim pid
    for node in $(nodes); do
        for shim in $(ip netns pids "$(ns "$node")" 2>/dev/null); do
            tr '\0' ' ' 2>/dev/null <"/proc/$shim/cmdline" | grep -q '^[^ ]*containerd-shim' || continue
            for pid in $(cat "/proc/$shim/task/"*/children 2>/dev/null); do
                tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | awk -F= -v node="$node" -v pid="$pid" '
                    $1 == "APP_VERSION" { version = $2 }
                    $1 == "APP_SERVICE" { service = $2 }
                    END { if (version != "") print node, version, pid, service ? service : "-" }'
            done
        done
    done
}

# ---------------------------------------------------------------- taking it down

unmount_below() {
    local mounts
    for _ in 1 2 3; do
        mounts=$(awk -v d="$1/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
        [ -n "$mounts" ] || return 0
        printf '%s\n' "$mounts" | while read -r m; do umount -l -- "$(printf '%b' "$m")" 2>/dev/null; done
    done
}

our_namespaces() { ip netns list 2>/dev/null | awk '{ print $1 }' | grep "^$name-"; }
our_cgroups()    { ls -d "/sys/fs/cgroup/$name" "/sys/fs/cgroup/"*"/$name" 2>/dev/null; }

cmd_down() {
    local node n
    trap - EXIT
    for node in $(our_namespaces | sed "s/^$name-//"); do
        # Twice: an engine that dies last may have started one more container.
        # shellcheck disable=SC2046
        kill_and_wait $(engine_pid "$node") $(node_pids "$node")
        # shellcheck disable=SC2046
        kill_and_wait $(node_pids "$node")
    done
    unmount_below "$dir"
    for n in $(our_namespaces); do ip netns del "$n"; done
    for n in $(our_cgroups); do find "$n" -depth -type d -exec rmdir {} + 2>/dev/null; done
    [ "$dir" != / ] && rm -rf -- "$dir"
    [ -z "$(cmd_leftovers)" ] || die "left behind: $(cmd_leftovers | tr '\n' ' ')"
}

cmd_leftovers() {
    our_namespaces
    our_cgroups
    awk -v d="$dir/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo
    [ ! -e "$dir" ] || echo "$dir"
}

known() { nodes | grep -qx -- "${1:-}" || die "no node '${1:-}' in $dir"; }

case $verb in
up | down | truth | leftovers) "cmd_$verb" "$@" ;;
cut) known "$@"; ip -n "$hub" link set "h-$1" down ;;
heal) known "$@"; ip -n "$hub" link set "h-$1" up ;;
kill | poweroff | rejoin) known "$@"; "cmd_$verb" "$1" ;;
start) known "$@"; start_engine "$1" ;;
*) die "no verb '$verb'" ;;
esac
