/* verb_watch.c: `lockstep watch`: no terminal; runs under a supervisor until SIGTERM or SIGINT.
 *
 * The engine looks on a thread of its own; this one tells. stdout has one line per alarm that opens
 * or is resolved, -o json one document per line (fields.c); stderr is about the watch itself.
 * Exit status: 0 when it was told to end, 2 for settings that cannot work. */
#include "alerts/metrics.h"
#include "alerts/watch.h"
#include "health/probe.h"
#include "session.h"
#include "verbs.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEAVE_MS = 2000 };

struct watching {
    struct session session;
    struct loop *loop;
    struct watch *watch;
    struct metrics_server *metrics;
    const char **contexts;
    int stop[2]; /* a byte from a signal */
    bool stopped;
};

static int stop_fd = -1; /* for the handler only */

static void on_signal(int number)
{
    (void)number;
    ssize_t n = write(stop_fd, "s", 1);
    (void)n;
}

static void on_stop(int fd, unsigned ready, void *arg)
{
    struct watching *w = arg;
    char drain[16];

    (void)ready;
    while (read(fd, drain, sizeof drain) > 0)
        ;
    w->stopped = true;
}

static void catch_signals(struct watching *w)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    if (pipe2(w->stop, O_CLOEXEC | O_NONBLOCK))
        fatal("no file descriptor is left for a pipe");
    stop_fd = w->stop[1];
    loop_watch(w->loop, w->stop[0], LOOP_READ, on_stop, w);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

static void on_frame(int fd, unsigned ready, void *arg)
{
    struct watching *w = arg;
    const struct frame *frame = engine_frame(w->session.engine);

    (void)fd;
    (void)ready;
    watch_look(w->watch, frame);
    frame_unref(frame);
}

static void say(void *arg, const char *text)
{
    (void)arg;
    complain("%s", text);
}

/* Whether something is asked again and again; false and `status` when it cannot be. */
static bool has_periodic(const struct session *session, int *status)
{
    const struct config *config = &session->config;
    bool any = false;

    for (size_t i = 0; i < config->probe_count; i++) {
        const struct probe_settings *probe = &config->probes[i];
        bool there = !probe->context[0] && session->cluster_count == 1;
        for (size_t c = 0; c < session->cluster_count && !there; c++)
            there = strcmp(session->clusters[c].name, probe->context) == 0;
        any |= probe->every_ms > 0;
        if (probe->every_ms > 0 && !there) {
            complain("%s: probes[%zu].context: name the context that is watched and whose record "
                     "it is attested in",
                     config->file, i);
            *status = EXIT_USAGE;
        }
    }
    return any;
}

static int open_watch(struct watching *w, const struct args *args)
{
    const struct config *config = &w->session.config;
    const struct watch_env env = {
        .engine = w->session.engine,
        .loop = w->loop,
        .settings = &config->watch,
        .contexts = w->contexts,
        .context_count = w->session.cluster_count,
        .spool = config->watch.spool[0] ? config->watch.spool : NULL,
        .out = STDOUT_FILENO,
        .json = args->output == OUTPUT_JSON,
        .unknown_ms = config->policy.unknown_ms,
        .silent_ms = config->policy.silent_ms,
        .say = say,
    };
    struct err err = {0};

    w->watch = watch_new(&env, &err);
    return w->watch ? EXIT_DONE : complain_err(&err);
}

/* A port that is taken does not keep anybody from being told. */
static int open_metrics(struct watching *w)
{
    const struct watch_settings *set = &w->session.config.watch;
    const char *listen_on = set->listen[0] ? set->listen : "127.0.0.1:9797";
    struct err err = {0};

    if (strcmp(set->listen, "off") == 0)
        return EXIT_DONE;
    w->metrics = metrics_serve(w->loop, w->watch, listen_on, set->listen_anywhere, &err);
    if (w->metrics)
        complain("metrics on http://%s/metrics", metrics_address(w->metrics));
    else if (err.code == ERR_CONFIG)
        return complain_err(&err);
    else
        complain("no metrics: %s", err.text);
    return EXIT_DONE;
}

