/* rule_data.c: R1: data and code change apart, and nothing is written that somebody who may
 * be running, or would be rolled back to, cannot read.
 *
 * "Cannot read" binds only versions that declare reads of that store. */
#include "guard/trial.h"

static const struct book_store *store_of(const struct trial *trial, uint32_t store)
{
    return &trial->world->book->stores[store];
}

static const char *list(const struct trial *trial, uint32_t store, const struct set *names)
{
    return trial->arena ? book_list(&store_of(trial, store)->names, names, trial->arena) : "";
}

static const char *store_text(const struct trial *trial, uint32_t store)
{
    return trial_text(trial, "store %s", store_of(trial, store)->name);
}

/* One kind of data change per release, and no code with it. */
static void check_mix(const struct trial *trial, struct finding *finding)
{
    unsigned change = trial->version->change, data = change & change_data_kinds;
    const char *words = "";

    if (!data || ((data & (data - 1)) == 0 && !(change & 1u << CHANGE_CODE)))
        return;
    for (unsigned kind = 0; kind < CHANGE_COUNT; kind++)
        if (change & (data | 1u << CHANGE_CODE) & 1u << kind)
            words = trial_text(trial, "%s%s%s", words, words[0] ? ", " : "", change_word[kind]);
    trial_break(trial, finding, ANSWER_REFUSE,
                "split it: first the release that changes the data in a way old and new code "
                "handle, then the code",
                "%s %s changes %s in one release", trial->service->name, trial->version->name,
                words);
    trial_witness(trial, finding,
                  trial_text(trial, "version %s of %s", trial->version->name, trial->service->name),
                  "changes %s", words);
}

/* A version that may be running and cannot read what v may write. */
static void break_reader(const struct trial *trial, struct finding *finding,
                         const struct use *writes, uint32_t service, unsigned version,
                         const struct set *unread)
{
    const char *formats = list(trial, writes->of, unread);
    const char *reader = trial->world->book->services[service].name;
    const char *name = trial_version_name(trial, service, version);

    trial_break(trial, finding, ANSWER_REFUSE,
                trial_fence_or(trial, service, VERSION_BIT(version),
                               trial_text(trial, "first release a version of %s that reads %s",
                                          reader, formats)),
                "%s %s may write %s to %s, which %s %s cannot read", trial->service->name,
                trial->version->name, formats, store_of(trial, writes->of)->name, reader, name);
    trial_witness(trial, finding, store_text(trial, writes->of), "%s %s may write %s",
                  trial->service->name, trial->version->name, formats);
    trial_witness(trial, finding, trial_text(trial, "version %s of %s", name, reader),
                  "cannot read %s", formats);
    trial_places(trial, finding, service, VERSION_BIT(version));
}

static bool reads_store(const struct book_service *service, uint32_t store)
{
    for (size_t v = 0; v < service->version_count; v++)
        if (uses_of(&service->versions[v].reads, store))
            return true;
    return false;
}

/* An unknown version of another reader: only what is new at rest can hurt it. */
static void check_unknown_reader(const struct trial *trial, struct finding *finding,
                                 const struct use *writes, uint32_t service)
{
    struct set fresh = set_minus(&writes->names, &trial->world->stores[writes->of].may);

    if (service == trial->deed->service || set_empty(&fresh) ||
        !reads_store(&trial->world->book->services[service], writes->of))
        return;
    trial_break(trial, finding, ANSWER_UNKNOWN,
                trial_fence_or(trial, service, VERSION_BIT(VERSION_NOT_KNOWN),
                               "find out which version it is"),
                "%s may run a version that is not known and may not read %s",
                trial->world->book->services[service].name, list(trial, writes->of, &fresh));
    trial_places(trial, finding, service, VERSION_BIT(VERSION_NOT_KNOWN));
}

