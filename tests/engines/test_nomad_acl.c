/* test_nomad_acl.c: tokens of a real server with ACLs: what one may not do is said before it is
 * tried, and what stops being allowed is not silence. */
#include "base/json.h"
#include "drivers/driver.h"
#include "engines/nomad_rig.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char root[64];
static struct clock *wall;
static struct loop *loop;
static struct driver *driver;
static struct cluster_config config;

struct heard {
    enum cluster_state state;
    enum err_code code;
    char text[400];
    bool synced, answered;
    char who[96], missing[96];
    bool may_view, may_act, verified;
    char denials[400]; /* "<scope>:<missing>\n" of each */
    char by[96];       /* of the last service heard */
};
static struct heard heard;

static const char *word(const json_t *value, const char *key)
{
    const char *text = json_raw(json_object_get(value, key));

    return text ? text : "";
}

static long call(const char *method, const char *path, const char *body, json_t **answer)
{
    return nomad_rig_call_at(nomad_rig_acl_address(), root, method, path, body, answer);
}

static void take_state(void *arg, enum cluster_state state, const struct err *why)
{
    (void)arg;
    heard.state = state;
    heard.code = why ? why->code : ERR_NONE;
    snprintf(heard.text, sizeof heard.text, "%s", why ? why->text : "");
}

static void take_synced(void *arg)
{
    (void)arg;
    heard.synced = true;
}

static void take_nothing(void *arg)
{
    (void)arg;
}

static void take_permissions(void *arg, const struct driver_permissions *permissions,
                             const struct err *err)
{
    (void)arg;
    heard.answered = true;
    heard.code = err ? err->code : ERR_NONE;
    heard.may_view = permissions->may_view;
    heard.may_act = permissions->may_act;
    heard.verified = permissions->verified;
    snprintf(heard.who, sizeof heard.who, "%s", permissions->who);
    snprintf(heard.missing, sizeof heard.missing, "%s", permissions->missing);
    for (size_t i = 0; i < permissions->denial_count; i++) {
        const struct driver_denial *d = &permissions->denials[i];
        size_t len = strlen(heard.denials);
        snprintf(heard.denials + len, sizeof heard.denials - len, "%s:%s\n",
                 d->unscoped ? "-" : d->scope, d->missing);
    }
}

static void take_service(void *arg, const struct service *service)
{
    (void)arg;
    snprintf(heard.by, sizeof heard.by, "%s", service->by);
    service_unref(service);
}

static void take_gone(void *arg, const char *id)
{
    (void)arg;
    (void)id;
}

static void take_node(void *arg, const struct node *node)
{
    (void)arg;
    (void)node;
}

static void take_event(void *arg, const char *id, const char *text)
{
    (void)arg;
    (void)id;
    (void)text;
}

static const char *space = "default";

static void open_as(const char *token)
{
    struct err err = {0};

    heard = (struct heard){0};
    config = (struct cluster_config){.name = "acl",
                                     .kind = "nomad",
                                     .endpoint = nomad_rig_acl_address(),
                                     .ca_file = "",
                                     .cert_file = "",
                                     .key_file = "",
                                     .token = token,
                                     .namespaces = space};
    const struct driver_env env = {.loop = loop,
                                   .sink = {.service = take_service,
                                            .service_gone = take_gone,
                                            .node = take_node,
                                            .node_gone = take_gone,
                                            .event = take_event,
                                            .ledger_changed = take_gone,
                                            .state = take_state,
                                            .synced = take_synced,
                                            .fresh = take_nothing},
                                   .config = &config};
    driver = driver_find("nomad")->open(&env, &err);
    ck_assert_msg(driver != NULL, "%s", err.text);
}

/* One management token for the whole run: bootstrapping works once. */
static void bootstrap(void)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/root-token", nomad_rig_folder());
    if ((file = fopen(path, "r"))) {
        ck_assert(fgets(root, sizeof root, file));
        fclose(file);
        return;
    }
    json_t *answer = NULL;
    for (int i = 0; i < 50 && !json_object_get(answer, "SecretID"); i++) {
        json_decref(answer);
        call("PUT", "acl/bootstrap", NULL, &answer);
    }
    snprintf(root, sizeof root, "%s", word(answer, "SecretID"));
    ck_assert_msg(root[0], "no management token");
    json_decref(answer);
    file = fopen(path, "w");
    fputs(root, file);
    fclose(file);
}

