/* bind_world.c: one component as a flat world.
 *
 * What may be at rest in a store is more than what runs writes: everything that came before
 * it along `follows` may have left something behind, until somebody attests that it is gone. */
#include "base/hash.h"
#include "guard/bind_private.h"
#include "guard/observed.h"
#include "release/stage.h"

#include <string.h>

struct making {
    const struct bind *bind;
    const struct snapshot *snapshot;
    const uint32_t *ids; /* services of the component, in the index */
    size_t count;
    const struct near_facts *near;
    struct book *book;
    struct world *world;
    struct arena *arena;
    struct err *err;
};

void bind_drop_part(struct part *part)
{
    if (!part->made)
        return;
    world_release(&part->world);
    book_free(part->book);
    *part = (struct part){0};
}

static struct guard_input input_of(const struct making *m, const struct member *member)
{
    return (struct guard_input){
        .snapshot = m->snapshot, .service = member->service, .release = member->release};
}

static bool name_version(const struct making *m, uint32_t s, const char *version)
{
    unsigned id;

    return !version[0] || book_version(m->book, s, version, &id, m->err);
}

/* The node as people know it; two of one name count as one, with the worst of both. */
static const char *seat_name(const struct making *m, const struct member *member,
                             const struct placement *place, enum node_state *state)
{
    const struct guard_input in = input_of(m, member);
    const struct node *node;

    *state = node_state_of(&in, place, &node);
    return place->node[0] ? node_name_of(&in, place) : "(not placed yet)";
}

static uint64_t placed(const struct placement *place)
{
    uint64_t sum = 0;

    for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
        sum += place->count[s];
    return sum;
}

/* One that was named before. */
static unsigned version_id(const struct making *m, uint32_t s, const char *version)
{
    unsigned id = VERSION_NOT_KNOWN;
    struct err err = {0};

    if (version[0])
        book_version(m->book, s, version, &id, &err);
    return id;
}

/* A version without a contract follows what its release was begun from. */
static void follow_record(const struct making *m, uint32_t s, const struct release *release)
{
    unsigned from = version_id(m, s, release->from), to = version_id(m, s, release->to);

    if (from == VERSION_NOT_KNOWN || to == VERSION_NOT_KNOWN)
        return;
    struct book_version *version = &m->book->services[s].versions[to];
    if (!version->declared)
        version->follows |= VERSION_BIT(from);
}

static bool name_member(const struct making *m, uint32_t s, const struct member *member)
{
    const struct service *service = member->service;
    const struct release *release = member->release;
    bool ok = name_version(m, s, service->wants) && name_version(m, s, service->was);

    m->book->services[s].known = true;
    if (release)
        ok = ok && name_version(m, s, release->from) && name_version(m, s, release->to);
    if (release && ok)
        follow_record(m, s, release);
    for (size_t i = 0; ok && i < service->version_count; i++)
        ok = name_version(m, s, service->versions[i].version);
    for (size_t i = 0; ok && i < service->launcher_count; i++) {
        book_launcher(m->book, s, service->launchers[i].name);
        ok = name_version(m, s, service->launchers[i].version);
    }
    for (size_t i = 0; ok && i < service->placement_count; i++) {
        enum node_state state;
        book_seat(m->book, s, seat_name(m, member, &service->placements[i], &state));
    }
    book_seat(m->book, s, "(not placed yet)");
    return ok;
}

static bool name_services(const struct making *m, const struct member *target, const char *version)
{
    for (size_t i = 0; i < m->count; i++) {
        const char *name = m->bind->book->services[m->ids[i]].name;
        const struct member *member = m->bind->member_of[m->ids[i]];
        size_t count;
        const struct contract *const *contracts = bind_contracts_of(m->bind, name, &count);

        for (size_t k = 0; k < count; k++)
            if (!book_declare(m->book, contracts[k], m->err))
                return false;
        uint32_t s = book_service(m->book, name);
        if (member &&
            (!name_member(m, s, member) || (member == target && !name_version(m, s, version))))
            return false;
    }
    return true;
}

