/* deed.c: what each kind of deed changes, when it is allowed or happens anyway. */
#include "guard/deed.h"

#define DEED_WORD(name, word, rules) [DEED_##name] = (word),
const char *const deed_word[DEED_COUNT] = {DEED_TABLE(DEED_WORD)};
#undef DEED_WORD

#define DEED_RULES(name, word, rules) [DEED_##name] = (rules),
const unsigned deed_rules[DEED_COUNT] = {DEED_TABLE(DEED_RULES)};
#undef DEED_RULES

static const struct book_service *service_of(const struct world *world, const struct deed *deed)
{
    return &world->book->services[deed->service];
}

static bool contains(const uint32_t *ids, size_t count, uint32_t id)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}

static void drop_cert(struct world *world, uint32_t service, unsigned version)
{
    *world_cert(world, service, version) = (struct cert){0};
}

static void end_change(struct world *world, uint32_t service)
{
    const struct book_service *at = &world->book->services[service];

    world->services[service].changing = NOT_CHANGING;
    for (uint32_t i = 0; i < at->seat_count; i++)
        world->seats[at->first_seat + i].tried = 0;
}

/* One seat gets a version: at once when it reports, else whenever it comes back. */
static void push(struct seat_now *seat, versions_t version)
{
    if (seat_reports(seat))
        seat->runs = version;
    else if (seat->state == SEAT_SILENT || seat->state == SEAT_RETIRED)
        seat->queued |= version;
}

static void apply_canary(struct world *world, const struct deed *deed)
{
    struct service_now *now = &world->services[deed->service];
    struct cert *cert = world_cert(world, deed->service, deed->version);
    versions_t v = VERSION_BIT(deed->version), before = now->live & ~v;

    for (size_t i = 0; i < deed->seat_count; i++)
        push(&world->seats[deed->seats[i]], v);
    end_change(world, deed->service); /* and with it whatever was under test before */
    now->changing = deed->version;
    world_settle(world, deed->service);
    *cert = (struct cert){.stage = CERT_CANARIED, .from = before};
    cert->basis = world_basis(world, deed->service, deed->version);
}

/* Under test: what runs the changing version, and what was rolled back from it for the
 * rehearsal. One that does not report proves nothing, nor does a bake of the way back without one
 * that went back, nor any other without one that runs the version. */
static bool test_reports(const struct world *world, const struct deed *deed, versions_t changing,
                         bool way_back)
{
    const struct book_service *at = service_of(world, deed);
    bool any = false;

    for (uint32_t i = 0; i < at->seat_count; i++) {
        const struct seat_now *seat = &world->seats[at->first_seat + i];

        if (!seat_poss(seat) || !(seat->runs & changing || seat->tried))
            continue;
        if (!seat_reports(seat))
            return false;
        any = any ||
              (way_back ? seat->tried && !(seat->runs & changing) : (seat->runs & changing) != 0);
    }
    return any;
}

static void apply_bake(struct world *world, const struct deed *deed)
{
    struct service_now *now = &world->services[deed->service];

    if (now->changing == NOT_CHANGING)
        return;
    unsigned version = (unsigned)now->changing;
    struct cert *cert = world_cert(world, deed->service, version);
    if (deed->failed) {
        drop_cert(world, deed->service, version);
        return;
    }
    if (!test_reports(world, deed, VERSION_BIT(version), cert->stage == CERT_ROLLED))
        return;
    if (cert->stage == CERT_CANARIED) {
        cert->stage = CERT_BAKED;
    } else if (cert->stage == CERT_ROLLED) {
        cert->stage = CERT_CERTIFIED;
        end_change(world, deed->service);
    } else if (cert->stage == CERT_RELEASED && now->live == VERSION_BIT(version)) {
        cert->stage = CERT_STABLE;
        end_change(world, deed->service);
    }
}

/* What was gone back from has to be rehearsed again, unless this was the rehearsal. Where no node
 * went back, because none of those named ran it or none reports, nothing was rehearsed yet. */
static void step_back_cert(struct world *world, uint32_t service, unsigned version,
                           versions_t moved)
{
    struct cert *cert = world_cert(world, service, version);

    if (cert->stage != CERT_BAKED)
        drop_cert(world, service, version);
    else if (moved & VERSION_BIT(version))
        cert->stage = CERT_ROLLED;
}

static void apply_rollback(struct world *world, const struct deed *deed)
{
    const struct book_service *at = service_of(world, deed);
    struct service_now *now = &world->services[deed->service];
    versions_t v = VERSION_BIT(deed->version), left = 0, moved = 0;
    versions_t changing = now->changing == NOT_CHANGING ? 0 : VERSION_BIT(now->changing);
    bool baked = false;
    unsigned u;

    for (uint32_t i = 0; i < at->seat_count; i++) {
        struct seat_now *seat = &world->seats[at->first_seat + i];

        if (!deed->all_seats && !contains(deed->seats, deed->seat_count, at->first_seat + i))
            continue;
        left |= seat_poss(seat);
        if (!seat_reports(seat))
            continue;
        if (seat->runs & changing & ~v)
            seat->tried = 1;
        moved |= seat->runs;
        seat->runs = v;
    }
    for (versions_t rest = (left | changing) & ~v & ~VERSION_BIT(VERSION_NOT_KNOWN);
         versions_next(&rest, &u);) {
        step_back_cert(world, deed->service, u, moved);
        baked = baked || (VERSION_BIT(u) & changing &&
                          world_cert(world, deed->service, u)->stage == CERT_ROLLED);
    }
    world_settle(world, deed->service);
    if (now->live & ~v || baked)
        return;
    if (changing == v && world_cert(world, deed->service, deed->version)->stage < CERT_RELEASED)
        drop_cert(world, deed->service, deed->version);
    end_change(world, deed->service);
}

