/* book.c: names become numbers. See book.h; what is derived from them is in book_seal.c. */
#include "guard/book.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct book *book_new(void)
{
    struct book *book = xcalloc(1, sizeof *book);

    book->arena = arena_new(4096);
    return book;
}

static void names_free(struct names *names)
{
    free((void *)(uintptr_t)names->text);
}

void book_free(struct book *book)
{
    if (!book)
        return;
    for (size_t i = 0; i < book->service_count; i++) {
        free(book->services[i].versions);
        names_free(&book->services[i].elements);
    }
    for (size_t i = 0; i < book->store_count; i++)
        names_free(&book->stores[i].names);
    free(book->services);
    free(book->stores);
    free(book->cohorts);
    free(book->seats);
    free(book->launchers);
    free(book->usages);
    arena_free(book->arena);
    free(book);
}

uint32_t book_find_service(const struct book *book, const char *name)
{
    for (size_t i = 0; i < book->service_count; i++)
        if (strcmp(book->services[i].name, name) == 0)
            return (uint32_t)i;
    return BOOK_NONE;
}

uint32_t book_find_store(const struct book *book, const char *name)
{
    for (size_t i = 0; i < book->store_count; i++)
        if (strcmp(book->stores[i].name, name) == 0)
            return (uint32_t)i;
    return BOOK_NONE;
}

uint32_t book_find_cohort(const struct book *book, const char *name)
{
    for (size_t i = 0; i < book->cohort_count; i++)
        if (strcmp(book->cohorts[i].name, name) == 0)
            return (uint32_t)i;
    return BOOK_NONE;
}

uint32_t book_service(struct book *book, const char *name)
{
    uint32_t id = book_find_service(book, name);

    if (id != BOOK_NONE)
        return id;
    assert(!book->sealed);
    ARRAY_RESERVE(book->services, book->service_cap, book->service_count + 1);
    book->services[book->service_count].name = arena_strdup(book->arena, name);
    return (uint32_t)book->service_count++;
}

uint32_t book_store(struct book *book, const char *name)
{
    uint32_t id = book_find_store(book, name);

    if (id != BOOK_NONE)
        return id;
    assert(!book->sealed);
    ARRAY_RESERVE(book->stores, book->store_cap, book->store_count + 1);
    book->stores[book->store_count] =
        (struct book_store){.name = arena_strdup(book->arena, name), .owner = BOOK_NONE};
    return (uint32_t)book->store_count++;
}

uint32_t book_cohort(struct book *book, const char *name)
{
    uint32_t id = book_find_cohort(book, name);

    if (id != BOOK_NONE)
        return id;
    assert(!book->sealed);
    ARRAY_RESERVE(book->cohorts, book->cohort_cap, book->cohort_count + 1);
    book->cohorts[book->cohort_count] =
        (struct book_cohort){.name = arena_strdup(book->arena, name), .said = ""};
    return (uint32_t)book->cohort_count++;
}

uint32_t book_launcher(struct book *book, uint32_t service, const char *name)
{
    for (size_t i = 0; i < book->launcher_count; i++)
        if (book->launchers[i].service == service && strcmp(book->launchers[i].name, name) == 0)
            return (uint32_t)i;
    assert(!book->sealed);
    ARRAY_RESERVE(book->launchers, book->launcher_cap, book->launcher_count + 1);
    book->launchers[book->launcher_count] =
        (struct book_launcher){service, arena_strdup(book->arena, name)};
    return (uint32_t)book->launcher_count++;
}

void book_seat(struct book *book, uint32_t service, const char *node)
{
    assert(!book->sealed);
    ARRAY_RESERVE(book->seats, book->seat_cap, book->seat_count + 1);
    book->seats[book->seat_count++] = (struct seat){service, arena_strdup(book->arena, node)};
}

bool book_version(struct book *book, uint32_t service, const char *name, unsigned *out,
                  struct err *err)
{
    struct book_service *at = &book->services[service];

    if (strcmp(name, "?") == 0) {
        *out = VERSION_NOT_KNOWN;
        return true;
    }
    for (size_t i = 0; i < at->version_count; i++)
        if (strcmp(at->versions[i].name, name) == 0) {
            *out = (unsigned)i;
            return true;
        }
    if (at->version_count == VERSIONS_MAX)
        return err_set(err, ERR_LIMIT, "service %s: more than %d versions at once", at->name,
                       VERSIONS_MAX);
    assert(!book->sealed);
    ARRAY_RESERVE(at->versions, at->version_cap, at->version_count + 1);
    at->versions[at->version_count] = (struct book_version){
        .name = arena_strdup(book->arena, name), .artifact = true, .digest = ""};
    *out = (unsigned)at->version_count++;
    return true;
}

static bool names_id(struct book *book, struct names *names, const char *name, unsigned *out)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->text[i], name) == 0) {
            *out = (unsigned)i;
            return true;
        }
    if (names->count == SET_MAX)
        return false;
    assert(!book->sealed);
    ARRAY_RESERVE(names->text, names->cap, names->count + 1);
    names->text[names->count] = arena_strdup(book->arena, name);
    *out = (unsigned)names->count++;
    return true;
}

