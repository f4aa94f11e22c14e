/* test_follow.c: everything that can end a list or a watch, against a scripted API server. */
#include "drivers/kubernetes/stage.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct theatre stage;

static void setup(void)
{
    stage_open(&stage);
}

static void teardown(void)
{
    stage_close(&stage);
}

#define ONE_OF(image)  STAGE_LIST("10", "", STAGE_DEPLOYMENT("7", image, "3"))
#define SETS_OF(image) STAGE_LIST("10", "", STAGE_SET("8", image, "3"))

static void follow_billing(void)
{
    stage_answer(&stage, DEPLOYMENTS "?limit", 200, ONE_OF("v1"));
    stage_answer(&stage, SETS "?limit", 200, SETS_OF("v1"));
}

static bool is_synced(struct theatre *s)
{
    return s->synced;
}

static bool wants_v2(struct theatre *s)
{
    return s->service && strcmp(s->service->wants, "v2") == 0;
}

static bool is_gone(struct theatre *s)
{
    return s->gone > 0;
}

/* How often the path was asked for. */
static size_t asked(const char *path)
{
    char line[300];

    snprintf(line, sizeof line, "GET %s", path);
    return server_count(stage.server, line);
}

static const char *awaited;
static size_t awaited_count;

static bool is_asked(struct theatre *s)
{
    (void)s;
    return asked(awaited) >= awaited_count;
}

static void until_asked(const char *path, size_t count)
{
    awaited = path;
    awaited_count = count;
    stage_until(&stage, is_asked, path);
}

/* The nth request (from 0) that begins so, waited for. */
static const char *request(const char *path, size_t nth)
{
    char line[300];

    until_asked(path, nth + 1);
    snprintf(line, sizeof line, "GET %s", path);
    for (size_t i = 0;; i++) {
        const char *text = server_request(stage.server, i, NULL);
        ck_assert_msg(text != NULL, "no request %zu of %s", nth, path);
        if (strncmp(text, line, strlen(line)) == 0 && nth-- == 0)
            return text;
    }
}

START_TEST(what_is_listed_is_told_and_then_it_is_synced)
{
    follow_billing();
    stage_answer(&stage, "/api/v1/nodes?limit", 200,
                 STAGE_LIST("10", "", STAGE_NODE("3", "a", "True")));
    stage_follow(&stage);
    stage_until(&stage, is_synced, "synced");
    ck_assert_int_eq(stage.state, CLUSTER_LIVE);
    ck_assert_ptr_nonnull(stage.service);
    ck_assert_str_eq(stage.service->id, "deployment/shop/billing");
    ck_assert_uint_eq(service_count(stage.service, "v1", STATES_SERVING), 3);
    ck_assert_str_eq(stage.node.id, "a");
    ck_assert_uint_ge(stage.fresh, 1);
    ck_assert_uint_eq(asked("/api/v1/pods"), 0); /* nothing moves: no pod is asked for */
    ck_assert_uint_eq(asked("/api/v1/namespaces/shop/pods"), 0);
    ck_assert_ptr_nonnull(strstr(request(DEPLOYMENTS "?watch", 0), "allowWatchBookmarks=true"));
    ck_assert_ptr_nonnull(strstr(request(DEPLOYMENTS "?watch", 0), "resourceVersion=10&"));
}
END_TEST

/* Deployments are there long before their ReplicaSets: of a large cluster every pod would be asked
 * for. */
START_TEST(half_a_picture_asks_for_no_pods)
{
    stage_answer(&stage, SETS "?limit", 503, "");
    follow_billing();
    stage_follow(&stage);
    stage_until(&stage, is_synced, "synced");
    ck_assert_uint_eq(service_count(stage.service, "v1", STATES_SERVING), 3);
    ck_assert_uint_eq(asked("/api/v1/namespaces/shop/pods"), 0);
}
END_TEST

