/* deliver.c: the differences between two looks, for the sink.
 *
 * What vanished is gone only when nothing of it can run any more. */
#include "drivers/nomad/follow.h"

#include <stdlib.h>
#include <string.h>

static void told_drop(struct told *told)
{
    free(told->id);
    free(told->name);
    free(told->job);
}

void nomad_told_free(struct told_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        told_drop(&table->rows[i]);
    free(table->rows);
    *table = (struct told_table){0};
}

static struct told *find(struct told_table *table, const char *id)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].id, id) == 0)
            return &table->rows[i];
    return NULL;
}

static struct told *find_or_add(struct told_table *table, const char *id, const char *name,
                                const char *job)
{
    struct told *row = find(table, id);

    if (row) {
        row->seen = true;
        return row;
    }
    ARRAY_RESERVE(table->rows, table->cap, table->count + 1);
    row = &table->rows[table->count++];
    *row = (struct told){.id = xstrdup(id), .name = xstrdup(name), .seen = true};
    row->job = job ? xstrdup(job) : NULL;
    return row;
}

static void take_out(struct told_table *table, size_t at)
{
    told_drop(&table->rows[at]);
    table->rows[at] = table->rows[--table->count];
}

/* ---- services ---- */

static bool is_busy(const struct service *service)
{
    if (service->motion != MOTION_NONE || service->trouble != TROUBLE_NONE)
        return true;
    for (size_t i = 0; i < service->version_count; i++)
        if (service->versions[i].count[INSTANCE_STARTING] +
            service->versions[i].count[INSTANCE_STOPPING] +
            service->versions[i].count[INSTANCE_FAILING])
            return true;
    return false;
}

static bool is_there(const struct nomad_job *job, const struct service *service)
{
    return !job->stopped || service->placement_count > 0;
}

static void tell_service(struct follow *follow, const struct service *service, const char *job,
                         bool rich)
{
    struct driver_sink *sink = &follow->nomad->base.env.sink;
    bool is_new = !find(&follow->services, service->id);
    struct told *row = find_or_add(&follow->services, service->id, service->name, job);
    bool busy = is_busy(service) || strcmp(service->id, follow->focus) == 0;
    uint64_t hash = service_hash(service);

    /* A poorer picture would take back reasons and instances that a look has told. */
    if (row->hash == hash || (!rich && busy && !is_new)) {
        service_unref(service);
        return;
    }
    row->hash = hash;
    sink->service(sink->arg, service);
}

static void forget_groups(struct follow *follow, const char *job)
{
    struct driver_sink *sink = &follow->nomad->base.env.sink;

    for (size_t i = follow->services.count; i-- > 0;) {
        const struct told *row = &follow->services.rows[i];
        if (row->seen || strcmp(row->job, job) != 0)
            continue;
        sink->service_gone(sink->arg, row->id);
        take_out(&follow->services, i);
    }
}

void nomad_deliver_job(struct follow *follow, const struct nomad_view *view,
                       const struct nomad_sight *sight, bool rich)
{
    const struct nomad_job *job = &sight->history->jobs[0];
    char *key = xasprintf("%s/%s", job->space, job->id);
    bool busy = false;

    for (size_t i = 0; rich && i < follow->services.count; i++)
        if (strcmp(follow->services.rows[i].job, key) == 0)
            follow->services.rows[i].seen = false;
    for (size_t i = 0; i < job->group_count; i++) {
        const char *focus = follow->focus;
        const struct service *service = nomad_picture(view, sight, &job->groups[i], true);
        busy |= is_busy(service) || strcmp(service->id, focus) == 0;
        if (!is_busy(service) && strcmp(service->id, focus) != 0) {
            service_unref(service);
            service = nomad_picture(view, sight, &job->groups[i], false);
        }
        if (is_there(job, service))
            tell_service(follow, service, key, rich);
        else
            service_unref(service);
    }
    if (rich)
        forget_groups(follow, key);
    else if (busy)
        nomad_follow_mark(follow, job->space, job->id);
    free(key);
}

void nomad_deliver_job_gone(struct follow *follow, const char *space, const char *job)
{
    char *key = xasprintf("%s/%s", space, job);

    for (size_t i = 0; i < follow->services.count; i++)
        if (strcmp(follow->services.rows[i].job, key) == 0)
            follow->services.rows[i].seen = false;
    forget_groups(follow, key);
    free(key);
}

void nomad_deliver_begin(struct follow *follow)
{
    for (size_t i = 0; i < follow->services.count; i++)
        follow->services.rows[i].seen = false;
}

void nomad_deliver_end(struct follow *follow)
{
    struct driver_sink *sink = &follow->nomad->base.env.sink;

    for (size_t i = follow->services.count; i-- > 0;)
        if (!follow->services.rows[i].seen) {
            sink->service_gone(sink->arg, follow->services.rows[i].id);
            take_out(&follow->services, i);
        }
}

/* ---- nodes ---- */

static void tell(struct follow *follow, const struct node *node)
{
    struct told *row = find_or_add(&follow->nodes, node->id, node->name, NULL);

    driver_tell_node(&follow->nomad->base, &row->hash, node);
}

static uint64_t hash_nodes(const struct nomad_view *view)
{
    uint64_t hash = HASH_SEED;

    for (size_t i = 0; i < view->node_count; i++) {
        const struct nomad_node *node = &view->nodes[i];
        hash = hash_mix(hash, node->id, strlen(node->id) + 1);
        hash = hash_mix(hash, node->name, strlen(node->name) + 1);
        hash = hash_mix(hash, node->message, strlen(node->message) + 1);
        hash = hash_mix(hash, &node->state, sizeof node->state);
        hash = hash_mix(hash, &node->draining, sizeof node->draining);
    }
    return hash;
}

/* Nodes first: what a service says of a silent node is then understood. One that vanished was
 * down for a day, or purged: what it ran may run on. */
void nomad_deliver_nodes(struct follow *follow, const struct nomad_view *view)
{
    uint64_t hash = hash_nodes(view);

    if (follow->nodes_told && hash == follow->nodes_hash)
        return;
    follow->nodes_told = true;
    follow->nodes_hash = hash;
    for (size_t i = 0; i < follow->nodes.count; i++)
        follow->nodes.rows[i].seen = false;
    for (size_t i = 0; i < view->node_count; i++) {
        struct node node = nomad_node_fact(view, &view->nodes[i]);
        tell(follow, &node);
    }
    for (size_t i = 0; i < follow->nodes.count; i++) {
        const struct told *row = &follow->nodes.rows[i];
        if (row->seen)
            continue;
        const struct node gone = {
            .cluster = view->cluster,
            .id = row->id,
            .name = row->name,
            .state = NODE_SILENT,
            .state_utc_ms = -1,
            .note = "removed from Nomad; what it ran may still run",
        };
        tell(follow, &gone);
    }
}
