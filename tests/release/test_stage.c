/* test_stage.c: where a release is and what S does, for every stage, and what keeps it there. */
#include "test.h"

#include "release/stage.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

#define NOW INT64_C(1772442000000)
#define MIN INT64_C(60000)

/* Of "data" with eight instances: canary 1, waves 3 and 8. */
struct scene {
    const char *what;
    enum stage recorded;
    uint32_t target, have;
    int64_t stage_age, young_age; /* minutes */
    bool moving, troubled;
    uint32_t ghosts, failing, stray;
    enum stage stage, next;
    uint32_t next_count;
    const char *waits; /* "": S may go; else a part of why not */
};

static const struct scene scenes[] = {
    {"the canary moves", STAGE_CANARY, 1, 1, 0, 0, true, false, 0, 0, 0, STAGE_CANARY, STAGE_CANARY,
     1, "at rest"},
    {"the canary is not all there", STAGE_CANARY, 1, 0, 3, 3, false, false, 0, 0, 0, STAGE_CANARY,
     STAGE_CANARY, 1, ""},
    {"the canary was asked for just now", STAGE_CANARY, 1, 0, 0, 0, false, false, 0, 0, 0,
     STAGE_CANARY, STAGE_CANARY, 1, "at rest"},
    {"the canary does not come up", STAGE_CANARY, 1, 0, 3, 3, false, false, 0, 1, 0, STAGE_CANARY,
     STAGE_CANARY, 1, "5 does not come up; U goes back"},
    {"the engine gave it up", STAGE_CANARY, 1, 0, 3, 3, false, true, 0, 0, 0, STAGE_CANARY,
     STAGE_CANARY, 1, "5 does not come up; U goes back"},
    {"it bakes", STAGE_CANARY, 1, 1, 4, 4, false, false, 0, 0, 0, STAGE_BAKE, STAGE_REHEARSE, 8,
     "bake: 6m00s left; evidence readiness and restarts only, weak"},
    {"it has baked", STAGE_CANARY, 1, 1, 10, 10, false, false, 0, 0, 0, STAGE_BAKE, STAGE_REHEARSE,
     8, ""},
    {"one minute before", STAGE_CANARY, 1, 1, 9, 9, false, false, 0, 0, 0, STAGE_BAKE,
     STAGE_REHEARSE, 8, "bake: 1m00s left"},
    {"it was restarted", STAGE_CANARY, 1, 1, 60, 2, false, false, 0, 0, 0, STAGE_BAKE,
     STAGE_REHEARSE, 8, "bake: 8m00s left"},
    {"its start is not known", STAGE_CANARY, 1, 1, 60, -1, false, false, 0, 0, 0, STAGE_BAKE,
     STAGE_REHEARSE, 8, "no data is never a pass"},
    {"it crashes", STAGE_CANARY, 1, 1, 60, 60, false, true, 0, 0, 0, STAGE_BAKE, STAGE_REHEARSE, 8,
     "fails"},
    {"one is failing", STAGE_CANARY, 1, 1, 60, 60, false, false, 0, 1, 0, STAGE_BAKE,
     STAGE_REHEARSE, 8, "fails"},
    {"its node is silent", STAGE_CANARY, 1, 1, 60, 60, false, false, 1, 0, 0, STAGE_BAKE,
     STAGE_REHEARSE, 8, "no data on 1 of 5"},
    {"it goes back", STAGE_REHEARSE, 0, 1, 0, 0, true, false, 0, 0, 0, STAGE_REHEARSE,
     STAGE_REHEARSE, 8, "wait until 4 is back"},
    {"it was told to go back just now", STAGE_REHEARSE, 0, 1, 0, 0, false, false, 0, 0, 0,
     STAGE_REHEARSE, STAGE_REHEARSE, 8, "wait until 4 is back"},
    {"it did not go back", STAGE_REHEARSE, 0, 1, 5, 5, false, false, 0, 0, 0, STAGE_REHEARSE,
     STAGE_REHEARSE, 8, ""},
    {"it settles", STAGE_REHEARSE, 0, 0, 7, 7, false, false, 0, 0, 0, STAGE_SETTLE, STAGE_WAVE, 3,
     "settle: 3m00s left"},
    {"it has settled", STAGE_REHEARSE, 0, 0, 10, 11, false, false, 0, 0, 0, STAGE_SETTLE,
     STAGE_WAVE, 3, ""},
    {"the old one fails while it settles", STAGE_REHEARSE, 0, 0, 10, 10, false, true, 0, 0, 0,
     STAGE_SETTLE, STAGE_WAVE, 3, "fails"},
    {"a wave moves", STAGE_WAVE, 3, 2, 1, 0, true, false, 0, 0, 0, STAGE_WAVE, STAGE_WAVE, 3,
     "at rest"},
    {"a wave stopped short", STAGE_WAVE, 3, 2, 1, 1, false, false, 0, 0, 0, STAGE_WAVE, STAGE_WAVE,
     3, ""},
    {"a wave bakes", STAGE_WAVE, 3, 3, 2, 2, false, false, 0, 0, 0, STAGE_BAKE, STAGE_WAVE, 8,
     "bake: 3m00s left"},
    {"a wave has baked", STAGE_WAVE, 3, 3, 5, 5, false, false, 0, 0, 0, STAGE_BAKE, STAGE_WAVE, 8,
     ""},
    {"the last wave bakes", STAGE_WAVE, 8, 8, 1, 1, false, false, 0, 0, 0, STAGE_BAKE, STAGE_STABLE,
     8, "bake: 4m00s left"},
    {"the last wave has baked", STAGE_WAVE, 8, 8, 5, 5, false, false, 0, 0, 0, STAGE_BAKE,
     STAGE_STABLE, 8, ""},
    {"an old one may come back", STAGE_WAVE, 8, 8, 5, 5, false, false, 0, 0, 1, STAGE_BAKE,
     STAGE_STABLE, 8, "fence it"},
};

