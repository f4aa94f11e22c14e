/* test_explore_stage.c: every reachable state of one release under the real stage code: what S
 * does, against what really baked, went back and settled, whatever fails, is silent, is restarted
 * or changes beside it on the way. lockstep may die between any two steps: it keeps nothing. */
#include "explore/search.h"
#include "release/stage.h"
#include "test.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1772442000000)
enum { REPLICAS = 4, STATES_MAX = 4 * 1000 * 1000, AGES = 3 };

/* How long ago: just now, some minutes, longer than any bake of the profile. */
static const int64_t age_ms[AGES] = {0, 2 * 60000, 11 * 60000};

enum { BAKED = 1, BACK = 2 }; /* what really happened under this basis */

/* Flat; ages are indices. */
struct trip {
    uint8_t stage, target, proof, have;
    uint8_t age, young_to, young_from; /* of the stage, of the youngest of each version */
    uint8_t stalled, failing, ghost;   /* the engine stopped short; one fails; one is silent */
    uint8_t basis, cert_basis, digest, cert_digest;
    uint8_t happened, under; /* what, and the basis that it happened under */
};

static const char *profile_name;

static uint8_t goal(const struct trip *t)
{
    return t->stage == STAGE_REHEARSE ? 0 : t->target;
}

struct look {
    struct release release;
    struct plan plan;
    struct stage_view view;
};

/* `look` stays where it is. */
static void look_at(const struct trip *t, struct look *look)
{
    struct plan plan = plan_default();
    struct release *release = &look->release;

    *look = (struct look){.plan = profile_plan(profile_find(profile_name), &plan)};
    release->stage = (enum stage)t->stage;
    release->target = t->target;
    release->replicas = REPLICAS;
    release->stage_utc_ms = NOW - age_ms[t->age];
    snprintf(release->from, sizeof release->from, "4");
    snprintf(release->to, sizeof release->to, "5");
    release->cert.state = (enum proof)t->proof;
    release->cert.at_utc_ms = release->stage_utc_ms;
    snprintf(release->cert.version, sizeof release->cert.version, "5");
    if (t->proof >= PROOF_ROLLED) {
        snprintf(release->cert.basis, sizeof release->cert.basis, "%u.1.1.1.1.1.1", t->cert_basis);
        snprintf(release->cert.digest, sizeof release->cert.digest, "sha256:%u", t->cert_digest);
    }
    char basis[32], digest[32];
    snprintf(basis, sizeof basis, "%u.1.1.1.1.1.1", t->basis);
    snprintf(digest, sizeof digest, "sha256:%u", t->digest);
    const struct stage_input in = {
        .profile = profile_find(profile_name),
        .plan = &look->plan,
        .release = release,
        .from = "4",
        .to = "5",
        .replicas = REPLICAS,
        .have = t->have,
        .serving = (uint32_t)(t->have - t->ghost),
        .ghosts = t->ghost,
        .others = (uint32_t)(REPLICAS - t->have),
        .failing = t->failing,
        .moving = t->have != goal(t) && !t->stalled,
        .young_to_ms = t->have ? NOW - age_ms[t->young_to] : 0,
        .young_from_ms = t->have < REPLICAS ? NOW - age_ms[t->young_from] : 0,
        .since_utc_ms = NOW - age_ms[AGES - 1],
        .digest = t->have ? digest : "",
        .basis = basis,
        .utc_ms = NOW,
        .watched_utc_ms = NOW - age_ms[AGES - 1],
    };
    stage_look(&in, &look->view);
}

