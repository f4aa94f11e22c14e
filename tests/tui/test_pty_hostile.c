/* test_pty_hostile.c: a cluster whose every name and message attacks the terminal, in the whole
 * program: its client, its decoder, its views. What real engines answered, with the attack in each
 * text: behind it, and in the names of what has names of the user's. */
#include "base/mem.h"
#include "dash.h"
#include "net/server.h"
#include "test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOLD_MAX = 12, SETS = 4 };

/* Answered to a GET of a path with this part, the first that fits. */
struct told {
    const char *part, *recording; /* a file, or the JSON itself */
    bool in_list;                 /* told as the only one of a list */
};

struct engine_told {
    const char *kind, *headers;
    const char *held;         /* a part of paths that stay open */
    const char *plain[3];     /* of paths that are answered with a list of nothing */
    const char *const *words; /* keys whose values are for machines; NULL-terminated */
    const char *const *named; /* keys of objects whose own keys are names of the user's */
    struct told told[TOLD_MAX];
};

/* Three at a time. */
static const char *const attacks[12] = {
    "\033[2J\033[31mred",       /* CSI */
    "\033]0;owned\007",         /* the title */
    "\033]52;c;ZXZpbA==\033\\", /* the clipboard */
    "\xc2\x9b"
    "31mred",                  /* CSI of eight bits */
    "\033P$q\"p\033\\\033[6n", /* questions that the terminal would answer */
    "a\rb\nc\td\be",           /* other places */
    "\xe2\x80\xae"
    "kcab", /* right to left */
    "\xe2\x81\xa6"
    "x\xe2\x80\x8b",                                     /* isolates, nothing wide */
    "%s%n%1$s",                                          /* formats */
    "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86", /* a heap of marks */
    "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9",      /* joined */
    "\x7f\x0e\x0f",                                      /* other character sets */
};

static const char *const swarm_words[] = {
    "ID",        "ServiceID",     "NodeID",    "State",      "DesiredState",
    "Role",      "Availability",  "Timestamp", "CreatedAt",  "UpdatedAt",
    "StartedAt", "CompletedAt",   "Condition", "Order",      "FailureAction",
    "Runtime",   "MinAPIVersion", "Isolation", "ApiVersion", NULL};
static const char *const nomad_words[] = {"ID",
                                          "JobID",
                                          "NodeID",
                                          "EvalID",
                                          "DeploymentID",
                                          "Namespace",
                                          "ClientStatus",
                                          "DesiredStatus",
                                          "Status",
                                          "State",
                                          "Type",
                                          "HealthCheck",
                                          "SchedulingEligibility",
                                          "ParentID",
                                          "NextAllocation",
                                          NULL};
static const char *const kube_words[] = {"name",
                                         "uid",
                                         "kind",
                                         "apiVersion",
                                         "namespace",
                                         "resourceVersion",
                                         "continue",
                                         "creationTimestamp",
                                         "deletionTimestamp",
                                         "lastTransitionTime",
                                         "lastUpdateTime",
                                         "lastHeartbeatTime",
                                         "startedAt",
                                         "finishedAt",
                                         "startTime",
                                         "time",
                                         "phase",
                                         "status",
                                         "type",
                                         "restartPolicy",
                                         "pod-template-hash",
                                         "deployment.kubernetes.io/revision",
                                         NULL};

static const char *const swarm_named[] = {"Labels", NULL};
static const char *const nomad_named[] = {"TaskStates", "Summary", "TaskGroups", "Meta", NULL};
static const char *const kube_named[] = {"annotations", NULL};

#define NOMAD_JOB                                                                                  \
    "{\"ID\":\"web\",\"Name\":\"web\",\"Namespace\":\"default\",\"Type\":\"service\",\"Status\":"  \
    "\"running\",\"JobModifyIndex\":148,\"ModifyIndex\":148,\"Stop\":false,\"Periodic\":false,"    \
    "\"ParameterizedJob\":false,\"ParentID\":\"\",\"JobSummary\":{\"JobID\":\"web\","              \
    "\"Namespace\":"                                                                               \
    "\"default\",\"Summary\":{\"web\":{\"Queued\":0}}}}"

