/* deliver.c: the differences between two looks, for the sink.
 *
 * What vanished is gone only when nothing of it can run any more: a service that was deleted, or a
 * node that was removed, stays in the picture while there are ghosts of it. */
#include "drivers/swarm/follow.h"

#include <stdlib.h>
#include <string.h>

static void told_drop(struct told *told)
{
    free(told->id);
    free(told->name);
}

void told_free(struct told_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        told_drop(&table->rows[i]);
    free(table->rows);
    *table = (struct told_table){0};
}

/* Moves the row of an id out of the old table, or makes a new one. */
static struct told *take_row(struct told_table *next, struct told *old, const char *id,
                             const char *name)
{
    struct told *row = &next->rows[next->count++];

    if (old) {
        *row = *old;
        *old = (struct told){0};
    } else {
        row->id = xstrdup(id);
    }
    if (!row->name || strcmp(row->name, name) != 0) {
        free(row->name);
        row->name = xstrdup(name);
    }
    return row;
}

static void tell_service(struct follow *follow, struct told *row, const struct service *service)
{
    struct driver_sink *sink = &follow->swarm->base.env.sink;
    uint64_t hash = service_hash(service);

    if (row->hash == hash) {
        service_unref(service);
        return;
    }
    row->hash = hash;
    sink->service(sink->arg, service);
}

/* What is left of a deleted service: stopping, or on nodes that do not report; false: nothing. */
static bool still_there(const struct swarm_view *view, const char *service, const char **version)
{
    size_t count;
    const struct swarm_task *tasks = swarm_tasks_of(view, service, &count);

    for (size_t i = 0; i < count; i++) {
        enum instance_state state;
        if (!swarm_classify(view, &tasks[i], &state))
            continue;
        *version = tasks[i].version;
        return true;
    }
    return false;
}

static void vanished_service(struct follow *follow, const struct swarm_view *view,
                             struct told_table *next, struct told *old)
{
    struct driver_sink *sink = &follow->swarm->base.env.sink;
    const char *version;

    if (!still_there(view, old->id, &version)) {
        sink->service_gone(sink->arg, old->id);
        told_drop(old);
        return;
    }
    struct told *row = take_row(next, old, old->id, old->name);
    const struct swarm_service left = {
        .id = row->id,
        .name = row->name,
        .version = version,
        .image = "",
        .previous = "",
        .contract = "",
        .spec_hash = "deleted",
        .target_hash = "deleted",
        .update_message = "",
        .update_utc_ms = -1,
        .job = true, /* nothing can be done with it */
    };
    tell_service(follow, row, swarm_picture(view, &left, true));
}

static void deliver_services(struct follow *follow, const struct swarm_view *view)
{
    struct told_table *old = &follow->services;
    struct told_table next = {xcalloc(view->service_count + old->count + 1, sizeof *next.rows), 0};
    size_t i = 0, j = 0;

    while (i < view->service_count || j < old->count) {
        int order = i == view->service_count ? 1
                    : j == old->count        ? -1
                                             : strcmp(view->services[i].id, old->rows[j].id);
        if (order > 0) {
            vanished_service(follow, view, &next, &old->rows[j++]);
            continue;
        }
        const struct swarm_service *from = &view->services[i++];
        struct told *row =
            take_row(&next, order == 0 ? &old->rows[j++] : NULL, from->id, from->name);
        bool focus = strcmp(from->id, follow->focus) == 0;
        tell_service(follow, row, swarm_picture(view, from, focus));
    }
    free(old->rows);
    *old = next;
}

static unsigned ghosts_on(const struct swarm_view *view, const char *node)
{
    enum instance_state state;
    unsigned count = 0;

    for (size_t i = 0; i < view->task_count; i++)
        count += strcmp(view->tasks[i].node, node) == 0 &&
                 swarm_classify(view, &view->tasks[i], &state) && state == INSTANCE_GHOST;
    return count;
}

/* A node that the engine no longer lists. */
static void tell_removed(struct follow *follow, const struct swarm_view *view, struct told *row,
                         unsigned count)
{
    struct arena *arena = arena_new(256);
    const struct node node = {
        .cluster = view->cluster,
        .id = row->id,
        .name = row->name,
        .state = NODE_SILENT,
        .state_utc_ms = -1,
        .note = arena_printf(arena,
                             "removed from the swarm while %u instance%s may run on it; "
                             "the swarm will never stop %s",
                             count, count == 1 ? "" : "s", count == 1 ? "it" : "them"),
    };

    driver_tell_node(&follow->swarm->base, &row->hash, &node);
    arena_free(arena);
}

static int compare_told(const void *left, const void *right)
{
    const struct told *a = left, *b = right;

    return strcmp(a->id, b->id);
}

/* Nodes that were never listed, but may run something: removed before this process began. */
static void deliver_unlisted(struct follow *follow, const struct swarm_view *view,
                             struct told_table *next)
{
    size_t cap = next->count;

    for (size_t i = 0; i < view->task_count; i++) {
        const struct swarm_task *task = &view->tasks[i];
        enum instance_state state;
        struct told key = {.id = (char *)(uintptr_t)task->node};
        if (!task->node[0] || swarm_find_node(view->nodes, view->node_count, task->node) ||
            !swarm_classify(view, task, &state) || state != INSTANCE_GHOST ||
            bsearch(&key, next->rows, next->count, sizeof key, compare_told))
            continue;
        ARRAY_RESERVE(next->rows, cap, next->count + 1);
        struct told *row = take_row(next, NULL, task->node, task->node);
        tell_removed(follow, view, row, ghosts_on(view, task->node));
        qsort(next->rows, next->count, sizeof *next->rows, compare_told);
    }
}

static void vanished_node(struct follow *follow, const struct swarm_view *view,
                          struct told_table *next, struct told *old)
{
    struct driver_sink *sink = &follow->swarm->base.env.sink;
    unsigned count = ghosts_on(view, old->id);

    if (count > 0) {
        tell_removed(follow, view, take_row(next, old, old->id, old->name), count);
    } else {
        sink->node_gone(sink->arg, old->id);
        told_drop(old);
    }
}

static void deliver_nodes(struct follow *follow, const struct swarm_view *view)
{
    struct told_table *old = &follow->nodes;
    struct told_table next = {xcalloc(view->node_count + old->count + 1, sizeof *next.rows), 0};
    size_t i = 0, j = 0;

    while (i < view->node_count || j < old->count) {
        int order = i == view->node_count ? 1
                    : j == old->count     ? -1
                                          : strcmp(view->nodes[i].id, old->rows[j].id);
        if (order > 0) {
            vanished_node(follow, view, &next, &old->rows[j++]);
            continue;
        }
        const struct swarm_node *from = &view->nodes[i++];
        struct node node = swarm_node_fact(view, from);
        struct told *row =
            take_row(&next, order == 0 ? &old->rows[j++] : NULL, from->id, from->name);
        driver_tell_node(&follow->swarm->base, &row->hash, &node);
    }
    deliver_unlisted(follow, view, &next);
    free(old->rows);
    *old = next;
}

/* Nodes first: what a service says of a silent node is then understood. */
void follow_deliver(struct follow *follow, const struct swarm_view *view)
{
    deliver_nodes(follow, view);
    deliver_services(follow, view);
}
