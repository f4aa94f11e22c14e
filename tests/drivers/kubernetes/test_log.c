/* test_log.c: the log of one pod: which container, through its restarts, and what Events say. */
#include "drivers/kubernetes/log_pod.h"
#include "drivers/kubernetes/recorded.h"
#include "drivers/kubernetes/stage.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

#define SPEC                                                                                       \
    "'spec':{'nodeName':'n','initContainers':[{'name':'init'},{'name':'beside',"                   \
    "'restartPolicy':'Always'}],'containers':[{'name':'proxy'},{'name':'app'}]}"
#define META    "'metadata':{'annotations':{'kubectl.kubernetes.io/default-container':'app'}}"
#define RUNNING "{'name':'app','restartCount':0,'state':{'running':{}}}"

static const struct {
    const char *status, *container, *happened;
    int restarts;
    bool running, restarted, over;
} rows[] = {
    {"{}", "app", "", -1, false, false, false},
    {"{'containerStatuses':[{'name':'proxy','restartCount':7,'state':{'running':{}}}," RUNNING "]}",
     "app", "", 0, true, false, false},
    {"{'containerStatuses':[{'name':'app','restartCount':0,'state':{'waiting':{"
     "'reason':'ErrImagePull','message':'no such tag'}}}]}",
     "app", "waits: ErrImagePull: no such tag", -1, false, false, false},
    {"{'containerStatuses':[{'name':'app','restartCount':3,'state':{'waiting':{"
     "'reason':'CrashLoopBackOff'}},'lastState':{'terminated':{'exitCode':137,"
     "'reason':'OOMKilled'}}}]}",
     "app", "waits: CrashLoopBackOff, exited with 137 (OOMKilled)", 3, false, true, false},
    {"{'phase':'Failed','containerStatuses':[{'name':'app','restartCount':0,'state':{'terminated':"
     "{'exitCode':2,'reason':'Error'}}}]}",
     "app", "exited with 2 (Error)", 0, false, false, true},
    /* An init container that does not get done is what one wants to read. */
    {"{'initContainerStatuses':[{'name':'init','restartCount':2,'state':{'waiting':{'reason':"
     "'CrashLoopBackOff'}},'lastState':{'terminated':{'exitCode':1}}}]}",
     "init", "waits: CrashLoopBackOff, exited with 1", 2, false, true, false},
    {"{'initContainerStatuses':[{'name':'init','restartCount':0,'state':{'running':{}}}]}", "init",
     "", 0, true, false, false},
    /* One that is done, and one that keeps running beside the others, are not. */
    {"{'initContainerStatuses':[{'name':'init','state':{'terminated':{'exitCode':0}}},"
     "{'name':'beside','state':{'running':{}}}],'containerStatuses':[" RUNNING "]}",
     "app", "", 0, true, false, false},
};

START_TEST(the_container_that_has_something_to_tell_is_read)
{
    char text[2000];
    struct arena *arena = arena_new(512);

    snprintf(text, sizeof text, "{" META "," SPEC ",'status':%s}", rows[_i].status);
    json_t *pod = scene_json(text);
    struct kube_log_pod look = kube_log_look(pod, arena);
    ck_assert_str_eq(look.container, rows[_i].container);
    ck_assert_str_eq(look.happened, rows[_i].happened);
    ck_assert_int_eq(look.restarts, rows[_i].restarts);
    ck_assert_int_eq(look.running, rows[_i].running);
    ck_assert_int_eq(look.restarted, rows[_i].restarted);
    ck_assert_int_eq(look.over, rows[_i].over);
    json_decref(pod);
    arena_free(arena);
}
END_TEST

static const struct {
    const char *event, *text;
    int64_t at_utc_ms;
} events[] = {
    {"{'reason':'Unhealthy','message':'probe \\u001b[2J failed','count':12,"
     "'lastTimestamp':'2026-01-01T00:00:01Z'}",
     "Unhealthy: probe \\x1b[2J failed (12 times)", INT64_C(1767225601000)},
    {"{'reason':'Pulled','message':'','series':{'count':2,'lastObservedTime':"
     "'2026-01-01T00:00:02.000000Z'},'eventTime':'2026-01-01T00:00:00.000000Z'}",
     "Pulled (2 times)", INT64_C(1767225602000)},
    {"{'message':'words'}", "words", -1},
    {"{'reason':7,'message':[]}", "", -1},
};

