/* Contracts, stores and clients beside what is observed: what a key is answered. */
#include "guard/bind.h"
#include "guard/guard.h"
#include "release/release.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A cluster of a few services, each on nodes of its own choice. */
static struct fleet *fleet;
static struct bind *bind;
static const struct snapshot *snapshot;
static struct arena *arena;
static struct facts facts;
static struct guard_policy policy;
static const char *waits; /* version that the services to come wait to move to; NULL none */

static void setup(void)
{
    fleet = fleet_new();
    policy = guard_policy_default();
    bind = bind_new(&policy);
    arena = arena_new(1024);
    facts = (struct facts){0};
    snapshot = NULL;
    waits = NULL;
}

static void teardown(void)
{
    bind_free(bind);
    snapshot_unref(snapshot);
    fleet_free(fleet);
    arena_free(arena);
}

static void node(const char *name, enum node_state state)
{
    const struct node one = {
        .cluster = "c", .id = name, .name = name, .state = state, .state_utc_ms = -1, .note = ""};

    fleet_put_node(fleet, &one);
    bind_nodes_changed(bind);
}

/* `places`: "node:version node:version"; the first version is what it wants. */
static void service(const char *name, const char *contract, const char *places)
{
    struct service *s = service_new();
    char text[200], *rest = NULL;

    s->cluster = "c";
    s->id = s->name = arena_strdup(s->arena, name);
    s->scope = s->owner = s->was = s->artifact = s->reason = s->by = "";
    s->kind = "service";
    s->revision = "1";
    s->spec_digest = "spec";
    s->contract = arena_strdup(s->arena, contract);
    s->versions = arena_alloc(s->arena, 8, sizeof *s->versions);
    s->placements = arena_alloc(s->arena, 8, sizeof *s->placements);
    s->wants = "";
    snprintf(text, sizeof text, "%s", places);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *colon = strchr(word, ':');
        uint32_t v = 0;
        *colon = '\0';
        while (v < s->version_count && strcmp(s->versions[v].version, colon + 1) != 0)
            v++;
        if (v == s->version_count)
            s->versions[s->version_count++] =
                (struct version_count){.version = arena_strdup(s->arena, colon + 1), .digest = ""};
        s->versions[v].count[INSTANCE_SERVING]++;
        struct placement *place = &s->placements[s->placement_count++];
        *place = (struct placement){.node = arena_strdup(s->arena, word), .version = v};
        place->count[INSTANCE_SERVING] = 1;
        s->replicas++;
    }
    if (s->version_count)
        s->wants = s->versions[0].version;
    if (waits) {
        s->was = s->wants;
        s->wants = waits;
        s->motion = MOTION_RESTING;
    }
    s->since_utc_ms = -1;
    const struct service *sealed = service_seal(s);
    bind_put_service(bind, sealed);
    fleet_put_service(fleet, sealed);
}

static void moving(const char *name, const char *from, const char *to)
{
    struct release *release = release_new();

    release->stage = STAGE_WAVE;
    snprintf(release->from, sizeof release->from, "%s", from);
    snprintf(release->to, sizeof release->to, "%s", to);
    bind_put_release(bind, name, release);
    release_free(release);
}

static void declare(const char *text)
{
    struct err err = {0};
    json_t *root = json_parse_yaml(text, strlen(text), "facts", &err);

    ck_assert_msg(root != NULL, "%s", err.text);
    struct json_at at = json_root(root, "facts", arena);
    struct json_at stores = json_key(&at, "stores"), clients = json_key(&at, "clients");
    struct json_at contracts = json_key(&at, "contracts");
    facts = (struct facts){0};
    ck_assert_msg(facts_read_stores(&stores, &facts, &err), "%s", err.text);
    ck_assert_msg(facts_read_clients(&clients, &facts, &err), "%s", err.text);
    facts.contracts =
        arena_alloc(arena, json_array_size(contracts.value) + 1, sizeof *facts.contracts);
    for (size_t i = 0; i < json_array_size(contracts.value); i++) {
        struct json_at item = json_index(&contracts, i);
        struct contract *contract = &facts.contracts[facts.contract_count++];
        *contract = (struct contract){.digest = ""};
        ck_assert_msg(contract_parse(&item, CONTRACT_ALONE, contract, &err), "%s", err.text);
    }
    json_decref(root);
    bind_put_facts(bind, FACTS_SETTINGS, &facts);
}

