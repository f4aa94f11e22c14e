/* hidden_run.c: one random world from its first tick to its rest: nodes go silent and come back,
 * clients call, launchers start what they are pointed at; then all of that ends, and it must
 * settle. */
#include "guard/hidden_many.h"

#include "base/mem.h"

#include <string.h>

#define WITHOUT(rule) .setting.missing = 1u << RULE_##rule, .harm = HARM_FLEET_WIDE
#define ACTS(kind)    .kinds = 1u << HIDDEN_##kind

const struct hidden_case hidden_cases[] = {
    {.name = "all rules"},
    {"no rule at all", {.missing = (1u << RULE_COUNT) - 1}, HARM_FLEET_WIDE | HARM_STALE, 0},
    {"without R0", WITHOUT(R0), ACTS(IMAGE)},
    {"without R1", WITHOUT(R1)},
    {"without R2", WITHOUT(R2)},
    {"without RC", WITHOUT(RC)},
    {"without R3", WITHOUT(R3), ACTS(FAR)},
    {"without R4", WITHOUT(R4), ACTS(PULL)},
    {"without RL", {.missing = 1u << RULE_RL}, HARM_STALE, 0},
    {"without bakes", {.no_bakes = true}, HARM_FLEET_WIDE, 0},
};
const size_t hidden_case_count = ARRAY_LEN(hidden_cases);

enum { BUSY_TICKS = 110, CALM_TICKS = 400 };

static unsigned gone(const struct hidden *h, unsigned s)
{
    unsigned count = 0;

    for (unsigned n = 0; n < HIDDEN_NODES; n++)
        count += h->places[s][n].state == PLACE_CUT || h->places[s][n].state == PLACE_OFF;
    return count;
}

static void happen(struct hidden *h, struct deed deed, unsigned s, unsigned n)
{
    const uint32_t seat = hidden_seat(h, s, n);

    deed.seats = &seat;
    deed.seat_count = 1;
    hidden_tell(h, &deed, ", by itself");
    deed_apply(&h->world, &deed);
    truth_apply(h, &deed);
}

/* What ran goes on where it was only cut off; what was off starts what it had, or what it was sent.
 */
static void come_back(struct hidden *h, unsigned s, unsigned n)
{
    const struct seat_now *seat = hidden_seat_now(h, s, n);
    struct place *place = &h->places[s][n];
    unsigned v = place->runs;

    if (place->state == PLACE_OFF && seat->queued && dice_percent(&h->dice, 50))
        v = versions_first(seat->queued);
    happen(h, hidden_deed(DEED_UP, s, v), s, n);
}

static void lose(struct hidden *h, unsigned s, unsigned n)
{
    struct place *place = &h->places[s][n];

    if (gone(h, s) >= h->nodes[s] / 3)
        return;
    happen(h, hidden_deed(DEED_DOWN, s, VERSION_NOT_KNOWN), s, n);
    place->state = dice_percent(&h->dice, 50) ? PLACE_CUT : PLACE_OFF;
    place->fails = false;
}

/* A launcher starts the node that was kept for it. */
static void launch(struct hidden *h, unsigned s)
{
    const struct book_service *at = &h->book->services[s];

    if (at->launcher_count && h->places[s][HIDDEN_NODES - 1].state == PLACE_NONE &&
        hidden_seat_now(h, s, HIDDEN_NODES - 1)->state == SEAT_ABSENT)
        happen(h, hidden_deed(DEED_ADMIT, s, (unsigned)h->world.launchers[at->launchers[0]]), s,
               HIDDEN_NODES - 1);
}

static void strike(struct hidden *h)
{
    unsigned s = dice_below(&h->dice, h->services), n = dice_below(&h->dice, HIDDEN_NODES - 1);
    enum place_state state = h->places[s][n].state;

    if (dice_percent(&h->dice, 5))
        launch(h, s);
    else if (state == PLACE_UP)
        lose(h, s, n);
    else if (state != PLACE_NONE && dice_percent(&h->dice, 20))
        happen(h, hidden_deed(DEED_RETIRE, s, VERSION_NOT_KNOWN), s, n);
    else if (state != PLACE_NONE)
        come_back(h, s, n);
}

