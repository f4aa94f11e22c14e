/* hidden_operator.c: somebody releases: along the stages, with short cuts now and then, and back
 * when something is seen to fail. Sees what reports and nothing else. */
#include "guard/hidden_deeds.h"

#include <stdio.h>
#include <string.h>

enum { PATIENCE = 12 };

/* ---- the record ---- */

static void record(struct hidden *h, unsigned s, enum stage stage, uint32_t target)
{
    struct release *release = &h->releases[s];

    release->stage = stage;
    release->target = target;
    release->stage_utc_ms = h->utc_ms;
    h->desks[s].patience = 0;
}

static void begin(struct hidden *h, unsigned s, unsigned from, unsigned to, enum stage stage,
                  uint32_t target)
{
    struct release *release = &h->releases[s];

    release->cert = (struct certificate){.state = PROOF_CANARIED};
    snprintf(release->from, sizeof release->from, "v%u", from + 1);
    snprintf(release->to, sizeof release->to, "v%u", to + 1);
    snprintf(release->cert.version, sizeof release->cert.version, "v%u", to + 1);
    snprintf(release->cert.from, sizeof release->cert.from, "v%u", from + 1);
    record(h, s, stage, target);
}

/* Where the older one was the canary, the way back is a release of what was there. */
static bool is_back(struct hidden *h, unsigned s, unsigned from)
{
    return op_back(h, s, from, NULL) || op_release_to(h, s, from, HIDDEN_NODES);
}

static void go_back(struct hidden *h, unsigned s)
{
    struct release *release = &h->releases[s];

    if (!is_back(h, s, op_version_of(release->from)))
        return;
    record(h, s, STAGE_ROLLING_BACK, 0);
    h->out->went_back++;
}

/* What it came from, or went to, is not tried again. */
static void give_up(struct hidden *h, unsigned s)
{
    const struct release *release = &h->releases[s];

    if (release->to[0])
        h->desks[s].given_up |= 1u << op_version_of(release->to) & ~(1u << h->desks[s].stable);
}

static void keep_going_back(struct hidden *h, unsigned s)
{
    unsigned from = op_version_of(h->releases[s].from);
    bool there = h->world.services[s].live == VERSION_BIT(from);

    op_point_launchers(h, s, from);
    if (there && op_changing(h, s) == VERSION_BIT(from))
        op_bake(h, s, false);
    if (there && !op_changing(h, s)) {
        record(h, s, STAGE_ROLLED_BACK, 0);
        h->desks[s].stable = from;
    } else {
        is_back(h, s, from);
    }
    if (++h->desks[s].patience > PATIENCE)
        op_fence(h, s, false);
}

/* ---- one look at a release ---- */

static bool take_step(struct hidden *h, unsigned s, const struct stage_view *view)
{
    struct release *release = &h->releases[s];
    unsigned from = op_version_of(release->from), to = op_version_of(release->to);
    struct choice test = op_all_on(h, s, to);
    bool ok = false;

    if (!view->again)
        op_bake(h, s, false);
    switch (view->next) {
    case STAGE_CANARY:
        ok = op_canary(h, s, to, view->next_count, false);
        break;
    case STAGE_REHEARSE:
        ok = op_back(h, s, from, &test);
        break;
    case STAGE_WAVE:
        ok = op_release_to(h, s, to, view->next_count);
        break;
    case STAGE_STABLE:
        ok = world_cert(&h->world, s, to)->stage == CERT_STABLE && !op_changing(h, s);
        break;
    case STAGE_NONE:
    case STAGE_HELD:
    case STAGE_BAKE:
    case STAGE_SETTLE:
    case STAGE_ROLLING_BACK:
    case STAGE_ROLLED_BACK:
    case STAGE_COUNT:
        break;
    }
    if (!ok)
        return false;
    release->cert = view->next_cert;
    release->cert.at_utc_ms = h->utc_ms;
    record(h, s, view->next, view->next_count);
    if (view->next == STAGE_STABLE) {
        h->desks[s].stable = to;
        h->out->released++;
        h->latest = s;
    }
    return true;
}

static void follow(struct hidden *h, unsigned s)
{
    struct release *release = &h->releases[s];
    struct desk *desk = &h->desks[s];
    unsigned to = op_version_of(release->to);
    struct stage_view view;

    op_look(h, s, &view);
    desk->patience++;
    if (op_failing(h, s) && !h->setting->no_bakes) {
        op_bake(h, s, true);
        give_up(h, s);
        go_back(h, s);
    } else if (!view.waits[0] || h->setting->no_bakes) {
        take_step(h, s, &view);
    } else if (release->stage == STAGE_WAVE && view.next == STAGE_STABLE) {
        op_point_launchers(h, s, to);
    }
    if (desk->patience <= PATIENCE)
        return;
    if (op_fence(h, s, false))
        return;
    give_up(h, s); /* it does not get on */
    go_back(h, s);
}

/* ---- short cuts ---- */

/* To what it was before, while nobody went on from there: nothing was released or begun since that
 * was tried beside it. */
static bool is_way_back(const struct hidden *h, unsigned s, unsigned v)
{
    const struct release *release = &h->releases[s];

    for (unsigned t = 0; t < h->services; t++)
        if (t != s && stage_in_flight(h->releases[t].stage))
            return false;
    return h->latest == s && release->stage == STAGE_STABLE && op_version_of(release->from) == v;
}

