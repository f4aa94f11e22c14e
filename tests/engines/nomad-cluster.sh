#!/usr/bin/env bash
# nomad-cluster.sh FOLDER VERB ...: a real Nomad cluster on this machine: one server and some clients,
# each an agent of its own on 127.0.0.1 and free ports, all its files in FOLDER.
#
#   up CLIENTS PID [acl|three]  starts it (three: of three servers), and takes it down when the
#                         process PID is gone
#   cut NODE / heal NODE  stops its agent where it is, and lets it go on; its tasks run all the time
#   kill NODE / start NODE  ends an agent by SIGKILL, starts it again
#   truth                 "VERSION JOB" of every task process that runs
#   down                  ends everything
# NOMAD_BINARIES: the folder with nomad and app.
set -euo pipefail
export LC_ALL=C

folder=$1 verb=$2
shift 2

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000)) # below those that outgoing connections get
        if ! ss -Htan "sport = :$port" | grep -q . && ! grep -qsx "$port" "$folder/ports"; then
            echo "$port" >>"$folder/ports"
            echo "$port"
            return
        fi
    done
}

# NAME: an agent's common settings
common() {
    mkdir -p "$folder/$1"
    cat <<END
name = "$1"
data_dir = "$folder/$1"
bind_addr = "127.0.0.1"
advertise {
  http = "127.0.0.1"
  rpc = "127.0.0.1"
  serf = "127.0.0.1"
}
disable_update_check = true
leave_on_terminate = false
ports {
  http = $(free_port)
  rpc = $(free_port)
  serf = $(free_port)
}
END
}

port_of() { sed -n "s/^  $2 = \\([0-9]*\\)\$/\\1/p" "$folder/$1.hcl"; }

write_server() { # NAME SERVERS [acl]
    common "$1" >"$folder/$1.new"
    cat >>"$folder/$1.new" <<END
server {
  enabled = true
  bootstrap_expect = $2
  raft_multiplier = 1
  heartbeat_grace = "3s"
  min_heartbeat_ttl = "2s"
  max_heartbeats_per_second = 100
  job_gc_threshold = "24h"
  default_scheduler_config {
    scheduler_algorithm = "spread"
  }
}
END
    [ "${3:-}" != acl ] || printf 'acl {\n  enabled = true\n  token_min_expiration_ttl = "1s"\n}\n' >>"$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1.hcl"
}

write_client() { # NAME
    common "$1" >"$folder/$1.new"
    cat >>"$folder/$1.new" <<END
client {
  enabled = true
  servers = ["127.0.0.1:$(port_of server rpc)"]
  network_interface = "lo"
  cpu_total_compute = 40000
  memory_total_mb = 40000
  options = {
    "fingerprint.denylist" = "env_aws,env_gce,env_azure,env_digitalocean,consul,vault,cni,bridge"
    "driver.allowlist" = "raw_exec,mock_driver"
  }
}
plugin "raw_exec" {
  config {
    enabled = true
    no_cgroups = true
  }
}
END
    mv "$folder/$1.new" "$folder/$1.hcl"
}

start() { # NAME
    # In a mount namespace of its own, so that what it mounts for its tasks goes with them; in the
    # folder, so that everything it starts can be told by where it is.
    (cd "$folder" && exec setsid unshare --mount "$NOMAD_BINARIES/nomad" agent \
        -config "$folder/$1.hcl" >>"$folder/$1.log" 2>&1 </dev/null) 9>&- &
    echo $! >"$folder/$1.pid"
}

call() { curl -sS --noproxy '*' --max-time 10 "http://127.0.0.1:$(port_of server http)/v1/$1"; }

signal() { # SIGNAL NAME
    [ ! -s "$folder/$2.pid" ] || kill "-$1" "$(cat "$folder/$2.pid")" 2>/dev/null || true
}

# The command line of a process that may be gone already.
words() { { tr '\0' ' ' <"$1/cmdline"; } 2>/dev/null || true; }

# Processes of tasks and of what watches them: their command line names this folder.
of_this_folder() {
    local proc
    for proc in /proc/[0-9]*; do
        case $(words "$proc") in
        "$folder/bin/"* | */nomad\ executor\ * | */nomad\ logmon*) ;;
        *) continue ;;
        esac
        case $(readlink "$proc/cwd" 2>/dev/null) in "$folder"*) echo "${proc#/proc/}" ;; esac
    done
}

down() {
    local file pid
    for file in "$folder"/*.pid; do
        [ -s "$file" ] || continue
        signal CONT "$(basename "$file" .pid)"
        signal KILL "$(basename "$file" .pid)"
    done
    for pid in $(of_this_folder); do kill -KILL "$pid" 2>/dev/null || true; done
    if [ -s "$folder/watch" ] && [ "$(cat "$folder/watch")" != $BASHPID ]; then
        kill "$(cat "$folder/watch")" 2>/dev/null || true
    fi
    sleep 0.2
    rm -rf "$folder" 2>/dev/null || { sleep 1; rm -rf "$folder"; }
}

up() { # CLIENTS PID [acl]
    local i version
    # Two that come up at once must not choose a port that the other has written down only.
    exec 9<"$NOMAD_BINARIES/nomad"
    flock 9
    mkdir -p "$folder/bin"
    for version in 4 5 6; do cp "$NOMAD_BINARIES/app" "$folder/bin/app-$version"; done
    write_server server "$([ "${3:-}" = three ] && echo 3 || echo 1)" "${3:-}"
    if [ "${3:-}" = three ]; then
        write_server server2 3
        write_server server3 3
        for i in server2 server3; do
            sed -i "s/^  bootstrap_expect = 3\$/&\n  server_join {\n    retry_join = [\"127.0.0.1:$(port_of server serf)\"]\n    retry_interval = \"1s\"\n  }/" \
                "$folder/$i.hcl"
        done
    fi
    (
        trap '' HUP INT TERM
        while kill -0 "$2" 2>/dev/null; do sleep 1; done
        echo $BASHPID >"$folder/watch"
        down
    ) >/dev/null 2>&1 </dev/null 9>&- &
    start server
    [ "${3:-}" != three ] || { start server2; start server3; }
    echo "http://127.0.0.1:$(port_of server http)" >"$folder/address"
    for i in $(seq "$1"); do
        write_client "c$i"
        start "c$i"
    done
    for i in $(seq 300); do
        if call status/leader 2>/dev/null | grep -q : &&
            { [ "${3:-}" = acl ] || [ "$(call nodes | grep -o '"Status":"ready"' | wc -l)" = "$1" ]; }; then
            return 0
        fi
        sleep 0.1
    done
    echo "nomad-cluster.sh: the cluster did not come up:" >&2
    tail -n 5 "$folder"/*.log >&2
    return 1
}

truth() {
    local proc line
    for proc in /proc/[0-9]*; do
        line=$(words "$proc")
        case $line in "$folder/bin/app-"*) ;; *) continue ;; esac
        line=${line#"$folder/bin/app-"}
        echo "${line%% *} $(echo "${line#* }" | cut -d' ' -f2)"
    done
}

case $verb in
up) up "$@" ;;
cut) signal STOP "$1" ;;
heal) signal CONT "$1" ;;
kill) signal KILL "$1" ;;
start) start "$1" ;;
truth) truth ;;
down) down ;;
*) echo "nomad-cluster.sh: no verb $verb" >&2; exit 2 ;;
esac