static void call(struct hidden *h)
{
    h->calls = dice_percent(&h->dice, 4);
    if (!h->book->cohort_count || !dice_percent(&h->dice, 2))
        return;
    if (dice_percent(&h->dice, 50))
        h->world.ended[0] = 1;
    else
        h->world.usages[0] = 0;
}

static void tick(struct hidden *h)
{
    h->utc_ms += h->tick_ms;
    truth_pass(h);
    for (unsigned s = 0; s < h->services; s++)
        if (dice_percent(&h->dice, 70))
            hidden_operate(h, s);
}

static void tell_state(const struct hidden *h)
{
    FILE *out = h->setting->trace;

    for (unsigned s = 0; out && s < h->services; s++) {
        const struct service_now *now = &h->world.services[s];
        const struct release *release = &h->releases[s];

        fprintf(out, "%s: may run %llx, moving to %d; %s -> %s, %s; stable v%u; certificates",
                h->book->services[s].name, (unsigned long long)now->live,
                now->changing == NOT_CHANGING ? 0 : (int)now->changing + 1, release->from,
                release->to, stage_word[release->stage], h->desks[s].stable + 1);
        for (unsigned v = 0; v < h->versions; v++)
            fprintf(out, ", %s", cert_word[world_cert(&h->world, s, v)->stage]);
        fprintf(out, "; runs");
        for (unsigned n = 0; n < HIDDEN_NODES; n++)
            if (h->places[s][n].state != PLACE_NONE)
                fprintf(out, " v%u%s", h->places[s][n].runs + 1,
                        h->places[s][n].fails ? " fails" : "");
        fprintf(out, "\n");
    }
}

void hidden_run(uint64_t seed, const struct hidden_setting *setting, struct hidden_result *out)
{
    static struct hidden h;

    *out = (struct hidden_result){0};
    hidden_init(&h, seed, setting, out);
    for (; out->ticks < BUSY_TICKS; out->ticks++) {
        if (dice_percent(&h.dice, 12))
            strike(&h);
        call(&h);
        tick(&h);
    }
    h.calm = true;
    h.calls = false;
    for (unsigned s = 0; s < h.services; s++)
        for (unsigned n = 0; n < HIDDEN_NODES; n++)
            if (h.places[s][n].state == PLACE_CUT || h.places[s][n].state == PLACE_OFF)
                come_back(&h, s, n);
    while (out->calm_ticks < CALM_TICKS && !hidden_is_stable(&h)) {
        tick(&h);
        out->calm_ticks++;
    }
    if (out->calm_ticks == CALM_TICKS) {
        out->harm |= HARM_STUCK;
        tell_state(&h);
    }
    hidden_release(&h);
}

void hidden_many(uint64_t first, unsigned worlds, const struct hidden_setting *setting,
                 struct hidden_tally *out)
{
    *out = (struct hidden_tally){.worlds = worlds};
    for (uint64_t seed = first; seed < first + worlds; seed++) {
        struct hidden_result one;

        hidden_run(seed, setting, &one);
        if (one.harm & (HARM_FLEET_WIDE | HARM_STUCK) && !out->fleet_wide && !out->stuck)
            out->worst = seed;
        out->fleet_wide += (one.harm & HARM_FLEET_WIDE) != 0;
        out->contained += (one.harm & HARM_CONTAINED) != 0;
        out->stale += (one.harm & HARM_STALE) != 0;
        out->stuck += (one.harm & HARM_STUCK) != 0;
        out->allowed += one.allowed;
        out->refused += one.refused;
        out->released += one.released;
        out->went_back += one.went_back;
        for (unsigned r = 0; r < RULE_COUNT; r++)
            out->by_rule[r] += one.by_rule[r];
        for (unsigned k = 0; k < HIDDEN_COUNT; k++)
            out->seen[k] += one.seen >> k & 1;
    }
}
