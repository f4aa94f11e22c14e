/* Scenarios at their edges: null for nothing, versions that nobody knows, services that call
 * themselves, and what is told when the expectation was wrong. */
#include "guard/deed.h"
#include "guard/judge.h"
#include "guard/scenario.h"
#include "test.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static struct scenario *scenario_of(const char *written)
{
    char *text = xstrdup(written);
    struct err err = {0};

    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_t *root = json_parse(text, strlen(text), "s.json", &err);
    ck_assert_msg(root != NULL, "%s: %s", err.text, text);
    struct scenario *scenario = scenario_parse(root, "s.json", &err);
    ck_assert_msg(scenario != NULL, "%s: %s", err.text, text);
    json_decref(root);
    free(text);
    return scenario;
}

START_TEST(null_says_as_much_as_nothing)
{
    static const char *const rows[] = {
        "{'actions':[]}",
        "{'services':null,'stores':null,'clients':null,'actions':[],'expect':null}",
        "{'services':{'a':{'versions':null,'nodes':null,'launchers':null}},'actions':[]}",
        "{'services':{'a':{'versions':{'1':{'reads':null,'provides':null,'pred':null,"
        "'delta':null,'digest':null,'artifact':null,'writes':null}}}},'actions':[]}",
        "{'services':{'a':{'versions':{'1':{'service':'a','version':'1'}}}},'actions':[]}",
        "{'stores':{'d':{'may':null,'has':null,'owner':null}},'actions':[]}",
        "{'clients':{'c':{'requires':null,'usage':null,'ended':null}},'actions':[]}",
        "{'stores':{'d':{}},'actions':[{'do':'contract','store':'d','elements':null,"
        "'requires_backfill':null,'with_code':null,'rev':null,'verdict':null}]}",
        "{'stores':{'d':{}},'actions':[{'do':'contract','store':'d','requires_backfill':false}]}",
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct scenario *scenario = scenario_of(rows[i]);
        struct scenario_report report;

        scenario_run(scenario, policy_strict(), &report);
        ck_assert_msg(report.ok, "row %zu", i);
        scenario_report_release(&report);
        scenario_free(scenario);
    }
}
END_TEST

START_TEST(a_node_or_launcher_of_null_runs_what_nobody_knows)
{
    static const char *const rows[] = {
        "{'services':{'a':{'versions':{'1':{}},'nodes':{'n1':null}}},'actions':[]}",
        "{'services':{'a':{'versions':{'1':{}},'nodes':{'n1':'?'}}},'actions':[]}",
        "{'services':{'a':{'versions':{'1':{}},'launchers':{'l':null}}},'actions':[]}",
        "{'services':{'a':{'versions':{'1':{'pred':['?']}},'launchers':{'l':'?'}}},'actions':[]}",
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct scenario *scenario = scenario_of(rows[i]);

        ck_assert(scenario->start.services[0].live == VERSION_BIT(VERSION_NOT_KNOWN));
        scenario_free(scenario);
    }
}
END_TEST

/* What the last action is answered by the rule: a for allowed, u, R; every other is done as well,
 * whatever the verdict about it. */