static int run(struct watching *w)
{
    struct err err = {0};

    loop_watch(w->loop, engine_wake_fd(w->session.engine), LOOP_READ, on_frame, w);
    if (!engine_start(w->session.engine, &err))
        return complain_err(&err);
    for (size_t i = 0; i < w->session.cluster_count; i++)
        complain("watching %s", w->contexts[i]);
    while (!w->stopped)
        loop_turn(w->loop, -1);
    int64_t end = loop_now_ms(w->loop) + LEAVE_MS;
    while (!watch_leave(w->watch) && loop_now_ms(w->loop) < end)
        loop_turn(w->loop, 100);
    return EXIT_DONE;
}

static void close_watching(struct watching *w)
{
    if (w->session.engine)
        engine_free(w->session.engine);
    w->session.engine = NULL;
    metrics_close(w->metrics);
    watch_free(w->watch, true);
    if (w->loop)
        loop_free(w->loop);
    session_close(&w->session);
    free(w->contexts);
}

static int begin(struct watching *w, const struct args *args)
{
    struct session *session = &w->session;

    session->clock = session->simulated ? clock_new_scaled(args->speed > 0 ? args->speed : 1, -1)
                                        : clock_new_real();
    int status = EXIT_DONE;
    bool periodic = has_periodic(session, &status);
    if (status != EXIT_DONE)
        return status;
    session->probing = periodic && !args->read_only ? say : NULL;
    if (periodic && args->read_only)
        complain("--read-only: nothing is asked for attestations");
    status = session->probing ? session_start(session, args) : session_start_looking(session, args);
    if (status != EXIT_DONE)
        return status;
    w->loop = loop_new(session->clock);
    w->contexts = xcalloc(session->cluster_count, sizeof *w->contexts);
    for (size_t i = 0; i < session->cluster_count; i++)
        w->contexts[i] = session->clusters[i].name;
    catch_signals(w);
    status = open_watch(w, args);
    if (status == EXIT_DONE)
        status = open_metrics(w);
    return status == EXIT_DONE ? run(w) : status;
}

/* systemd finds the program in its own path; settings are /etc/lockstep/config.yaml, the spool is
 * /var/lib/lockstep/watch.json. */
static void print_unit(void)
{
    fputs("[Unit]\n"
          "Description=lockstep watch: releases that break a rule\n"
          "Documentation=man:lockstep(1)\n"
          "Wants=network-online.target\n"
          "After=network-online.target\n"
          "\n"
          "[Service]\n"
          "ExecStart=lockstep watch\n"
          "Environment=XDG_CONFIG_HOME=%E XDG_STATE_HOME=%S\n"
          "Restart=always\n"
          "RestartSec=5\n"
          "TimeoutStopSec=10\n"
          "DynamicUser=yes\n"
          "ConfigurationDirectory=lockstep\n"
          "StateDirectory=lockstep\n"
          "StateDirectoryMode=0700\n"
          "UMask=0077\n"
          "NoNewPrivileges=yes\n"
          "ProtectSystem=strict\n"
          "ProtectHome=yes\n"
          "PrivateTmp=yes\n"
          "PrivateDevices=yes\n"
          "MemoryMax=256M\n"
          "\n"
          "[Install]\n"
          "WantedBy=multi-user.target\n",
          stdout);
}

int verb_watch(const struct verb_row *row, const struct args *args)
{
    struct watching w = {0};

    (void)row;
    if (args->print_unit) {
        print_unit();
        return EXIT_DONE;
    }
    int status = session_configure(&w.session, args, SESSION_CLUSTERS_OPTIONAL);
    if (status == EXIT_DONE && !w.session.cluster_count) {
        complain("no cluster is configured: there is nothing to watch");
        status = EXIT_USAGE;
    }
    if (status == EXIT_DONE)
        status = begin(&w, args);
    close_watching(&w);
    return status;
}
