/* picture.c: the facts of one service.
 *
 * How an update goes is not taken from the engine's word alone: a parked rollout says "updating"
 * for ten years, and "completed" says nothing about nodes that do not report. */
#include "drivers/swarm/picture.h"

#include "drivers/image.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct draft {
    const struct swarm_view *view;
    const struct swarm_service *from;
    struct service *service;
    size_t version_cap, placement_cap, instance_cap;
    /* Grown on the heap, copied into the arena at the end. */
    struct version_count *versions;
    struct placement *placements;
    struct instance *instances;
    const char *wanted_reason, *other_reason; /* why something does not run; NULL: all well */
    bool changing;                            /* something starts or stops on a node that reports */
    bool dirty; /* something that lives is not of the wanted version */
    bool begun; /* a task of the wanted version was made since this update began */
    uint32_t slots;
};

static uint32_t find_version(struct draft *draft, const char *version, const char *image)
{
    struct service *service = draft->service;
    size_t i = 0;

    assert(draft->versions || !service->version_count);
    while (i < service->version_count && strcmp(draft->versions[i].version, version) != 0)
        i++;
    if (i == service->version_count) {
        ARRAY_RESERVE(draft->versions, draft->version_cap, ++service->version_count);
        draft->versions[i] = (struct version_count){
            .version = arena_strdup(service->arena, version),
            .digest = image_digest(service->arena, image),
        };
    }
    return (uint32_t)i;
}

static struct placement *find_placement(struct draft *draft, const char *node, uint32_t version)
{
    struct service *service = draft->service;

    for (size_t i = 0; i < service->placement_count; i++)
        if (draft->placements[i].version == version && strcmp(draft->placements[i].node, node) == 0)
            return &draft->placements[i];
    size_t i = service->placement_count++;
    ARRAY_RESERVE(draft->placements, draft->placement_cap, service->placement_count);
    draft->placements[i] = (struct placement){
        .node = arena_strdup(service->arena, node),
        .version = version,
    };
    return &draft->placements[i];
}

static const char *node_name(const struct swarm_view *view, const char *id)
{
    const struct swarm_node *node = swarm_find_node(view->nodes, view->node_count, id);

    return node ? node->name : id;
}

static const char *ghost_reason(struct draft *draft, const struct swarm_task *task)
{
    const struct swarm_view *view = draft->view;
    bool known = swarm_find_node(view->nodes, view->node_count, task->node) != NULL;

    return arena_printf(draft->service->arena, "may still run: node %s %s",
                        node_name(view, task->node),
                        known ? "does not report" : "was removed while it was lost");
}

static const char *instance_name(struct draft *draft, const struct swarm_task *task)
{
    struct arena *arena = draft->service->arena;

    if (draft->from->global || task->slot == 0)
        return arena_printf(arena, "%s.%s", draft->from->name,
                            task->node[0] ? node_name(draft->view, task->node) : "?");
    return arena_printf(arena, "%s.%" PRId64, draft->from->name, task->slot);
}

static void note_trouble(struct draft *draft, const struct swarm_seen *seen, const char *name)
{
    const struct swarm_task *task = seen->task;
    bool wanted = strcmp(task->version, draft->from->version) == 0;
    /* One restart is a crash; two, or one of what is being rolled out, is a loop. */
    bool loops = seen->state == INSTANCE_SERVING && seen->young &&
                 (seen->restarts > 1 ||
                  (seen->restarts > 0 && wanted && draft->from->update != SWARM_UPDATE_NONE &&
                   draft->from->update != SWARM_UPDATE_COMPLETED));
    const char **reason = wanted ? &draft->wanted_reason : &draft->other_reason;

    if ((seen->state != INSTANCE_FAILING && !loops) || *reason)
        return;
    *reason = arena_printf(draft->service->arena, "%s%s%s: %s%s", name, task->node[0] ? " on " : "",
                           task->node[0] ? node_name(draft->view, task->node) : "",
                           seen->reason[0] ? seen->reason : "ended", loops ? ", again" : "");
}

static void add_seen(void *arg, const struct swarm_seen *seen)
{
    struct draft *draft = arg;
    struct service *service = draft->service;
    const struct swarm_task *task = seen->task;
    uint32_t version = find_version(draft, task->version, task->image);
    const char *name = instance_name(draft, task);
    size_t i = service->instance_count++;

    draft->versions[version].count[seen->state]++;
    if (task->since_utc_ms > draft->versions[version].young_utc_ms)
        draft->versions[version].young_utc_ms = task->since_utc_ms;
    if (task->node[0])
        find_placement(draft, task->node, version)->count[seen->state]++;
    ARRAY_RESERVE(draft->instances, draft->instance_cap, service->instance_count);
    draft->instances[i] = (struct instance){
        .name = name,
        .node = arena_strdup(service->arena, task->node),
        .version = version,
        .state = seen->state,
        .reason = seen->state == INSTANCE_GHOST ? ghost_reason(draft, task)
                                                : arena_strdup(service->arena, seen->reason),
        .since_utc_ms = task->since_utc_ms,
    };
    note_trouble(draft, seen, name);
    if (seen->state == INSTANCE_STARTING || seen->state == INSTANCE_STOPPING)
        draft->changing = true;
    if (seen->state != INSTANCE_GHOST && seen->state != INSTANCE_STOPPING) {
        draft->slots++;
        bool wanted = strcmp(task->version, draft->from->version) == 0;
        draft->dirty |= !wanted;
        draft->begun |= wanted && task->created_utc_ms >= draft->from->update_utc_ms;
    }
}

static bool same_slot(const struct swarm_task *a, const struct swarm_task *b)
{
    return a->slot == b->slot && (a->slot != 0 || strcmp(a->node, b->node) == 0);
}

