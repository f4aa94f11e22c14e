/* scenario_alerts.c: what broke without being asked: rule 3 watched after every action of a
 * scenario.
 *
 * One line per object and kind, at the action after which it was first so. */
#include "guard/judge.h"
#include "guard/scenario_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* After one action. */
struct alerting {
    const struct scenario *scenario;
    const struct world *world;
    size_t action;
    struct arena *arena;
    const char *text;
};

PRINTF_LIKE(3, 4)
static void alert(struct alerting *a, enum alarm_kind kind, const char *fmt, ...)
{
    char what[300];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    const char *line = arena_printf(a->arena, "%s: %s\n", alarm_word[kind], what);
    const char *tail = arena_printf(a->arena, " %s", line);
    if (!strstr(a->text, tail))
        a->text = arena_printf(a->arena, "%saction %zu%s", a->text, a->action, tail);
}

static const char *name_of(const struct alerting *a, uint32_t service)
{
    return a->world->book->services[service].name;
}

static const char *version_of(const struct alerting *a, uint32_t service, unsigned version)
{
    return book_version_name(a->world->book, service, version);
}

/* The first seat or launcher where the version may run. */
static const char *place_of(const struct alerting *a, uint32_t service, unsigned version)
{
    const struct book *book = a->world->book;
    const struct book_service *at = &book->services[service];

    for (uint32_t i = at->first_seat; i < at->first_seat + at->seat_count; i++)
        if (seat_poss(&a->world->seats[i]) & VERSION_BIT(version))
            return arena_printf(a->arena, "node %s", book->seats[i].node);
    for (size_t i = 0; i < at->launcher_count; i++)
        if (a->world->launchers[at->launchers[i]] == version)
            return arena_printf(a->arena, "launcher %s", book->launchers[at->launchers[i]].name);
    return arena_printf(a->arena, "service %s", at->name);
}

static void look_at_versions(struct alerting *a, uint32_t service)
{
    versions_t live = a->world->services[service].live, rest = live, others;
    versions_t unknown = VERSION_BIT(VERSION_NOT_KNOWN);
    unsigned u, v;

    if (live & unknown)
        alert(a, ALARM_UNKNOWN, "a version of %s is not known (%s)", name_of(a, service),
              place_of(a, service, VERSION_NOT_KNOWN));
    if (versions_count(live & ~unknown) > 2) {
        alert(a, ALARM_STEP, "%u versions of %s may run at once (%s)",
              versions_count(live & ~unknown), name_of(a, service),
              place_of(a, service, versions_first(live)));
        return;
    }
    for (rest &= ~unknown; versions_next(&rest, &u);)
        for (others = rest; versions_next(&others, &v);)
            if (!world_adjacent(a->world, service, u, v))
                alert(a, ALARM_STEP, "%s %s and %s are more than one step apart (%s)",
                      name_of(a, service), version_of(a, service, u), version_of(a, service, v),
                      place_of(a, service, u));
}

static void look_at_seats(struct alerting *a, uint32_t service)
{
    const struct book *book = a->world->book;
    const struct book_service *at = &book->services[service];

    if (a->world->services[service].changing == NOT_CHANGING)
        return;
    for (uint32_t i = at->first_seat; i < at->first_seat + at->seat_count; i++) {
        const struct seat_now *seat = &a->world->seats[i];
        if (seat->state == SEAT_SILENT || seat->state == SEAT_RETIRED)
            alert(a, ALARM_SILENT, "node %s is %s while %s moves to %s", book->seats[i].node,
                  seat_state_word[seat->state], at->name,
                  version_of(a, service, (unsigned)a->world->services[service].changing));
    }
}

/* What every node may run, whatever launchers would start, or the one that is stable;
 * VERSION_NOT_KNOWN when there is not exactly one. */
static unsigned stable_of(const struct alerting *a, uint32_t service)
{
    const struct book_service *at = &a->world->book->services[service];
    versions_t run = 0, stable = 0;

    for (uint32_t i = at->first_seat; i < at->first_seat + at->seat_count; i++)
        run |= seat_poss(&a->world->seats[i]);
    for (unsigned v = 0; v < at->version_count; v++)
        if (world_cert(a->world, service, v)->stage == CERT_STABLE)
            stable |= VERSION_BIT(v) & run;
    if (versions_count(stable) == 1)
        return versions_first(stable);
    return versions_count(run) == 1 ? versions_first(run) : VERSION_NOT_KNOWN;
}

static void look_at_launchers(struct alerting *a, uint32_t service)
{
    const struct book *book = a->world->book;
    const struct book_service *at = &book->services[service];
    unsigned stable = stable_of(a, service);

    for (size_t i = 0; i < at->launcher_count && stable != VERSION_NOT_KNOWN; i++) {
        uint64_t would = a->world->launchers[at->launchers[i]];
        if (would != NO_VERSION && would != stable)
            alert(a, ALARM_LAUNCHER, "launcher %s would start %s %s, and %s is stable",
                  book->launchers[at->launchers[i]].name, at->name,
                  version_of(a, service, (unsigned)would), version_of(a, service, stable));
    }
}