struct stand {
    struct release release;
    struct plan plan;
    struct stage_input in;
};

/* `stand` stays where it is. */
static void stand_up(struct stand *stand, const struct scene *scene, const char *profile)
{
    int64_t young = scene->young_age < 0 ? 0 : NOW - scene->young_age * MIN;

    struct plan plan = plan_default();

    *stand = (struct stand){.plan = profile_plan(profile_find(profile), &plan)};
    struct release *release = &stand->release;
    release->stage = scene->recorded;
    release->target = scene->target;
    release->stage_utc_ms = NOW - scene->stage_age * MIN;
    snprintf(release->from, sizeof release->from, "4");
    snprintf(release->to, sizeof release->to, "5");
    release->cert.state = scene->recorded == STAGE_CANARY     ? PROOF_CANARIED
                          : scene->recorded == STAGE_REHEARSE ? PROOF_ROLLED
                                                              : PROOF_CERTIFIED;
    release->cert.attended = true;
    release->cert.at_utc_ms = NOW - scene->stage_age * MIN;
    snprintf(release->cert.version, sizeof release->cert.version, "5");
    snprintf(release->cert.basis, sizeof release->cert.basis, "b1");
    snprintf(release->cert.digest, sizeof release->cert.digest, "sha256:5");
    stand->in = (struct stage_input){
        .profile = profile_find(profile),
        .plan = &stand->plan,
        .release = release,
        .from = "4",
        .to = "5",
        .replicas = 8,
        .have = scene->have,
        .serving = scene->have - scene->ghosts,
        .ghosts = scene->ghosts,
        .others = 8 - scene->have + scene->stray,
        .failing = scene->failing,
        .moving = scene->moving,
        .troubled = scene->troubled,
        .young_to_ms = young,
        .young_from_ms = young,
        .since_utc_ms = NOW - scene->stage_age * MIN,
        .digest = scene->have ? "sha256:5" : "",
        .basis = "b1",
        .utc_ms = NOW,
        .watched_utc_ms = NOW - 120 * MIN,
    };
}

