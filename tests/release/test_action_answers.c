/* test_action_answers.c: what an action makes of every answer that an engine may give, and of what
 * it has to do without: a journal, a fence, a neighbour that answers. */
#include "release/acting.h"

#include "base/json.h"
#include "base/mem.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reads ---- */

static const struct {
    enum err_code read, get; /* what the first reads are answered with */
    int times;
    enum action_end end;
    const char *says;
} reads[] = {
    {ERR_NOT_FOUND, ERR_NONE, 1, END_NOT_APPLIED, "nothing was sent"},
    {ERR_NETWORK, ERR_NONE, 1, END_NOT_APPLIED, "nothing was sent: the cluster said nothing"},
    {ERR_NONE, ERR_NETWORK, 1, END_NOT_APPLIED, "nothing was sent: the cluster said nothing"},
    {ERR_NONE, ERR_AUTH, 1, END_NOT_APPLIED, "nothing was sent: the cluster said nothing"},
};

START_TEST(what_cannot_be_read_is_not_acted_on)
{
    struct acting bench;
    struct wire *wire = &bench.operators[0].wire;

    acting_open(&bench, "eight");
    acting_press(&bench, 0, VERB_START, "5", 1);
    wire->refuse_read = reads[_i].read;
    wire->refuse_get = reads[_i].get;
    wire->refuse_times = reads[_i].times;
    struct action_status s = acting_finish(&bench, 0);
    acting_expect(&s, reads[_i].end);
    ck_assert_msg(strstr(s.sentence, reads[_i].says) != NULL, "%s", s.sentence);
    ck_assert_uint_eq(sim_applied_total(bench.sim), 0);
    acting_close(&bench);
}
END_TEST

/* ---- writes ---- */

START_TEST(every_refusal_of_a_write_is_told_from_what_is_not_known)
{
    static const enum err_code certain[] = {ERR_REJECTED, ERR_AUTH, ERR_NOT_FOUND, ERR_UNSUPPORTED,
                                            ERR_CONFLICT};

    for (unsigned code = ERR_USAGE; code < ERR_CODE_COUNT; code++) {
        struct acting bench;
        bool sure = false;

        for (size_t i = 0; i < ARRAY_LEN(certain); i++)
            sure = sure || certain[i] == code;
        acting_open(&bench, _i ? "eight-no-fence" : "eight");
        bench.operators[0].wire.refuse_act = (enum err_code)code;
        struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
        ck_assert_msg(s.end == END_NOT_APPLIED || s.end == END_CONFLICT, "%s: %s",
                      err_word((enum err_code)code), s.sentence);
        ck_assert_uint_eq(sim_applied_total(bench.sim), 0);
        if (!sure && !_i)
            ck_assert_uint_ge((unsigned)bench.operators[0].wire.fences, 1);
        acting_close(&bench);
    }
}
END_TEST

START_TEST(more_writes_than_a_record_remembers_are_refused)
{
    struct acting bench;

    acting_open(&bench, "eight");
    bench.operators[0].wire.plan_writes = RELEASE_WRITES_MAX + 1;
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_REFUSED);
    ck_assert_msg(strstr(s.sentence, "65 writes") != NULL, "%s", s.sentence);
    acting_close(&bench);
}
END_TEST

START_TEST(a_ledger_write_that_names_no_revision_is_looked_up)
{
    struct acting bench;

    acting_open(&bench, "eight");
    bench.operators[0].wire.no_revision = true;
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_APPLIED);
    ck_assert_uint_eq(sim_applied_total(bench.sim), 1);
    struct release *release = acting_record(&bench);
    ck_assert_str_eq(release->claim.id, "");
    ck_assert_str_eq(release->to, "5");
    release_free(release);
    acting_close(&bench);
}
END_TEST

/* ---- the run that asked is no more ---- */

START_TEST(an_answer_to_a_run_that_was_dropped_is_nobodys)
{
    bool over = false;

    for (int turns = 0; !over; turns++) {
        struct acting bench;

        ck_assert_int_lt(turns, 1000);
        acting_open(&bench, "eight");
        acting_press(&bench, 0, VERB_START, "5", 1);
        for (int i = 0; i < turns; i++)
            loop_turn(bench.loop, 0);
        over = action_status_of(bench.operators[0].run)->phase == PHASE_DONE;
        unsigned told = bench.operators[0].told;
        acting_drop(&bench, 0);
        acting_pass(&bench, 60000);
        ck_assert_uint_eq(bench.operators[0].told, told);
        acting_close(&bench);
    }
}
END_TEST

