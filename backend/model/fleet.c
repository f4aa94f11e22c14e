/* fleet.c: two sorted arrays. The node part of a snapshot is shared until a node changes. */
#include "model/fleet.h"

#include <stdlib.h>
#include <string.h>

/* Nodes by node_key: all of them, and by themselves those that do not report, so that asking for
 * these stays within a few cache lines. Open addressing, key 0 is an empty slot. */
struct node_table {
    struct node_at {
        uint64_t key;
        size_t at;
    } * all;
    uint64_t *odd;
    size_t all_mask, odd_mask;
};

struct node_set {
    struct arena *arena;
    struct node *nodes;
    size_t count;
    struct node_table table;
    unsigned refs;
};

struct fleet {
    const struct service **services;
    size_t service_count, service_cap;
    struct node *nodes; /* strings on the heap, in one block each */
    size_t node_count, node_cap;
    struct node_set *shared; /* of the last snapshot; NULL after a change */
};

/* What a snapshot really is. */
struct picture {
    struct snapshot snapshot;
    struct node_set *nodes;
};

struct fleet *fleet_new(void)
{
    return xcalloc(1, sizeof(struct fleet));
}

static int compare_key(const char *cluster_a, const char *id_a, const char *cluster_b,
                       const char *id_b)
{
    int by_cluster = strcmp(cluster_a, cluster_b);

    return by_cluster ? by_cluster : strcmp(id_a, id_b);
}

/* First index whose key is not below (cluster, id). */
static size_t service_slot(const struct service *const *services, size_t count, const char *cluster,
                           const char *id, bool *found)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (compare_key(services[mid]->cluster, services[mid]->id, cluster, id) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *found =
        low < count && compare_key(services[low]->cluster, services[low]->id, cluster, id) == 0;
    return low;
}

static size_t node_slot(const struct node *nodes, size_t count, const char *cluster, const char *id,
                        bool *found)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (compare_key(nodes[mid].cluster, nodes[mid].id, cluster, id) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *found = low < count && compare_key(nodes[low].cluster, nodes[low].id, cluster, id) == 0;
    return low;
}

void fleet_put_service(struct fleet *fleet, const struct service *service)
{
    bool found;
    size_t at =
        service_slot(fleet->services, fleet->service_count, service->cluster, service->id, &found);
    if (found) {
        service_unref(fleet->services[at]);
        fleet->services[at] = service;
        return;
    }
    ARRAY_RESERVE(fleet->services, fleet->service_cap, fleet->service_count + 1);
    memmove(fleet->services + at + 1, fleet->services + at,
            (fleet->service_count - at) * sizeof *fleet->services);
    fleet->services[at] = service;
    fleet->service_count++;
}

void fleet_drop_service(struct fleet *fleet, const char *cluster, const char *id)
{
    bool found;
    size_t at = service_slot(fleet->services, fleet->service_count, cluster, id, &found);
    if (!found)
        return;
    service_unref(fleet->services[at]);
    fleet->service_count--;
    memmove(fleet->services + at, fleet->services + at + 1,
            (fleet->service_count - at) * sizeof *fleet->services);
}

static struct node copy_node(const struct node *node)
{
    struct node copy = *node;
    const char **fields[] = {&copy.cluster, &copy.id, &copy.name, &copy.note};
    size_t total = 0;

    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        total += strlen(*fields[i]) + 1;
    char *block = xcalloc(total, 1);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        size_t len = strlen(*fields[i]) + 1;
        memcpy(block, *fields[i], len);
        *fields[i] = block;
        block += len;
    }
    return copy;
}

static void free_node(const struct node *node)
{
    free((void *)(uintptr_t)node->cluster); /* the start of its block */
}

static void unref_node_set(struct node_set *set)
{
    if (set && __atomic_sub_fetch(&set->refs, 1, __ATOMIC_ACQ_REL) == 0)
        arena_free(set->arena);
}

static void nodes_changed(struct fleet *fleet)
{
    unref_node_set(fleet->shared);
    fleet->shared = NULL;
}

void fleet_put_node(struct fleet *fleet, const struct node *node)
{
    bool found;
    size_t at = node_slot(fleet->nodes, fleet->node_count, node->cluster, node->id, &found);
    struct node copy = copy_node(node);
    if (found) {
        free_node(&fleet->nodes[at]);
    } else {
        ARRAY_RESERVE(fleet->nodes, fleet->node_cap, fleet->node_count + 1);
        memmove(fleet->nodes + at + 1, fleet->nodes + at,
                (fleet->node_count - at) * sizeof *fleet->nodes);
        fleet->node_count++;
    }
    fleet->nodes[at] = copy;
    nodes_changed(fleet);
}

void fleet_drop_node(struct fleet *fleet, const char *cluster, const char *id)
{
    bool found;
    size_t at = node_slot(fleet->nodes, fleet->node_count, cluster, id, &found);
    if (!found)
        return;
    free_node(&fleet->nodes[at]);
    fleet->node_count--;
    memmove(fleet->nodes + at, fleet->nodes + at + 1,
            (fleet->node_count - at) * sizeof *fleet->nodes);
    nodes_changed(fleet);
}

const struct service *fleet_find_service(const struct fleet *fleet, const char *cluster,
                                         const char *id)
{
    bool found;
    size_t at = service_slot(fleet->services, fleet->service_count, cluster, id, &found);

    return found ? fleet->services[at] : NULL;
}

const struct node *fleet_find_node(const struct fleet *fleet, const char *cluster, const char *id)
{
    bool found;
    size_t at = node_slot(fleet->nodes, fleet->node_count, cluster, id, &found);

    return found ? &fleet->nodes[at] : NULL;
}

