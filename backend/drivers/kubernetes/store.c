/* store.c: what is kept of a cluster: decoded facts, joined by owner. */
#include "drivers/kubernetes/follow.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

bool follow_work_kind(enum follow_kind kind, enum kube_kind *out)
{
    static const enum kube_kind kinds[] = {
        [FOLLOW_DEPLOYMENTS] = KUBE_DEPLOYMENT,
        [FOLLOW_STATEFULSETS] = KUBE_STATEFULSET,
        [FOLLOW_DAEMONSETS] = KUBE_DAEMONSET,
        [FOLLOW_ROLLOUTS] = KUBE_ROLLOUT,
    };

    if ((size_t)kind >= ARRAY_LEN(kinds))
        return false;
    *out = kinds[kind];
    return true;
}

static struct map *map_of(struct follow *follow, enum follow_kind kind)
{
    switch (kind) {
    case FOLLOW_REPLICASETS:
    case FOLLOW_CONTROLLERREVISIONS:
        return &follow->revisions;
    case FOLLOW_CRONJOBS:
        return &follow->crons;
    case FOLLOW_NODES:
        return &follow->nodes;
    case FOLLOW_DEPLOYMENTS:
    case FOLLOW_STATEFULSETS:
    case FOLLOW_DAEMONSETS:
    case FOLLOW_ROLLOUTS:
    case FOLLOW_RECORDS:
    case FOLLOW_KIND_COUNT:
        break;
    }
    return &follow->families;
}

struct family *store_family(struct follow *follow, const char *uid)
{
    struct family *family = map_get(&follow->families, uid);

    if (!family) {
        family = xcalloc(1, sizeof *family);
        family->uid = xstrdup(uid);
        family->needed_ms = -1;
        map_put(&follow->families, family->uid, family);
    }
    return family;
}

static void free_meta(struct kube_meta *meta)
{
    arena_free(meta->arena);
}

static void free_family(struct family *family)
{
    if (family->work)
        free_meta(&family->work->meta);
    free(family->revisions);
    free(family->told_id);
    free(family->said);
    free(family->uid);
    free(family);
}

/* What it was is told on, and that it cannot be read now. False: it is not known. */
static bool keep_work(struct follow *follow, const json_t *object, unsigned round,
                      const struct err *why)
{
    struct family *family = map_get(&follow->families, kube_raw(object, "metadata/uid"));

    if (!family || !family->work)
        return false;
    family->work->unreadable = arena_strdup(family->work->meta.arena, why->text);
    family->work->meta.round = round;
    tell_soon(follow, family);
    return true;
}

/* Kept while anything knows it: tell.c takes it away when the sink does not know it any more. */
static bool put_work(struct follow *follow, enum kube_kind kind, const json_t *object,
                     const void *source, unsigned round, struct err *err)
{
    struct kube_work *work = kube_decode_work(kind, object, err);

    if (!work)
        return keep_work(follow, object, round, err);
    struct family *family = store_family(follow, work->meta.uid);
    if (family->work)
        free_meta(&family->work->meta);
    work->meta.source = source;
    work->meta.round = round;
    family->work = work;
    family->deleted = false;
    tell_soon(follow, family);
    return true;
}

static void unlink_revision(struct follow *follow, struct kube_revision *revision)
{
    struct family *family = map_get(&follow->families, revision->meta.owner_uid);

    for (size_t i = 0; family && i < family->revision_count; i++)
        if (family->revisions[i] == revision) {
            family->revisions[i] = family->revisions[--family->revision_count];
            tell_soon(follow, family);
            return;
        }
}

static bool put_revision(struct follow *follow, const json_t *object, const void *source,
                         unsigned round, struct err *err)
{
    struct kube_revision *revision = kube_decode_revision(object, err);

    if (!revision)
        return false;
    struct kube_revision *old = map_put(&follow->revisions, revision->meta.uid, revision);
    if (old) {
        unlink_revision(follow, old);
        free_meta(&old->meta);
    }
    revision->meta.source = source;
    revision->meta.round = round;
    if (!revision->meta.owner_uid[0])
        return true;
    struct family *family = store_family(follow, revision->meta.owner_uid);
    ARRAY_RESERVE(family->revisions, family->revision_cap, family->revision_count + 1);
    family->revisions[family->revision_count++] = revision;
    tell_soon(follow, family);
    return true;
}

static bool put_node(struct follow *follow, const json_t *object, const void *source,
                     unsigned round, struct err *err)
{
    struct kube_node *node = kube_decode_node(object, err), *old;

    if (!node)
        return false;
    node->meta.source = source;
    node->meta.round = round;
    old = map_put(&follow->nodes, node->meta.name, node);
    bool moved = !old || old->removed || old->ready != node->ready ||
                 old->draining != node->draining || strcmp(old->note, node->note) != 0;
    if (moved) {
        tell_node(follow, node);
        pods_of_node(follow, node, node->meta.name);
    }
    if (old)
        free_meta(&old->meta);
    return true;
}

/* Workloads of the same application may have it as a launcher. */
static void touch_launched(struct follow *follow, const struct kube_cron *cron)
{
    struct map_at at = {0};

    for (struct map_row *row; cron->app[0] && (row = map_next(&follow->families, &at));) {
        struct family *family = row->value;
        if (family->work && strcmp(family->work->app, cron->app) == 0 &&
            strcmp(family->work->meta.scope, cron->meta.scope) == 0)
            tell_soon(follow, family);
    }
}