START_TEST(a_run_that_nobody_keeps_calls_for_ends_as_well)
{
    struct acting bench;

    acting_open(&bench, "eight");
    bench.operators[0].env.calls = NULL;
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_APPLIED);
    acting_close(&bench);
}
END_TEST

static unsigned points[2]; /* before a call, after its answer */

static void on_point(const char *name)
{
    points[0] += strncmp(name, "before-", 7) == 0;
    points[1] += strncmp(name, "after-", 6) == 0;
}

START_TEST(every_call_has_a_point_to_die_at_before_and_after_it)
{
    struct acting bench;

    acting_open(&bench, "eight");
    action_failpoint = on_point;
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    action_failpoint = NULL;
    acting_expect(&s, END_APPLIED);
    ck_assert_uint_ge(points[0], 5); /* read, ledger, claim, act, store */
    ck_assert_uint_eq(points[1], points[0]);
    acting_close(&bench);
}
END_TEST

/* ---- the journal ---- */

START_TEST(a_verdict_too_long_for_a_line_keeps_nobody_from_acting)
{
    struct acting bench;

    acting_open(&bench, "eight");
    bench.operators[0].verdict_size = JOURNAL_LINE_MAX;
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_APPLIED);
    acting_close(&bench);
}
END_TEST

static const struct {
    const char *scenario;
    enum verb verb;
    unsigned flags;
    enum action_end end;
} without_journal[] = {
    {"eight", VERB_PAUSE, INTENT_NO_JOURNAL, END_APPLIED},
    {"eight", VERB_ROLLBACK, INTENT_NO_JOURNAL, END_APPLIED},
    {"eight", VERB_PAUSE, 0, END_NOT_APPLIED},
    {"eight-no-ledger", VERB_ROLLBACK, INTENT_NO_JOURNAL, END_NOT_APPLIED}, /* nothing remembers */
};

START_TEST(without_any_journal_only_what_holds_goes_and_only_when_told_so)
{
    struct acting bench;
    struct acting_operator *op = &bench.operators[0];

    acting_open(&bench, without_journal[_i].scenario);
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_APPLIED);
    acting_pass(&bench, 60000);
    op->env.journal = NULL;
    acting_press_flags(&bench, 0, without_journal[_i].verb, without_journal[_i].flags);
    s = acting_finish(&bench, 0);
    ck_assert_msg(s.end == without_journal[_i].end, "%s", s.sentence);
    if (s.end == END_NOT_APPLIED)
        ck_assert_msg(strstr(s.sentence, "no journal") != NULL, "%s", s.sentence);
    acting_close(&bench);
}
END_TEST

/* ---- time ---- */

START_TEST(where_there_is_no_fence_the_settings_say_how_long_a_write_may_be_on_its_way)
{
    struct acting bench;
    struct err err = {0};

    acting_open(&bench, "eight-no-fence");
    bench.config.settle_ms = _i ? 40000 : 6000;
    sim_inject(bench.sim, SIM_LOSE_REQUEST, "act", &err);
    int64_t began = loop_now_ms(bench.loop);
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_NOT_APPLIED);
    int64_t took = loop_now_ms(bench.loop) - began;
    ck_assert_msg(took >= bench.config.settle_ms, "%lld ms", (long long)took);
    acting_close(&bench);
}
END_TEST

/* ---- records that are not what they should be ---- */

static const struct {
    const char *record;
    enum action_end end;
    const char *says;
} records[] = {
    {"nonsense", END_REFUSED, "release record"},
    {"{\"schema\":2}", END_REFUSED, "newer lockstep keeps the record"},
    {"{\"schema\":1,\"claim\":{\"id\":\"0123\",\"verb\":\"step\",\"by\":\"bob\",\"writes\":1,"
     "\"at_ms\":1772442000000}}",
     END_CONFLICT, "bob"},
    {"{\"schema\":1,\"claim\":{\"id\":\"0123\",\"verb\":\"step\",\"by\":\"ann\",\"writes\":1,"
     "\"at_ms\":1772442000000}}",
     END_CONFLICT, "another lockstep of ann"},
    {"{\"schema\":1,\"claim\":{\"id\":\"0123\",\"verb\":\"step\",\"writes\":1,"
     "\"at_ms\":1772442000000}}",
     END_CONFLICT, "somebody else"},
    /* its owner's clock is wrong by more than a claim may be old: settled, then pressed again */
    {"{\"schema\":1,\"claim\":{\"id\":\"0123\",\"verb\":\"step\",\"by\":\"bob\",\"to\":\"5\","
     "\"writes\":1,\"at_ms\":1772449999999}}",
     END_CONFLICT, "had to be settled"},
};

