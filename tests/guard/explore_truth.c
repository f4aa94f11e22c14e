/* explore_truth.c: what really may happen in a small fleet, told from nodes and contracts alone.
 *
 * Nothing here calls a predicate of the guard. A silent node may run what it last ran or whatever
 * was sent to it; the record of rehearsals is taken as the history, and every entry must be
 * earned by a step that happened. */
#include "guard/explore_guard.h"

#define BIT(n) (1u << (n))

static unsigned possible_at(const struct seat_now *seat)
{
    switch ((enum seat_state)seat->state) {
    case SEAT_REPORTING:
    case SEAT_SILENT:
    case SEAT_RETIRED:
        return (unsigned)(seat->runs | seat->queued);
    case SEAT_ABSENT:
    case SEAT_FENCED:
    case SEAT_STATE_COUNT:
        break;
    }
    return 0;
}

static const struct seat_now *seat_of(const struct fleet_facts *facts, const struct world *world,
                                      unsigned s, unsigned n)
{
    static const struct seat_now nobody;

    return facts->seat[s][n] == NO_SEAT ? &nobody : &world->seats[facts->seat[s][n]];
}

/* Versions that may run on its nodes. */
static unsigned seated(const struct fleet_facts *facts, const struct world *world, unsigned s)
{
    unsigned all = 0;

    for (unsigned n = 0; n < FLEET_NODES; n++)
        all |= possible_at(seat_of(facts, world, s, n));
    return all;
}

/* What an autoscaler would start may be running at any time. */
static unsigned launched(const struct fleet_facts *facts, const struct world *world, unsigned s)
{
    uint64_t version =
        facts->launcher[s] == NO_SEAT ? NO_VERSION : world->launchers[facts->launcher[s]];

    return version == NO_VERSION ? 0 : BIT(version);
}

/* Versions that may be running of a service. */
static unsigned running(const struct fleet_facts *facts, const struct world *world, unsigned s)
{
    return seated(facts, world, s) | launched(facts, world, s);
}

static const struct cert *cert_at(const struct world *world, unsigned s, unsigned v)
{
    return &world->certs[world->book->services[s].first_cert + v];
}

static unsigned at_rest(const struct world *world)
{
    return (unsigned)world->stores[0].may.word[0];
}

static unsigned count(unsigned mask)
{
    return (unsigned)__builtin_popcount(mask);
}

/* ---- what must hold in every state ---- */

static const char *truth_of_version(const struct fleet_facts *facts, const struct world *world,
                                    unsigned s, unsigned v)
{
    if (facts->reads_any[s][v] && at_rest(world) & ~facts->reads[s][v])
        return "something unreadable may be read";
    if (facts->writes[s][v] & ~at_rest(world))
        return "something may be at rest that is not accounted for";
    if (facts->needs[s][v] & ~(unsigned)world->stores[0].has.word[0])
        return "something needed is not there";
    for (unsigned t = 0; t < FLEET_SERVICES; t++)
        for (unsigned w = 0; w < FLEET_VERSIONS; w++)
            if (running(facts, world, t) & BIT(w) &&
                facts->requires[s][v][t] & ~facts->provides[t][w])
                return "a call may go unprovided";
    for (size_t i = 0; i < world->book->usage_count; i++) {
        const struct book_usage *usage = &world->book->usages[i];

        if (usage->service == s && !(facts->provides[s][v] & BIT(usage->element)) &&
            (world->usages[i] || !world->ended[usage->cohort]))
            return "a client's call may go unprovided";
    }
    return NULL;
}

static bool is_one_step(const struct fleet_facts *facts, unsigned s, unsigned versions)
{
    for (unsigned u = 0; u < FLEET_VERSIONS; u++)
        for (unsigned v = 0; v < u; v++)
            if (versions & BIT(u) && versions & BIT(v) && !(facts->follows[s][u] & BIT(v)) &&
                !(facts->follows[s][v] & BIT(u)))
                return false;
    return count(versions) <= 2;
}