static void hurry(struct hidden *h, unsigned s, unsigned v)
{
    switch (dice_below(&h->dice, 6)) {
    case 0: /* everywhere at once */
        if (op_release_to(h, s, v, HIDDEN_NODES))
            begin(h, s, h->desks[s].stable, v, STAGE_WAVE, op_count_on(h, s, v));
        break;
    case 1: /* half of them as the canary */
        if (op_canary(h, s, v, h->nodes[s] / 2, false))
            begin(h, s, h->desks[s].stable, v, STAGE_CANARY, op_count_on(h, s, v));
        break;
    case 2: /* where nobody looks */
        if (op_canary(h, s, v, h->nodes[s] / 3, true))
            begin(h, s, h->desks[s].stable, v, STAGE_CANARY, op_count_on(h, s, v));
        break;
    case 3:
        op_point_launchers(h, s, v);
        break;
    case 4: /* that is called the way back */
        if ((v > h->desks[s].stable || is_way_back(h, s, v)) && op_back(h, s, v, NULL))
            begin(h, s, v, h->desks[s].stable, STAGE_ROLLING_BACK, 0);
        break;
    case 5: /* on top of what is on its way */
        if (op_canary(h, s, v, 1, false))
            begin(h, s, h->desks[s].stable, v, STAGE_CANARY, 1);
        break;
    }
}

static void touch_store(struct hidden *h, unsigned s)
{
    struct deed deed = hidden_deed(DEED_EXPAND, s, VERSION_NOT_KNOWN);
    unsigned what = dice_below(&h->dice, 3);

    deed.store = dice_below(&h->dice, h->stores);
    if (what == 2) {
        deed.kind = DEED_BACKFILLED;
        deed.service = BOOK_NONE;
        set_add(&deed.formats, dice_below(&h->dice, HIDDEN_FORMATS));
    } else {
        deed.kind = what ? DEED_CONTRACT : DEED_EXPAND;
        set_add(&deed.elements, HIDDEN_COLUMN + dice_below(&h->dice, 2));
    }
    hidden_do(h, deed);
}

/* Decides now, and presses the key some moments later. */
static void hold(struct hidden *h, unsigned s, unsigned v)
{
    struct desk *desk = &h->desks[s];
    struct choice choice = op_choose(h, s, v, 1, false);

    desk->picture = hidden_deed(DEED_CANARY, s, v);
    desk->picture.decided = true;
    desk->picture.rev = *h->world.applied;
    desk->picture.seat_count = choice.count;
    desk->picture_seat = choice.seats[0];
    desk->picture.seats = &desk->picture_seat;
    desk->held = choice.count && op_judge(h, &desk->picture);
}

static void press(struct hidden *h, unsigned s)
{
    struct desk *desk = &h->desks[s];
    struct deed deed = desk->picture;

    desk->held = false;
    if (!op_carry_out(h, deed))
        return;
    if (deed.rev + 1 != *h->world.applied)
        h->out->harm |= HARM_STALE;
    begin(h, s, desk->stable, deed.version, STAGE_CANARY, 1);
}

/* ---- nothing in flight ---- */

static unsigned pick_version(struct hidden *h, unsigned s)
{
    const struct desk *desk = &h->desks[s];
    unsigned v = desk->stable + 1;

    if (v >= h->versions || dice_percent(&h->dice, 15))
        v = dice_below(&h->dice, h->versions);
    return desk->given_up >> v & 1 ? desk->stable : v;
}

/* Everything to the one version that counts; true when there was something to do. */
static bool tidy(struct hidden *h, unsigned s)
{
    struct desk *desk = &h->desks[s];
    versions_t live = h->world.services[s].live;
    unsigned v = desk->stable;

    if (op_failing(h, s)) {
        give_up(h, s);
        if (++desk->patience > 4)
            op_fence(h, s, true);
        return true;
    }
    if (op_admit(h, s) || !op_point_launchers(h, s, v))
        return true;
    if (live == VERSION_BIT(v) && world_cert(&h->world, s, v)->stage == CERT_STABLE &&
        !op_changing(h, s))
        return false;
    if (op_release_to(h, s, v, HIDDEN_NODES))
        begin(h, s, v, v, STAGE_WAVE, op_count_on(h, s, v));
    else if (!op_back(h, s, v, NULL) && ++desk->patience > PATIENCE)
        op_fence(h, s, false);
    return true;
}

static void rest(struct hidden *h, unsigned s)
{
    struct desk *desk = &h->desks[s];

    if (tidy(h, s) || h->calm)
        return;
    unsigned v = pick_version(h, s), what = dice_below(&h->dice, 100);
    if (what < 25)
        touch_store(h, s);
    else if (v == desk->stable)
        return;
    else if (what < 35)
        hurry(h, s, v);
    else if (what < 40)
        hold(h, s, v);
    else if (what < 80 && op_canary(h, s, v, plan_next(&h->plan, h->nodes[s], 0), false))
        begin(h, s, desk->stable, v, STAGE_CANARY, plan_next(&h->plan, h->nodes[s], 0));
}

void hidden_operate(struct hidden *h, unsigned s)
{
    enum stage stage = h->releases[s].stage;

    if (h->desks[s].held && dice_percent(&h->dice, 40))
        press(h, s);
    else if (stage == STAGE_ROLLING_BACK)
        keep_going_back(h, s);
    else if (!h->calm && !op_failing(h, s) && dice_percent(&h->dice, 3))
        hurry(h, s, dice_below(&h->dice, h->versions));
    else if (!h->calm && stage_in_flight(stage) && dice_percent(&h->dice, 2))
        go_back(h, s);
    else if (stage_in_flight(stage))
        follow(h, s);
    else
        rest(h, s);
}

bool hidden_is_stable(const struct hidden *h)
{
    for (unsigned s = 0; s < h->services; s++) {
        versions_t live = h->world.services[s].live;

        if (op_changing(h, s) || versions_count(live) != 1 || op_failing(h, s) ||
            world_cert(&h->world, s, versions_first(live))->stage != CERT_STABLE)
            return false;
    }
    return true;
}
