/* test_action_facts.c: what somebody knows for a fact goes into the cluster's own record by one
 * compare-and-swap; killed at any call, what is said afterwards is what lies there. */
#include "release/acting.h"

#include "base/json.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is said, and where in the record it then lies. */
static const struct {
    const char *name;
    struct intent intent;
    const char *at[5];
} facts[] = {
    {"fence", {.verb = VERB_FENCE, .service = "w3"}, {"fenced", "w3"}},
    {"gone",
     {.verb = VERB_ATTEST, .service = "d", .version = "x", .attested = ATTEST_GONE},
     {"attested", "d", "x"}},
    {"usage",
     {.verb = VERB_ATTEST,
      .service = "phones",
      .version = "G/1",
      .attested = ATTEST_USAGE,
      .calls = 7},
     {"clients", "phones", "usage", "G/1"}},
    {"ended",
     {.verb = VERB_ATTEST, .service = "phones", .attested = ATTEST_ENDED},
     {"clients", "phones", "support"}},
    {"supported",
     {.verb = VERB_ATTEST, .service = "phones", .attested = ATTEST_SUPPORTED},
     {"clients", "phones", "support"}},
};
enum { FACTS = (int)ARRAY_LEN(facts) };

/* Yours. */
static json_t *look(struct acting *bench)
{
    char *text = acting_text(bench, "@cluster");
    struct err bad = {0};
    json_t *record = text ? json_parse(text, strlen(text), "record", &bad) : NULL;

    free(text);
    return record;
}

static const json_t *entry(const json_t *record, int fact)
{
    for (size_t i = 0; facts[fact].at[i]; i++)
        record = json_object_get(record, facts[fact].at[i]);
    return record;
}

static void say(struct acting *bench, int who, int fact)
{
    struct intent intent = facts[fact].intent;
    struct acting_operator *op = &bench->operators[who];

    snprintf(intent.cluster, sizeof intent.cluster, "lab");
    snprintf(intent.reason, sizeof intent.reason, "full scan");
    op->env.requires = json_pack("{s:[s,s]}", "web", "G/1", "G/2");
    op->run = action_start(&op->env, &intent);
    json_decref(op->env.requires);
    op->env.requires = NULL;
}

START_TEST(a_fact_lies_in_the_record_with_who_when_and_why)
{
    struct acting bench;

    acting_open(&bench, "eight");
    acting_put(
        &bench, "@cluster",
        "{\"schema\":1,\"mood\":\"calm\",\"clients\":{\"phones\":{\"requires\":{\"web\":[\"G/1\"],"
        "\"shop\":[\"S/1\"]},\"note\":1},\"others\":5},\"fenced\":{\"w9\":{}}}");
    say(&bench, 0, _i);
    struct action_status s = acting_finish(&bench, 0);
    acting_expect(&s, END_APPLIED);
    json_t *record = look(&bench);
    const json_t *said = entry(record, _i);
    ck_assert_str_eq(json_raw(json_object_get(said, "by")), "ann");
    ck_assert_str_eq(json_raw(json_object_get(said, "reason")), "full scan");
    ck_assert_str_eq(json_raw(json_object_get(record, "mood")), "calm");
    ck_assert_ptr_nonnull(json_object_get(json_object_get(record, "fenced"), "w9"));
    if (strcmp(facts[_i].at[0], "clients") == 0) {
        const json_t *clients = json_object_get(record, "clients");
        json_t *requires = json_object_get(json_object_get(clients, "phones"), "requires");
        json_t *expected = json_pack("{s:[s,s],s:[s]}", "web", "G/1", "G/2", "shop", "S/1");
        ck_assert(json_equal(requires, expected));
        ck_assert_int_eq(json_integer_value(json_object_get(clients, "others")), 5);
        json_decref(expected);
    }
    if (facts[_i].intent.attested == ATTEST_USAGE)
        ck_assert_int_eq(json_integer_value(json_object_get(said, "calls")), 7);
    if (facts[_i].intent.attested >= ATTEST_ENDED)
        ck_assert_int_eq(json_is_true(json_object_get(said, "ended")),
                         facts[_i].intent.attested == ATTEST_ENDED);
    json_decref(record);
    acting_close(&bench);
}
END_TEST