static const struct {
    const char *claim, *services, *actions;
    enum rule_id rule;
    enum answer answer;
} claims[] = {
    {"who calls itself must provide what it calls, in every version that may run",
     "'a':{'versions':{'1':{'provides':['G']},'2':{'pred':['1'],'requires':{'a':['G']}}},"
     "'nodes':{'n1':'1'}}",
     "{'do':'canary','svc':'a','ver':'2','nodes':['n1']}", RULE_R2, ANSWER_REFUSE},
    {"who calls itself may call what all of its versions provide",
     "'a':{'versions':{'1':{'provides':['G']},'2':{'pred':['1'],'provides':['G'],"
     "'requires':{'a':['G']}}},'nodes':{'n1':'1'}}",
     "{'do':'canary','svc':'a','ver':'2','nodes':['n1']}", RULE_R2, ANSWER_ALLOW},
    {"an unknown version of a reader may not read what is new",
     "'a':{'versions':{'1':{},'2':{'pred':['1'],'delta':['write+'],'writes':{'d':['f']}}},"
     "'nodes':{'n1':'1'}},'b':{'versions':{'1':{'reads':{'d':['f']}}},'nodes':{'m':'?'}}",
     "{'do':'canary','svc':'a','ver':'2','nodes':['n1']}", RULE_R1, ANSWER_UNKNOWN},
    {"an unknown version of who never reads it is no reader",
     "'a':{'versions':{'1':{},'2':{'pred':['1'],'delta':['write+'],'writes':{'d':['f']}}},"
     "'nodes':{'n1':'1'}},'b':{'versions':{'1':{'writes':{'d':['f']}}},'nodes':{'m':'?'}}",
     "{'do':'canary','svc':'a','ver':'2','nodes':['n1']}", RULE_R1, ANSWER_ALLOW},
    {"what an unknown version needs is not known to be free to go",
     "'b':{'versions':{'1':{'needs':{'d':['c']}}},'nodes':{'m':'?'}}",
     "{'do':'contract','store':'d','elements':['x']}", RULE_R1, ANSWER_UNKNOWN},
    {"what a version without a contract needs is not known to be free to go",
     "'b':{'versions':{'1':{'needs':{'d':['c']}}},'nodes':{'m':'9'}}",
     "{'do':'contract','store':'d','elements':['x']}", RULE_R1, ANSWER_UNKNOWN},
    {"what a version with a contract does not need may go",
     "'b':{'versions':{'1':{'needs':{'d':['c']}}},'nodes':{'m':'1'}}",
     "{'do':'contract','store':'d','elements':['x']}", RULE_R1, ANSWER_ALLOW},
    {"a node that was fenced before it came is as good as none",
     "'a':{'versions':{'1':{},'2':{'pred':['1']}},'nodes':{'n1':'1'}}",
     "{'do':'fence','svc':'a','node':'n4'},{'do':'admit','svc':'a','node':'n4','ver':'1'},"
     "{'do':'canary','svc':'a','ver':'2','nodes':['n4']}",
     RULE_R3, ANSWER_ALLOW},
    {"a node that came with what nobody knows stands in the way",
     "'a':{'versions':{'1':{},'2':{'pred':['1']}},'nodes':{'n1':'1','n2':'1'}}",
     "{'do':'admit','svc':'a','node':'n2','ver':'?'},"
     "{'do':'canary','svc':'a','ver':'2','nodes':['n1']}",
     RULE_R3, ANSWER_REFUSE},
    {"a node that is up again without a word runs what it ran",
     "'a':{'versions':{'1':{},'2':{'pred':['1']}},'nodes':{'n1':'1','n2':'1'}}",
     "{'do':'down','svc':'a','node':'n2'},{'do':'up','svc':'a','node':'n2'},"
     "{'do':'canary','svc':'a','ver':'2','nodes':['n1']}",
     RULE_R3, ANSWER_ALLOW},
    {"a node that comes up out of nowhere without a word runs what nobody knows",
     "'a':{'versions':{'1':{},'2':{'pred':['1']}},'nodes':{'n1':'1'}}",
     "{'do':'up','svc':'a','node':'n2'},{'do':'canary','svc':'a','ver':'2','nodes':['n1']}",
     RULE_R3, ANSWER_REFUSE},
#define THREE "'a':{'versions':{'1':{}},'nodes':{'n1':'1','n2':'1','n3':'1'},'launchers':{'l':'1'}}"
    {"what nobody knows is no release", THREE, "{'do':'release','svc':'a','ver':'?'}", RULE_R4,
     ANSWER_REFUSE},
    {"what nobody knows is no step", THREE, "{'do':'release','svc':'a','ver':'?'}", RULE_R3,
     ANSWER_REFUSE},
    {"what nobody knows is not declared", THREE,
     "{'do':'canary','svc':'a','ver':'?','nodes':['n1']}", RULE_R0, ANSWER_REFUSE},
    {"what nobody knows is rehearsed on few nodes if at all", THREE,
     "{'do':'canary','svc':'a','ver':'?','nodes':['n1','n2']}", RULE_R4, ANSWER_REFUSE},
    {"what nobody knows is no way back", THREE, "{'do':'rollback','svc':'a','ver':'?'}", RULE_R4,
     ANSWER_REFUSE},
    {"what nobody knows is started by no launcher", THREE,
     "{'do':'launcher','svc':'a','name':'l','ver':'?'}", RULE_R4, ANSWER_REFUSE},
#undef THREE
};