struct peers {
    struct alerting *a;
    uint32_t service;
};

static bool both_change(void *arg, uint32_t other)
{
    const struct peers *peers = arg;
    const struct world *world = peers->a->world;

    if (other > peers->service && world->services[other].changing != NOT_CHANGING)
        alert(peers->a, ALARM_COUPLED, "%s and %s are coupled, and both change",
              name_of(peers->a, peers->service), name_of(peers->a, other));
    return true;
}

/* What may run is called for what it lacks, by services or clients. */
static void look_at_calls(struct alerting *a, uint32_t service)
{
    static const enum rule_id rules[] = {RULE_R2, RULE_RC};
    struct world view = *a->world;
    versions_t rest = view.services[service].live;
    unsigned v;

    while (versions_next(&rest, &v)) {
        const struct book_version *version = world_version(&view, service, v);
        struct deed deed = {.kind = DEED_ROLLBACK,
                            .service = service,
                            .version = v,
                            .store = BOOK_NONE,
                            .launcher = BOOK_NONE,
                            .cohort = BOOK_NONE,
                            .all_seats = true};

        for (size_t i = 0; version && version->declared && i < ARRAY_LEN(rules); i++) {
            struct verdict verdict;
            view.policy.rules = 1u << rules[i];
            deed_judge(&view, &deed, a->arena, &verdict);
            if (verdict.findings[rules[i]].answer == ANSWER_REFUSE)
                alert(a, ALARM_CALLS, "%s", verdict.findings[rules[i]].sentence);
        }
    }
}

static void look_at_certs(struct alerting *a, const struct world *before, const struct deed *deed,
                          uint32_t service)
{
    uint64_t changing = a->world->services[service].changing;
    bool own = deed->service == service && (deed->kind == DEED_BAKE || deed->kind == DEED_CANARY ||
                                            deed->kind == DEED_ROLLBACK);

    if (own || changing == NOT_CHANGING || before->services[service].changing != changing)
        return;
    unsigned v = (unsigned)changing;
    if (world_cert(before, service, v)->stage > CERT_CANARIED &&
        world_cert(a->world, service, v)->stage == CERT_NONE)
        alert(a, ALARM_EXPIRED, "the certificate of %s %s became void half way",
              name_of(a, service), version_of(a, service, v));
}

static void look_at_deed(struct alerting *a, const struct deed *deed)
{
    if (deed->kind == DEED_BYPASS && deed->service == BOOK_NONE)
        alert(a, ALARM_DRIFT, "something was changed, and not through lockstep");
    else if (deed->kind == DEED_BYPASS && deed->version == VERSION_NOT_KNOWN)
        alert(a, ALARM_DRIFT, "%s was changed, and not through lockstep",
              name_of(a, deed->service));
    else if (deed->kind == DEED_BYPASS)
        alert(a, ALARM_DRIFT, "%s %s runs, and not through lockstep", name_of(a, deed->service),
              version_of(a, deed->service, deed->version));
    if (deed->kind != DEED_UP)
        return;
    uint32_t service = deed->service;
    versions_t runs = a->world->seats[deed->seats[0]].runs;
    unsigned stable = stable_of(a, service), v;
    uint64_t changing = a->world->services[service].changing;
    const struct book_version *to =
        changing == NOT_CHANGING ? NULL : world_version(a->world, service, (unsigned)changing);
    versions_t step = to ? to->follows | VERSION_BIT(changing) : VERSION_BIT(stable);
    for (versions_t rest = runs; versions_next(&rest, &v);)
        if (v == VERSION_NOT_KNOWN || !(step & VERSION_BIT(v)))
            alert(a, ALARM_RETURNED, "node %s came back with %s %s",
                  a->world->book->seats[deed->seats[0]].node, name_of(a, service),
                  version_of(a, service, v));
}

const char *scenario_alerts(const struct scenario *scenario, const struct world *before,
                            const struct world *after, size_t action, const char *text,
                            struct arena *arena)
{
    struct alerting a = {scenario, after, action, arena, text};
    const struct deed *deed = &scenario->deeds[action];

    look_at_deed(&a, deed);
    for (uint32_t s = 0; s < after->book->service_count; s++) {
        struct peers peers = {&a, s};

        look_at_versions(&a, s);
        look_at_seats(&a, s);
        look_at_launchers(&a, s);
        look_at_calls(&a, s);
        look_at_certs(&a, before, deed, s);
        if (after->services[s].changing != NOT_CHANGING)
            world_coupled(after, s, both_change, &peers);
    }
    return a.text;
}
