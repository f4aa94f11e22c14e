/* test_kube_kinds.c: releases of StatefulSets, DaemonSets and Argo's Rollouts on a real control
 * plane, by the driver alone. A name says nothing here: pods are told apart by their UIDs. */
#include "base/json.h"
#include "engines/kube_web.h"
#include "engines/rig.h"

#include <stdio.h>
#include <string.h>

static struct kube_web web;

static void teardown(void)
{
    web_close(&web);
}

/* The names of the pods of this tag, "web-4 web-5". Static. */
static const char *names_of(const char *tag)
{
    static char text[600];
    json_t *names = kube_pod_names("web", tag), *name;
    size_t i, used = 0;

    text[0] = '\0';
    json_array_foreach(names, i, name) used +=
        (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? " " : "", json_raw(name));
    json_decref(names);
    return text;
}

/* Whoever moved the last pods is gone before the writes that hold nothing but take away. */
static void unfinished_is_ended(const uint32_t *steps, size_t count)
{
    web_do(&web, VERB_START, steps[0]);
    for (size_t i = 1; i + 1 < count; i++)
        web_do(&web, VERB_STEP, steps[i]);
    struct action last = web_begin(&web, VERB_STEP, steps[count - 1]);
    bench_settle(&web.bench, &last);
    web_stands(&web, 0, steps[count - 1]);
    json_t *uids = kube_pod_uids("web", "");
    bench_do(&web.bench, VERB_STEP, steps[count - 1], &web.memo);
    ck_assert_uint_eq(kube_kept_uids(uids, "web"), steps[count - 1]);
    web_is_clean(&web, KUBE_NEW);
    json_decref(uids);
}

/* ---- StatefulSet ---- */

static void open_set(void)
{
    web_open(&web, "statefulsets", 6, json_pack("{s:{s:s}}", "spec", "serviceName", "web"));
}

START_TEST(a_statefulset_moves_from_its_last_ordinal_down)
{
    json_t *uids = kube_pod_uids("web", "");

    web_do(&web, VERB_START, 1);
    ck_assert_str_eq(names_of(KUBE_NEW), "web-5");
    web_do(&web, VERB_STEP, 3);
    ck_assert_str_eq(names_of(KUBE_NEW), "web-3 web-4 web-5");
    web_stands(&web, 3, 3);
    ck_assert_uint_eq(kube_kept_uids(uids, "web"), 3);
    web_do(&web, VERB_STEP, 6);
    web_stands(&web, 0, 6);
    web_is_clean(&web, KUBE_NEW);
    json_decref(uids);
}
END_TEST

START_TEST(an_undone_statefulset_keeps_the_ordinals_that_never_moved)
{
    web_do(&web, VERB_START, 1);
    web_do(&web, VERB_STEP, 3);
    json_t *uids = kube_pod_uids("web", KUBE_OLD);
    web_do(&web, VERB_ROLLBACK, 6);
    web_stands(&web, 6, 0);
    ck_assert_uint_eq(kube_kept_uids(uids, "web"), 3);
    web_is_clean(&web, KUBE_OLD);
    json_decref(uids);
}
END_TEST

/* Starts a version that behaves like its tag says; does not wait until it rests. */
static void start_tag(const char *tag, uint32_t to)
{
    const char *usual = kube_fixture.new_version;

    kube_fixture.new_version = tag;
    struct action action = bench_plan(&web.bench, VERB_START, to, &web.memo);
    kube_fixture.new_version = usual;
    struct answer answer = bench_act(&web.bench, &web.bench.one, &action, web.memo);
    ck_assert_msg(answer.err.code == ERR_NONE, "%s", answer.err.text);
    answer_release(&answer);
}

static void broken_is_undone_without_hands(const char *tag, const char *told)
{
    json_t *uids = kube_pod_uids("web", KUBE_OLD);

    start_tag(tag, 1);
    web_tells(&web, TROUBLE_STUCK, told);
    web_do(&web, VERB_ROLLBACK, 6);
    web_stands(&web, 6, 0);
    ck_assert_uint_eq(kube_kept_uids(uids, "web"), 5);
    web_is_clean(&web, KUBE_OLD);
    json_decref(uids);
}

