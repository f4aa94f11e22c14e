#!/usr/bin/env bash
# What tests/engines/lane.py forgives, and what it does not: played by runners that fail like this.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# runner STATUS AGAIN MESSAGE...: fails with these messages, then ends with AGAIN when it is asked once more.
runner() {
    local status=$1 again=$2; shift 2
    {
        echo '#!/bin/sh'
        echo "[ -z \"\$CK_RUN_CASE\" ] || { echo again >>$folder/asked; exit $again; }"
        echo "cat >\"\$CK_XML_LOG_FILE_NAME\" <<'XML'"
        echo '<?xml version="1.0"?><testsuites xmlns="http://check.sourceforge.net/ns"><suite><title>kube-x</title>'
        for message; do
            echo "<test result=\"failure\"><id>t</id><description>c</description><message>$message</message></test>"
        done
        echo '<test result="success"><id>good</id><description>c</description><message>Passed</message></test></suite></testsuites>'
        echo XML
        echo "exit $status"
    } >"$folder/engines"
    chmod +x "$folder/engines"
    rm -f "$folder/asked"
}
expect() { # STATUS TIMES WHAT
    local status=0 times=0
    env -u CK_RUN_CASE tests/engines/lane.py "$folder/engines" kube >"$folder/out" 2>&1 || status=$?
    [ ! -e "$folder/asked" ] || times=$(wc -l <"$folder/asked")
    [ "$status $times" = "$1 $2" ] || { echo "lane: $3: status $status, run again $times times"; cat "$folder/out"; exit 1; }
}

runner 0 0;                                                   expect 0 0 'what passes is not run again'
runner 1 0 'never 8 at rest';                                 expect 0 1 'what was late passes the second time'
grep -q 'UNSTEADY: kube-x c t passed the second time; the first: never 8 at rest' "$folder/out"
runner 1 1 'never 8 at rest';                                 expect 1 1 'what is late twice fails'
runner 1 0 "Assertion 'kube_watch_pods(&amp;watch, tag) &lt;= most' failed"; expect 1 0 'a broken promise is not forgiven'
runner 1 0 '6 instances of 5, at most 5 were asked for';      expect 1 0 'nor is one too many'
runner 1 0 late late late;                                    expect 1 0 'three failures are no bad luck'
runner 1 0;                                                   expect 1 0 'a runner that fails without saying where'
printf '#!/bin/sh\nexit 139\n' >"$folder/engines"; rm -f "$folder/asked"; expect 1 0 'a runner that crashed'

# Every suite is in one lane, and in no other.
printf '#!/bin/sh\necho "$*" >>%s/words\n' "$folder" >"$folder/engines"
for lane in $(sed -n 's/^ENGINE_LANES := ..addprefix checked-,\(.*\))/\1/p' Makefile); do
    tests/engines/lane.py "$folder/engines" "$lane"
done
for suite in $(sed -n 's/^SUITE(\(.*\))$/\1/p' tests/engines/*.c); do
    lanes=0
    while read -r words; do
        in=0
        for word in $words; do
            case $suite in "$word"*) in=1 ;; "${word#-}"*) in=0; break ;; esac
        done
        lanes=$((lanes + in))
    done <"$folder/words"
    [ $lanes = 1 ] || { echo "lane: $suite is in $lanes lanes"; cat "$folder/words"; exit 1; }
done
ran=$(build/unit keymap -keymap_)
case $ran in *keymap-*) echo "lane: taken out, and yet run: $ran"; exit 1 ;; *': keymap'*) ;; *) echo "lane: not run: $ran"; exit 1 ;; esac
