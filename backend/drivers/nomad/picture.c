/* picture.c: the facts of one service.
 *
 * How an update goes is not taken from the deployment's word alone: "running" is also what one
 * says that stands until somebody acts, and "successful" says nothing of nodes that are down. */
#include "drivers/nomad/picture.h"

#include "drivers/nomad/marks.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { YOUNG_MS = 30000 };

struct draft {
    const struct nomad_view *view;
    const struct nomad_sight *sight;
    struct nomad_standing standing;
    struct service *service;
    size_t version_cap, placement_cap, instance_cap;
    /* Grown on the heap, copied into the arena at the end. */
    struct version_count *versions;
    struct placement *placements;
    struct instance *instances;
    const char *wanted_reason, *other_reason; /* why something does not run; NULL: all well */
    bool changing;                            /* something starts or stops where it is heard of */
    bool dirty; /* something that lives is not of the wanted version */
};

static uint32_t find_version(struct draft *draft, const char *version)
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
            .digest = "",
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

static const char *node_name(const struct nomad_view *view, const char *id)
{
    const struct nomad_node *node = nomad_find_node(view->nodes, view->node_count, id);

    return node ? node->name : id;
}

static const char *version_of(const struct draft *draft, const struct nomad_alloc *alloc)
{
    const struct nomad_job *job = nomad_find_version(draft->sight->history, alloc->job_version);
    const struct nomad_group *group = job ? nomad_find_group(job, alloc->group) : NULL;

    return group ? group->version : "?";
}

/* "web[3] 0d7f220c": the place is reused, the allocation is not. */
static const char *instance_name(struct draft *draft, const struct nomad_alloc *alloc)
{
    const char *place = strrchr(alloc->name, '[');

    return arena_printf(draft->service->arena, "%s%s %.8s", alloc->group, place ? place : "",
                        alloc->id);
}

static const char *reason_of(struct draft *draft, const struct nomad_alloc *alloc,
                             enum instance_state state)
{
    struct arena *arena = draft->service->arena;
    const struct nomad_view *view = draft->view;

    if (state == INSTANCE_GHOST)
        return arena_printf(arena, "may still run: node %s %s", node_name(view, alloc->node),
                            nomad_find_node(view->nodes, view->node_count, alloc->node)
                                ? "does not report"
                                : "was removed while it was lost");
    if (state == INSTANCE_FAILING && !alloc->reason[0])
        return alloc->health == NOMAD_UNHEALTHY ? "its checks fail" : "ended";
    return state == INSTANCE_FAILING ? arena_strdup(arena, alloc->reason) : "";
}

static void note_trouble(struct draft *draft, const struct nomad_alloc *alloc,
                         const struct instance *instance, bool wanted)
{
    bool loops = instance->state == INSTANCE_SERVING && alloc->restarts > 0 &&
                 alloc->started_utc_ms > 0 && alloc->reason[0] &&
                 draft->view->utc_ms - alloc->started_utc_ms < YOUNG_MS;
    const char **reason = wanted ? &draft->wanted_reason : &draft->other_reason;

    if ((instance->state != INSTANCE_FAILING && !loops) || *reason)
        return;
    *reason = arena_printf(draft->service->arena, "%s on %s: %s%s", instance->name,
                           node_name(draft->view, alloc->node),
                           loops ? alloc->reason : instance->reason, loops ? ", again" : "");
}

static void add_alloc(struct draft *draft, const struct nomad_alloc *alloc,
                      enum instance_state state)
{
    struct service *service = draft->service;
    uint32_t version = find_version(draft, version_of(draft, alloc));
    bool wanted = strcmp(draft->versions[version].version, draft->standing.group->version) == 0;
    size_t i = service->instance_count++;

    draft->versions[version].count[state]++;
    if (alloc->created_utc_ms > draft->versions[version].young_utc_ms)
        draft->versions[version].young_utc_ms = alloc->created_utc_ms;
    if (alloc->node[0])
        find_placement(draft, alloc->node, version)->count[state]++;
    ARRAY_RESERVE(draft->instances, draft->instance_cap, service->instance_count);
    draft->instances[i] = (struct instance){
        .name = instance_name(draft, alloc),
        .node = arena_strdup(service->arena, alloc->node),
        .version = version,
        .state = state,
        .reason = reason_of(draft, alloc, state),
        .since_utc_ms = alloc->started_utc_ms > 0 ? alloc->started_utc_ms : alloc->created_utc_ms,
    };
    note_trouble(draft, alloc, &draft->instances[i], wanted);
    draft->changing |= state == INSTANCE_STARTING || state == INSTANCE_STOPPING;
    draft->dirty |= !wanted && state != INSTANCE_GHOST && state != INSTANCE_STOPPING;
}

