/* stage.c: see stage.h. */
#include "drivers/kubernetes/stage.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 4000 };

/* What the server borrows until it is gone. */
static struct arena *texts;

char *stage_quotes(const char *text)
{
    char *copy = arena_alloc(texts, strlen(text) + 1, 1);

    memcpy(copy, text, strlen(text));

    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    return copy;
}

static bool by_default(void *arg, const char *method, const char *path, const char *body,
                       struct server_reply *reply)
{
    (void)body;
    if (strcmp(method, "GET") != 0)
        return false;
    if (strcmp(path, "/version") == 0) {
        reply->body = "{\"major\":\"1\",\"minor\":\"33\",\"gitVersion\":\"v1.33.4\"}";
        return true;
    }
    if (strstr(path, "argoproj"))
        return false;
    if (strstr(path, "sendInitialEvents") && ((struct theatre *)arg)->streams) {
        reply->trick = SERVER_HOLD;
        reply->body = "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"5\","
                      "\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n";
        return true;
    }
    if (strstr(path, "sendInitialEvents")) { /* as servers say it that do not offer it */
        reply->status = 422;
        reply->body =
            "{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":422,\"reason\":\"Invalid\","
            "\"message\":\"sendInitialEvents: Forbidden: sendInitialEvents is forbidden for "
            "watch unless the WatchList feature gate is enabled\"}";
        return true;
    }
    if (strstr(path, "watch=1")) {
        reply->trick = SERVER_HOLD;
        return true;
    }
    if (!strstr(path, "limit=") && !strstr(path, "fieldSelector="))
        return false;
    reply->body = "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[]}";
    return true;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

void stage_token(struct theatre *stage, const char *token)
{
    write_file(stage->token_file, token);
}

void stage_open(struct theatre *stage)
{
    stage_open_fast(stage, 1);
}

void stage_open_fast(struct theatre *stage, int speed)
{
    char text[1500];

    *stage = (struct theatre){.clock = speed == 1 ? clock_new_real() : clock_new_scaled(speed, -1),
                              .speed = speed};
    stage->loop = loop_new(stage->clock);
    texts = arena_new(4096);
    stage->server = server_new();
    server_handle(stage->server, by_default, stage);
    snprintf(stage->kubeconfig, sizeof stage->kubeconfig, "%s/config", test_dir());
    snprintf(stage->token_file, sizeof stage->token_file, "%s/token", test_dir());
    stage_token(stage, "first");
    snprintf(text, sizeof text,
             "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
             "clusters:\n- {name: k, cluster: {server: \"%s\"}}\n"
             "contexts:\n- {name: c, context: {cluster: k, user: u, namespace: shop}}\n"
             "users:\n- {name: u, user: {tokenFile: \"%s\"}}\n",
             server_url(stage->server), stage->token_file);
    write_file(stage->kubeconfig, text);
    stage->config = (struct cluster_config){.name = "k",
                                            .kind = "kubernetes",
                                            .endpoint = "",
                                            .ca_file = "",
                                            .cert_file = "",
                                            .key_file = "",
                                            .kubeconfig = stage->kubeconfig};
}

static void on_service(void *arg, const struct service *service)
{
    struct theatre *stage = arg;

    service_unref(stage->service);
    stage->service = service;
}

static void on_service_gone(void *arg, const char *id)
{
    struct theatre *stage = arg;

    stage->gone++;
    snprintf(stage->gone_id, sizeof stage->gone_id, "%s", id);
}

static void on_node(void *arg, const struct node *node)
{
    struct theatre *stage = arg;

    stage->nodes++;
    snprintf(stage->node.id, sizeof stage->node.id, "%s", node->id);
    stage->node.state = node->state;
}

static void on_node_gone(void *arg, const char *id)
{
    (void)arg;
    (void)id;
}

static void on_synced(void *arg)
{
    ((struct theatre *)arg)->synced = true;
}

static void on_fresh(void *arg)
{
    ((struct theatre *)arg)->fresh++;
}

static void on_state(void *arg, enum cluster_state state, const struct err *why)
{
    struct theatre *stage = arg;

    stage->state = state;
    stage->why = why ? *why : (struct err){0};
}

static void on_event(void *arg, const char *service_id, const char *text)
{
    struct theatre *stage = arg;
    size_t len = strlen(stage->events);

    (void)service_id;
    snprintf(stage->events + len, sizeof stage->events - len, "%s\n", text);
}

static void on_ledger(void *arg, const char *key)
{
    (void)key;
    ((struct theatre *)arg)->records++;
}

void stage_follow(struct theatre *stage)
{
    struct err err = {0};
    const struct driver_env env = {
        .loop = stage->loop,
        .config = &stage->config,
        .sink = {stage, on_service, on_service_gone, on_node, on_node_gone, on_synced, on_fresh,
                 on_state, on_event, on_ledger},
    };

    stage->driver = driver_find("kubernetes")->open(&env, &err);
    ck_assert_msg(stage->driver != NULL, "%s", err.text);
    stage->driver->ops->follow(stage->driver);
}

void stage_close(struct theatre *stage)
{
    if (stage->driver)
        stage->driver->ops->close(stage->driver);
    service_unref(stage->service);
    server_free(stage->server);
    arena_free(texts);
    loop_free(stage->loop);
    clock_free(stage->clock);
}

void stage_reply(struct theatre *stage, struct server_reply reply)
{
    server_reply(stage->server, reply);
}

void stage_answer(struct theatre *stage, const char *path, int status, const char *body)
{
    char line[300];

    snprintf(line, sizeof line, "GET %s", path);
    server_reply(stage->server, (struct server_reply){.on = arena_strdup(texts, line),
                                                      .status = status,
                                                      .body = stage_quotes(body)});
}

void stage_watch(struct theatre *stage, const char *path, const char *events)
{
    char line[300];

    snprintf(line, sizeof line, "GET %s?watch=1", path);
    server_reply(stage->server, (struct server_reply){.on = arena_strdup(texts, line),
                                                      .body = stage_quotes(events),
                                                      .trick = SERVER_HOLD});
}

void stage_until(struct theatre *stage, stage_done *done, const char *what)
{
    int64_t end = loop_now_ms(stage->loop) + PATIENCE_MS * (int64_t)stage->speed;

    while (!done(stage)) {
        ck_assert_msg(loop_now_ms(stage->loop) < end, "it never happened: %s (state %d: %s)", what,
                      (int)stage->state, stage->why.text);
        loop_turn(stage->loop, 20);
    }
}

void stage_turn(struct theatre *stage, int64_t ms)
{
    int64_t end = loop_now_ms(stage->loop) + ms;

    while (loop_now_ms(stage->loop) < end)
        loop_turn(stage->loop, 10);
}
