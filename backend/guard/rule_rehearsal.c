/* rule_rehearsal.c: R4: the way back is rehearsed before everybody goes.
 *
 * No data is never a pass: a canary counts only on nodes that report. */
#include "guard/trial.h"

static const struct seat_now *seat_at(const struct trial *trial, uint32_t i)
{
    return &trial->world->seats[trial->service->first_seat + i];
}

static bool named(const struct deed *deed, uint32_t seat)
{
    for (size_t i = 0; i < deed->seat_count; i++)
        if (deed->seats[i] == seat)
            return true;
    return deed->all_seats;
}

static const char *node_of(const struct trial *trial, uint32_t seat)
{
    return trial->world->book->seats[seat].node;
}

/* Few nodes, all of them reporting: over everything that runs v or would. */
static void check_canary(const struct trial *trial, struct finding *finding)
{
    const struct deed *deed = trial->deed;
    versions_t v = deed->version == VERSION_NOT_KNOWN ? 0 : VERSION_BIT(deed->version);
    uint32_t fleet = 0, on = 0;

    for (size_t i = 0; i < deed->seat_count; i++) {
        const struct seat_now *now = &trial->world->seats[deed->seats[i]];
        const char *node = node_of(trial, deed->seats[i]);

        if (seat_reports(now))
            continue;
        trial_break(trial, finding, ANSWER_REFUSE, "choose nodes that report",
                    "%s does not report, a canary there proves nothing", node);
        trial_witness(trial, finding, trial_text(trial, "node %s", node), "%s",
                      seat_state_word[now->state]);
    }
    for (uint32_t i = 0; i < trial->service->seat_count; i++) {
        const struct seat_now *now = seat_at(trial, i);

        if (now->state == SEAT_ABSENT || now->state == SEAT_FENCED)
            continue;
        fleet++;
        on += seat_poss(now) & v || named(deed, trial->service->first_seat + i);
    }
    if (on <= 1 || 3 * (uint64_t)on <= fleet)
        return;
    trial_break(trial, finding, ANSWER_REFUSE, "canary on one node, or on at most a third of them",
                "%u of %u nodes would run %s before it is rehearsed", on, fleet,
                trial->version->name);
    for (size_t i = 0; i < deed->seat_count; i++)
        trial_witness(trial, finding, trial_text(trial, "node %s", node_of(trial, deed->seats[i])),
                      "would run %s", trial->version->name);
}

/* What is already all that may run exposes nobody: releasing it again is how a service
 * whose history is not on record comes to rest. Not while it is what the service changes to: on
 * a fleet of one node the canary is everywhere, and still wants its rehearsal. */
static bool rehearsed(const struct trial *trial)
{
    unsigned version = trial->deed->version;
    uint32_t s = trial->deed->service;

    return version != VERSION_NOT_KNOWN &&
           (world_cert(trial->world, s, version)->stage >= CERT_CERTIFIED ||
            (trial->world->services[s].live == VERSION_BIT(version) &&
             trial->world->services[s].changing != version));
}

/* A launcher may follow the nodes: more of what all of them run is nothing new. Of what the service
 * only changes to, it is when the launcher goes back to it. */
static bool follows_nodes(const struct trial *trial)
{
    const struct deed *deed = trial->deed;
    versions_t seated = 0, v = VERSION_BIT(deed->version);

    if (deed->kind != DEED_LAUNCHER)
        return false;
    for (uint32_t i = 0; i < trial->service->seat_count; i++)
        seated |= seat_poss(seat_at(trial, i));
    if (seated != v || trial->world->services[deed->service].changing != deed->version)
        return seated == v;
    uint64_t now = trial->world->launchers[deed->launcher];
    return now < VERSION_NOT_KNOWN && trial->service->versions[now].follows & v;
}

static void check_rehearsed(const struct trial *trial, struct finding *finding)
{
    const struct deed *deed = trial->deed;
    const char *name = trial->service->name, *stage = cert_word[CERT_NONE];

    if (rehearsed(trial) || follows_nodes(trial))
        return;
    if (deed->version != VERSION_NOT_KNOWN)
        stage = cert_word[world_cert(trial->world, deed->service, deed->version)->stage];
    trial_break(
        trial, finding, ANSWER_REFUSE,
        trial_text(trial, "rehearse %s first: canary, bake, roll back, bake", trial->version->name),
        "%s %s has no certificate of a rehearsal", name, trial->version->name);
    trial_witness(trial, finding, trial_text(trial, "version %s of %s", trial->version->name, name),
                  "%s", stage);
    if (deed->kind == DEED_LAUNCHER)
        trial_witness(
            trial, finding,
            trial_text(trial, "launcher %s", trial->world->book->launchers[deed->launcher].name),
            "would start %s", trial->version->name);
}

/* A way back leads to something that what runs now is declared to follow: also to a version that
 * never ran here, because worlds hold no history. What is guaranteed: every other rule judges it as
 * it judges a release (it reads what may be at rest, finds what it calls, is one step away), and it
 * can be pulled. Not guaranteed: that anybody has seen it run. A canary of an older version is no
 * exception: the newer one does not precede it, so that it is left by releasing the newer one
 * again, which wants no rehearsal as long as that one was stable. */
static void check_way_back(const struct trial *trial, struct finding *finding)
{
    const struct deed *deed = trial->deed;
    versions_t v = VERSION_BIT(deed->version), from = 0;
    unsigned u;

    for (uint32_t i = 0; i < trial->service->seat_count; i++)
        if (named(deed, trial->service->first_seat + i))
            from |= seat_poss(seat_at(trial, i));
    for (versions_t rest = from & ~v; versions_next(&rest, &u);) {
        const struct book_version *now = world_version(trial->world, deed->service, u);

        if (now && now->follows & v)
            continue;
        const char *name = trial_version_name(trial, deed->service, u);
        trial_break(trial, finding, ANSWER_REFUSE,
                    trial_fence_or(trial, deed->service, VERSION_BIT(u),
                                   trial_text(trial, "release %s with a rehearsal instead",
                                              trial->version->name)),
                    "%s is not a predecessor of %s: this would not be a way back",
                    trial->version->name, name);
        trial_places(trial, finding, deed->service, VERSION_BIT(u));
    }
}

static void check_artifact(const struct trial *trial, struct finding *finding,
                           const struct book_version *version, const char *what)
{
    if (version->artifact)
        return;
    trial_break(trial, finding, ANSWER_REFUSE,
                trial_text(trial, "make %s of %s available to the nodes", version->name,
                           trial->service->name),
                "the %s %s of %s cannot be pulled", what, version->name, trial->service->name);
    trial_witness(trial, finding,
                  trial_text(trial, "artifact %s of %s", version->name, trial->service->name),
                  "missing");
}

void rule_rehearsal(const struct trial *trial, struct finding *finding)
{
    const struct deed *deed = trial->deed;
    versions_t before = trial->version->follows;
    unsigned p;

    if (deed->kind == DEED_CANARY)
        check_canary(trial, finding);
    else if (deed->kind == DEED_ROLLBACK)
        check_way_back(trial, finding);
    else
        check_rehearsed(trial, finding);
    check_artifact(trial, finding, trial->version, "artifact");
    if (deed->kind == DEED_ROLLBACK)
        return; /* the way back needs what it goes to, not what was before that */
    while (versions_next(&before, &p))
        check_artifact(trial, finding, &trial->service->versions[p], "rollback artifact");
}