START_TEST(an_event_changes_the_service_and_its_pods_are_followed)
{
    follow_billing();
    stage_watch(&stage, DEPLOYMENTS, STAGE_EVENT("MODIFIED", STAGE_DEPLOYMENT("11", "v2", "3")));
    stage_follow(&stage);
    stage_until(&stage, wants_v2, "v2");
    ck_assert_str_eq(stage.service->was, "v1");
    ck_assert_int_ne(stage.service->motion, MOTION_NONE);
    until_asked("/api/v1/namespaces/shop/pods?limit=500&labelSelector=app%3Dbilling", 1);
}
END_TEST

START_TEST(a_large_list_comes_in_pages)
{
    stage_answer(&stage, DEPLOYMENTS "?limit=500&continue=t%2B1", 200, ONE_OF("v1"));
    stage_answer(&stage, DEPLOYMENTS "?limit=500", 200, STAGE_LIST("9", ",'continue':'t+1'", ""));
    stage_follow(&stage);
    stage_until(&stage, is_synced, "synced");
    ck_assert_ptr_nonnull(stage.service);
    ck_assert_uint_eq(asked(DEPLOYMENTS "?limit"), 2);
}
END_TEST

START_TEST(a_page_whose_token_expired_begins_again)
{
    stage_answer(&stage, DEPLOYMENTS "?limit=500&continue=old", 410,
                 STAGE_STATUS("410", "Expired", "the continue parameter is too old"));
    stage_answer(&stage, DEPLOYMENTS "?limit=500", 200,
                 STAGE_LIST("9", ",'continue':'old'", STAGE_DEPLOYMENT("7", "v1", "3")));
    stage_answer(&stage, DEPLOYMENTS "?limit=500", 200, ONE_OF("v2"));
    stage_follow(&stage);
    stage_until(&stage, wants_v2, "listed again");
    stage_until(&stage, is_synced, "synced");
    ck_assert_uint_eq(asked(DEPLOYMENTS "?limit"), 3);
}
END_TEST

START_TEST(history_that_is_gone_is_listed_again_and_what_vanished_is_told)
{
    char *gone = stage_quotes(
        STAGE_EVENT("ERROR", STAGE_STATUS("410", "Expired", "too old resource version")));

    follow_billing();
    stage_answer(&stage, DEPLOYMENTS "?limit", 200, STAGE_LIST("20", "", ""));
    /* Slowly, so that the service has been told before. */
    stage_reply(&stage, (struct server_reply){
                            .on = "GET " DEPLOYMENTS "?watch", .body = gone, .trick = SERVER_DRIP});
    stage_follow(&stage);
    stage_until(&stage, is_gone, "gone");
    ck_assert_str_eq(stage.gone_id, "deployment/shop/billing");
    ck_assert_uint_eq(asked(DEPLOYMENTS "?limit"), 2);
    ck_assert_ptr_nonnull(strstr(request(DEPLOYMENTS "?watch", 1), "resourceVersion=20&"));
}
END_TEST

START_TEST(history_that_is_gone_is_understood_as_a_status_too)
{
    follow_billing();
    stage_answer(&stage, DEPLOYMENTS "?watch", 410, STAGE_STATUS("410", "Expired", "too old"));
    stage_answer(&stage, DEPLOYMENTS "?limit", 200, ONE_OF("v2"));
    stage_follow(&stage);
    stage_until(&stage, wants_v2, "listed again");
}
END_TEST

#define LABELLED                                                                                   \
    "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'billing',"                    \
    "'namespace':'shop','uid':'u1','resourceVersion':'7','generation':1,"                          \
    "'labels':{'app':'billing'}},'spec':{'replicas':3,'selector':{'matchLabels':{"                 \
    "'app':'billing'}},'template':{'metadata':{'labels':{'app':'billing'}},'spec':{"               \
    "'containers':[{'name':'app','image':'billing:v1'}]}}},"                                       \
    "'status':{'observedGeneration':1,'replicas':3}}"
#define CRON(version, image)                                                                       \
    "{'kind':'CronJob','metadata':{'name':'nightly','namespace':'shop','uid':'c1',"                \
    "'resourceVersion':'" version "','labels':{'app':'billing'}},'spec':{'jobTemplate':{'spec':{"  \
    "'template':{'spec':{'containers':[{'name':'app','image':'billing:" image "'}]}}}}}}"