/* A newer word replaces an older one, except of what is over for good. */
START_TEST(what_was_said_before_is_replaced_but_a_fence_stays)
{
    struct acting bench;

    acting_open(&bench, "eight");
    say(&bench, 0, _i);
    struct action_status s = acting_finish(&bench, 0);
    acting_expect(&s, END_APPLIED);
    say(&bench, 1, _i);
    s = acting_finish(&bench, 1);
    acting_expect(&s, facts[_i].intent.verb == VERB_FENCE ? END_CONFLICT : END_APPLIED);
    acting_close(&bench);
}
END_TEST

/* Crashes at call `at`; false when it was over before. */
static bool crash_once(int fact, int at, bool answer_only)
{
    struct acting bench;
    struct action_status s = {.end = END_NONE};
    struct wire *wire;

    acting_open(&bench, "eight");
    wire = &bench.operators[0].wire;
    wire->cut_at = wire->calls + at;
    wire->answer_only = answer_only;
    say(&bench, 0, fact);
    while (!wire->cut && action_status_of(bench.operators[0].run)->phase != PHASE_DONE)
        ck_assert(loop_turn(bench.loop, 0));
    bool cut = wire->cut;
    if (cut) {
        acting_pass(&bench, 1000);
        acting_drop(&bench, 0);
        bool intended = acting_open_intents(&bench, 0) > 0;
        ck_assert_uint_eq(acting_restart(&bench, 0, &s), intended ? 1 : 0);
        json_t *record = look(&bench);
        bool there = entry(record, fact) != NULL;
        ck_assert_msg(!intended || s.end == (there ? END_APPLIED : END_NOT_APPLIED),
                      "%s, %s call %d: %s, but %s", facts[fact].name,
                      answer_only ? "after" : "before", at, action_end_word[s.end],
                      there ? "there" : "not there");
        ck_assert_msg(intended || !there, "%s: there without an intent", facts[fact].name);
        ck_assert_uint_eq(acting_open_intents(&bench, 0), 0);
        json_decref(record);
    }
    acting_close(&bench);
    return cut;
}

START_TEST(killed_at_any_call_it_is_found_or_told_not_to_be_there)
{
    for (int answer_only = 0; answer_only < 2; answer_only++) {
        int at = 1;
        while (crash_once(_i, at, answer_only))
            ck_assert_int_lt(++at, 20);
        ck_assert_int_gt(at, 2);
    }
}
END_TEST

/* What the record looks like when it cannot be used, and what is then said. */
static const struct {
    const char *record, *says;
} unusable[] = {
    {"{\"schema\":2}", "newer lockstep"},
    {"[1]", "newer lockstep, or damaged"},
    {"nonsense", "the cluster's ledger record"},
};

START_TEST(a_record_that_is_not_understood_is_not_touched)
{
    struct acting bench;

    acting_open(&bench, "eight");
    acting_put(&bench, "@cluster", unusable[_i].record);
    say(&bench, 0, 2);
    struct action_status s = acting_finish(&bench, 0);
    acting_expect(&s, END_REFUSED);
    ck_assert_msg(strstr(s.sentence, unusable[_i].says) != NULL, "%s", s.sentence);
    acting_close(&bench);
}
END_TEST

/* ---- answers ---- */

START_TEST(a_cluster_without_a_shared_store_cannot_remember_it)
{
    struct acting bench;

    acting_open(&bench, "eight-no-ledger");
    say(&bench, 0, _i);
    struct action_status s = acting_finish(&bench, 0);
    acting_expect(&s, END_REFUSED);
    ck_assert_msg(strstr(s.sentence, "no shared store") != NULL, "%s", s.sentence);
    acting_close(&bench);
}
END_TEST

/* Turns until the operator has put so often. */
static void await_puts(struct acting *bench, int puts)
{
    while (bench->operators[0].wire.puts < puts)
        ck_assert(loop_turn(bench->loop, 0));
}