START_TEST(a_broken_pod_of_an_ordered_statefulset_is_undone_without_hands)
{
    broken_is_undone_without_hands("missing", "image cannot be pulled");
}
END_TEST

START_TEST(a_crashing_pod_of_an_ordered_statefulset_is_undone_without_hands)
{
    broken_is_undone_without_hands("bad", "exited with 1");
}
END_TEST

START_TEST(an_unfinished_statefulset_is_ended)
{
    unfinished_is_ended((const uint32_t[]){3, 6}, 2);
}
END_TEST

START_TEST(a_statefulset_keeps_its_users_strategy)
{
    web_open(&web, "statefulsets", 3,
             json_pack("{s:{s:s, s:s, s:{s:s}}}", "spec", "serviceName", "web",
                       "podManagementPolicy", "Parallel", "updateStrategy", "type", "OnDelete"));
    web_do(&web, VERB_START, 1);
    ck_assert_str_eq(names_of(KUBE_NEW), "web-2");
    web_do(&web, VERB_ROLLBACK, 3);
    web_stands(&web, 3, 0);
    web_is_clean(&web, KUBE_OLD);
    web_do(&web, VERB_START, 1);
    web_do(&web, VERB_STEP, 3);
    web_is_clean(&web, KUBE_NEW);
    teardown();
}
END_TEST

/* ---- DaemonSet ---- */

enum { NODES = 4 };

static void open_agents(void)
{
    web_open(&web, "daemonsets", NODES,
             json_pack("{s:{s:{s:s}}}", "metadata", "annotations", "lockstep.nodes", "node-3"));
}

static void nodes_of(const char *tag, const char *wanted)
{
    json_t *list = kube_get("pods?labelSelector=app%3Dweb"), *pod;
    char text[300] = "";
    size_t i, used = 0;

    json_array_foreach(json_object_get(list, "items"), i, pod)
    {
        json_t *spec = json_object_get(pod, "spec");
        const char *image = json_raw(
            json_object_get(json_array_get(json_object_get(spec, "containers"), 0), "image"));
        if (strcmp(image, kube_image(tag)) == 0)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s",
                                     json_raw(json_object_get(spec, "nodeName")));
    }
    json_decref(list);
    ck_assert_str_eq(text, wanted);
}

START_TEST(a_daemonset_begins_on_the_node_that_was_chosen)
{
    json_t *uids = kube_pod_uids("web", "");

    web_do(&web, VERB_START, 1);
    nodes_of(KUBE_NEW, "node-3");
    web_stands(&web, 3, 1);
    ck_assert_uint_eq(kube_kept_uids(uids, "web"), 3);
    web_do(&web, VERB_STEP, 2);
    web_stands(&web, 2, 2);
    ck_assert_uint_eq(kube_kept_uids(uids, "web"), 2);
    web_do(&web, VERB_STEP, NODES);
    web_stands(&web, 0, NODES);
    web_is_clean(&web, KUBE_NEW);
    json_decref(uids);
}
END_TEST

START_TEST(an_undone_daemonset_keeps_the_nodes_that_never_moved)
{
    web_do(&web, VERB_START, 1);
    web_do(&web, VERB_STEP, 2);
    json_t *uids = kube_pod_uids("web", KUBE_OLD);
    web_do(&web, VERB_ROLLBACK, NODES);
    web_stands(&web, NODES, 0);
    ck_assert_uint_eq(kube_kept_uids(uids, "web"), 2);
    web_is_clean(&web, KUBE_OLD);
    json_decref(uids);
}
END_TEST

START_TEST(an_unfinished_daemonset_is_ended)
{
    unfinished_is_ended((const uint32_t[]){NODES - 1, NODES}, 2);
}
END_TEST

/* ---- Argo Rollouts ---- */

static void open_rollout(void)
{
    web_open(&web, "rollouts", 4,
             json_pack("{s:{s:{s:{s:[{s:i}, {s:{}}, {s:i}, {s:{}}]}}}}", "spec", "strategy",
                       "canary", "steps", "setWeight", 25, "pause", "setWeight", 50, "pause"));
}