static struct guard_input input(const char *name, const struct release *release)
{
    snapshot_unref(snapshot);
    snapshot = fleet_snapshot(fleet);
    return (struct guard_input){.snapshot = snapshot,
                                .service = snapshot_find_service(snapshot, "c", name),
                                .release = release,
                                .utc_ms = 1800000000000,
                                .bind = bind};
}

static struct verdict ask(const char *name, enum verb verb, const char *version)
{
    struct guard_input in = input(name, NULL);
    const struct guard_ask question = {
        .verb = verb, .version = version, .to_count = 1, .spec_digest = ""};
    struct verdict verdict;

    guard_judge(&in, &question, arena, &verdict);
    return verdict;
}

static void expect_broken(const char *name, enum verb verb, const char *version, enum rule_id rule,
                          const char *part)
{
    struct verdict verdict = ask(name, verb, version);

    const struct finding *finding = &verdict.findings[rule];

    ck_assert_msg(verdict.answer != ANSWER_ALLOW && finding->answer >= ANSWER_UNKNOWN &&
                      strstr(finding->sentence, part),
                  "%s %s: %s %s '%s'", name, version, rule_word[rule], answer_word[finding->answer],
                  finding->sentence);
}

static void expect_allowed(const char *name, enum verb verb, const char *version)
{
    struct verdict verdict = ask(name, verb, version);

    for (unsigned r = 0; r < RULE_COUNT; r++)
        ck_assert_msg(verdict.answer == ANSWER_ALLOW ||
                          verdict.findings[r].level == LEVEL_OBSERVE ||
                          verdict.findings[r].answer < ANSWER_UNKNOWN,
                      "%s %s: %s %s", name, version, rule_word[r], verdict.findings[r].sentence);
    ck_assert_int_eq((int)verdict.answer, ANSWER_ALLOW);
}

START_TEST(without_contracts_what_nobody_said_is_unknown_and_refuses_nothing)
{
    setup();
    service("web", "", "n1:1 n2:1");
    struct verdict verdict = ask("web", VERB_START, "2");
    ck_assert_int_eq((int)verdict.answer, ANSWER_ALLOW);
    static const enum rule_id silent[] = {RULE_R0, RULE_R1, RULE_R2, RULE_RC};
    for (size_t i = 0; i < ARRAY_LEN(silent); i++) {
        ck_assert_int_eq((int)verdict.findings[silent[i]].answer, ANSWER_UNKNOWN);
        ck_assert_int_eq((int)verdict.findings[silent[i]].level, LEVEL_OBSERVE);
    }
    ck_assert_int_eq((int)verdict.findings[RULE_R3].answer, ANSWER_ALLOW);
    ck_assert_int_eq((int)verdict.findings[RULE_R3].level, LEVEL_WARN);
    ck_assert_int_eq((int)verdict.findings[RULE_R4].answer, ANSWER_NOT_EVALUATED);
    teardown();
}
END_TEST

START_TEST(a_third_version_warns_from_day_one)
{
    setup();
    service("web", "", "n1:2 n2:1");
    struct verdict verdict = ask("web", VERB_START, "3");
    ck_assert_int_eq((int)verdict.answer, ANSWER_REFUSE);
    ck_assert_int_eq((int)verdict.findings[RULE_R3].answer, ANSWER_REFUSE);
    ck_assert_int_eq((int)verdict.level, LEVEL_WARN);
    teardown();
}
END_TEST

#define V1 "{service: web, version: '1', reads: {d: [x]}, writes: {d: [x]}, provides: [G/1]}"
#define V2                                                                                         \
    "{service: web, version: '2', follows: ['1'], change: [code], reads: {d: [x]}, "               \
    "writes: {d: [x]}, provides: [G/1]}"

START_TEST(a_declared_step_is_allowed_and_an_undeclared_version_is_not)
{
    setup();
    service("web", V1, "n1:1 n2:1 n3:1");
    declare("{contracts: [" V2 "]}");
    expect_allowed("web", VERB_START, "2");
    expect_broken("web", VERB_START, "3", RULE_R0, "version 3 of web is not declared");
    ck_assert_int_eq((int)ask("web", VERB_START, "3").level, LEVEL_WARN);
    teardown();
}
END_TEST

