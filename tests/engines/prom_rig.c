/* prom_rig.c: see prom_rig.h. */
#include "engines/prom_rig.h"

#include "engines/rig.h"

#include "base/mem.h"
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { VERSIONS_MAX = 8, REQUESTS = 300, SWING_S = 8, READY_TRIES = 300 };

/* What the test tells the exporter, and what is counted for it, in memory of all three. */
struct orders {
    unsigned count[VERSIONS_MAX];
    char errs[32], mutes[32];
};

struct prom_rig {
    pid_t exporter, counter, server;
    int port, metrics_port;
    char url[64], config[700], data[700];
    struct orders *orders;
};

struct exporter {
    int fd;
    const char *service;
    const char *const *versions;
    struct orders *orders;
    double good[VERSIONS_MAX], failed[VERSIONS_MAX], last;
};

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int listen_anywhere(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 16), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

/* ---- the exporter ---- */

static void serve_time(struct exporter *e)
{
    double now = seconds_now(), passed = now - e->last;
    double swing = 1 + 0.5 * sin(now * 6.283185307179586 / SWING_S);

    e->last = now;
    if (passed > 5)
        passed = 5;
    for (size_t i = 0; e->versions[i]; i++) {
        unsigned count = __atomic_load_n(&e->orders->count[i], __ATOMIC_RELAXED);
        double requests = count * REQUESTS * swing * passed;
        bool bad = swing > 1.1 && strcmp(e->orders->errs, e->versions[i]) == 0;
        double failed = requests * (bad ? 0.1 : 0.002);
        e->failed[i] += failed;
        e->good[i] += requests - failed;
    }
}

static void answer(struct exporter *e, int fd)
{
    char request[4096], body[4096] = "# TYPE http_requests_total counter\n", head[160];
    size_t used = strlen(body);
    ssize_t got = read(fd, request, sizeof request);

    if (got <= 0)
        return;
    serve_time(e);
    for (size_t i = 0; e->versions[i] && used < sizeof body; i++) {
        if (e->good[i] <= 0 || strcmp(e->orders->mutes, e->versions[i]) == 0)
            continue;
        used += (size_t)snprintf(
            body + used, sizeof body - used,
            "http_requests_total{service=\"%s\",version=\"%s\",code=\"200\"} %.3f\n"
            "http_requests_total{service=\"%s\",version=\"%s\",code=\"500\"} %.3f\n",
            e->service, e->versions[i], e->good[i], e->service, e->versions[i], e->failed[i]);
    }
    int len = snprintf(head, sizeof head,
                       "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
                       "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                       used);
    if (write(fd, head, (size_t)len) > 0 && write(fd, body, used) < 0)
        perror("exporter");
}

_Noreturn static void export_for_ever(struct exporter *e)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    e->last = seconds_now();
    for (;;) {
        int fd = accept(e->fd, NULL, NULL);
        if (fd < 0)
            continue;
        answer(e, fd);
        close(fd);
    }
}

/* Beside the exporter: asking the engine takes longer than a scrape may. */
_Noreturn static void count_for_ever(const struct exporter *e, prom_rig_count_fn *count, void *arg)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        for (size_t i = 0; e->versions[i]; i++)
            __atomic_store_n(&e->orders->count[i], count(arg, e->versions[i]), __ATOMIC_RELAXED);
        rig_pause_ms(500);
    }
}

/* ---- Prometheus ---- */

static void write_config(struct prom_rig *rig)
{
    FILE *file = fopen(rig->config, "w");

    ck_assert_ptr_nonnull(file);
    fprintf(file,
            "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
            "scrape_configs:\n"
            "  - job_name: app\n"
            "    honor_labels: true\n"
            "    static_configs: [{targets: ['127.0.0.1:%d']}]\n",
            rig->metrics_port);
    ck_assert_int_eq(fclose(file), 0);
}

static void exec_server(const struct prom_rig *rig)
{
    char config[720], data[720], address[64], log[720];

    snprintf(config, sizeof config, "--config.file=%s", rig->config);
    snprintf(data, sizeof data, "--storage.tsdb.path=%s", rig->data);
    snprintf(address, sizeof address, "--web.listen-address=127.0.0.1:%d", rig->port);
    snprintf(log, sizeof log, "%s.log", rig->config);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execlp("prometheus", "prometheus", config, data, address, "--log.level=warn", (char *)NULL);
    _exit(127);
}