/* What must be true of the world for this key, told from the trip alone. */
static const char *wrong_of(const struct trip *t, enum stage next)
{
    bool fine = !t->failing && !t->ghost && t->age == AGES - 1;
    bool to_baked = fine && t->have && t->have >= t->target && t->young_to == AGES - 1;

    switch (next) {
    case STAGE_REHEARSE:
        return t->stage == STAGE_REHEARSE || to_baked ? NULL : "a canary goes back unbaked";
    case STAGE_WAVE:
        if (t->stage == STAGE_WAVE)
            return to_baked || t->have < t->target ? NULL : "a wave upon a wave that did not bake";
        if (t->happened != (BAKED | BACK) || t->under != t->basis)
            return "a wave without its rehearsal";
        return fine && t->have == 0 && t->young_from == AGES - 1 ? NULL
                                                                 : "a wave before it settled";
    case STAGE_STABLE:
        return to_baked && t->have == REPLICAS ? NULL : "stable without having baked everywhere";
    case STAGE_CANARY:
        return t->have <= 1 ? NULL : "a canary of more than one";
    case STAGE_NONE:
    case STAGE_HELD:
    case STAGE_BAKE:
    case STAGE_SETTLE:
    case STAGE_ROLLING_BACK:
    case STAGE_ROLLED_BACK:
    case STAGE_COUNT:
        break;
    }
    return "S does what is no step";
}

static struct trip pressed(const struct trip *t, const struct stage_view *view)
{
    struct trip next = *t;

    if (view->next == STAGE_REHEARSE && t->stage != STAGE_REHEARSE) {
        next.happened = BAKED;
        next.under = t->basis;
    }
    if (view->next == STAGE_CANARY && t->stage != STAGE_CANARY)
        next.happened = 0;
    next.stage = (uint8_t)view->next;
    next.target = view->next == STAGE_REHEARSE ? 0 : (uint8_t)view->next_count;
    next.proof = (uint8_t)view->next_cert.state;
    next.cert_basis = (uint8_t)(view->next_cert.basis[0] == '1');
    next.cert_digest = (uint8_t)(strcmp(view->next_cert.digest, "sha256:1") == 0);
    next.age = next.stalled = 0;
    return next;
}

struct walk {
    search_emit *emit;
    void *arg;
    bool calm; /* nothing goes wrong any more */
};

static void emit(const struct walk *walk, struct trip next, const char *how, const char *wrong)
{
    if (next.have == 0)
        next.ghost = next.young_to = 0;
    if (next.have == REPLICAS)
        next.young_from = 0;
    if (next.have == goal(&next))
        next.stalled = 0;
    walk->emit(walk->arg, &next, (struct search_label){0, how}, wrong);
}

static void press(const struct walk *walk, const struct trip *t)
{
    struct look look;

    look_at(t, &look);
    if (look.view.waits[0] || look.view.next == STAGE_NONE)
        return;
    emit(walk, pressed(t, &look.view), "S", wrong_of(t, look.view.next));
}

static void engine_moves(const struct walk *walk, const struct trip *t)
{
    struct trip next = *t;

    if (t->have == goal(t) || (t->stalled && !walk->calm))
        return;
    next.stalled = 0;
    if (t->have < goal(t)) {
        next.have++;
        next.young_to = 0;
    } else {
        next.have--;
        next.young_from = 0;
    }
    if (next.have == 0 && t->stage == STAGE_REHEARSE && t->happened & BAKED)
        next.happened |= BACK;
    emit(walk, next, "the engine moves one", NULL);
}

static uint8_t older(uint8_t age)
{
    return age < AGES - 1 ? (uint8_t)(age + 1) : age;
}

static void time_passes(const struct walk *walk, const struct trip *t)
{
    struct trip next = *t;

    next.age = older(t->age);
    next.young_to = older(t->young_to);
    next.young_from = older(t->young_from);
    emit(walk, next, "time passes", NULL);
}

static void goes_wrong(const struct walk *walk, const struct trip *t)
{
    struct trip next = *t;

    next.failing = !t->failing;
    if (!walk->calm || t->failing)
        emit(walk, next, "one fails, or recovers", NULL);
    next = *t;
    next.ghost = !t->ghost && t->have;
    if (!walk->calm || t->ghost)
        emit(walk, next, "a node goes silent, or returns", NULL);
    if (walk->calm)
        return;
    next = *t;
    next.young_to = next.young_from = 0;
    emit(walk, next, "all were restarted", NULL);
    next = *t;
    next.stalled = t->have != goal(t);
    emit(walk, next, "the engine stops short", NULL);
    next = *t;
    next.basis = !t->basis;
    emit(walk, next, "something beside it changed", NULL);
    next = *t;
    next.digest = !t->digest;
    if (t->have)
        emit(walk, next, "another image runs under its name", NULL);
}