START_TEST(a_record_that_is_anothers_or_not_understood_stops_it)
{
    struct acting bench;

    acting_open(&bench, "eight");
    acting_put(&bench, "web", records[_i].record);
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, records[_i].end);
    ck_assert_msg(strstr(s.sentence, records[_i].says) != NULL, "%s", s.sentence);
    ck_assert_uint_eq(sim_applied_total(bench.sim), 0);
    acting_close(&bench);
}
END_TEST

static const struct {
    const char *record; /* that lies there when it is pressed */
    enum verb verb;
    const char *to; /* of the record afterwards */
    enum stage stage;
} lost[] = {
    {"{\"schema\":1}", VERB_ROLLBACK, "5", STAGE_ROLLED_BACK},
    {"{\"schema\":1,\"to\":\"9\"}", VERB_ROLLBACK, "5", STAGE_ROLLED_BACK},
    {"{\"schema\":1,\"to\":\"5\",\"stage\":\"wave\"}", VERB_PAUSE, "5", STAGE_WAVE},
    {"{\"schema\":1,\"to\":\"5\",\"stage\":\"wave\"}", VERB_RESUME, "5", STAGE_WAVE},
};

START_TEST(what_a_record_does_not_know_of_the_rollout_the_verb_tells_it)
{
    struct acting bench;

    acting_open_started(&bench, "eight");
    acting_put(&bench, "web", lost[_i].record);
    struct action_status s = acting_do(&bench, 0, lost[_i].verb, "", 0);
    acting_expect(&s, END_APPLIED);
    struct release *release = acting_record(&bench);
    ck_assert_str_eq(release->to, lost[_i].to);
    ck_assert_int_eq(release->stage, lost[_i].stage);
    ck_assert(release->paused == (lost[_i].verb == VERB_PAUSE));
    release_free(release);
    acting_close(&bench);
}
END_TEST

/* Full of outcomes of others, all called so. */
static void put_full(struct acting *bench, const char *name)
{
    char text[8192];
    size_t n = (size_t)snprintf(text, sizeof text, "{\"schema\":1,\"recent\":[");

    for (int i = 0; i < RELEASE_RECENT_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "%s{\"id\":\"%s%d\",\"outcome\":\"applied\"}", i ? "," : "", name, i);
    snprintf(text + n, sizeof text - n, "]}");
    acting_put(bench, "web", text);
}

START_TEST(a_record_full_of_other_outcomes_keeps_nobody_from_acting)
{
    struct acting bench;
    struct acting_operator *op = &bench.operators[0];

    acting_open(&bench, "eight");
    put_full(&bench, "a");
    acting_press(&bench, 0, VERB_START, "5", 1);
    while (!op->wire.acts)
        loop_turn(bench.loop, 0);
    if (_i > 0)
        put_full(&bench, _i == 1 ? "a" : "b"); /* the claim is gone, and what was known at first */
    struct action_status s = acting_finish(&bench, 0);
    acting_expect(&s, END_APPLIED);
    ck_assert_uint_eq(sim_applied_total(bench.sim), 1);
    acting_close(&bench);
}
END_TEST

/* Makes the record too long for one more outcome, whatever else stands in it. */
static void pad_record(struct acting *bench)
{
    struct err err = {0};
    char *text = acting_text(bench, "web"), *pad = xcalloc(RELEASE_TEXT_MAX + 1, 1);
    json_t *record = text ? json_parse(text, strlen(text), "record", &err) : json_object();

    memset(pad, 'x', RELEASE_TEXT_MAX - (text ? strlen(text) : 0) - 40);
    json_object_set_new(record, "schema", json_integer(1));
    json_object_set_new(record, "pad", json_string(pad));
    free(text);
    text = json_text(record);
    ck_assert_uint_le(strlen(text), RELEASE_TEXT_MAX);
    acting_put(bench, "web", text);
    json_decref(record);
    free(text);
    free(pad);
}

