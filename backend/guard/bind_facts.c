/* bind_facts.c: which of the things that somebody said concern which component, so that making its
 * world does not walk over what was said about all the others. */
#include "guard/bind_private.h"

#include <string.h>

/* Calls for every part that a fact concerns; a fact that no contract and no owner names concerns
 * none. */
typedef void near_fn(struct near_facts *near, const void *fact);

static void count_store(struct near_facts *near, const void *fact)
{
    (void)fact;
    near->store_count++;
}

static void add_store(struct near_facts *near, const void *fact)
{
    near->stores[near->store_count++] = fact;
}

static void count_client(struct near_facts *near, const void *fact)
{
    (void)fact;
    near->client_count++;
}

static void add_client(struct near_facts *near, const void *fact)
{
    if (!near->client_count || near->clients[near->client_count - 1] != fact)
        near->clients[near->client_count++] = fact;
}

static struct near_facts *near_of(struct bind *bind, uint32_t at)
{
    return &bind->near[bind_part_of(bind, at) - bind->parts];
}

static void each_fact(struct bind *bind, near_fn *store_fn, near_fn *client_fn)
{
    const struct book *book = bind->book;

    for (size_t f = 0; f < FACTS_SOURCE_COUNT; f++) {
        const struct facts *facts = bind->facts[f];

        for (size_t i = 0; facts && i < facts->store_count; i++) {
            uint32_t store = book_find_store(book, facts->stores[i].name);
            if (store != BOOK_NONE)
                store_fn(near_of(bind, book->stores[store].users[0]), &facts->stores[i]);
        }
        for (size_t i = 0; facts && i < facts->client_count; i++)
            for (size_t k = 0; k < facts->clients[i].requires.count; k++) {
                uint32_t at = book_find_service(book, facts->clients[i].requires.use[k].of);
                if (at != BOOK_NONE)
                    client_fn(near_of(bind, at), &facts->clients[i]);
            }
    }
}

const struct said *bind_attestation(const struct bind *bind, const char *store, const char *format)
{
    for (size_t f = 0; f < FACTS_SOURCE_COUNT; f++)
        for (size_t i = 0; bind->facts[f] && i < bind->facts[f]->store_count; i++) {
            const struct store_fact *fact = &bind->facts[f]->stores[i];
            for (size_t k = 0; strcmp(fact->name, store) == 0 && k < fact->gone_count; k++)
                if (strcmp(fact->gone[k].format, format) == 0)
                    return &fact->gone[k].said;
        }
    return NULL;
}

static void add_requirement(json_t *requires, const char *service, const char *element)
{
    json_t *names = json_object_get(requires, service), *name;
    size_t i;

    if (!names) {
        names = json_array();
        json_object_set_new(requires, service, names);
    }
    json_array_foreach(names, i, name) if (strcmp(json_raw(name), element) == 0) return;
    json_array_append_new(names, json_string(element));
}

/* True when `element` is among it. */
static bool add_requirements(json_t *requires, const struct contract_uses *uses,
                             const char *element)
{
    bool found = false;

    for (size_t i = 0; i < uses->count; i++)
        for (size_t k = 0; k < uses->use[i].count; k++) {
            add_requirement(requires, uses->use[i].of, uses->use[i].names[k]);
            found = found || (element && strcmp(uses->use[i].names[k], element) == 0);
        }
    return found;
}

/* True when there is one. */
static bool add_providers(const struct bind *bind, json_t *requires, const char *element)
{
    bool found = false;

    for (size_t i = 0; i < bind->contract_count; i++)
        for (size_t k = 0; k < bind->contracts[i]->provides_count; k++)
            if (strcmp(bind->contracts[i]->provides[k], element) == 0) {
                add_requirement(requires, bind->contracts[i]->service, element);
                found = true;
            }
    return found;
}

json_t *bind_client_requires(struct bind *bind, const char *clients, const char *element,
                             const char **why)
{
    json_t *requires = json_object();
    bool found = false;

    bind_index(bind);
    for (size_t f = 0; f < FACTS_SOURCE_COUNT; f++)
        for (size_t i = 0; bind->facts[f] && i < bind->facts[f]->client_count; i++)
            if (strcmp(bind->facts[f]->clients[i].name, clients) == 0)
                found |= add_requirements(requires, &bind->facts[f]->clients[i].requires, element);
    if (element && !found)
        found = add_providers(bind, requires, element);
    *why = "";
    if (element && !found)
        *why = "no contract provides that element, and nothing says that these clients call it";
    else if (json_object_size(requires) == 0)
        *why = "no clients are called that: the settings name them, or --usage does";
    if (!(*why)[0])
    return requires;
    json_decref(requires);
    return NULL;
}

void bind_place_facts(struct bind *bind)
{
    bind->near = arena_alloc(bind->arena, bind->part_count + 1, sizeof *bind->near);
    each_fact(bind, count_store, count_client);
    for (size_t i = 0; i < bind->part_count; i++) {
        struct near_facts *near = &bind->near[i];

        near->stores = arena_alloc(bind->arena, near->store_count + 1, sizeof *near->stores);
        near->clients = arena_alloc(bind->arena, near->client_count + 1, sizeof *near->clients);
        near->store_count = near->client_count = 0;
    }
    each_fact(bind, add_store, add_client);
}