static void check_readers(const struct trial *trial, struct finding *finding,
                          const struct use *writes)
{
    const struct world *world = trial->world;
    const struct book_store *store = store_of(trial, writes->of);
    unsigned u;

    for (size_t i = 0; i < store->user_count; i++) {
        uint32_t service = store->users[i];
        versions_t rest = world->services[service].live;

        if (service == trial->deed->service)
            rest |= VERSION_BIT(trial->deed->version);
        while (versions_next(&rest, &u)) {
            const struct book_version *version = world_version(world, service, u);
            const struct set *reads = version ? uses_of(&version->reads, writes->of) : NULL;

            if (!version || !version->declared)
                check_unknown_reader(trial, finding, writes, service);
            if (!reads || set_within(&writes->names, reads))
                continue;
            struct set unread = set_minus(&writes->names, reads);
            break_reader(trial, finding, writes, service, u, &unread);
        }
    }
}

/* The way back: what v wrote is still there when a predecessor runs again. */
static void check_predecessors(const struct trial *trial, struct finding *finding,
                               const struct use *writes)
{
    versions_t rest = trial->version->follows;
    unsigned p;

    while (versions_next(&rest, &p)) {
        const struct book_version *before = &trial->service->versions[p];
        const struct set *reads = uses_of(&before->reads, writes->of);

        if (!reads || set_within(&writes->names, reads))
            continue;
        struct set unread = set_minus(&writes->names, reads);
        const char *formats = list(trial, writes->of, &unread);
        trial_break(trial, finding, ANSWER_REFUSE,
                    trial_text(trial, "first release a version that reads %s and does not write it",
                               formats),
                    "%s %s may write %s to %s, and there would be no way back to %s",
                    trial->service->name, trial->version->name, formats,
                    store_of(trial, writes->of)->name, before->name);
        trial_witness(trial, finding,
                      trial_text(trial, "version %s of %s", before->name, trial->service->name),
                      "cannot read %s of %s", formats, store_of(trial, writes->of)->name);
    }
}

/* Where there is no way back, the least harmful way on. */
static const char *way_forward(const struct trial *trial, const char *formats)
{
    return trial_text(trial, "fix forward, or release a bridge: a %s that reads %s too",
                      trial->version->name, formats);
}

static const char *way_to_floor(const struct trial *trial, const char *formats)
{
    uint32_t s = trial->deed->service;
    unsigned floor = world_floor(trial->world, s, NULL);

    if (trial->deed->kind != DEED_ROLLBACK)
        return trial_text(trial,
                          "backfill %s and attest that it is gone, or release a version that "
                          "reads it",
                          formats);
    if (floor == VERSION_NOT_KNOWN)
        return way_forward(trial, formats);
    const char *oldest = trial_text(trial, "the oldest version it can return to is %s",
                                    trial_version_name(trial, s, floor));
    if (!(trial->world->services[s].live & VERSION_BIT(floor)))
        return oldest;
    return trial_text(trial, "%s: %s", oldest, way_forward(trial, formats));
}

/* Everything that may be at rest must be readable, everything needed must be there. */
static void check_at_rest(const struct trial *trial, struct finding *finding)
{
    const struct book_version *version = trial->version;

    for (size_t i = 0; i < version->reads.count; i++) {
        const struct use *reads = &version->reads.use[i];
        struct set unread = set_minus(&trial->world->stores[reads->of].may, &reads->names);

        if (set_empty(&unread))
            continue;
        const char *formats = list(trial, reads->of, &unread);
        trial_break(trial, finding, ANSWER_REFUSE, way_to_floor(trial, formats),
                    "%s %s cannot read %s, which may be at rest in %s", trial->service->name,
                    version->name, formats, store_of(trial, reads->of)->name);
        trial_witness(trial, finding, store_text(trial, reads->of), "may hold %s", formats);
    }
    for (size_t i = 0; i < version->needs.count; i++) {
        const struct use *needs = &version->needs.use[i];
        struct set missing = set_minus(&needs->names, &trial->world->stores[needs->of].has);

        if (set_empty(&missing))
            continue;
        const char *elements = list(trial, needs->of, &missing);
        trial_break(
            trial, finding, ANSWER_REFUSE,
            trial_text(trial, "expand %s by %s first", store_of(trial, needs->of)->name, elements),
            "%s %s needs %s, which %s does not have", trial->service->name, version->name, elements,
            store_of(trial, needs->of)->name);
        trial_witness(trial, finding, store_text(trial, needs->of), "has no %s", elements);
    }
}

