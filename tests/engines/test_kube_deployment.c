/* test_kube_deployment.c: releases of plain Deployments on a real control plane, by the driver
 * alone. A second client sees every change of every ReplicaSet and pod; at no moment there may be
 * one pod of the new version more than was asked for. */
#include "engines/kube_web.h"
#include "engines/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kube_web web;

static void open_twelve(json_t *more)
{
    web_open(&web, "deployments", 12, more);
}

/* Four at once are enough for each of the steps to the middle. */
static void setup(void)
{
    open_twelve(web_strategy(4, 1));
}

static void teardown(void)
{
    web_close(&web);
}

START_TEST(two_then_six_then_all_and_never_one_more)
{
    json_t *names = kube_pod_names("web", KUBE_OLD);

    web_do(&web, VERB_START, 2);
    web_stands(&web, 12, 2);
    ck_assert_uint_eq(kube_kept(names, "web"), 12);
    web_do(&web, VERB_STEP, 6);
    web_stands(&web, 10, 6);
    ck_assert_uint_eq(kube_kept(names, "web"), 10);
    web_do(&web, VERB_STEP, 12);
    web_stands(&web, 0, 12);
    web_is_clean(&web, KUBE_NEW);
    if (kube_is_ours()) {
        ck_assert_uint_eq(kube_truth("web", KUBE_NEW, ""), 12);
        ck_assert_uint_eq(kube_truth("web", KUBE_OLD, ""), 0);
    }
    json_decref(names);
}
END_TEST

/* Every old pod that was there is there afterwards. */
static void undo_keeps(unsigned remaining)
{
    json_t *names = kube_pod_names("web", KUBE_OLD);

    ck_assert_uint_eq(json_array_size(names), remaining);
    web_do(&web, VERB_ROLLBACK, 12);
    web_stands(&web, 12, 0);
    ck_assert_uint_eq(kube_kept(names, "web"), remaining);
    web_is_clean(&web, KUBE_OLD);
    json_decref(names);
}

START_TEST(an_undo_of_the_canary_touches_no_stable_pod)
{
    web_do(&web, VERB_START, 2);
    undo_keeps(12);
}
END_TEST

START_TEST(an_undo_from_six_keeps_the_ten_that_are_left)
{
    web_do(&web, VERB_START, 2);
    web_do(&web, VERB_STEP, 6);
    undo_keeps(10);
}
END_TEST

START_TEST(after_an_undo_it_is_released_again)
{
    web_do(&web, VERB_START, 2);
    web_do(&web, VERB_ROLLBACK, 12);
    web_do(&web, VERB_START, 2);
    web_do(&web, VERB_STEP, 12);
    web_stands(&web, 0, 12);
    web_is_clean(&web, KUBE_NEW);
}
END_TEST

START_TEST(without_surge_there_are_never_more_than_before)
{
    open_twelve(web_strategy(0, 3));
    web_do(&web, VERB_START, 2);
    web_stands(&web, 10, 2);
    web_do(&web, VERB_STEP, 5);
    web_stands(&web, 7, 5);
    ck_assert_uint_eq(kube_watch_total(&web.watch), 12);
    web_do(&web, VERB_STEP, 12);
    web_stands(&web, 0, 12);
    ck_assert_uint_eq(kube_watch_total(&web.watch), 12);
    web_is_clean(&web, KUBE_NEW);
    teardown();
}
END_TEST

START_TEST(a_step_surges_no_further_than_its_user_allows)
{
    open_twelve(web_strategy(3, 0));
    web_do(&web, VERB_START, 1);
    web_stands(&web, 12, 1);
    web_do(&web, VERB_STEP, 9);
    web_stands(&web, 5, 9);
    ck_assert_uint_le(kube_watch_total(&web.watch), 15);
    web_do(&web, VERB_ROLLBACK, 12);
    web_stands(&web, 12, 0);
    web_is_clean(&web, KUBE_OLD);
    teardown();
}
END_TEST

