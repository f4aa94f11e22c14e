/* alarms.c: see alarms.h. */
#include "engines/alarms.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engines/rig.h"
#include "net/server.h"
#include "tui/program.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALERTMANAGER "/usr/bin/prometheus-alertmanager"

enum { ARRIVES_MS = 10000, PATIENCE_MS = 90000, TOLD_MAX = 256, WATCHES = 2, WORLDS_MAX = 4 };

/* What arrived at the receiver, from whom. */
struct told {
    bool direct, resolved;  /* from lockstep's own webhook; from the Alertmanager otherwise */
    char id[40], text[300]; /* text: of a webhook, whole */
};

static const struct alarms_world *worlds[WORLDS_MAX], *world; /* the one of this test */
static const char *web;
static struct server *receiver;
static struct program program;
static struct running watches[WATCHES];
static pid_t manager;
static char manager_url[64], folder[300];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct told told[TOLD_MAX];
static size_t told_count;

/* ---- the receiver ---- */

static void note(bool direct, const json_t *alert)
{
    const char *kind = json_string_value(
                   json_object_get(direct ? alert : json_object_get(alert, "labels"), "kind")),
               *service = json_string_value(
                   json_object_get(direct ? alert : json_object_get(alert, "labels"), "service")),
               *event = json_string_value(json_object_get(alert, direct ? "event" : "status")),
               *id = json_string_value(json_object_get(alert, direct ? "id" : "startsAt"));

    if (!kind || !service || !event || strcmp(kind, "step") != 0 || strcmp(service, web) != 0)
        return;
    pthread_mutex_lock(&lock);
    if (told_count < TOLD_MAX) {
        struct told *t = &told[told_count++];
        *t = (struct told){.direct = direct, .resolved = strcmp(event, "resolved") == 0};
        snprintf(t->id, sizeof t->id, "%s", id ? id : "");
        char *text = direct ? json_dumps(alert, JSON_COMPACT) : NULL;
        snprintf(t->text, sizeof t->text, "%s", text ? text : "");
        free(text);
    }
    pthread_mutex_unlock(&lock);
}

static bool on_request(void *arg, const char *method, const char *path, const char *body,
                       struct server_reply *reply)
{
    json_error_t error;
    json_t *root = json_loads(body, 0, &error), *alert;
    size_t i;

    (void)arg;
    (void)method;
    if (strcmp(path, "/direct") == 0)
        note(true, root);
    else
        json_array_foreach(json_object_get(root, "alerts"), i, alert) note(false, alert);
    json_decref(root);
    *reply = (struct server_reply){.status = 200};
    return true;
}

static size_t count_told(bool direct, bool resolved)
{
    size_t count = 0;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < told_count; i++)
        count += told[i].direct == direct && told[i].resolved == resolved;
    pthread_mutex_unlock(&lock);
    return count;
}

static void print_told(void)
{
    for (size_t i = 0; i < told_count; i++)
        printf("  %s %s %s %s\n", told[i].direct ? "webhook" : "alertmanager",
               told[i].resolved ? "resolved" : "opened", told[i].id, told[i].text);
    fflush(stdout);
}

/* ---- the Alertmanager ---- */

static unsigned free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    close(fd);
    return ntohs(at.sin_port);
}

/* What this URL answers, yours; NULL when it does not. */
static char *get(const char *path)
{
    char url[200], *out = NULL;

    snprintf(url, sizeof url, "%s%s", manager_url, path);
    const char *const argv[] = {"curl", "-fs", "--noproxy", "*", "-m", "5", url, NULL};
    if (rig_run(argv, &out) == 0)
        return out;
    free(out);
    return NULL;
}

