/* test_kube_engine.c: what the recipes rely on, of the control plane itself: plain patches, no
 * lockstep. When a new version of Kubernetes changes one of these, no recipe is safe. */
#include "base/mem.h"
#include "engines/kube_rig.h"
#include "engines/rig.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEB "deployments/web"
enum { FOREVER = 2147483646 };

static struct kube_watch watch;

static void setup(void)
{
    kube_open();
    kube_make("deployments", "web", 12, KUBE_OLD, NULL);
    kube_watch_start(&watch);
}

static void teardown(void)
{
    kube_watch_stop(&watch);
    kube_close();
}

/* The brake with this surge, in one patch; tag "": the template stays. */
static json_t *brake(int surge, int unavailable, const char *tag)
{
    json_t *spec = json_pack("{s:b, s:I, s:I, s:{s:s, s:{s:i, s:i}}}", "paused", 0,
                             "minReadySeconds", (json_int_t)FOREVER, "progressDeadlineSeconds",
                             (json_int_t)FOREVER + 1, "strategy", "type", "RollingUpdate",
                             "rollingUpdate", "maxSurge", surge, "maxUnavailable", unavailable);

    if (tag[0])
        json_object_set_new(spec, "template",
                            json_pack("{s:{s:[{s:s, s:s}]}}", "spec", "containers", "name", "app",
                                      "image", kube_image(tag)));
    return json_pack("{s:o}", "spec", spec);
}

/* Waits for this picture, and that it stands. */
static void stands(unsigned old, unsigned new)
{
    ck_assert_msg(kube_wait_pods("web", KUBE_NEW, new), "%u new, not %u",
                  kube_pods("web", KUBE_NEW), new);
    ck_assert_msg(kube_wait_pods("web", KUBE_OLD, old), "%u old, not %u",
                  kube_pods("web", KUBE_OLD), old);
    rig_pause_ms(3000);
    ck_assert_uint_eq(kube_pods("web", KUBE_NEW), new);
    ck_assert_uint_eq(kube_pods("web", KUBE_OLD), old);
}

static void never_more_new_than(unsigned count)
{
    kube_watch_stop(&watch);
    ck_assert_uint_eq(kube_watch_wanted(&watch, KUBE_NEW), count);
    ck_assert_uint_eq(kube_watch_pods(&watch, KUBE_NEW), count);
}

START_TEST(a_deployment_rolls_by_itself)
{
    kube_set_image("deployments", "web", KUBE_NEW);
    ck_assert(kube_wait_pods("web", KUBE_NEW, 12));
    ck_assert(kube_wait_pods("web", KUBE_OLD, 0));
    if (kube_is_ours())
        ck_assert_uint_eq(kube_truth("web", "", ""), 12);
}
END_TEST

START_TEST(the_brake_holds_a_canary_and_exact_steps)
{
    kube_patch(WEB, brake(2, 0, KUBE_NEW));
    stands(12, 2);
    kube_patch(WEB, brake(4, 2, ""));
    stands(10, 6);
    kube_patch(WEB, brake(3, 6, ""));
    stands(6, 9);
    never_more_new_than(9);
    ck_assert_int_le(kube_number(WEB, "status/availableReplicas"), 6);
}
END_TEST

START_TEST(the_brake_holds_without_surge)
{
    kube_patch(WEB, brake(0, 2, KUBE_NEW));
    stands(10, 2);
    kube_patch(WEB, brake(0, 5, ""));
    stands(7, 5);
    never_more_new_than(5);
}
END_TEST

START_TEST(a_parked_canary_leaves_park_by_two_patches)
{
    kube_patch(WEB, brake(2, 0, KUBE_NEW));
    stands(12, 2);
    json_t *park = brake(2, 0, "");
    json_object_update_new(json_object_get(park, "spec"),
                           json_pack("{s:b, s:i, s:i}", "paused", 1, "minReadySeconds", 0,
                                     "progressDeadlineSeconds", 600));
    kube_patch(WEB, park);
    ck_assert(kube_wait_number(WEB, "status/availableReplicas", 14));
    stands(12, 2);
    json_t *back = brake(2, 0, "");
    json_object_set_new(json_object_get(back, "spec"), "paused", json_true());
    kube_patch(WEB, back);
    ck_assert(kube_wait_number(WEB, "status/availableReplicas", 12));
    kube_patch(WEB, brake(4, 2, ""));
    stands(10, 6);
    never_more_new_than(6);
}
END_TEST