void fleet_free(struct fleet *fleet)
{
    if (!fleet)
        return;
    for (size_t i = 0; i < fleet->service_count; i++)
        service_unref(fleet->services[i]);
    for (size_t i = 0; i < fleet->node_count; i++)
        free_node(&fleet->nodes[i]);
    unref_node_set(fleet->shared);
    free(fleet->services);
    free(fleet->nodes);
    free(fleet);
}

/* At most half full. */
static size_t mask_for(size_t count)
{
    size_t size = 2;

    while (size < 2 * count)
        size *= 2;
    return size - 1;
}

static void fill_table(struct node_table *table, const struct node_set *set)
{
    size_t odd = 0;

    for (size_t i = 0; i < set->count; i++)
        odd += set->nodes[i].state != NODE_REPORTING;
    table->odd_mask = mask_for(odd);
    table->all_mask = mask_for(set->count);
    table->odd = arena_alloc(set->arena, table->odd_mask + 1, sizeof *table->odd);
    table->all = arena_alloc(set->arena, table->all_mask + 1, sizeof *table->all);
    for (size_t i = 0; i < set->count; i++) {
        uint64_t key = node_key(set->nodes[i].cluster, set->nodes[i].id);
        size_t at = key & table->all_mask;

        while (table->all[at].key)
            at = (at + 1) & table->all_mask;
        table->all[at] = (struct node_at){key, i};
        if (set->nodes[i].state == NODE_REPORTING)
            continue;
        at = key & table->odd_mask;
        while (table->odd[at])
            at = (at + 1) & table->odd_mask;
        table->odd[at] = key;
    }
}

static struct node_set *share_nodes(const struct fleet *fleet)
{
    struct arena *arena = arena_new(fleet->node_count * 200 + 64);
    struct node_set *set = arena_alloc(arena, 1, sizeof *set);

    set->arena = arena;
    set->refs = 1;
    set->count = fleet->node_count;
    set->nodes = arena_alloc(arena, set->count, sizeof *set->nodes);
    for (size_t i = 0; i < set->count; i++) {
        struct node node = fleet->nodes[i];
        node.cluster = arena_strdup(arena, node.cluster);
        node.id = arena_strdup(arena, node.id);
        node.name = arena_strdup(arena, node.name);
        node.note = arena_strdup(arena, node.note);
        set->nodes[i] = node;
    }
    fill_table(&set->table, set);
    return set;
}

const struct snapshot *fleet_snapshot(struct fleet *fleet)
{
    struct arena *arena =
        arena_new(fleet->service_count * sizeof(void *) + sizeof(struct picture) + 64);
    struct picture *picture = arena_alloc(arena, 1, sizeof *picture);
    const struct service **services =
        arena_alloc(arena, fleet->service_count, sizeof(struct service *));

    if (!fleet->shared)
        fleet->shared = share_nodes(fleet);
    __atomic_add_fetch(&fleet->shared->refs, 1, __ATOMIC_RELAXED);
    for (size_t i = 0; i < fleet->service_count; i++)
        services[i] = service_ref(fleet->services[i]);
    picture->nodes = fleet->shared;
    picture->snapshot = (struct snapshot){
        .services = services,
        .service_count = fleet->service_count,
        .nodes = fleet->shared->nodes,
        .node_count = fleet->shared->count,
        .table = &fleet->shared->table,
        .arena = arena,
        .refs = 1,
    };
    return &picture->snapshot;
}

void snapshot_unref(const struct snapshot *snapshot)
{
    struct picture *picture = (struct picture *)(uintptr_t)snapshot;

    if (!picture || __atomic_sub_fetch(&picture->snapshot.refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    for (size_t i = 0; i < picture->snapshot.service_count; i++)
        service_unref(picture->snapshot.services[i]);
    unref_node_set(picture->nodes);
    arena_free(picture->snapshot.arena);
}

const struct service *snapshot_find_service(const struct snapshot *snapshot, const char *cluster,
                                            const char *id)
{
    bool found;
    size_t at = service_slot(snapshot->services, snapshot->service_count, cluster, id, &found);

    return found ? snapshot->services[at] : NULL;
}

const struct node *snapshot_find_node(const struct snapshot *snapshot, const char *cluster,
                                      const char *id)
{
    bool found;
    size_t at = node_slot(snapshot->nodes, snapshot->node_count, cluster, id, &found);

    return found ? &snapshot->nodes[at] : NULL;
}

const struct node *snapshot_find_placed(const struct snapshot *snapshot,
                                        const struct service *service,
                                        const struct placement *placement)
{
    const struct node_table *table = snapshot->table;
    uint64_t key = placement->node_key;

    if (!table || !key)
        return snapshot_find_node(snapshot, service->cluster, placement->node);
    for (size_t at = key & table->all_mask; table->all[at].key; at = (at + 1) & table->all_mask) {
        const struct node *node = &snapshot->nodes[table->all[at].at];

        if (table->all[at].key == key &&
            compare_key(node->cluster, node->id, service->cluster, placement->node) == 0)
            return node;
    }
    return NULL;
}

bool snapshot_may_be_odd(const struct snapshot *snapshot, const struct placement *placement)
{
    const struct node_table *table = snapshot->table;
    uint64_t key = placement->node_key;

    if (!table || !key)
        return true;
    for (size_t at = key & table->odd_mask; table->odd[at]; at = (at + 1) & table->odd_mask)
        if (table->odd[at] == key)
            return true;
    return false;
}