static bool name_formats(const struct making *m, uint32_t store, const char *const *names,
                         size_t count)
{
    unsigned id;

    for (size_t i = 0; i < count; i++)
        if (!book_format(m->book, store, names[i], &id, m->err))
            return false;
    return true;
}

/* Only what some service of this component touches. */
static bool name_store(const struct making *m, const struct store_fact *fact)
{
    uint32_t store = book_store(m->book, fact->name);
    uint32_t owner = fact->owner[0] ? book_find_service(m->book, fact->owner) : BOOK_NONE;
    unsigned id;

    if (owner != BOOK_NONE)
        m->book->stores[store].owner = owner;
    for (size_t i = 0; i < fact->gone_count; i++)
        if (!book_format(m->book, store, fact->gone[i].format, &id, m->err))
            return false;
    return name_formats(m, store, fact->may, fact->may_count) &&
           name_formats(m, store, fact->has, fact->has_count);
}

static bool name_client(const struct making *m, const struct client_fact *fact)
{
    struct contract_uses here = {arena_alloc(m->arena, fact->requires.count + 1, sizeof *here.use),
                                 0};

    for (size_t i = 0; i < fact->requires.count; i++)
        if (book_find_service(m->book, fact->requires.use[i].of) != BOOK_NONE)
    here.use[here.count++] = fact->requires.use[i];
    return book_require(m->book, book_cohort(m->book, fact->name), &here, m->err);
}

static bool name_facts(const struct making *m)
{
    for (size_t i = 0; i < m->near->store_count; i++)
        if (!name_store(m, m->near->stores[i]))
            return false;
    for (size_t i = 0; i < m->near->client_count; i++)
        if (!name_client(m, m->near->clients[i]))
            return false;
    return true;
}

/* From here on the book is sealed: names only become numbers. */

static enum seat_state seat_state_of(enum node_state state, const struct placement *place)
{
    switch (state) {
    case NODE_SILENT:
        return SEAT_SILENT;
    case NODE_RETIRED:
        return SEAT_RETIRED;
    case NODE_FENCED:
        return SEAT_FENCED;
    case NODE_REPORTING:
    case NODE_UNSETTLED:
    case NODE_STATE_COUNT:
        break;
    }
    return placed(place) == place->count[INSTANCE_GHOST] ? SEAT_SILENT : SEAT_REPORTING;
}

static void set_seats(const struct making *m, uint32_t s, const struct member *member)
{
    const struct service *service = member->service;
    struct seat_now *rest = &m->world->seats[book_find_seat(m->book, s, "(not placed yet)")];

    for (size_t i = 0; i < service->placement_count; i++) {
        const struct placement *place = &service->placements[i];
        enum node_state node;
        const char *name = seat_name(m, member, place, &node);
        enum seat_state state = seat_state_of(node, place);

        if (!placed(place) || state == SEAT_FENCED)
            continue;
        struct seat_now *seat = &m->world->seats[book_find_seat(m->book, s, name)];
        seat->runs |= VERSION_BIT(version_id(m, s, service->versions[place->version].version));
        if ((unsigned)state > seat->state)
            seat->state = (unsigned)state;
    }
    for (size_t v = 0; v < service->version_count; v++) {
        const struct version_count *version = &service->versions[v];
        uint64_t sum = 0, counted = 0;

        for (size_t i = 0; i < service->placement_count; i++)
            if (service->placements[i].version == v)
                sum += placed(&service->placements[i]);
        for (unsigned state = 0; state < INSTANCE_STATE_COUNT; state++)
            counted += version->count[state];
        if (counted <= sum)
            continue;
        rest->runs |= VERSION_BIT(version_id(m, s, version->version));
        rest->state = SEAT_REPORTING;
    }
}

