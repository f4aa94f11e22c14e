/* test_ledger.c: what an engine leaves in a cluster's ledger, and what it makes of a record that a
 * newer lockstep wrote. */
#include "base/json.h"
#include "drivers/sim/sim.h"
#include "engine/drive.h"
#include "guard/facts.h"
#include "release/release.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_MS = 120000 };

struct rig {
    struct clock *clock;
    struct sim *sim;
    struct engine *engine;
    const struct facts *facts; /* of the settings; NULL none */
    struct cluster_config cluster;
    int operators;
};

static void rig_open(struct rig *rig, const char *scenario)
{
    struct err err = {0};

    *rig = (struct rig){.clock = clock_new_virtual(1772442000000)};
    rig->sim = sim_new(scenario, 1, rig->clock, &err);
    ck_assert_msg(rig->sim != NULL, "%s", err.text);
    rig->cluster = (struct cluster_config){
        .name = "lab", .kind = "sim", .endpoint = scenario, .shared = rig->sim};
}

/* A lockstep of somebody who knows nothing but the cluster. */
static struct drive operator_open(struct rig *rig)
{
    struct err err = {0};
    char journal[600];
    const struct engine_config config = {.clusters = &rig->cluster,
                                         .cluster_count = 1,
                                         .journal_path = journal,
                                         .plan = plan_default(),
                                         .facts = rig->facts,
                                         .clock = rig->clock};

    engine_free(rig->engine);
    snprintf(journal, sizeof journal, "%s/journal-%d.jsonl", test_dir(), rig->operators++);
    rig->engine = engine_new(&config, &err);
    ck_assert_msg(rig->engine != NULL, "%s", err.text);
    struct drive drive = {rig->engine, "lab", "web", LONG_MS};
    drive_sync(&drive);
    return drive;
}

static bool has_arrived(void *arg, const struct frame *frame)
{
    (void)arg;
    return strcmp(frame_find_row(frame, "lab", "web")->service->wants, "5") == 0;
}

/* The workload carries version 5 and its contract from now on, and waits to be started. */
static void await_arrival(const struct drive *op)
{
    ck_assert(engine_run_until(op->engine, LONG_MS, has_arrived, NULL));
}

static void rig_end(struct rig *rig)
{
    engine_free(rig->engine);
    sim_unref(rig->sim);
    clock_free(rig->clock);
}

/* ---- the ledger, past lockstep ---- */

struct reply {
    bool done;
    char *text;
};

static void take(void *arg, const char *text, const char *revision, const struct err *err)
{
    struct reply *reply = arg;

    (void)revision;
    ck_assert_msg(!err || err->code == ERR_NONE, "%s", err ? err->text : "");
    reply->done = true;
    reply->text = text ? strdup(text) : NULL;
}

/* Puts `text`, or with NULL gets what is there (the caller frees). */
static char *ledger(const struct rig *rig, const char *key, const char *text)
{
    struct loop *loop = loop_new(rig->clock);
    struct reply reply = {0};
    struct err err = {0};
    const struct driver_env env = {.loop = loop, .config = &rig->cluster};
    struct driver *driver = driver_sim.open(&env, &err);

    ck_assert_msg(driver != NULL, "%s", err.text);
    if (text)
        driver_sim.ledger_put(driver, key, text, "", take, &reply);
    else
        driver_sim.ledger_get(driver, key, take, &reply);
    for (int turn = 0; turn < 10000 && !reply.done; turn++)
        loop_turn(loop, 0);
    ck_assert(reply.done);
    driver_sim.close(driver);
    loop_free(loop);
    return reply.text;
}

static void expect_in_ledger(const struct rig *rig, const char *what)
{
    char *text = ledger(rig, "web", NULL);

    ck_assert_msg(text && strstr(text, what), "no %s in %s", what, text ? text : "nothing");
    free(text);
}

