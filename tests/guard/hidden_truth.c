/* hidden_truth.c: what really happens in a random fleet. Nothing here asks the guard anything.
 *
 * A failure is fleet-wide when more nodes of one service fail at once than a canary may take:
 * one, or a third. */
#include "guard/hidden.h"

#include <string.h>

uint32_t hidden_seat(const struct hidden *h, unsigned s, unsigned n)
{
    return h->book->services[s].first_seat + n;
}

const struct seat_now *hidden_seat_now(const struct hidden *h, unsigned s, unsigned n)
{
    return &h->world.seats[hidden_seat(h, s, n)];
}

/* ---- deeds ---- */

static void start(struct hidden *h, struct place *place, unsigned v)
{
    if (place->runs != v) {
        place->since_ms = h->utc_ms;
        place->runs = v;
    }
    place->been |= 1u << v;
}

static bool named(const struct hidden *h, const struct deed *deed, unsigned n)
{
    const uint32_t *ids = deed->kind == DEED_RELEASE ? deed->missed : deed->seats;
    size_t count = deed->kind == DEED_RELEASE ? deed->missed_count : deed->seat_count;

    for (size_t i = 0; i < count; i++)
        if (ids[i] == hidden_seat(h, deed->service, n))
            return deed->kind != DEED_RELEASE;
    return deed->kind == DEED_RELEASE || deed->all_seats;
}

/* What is cut off may get it all the same; what is off gets it when it comes back, or not. */
static void push(struct hidden *h, const struct deed *deed)
{
    for (unsigned n = 0; n < HIDDEN_NODES; n++) {
        struct place *place = &h->places[deed->service][n];
        bool heard = place->state == PLACE_UP;

        if (!named(h, deed, n) || (!heard && deed->kind == DEED_ROLLBACK))
            continue;
        if (heard || (place->state == PLACE_CUT && dice_percent(&h->dice, 50)))
            start(h, place, deed->version);
    }
}

static void come(struct hidden *h, const struct deed *deed)
{
    struct place *place =
        &h->places[deed->service][deed->seats[0] - hidden_seat(h, deed->service, 0)];

    place->state = PLACE_UP;
    if (deed->kind == DEED_ADMIT)
        place->been = 0; /* installed anew */
    place->since_ms = h->utc_ms;
    start(h, place, deed->version);
}

void truth_apply(struct hidden *h, const struct deed *deed)
{
    switch (deed->kind) {
    case DEED_CANARY:
    case DEED_ROLLBACK:
    case DEED_RELEASE:
        push(h, deed);
        break;
    case DEED_EXPAND:
        h->has[deed->store] |= (unsigned)deed->elements.word[0];
        break;
    case DEED_CONTRACT:
        h->has[deed->store] &= ~(unsigned)deed->elements.word[0];
        break;
    case DEED_BACKFILLED:
        h->at_rest[deed->store] &= ~(unsigned)deed->formats.word[0];
        break;
    case DEED_FENCE:
        h->places[deed->service][deed->seats[0] - hidden_seat(h, deed->service, 0)] =
            (struct place){.state = PLACE_NONE};
        break;
    case DEED_UP:
    case DEED_ADMIT:
        come(h, deed);
        break;
    case DEED_BAKE:
    case DEED_LAUNCHER:
    case DEED_DOWN:
    case DEED_RETIRE:
    case DEED_USAGE:
    case DEED_END_SUPPORT:
    case DEED_BYPASS:
    case DEED_COUNT:
        break;
    }
}

/* ---- who fails ---- */

static bool is_running(const struct place *place)
{
    return place->state == PLACE_UP || place->state == PLACE_CUT;
}

static unsigned running(const struct hidden *h, unsigned s, unsigned v)
{
    unsigned count = 0;

    for (unsigned n = 0; n < HIDDEN_NODES; n++)
        count += is_running(&h->places[s][n]) && h->places[s][n].runs == v;
    return count;
}

static unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* As many as a canary may take. */
static unsigned limit_of(const struct hidden *h, unsigned s)
{
    unsigned fleet = 0;

    for (unsigned n = 0; n < HIDDEN_NODES; n++)
        fleet += h->places[s][n].state != PLACE_NONE;
    return fleet < 3 ? 1 : fleet / 3;
}

static void harm(struct hidden *h, unsigned s, unsigned v, unsigned count, unsigned limit,
                 const char *why)
{
    if (count > limit && !(h->out->harm & HARM_FLEET_WIDE)) {
        h->out->why = why;
        h->out->service = s;
        h->out->version = v;
    }
    if (h->setting->trace)
        fprintf(h->setting->trace, "%4u   %u of %s v%u fail: %s%s\n",
                h->out->ticks + h->out->calm_ticks, count, h->book->services[s].name, v + 1, why,
                count > limit ? ", fleet-wide" : "");
    h->out->harm |= count > limit ? HARM_FLEET_WIDE : HARM_CONTAINED;
}

/* `count` nodes of those that run v are seen to fail, those that people hear of first. */
static void fail(struct hidden *h, unsigned s, unsigned v, unsigned count)
{
    for (unsigned cut = 0; cut < 2; cut++)
        for (unsigned n = 0; n < HIDDEN_NODES && count; n++) {
            struct place *place = &h->places[s][n];

            if (place->state == (cut ? PLACE_CUT : PLACE_UP) && place->runs == v) {
                place->fails = true;
                count--;
            }
        }
}

