/* safety.c: see safety.h. */
#include "board/safety_private.h"

#include <string.h>

static const char *list_versions(const struct making *m, uint32_t service)
{
    const char *text = "";
    unsigned v;

    for (versions_t rest = m->world->services[service].live; versions_next(&rest, &v);)
        text = arena_printf(m->arena, "%s%s%s", text, text[0] ? ", " : "",
                            book_version_name(m->world->book, service, v));
    return text;
}

static const char *list_names(const struct making *m, const struct names *names,
                              const struct set *set)
{
    return set_empty(set) ? "" : book_list(names, set, m->arena);
}

/* ---- stores ---- */

/* What something that may run writes to it, of any service. */
static struct set written(const struct making *m, const struct book_store *store, uint32_t id)
{
    struct set set = {{0}};
    unsigned v;

    for (size_t i = 0; i < store->user_count; i++)
        for (versions_t rest = m->world->services[store->users[i]].live;
             versions_next(&rest, &v);) {
            const struct book_version *version = world_version(m->world, store->users[i], v);
            const struct set *writes = version ? uses_of(&version->writes, id) : NULL;

            if (writes)
                set_join(&set, writes);
        }
    return set;
}

static void fill_gone(const struct making *m, const struct names *names, const struct set *gone,
                      struct safety_store *out)
{
    const char **list = arena_alloc(m->arena, names->count + 1, sizeof *list);

    for (size_t i = 0; i < names->count; i++)
        if (set_has(gone, (unsigned)i))
            list[out->gone_count++] = arena_strdup(m->arena, names->text[i]);
    out->gone = list;
}

static void fill_store(const struct making *m, uint32_t id, struct safety_store *out)
{
    const struct book_store *store = &m->world->book->stores[id];
    struct set may = m->world->stores[id].may, then = may, writes = written(m, store, id);
    const struct set *more = m->next ? uses_of(&m->next->writes, id) : NULL;

    if (more)
        set_join(&then, more);
    struct set adds = set_minus(&then, &may), gone = set_minus(&may, &writes);
    *out = (struct safety_store){
        .name = arena_strdup(m->arena, store->name),
        .may = list_names(m, &store->names, &may),
        .has = list_names(m, &store->names, &m->world->stores[id].has),
        .adds = list_names(m, &store->names, &adds),
    };
    fill_gone(m, &store->names, &gone, out);
    safety_fill_formats(m, id, out);
}

static void fill_stores(const struct making *m)
{
    const struct book_service *at = &m->world->book->services[m->service];
    size_t count = at->store_count < SAFETY_STORES_MAX ? at->store_count : SAFETY_STORES_MAX;
    struct safety_store *stores = arena_alloc(m->arena, count + 1, sizeof *stores);

    for (size_t i = 0; i < count; i++)
        fill_store(m, at->stores[i], &stores[i]);
    m->out->stores = stores;
    m->out->store_count = count;
}

/* ---- peers ---- */

/* Elements of `callee` that any version of `caller` requires. */
static struct set calls_of(const struct making *m, uint32_t caller, uint32_t callee)
{
    const struct book_service *at = &m->world->book->services[caller];
    struct set all = {{0}};

    for (size_t v = 0; v < at->version_count; v++) {
        const struct set *calls = uses_of(&at->versions[v].requires, callee);
        if (calls)
            set_join(&all, calls);
    }
    return all;
}

static const char *shared_stores(const struct making *m, uint32_t other)
{
    const struct book_service *a = &m->world->book->services[m->service];
    const struct book_service *b = &m->world->book->services[other];
    const char *text = "";

    for (size_t i = 0; i < a->store_count; i++)
        for (size_t k = 0; k < b->store_count; k++)
            if (a->stores[i] == b->stores[k])
                text = arena_printf(m->arena, "%s%s%s", text, text[0] ? ", " : "store ",
                                    m->world->book->stores[a->stores[i]].name);
    return text;
}

static const char *coupled_over(const struct making *m, uint32_t other)
{
    const struct book *book = m->world->book;
    struct set calls = calls_of(m, m->service, other), called = calls_of(m, other, m->service);
    const char *text = shared_stores(m, other);

    if (!set_empty(&calls))
        text = arena_printf(m->arena, "%s%scalls %s", text, text[0] ? "; " : "",
                            book_list(&book->services[other].elements, &calls, m->arena));
    if (!set_empty(&called))
        text = arena_printf(m->arena, "%s%sis called: %s", text, text[0] ? "; " : "",
                            book_list(&book->services[m->service].elements, &called, m->arena));
    return text[0] ? text : "through others";
}

static bool add_peer(void *arg, uint32_t other)
{
    struct making *m = arg;
    const struct service_now *now = &m->world->services[other];
    const char *changing = now->changing == NOT_CHANGING
                               ? ""
                               : book_version_name(m->world->book, other, (unsigned)now->changing);

    m->peers[m->out->peer_count++] = (struct safety_peer){
        .name = arena_strdup(m->arena, m->world->book->services[other].name),
        .live = list_versions(m, other),
        .changing = arena_strdup(m->arena, changing),
        .over = coupled_over(m, other),
    };
    return m->out->peer_count < SAFETY_PEERS_MAX;
}

static void fill_peers(struct making *m)
{
    m->peers = arena_alloc(m->arena, SAFETY_PEERS_MAX, sizeof *m->peers);
    m->out->peers = m->peers;
    world_coupled(m->world, m->service, add_peer, m);
}

/* ---- clients ---- */