static const struct engine_told engines[] = {
    {.kind = "swarm",
     .held = "/events",
     .plain = {"/configs"},
     .words = swarm_words,
     .named = swarm_named,
     .told = {{"/services", "swarm/services-v4", false},
              {"/tasks", "swarm/tasks-v4", false},
              {"/nodes", "swarm/nodes", false},
              {"/version", "swarm/version", false},
              {"/info", "{\"Swarm\":{\"LocalNodeState\":\"active\",\"ControlAvailable\":true}}",
               false}}},
    {.kind = "nomad",
     .headers = "X-Nomad-Index: 150\r\nX-Nomad-KnownLeader: true\r\nX-Nomad-LastContact: 0\r\n",
     .held = "/v1/event/stream",
     .plain = {"/v1/vars", "/evaluations", "prefix="},
     .words = nomad_words,
     .named = nomad_named,
     .told = {{"/versions", "nomad/five-versions", false},
              {"/allocations", "nomad/five-allocations", false},
              {"/deployments", "nomad/five-deployment", true},
              {"/deployment", "nomad/five-deployment", false},
              {"/v1/nodes", "nomad/nodes", false},
              {"/v1/jobs", NOMAD_JOB, true}}},
    {.kind = "kubernetes",
     .held = "watch=1",
     .words = kube_words,
     .named = kube_named,
     .told =
         {{"/deployments", "kubernetes/deployments", false},
          {"/replicasets", "kubernetes/replicasets", false},
          {"/statefulsets", "kubernetes/statefulsets", false},
          {"/daemonsets", "kubernetes/daemonsets", false},
          {"/controllerrevisions", "kubernetes/controllerrevisions", false},
          {"/pods", "kubernetes/pods", false},
          {"/nodes", "kubernetes/nodes", false},
          {"/events",
           "{\"kind\":\"EventList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"5\"},"
           "\"items\":[{\"metadata\":{\"name\":\"e\",\"namespace\":\"demo\",\"uid\":\"e1\"},"
           "\"reason\":\"BackOff\",\"message\":\"back-off\",\"type\":\"Warning\"}]}",
           false},
          {"/version", "{\"major\":\"1\",\"minor\":\"26\",\"gitVersion\":\"v1.26.4\"}", false},
          {"limit=", "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[]}",
           false}}},
};

static struct server *server;
static const struct engine_told *of; /* the one that is told */
static char *bodies[TOLD_MAX];
static char dir[200];

static bool is_among(const char *const *keys, const char *key)
{
    for (; *keys; keys++)
        if (strcmp(*keys, key) == 0)
            return true;
    return false;
}

/* everything: also what only machines read; no service may come of it then. */
static json_t *attacked(const json_t *value, const char *key, const char *evil, bool everything)
{
    const bool named = key && is_among(of->named, key);
    json_t *out;
    const char *name;
    json_t *child;
    size_t i;

    if (json_is_string(value)) {
        if (!everything && key && is_among(of->words, key))
            return json_deep_copy(value);
        char *text = xasprintf("%s%s", json_string_value(value), evil);
        out = json_string_nocheck(text);
        free(text);
        return out;
    }
    if (json_is_array(value)) {
        out = json_array();
        json_array_foreach((json_t *)(uintptr_t)value, i, child) json_array_append_new(
            out, attacked(child, json_is_string(child) ? key : NULL, evil, everything));
        return out;
    }
    if (!json_is_object(value))
        return json_deep_copy(value);
    out = json_object();
    json_object_foreach((json_t *)(uintptr_t)value, name, child)
    {
        char *own = xasprintf("%s%s", name, named && strncmp(name, "lockstep.", 9) ? evil : "");
        json_object_set_new_nocheck(out, own, attacked(child, name, evil, everything));
        free(own);
    }
    return out;
}

static char *attacked_text(const struct told *told, const char *evil, bool everything)
{
    char *path = xasprintf("recordings/%s.json", told->recording);
    bool is_json = told->recording[0] == '{';
    char *text = is_json ? xstrdup(told->recording) : test_read_file(path, NULL);
    json_t *json = json_loads(text, 0, NULL);

    ck_assert_ptr_nonnull(json);
    json_t *evils = attacked(json, NULL, evil, everything);
    json_t *meta = json_object_get(evils, "metadata");
    json_object_del(meta, "continue"); /* one page */
    json_decref(json);
    free(text);
    free(path);
    if (told->in_list)
        evils = json_pack("[o]", evils);
    text = json_dumps(evils, JSON_COMPACT);
    json_decref(evils);
    return text;
}

static bool answer(void *arg, const char *method, const char *path, const char *body,
                   struct server_reply *reply)
{
    (void)arg, (void)body;
    if (strstr(path, "/self")) { /* what Kubernetes says of rights */
        *reply = (struct server_reply){.status = 201, .body = "{\"status\":{\"allowed\":true}}"};
        return true;
    }
    if (strcmp(method, "GET") != 0 || strstr(path, "argoproj") || strstr(path, "sendInitialEvents"))
        return false;
    if (strstr(path, of->held)) {
        *reply = (struct server_reply){.trick = SERVER_HOLD, .body = ""};
        return true;
    }
    reply->headers = of->headers;
    for (size_t i = 0; i < ARRAY_LEN(of->plain) && of->plain[i]; i++)
        if (strstr(path, of->plain[i])) {
            reply->body = "[]";
            return true;
        }
    for (size_t i = 0; i < TOLD_MAX && of->told[i].part; i++)
        if (strstr(path, of->told[i].part)) {
            reply->body = bodies[i];
            return true;
        }
    return false;
}

