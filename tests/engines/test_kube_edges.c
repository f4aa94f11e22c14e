/* test_kube_edges.c: what other hands and settings do to a Deployment's release on a real control
 * plane: scaling, restarts, quotas, gates, limits, other people's rollouts. */
#include "base/json.h"
#include "engines/kube_web.h"
#include "engines/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kube_web web;

static void setup(void)
{
    web_open(&web, "deployments", 12, NULL);
}

static void teardown(void)
{
    web_close(&web);
}

static void scale(unsigned replicas)
{
    kube_patch(web.path, json_pack("{s:{s:i}}", "spec", "replicas", (int)replicas));
}

static bool has_replicas(struct bench *bench, void *arg)
{
    return bench->one.service->replicas == *(unsigned *)arg &&
           bench->one.service->motion != MOTION_MOVING;
}

static void scale_and_hear(unsigned replicas)
{
    scale(replicas);
    ck_assert(bench_until(&web.bench, has_replicas, &replicas));
}

START_TEST(scaled_up_in_the_middle_it_keeps_the_share_and_is_stepped_on)
{
    web_do(&web, VERB_START, 2);
    scale_and_hear(20);
    ck_assert(kube_wait_pods("web", "", 22));
    unsigned fresh = kube_pods("web", KUBE_NEW);
    ck_assert_uint_le(fresh, 4); /* of 20, what 2 are of 12 */
    web.bench.world.instances = web.replicas = 20;
    web_do(&web, VERB_STEP, 8);
    web_stands(&web, kube_pods("web", KUBE_OLD), 8);
    web_do(&web, VERB_ROLLBACK, 20);
    web_stands(&web, 20, 0);
}
END_TEST

START_TEST(scaled_to_nothing_in_the_middle_it_only_goes_back)
{
    web_do(&web, VERB_START, 2);
    scale_and_hear(0);
    web_refuses(&web, VERB_STEP, 1, "it was scaled to 0 in flight");
    web_do(&web, VERB_ROLLBACK, 0);
    scale(12);
    ck_assert(kube_wait_pods("web", KUBE_OLD, 12));
    ck_assert_uint_eq(kube_pods("web", KUBE_NEW), 0);
    web_is_clean(&web, KUBE_OLD);
}
END_TEST

START_TEST(scaled_to_nothing_it_does_not_start)
{
    scale_and_hear(0);
    web_observed(&web);
    web_refuses(&web, VERB_START, 1, "scale it up first");
}
END_TEST

START_TEST(a_restart_in_the_middle_is_a_third_template_and_is_undone)
{
    char *out = NULL;

    web_do(&web, VERB_START, 2);
    json_t *names = kube_pod_names("web", KUBE_OLD);
    ck_assert_int_eq(kube_ctl("second", "rollout restart deployment/web", &out), 0);
    free(out);
    web_observed(&web);
    bench_pass(&web.bench, 1500);
    ck_assert_uint_le(kube_wanted("web", KUBE_NEW), 2); /* the brake holds it, too */
    web_refuses(&web, VERB_STEP, 6, "rollout restart");
    web_do(&web, VERB_ROLLBACK, 12);
    web_stands(&web, 12, 0);
    ck_assert_uint_eq(kube_kept(names, "web"), json_array_size(names));
    web_is_clean(&web, KUBE_OLD);
    json_decref(names);
}
END_TEST

START_TEST(a_disruption_budget_counts_the_canary_as_healthy)
{
    kube_create("poddisruptionbudgets",
                json_pack("{s:s, s:s, s:{s:s}, s:{s:i, s:{s:{s:s}}}}", "apiVersion", "policy/v1",
                          "kind", "PodDisruptionBudget", "metadata", "name", "web", "spec",
                          "minAvailable", 11, "selector", "matchLabels", "app", "web"));
    ck_assert(kube_wait_number("poddisruptionbudgets/web", "status/disruptionsAllowed", 1));
    web_do(&web, VERB_START, 2);
    ck_assert(kube_wait_number("poddisruptionbudgets/web", "status/disruptionsAllowed", 3));
    web_do(&web, VERB_STEP, 12);
    web_stands(&web, 0, 12);
    web_is_clean(&web, KUBE_NEW);
}
END_TEST

START_TEST(without_history_the_way_back_is_kept_while_in_flight)
{
    web_open(&web, "deployments", 12, json_pack("{s:{s:i}}", "spec", "revisionHistoryLimit", 0));
    web_do(&web, VERB_START, 2);
    ck_assert_int_ge(kube_number(web.path, "spec/revisionHistoryLimit"), 1);
    web_do(&web, VERB_ROLLBACK, 12);
    web_stands(&web, 12, 0);
    web_is_clean(&web, KUBE_OLD);
    web_do(&web, VERB_START, 2);
    web_do(&web, VERB_STEP, 12);
    web_stands(&web, 0, 12);
    web_is_clean(&web, KUBE_NEW);
    teardown();
}
END_TEST