START_TEST(a_version_that_is_not_adjacent_is_more_than_one_step)
{
    setup();
    service("web", V1, "n1:1 n2:1");
    declare("{contracts: [{service: web, version: '9', follows: ['8'], provides: [G/1], reads: "
            "{d: [x]}}]}");
    expect_broken("web", VERB_START, "9", RULE_R3, "more than one step");
    teardown();
}
END_TEST

START_TEST(a_format_that_a_silent_node_cannot_read_is_refused_and_the_node_is_named)
{
    setup();
    node("n2", NODE_SILENT);
    service("web", V1, "n1:1 n2:1");
    declare("{contracts: [{service: web, version: '2', follows: ['1'], change: ['write+'], "
            "reads: {d: [x, y]}, writes: {d: [y]}, provides: [G/1]}]}");
    struct verdict verdict = ask("web", VERB_START, "2");
    const struct finding *finding = &verdict.findings[RULE_R1];
    ck_assert_int_eq((int)finding->answer, ANSWER_REFUSE);
    ck_assert_ptr_nonnull(strstr(finding->way_out, "fence n2"));
    node("n2", NODE_FENCED);
    verdict = ask("web", VERB_START, "2");
    ck_assert_ptr_null(strstr(verdict.findings[RULE_R1].way_out, "fence n2"));
    teardown();
}
END_TEST

START_TEST(what_came_before_is_at_rest_until_it_is_attested_as_gone)
{
    static const char record[] = "{attested: {d: {x: {by: ann, reason: scan, at: now, id: x}}}}";
    struct err err = {0};
    struct facts attested = {0};

    setup();
    service("web",
            "{service: web, version: '2', follows: ['1'], reads: {d: [x, y]}, writes: "
            "{d: [y]}}",
            "n1:2 n2:2");
    declare("{contracts: [{service: web, version: '1', reads: {d: [x]}, writes: {d: [x]}}, "
            "{service: web, version: '3', follows: ['2'], change: ['read-'], reads: {d: [y]}, "
            "writes: {d: [y]}}]}");
    expect_broken("web", VERB_START, "3", RULE_R1, "cannot read x, which may be at rest in d");
    json_t *root = json_parse_yaml(record, strlen(record), "r", &err);
    struct json_at at = json_root(root, "r", arena);
    ck_assert_msg(facts_read_record(&at, &attested, &err), "%s", err.text);
    bind_put_facts(bind, FACTS_RECORD, &attested);
    expect_allowed("web", VERB_START, "3");
    json_decref(root);
    teardown();
}
END_TEST

START_TEST(an_attestation_is_worth_nothing_while_somebody_writes_the_format)
{
    setup();
    service("web", V1, "n1:1 n2:1");
    declare("{contracts: [{service: web, version: '2', follows: ['1'], change: ['read-'], reads: "
            "{d: [y]}, provides: [G/1]}]}");
    struct attestation gone = {.format = "x", .said = {"", "", ""}};
    struct store_fact store = {.name = "d", .owner = "", .gone = &gone, .gone_count = 1};
    struct facts attested = {.stores = &store, .store_count = 1};
    bind_put_facts(bind, FACTS_RECORD, &attested);
    expect_broken("web", VERB_START, "2", RULE_R1, "cannot read x");
    teardown();
}
END_TEST

START_TEST(a_coupled_service_in_flight_holds_its_neighbours_but_not_their_way_back)
{
    setup();
    service("web", V1, "n1:1 n2:1");
    service("shop", "{service: shop, version: '1', requires: {web: [G/1]}}", "n1:1 n2:1");
    declare("{contracts: [" V2 ", {service: shop, version: '2', follows: ['1'], change: [code, "
            "'api+'], provides: [S/1], requires: {web: [G/1]}}]}");
    expect_allowed("web", VERB_START, "2");
    moving("shop", "1", "2");
    expect_broken("web", VERB_START, "2", RULE_R2, "coupled to shop, which is moving to 2");
    struct verdict verdict = ask("web", VERB_ROLLBACK, "1");
    ck_assert_int_eq((int)verdict.findings[RULE_R2].answer, ANSWER_ALLOW);
    teardown();
}
END_TEST

