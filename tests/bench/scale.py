#!/usr/bin/env python3
"""scale.py LOCKSTEP ENGINES: lockstep on a large cluster, beside kubectl and (where tests/engines/k9s
was built) k9s, in the same run.

A real Kubernetes control plane with 200 nodes that run nothing, 50 Deployments, 5,000 pods, then
10,000 (SCALE="5000 10000"; SCALE_NODES). Each program looks at the same cluster at the same time;
what it gets from the server is counted by a relay of its own.

  start   until the first screen is complete: lockstep with 50 services, kubectl with as many pods
          as there are, k9s with one screen of them
  rest    CPU while nothing happens
  rollout CPU while 100 pods are replaced
  change  from a write to the moment at which it is shown; kubectl: `get deployments -A -w -o wide`
"""
import base64, fcntl, http.client, json, os, pty, re, select, shutil, signal, socket, ssl
import statistics, struct, subprocess, sys, tempfile, termios, threading, time

DEPLOYMENTS, CHANGES, REST_S = 50, 20, 30
ESCAPES = re.compile(rb'\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][0-9A-Za-z]|[=>78M])')


class Cluster:
    """The control plane, and a client of it."""

    def __init__(self, program, nodes):
        self.folder = tempfile.mkdtemp(prefix='lockstep-scale-')
        self.process = subprocess.Popen(
            [program, 'up', '-folder', self.folder, '-nodes', str(nodes), '-heartbeat', '10s',
             '-node-grace', '120s', '-evict-after', '600s', '-ready-after', '100ms'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != 'ready':
            sys.exit('scale: the control plane did not start')
        self.config = os.path.join(self.folder, 'certificate.kubeconfig')
        self.text = open(self.config).read()
        self.host, self.port = re.search(r'server: "?https://([0-9.]+):(\d+)', self.text).groups()
        cert = os.path.join(self.folder, 'client.pem')
        with open(cert, 'wb') as file:
            for key in ('client-certificate-data', 'client-key-data'):
                file.write(base64.b64decode(re.search(key + r': "?([A-Za-z0-9+/=]+)', self.text).group(1)))
        self.tls = ssl.create_default_context(cafile=os.path.join(self.folder, 'ca.crt'))
        self.tls.load_cert_chain(cert)
        self.connection = None

    def call(self, method, path, body=None, kind='application/json'):
        if not self.connection:
            self.connection = http.client.HTTPSConnection(self.host, int(self.port), context=self.tls)
        self.connection.request(method, path, json.dumps(body) if body else None,
                                {'Content-Type': kind})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300 and answer.status != 409:
            sys.exit(f'scale: {method} {path}: {answer.status} {text[:300]}')
        return json.loads(text)

    def deployment(self, name, replicas, tag, paused=False):
        labels = {'app': name}
        return {'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': {'name': name},
                'spec': {'replicas': replicas, 'paused': paused, 'selector': {'matchLabels': labels},
                         'template': {'metadata': {'labels': labels},
                                      'spec': {'terminationGracePeriodSeconds': 1, 'containers': [
                                          {'name': 'app', 'image': 'pause:' + tag}]}}}}

    def grow(self, pods):
        """The Deployments with so many pods altogether, all of them ready."""
        each = pods // DEPLOYMENTS
        for i in range(DEPLOYMENTS):
            path = f'/apis/apps/v1/namespaces/scale/deployments'
            self.call('POST', path, self.deployment(f'web-{i:02}', each, '3.4'))
            self.call('PATCH', f'{path}/web-{i:02}', {'spec': {'replicas': each}},
                      'application/merge-patch+json')
        self.await_ready(lambda i: each)

    def await_ready(self, wanted):
        while True:
            items = self.call('GET', '/apis/apps/v1/namespaces/scale/deployments')['items']
            items = [d for d in items if d['metadata']['name'].startswith('web-')]
            if len(items) == DEPLOYMENTS and all(
                    d['status'].get('readyReplicas') == d['spec']['replicas'] ==
                    d['status'].get('replicas') == d['status'].get('updatedReplicas') and
                    d['status'].get('observedGeneration') == d['metadata']['generation'] and
                    d['spec']['replicas'] == wanted(i) for i, d in enumerate(items)):
                return
            time.sleep(1)

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Relay:
    """Passes one program's connections on and counts what comes back."""

    def __init__(self, host, port):
        self.to, self.got = (host, int(port)), 0
        self.listener = socket.socket()
        self.listener.bind(('127.0.0.1', 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            here, _ = self.listener.accept()
            there = socket.create_connection(self.to)
            for a, b, counts in ((here, there, False), (there, here, True)):
                threading.Thread(target=self.copy, args=(a, b, counts), daemon=True).start()

    def copy(self, a, b, counts):
        try:
            while data := a.recv(1 << 18):
                if counts:
                    self.got += len(data)
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Program:
    """Something that looks at the cluster, on a terminal of its own of 140x50."""

    def __init__(self, name, words, env, shows):
        self.name, self.shows, self.text, self.marks = name, shows, b'', {}
        self.begun = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(env)
            os.execv(words[0], words)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', 50, 140, 0, 0))
        self.complete = None
        self.lines = 0
        self.lock = threading.Lock()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            try:
                data = os.read(self.fd, 1 << 16)
            except OSError:
                return
            now = time.monotonic()
            with self.lock:
                self.lines += data.count(b'\n')
                self.text = (self.text + ESCAPES.sub(b'', data))[-200000:]
                if self.complete is None and self.shows(self):
                    self.complete = now - self.begun
                for mark in [m for m, t in self.marks.items() if t is None and m in self.text]:
                    self.marks[mark] = now

    def await_complete(self, limit):
        end = time.monotonic() + limit
        while self.complete is None and time.monotonic() < end:
            time.sleep(0.01)
        return self.complete

    def await_mark(self, mark, limit):
        end = time.monotonic() + limit
        while self.marks[mark] is None and time.monotonic() < end:
            time.sleep(0.002)
        return self.marks[mark]

    def cpu(self):
        fields = open(f'/proc/{self.pid}/stat').read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def memory(self, which='VmHWM'):
        return int(re.search(which + r':\s+(\d+)', open(f'/proc/{self.pid}/status').read()).group(1)) / 1024

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        time.sleep(0.3)
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def programs(cluster, lockstep, engines, pods, relays):
    """Name, words, environment, and when its first screen is complete."""
    home = os.path.join(cluster.folder, 'home')
    os.makedirs(home, exist_ok=True)

    def config(name):
        if not relays:
            return cluster.config
        path = os.path.join(cluster.folder, name + '.kubeconfig')
        relays[name] = Relay(cluster.host, cluster.port)
        with open(path, 'w') as file:
            file.write(cluster.text.replace(f'{cluster.host}:{cluster.port}',
                                            f'127.0.0.1:{relays[name].port}'))
        return path

    env = {'HOME': home, 'TERM': 'xterm-256color', 'LC_ALL': 'C.UTF-8', 'XDG_CONFIG_HOME': home,
           'XDG_STATE_HOME': home, 'XDG_DATA_HOME': home, 'XDG_CACHE_HOME': home}
    plane = os.path.join(engines, 'kubernetes')
    found = [('lockstep', [lockstep, '--read-only', '--kubeconfig', config('lockstep')], env,
              lambda p: re.search(rb'\b5[01] (steady|ok)', p.text)),
             ('kubectl', [plane, 'kubectl', '--kubeconfig', config('kubectl'), 'get', 'pods', '-A',
                          '-w'], env, lambda p: p.lines > pods)]
    k9s = os.path.join(engines, 'k9s')
    if os.path.exists(k9s):
        found.append(('k9s', [k9s, '--kubeconfig', config('k9s'), '-A', '-c', 'pods', '--logoless',
                              '--readonly', '--refresh', '2'], env,
                      lambda p: p.text.count(b'web-') >= 30))
    return found


def measure_start(cluster, lockstep, engines, pods):
    """Alone and without a relay, three times each, in turn; the middle one counts."""
    times = {}
    for _ in range(3):
        for name, words, env, shows in programs(cluster, lockstep, engines, pods, None):
            program = Program(name, words, env, shows)
            took = program.await_complete(120)
            if took is None:
                print(f'  {name}: no complete screen in 120 s; it showed: '
                      f'{program.text[-300:]!r}', file=sys.stderr)
            times.setdefault(name, []).append(took if took is not None else float('nan'))
            program.stop()
    return {name: statistics.median(all_of) for name, all_of in times.items()}


def measure_together(cluster, lockstep, engines, pods):
    relays, out = {'': None}, {}
    running = [Program(*p) for p in programs(cluster, lockstep, engines, pods, relays)]
    for program in running:
        program.await_complete(180)
    time.sleep(8)
    for program in running:
        out[program.name] = {'start_bytes': relays[program.name].got,
                             'rss': program.memory('VmRSS')}
    cpu = {p.name: p.cpu() for p in running}
    got = {p.name: relays[p.name].got for p in running}
    time.sleep(REST_S)
    for p in running:
        out[p.name]['rest_cpu'] = 100 * (p.cpu() - cpu[p.name]) / REST_S
        out[p.name]['rest_bytes'] = (relays[p.name].got - got[p.name]) / REST_S
        cpu[p.name], got[p.name] = p.cpu(), relays[p.name].got
    each = pods // DEPLOYMENTS
    path = '/apis/apps/v1/namespaces/scale/deployments/web-07'
    cluster.call('PATCH', path, {'spec': {'replicas': 100}}, 'application/merge-patch+json')
    cluster.await_ready(lambda i: 100 if i == 7 else each)
    tag = f'3.{int(time.time())}'
    begun = time.monotonic()
    cluster.call('PATCH', path, {'spec': {'template': {'spec': {'containers': [
        {'name': 'app', 'image': 'pause:' + tag}]}}}}, 'application/strategic-merge-patch+json')
    cluster.await_ready(lambda i: 100 if i == 7 else each)
    took = time.monotonic() - begun
    time.sleep(2)
    for p in running:
        out[p.name]['rollout_cpu'] = p.cpu() - cpu[p.name]
        out[p.name]['rollout_bytes'] = relays[p.name].got - got[p.name]
        out[p.name]['rollout_s'] = took
        out[p.name]['peak'] = p.memory('VmHWM')
        p.stop()
    cluster.call('PATCH', path, {'spec': {'replicas': each}}, 'application/merge-patch+json')
    cluster.await_ready(lambda i: each)
    return out


def measure_changes(cluster, lockstep, engines):
    """A paused Deployment asks for another image: how long until that is to be seen."""
    path = '/apis/apps/v1/namespaces/scale/deployments'
    cluster.call('POST', path, cluster.deployment('probe', 1, '3.4', paused=True))
    cluster.call('PATCH', path + '/probe', {'spec': {'paused': False}}, 'application/merge-patch+json')
    while cluster.call('GET', path + '/probe')['status'].get('readyReplicas') != 1:
        time.sleep(0.2)
    cluster.call('PATCH', path + '/probe', {'spec': {'paused': True}}, 'application/merge-patch+json')
    env = {'TERM': 'xterm-256color', 'LC_ALL': 'C.UTF-8'}
    home = os.path.join(cluster.folder, 'home')
    env.update({k: home for k in ('HOME', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME')})
    running = [
        Program('lockstep', [lockstep, '--read-only', '--kubeconfig', cluster.config], env,
                lambda p: re.search(rb'\b5[01] (steady|ok)', p.text)),
        Program('kubectl', [os.path.join(engines, 'kubernetes'), 'kubectl', '--kubeconfig',
                            cluster.config, 'get', 'deployments', '-A', '-w', '-o', 'wide'], env,
                lambda p: p.lines > DEPLOYMENTS)]
    for p in running:
        p.await_complete(60)
    time.sleep(3)
    times = {p.name: [] for p in running}
    for i in range(CHANGES):
        # No letter stays where it was, so that a screen which draws differences draws all of it.
        mark = chr(ord('a') + i % 26) * 7
        for p in running:
            with p.lock:
                p.text, p.marks = b'', {mark.encode(): None}
        begun = time.monotonic()
        cluster.call('PATCH', path + '/probe', {'spec': {'template': {'spec': {'containers': [
            {'name': 'app', 'image': 'pause:' + mark}]}}}}, 'application/strategic-merge-patch+json')
        for p in running:
            seen = p.await_mark(mark.encode(), 10)
            if seen:
                times[p.name].append(1000 * (seen - begun))
        time.sleep(0.7)
    for p in running:
        p.stop()
    cluster.call('DELETE', path + '/probe')
    return {name: (statistics.median(t), sorted(t)[int(len(t) * 0.95) - 1], len(t)) if t else None
            for name, t in times.items()}


def report(pods, start, together, changes):
    load = os.getloadavg()[0]
    print(f'\n{pods} pods, {DEPLOYMENTS} Deployments (load of the machine {load:.1f})')
    print(f'  {"":10}{"start":>9}{"RSS":>10}{"peak":>10}{"CPU rest":>10}{"rollout CPU":>13}'
          f'{"bytes start":>13}{"rest/s":>9}{"rollout":>10}{"change p50":>12}{"p95":>8}')
    for name, m in together.items():
        change = changes.get(name)
        print(f'  {name:10}{start[name]:8.2f}s{m["rss"]:7.1f}MiB{m["peak"]:7.1f}MiB'
              f'{m["rest_cpu"]:9.2f}%{m["rollout_cpu"]:12.2f}s{m["start_bytes"] / 1e6:11.2f}MB'
              f'{m["rest_bytes"]:8.0f}B{m["rollout_bytes"] / 1e6:8.2f}MB'
              + (f'{change[0]:10.1f}ms{change[1]:6.0f}ms' if change else ''))


def judge(start, together, changes, before):
    """The goals, each with what was measured."""
    mine = together['lockstep']
    goals = [('RSS at most 24 MiB', mine['peak'], mine['peak'] <= 24, 'MiB'),
             ('CPU at rest under 1 %', mine['rest_cpu'], mine['rest_cpu'] < 1, '%')]
    if 'k9s' in start:
        share = start['lockstep'] / start['k9s']
        goals.append(("start at most a tenth of k9s's", share, share <= 0.1, "of k9s's"))
    if changes.get('lockstep'):
        goals.append(('a change is on the screen after, p95', changes['lockstep'][1],
                      changes['lockstep'][1] <= 150, 'ms'))
    if changes.get('lockstep') and changes.get('kubectl'):
        share = changes['lockstep'][0] / changes['kubectl'][0]
        goals.append(('a change at most 1.2 x as late as with kubectl', share, share <= 1.2, 'x'))
    if before:
        share = mine['rest_cpu'] - before['rest_cpu']
        goals.append(('rest costs the same with twice the pods', share, abs(share) < 0.3, '% more'))
    for name, value, met, unit in goals:
        print(f'  {"met   " if met else "MISSED"} {name}: {value:.2f} {unit}')


def main():
    lockstep, engines = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    plane = os.path.join(engines, 'kubernetes')
    if not os.access(plane, os.X_OK):
        print('scale: left out; `make engines` builds the control plane that it needs')
        return
    sizes = [int(n) for n in os.environ.get('SCALE', '5000 10000').split()]
    nodes = int(os.environ.get('SCALE_NODES', '200'))
    cluster, before = Cluster(plane, nodes), None
    try:
        cluster.call('POST', '/api/v1/namespaces', {'metadata': {'name': 'scale'}})
        for pods in sizes:
            begun = time.monotonic()
            cluster.grow(pods)
            print(f'scale: {pods} pods on {nodes} nodes are ready after '
                  f'{time.monotonic() - begun:.0f} s', flush=True)
            time.sleep(10)
            start = measure_start(cluster, lockstep, engines, pods)
            changes = measure_changes(cluster, lockstep, engines)
            together = measure_together(cluster, lockstep, engines, pods)
            report(pods, start, together, changes)
            judge(start, together, changes, before)
            sys.stdout.flush()
            before = together['lockstep']
    finally:
        cluster.stop()


if __name__ == '__main__':
    main()
