/* test_kube_parts.c: what the driver will meet of the control plane itself: lost nodes, pods that
 * do not come up, the other kinds, refusals. Plain requests, no lockstep. */
#include "base/json.h"
#include "engines/kube_rig.h"
#include "engines/rig.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEB "deployments/web"

static void wait_leaving(const char *name, unsigned count)
{
    for (int i = 0; i < 300 && kube_leaving_pods(name, "") != count; i++)
        rig_pause_ms(100);
    ck_assert_uint_eq(kube_leaving_pods(name, ""), count);
}

START_TEST(pods_of_a_lost_node_run_on_and_stay_terminating)
{
    kube_make("deployments", "web", 12, KUBE_OLD, NULL);
    unsigned there = kube_truth("web", KUBE_OLD, "node-2");
    ck_assert_uint_gt(there, 0);
    kube_tell("silence node-2");
    ck_assert(kube_wait_node("node-2", "Unknown"));
    for (int i = 0; i < 50 && kube_ready_pods("web", "") != 12 - there; i++)
        rig_pause_ms(100);
    ck_assert_uint_eq(kube_ready_pods("web", ""), 12 - there);
    ck_assert_uint_eq(kube_pods("web", ""), 12);
    wait_leaving("web", there);
    ck_assert_uint_eq(kube_truth("web", KUBE_OLD, "node-2"), there);
    for (int i = 0; i < 300 && kube_ready_pods("web", "") != 12; i++)
        rig_pause_ms(100);
    ck_assert_uint_eq(kube_truth("web", "", ""), 12 + there);
    kube_tell("return node-2");
    ck_assert(kube_wait_node("node-2", "True"));
    wait_leaving("web", 0);
    ck_assert_uint_eq(kube_truth("web", "", ""), 12);
}
END_TEST

/* The reason that the first container of a pod of this tag waits for. */
static bool waits(const char *tag, const char *reason)
{
    for (int i = 0; i < 150; i++, rig_pause_ms(100)) {
        json_t *names = kube_pod_names("web", tag);
        char path[200];
        bool same = false;
        if (json_array_size(names)) {
            snprintf(path, sizeof path, "pods/%s", json_raw(json_array_get(names, 0)));
            json_t *pod = kube_get(path);
            json_t *statuses = json_object_get(json_object_get(pod, "status"), "containerStatuses");
            const char *found = json_raw(json_object_get(
                json_object_get(json_object_get(json_array_get(statuses, 0), "state"), "waiting"),
                "reason"));
            same = found && strcmp(found, reason) == 0;
            json_decref(pod);
        }
        json_decref(names);
        if (same)
            return true;
    }
    return false;
}

START_TEST(images_behave_as_their_tags_say)
{
    kube_make("deployments", "web", 2, KUBE_OLD, NULL);
    kube_set_image("deployments", "web", "missing");
    ck_assert(waits("missing", "ErrImagePull"));
    ck_assert(waits("missing", "ImagePullBackOff"));
    kube_set_image("deployments", "web", "bad");
    ck_assert(waits("bad", "CrashLoopBackOff"));
    kube_set_image("deployments", "web", "sick");
    for (int i = 0; i < 100 && kube_truth("web", "sick", "") == 0; i++)
        rig_pause_ms(100);
    ck_assert_uint_gt(kube_truth("web", "sick", ""), 0);
    ck_assert_uint_eq(kube_ready_pods("web", "sick"), 0);
}
END_TEST

START_TEST(a_partition_moves_the_ordinals_above_it)
{
    kube_make("statefulsets", "db", 6, KUBE_OLD,
              json_pack("{s:{s:s, s:{s:s, s:{s:i}}}}", "spec", "serviceName", "db",
                        "updateStrategy", "type", "RollingUpdate", "rollingUpdate", "partition",
                        6));
    kube_set_image("statefulsets", "db", KUBE_NEW);
    rig_pause_ms(1500);
    ck_assert_uint_eq(kube_pods("db", KUBE_NEW), 0);
    kube_patch("statefulsets/db", json_pack("{s:{s:{s:{s:i}}}}", "spec", "updateStrategy",
                                            "rollingUpdate", "partition", 4));
    ck_assert(kube_wait_pods("db", KUBE_NEW, 2));
    json_t *names = kube_pod_names("db", KUBE_NEW);
    ck_assert_str_eq(json_raw(json_array_get(names, 0)), "db-4");
    ck_assert_str_eq(json_raw(json_array_get(names, 1)), "db-5");
    json_decref(names);
}
END_TEST

