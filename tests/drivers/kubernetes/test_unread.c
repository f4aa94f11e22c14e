/* test_unread.c: an object that cannot be read is never just missing: the cluster says that it is
 * left out, and nothing is decided on what is left. */
#include "drivers/kubernetes/stage.h"
#include "test.h"
#include "tui/program.h"

#include <stdio.h>
#include <string.h>

#define BILLING "/apis/apps/v1/namespaces/shop/deployments/billing"
#define ID      "deployment/shop/billing"
#define PODS    "/api/v1/namespaces/shop/pods"

/* Objects whose names no API server would take; all of the rest is as it should be. */
#define ODD_DEPLOYMENT(uid)                                                                        \
    "{'metadata':{'name':'bil ling','namespace':'shop','uid':'" uid "','resourceVersion':'7'},"    \
    "'spec':{'replicas':1}}"
#define POD(name)                                                                                  \
    "{'metadata':{'name':'" name "','namespace':'shop','uid':'p1','resourceVersion':'4',"          \
    "'labels':{'pod-template-hash':'v1'},'ownerReferences':[{'uid':'r-v1','controller':true}]},"   \
    "'spec':{'containers':[{'image':'billing:v1'}]},'status':{'phase':'Running'}}"
#define ODD_SET                                                                                    \
    "{'metadata':{'name':'billing v0','namespace':'shop','uid':'r-v0','resourceVersion':'4',"      \
    "'ownerReferences':[{'uid':'u1','controller':true}]},'spec':{'replicas':1}}"

static struct theatre stage;

static struct {
    bool done;
    const struct service *service;
    struct err err;
} got;

static void setup(void)
{
    stage_open(&stage);
    memset(&got, 0, sizeof got);
}

static void teardown(void)
{
    service_unref(got.service);
    stage_close(&stage);
}

static bool is_synced(struct theatre *s)
{
    return s->synced;
}

static bool is_said(struct theatre *s)
{
    return s->state == CLUSTER_LIVE && s->why.code != ERR_NONE;
}

static bool is_whole(struct theatre *s)
{
    return s->state == CLUSTER_LIVE && s->why.code == ERR_NONE;
}

static bool says_two(struct theatre *s)
{
    return is_said(s) && strstr(s->why.text, "2 deployments left out: ");
}

static bool says_one(struct theatre *s)
{
    return is_said(s) && strstr(s->why.text, "1 deployment left out: ");
}

START_TEST(how_many_are_left_out_is_said_and_why)
{
    stage_answer(&stage, DEPLOYMENTS "?limit", 200,
                 STAGE_LIST("10", "", STAGE_DEPLOYMENT("7", "v1", "3") "," ODD_DEPLOYMENT("u2")));
    stage_follow(&stage);
    stage_until(&stage, is_synced, "synced");
    ck_assert_str_eq(stage.service->id, ID); /* the others are shown */
    stage_until(&stage, is_said, "said");
    ck_assert_msg(strstr(stage.why.text, "1 deployment left out: shop/bil ling: ") &&
                      strstr(stage.why.text, "metadata.name") &&
                      strstr(stage.why.text, "\"bil ling\""),
                  "%s", stage.why.text);
}
END_TEST

START_TEST(status_says_it)
{
    struct program program;
    char words[400];

    stage_answer(&stage, DEPLOYMENTS "?limit", 200, STAGE_LIST("10", "", ODD_DEPLOYMENT("u2")));
    program_init(&program);
    snprintf(words, sizeof words, "status --kubeconfig %s", stage.kubeconfig);
    struct said said = program_run(&program, words);
    ck_assert_msg(strstr(said.out, "  note: 1 deployment left out: shop/bil ling: ") != NULL,
                  "%s%s", said.out, said.err);
    said_release(&said);
}
END_TEST

START_TEST(what_is_read_again_or_gone_is_not_left_out_any_more)
{
    stage_answer(&stage, DEPLOYMENTS "?limit", 200,
                 STAGE_LIST("10", "", ODD_DEPLOYMENT("u1") "," ODD_DEPLOYMENT("u2")));
    stage_reply(&stage,
                (struct server_reply){
                    .on = "GET " DEPLOYMENTS "?watch", /* slowly: both have been told before */
                    .body = stage_quotes(
                        STAGE_EVENT("DELETED", "{'metadata':{'uid':'u2','resourceVersion':'11'}}")),
                    .trick = SERVER_DRIP});
    stage_watch(&stage, DEPLOYMENTS, STAGE_EVENT("MODIFIED", STAGE_DEPLOYMENT("12", "v1", "3")));
    stage_follow(&stage);
    stage_until(&stage, says_two, "two");
    stage_until(&stage, says_one, "one");
    stage_until(&stage, is_whole, "none");
    ck_assert_str_eq(stage.service->id, ID);
}
END_TEST

