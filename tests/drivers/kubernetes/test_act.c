/* test_act.c: reads that are consistent, and what the answers to writes mean. */
#include "drivers/kubernetes/stage.h"
#include "drivers/kubernetes/template.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

#define BILLING "/apis/apps/v1/namespaces/shop/deployments/billing"
#define ID      "deployment/shop/billing"

static struct theatre stage;

static struct {
    unsigned calls;
    size_t events; /* that had arrived by then */
    enum err_code code;
    char text[400], revision[96];
    const struct service *service;
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

static void open_driver(void)
{
    struct err err = {0};
    const struct driver_env env = {.loop = stage.loop, .config = &stage.config};

    stage.driver = driver_find("kubernetes")->open(&env, &err);
    ck_assert_msg(stage.driver != NULL, "%s", err.text);
}

static bool is_told(struct theatre *s)
{
    (void)s;
    return got.calls > 0;
}

static void on_read(void *arg, const struct service *service, const struct err *err)
{
    (void)arg;
    got.calls++;
    got.code = err ? err->code : ERR_NONE;
    snprintf(got.text, sizeof got.text, "%s", err ? err->text : "");
    got.service = service ? service_ref(service) : NULL;
}

#define EVENTS "POST /api/v1/namespaces/shop/events"

static void on_act(void *arg, const char *revision, const struct err *err)
{
    (void)arg;
    got.calls++;
    got.events = server_count(stage.server, EVENTS);
    got.code = err ? err->code : ERR_NONE;
    snprintf(got.text, sizeof got.text, "%s", err ? err->text : "");
    snprintf(got.revision, sizeof got.revision, "%s", revision);
}

static void read_billing(void)
{
    stage_answer(&stage, BILLING, 200, STAGE_DEPLOYMENT("7", "v1", "3"));
    open_driver();
    stage.driver->ops->read(stage.driver, ID, on_read, NULL);
    stage_until(&stage, is_told, "read");
    ck_assert_msg(got.service != NULL, "%s", got.text);
    got.calls = 0;
}

START_TEST(a_read_asks_for_nothing_from_a_cache)
{
    read_billing();
    ck_assert_str_eq(got.service->id, ID);
    for (size_t i = 0; server_request(stage.server, i, NULL); i++)
        ck_assert_ptr_null(strstr(server_request(stage.server, i, NULL), "resourceVersion="));
    ck_assert_uint_eq(server_count(stage.server, "GET /api/v1/namespaces/shop/pods?limit=500"
                                                 "&labelSelector=app%3Dbilling"),
                      1);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
    static const char *const ids[] = {ID, "nosuchservice", "deployment/../x"};

    open_driver();
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        got.calls = 0;
        stage.driver->ops->read(stage.driver, ids[i], on_read, NULL);
        stage_until(&stage, is_told, "read");
        ck_assert_msg(got.code == ERR_NOT_FOUND, "%s: %s", ids[i], got.text);
    }
}
END_TEST

static const struct {
    int status;
    const char *body;
    enum server_trick trick;
    enum err_code code;
    size_t sent;
} rows[] = {
    {200, STAGE_DEPLOYMENT("8", "v1", "3"), SERVER_ANSWER, ERR_NONE, 1},
    {409, STAGE_STATUS("409", "Conflict", "modified"), SERVER_ANSWER, ERR_CONFLICT, 1},
    {422, STAGE_STATUS("422", "Invalid", "an error in our request"), SERVER_ANSWER, ERR_CONFLICT,
     1},
    {422,
     "{'kind':'Status','reason':'Invalid','message':'bad','details':{'causes':[{'field':'x'}]}}",
     SERVER_ANSWER, ERR_REJECTED, 1},
    {403, STAGE_STATUS("403", "Forbidden", "User x cannot patch resource deployments"),
     SERVER_ANSWER, ERR_AUTH, 1},
    {404, STAGE_STATUS("404", "NotFound", "gone"), SERVER_ANSWER, ERR_NOT_FOUND, 1},
    {500, "oops", SERVER_ANSWER, ERR_UNKNOWN, 1},
    {503, "oops", SERVER_ANSWER, ERR_UNKNOWN, 1},
    {504, "oops", SERVER_ANSWER, ERR_UNKNOWN, 1},
    {200, "", SERVER_CLOSE, ERR_UNKNOWN, 1},
};

