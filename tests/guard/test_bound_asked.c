/* What a key is answered by contracts: warnings, digests, who is watched, what is clean. */
#include "guard/bound_by_hand.h"
#include "guard/deed.h"
#include "guard/judge.h"
#include "guard/scenario.h"

#include "base/mem.h"

/* 0 reads f alone; 1 and 2 read f and g; 2 writes g. */
START_TEST(a_canary_that_burns_the_way_back_warns_when_it_is_allowed)
{
    static const struct {
        const char *reads_of_1;
        enum verb verb;
        const char *warning;
    } rows[] = {
        {"[f, g]", VERB_START, "after this the oldest version web can return to is 1, now 0"},
        {"[f, g]", VERB_STEP, "after this the oldest version web can return to is 1, now 0"},
        {"[f]", VERB_START, ""}, /* refused */
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[600];

        setup();
        snprintf(text, sizeof text,
                 "{contracts: [{service: web, version: '0', reads: {d: [f]}, writes: {d: [f]}}, "
                 "{service: web, version: '1', follows: ['0'], reads: {d: %s}, writes: {d: [f]}}, "
                 "{service: web, version: '2', follows: ['1'], change: ['write+'], "
                 "reads: {d: [f, g]}, writes: {d: [f, g]}}]}",
                 rows[i].reads_of_1);
        declare(FACTS_SETTINGS, text);
        service("web", "", "n1:1");
        struct verdict verdict = ask("web", rows[i].verb, "2");
        ck_assert_msg(strcmp(verdict.warning, rows[i].warning) == 0, "row %zu: %s", i,
                      verdict.warning);
        teardown();
    }
}
END_TEST

/* Of the version that is asked for, and of no other. */
START_TEST(the_digest_of_a_version_is_its_own)
{
#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    static const struct {
        const char *places, *digests[2];
        enum answer answer;
    } rows[] = {
        {"n1:1 n2:2", {"sha256:" B64, ""}, ANSWER_ALLOW},
        {"n1:1 n2:2", {"", "sha256:" B64}, ANSWER_REFUSE},
        {"n1:2 n2:1", {"sha256:" B64, ""}, ANSWER_REFUSE},
        {"n1:2 n2:1", {"sha256:" A64, "sha256:" B64}, ANSWER_ALLOW},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        setup();
        struct service *s = made(
            "web", "web", "{service: web, version: '2', follows: ['1'], digest: 'sha256:" A64 "'}",
            "2", rows[i].places);
        for (size_t v = 0; v < 2; v++)
            s->versions[v].digest = rows[i].digests[v];
        put(s);
        struct verdict verdict = ask("web", VERB_STEP, "2");
        ck_assert_msg(verdict.findings[RULE_R0].answer == rows[i].answer, "row %zu: %s", i,
                      verdict.findings[RULE_R0].sentence);
        teardown();
    }
}
END_TEST

/* Which versions are next to each other only its own contracts say, and alarms that rest on them
 * are its own. */
START_TEST(of_a_service_without_a_contract_others_contracts_say_nothing)
{
    struct finding found[WATCH_MAX];

    setup();
    service("web", "{service: web, version: '2', follows: ['1'], requires: {lib: [G]}}", "n1:2");
    service("lib", "", "n1:1");
    ck_assert_int_eq((int)ask("lib", VERB_START, "2").findings[RULE_R3].answer, ANSWER_ALLOW);
    in_flight("web");
    in_flight("lib");
    ck_assert_uint_eq(alarms("lib", found), 0);
    teardown();
}
END_TEST