static bool launches_v1(struct theatre *s)
{
    for (size_t i = 0; s->service && i < s->service->launcher_count; i++)
        if (strcmp(s->service->launchers[i].name, "cronjob nightly") == 0)
            return strcmp(s->service->launchers[i].version, "v1") == 0;
    return false;
}

/* Nothing of the workload itself changes. */
START_TEST(a_cronjob_that_comes_later_is_a_launcher_at_once)
{
    stage_answer(&stage, DEPLOYMENTS "?limit", 200, STAGE_LIST("10", "", LABELLED));
    stage_answer(&stage, SETS "?limit", 200, SETS_OF("v1"));
    stage_watch(&stage, "/apis/batch/v1/cronjobs",
                STAGE_EVENT("ADDED", CRON("11", "v0")) STAGE_EVENT("MODIFIED", CRON("12", "v1")));
    stage_follow(&stage);
    stage_until(&stage, launches_v1, "launched");
}
END_TEST

START_TEST(a_watch_cut_in_the_middle_of_a_line_goes_on_behind_the_last_whole_event)
{
    char *events = stage_quotes(STAGE_EVENT("MODIFIED", STAGE_DEPLOYMENT("11", "v1", "3"))
                                    STAGE_EVENT("MODIFIED", STAGE_DEPLOYMENT("12", "v9", "3")));

    follow_billing();
    stage_reply(&stage, (struct server_reply){.on = "GET " DEPLOYMENTS "?watch",
                                              .body = events,
                                              .trick = SERVER_CUT,
                                              .at = strlen(events) - 40});
    stage_watch(&stage, DEPLOYMENTS, STAGE_EVENT("MODIFIED", STAGE_DEPLOYMENT("13", "v2", "3")));
    stage_follow(&stage);
    stage_until(&stage, wants_v2, "went on");
    ck_assert_ptr_nonnull(strstr(request(DEPLOYMENTS "?watch", 1), "resourceVersion=11&"));
    ck_assert_uint_eq(asked(DEPLOYMENTS "?limit"), 1);
}
END_TEST

START_TEST(a_bookmark_moves_where_the_next_watch_begins)
{
    char *events = stage_quotes(STAGE_EVENT("BOOKMARK", "{'metadata':{'resourceVersion':'77'}}")
                                    STAGE_EVENT("NEWTHING", "{}"));

    follow_billing();
    stage_reply(&stage, (struct server_reply){.on = "GET " DEPLOYMENTS "?watch", .body = events});
    stage_watch(&stage, DEPLOYMENTS, STAGE_EVENT("MODIFIED", STAGE_DEPLOYMENT("78", "v2", "3")));
    stage_follow(&stage);
    stage_until(&stage, wants_v2, "went on");
    ck_assert_ptr_nonnull(strstr(request(DEPLOYMENTS "?watch", 1), "resourceVersion=77&"));
}
END_TEST

START_TEST(too_many_requests_are_not_answered_by_more)
{
    stage_reply(&stage, (struct server_reply){.on = "GET " DEPLOYMENTS "?limit",
                                              .status = 429,
                                              .headers = "Retry-After: 1\r\n",
                                              .body = "slow down"});
    follow_billing();
    stage_follow(&stage);
    stage_turn(&stage, 800);
    ck_assert_uint_eq(asked(DEPLOYMENTS "?limit"), 1);
    ck_assert_int_eq(stage.state, CLUSTER_CONNECTING);
    ck_assert_int_eq(stage.why.code, ERR_NETWORK);
    stage_until(&stage, is_synced, "synced");
    ck_assert_uint_eq(asked(DEPLOYMENTS "?limit"), 2);
}
END_TEST

START_TEST(a_token_that_ended_is_renewed_once_before_anybody_hears_of_it)
{
    stage_answer(&stage, DEPLOYMENTS "?limit", 401, STAGE_STATUS("401", "Unauthorized", "no"));
    follow_billing();
    stage_follow(&stage);
    stage_until(&stage, is_synced, "synced");
    ck_assert_uint_eq(asked(DEPLOYMENTS "?limit"), 2);
    ck_assert_int_eq(stage.why.code, ERR_NONE);
}
END_TEST

static bool is_refused(struct theatre *s)
{
    return s->why.code == ERR_AUTH;
}