START_TEST(recreate_is_refused_with_its_reason)
{
    web_open(&web, "deployments", 2,
             json_pack("{s:{s:{s:s}}}", "spec", "strategy", "type", "Recreate"));
    web_refuses(&web, VERB_START, 1, "Recreate");
    ck_assert_uint_eq(kube_pods("web", KUBE_NEW), 0);
    teardown();
}
END_TEST

static void wait_until_used(void)
{
    for (int i = 0; i < 300; i++, rig_pause_ms(50)) {
        json_t *quota = kube_get("resourcequotas/pods");
        const char *used = json_raw(
            json_object_get(json_object_get(json_object_get(quota, "status"), "used"), "pods"));
        bool full = used && strcmp(used, "12") == 0;
        json_decref(quota);
        if (full)
            return;
    }
    ck_abort_msg("the quota is never full");
}

START_TEST(a_quota_that_is_full_is_named_and_leaves_a_way_back)
{
    json_t *names = kube_pod_names("web", KUBE_OLD);

    kube_create("resourcequotas", json_pack("{s:s, s:s, s:{s:s}, s:{s:{s:s}}}", "apiVersion", "v1",
                                            "kind", "ResourceQuota", "metadata", "name", "pods",
                                            "spec", "hard", "pods", "12"));
    wait_until_used();
    web_begin(&web, VERB_START, 2);
    web_tells(&web, TROUBLE_STUCK, "quota");
    printf("quota: %s\n", web.bench.one.service->reason);
    web_do(&web, VERB_ROLLBACK, 12);
    web_stands(&web, 12, 0);
    ck_assert_uint_eq(kube_kept(names, "web"), 12);
    web_is_clean(&web, KUBE_OLD);
    json_decref(names);
}
END_TEST

static void open_gates(void)
{
    json_t *names = kube_pod_names("web", ""), *name;
    char path[200];
    size_t i;

    json_array_foreach(names, i, name)
    {
        snprintf(path, sizeof path, "pods/%s/status", json_raw(name));
        kube_patch(path, json_pack("{s:{s:[{s:s, s:s}]}}", "status", "conditions", "type", "lb/in",
                                   "status", "True"));
    }
    json_decref(names);
}

static void open_first_gates(void)
{
    while (kube_pods("web", "") < 2)
        rig_pause_ms(50);
    open_gates();
}

static bool waits_at_gate(struct bench *bench, void *arg)
{
    const struct service *service = bench->one.service;

    (void)arg;
    for (size_t i = 0; i < service->instance_count; i++)
        if (service->instances[i].state == INSTANCE_STARTING &&
            strstr(service->instances[i].reason, "readiness gate lb/in"))
            return true;
    return false;
}

START_TEST(a_readiness_gate_that_stays_shut_is_named)
{
    kube_fixture_nudge(open_first_gates);
    web_open(&web, "deployments", 2,
             json_pack("{s:{s:{s:{s:[{s:s}]}}}}", "spec", "template", "spec", "readinessGates",
                       "conditionType", "lb/in"));
    web_begin(&web, VERB_START, 1);
    ck_assert(bench_until(&web.bench, waits_at_gate, NULL));
    ck_assert_uint_eq(kube_ready_pods("web", KUBE_NEW), 0);
    open_gates();
    web_stands(&web, 2, 1);
    teardown();
}
END_TEST

START_TEST(a_canary_that_crashes_is_told_with_its_exit_code_and_is_undone)
{
    json_t *names = kube_pod_names("web", KUBE_OLD);
    struct action action = bench_plan(&web.bench, VERB_START, 2, &web.memo);

    snprintf(action.to, sizeof action.to, "bad");
    snprintf(action.artifact, sizeof action.artifact, "%s", kube_image("bad"));
    struct answer answer = bench_act(&web.bench, &web.bench.one, &action, web.memo);
    ck_assert_msg(answer.err.code == ERR_NONE, "%s", answer.err.text);
    answer_release(&answer);
    web_tells(&web, TROUBLE_STUCK, "exited with 1");
    ck_assert(kube_wait_pods("web", "bad", 2));
    web_do(&web, VERB_ROLLBACK, 12);
    web_stands(&web, 12, 0);
    ck_assert_uint_eq(kube_kept(names, "web"), 12);
    json_decref(names);
}
END_TEST