START_TEST(a_neighbours_record_of_a_newer_lockstep_is_never_an_allow)
{
    struct release *release = release_new();
    struct verdict verdict;

    setup();
    service("web", V1, "n1:1 n2:1");
    service("shop", "{service: shop, version: '1', requires: {web: [G/1]}}", "n1:1 n2:1");
    declare("{contracts: [" V2 "]}");
    expect_allowed("web", VERB_START, "2");
    release->newer = true;
    bind_put_release(bind, "shop", release);
    verdict = ask("web", VERB_START, "2");
    ck_assert_int_eq(verdict.findings[RULE_R2].answer, ANSWER_UNKNOWN);
    ck_assert_ptr_nonnull(strstr(verdict.findings[RULE_R2].sentence, "coupled to was written"));
    release_free(release);
    teardown();
}
END_TEST

START_TEST(a_version_that_waits_for_its_first_key_holds_nobody)
{
    setup();
    service("web", V1, "n1:1 n2:1");
    waits = "2";
    service("shop", "{service: shop, version: '1', requires: {web: [G/1]}}", "n1:1 n2:1");
    declare("{contracts: [" V2 ", {service: shop, version: '2', follows: ['1'], change: [code, "
            "'api+'], provides: [S/1], requires: {web: [G/1]}}]}");
    expect_allowed("web", VERB_START, "2");
    service("shop", "{service: shop, version: '1', requires: {web: [G/1]}}", "n1:1 n2:2");
    expect_broken("web", VERB_START, "2", RULE_R2, "coupled to shop, which is moving to 2");
    teardown();
}
END_TEST

START_TEST(a_change_of_code_alone_locks_nobody)
{
    setup();
    service("web", V1, "n1:1 n2:1");
    service("shop", "{service: shop, version: '1', requires: {web: [G/1]}}", "n1:1 n2:1");
    declare("{contracts: [" V2 ", {service: shop, version: '2', follows: ['1'], change: [code], "
            "requires: {web: [G/1]}}]}");
    moving("shop", "1", "2");
    expect_allowed("web", VERB_START, "2");
    teardown();
}
END_TEST

START_TEST(what_a_live_consumer_calls_must_stay)
{
    setup();
    service("web", V1, "n1:1 n2:1");
    service("shop", "{service: shop, version: '1', requires: {web: [G/1]}}", "n1:1 n2:1");
    declare("{contracts: [{service: web, version: '2', follows: ['1'], change: ['api-'], reads: "
            "{d: [x]}, writes: {d: [x]}}]}");
    expect_broken("web", VERB_START, "2", RULE_R2, "shop 1 requires G/1");
    teardown();
}
END_TEST

START_TEST(what_clients_still_call_must_stay)
{
    setup();
    service("web", V1, "n1:1 n2:1");
    declare("{contracts: [{service: web, version: '2', follows: ['1'], change: ['api-'], reads: "
            "{d: [x]}, writes: {d: [x]}}], clients: {app-3: {requires: {web: [G/1]}, usage: "
            "{G/1: 12}}}}");
    expect_broken("web", VERB_START, "2", RULE_RC, "app-3");
    teardown();
}
END_TEST

START_TEST(a_contract_that_cannot_be_read_is_never_an_allow)
{
    setup();
    service("web", "{service: web, version: '1', neds: {}}", "n1:1 n2:1");
    expect_broken("web", VERB_START, "2", RULE_R0, "unknown field 'neds'");
    teardown();
}
END_TEST

START_TEST(two_contracts_of_one_version_that_differ_are_never_an_allow)
{
    setup();
    service("web", V1, "n1:1 n2:1");
    declare("{contracts: [" V2 ", {service: web, version: '1'}]}");
    expect_broken("web", VERB_START, "2", RULE_R0, "two contracts that differ");
    teardown();
}
END_TEST

START_TEST(the_way_back_does_not_wait_for_a_contract_nobody_declared)
{
    setup();
    service("web",
            "{service: web, version: '2', follows: ['1'], provides: [G/2], reads: {d: "
            "[x]}}",
            "n1:2 n2:1");
    expect_allowed("web", VERB_ROLLBACK, "1");
    teardown();
}
END_TEST