START_TEST(a_rollout_is_stepped_by_its_own_steps)
{
    web_do(&web, VERB_START, 1);
    web_stands(&web, 3, 1);
    web_do(&web, VERB_STEP, 2);
    web_stands(&web, 2, 2);
    web_do(&web, VERB_STEP, 4);
    web_stands(&web, 0, 4);
    web_is_clean(&web, KUBE_NEW);
}
END_TEST

START_TEST(promote_pressed_twice_is_one_step)
{
    web_do(&web, VERB_START, 1);
    struct action first = bench_plan(&web.bench, VERB_STEP, 2, &web.memo), second = first;
    id_random(second.id);
    struct answer one = bench_act(&web.bench, &web.bench.one, &first, web.memo);
    ck_assert_msg(one.err.code == ERR_NONE, "%s", one.err.text);
    struct answer two = bench_act(&web.bench, &web.bench.one, &second, web.memo);
    ck_assert_int_eq(two.err.code, ERR_CONFLICT);
    answer_release(&one);
    answer_release(&two);
    bench_settle(&web.bench, &first);
    web_stands(&web, 2, 2);
    ck_assert_uint_le(kube_watch_wanted(&web.watch, KUBE_NEW), 2);
}
END_TEST

START_TEST(a_rollout_goes_back_to_its_stable_pods)
{
    web_do(&web, VERB_START, 1);
    web_do(&web, VERB_STEP, 2);
    json_t *uids = kube_pod_uids("web", KUBE_OLD);
    web_do(&web, VERB_ROLLBACK, 4);
    web_stands(&web, 4, 0);
    ck_assert_uint_eq(kube_kept_uids(uids, "web"), 2);
    web_is_clean(&web, KUBE_OLD);
    json_decref(uids);
}
END_TEST

START_TEST(an_aborted_rollout_is_undone)
{
    web_do(&web, VERB_START, 1);
    kube_patch("rollouts/web/status", json_pack("{s:{s:b}}", "status", "abort", 1));
    ck_assert(kube_wait_pods("web", KUBE_NEW, 0));
    web_refuses(&web, VERB_STEP, 2, "aborted");
    web_do(&web, VERB_ROLLBACK, 4);
    web_stands(&web, 4, 0);
    web_is_clean(&web, KUBE_OLD);
}
END_TEST

START_TEST(an_unfinished_rollout_is_ended)
{
    unfinished_is_ended((const uint32_t[]){1, 2, 4}, 3);
}
END_TEST

SUITE(kube_kinds)
{
    Suite *suite = suite_create("kube-kinds");
    TCase *sets = test_case(suite, "statefulset", 240), *own = test_case(suite, "strategy", 240);
    TCase *agents = test_case(suite, "daemonset", 240), *argo = test_case(suite, "rollout", 240);

    kube_need();
    tcase_add_checked_fixture(sets, open_set, teardown);
    tcase_add_test(sets, a_statefulset_moves_from_its_last_ordinal_down);
    tcase_add_test(sets, an_undone_statefulset_keeps_the_ordinals_that_never_moved);
    tcase_add_test(sets, an_unfinished_statefulset_is_ended);
    tcase_add_test(own, a_statefulset_keeps_its_users_strategy);
    if (!kube_is_ours()) /* its nodes, its images and its extensions are not known */
        return suite;
    tcase_add_test(sets, a_broken_pod_of_an_ordered_statefulset_is_undone_without_hands);
    tcase_add_test(sets, a_crashing_pod_of_an_ordered_statefulset_is_undone_without_hands);
    tcase_add_checked_fixture(agents, open_agents, teardown);
    tcase_add_test(agents, a_daemonset_begins_on_the_node_that_was_chosen);
    tcase_add_test(agents, an_undone_daemonset_keeps_the_nodes_that_never_moved);
    tcase_add_test(agents, an_unfinished_daemonset_is_ended);
    tcase_add_checked_fixture(argo, open_rollout, teardown);
    tcase_add_test(argo, a_rollout_is_stepped_by_its_own_steps);
    tcase_add_test(argo, promote_pressed_twice_is_one_step);
    tcase_add_test(argo, a_rollout_goes_back_to_its_stable_pods);
    tcase_add_test(argo, an_aborted_rollout_is_undone);
    tcase_add_test(argo, an_unfinished_rollout_is_ended);
    return suite;
}