START_TEST(a_key_keeps_the_contract_that_the_workload_carries)
{
    struct rig rig;

    rig_open(&rig, "happy");
    struct drive op = operator_open(&rig);
    await_arrival(&op);
    drive_expect(&op, VERB_STEP, "", END_APPLIED);
    expect_in_ledger(&rig, "\"contract\":{\"service\":\"web\",\"version\":\"5\"");
    rig_end(&rig);
}
END_TEST

/* As the settings of one operator say it. */
static struct contract said_of(const char *version, const char *const *follows)
{
    static const char *const elements[] = {"Get/1"}, *const formats[] = {"x"};
    static struct contract_use use = {"d", formats, 1};

    return (struct contract){.service = "web",
                             .version = version,
                             .digest = "",
                             .follows = follows,
                             .follows_count = follows ? 1 : 0,
                             .change = 1u << CHANGE_CODE,
                             .reads = {&use, 1},
                             .writes = {&use, 1},
                             .provides = elements,
                             .provides_count = 1,
                             .artifact = true};
}

static bool refuses_undeclared(struct drive *op)
{
    struct intent intent = drive_intent(op, VERB_ROLLBACK, "");
    struct arena *arena = arena_new(1024);
    struct verdict verdict;
    struct err err = {0};

    ck_assert_msg(engine_ask(op->engine, &intent, arena, &verdict, NULL, &err), "%s", err.text);
    bool refuses = verdict.findings[RULE_R0].answer != ANSWER_ALLOW;
    arena_free(arena);
    return refuses;
}

/* The workload carries no contract at all, and whoever comes later has no settings. */
START_TEST(the_first_start_keeps_the_contracts_of_the_version_left_and_of_the_one_gone_to)
{
    static const char *const four[] = {"4"};
    struct contract contracts[] = {said_of("4", NULL), said_of("5", four)};
    const struct facts facts = {.contracts = contracts, .contract_count = 2};
    struct rig rig;

    rig_open(&rig, "eight");
    rig.facts = &facts;
    struct drive op = operator_open(&rig);
    drive_expect(&op, VERB_START, "5", END_APPLIED);
    expect_in_ledger(&rig, "\"contract\":{\"service\":\"web\",\"version\":\"4\"");
    expect_in_ledger(&rig,
                     "\"contract\":{\"service\":\"web\",\"version\":\"5\",\"follows\":[\"4\"]");
    rig.facts = NULL;
    op = operator_open(&rig);
    ck_assert(!refuses_undeclared(&op));
    drive_expect(&op, VERB_ROLLBACK, "", END_APPLIED);
    char *after = ledger(&rig, "web", NULL);
    const char *first = strstr(after, "\"web\",\"version\":\"4\"");
    ck_assert_msg(first && !strstr(first + 1, "\"web\",\"version\":\"4\""), "twice in %s", after);
    free(after);
    rig_end(&rig);
}
END_TEST

START_TEST(fields_of_a_newer_lockstep_are_still_there_after_a_release)
{
    struct rig rig;

    rig_open(&rig, "eight");
    free(ledger(&rig, "web",
                "{\"schema\":1,\"mood\":{\"calm\":[1,null]},\"contracts\":{\"aa\":{\"new\":7}}}"));
    struct drive op = operator_open(&rig);
    drive_expect(&op, VERB_START, "5", END_APPLIED);
    expect_in_ledger(&rig, "\"mood\":{\"calm\":[1,null]}");
    expect_in_ledger(&rig, "\"aa\":{\"new\":7}");
    expect_in_ledger(&rig, "\"to\":\"5\"");
    rig_end(&rig);
}
END_TEST