START_TEST(a_claim_that_the_record_has_no_room_for_sends_nothing)
{
    struct acting bench;

    acting_open(&bench, "eight");
    pad_record(&bench);
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_NOT_APPLIED);
    ck_assert_uint_eq(sim_applied_total(bench.sim), 0);
    ck_assert_int_eq(bench.operators[0].wire.acts, 0);
    acting_close(&bench);
}
END_TEST

START_TEST(a_note_that_the_record_has_no_room_for_is_not_applied)
{
    struct acting bench;

    acting_open(&bench, "eight");
    pad_record(&bench);
    struct action_status s = acting_do(&bench, 0, VERB_PAUSE, "", 0);
    acting_expect(&s, END_NOT_APPLIED);
    ck_assert_int_eq(bench.operators[0].wire.puts, 0);
    struct release *release = acting_record(&bench);
    ck_assert(!release->paused);
    release_free(release);
    acting_close(&bench);
}
END_TEST

START_TEST(an_outcome_whose_answer_was_lost_is_stored_again_identically)
{
    struct acting bench;
    struct wire *wire = &bench.operators[0].wire;

    acting_open(&bench, "eight");
    acting_press(&bench, 0, VERB_START, "5", 1);
    while (!wire->acts)
        loop_turn(bench.loop, 0);
    wire->refuse_put = ERR_NETWORK;
    const int first = wire->puts;
    while (wire->puts == first)
        loop_turn(bench.loop, 0);
    wire->refuse_put = ERR_NONE;
    struct action_status s = acting_finish(&bench, 0);
    acting_expect(&s, END_APPLIED);
    ck_assert_int_eq(wire->puts, first + 2);
    ck_assert_str_eq(wire->put[first], wire->put[first + 1]);
    acting_close(&bench);
}
END_TEST

/* ---- what a dead process left ---- */

struct left {
    struct claim claim;
    char service[160];
    unsigned count;
};

static void on_left(void *arg, const char *cluster, const char *service, const struct claim *claim)
{
    struct left *left = arg;

    (void)cluster;
    left->claim = *claim;
    snprintf(left->service, sizeof left->service, "%s", service);
    left->count++;
}

static const enum err_code named[] = {ERR_NONE, ERR_NETWORK, ERR_NOT_FOUND, ERR_NONE};

START_TEST(what_was_sent_before_a_crash_is_found_whatever_the_first_look_says)
{
    struct acting bench;
    struct acting_operator *op = &bench.operators[0];
    struct left left = {.count = 0};
    struct err err = {0};

    acting_open(&bench, "eight");
    acting_press(&bench, 0, VERB_START, "5", 1);
    while (!op->wire.acts)
        loop_turn(bench.loop, 0);
    acting_drop(&bench, 0);
    acting_pass(&bench, 60000);
    ck_assert(action_recover(op->journal_path, on_left, &left, &err));
    ck_assert_uint_eq(left.count, 1);
    if (_i == (int)ARRAY_LEN(named) - 1)
        put_full(&bench, "a"); /* and what became of it is forgotten */
    op->run = action_settle(&op->env, left.service, &left.claim);
    while (!op->wire.calls)
        loop_turn(bench.loop, 0);
    ck_assert_int_ne(action_status_of(op->run)->phase, PHASE_DONE);
    acting_drop(&bench, 0); /* and it dies as well */
    acting_pass(&bench, 1000);
    op->wire.refuse_read = named[_i];
    op->wire.refuse_times = 1;
    op->run = action_settle(&op->env, left.service, &left.claim);
    struct action_status s = acting_finish(&bench, 0);
    acting_expect(&s, END_APPLIED);
    ck_assert_uint_eq(sim_applied_total(bench.sim), 1);
    ck_assert_int_eq(op->wire.acts, 0);
    acting_close(&bench);
}
END_TEST

/* ---- locks ---- */

static size_t wants_one(void *arg, const struct action *action, const struct service *service,
                        const struct release *release, struct lock_need needs[LOCKS_MAX])
{
    (void)arg, (void)action, (void)service, (void)release;
    needs[0] = (struct lock_need){.key = LOCK_PREFIX "store.d", .exclusive = true};
    return 1;
}

static enum lock_fate held(void *arg, const struct lock_holder *holder)
{
    (void)arg, (void)holder;
    return LOCK_HELD;
}

