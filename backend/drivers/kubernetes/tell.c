/* tell.c: what changed, for the sink; and from what is told follows whose pods are needed. */
#include "drivers/kubernetes/follow.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

static void flush(void *arg)
{
    struct follow *follow = arg;

    follow->flush_timer = NULL;
    follow->flushed_ms = loop_now_ms(follow->kube->base.env.loop);
    if (follow_is_early(follow))
        follow->flush_timer =
            loop_after(follow->kube->base.env.loop, FOLLOW_EARLY_MS, flush, follow);
    else
        tell_now(follow);
    follow_judge(follow);
}

void tell_soon(struct follow *follow, struct family *family)
{
    struct loop *loop = follow->kube->base.env.loop;
    int64_t since_ms = follow->synced ? follow->flushed_ms : loop_now_ms(loop);
    int64_t left_ms = since_ms + FOLLOW_FLUSH_MS - loop_now_ms(loop);

    /* The first change after a while at once: somebody waits for it. Of a picture that is not
     * complete pieces say what is not so. */
    if (!follow->flush_timer)
        follow->flush_timer = loop_after(loop, left_ms > 0 ? left_ms : 0, flush, follow);
    if (family->dirty)
        return;
    family->dirty = true;
    family->next_dirty = follow->dirty;
    follow->dirty = family;
}

/* CronJobs of the same application, by label and by image. */
const struct kube_cron *const *tell_crons(struct follow *follow, const struct kube_work *work,
                                          struct arena *arena, size_t *count)
{
    const struct kube_cron **list = arena_alloc(arena, follow->crons.count + 1, sizeof *list);
    size_t repository = strcspn(work->template.image, "@");
    struct map_at at = {0};

    *count = 0;
    while (repository > 0 && work->template.image[repository - 1] != ':' &&
           work->template.image[repository - 1] != '/')
        repository--;
    for (struct map_row *row; work->app[0] && (row = map_next(&follow->crons, &at));) {
        const struct kube_cron *cron = row->value;
        if (!cron->suspended && strcmp(cron->app, work->app) == 0 &&
            strcmp(cron->meta.scope, work->meta.scope) == 0 && repository > 0 &&
            strncmp(cron->template.image, work->template.image, repository) == 0)
            list[(*count)++] = cron;
    }
    return list;
}

static const struct service *picture_of(struct follow *follow, struct family *family)
{
    struct kube *kube = follow->kube;
    struct clock *clock = loop_clock(kube->base.env.loop);
    struct arena *arena = arena_new(1024);
    struct kube_view view = {
        .cluster = kube->base.env.config->name,
        .work = family->work,
        .revisions = (const struct kube_revision *const *)family->revisions,
        .revision_count = family->revision_count,
        .deleted = family->deleted,
        .nodes_known = follow_has_nodes(follow),
        .nodes = &follow->nodes,
        .said = family->said ? family->said : "",
        .utc_ms = clock_utc_ms(clock),
        .now_ms = clock_now_ms(clock),
    };

    view.pods = pods_collect(follow, family, arena, &view.pod_count, &view.pods_known);
    view.crons = tell_crons(follow, family->work, arena, &view.cron_count);
    bool focus = family->told_id && strcmp(family->told_id, follow->focus) == 0;
    const struct service *service = kube_picture(&view, focus);
    arena_free(arena);
    return service;
}

static bool needs_pods(const struct follow *follow, const struct service *service)
{
    return service->motion != MOTION_NONE || service->trouble != TROUBLE_NONE ||
           strcmp(service->id, follow->focus) == 0 ||
           service_count(service, service->wants, STATES_SERVING) < service->replicas;
}

/* Another object of the same name may have been told before the old one was known to be gone. */
static void tell_again(struct follow *follow, const char *id)
{
    struct map_at at = {0};

    for (struct map_row *row; (row = map_next(&follow->families, &at));) {
        struct family *family = row->value;
        if (family->told_id && strcmp(family->told_id, id) == 0) {
            family->told_hash = 0;
            tell_soon(follow, family);
        }
    }
}

static void forget_family(struct follow *follow, struct family *family)
{
    struct driver_sink *sink = &follow->kube->base.env.sink;
    char *id = family->told_id;

    family->told_id = NULL;
    pods_unwant(follow, family);
    arena_free(family->work->meta.arena);
    family->work = NULL;
    if (family->revision_count == 0) {
        map_remove(&follow->families, family->uid);
        free(family->revisions);
        free(family->said);
        free(family->uid);
        free(family);
    }
    if (id) {
        sink->service_gone(sink->arg, id);
        tell_again(follow, id);
    }
    free(id);
}

static void tell_family(struct follow *follow, struct family *family)
{
    struct driver_sink *sink = &follow->kube->base.env.sink;

    if (!family->work)
        return;
    const struct service *service = picture_of(follow, family);
    if (family->deleted && service_count(service, service->wants, STATES_ALL) == 0 &&
        service->version_count <= 1) {
        service_unref(service);
        forget_family(follow, family);
        return;
    }
    if (!family->deleted && needs_pods(follow, service))
        pods_want(follow, family);
    else
        pods_unwant(follow, family);
    uint64_t hash = service_hash(service);
    if (family->told_id && family->told_hash == hash) {
        service_unref(service);
        return;
    }
    free(family->told_id);
    family->told_id = xstrdup(service->id);
    family->told_hash = hash;
    sink->service(sink->arg, service);
}

void tell_now(struct follow *follow)
{
    struct family *list = follow->dirty;

    follow->dirty = NULL;
    for (struct family *family = list, *next; family; family = next) {
        next = family->next_dirty;
        family->dirty = false;
        tell_family(follow, family);
    }
}

void tell_node(struct follow *follow, const struct kube_node *node)
{
    struct driver_sink *sink = &follow->kube->base.env.sink;
    const struct node fact = kube_node_fact(follow->kube->base.env.config->name, node);

    sink->node(sink->arg, &fact);
}

void tell_node_gone(struct follow *follow, const struct kube_node *last)
{
    struct driver_sink *sink = &follow->kube->base.env.sink;

    sink->node_gone(sink->arg, last->meta.name);
}
