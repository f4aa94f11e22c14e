#!/usr/bin/env python3
"""lane.py RUNNER LANE: the suites of one engine, by the runner.

An engine has several lanes, each on a cluster of its own, of about the same length: what MORE names is
in LANE-2 and LANE-3, all the rest in LANE.

A real engine on a busy machine is late now and then: a case that failed is run once more, on an
engine of its own, and named as unsteady when it passes then. Three things are not forgiven: a broken
promise (more instances than were asked for, one replaced that was to be left alone), more than two
failures, and a runner that did not come to its end."""
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as xml

# What a failed assertion about a promise has in its text; each is somewhere in the tests.
PROMISES = [r"watch_wanted\(", r"watch_pods\(", r"kept(_uids)?\(", r"most_new", "at most %u were asked for",
            "untouched instance was replaced"]
AT_MOST = 2
MORE = {"kube-2": ["kube_measured", "kube_program", "kube_faults", "kube_alarms", "kube_lost"],
        "nomad-2": ["nomad_program", "nomad_conformance"],
        "swarm-2": ["swarm_program"],
        "swarm-3": ["swarm_measured", "swarm_driver", "swarm_stages", "queries"]}


def words_of(lane, tests):
    """What the runner is told; every name must still be that of a suite."""
    for name in sum(MORE.values(), []):
        if f"SUITE({name})" not in tests:
            sys.exit(f"lane.py: no suite is called {name} any more")
    taken = [name for other, names in MORE.items() if other.startswith(lane + "-") for name in names]
    return MORE.get(lane) or [lane, *("-" + name for name in taken if name.startswith(lane))]


def text_of(promise):
    return promise.replace("%u", r"\d+")


def run(runner, words, log, **env):
    """Runs them; returns whether all passed, and [(suite, case, test, message)] of what did not."""
    log.unlink(missing_ok=True)
    status = subprocess.run([runner, *words], env={**os.environ, **env, "CK_XML_LOG_FILE_NAME": str(log)}).returncode
    if status == 0:
        return True, []
    raw = re.sub(r"[^\t\n\x20-\x7e]", "?", log.read_text(errors="replace")) if log.exists() else ""
    try:
        root = xml.fromstring(re.sub(r' xmlns="[^"]*"', "", re.sub(r"<\?xml[^>]*\?>", "", raw)))
    except xml.ParseError as error:
        sys.exit(f"{runner} {words[0]}: the runner ended with {status}, and {log} is not whole: {error}")
    failed = []
    for suite in root.iter("suite"):
        for test in suite.iter("test"):
            if test.get("result") != "success":
                failed.append(tuple((of.findtext(name) or "").strip() for of, name in
                                    ((suite, "title"), (test, "description"), (test, "id"), (test, "message"))))
    return False, failed


def main():
    runner, lane = sys.argv[1:]
    log = pathlib.Path(runner).parent / f"engines-{lane}.xml"
    tests = "".join(path.read_text() for path in pathlib.Path("tests").rglob("*.c"))
    for promise in PROMISES:
        if not re.search(promise, tests):
            sys.exit(f"lane.py: no test has '{promise}' any more: name what is not forgiven")
    words = words_of(lane, tests)
    passed, failed = run(runner, words, log)
    if passed:
        return 0
    broken = [one for one in failed if any(re.search(text_of(promise), one[3]) for promise in PROMISES)]
    if broken or not failed or len(failed) > AT_MOST:
        print(f"{lane}: {len(failed)} failed, {len(broken)} of them are promises: not run again")
        return 1
    for suite, case in sorted({one[:2] for one in failed}):
        print(f"{lane}: {suite} {case} once more", flush=True)
        passed, _ = run(runner, words, log, CK_RUN_SUITE=suite, CK_RUN_CASE=case)
        if not passed:
            return 1
    for suite, case, test, message in failed:
        print(f"{lane}: UNSTEADY: {suite} {case} {test} passed the second time; the first: {message}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