START_TEST(each_stage_says_what_s_does_and_what_it_waits_for)
{
    const struct scene *scene = &scenes[_i];
    struct stand stand;
    struct stage_view view;

    stand_up(&stand, scene, "data");
    stage_look(&stand.in, &view);
    ck_assert(view.active);
    ck_assert_msg(view.stage == scene->stage, "%s: %s", scene->what, stage_word[view.stage]);
    ck_assert_msg(view.next == scene->next && view.next_count == scene->next_count, "%s: %s of %u",
                  scene->what, stage_word[view.next], view.next_count);
    if (scene->waits[0])
        ck_assert_msg(strstr(view.waits, scene->waits) != NULL, "%s: %s", scene->what, view.waits);
    else
        ck_assert_msg(!view.waits[0], "%s: %s", scene->what, view.waits);
}
END_TEST

static const struct scene *scene_of(const char *what)
{
    for (size_t i = 0; i < ARRAY_LEN(scenes); i++)
        if (strcmp(scenes[i].what, what) == 0)
            return &scenes[i];
    ck_abort_msg("no scene '%s'", what);
}

static struct stage_view view_of(const char *what, const char *profile,
                                 void (*change)(struct stand *))
{
    struct stand stand;
    struct stage_view view;

    stand_up(&stand, scene_of(what), profile);
    if (change)
        change(&stand);
    stage_look(&stand.in, &view);
    return view;
}

/* 10 bake, 10 settle, waves 3 and 8 of 5 each. */
START_TEST(it_says_how_long_all_of_it_takes_and_how_much_is_left)
{
    static const struct {
        const char *what;
        int64_t left;
    } rows[] = {{"it bakes", 26},     {"it has baked", 20},  {"it settles", 13},
                {"a wave bakes", 8},  {"a wave moves", 10},  {"the last wave bakes", 4},
                {"it goes back", 20}, {"it has settled", 10}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct stage_view view = view_of(rows[i].what, "data", NULL);
        ck_assert_int_eq(view.whole_ms, 30 * MIN);
        ck_assert_msg(view.total_ms == rows[i].left * MIN, "%s: %d s", rows[i].what,
                      (int)(view.total_ms / 1000));
    }
}
END_TEST

static void other_basis(struct stand *stand)
{
    stand->in.basis = "b2";
}

static void too_old(struct stand *stand)
{
    stand->release.cert.at_utc_ms = NOW - 25 * 60 * MIN;
}

static void other_digest(struct stand *stand)
{
    stand->in.digest = "sha256:6";
}

START_TEST(a_certificate_whose_basis_changed_or_that_is_old_leads_to_a_new_canary)
{
    void (*const changes[])(struct stand *) = {other_basis, too_old};

    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        struct stage_view view = view_of("it has settled", "data", changes[i]);
        ck_assert_int_eq(view.next, STAGE_CANARY);
        ck_assert_uint_eq(view.next_count, 1);
        ck_assert(view.voided[0]);
        ck_assert_int_eq(view.next_cert.state, PROOF_CANARIED);
    }
}
END_TEST

START_TEST(a_certificate_is_frozen_once_the_waves_move)
{
    struct stage_view view = view_of("a wave has baked", "data", other_basis);

    ck_assert_str_eq(view.voided, "");
    ck_assert_int_eq(view.next, STAGE_WAVE);
    ck_assert_str_eq(view.waits, "");
    view = view_of("a wave has baked", "data", too_old);
    ck_assert_str_eq(view.waits, "");
}
END_TEST

START_TEST(a_wave_of_another_image_than_was_rehearsed_stops)
{
    struct stage_view view = view_of("a wave has baked", "data", other_digest);

    ck_assert_msg(strstr(view.waits, "not what was rehearsed") != NULL, "%s", view.waits);
}
END_TEST

static void scaled_down(struct stand *stand)
{
    stand->in.replicas = stand->in.have = stand->in.serving = 6;
}

static void nothing_left(struct stand *stand)
{
    stand->in.replicas = stand->in.have = stand->in.serving = 0;
}

START_TEST(what_was_asked_for_is_never_more_than_there_is)
{
    struct stage_view view = view_of("the last wave has baked", "data", scaled_down);

    ck_assert_int_eq(view.next, STAGE_STABLE);
    ck_assert(!view.again);
    view = view_of("it has baked", "data", nothing_left);
    ck_assert(!view.again);
}
END_TEST