/* Its pods have to stay ready for a while, so that there is a middle on a fast cluster, too. */
static void open_and_release_by_somebody_else(void)
{
    web_open(&web, "deployments", 12, json_pack("{s:{s:i}}", "spec", "minReadySeconds", 4));
    kube_set_image("deployments", "web", KUBE_NEW);
    while (kube_wanted("web", KUBE_NEW) == 0)
        bench_pass(&web.bench, 5);
}

START_TEST(somebody_elses_rollout_is_stopped_and_stepped_to_its_end)
{
    open_and_release_by_somebody_else();
    struct action pause = bench_plan(&web.bench, VERB_PAUSE, 12, &web.memo);
    ck_assert_uint_eq(pause.writes, 1);
    struct answer answer = bench_act(&web.bench, &web.bench.one, &pause, web.memo);
    ck_assert_msg(answer.err.code == ERR_NONE, "%s", answer.err.text);
    answer_release(&answer);
    bench_settle(&web.bench, &pause);
    unsigned rested = kube_wanted("web", KUBE_NEW);
    bench_pass(&web.bench, 1500);
    ck_assert_uint_eq(kube_wanted("web", KUBE_NEW), rested);
    printf("stopped at %u of 12\n", rested);
    ck_assert_uint_lt(rested, 12);
    if (rested < 11)
        web_do(&web, VERB_STEP, rested + 1);
    web_do(&web, VERB_STEP, 12);
    web_stands(&web, 0, 12);
    web_is_clean(&web, KUBE_NEW);
    teardown();
}
END_TEST

START_TEST(somebody_elses_rollout_is_undone)
{
    open_and_release_by_somebody_else();
    web_do(&web, VERB_ROLLBACK, 12);
    web_stands(&web, 12, 0);
    web_is_clean(&web, KUBE_OLD);
    teardown();
}
END_TEST

START_TEST(what_rests_paused_is_held_until_it_is_stepped_and_rests_paused_again)
{
    kube_patch(web.path, json_pack("{s:{s:{s:s}}, s:{s:b}}", "metadata", "annotations",
                                   "lockstep.rest", "paused", "spec", "paused", 1));
    json_decref(web.before);
    web.before = kube_get(web.path);
    kube_set_image("deployments", "web", KUBE_NEW);
    bench_pass(&web.bench, 1500);
    ck_assert_uint_eq(kube_pods("web", KUBE_NEW), 0);
    web_do(&web, VERB_STEP, 2);
    web_stands(&web, 12, 2);
    web_do(&web, VERB_STEP, 12);
    web_stands(&web, 0, 12);
    web_is_clean(&web, KUBE_NEW);
}
END_TEST

START_TEST(what_argo_cd_keeps_is_refused_with_the_setting_that_is_missing)
{
    kube_patch(web.path, json_pack("{s:{s:{s:s}}}", "metadata", "annotations",
                                   "argocd.argoproj.io/tracking-id", "shop:apps/Deployment:x/web"));
    web_observed(&web);
    web_refuses(&web, VERB_START, 1, "Argo CD");
    ck_assert_uint_eq(kube_pods("web", KUBE_NEW), 0);
}
END_TEST

SUITE(kube_edges)
{
    Suite *suite = suite_create("kube-edges");
    TCase *twelve = test_case(suite, "twelve", 240), *others = test_case(suite, "others", 240);

    kube_need();
    tcase_add_checked_fixture(twelve, setup, teardown);
    tcase_add_test(twelve, scaled_up_in_the_middle_it_keeps_the_share_and_is_stepped_on);
    tcase_add_test(twelve, scaled_to_nothing_in_the_middle_it_only_goes_back);
    tcase_add_test(twelve, scaled_to_nothing_it_does_not_start);
    tcase_add_test(twelve, a_restart_in_the_middle_is_a_third_template_and_is_undone);
    tcase_add_test(twelve, a_disruption_budget_counts_the_canary_as_healthy);
    tcase_add_test(twelve, a_quota_that_is_full_is_named_and_leaves_a_way_back);
    tcase_add_test(twelve, a_canary_that_crashes_is_told_with_its_exit_code_and_is_undone);
    tcase_add_test(others, somebody_elses_rollout_is_stopped_and_stepped_to_its_end);
    tcase_add_test(others, somebody_elses_rollout_is_undone);
    tcase_add_test(twelve, what_rests_paused_is_held_until_it_is_stepped_and_rests_paused_again);
    tcase_add_test(twelve, what_argo_cd_keeps_is_refused_with_the_setting_that_is_missing);
    tcase_add_test(others, without_history_the_way_back_is_kept_while_in_flight);
    tcase_add_test(others, recreate_is_refused_with_its_reason);
    if (kube_is_ours())
        tcase_add_test(others, a_readiness_gate_that_stays_shut_is_named);
    return suite;
}