static void set_launchers(const struct making *m, uint32_t s, const struct service *service)
{
    const struct book_service *at = &m->book->services[s];

    for (size_t k = 0; k < at->launcher_count; k++)
        for (size_t i = 0; i < service->launcher_count; i++)
            if (strcmp(m->book->launchers[at->launchers[k]].name, service->launchers[i].name) == 0)
                m->world->launchers[at->launchers[k]] =
                    version_id(m, s, service->launchers[i].version);
}

static bool uses_equal(const struct uses *a, const struct uses *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct set *other = uses_of(b, a->use[i].of);

        if (!other || !set_within(&a->use[i].names, other) || !set_within(other, &a->use[i].names))
            return false;
    }
    return a->count == b->count;
}

/* A change of code alone, after which the service reads, writes, calls and provides what it
 * did before, stands in nobody's way. */
bool bind_locks_nobody(const struct book_version *from, const struct book_version *to)
{
    const unsigned code = 1u << CHANGE_CODE;

    return from->declared && to->declared && to->change == code &&
           set_within(&from->provides, &to->provides) &&
           set_within(&to->provides, &from->provides) && uses_equal(&from->reads, &to->reads) &&
           uses_equal(&from->writes, &to->writes) && uses_equal(&from->needs, &to->needs) &&
           uses_equal(&from->requires, &to->requires);
}

/* A new version that waits for its first key changes nothing yet: no instance of it may run, and
 * no release of it has begun. */
static bool only_waits(const struct member *member, const struct live *live,
                       const struct pair *pair)
{
    const struct release *release = member->release;

    for (size_t i = 0; i < live->count; i++)
        if (strcmp(live->versions[i], pair->to) == 0)
            return false;
    return member->service->motion == MOTION_RESTING &&
           !(release && stage_in_flight(release->stage) && strcmp(release->to, pair->to) == 0);
}

static void set_changing(const struct making *m, uint32_t s, const struct member *member)
{
    const struct guard_input in = input_of(m, member);
    struct live live = live_collect(&in, m->arena);
    struct pair pair = pair_of(&in, &live);
    const struct book_version *versions = m->book->services[s].versions;

    if (!pair.open || !pair.to[0] || only_waits(member, &live, &pair))
        return;
    unsigned to = version_id(m, s, pair.to), from = version_id(m, s, pair.from);
    if (to == VERSION_NOT_KNOWN ||
        (from != VERSION_NOT_KNOWN && bind_locks_nobody(&versions[from], &versions[to])))
        return;
    m->world->services[s].changing = to;
}

/* What a release on record has run may have written, whether it runs now or not. */
static versions_t ran(const struct making *m, uint32_t s)
{
    const uint32_t at = book_find_service(m->bind->book, m->book->services[s].name);
    const struct member *member = m->bind->member_of[at];
    const struct release *release = member ? member->release : NULL;
    unsigned to = release && release->stage != STAGE_NONE && release->stage != STAGE_HELD
                      ? version_id(m, s, release->to)
                      : VERSION_NOT_KNOWN;

    return to == VERSION_NOT_KNOWN ? 0 : VERSION_BIT(to);
}

static void set_history(const struct making *m)
{
    unsigned v;

    for (uint32_t s = 0; s < m->book->service_count; s++) {
        const struct book_service *service = &m->book->services[s];
        versions_t live = m->world->services[s].live;

        for (versions_t rest = world_came_before(service, live | ran(m, s));
             versions_next(&rest, &v);) {
            const struct uses *writes = &service->versions[v].writes;
            const struct uses *needs = &service->versions[v].needs;

            for (size_t i = 0; i < writes->count; i++)
                set_join(&m->world->stores[writes->use[i].of].may, &writes->use[i].names);
            for (size_t i = 0; i < needs->count && VERSION_BIT(v) & live; i++)
                set_join(&m->world->stores[needs->use[i].of].has, &needs->use[i].names);
        }
    }
}

static struct set set_of(const struct making *m, uint32_t store, const char *const *names,
                         size_t count)
{
    struct set set = {{0}};
    struct err err = {0};
    unsigned id;

    for (size_t i = 0; i < count; i++)
        if (book_format(m->book, store, names[i], &id, &err))
            set_add(&set, id);
    return set;
}

