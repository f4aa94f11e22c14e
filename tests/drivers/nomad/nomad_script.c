/* nomad_script.c: see nomad_script.h. */
#include "drivers/nomad/nomad_script.h"

#include "base/json.h"
#include "drivers/nomad/client.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEB "default/web/web"

/* The recorded answers, read once. */
static struct {
    char *versions, *allocs, *deployment, *deployments, *nodes;
} said;

static const char jobs[] =
    "[{\"ID\":\"web\",\"Name\":\"web\",\"Namespace\":\"default\",\"Type\":\"service\",\"Status\":"
    "\"running\",\"JobModifyIndex\":148,\"ModifyIndex\":148,\"Stop\":false,\"Periodic\":false,"
    "\"ParameterizedJob\":false,\"ParentID\":\"\",\"JobSummary\":{\"JobID\":\"web\",\"Namespace\":"
    "\"default\",\"Summary\":{\"web\":{\"Queued\":0}}}}]";

static void load(void)
{
    if (said.versions)
        return;
    said.versions = test_read_file("recordings/nomad/five-versions.json", NULL);
    said.allocs = test_read_file("recordings/nomad/five-allocations.json", NULL);
    said.deployment = test_read_file("recordings/nomad/five-deployment.json", NULL);
    said.nodes = test_read_file("recordings/nomad/nodes.json", NULL);
    said.deployments = xasprintf("[%s]", said.deployment);
}

static bool is_at(const char *path, const char *start)
{
    size_t len = strlen(start);

    return strncmp(path, start, len) == 0 && (path[len] == '?' || !path[len]);
}

static bool answer(void *arg, const char *method, const char *path, const char *body,
                   struct server_reply *reply)
{
    struct nomad_script *script = arg;
    const struct {
        const char *path, *body;
    } reads[] = {
        {"/v1/jobs", strstr(path, "prefix=") ? "[]" : jobs},
        {"/v1/allocations", said.allocs},
        {"/v1/deployments", said.deployments},
        {"/v1/nodes", said.nodes},
        {"/v1/job/web/versions", said.versions},
        {"/v1/job/web/allocations", said.allocs},
        {"/v1/job/web/deployment", said.deployment},
        {"/v1/job/web/evaluations", "[]"},
    };

    (void)body;
    if (is_at(path, "/v1/event/stream")) {
        reply->status = (int)script->stream;
        reply->trick = script->stream ? SERVER_ANSWER : SERVER_HOLD;
        reply->body = script->stream ? "refused" : script->hello;
        return true;
    }
    if (is_at(path, "/v1/vars")) { /* a watch that would have to wait is told to come again */
        bool waits = !strstr(path, "index=0&");
        reply->status = script->variables ? (int)script->variables : waits ? 500 : 200;
        reply->body = "[]";
        reply->headers = "X-Nomad-Index: 7\r\n";
        return true;
    }
    if (strcmp(method, "GET") != 0) {
        reply->body = "{\"EvalID\":\"e\",\"JobModifyIndex\":149}";
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(reads); i++)
        if (is_at(path, reads[i].path)) {
            reply->body = reads[i].body;
            reply->headers = script->headers;
            return true;
        }
    return false;
}

/* ---- what the driver says ---- */

static void on_service(void *arg, const struct service *service)
{
    struct nomad_script *script = arg;

    service_unref(script->web);
    script->web = service;
    script->pictures++;
}

static void on_service_gone(void *arg, const char *id)
{
    (void)arg;
    (void)id;
}

static void on_node(void *arg, const struct node *node)
{
    (void)arg;
    (void)node;
}

static void on_synced(void *arg)
{
    ((struct nomad_script *)arg)->synced++;
}

static void on_fresh(void *arg)
{
    ((struct nomad_script *)arg)->fresh++;
}

static void on_state(void *arg, enum cluster_state state, const struct err *why)
{
    struct nomad_script *script = arg;

    script->state = state;
    script->stale += state == CLUSTER_STALE;
    script->why = why ? *why : (struct err){0};
}

static void on_event(void *arg, const char *service, const char *text)
{
    struct nomad_script *script = arg;
    size_t len = strlen(script->events);

    (void)service;
    snprintf(script->events + len, sizeof script->events - len, "%s\n", text);
}

/* ---- life ---- */

void script_init(struct nomad_script *script)
{
    load();
    *script = (struct nomad_script){.config = {.name = "lab",
                                               .kind = "nomad",
                                               .endpoint = "",
                                               .ca_file = "",
                                               .cert_file = "",
                                               .key_file = ""}};
    script->headers = "X-Nomad-Index: 150\r\nX-Nomad-KnownLeader: true\r\nX-Nomad-LastContact: 0"
                      "\r\n";
    script->hello = "{}\n";
    script_serve(script, server_new());
    script->clock = clock_new_scaled(10, -1);
    script->loop = loop_new(script->clock);
}

void script_serve(struct nomad_script *script, struct server *server)
{
    script->server = server;
    server_handle(server, answer, script);
    script->config.endpoint = server_url(server);
}