START_TEST(credentials_that_stay_bad_are_said_and_tried_again)
{
    static const char *const no = STAGE_STATUS("401", "Unauthorized", "no");

    stage_answer(&stage, DEPLOYMENTS "?limit", 401, no);
    stage_answer(&stage, DEPLOYMENTS "?limit", 401, no);
    follow_billing();
    stage_follow(&stage);
    stage_until(&stage, is_refused, "said");
    ck_assert_int_eq(stage.state, CLUSTER_CONNECTING);
    ck_assert_ptr_nonnull(strstr(stage.why.text, "log in"));
    stage_until(&stage, is_synced, "synced");
}
END_TEST

START_TEST(nodes_that_may_not_be_listed_are_said_and_the_rest_is_shown)
{
    follow_billing();
    stage_answer(&stage, "/api/v1/nodes?limit", 403,
                 STAGE_STATUS("403", "Forbidden", "nodes is forbidden"));
    stage_follow(&stage);
    stage_until(&stage, is_synced, "synced");
    ck_assert_ptr_nonnull(stage.service);
    ck_assert_ptr_nonnull(strstr(stage.events, "nodes not shown"));
    ck_assert_ptr_nonnull(strstr(stage.events, "forbidden"));
}
END_TEST

START_TEST(where_the_whole_cluster_is_forbidden_the_contexts_namespace_is_shown)
{
    static const char *const no = STAGE_STATUS("403", "Forbidden", "at the cluster scope");

    stage_answer(&stage, DEPLOYMENTS "?limit", 403, no);
    stage_answer(&stage, SETS "?limit", 403, no);
    stage_answer(&stage, "/apis/apps/v1/namespaces/shop/deployments?limit", 200, ONE_OF("v2"));
    stage_answer(&stage, "/apis/apps/v1/namespaces/shop/replicasets?limit", 200, SETS_OF("v2"));
    stage_follow(&stage);
    stage_until(&stage, wants_v2, "its namespace");
    stage_until(&stage, is_synced, "synced");
    ck_assert_ptr_null(strstr(stage.events, "not shown"));
}
END_TEST

START_TEST(of_two_namespaces_one_forbidden_the_other_is_shown)
{
    stage.config.namespaces = "secret,shop";
    stage_answer(&stage, "/apis/apps/v1/namespaces/secret/deployments?limit", 403,
                 STAGE_STATUS("403", "Forbidden", "no"));
    stage_answer(&stage, "/apis/apps/v1/namespaces/shop/deployments?limit", 200, ONE_OF("v2"));
    stage_follow(&stage);
    stage_until(&stage, wants_v2, "the other");
    stage_until(&stage, is_synced, "synced");
    ck_assert_ptr_nonnull(strstr(stage.events, "deployments in secret not shown"));
    ck_assert_uint_eq(asked(DEPLOYMENTS), 0);
}
END_TEST

static const struct {
    const char *body;
} wrong[] = {
    {"<html>hello</html>"},
    {"null"},
    {"[]"},
    {"{}"},
    {"{'items':[]}"},
    {"{'metadata':{},'items':7}"},
    {"{'metadata':{'resourceVersion':'x y'},'items':[]}"},
    {""},
};

static bool is_wrong(struct theatre *s)
{
    return s->why.code != ERR_NONE;
}

START_TEST(what_is_no_api_server_is_said_to_be_none)
{
    stage_answer(&stage, DEPLOYMENTS "?limit", 200, wrong[_i].body);
    stage_follow(&stage);
    stage_until(&stage, is_wrong, "said");
    ck_assert_int_eq(stage.state, CLUSTER_CONNECTING);
    ck_assert(!stage.synced);
}
END_TEST