/* What some service that may be running writes now cannot be gone. */
static struct set written(const struct making *m, uint32_t store)
{
    const struct book_store *at = &m->book->stores[store];
    struct set set = {{0}};
    unsigned v;

    for (size_t i = 0; i < at->user_count; i++)
        for (versions_t rest = m->world->services[at->users[i]].live; versions_next(&rest, &v);) {
            const struct book_version *version = world_version(m->world, at->users[i], v);
            const struct set *writes = version ? uses_of(&version->writes, store) : NULL;

            if (writes)
                set_join(&set, writes);
        }
    return set;
}

static void set_store(const struct making *m, const struct store_fact *fact)
{
    uint32_t store = book_find_store(m->book, fact->name);
    struct store_now *now = &m->world->stores[store];
    struct set more = set_of(m, store, fact->may, fact->may_count), gone = {{0}};
    struct set writes = written(m, store);
    set_join(&now->may, &more);
    if (fact->has_known)
        now->has = set_of(m, store, fact->has, fact->has_count);
    for (size_t i = 0; i < fact->gone_count; i++) {
        struct set one = set_of(m, store, &fact->gone[i].format, 1);
        set_join(&gone, &one);
    }
    gone = set_minus(&gone, &writes);
    now->may = set_minus(&now->may, &gone);
}

static const char *who_said(const struct making *m, const struct said *said)
{
    return said->by[0]
               ? arena_printf(m->book->arena, "%s%s%s", said->by, said->at[0] ? ", " : "", said->at)
               : "";
}

/* What the cluster's record says comes after the settings, and stands. */
static void set_client(const struct making *m, const struct client_fact *fact)
{
    uint32_t cohort = book_find_cohort(m->book, fact->name);

    if (fact->ended_known) {
        m->world->ended[cohort] = fact->ended;
        m->book->cohorts[cohort].said = who_said(m, &fact->support);
    }
    for (size_t i = 0; i < m->book->usage_count; i++) {
        struct book_usage *usage = &m->book->usages[i];
        const char *element = m->book->services[usage->service].elements.text[usage->element];

        for (size_t k = 0; usage->cohort == cohort && k < fact->usage_count; k++)
            if (strcmp(fact->usage[k].element, element) == 0) {
                m->world->usages[i] = fact->usage[k].calls;
                usage->said = who_said(m, &fact->usage[k].said);
            }
    }
}

/* How far the rehearsal of what is on record got; what is all of Live and on no record counts as
 * stable. See world_begin. */
static enum cert_stage cert_of(const struct release *release)
{
    static const enum cert_stage stages[PROOF_COUNT] = {
        [PROOF_NONE] = CERT_NONE,           [PROOF_CANARIED] = CERT_CANARIED,
        [PROOF_BAKED] = CERT_BAKED,         [PROOF_ROLLED] = CERT_ROLLED,
        [PROOF_CERTIFIED] = CERT_CERTIFIED,
    };

    switch (release->stage) {
    case STAGE_WAVE:
        return CERT_RELEASED;
    case STAGE_STABLE:
        return CERT_STABLE;
    case STAGE_HELD:
    case STAGE_CANARY:
    case STAGE_BAKE:
    case STAGE_REHEARSE:
    case STAGE_SETTLE:
        return stages[release->cert.state];
    case STAGE_NONE:
    case STAGE_ROLLING_BACK:
    case STAGE_ROLLED_BACK:
    case STAGE_COUNT:
        break;
    }
    return CERT_NONE;
}

/* A record that no longer speaks for what runs says nothing. What a release was begun from was
 * stable then: else its canary would have been refused. */