static void manager_start(void)
{
    char config[400], storage[400], listen_on[80], log[400];
    char *ready = NULL;

    snprintf(config, sizeof config, "--config.file=%s/am.yml", folder);
    snprintf(storage, sizeof storage, "--storage.path=%s/am", folder);
    snprintf(listen_on, sizeof listen_on, "--web.listen-address=%s", manager_url + 7);
    snprintf(log, sizeof log, "%s/am.log", folder);
    manager = fork();
    if (manager == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(fd, 1);
        dup2(fd, 2);
        execl(ALERTMANAGER, ALERTMANAGER, config, storage, listen_on,
              "--cluster.listen-address=", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 300 && !ready; i++) {
        ready = get("/-/ready");
        if (!ready)
            rig_pause_ms(100);
    }
    ck_assert_msg(ready != NULL, "the Alertmanager does not answer, see %s", log);
    free(ready);
}

static void manager_stop(int number)
{
    if (!manager)
        return;
    kill(manager, number);
    while (waitpid(manager, NULL, 0) < 0 && errno == EINTR)
        ;
    manager = 0;
}

/* Whether the Alertmanager has this alarm as active now. */
static bool manager_has(void)
{
    char *text = get("/api/v2/alerts?active=true"), needle[80];

    snprintf(needle, sizeof needle, "\"%s\"", web);
    bool has = text && strstr(text, "LockstepStep") && strstr(text, needle);
    free(text);
    return has;
}

/* ---- the watches ---- */

static void watch_start(int which)
{
    watches[which] = program_start(&program, "watch -o json");
}

static void watch_end(int which, int number)
{
    if (!watches[which].pid)
        return;
    kill(watches[which].pid, SIGCONT);
    kill(watches[which].pid, number);
    struct said said = program_finish(&watches[which]);
    watches[which].pid = 0;
    said_release(&said);
}

/* ---- what is waited for ---- */

static int64_t now_ms(void)
{
    struct clock *wall = clock_new_real();
    int64_t now = clock_now_ms(wall);

    clock_free(wall);
    return now;
}

static bool settles(bool (*is_so)(void), int64_t ms)
{
    for (int64_t end = now_ms() + ms; now_ms() < end; rig_pause_ms(200))
        if (is_so())
            return true;
    return is_so();
}

static bool was_opened(void)
{
    return count_told(false, false) > 0 && count_told(true, false) > 0;
}

static bool was_resolved(void)
{
    return count_told(false, true) > 0 && count_told(true, true) > 0;
}

static void expect_within(bool (*is_so)(void), const char *what, int64_t ms)
{
    int64_t begun = now_ms();

    if (!settles(is_so, ms)) {
        print_told();
        ck_abort_msg("%s: not within %lld ms", what, (long long)ms);
    }
    printf("    %s after %.1f s\n", what, (double)(now_ms() - begun) / 1000);
    fflush(stdout);
}

static void expect_once(const char *what)
{
    rig_pause_ms(2000); /* what would come twice has come by then */
    if (count_told(true, false) != 1 || count_told(true, true) != 1 ||
        count_told(false, false) != 1 || count_told(false, true) != 1) {
        print_told();
        ck_abort_msg("%s: not each once", what);
    }
}

/* ---- faults ---- */

static void nothing(void)
{
}
static void manager_term(void)
{
    manager_stop(SIGTERM);
}
static void manager_again(void)
{
    manager_stop(SIGTERM);
    manager_start();
}
/* What it had not written down it has forgotten; the watch tells it again. */
static void manager_killed(void)
{
    manager_stop(SIGKILL);
    manager_start();
    ck_assert_msg(settles(manager_has, PATIENCE_MS), "it was not told again");
}
static void manager_stalls(void)
{
    kill(manager, SIGSTOP);
    rig_pause_ms(5000);
    kill(manager, SIGCONT);
}
static void watch_kill(void)
{
    watch_end(0, SIGKILL);
}
static void watch_again(void)
{
    watch_end(0, SIGKILL);
    watch_start(0);
}
static void watch_starts(void)
{
    watch_start(0);
}
static void second_starts(void)
{
    watch_start(1);
    rig_pause_ms(6000); /* it has looked at the record once */
}
static void first_leaves(void)
{
    watch_end(0, SIGTERM);
}

/* What happens before the second step, once it is told, before it is undone, and after that.
 * `late`: it cannot be told within ten seconds, because nobody is there to tell or be told. */
static const struct fault {
    const char *name;
    void (*before)(void), (*told)(void), (*undoing)(void), (*undone)(void);
    bool late, renotifies; /* an Alertmanager that was killed tells its own receivers again */
    bool store;            /* what follows rests on the engine's own store */
} faults[] = {
    {"none", nothing, nothing, nothing, nothing, false, false, true},
    {"the Alertmanager comes later", manager_term, nothing, nothing, nothing, true, false, false},
    {"the Alertmanager is restarted meanwhile", nothing, manager_again, nothing, nothing, false,
     false, false},
    {"the Alertmanager is gone when it ends", nothing, nothing, manager_term, manager_start, false,
     false, false},
    {"the Alertmanager stalls", nothing, manager_stalls, nothing, nothing, false, false, false},
    {"the watch comes later", watch_kill, nothing, nothing, nothing, true, false, false},
    {"the watch is killed and started again", nothing, watch_again, nothing, nothing, false, false,
     false},
    {"the watch is killed, and it ends meanwhile", nothing, nothing, watch_kill, watch_starts,
     false, false, false},
    {"a second watch runs", second_starts, nothing, nothing, nothing, false, false, false},
    {"of two watches the first is killed", second_starts, watch_kill, nothing, nothing, false,
     false, true},
    {"of two watches the first leaves", second_starts, nothing, first_leaves, nothing, false, false,
     false},
    {"the Alertmanager is killed meanwhile", nothing, manager_killed, nothing, nothing, false, true,
     false},
};
enum { FAULTS = sizeof faults / sizeof *faults };

static void write_manager_config(void)
{
    char am[500];

    snprintf(am, sizeof am, "%s/am.yml", folder);
    FILE *f = fopen(am, "w");
    ck_assert_ptr_nonnull(f);
    fprintf(f,
            "route: {receiver: r, group_by: ['...'], group_wait: 0s, group_interval: 1s, "
            "repeat_interval: 24h}\nreceivers: [{name: r, webhook_configs: [{url: '%s/am', "
            "send_resolved: true}]}]\n",
            server_url(receiver));
    ck_assert_int_eq(fclose(f), 0);
}

static void open_world(const struct alarms_world *of)
{
    char config[1600];

    ck_assert_msg(access(ALERTMANAGER, X_OK) == 0, "there is no %s: .ci/deps engines",
                  ALERTMANAGER);
    world = of;
    told_count = 0;
    snprintf(folder, sizeof folder, "%s", test_dir());
    web = world->create();
    receiver = server_new();
    server_handle(receiver, on_request, NULL);
    snprintf(manager_url, sizeof manager_url, "http://127.0.0.1:%u", free_port());
    write_manager_config();
    program_init(&program);
    snprintf(config, sizeof config,
             "contexts: [%s]\n"
             "watch:\n  listen: off\n  sinks:\n"
             "    - {kind: alertmanager, url: '%s'}\n    - {kind: webhook, url: '%s/direct'}\n",
             world->context(), manager_url, server_url(receiver));
    program_write(&program, ".config/lockstep/config.yaml", config);
    manager_start();
    watch_start(0);
}

static void teardown(void)
{
    for (int i = 0; i < WATCHES; i++)
        watch_end(i, SIGTERM);
    manager_stop(SIGTERM);
    server_free(receiver);
    if (web)
        world->remove();
}

START_TEST(a_second_step_is_told_once_and_its_end_once_whatever_is_restarted)
{
    const struct fault *fault = &faults[_i % FAULTS];

    open_world(worlds[_i / FAULTS]);
    printf("  %s, fault: %s\n", world->suite, fault->name);
    rig_pause_ms(3000);
    fault->before();
    world->steps();
    if (fault->late && !manager)
        manager_start();
    if (fault->late && !watches[0].pid)
        watch_start(0);
    expect_within(was_opened, "told", fault->late ? PATIENCE_MS : ARRIVES_MS);
    ck_assert(settles(manager_has, ARRIVES_MS));
    fault->told();
    rig_pause_ms(1000);
    fault->undoing();
    world->undo();
    fault->undone();
    expect_within(was_resolved, "resolved", PATIENCE_MS);
    ck_assert(!manager_has());
    if (!fault->renotifies)
        expect_once(fault->name);
    ck_assert_uint_eq(count_told(true, false), 1);
    ck_assert_uint_eq(count_told(true, true), 1);
}
END_TEST

Suite *alarms_suite(const struct alarms_world *of)
{
    Suite *suite = suite_create(of->suite);
    TCase *tc = test_case(suite, "alertmanager", 300);
    int at = 0;

    of->need();
    while (worlds[at])
        at++;
    assert(at < WORLDS_MAX);
    worlds[at] = of;
    tcase_add_checked_fixture(tc, NULL, teardown);
    for (int i = at * FAULTS; i < (at + 1) * FAULTS; i++)
        if (of->every || faults[i % FAULTS].store || getenv("NIGHT"))
            tcase_add_loop_test(
                tc, a_second_step_is_told_once_and_its_end_once_whatever_is_restarted, i, i + 1);
    return suite;
}
