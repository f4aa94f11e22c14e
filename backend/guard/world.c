/* world.c: the block, and what is derived from it. See world.h. */
#include "guard/world.h"

#include "base/hash.h"
#include "guard/verdict.h"

#include <stdlib.h>
#include <string.h>

const char *const seat_state_word[SEAT_STATE_COUNT] = {
    [SEAT_ABSENT] = "absent",   [SEAT_REPORTING] = "reporting", [SEAT_SILENT] = "silent",
    [SEAT_RETIRED] = "retired", [SEAT_FENCED] = "fenced",
};

const char *const cert_word[CERT_STAGE_COUNT] = {
    [CERT_NONE] = "not rehearsed", [CERT_CANARIED] = "canaried",   [CERT_BAKED] = "baked",
    [CERT_ROLLED] = "rolled back", [CERT_CERTIFIED] = "certified", [CERT_RELEASED] = "released",
    [CERT_STABLE] = "stable",
};

struct policy policy_strict(void)
{
    return (struct policy){.rules = (1u << RULE_COUNT) - 1, .coupling = COUPLING_COMPONENT};
}

/* Lays the arrays out one behind the other; all are made of 64-bit words. */
static size_t lay_out(struct world *world, char *block)
{
    const struct book *book = world->book;
    size_t at = 0;

#define LAY(member, count)                                                                         \
    do {                                                                                           \
        if (block)                                                                                 \
            world->member = (void *)(block + at);                                                  \
        at += (count) * sizeof *world->member;                                                     \
    } while (0)
    LAY(services, book->service_count);
    LAY(certs, book->cert_count);
    LAY(stores, book->store_count);
    LAY(seats, book->seat_count);
    LAY(launchers, book->launcher_count);
    LAY(usages, book->usage_count);
    LAY(ended, book->cohort_count);
    LAY(applied, 1);
#undef LAY
    return at;
}

void world_init(struct world *world, const struct book *book, struct policy policy)
{
    *world = (struct world){.book = book, .policy = policy};
    world->block_size = lay_out(world, NULL);
    world->block = xcalloc(1, world->block_size);
    lay_out(world, world->block);
    for (size_t i = 0; i < book->service_count; i++)
        world->services[i].changing = NOT_CHANGING;
    for (size_t i = 0; i < book->launcher_count; i++)
        world->launchers[i] = NO_VERSION;
}

void world_release(struct world *world)
{
    free(world->block);
    *world = (struct world){0};
}

void world_copy(struct world *to, const struct world *from)
{
    memcpy(to->block, from->block, from->block_size);
}

versions_t seat_poss(const struct seat_now *seat)
{
    if (seat->state == SEAT_ABSENT || seat->state == SEAT_FENCED)
        return 0;
    return seat->runs | seat->queued;
}

bool seat_reports(const struct seat_now *seat)
{
    return seat->state == SEAT_REPORTING;
}

struct cert *world_cert(const struct world *world, uint32_t service, unsigned version)
{
    return &world->certs[world->book->services[service].first_cert + version];
}

const struct book_version *world_version(const struct world *world, uint32_t service,
                                         unsigned version)
{
    return version == VERSION_NOT_KNOWN ? NULL : &world->book->services[service].versions[version];
}

bool world_adjacent(const struct world *world, uint32_t service, unsigned u, unsigned v)
{
    const struct book_version *versions = world->book->services[service].versions;

    if (u == VERSION_NOT_KNOWN || v == VERSION_NOT_KNOWN)
        return false;
    return u == v || versions[u].follows & VERSION_BIT(v) || versions[v].follows & VERSION_BIT(u);
}

void world_coupled(const struct world *world, uint32_t service, coupled_fn *fn, void *arg)
{
    const struct book *book = world->book;
    const uint32_t *ids = book->services[service].neighbours;
    size_t count = book->services[service].neighbour_count;

    if (world->policy.coupling == COUPLING_COMPONENT)
        ids = book_component(book, service, &count);
    else if (world->policy.coupling == COUPLING_FLEET)
        count = book->service_count;
    for (size_t i = 0; i < count; i++) {
        uint32_t other = world->policy.coupling == COUPLING_FLEET ? (uint32_t)i : ids[i];

        if (other != service && !fn(arg, other))
            return;
    }
}

/* What `version` writes may be at rest from now on. */
static void grow_may(struct world *world, const struct book_version *version)
{
    for (size_t i = 0; i < version->writes.count; i++)
        set_join(&world->stores[version->writes.use[i].of].may, &version->writes.use[i].names);
}