START_TEST(the_answer_to_a_write_says_whether_it_was_applied)
{
    stage_reply(&stage, (struct server_reply){.on = "PATCH " BILLING,
                                              .status = rows[_i].status,
                                              .body = stage_quotes(rows[_i].body),
                                              .trick = rows[_i].trick});
    read_billing();
    stage.driver->ops->fence(stage.driver, ID, got.service->revision, on_act, NULL);
    stage_until(&stage, is_told, "written");
    ck_assert_msg(got.code == rows[_i].code, "%d: %s", (int)got.code, got.text);
    ck_assert_uint_eq(server_count(stage.server, "PATCH"), rows[_i].sent);
    if (rows[_i].code == ERR_NONE)
        ck_assert(got.revision[0]);
}
END_TEST

START_TEST(a_write_that_credentials_forbid_was_certainly_not_applied)
{
    static const char *const no = STAGE_STATUS("401", "Unauthorized", "no");

    for (int i = 0; i < 2; i++)
        stage_reply(&stage, (struct server_reply){
                                .on = "PATCH " BILLING, .status = 401, .body = stage_quotes(no)});
    read_billing();
    stage.driver->ops->fence(stage.driver, ID, got.service->revision, on_act, NULL);
    stage_until(&stage, is_told, "written");
    ck_assert_int_eq(got.code, ERR_AUTH);
    ck_assert_uint_eq(server_count(stage.server, "PATCH"), 2); /* once more after a renewal */
}
END_TEST

START_TEST(what_moved_since_it_was_read_is_not_written)
{
    read_billing();
    stage_answer(&stage, BILLING, 200, STAGE_DEPLOYMENT("9", "v2", "4"));
    stage.driver->ops->fence(stage.driver, ID, "somethingelse", on_act, NULL);
    stage_until(&stage, is_told, "written");
    ck_assert_int_eq(got.code, ERR_CONFLICT);
    ck_assert_uint_eq(server_count(stage.server, "PATCH"), 0);
}
END_TEST

START_TEST(read_only_sends_nothing_but_get)
{
    stage.config.read_only = true;
    read_billing();
    stage.driver->ops->fence(stage.driver, ID, got.service->revision, on_act, NULL);
    stage_until(&stage, is_told, "refused");
    ck_assert_int_eq(got.code, ERR_UNSUPPORTED);
    for (size_t i = 0; server_request(stage.server, i, NULL); i++)
        ck_assert_int_eq(strncmp(server_request(stage.server, i, NULL), "GET ", 4), 0);
}
END_TEST

/* ---- a manifest ---- */

#define FORM                                                                                       \
    "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'billing'},"                   \
    "'spec':{'template':{'metadata':{'labels':{'app':'billing','more':'x'}},"                      \
    "'spec':{'containers':[{'name':'app','image':'billing:v2'}]}}}}"

/* Plans a start of this version and artifact; whether its record keeps a whole template. */
static bool plan_start(const json_t *memo, const char *to, const char *artifact, json_t **new_memo)
{
    struct action action = {.verb = VERB_START, .to_count = 1, .replicas = 3};
    struct err err = {0};

    snprintf(action.from, sizeof action.from, "v1");
    snprintf(action.to, sizeof action.to, "%s", to);
    snprintf(action.artifact, sizeof action.artifact, "%s", artifact);
    *new_memo = NULL;
    ck_assert_msg(stage.driver->ops->plan(stage.driver, got.service, memo, &action, new_memo, &err),
                  "%s", err.text);
    ck_assert_str_eq(action.artifact, strcmp(to, "v2") == 0 ? "billing:v2" : artifact);
    const char *more = kube_raw(*new_memo, "next/metadata/labels/more");
    ck_assert(!more[0] || strcmp(more, "x") == 0);
    return more[0] != '\0';
}

