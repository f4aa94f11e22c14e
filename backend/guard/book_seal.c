/* book_seal.c: what follows from the declared names: who is coupled to whom, and where each
 * service's seats and certificates lie. Over all declared versions, live or not. */
#include "guard/book.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int by_service_then_node(const void *a, const void *b)
{
    const struct seat *x = a, *y = b;

    if (x->service != y->service)
        return x->service < y->service ? -1 : 1;
    return strcmp(x->node, y->node);
}

/* Sorted and without doubles; a seat may have been named many times. */
static void seal_seats(struct book *book)
{
    size_t kept = 0;

    if (book->seat_count)
        qsort(book->seats, book->seat_count, sizeof *book->seats, by_service_then_node);
    for (size_t i = 0; i < book->seat_count; i++)
        if (!kept || by_service_then_node(&book->seats[kept - 1], &book->seats[i]) != 0)
            book->seats[kept++] = book->seats[i];
    book->seat_count = kept;
    for (size_t i = kept; i-- > 0;) {
        struct book_service *service = &book->services[book->seats[i].service];

        service->first_seat = (uint32_t)i;
        service->seat_count++;
    }
    for (size_t i = 0; i < book->service_count; i++) {
        book->services[i].first_cert = book->cert_count;
        book->cert_count += (uint32_t)book->services[i].version_count;
    }
}

uint32_t book_find_seat(const struct book *book, uint32_t service, const char *node)
{
    const struct seat wanted = {service, node};
    const struct seat *found = book->seat_count ? bsearch(&wanted, book->seats, book->seat_count,
                                                          sizeof wanted, by_service_then_node)
                                                : NULL;

    return found ? (uint32_t)(found - book->seats) : BOOK_NONE;
}

/* A pair of ids; sorted lists of them become the index arrays. */
struct link {
    uint32_t from, to;
};

struct links {
    struct link *link;
    size_t count, cap;
};

static void link_add(struct links *links, uint32_t from, uint32_t to)
{
    ARRAY_RESERVE(links->link, links->cap, links->count + 1);
    links->link[links->count++] = (struct link){from, to};
}

