/* hidden_deeds.c: what an operator of a random fleet can see and do; every deed is asked of the
 * guard. */
#include "guard/hidden_deeds.h"

#include <stdio.h>
#include <string.h>

struct deed hidden_deed(enum deed_kind kind, unsigned s, unsigned v)
{
    return (struct deed){.kind = kind,
                         .service = s,
                         .version = v,
                         .store = BOOK_NONE,
                         .launcher = BOOK_NONE,
                         .cohort = BOOK_NONE};
}

void hidden_tell(const struct hidden *h, const struct deed *deed, const char *how)
{
    FILE *out = h->setting->trace;

    if (!out)
        return;
    fprintf(out, "%4u %s", h->out->ticks + h->out->calm_ticks, deed_word[deed->kind]);
    if (deed->service != BOOK_NONE)
        fprintf(out, " %s", h->book->services[deed->service].name);
    if (deed->version != VERSION_NOT_KNOWN)
        fprintf(out, " v%u", deed->version + 1);
    for (size_t i = 0; i < deed->seat_count; i++)
        fprintf(out, " %s", h->book->seats[deed->seats[i]].node);
    if (deed->missed_count)
        fprintf(out, " without");
    for (size_t i = 0; i < deed->missed_count; i++)
        if (h->world.seats[deed->missed[i]].state != SEAT_ABSENT)
            fprintf(out, " %s", h->book->seats[deed->missed[i]].node);
    fprintf(out, "%s%s\n", deed->failed ? " failed" : "", how);
}

bool op_judge(struct hidden *h, const struct deed *deed)
{
    struct verdict verdict;

    deed_judge(&h->world, deed, NULL, &verdict);
    if (verdict.answer != ANSWER_ALLOW) {
        char how[32];
        snprintf(how, sizeof how, ": refused by %s", rule_word[verdict.first->rule]);
        hidden_tell(h, deed, how);
        h->out->by_rule[verdict.first->rule]++;
    }
    return verdict.answer == ANSWER_ALLOW;
}

bool op_carry_out(struct hidden *h, struct deed deed)
{
    bool wrong = deed.service != BOOK_NONE && deed.version < HIDDEN_VERSIONS &&
                 h->really[deed.service][deed.version].faults & 1u << HIDDEN_IMAGE;

    deed.digest = wrong ? "sha256:other" : "sha256:declared";
    bool ok = op_judge(h, &deed);
    h->out->allowed += ok;
    h->out->refused += !ok;
    if (!ok)
        return false;
    hidden_tell(h, &deed, "");
    deed_apply(&h->world, &deed);
    truth_apply(h, &deed);
    return true;
}

bool hidden_do(struct hidden *h, struct deed deed)
{
    deed.decided = true;
    deed.rev = *h->world.applied;
    return op_carry_out(h, deed);
}

/* ---- what is seen ---- */

static bool present(const struct seat_now *seat)
{
    return seat->state != SEAT_ABSENT && seat->state != SEAT_FENCED;
}

unsigned op_failing(const struct hidden *h, unsigned s)
{
    unsigned count = 0;

    for (unsigned n = 0; n < HIDDEN_NODES; n++)
        count += h->places[s][n].fails && seat_reports(hidden_seat_now(h, s, n));
    return count;
}

unsigned op_version_of(const char *name)
{
    return (unsigned)(name[1] - '1');
}

static void count_places(const struct hidden *h, unsigned s, unsigned to, struct stage_input *in)
{
    for (unsigned n = 0; n < HIDDEN_NODES; n++) {
        const struct seat_now *seat = hidden_seat_now(h, s, n);
        const struct place *place = &h->places[s][n];
        bool on = seat->runs & VERSION_BIT(to), heard = seat_reports(seat);
        int64_t *young = on ? &in->young_to_ms : &in->young_from_ms;

        if (!present(seat))
            continue;
        in->replicas++;
        in->have += on;
        in->others += !on;
        in->serving += on && heard && !place->fails;
        in->ghosts += on && !heard;
        in->failing += heard && place->fails;
        if (heard && place->since_ms + 1000 > *young)
            *young = place->since_ms + 1000;
    }
}

void op_look(const struct hidden *h, unsigned s, struct stage_view *view)
{
    const struct release *release = &h->releases[s];
    unsigned to = op_version_of(release->to);
    char basis[32];
    struct stage_input in = {.profile = h->profile,
                             .plan = &h->plan,
                             .release = release,
                             .from = release->from,
                             .to = release->to,
                             .since_utc_ms = release->since_utc_ms,
                             .digest = "",
                             .basis = basis,
                             .utc_ms = h->utc_ms};

    snprintf(basis, sizeof basis, "%llx", (unsigned long long)world_basis(&h->world, s, to));
    count_places(h, s, to, &in);
    stage_look(&in, view);
}

versions_t op_changing(const struct hidden *h, unsigned s)
{
    uint64_t now = h->world.services[s].changing;

    return now == NOT_CHANGING ? 0 : VERSION_BIT(now);
}

/* ---- what is done ---- */

