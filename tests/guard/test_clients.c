/* What clients call and whether they are supported: said in the settings, and attested since. */
#include "board/build.h"
#include "guard/bind.h"
#include "guard/guard.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static struct bind *bind;
static struct arena *arena;
static const struct service *web;
static const struct snapshot *snapshot;
static struct facts settings, told;
static struct guard_policy policy;

/* Version 2 of web leaves G/1 out, which the settings know to be called by app-3, 12 times. */
static const char declared[] =
    "{contracts: [{service: web, version: '2', follows: ['1'], change: ['api-'], reads: {d: [x]}, "
    "writes: {d: [x]}}], clients: {app-3: {requires: {web: [G/1]}, usage: {G/1: 12}}}}";

static json_t *yaml(const char *text)
{
    struct err err = {0};
    json_t *root = json_parse_yaml(text, strlen(text), "text", &err);

    ck_assert_msg(root != NULL, "%s", err.text);
    return root;
}

static void read_settings(void)
{
    struct err err = {0};
    json_t *root = yaml(declared);
    struct json_at at = json_root(root, "settings", arena), clients = json_key(&at, "clients");
    struct json_at contracts = json_key(&at, "contracts"), first = json_index(&contracts, 0);

    settings.contracts = arena_alloc(arena, 1, sizeof *settings.contracts);
    settings.contracts[0] = (struct contract){.digest = ""};
    ck_assert_msg(contract_parse(&first, CONTRACT_ALONE, settings.contracts, &err), "%s", err.text);
    settings.contract_count = 1;
    ck_assert_msg(facts_read_clients(&clients, &settings, &err), "%s", err.text);
    bind_put_facts(bind, FACTS_SETTINGS, &settings);
    json_decref(root);
}

static void setup(const char *record)
{
    struct service *service = build_service("1");
    struct err err = {0};

    policy = guard_policy_default();
    settings = told = (struct facts){0};
    arena = arena_new(1024);
    bind = bind_new(&policy);
    build_instances(service, "1", INSTANCE_SERVING, 8, "n1");
    service->contract = "{service: web, version: '1', reads: {d: [x]}, writes: {d: [x]}, "
                        "provides: [G/1]}";
    web = service_seal(service);
    snapshot = build_snapshot(web);
    bind_put_service(bind, web);
    read_settings();
    json_t *root = yaml(record);
    struct json_at at = json_root(root, "record", arena);
    ck_assert_msg(facts_read_record(&at, &told, &err), "%s", err.text);
    bind_put_facts(bind, FACTS_RECORD, &told);
    json_decref(root);
}

static void teardown(void)
{
    bind_free(bind);
    snapshot_unref(snapshot);
    service_unref(web);
    arena_free(arena);
}

static const struct finding *ask(struct verdict *verdict)
{
    const struct guard_input in = {
        .snapshot = snapshot, .service = web, .utc_ms = 1800000000000, .bind = bind};
    const struct guard_ask start = {
        .verb = VERB_START, .version = "2", .to_count = 1, .spec_digest = ""};

    guard_judge(&in, &start, arena, verdict);
    return &verdict->findings[RULE_RC];
}

#define BY_ANN ", by: ann, reason: log, at: noon, id: x"

START_TEST(what_the_record_says_of_clients_stands_over_the_settings)
{
    static const struct {
        const char *record, *witness; /* NULL: nobody needs the element any more */
    } row[] = {
        {"{clients: {app-3: {usage: {G/1: {calls: 0" BY_ANN "}}}}}",
         "12 calls of G/1, support not ended"},
        {"{clients: {app-3: {requires: {web: [G/1]}, usage: {G/1: {calls: 0" BY_ANN "}}}}}",
         "0 calls of G/1 (ann, noon), support not ended"},
        {"{clients: {app-3: {requires: {web: [G/1]}, support: {ended: true" BY_ANN "}}}}",
         "12 calls of G/1, support ended (ann, noon)"},
        {"{clients: {app-3: {requires: {web: [G/1]}, usage: {G/1: {calls: 0}}, "
         "support: {ended: true, by: bob}}}}",
         NULL},
        {"{clients: {app-3: {requires: {web: [G/1]}, usage: {G/1: {calls: 7, by: bob}}, "
         "support: {ended: true, by: bob}}}}",
         "7 calls of G/1 (bob), support ended (bob)"},
        {"{clients: {app-3: {requires: {web: [H/1], other: [G/1]}, usage: {H/1: {calls: 3}}}}}",
         "12 calls of G/1, support not ended"},
        {"{clients: {app-4: {requires: {web: [G/1]}, usage: {G/1: {calls: 3}}}}}",
         "12 calls of G/1, support not ended"},
    };

    struct verdict verdict;

    setup(row[_i].record);
    const struct finding *finding = ask(&verdict);
    ck_assert_int_eq(finding->answer, row[_i].witness ? ANSWER_REFUSE : ANSWER_ALLOW);
    if (row[_i].witness)
        ck_assert_str_eq(finding->witnesses[0].fact, row[_i].witness);
    teardown();
}
END_TEST

START_TEST(clients_that_only_the_record_knows_count_as_well)
{
    struct verdict verdict;

    setup("{clients: {app-4: {requires: {web: [G/1]}, usage: {G/1: {calls: 3}}}}}");
    const struct finding *finding = ask(&verdict);
    ck_assert_uint_eq(finding->witness_count, 2);
    ck_assert_str_eq(finding->witnesses[1].object, "clients app-4");
    teardown();
}
END_TEST

START_TEST(what_clients_require_is_told_from_all_that_is_known)
{
    static const struct {
        const char *clients, *element, *requires, *why;
    } row[] = {
        {"app-3", NULL, "{\"web\":[\"G/1\"]}", ""},
        {"app-3", "G/1", "{\"web\":[\"G/1\"]}", ""},
        {"app-4", NULL, "{\"shop\":[\"S/1\"],\"web\":[\"G/1\",\"G/2\"]}", ""},
        {"new", "G/1", "{\"web\":[\"G/1\"]}", ""},
        {"app-3", "Z/1", NULL, "no contract provides that element"},
        {"new", NULL, NULL, "no clients are called that"},
    };
    const char *why;

    setup("{clients: {app-4: {requires: {web: [G/1, G/2], shop: [S/1]}}, app-3: "
          "{requires: {web: [G/1]}}}}");
    json_t *requires = bind_client_requires(bind, row[_i].clients, row[_i].element, &why);
    ck_assert_msg(strncmp(why, row[_i].why, strlen(row[_i].why)) == 0, "%s", why);
    ck_assert(!requires == !row[_i].requires);
    if (requires) {
        char *text = json_dumps(requires, JSON_COMPACT | JSON_SORT_KEYS);
        ck_assert_str_eq(text, row[_i].requires);
        free(text);
    }
    json_decref(requires);
    teardown();
}
END_TEST

SUITE(guard_clients)
{
    Suite *suite = suite_create("guard_clients");
    TCase *tcase = test_case(suite, "clients", 30);

    tcase_add_loop_test(tcase, what_the_record_says_of_clients_stands_over_the_settings, 0, 7);
    tcase_add_test(tcase, clients_that_only_the_record_knows_count_as_well);
    tcase_add_loop_test(tcase, what_clients_require_is_told_from_all_that_is_known, 0, 6);
    return suite;
}
