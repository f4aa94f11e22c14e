/* bind_locks.c: what a release shares with others, by the names of contracts: what two operators
 * must not both begin to change. */
#include "guard/bind_private.h"

#include <stdio.h>
#include <string.h>

struct naming {
    const struct book *book;
    uint32_t service;
    struct bind_shared *out;
    size_t count, max;
};

static void add(struct naming *n, const char *kind, const char *name, bool exclusive)
{
    if (n->count < n->max) {
        struct bind_shared *shared = &n->out[n->count];

        shared->exclusive = exclusive;
        snprintf(shared->name, sizeof shared->name, "%s.%s", kind, name);
        for (size_t i = 0; i < n->count; i++)
            if (strcmp(n->out[i].name, shared->name) == 0) {
                n->out[i].exclusive |= exclusive;
                return;
            }
    }
    n->count++;
}

static bool calls(const struct book *book, uint32_t caller, uint32_t provider)
{
    const struct book_service *at = &book->services[caller];

    for (size_t v = 0; v < at->version_count; v++)
        if (uses_of(&at->versions[v].requires, provider))
            return true;
    return false;
}

static void name_neighbours(struct naming *n)
{
    const struct book_service *at = &n->book->services[n->service];

    for (size_t i = 0; i < at->store_count; i++)
        if (n->book->stores[at->stores[i]].user_count > 1)
            add(n, "store", n->book->stores[at->stores[i]].name, true);
    for (size_t i = 0; i < at->neighbour_count; i++) {
        uint32_t other = at->neighbours[i];

        if (calls(n->book, n->service, other))
            add(n, "service", n->book->services[other].name, false);
        if (calls(n->book, other, n->service))
            add(n, "service", at->name, true);
    }
}

/* The whole component under one name, which everybody in it finds. */
static void name_component(struct naming *n)
{
    size_t count;
    const uint32_t *ids = book_component(n->book, n->service, &count);
    const char *first = n->book->services[n->service].name;

    for (size_t i = 0; i < count; i++)
        if (strcmp(n->book->services[ids[i]].name, first) < 0)
            first = n->book->services[ids[i]].name;
    if (count > 1)
        add(n, "component", first, true);
}

static const struct book_version *find(const struct book_service *at, const char *version)
{
    for (size_t v = 0; v < at->version_count; v++)
        if (strcmp(at->versions[v].name, version) == 0)
            return &at->versions[v];
    return NULL;
}

size_t bind_shares(struct bind *bind, const struct snapshot *snapshot,
                   const struct service *service, const struct release *release, const char *from,
                   const char *to, struct bind_shared *out, size_t max)
{
    struct bound bound = bind_world(bind, snapshot, service, release, to);

    if (!bound.world || policy_level(bind_policy(bind), service->name, bound.declared, RULE_R2,
                                     FROM_SIGHT) == LEVEL_OBSERVE)
        return 0;
    const struct book_service *at = &bound.world->book->services[bound.service];
    const struct book_version *before = find(at, from), *after = find(at, to);
    if (before && after && bind_locks_nobody(before, after))
        return 0;
    struct naming n = {bound.world->book, bound.service, out, 0, max};
    switch (bind_policy(bind)->coupling) {
    case COUPLING_NEIGHBOURS:
        name_neighbours(&n);
        break;
    case COUPLING_COMPONENT:
        name_component(&n);
        break;
    case COUPLING_FLEET:
        add(&n, "fleet", "all", true);
        break;
    }
    return n.count;
}