/* Somebody who may be running needs or writes what would be removed. */
static void check_removal_users(const struct trial *trial, struct finding *finding,
                                const struct set *gone)
{
    const struct world *world = trial->world;
    uint32_t d = trial->deed->store;
    const struct book_store *store = store_of(trial, d);
    unsigned u;

    for (size_t i = 0; i < store->user_count; i++) {
        uint32_t service = store->users[i];
        const char *name = world->book->services[service].name;

        for (versions_t rest = world->services[service].live; versions_next(&rest, &u);) {
            const struct book_version *version = world_version(world, service, u);
            struct set used = {{0}};

            if (!version || !version->declared) {
                trial_break(trial, finding, ANSWER_UNKNOWN, "find out which version it is",
                            "%s may run a version whose needs of %s are not known", name,
                            store->name);
                trial_places(trial, finding, service, VERSION_BIT(u));
                continue;
            }
            if (uses_of(&version->needs, d))
                set_join(&used, uses_of(&version->needs, d));
            if (uses_of(&version->writes, d))
                set_join(&used, uses_of(&version->writes, d));
            used = set_common(&used, gone);
            if (set_empty(&used))
                continue;
            trial_break(
                trial, finding, ANSWER_REFUSE,
                trial_fence_or(trial, service, VERSION_BIT(u),
                               trial_text(trial, "first release a version of %s without it", name)),
                "%s %s still uses %s of %s", name, version->name, list(trial, d, &used),
                store->name);
            trial_witness(trial, finding,
                          trial_text(trial, "version %s of %s", version->name, name),
                          "needs or writes %s", list(trial, d, &used));
            trial_places(trial, finding, service, VERSION_BIT(u));
        }
    }
}

static void check_rest_of(const struct trial *trial, struct finding *finding,
                          const struct set *names, const char *why)
{
    uint32_t d = trial->deed->store;
    struct set held = set_common(names, &trial->world->stores[d].may);

    if (set_empty(&held))
        return;
    const char *formats = list(trial, d, &held);
    trial_break(trial, finding, ANSWER_REFUSE,
                trial_text(trial, "backfill %s and attest that it is gone", formats),
                "%s may still be at rest in %s%s", formats, store_of(trial, d)->name, why);
    trial_witness(trial, finding, store_text(trial, d), "may hold %s", formats);
}

/* expand and contract: steps of the store itself. */
static void check_schema(const struct trial *trial, struct finding *finding)
{
    const struct deed *deed = trial->deed;

    if (deed->with_code) {
        trial_break(trial, finding, ANSWER_REFUSE, "change the store in a step of its own",
                    "%s of %s is bundled with code", deed_word[deed->kind],
                    store_of(trial, deed->store)->name);
        trial_witness(trial, finding, store_text(trial, deed->store), "%s together with code",
                      deed_word[deed->kind]);
    }
    check_rest_of(trial, finding, &deed->backfill, ", and its backfill must come first");
    if (deed->kind != DEED_CONTRACT)
        return;
    struct set gone = deed->elements;
    set_join(&gone, &deed->formats);
    check_removal_users(trial, finding, &gone);
    check_rest_of(trial, finding, &gone, "");
}

void rule_data(const struct trial *trial, struct finding *finding)
{
    enum deed_kind kind = trial->deed->kind;
    const struct uses *writes = &trial->version->writes;

    if (kind == DEED_EXPAND || kind == DEED_CONTRACT) {
        check_schema(trial, finding);
        return;
    }
    if (kind == DEED_CANARY || kind == DEED_RELEASE)
        check_mix(trial, finding);
    if (kind == DEED_ROLLBACK) /* how far back it can go is the first that one wants to know */
        check_at_rest(trial, finding);
    for (size_t i = 0; i < writes->count; i++) {
        check_readers(trial, finding, &writes->use[i]);
        check_predecessors(trial, finding, &writes->use[i]);
    }
    if (kind != DEED_ROLLBACK)
        check_at_rest(trial, finding);
}