static void set_certs(const struct making *m, uint32_t s, const struct member *member)
{
    const struct release *release = member->release;
    const char *wants = member->service->wants;
    unsigned to, from;

    if (!release || !release->to[0] ||
        (strcmp(wants, release->to) != 0 && strcmp(wants, release->from) != 0))
        return;
    to = version_id(m, s, release->to);
    from = version_id(m, s, release->from);
    if (to != VERSION_NOT_KNOWN)
        world_cert(m->world, s, to)->stage = cert_of(release);
    if (from != VERSION_NOT_KNOWN && release->stage != STAGE_NONE && release->stage != STAGE_STABLE)
        world_cert(m->world, s, from)->stage = CERT_STABLE;
}

static void set_world(const struct making *m)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct member *member = m->bind->member_of[m->ids[i]];
        uint32_t s = book_find_service(m->book, m->bind->book->services[m->ids[i]].name);

        if (!member)
            continue;
        set_seats(m, s, member);
        set_launchers(m, s, member->service);
    }
    world_begin(m->world);
    set_history(m);
    for (size_t i = 0; i < m->near->store_count; i++)
        set_store(m, m->near->stores[i]);
    for (size_t i = 0; i < m->near->client_count; i++)
        set_client(m, m->near->clients[i]);
    for (size_t i = 0; i < m->count; i++) {
        const struct member *member = m->bind->member_of[m->ids[i]];

        if (!member)
            continue;
        set_certs(m, book_find_service(m->book, m->bind->book->services[m->ids[i]].name), member);
        set_changing(m, book_find_service(m->book, m->bind->book->services[m->ids[i]].name),
                     member);
    }
}

/* By name where the order of observations decides about numbers. Seats are left out: an
 * instance that moves within a step changes no verdict. */
static uint64_t basis_of(const struct making *m)
{
    const struct world *world = m->world;
    const struct book *book = m->book;
    uint64_t hash = HASH_SEED;
    unsigned v;

    for (uint32_t s = 0; s < book->service_count; s++) {
        uint64_t live = 0, seed = hash_mix(HASH_SEED, &s, sizeof s);
        size_t count;
        const struct contract *const *contracts =
            bind_contracts_of(m->bind, book->services[s].name, &count);
        uint64_t changing = world->services[s].changing != NOT_CHANGING;

        for (versions_t rest = world->services[s].live; versions_next(&rest, &v);) {
            const char *name = book_version_name(book, s, v);
            const struct book_version *known = world_version(world, s, v);
            uint64_t cert = known ? world_cert(world, s, v)->stage : CERT_NONE;

            live +=
                hash_scatter(hash_mix(hash_mix(seed, name, strlen(name) + 1), &cert, sizeof cert));
        }
        for (size_t i = 0; i < count; i++)
            live += hash_scatter(contract_digest(contracts[i]));
        hash = hash_mix(hash, &live, sizeof live);
        hash = hash_mix(hash, &changing, sizeof changing);
    }
    hash = hash_mix(hash, world->stores, book->store_count * sizeof *world->stores);
    hash = hash_mix(hash, world->usages, book->usage_count * sizeof *world->usages);
    return hash_mix(hash, world->ended, book->cohort_count * sizeof *world->ended);
}

bool bind_make_part(const struct bind *bind, const struct snapshot *snapshot,
                    const struct member *target, const char *version, struct part *part,
                    struct err *err)
{
    struct making m = {.bind = bind,
                       .snapshot = snapshot,
                       .near = &bind->near[bind_part_of(bind, target->at) - bind->parts],
                       .book = book_new(),
                       .world = &part->world,
                       .arena = arena_new(1024),
                       .err = err};
    struct policy policy = policy_strict();

    m.ids = bind_component(bind, target->at, &m.count);
    bool ok = name_services(&m, target, version) && name_facts(&m);
    if (ok) {
        book_seal(m.book);
        policy.coupling = bind_policy(bind)->coupling;
        world_init(&part->world, m.book, policy);
        set_world(&m);
        part->book = m.book;
        part->basis = basis_of(&m);
        part->made = true;
    } else {
        book_free(m.book);
    }
    arena_free(m.arena);
    return ok;
}