static void add_tasks(struct draft *draft)
{
    size_t count, end;
    const struct swarm_task *tasks = swarm_tasks_of(draft->view, draft->from->id, &count);

    for (size_t i = 0; i < count; i = end) {
        for (end = i + 1; end < count && same_slot(&tasks[i], &tasks[end]);)
            end++;
        swarm_look_at_slot(draft->view, tasks + i, end - i, add_seen, draft);
    }
}

static enum motion motion_of(const struct draft *draft)
{
    /* Between "updating" and the first task lie some milliseconds that look like rest. */
    bool imminent = draft->from->update == SWARM_UPDATE_UPDATING && draft->dirty && !draft->begun;
    enum motion standing = draft->changing || imminent ? MOTION_MOVING : MOTION_RESTING;

    switch (draft->from->update) {
    case SWARM_UPDATE_UPDATING:
        return draft->from->parked ? standing : MOTION_RUNNING;
    case SWARM_UPDATE_BACK_STARTED:
        return MOTION_RUNNING;
    case SWARM_UPDATE_PAUSED:
    case SWARM_UPDATE_BACK_PAUSED:
        return standing;
    case SWARM_UPDATE_NONE:
    case SWARM_UPDATE_COMPLETED:
    case SWARM_UPDATE_BACK_COMPLETED:
        break;
    }
    /* Accepted a moment ago: the engine has not said "updating" yet. */
    return draft->dirty ? MOTION_MOVING : MOTION_NONE;
}

static void judge_trouble(struct draft *draft)
{
    struct service *service = draft->service;
    enum swarm_update update = draft->from->update;
    const char *reason = draft->wanted_reason ? draft->wanted_reason : draft->other_reason;

    if (update == SWARM_UPDATE_PAUSED || update == SWARM_UPDATE_BACK_PAUSED)
        service->trouble = TROUBLE_FAILED;
    else if (reason)
        service->trouble = TROUBLE_STUCK;
    if (service->trouble != TROUBLE_NONE)
        service->reason =
            reason ? reason : arena_strdup(service->arena, draft->from->update_message);
}

static void *keep(struct arena *arena, void *heap, size_t count, size_t size)
{
    void *kept = arena_alloc(arena, count + 1, size);

    if (count > 0)
        memcpy(kept, heap, count * size);
    free(heap);
    return kept;
}

static void keep_all(struct draft *draft, bool with_instances)
{
    struct service *service = draft->service;

    if (!with_instances && service->motion == MOTION_NONE && service->trouble == TROUBLE_NONE)
        service->instance_count = 0;
    service->versions =
        keep(service->arena, draft->versions, service->version_count, sizeof *draft->versions);
    service->placements = keep(service->arena, draft->placements, service->placement_count,
                               sizeof *draft->placements);
    service->instances =
        keep(service->arena, draft->instances, service->instance_count, sizeof *draft->instances);
    if (service->motion == MOTION_NONE && !draft->dirty)
        return;
    service->launchers = arena_alloc(service->arena, 1, sizeof *service->launchers);
    service->launchers[0] = (struct launcher){LAUNCHER_SPEC, service->wants};
    service->launcher_count = 1;
}

static void copy_identity(struct service *service, const struct swarm_view *view,
                          const struct swarm_service *from)
{
    struct arena *arena = service->arena;
    char revision[SWARM_REVISION_TEXT];
    const char **marks = arena_alloc(arena, from->mark_count + 1, sizeof *marks);

    service->cluster = arena_strdup(arena, view->cluster);
    service->id = arena_strdup(arena, from->id);
    service->name = arena_strdup(arena, from->name);
    service->kind = from->job ? "job" : "service";
    service->revision = arena_strdup(arena, swarm_revision(from, revision));
    service->spec_digest = arena_strdup(arena, from->target_hash);
    service->config_digest = arena_strdup(arena, from->config_hash);
    service->wants = arena_strdup(arena, from->version);
    service->was =
        strcmp(from->previous, from->version) == 0 ? "" : arena_strdup(arena, from->previous);
    service->artifact = arena_strdup(arena, from->image);
    service->contract = arena_strdup(arena, from->contract);
    for (size_t i = 0; i < from->mark_count; i++)
        marks[i] = arena_strdup(arena, from->marks[i]);
    service->marks = marks;
    service->mark_count = from->mark_count;
    service->per_node = from->global;
    service->observed_ms = view->now_ms;
}

const struct service *swarm_picture(const struct swarm_view *view, const struct swarm_service *from,
                                    bool with_instances)
{
    struct draft draft = {.view = view, .from = from, .service = service_new()};
    struct service *service = draft.service;

    copy_identity(service, view, from);
    find_version(&draft, from->version, from->image);
    add_tasks(&draft);
    service->replicas = from->global ? draft.slots : from->replicas;
    service->motion = from->job ? MOTION_NONE : motion_of(&draft);
    if (service->motion != MOTION_NONE)
        service->since_utc_ms = from->update_utc_ms;
    judge_trouble(&draft);
    keep_all(&draft, with_instances);
    return service_seal(service);
}

struct node swarm_node_fact(const struct swarm_view *view, const struct swarm_node *node)
{
    static const enum node_state states[] = {
        [SWARM_NODE_READY] = NODE_REPORTING,
        [SWARM_NODE_DOWN] = NODE_SILENT,
        [SWARM_NODE_UNKNOWN] = NODE_UNSETTLED,
    };

    return (struct node){
        .cluster = view->cluster,
        .id = node->id,
        .name = node->name,
        .state = states[node->state],
        .draining = node->draining,
        .state_utc_ms = -1,
        .note = node->state == SWARM_NODE_READY ? "" : node->message,
    };
}
