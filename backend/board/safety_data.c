/* safety_data.c: what is at rest, format by format, who calls whom, and what the next version
 * changes: the parts of struct safety that views of couplings, data and versions are made of. */
#include "board/safety_private.h"

#include <string.h>

const char *const data_phase_word[DATA_PHASE_COUNT] = {
    [DATA_ONE] = "one format",
    [DATA_READABLE] = "readable, not written yet",
    [DATA_BOTH] = "both are written",
    [DATA_BACKFILL] = "backfill the old one, then attest",
    [DATA_ATTESTED] = "the old one is gone",
    [DATA_BLIND] = "cannot be read by all",
};

enum { LIST_SHOWN = 5 };

/* "billing 41, ledger 7", with as many more as do not fit. */
struct list {
    struct arena *arena;
    const char *text;
    size_t count;
};

static void add(struct list *list, const char *service, const char *version)
{
    if (list->count++ < LIST_SHOWN)
        list->text = arena_printf(list->arena, "%s%s%s%s%s", list->text, list->text[0] ? ", " : "",
                                  service, service[0] ? " " : "", version);
}

static const char *text_of(const struct list *list)
{
    if (list->count <= LIST_SHOWN)
        return list->text;
    return arena_printf(list->arena, "%s and %zu more", list->text, list->count - LIST_SHOWN);
}

static bool has(const struct set *set, unsigned id)
{
    return set && set_has(set, id);
}

/* ---- formats ---- */

static const char *attested(const struct making *m, const char *store, const char *format)
{
    const struct said *said = bind_attestation(m->in->guard.bind, store, format);

    if (!said)
        return "";
    return arena_printf(m->arena, "%s%s%s%s%s", said->by[0] ? said->by : "the settings",
                        said->at[0] ? ", " : "", said->at, said->evidence[0] ? ": " : "",
                        said->evidence);
}

static void fill_format(const struct making *m, uint32_t id, unsigned format,
                        struct safety_format *out)
{
    const struct book *book = m->world->book;
    const struct book_store *store = &book->stores[id];
    struct list written = {m->arena, "", 0}, read = written, blind = written;
    unsigned v;

    for (size_t i = 0; i < store->user_count; i++) {
        const char *name = book->services[store->users[i]].name;
        for (versions_t rest = m->world->services[store->users[i]].live;
             versions_next(&rest, &v);) {
            const struct book_version *version = world_version(m->world, store->users[i], v);
            const struct set *reads = version ? uses_of(&version->reads, id) : NULL;
            if (!version)
                continue;
            if (has(uses_of(&version->writes, id), format))
                add(&written, name, version->name);
            if (has(reads, format))
                add(&read, name, version->name);
            else if (reads && !set_empty(reads))
                add(&blind, name, version->name);
        }
    }
    *out = (struct safety_format){
        .name = arena_strdup(m->arena, store->names.text[format]),
        .at_rest = set_has(&m->world->stores[id].may, format),
        .written = text_of(&written),
        .read = text_of(&read),
        .blind = text_of(&blind),
        .attested = attested(m, store->name, store->names.text[format]),
    };
}

/* Everything that some version reads or writes, or that may be at rest; not schema elements. */
static struct set formats_of(const struct making *m, uint32_t id)
{
    const struct book *book = m->world->book;
    const struct book_store *store = &book->stores[id];
    struct set all = m->world->stores[id].may;

    for (size_t i = 0; i < store->user_count; i++) {
        const struct book_service *user = &book->services[store->users[i]];
        for (size_t v = 0; v < user->version_count; v++) {
            const struct set *reads = uses_of(&user->versions[v].reads, id);
            const struct set *writes = uses_of(&user->versions[v].writes, id);
            if (reads)
                set_join(&all, reads);
            if (writes)
                set_join(&all, writes);
        }
    }
    return all;
}

static enum data_phase phase_of(const struct safety_format *formats, size_t count)
{
    size_t written = 0, old = 0, readable = 0, gone = 0;