void script_follow(struct nomad_script *script)
{
    struct err err = {0};
    const struct driver_env env = {.loop = script->loop,
                                   .sink = {.arg = script,
                                            .service = on_service,
                                            .service_gone = on_service_gone,
                                            .node = on_node,
                                            .node_gone = on_service_gone,
                                            .synced = on_synced,
                                            .fresh = on_fresh,
                                            .state = on_state,
                                            .event = on_event,
                                            .ledger_changed = on_service_gone},
                                   .config = &script->config};

    script->driver = driver_nomad.open(&env, &err);
    ck_assert_msg(script->driver != NULL, "%s", err.text);
    script->driver->ops->follow(script->driver);
}

static bool is_synced(struct nomad_script *script)
{
    return script->synced > 0;
}

void script_open(struct nomad_script *script)
{
    script_follow(script);
    script_until(script, is_synced, "synced");
}

void script_close(struct nomad_script *script)
{
    if (script->driver)
        script->driver->ops->close(script->driver);
    service_unref(script->web);
    loop_free(script->loop);
    clock_free(script->clock);
    server_free(script->server);
}

void script_until(struct nomad_script *script, script_done_fn *done, const char *what)
{
    int64_t began_ms = loop_now_ms(script->loop);

    while (!done(script)) {
        ck_assert_msg(loop_now_ms(script->loop) - began_ms < SCRIPT_PATIENCE_MS, "never %s; %s: %s",
                      what, cluster_state_word[script->state], script->why.text);
        loop_turn(script->loop, 10);
    }
}

void script_asked(struct nomad_script *script, const char *on, size_t before)
{
    int64_t began_ms = loop_now_ms(script->loop);

    while (server_count(script->server, on) <= before) {
        ck_assert_msg(loop_now_ms(script->loop) - began_ms < SCRIPT_PATIENCE_MS,
                      "%s was never asked again (%zu times); %s: %s", on, before,
                      cluster_state_word[script->state], script->why.text);
        loop_turn(script->loop, 10);
    }
}

void script_hurry(struct nomad_script *script, int64_t total_ms)
{
    struct nomad *nomad = nomad_of(script->driver);
    struct err err = {0};
    const struct http_config config = {.base_url = script->config.endpoint,
                                       .unix_socket = "",
                                       .ca_file = "",
                                       .cert_file = "",
                                       .key_file = "",
                                       .server_name = "",
                                       .proxy_url = "",
                                       .total_ms = total_ms};
    struct http *hurried = http_new(script->loop, &config, &err);

    ck_assert_msg(hurried != NULL, "%s", err.text);
    nomad_unfollow(nomad);
    http_free(nomad->http);
    ops_drop_all(&nomad->ops);
    nomad->http = hurried;
}

/* ---- acting ---- */

struct outcome {
    bool done;
    struct err err;
    const struct service *service;
};

static void on_act(void *arg, const char *revision, const struct err *err)
{
    struct outcome *outcome = arg;

    (void)revision;
    outcome->done = true;
    outcome->err = err ? *err : (struct err){0};
}

static void on_read(void *arg, const struct service *service, const struct err *err)
{
    struct outcome *outcome = arg;

    on_act(arg, "", err);
    outcome->service = service ? service_ref(service) : NULL;
}

static void wait_for(struct nomad_script *script, const struct outcome *outcome)
{
    int64_t began_ms = loop_now_ms(script->loop);

    while (!outcome->done) {
        ck_assert_msg(loop_now_ms(script->loop) - began_ms < 2 * SCRIPT_PATIENCE_MS, "no answer");
        loop_turn(script->loop, 10);
    }
}

struct err script_read(struct nomad_script *script)
{
    struct outcome outcome = {0};

    script->driver->ops->read(script->driver, WEB, on_read, &outcome);
    wait_for(script, &outcome);
    service_unref(outcome.service);
    return outcome.err;
}

struct err script_step(struct nomad_script *script)
{
    struct outcome read = {0}, act = {0};
    struct action action = {.id = "a1",
                            .verb = VERB_STEP,
                            .cluster = "lab",
                            .service = WEB,
                            .by = "ann",
                            .from = "4",
                            .to = "5",
                            .have_count = 5,
                            .to_count = 6,
                            .replicas = 8};
    json_t *memo = NULL;
    struct err err = {0};

    script->driver->ops->read(script->driver, WEB, on_read, &read);
    wait_for(script, &read);
    ck_assert_msg(read.service != NULL, "%s", read.err.text);
    snprintf(action.revision, sizeof action.revision, "%s", read.service->revision);
    ck_assert_msg(
        script->driver->ops->plan(script->driver, read.service, NULL, &action, &memo, &err), "%s",
        err.text);
    if (script->before_act)
        script->headers = script->before_act;
    script->driver->ops->act(script->driver, &action, memo, on_act, &act);
    wait_for(script, &act);
    service_unref(read.service);
    json_decref(memo);
    return act.err;
}