START_TEST(a_start_that_goes_on_keeps_the_template_of_its_manifest)
{
    char artifact[DRIVER_ARTIFACT], *form = stage_quotes(FORM);
    struct driver_manifest manifest = {.file = "billing.json", .text = form, .len = strlen(form)};
    json_t *memo, *next;
    struct err err = {0};

    stage_answer(&stage, "/apis/apps/v1/namespaces/shop/replicasets?limit", 200,
                 STAGE_LIST("9", "", STAGE_SET("8", "v1", "3")));
    read_billing();
    ck_assert_msg(stage.driver->ops->describe(stage.driver, ID, &manifest, artifact, &err), "%s",
                  err.text);
    ck_assert(plan_start(NULL, "v2", artifact, &memo));
    stage.driver->ops->close(stage.driver); /* another process, that never saw the file */
    service_unref(got.service);
    got.service = NULL;
    stage_answer(&stage, "/apis/apps/v1/namespaces/shop/replicasets?limit", 200,
                 STAGE_LIST("9", "", STAGE_SET("8", "v1", "3")));
    read_billing();
    ck_assert(plan_start(memo, "v2", "billing:v2", &next));
    json_decref(next);
    ck_assert(!plan_start(memo, "v3", "billing:v3", &next)); /* of another version */
    json_decref(next);
    ck_assert(!plan_start(NULL, "v2", "billing:v2", &next)); /* of no release */
    json_decref(next);
    json_decref(memo);
}
END_TEST

/* What the file holds as well, as a server tells it of an identity that may not see all. */
#define KINDS                                                                                      \
    "{'resources':[{'name':'configmaps','kind':'ConfigMap','namespaced':true},"                    \
    "{'name':'nodes/status','kind':'Node','namespaced':false},"                                    \
    "{'name':'nodes','kind':'Node','namespaced':false}]}"
#define OTHER(version, kind, name)                                                                 \
    "\n---\n{'apiVersion':'" version "','kind':'" kind "','metadata':{'name':'" name               \
    "'},'data':{'a':'b'}}"

static char told[400];

static void on_event(void *arg, const char *service_id, const char *text)
{
    (void)arg;
    ck_assert_str_eq(service_id, ID);
    snprintf(told, sizeof told, "%s", text);
}

static void read_with_manifest(const char *text)
{
    struct err err = {0};
    struct driver_env env = {.loop = stage.loop, .config = &stage.config};
    struct driver_manifest manifest = {.file = "m.json", .text = text, .len = strlen(text)};
    char artifact[DRIVER_ARTIFACT];

    told[0] = '\0';
    env.sink.event = on_event;
    stage.driver = driver_find("kubernetes")->open(&env, &err);
    ck_assert_msg(stage.driver->ops->describe(stage.driver, ID, &manifest, artifact, &err), "%s",
                  err.text);
    stage_answer(&stage, BILLING, 200, STAGE_DEPLOYMENT("7", "v1", "3"));
    stage.driver->ops->read(stage.driver, ID, on_read, NULL);
    stage_until(&stage, is_told, "read");
    ck_assert_msg(got.service != NULL, "%s", got.text);
    struct action action = {.verb = VERB_START, .to_count = 1, .replicas = 3};
    json_t *memo = NULL;
    snprintf(action.to, sizeof action.to, "v2");
    snprintf(action.artifact, sizeof action.artifact, "%s", artifact);
    bool ok = stage.driver->ops->plan(stage.driver, got.service, NULL, &action, &memo, &err);
    got.code = ok ? ERR_NONE : err.code;
    snprintf(got.text, sizeof got.text, "%s", err.text);
    json_decref(memo);
}