static void setup(void)
{
    bootstrap();
    wall = clock_new_real();
    loop = loop_new(wall);
}

static void teardown(void)
{
    if (driver)
        driver->ops->close(driver);
    driver = NULL;
    loop_free(loop);
    clock_free(wall);
}

/* A token that may look at jobs of the default namespace and nothing else. */
static void make_reader(char *secret, size_t size, char *accessor, size_t accessor_size)
{
    json_t *answer = NULL;

    ck_assert_int_eq(call("PUT", "acl/policy/reader",
                          "{\"Name\":\"reader\",\"Rules\":\"namespace \\\"default\\\" { policy = "
                          "\\\"read\\\" variables { path \\\"*\\\" { capabilities = [\\\"read\\\","
                          "\\\"list\\\"] } } }\\nnode { policy = \\\"read\\\" }\"}",
                          NULL),
                     200);
    ck_assert_int_eq(call("PUT", "acl/token",
                          "{\"Name\":\"reader of jobs\",\"Type\":\"client\",\"Policies\":["
                          "\"reader\"]}",
                          &answer),
                     200);
    snprintf(secret, size, "%s", word(answer, "SecretID"));
    snprintf(accessor, accessor_size, "%s", word(answer, "AccessorID"));
    json_decref(answer);
}

static void turn_until(const bool *flag)
{
    for (int i = 0; i < 1000 && !*flag; i++)
        loop_turn(loop, 20);
    ck_assert(*flag);
}

START_TEST(a_management_token_may_act_and_has_a_name)
{
    open_as(root);
    driver->ops->permissions(driver, take_permissions, NULL);
    turn_until(&heard.answered);
    ck_assert_int_eq(heard.code, ERR_NONE);
    ck_assert_str_eq(heard.who, "Bootstrap Token");
    ck_assert(heard.verified && heard.may_view && heard.may_act);
}
END_TEST

START_TEST(a_token_that_may_only_read_is_told_so_before_a_key)
{
    char secret[64], accessor[64];

    make_reader(secret, sizeof secret, accessor, sizeof accessor);
    open_as(secret);
    driver->ops->permissions(driver, take_permissions, NULL);
    turn_until(&heard.answered);
    ck_assert_str_eq(heard.who, "reader of jobs");
    ck_assert(heard.may_view && !heard.may_act);
    ck_assert_str_eq(heard.missing, "submit-job in namespace default");
    driver->ops->follow(driver);
    turn_until(&heard.synced);
}
END_TEST

START_TEST(a_token_that_expires_makes_the_picture_stale_and_says_why)
{
    char secret[64], accessor[64], path[96];

    make_reader(secret, sizeof secret, accessor, sizeof accessor);
    open_as(secret);
    driver->ops->follow(driver);
    turn_until(&heard.synced);
    snprintf(path, sizeof path, "acl/token/%s", accessor);
    ck_assert_int_eq(call("DELETE", path, NULL, NULL), 200);
    for (int i = 0; i < 1000 && heard.state != CLUSTER_STALE; i++)
        loop_turn(loop, 20);
    ck_assert_int_eq(heard.state, CLUSTER_STALE);
    ck_assert_int_eq(heard.code, ERR_AUTH);
    ck_assert_msg(strstr(heard.text, "403"), "%s", heard.text);
}
END_TEST

/* By its own clock: nobody deletes it. */
START_TEST(a_token_that_runs_out_makes_the_picture_stale_and_says_why)
{
    json_t *answer = NULL;
    char secret[64], accessor[64];

    make_reader(secret, sizeof secret, accessor, sizeof accessor);
    ck_assert_int_eq(call("PUT", "acl/token",
                          "{\"Name\":\"short\",\"Type\":\"client\",\"Policies\":[\"reader\"],"
                          "\"ExpirationTTL\":4000000000}",
                          &answer),
                     200);
    snprintf(secret, sizeof secret, "%s", word(answer, "SecretID"));
    json_decref(answer);
    open_as(secret);
    driver->ops->follow(driver);
    turn_until(&heard.synced);
    for (int i = 0; i < 3000 && heard.state != CLUSTER_STALE; i++)
        loop_turn(loop, 20);
    ck_assert_int_eq(heard.state, CLUSTER_STALE);
    ck_assert_int_eq(heard.code, ERR_AUTH);
    printf("expired: %s\n", heard.text);
}
END_TEST