static void fill_clients(const struct making *m)
{
    const struct book *book = m->world->book;
    const struct book_service *at = &book->services[m->service];
    size_t count = at->usage_count < SAFETY_CLIENTS_MAX ? at->usage_count : SAFETY_CLIENTS_MAX;
    struct safety_client *clients = arena_alloc(m->arena, count + 1, sizeof *clients);

    for (size_t i = 0; i < count; i++) {
        const struct book_usage *usage = &book->usages[at->usages[i]];
        const struct book_cohort *cohort = &book->cohorts[usage->cohort];

        clients[i] = (struct safety_client){
            .name = arena_strdup(m->arena, cohort->name),
            .element = arena_strdup(m->arena, at->elements.text[usage->element]),
            .calls = m->world->usages[at->usages[i]],
            .counted = arena_strdup(m->arena, usage->said),
            .ended = m->world->ended[usage->cohort],
            .support = arena_strdup(m->arena, cohort->said),
            .leaves = m->next && !set_has(&m->next->provides, usage->element),
        };
    }
    m->out->clients = clients;
    m->out->client_count = count;
}

/* ---- stages ---- */

static void add_stage(struct safety *out, enum stage stage, uint32_t count, int64_t span_ms)
{
    if (out->stage_count < SAFETY_STAGES_MAX)
        out->stage[out->stage_count++] = (struct safety_stage){
            .stage = stage, .when = SAFETY_AHEAD, .count = count, .span_ms = span_ms};
}

static void list_stages(const struct board_input *in, const struct profile *profile, bool rehearsal,
                        struct safety *out)
{
    const struct plan plan = board_plan(in);
    uint32_t replicas = in->guard.service->replicas, canary = plan_next(&plan, replicas, 0);

    add_stage(out, STAGE_CANARY, canary, 0);
    add_stage(out, STAGE_BAKE, 0, profile->bake_ms);
    if (rehearsal) {
        add_stage(out, STAGE_REHEARSE, 0, 0);
        add_stage(out, STAGE_SETTLE, 0, profile->bake_ms);
    }
    for (uint32_t at = canary; at < replicas && out->stage_count + 3 <= SAFETY_STAGES_MAX;) {
        at = plan_next(&plan, replicas, at);
        add_stage(out, STAGE_WAVE, at, 0);
        add_stage(out, STAGE_BAKE, 0, profile->wave_ms);
    }
    add_stage(out, STAGE_STABLE, replicas, 0);
}

/* The entry where the release is: the n-th wave, or the bake that follows it. */
static size_t stage_at(const struct safety *out, const struct stage_view *view)
{
    uint32_t wave = 0;

    for (size_t i = 0; i < out->stage_count; i++) {
        wave += out->stage[i].stage == STAGE_WAVE;
        bool in_waves = view->stage == STAGE_BAKE || view->stage == STAGE_WAVE;
        if (out->stage[i].stage == view->stage && (!in_waves || wave == view->wave))
            return i;
    }
    return out->stage_count; /* held: all of it is ahead */
}

static void fill_stages(const struct board_input *in, const struct stage_view *view,
                        struct safety *out)
{
    const struct profile *profile = board_profile(in);

    if (profile_is_plain(profile) || view->whole_ms <= 0)
        return;
    list_stages(in, profile, view->rehearsal, out);
    if (!view->active)
        return;
    size_t at = stage_at(out, view);
    for (size_t i = 0; at < out->stage_count && i <= at; i++)
        out->stage[i].when = i < at ? SAFETY_DONE : SAFETY_NOW;
}

/* ---- all of it ---- */

static void fill_declared(struct making *m)
{
    const struct guard_input *guard = &m->in->guard;
    struct bound bound =
        bind_world(guard->bind, guard->snapshot, guard->service, guard->release, m->out->next);

    m->out->declared = bound.declared;
    if (!bound.world)
        return;
    m->world = bound.world;
    m->service = bound.service;
    const struct book_service *at = &m->world->book->services[m->service];
    for (unsigned v = 0; m->out->next[0] && v < at->version_count; v++)
        if (strcmp(at->versions[v].name, m->out->next) == 0 && at->versions[v].declared)
            m->next = &at->versions[v];
    fill_stores(m);
    fill_peers(m);
    fill_clients(m);
    safety_fill_calls(m);
}

static struct safety *begin(const struct board_input *in, const char *next, struct arena *arena)
{
    struct safety *out = arena_alloc(arena, 1, sizeof *out);
    struct making m = {.in = in, .arena = arena, .out = out};

    out->next = arena_strdup(arena, next);
    out->forward = VERB_COUNT;
    out->live_count = guard_live(&in->guard, arena, &out->live);
    if (in->guard.bind)
        fill_declared(&m);
    return out;
}

const struct safety *board_safety(const struct board_input *in, const struct row *row)
{
    bool step = row->option[VERB_STEP].offered, start = row->option[VERB_START].offered;
    struct safety *out = begin(in, step || start ? row->to : "", row->arena);

    out->forward = step ? VERB_STEP : start ? VERB_START : VERB_COUNT;
    if (in->in_focus && in->guard.bind && row->to[0])
        safety_compare(&(const struct making){.in = in, .arena = row->arena, .out = out}, row->from,
                       row->to);
    fill_stages(in, &row->stages, out);
    return out;
}

const struct safety *board_safety_of(const struct board_input *in, const char *version,
                                     struct arena *arena)
{
    struct safety *out = begin(in, version, arena);
    struct flight flight = board_flight(&in->guard);
    struct stage_view view;

    out->forward = VERB_START;
    guard_floor(&in->guard, version, arena, &out->floor);
    board_stages(in, &flight, arena, &view);
    fill_stages(in, &view, out);
    return out;
}