START_TEST(a_certificate_grows_with_the_stages)
{
    struct stage_view view = view_of("it bakes", "data", NULL);

    ck_assert_int_eq(view.cert.state, PROOF_CANARIED);
    view = view_of("it has baked", "data", NULL);
    ck_assert_int_eq(view.cert.state, PROOF_BAKED);
    ck_assert_int_eq(view.next_cert.state, PROOF_ROLLED);
    ck_assert_str_eq(view.next_cert.digest, "sha256:5");
    ck_assert_str_eq(view.next_cert.basis, "b1");
    ck_assert(view.next_cert.attended);
    view = view_of("it settles", "data", NULL);
    ck_assert_int_eq(view.cert.state, PROOF_ROLLED);
    ck_assert(view.voids[0]);
    view = view_of("it has settled", "data", NULL);
    ck_assert_int_eq(view.cert.state, PROOF_CERTIFIED);
}
END_TEST

static void came_late(struct stand *stand)
{
    stand->in.watched_utc_ms = NOW - MIN;
}

START_TEST(a_bake_that_nobody_watched_from_its_beginning_is_not_attended)
{
    ck_assert(!view_of("it has baked", "data", came_late).next_cert.attended);
    ck_assert(!view_of("it has settled", "data", came_late).next_cert.attended);
}
END_TEST

static void must_be_watched(struct stand *stand)
{
    stand->in.attend = true;
}

static void must_be_watched_and_somebody_came_late(struct stand *stand)
{
    stand->in.attend = true;
    stand->in.watched_utc_ms = NOW - 4 * MIN;
}

static void must_be_watched_and_nobody_does(struct stand *stand)
{
    stand->in.attend = true;
    stand->in.watched_utc_ms = 0;
}

START_TEST(where_a_rehearsal_must_be_watched_its_bakes_begin_when_somebody_looks)
{
    static const char *const bakes[] = {"it has baked", "it has settled"};

    for (size_t i = 0; i < ARRAY_LEN(bakes); i++) {
        struct stage_view view = view_of(bakes[i], "data", must_be_watched);
        ck_assert_str_eq(view.waits, "");
        ck_assert(view.attend && view.next_cert.attended);
        view = view_of(bakes[i], "data", must_be_watched_and_somebody_came_late);
        ck_assert_msg(strstr(view.waits, "6m00s left, and somebody must watch"), "%s", view.waits);
        view = view_of(bakes[i], "data", must_be_watched_and_nobody_does);
        ck_assert_msg(strstr(view.waits, "keep a dashboard open"), "%s", view.waits);
    }
    struct stage_view view = view_of("it has baked", "hotfix", must_be_watched_and_nobody_does);
    ck_assert_str_eq(view.waits, "");
    view = view_of("a wave has baked", "data", must_be_watched_and_nobody_does);
    ck_assert_str_eq(view.waits, "");
}
END_TEST

/* What the canary rests on, here and where it was rehearsed. */
static struct certificate staged;

static void rehearsed_elsewhere(struct stand *stand)
{
    staged = (struct certificate){.state = PROOF_CERTIFIED,
                                  .version = "5",
                                  .digest = "sha256:5",
                                  .basis = "9.9.9.9.9.6.9",
                                  .at_utc_ms = NOW - MIN};
    stand->in.basis = "1.2.3.4.5.6.7";
    stand->in.elsewhere = &staged;
    stand->in.elsewhere_name = "staging";
}

START_TEST(a_rehearsal_in_the_context_of_the_policy_counts_after_the_bake)
{
    struct stage_view view = view_of("it has baked", "data", rehearsed_elsewhere);

    ck_assert_int_eq(view.next, STAGE_WAVE);
    ck_assert_str_eq(view.elsewhere, "staging");
    ck_assert_int_eq(stage_proof(&view), PROOF_CERTIFIED);
    ck_assert_int_eq(view.next_cert.state, PROOF_CERTIFIED);
    view = view_of("it bakes", "data", rehearsed_elsewhere);
    ck_assert(stage_proof(&view) < stage_wants(&view));
}
END_TEST