    for (size_t i = 0; i < count; i++) {
        const struct safety_format *format = &formats[i];
        if (format->at_rest && format->blind[0])
            return DATA_BLIND;
        written += format->written[0] != '\0';
        old += format->at_rest && !format->written[0];
        gone += !format->at_rest && format->attested[0] && format->read[0];
        readable +=
            !format->at_rest && !format->attested[0] && !format->written[0] && format->read[0];
    }
    return old && written ? DATA_BACKFILL
           : written > 1  ? DATA_BOTH
           : gone         ? DATA_ATTESTED
           : readable     ? DATA_READABLE
                          : DATA_ONE;
}

void safety_fill_formats(const struct making *m, uint32_t id, struct safety_store *out)
{
    const struct book *book = m->world->book;
    const struct book_store *store = &book->stores[id];
    struct safety_format *formats = arena_alloc(m->arena, SAFETY_FORMATS_MAX, sizeof *formats);
    struct set all = formats_of(m, id);

    for (unsigned f = 0; f < store->names.count && out->format_count < SAFETY_FORMATS_MAX; f++)
        if (set_has(&all, f))
            fill_format(m, id, f, &formats[out->format_count++]);
    out->formats = formats;
    out->phase = phase_of(formats, out->format_count);
    out->owner =
        store->owner == BOOK_NONE ? "" : arena_strdup(m->arena, book->services[store->owner].name);
}

/* ---- calls ---- */

static void add_calls(const struct making *m, uint32_t caller, uint32_t callee,
                      struct safety_call *calls)
{
    const struct book *book = m->world->book;
    const struct book_service *from = &book->services[caller], *to = &book->services[callee];

    for (unsigned e = 0; e < to->elements.count && m->out->call_count < SAFETY_CALLS_MAX; e++) {
        struct list by = {m->arena, "", 0}, provide = by, lack = by;
        bool called = false;
        unsigned v;
        for (size_t i = 0; i < from->version_count; i++)
            called = called || has(uses_of(&from->versions[i].requires, callee), e);
        if (!called)
            continue;
        for (versions_t rest = m->world->services[caller].live; versions_next(&rest, &v);) {
            const struct book_version *version = world_version(m->world, caller, v);
            if (version && has(uses_of(&version->requires, callee), e))
                add(&by, "", version->name);
        }
        for (versions_t rest = m->world->services[callee].live; versions_next(&rest, &v);) {
            const struct book_version *version = world_version(m->world, callee, v);
            if (version && version->declared)
                add(set_has(&version->provides, e) ? &provide : &lack, "", version->name);
        }
        calls[m->out->call_count++] = (struct safety_call){
            .caller = arena_strdup(m->arena, from->name),
            .callee = arena_strdup(m->arena, to->name),
            .element = arena_strdup(m->arena, to->elements.text[e]),
            .by = text_of(&by),
            .from = text_of(&provide),
            .lacking = text_of(&lack),
        };
    }
}

void safety_fill_calls(const struct making *m)
{
    const struct book_service *at = &m->world->book->services[m->service];
    struct safety_call *calls = arena_alloc(m->arena, SAFETY_CALLS_MAX, sizeof *calls);

    for (size_t i = 0; i < at->neighbour_count; i++)
        add_calls(m, at->neighbours[i], m->service, calls);
    for (size_t i = 0; i < at->neighbour_count; i++)
        add_calls(m, m->service, at->neighbours[i], calls);
    m->out->calls = calls;
}

/* ---- versions ---- */

void safety_compare(const struct making *m, const char *from, const char *to)
{
    struct bind *bind = m->in->guard.bind;
    const char *id = m->in->guard.service->id;
    const struct contract *old = bind_contract(bind, id, from), *next = bind_contract(bind, id, to);

    if (!from[0] || !to[0] || !old || !next || strcmp(from, to) == 0)
        return;
    struct comparison *out = arena_alloc(m->arena, 1, sizeof *out);
    contract_compare(old, next, m->arena, out);
    out->from = out->to = NULL; /* they are the bind's, and may change */
    m->out->compared = out;
}