START_TEST(the_way_back_must_read_what_may_be_at_rest)
{
    setup();
    service("web",
            "{service: web, version: '2', follows: ['1'], reads: {d: [x, y]}, writes: "
            "{d: [y]}}",
            "n1:2 n2:1");
    declare("{contracts: [{service: web, version: '1', reads: {d: [x]}, writes: {d: [x]}}]}");
    expect_broken("web", VERB_ROLLBACK, "1", RULE_R1, "cannot read y");
    teardown();
}
END_TEST

START_TEST(settings_raise_and_lower_levels)
{
    static const char text[] = "{default: enforce, web: {R3: observe}, old: observe}";
    struct err err = {0};
    json_t *root = json_parse_yaml(text, strlen(text), "l", &err);

    setup();
    struct json_at at = json_root(root, "l", arena);
    ck_assert_msg(policy_read_levels(&at, &policy, &err), "%s", err.text);
    ck_assert_int_eq((int)policy_level(&policy, "shop", true, RULE_R0, FROM_CONTRACTS),
                     LEVEL_ENFORCE);
    ck_assert_int_eq((int)policy_level(&policy, "shop", false, RULE_R0, FROM_CONTRACTS),
                     LEVEL_OBSERVE);
    ck_assert_int_eq((int)policy_level(&policy, "shop", false, RULE_R2, FROM_SIGHT), LEVEL_ENFORCE);
    ck_assert_int_eq((int)policy_level(&policy, "old", true, RULE_R1, FROM_CONTRACTS),
                     LEVEL_OBSERVE);
    ck_assert_int_eq((int)policy_level(&policy, "web", false, RULE_RL, FROM_SIGHT), LEVEL_ENFORCE);
    service("web", "", "n1:2 n2:1");
    ck_assert_int_eq((int)ask("web", VERB_START, "3").answer, ANSWER_ALLOW);
    json_decref(root);
    teardown();
}
END_TEST

START_TEST(the_basis_moves_with_what_neighbours_run_and_do)
{
    setup();
    service("web", V1, "n1:1 n2:1");
    service("shop", "{service: shop, version: '1', requires: {web: [G/1]}}", "n1:1 n2:1");
    declare("{contracts: [" V2 "]}");
    struct guard_input in = input("web", NULL);
    uint64_t shown = guard_basis(&in);
    ask("web", VERB_START, "7"); /* a version that nobody named before changes nothing */
    in = input("web", NULL);
    ck_assert(guard_basis(&in) == shown);
    service("shop", "{service: shop, version: '1', requires: {web: [G/1]}}", "n2:1 n1:1");
    in = input("web", NULL);
    ck_assert(guard_basis(&in) == shown);
    moving("shop", "1", "2");
    in = input("web", NULL);
    uint64_t held = guard_basis(&in);
    ck_assert(held != shown);
    bind_put_release(bind, "shop", NULL);
    service("shop", "{service: shop, version: '1', requires: {web: [G/1]}}", "n1:1 n2:3");
    in = input("web", NULL);
    ck_assert(guard_basis(&in) != shown);
    teardown();
}
END_TEST

START_TEST(an_element_that_vanished_under_its_callers_is_an_alarm)
{
    struct finding found[WATCH_MAX];

    setup();
    service("web", V1, "n1:1 n2:1");
    service("shop", "{service: shop, version: '1', requires: {web: [G/1]}}", "n1:1 n2:1");
    struct guard_input in = input("web", NULL);
    ck_assert_uint_eq(guard_watch(&in, arena, found), 0);
    service("web", "{service: web, version: '2', follows: ['1']}", "n1:2 n2:2");
    in = input("web", NULL);
    ck_assert_uint_eq(guard_watch(&in, arena, found), 1);
    ck_assert_int_eq((int)found[0].rule, RULE_R2);
    ck_assert_int_eq((int)found[0].kind, (int)ALARM_CALLS);
    ck_assert_str_eq(found[0].witnesses[0].object, "version 1 of shop");
    teardown();
}
END_TEST

START_TEST(two_coupled_services_that_both_change_are_an_alarm_at_each)
{
    struct finding found[WATCH_MAX];
    bool coupled = false;

    setup();
    service("web", V1, "n1:1 n2:1");
    service("shop", "{service: shop, version: '1', requires: {web: [G/1]}}", "n1:1 n2:1");
    moving("shop", "1", "2");
    struct release release = {.stage = STAGE_CANARY, .from = "1", .to = "2"};
    struct guard_input in = input("web", &release);
    size_t count = guard_watch(&in, arena, found);
    for (size_t i = 0; i < count; i++)
        if (found[i].kind == ALARM_COUPLED) {
            coupled = true;
            ck_assert_str_eq(found[i].witnesses[0].object, "service shop");
        }
    ck_assert(coupled);
    teardown();
}
END_TEST