static void other_digest_there(struct stand *stand)
{
    rehearsed_elsewhere(stand);
    staged.digest[7] = '6';
}

static void other_neighbours_there(struct stand *stand)
{
    rehearsed_elsewhere(stand);
    snprintf(staged.basis, sizeof staged.basis, "1.2.3.4.5.9.7");
}

static void neighbours_not_known(struct stand *stand)
{
    rehearsed_elsewhere(stand);
    stand->in.basis = "1.2.3.4.5.-.7";
}

static void only_rolled_there(struct stand *stand)
{
    rehearsed_elsewhere(stand);
    staged.state = PROOF_ROLLED;
}

static void other_version_there(struct stand *stand)
{
    rehearsed_elsewhere(stand);
    staged.version[0] = '6';
}

static void long_ago_there(struct stand *stand)
{
    rehearsed_elsewhere(stand);
    staged.at_utc_ms = NOW - 25 * 60 * MIN;
}

START_TEST(a_rehearsal_elsewhere_of_something_else_does_not_count)
{
    void (*const changes[])(struct stand *) = {other_digest_there,   other_neighbours_there,
                                               neighbours_not_known, only_rolled_there,
                                               other_version_there,  long_ago_there};

    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        struct stage_view view = view_of("it has baked", "data", changes[i]);
        ck_assert_int_eq(view.next, STAGE_REHEARSE);
        ck_assert_str_eq(view.elsewhere, "");
    }
}
END_TEST

static void rehearsed_lately(struct stand *stand)
{
    stand->release.rehearsed_utc_ms = NOW - 29 * 24 * 60 * MIN;
}

static void rehearsed_long_ago(struct stand *stand)
{
    stand->release.rehearsed_utc_ms = NOW - 31 * 24 * 60 * MIN;
}

START_TEST(profiles_differ_in_when_they_rehearse)
{
    const char *baked = "it has baked";

    ck_assert_int_eq(view_of(baked, "code", NULL).next, STAGE_REHEARSE);
    ck_assert_int_eq(view_of(baked, "code", rehearsed_lately).next, STAGE_WAVE);
    ck_assert_int_eq(view_of(baked, "code", rehearsed_long_ago).next, STAGE_REHEARSE);
    ck_assert_int_eq(view_of(baked, "api", rehearsed_lately).next, STAGE_REHEARSE);
    ck_assert_int_eq(view_of(baked, "hotfix", NULL).next, STAGE_WAVE);
    ck_assert_uint_eq(view_of(baked, "hotfix", NULL).next_count, 3);
    ck_assert_uint_eq(view_of("it has settled", "fast", NULL).next_count, 4);
}
END_TEST

static void only_one(struct stand *stand)
{
    stand->in.replicas = 1;
    stand->in.others = 0;
}

START_TEST(a_single_instance_is_stable_after_its_canary)
{
    ck_assert_int_eq(view_of("it has baked", "hotfix", only_one).next, STAGE_STABLE);
    ck_assert_int_eq(view_of("it has baked", "data", only_one).next, STAGE_REHEARSE);
    ck_assert_int_eq(view_of("it has settled", "data", only_one).next, STAGE_WAVE);
    ck_assert_uint_eq(view_of("it has settled", "data", only_one).next_count, 1);
}
END_TEST

static void foreign(struct stand *stand)
{
    stand->in.release = NULL;
}

static void foreign_wave(struct stand *stand)
{
    stand->in.release = NULL;
    stand->in.have = stand->in.serving = 3;
}

START_TEST(a_canary_of_somebody_else_is_taken_over_and_more_is_not)
{
    ck_assert_int_eq(view_of("it has baked", "data", foreign).next, STAGE_REHEARSE);
    ck_assert_str_eq(view_of("it has baked", "data", foreign).waits, "");
    ck_assert(strstr(view_of("it has baked", "data", foreign_wave).waits, "outside of lockstep"));
}
END_TEST

