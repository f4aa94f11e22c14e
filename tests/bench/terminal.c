/* terminal.c: what a terminal program costs: first paint, memory, idle CPU, bytes.
 *
 * Runs lockstep and its peers one after another in a pty of 140x45, in the same
 * run, and prints one line each and lockstep's ratio to htop. Exits 1 when lockstep misses a goal.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WINDOW_MS = 8000, QUIET_MS = 15, PAINT_BYTES = 1000, RUNS = 5 };

/* Goals for lockstep. */
static const double goal_paint_ms = 50, goal_cpu_percent = 0.5, goal_rss_mib = 16;

struct cost {
    double first_byte_ms,
        paint_ms; /* from fork to the first and the last byte of the first burst */
    double rss_mib, cpu_percent;
    double bytes_per_s;
    long paint_bytes;
};

static double now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1000 + (double)ts.tv_nsec / 1e6;
}

static double rss_mib(pid_t pid)
{
    char path[64], line[256];
    long kib = 0;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1)
            break;
    if (f)
        fclose(f);
    return (double)kib / 1024;
}

static double cpu_ms(pid_t pid)
{
    char path[64], line[1024];
    unsigned long user = 0, sys = 0;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (f && fgets(line, sizeof line, f)) {
        const char *p = strrchr(line, ')');
        if (p)
            sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys);
    }
    if (f)
        fclose(f);
    return (double)(user + sys) * 1000 / (double)sysconf(_SC_CLK_TCK);
}

/* Reads until `until_ms`, or (quiet_ms > 0) until nothing came for that long after something did.
 */
static long drain(int fd, double until_ms, double quiet_ms, double *first, double *last)
{
    char bytes[65536];
    long total = 0;

    while (now_ms() < until_ms) {
        struct pollfd p = {fd, POLLIN, 0};
        bool painted = total >= PAINT_BYTES && quiet_ms > 0;
        double wait = painted ? quiet_ms : until_ms - now_ms();
        int rc = poll(&p, 1, (int)wait + 1);
        if (rc == 0 && painted)
            break;
        if (rc <= 0)
            continue;
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n <= 0)
            break;
        *last = now_ms();
        if (!total)
            *first = *last;
        total += n;
    }
    return total;
}

static pid_t start(const char *const argv[], int *fd)
{
    struct winsize size = {45, 140, 0, 0};
    pid_t pid = forkpty(fd, NULL, NULL, &size);

    if (pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    return pid;
}

static void stop(pid_t pid, int fd)
{
    kill(pid, SIGTERM);
    double first = 0, last = 0;
    drain(fd, now_ms() + 300, 0, &first, &last);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(fd);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static struct cost measure(const char *const argv[])
{
    struct cost cost = {0};
    double bytes[RUNS], paints[RUNS], first, last;

    for (int run = 0; run < RUNS; run++) {
        int fd;
        double begin = now_ms();
        pid_t pid = start(argv, &fd);
        first = last = begin;
        cost.paint_bytes = drain(fd, begin + 2000, QUIET_MS, &first, &last);
        bytes[run] = first - begin;
        paints[run] = last - begin;
        if (run == RUNS - 1) {
            double settle = now_ms() + 2000, cpu = 0, from;
            drain(fd, settle, 0, &first, &last);
            cpu = cpu_ms(pid);
            from = now_ms();
            long idle = drain(fd, from + WINDOW_MS, 0, &first, &last);
            cost.cpu_percent = (cpu_ms(pid) - cpu) * 100 / (now_ms() - from);
            cost.bytes_per_s = (double)idle * 1000 / WINDOW_MS;
            cost.rss_mib = rss_mib(pid);
        }
        stop(pid, fd);
    }
    qsort(bytes, RUNS, sizeof *bytes, compare);
    qsort(paints, RUNS, sizeof *paints, compare);
    cost.first_byte_ms = bytes[RUNS / 2];
    cost.paint_ms = paints[RUNS / 2];
    return cost;
}

static void print(const char *name, const struct cost *c)
{
    printf("%-16s first byte %6.1f ms  painted %6.1f ms  %6ld bytes  RSS %5.1f MiB  "
           "idle CPU %4.2f %%  %6.0f bytes/s\n",
           name, c->first_byte_ms, c->paint_ms, c->paint_bytes, c->rss_mib, c->cpu_percent,
           c->bytes_per_s);
    fflush(stdout);
}

int main(void)
{
    const char *lockstep = getenv("LOCKSTEP_BIN");
    char program[512];

    snprintf(program, sizeof program, "%s", lockstep ? lockstep : "build/lockstep");
    const char *idle[] = {program, "demo", "eight", NULL}, *story[] = {program, "demo", NULL};
    const char *htop[] = {"htop", "-d", "10", NULL};
    struct cost a = measure(idle), b = measure(story), h = measure(htop);

    printf("terminal, 140x45, median of %d starts, %d s window\n", RUNS, WINDOW_MS / 1000);
    print("lockstep, idle", &a);
    print("lockstep, demo", &b);
    print("htop -d 10", &h);
    printf("ratio to htop    painted %.2f  RSS %.2f  idle CPU %.2f  bytes/s %.2f\n",
           a.paint_ms / h.paint_ms, a.rss_mib / h.rss_mib,
           h.cpu_percent > 0 ? a.cpu_percent / h.cpu_percent : 0, a.bytes_per_s / h.bytes_per_s);
    int missed = (b.paint_ms > goal_paint_ms) + (a.cpu_percent > goal_cpu_percent) +
                 (b.rss_mib > goal_rss_mib);
    printf("goals: painted <= %.0f ms, idle CPU <= %.1f %%, RSS <= %.0f MiB: %s\n", goal_paint_ms,
           goal_cpu_percent, goal_rss_mib, missed ? "MISSED" : "met");
    return missed ? 1 : 0;
}
