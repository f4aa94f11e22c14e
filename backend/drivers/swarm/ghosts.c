/* ghosts.c: see ghosts.h. Bounded: the oldest stay, because they are the ones that the engine
 * forgets first. */
#include "drivers/swarm/ghosts.h"

#include <stdlib.h>
#include <string.h>

enum { GHOSTS_MAX = 4096 };

struct ghosts {
    struct arena *arena;
    struct swarm_task *tasks;
    size_t count, cap;
};

struct ghosts *ghosts_new(void)
{
    struct ghosts *ghosts = xcalloc(1, sizeof *ghosts);

    ghosts->arena = arena_new(256);
    return ghosts;
}

void ghosts_free(struct ghosts *ghosts)
{
    arena_free(ghosts->arena);
    free(ghosts->tasks);
    free(ghosts);
}

static bool has_task(const struct swarm_task *tasks, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(tasks[i].id, id) == 0)
            return true;
    return false;
}

static void remember(struct ghosts *ghosts, const struct swarm_task *task)
{
    struct arena *arena = ghosts->arena;

    if (ghosts->count == GHOSTS_MAX || has_task(ghosts->tasks, ghosts->count, task->id))
        return;
    ARRAY_RESERVE(ghosts->tasks, ghosts->cap, ghosts->count + 1);
    ghosts->tasks[ghosts->count++] = (struct swarm_task){
        .id = arena_strdup(arena, task->id),
        .service = arena_strdup(arena, task->service),
        .node = arena_strdup(arena, task->node),
        .image = arena_strdup(arena, task->image),
        .version = arena_strdup(arena, task->version),
        .error = "",
        .message = "",
        .slot = task->slot,
        .since_utc_ms = task->since_utc_ms,
        .created_utc_ms = task->created_utc_ms,
        .state = SWARM_ORPHANED,
        .desired = SWARM_SHUTDOWN,
    };
}

void ghosts_recall(struct ghosts *ghosts, struct arena *arena, struct swarm_view *view)
{
    enum instance_state state;
    size_t seen = view->task_count;

    for (size_t i = 0; i < seen; i++) {
        const struct swarm_task *task = &view->tasks[i];
        if (swarm_classify(view, task, &state) && state == INSTANCE_GHOST &&
            !swarm_find_node(view->nodes, view->node_count, task->node))
            remember(ghosts, task);
    }
    if (ghosts->count == 0)
        return;
    struct swarm_task *tasks = arena_alloc(arena, seen + ghosts->count, sizeof *tasks);
    if (seen > 0)
        memcpy(tasks, view->tasks, seen * sizeof *tasks);
    for (size_t i = 0; i < ghosts->count; i++)
        if (!has_task(view->tasks, seen, ghosts->tasks[i].id))
            tasks[view->task_count++] = ghosts->tasks[i];
    view->tasks = tasks;
    swarm_sort_tasks(tasks, view->task_count);
}