static void add_allocs(struct draft *draft)
{
    const struct nomad_sight *sight = draft->sight;
    const char *name = "";

    for (size_t i = 0; i < sight->alloc_count; i++) {
        const struct nomad_alloc *alloc = &sight->allocs[i];
        enum instance_state state;
        if (strcmp(alloc->group, draft->standing.group->name) != 0)
            continue;
        bool newest = strcmp(alloc->name, name) != 0;
        name = alloc->name;
        if (nomad_classify(draft->view, alloc, newest, &state))
            add_alloc(draft, alloc, state);
    }
}

static enum motion motion_of(const struct draft *draft)
{
    const struct nomad_standing *s = &draft->standing;
    /* Promoted a moment ago: the scheduler has not stopped what the canaries replace. */
    bool surplus = s->active && !s->canarying && s->live > s->group->count;

    if (!draft->dirty)
        return MOTION_NONE;
    if (s->room == UINT32_MAX)
        return s->deployed && !draft->standing.job->stopped ? MOTION_RUNNING : MOTION_MOVING;
    return draft->changing || s->room > 0 || surplus ? MOTION_MOVING : MOTION_RESTING;
}

static const char *blocked_reason(const struct draft *draft)
{
    for (size_t i = 0; i < draft->sight->blocked_count; i++)
        if (strcmp(draft->sight->blocked[i].group, draft->standing.group->name) == 0)
            return arena_printf(draft->service->arena, "not placed: %s",
                                draft->sight->blocked[i].reason);
    return NULL;
}

static void judge_trouble(struct draft *draft)
{
    struct service *service = draft->service;
    const struct nomad_deployment *d = draft->standing.deployment;
    bool failed = d && d->state == NOMAD_DEPLOY_FAILED;
    const char *blocked = blocked_reason(draft);
    const char *reason = draft->wanted_reason ? draft->wanted_reason
                         : blocked            ? blocked
                                              : draft->other_reason;

    if (failed && draft->dirty)
        service->trouble = TROUBLE_FAILED;
    else if (reason)
        service->trouble = TROUBLE_STUCK;
    if (service->trouble != TROUBLE_NONE)
        service->reason = reason ? reason : d ? arena_strdup(service->arena, d->message) : "";
}

static void *keep(struct arena *arena, void *heap, size_t count, size_t size)
{
    void *kept = arena_alloc(arena, count + 1, size);

    if (count > 0)
        memcpy(kept, heap, count * size);
    free(heap);
    return kept;
}

static void add_launcher(struct service *service, const char *name)
{
    service->launchers = arena_alloc(service->arena, 1, sizeof *service->launchers);
    service->launchers[0] = (struct launcher){name, service->wants};
    service->launcher_count = 1;
}

static void keep_all(struct draft *draft, bool with_instances)
{
    struct service *service = draft->service;
    const struct nomad_job *job = draft->standing.job;

    if (!with_instances && service->motion == MOTION_NONE && service->trouble == TROUBLE_NONE)
        service->instance_count = 0;
    service->versions =
        keep(service->arena, draft->versions, service->version_count, sizeof *draft->versions);
    service->placements = keep(service->arena, draft->placements, service->placement_count,
                               sizeof *draft->placements);
    service->instances =
        keep(service->arena, draft->instances, service->instance_count, sizeof *draft->instances);
    if (job->periodic || job->parameterized)
        add_launcher(service, job->periodic ? "periodic" : "dispatch");
    else if (strcmp(job->type, "batch") == 0 || strcmp(job->type, "sysbatch") == 0)
        add_launcher(service, "batch");
    else if (service->motion != MOTION_NONE || draft->dirty)
        add_launcher(service, "spec");
}

