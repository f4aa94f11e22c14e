#!/usr/bin/env python3
"""scale_nomad.py LOCKSTEP ENGINES: lockstep on a large Nomad cluster, beside `nomad status` and
(where tests/engines/wander was built) wander, in the same run.

A real server and three clients with the mock driver, 200 jobs, 1,000 allocations, then 5,000
(SCALE="1000 5000"). Each program looks at the same cluster.

  start   until the first screen is complete: 200 services, or as many lines
  rest    CPU while nothing happens
  change  from a registration to the moment at which it is shown
"""
import json, os, re, signal, statistics, subprocess, sys, tempfile, time, urllib.request

from scale import Program

JOBS, REST_S, STARTS, CHANGES = 200, 30, 3, 10


class Cluster:
    def __init__(self, script, engines):
        self.folder, self.script = tempfile.mkdtemp(prefix='lockstep-scale-'), script
        self.env = dict(os.environ, NOMAD_BINARIES=os.path.join(engines, 'nomad'))
        subprocess.run([script, self.folder, 'up', '3', str(os.getpid())], env=self.env, check=True)
        self.address = open(os.path.join(self.folder, 'address')).read().strip()

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.address + '/v1/' + path, method=method,
                                         data=json.dumps(body).encode() if body else None)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return json.loads(opener.open(request, timeout=60).read())

    def register(self, name, count, version='4'):
        self.call('PUT', 'jobs', {'Job': {
            'ID': name, 'Name': name, 'Type': 'service', 'Datacenters': ['dc1'], 'TaskGroups': [{
                'Name': 'web', 'Count': count, 'EphemeralDisk': {'SizeMB': 10},
                'Update': {'MaxParallel': 0},
                'Tasks': [{'Name': 'app', 'Driver': 'mock_driver', 'Config': {'run_for': '24h'},
                           'Meta': {'lockstep.version': version},
                           'LogConfig': {'Disabled': True, 'MaxFiles': 1, 'MaxFileSizeMB': 1},
                           'Resources': {'CPU': 20, 'MemoryMB': 10}}]}]}})

    def grow(self, allocs):
        for i in range(JOBS):
            self.register(f'web-{i:03}', allocs // JOBS)
        end = time.monotonic() + 600
        while time.monotonic() < end:
            groups = [g for j in self.call('GET', 'jobs') for g in j['JobSummary']['Summary'].values()]
            if sum(g['Running'] for g in groups) == allocs // JOBS * JOBS:
                return
            time.sleep(1)
        sys.exit(f'scale: {allocs} allocations did not come up; the machine does not hold them')

    def stop(self):
        subprocess.run([self.script, self.folder, 'down'], env=self.env)


def programs(cluster, lockstep, engines):
    home = os.path.join(cluster.folder, 'home')
    os.makedirs(home, exist_ok=True)
    env = {'HOME': home, 'TERM': 'xterm-256color', 'LC_ALL': 'C.UTF-8', 'XDG_CONFIG_HOME': home,
           'XDG_STATE_HOME': home, 'NOMAD_ADDR': cluster.address, 'NOMAD_NAMESPACE': 'default'}
    found = [('lockstep', [lockstep, '--read-only'], env,
              lambda p: re.search(rb'\b%d (steady|ok)' % JOBS, p.text))]
    wander = os.path.join(engines, 'wander')
    if os.path.exists(wander):
        found.append(('wander', [wander], env, lambda p: p.text.count(b'web-') >= 15))
    return found


def nomad_status(cluster, engines):
    """Runs it once: seconds, peak MiB."""
    env = dict(os.environ, NOMAD_ADDR=cluster.address)
    begun = time.monotonic()
    child = subprocess.Popen([os.path.join(engines, 'nomad', 'nomad'), 'status'], env=env,
                             stdout=subprocess.PIPE)
    lines = child.stdout.read().count(b'\n')
    _, _, used = os.wait4(child.pid, 0)
    child.returncode = 0
    if lines < JOBS:
        sys.exit('scale: `nomad status` did not list the jobs')
    return time.monotonic() - begun, used.ru_maxrss / 1024


def measure(cluster, lockstep, engines, allocs):
    out = {}
    for _ in range(STARTS):
        for name, words, env, shows in programs(cluster, lockstep, engines):
            program = Program(name, words, env, shows)
            took = program.await_complete(60)
            if took is None:
                sys.exit(f'scale: {name} showed no complete screen: {program.text[-400:]!r}')
            out.setdefault(name, {}).setdefault('start', []).append(took)
            program.stop()
        seconds, peak = nomad_status(cluster, engines)
        out.setdefault('nomad status', {}).setdefault('start', []).append(seconds)
        out['nomad status']['peak'] = peak
    running = [Program(*p) for p in programs(cluster, lockstep, engines)]
    for p in running:
        p.await_complete(60)
    time.sleep(8)
    before = {p.name: p.cpu() for p in running}
    time.sleep(REST_S)
    for p in running:
        out[p.name]['rest'] = 100 * (p.cpu() - before[p.name]) / REST_S
        out[p.name]['rss'] = p.memory('VmRSS')
    mine, times = running[0], []
    for i in range(CHANGES):
        # No letter stays where it was, so that a screen which draws differences draws all of it.
        mark = chr(ord('a') + i) * 7
        with mine.lock:
            mine.text, mine.marks = b'', {mark.encode(): None}
        begun = time.monotonic()
        cluster.register('web-003', allocs // JOBS, mark)
        seen = mine.await_mark(mark.encode(), 20)
        if seen:
            times.append(1000 * (seen - begun))
        time.sleep(1)
    out['lockstep']['change'] = statistics.median(times) if times else None
    for p in running:
        out[p.name]['peak'] = p.memory('VmHWM')
        p.stop()
    cluster.register('web-003', allocs // JOBS)
    return out


def report(allocs, out):
    print(f'\n{allocs} allocations of {JOBS} jobs (load of the machine {os.getloadavg()[0]:.1f})')
    print(f'  {"":14}{"start":>9}{"RSS":>10}{"peak":>10}{"CPU rest":>10}{"change p50":>12}')
    for name, m in out.items():
        print(f'  {name:14}{statistics.median(m["start"]):8.2f}s'
              + (f'{m["rss"]:7.1f}MiB' if 'rss' in m else f'{"":10}') + f'{m["peak"]:7.1f}MiB'
              + (f'{m["rest"]:9.2f}%' if 'rest' in m else '')
              + (f'{m["change"]:10.1f}ms' if m.get('change') else ''))


def judge(allocs, out, before):
    """`before`: allocations and measurements of the size before this one; None for the first."""
    mine = out['lockstep']
    goals = [('RSS at most 24 MiB', mine['peak'], mine['peak'] <= 24, 'MiB'),
             ('CPU at rest under 1 %', mine['rest'], mine['rest'] < 1, '%')]
    if before:
        was, then = before
        more = mine['rest'] - then['lockstep']['rest']
        goals.append((f'rest costs the same with {allocs} allocations as with {was}', more,
                      abs(more) < 0.3, '% more'))
    for name, value, met, unit in goals:
        print(f'  {"met   " if met else "MISSED"} {name}: {value:.2f} {unit}')


def main():
    lockstep, engines = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    here = os.path.dirname(os.path.abspath(__file__))
    if not os.access(os.path.join(engines, 'nomad', 'nomad'), os.X_OK):
        print('scale: left out; `make engines` builds the Nomad agent that it needs')
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    cluster = Cluster(os.path.join(here, '..', 'engines', 'nomad-cluster.sh'), engines)
    before = None
    try:
        for allocs in [int(n) for n in os.environ.get('SCALE', '1000 5000').split()]:
            begun = time.monotonic()
            cluster.grow(allocs)
            print(f'scale: {allocs} allocations run after {time.monotonic() - begun:.0f} s',
                  flush=True)
            time.sleep(15)
            out = measure(cluster, lockstep, engines, allocs)
            report(allocs, out)
            judge(allocs, out, before)
            sys.stdout.flush()
            before = allocs, out
    finally:
        cluster.stop()


if __name__ == '__main__':
    main()