static void undo_keeps(unsigned remaining)
{
    json_t *names = kube_pod_names("web", KUBE_OLD);

    ck_assert_uint_eq(json_array_size(names), remaining);
    kube_patch(WEB, json_pack("{s:{s:b, s:i, s:i, s:{s:{s:i, s:i}}, s:{s:{s:[{s:s, s:s}]}}}}",
                              "spec", "paused", 0, "minReadySeconds", 0, "progressDeadlineSeconds",
                              600, "strategy", "rollingUpdate", "maxSurge", 3, "maxUnavailable", 3,
                              "template", "spec", "containers", "name", "app", "image",
                              kube_image(KUBE_OLD)));
    ck_assert(kube_wait_pods("web", KUBE_NEW, 0));
    ck_assert(kube_wait_pods("web", KUBE_OLD, 12));
    ck_assert_uint_eq(kube_kept(names, "web"), remaining);
    json_decref(names);
}

START_TEST(an_undo_leaves_every_remaining_old_pod_alone)
{
    kube_patch(WEB, brake(2, 0, KUBE_NEW));
    stands(12, 2);
    kube_patch(WEB, brake(4, 2, ""));
    stands(10, 6);
    undo_keeps(10);
}
END_TEST

START_TEST(scaling_in_flight_is_proportional_and_zero_comes_back_new)
{
    kube_patch(WEB, brake(2, 0, KUBE_NEW));
    stands(12, 2);
    kube_patch(WEB, json_pack("{s:{s:i}}", "spec", "replicas", 20));
    ck_assert(kube_wait_pods("web", "", 22));
    ck_assert_uint_eq(kube_pods("web", KUBE_NEW), 3);
    kube_patch(WEB, json_pack("{s:{s:i}}", "spec", "replicas", 0));
    ck_assert(kube_wait_pods("web", "", 0));
    kube_patch(WEB, json_pack("{s:{s:i}}", "spec", "replicas", 12));
    ck_assert(kube_wait_pods("web", KUBE_NEW, 12));
}
END_TEST

START_TEST(a_nonce_on_the_object_moves_its_revision_and_no_pod)
{
    json_t *names = kube_pod_names("web", ""), *before = kube_get(WEB);

    kube_patch(WEB, json_pack("{s:{s:{s:s}}}", "metadata", "annotations", "nonce", "1"));
    json_t *after = kube_get(WEB), *meta = json_object_get(after, "metadata");
    ck_assert(!json_equal(json_object_get(meta, "resourceVersion"),
                          json_object_get(json_object_get(before, "metadata"), "resourceVersion")));
    json_t *stale = brake(1, 0, KUBE_NEW);
    json_object_set_new(
        stale, "metadata",
        json_pack("{s:O}", "resourceVersion",
                  json_object_get(json_object_get(before, "metadata"), "resourceVersion")));
    char *text = json_dumps(stale, 0);
    ck_assert_int_eq(kube_call("PATCH", WEB, text, NULL), 409);
    free(text);
    rig_pause_ms(1500);
    ck_assert_uint_eq(kube_kept(names, "web"), 12);
    json_decref(stale);
    json_decref(after);
    json_decref(names);
    json_decref(before);
}
END_TEST

SUITE(kube_engine)
{
    Suite *suite = suite_create("kube-engine");
    TCase *tc = test_case(suite, "deployment", 240);

    kube_need();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_deployment_rolls_by_itself);
    tcase_add_test(tc, the_brake_holds_a_canary_and_exact_steps);
    tcase_add_test(tc, the_brake_holds_without_surge);
    tcase_add_test(tc, a_parked_canary_leaves_park_by_two_patches);
    tcase_add_test(tc, an_undo_leaves_every_remaining_old_pod_alone);
    tcase_add_test(tc, scaling_in_flight_is_proportional_and_zero_comes_back_new);
    tcase_add_test(tc, a_nonce_on_the_object_moves_its_revision_and_no_pod);
    return suite;
}
