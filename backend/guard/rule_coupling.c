/* rule_coupling.c: R2: one service at a time, compatible with every peer that may be running.
 *
 * A provider that nobody knows refuses; one that is known and runs nothing passes. */
#include "guard/trial.h"

struct flight {
    const struct trial *trial;
    struct finding *finding;
};

static bool in_flight(void *arg, uint32_t service)
{
    struct flight *flight = arg;
    const struct trial *trial = flight->trial;
    const struct service_now *now = &trial->world->services[service];
    const char *name = trial->world->book->services[service].name;

    if (now->changing == NOT_CHANGING)
        return true;
    unsigned version = (unsigned)now->changing;
    const char *to = trial_version_name(trial, service, version);
    trial_break(trial, flight->finding, ANSWER_REFUSE,
                trial_text(trial, "finish or roll back %s -> %s first", name, to),
                "%s is coupled to %s, which is moving to %s", trial->service->name, name, to);
    trial_witness(trial, flight->finding, trial_text(trial, "service %s", name), "moving to %s, %s",
                  to, cert_word[world_cert(trial->world, service, version)->stage]);
    return true;
}

static const char *elements(const struct trial *trial, uint32_t service, const struct set *set)
{
    if (!trial->arena)
        return "";
    return book_list(&trial->world->book->services[service].elements, set, trial->arena);
}

/* Going back, whoever calls goes first, where what it comes from calls less. */
static const char *way_of_caller(const struct trial *trial, uint32_t service, unsigned u,
                                 const char *calls)
{
    const struct world *world = trial->world;
    const char *name = world->book->services[service].name;
    versions_t before = world_version(world, service, u)->follows;
    unsigned p;

    while (trial->deed->kind == DEED_ROLLBACK && versions_next(&before, &p)) {
        const struct book_version *version = world_version(world, service, p);
        const struct set *requires = uses_of(&version->requires, trial->deed->service);

        if (version->declared && (!requires || set_within(requires, &trial->version->provides)))
            return trial_text(trial, "first roll back %s to %s", name, version->name);
    }
    return trial_text(trial,
                      "keep %s in %s, or first release a version of %s that does not call it",
                      calls, trial->service->name, name);
}

/* Somebody who may be running calls what v does not provide. */
static void check_consumer(const struct trial *trial, struct finding *finding, uint32_t service)
{
    const struct world *world = trial->world;
    uint32_t self = trial->deed->service;
    const char *name = world->book->services[service].name;
    versions_t rest = world->services[service].live;
    unsigned u;

    if (service == self)
        rest |= VERSION_BIT(trial->deed->version);
    while (versions_next(&rest, &u)) {
        const struct book_version *version = world_version(world, service, u);
        const struct set *requires = version ? uses_of(&version->requires, self) : NULL;

        if ((!version || !version->declared) && service != self) {
            trial_break(
                trial, finding, ANSWER_UNKNOWN,
                trial_fence_or(trial, service, VERSION_BIT(u), "find out which version it is"),
                "%s may run a version whose calls to %s are not known", name, trial->service->name);
            trial_places(trial, finding, service, VERSION_BIT(u));
        }
        if (!requires || set_within(requires, &trial->version->provides))
            continue;
        struct set missing = set_minus(requires, &trial->version->provides);
        const char *calls = elements(trial, self, &missing);
        trial_break(
            trial, finding, ANSWER_REFUSE,
            trial_fence_or(trial, service, VERSION_BIT(u), way_of_caller(trial, service, u, calls)),
            "%s %s requires %s, which %s %s does not provide", name, version->name, calls,
            trial->service->name, trial->version->name);
        trial_witness(trial, finding, trial_text(trial, "version %s of %s", version->name, name),
                      "requires %s", calls);
        trial_places(trial, finding, service, VERSION_BIT(u));
    }
}

static bool requires_service(const struct book_service *consumer, uint32_t provider)
{
    for (size_t v = 0; v < consumer->version_count; v++)
        if (uses_of(&consumer->versions[v].requires, provider))
            return true;
    return false;
}

static void check_consumers(const struct trial *trial, struct finding *finding)
{
    const struct book *book = trial->world->book;
    uint32_t self = trial->deed->service;

    check_consumer(trial, finding, self);
    for (size_t i = 0; i < trial->service->neighbour_count; i++) {
        uint32_t service = trial->service->neighbours[i];

        if (requires_service(&book->services[service], self))
            check_consumer(trial, finding, service);
    }
}

/* v calls what a live version of a provider lacks. */
static void check_provider(const struct trial *trial, struct finding *finding,
                           const struct use *requires)
{
    const struct world *world = trial->world;
    const struct book_service *provider = &world->book->services[requires->of];
    versions_t rest = world->services[requires->of].live;
    const char *self = trial->service->name;
    unsigned u;

    if (!provider->known) {
        trial_break(trial, finding, ANSWER_REFUSE,
                    trial_text(trial, "declare %s and what it provides", provider->name),
                    "%s %s requires %s of %s, which nobody knows", self, trial->version->name,
                    elements(trial, requires->of, &requires->names), provider->name);
        trial_witness(trial, finding, trial_text(trial, "service %s", provider->name),
                      "is not known");
    }
    if (requires->of == trial->deed->service)
        rest |= VERSION_BIT(trial->deed->version);
    while (versions_next(&rest, &u)) {
        static const struct set nothing;
        const struct book_version *version = world_version(world, requires->of, u);
        struct set missing = set_minus(&requires->names, version ? &version->provides : &nothing);

        if (set_empty(&missing))
            continue;
        const char *calls = elements(trial, requires->of, &missing);
        const char *name = trial_version_name(trial, requires->of, u);
        trial_break(trial, finding, ANSWER_REFUSE,
                    trial_fence_or(trial, requires->of, VERSION_BIT(u),
                                   trial_text(trial,
                                              "first release a version of %s that provides "
                                              "%s everywhere",
                                              provider->name, calls)),
                    "%s %s requires %s, which %s %s does not provide", self, trial->version->name,
                    calls, provider->name, name);
        trial_witness(trial, finding, trial_text(trial, "version %s of %s", name, provider->name),
                      "lacks %s", calls);
        trial_places(trial, finding, requires->of, VERSION_BIT(u));
    }
}

static bool starts_a_change(const struct deed *deed)
{
    return deed->kind == DEED_CANARY || deed->kind == DEED_RELEASE || deed->kind == DEED_EXPAND ||
           deed->kind == DEED_CONTRACT;
}

void rule_coupling(const struct trial *trial, struct finding *finding)
{
    const struct deed *deed = trial->deed;
    struct flight flight = {trial, finding};

    if (deed->service == BOOK_NONE)
        return;
    if (starts_a_change(deed))
        world_coupled(trial->world, deed->service, in_flight, &flight);
    if (deed->kind == DEED_EXPAND || deed->kind == DEED_CONTRACT)
        return;
    check_consumers(trial, finding);
    for (size_t i = 0; i < trial->version->requires.count; i++)
        check_provider(trial, finding, &trial->version->requires.use[i]);
}