/* What one node cannot do by itself. */
static const char *trouble_of(struct hidden *h, unsigned s, const struct place *place)
{
    const struct really *now = &h->really[s][place->runs];

    if (now->faults & 1u << HIDDEN_PULL)
        h->out->seen |= 1u << HIDDEN_PULL;
    if (now->faults & 1u << HIDDEN_PULL)
        return "it cannot be pulled";
    if (now->faults & 1u << HIDDEN_ROT && h->utc_ms - place->since_ms >= now->rot_ms) {
        h->out->seen |= 1u << HIDDEN_ROT;
        return "it breaks by itself";
    }
    for (unsigned x = 0; x < h->versions; x++)
        if (place->been >> x & 1 && h->really[s][x].spoils >> place->runs & 1) {
            h->out->seen |= 1u << HIDDEN_WAY_BACK;
            return "it cannot run where a newer one ran";
        }
    for (unsigned d = 0; d < h->stores; d++) {
        if (now->reads_any[d] && h->at_rest[d] & ~now->reads[d])
            return "it cannot read what is at rest";
        if (now->needs[d] & ~h->has[d])
            return "what it needs is not there";
    }
    return NULL;
}

static void look_at_nodes(struct hidden *h, unsigned s)
{
    for (unsigned v = 0; v < h->versions; v++) {
        unsigned count = 0;
        const char *why = NULL;

        for (unsigned n = 0; n < HIDDEN_NODES; n++) {
            struct place *place = &h->places[s][n];
            const char *trouble =
                is_running(place) && place->runs == v ? trouble_of(h, s, place) : NULL;
            place->fails = place->fails || trouble;
            count += trouble != NULL;
            why = trouble ? trouble : why;
        }
        if (count)
            harm(h, s, v, count, limit_of(h, s), why);
    }
}

static void look_at_clashes(struct hidden *h, unsigned s)
{
    for (unsigned v = 0; v < h->versions; v++)
        for (unsigned u = 0; u < v; u++) {
            const struct really *now = &h->really[s][v];
            unsigned young = running(h, s, v), old = running(h, s, u);

            bool near = world_adjacent(&h->world, s, u, v);
            unsigned hurt = near || now->hurts_old ? min(young, old) : young;

            if (!(now->clashes >> u & 1) || !young || !old)
                continue;
            fail(h, s, now->hurts_old ? u : v, hurt);
            h->out->seen |= 1u << (near ? HIDDEN_NEAR : HIDDEN_FAR);
            harm(h, s, now->hurts_old ? u : v, hurt, limit_of(h, s),
                 near ? "beside one next to it" : "more than one step");
        }
}

static void look_at_peers(struct hidden *h, unsigned s)
{
    for (unsigned v = 0; v < h->versions; v++)
        for (unsigned t = 0; t < s; t++)
            for (unsigned w = 0; w < h->versions; w++) {
                unsigned both = min(running(h, s, v), running(h, t, w));
                unsigned here = limit_of(h, s), there = limit_of(h, t);

                if (!(h->really[s][v].peers[t] >> w & 1) || !both)
                    continue;
                fail(h, s, v, both);
                fail(h, t, w, both);
                h->out->seen |= 1u << HIDDEN_PEER;
                harm(h, s, v, both, here > there ? here : there, "beside a coupled one");
            }
}

/* Who calls what is not there fails; who does not provide it looks well. */
static void look_at_calls(struct hidden *h, unsigned s)
{
    for (unsigned v = 0; v < h->versions; v++)
        for (unsigned t = 0; t < s; t++)
            for (unsigned w = 0; w < h->versions; w++) {
                unsigned callers = running(h, s, v), lacking = running(h, t, w);

                if (!(h->really[s][v].requires[t] & ~h->really[t][w].provides) || !callers ||
                    !lacking)
                    continue;
                fail(h, s, v, min(callers, lacking));
                harm(h, s, v, min(callers, lacking), limit_of(h, s), "a call goes unprovided");
            }
}

/* Clients are people: nobody on this side sees them fail. */
static void look_at_clients(struct hidden *h)
{
    for (size_t i = 0; h->calls && i < h->book->usage_count; i++) {
        const struct book_usage *usage = &h->book->usages[i];
        unsigned s = usage->service;

        if (!h->world.usages[i] && h->world.ended[usage->cohort])
            continue;
        for (unsigned v = 0; v < h->versions; v++)
            if (running(h, s, v) && !(h->really[s][v].provides >> usage->element & 1))
                harm(h, s, v, running(h, s, v), limit_of(h, s), "a client's call goes unprovided");
    }
}

static void write_all(struct hidden *h)
{
    for (unsigned s = 0; s < h->services; s++)
        for (unsigned n = 0; n < HIDDEN_NODES; n++) {
            struct place *place = &h->places[s][n];
            const struct really *now = &h->really[s][place->runs];

            place->fails = false;
            if (!is_running(place) || now->faults & 1u << HIDDEN_PULL)
                continue;
            for (unsigned d = 0; d < h->stores; d++)
                h->at_rest[d] |= now->writes[d];
            if (now->faults & 1u << HIDDEN_IMAGE) {
                h->at_rest[0] |= 1u << HIDDEN_POISON;
                h->out->seen |= 1u << HIDDEN_IMAGE;
            }
        }
}

void truth_pass(struct hidden *h)
{
    write_all(h);
    for (unsigned s = 0; s < h->services; s++) {
        look_at_nodes(h, s);
        look_at_clashes(h, s);
        look_at_peers(h, s);
        look_at_calls(h, s);
    }
    look_at_clients(h);
}