static void count_one(void *arg, const char *id)
{
    (void)id;
    ++*(int *)arg;
}

START_TEST(only_coupled_services_are_judged_anew)
{
    int touched = 0;

    setup();
    service("alone", "{service: alone, version: '1'}", "n1:1");
    service("bare", "", "n1:1");
    service("shop", "{service: shop, version: '1', requires: {web: [G/1]}}", "n1:1 n2:1");
    service("web", V1, "n1:1 n2:1");
    bind_each_coupled(bind, "web", count_one, &touched);
    ck_assert_int_eq(touched, 1);
    bind_each_coupled(bind, "alone", count_one, &touched);
    bind_each_coupled(bind, "bare", count_one, &touched);
    bind_each_coupled(bind, "nobody", count_one, &touched);
    ck_assert_int_eq(touched, 1);
    bind_drop_service(bind, "shop");
    bind_each_coupled(bind, "web", count_one, &touched);
    ck_assert_int_eq(touched, 1);
    teardown();
}
END_TEST

START_TEST(what_was_declared_is_remembered_when_the_workload_declares_the_next)
{
    setup();
    service("web", V1, "n1:1 n2:1");
    service("web", V2, "n1:2 n2:1");
    ck_assert_ptr_nonnull(bind_contract(bind, "web", "1"));
    ck_assert_ptr_nonnull(bind_contract(bind, "web", "2"));
    ck_assert_ptr_null(bind_contract(bind, "web", "3"));
    expect_allowed("web", VERB_STEP, "2");
    expect_allowed("web", VERB_ROLLBACK, "1");
    teardown();
}
END_TEST

SUITE(guard_declared)
{
    Suite *suite = suite_create("guard_declared");
    TCase *tcase = test_case(suite, "declared", 10);

    tcase_add_test(tcase, without_contracts_what_nobody_said_is_unknown_and_refuses_nothing);
    tcase_add_test(tcase, a_third_version_warns_from_day_one);
    tcase_add_test(tcase, a_declared_step_is_allowed_and_an_undeclared_version_is_not);
    tcase_add_test(tcase, a_version_that_is_not_adjacent_is_more_than_one_step);
    tcase_add_test(tcase, a_format_that_a_silent_node_cannot_read_is_refused_and_the_node_is_named);
    tcase_add_test(tcase, what_came_before_is_at_rest_until_it_is_attested_as_gone);
    tcase_add_test(tcase, an_attestation_is_worth_nothing_while_somebody_writes_the_format);
    tcase_add_test(tcase, a_coupled_service_in_flight_holds_its_neighbours_but_not_their_way_back);
    tcase_add_test(tcase, a_neighbours_record_of_a_newer_lockstep_is_never_an_allow);
    tcase_add_test(tcase, a_version_that_waits_for_its_first_key_holds_nobody);
    tcase_add_test(tcase, a_change_of_code_alone_locks_nobody);
    tcase_add_test(tcase, what_a_live_consumer_calls_must_stay);
    tcase_add_test(tcase, what_clients_still_call_must_stay);
    tcase_add_test(tcase, a_contract_that_cannot_be_read_is_never_an_allow);
    tcase_add_test(tcase, two_contracts_of_one_version_that_differ_are_never_an_allow);
    tcase_add_test(tcase, the_way_back_does_not_wait_for_a_contract_nobody_declared);
    tcase_add_test(tcase, the_way_back_must_read_what_may_be_at_rest);
    tcase_add_test(tcase, settings_raise_and_lower_levels);
    tcase_add_test(tcase, the_basis_moves_with_what_neighbours_run_and_do);
    tcase_add_test(tcase, an_element_that_vanished_under_its_callers_is_an_alarm);
    tcase_add_test(tcase, two_coupled_services_that_both_change_are_an_alarm_at_each);
    tcase_add_test(tcase, only_coupled_services_are_judged_anew);
    tcase_add_test(tcase, what_was_declared_is_remembered_when_the_workload_declares_the_next);
    return suite;
}
