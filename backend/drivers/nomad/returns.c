/* returns.c: nodes that were silent and report again.
 *
 * Of what such a node ran Nomad says "lost" until the node itself says what became of it; for some
 * seconds it may still run. It says so before it is called ready: until then what has ended since
 * it was silent still counts, so that its return is seen together with what it ran. */
#include "drivers/nomad/client.h"

#include <stdlib.h>
#include <string.h>

struct seen {
    char *id;
    bool silent, taken; /* taken: the id belongs to the next table */
    int64_t back_ms;    /* 0: never away, or long enough back */
    uint64_t index;     /* of the node when it was first seen down; 0: it was not */
};

struct returns {
    struct seen *nodes; /* sorted by id */
    size_t count;
};

struct returns *nomad_returns_new(void)
{
    return xcalloc(1, sizeof(struct returns));
}

void nomad_returns_free(struct returns *returns)
{
    for (size_t i = 0; i < returns->count; i++)
        free(returns->nodes[i].id);
    free(returns->nodes);
    free(returns);
}

static struct seen *find(struct returns *returns, const char *id)
{
    size_t low = 0, high = returns->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(returns->nodes[middle].id, id);
        if (order == 0)
            return &returns->nodes[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

void nomad_returns_note(struct returns *returns, struct arena *arena, struct nomad_view *view)
{
    struct seen *next = xcalloc(view->node_count + 1, sizeof *next);
    const char **back = arena_alloc(arena, view->node_count + 1, sizeof *back);
    struct nomad_away *away = arena_alloc(arena, view->node_count + 1, sizeof *away);

    view->returned_count = view->away_count = 0;
    for (size_t i = 0; i < view->node_count; i++) {
        const struct nomad_node *node = &view->nodes[i];
        struct seen *old = find(returns, node->id);
        bool silent = node->state != NOMAD_NODE_READY;
        next[i] = (struct seen){.id = old ? old->id : xstrdup(node->id), .silent = silent};
        if (silent && old)
            next[i].index = old->index;
        if (node->state == NOMAD_NODE_DOWN && !next[i].index)
            next[i].index = node->modify_index;
        if (node->state == NOMAD_NODE_INIT && next[i].index)
            away[view->away_count++] = (struct nomad_away){node->id, next[i].index};
        if (!silent && old && old->silent)
            next[i].back_ms = view->now_ms > 0 ? view->now_ms : 1;
        else if (!silent && old && old->back_ms && view->now_ms - old->back_ms < NOMAD_RETURN_MS)
            next[i].back_ms = old->back_ms;
        if (next[i].back_ms)
            back[view->returned_count++] = node->id;
        if (old)
            old->taken = true;
    }
    for (size_t i = 0; i < returns->count; i++)
        if (!returns->nodes[i].taken)
            free(returns->nodes[i].id);
    free(returns->nodes);
    returns->nodes = next;
    returns->count = view->node_count;
    view->returned = back;
    view->away = away;
}

bool nomad_returns_any(const struct returns *returns)
{
    for (size_t i = 0; i < returns->count; i++)
        if (returns->nodes[i].back_ms)
            return true;
    return false;
}