START_TEST(a_silent_node_brings_its_pods)
{
    follow_billing();
    stage_answer(&stage, "/api/v1/nodes?limit", 200,
                 STAGE_LIST("10", "", STAGE_NODE("3", "a", "Unknown")));
    stage_answer(&stage, "/api/v1/pods?limit=500&fieldSelector=spec.nodeName%3Da", 200,
                 STAGE_LIST("10", "",
                            "{'metadata':{'name':'old','namespace':'shop','uid':'p','"
                            "resourceVersion':'4','labels':{'pod-template-hash':'v0'},"
                            "'ownerReferences':[{'uid':'u1','controller':true}]},"
                            "'spec':{'nodeName':'a','containers':[{'image':'billing:v0'}]},"
                            "'status':{'phase':'Running'}}"));
    stage_follow(&stage);
    stage_until(&stage, is_synced, "synced");
    ck_assert_int_eq(stage.node.state, NODE_SILENT);
    ck_assert_uint_eq(service_count(stage.service, "v0", 1u << INSTANCE_GHOST), 1);
    ck_assert_uint_eq(service_count(stage.service, "v1", STATES_SERVING), 3);
}
END_TEST

/* ---- lists that come as the beginning of a watch ---- */

#define STREAM(kind) kind "?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&watch=1"
#define STREAM_END(version)                                                                        \
    STAGE_EVENT("BOOKMARK", "{'metadata':{'resourceVersion':'" version                             \
                            "','annotations':{'k8s.io/initial-events-end':'true'}}}")

static void stream(const char *path, const char *events, enum server_trick trick, size_t at)
{
    char *line = stage_quotes(path), *body = stage_quotes(events);

    stage.streams = true;
    stage_reply(&stage, (struct server_reply){.on = line, .body = body, .trick = trick, .at = at});
}

static void stream_sets(void)
{
    stream("GET " STREAM(SETS), STAGE_EVENT("ADDED", STAGE_SET("8", "v1", "3")) STREAM_END("9"),
           SERVER_HOLD, 0);
}

START_TEST(where_it_is_offered_a_list_is_the_beginning_of_the_watch)
{
    stream_sets();
    stream("GET " STREAM(DEPLOYMENTS),
           STAGE_EVENT("ADDED", STAGE_DEPLOYMENT("7", "v1", "3"))
               STAGE_EVENT("BOOKMARK", "{'metadata':{'resourceVersion':'8'}}") STREAM_END("9")
                   STAGE_EVENT("MODIFIED", STAGE_DEPLOYMENT("11", "v2", "3")),
           SERVER_ANSWER, 0);
    stage_follow(&stage);
    stage_until(&stage, wants_v2, "what came behind the list");
    stage_until(&stage, is_synced, "synced");
    ck_assert_ptr_nonnull(strstr(request(STREAM(DEPLOYMENTS), 0), "allowWatchBookmarks=true"));
    ck_assert_ptr_nonnull(strstr(request(DEPLOYMENTS "?watch", 0), "resourceVersion=11&"));
    ck_assert_uint_eq(asked(DEPLOYMENTS "?limit"), 0);
    ck_assert_uint_eq(asked(SETS "?limit"), 0);
}
END_TEST

START_TEST(a_server_that_does_not_offer_it_is_asked_for_a_list_at_once_and_not_again)
{
    char *gone = stage_quotes(STAGE_EVENT("ERROR", STAGE_STATUS("410", "Expired", "too old")));

    follow_billing(); /* the server refuses with 422 by itself */
    stage_answer(&stage, DEPLOYMENTS "?limit", 200, ONE_OF("v2"));
    stage_reply(&stage, (struct server_reply){.on = "GET " DEPLOYMENTS "?watch", .body = gone});
    stage_follow(&stage);
    stage_until(&stage, wants_v2, "listed again");
    stage_until(&stage, is_synced, "synced");
    ck_assert_int_eq(stage.why.code, ERR_NONE);
    ck_assert_uint_eq(asked(DEPLOYMENTS "?limit"), 2);
    ck_assert_uint_eq(asked(STREAM(DEPLOYMENTS)), 1);
}
END_TEST