static void steps(void *arg, const void *state, search_emit *fn, void *fn_arg)
{
    const struct walk walk = {fn, fn_arg, *(const bool *)arg};
    const struct trip *t = state;

    if (t->stage == STAGE_STABLE)
        return;
    press(&walk, t);
    engine_moves(&walk, t);
    time_passes(&walk, t);
    goes_wrong(&walk, t);
}

static void say(void *arg, struct search_label label, char *out, size_t size)
{
    (void)arg;
    snprintf(out, size, "%s", label.how);
}

/* ---- is there a way on from everywhere, once nothing goes wrong any more? ---- */

struct ways {
    const struct search *search;
    uint8_t *good;
    size_t from;
};

static bool on_help(void *arg, const void *next, struct search_label label, const char *wrong)
{
    struct ways *ways = arg;
    uint32_t at = search_find(ways->search, next);

    (void)label, (void)wrong;
    ways->good[ways->from] |= at && ways->good[at - 1];
    return true;
}

/* Waves of what is not what was rehearsed end here: only U is left. */
static bool is_end(const struct trip *t)
{
    return t->stage == STAGE_STABLE || (t->stage == STAGE_WAVE && t->digest != t->cert_digest);
}

static size_t count_stuck(const struct search *search, size_t count)
{
    struct ways ways = {search, xcalloc(count, 1), 0};
    size_t left = 0, before;
    bool calm = true;

    for (size_t i = 0; i < count; i++)
        ways.good[i] = is_end(search_state(search, i));
    do {
        before = left;
        left = 0;
        for (ways.from = count; ways.from-- > 0;) {
            if (!ways.good[ways.from])
                steps(&calm, search_state(search, ways.from), on_help, &ways);
            left += !ways.good[ways.from];
        }
    } while (left && left != before);
    free(ways.good);
    return left;
}

/* Explores all of it; how many states are left without a way on. */
static size_t explore_all(const char *profile, struct search_result *out)
{
    bool calm = false;
    const struct search_space space = {sizeof(struct trip), &calm, steps, say};
    const struct trip first = {
        .stage = STAGE_CANARY, .target = 1, .proof = PROOF_CANARIED, .young_from = AGES - 1};

    profile_name = profile;
    struct search *search = search_run(&space, &first, STATES_MAX, out);
    size_t stuck = out->wrong || out->too_many ? 0 : count_stuck(search, out->states);
    search_end(search, 0);
    return stuck;
}

START_TEST(whatever_happens_on_the_way_no_wave_goes_without_its_rehearsal)
{
    struct search_result *out = xcalloc(1, sizeof *out);
    size_t stuck = explore_all("data", out);

    search_print(out, !out->wrong && !out->too_many && !stuck, "stages of one release", stdout);
    ck_assert_msg(!out->wrong, "%s\n%s", out->wrong, out->trace);
    ck_assert(!out->too_many);
    ck_assert_uint_gt(out->states, 5000);
    ck_assert_msg(stuck == 0, "%zu states have no way to a stable one", stuck);
    free(out);
}
END_TEST

/* Else the claim above could not fail. */
START_TEST(a_profile_that_rehearses_nothing_is_noticed)
{
    struct search_result *out = xcalloc(1, sizeof *out);

    explore_all("hotfix", out);
    ck_assert(out->wrong && strcmp(out->wrong, "a wave without its rehearsal") == 0);
    free(out);
}
END_TEST

SUITE(explore_stage)
{
    Suite *suite = suite_create("explore_stage");
    TCase *tcase = test_case(suite, "stage", 60);

    tcase_add_test(tcase, whatever_happens_on_the_way_no_wave_goes_without_its_rehearsal);
    tcase_add_test(tcase, a_profile_that_rehearses_nothing_is_noticed);
    return suite;
}