START_TEST(what_may_not_be_read_of_a_manifest_is_said_and_refuses_nothing)
{
    stage_answer(&stage, "/api/v1 HTTP", 200, KINDS);
    stage_answer(&stage, "/api/v1/namespaces/shop/configmaps/a", 200,
                 "{'metadata':{'name':'a'},'data':{'a':'b'}}");
    stage_answer(&stage, "/api/v1/namespaces/shop/configmaps/b", 403,
                 STAGE_STATUS("403", "Forbidden", "cannot get"));
    stage_answer(&stage, "/api/v1/nodes/c", 200, "{'data':{'a':'b'}}");
    stage_answer(&stage, "/apis/example.com/v1 HTTP", 404, STAGE_STATUS("404", "NotFound", "no"));
    read_with_manifest(stage_quotes(FORM OTHER("v1", "ConfigMap", "a") OTHER(
        "v1", "ConfigMap", "b") OTHER("v1", "Node", "c") OTHER("example.com/v1", "Odd", "d")
                                        OTHER("v1/../..", "Odd", "e") OTHER("v1", "Secret", "f")));
    ck_assert_msg(got.code == ERR_NONE, "%s", got.text);
    ck_assert_msg(strstr(told, "ConfigMap b (line 5: reading it: 403"), "%s", told);
    ck_assert_msg(strstr(told, "Odd d (line 9: asking for its kind: 404"), "%s", told);
    ck_assert_msg(strstr(told, "Odd e (line 11: its apiVersion is none)"), "%s", told);
    ck_assert_msg(strstr(told, "Secret f (line 13: secrets are not read)"), "%s", told);
    ck_assert_uint_eq(server_count(stage.server, "GET /api/v1 HTTP"), 1);
    ck_assert_uint_eq(server_count(stage.server, "GET /api/v1/nodes/c "), 1);
    for (size_t i = 0; server_request(stage.server, i, NULL); i++)
        ck_assert_ptr_null(strstr(server_request(stage.server, i, NULL), "secrets"));
}
END_TEST

START_TEST(what_is_not_there_of_a_manifest_refuses_the_start)
{
    stage_answer(&stage, "/api/v1 HTTP", 200, KINDS);
    stage_answer(&stage, "/api/v1/namespaces/shop/configmaps/a", 404,
                 STAGE_STATUS("404", "NotFound", "no"));
    read_with_manifest(stage_quotes(FORM OTHER("v1", "ConfigMap", "a")));
    ck_assert_int_eq(got.code, ERR_REJECTED);
    ck_assert_msg(strstr(got.text, "ConfigMap a: m.json: line 3: it is not in the cluster"), "%s",
                  got.text);
}
END_TEST

/* ---- a conflict that is none ---- */

/* One of the two writes of the undo of a start. */
static void write_undo(unsigned write)
{
    struct action action = {.verb = VERB_ROLLBACK, .to_count = 3, .replicas = 3, .write = write};
    json_t *memo = NULL;

    stage_answer(&stage, "/apis/apps/v1/namespaces/shop/replicasets?limit", 200,
                 STAGE_LIST("9", "", STAGE_SET("8", "v1", "3")));
    read_billing();
    ck_assert(!plan_start(NULL, "v2", "billing:v2", &memo));
    action.writes = 2;
    snprintf(action.id, sizeof action.id, "0123456789abcdef0123456789abcdef");
    snprintf(action.from, sizeof action.from, "v2");
    snprintf(action.to, sizeof action.to, "v1");
    snprintf(action.service, sizeof action.service, ID);
    snprintf(action.revision, sizeof action.revision, "%s", got.service->revision);
    stage.driver->ops->act(stage.driver, &action, memo, on_act, NULL);
    stage_until(&stage, is_told, "written");
    json_decref(memo);
}