/* What was told until then is no list: nothing may be taken for gone, and nothing for complete. */
START_TEST(a_stream_that_is_cut_before_its_end_is_no_list)
{
    char *events =
        stage_quotes(STAGE_EVENT("ADDED", STAGE_DEPLOYMENT("7", "v1", "3")) STREAM_END("9"));

    stream_sets();
    stream("GET " STREAM(DEPLOYMENTS), events, SERVER_CUT, strlen(events) - 40);
    follow_billing();
    stage_follow(&stage);
    stage_until(&stage, is_synced, "synced");
    ck_assert_uint_eq(asked(STREAM(DEPLOYMENTS)), 1); /* the next one comes in pages */
    ck_assert_uint_eq(asked(DEPLOYMENTS "?limit"), 1);
    ck_assert_uint_eq(asked(SETS "?limit"), 0); /* the others keep theirs */
    ck_assert_ptr_nonnull(strstr(request(DEPLOYMENTS "?watch", 0), "resourceVersion=10&"));
}
END_TEST

START_TEST(history_that_is_gone_is_streamed_again_and_what_vanished_is_told)
{
    char *gone = stage_quotes(STAGE_EVENT("ERROR", STAGE_STATUS("410", "Expired", "too old")));

    stream_sets();
    stream("GET " STREAM(DEPLOYMENTS),
           STAGE_EVENT("ADDED", STAGE_DEPLOYMENT("7", "v1", "3")) STREAM_END("9"), SERVER_ANSWER,
           0);
    stream("GET " STREAM(DEPLOYMENTS), STREAM_END("20"), SERVER_ANSWER, 0);
    /* Slowly, so that the service has been told before. */
    stage_reply(&stage, (struct server_reply){
                            .on = "GET " DEPLOYMENTS "?watch", .body = gone, .trick = SERVER_DRIP});
    stage_follow(&stage);
    stage_until(&stage, is_gone, "gone");
    ck_assert_str_eq(stage.gone_id, "deployment/shop/billing");
    ck_assert_ptr_nonnull(strstr(request(DEPLOYMENTS "?watch", 0), "resourceVersion=9&"));
    ck_assert_ptr_nonnull(strstr(request(DEPLOYMENTS "?watch", 1), "resourceVersion=20&"));
    ck_assert_uint_eq(asked(DEPLOYMENTS "?limit"), 0);
}
END_TEST

START_TEST(a_stream_that_expires_while_it_tells_comes_in_pages)
{
    stream_sets();
    stream("GET " STREAM(DEPLOYMENTS),
           STAGE_EVENT("ADDED", STAGE_DEPLOYMENT("7", "v9", "3"))
               STAGE_EVENT("ERROR", STAGE_STATUS("410", "Expired", "too old")),
           SERVER_HOLD, 0);
    stage_answer(&stage, DEPLOYMENTS "?limit", 200, ONE_OF("v2"));
    stage_follow(&stage);
    stage_until(&stage, wants_v2, "listed");
    stage_until(&stage, is_synced, "synced");
    ck_assert_uint_eq(asked(STREAM(DEPLOYMENTS)), 1);
}
END_TEST

/* Servers from before the words were known pass over them: they never say where the list ends. */
START_TEST(a_stream_without_an_end_is_given_up)
{
    stage_open_fast(&stage, 100);
    stream_sets();
    stream("GET " STREAM(DEPLOYMENTS), STAGE_EVENT("ADDED", STAGE_DEPLOYMENT("7", "v9", "3")),
           SERVER_HOLD, 0);
    follow_billing();
    stage_follow(&stage);
    stage_until(&stage, is_synced, "synced");
    ck_assert_uint_eq(asked(STREAM(DEPLOYMENTS)), 1);
    ck_assert_uint_eq(asked(DEPLOYMENTS "?limit"), 1);
    ck_assert_str_eq(stage.service->wants, "v1");
    stage_close(&stage);
}
END_TEST

static bool is_in_trouble(struct theatre *s)
{
    return s->service && s->service->trouble == TROUBLE_STUCK;
}

START_TEST(an_object_that_cannot_be_read_is_said_and_does_not_hide_the_last_one)
{
    follow_billing();
    stage_watch(&stage, DEPLOYMENTS,
                STAGE_EVENT("MODIFIED",
                            "{'metadata':{'name':'billing','namespace':'shop','uid':'u1',"
                            "'resourceVersion':'12'},'spec':{'replicas':'many'}}"));
    stage_follow(&stage);
    stage_until(&stage, is_in_trouble, "trouble");
    ck_assert_str_eq(stage.service->wants, "v1");
    ck_assert_ptr_nonnull(strstr(stage.service->reason, "spec/replicas"));
}
END_TEST