START_TEST(clean_is_asked_of_every_rule_and_every_version)
{
    static const struct {
        const char *contracts, *places;
        enum rule_id rule;
        bool clean;
    } rows[] = {
        {"{service: web, version: '1'}", "n1:2", RULE_R0, false},
        {"{service: web, version: '1'}", "n1:2", RULE_R2, true},
        {"{service: web, version: '1', provides: [A]}", "n1:1", RULE_RC, true},
        {"{service: web, version: '1'}", "n1:1", RULE_RC, false},
        {"{service: web, version: '1', requires: {gone: [G]}, provides: [A]}", "n1:1", RULE_R2,
         false},
        {"{service: web, version: '1', needs: {d: [c]}, provides: [A]}", "n1:1", RULE_R1, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[400];

        setup();
        snprintf(text, sizeof text,
                 "{contracts: [%s], stores: {d: {has: []}}, "
                 "clients: {app: {requires: {web: [A]}, usage: {A: 1}}}}",
                 rows[i].contracts);
        declare(FACTS_SETTINGS, text);
        service("web", "", rows[i].places);
        ck_assert_msg(clean("web", 1u << rows[i].rule) == rows[i].clean, "row %zu", i);
        teardown();
    }
}
END_TEST

static uint64_t basis_with(const char *contract)
{
    setup();
    service("web", contract, "n1:1");
    const struct snapshot *snapshot = fleet_snapshot(fleet);
    const struct guard_input in = {.snapshot = snapshot,
                                   .service = snapshot_find_service(snapshot, "c", "web"),
                                   .utc_ms = 1800000000000,
                                   .bind = bind};
    uint64_t basis = guard_basis(&in);
    snapshot_unref(snapshot);
    teardown();
    return basis;
}

START_TEST(a_contract_that_cannot_be_read_is_another_ground_than_none)
{
    ck_assert_uint_ne(basis_with(""), basis_with("{service: web"));
    ck_assert_uint_eq(basis_with(""), basis_with(""));
}
END_TEST

/* A motion of the engine is no rest, whatever the record says. */
START_TEST(what_moves_is_not_clean)
{
    static const enum motion motions[] = {MOTION_MOVING, MOTION_RESTING};

    setup();
    struct service *s = made("web", "web", "{service: web, version: '1'}", NULL, "n1:1");
    struct release *release = release_new();
    release->stage = STAGE_STABLE;
    snprintf(release->from, sizeof release->from, "0");
    snprintf(release->to, sizeof release->to, "9");
    s->wants = "9";
    s->motion = motions[_i];
    put(s);
    const struct snapshot *snapshot = fleet_snapshot(fleet);
    const struct guard_input in = {.snapshot = snapshot,
                                   .service = snapshot_find_service(snapshot, "c", "web"),
                                   .release = release,
                                   .bind = bind};
    ck_assert(!guard_is_clean(&in, 0));
    snapshot_unref(snapshot);
    release_free(release);
    teardown();
}
END_TEST

static struct scenario *parsed(const char *text)
{
    struct err err = {0};
    json_t *root = json_parse_yaml(text, strlen(text), "s", &err);

    ck_assert_msg(root != NULL, "%s", err.text);
    struct scenario *scenario = scenario_parse(root, "s", &err);
    ck_assert_msg(scenario != NULL, "%s", err.text);
    json_decref(root);
    return scenario;
}

START_TEST(a_node_that_is_retired_while_it_is_silent_is_retired)
{
    struct scenario *s =
        parsed("{services: {a: {versions: {'1': {}}, nodes: {n1: '1', n2: '1'}}}, "
               "actions: [{do: down, svc: a, node: n1}, {do: retire, svc: a, node: n1}, "
               "{do: retire, svc: a, node: n2}, {do: up, svc: a, node: n1}, {do: fence, svc: a, "
               "node: n2}, "
               "{do: retire, svc: a, node: n2}]}");
    static const enum seat_state states[][2] = {
        {SEAT_SILENT, SEAT_REPORTING}, {SEAT_RETIRED, SEAT_REPORTING},
        {SEAT_RETIRED, SEAT_RETIRED},  {SEAT_REPORTING, SEAT_RETIRED},
        {SEAT_REPORTING, SEAT_FENCED}, {SEAT_REPORTING, SEAT_FENCED},
    };

    for (size_t i = 0; i < s->deed_count; i++) {
        deed_apply(&s->start, &s->deeds[i]);
        ck_assert_uint_eq(s->start.seats[0].state, (unsigned)states[i][0]);
        ck_assert_uint_eq(s->start.seats[1].state, (unsigned)states[i][1]);
    }
    scenario_free(s);
}
END_TEST

START_TEST(usage_of_an_element_is_that_of_every_service_that_has_it)
{
    struct scenario *s = parsed(
        "{services: {a: {versions: {'1': {provides: [G, H]}}}, b: {versions: {'1': {provides: "
        "[G]}}}}, "
        "clients: {app: {requires: {a: [G, H], b: [G]}, usage: {G: 5, H: 6}}, "
        "web: {requires: {a: [G]}, usage: {G: 7}}}, "
        "actions: [{do: usage, cohort: app, api: G, count: 0}, {do: end_support, cohort: web}]}");

    for (size_t i = 0; i < s->book->usage_count; i++)
        ck_assert_uint_gt(s->start.usages[i], 0);
    deed_apply(&s->start, &s->deeds[0]);
    for (size_t i = 0; i < s->book->usage_count; i++) {
        const struct book_usage *usage = &s->book->usages[i];
        const char *name = s->book->services[usage->service].elements.text[usage->element];
        bool app = strcmp(s->book->cohorts[usage->cohort].name, "app") == 0;

        ck_assert_uint_eq(s->start.usages[i], !app ? 7u : strcmp(name, "G") == 0 ? 0u : 6u);
    }
    ck_assert_uint_eq(s->start.ended[0] + s->start.ended[1], 0);
    deed_apply(&s->start, &s->deeds[1]);
    ck_assert_uint_eq(s->start.ended[0] + s->start.ended[1], 1);
    scenario_free(s);
}
END_TEST

/* What a backfill must have removed: a format, several, or whatever the action names. */
START_TEST(a_contract_of_a_store_waits_for_the_backfill_that_it_names)
{
    static const struct {
        const char *action;
        bool refused;
    } rows[] = {
        {"{do: contract, store: d, elements: [c], requires_backfill: f}", true},
        {"{do: contract, store: d, elements: [c], requires_backfill: [h, f]}", true},
        {"{do: contract, store: d, elements: [c], requires_backfill: [h]}", false},
        {"{do: contract, store: d, elements: [c], requires_backfill: h}", false},
        {"{do: contract, store: d, elements: [f], requires_backfill: true}", true},
        {"{do: contract, store: d, elements: [c], requires_backfill: true}", false},
        {"{do: contract, store: d, elements: [c], formats: [f], requires_backfill: true}", true},
        {"{do: contract, store: d, elements: [c], requires_backfill: false}", false},
        {"{do: expand, store: d, elements: [c], formats: [f], requires_backfill: true}", true},
        {"{do: expand, store: d, elements: [f], requires_backfill: true}", true},
        {"{do: expand, store: d, elements: [c], requires_backfill: true}", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *text = xasprintf("{services: {a: {versions: {'1': {}}, nodes: {n1: '1'}}}, "
                               "stores: {d: {may: [f, g], has: [c]}}, actions: [%s]}",
                               rows[i].action);
        struct scenario *s = parsed(text);
        struct scenario_report report;

        scenario_run(s, policy_strict(), &report);
        ck_assert_msg(report.refused == rows[i].refused, "row %zu", i);
        scenario_report_release(&report);
        scenario_free(s);
        free(text);
    }
}
END_TEST

/* Each rule may have a level of its own, the first one as well. */
START_TEST(every_rule_takes_its_own_level)
{
    for (unsigned r = 0; r < RULE_COUNT; r++) {
        struct guard_policy own = guard_policy_default();
        struct err err = {0};
        char text[60];

        setup();
        snprintf(text, sizeof text, "{web: {%s: observe}, default: enforce}", rule_word[r]);
        json_t *root = json_parse_yaml(text, strlen(text), "levels", &err);
        struct json_at at = json_root(root, "levels", arena);
        ck_assert_msg(policy_read_levels(&at, &own, &err), "%s", err.text);
        json_decref(root);
        for (unsigned k = 0; k < RULE_COUNT; k++) {
            ck_assert_int_eq((int)policy_level(&own, "web", true, (enum rule_id)k, FROM_CONTRACTS),
                             k == r ? LEVEL_OBSERVE : LEVEL_ENFORCE);
            ck_assert_int_eq((int)policy_level(&own, "lib", true, (enum rule_id)k, FROM_SIGHT),
                             LEVEL_ENFORCE);
        }
        teardown();
    }
}
END_TEST

SUITE(guard_bound_asked)
{
    Suite *suite = suite_create("guard_bound_asked");
    TCase *tc = test_case(suite, "asked", 20);

    tcase_add_test(tc, a_canary_that_burns_the_way_back_warns_when_it_is_allowed);
    tcase_add_test(tc, the_digest_of_a_version_is_its_own);
    tcase_add_test(tc, of_a_service_without_a_contract_others_contracts_say_nothing);
    tcase_add_test(tc, every_rule_takes_its_own_level);
    tcase_add_test(tc, clean_is_asked_of_every_rule_and_every_version);
    tcase_add_test(tc, a_contract_that_cannot_be_read_is_another_ground_than_none);
    tcase_add_loop_test(tc, what_moves_is_not_clean, 0, 2);
    tcase_add_test(tc, a_node_that_is_retired_while_it_is_silent_is_retired);
    tcase_add_test(tc, usage_of_an_element_is_that_of_every_service_that_has_it);
    tcase_add_test(tc, a_contract_of_a_store_waits_for_the_backfill_that_it_names);
    return suite;
}