START_TEST(a_record_of_a_newer_schema_is_not_touched)
{
    static const char record[] = "{\"schema\":2,\"stage\":{\"now\":\"else\"},\"mood\":\"calm\"}";
    struct rig rig;

    rig_open(&rig, "eight");
    free(ledger(&rig, "web", record));
    struct drive op = operator_open(&rig);
    struct action_status status = drive_press(&op, VERB_START, "5");
    ck_assert_int_ne(status.end, END_APPLIED);
    ck_assert_msg(strstr(status.sentence, "newer lockstep"), "%s", status.sentence);
    ck_assert_uint_eq(sim_applied_total(rig.sim), 0);
    char *text = ledger(&rig, "web", NULL);
    ck_assert_str_eq(text, record);
    free(text);
    rig_end(&rig);
}
END_TEST

static void judge(struct rig *rig, const char *key, const char *record, struct arena *arena,
                  struct verdict *out)
{
    struct err err = {0};

    rig_open(rig, "happy");
    if (record)
        free(ledger(rig, key, record));
    struct drive op = operator_open(rig);
    await_arrival(&op);
    struct intent intent = drive_intent(&op, VERB_START, "5");
    ck_assert_msg(engine_ask(op.engine, &intent, arena, out, NULL, &err), "%s", err.text);
}

static const enum rule_id declared[] = {RULE_R0, RULE_R1, RULE_R2, RULE_RC};

START_TEST(rules_that_need_a_record_of_a_newer_lockstep_answer_unknown)
{
    static const struct {
        const char *key, *record, *why;
    } cases[] = {
        {"web", "{\"schema\":2}", "its ledger record was written by a newer lockstep"},
        {"@cluster", "{\"schema\":2}", "cluster's ledger record was written by a newer lockstep"},
        {"@cluster", "{\"schema\":1,\"attested\":7}", "record cannot be read"},
        {"@cluster", "{\"schema\":1,\"clients\":{\"a\":{\"support\":{}}}}",
         "record cannot be read"},
        {"@cluster", "{\"schema\":1,\"clients\":{\"a\":{\"usage\":{\"e\":{\"calls\":-1}}}}}",
         "record cannot be read"},
        {"@cluster", "nonsense", "record cannot be read"},
    };
    struct rig rig;
    struct verdict verdict;
    struct arena *arena = arena_new(1024);

    judge(&rig, cases[_i].key, cases[_i].record, arena, &verdict);
    for (size_t i = 0; i < ARRAY_LEN(declared); i++) {
        const struct finding *finding = &verdict.findings[declared[i]];
        ck_assert_int_eq(finding->answer, ANSWER_UNKNOWN);
        ck_assert_msg(strstr(finding->sentence, cases[_i].why), "%s", finding->sentence);
    }
    arena_free(arena);
    rig_end(&rig);
}
END_TEST

START_TEST(fields_that_are_not_known_in_a_record_of_this_schema_are_in_nobodys_way)
{
    static const char *const keys[] = {"web", "@cluster"};
    struct rig rig;
    struct verdict verdict;
    struct arena *arena = arena_new(1024);

    judge(&rig, keys[_i], "{\"schema\":1,\"mood\":\"calm\"}", arena, &verdict);
    for (size_t i = 0; i < ARRAY_LEN(declared); i++)
        ck_assert_int_eq(verdict.findings[declared[i]].answer, ANSWER_ALLOW);
    arena_free(arena);
    rig_end(&rig);
}
END_TEST

SUITE(engine_ledger)
{
    Suite *suite = suite_create("engine_ledger");
    TCase *tc = test_case(suite, "ledger", 60);

    tcase_add_test(tc, a_key_keeps_the_contract_that_the_workload_carries);
    tcase_add_test(tc,
                   the_first_start_keeps_the_contracts_of_the_version_left_and_of_the_one_gone_to);
    tcase_add_test(tc, fields_of_a_newer_lockstep_are_still_there_after_a_release);
    tcase_add_test(tc, a_record_of_a_newer_schema_is_not_touched);
    tcase_add_loop_test(tc, rules_that_need_a_record_of_a_newer_lockstep_answer_unknown, 0, 6);
    tcase_add_loop_test(tc, fields_that_are_not_known_in_a_record_of_this_schema_are_in_nobodys_way,
                        0, 2);
    return suite;
}
