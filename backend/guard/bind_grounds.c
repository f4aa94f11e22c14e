/* bind_grounds.c: what a certificate rests on outside of its own service. */
#include "guard/bind_private.h"

#include "base/hash.h"

#include <string.h>

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return hash_mix(hash, text, strlen(text) + 1);
}

struct summing {
    const struct world *world;
    uint64_t sum;
};

/* Services and versions are sets: the order of observations means nothing. */
static bool add_neighbour(void *arg, uint32_t service)
{
    struct summing *summing = arg;
    const struct book *book = summing->world->book;
    uint64_t seed = mix_text(HASH_SEED, book->services[service].name);
    versions_t rest = summing->world->services[service].live;
    unsigned v;

    while (versions_next(&rest, &v))
        summing->sum += hash_scatter(mix_text(seed, book_version_name(book, service, v)));
    return true;
}

static uint64_t at_rest(const struct world *world, uint32_t service, unsigned version)
{
    const struct book_service *at = &world->book->services[service];
    const struct book_version *known = world_version(world, service, version);
    uint64_t sum = 0;

    for (size_t i = 0; i < at->store_count; i++) {
        const struct book_store *store = &world->book->stores[at->stores[i]];
        const struct set *writes = known ? uses_of(&known->writes, at->stores[i]) : NULL;
        struct set may = world->stores[at->stores[i]].may;
        uint64_t seed = mix_text(HASH_SEED, store->name);

        if (writes)
            set_join(&may, writes);
        for (unsigned f = 0; f < store->names.count; f++)
            if (set_has(&may, f))
                sum += hash_scatter(mix_text(seed, store->names.text[f]));
    }
    return sum;
}

struct grounds bind_grounds(struct bind *bind, const struct snapshot *snapshot,
                            const struct service *service, const struct release *release,
                            const char *version)
{
    struct bound bound = bind_world(bind, snapshot, service, release, version);
    struct summing summing = {.world = bound.world, .sum = HASH_SEED};
    struct err err = {0};
    unsigned id;

    if (!bound.world)
        return (struct grounds){0, 0};
    /* It has a number there already: nothing is added to the book. */
    struct book *book = (struct book *)(uintptr_t)bound.world->book;
    if (!version[0] || !book_version(book, bound.service, version, &id, &err))
        id = VERSION_NOT_KNOWN;
    world_coupled(bound.world, bound.service, add_neighbour, &summing);
    return (struct grounds){summing.sum, HASH_SEED + at_rest(bound.world, bound.service, id)};
}