/* When it ran last changes all the time. */
static bool launches_the_same(const struct kube_cron *a, const struct kube_cron *b)
{
    return strcmp(a->app, b->app) == 0 && a->suspended == b->suspended &&
           strcmp(a->template.image, b->template.image) == 0 &&
           strcmp(a->template.version, b->template.version) == 0;
}

static void free_cron(struct follow *follow, struct kube_cron *cron)
{
    touch_launched(follow, cron);
    free_meta(&cron->meta);
}

static bool put_cron(struct follow *follow, const json_t *object, const void *source,
                     unsigned round, struct err *err)
{
    struct kube_cron *cron = kube_decode_cron(object, err), *old;

    if (!cron)
        return false;
    cron->meta.source = source;
    cron->meta.round = round;
    old = map_put(&follow->crons, cron->meta.uid, cron);
    if (!old || !launches_the_same(old, cron))
        touch_launched(follow, cron);
    if (old && !launches_the_same(old, cron))
        touch_launched(follow, old);
    if (old)
        free_meta(&old->meta);
    return true;
}

bool store_put(struct follow *follow, enum follow_kind kind, const json_t *object,
               const void *source, unsigned round, struct err *err)
{
    enum kube_kind work;

    if (follow_work_kind(kind, &work))
        return put_work(follow, work, object, source, round, err);
    if (kind == FOLLOW_REPLICASETS || kind == FOLLOW_CONTROLLERREVISIONS)
        return put_revision(follow, object, source, round, err);
    if (kind == FOLLOW_NODES)
        return put_node(follow, object, source, round, err);
    return kind != FOLLOW_CRONJOBS || put_cron(follow, object, source, round, err);
}

static void drop_revision(struct follow *follow, struct kube_revision *revision)
{
    unlink_revision(follow, revision);
    map_remove(&follow->revisions, revision->meta.uid);
    free_meta(&revision->meta);
}

static void drop_node(struct follow *follow, struct kube_node *node)
{
    if (node->removed)
        return;
    if (node->ready == KUBE_NODE_SILENT) { /* what ran on it may run on */
        node->removed = true;
        node->note = "removed from the cluster while it did not report";
        tell_node(follow, node);
        pods_of_node(follow, node, node->meta.name);
        return;
    }
    map_remove(&follow->nodes, node->meta.name);
    tell_node_gone(follow, node);
    free_meta(&node->meta);
}

void store_drop(struct follow *follow, enum follow_kind kind, const char *uid)
{
    struct map *map = map_of(follow, kind);
    enum kube_kind work;

    if (kind == FOLLOW_RECORDS)
        return;
    if (kind == FOLLOW_NODES) {
        struct map_at at = {0};
        for (struct map_row *row; (row = map_next(map, &at));) {
            struct kube_node *node = row->value;
            if (strcmp(node->meta.uid, uid) == 0) {
                drop_node(follow, node);
                return;
            }
        }
        return;
    }
    void *value = map_get(map, uid);
    if (!value)
        return;
    if (follow_work_kind(kind, &work)) {
        struct family *family = value;
        family->deleted = true;
        tell_soon(follow, family);
    } else if (kind == FOLLOW_CRONJOBS) {
        free_cron(follow, map_remove(map, uid));
    } else {
        drop_revision(follow, value);
    }
}

static bool is_left_over(const struct kube_meta *meta, const void *source, unsigned round)
{
    return meta->source == source && meta->round != round;
}

void store_sweep(struct follow *follow, enum follow_kind kind, const void *source, unsigned round)
{
    struct map_at at = {0};
    enum kube_kind work;
    struct map_row *row;

    if (kind == FOLLOW_RECORDS)
        return;
    while ((row = map_next(map_of(follow, kind), &at))) {
        if (follow_work_kind(kind, &work)) {
            struct family *family = row->value;
            if (family->work && !family->deleted &&
                is_left_over(&family->work->meta, source, round)) {
                family->deleted = true;
                tell_soon(follow, family);
            }
        } else if (kind == FOLLOW_NODES) {
            struct kube_node *node = row->value;
            if (is_left_over(&node->meta, source, round))
                drop_node(follow, node);
        } else if (kind == FOLLOW_CRONJOBS) {
            struct kube_cron *cron = row->value;
            if (is_left_over(&cron->meta, source, round)) {
                free_cron(follow, map_remove(&follow->crons, cron->meta.uid));
            }
        } else {
            struct kube_revision *revision = row->value;
            if (is_left_over(&revision->meta, source, round))
                drop_revision(follow, revision);
        }
    }
}

struct family *store_family_of_pod(struct follow *follow, const struct kube_pod *pod)
{
    const char *owner = pod->meta.owner_uid;
    const struct kube_revision *revision = owner[0] ? map_get(&follow->revisions, owner) : NULL;

    if (revision)
        owner = revision->meta.owner_uid;
    return owner[0] ? map_get(&follow->families, owner) : NULL;
}

void store_free(struct follow *follow)
{
    struct map *const metas[] = {&follow->revisions, &follow->crons, &follow->nodes,
                                 &follow->ghosts, &follow->records};

    for (size_t i = 0; i < ARRAY_LEN(metas); i++) {
        struct map_at at = {0};
        for (struct map_row *row; (row = map_next(metas[i], &at));) {
            struct kube_meta *meta = row->value; /* the first member of each */
            arena_free(meta->arena);
        }
        map_free(metas[i]);
    }
    struct map_at at = {0};
    for (struct map_row *row; (row = map_next(&follow->families, &at));)
        free_family(row->value);
    map_free(&follow->families);
}
