/* pods.c: the pods that are followed.
 *
 * What a pod said while its node was heard of is all that will ever be known of it once the node is
 * silent: a pod that the server forgets then is kept until the node reports again. */
#include "drivers/kubernetes/follow.h"

#include <stdlib.h>
#include <string.h>

static bool node_is_silent(const struct follow *follow, const char *name)
{
    const struct kube_node *node = name[0] ? map_get(&follow->nodes, name) : NULL;

    return node && node->ready == KUBE_NODE_SILENT;
}

static void mark_family(struct follow *follow, const struct kube_pod *pod)
{
    struct family *family = store_family_of_pod(follow, pod);

    if (family)
        tell_soon(follow, family);
}

static void forget(struct pods *pods, struct kube_pod *pod)
{
    struct follow *follow = pods->follow;

    mark_family(follow, pod);
    map_remove(&pods->by_uid, pod->meta.uid);
    if (pod->phase == KUBE_ENDED || !node_is_silent(follow, pod->node) ||
        map_get(&follow->ghosts, pod->meta.uid))
        arena_free(pod->meta.arena);
    else
        map_put(&follow->ghosts, pod->meta.uid, pod);
}

/* "Back-off pulling image" takes turns with what the registry really said, which says more. */
static void recall_reason(struct kube_pod *pod, const struct kube_pod *before)
{
    if (pod->rank == KUBE_RANK_IMAGE && before->rank == KUBE_RANK_IMAGE &&
        strstr(pod->reason, "Back-off pulling") && !strstr(before->reason, "Back-off pulling") &&
        strcmp(pod->template.image, before->template.image) == 0)
        pod->reason = arena_strdup(pod->meta.arena, before->reason);
}

/* With one that cannot be read it is not known what all of them run. */
static void count_unread(struct pods *pods)
{
    pods->known = feed_listed(pods->feed) && pods->unread.objects.count == 0;
    if (pods->family)
        tell_soon(pods->follow, pods->family);
    follow_judge_soon(pods->follow);
}

/* What it was stays, if it was ever read. */
static void not_read(struct pods *pods, const json_t *object, unsigned round, const struct err *why)
{
    struct kube_pod *old = map_get(&pods->by_uid, kube_raw(object, "metadata/uid"));

    if (old)
        old->meta.round = round;
    if (unread_put(&pods->unread, object, round, why))
        count_unread(pods);
}

static void on_put(void *arg, const json_t *object, unsigned round)
{
    struct pods *pods = arg;
    struct err err = {0};
    struct kube_pod *pod = kube_decode_pod(object, &err), *old;

    if (!pod) {
        not_read(pods, object, round, &err);
        return;
    }
    if (unread_drop(&pods->unread, object))
        count_unread(pods);
    pod->meta.round = round;
    old = map_put(&pods->by_uid, pod->meta.uid, pod);
    if (old) {
        recall_reason(pod, old);
        arena_free(old->meta.arena);
    }
    mark_family(pods->follow, pod);
    if (pods->family)
        tell_soon(pods->follow, pods->family);
}

static void on_drop(void *arg, const json_t *object)
{
    struct pods *pods = arg;
    struct kube_pod *pod = map_get(&pods->by_uid, kube_raw(object, "metadata/uid"));

    if (pod)
        forget(pods, pod);
    if (unread_drop(&pods->unread, object))
        count_unread(pods);
}

static void mark_all(struct pods *pods)
{
    struct map_at at = {0};

    for (struct map_row *row; (row = map_next(&pods->by_uid, &at));)
        mark_family(pods->follow, row->value);
    if (pods->family)
        tell_soon(pods->follow, pods->family);
}

static void on_listed(void *arg, unsigned round)
{
    struct pods *pods = arg;
    struct map_at at = {0};

    for (struct map_row *row; (row = map_next(&pods->by_uid, &at));) {
        struct kube_pod *pod = row->value;
        if (pod->meta.round != round)
            forget(pods, pod);
    }
    unread_sweep(&pods->unread, round);
    count_unread(pods);
    if (pods->family)
        events_ask(pods->follow, pods->family);
    mark_all(pods);
}

static void on_changed(void *arg, enum feed_state state)
{
    struct pods *pods = arg;

    if (state == FEED_FORBIDDEN || state == FEED_ABSENT)
        pods->known = false;
}

static const struct feed_ops ops = {
    .put = on_put, .drop = on_drop, .listed = on_listed, .changed = on_changed};

static struct pods *open_pods(struct follow *follow, const char *path, const char *selector)
{
    struct pods *pods = xcalloc(1, sizeof *pods);

    pods->follow = follow;
    pods->next = follow->pods;
    follow->pods = pods;
    follow->pods_count++;
    pods->feed = feed_new(follow->kube, path, selector, &ops, pods);
    return pods;
}