static const struct {
    const char *what;
    enum err_code get, put;
    enum action_end end;
} refusals[] = {
    {"reading fails", ERR_NETWORK, ERR_NONE, END_NOT_APPLIED},
    {"writing is refused", ERR_NONE, ERR_REJECTED, END_NOT_APPLIED},
    {"somebody else is always faster", ERR_NONE, ERR_CONFLICT, END_CONFLICT},
};

START_TEST(what_the_store_refuses_is_not_there_and_said_so)
{
    struct acting bench;
    struct wire *wire = &bench.operators[0].wire;

    acting_open(&bench, "eight");
    wire->refuse_get = refusals[_i].get;
    wire->refuse_put = refusals[_i].put;
    wire->refuse_times = 1;
    say(&bench, 0, 2);
    struct action_status s = acting_finish(&bench, 0);
    ck_assert_msg(s.end == refusals[_i].end, "%s: %s", refusals[_i].what, s.sentence);
    json_t *record = look(&bench);
    ck_assert_ptr_null(record);
    ck_assert_uint_eq(acting_open_intents(&bench, 0), 0);
    acting_close(&bench);
}
END_TEST

START_TEST(while_nothing_answers_it_is_asked_again_and_written_once)
{
    struct acting bench;
    struct wire *wire = &bench.operators[0].wire;

    acting_open(&bench, "eight");
    wire->refuse_put = _i ? ERR_CONFLICT : ERR_NETWORK;
    say(&bench, 0, 2);
    await_puts(&bench, 1);
    wire->refuse_put = ERR_NONE;
    wire->refuse_get = ERR_NETWORK; /* of the look that follows a conflict */
    wire->refuse_times = _i;
    struct action_status s = acting_finish(&bench, 0);
    acting_expect(&s, END_APPLIED);
    ck_assert_int_eq(wire->puts, 2);
    acting_close(&bench);
}
END_TEST

START_TEST(what_comes_in_between_is_seen_before_it_is_written)
{
    static const struct {
        const char *record, *says;
        enum action_end end;
    } row[] = {
        {"{\"schema\":2}", "newer lockstep", END_NOT_APPLIED},
        {"{\"clients\":{\"phones\":{\"usage\":{\"G/"
         "1\":{\"calls\":1,\"by\":\"bob\",\"id\":\"1\"}}}}}",
         "bob", END_CONFLICT},
        {"{\"clients\":{\"phones\":{\"usage\":{\"G/1\":{\"calls\":1}}}}}", "somebody else",
         END_CONFLICT},
        {"{\"clients\":{\"others\":{}}}", "done", END_APPLIED},
        {"{\"clients\":7}", "done", END_APPLIED},
        {"{\"clients\":{\"phones\":{\"requires\":{\"web\":7}}}}", "done", END_APPLIED},
    };
    struct acting bench;
    struct wire *wire = &bench.operators[0].wire;

    acting_open(&bench, "eight");
    wire->refuse_put = ERR_CONFLICT;
    say(&bench, 0, 2);
    await_puts(&bench, 1);
    wire->refuse_put = ERR_NONE;
    acting_put(&bench, "@cluster", row[_i].record);
    struct action_status s = acting_finish(&bench, 0);
    ck_assert_msg(s.end == row[_i].end && strstr(s.sentence, row[_i].says), "%s", s.sentence);
    acting_close(&bench);
}
END_TEST

START_TEST(without_a_journal_no_fact_is_written)
{
    struct acting bench;

    acting_open(&bench, "eight");
    bench.operators[0].env.journal = NULL;
    say(&bench, 0, _i);
    struct action_status s = acting_finish(&bench, 0);
    acting_expect(&s, END_NOT_APPLIED);
    json_t *record = look(&bench);
    ck_assert_ptr_null(record);
    acting_close(&bench);
}
END_TEST

START_TEST(dropped_on_its_way_it_leaves_what_was_sent)
{
    for (int puts = 0; puts < 2; puts++) {
        struct acting bench;
        struct action_status s = {.end = END_NONE};

        acting_open(&bench, "eight");
        say(&bench, 0, 2);
        while (bench.operators[0].wire.calls < 1 + puts)
            ck_assert(loop_turn(bench.loop, 0));
        action_free(bench.operators[0].run); /* its answers still come */
        bench.operators[0].run = NULL;
        acting_pass(&bench, 5000);
        ck_assert_uint_eq(acting_restart(&bench, 0, &s), (unsigned)puts);
        if (puts)
            acting_expect(&s, END_APPLIED);
        acting_close(&bench);
    }
}
END_TEST