static const char *version_before(const struct nomad_sight *sight, const struct nomad_group *group)
{
    for (size_t i = 1; i < sight->history->count; i++) {
        const struct nomad_group *older = nomad_find_group(&sight->history->jobs[i], group->name);
        if (older && strcmp(older->version, group->version) != 0)
            return older->version;
    }
    return "";
}

/* The registration that began what is wanted now: the oldest of those in a row that want it. */
static void add_origin(struct draft *draft)
{
    const struct nomad_history *history = draft->sight->history;
    const struct nomad_group *group = draft->standing.group;
    const struct nomad_job *began = &history->jobs[0];
    const struct nomad_view *view = draft->view;
    struct service *service = draft->service;

    for (size_t i = 1; i < history->count; i++) {
        const struct nomad_group *older = nomad_find_group(&history->jobs[i], group->name);
        if (!older || strcmp(older->version, group->version) != 0)
            break;
        began = &history->jobs[i];
    }
    service->since_utc_ms = began->submit_utc_ms;
    if (!began->token[0])
        service->by = "";
    else if (view->self && strcmp(view->self, began->token) == 0)
        service->by = arena_strdup(service->arena, view->self_name);
    else
        service->by = arena_printf(service->arena, "token %.8s", began->token);
}

static const char *kind_of(const struct nomad_job *job)
{
    return job->periodic ? "periodic" : job->parameterized ? "parameterized" : job->type;
}

static void copy_identity(struct draft *draft)
{
    struct service *service = draft->service;
    struct arena *arena = service->arena;
    const struct nomad_standing *s = &draft->standing;
    const struct nomad_job *job = s->job;
    char revision[NOMAD_REVISION_TEXT];

    service->cluster = arena_strdup(arena, draft->view->cluster);
    service->id = nomad_service_id(arena, job->space, job->id, s->group->name);
    service->name = job->group_count == 1 ? arena_strdup(arena, job->id)
                                          : arena_printf(arena, "%s.%s", job->id, s->group->name);
    service->scope = strcmp(job->space, "default") == 0 ? "" : arena_strdup(arena, job->space);
    service->kind = arena_strdup(arena, kind_of(job));
    service->revision = arena_strdup(arena, nomad_revision(s, revision));
    service->spec_digest = arena_strdup(arena, s->group->target_hash);
    service->wants = arena_strdup(arena, s->group->version);
    service->was = arena_strdup(arena, version_before(draft->sight, s->group));
    service->artifact = arena_strdup(arena, s->group->artifact);
    service->contract = arena_strdup(arena, s->group->contract);
    service->marks = nomad_marks(draft->sight, s, arena, &service->mark_count);
    service->per_node = strcmp(job->type, "system") == 0;
    service->observed_ms = draft->view->now_ms;
}

static uint32_t replicas_of(const struct draft *draft)
{
    const struct nomad_job *job = draft->standing.job;
    uint32_t present = 0;

    if (job->stopped || job->periodic || job->parameterized)
        return 0;
    if (strcmp(job->type, "system") != 0 && strcmp(job->type, "sysbatch") != 0)
        return draft->standing.group->count;
    for (size_t i = 0; i < draft->service->instance_count; i++)
        present += draft->instances[i].state == INSTANCE_SERVING ||
                   draft->instances[i].state == INSTANCE_STARTING;
    return present;
}

/* A batch allocation that has ended has done its work. */
static bool is_work(const struct nomad_job *job)
{
    return strcmp(job->type, "batch") == 0 || strcmp(job->type, "sysbatch") == 0;
}

const struct service *nomad_picture(const struct nomad_view *view, const struct nomad_sight *sight,
                                    const struct nomad_group *group, bool with_instances)
{
    struct draft draft = {.view = view,
                          .sight = sight,
                          .standing = nomad_stand(sight, group),
                          .service = service_new()};
    struct service *service = draft.service;
    const struct nomad_job *job = draft.standing.job;

    copy_identity(&draft);
    find_version(&draft, group->version);
    add_allocs(&draft);
    service->replicas = replicas_of(&draft);
    service->motion = nomad_view_only(job) ? MOTION_NONE : motion_of(&draft);
    add_origin(&draft);
    if (!is_work(job))
        judge_trouble(&draft);
    keep_all(&draft, with_instances);
    return service_seal(service);
}