/* `count` nodes that do not run v, from anywhere in the row, those that report first. */
struct choice op_choose(struct hidden *h, unsigned s, unsigned v, size_t count, bool silent)
{
    unsigned first = dice_below(&h->dice, HIDDEN_NODES);
    struct choice choice = {.count = 0};

    for (unsigned pass = 0; pass < 1u + silent; pass++)
        for (unsigned i = 0; i < HIDDEN_NODES && choice.count < count; i++) {
            unsigned n = (first + i) % HIDDEN_NODES;
            const struct seat_now *seat = hidden_seat_now(h, s, n);

            if (present(seat) && !(seat->runs & VERSION_BIT(v)) && seat_reports(seat) == !pass)
                choice.seats[choice.count++] = hidden_seat(h, s, n);
        }
    return choice;
}

struct choice op_all_on(const struct hidden *h, unsigned s, unsigned v)
{
    struct choice choice = {.count = 0};

    for (unsigned n = 0; n < HIDDEN_NODES; n++) {
        const struct seat_now *seat = hidden_seat_now(h, s, n);

        if (present(seat) && seat_poss(seat) & VERSION_BIT(v))
            choice.seats[choice.count++] = hidden_seat(h, s, n);
    }
    return choice;
}

unsigned op_count_on(const struct hidden *h, unsigned s, unsigned v)
{
    unsigned count = 0;

    for (unsigned n = 0; n < HIDDEN_NODES; n++)
        count +=
            present(hidden_seat_now(h, s, n)) && hidden_seat_now(h, s, n)->runs & VERSION_BIT(v);
    return count;
}

bool op_canary(struct hidden *h, unsigned s, unsigned v, uint32_t count, bool silent)
{
    unsigned on = op_count_on(h, s, v);
    struct choice choice = op_choose(h, s, v, count > on ? count - on : 0, silent);
    struct deed deed = hidden_deed(DEED_CANARY, s, v);

    deed.seats = choice.seats;
    deed.seat_count = choice.count;
    return hidden_do(h, deed);
}

/* So many on v: the others are missed. */
bool op_release_to(struct hidden *h, unsigned s, unsigned v, uint32_t count)
{
    unsigned on = op_count_on(h, s, v);
    struct choice more = op_choose(h, s, v, count > on ? count - on : 0, true),
                  missed = {.count = 0};
    struct deed deed = hidden_deed(DEED_RELEASE, s, v);

    for (unsigned n = 0; n < HIDDEN_NODES; n++) {
        bool chosen = hidden_seat_now(h, s, n)->runs & VERSION_BIT(v);

        for (size_t i = 0; i < more.count; i++)
            chosen = chosen || more.seats[i] == hidden_seat(h, s, n);
        if (!chosen)
            missed.seats[missed.count++] = hidden_seat(h, s, n);
    }
    deed.missed = missed.seats;
    deed.missed_count = missed.count;
    return hidden_do(h, deed);
}

bool op_bake(struct hidden *h, unsigned s, bool failed)
{
    struct deed deed = hidden_deed(DEED_BAKE, s, VERSION_NOT_KNOWN);

    deed.failed = failed;
    return hidden_do(h, deed);
}

bool op_back(struct hidden *h, unsigned s, unsigned v, const struct choice *only)
{
    struct deed deed = hidden_deed(DEED_ROLLBACK, s, v);

    deed.all_seats = !only;
    deed.seats = only ? only->seats : NULL;
    deed.seat_count = only ? only->count : 0;
    return hidden_do(h, deed);
}

bool op_point_launchers(struct hidden *h, unsigned s, unsigned v)
{
    const struct book_service *at = &h->book->services[s];
    bool ok = true;

    for (size_t i = 0; i < at->launcher_count; i++) {
        struct deed deed = hidden_deed(DEED_LAUNCHER, s, v);

        deed.launcher = at->launchers[i];
        if (h->world.launchers[deed.launcher] != v)
            ok = hidden_do(h, deed) && ok;
    }
    return ok;
}

/* Somebody goes and pulls the plug of a node that does not answer, or of one that is broken. */
bool op_fence(struct hidden *h, unsigned s, bool broken)
{
    for (uint32_t n = 0; n < HIDDEN_NODES; n++) {
        const struct seat_now *seat = hidden_seat_now(h, s, n);
        const uint32_t id = hidden_seat(h, s, n);
        struct deed deed = hidden_deed(DEED_FENCE, s, VERSION_NOT_KNOWN);

        if (!present(seat) ||
            (broken ? !seat_reports(seat) || !h->places[s][n].fails : seat_reports(seat)))
            continue;
        deed.seats = &id;
        deed.seat_count = 1;
        return hidden_do(h, deed);
    }
    return false;
}

bool op_admit(struct hidden *h, unsigned s)
{
    for (uint32_t n = 0; n < HIDDEN_NODES; n++) {
        const uint32_t id = hidden_seat(h, s, n);
        struct deed deed = hidden_deed(DEED_ADMIT, s, h->desks[s].stable);

        if (hidden_seat_now(h, s, n)->state != SEAT_FENCED)
            continue;
        deed.seats = &id;
        deed.seat_count = 1;
        return hidden_do(h, deed);
    }
    return false;
}