static void apply_release(struct world *world, const struct deed *deed)
{
    const struct book_service *at = service_of(world, deed);
    struct cert *cert = world_cert(world, deed->service, deed->version);

    for (uint32_t i = 0; i < at->seat_count; i++)
        if (!contains(deed->missed, deed->missed_count, at->first_seat + i))
            push(&world->seats[at->first_seat + i], VERSION_BIT(deed->version));
    *cert = (struct cert){.stage = CERT_RELEASED};
    world->services[deed->service].changing = deed->version;
}

/* Only what nobody who may be running still writes can be gone for good. */
static void apply_backfilled(struct world *world, const struct deed *deed)
{
    const struct book_store *store = &world->book->stores[deed->store];
    struct set gone = deed->formats;
    unsigned u;

    for (size_t i = 0; i < store->user_count; i++)
        for (versions_t rest = world->services[store->users[i]].live; versions_next(&rest, &u);) {
            const struct book_version *version = world_version(world, store->users[i], u);
            const struct set *writes = version ? uses_of(&version->writes, deed->store) : NULL;

            if (writes)
                gone = set_minus(&gone, writes);
        }
    world->stores[deed->store].may = set_minus(&world->stores[deed->store].may, &gone);
}

static void apply_seat(struct world *world, const struct deed *deed)
{
    struct seat_now *seat = &world->seats[deed->seats[0]];
    versions_t version = VERSION_BIT(deed->version);

    switch (deed->kind) {
    case DEED_DOWN:
        if (seat->state == SEAT_REPORTING)
            seat->state = SEAT_SILENT;
        break;
    case DEED_RETIRE:
        if (seat->state == SEAT_REPORTING || seat->state == SEAT_SILENT)
            seat->state = SEAT_RETIRED;
        break;
    case DEED_FENCE:
        if (seat->state != SEAT_ABSENT)
            seat->state = SEAT_FENCED;
        seat->queued = seat->tried = 0;
        break;
    case DEED_UP:
    case DEED_ADMIT:
        if (seat->state == SEAT_ABSENT || deed->version != VERSION_NOT_KNOWN ||
            deed->kind == DEED_ADMIT)
            seat->runs = version;
        seat->state = SEAT_REPORTING;
        seat->queued = 0;
        break;
    case DEED_CANARY:
    case DEED_BAKE:
    case DEED_ROLLBACK:
    case DEED_RELEASE:
    case DEED_EXPAND:
    case DEED_CONTRACT:
    case DEED_BACKFILLED:
    case DEED_LAUNCHER:
    case DEED_USAGE:
    case DEED_END_SUPPORT:
    case DEED_BYPASS:
    case DEED_COUNT:
        break;
    }
}

/* Behind the guard's back: what reports runs it, whatever anybody declared. */
static void apply_bypass(struct world *world, const struct deed *deed)
{
    if (deed->service == BOOK_NONE || deed->version == VERSION_NOT_KNOWN)
        return;
    const struct book_service *at = service_of(world, deed);
    for (uint32_t i = 0; i < at->seat_count; i++) {
        struct seat_now *seat = &world->seats[at->first_seat + i];

        if (seat_reports(seat) &&
            (deed->all_seats || contains(deed->seats, deed->seat_count, at->first_seat + i)))
            seat->runs = VERSION_BIT(deed->version);
    }
}

static void apply(struct world *world, const struct deed *deed)
{
    switch (deed->kind) {
    case DEED_CANARY:
        apply_canary(world, deed);
        break;
    case DEED_BAKE:
        apply_bake(world, deed);
        break;
    case DEED_ROLLBACK:
        apply_rollback(world, deed);
        break;
    case DEED_RELEASE:
        apply_release(world, deed);
        break;
    case DEED_EXPAND:
        set_join(&world->stores[deed->store].has, &deed->elements);
        break;
    case DEED_CONTRACT:
        world->stores[deed->store].has =
            set_minus(&world->stores[deed->store].has, &deed->elements);
        break;
    case DEED_BACKFILLED:
        apply_backfilled(world, deed);
        break;
    case DEED_LAUNCHER:
        world->launchers[deed->launcher] = deed->version;
        break;
    case DEED_DOWN:
    case DEED_UP:
    case DEED_RETIRE:
    case DEED_FENCE:
    case DEED_ADMIT:
        apply_seat(world, deed);
        break;
    case DEED_USAGE:
        for (size_t i = 0; i < deed->usage_count; i++)
            world->usages[deed->usages[i]] = deed->count;
        break;
    case DEED_END_SUPPORT:
        world->ended[deed->cohort] = 1;
        break;
    case DEED_BYPASS:
        apply_bypass(world, deed);
        break;
    case DEED_COUNT:
        break;
    }
}

void deed_apply(struct world *world, const struct deed *deed)
{
    apply(world, deed);
    if (deed->service != BOOK_NONE) {
        world_settle(world, deed->service);
        world_void_certs(world, deed->service);
    }
    if (deed->kind == DEED_BACKFILLED)
        for (size_t i = 0; i < world->book->stores[deed->store].user_count; i++)
            world_void_certs(world, world->book->stores[deed->store].users[i]);
    ++*world->applied;
}