static size_t holders(struct acting *bench)
{
    struct lock_record record;
    struct err err = {0};
    char *text = acting_text(bench, LOCK_PREFIX "store.d");

    ck_assert(lock_parse(text, text ? strlen(text) : 0, &record, &err));
    size_t count = record.count;
    lock_record_release(&record);
    free(text);
    return count;
}

static const struct {
    enum err_code act, put;
    enum action_end end;
    size_t holders; /* afterwards */
} locking[] = {
    {ERR_NONE, ERR_NONE, END_APPLIED, 1},
    {ERR_REJECTED, ERR_NONE, END_NOT_APPLIED, 0},
    {ERR_CONFLICT, ERR_NONE, END_CONFLICT, 1},
    {ERR_NONE, ERR_CONFLICT, END_CONFLICT, 0},
};

START_TEST(a_lock_is_kept_by_what_was_begun_and_given_back_by_what_came_to_nothing)
{
    struct acting bench;
    struct lock_jobs jobs = {0};

    acting_open(&bench, "eight");
    struct action_env *env = &bench.operators[0].env;
    env->owner.locks = wants_one;
    env->lock = (struct lock_env){.loop = bench.loop,
                                  .driver = bench.operators[0].wire.real,
                                  .why = "",
                                  .context = "",
                                  .jobs = &jobs,
                                  .fate = held};
    bench.operators[0].wire.refuse_act = locking[_i].act;
    bench.operators[0].wire.refuse_put = locking[_i].put; /* of the record; locks go past it */
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    if (locking[_i].act == ERR_CONFLICT) /* nothing moved: it was looked up, and is not in */
        ck_assert(s.end == END_CONFLICT || s.end == END_NOT_APPLIED);
    else
        acting_expect(&s, locking[_i].end);
    acting_pass(&bench, 5000);
    if (locking[_i].act != ERR_CONFLICT)
        ck_assert_uint_eq(holders(&bench), locking[_i].holders);
    else
        ck_assert_uint_eq(holders(&bench), 0);
    acting_close(&bench);
    lock_jobs_free(&jobs);
}
END_TEST

SUITE(action_answers)
{
    Suite *suite = suite_create("action_answers");
    TCase *tcase = test_case(suite, "answers", 60);

    tcase_add_loop_test(tcase, what_cannot_be_read_is_not_acted_on, 0, (int)ARRAY_LEN(reads));
    tcase_add_loop_test(tcase, every_refusal_of_a_write_is_told_from_what_is_not_known, 0, 2);
    tcase_add_test(tcase, more_writes_than_a_record_remembers_are_refused);
    tcase_add_test(tcase, a_ledger_write_that_names_no_revision_is_looked_up);
    tcase_add_test(tcase, an_answer_to_a_run_that_was_dropped_is_nobodys);
    tcase_add_test(tcase, a_run_that_nobody_keeps_calls_for_ends_as_well);
    tcase_add_test(tcase, every_call_has_a_point_to_die_at_before_and_after_it);
    tcase_add_test(tcase, a_verdict_too_long_for_a_line_keeps_nobody_from_acting);
    tcase_add_loop_test(tcase, without_any_journal_only_what_holds_goes_and_only_when_told_so, 0,
                        (int)ARRAY_LEN(without_journal));
    tcase_add_loop_test(
        tcase, where_there_is_no_fence_the_settings_say_how_long_a_write_may_be_on_its_way, 0, 2);
    tcase_add_loop_test(tcase, a_record_that_is_anothers_or_not_understood_stops_it, 0,
                        (int)ARRAY_LEN(records));
    tcase_add_loop_test(tcase, what_a_record_does_not_know_of_the_rollout_the_verb_tells_it, 0,
                        (int)ARRAY_LEN(lost));
    tcase_add_loop_test(tcase, a_record_full_of_other_outcomes_keeps_nobody_from_acting, 0, 3);
    tcase_add_test(tcase, a_claim_that_the_record_has_no_room_for_sends_nothing);
    tcase_add_test(tcase, a_note_that_the_record_has_no_room_for_is_not_applied);
    tcase_add_test(tcase, an_outcome_whose_answer_was_lost_is_stored_again_identically);
    tcase_add_loop_test(tcase, what_was_sent_before_a_crash_is_found_whatever_the_first_look_says,
                        0, (int)ARRAY_LEN(named));
    tcase_add_loop_test(tcase,
                        a_lock_is_kept_by_what_was_begun_and_given_back_by_what_came_to_nothing, 0,
                        (int)ARRAY_LEN(locking));
    return suite;
}