static int by_link(const void *a, const void *b)
{
    const struct link *x = a, *y = b;

    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

static void links_sort(struct links *links)
{
    size_t kept = 0;

    if (links->count)
        qsort(links->link, links->count, sizeof *links->link, by_link);
    for (size_t i = 0; i < links->count; i++)
        if (!kept || by_link(&links->link[kept - 1], &links->link[i]) != 0)
            links->link[kept++] = links->link[i];
    links->count = kept;
}

/* The `to`s of all links from `from`, starting at *next, which moves behind them. */
static uint32_t *links_take(struct book *book, const struct links *links, uint32_t from,
                            size_t *next, size_t *count)
{
    size_t end = *next;

    while (end < links->count && links->link[end].from == from)
        end++;
    *count = end - *next;
    uint32_t *ids = arena_alloc(book->arena, *count + 1, sizeof *ids);
    for (size_t i = 0; i < *count; i++)
        ids[i] = links->link[*next + i].to;
    *next = end;
    return ids;
}

static void link_uses(struct links *links, uint32_t service, const struct uses *uses)
{
    for (size_t i = 0; i < uses->count; i++)
        link_add(links, service, uses->use[i].of);
}

/* Who touches which store: service -> store, then store -> service. */
static void seal_stores(struct book *book)
{
    struct links touches = {0}, users = {0};
    size_t next = 0;

    for (uint32_t s = 0; s < book->service_count; s++)
        for (size_t v = 0; v < book->services[s].version_count; v++) {
            const struct book_version *version = &book->services[s].versions[v];

            link_uses(&touches, s, &version->reads);
            link_uses(&touches, s, &version->writes);
            link_uses(&touches, s, &version->needs);
        }
    for (uint32_t d = 0; d < book->store_count; d++)
        if (book->stores[d].owner != BOOK_NONE)
            link_add(&touches, book->stores[d].owner, d);
    links_sort(&touches);
    for (size_t i = 0; i < touches.count; i++)
        link_add(&users, touches.link[i].to, touches.link[i].from);
    links_sort(&users);
    for (uint32_t s = 0; s < book->service_count; s++)
        book->services[s].stores =
            links_take(book, &touches, s, &next, &book->services[s].store_count);
    next = 0;
    for (uint32_t d = 0; d < book->store_count; d++)
        book->stores[d].users = links_take(book, &users, d, &next, &book->stores[d].user_count);
    free(touches.link);
    free(users.link);
}

static void link_both(struct links *links, uint32_t a, uint32_t b)
{
    if (a == b)
        return;
    link_add(links, a, b);
    link_add(links, b, a);
}

static void seal_neighbours(struct book *book)
{
    struct links links = {0};
    size_t next = 0;

    for (uint32_t s = 0; s < book->service_count; s++)
        for (size_t v = 0; v < book->services[s].version_count; v++) {
            const struct uses *requires = &book->services[s].versions[v].requires;

            for (size_t i = 0; i < requires->count; i++)
                link_both(&links, s, requires->use[i].of);
        }
    for (size_t d = 0; d < book->store_count; d++)
        for (size_t i = 0; i < book->stores[d].user_count; i++)
            for (size_t k = 0; k < i; k++)
                link_both(&links, book->stores[d].users[i], book->stores[d].users[k]);
    links_sort(&links);
    for (uint32_t s = 0; s < book->service_count; s++)
        book->services[s].neighbours =
            links_take(book, &links, s, &next, &book->services[s].neighbour_count);
    free(links.link);
}

static void seal_launchers(struct book *book)
{
    struct links launchers = {0}, usages = {0};
    size_t next = 0, next_usage = 0;

    for (uint32_t i = 0; i < book->launcher_count; i++)
        link_add(&launchers, book->launchers[i].service, i);
    for (uint32_t i = 0; i < book->usage_count; i++)
        link_add(&usages, book->usages[i].service, i);
    links_sort(&launchers);
    links_sort(&usages);
    for (uint32_t s = 0; s < book->service_count; s++) {
        struct book_service *at = &book->services[s];

        at->launchers = links_take(book, &launchers, s, &next, &at->launcher_count);
        at->usages = links_take(book, &usages, s, &next_usage, &at->usage_count);
    }
    free(launchers.link);
    free(usages.link);
}

/* Gives every service reachable from `first` the number `component`. */
static void flood(struct book *book, uint32_t first, uint32_t component, uint32_t *stack)
{
    size_t depth = 0;

    stack[depth++] = first;
    book->services[first].component = component;
    while (depth) {
        const struct book_service *at = &book->services[stack[--depth]];

        for (size_t i = 0; i < at->neighbour_count; i++) {
            struct book_service *next = &book->services[at->neighbours[i]];

            if (next->component != BOOK_NONE)
                continue;
            next->component = component;
            stack[depth++] = at->neighbours[i];
        }
    }
}

static void seal_components(struct book *book)
{
    size_t count = book->service_count;
    uint32_t *stack = xcalloc(count + 1, sizeof *stack), components = 0, filled = 0;

    for (size_t s = 0; s < count; s++)
        book->services[s].component = BOOK_NONE;
    for (uint32_t s = 0; s < count; s++)
        if (book->services[s].component == BOOK_NONE)
            flood(book, s, components++, stack);
    free(stack);
    book->component_services =
        arena_alloc(book->arena, count + 1, sizeof *book->component_services);
    book->component_first = arena_alloc(book->arena, components + 1, sizeof *book->component_first);
    for (size_t s = 0; s < count; s++)
        book->component_first[book->services[s].component]++;
    for (uint32_t c = 0; c < components; c++) {
        uint32_t size = book->component_first[c];
        book->component_first[c] = filled;
        filled += size;
    }
    book->component_first[components] = filled;
    uint32_t *next = xcalloc(components + 1, sizeof *next);
    for (uint32_t s = 0; s < count; s++) {
        uint32_t c = book->services[s].component;
        book->component_services[book->component_first[c] + next[c]++] = s;
    }
    free(next);
}

const uint32_t *book_component(const struct book *book, uint32_t service, size_t *count)
{
    uint32_t component = book->services[service].component;
    uint32_t first = book->component_first[component];

    *count = book->component_first[component + 1] - first;
    return book->component_services + first;
}

void book_seal(struct book *book)
{
    assert(!book->sealed);
    seal_seats(book);
    seal_stores(book);
    seal_neighbours(book);
    seal_launchers(book);
    seal_components(book);
    book->sealed = true;
}