START_TEST(profiles_are_found_by_service_and_plain_is_the_default)
{
    const struct profile_row rows[] = {{"", profile_find("fast")}, {"web", profile_find("data")}};
    const struct profile_policy policy = {.rows = rows, .row_count = 2};
    const struct profile_policy own = {.rows = rows + 1, .row_count = 1};

    ck_assert_str_eq(profile_for(&policy, "web")->name, "data");
    ck_assert_str_eq(profile_for(&policy, "shop")->name, "fast");
    ck_assert(profile_is_plain(profile_for(&own, "shop")));
    ck_assert(profile_is_plain(profile_for(NULL, "web")));
    ck_assert(profile_find("nothing like it") == NULL);
}
END_TEST

static const char *const kept =
    "{\"schema\":1,\"stage\":\"settle\",\"from\":\"4\",\"to\":\"5\",\"profile\":\"data\","
    "\"rehearsed_ms\":7,\"certificate\":{\"state\":\"rolled\",\"version\":\"5\",\"from\":\"4\","
    "\"digest\":\"d\",\"basis\":\"b\",\"by\":\"ana\",\"at_ms\":9,\"attended\":true,\"new\":1},"
    "\"claim\":{\"id\":\"x\",\"verb\":\"start\",\"stage\":\"wave\",\"profile\":\"data\","
    "\"certificate\":{\"state\":\"certified\",\"version\":\"5\"}}}";

START_TEST(a_record_keeps_profile_certificate_and_what_the_claim_will_leave)
{
    struct err err = {0};
    struct release *release = release_parse(kept, strlen(kept), &err);

    ck_assert_msg(release != NULL, "%s", err.text);
    char *text = release_write(release, &err);
    release_free(release);
    ck_assert_ptr_nonnull(strstr(text, "\"new\":1"));
    release = release_parse(text, strlen(text), &err);
    ck_assert_msg(release != NULL, "%s", err.text);
    ck_assert_str_eq(release->profile, "data");
    ck_assert_int_eq(release->rehearsed_utc_ms, 7);
    ck_assert_int_eq(release->cert.state, PROOF_ROLLED);
    ck_assert_str_eq(release->cert.by, "ana");
    ck_assert(release->cert.attended);
    ck_assert_int_eq(release->claim.mark.after, STAGE_WAVE);
    ck_assert_int_eq(release->claim.mark.cert.state, PROOF_CERTIFIED);
    ck_assert_str_eq(release->claim.mark.profile, "data");
    release_free(release);
    free(text);
}
END_TEST

SUITE(stage)
{
    Suite *suite = suite_create("stage");
    TCase *tc = test_case(suite, "release", 10);

    tcase_add_loop_test(tc, each_stage_says_what_s_does_and_what_it_waits_for, 0,
                        (int)ARRAY_LEN(scenes));
    tcase_add_test(tc, it_says_how_long_all_of_it_takes_and_how_much_is_left);
    tcase_add_test(tc, where_a_rehearsal_must_be_watched_its_bakes_begin_when_somebody_looks);
    tcase_add_test(tc, a_rehearsal_in_the_context_of_the_policy_counts_after_the_bake);
    tcase_add_test(tc, a_rehearsal_elsewhere_of_something_else_does_not_count);
    tcase_add_test(tc, a_certificate_whose_basis_changed_or_that_is_old_leads_to_a_new_canary);
    tcase_add_test(tc, a_certificate_is_frozen_once_the_waves_move);
    tcase_add_test(tc, a_wave_of_another_image_than_was_rehearsed_stops);
    tcase_add_test(tc, what_was_asked_for_is_never_more_than_there_is);
    tcase_add_test(tc, a_certificate_grows_with_the_stages);
    tcase_add_test(tc, a_bake_that_nobody_watched_from_its_beginning_is_not_attended);
    tcase_add_test(tc, profiles_differ_in_when_they_rehearse);
    tcase_add_test(tc, a_single_instance_is_stable_after_its_canary);
    tcase_add_test(tc, a_canary_of_somebody_else_is_taken_over_and_more_is_not);
    tcase_add_test(tc, profiles_are_found_by_service_and_plain_is_the_default);
    tcase_add_test(tc, a_record_keeps_profile_certificate_and_what_the_claim_will_leave);
    return suite;
}
