/* test_kube_second.c: the API server that lockstep follows is one of two, and forgets: its history
 * is gone (410), or it tells lists as the beginning of watches (WatchList). */
#include "base/json.h"
#include "engines/kube_op.h"
#include "engines/kube_second.h"
#include "engines/rig.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kube_op op;
static struct kube_second second;

static void open_on(const char *gates)
{
    kube_forget_records();
    kube_open();
    kube_make("deployments", "web", 8, KUBE_OLD, NULL);
    kube_make("deployments", "gone", 1, KUBE_OLD, NULL);
    kube_second_start(&second, gates);
    kube_op_open(&op, "admin", second.config, false);
    drive_serving(&op.drive, KUBE_OLD, 8);
}

static void teardown(void)
{
    kube_op_close(&op);
    kube_second_stop(&second);
    kube_close();
    kube_forget_records();
}

/* How often it was asked for a list in this life, and how often it told one as the beginning of a
 * watch. Of StatefulSets: Deployments are asked for every few seconds, whether it is still there.
 */
static double lists(void)
{
    static const char *const labels[] = {"resource=\"statefulsets\"", "scope=\"namespace\"",
                                         "verb=\"LIST\""};

    return kube_second_counts(&second, "apiserver_request_total{", labels, ARRAY_LEN(labels));
}

static double streams(void)
{
    static const char *const labels[] = {"resource=\"statefulsets\""};

    return kube_second_counts(&second, "apiserver_watch_list_duration_seconds_count{", labels,
                              ARRAY_LEN(labels));
}

static bool is_gone(void *arg, const struct frame *frame)
{
    return !frame_find_row(frame, op.drive.context, arg);
}

static json_int_t revision_of_web(void)
{
    json_t *web = kube_get("deployments/web");
    json_int_t revision = strtoll(
        json_raw(json_object_get(json_object_get(web, "metadata"), "resourceVersion")), NULL, 10);

    json_decref(web);
    return revision;
}

/* Everything before this is taken out of the store, as a busy cluster does every five minutes. */
static void compact(json_int_t revision)
{
    char body[80], url[200], *out = NULL;
    const char *const argv[] = {"curl", "-sg", "--noproxy", "*", "-d", body, url, NULL};

    snprintf(url, sizeof url, "%s/v3/kv/compaction", second.store);
    snprintf(body, sizeof body, "{\"revision\":\"%lld\",\"physical\":true}", (long long)revision);
    rig_run(argv, &out);
    ck_assert_msg(strstr(out, "\"header\""), "etcd does not compact: %s", out);
    free(out);
}

/* What nobody could tell lockstep: the server was away, and remembers nothing of the time before.
 */
static void forget_everything(void)
{
    char path[300];

    kube_second_stop(&second);
    kube_op_state(&op, CLUSTER_STALE);
    kube_delete("deployments/gone");
    kube_patch("deployments/web", json_pack("{s:{s:i}}", "spec", "replicas", 5));
    ck_assert(kube_wait_pods("web", KUBE_OLD, 5));
    compact(revision_of_web());
    kube_second_restart(&second);
    snprintf(path, sizeof path,
             "/apis/apps/v1/namespaces/%s/deployments?watch=1&timeoutSeconds=1&resourceVersion=1",
             kube_namespace());
    char *answer = kube_second_ask(&second, path);
    ck_assert_msg(strstr(answer, "\"code\":410"), "this server still knows: %s", answer);
    free(answer);
}

static void is_right_afterwards(void)
{
    kube_op_state(&op, CLUSTER_LIVE);
    drive_serving(&op.drive, KUBE_OLD, 5);
    ck_assert_msg(engine_run_until(op.drive.engine, op.drive.patience_ms, is_gone,
                                   (void *)(uintptr_t) "gone"),
                  "what was deleted meanwhile is still shown");
    drive_works(&op.drive, VERB_START, KUBE_NEW);
    drive_serving(&op.drive, KUBE_NEW, 1);
    ck_assert_uint_eq(kube_wanted("web", KUBE_NEW), 1);
}

START_TEST(history_that_is_gone_is_listed_again_and_the_picture_is_right)
{
    open_on("");
    ck_assert(lists() >= 1 && streams() < 1);
    forget_everything();
    is_right_afterwards();
    printf("after 410: %.0f list(s)\n", lists());
    ck_assert(lists() >= 1); /* a new life of the server: it was asked again */
    teardown();
}
END_TEST

START_TEST(where_lists_are_the_beginning_of_watches_nothing_is_listed)
{
    open_on("WatchList=true");
    printf("%.0f list(s), %.0f stream(s)\n", lists(), streams());
    ck_assert(lists() < 1 && streams() >= 1);
    forget_everything();
    is_right_afterwards();
    printf("after 410: %.0f list(s), %.0f stream(s)\n", lists(), streams());
    ck_assert(lists() < 1 && streams() >= 1);
    teardown();
}
END_TEST

SUITE(kube_second)
{
    Suite *suite = suite_create("kube-second");
    TCase *tcase = test_case(suite, "second", 480);

    kube_need();
    if (!kube_is_ours())
        return suite;
    tcase_add_test(tcase, history_that_is_gone_is_listed_again_and_the_picture_is_right);
    tcase_add_test(tcase, where_lists_are_the_beginning_of_watches_nothing_is_listed);
    return suite;
}