static bool is_stale(struct theatre *of)
{
    return of->state == CLUSTER_STALE;
}

static size_t watches;

/* Each list is watched by itself, and each has its own three minutes. */
static bool is_watched_anew(struct theatre *of)
{
    return of->state == CLUSTER_LIVE && asked(DEPLOYMENTS "?watch") > watches;
}

/* Connections that died without a word look like a cluster in which nothing happens. */
START_TEST(three_minutes_without_a_bookmark_are_stale_and_end_with_a_new_watch)
{
    stage_open_fast(&stage, 100);
    follow_billing();
    stage_follow(&stage);
    stage_until(&stage, is_synced, "synced");
    int64_t since_ms = loop_now_ms(stage.loop);
    watches = asked(DEPLOYMENTS "?watch");
    stage_until(&stage, is_stale, "stale");
    ck_assert_int_ge(loop_now_ms(stage.loop) - since_ms, 170000);
    ck_assert_msg(strstr(stage.why.text, "nothing heard of") &&
                      strstr(stage.why.text, "for 3 minutes"),
                  "%s", stage.why.text);
    stage_until(&stage, is_watched_anew, "live again");
    stage_close(&stage);
}
END_TEST

SUITE(kubernetes_follow)
{
    Suite *suite = suite_create("kubernetes_follow");
    TCase *tcase = test_case(suite, "follow", 20);

    tcase_add_test(test_case(suite, "silence", 60),
                   three_minutes_without_a_bookmark_are_stale_and_end_with_a_new_watch);
    tcase_add_test(test_case(suite, "endless", 60), a_stream_without_an_end_is_given_up);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, where_it_is_offered_a_list_is_the_beginning_of_the_watch);
    tcase_add_test(tcase,
                   a_server_that_does_not_offer_it_is_asked_for_a_list_at_once_and_not_again);
    tcase_add_test(tcase, a_stream_that_is_cut_before_its_end_is_no_list);
    tcase_add_test(tcase, history_that_is_gone_is_streamed_again_and_what_vanished_is_told);
    tcase_add_test(tcase, a_stream_that_expires_while_it_tells_comes_in_pages);
    tcase_add_test(tcase, what_is_listed_is_told_and_then_it_is_synced);
    tcase_add_test(tcase, half_a_picture_asks_for_no_pods);
    tcase_add_test(tcase, an_event_changes_the_service_and_its_pods_are_followed);
    tcase_add_test(tcase, a_large_list_comes_in_pages);
    tcase_add_test(tcase, a_page_whose_token_expired_begins_again);
    tcase_add_test(tcase, history_that_is_gone_is_listed_again_and_what_vanished_is_told);
    tcase_add_test(tcase, history_that_is_gone_is_understood_as_a_status_too);
    tcase_add_test(tcase, a_cronjob_that_comes_later_is_a_launcher_at_once);
    tcase_add_test(tcase, a_watch_cut_in_the_middle_of_a_line_goes_on_behind_the_last_whole_event);
    tcase_add_test(tcase, a_bookmark_moves_where_the_next_watch_begins);
    tcase_add_test(tcase, too_many_requests_are_not_answered_by_more);
    tcase_add_test(tcase, a_token_that_ended_is_renewed_once_before_anybody_hears_of_it);
    tcase_add_test(tcase, credentials_that_stay_bad_are_said_and_tried_again);
    tcase_add_test(tcase, nodes_that_may_not_be_listed_are_said_and_the_rest_is_shown);
    tcase_add_test(tcase, where_the_whole_cluster_is_forbidden_the_contexts_namespace_is_shown);
    tcase_add_test(tcase, of_two_namespaces_one_forbidden_the_other_is_shown);
    tcase_add_loop_test(tcase, what_is_no_api_server_is_said_to_be_none, 0, (int)ARRAY_LEN(wrong));
    tcase_add_test(tcase, a_silent_node_brings_its_pods);
    tcase_add_test(tcase, an_object_that_cannot_be_read_is_said_and_does_not_hide_the_last_one);
    return suite;
}