/* A process that comes after one that died before its evidence of "phones" was sent. */
static struct action_status settle(struct acting *bench)
{
    struct acting_operator *op = &bench->operators[0];
    struct claim claim = {.verb = VERB_ATTEST, .attested = ATTEST_USAGE};

    snprintf(claim.id, sizeof claim.id, "00112233445566778899aabbccddeeff");
    snprintf(claim.to, sizeof claim.to, "G/1");
    op->run = action_settle(&op->env, "phones", &claim);
    while (op->wire.refuse_put && op->wire.puts < 8)
        ck_assert(loop_turn(bench->loop, 0));
    op->wire.refuse_put = ERR_NONE;
    return acting_finish(bench, 0);
}

START_TEST(settling_waits_until_the_store_answers)
{
    struct acting bench;
    struct wire *wire = &bench.operators[0].wire;

    acting_open(&bench, "eight");
    wire->refuse_get = ERR_NETWORK;
    wire->refuse_times = 3;
    struct action_status s = settle(&bench);
    acting_expect(&s, END_NOT_APPLIED);
    ck_assert_int_le(wire->refuse_times, 0);
    acting_close(&bench);
}
END_TEST

START_TEST(settling_goes_on_however_often_others_are_faster)
{
    struct acting bench;

    acting_open(&bench, "eight");
    bench.operators[0].wire.refuse_put = ERR_CONFLICT;
    struct action_status s = settle(&bench);
    acting_expect(&s, END_NOT_APPLIED);
    ck_assert_int_gt(bench.operators[0].wire.puts, 5);
    acting_close(&bench);
}
END_TEST

START_TEST(settling_leaves_what_others_said_where_it_is)
{
    struct acting bench;

    acting_open(&bench, "eight");
    say(&bench, 1, 2);
    struct action_status s = acting_finish(&bench, 1);
    acting_expect(&s, END_APPLIED);
    s = settle(&bench);
    acting_expect(&s, END_NOT_APPLIED);
    json_t *record = look(&bench);
    ck_assert_str_eq(json_raw(json_object_get(entry(record, 2), "by")), "bob");
    json_decref(record);
    acting_close(&bench);
}
END_TEST

SUITE(action_facts)
{
    Suite *suite = suite_create("action_facts");
    TCase *tcase = test_case(suite, "facts", 60);

    tcase_add_loop_test(tcase, a_fact_lies_in_the_record_with_who_when_and_why, 0, FACTS);
    tcase_add_loop_test(tcase, what_was_said_before_is_replaced_but_a_fence_stays, 0, FACTS);
    tcase_add_loop_test(tcase, killed_at_any_call_it_is_found_or_told_not_to_be_there, 0, FACTS);
    tcase_add_loop_test(tcase, a_record_that_is_not_understood_is_not_touched, 0,
                        (int)ARRAY_LEN(unusable));
    tcase_add_loop_test(tcase, a_cluster_without_a_shared_store_cannot_remember_it, 0, FACTS);
    tcase_add_loop_test(tcase, what_the_store_refuses_is_not_there_and_said_so, 0,
                        (int)ARRAY_LEN(refusals));
    tcase_add_loop_test(tcase, while_nothing_answers_it_is_asked_again_and_written_once, 0, 2);
    tcase_add_loop_test(tcase, what_comes_in_between_is_seen_before_it_is_written, 0, 6);
    tcase_add_loop_test(tcase, without_a_journal_no_fact_is_written, 0, FACTS);
    tcase_add_test(tcase, dropped_on_its_way_it_leaves_what_was_sent);
    tcase_add_test(tcase, settling_waits_until_the_store_answers);
    tcase_add_test(tcase, settling_goes_on_however_often_others_are_faster);
    tcase_add_test(tcase, settling_leaves_what_others_said_where_it_is);
    return suite;
}
