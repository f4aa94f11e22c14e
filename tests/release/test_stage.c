/* test_stage.c: where a release is and what S does, for every stage, and what keeps it there. */
#include "release/stage_scenes.h"
#include "test.h"

#include "base/mem.h"
#include "health/evidence.h"

#include <stdio.h>
#include <string.h>

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

static void almost_over(struct stand *stand)
{
    stand->in.utc_ms += 6 * MIN - 1;
}

START_TEST(what_is_not_over_has_time_left)
{
    struct stage_view view = view_of("it bakes", "data", almost_over);

    ck_assert_msg(strstr(view.waits, "bake: 1s left") != NULL, "%s", view.waits);
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
    view = view_of("it has baked", "code", rehearsed_elsewhere);
    ck_assert_int_eq(stage_wants(&view), PROOF_CERTIFIED);
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

static void in_the_future_there(struct stand *stand)
{
    rehearsed_elsewhere(stand);
    staged.at_utc_ms = NOW + MIN;
}

static void digest_not_known_here(struct stand *stand)
{
    rehearsed_elsewhere(stand);
    stand->in.digest = "";
    staged.digest[0] = '\0';
}

START_TEST(a_rehearsal_elsewhere_of_something_else_does_not_count)
{
    void (*const changes[])(struct stand *) = {
        other_digest_there,  other_neighbours_there, neighbours_not_known, only_rolled_there,
        other_version_there, long_ago_there,         in_the_future_there,  digest_not_known_here};

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

static void rehearsed_in_the_future(struct stand *stand)
{
    stand->release.rehearsed_utc_ms = NOW + MIN;
}

START_TEST(profiles_differ_in_when_they_rehearse)
{
    const char *baked = "it has baked";

    ck_assert_int_eq(view_of(baked, "code", NULL).next, STAGE_REHEARSE);
    ck_assert_int_eq(view_of(baked, "code", rehearsed_lately).next, STAGE_WAVE);
    ck_assert_int_eq(view_of(baked, "code", rehearsed_long_ago).next, STAGE_REHEARSE);
    ck_assert_int_eq(view_of(baked, "code", rehearsed_in_the_future).next, STAGE_REHEARSE);
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
    ck_assert(profile_is_plain(NULL));
    ck_assert(!profile_is_plain(profile_find("data")));
    const struct plan configured = plan_default();
    ck_assert_uint_eq(profile_plan(NULL, &configured).wave_count, configured.wave_count);
    ck_assert(profile_find("nothing like it") == NULL);
}
END_TEST

static void target_not_known(struct stand *stand)
{
    stand->release.target = 0;
}

static void two_may_come_back(struct stand *stand)
{
    stand->in.others = 2;
}

static void one_may_come_back(struct stand *stand)
{
    stand->in.others = 1;
}

static void basis_not_known(struct stand *stand)
{
    stand->in.basis = "";
}

START_TEST(what_is_not_on_record_is_taken_from_what_runs)
{
    ck_assert_int_eq(view_of("it has baked", "data", target_not_known).next, STAGE_REHEARSE);
    ck_assert(!view_of("it has baked", "data", target_not_known).again);
    ck_assert_str_eq(view_of("it has settled", "data", basis_not_known).voided, "");
    ck_assert(strstr(view_of("the last wave has baked", "data", two_may_come_back).waits,
                     "2 instances may"));
    ck_assert(strstr(view_of("the last wave has baked", "data", one_may_come_back).waits,
                     "1 instance may"));
}
END_TEST

START_TEST(where_nothing_is_in_flight_s_has_no_stage)
{
    static const enum stage rest[] = {STAGE_NONE, STAGE_STABLE, STAGE_ROLLING_BACK,
                                      STAGE_ROLLED_BACK, STAGE_COUNT};
    struct stand stand;
    struct stage_view view;

    for (size_t i = 0; i < ARRAY_LEN(rest); i++) {
        stand_up(&stand, scene_of("it has baked"), "data");
        stand.release.stage = rest[i];
        stage_look(&stand.in, &view);
        ck_assert(!view.active);
    }
    static const struct {
        enum stage recorded, seen;
    } named[] = {{STAGE_BAKE, STAGE_BAKE}, {STAGE_SETTLE, STAGE_REHEARSE}};
    for (size_t i = 0; i < ARRAY_LEN(named); i++) {
        stand_up(&stand, scene_of("it has baked"), "data");
        stand.release.stage = named[i].recorded;
        stage_look(&stand.in, &view);
        ck_assert_int_eq(view.stage, named[i].seen);
    }
}
END_TEST

/* Of the bake of "it bakes". */
static struct evidence seen;

static void measured(struct stand *stand)
{
    seen = (struct evidence){.version = "5",
                             .control = "4",
                             .began_utc_ms = NOW - 4 * MIN,
                             .answer = JUDGE_WAITS,
                             .needed = 10};
    stand->in.measured = true;
    stand->in.evidence = &seen;
}

static void measured_and_nothing_yet(struct stand *stand)
{
    measured(stand);
    stand->in.evidence = NULL;
}

static void measured_of_another_bake(struct stand *stand)
{
    measured(stand);
    seen.began_utc_ms--;
}

static void measured_with_a_reason(struct stand *stand)
{
    measured(stand);
    snprintf(seen.reason, sizeof seen.reason, "3 of 10");
}

static void measured_and_no_start(struct stand *stand)
{
    measured(stand);
    stand->release.stage_utc_ms = 0;
    stand->in.young_to_ms = 0;
}

static void measured_and_no_before(struct stand *stand)
{
    measured(stand);
    stand->release.since_utc_ms = 0;
}

START_TEST(a_measured_bake_says_what_it_waits_for)
{
    static const struct {
        const char *scene;
        void (*change)(struct stand *);
        bool judged;
        const char *waits;
    } rows[] = {
        {"it bakes", measured, true, "no sample is due yet; 0 samples of at least 10"},
        {"it bakes", measured_with_a_reason, true, "3 of 10; 0 samples"},
        {"it bakes", measured_and_nothing_yet, true, "nothing is measured yet"},
        {"it bakes", measured_of_another_bake, true, "nothing is measured yet"},
        {"it bakes", measured_and_no_start, false, "since when 5 runs is not known"},
        {"it settles", measured_and_no_before, false, "evidence readiness and restarts only"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct stage_view view = view_of(rows[i].scene, "data", rows[i].change);
        ck_assert_msg(view.judged == rows[i].judged, "%zu", i);
        ck_assert_msg(strstr(view.waits, rows[i].waits) != NULL, "%zu: %s", i, view.waits);
    }
}
END_TEST

static void baked_without_measure(struct stand *stand)
{
    struct stage_view view;

    stand->release.cert.evidence[0] = '\0';
    stand->release.since_utc_ms = NOW - 60 * MIN;
    stand->in.measured = true;
    stage_look(&stand->in, &view); /* what is to be measured */
    seen = (struct evidence){.began_utc_ms = view.bake_began_ms, .answer = JUDGE_PASSES};
    snprintf(seen.version, sizeof seen.version, "%s", view.bake_version);
    snprintf(seen.control, sizeof seen.control, "%s", view.bake_control);
    snprintf(seen.reason, sizeof seen.reason, "as before");
    stand->in.evidence = &seen;
}

static void baked_with_measure(struct stand *stand)
{
    baked_without_measure(stand);
    snprintf(stand->release.cert.evidence, sizeof stand->release.cert.evidence, "as good");
}

START_TEST(a_certificate_says_what_the_way_back_was_measured_by_after_what_the_canary_was)
{
    struct stage_view view = view_of("it has settled", "data", baked_with_measure);
    ck_assert_str_eq(view.next_cert.evidence, "as good; back: as before");
    view = view_of("it has settled", "data", baked_without_measure);
    ck_assert_str_eq(view.next_cert.evidence, "back: as before");
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

    tcase_add_loop_test(tc, each_stage_says_what_s_does_and_what_it_waits_for, 0, (int)scene_count);
    tcase_add_test(tc, what_is_not_over_has_time_left);
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
    tcase_add_test(tc, what_is_not_on_record_is_taken_from_what_runs);
    tcase_add_test(tc, where_nothing_is_in_flight_s_has_no_stage);
    tcase_add_test(tc, a_measured_bake_says_what_it_waits_for);
    tcase_add_test(tc,
                   a_certificate_says_what_the_way_back_was_measured_by_after_what_the_canary_was);
    tcase_add_test(tc, a_record_keeps_profile_certificate_and_what_the_claim_will_leave);
    return suite;
}