/* Two namespaces, of which it may act in one. */
START_TEST(a_token_that_may_act_in_one_namespace_has_grey_keys_in_the_other)
{
    json_t *answer = NULL;

    ck_assert_int_eq(call("PUT", "namespace/shop", "{\"Name\":\"shop\"}", NULL), 200);
    ck_assert_int_eq(call("PUT", "acl/policy/shopkeeper",
                          "{\"Name\":\"shopkeeper\",\"Rules\":\"namespace \\\"default\\\" { policy"
                          " = \\\"read\\\" }\\nnamespace \\\"shop\\\" { policy = \\\"write\\\" }"
                          "\\nnode { policy = \\\"read\\\" }\"}",
                          NULL),
                     200);
    ck_assert_int_eq(call("PUT", "acl/token",
                          "{\"Name\":\"shopkeeper\",\"Type\":\"client\",\"Policies\":["
                          "\"shopkeeper\"]}",
                          &answer),
                     200);
    space = "";
    open_as(word(answer, "SecretID"));
    driver->ops->permissions(driver, take_permissions, NULL);
    turn_until(&heard.answered);
    ck_assert(heard.may_view && heard.may_act);
    ck_assert_str_eq(heard.denials, "-:submit-job in namespace default\n");
    driver->ops->follow(driver);
    turn_until(&heard.synced);
    json_decref(answer);
}
END_TEST

/* The servers keep whose token a registration came with. */
START_TEST(who_registered_a_job_is_its_token)
{
    json_t *answer = NULL, *job = NULL;

    ck_assert_int_eq(
        call("PUT", "acl/token", "{\"Name\":\"pipeline\",\"Type\":\"management\"}", &answer), 200);
    ck_assert_int_eq(
        nomad_rig_call_at(nomad_rig_acl_address(), word(answer, "SecretID"), "PUT", "jobs",
                          "{\"Job\":{\"ID\":\"by\",\"Name\":\"by\",\"Type\":\"service\","
                          "\"Datacenters\":[\"dc1\"],\"TaskGroups\":[{\"Name\":\"web\",\"Count\":1,"
                          "\"Tasks\":[{\"Name\":\"t\",\"Driver\":\"mock_driver\",\"Config\":{"
                          "\"run_for\":\"1h\"}}]}]}}",
                          &job),
        200);
    open_as(root);
    driver->ops->follow(driver);
    turn_until(&heard.synced);
    char expected[32];
    snprintf(expected, sizeof expected, "token %.8s", word(answer, "AccessorID"));
    ck_assert_str_eq(heard.by, expected);
    call("DELETE", "job/by?purge=true", NULL, NULL);
    json_decref(answer);
    json_decref(job);
}
END_TEST

START_TEST(no_token_at_all_is_told_to_log_in)
{
    open_as("");
    driver->ops->follow(driver);
    for (int i = 0; i < 1000 && heard.code == ERR_NONE; i++)
        loop_turn(loop, 20);
    ck_assert_int_eq(heard.state, CLUSTER_CONNECTING);
    ck_assert_int_eq(heard.code, ERR_AUTH);
}
END_TEST

SUITE(nomad_acl)
{
    Suite *suite = suite_create("nomad-acl");
    TCase *tc = test_case(suite, "acl", 60);

    if (!nomad_rig_is_ours())
        return suite;
    nomad_rig_need();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_management_token_may_act_and_has_a_name);
    tcase_add_test(tc, a_token_that_may_only_read_is_told_so_before_a_key);
    tcase_add_test(tc, a_token_that_expires_makes_the_picture_stale_and_says_why);
    tcase_add_test(tc, a_token_that_runs_out_makes_the_picture_stale_and_says_why);
    tcase_add_test(tc, a_token_that_may_act_in_one_namespace_has_grey_keys_in_the_other);
    tcase_add_test(tc, who_registered_a_job_is_its_token);
    tcase_add_test(tc, no_token_at_all_is_told_to_log_in);
    return suite;
}
