/* sink_webhook.c: one POST of one JSON document per event.
 *
 * With a secret the body is signed as GitHub signs its own: "X-Lockstep-Signature-256:
 * sha256=<HMAC-SHA256 of the body in hex>". What is tried again has the same id and event. */
#include "alerts/sink_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct webhook {
    struct sink base;
    struct sink_http to;
    char *secret; /* NULL: none */
    size_t secret_len;
};

static void webhook_close(struct sink *base)
{
    struct webhook *sink = (struct webhook *)base;

    sink_http_close(&sink->to);
    if (sink->secret)
        explicit_bzero(sink->secret, sink->secret_len);
    free(sink->secret);
    free(sink);
}

static struct sink *webhook_open(const struct sink_env *env, struct err *err)
{
    struct webhook *sink = xcalloc(1, sizeof *sink);
    const char *file = env->settings->secret_file;
    bool good = sink_http_open(&sink->to, env, err);

    sink->base.ops = &sink_webhook;
    if (good && file && file[0]) {
        sink->secret = sink_read_secret(file, &sink->secret_len, err);
        good = sink->secret != NULL;
    }
    if (good)
        return &sink->base;
    webhook_close(&sink->base);
    return NULL;
}

static void webhook_send(struct sink *base, const struct sink_item *items, size_t count,
                         sink_done_fn *done, void *arg)
{
    struct webhook *sink = (struct webhook *)base;
    json_t *root = alert_json(items->alert, items->event);
    char *body = json_text(root), sum[HASH_TEXT], header[120];

    (void)count; /* one: batch_max */
    json_decref(root);
    if (sink->secret) {
        hash_hmac_text(sink->secret, sink->secret_len, body, strlen(body), sum);
        snprintf(header, sizeof header, "X-Lockstep-Signature-256: sha256=%s", sum);
    }
    sink_http_send(&sink->to, sink->to.path, sink->secret ? header : NULL, body, done, arg);
    free(body);
}

const struct sink_ops sink_webhook = {
    .name = "webhook",
    .batch_max = 1,
    .open = webhook_open,
    .send = webhook_send,
    .close = webhook_close,
};
