/* terminal.c: what a terminal program costs: first paint, memory, idle CPU, bytes,
 * and how long a key takes to be on the screen.
 *
 * Runs lockstep and its peers one after another in a pty of 140x45, in the same
 * run, and prints one line each. Exits 1 when lockstep misses a goal.
 */
#include <dirent.h>
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

enum {
    WINDOW_MS = 8000,
    QUIET_MS = 15,
    FRAME_QUIET_MS = 4,
    PAINT_BYTES = 1000,
    RUNS = 5,
    KEYS = 300,
    KEY_LIMIT_MS = 500,
    KEY_EVERY_MS = 30, /* faster ones count as one decision */
};

/* Goals for lockstep. */
static const double goal_paint_ms = 50, goal_cpu_percent = 0.2, goal_rss_mib = 32, goal_key_ms = 16,
                    goal_frame_bytes = 600;

struct program {
    const char *name, *argv[4], *key[2]; /* down and up, */
    int one_way;                         /* so often before the way back; 60: it scrolls, too */
    const char *rows; /* the first row of what is shown, once it is there; NULL: not asked */
    bool has_goals;
};

struct cost {
    double first_byte_ms,
        paint_ms;   /* from fork to the first and the last byte of the first burst */
    double rows_ms; /* to the first row */
    double rss_mib, cpu_percent;
    double bytes_per_s, frame_bytes, key_p50_ms, key_p99_ms;
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

/* Of all its threads, by the scheduler's own count: ticks are too coarse for an idle program. */
static double cpu_ms(pid_t pid)
{
    char path[300];
    double total = 0;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        unsigned long long ns = 0;
        snprintf(path, sizeof path, "/proc/%d/task/%.20s/schedstat", (int)pid, entry->d_name);
        FILE *f = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
        if (f && fscanf(f, "%llu", &ns) == 1)
            total += (double)ns / 1e6;
        if (f)
            fclose(f);
    }
    if (dir)
        closedir(dir);
    return total;
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

/* Until nothing came for a moment after something did. */
static long drain_frame(int fd, double until_ms, double *last)
{
    char bytes[65536];
    long total = 0;

    while (now_ms() < until_ms) {
        struct pollfd p = {fd, POLLIN, 0};
        int rc = poll(&p, 1, total ? FRAME_QUIET_MS : (int)(until_ms - now_ms()) + 1);
        ssize_t n = rc > 0 ? read(fd, bytes, sizeof bytes) : 0;
        if (n <= 0)
            break;
        *last = now_ms();
        total += n;
    }
    return total;
}

/* From `begin` until the text has come; 0: it did not. A picture may come in pieces. */
static double drain_until(int fd, double begin, const char *text)
{
    static char seen[1 << 20];
    size_t n = 0;

    while (now_ms() < begin + 5000 && n < sizeof seen) {
        struct pollfd p = {fd, POLLIN, 0};
        ssize_t got = poll(&p, 1, 100) > 0 ? read(fd, seen + n, sizeof seen - n) : 0;
        if (got < 0)
            break;
        n += (size_t)got;
        if (memmem(seen, n, text, strlen(text)))
            return now_ms() - begin;
    }
    return 0;
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

/* From a key to the last byte of what it changed, and how many bytes that took. */
static void press(int fd, const struct program *program, struct cost *cost)
{
    static double took[KEYS];
    double first, last;
    size_t count = 0;
    long bytes = 0;

    for (int i = 0; i < KEYS; i++) {
        const char *key = program->key[i / program->one_way % 2];
        long frame;
        drain(fd, now_ms() + KEY_EVERY_MS, 0, &first, &last);
        double begin = now_ms();
        if (write(fd, key, strlen(key)) < 0)
            break;
        first = last = begin;
        if ((frame = drain_frame(fd, begin + KEY_LIMIT_MS, &last)) == 0)
            continue; /* at an end of the list */
        bytes += frame;
        took[count++] = last - begin;
    }
    if (count == 0)
        return;
    qsort(took, count, sizeof *took, compare);
    cost->key_p50_ms = took[count / 2];
    cost->key_p99_ms = took[count * 99 / 100];
    cost->frame_bytes = (double)bytes / (double)count;
}

static void watch_idle(pid_t pid, int fd, struct cost *cost)
{
    double first = 0, last = 0, cpu = cpu_ms(pid), from = now_ms();
    long idle = drain(fd, from + WINDOW_MS, 0, &first, &last);

    cost->cpu_percent = (cpu_ms(pid) - cpu) * 100 / (now_ms() - from);
    cost->bytes_per_s = (double)idle * 1000 / WINDOW_MS;
    cost->rss_mib = rss_mib(pid);
}

static struct cost measure(const struct program *program)
{
    struct cost cost = {0};
    double bytes[RUNS], paints[RUNS], rows[RUNS], first, last;

    for (int run = 0; run < RUNS && program->rows; run++) {
        int fd;
        double begin = now_ms();
        pid_t pid = start(program->argv, &fd);
        rows[run] = drain_until(fd, begin, program->rows);
        stop(pid, fd);
    }
    for (int run = 0; run < RUNS; run++) {
        int fd;
        double begin = now_ms();
        pid_t pid = start(program->argv, &fd);
        first = last = begin;
        cost.paint_bytes = drain(fd, begin + 2000, QUIET_MS, &first, &last);
        bytes[run] = first - begin;
        paints[run] = last - begin;
        if (run == RUNS - 1 && cost.paint_bytes >= PAINT_BYTES) {
            drain(fd, now_ms() + 2000, 0, &first, &last);
            watch_idle(pid, fd, &cost);
            press(fd, program, &cost);
        }
        stop(pid, fd);
    }
    qsort(bytes, RUNS, sizeof *bytes, compare);
    qsort(paints, RUNS, sizeof *paints, compare);
    if (program->rows) {
        qsort(rows, RUNS, sizeof *rows, compare);
        cost.rows_ms = rows[RUNS / 2];
    }
    cost.first_byte_ms = bytes[RUNS / 2];
    cost.paint_ms = paints[RUNS / 2];
    return cost;
}

static void print(const char *name, const struct cost *c)
{
    if (c->paint_bytes < PAINT_BYTES)
        printf("%-24s not here\n", name);
    else
        printf(
            "%-24s %6.1f ms %6.1f ms %7ld B %6.1f ms %6.1f MiB %6.2f %% %7.0f B/s %6.0f B %7.2f ms "
            "%7.2f ms\n",
            name, c->first_byte_ms, c->paint_ms, c->paint_bytes, c->rows_ms, c->rss_mib,
            c->cpu_percent, c->bytes_per_s, c->frame_bytes, c->key_p50_ms, c->key_p99_ms);
    fflush(stdout);
}

static bool is_missed(const struct cost *c)
{
    return c->paint_ms > goal_paint_ms || c->cpu_percent > goal_cpu_percent ||
           c->rss_mib > goal_rss_mib || c->key_p99_ms > goal_key_ms ||
           c->frame_bytes > goal_frame_bytes;
}

static void print_load(const char *when)
{
    double load[3] = {0};

    if (getloadavg(load, 3) == 3)
        printf("load of the machine %s: %.2f %.2f %.2f\n", when, load[0], load[1], load[2]);
}

int main(void)
{
    const char *lockstep = getenv("LOCKSTEP_BIN");
    char path[512];
    int missed = 0;

    snprintf(path, sizeof path, "%s", lockstep ? lockstep : "build/lockstep");
    const struct program programs[] = {
        {"lockstep, 10 instances", {path, "demo", "large-10", NULL}, {"o", "o"}, 1, "svc", true},
        {"lockstep, 1,000", {path, "demo", "large-1000", NULL}, {"j", "k"}, 60, "svc-0", true},
        {"lockstep, 10,000", {path, "demo", "large", NULL}, {"j", "k"}, 60, "svc-0", true},
        {"lockstep, the demo", {path, "demo", NULL}, {"j", "k"}, 8, "billing", false},
        {"htop -d 10", {"htop", "-d", "10", NULL}, {"\033OB", "\033OA"}, 60, NULL, false},
        {"tig", {"tig", NULL}, {"j", "k"}, 60, NULL, false},
    };
    printf(
        "terminal, 140x45, median of %d starts, %d s window, %d keys; large is 1,000 rollouts of "
        "ten\n",
        RUNS, WINDOW_MS / 1000, KEYS);
    print_load("before");
    printf("%-24s %9s %9s %9s %9s %10s %8s %11s %8s %10s %10s\n", "", "1st byte", "painted", "of",
           "rows", "RSS", "idle CPU", "idle output", "a frame", "key p50", "key p99");
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        struct cost cost = measure(&programs[i]);
        print(programs[i].name, &cost);
        missed += programs[i].has_goals && is_missed(&cost);
    }
    print_load("after");
    printf(
        "goals: painted <= %.0f ms, RSS <= %.0f MiB, idle CPU <= %.1f %%, a frame <= %.0f B, key "
        "to frame p99 <= %.0f ms: %s\n",
        goal_paint_ms, goal_rss_mib, goal_cpu_percent, goal_frame_bytes, goal_key_ms,
        missed ? "MISSED" : "met");
    return missed ? 1 : 0;
}
