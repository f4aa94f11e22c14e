/* standing.c: how far the update of a group is, and which allocations count as what.
 *
 * Nomad replaces at most max_parallel allocations whose health is not known yet. So while nobody
 * calls anything healthy, a deployment stands by itself when that many are out. */
#include "drivers/nomad/picture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_ended(const struct nomad_alloc *alloc)
{
    return alloc->client == NOMAD_COMPLETE || alloc->client == NOMAD_FAILED ||
           alloc->client == NOMAD_LOST;
}

static void count_allocs(struct nomad_standing *out, const struct nomad_sight *sight)
{
    for (size_t i = 0; i < sight->alloc_count; i++) {
        const struct nomad_alloc *alloc = &sight->allocs[i];
        if (strcmp(alloc->group, out->group->name) != 0 || !alloc->wanted || has_ended(alloc))
            continue;
        out->live++;
        out->unset += alloc->job_version == out->job->number && alloc->health == NOMAD_UNSET;
    }
}

static uint32_t room_of(const struct nomad_standing *s)
{
    const struct nomad_update *update = &s->group->update;

    if (s->deployment && !s->active)
        return 0;
    if (!s->deployed || update->max_parallel == 0)
        return UINT32_MAX; /* the scheduler has not looked yet, or there are no deployments */
    if (s->paused)
        return 0;
    if (s->canarying)
        return s->deployed->placed_canaries < s->deployed->canaries ? 1
               : s->deployed->auto_promote                          ? UINT32_MAX
                                                                    : 0;
    if (!update->manual)
        return UINT32_MAX;
    return update->max_parallel > s->unset ? update->max_parallel - s->unset : 0;
}

struct nomad_standing nomad_stand(const struct nomad_sight *sight, const struct nomad_group *group)
{
    struct nomad_standing s = {.job = &sight->history->jobs[0], .group = group};
    const struct nomad_deployment *d = sight->deployment;

    if (d && d->job_version == s.job->number && d->job_create_index == s.job->create_index) {
        s.deployment = d;
        s.deployed = nomad_find_deployed(d, group->name);
        s.active = d->state == NOMAD_DEPLOY_RUNNING || d->state == NOMAD_DEPLOY_PAUSED;
        s.paused = d->state == NOMAD_DEPLOY_PAUSED;
    }
    if (s.deployed && s.active && s.deployed->canaries > 0 && !s.deployed->promoted) {
        s.canarying = true;
        s.checked = s.deployed->healthy >= s.deployed->canaries;
    }
    count_allocs(&s, sight);
    s.room = room_of(&s);
    return s;
}

/* Without what Nomad does by itself: a deployment that it has called healthy, or over, is no reason
 * to refuse a key. */
const char *nomad_revision(const struct nomad_standing *s, char out[NOMAD_REVISION_TEXT])
{
    const struct nomad_deployed *d = s->deployed;

    snprintf(out, NOMAD_REVISION_TEXT, "%" PRIu64 ".%u%u.%u", s->job->modify_index,
             s->paused ? 1u : 0u, d && d->promoted ? 1u : 0u,
             d && s->group->update.manual ? d->healthy : 0u);
    return out;
}

static int compare_ids(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* It reports again since a moment: what it ran may not have been stopped yet. */
static bool just_returned(const struct nomad_view *view, const char *id)
{
    return view->returned_count > 0 && bsearch(&id, view->returned, view->returned_count,
                                               sizeof *view->returned, compare_ids) != NULL;
}

static int compare_away(const void *id, const void *away)
{
    return strcmp(id, ((const struct nomad_away *)away)->id);
}

/* Its node is on its way back, and said only now that it ended. */
static bool ended_while_away(const struct nomad_view *view, const struct nomad_alloc *alloc)
{
    const struct nomad_away *away =
        view->away_count > 0
            ? bsearch(alloc->node, view->away, view->away_count, sizeof *view->away, compare_away)
            : NULL;

    return away && alloc->modify_index > away->index;
}

bool nomad_classify(const struct nomad_view *view, const struct nomad_alloc *alloc, bool newest,
                    enum instance_state *out)
{
    const struct nomad_node *node = nomad_find_node(view->nodes, view->node_count, alloc->node);
    /* On its way back it is "initializing": what it ran is not known yet. */
    bool silent = alloc->node[0] && (!node || node->state != NOMAD_NODE_READY);

    switch (alloc->client) {
    case NOMAD_COMPLETE:
    case NOMAD_FAILED:
        *out = INSTANCE_FAILING;
        if (ended_while_away(view, alloc)) {
            *out = INSTANCE_GHOST;
            return true;
        }
        return alloc->wanted && newest && !alloc->replaced;
    case NOMAD_LOST:
        *out = silent ? INSTANCE_GHOST : INSTANCE_STOPPING;
        return silent || just_returned(view, alloc->node);
    case NOMAD_UNKNOWN:
        *out = INSTANCE_GHOST;
        return true;
    case NOMAD_PENDING:
    case NOMAD_RUNNING:
        break;
    }
    if (silent)
        *out = INSTANCE_GHOST;
    else if (!alloc->wanted)
        *out = INSTANCE_STOPPING;
    else if (alloc->client == NOMAD_PENDING)
        *out = alloc->restarts > 0 ? INSTANCE_FAILING : INSTANCE_STARTING;
    else
        *out = alloc->health == NOMAD_UNHEALTHY ? INSTANCE_FAILING : INSTANCE_SERVING;
    return true;
}

const struct nomad_alloc *nomad_allocs_of(const struct nomad_alloc *allocs, size_t count,
                                          const char *space, const char *job, size_t *found)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(allocs[middle].space, space);
        if (order == 0)
            order = strcmp(allocs[middle].job, job);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = 0;
    while (low + *found < count && strcmp(allocs[low + *found].space, space) == 0 &&
           strcmp(allocs[low + *found].job, job) == 0)
        (*found)++;
    return allocs + low;
}

const char *nomad_view_only(const struct nomad_job *job)
{
    if (job->periodic || job->parameterized)
        return "starts other jobs: what it starts next has the new version at once";
    if (strcmp(job->type, "service") != 0)
        return "is no service job: Nomad has no deployments of it, it can only be looked at";
    return job->stopped ? "is stopped" : NULL;
}

struct node nomad_node_fact(const struct nomad_view *view, const struct nomad_node *node)
{
    static const enum node_state states[] = {
        [NOMAD_NODE_READY] = NODE_REPORTING,
        [NOMAD_NODE_INIT] = NODE_UNSETTLED,
        [NOMAD_NODE_DOWN] = NODE_SILENT,
    };

    return (struct node){
        .cluster = view->cluster,
        .id = node->id,
        .name = node->name,
        .state = states[node->state],
        .draining = node->draining,
        .state_utc_ms = -1,
        .note = node->state == NOMAD_NODE_READY ? "" : node->message,
    };
}