START_TEST(what_a_new_list_does_not_show_is_not_left_out)
{
    stage_answer(&stage, DEPLOYMENTS "?limit", 200, STAGE_LIST("10", "", ODD_DEPLOYMENT("u2")));
    stage_answer(&stage, DEPLOYMENTS "?limit", 200, STAGE_LIST("20", "", ""));
    stage_reply(&stage,
                (struct server_reply){.on = "GET " DEPLOYMENTS "?watch",
                                      .body = stage_quotes(STAGE_EVENT(
                                          "ERROR", STAGE_STATUS("410", "Expired", "too old"))),
                                      .trick = SERVER_DRIP});
    stage_follow(&stage);
    stage_until(&stage, is_said, "said");
    stage_until(&stage, is_whole, "whole");
}
END_TEST

/* It was known by another name: what was known of it stays, as what it was. */
START_TEST(a_known_one_that_cannot_be_read_now_is_in_trouble_and_not_left_out)
{
    stage_answer(&stage, DEPLOYMENTS "?limit", 200,
                 STAGE_LIST("10", "", STAGE_DEPLOYMENT("7", "v1", "3")));
    stage_watch(&stage, DEPLOYMENTS, STAGE_EVENT("MODIFIED", ODD_DEPLOYMENT("u1")));
    stage_follow(&stage);
    while (!stage.service || stage.service->trouble != TROUBLE_STUCK)
        stage_turn(&stage, 10);
    ck_assert_ptr_nonnull(strstr(stage.service->reason, "metadata.name"));
    ck_assert(is_whole(&stage));
}
END_TEST

START_TEST(pods_that_cannot_be_read_do_not_count_as_none)
{
    stage_answer(&stage, DEPLOYMENTS "?limit", 200,
                 STAGE_LIST("10", "", STAGE_DEPLOYMENT("7", "v1", "3")));
    stage_answer(&stage, SETS "?limit", 200, STAGE_LIST("10", "", STAGE_SET("8", "v1", "1")));
    stage_answer(&stage, PODS "?limit", 200, STAGE_LIST("10", "", POD("billing 1")));
    stage_follow(&stage);
    stage_until(&stage, is_said, "said");
    ck_assert_msg(strstr(stage.why.text, "1 pod left out: ") != NULL, "%s", stage.why.text);
    stage_until(&stage, is_synced, "synced");
    ck_assert_uint_eq(service_count(stage.service, "v1", STATES_ALL), 1); /* as its set says */
}
END_TEST

static void on_read(void *arg, const struct service *service, const struct err *err)
{
    (void)arg;
    got.done = true;
    got.service = service ? service_ref(service) : NULL;
    got.err = err ? *err : (struct err){0};
}

static bool is_read(struct theatre *s)
{
    (void)s;
    return got.done;
}

static const struct {
    const char *path, *list, *says; /* NULL: it is read */
} parts[] = {
    {PODS "?limit", STAGE_LIST("10", "", POD("billing-1")), NULL},
    {PODS "?limit", STAGE_LIST("10", "", POD("billing 1")), "a pod of deployment shop/billing: "},
    {"/apis/apps/v1/namespaces/shop/replicasets?limit", STAGE_LIST("10", "", ODD_SET),
     "a revision of deployment shop/billing: "},
    {"/api/v1/nodes?limit",
     STAGE_LIST("10", "", "{'metadata':{'name':'a b','uid':'n','resourceVersion':'1'}}"),
     "a node: "},
};

/* What decides rests on all of it. */
START_TEST(a_read_that_would_leave_something_out_fails)
{
    struct err err = {0};
    const struct driver_env env = {.loop = stage.loop, .config = &stage.config};

    stage_answer(&stage, BILLING, 200, STAGE_DEPLOYMENT("7", "v1", "3"));
    stage_answer(&stage, parts[_i].path, 200, parts[_i].list);
    stage.driver = driver_find("kubernetes")->open(&env, &err);
    ck_assert_msg(stage.driver != NULL, "%s", err.text);
    stage.driver->ops->read(stage.driver, ID, on_read, NULL);
    stage_until(&stage, is_read, "read");
    ck_assert_msg((got.service != NULL) == (parts[_i].says == NULL), "%s", got.err.text);
    if (parts[_i].says)
        ck_assert_msg(got.err.code == ERR_PROTOCOL && strstr(got.err.text, parts[_i].says) &&
                          strstr(got.err.text, "metadata.name"),
                      "%s", got.err.text);
}
END_TEST

SUITE(unread)
{
    Suite *suite = suite_create("unread");
    TCase *tcase = test_case(suite, "left out", 60);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, how_many_are_left_out_is_said_and_why);
    tcase_add_test(tcase, status_says_it);
    tcase_add_test(tcase, what_is_read_again_or_gone_is_not_left_out_any_more);
    tcase_add_test(tcase, what_a_new_list_does_not_show_is_not_left_out);
    tcase_add_test(tcase, a_known_one_that_cannot_be_read_now_is_in_trouble_and_not_left_out);
    tcase_add_test(tcase, pods_that_cannot_be_read_do_not_count_as_none);
    tcase_add_loop_test(tcase, a_read_that_would_leave_something_out_fails, 0,
                        (int)ARRAY_LEN(parts));
    return suite;
}