START_TEST(an_event_is_one_clean_line)
{
    struct arena *arena = arena_new(512);
    json_t *event = scene_json(events[_i].event);
    int64_t at;

    ck_assert_str_eq(kube_event_text(event, arena, &at), events[_i].text);
    ck_assert_int_eq(at, events[_i].at_utc_ms);
    json_decref(event);
    arena_free(arena);
}
END_TEST

/* ---- against a scripted server ---- */

#define PODS "/api/v1/namespaces/shop/pods/web-1"
#define POD(status)                                                                                \
    "{'metadata':{'name':'web-1','namespace':'shop'},'spec':{'nodeName':'n','containers':[{"       \
    "'name':'app'}]},'status':{'containerStatuses':[{'name':'app'," status "}]}}"

static struct theatre stage;
static struct heard {
    char text[2000];
    unsigned lines, ends;
    struct err why;
} heard;

static void put(const char *open, const char *text, const char *close)
{
    size_t len = strlen(heard.text);

    snprintf(heard.text + len, sizeof heard.text - len, "%s%s%s", open, text, close);
}

static void on_line(void *arg, const char *text)
{
    (void)arg;
    heard.lines++;
    put("[", text, "]");
}

static void on_happened(void *arg, int64_t at_utc_ms, const char *text)
{
    (void)arg, (void)at_utc_ms;
    put("(", text, ")");
}

static void on_end(void *arg, const struct err *why)
{
    (void)arg;
    heard.ends++;
    if (why)
        heard.why = *why;
}

static void ask(bool previous)
{
    const struct log_query query = {"deployment/shop/web", "web-1", previous};
    const struct log_sink sink = {NULL, on_line, on_happened, on_end};

    stage.driver->ops->log(stage.driver, &query, &sink);
}

static bool is_over(struct theatre *of)
{
    (void)of;
    return heard.ends > 0;
}

static bool told_five(struct theatre *of)
{
    (void)of;
    return heard.lines >= 5;
}

static void set_up(void)
{
    memset(&heard, 0, sizeof heard);
    stage_open(&stage);
    stage_follow(&stage);
}

static void tear_down(void)
{
    stage_close(&stage);
}

START_TEST(each_life_of_the_container_is_told_once)
{
    stage_answer(&stage, PODS " ", 200, POD("'restartCount':0,'state':{'running':{}}"));
    stage_answer(&stage, PODS "/log?container=app&tailLines=400&follow=true ", 200, "one\ntwo\n");
    /* It ended, and waits to be started again: nothing new to read. */
    stage_answer(&stage, PODS " ", 200,
                 POD("'restartCount':0,'state':{'waiting':{'reason':'CrashLoopBackOff'}},"
                     "'lastState':{'terminated':{'exitCode':1}}"));
    stage_answer(&stage, PODS " ", 200, POD("'restartCount':1,'state':{'running':{}}"));
    stage_answer(&stage, PODS "/log?container=app&tailLines=400&follow=true ", 200,
                 "three\nfour\nfive\n");
    ask(false);
    ck_assert_str_eq(heard.text, "");
    stage_until(&stage, told_five, "both lives");
    ck_assert_str_eq(heard.text, "[one][two](waits: CrashLoopBackOff, exited with 1)"
                                 "[three][four][five]");
    ck_assert_uint_eq(heard.ends, 0);
}
END_TEST

START_TEST(what_was_before_the_restart_ends_by_itself)
{
    stage_answer(&stage, PODS " ", 200,
                 POD("'restartCount':1,'state':{'running':{}},'lastState':{'terminated':{"
                     "'exitCode':1}}"));
    stage_answer(&stage, PODS "/log?container=app&tailLines=400&previous=true ", 200, "last words");
    ask(true);
    stage_until(&stage, is_over, "the end");
    ck_assert_str_eq(heard.text, "[last words]");
    ck_assert_int_eq(heard.why.code, ERR_NONE);
}
END_TEST

