/* floor.c: see floor.h. */
#include "guard/floor.h"

#include "guard/bind.h"

#include <string.h>

struct asking {
    const struct world *world;
    uint32_t service;
    const struct book_version *next; /* NULL: the next key moves nothing */
};

static const char *name_of(const struct asking *a, unsigned version, struct arena *arena)
{
    return arena_strdup(arena, book_version_name(a->world->book, a->service, version));
}

static const char *floor_of(const struct asking *a, uint32_t store, bool after, struct arena *arena)
{
    return name_of(a, world_floor_of(a->world, a->service, store, after ? a->next : NULL), arena);
}

static bool reads(const struct asking *a, uint32_t store)
{
    const struct book_service *service = &a->world->book->services[a->service];

    for (size_t v = 0; v < service->version_count; v++)
        if (uses_of(&service->versions[v].reads, store))
            return true;
    return false;
}

/* What was declared for the time after what runs, when that is one version. */
static unsigned only_successor(const struct asking *a)
{
    const struct book_service *service = &a->world->book->services[a->service];
    versions_t live = a->world->services[a->service].live, next = 0;
    versions_t before = world_came_before(service, live);

    for (unsigned v = 0; v < service->version_count; v++)
        if (service->versions[v].declared && service->versions[v].follows & live)
            next |= VERSION_BIT(v) & ~before;
    return versions_count(next) == 1 ? versions_first(next) : VERSION_NOT_KNOWN;
}

void guard_floor(const struct guard_input *in, const char *next, struct arena *arena,
                 struct floor_view *out)
{
    struct bound bound = {.world = NULL};
    struct err err = {0};
    unsigned id;

    *out = (struct floor_view){.now = "", .after = "", .next = ""};
    if (in->bind)
        bound = bind_world(in->bind, in->snapshot, in->service, in->release, next);
    if (!bound.world)
        return;
    struct asking a = {bound.world, bound.service, NULL};
    /* It has a number there already: nothing is added to the book. */
    struct book *book = (struct book *)(uintptr_t)bound.world->book;
    if (!next[0])
        id = only_successor(&a);
    else if (!book_version(book, bound.service, next, &id, &err))
        id = VERSION_NOT_KNOWN;
    a.next = world_version(a.world, a.service, id);
    const struct book_service *service = &book->services[bound.service];
    struct floor_store *stores = arena_alloc(arena, service->store_count + 1, sizeof *stores);
    for (size_t i = 0; i < service->store_count; i++) {
        uint32_t store = service->stores[i];

        if (!reads(&a, store))
            continue;
        stores[out->store_count++] = (struct floor_store){
            .store = arena_strdup(arena, book->stores[store].name),
            .may = book_list(&book->stores[store].names, &a.world->stores[store].may, arena),
            .now = floor_of(&a, store, false, arena),
            .after = floor_of(&a, store, true, arena),
        };
    }
    out->stores = stores;
    if (!out->store_count)
        return;
    out->next = a.next ? name_of(&a, id, arena) : "";
    out->now = floor_of(&a, BOOK_NONE, false, arena);
    out->after = floor_of(&a, BOOK_NONE, true, arena);
}