START_TEST(of_one_replica_the_canary_is_all_of_it)
{
    web_open(&web, "deployments", 1, NULL);
    web_do(&web, VERB_START, 1);
    web_stands(&web, 0, 1);
    web_is_clean(&web, KUBE_NEW);
    teardown();
}
END_TEST

START_TEST(of_two_replicas_one_is_the_canary)
{
    web_open(&web, "deployments", 2, NULL);
    web_do(&web, VERB_START, 1);
    web_stands(&web, 2, 1);
    web_do(&web, VERB_STEP, 2);
    web_stands(&web, 0, 2);
    web_is_clean(&web, KUBE_NEW);
    teardown();
}
END_TEST

START_TEST(three_hundred_replicas_are_stepped_as_exactly)
{
    kube_fixture.patience_ms = 240000;
    web_open(&web, "deployments", 300, NULL);
    web_do(&web, VERB_START, 15);
    web_do(&web, VERB_STEP, 100);
    ck_assert_uint_le(kube_watch_total(&web.watch), 375);
    web_do(&web, VERB_ROLLBACK, 300);
    web_stands(&web, 300, 0);
    web_is_clean(&web, KUBE_OLD);
    teardown();
}
END_TEST

START_TEST(a_parked_release_counts_as_available_and_goes_on_exactly)
{
    kube_patch(web.path,
               json_pack("{s:{s:{s:s}}}", "metadata", "annotations", "lockstep.park", "pause"));
    web_observed(&web);
    json_decref(web.before);
    web.before = kube_get(web.path);
    web_do(&web, VERB_START, 2);
    bench_do(&web.bench, VERB_PAUSE, 2, &web.memo);
    ck_assert(kube_wait_number(web.path, "status/availableReplicas", 14));
    ck_assert_int_le(kube_number(web.path, "spec/minReadySeconds"), 0);
    ck_assert_int_eq(kube_number(web.path, "spec/progressDeadlineSeconds"), 600);
    web_stands(&web, 12, 2);
    web_do(&web, VERB_STEP, 6);
    web_stands(&web, 10, 6);
    bench_do(&web.bench, VERB_PAUSE, 6, &web.memo);
    web_stands(&web, 10, 6);
    undo_keeps(10);
}
END_TEST

/* Pauses a step that is on its way after so long; what is there then stays. Resumes it. */
static void pause_within(uint32_t to, int64_t after_ms)
{
    struct action step = web_begin(&web, VERB_STEP, to);

    bench_pass(&web.bench, after_ms);
    struct action pause = bench_plan(&web.bench, VERB_PAUSE, to, &web.memo);
    if (pause.writes) {
        struct answer answer = bench_act(&web.bench, &web.bench.one, &pause, web.memo);
        ck_assert_msg(answer.err.code == ERR_NONE, "pause: %s", answer.err.text);
        answer_release(&answer);
        bench_settle(&web.bench, &pause);
    }
    unsigned rested = kube_wanted("web", KUBE_NEW), all = kube_wanted("web", "");
    bench_pass(&web.bench, 1500);
    ck_assert_uint_eq(kube_wanted("web", KUBE_NEW), rested);
    ck_assert_uint_eq(kube_wanted("web", ""), all);
    ck_assert_uint_le(kube_watch_wanted(&web.watch, KUBE_NEW), to);
    printf("pause after %d ms of %u writes: %u of %u\n", (int)after_ms, step.writes, rested, to);
    struct action resume = bench_plan(&web.bench, VERB_RESUME, to, &web.memo);
    if (resume.writes)
        bench_do(&web.bench, VERB_RESUME, to, &web.memo);
    web_stands(&web, kube_pods("web", KUBE_OLD), to);
    ck_assert_uint_le(kube_watch_wanted(&web.watch, KUBE_NEW), to);
}

