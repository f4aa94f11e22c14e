/* slots.c: which tasks count, and as what.
 *
 * UpdateStatus may say "completed, 12 of 12" while three containers of the old version really run
 * on a node that was cut off. What the engine cannot know counts as a ghost, whatever it
 * wants for that task. */
#include "drivers/swarm/picture.h"

#include <string.h>

enum { YOUNG_MS = 30000 };

/* Its containers can be there: it had a node and nobody saw it end. */
static bool may_run(const struct swarm_task *task)
{
    return task->state >= SWARM_ASSIGNED && task->state <= SWARM_RUNNING;
}

static bool node_is_lost(const struct swarm_view *view, const struct swarm_task *task)
{
    const struct swarm_node *node = swarm_find_node(view->nodes, view->node_count, task->node);

    /* "unknown" lasts for seconds after a change of leader; the node itself says unsettled. */
    return task->node[0] && (!node || node->state == SWARM_NODE_DOWN);
}

bool swarm_classify(const struct swarm_view *view, const struct swarm_task *task,
                    enum instance_state *out)
{
    bool wanted = task->desired <= SWARM_RUNNING;

    if (task->state == SWARM_ORPHANED || (may_run(task) && node_is_lost(view, task)))
        *out = INSTANCE_GHOST;
    else if (task->state > SWARM_RUNNING || (!wanted && !may_run(task)))
        return false;
    else if (!wanted)
        *out = INSTANCE_STOPPING;
    else if (task->state == SWARM_RUNNING)
        *out = INSTANCE_SERVING;
    else
        /* Waiting for a node that does not come: "no suitable node (…)". */
        *out =
            task->state == SWARM_PENDING && task->error[0] ? INSTANCE_FAILING : INSTANCE_STARTING;
    return true;
}

static const char *words_of(const struct swarm_task *task)
{
    return task->error[0] ? task->error : task->message;
}

static bool has_failed(const struct swarm_task *task)
{
    return task->state == SWARM_FAILED || task->state == SWARM_REJECTED;
}

/* How many tasks right behind this one, of its version, failed one after the other. */
static unsigned failures_behind(const struct swarm_view *view, const struct swarm_task *task,
                                size_t behind)
{
    unsigned count = 0;
    enum instance_state state;

    for (size_t i = 1; i <= behind; i++) {
        if (swarm_classify(view, &task[i], &state))
            continue;
        if (!has_failed(&task[i]) || strcmp(task[i].version, task->version) != 0)
            break;
        count++;
    }
    return count;
}

static const char *last_failure(const struct swarm_view *view, const struct swarm_task *task,
                                size_t behind)
{
    enum instance_state state;

    for (size_t i = 1; i <= behind; i++)
        if (!swarm_classify(view, &task[i], &state))
            return words_of(&task[i]);
    return "";
}

/* Nothing lives in the slot and its last task was not told to go: the engine gave up. */
static bool gave_up(const struct swarm_task *last)
{
    return has_failed(last) || last->state == SWARM_COMPLETE;
}

static struct swarm_seen look_at(const struct swarm_view *view, const struct swarm_task *task,
                                 size_t behind, enum instance_state state)
{
    struct swarm_seen seen = {.task = task, .state = state, .reason = ""};

    if (state == INSTANCE_FAILING || state == INSTANCE_STARTING)
        seen.reason = task->error;
    if (state != INSTANCE_STARTING && state != INSTANCE_SERVING)
        return seen;
    seen.restarts = failures_behind(view, task, behind);
    seen.young = view->utc_ms - task->since_utc_ms < YOUNG_MS;
    if (seen.restarts > 0 && (state == INSTANCE_STARTING || seen.young))
        seen.reason = last_failure(view, task, behind);
    if (seen.restarts > 0 && state == INSTANCE_STARTING)
        seen.state = INSTANCE_FAILING;
    return seen;
}

void swarm_look_at_slot(const struct swarm_view *view, const struct swarm_task *tasks, size_t count,
                        swarm_seen_fn *fn, void *arg)
{
    bool occupied = false;

    for (size_t i = 0; i < count; i++) {
        enum instance_state state;
        if (!swarm_classify(view, &tasks[i], &state))
            continue;
        struct swarm_seen seen = look_at(view, &tasks[i], count - i - 1, state);
        occupied |= state != INSTANCE_GHOST && state != INSTANCE_STOPPING;
        fn(arg, &seen);
    }
    if (!occupied && count > 0 && gave_up(&tasks[0])) {
        struct swarm_seen seen = {
            .task = tasks,
            .state = INSTANCE_FAILING,
            .reason = words_of(tasks),
        };
        fn(arg, &seen);
    }
}

const struct swarm_task *swarm_tasks_of(const struct swarm_view *view, const char *service,
                                        size_t *count)
{
    size_t low = 0, high = view->task_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(view->tasks[middle].service, service) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *count = 0;
    while (low + *count < view->task_count &&
           strcmp(view->tasks[low + *count].service, service) == 0)
        (*count)++;
    return view->tasks + low;
}