bool book_format(struct book *book, uint32_t store, const char *name, unsigned *out,
                 struct err *err)
{
    return names_id(book, &book->stores[store].names, name, out) ||
           err_set(err, ERR_LIMIT, "store %s: more than %d formats and elements",
                   book->stores[store].name, SET_MAX);
}

bool book_element(struct book *book, uint32_t service, const char *name, unsigned *out,
                  struct err *err)
{
    return names_id(book, &book->services[service].elements, name, out) ||
           err_set(err, ERR_LIMIT, "service %s: more than %d API elements",
                   book->services[service].name, SET_MAX);
}

typedef bool name_fn(struct book *book, uint32_t of, const char *name, unsigned *out,
                     struct err *err);

static bool intern_set(struct book *book, uint32_t of, const char *const *names, size_t count,
                       name_fn *intern, struct set *out, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        unsigned id;

        if (!intern(book, of, names[i], &id, err))
            return false;
        set_add(out, id);
    }
    return true;
}

/* Uses of stores, or of services when `intern` is book_element. */
static bool intern_uses(struct book *book, const struct contract_uses *from, name_fn *intern,
                        struct uses *out, struct err *err)
{
    out->use = arena_alloc(book->arena, from->count + 1, sizeof *out->use);
    for (size_t i = 0; i < from->count; i++) {
        const struct contract_use *use = &from->use[i];
        uint32_t of =
            intern == book_element ? book_service(book, use->of) : book_store(book, use->of);

        out->use[i].of = of;
        if (!intern_set(book, of, use->names, use->count, intern, &out->use[i].names, err))
            return false;
    }
    out->count = from->count;
    return true;
}

bool book_declare(struct book *book, const struct contract *contract, struct err *err)
{
    uint32_t service = book_service(book, contract->service);
    struct book_version new = {.declared = true, .artifact = contract->artifact};
    unsigned version, before;

    if (!book_version(book, service, contract->version, &version, err))
        return false;
    for (size_t i = 0; i < contract->follows_count; i++) {
        if (!book_version(book, service, contract->follows[i], &before, err))
            return false;
        if (before != VERSION_NOT_KNOWN)
            new.follows |= VERSION_BIT(before);
    }
    if (version == VERSION_NOT_KNOWN)
        return err_set(err, ERR_CONFIG, "service %s: '?' cannot be the name of a version",
                       contract->service);
    new.name = book->services[service].versions[version].name;
    new.digest = arena_strdup(book->arena, contract->digest);
    new.change = contract->change;
    if (!intern_uses(book, &contract->reads, book_format, &new.reads, err) ||
        !intern_uses(book, &contract->writes, book_format, &new.writes, err) ||
        !intern_uses(book, &contract->needs, book_format, &new.needs, err) ||
        !intern_uses(book, &contract->requires, book_element, &new.requires, err) ||
        !intern_set(book, service, contract->provides, contract->provides_count, book_element,
                    &new.provides, err))
        return false;
    /* Interning may have moved the array of services. */
    book->services[service].known = true;
    book->services[service].versions[version] = new;
    return true;
}

static bool requires_already(const struct book *book, uint32_t cohort, uint32_t service, unsigned e)
{
    for (size_t i = 0; i < book->usage_count; i++)
        if (book->usages[i].cohort == cohort && book->usages[i].service == service &&
            book->usages[i].element == e)
            return true;
    return false;
}

bool book_require(struct book *book, uint32_t cohort, const struct contract_uses *requires,
                  struct err *err)
{
    struct uses uses;

    if (!intern_uses(book, requires, book_element, &uses, err))
        return false;
    for (size_t i = 0; i < uses.count; i++)
        for (unsigned e = 0; e < SET_MAX; e++)
            if (set_has(&uses.use[i].names, e) &&
                !requires_already(book, cohort, uses.use[i].of, e)) {
                ARRAY_RESERVE(book->usages, book->usage_cap, book->usage_count + 1);
                book->usages[book->usage_count++] =
                    (struct book_usage){cohort, uses.use[i].of, e, ""};
            }
    return true;
}

const struct set *uses_of(const struct uses *uses, uint32_t of)
{
    for (size_t i = 0; i < uses->count; i++)
        if (uses->use[i].of == of)
            return &uses->use[i].names;
    return NULL;
}

const char *book_version_name(const struct book *book, uint32_t service, unsigned version)
{
    if (version == VERSION_NOT_KNOWN)
        return "?";
    return book->services[service].versions[version].name;
}

const char *book_list(const struct names *names, const struct set *set, struct arena *arena)
{
    enum { SHOWN = 4 };
    const char *text = NULL;
    size_t count = 0;

    for (size_t i = 0; i < names->count; i++) {
        if (!set_has(set, (unsigned)i))
            continue;
        if (count < SHOWN)
            text = text ? arena_printf(arena, "%s, %s", text, names->text[i]) : names->text[i];
        count++;
    }
    if (count > SHOWN)
        text = arena_printf(arena, "%s and %zu more", text, count - SHOWN);
    return text ? text : "";
}