START_TEST(without_a_restart_there_is_nothing_before)
{
    stage_answer(&stage, PODS " ", 200, POD("'restartCount':0,'state':{'running':{}}"));
    ask(true);
    stage_until(&stage, is_over, "the end");
    ck_assert_int_eq(heard.why.code, ERR_NOT_FOUND);
    ck_assert_str_eq(heard.why.text, "web-1 has not restarted: there is no log of before");
}
END_TEST

START_TEST(a_missing_permission_names_what_is_missing)
{
    stage_answer(&stage, PODS " ", 200, POD("'restartCount':0,'state':{'running':{}}"));
    stage_answer(&stage, PODS "/log", 403,
                 STAGE_STATUS("403", "Forbidden", "pods is forbidden: cannot get pods/log"));
    ask(false);
    stage_until(&stage, is_over, "the end");
    ck_assert_int_eq(heard.why.code, ERR_AUTH);
    ck_assert_ptr_nonnull(strstr(heard.why.text, "cannot get pods/log"));
}
END_TEST

START_TEST(a_container_that_waits_is_waited_for)
{
    stage_answer(&stage, PODS " ", 200, POD("'restartCount':0,'state':{'running':{}}"));
    stage_answer(&stage, PODS "/log", 400, STAGE_STATUS("400", "BadRequest", "waiting to start"));
    stage_answer(&stage, PODS " ", 200, POD("'restartCount':0,'state':{'running':{}}"));
    stage_answer(&stage, PODS "/log", 200, "1\n2\n3\n4\n5\n");
    ask(false);
    stage_until(&stage, told_five, "its lines");
    ck_assert_str_eq(heard.text, "[1][2][3][4][5]");
}
END_TEST

START_TEST(a_node_that_cannot_be_asked_is_said_and_asked_again)
{
    stage_answer(&stage, PODS " ", 200, POD("'restartCount':0,'state':{'running':{}}"));
    stage_answer(&stage, PODS "/log", 500,
                 STAGE_STATUS("500", "InternalError", "dial tcp: refused"));
    stage_answer(&stage, PODS " ", 200, POD("'restartCount':0,'state':{'running':{}}"));
    stage_answer(&stage, PODS "/log", 200, "1\n2\n3\n4\n5\n");
    ask(false);
    stage_until(&stage, told_five, "its lines");
    ck_assert_ptr_nonnull(strstr(heard.text, "dial tcp: refused)[1][2]"));
}
END_TEST

START_TEST(its_events_are_told_beside_it)
{
    stage_answer(&stage, PODS " ", 200, POD("'restartCount':0,'state':{'running':{}}"));
    stage_answer(&stage,
                 "/api/v1/namespaces/shop/events?limit=500&fieldSelector="
                 "involvedObject.kind%3DPod,involvedObject.name%3Dweb-1",
                 200,
                 STAGE_LIST("9", "",
                            "{'metadata':{'uid':'e','resourceVersion':'3'},'reason':'Pulled',"
                            "'message':'image is here'}"));
    stage_answer(&stage, PODS "/log", 200, "1\n2\n3\n4\n5\n");
    ask(false);
    stage_until(&stage, told_five, "its lines");
    stage_turn(&stage, 300);
    ck_assert_ptr_nonnull(strstr(heard.text, "(Pulled: image is here)"));
}
END_TEST

SUITE(kubernetes_log)
{
    Suite *suite = suite_create("kubernetes_log");
    TCase *pure = test_case(suite, "pure", 10), *tcase = test_case(suite, "stream", 30);

    tcase_add_loop_test(pure, the_container_that_has_something_to_tell_is_read, 0,
                        (int)ARRAY_LEN(rows));
    tcase_add_loop_test(pure, an_event_is_one_clean_line, 0, (int)ARRAY_LEN(events));
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, each_life_of_the_container_is_told_once);
    tcase_add_test(tcase, what_was_before_the_restart_ends_by_itself);
    tcase_add_test(tcase, without_a_restart_there_is_nothing_before);
    tcase_add_test(tcase, a_missing_permission_names_what_is_missing);
    tcase_add_test(tcase, a_container_that_waits_is_waited_for);
    tcase_add_test(tcase, a_node_that_cannot_be_asked_is_said_and_asked_again);
    tcase_add_test(tcase, its_events_are_told_beside_it);
    return suite;
}