/* The last one, which takes lockstep's entries out of managedFields. */
static void undo_billing(void)
{
    write_undo(1);
}

static void answer_write(int status, const char *body)
{
    stage_reply(&stage, (struct server_reply){
                            .on = "PATCH " BILLING, .status = status, .body = stage_quotes(body)});
}

#define MOVED                                                                                      \
    "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'billing','namespace':'shop'," \
    "'uid':'u1','resourceVersion':'9','generation':2},'spec':{'replicas':3,'template':{'spec':{"   \
    "'containers':[{'name':'app','image':'billing:v3'}]}}}}"
#define MISPLACED STAGE_STATUS("422", "Invalid", "an error in our request")

START_TEST(a_write_whose_places_moved_is_made_anew_while_nothing_else_did)
{
    answer_write(422, MISPLACED);
    answer_write(409, STAGE_STATUS("409", "Conflict", "modified"));
    answer_write(200, STAGE_DEPLOYMENT("8", "v1", "3"));
    stage_answer(&stage, BILLING, 200, STAGE_DEPLOYMENT("7", "v1", "3"));
    stage_answer(&stage, BILLING, 200, STAGE_DEPLOYMENT("7", "v1", "3"));
    undo_billing();
    ck_assert_msg(got.code == ERR_NONE, "%s", got.text);
    ck_assert_uint_eq(server_count(stage.server, "PATCH"), 3);
}
END_TEST

START_TEST(a_write_whose_places_moved_for_ever_is_given_up)
{
    for (int i = 0; i < 6; i++) {
        answer_write(422, MISPLACED);
        stage_answer(&stage, BILLING, 200, STAGE_DEPLOYMENT("7", "v1", "3"));
    }
    undo_billing();
    ck_assert_int_eq(got.code, ERR_CONFLICT);
    ck_assert_uint_eq(server_count(stage.server, "PATCH"), 4);
}
END_TEST

START_TEST(a_write_that_met_somebody_elses_is_not_made_anew)
{
    answer_write(422, MISPLACED);
    stage_answer(&stage, BILLING, 200, STAGE_DEPLOYMENT("7", "v1", "3")); /* what is judged */
    stage_answer(&stage, BILLING, 200, MOVED);
    undo_billing();
    ck_assert_int_eq(got.code, ERR_CONFLICT);
    ck_assert_uint_eq(server_count(stage.server, "PATCH"), 1);
}
END_TEST

/* ---- its event ---- */

START_TEST(an_action_has_left_its_event_when_its_end_is_told)
{
    answer_write(200, STAGE_DEPLOYMENT("8", "v1", "3"));
    write_undo(0);
    ck_assert_msg(got.code == ERR_NONE, "%s", got.text);
    ck_assert_uint_eq(got.events, 1);
}
END_TEST

START_TEST(an_event_that_nobody_answers_keeps_no_action_from_its_end)
{
    stage_reply(&stage, (struct server_reply){.on = EVENTS, .trick = SERVER_SILENT});
    answer_write(200, STAGE_DEPLOYMENT("8", "v1", "3"));
    write_undo(0);
    ck_assert_msg(got.code == ERR_NONE, "%s", got.text);
    ck_assert_uint_eq(got.events, 1);
}
END_TEST

START_TEST(the_second_write_of_an_action_leaves_no_second_event)
{
    answer_write(200, STAGE_DEPLOYMENT("8", "v1", "3"));
    write_undo(1);
    ck_assert_msg(got.code == ERR_NONE, "%s", got.text);
    ck_assert_uint_eq(got.events, 0);
}
END_TEST

/* ---- where records are looked for ---- */

#define RECORD(name)                                                                               \
    STAGE_LIST("9", "",                                                                            \
               "{'metadata':{'name':'lockstep." name "','annotations':{'lockstep.key':'" name      \
               "'}},'data':{'record':'x'}}")
#define FORBIDDEN STAGE_STATUS("403", "Forbidden", "configmaps is forbidden: User cannot list")