void world_settle(struct world *world, uint32_t service)
{
    const struct book_service *at = &world->book->services[service];
    versions_t live = 0;
    unsigned v;

    for (uint32_t i = 0; i < at->seat_count; i++)
        live |= seat_poss(&world->seats[at->first_seat + i]);
    for (size_t i = 0; i < at->launcher_count; i++)
        if (world->launchers[at->launchers[i]] != NO_VERSION)
            live |= VERSION_BIT(world->launchers[at->launchers[i]]);
    world->services[service].live = live;
    for (versions_t rest = live & ~VERSION_BIT(VERSION_NOT_KNOWN); versions_next(&rest, &v);)
        grow_may(world, &at->versions[v]);
}

void world_begin(struct world *world)
{
    for (uint32_t s = 0; s < world->book->service_count; s++) {
        world_settle(world, s);
        versions_t live = world->services[s].live;
        if (versions_count(live) == 1 && live != VERSION_BIT(VERSION_NOT_KNOWN))
            world_cert(world, s, versions_first(live))->stage = CERT_STABLE;
    }
}

struct basis {
    const struct world *world;
    uint64_t hash;
};

static bool basis_of_neighbour(void *arg, uint32_t service)
{
    struct basis *basis = arg;
    struct {
        uint64_t service;
        versions_t live;
    } row = {service, basis->world->services[service].live};

    basis->hash = hash_mix(basis->hash, &row, sizeof row);
    return true;
}

uint64_t world_basis(const struct world *world, uint32_t service, unsigned version)
{
    const struct book_service *at = &world->book->services[service];
    const struct book_version *book_version = &at->versions[version];
    const struct cert *cert = world_cert(world, service, version);
    struct basis basis = {world, HASH_SEED};
    versions_t others = (world->services[service].live | cert->from) & ~VERSION_BIT(version);

    basis.hash = hash_mix(basis.hash, &others, sizeof others);
    world_coupled(world, service, basis_of_neighbour, &basis);
    for (size_t i = 0; i < at->store_count; i++) {
        struct set may = world->stores[at->stores[i]].may;
        const struct set *writes = uses_of(&book_version->writes, at->stores[i]);

        if (writes)
            set_join(&may, writes);
        basis.hash = hash_mix(basis.hash, &may, sizeof may);
    }
    return basis.hash;
}

static bool void_certs(void *arg, uint32_t service)
{
    struct world *world = arg;

    for (unsigned v = 0; v < world->book->services[service].version_count; v++) {
        struct cert *cert = world_cert(world, service, v);

        if (cert->stage == CERT_NONE || cert->stage >= CERT_RELEASED ||
            cert->basis == world_basis(world, service, v))
            continue;
        *cert = (struct cert){0};
    }
    return true;
}

void world_void_certs(struct world *world, uint32_t service)
{
    void_certs(world, service);
    world_coupled(world, service, void_certs, world);
}

static bool reads_all(const struct world *world, uint32_t store, const struct book_version *version,
                      const struct book_version *extra)
{
    for (size_t i = 0; i < version->reads.count; i++) {
        const struct use *use = &version->reads.use[i];

        if (store != BOOK_NONE && use->of != store)
            continue;
        struct set may = world->stores[use->of].may;
        const struct set *more = extra ? uses_of(&extra->writes, use->of) : NULL;

        if (more)
            set_join(&may, more);
        if (!set_within(&may, &use->names))
            return false;
    }
    return true;
}

unsigned world_floor(const struct world *world, uint32_t service, const struct book_version *extra)
{
    return world_floor_of(world, service, BOOK_NONE, extra);
}

versions_t world_came_before(const struct book_service *service, versions_t live)
{
    versions_t seen = live & ~VERSION_BIT(VERSION_NOT_KNOWN), wave = seen;
    unsigned v;

    while (wave) {
        versions_t next = 0;

        while (versions_next(&wave, &v))
            next |= service->versions[v].follows;
        wave = next & ~seen;
        seen |= next;
    }
    return seen;
}

unsigned world_floor_of(const struct world *world, uint32_t service, uint32_t store,
                        const struct book_version *extra)
{
    const struct book_service *at = &world->book->services[service];
    versions_t all = world_came_before(at, world->services[service].live), able = 0;
    unsigned v;

    for (versions_t rest = all; versions_next(&rest, &v);)
        if (reads_all(world, store, &at->versions[v], extra))
            able |= VERSION_BIT(v);
    for (versions_t rest = able; versions_next(&rest, &v);)
        if (!(world_came_before(at, VERSION_BIT(v)) & able & ~VERSION_BIT(v)))
            return v;
    return VERSION_NOT_KNOWN;
}