static bool is_ready(const struct prom_rig *rig)
{
    char url[128];

    snprintf(url, sizeof url, "%s/-/ready", rig->url);
    const char *const argv[] = {"curl", "-sf", "--noproxy", "*", "--max-time",
                                "2",    "-o",  "/dev/null", url, NULL};
    return rig_run(argv, NULL) == 0;
}

void prom_rig_start(struct prom_rig *rig)
{
    fflush(NULL);
    rig->server = fork();
    if (rig->server == 0)
        exec_server(rig);
    ck_assert_int_gt(rig->server, 0);
    for (int i = 0; i < READY_TRIES; i++) {
        if (is_ready(rig))
            return;
        ck_assert_msg(waitpid(rig->server, NULL, WNOHANG) == 0,
                      "prometheus ended; its words are in %s.log (is it installed?)", rig->config);
        rig_pause_ms(200);
    }
    ck_abort_msg("prometheus is not ready after a minute; see %s.log", rig->config);
}

void prom_rig_wait(struct prom_rig *rig, const char *version, unsigned samples)
{
    char url[64 + 20], query[200];

    snprintf(url, sizeof url, "%s/api/v1/query", rig->url);
    snprintf(query, sizeof query,
             "query=min(count_over_time(http_requests_total{version=\"%s\"}[5m])) >= %u", version,
             samples);
    const char *const argv[] = {"curl", "-sf",        "-G", "--noproxy",
                                "*",    "--max-time", "5",  "--data-urlencode",
                                query,  url,          NULL};
    for (int i = 0; i < READY_TRIES; i++, rig_pause_ms(500)) {
        char *out = NULL;
        bool there = rig_run(argv, &out) == 0 && out && strstr(out, "\"value\"");
        free(out);
        if (there)
            return;
    }
    ck_abort_msg("prometheus never had %u samples of %s", samples, version);
}

static void end(pid_t *pid)
{
    if (*pid > 0) {
        kill(*pid, SIGKILL);
        waitpid(*pid, NULL, 0);
    }
    *pid = 0;
}

void prom_rig_kill(struct prom_rig *rig)
{
    end(&rig->server);
}

struct prom_rig *prom_rig_open(const char *service, const char *const *versions,
                               prom_rig_count_fn *count, void *arg)
{
    struct prom_rig *rig = xcalloc(1, sizeof *rig);
    struct exporter exporter = {.service = service, .versions = versions};

    exporter.fd = listen_anywhere(&rig->metrics_port);
    close(listen_anywhere(&rig->port)); /* free a moment ago */
    snprintf(rig->url, sizeof rig->url, "http://127.0.0.1:%d", rig->port);
    snprintf(rig->config, sizeof rig->config, "%s/prometheus.yml", test_dir());
    snprintf(rig->data, sizeof rig->data, "%s/tsdb", test_dir());
    rig->orders =
        mmap(NULL, sizeof *rig->orders, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(rig->orders, MAP_FAILED);
    exporter.orders = rig->orders;
    fflush(NULL);
    rig->exporter = fork();
    if (rig->exporter == 0)
        export_for_ever(&exporter);
    rig->counter = fork();
    if (rig->counter == 0)
        count_for_ever(&exporter, count, arg);
    close(exporter.fd);
    write_config(rig);
    prom_rig_start(rig);
    return rig;
}

void prom_rig_close(struct prom_rig *rig)
{
    if (!rig)
        return;
    end(&rig->server);
    end(&rig->counter);
    end(&rig->exporter);
    munmap(rig->orders, sizeof *rig->orders);
    free(rig);
}

const char *prom_rig_url(const struct prom_rig *rig)
{
    return rig->url;
}

void prom_rig_errs(struct prom_rig *rig, const char *version)
{
    snprintf(rig->orders->errs, sizeof rig->orders->errs, "%s", version);
}

void prom_rig_mutes(struct prom_rig *rig, const char *version)
{
    snprintf(rig->orders->mutes, sizeof rig->orders->mutes, "%s", version);
}