static void close_pods(struct pods *pods)
{
    struct map_at at = {0};

    for (struct pods **link = &pods->follow->pods; *link; link = &(*link)->next)
        if (*link == pods) {
            *link = pods->next;
            break;
        }
    pods->follow->pods_count--;
    if (pods->family)
        pods->family->pods = NULL;
    else
        pods->follow->node_pods_count--;
    feed_free(pods->feed);
    for (struct map_row *row; (row = map_next(&pods->by_uid, &at));)
        arena_free(((struct kube_pod *)row->value)->meta.arena);
    map_free(&pods->by_uid);
    unread_release(&pods->unread);
    free(pods->node);
    free(pods);
}

void pods_free_all(struct follow *follow)
{
    while (follow->pods)
        close_pods(follow->pods);
}

void pods_want(struct follow *follow, struct family *family)
{
    family->needed_ms = loop_now_ms(follow->kube->base.env.loop);
    if (family->pods || !family->work->selector[0] ||
        follow->pods_count - follow->node_pods_count >= FOLLOW_PODS_MAX)
        return;
    char *scope = http_escape(family->work->meta.scope);
    char *labels = http_escape(family->work->selector);
    char *path = xasprintf("/api/v1/namespaces/%s/pods", scope);
    char *selector = xasprintf("labelSelector=%s", labels);
    family->pods = open_pods(follow, path, selector);
    family->pods->family = family;
    free(scope);
    free(labels);
    free(path);
    free(selector);
}

void pods_unwant(struct follow *follow, struct family *family)
{
    int64_t unused_ms = loop_now_ms(follow->kube->base.env.loop) - family->needed_ms;

    if (family->pods && (family->deleted || unused_ms > FOLLOW_LINGER_MS))
        close_pods(family->pods);
}

static void drop_ghosts(struct follow *follow, const char *node)
{
    struct map_at at = {0};

    for (struct map_row *row; (row = map_next(&follow->ghosts, &at));) {
        struct kube_pod *pod = row->value;
        if (strcmp(pod->node, node) != 0)
            continue;
        mark_family(follow, pod);
        map_remove(&follow->ghosts, pod->meta.uid);
        arena_free(pod->meta.arena);
    }
}

/* Everything that shows pods of this node has to be looked at again. */
static void mark_followed(struct follow *follow, const char *node)
{
    for (struct pods *pods = follow->pods; pods; pods = pods->next) {
        struct map_at at = {0};
        for (struct map_row *row; (row = map_next(&pods->by_uid, &at));)
            if (strcmp(((struct kube_pod *)row->value)->node, node) == 0)
                mark_family(follow, row->value);
    }
}

void pods_of_node(struct follow *follow, const struct kube_node *node, const char *name)
{
    struct pods *pods = follow->pods;
    bool silent = node && node->ready == KUBE_NODE_SILENT;

    while (pods && (!pods->node || strcmp(pods->node, name) != 0))
        pods = pods->next;
    mark_followed(follow, name);
    if (node && !silent) {
        drop_ghosts(follow, name);
        if (pods) {
            mark_all(pods);
            close_pods(pods);
        }
    } else if (silent && !pods && follow->node_pods_count < FOLLOW_NODES_MAX) {
        char *escaped = http_escape(name);
        char *selector = xasprintf("fieldSelector=spec.nodeName%%3D%s", escaped);
        pods = open_pods(follow, "/api/v1/pods", selector);
        pods->node = xstrdup(name);
        follow->node_pods_count++;
        free(escaped);
        free(selector);
    }
}

bool pods_ready(const struct follow *follow)
{
    for (const struct pods *pods = follow->pods; pods; pods = pods->next)
        if (!feed_listed(pods->feed))
            return false;
    return true;
}

struct collecting {
    struct follow *follow;
    struct family *family;
    struct map seen;
    const struct kube_pod **list;
    size_t count, cap;
};

static void collect(struct collecting *c, const struct map *from)
{
    struct map_at at = {0};

    for (struct map_row *row; (row = map_next(from, &at));) {
        struct kube_pod *pod = row->value;
        if (store_family_of_pod(c->follow, pod) != c->family ||
            map_put(&c->seen, pod->meta.uid, pod))
            continue;
        ARRAY_RESERVE(c->list, c->cap, c->count + 1);
        c->list[c->count++] = pod;
    }
}

static int compare_pods(const void *left, const void *right)
{
    const struct kube_pod *const *a = left, *const *b = right;

    return strcmp((*a)->meta.name, (*b)->meta.name);
}

const struct kube_pod *const *pods_collect(struct follow *follow, struct family *family,
                                           struct arena *arena, size_t *count, bool *known)
{
    struct collecting c = {.follow = follow, .family = family};

    *known = family->pods && family->pods->known;
    if (*known) /* else what the objects say of them counts, and nothing twice */
        collect(&c, &family->pods->by_uid);
    for (struct pods *pods = follow->pods; pods; pods = pods->next)
        if (pods->node)
            collect(&c, &pods->by_uid);
    collect(&c, &follow->ghosts);
    if (c.count)
        qsort(c.list, c.count, sizeof(struct kube_pod *), compare_pods);
    const struct kube_pod **list = arena_alloc(arena, c.count + 1, sizeof *list);
    if (c.count)
        memcpy(list, c.list, c.count * sizeof *list);
    free(c.list);
    map_free(&c.seen);
    *count = c.count;
    return list;
}