START_TEST(what_the_last_action_is_answered)
{
    char *text = xasprintf("{'services':{%s},'stores':{'d':{'has':['x']}},'actions':[%s]}",
                           claims[_i].services, claims[_i].actions);
    struct scenario *scenario = scenario_of(text);
    struct arena *arena = arena_new(1024);
    struct verdict verdict;

    for (size_t i = 0; i < scenario->deed_count; i++) {
        deed_judge(&scenario->start, &scenario->deeds[i], arena, &verdict);
        if (i + 1 < scenario->deed_count)
            deed_apply(&scenario->start, &scenario->deeds[i]);
    }
    const struct finding *finding = &verdict.findings[claims[_i].rule];
    ck_assert_msg(finding->answer == claims[_i].answer, "%s: %s %s", claims[_i].claim,
                  answer_word[finding->answer], finding->sentence);
    arena_free(arena);
    scenario_free(scenario);
    free(text);
}
END_TEST

START_TEST(an_expectation_counts_only_for_its_action_and_its_rule)
{
    static const struct {
        const char *expect;
        bool ok;
        const char *said; /* in the report when it is not ok */
    } rows[] = {
        {"{'action':1,'rule':'R0'}", true, ""},
        {"{'action':0,'rule':'R0'}", false, "expected: action 0 refused by R0"},
        {"{'action':1,'rule':'R1'}", false, "expected: action 1 refused by R1"},
        {"null", false, "refused by R0"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *text = xasprintf("{'services':{'a':{'versions':{'1':{}},'nodes':{'n1':'1'}}},"
                               "'actions':[{'do':'bake','svc':'a'},"
                               "{'do':'release','svc':'a','ver':'9'}],'expect':%s}",
                               rows[i].expect);
        struct scenario *scenario = scenario_of(text);
        struct scenario_report report;

        scenario_run(scenario, policy_strict(), &report);
        char *told = scenario_report_text(&report);
        ck_assert_msg(report.ok == rows[i].ok, "row %zu: %s", i, told);
        ck_assert(strstr(told, rows[i].said) != NULL);
        ck_assert(strncmp(told, rows[i].ok ? "ok " : "FAIL", strlen(rows[i].ok ? "ok " : "FAIL")) ==
                  0);
        free(told);
        scenario_report_release(&report);
        scenario_free(scenario);
        free(text);
    }
}
END_TEST

START_TEST(next_to_each_other_is_who_follows_whom)
{
    struct scenario *scenario =
        scenario_of("{'services':{'a':{'versions':{'0':{},'1':{'pred':['0']},'2':{'pred':['1']}}}},"
                    "'actions':[]}");
    static const bool next[4][4] = {{true, true}, {true, true, true}, {false, true, true}};
    static const unsigned version[4] = {0, 1, 2, VERSION_NOT_KNOWN};

    for (unsigned u = 0; u < 4; u++)
        for (unsigned v = 0; v < 4; v++)
            ck_assert_msg(world_adjacent(&scenario->start, 0, version[u], version[v]) == next[u][v],
                          "%u %u", u, v);
    scenario_free(scenario);
}
END_TEST

struct visited {
    unsigned count, most;
};

static bool visit(void *arg, uint32_t service)
{
    struct visited *visited = arg;

    (void)service;
    return ++visited->count < visited->most;
}

START_TEST(coupled_services_are_told_until_somebody_has_enough)
{
    static const struct {
        enum coupling coupling;
        unsigned count;
    } rows[] = {{COUPLING_NEIGHBOURS, 2}, {COUPLING_COMPONENT, 3}, {COUPLING_FLEET, 4}};
    struct scenario *scenario = scenario_of(
        "{'services':{'a':{'versions':{'1':{'requires':{'b':['G'],'c':['G']}}}},"
        "'b':{'versions':{'1':{}}},'c':{'versions':{'1':{'requires':{'d':['G']}}}},'d':{},'e':{}},"
        "'actions':[]}");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (unsigned most = 1; most < 6; most++) {
            struct visited visited = {0, most};

            scenario->start.policy.coupling = rows[i].coupling;
            world_coupled(&scenario->start, 0, visit, &visited);
            ck_assert_uint_eq(visited.count, most < rows[i].count ? most : rows[i].count);
        }
    scenario_free(scenario);
}
END_TEST

/* For one store, or for all of them at once. */
START_TEST(the_floor_is_the_oldest_that_reads_all_that_may_be_at_rest)
{
    struct scenario *scenario =
        scenario_of("{'services':{'a':{'versions':{'0':{'reads':{'d':['f'],'e':['x']}},"
                    "'1':{'pred':['0'],'reads':{'d':['f','g'],'e':['x']}},"
                    "'2':{'pred':['1'],'reads':{'d':['f','g'],'e':['x','y']}}},'nodes':{'n':'2'}}},"
                    "'stores':{'d':{'may':['f','g']},'e':{'may':['x','y']}},'actions':[]}");
    const struct world *world = &scenario->start;
    uint32_t d = book_find_store(scenario->book, "d"), e = book_find_store(scenario->book, "e");

    ck_assert_uint_eq(world_floor_of(world, 0, d, NULL), 1);
    ck_assert_uint_eq(world_floor_of(world, 0, e, NULL), 2);
    ck_assert_uint_eq(world_floor_of(world, 0, BOOK_NONE, NULL), 2);
    ck_assert_uint_eq(world_floor(world, 0, NULL), 2);
    scenario_free(scenario);
}
END_TEST

START_TEST(of_many_witnesses_the_first_are_kept)
{
    struct finding finding = finding_of(RULE_R3, ANSWER_REFUSE);
    struct arena *arena = arena_new(256);

    for (unsigned i = 0; i < WITNESS_MAX + 4; i++) {
        finding_witness(&finding, arena, arena_printf(arena, "node n%u", i), "runs 1", -1);
        finding_witness(&finding, arena, arena_printf(arena, "node n%u", i), "runs 1", 7);
        finding_witness(&finding, arena, "node n0", "runs 1", -1);
        ck_assert_uint_eq(finding.witness_count, i < WITNESS_MAX ? i + 1 : WITNESS_MAX);
    }
    ck_assert_str_eq(finding.witnesses[0].object, "node n0");
    ck_assert_str_eq(finding.witnesses[WITNESS_MAX - 1].object, "node n15");
    ck_assert_int_eq(finding.witnesses[3].age_ms, -1);
    arena_free(arena);
}
END_TEST

START_TEST(the_worst_that_is_broken_is_told)
{
    struct finding finding = finding_of(RULE_R3, ANSWER_ALLOW);

    finding_break(&finding, ANSWER_UNKNOWN, "first", "a");
    finding_break(&finding, ANSWER_UNKNOWN, "second", "b");
    ck_assert_str_eq(finding.sentence, "first");
    finding_break(&finding, ANSWER_REFUSE, "third", "c");
    ck_assert_str_eq(finding.sentence, "third");
    finding_break(&finding, ANSWER_UNKNOWN, "fourth", "d");
    ck_assert_str_eq(finding.sentence, "third");
    ck_assert_str_eq(finding.way_out, "c");
    ck_assert_int_eq((int)finding.answer, ANSWER_REFUSE);
}
END_TEST

SUITE(guard_scenario_edges)
{
    Suite *suite = suite_create("guard_scenario_edges");
    TCase *tcase = test_case(suite, "scenario", 20);

    tcase_add_test(tcase, null_says_as_much_as_nothing);
    tcase_add_test(tcase, a_node_or_launcher_of_null_runs_what_nobody_knows);
    tcase_add_loop_test(tcase, what_the_last_action_is_answered, 0, ARRAY_LEN(claims));
    tcase_add_test(tcase, an_expectation_counts_only_for_its_action_and_its_rule);
    tcase_add_test(tcase, next_to_each_other_is_who_follows_whom);
    tcase_add_test(tcase, coupled_services_are_told_until_somebody_has_enough);
    tcase_add_test(tcase, the_floor_is_the_oldest_that_reads_all_that_may_be_at_rest);
    tcase_add_test(tcase, of_many_witnesses_the_first_are_kept);
    tcase_add_test(tcase, the_worst_that_is_broken_is_told);
    return suite;
}