const char *truth_of_state(const struct fleet_facts *facts, const struct world *world)
{
    for (unsigned s = 0; s < FLEET_SERVICES; s++) {
        unsigned versions = running(facts, world, s);

        if (world->services[s].live != versions)
            return "the guard's picture of what may run is wrong";
        if (!is_one_step(facts, s, versions))
            return "more than one step may be live";
        for (unsigned v = 0; v < FLEET_VERSIONS; v++) {
            const char *wrong = versions & BIT(v) ? truth_of_version(facts, world, s, v) : NULL;
            if (wrong)
                return wrong;
        }
    }
    return NULL;
}

bool truth_is_stable(const struct fleet_facts *facts, const struct world *world)
{
    for (unsigned s = 0; s < FLEET_SERVICES; s++) {
        unsigned versions = running(facts, world, s);

        if (world->services[s].changing != NOT_CHANGING || count(versions) > 1)
            return false;
        if (versions && cert_at(world, s, (unsigned)__builtin_ctz(versions))->stage != CERT_STABLE)
            return false;
    }
    return true;
}

/* ---- what every step must respect ---- */

/* Nodes that may run v, and whether one of them runs it for all to see. */
static unsigned places(const struct fleet_facts *facts, const struct world *world, unsigned s,
                       unsigned v, bool seen)
{
    unsigned nodes = 0;

    for (unsigned n = 0; n < FLEET_NODES; n++) {
        const struct seat_now *seat = seat_of(facts, world, s, n);

        if (seen ? seat->state == SEAT_REPORTING && seat->runs == BIT(v)
                 : (possible_at(seat) & BIT(v)) != 0)
            nodes |= BIT(n);
    }
    return nodes;
}

/* What a rehearsal rests on, besides the version itself: the other service, what is at rest, and
 * who ran beside it. */
static bool rests_on_the_same(const struct fleet_facts *facts, const struct world *before,
                              const struct world *after, unsigned s, unsigned v)
{
    unsigned was = (running(facts, before, s) | (unsigned)cert_at(before, s, v)->from) & ~BIT(v);
    unsigned is = running(facts, after, s) & ~BIT(v);
    unsigned writes = facts->writes[s][v];

    for (unsigned t = 0; t < FLEET_SERVICES; t++)
        if (t != s && running(facts, before, t) != running(facts, after, t))
            return false;
    return !(is & ~was) && (at_rest(before) | writes) == (at_rest(after) | writes);
}

/* A node that went back from it reports: the way back was really gone. */
static bool went_back(const struct fleet_facts *facts, const struct world *world, unsigned s,
                      unsigned v)
{
    for (unsigned n = 0; n < FLEET_NODES; n++) {
        const struct seat_now *seat = seat_of(facts, world, s, n);

        if (seat->tried && seat->state == SEAT_REPORTING && !(possible_at(seat) & BIT(v)))
            return true;
    }
    return false;
}

/* Was this entry of the record earned by what just happened? */
static const char *truth_of_record(const struct fleet_facts *facts, const struct world *before,
                                   const struct world *after, const struct deed *deed, unsigned s,
                                   unsigned v)
{
    uint64_t was = cert_at(before, s, v)->stage, is = cert_at(after, s, v)->stage;
    bool mine = deed->service == s;
    bool baked = mine && deed->kind == DEED_BAKE && !deed->failed;
    unsigned seen = places(facts, before, s, v, true);
    unsigned possible = places(facts, before, s, v, false);
    bool alone = running(facts, before, s) == BIT(v); /* a release exposes nobody */

    if (is == CERT_NONE)
        return NULL;
    if (is == was) {
        if (is < CERT_RELEASED && !(mine && deed->kind == DEED_CANARY && deed->version == v) &&
            !rests_on_the_same(facts, before, after, s, v))
            return "a certificate survived what voids it";
        return NULL;
    }
    switch ((enum cert_stage)is) {
    case CERT_CANARIED:
        return mine && deed->kind == DEED_CANARY && deed->version == v ? NULL
                                                                       : "a canary from nowhere";
    case CERT_BAKED:
        return baked && was == CERT_CANARIED && seen && seen == possible
                   ? NULL
                   : "a bake without a node that reports";
    case CERT_ROLLED:
        return mine && deed->kind == DEED_ROLLBACK && was == CERT_BAKED &&
                       places(facts, after, s, v, true) != seen
                   ? NULL
                   : "a rehearsal that did not roll back";
    case CERT_CERTIFIED:
        return baked && was == CERT_ROLLED && went_back(facts, before, s, v)
                   ? NULL
                   : "a certificate without a node that went back";
    case CERT_RELEASED:
        return mine && deed->kind == DEED_RELEASE && (was >= CERT_CERTIFIED || alone)
                   ? NULL
                   : "a full release without its rehearsal";
    case CERT_STABLE:
        return baked && was == CERT_RELEASED && running(facts, before, s) == BIT(v)
                   ? NULL
                   : "stable without having baked everywhere";
    case CERT_NONE:
    case CERT_STAGE_COUNT:
        break;
    }
    return "a stage that does not exist";
}