START_TEST(a_pause_at_any_moment_adds_none)
{
    web_do(&web, VERB_START, 1);
    pause_within(4, 0);
    pause_within(7, 60);
    pause_within(10, 250);
    web_do(&web, VERB_ROLLBACK, 12);
    web_stands(&web, 12, 0);
    web_is_clean(&web, KUBE_OLD);
}
END_TEST

/* What its owner keeps in a repository, with this image; returns kubectl's status. */
static int apply(const char *tag, const char *flag)
{
    char path[200], words[300], *out = NULL;

    snprintf(path, sizeof path, "%s/manifest.json", kube_folder());
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(
        file,
        "{\"apiVersion\": \"apps/v1\", \"kind\": \"Deployment\", \"metadata\": {\"name\": "
        "\"web\"}, \"spec\": {\"replicas\": 12, \"minReadySeconds\": 1, "
        "\"progressDeadlineSeconds\": 300, \"strategy\": {\"rollingUpdate\": {\"maxSurge\": "
        "\"25%%\", \"maxUnavailable\": 1}}, \"selector\": {\"matchLabels\": {\"app\": \"web\"}}, "
        "\"template\": {\"metadata\": {\"labels\": {\"app\": \"web\"}}, \"spec\": "
        "{\"containers\": [{\"name\": \"app\", \"image\": \"%s\"}]}}}}\n",
        kube_image(tag));
    fclose(file);
    snprintf(words, sizeof words, "apply --server-side --field-manager=ci %s -f %s", flag, path);
    int status = kube_ctl("second", words, &out);
    printf("apply of %s: %d %s", tag, status, out);
    free(out);
    return status;
}

START_TEST(the_owners_next_apply_meets_no_conflict_after_undo_and_after_finish)
{
    ck_assert_int_eq(apply(KUBE_OLD, "--force-conflicts"), 0); /* from now on it is the owner's */
    json_decref(web.before);
    web.before = kube_get(web.path);
    web_do(&web, VERB_START, 2);
    ck_assert_int_ne(apply(KUBE_OLD, ""), 0); /* it would take the brake off */
    web_do(&web, VERB_ROLLBACK, 12);
    web_is_clean(&web, KUBE_OLD);
    ck_assert_int_eq(apply(KUBE_OLD, ""), 0);
    web_do(&web, VERB_START, 2);
    web_do(&web, VERB_STEP, 12);
    web_is_clean(&web, KUBE_NEW);
    ck_assert_int_eq(apply(KUBE_NEW, ""), 0);
    web_stands(&web, 0, 12);
}
END_TEST

SUITE(kube_deployment)
{
    Suite *suite = suite_create("kube-deployment");
    TCase *twelve = test_case(suite, "twelve", 240), *sizes = test_case(suite, "sizes", 480);

    kube_need();
    tcase_add_checked_fixture(twelve, setup, teardown);
    tcase_add_test(twelve, two_then_six_then_all_and_never_one_more);
    tcase_add_test(twelve, an_undo_of_the_canary_touches_no_stable_pod);
    tcase_add_test(twelve, an_undo_from_six_keeps_the_ten_that_are_left);
    tcase_add_test(twelve, after_an_undo_it_is_released_again);
    tcase_add_test(twelve, a_parked_release_counts_as_available_and_goes_on_exactly);
    tcase_add_test(twelve, a_pause_at_any_moment_adds_none);
    tcase_add_test(twelve, the_owners_next_apply_meets_no_conflict_after_undo_and_after_finish);
    tcase_add_test(sizes, without_surge_there_are_never_more_than_before);
    tcase_add_test(sizes, a_step_surges_no_further_than_its_user_allows);
    tcase_add_test(sizes, of_one_replica_the_canary_is_all_of_it);
    tcase_add_test(sizes, of_two_replicas_one_is_the_canary);
    if (kube_is_ours())
        tcase_add_test(sizes, three_hundred_replicas_are_stepped_as_exactly);
    return suite;
}