static void setup(void)
{
    snprintf(dir, sizeof dir, "%s", test_dir());
}

static void teardown(void)
{
    if (pty)
        pty_free(pty);
    pty = NULL;
    server_free(server);
    for (size_t i = 0; i < TOLD_MAX; i++)
        free(bodies[i]);
}

static void write_file(const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", dir, name);
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    free(path);
}

/* Settings with one context of this engine on the server. */
static void write_settings(void)
{
    char *kube = xasprintf("apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                           "clusters:\n- {name: k, cluster: {server: \"%s\"}}\n"
                           "contexts:\n- {name: c, context: {cluster: k, user: u}}\n"
                           "users:\n- {name: u, user: {token: t}}\n",
                           server_url(server));
    char *where =
        strcmp(of->kind, "kubernetes") == 0 ? xasprintf("kubeconfig: %s/kube, context: c", dir)
        : strcmp(of->kind, "swarm") == 0    ? xasprintf("endpoint: 'unix://%s/docker.sock'", dir)
                                            : xasprintf("endpoint: '%s'", server_url(server));
    char *settings = xasprintf("contexts: [{name: h, kind: %s, %s}]\n", of->kind, where);

    write_file("kube", kube);
    write_file("config.yaml", settings);
    free(kube);
    free(where);
    free(settings);
}

static void start_attacked(const struct engine_told *engine, const char *evil, bool everything)
{
    char *config = xasprintf("%s/config.yaml", dir), *journal = xasprintf("%s/j.jsonl", dir);
    char *socket = xasprintf("%s/docker.sock", dir);
    const char *const args[] = {"--config", config, "--journal", journal, NULL};

    of = engine;
    server = strcmp(of->kind, "swarm") == 0 ? server_new_unix(socket) : server_new();
    for (size_t i = 0; i < TOLD_MAX && of->told[i].part; i++)
        bodies[i] = attacked_text(&of->told[i], evil, everything);
    server_handle(server, answer, NULL);
    write_settings();
    pty = pty_start(&(struct pty_options){.args = args, .width = 80, .height = 24});
    free(socket);
    free(config);
    free(journal);
}

/* Through every view, at a size where there is room for names and one where there is none. */
static void look_everywhere(bool is_shown)
{
    static const char *const keys[] = {"\r", "i", "h", "u", "d", "e", "v", "?", "l", "\033", "c"};
    bool caret = false;   /* curses draws them so */
    bool written = false; /* what stands for a control character */

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        pty_send(pty, keys[i]);
        pty_read_for(pty, 20);
        caret =
            caret || pty_has_text(pty, "^[") || pty_has_text(pty, "^M") || pty_has_text(pty, "^?");
        written = written || pty_has_text(pty, "\\x1b") || pty_has_text(pty, "\\x9b");
        pty_resize(pty, i % 2 ? 140 : 60, i % 2 ? 45 : 12);
        pty_read_for(pty, 20);
    }
    ck_assert_msg(!caret, "a control character came as far as curses");
    ck_assert_msg(written || !is_shown, "no attack was shown at all");
    for (int i = 0; i < 2; i++) {
        pty_send(pty, "\003");
        pty_read_for(pty, 40);
    }
    int status = pty_wait_exit(pty);
    ck_assert_int_eq(status, 0);
    pty_assert_restored(pty);
}

START_TEST(no_byte_of_a_hostile_cluster_reaches_the_terminal)
{
    const size_t set = (size_t)_i % SETS;
    char *evil = xasprintf("%s%s%s", attacks[set], attacks[set + 4], attacks[set + 8]);

    start_attacked(&engines[(size_t)_i / SETS], evil, false);
    pty_wait_text(pty, DASH_FLEET);
    pty_wait_text(pty, (size_t)_i / SETS == 2 ? "billing" : "web");
    look_everywhere(true);
    free(evil);
}
END_TEST

START_TEST(nor_does_one_that_breaks_what_only_machines_read)
{
    char *evil = xasprintf("%s%s%s", attacks[_i], attacks[_i + 4], attacks[_i + 8]);

    start_attacked(&engines[_i], evil, true);
    pty_wait_text(pty, "q quit");
    pty_read_for(pty, 300);
    look_everywhere(false);
    free(evil);
}
END_TEST

SUITE(pty_hostile)
{
    Suite *suite = suite_create("pty-hostile");

    for (int i = 0; i < (int)ARRAY_LEN(engines); i++) {
        TCase *tcase = test_case(suite, engines[i].kind, 40);
        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_loop_test(tcase, no_byte_of_a_hostile_cluster_reaches_the_terminal, i * SETS,
                            (i + 1) * SETS);
        tcase_add_loop_test(tcase, nor_does_one_that_breaks_what_only_machines_read, i, i + 1);
    }
    return suite;
}