static void on_keys(void *arg, const char *const *keys, size_t count, const struct err *err)
{
    (void)arg;
    got.calls++;
    got.code = err ? err->code : ERR_NONE;
    got.text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(got.text);
        snprintf(got.text + used, sizeof got.text - used, "%s%s", i ? " " : "", keys[i]);
    }
}

static const struct {
    const char *namespaces;
    struct {
        const char *path;
        int status;
        const char *body;
    } answers[3];
    enum err_code code;
    const char *keys;
} listings[] = {
    {"", {{"/api/v1/configmaps", 200, RECORD("a")}}, ERR_NONE, "a"},
    {"pay,shop",
     {{"/api/v1/namespaces/pay/configmaps", 403, FORBIDDEN},
      {"/api/v1/namespaces/shop/configmaps", 200, RECORD("b")},
      {"/api/v1/namespaces/default/configmaps", 403, FORBIDDEN}},
     ERR_NONE,
     "b"},
    {"",
     {{"/api/v1/configmaps", 403, FORBIDDEN},
      {"/api/v1/namespaces/shop/configmaps", 200, RECORD("c")},
      {"/api/v1/namespaces/default/configmaps", 200, RECORD("d")}},
     ERR_NONE,
     "c d"},
    {"pay",
     {{"/api/v1/namespaces/pay/configmaps", 403, FORBIDDEN},
      {"/api/v1/namespaces/default/configmaps", 403, FORBIDDEN}},
     ERR_AUTH,
     ""},
};

START_TEST(records_are_looked_for_where_services_are)
{
    stage.config.namespaces = listings[_i].namespaces;
    for (size_t i = 0; i < 3 && listings[_i].answers[i].path; i++)
        stage_answer(&stage, listings[_i].answers[i].path, listings[_i].answers[i].status,
                     listings[_i].answers[i].body);
    open_driver();
    stage.driver->ops->ledger_list(stage.driver, on_keys, NULL);
    stage_until(&stage, is_told, "listed");
    ck_assert_int_eq(got.code, listings[_i].code);
    ck_assert_str_eq(got.text, listings[_i].keys);
}
END_TEST

SUITE(kubernetes_act)
{
    Suite *suite = suite_create("kubernetes_act");
    TCase *tcase = test_case(suite, "act", 20);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_read_asks_for_nothing_from_a_cache);
    tcase_add_test(tcase, what_is_not_there_is_not_found);
    tcase_add_loop_test(tcase, the_answer_to_a_write_says_whether_it_was_applied, 0,
                        (int)ARRAY_LEN(rows));
    tcase_add_test(tcase, a_write_that_credentials_forbid_was_certainly_not_applied);
    tcase_add_test(tcase, what_moved_since_it_was_read_is_not_written);
    tcase_add_test(tcase, a_start_that_goes_on_keeps_the_template_of_its_manifest);
    tcase_add_test(tcase, what_may_not_be_read_of_a_manifest_is_said_and_refuses_nothing);
    tcase_add_test(tcase, what_is_not_there_of_a_manifest_refuses_the_start);
    tcase_add_test(tcase, read_only_sends_nothing_but_get);
    tcase_add_test(tcase, a_write_whose_places_moved_is_made_anew_while_nothing_else_did);
    tcase_add_test(tcase, a_write_whose_places_moved_for_ever_is_given_up);
    tcase_add_test(tcase, a_write_that_met_somebody_elses_is_not_made_anew);
    tcase_add_test(tcase, an_action_has_left_its_event_when_its_end_is_told);
    tcase_add_test(tcase, an_event_that_nobody_answers_keeps_no_action_from_its_end);
    tcase_add_test(tcase, the_second_write_of_an_action_leaves_no_second_event);
    tcase_add_loop_test(tcase, records_are_looked_for_where_services_are, 0,
                        (int)ARRAY_LEN(listings));
    return suite;
}