/* Everything that it replaces is declared to follow it. */
static bool is_way_back(const struct fleet_facts *facts, const struct world *before,
                        const struct world *after, unsigned s, unsigned v)
{
    for (unsigned n = 0; n < FLEET_NODES; n++) {
        unsigned was = possible_at(seat_of(facts, before, s, n));

        if (possible_at(seat_of(facts, after, s, n)) == was)
            continue;
        for (unsigned u = 0; u < FLEET_VERSIONS; u++)
            if (was & BIT(u) && u != v && !(facts->follows[s][u] & BIT(v)))
                return false;
    }
    return true;
}

/* More than a canary of something that was never rehearsed. Joining nodes are not asked R4. */
static const char *truth_of_spread(const struct fleet_facts *facts, const struct world *before,
                                   const struct world *after, const struct deed *deed, unsigned s,
                                   unsigned v)
{
    unsigned was = count(places(facts, before, s, v, false));
    unsigned is = count(places(facts, after, s, v, false)), nodes = 0;

    for (unsigned n = 0; n < FLEET_NODES; n++)
        nodes += possible_at(seat_of(facts, after, s, n)) != 0;
    if (is <= was || is <= 1 || 3 * is <= nodes || deed->kind == DEED_ADMIT ||
        cert_at(before, s, v)->stage >= CERT_CERTIFIED ||
        (deed->kind == DEED_ROLLBACK && is_way_back(facts, before, after, s, v)))
        return NULL;
    return "a full release without its rehearsal";
}

/* A launcher is pointed only at what was rehearsed, or at what all nodes run and that is no canary
 * that happens to be everywhere; back from that it may go. */
static const char *truth_of_launch(const struct fleet_facts *facts, const struct world *before,
                                   const struct world *after, unsigned s)
{
    unsigned was = launched(facts, before, s), is = launched(facts, after, s);
    unsigned v = is ? (unsigned)__builtin_ctz(is) : 0, u = was ? (unsigned)__builtin_ctz(was) : 0;
    bool canary = before->services[s].changing == v && !(was && facts->follows[s][u] & is);

    if (was == is || cert_at(before, s, v)->stage >= CERT_CERTIFIED)
        return NULL;
    return seated(facts, before, s) == is && !canary ? NULL
                                                     : "a launcher at what was never rehearsed";
}

/* Formats leave the store only when they were attested to be gone and nobody may write them. */
static const char *truth_of_rest(const struct fleet_facts *facts, const struct world *before,
                                 const struct world *after, const struct deed *deed)
{
    unsigned gone = deed->kind == DEED_BACKFILLED ? (unsigned)deed->formats.word[0] : 0;
    unsigned expected = at_rest(before) & ~gone;

    for (unsigned s = 0; s < FLEET_SERVICES; s++)
        for (unsigned v = 0; v < FLEET_VERSIONS; v++)
            if (running(facts, after, s) & BIT(v))
                expected |= facts->writes[s][v];
    return at_rest(after) == expected ? NULL : "the guard's picture of what is at rest is wrong";
}

const char *truth_of_step(const struct fleet_facts *facts, const struct world *before,
                          const struct world *after, const struct deed *deed)
{
    const char *wrong = truth_of_rest(facts, before, after, deed);

    for (unsigned s = 0; s < FLEET_SERVICES && !wrong; s++)
        wrong = truth_of_launch(facts, before, after, s);
    for (unsigned s = 0; s < FLEET_SERVICES; s++)
        for (unsigned v = 0; v < FLEET_VERSIONS && !wrong; v++) {
            wrong = truth_of_record(facts, before, after, deed, s, v);
            if (!wrong)
                wrong = truth_of_spread(facts, before, after, deed, s, v);
        }
    return wrong ? wrong : truth_of_state(facts, after);
}