START_TEST(a_daemonset_on_delete_moves_what_is_deleted)
{
    char path[200];

    kube_make("daemonsets", "agent", 0, KUBE_OLD,
              json_pack("{s:{s:{s:s}}}", "spec", "updateStrategy", "type", "OnDelete"));
    ck_assert(kube_wait_pods("agent", KUBE_OLD, 4));
    kube_set_image("daemonsets", "agent", KUBE_NEW);
    rig_pause_ms(1500);
    ck_assert_uint_eq(kube_pods("agent", KUBE_NEW), 0);
    json_t *names = kube_pod_names("agent", KUBE_OLD);
    snprintf(path, sizeof path, "pods/%s", json_raw(json_array_get(names, 2)));
    kube_delete(path);
    ck_assert(kube_wait_pods("agent", KUBE_NEW, 1));
    ck_assert_uint_eq(kube_kept(names, "agent"), 3);
    json_decref(names);
}
END_TEST

static int as(const char *who, const char *words)
{
    char *out = NULL;
    int status = kube_ctl(who, words, &out);

    free(out);
    return status;
}

START_TEST(identities_have_the_rights_they_were_given)
{
    ck_assert_int_eq(as("viewer", "get pods,nodes -o name"), 0);
    ck_assert_int_ne(as("viewer", "auth can-i delete pods -q"), 0);
    ck_assert_int_ne(as("local", "get pods -o name"), 0);
    kube_bind("local", "edit");
    for (int i = 0; i < 50 && as("local", "get pods -o name") != 0; i++)
        rig_pause_ms(100);
    ck_assert_int_eq(as("local", "get pods -o name"), 0);
    ck_assert_int_ne(as("local", "get pods -n default"), 0);
    ck_assert_int_ne(as("expired", "get pods -o name"), 0);
    ck_assert_int_eq(as("certificate", "get pods -o name"), 0);
}
END_TEST

START_TEST(a_rotated_token_counts_no_more)
{
    char words[200], token[100];
    snprintf(words, sizeof words, "%s/viewer.token", kube_folder());
    FILE *file = fopen(words, "r");
    ck_assert(file && fgets(token, sizeof token, file));
    fclose(file);
    snprintf(words, sizeof words, "--token=%s get pods", token);
    ck_assert_int_eq(as("viewer", words), 0);
    kube_tell("rotate viewer");
    ck_assert_int_ne(as("viewer", words), 0);
    ck_assert_int_eq(as("viewer", "get pods -o name"), 0);
}
END_TEST

START_TEST(the_api_server_goes_and_comes_back)
{
    kube_make("deployments", "web", 2, KUBE_OLD, NULL);
    json_t *names = kube_pod_names("web", "");
    kube_tell("stop apiserver");
    ck_assert_int_eq(kube_call("GET", WEB, NULL, NULL), 0);
    kube_tell("start apiserver");
    ck_assert_uint_eq(kube_kept(names, "web"), 2);
    json_decref(names);
    kube_set_image("deployments", "web", KUBE_NEW);
    ck_assert(kube_wait_pods("web", KUBE_NEW, 2));
}
END_TEST

SUITE(kube_parts)
{
    Suite *suite = suite_create("kube-parts");
    TCase *tc = test_case(suite, "parts", 180);

    kube_need();
    tcase_add_checked_fixture(tc, kube_open, kube_close);
    tcase_add_test(tc, images_behave_as_their_tags_say);
    tcase_add_test(tc, a_partition_moves_the_ordinals_above_it);
    tcase_add_test(tc, a_daemonset_on_delete_moves_what_is_deleted);
    if (!kube_is_ours())
        return suite;
    tcase_add_test(tc, pods_of_a_lost_node_run_on_and_stay_terminating);
    tcase_add_test(tc, identities_have_the_rights_they_were_given);
    tcase_add_test(tc, a_rotated_token_counts_no_more);
    tcase_add_test(tc, the_api_server_goes_and_comes_back);
    return suite;
}
