/* events.c: what only the server's events say: a probe's answer, a volume that does not come, a pod
 * that a StatefulSet or DaemonSet may not create.
 *
 * Events are a firehose, so nobody watches them: of a workload whose pods are followed anyway and
 * that has no better reason, those of one object are asked for now and then. */
#include "drivers/kubernetes/follow.h"

#include "base/text.h"
#include "drivers/kubernetes/collect.h"
#include "drivers/kubernetes/decode.h"

#include <stdlib.h>
#include <string.h>

struct asking {
    struct op op;
    struct follow *follow;
    char *family; /* uid: the family may be gone by then */
    struct arena *arena;
    const char *text; /* of the newest warning so far, or "" */
    int64_t at_utc_ms;
};

static void drop(struct op *op)
{
    struct asking *asking = (struct asking *)(void *)op;

    free(asking->family);
    arena_free(asking->arena);
    free(asking);
}

static void on_item(void *arg, json_t *event)
{
    struct asking *asking = arg;
    const char *const times[] = {"lastTimestamp", "eventTime", "metadata/creationTimestamp"};
    int64_t at = -1;

    for (size_t i = 0; i < ARRAY_LEN(times) && at < 0; i++)
        at = kube_time(event, times[i]);
    if (strcmp(kube_raw(event, "type"), "Warning") == 0 && at >= asking->at_utc_ms &&
        kube_raw(event, "message")[0]) {
        asking->at_utc_ms = at;
        asking->text = kube_clean(asking->arena, kube_raw(event, "message"), TEXT_MESSAGE_MAX);
    }
    json_decref(event);
}

static void on_done(void *arg, const struct err *err)
{
    struct asking *asking = arg;
    struct follow *follow = asking->follow;
    struct driver_sink *sink = &follow->kube->base.env.sink;
    struct family *family = map_get(&follow->families, asking->family);
    const char *before = family && family->said ? family->said : "";

    if (!err && family && strcmp(before, asking->text) != 0) {
        if (asking->text[0] && family->told_id)
            sink->event(sink->arg, family->told_id, asking->text);
        free(family->said);
        family->said = asking->text[0] ? xstrdup(asking->text) : NULL;
        tell_soon(follow, family);
    }
    op_end(&asking->op);
}

/* The object whose events would say more than is known; NULL: none. */
static const struct kube_meta *whom_to_ask(const struct family *family)
{
    const struct kube_work *work = family->work;
    const struct kube_pod *worst = NULL;
    struct map_at at = {0};

    for (struct map_row *row; (row = map_next(&family->pods->by_uid, &at));) {
        const struct kube_pod *pod = row->value;
        if (pod->rank > KUBE_RANK_WAIT)
            return NULL; /* the pod itself says it */
        if (pod->rank > (worst ? worst->rank : KUBE_RANK_NONE) && !pod->terminating)
            worst = pod;
    }
    if (worst)
        return &worst->meta;
    bool alone = work->kind == KUBE_STATEFULSET || work->kind == KUBE_DAEMONSET;
    return alone && work->present < work->replicas ? &work->meta : NULL;
}

void events_ask(struct follow *follow, struct family *family)
{
    const struct kube_meta *whom = family->work && family->pods->known ? whom_to_ask(family) : NULL;

    if (!whom) {
        free(family->said);
        family->said = NULL;
        return;
    }
    struct asking *asking = xcalloc(1, sizeof *asking);
    char *path = xasprintf("/api/v1/namespaces/%s/events", family->work->meta.scope);
    char *selector = xasprintf("fieldSelector=involvedObject.uid%%3D%s,type%%3DWarning", whom->uid);
    asking->follow = follow;
    asking->family = xstrdup(family->uid);
    asking->arena = arena_new(512);
    asking->text = "";
    asking->at_utc_ms = -1;
    api_op_begin(follow->kube, &asking->op, drop);
    const struct collect list = {"listing events", path, selector, on_item, on_done, asking, 0};
    collect_start(follow->kube, &list);
    free(path);
    free(selector);
}
