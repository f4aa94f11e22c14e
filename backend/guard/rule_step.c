/* rule_step.c: R3: one version step in production at any time, counting what may come back. */
#include "guard/trial.h"

/* The canary's other version must be where everybody rested before. */
static void check_rested(const struct trial *trial, struct finding *finding, versions_t others)
{
    uint32_t s = trial->deed->service;
    const struct service_now *now = &trial->world->services[s];
    const char *name = trial->service->name;
    unsigned u;

    if (now->changing != NOT_CHANGING && now->changing != trial->deed->version) {
        const char *to = trial_version_name(trial, s, (unsigned)now->changing);
        trial_break(trial, finding, ANSWER_REFUSE,
                    trial_text(trial, "finish or roll back %s -> %s first", name, to),
                    "%s is still moving to %s", name, to);
        trial_witness(trial, finding, trial_text(trial, "service %s", name), "moving to %s", to);
        trial_places(trial, finding, s, VERSION_BIT(now->changing));
    }
    while (versions_next(&others, &u)) {
        if (u == VERSION_NOT_KNOWN || world_cert(trial->world, s, u)->stage == CERT_STABLE)
            continue;
        const char *version = trial_version_name(trial, s, u);
        trial_break(
            trial, finding, ANSWER_REFUSE,
            trial_fence_or(trial, s, trial->world->services[s].live & ~VERSION_BIT(u),
                           trial_text(trial, "bring %s to one version and let it bake", name)),
            "%s %s is not itself released and baked", name, version);
        trial_witness(trial, finding, trial_text(trial, "version %s of %s", version, name), "%s",
                      cert_word[world_cert(trial->world, s, u)->stage]);
        trial_places(trial, finding, s, trial->world->services[s].live);
    }
}

/* What would make `u`, which may run, and what is asked for neighbours. */
static const char *way_within_step(const struct trial *trial, unsigned u)
{
    const struct book_service *service = trial->service;
    const char *from = trial_version_name(trial, trial->deed->service, u);
    const char *to = trial_version_name(trial, trial->deed->service, trial->deed->version);

    if (!trial->version->declared)
        return trial_text(trial, "declare a contract for %s %s", service->name, to);
    if (!service->versions[u].declared)
        return trial_text(trial, "declare a contract for %s %s", service->name, from);
    if (trial->deed->kind == DEED_ADMIT)
        return trial_text(trial, "let it join with %s, or keep it out", from);
    if (trial->deed->kind == DEED_LAUNCHER)
        return trial_text(trial, "point it at %s", from);
    if (trial->deed->kind == DEED_ROLLBACK &&
        world_came_before(service, VERSION_BIT(u)) & VERSION_BIT(trial->deed->version))
        return "go back one version at a time";
    return trial_text(trial, "release the versions between %s and %s first", from, to);
}

void rule_one_step(const struct trial *trial, struct finding *finding)
{
    uint32_t s = trial->deed->service;
    unsigned v = trial->deed->version, u;
    versions_t live = trial->world->services[s].live, others = live & ~VERSION_BIT(v);
    const char *name = trial->service->name;
    const char *settle =
        trial_text(trial, "bring every node and launcher of %s to one version", name);

    if ((live | VERSION_BIT(v)) & VERSION_BIT(VERSION_NOT_KNOWN)) {
        trial_break(trial, finding, ANSWER_UNKNOWN,
                    trial_fence_or(trial, s, VERSION_BIT(VERSION_NOT_KNOWN),
                                   "find out which version it is"),
                    "a version of %s is not known", name);
        trial_places(trial, finding, s, VERSION_BIT(VERSION_NOT_KNOWN));
    }
    if (versions_count(others) > 1) {
        trial_break(trial, finding, ANSWER_REFUSE, trial_fence_or(trial, s, others, settle),
                    "%u versions of %s could run at once: %s, %s", versions_count(others) + 1, name,
                    trial_versions(trial, s, others), trial_version_name(trial, s, v));
        trial_places(trial, finding, s, others);
    }
    for (versions_t rest = others; versions_next(&rest, &u);) {
        if (u == VERSION_NOT_KNOWN || world_adjacent(trial->world, s, u, v))
            continue;
        trial_break(trial, finding, ANSWER_REFUSE,
                    trial_fence_or(trial, s, VERSION_BIT(u), way_within_step(trial, u)),
                    "%s %s is more than one step from %s, which may still run", name,
                    trial_version_name(trial, s, v), trial_version_name(trial, s, u));
        trial_places(trial, finding, s, VERSION_BIT(u));
    }
    if (trial->deed->kind == DEED_CANARY)
        check_rested(trial, finding, others);
}
