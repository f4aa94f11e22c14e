/* bind_index.c: who is coupled to whom, over every contract that is known of one cluster.
 *
 * What contradicts itself is not used: its service says why, and is judged as not known. */
#include "guard/bind_private.h"

#include <stdlib.h>
#include <string.h>

void bind_unindex(struct bind *bind)
{
    for (size_t i = 0; i < bind->part_count; i++)
        bind_drop_part(&bind->parts[i]);
    free(bind->parts);
    book_free(bind->book);
    arena_free(bind->arena);
    bind->parts = NULL;
    bind->part_count = bind->contract_count = 0;
    bind->book = NULL;
    bind->arena = NULL;
    bind->member_of = NULL;
    bind->indexed = false;
}

/* A contract of a service that cannot be used; it is said where the service is judged. */
struct conflict {
    const char *service, *why;
};

struct indexing {
    struct bind *bind;
    struct conflict *conflicts;
    size_t count, cap;
};

static void conflict(struct indexing *work, const char *service, const char *why)
{
    ARRAY_RESERVE(work->conflicts, work->cap, work->count + 1);
    work->conflicts[work->count++] =
        (struct conflict){service, arena_strdup(work->bind->arena, why)};
}

static const char *place_of(const struct contract *contract)
{
    return contract->version_place ? contract->version_place : "what a workload carries";
}

static void take_contract(struct indexing *work, const struct contract *contract)
{
    struct bind *bind = work->bind;

    for (size_t i = 0; i < bind->contract_count; i++) {
        const struct contract *known = bind->contracts[i];

        if (strcmp(known->service, contract->service) != 0 ||
            strcmp(known->version, contract->version) != 0)
            continue;
        if (contract_digest(known) != contract_digest(contract))
            conflict(work, contract->service,
                     arena_printf(bind->arena,
                                  "version %s of %s has two contracts that differ: %s, %s",
                                  contract->version, contract->service, place_of(known),
                                  place_of(contract)));
        return;
    }
    ARRAY_RESERVE(bind->contracts, bind->contract_cap, bind->contract_count + 1);
    bind->contracts[bind->contract_count++] = contract;
}

/* Whoever declares the version today knows better. */
static void take_archived(struct indexing *work, const struct contract *contract)
{
    for (size_t i = 0; i < work->bind->contract_count; i++)
        if (strcmp(work->bind->contracts[i]->service, contract->service) == 0 &&
            strcmp(work->bind->contracts[i]->version, contract->version) == 0)
            return;
    take_contract(work, contract);
}

static int by_service(const void *a, const void *b)
{
    const struct contract *x = *(const struct contract *const *)a;
    const struct contract *y = *(const struct contract *const *)b;
    int by = strcmp(x->service, y->service);

    return by ? by : strcmp(x->version, y->version);
}

/* The contracts of one service after the other: circles, and what does not fit. */
static void declare_all(struct indexing *work)
{
    struct bind *bind = work->bind;
    struct contract *same = arena_alloc(bind->arena, bind->contract_count + 1, sizeof *same);

    if (bind->contract_count)
        qsort(bind->contracts, bind->contract_count, sizeof *bind->contracts, by_service);
    for (size_t i = 0, end; i < bind->contract_count; i = end) {
        struct err err = {0};

        for (end = i; end < bind->contract_count &&
                      strcmp(bind->contracts[i]->service, bind->contracts[end]->service) == 0;
             end++)
            same[end - i] = *bind->contracts[end];
        /* What cannot be used is declared all the same: it says who is coupled to whom. */
        bool ok = contract_check_together(same, end - i, "contracts", &err);
        for (size_t k = 0; k < end - i; k++) {
            struct err more = {0};
            if (book_declare(bind->book, &same[k], &more) || !ok)
                continue;
            ok = false;
            err = more;
        }
        if (!ok)
            conflict(work, bind->contracts[i]->service, err.text);
    }
}

static void name_owners(struct bind *bind)
{
    for (size_t f = 0; f < FACTS_SOURCE_COUNT; f++)
        for (size_t i = 0; bind->facts[f] && i < bind->facts[f]->store_count; i++) {
            const struct store_fact *store = &bind->facts[f]->stores[i];

            if (!store->owner[0])
                continue;
            uint32_t id = book_store(bind->book, store->name);
            uint32_t owner = book_service(bind->book, store->owner);
            bind->book->stores[id].owner = owner;
        }
}

static void place_members(struct indexing *work)
{
    struct bind *bind = work->bind;

    bind->member_of =
        arena_alloc(bind->arena, bind->book->service_count + 1, sizeof *bind->member_of);
    for (size_t i = 0; i < bind->member_count; i++) {
        struct member *member = bind->members[i];

        member->trouble = "";
        member->at = member->service ? book_find_service(bind->book, member->name) : BOOK_NONE;
        if (member->at == BOOK_NONE)
            continue;
        struct member *other = bind->member_of[member->at];
        if (other)
            other->trouble = member->trouble =
                arena_printf(bind->arena, "%s and %s are both called %s in contracts",
                             other->service->name, member->service->name, member->name);
        else
            bind->member_of[member->at] = member;
        for (size_t k = 0; k < work->count; k++)
            if (strcmp(work->conflicts[k].service, member->name) == 0)
                member->trouble = work->conflicts[k].why;
    }
}

void bind_index(struct bind *bind)
{
    struct indexing work = {.bind = bind};

    if (bind->indexed)
        return;
    bind->indexed = true;
    bind->arena = arena_new(1024);
    bind->book = book_new();
    for (size_t i = 0; i < bind->member_count; i++)
        for (size_t k = 0; k < bind->members[i]->contract_count; k++)
            take_contract(&work, &bind->members[i]->contracts[k]);
    for (size_t f = 0; f < FACTS_SOURCE_COUNT; f++)
        for (size_t i = 0; bind->facts[f] && i < bind->facts[f]->contract_count; i++)
            take_contract(&work, &bind->facts[f]->contracts[i]);
    for (size_t i = 0; i < bind->member_count; i++)
        for (size_t k = 0; k < bind->members[i]->archived_count; k++)
            take_archived(&work, &bind->members[i]->archived[k]);
    declare_all(&work);
    name_owners(bind);
    book_seal(bind->book);
    place_members(&work);
    bind->everybody =
        arena_alloc(bind->arena, bind->book->service_count + 1, sizeof *bind->everybody);
    for (uint32_t i = 0; i < bind->book->service_count; i++)
        bind->everybody[i] = i;
    bind->part_count = bind->book->service_count;
    bind->parts = xcalloc(bind->part_count + 1, sizeof *bind->parts);
    bind_place_facts(bind);
    free(work.conflicts);
}

const uint32_t *bind_component(const struct bind *bind, uint32_t at, size_t *count)
{
    if (bind_policy(bind)->coupling != COUPLING_FLEET)
        return book_component(bind->book, at, count);
    *count = bind->book->service_count;
    return bind->everybody;
}

struct part *bind_part_of(const struct bind *bind, uint32_t at)
{
    bool fleet = bind_policy(bind)->coupling == COUPLING_FLEET;

    return &bind->parts[fleet ? 0 : bind->book->services[at].component];
}

const struct contract *const *bind_contracts_of(const struct bind *bind, const char *service,
                                                size_t *count)
{
    size_t low = 0, high = bind->contract_count, end;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (strcmp(bind->contracts[mid]->service, service) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    for (end = low; end < bind->contract_count; end++)
        if (strcmp(bind->contracts[end]->service, service) != 0)
            break;
    *count = end - low;
    return *count ? bind->contracts + low : NULL;
}
