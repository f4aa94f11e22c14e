/* test_lock.c: locks on a ledger by hand: who gets one, who waits, and what is left by the dead. */
#include "release/lock.h"

#include "base/clock.h"
#include "base/mem.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS = 4 };

/* Answers from the loop; the next puts fail as asked for. */
struct ledger {
    struct driver driver;
    struct loop *loop;
    struct {
        char key[LOCK_KEY];
        char *text;
        unsigned revision;
    } records[RECORDS];
    enum err_code fail_put[4]; /* in order; ERR_NONE: none */
    bool lose[4];              /* and it is applied all the same */
    unsigned puts;
    bool gone; /* nothing answers */
    bool full; /* nothing is taken */
};

struct answer {
    driver_ledger_fn *fn;
    void *arg;
    char *text;
    char revision[16];
    struct err err;
};

static struct ledger ledger;
static struct lock_jobs jobs;
static struct clock *clock_;
static struct lock_holder over; /* id "": nobody's is over */

static void tell(void *arg)
{
    struct answer *a = arg;

    a->fn(a->arg, a->text, a->revision, a->err.code ? &a->err : NULL);
    free(a->text);
    free(a);
}

static int find(const char *key)
{
    for (int i = 0; i < RECORDS; i++) {
        if (!ledger.records[i].key[0])
            snprintf(ledger.records[i].key, LOCK_KEY, "%s", key);
        if (strcmp(ledger.records[i].key, key) == 0)
            return i;
    }
    ck_abort_msg("too many records");
    return 0;
}

static void answer(driver_ledger_fn *fn, void *arg, const char *text, unsigned revision,
                   enum err_code code)
{
    struct answer *a = xcalloc(1, sizeof *a);

    *a = (struct answer){.fn = fn, .arg = arg, .text = text ? xstrdup(text) : NULL};
    if (revision)
        snprintf(a->revision, sizeof a->revision, "%u", revision);
    if (code != ERR_NONE)
        err_set(&a->err, code, "the ledger says no");
    loop_post(ledger.loop, tell, a);
}

static void on_get(struct driver *driver, const char *key, driver_ledger_fn *fn, void *arg)
{
    int i = find(key);

    (void)driver;
    answer(fn, arg, ledger.records[i].text, ledger.records[i].revision,
           ledger.gone ? ERR_NETWORK : ERR_NONE);
}

static void on_put(struct driver *driver, const char *key, const char *text, const char *expected,
                   driver_ledger_fn *fn, void *arg)
{
    int i = find(key);
    char now[16] = "";
    unsigned nth = ledger.puts++;
    enum err_code code = nth < 4 ? ledger.fail_put[nth] : ledger.full ? ERR_NETWORK : ERR_NONE;

    (void)driver;
    if (ledger.records[i].revision)
        snprintf(now, sizeof now, "%u", ledger.records[i].revision);
    if (code == ERR_NONE && strcmp(now, expected) != 0)
        code = ERR_CONFLICT;
    if (code == ERR_NONE || (nth < 4 && ledger.lose[nth])) {
        free(ledger.records[i].text);
        ledger.records[i].text = xstrdup(text);
        ledger.records[i].revision++;
    }
    answer(fn, arg, NULL, ledger.records[i].revision, code);
}

static const struct driver_ops ops = {.name = "hand", .ledger_get = on_get, .ledger_put = on_put};

static enum lock_fate fate(void *arg, const struct lock_holder *holder)
{
    (void)arg;
    return over.id[0] && strcmp(holder->id, over.id) == 0 ? LOCK_OVER : LOCK_HELD;
}

static void setup(void)
{
    clock_ = clock_new_virtual(1772442000000);
    ledger = (struct ledger){.driver = {.ops = &ops}, .loop = loop_new(clock_)};
    over = (struct lock_holder){.id = ""};
}

static void teardown(void)
{
    loop_free(ledger.loop);
    lock_jobs_free(&jobs);
    for (int i = 0; i < RECORDS; i++)
        free(ledger.records[i].text);
    clock_free(clock_);
}

static struct lock_env env(void)
{
    return (struct lock_env){.loop = ledger.loop,
                             .driver = &ledger.driver,
                             .why = "",
                             .context = "",
                             .jobs = &jobs,
                             .fate = fate};
}

static struct lock_holder me(const char *id, const char *service)
{
    struct lock_holder holder = {.at_utc_ms = 1772442000000};

    snprintf(holder.id, sizeof holder.id, "%s", id);
    snprintf(holder.service, sizeof holder.service, "%s", service);
    snprintf(holder.version, sizeof holder.version, "2");
    snprintf(holder.by, sizeof holder.by, "ann");
    return holder;
}

struct outcome_seen {
    bool done;
    enum lock_end end;
    char why[400];
};

static void on_done(void *arg, enum lock_end end, const struct err *why)
{
    struct outcome_seen *seen = arg;

    seen->done = true;
    seen->end = end;
    snprintf(seen->why, sizeof seen->why, "%s", why->text);
}

static void settle(void)
{
    for (int i = 0; i < 500 && jobs.first; i++)
        loop_turn(ledger.loop, 0);
    ck_assert(!jobs.first);
}

static const struct lock_need store = {LOCK_PREFIX "store.d", true},
                              provider = {LOCK_PREFIX "service.p", true},
                              caller = {LOCK_PREFIX "service.p", false};

static struct outcome_seen take(const char *id, const char *service, const struct lock_need *needs,
                                size_t count)
{
    struct outcome_seen seen = {.done = false};
    struct lock_holder holder = me(id, service);
    struct lock_env at = env();

    lock_take(&at, needs, count, &holder, on_done, &seen);
    settle();
    ck_assert(seen.done);
    return seen;
}

static size_t holders(const char *key)
{
    struct lock_record record;
    struct err err = {0};
    const char *text = ledger.records[find(key)].text;

    ck_assert(lock_parse(text, text ? strlen(text) : 0, &record, &err));
    size_t count = record.count;
    lock_record_release(&record);
    return count;
}

START_TEST(a_store_has_one_holder_and_the_next_is_told_who)
{
    ck_assert_int_eq(take("a1", "web", &store, 1).end, LOCK_TAKEN);
    struct outcome_seen seen = take("b1", "shop", &store, 1);
    ck_assert_int_eq(seen.end, LOCK_REFUSED);
    ck_assert_msg(strstr(seen.why, "web") && strstr(seen.why, "ann") && strstr(seen.why, "store.d"),
                  "%s", seen.why);
    ck_assert_int_eq(take("a2", "web", &store, 1).end, LOCK_TAKEN); /* its own */
    ck_assert_uint_eq(holders(store.key), 1);
}
END_TEST

START_TEST(callers_of_one_provider_do_not_wait_for_each_other_but_for_it)
{
    ck_assert_int_eq(take("a", "web", &caller, 1).end, LOCK_TAKEN);
    ck_assert_int_eq(take("b", "shop", &caller, 1).end, LOCK_TAKEN);
    ck_assert_uint_eq(holders(caller.key), 2);
    ck_assert_int_eq(take("c", "p", &provider, 1).end, LOCK_REFUSED);
}
END_TEST

START_TEST(who_gets_not_all_keeps_none)
{
    const struct lock_need both[] = {provider, store};

    ck_assert_int_eq(take("a", "web", &store, 1).end, LOCK_TAKEN);
    ck_assert_int_eq(take("b", "p", both, 2).end, LOCK_REFUSED);
    ck_assert_uint_eq(holders(provider.key), 0);
    ck_assert_uint_eq(holders(store.key), 1);
}
END_TEST

START_TEST(what_the_dead_left_is_taken_over_and_what_is_doubtful_is_not)
{
    ck_assert_int_eq(take("a", "web", &store, 1).end, LOCK_TAKEN);
    ck_assert_int_eq(take("b", "shop", &store, 1).end, LOCK_REFUSED);
    over = me("a", "web");
    ck_assert_int_eq(take("c", "shop", &store, 1).end, LOCK_TAKEN);
    ck_assert_uint_eq(holders(store.key), 1);
}
END_TEST

START_TEST(an_unreachable_ledger_is_unknown)
{
    struct lock_env at = env();
    struct lock_holder holder = me("a", "web");
    struct outcome_seen seen = {.done = false};

    ledger.gone = true;
    ck_assert_int_eq(take("a", "web", &store, 1).end, LOCK_UNKNOWN);
    at.driver = NULL;
    at.why = "home is not open";
    lock_take(&at, &store, 1, &holder, on_done, &seen);
    settle();
    ck_assert_int_eq(seen.end, LOCK_UNKNOWN);
    ck_assert_msg(strstr(seen.why, "home is not open"), "%s", seen.why);
}
END_TEST

START_TEST(a_lost_answer_is_asked_again_and_a_write_that_arrived_counts)
{
    ledger.fail_put[0] = ERR_UNKNOWN;
    ledger.lose[0] = true;
    ck_assert_int_eq(take("a", "web", &store, 1).end, LOCK_TAKEN);
    ck_assert_uint_eq(holders(store.key), 1);
    ck_assert_uint_eq(ledger.records[find(store.key)].revision, 1);
}
END_TEST

START_TEST(a_record_of_a_newer_lockstep_is_unknown_and_stays)
{
    int i = find(store.key);

    ledger.records[i].text = xstrdup("{\"schema\":2,\"holders\":[],\"more\":1}");
    ledger.records[i].revision = 1;
    ck_assert_int_eq(take("a", "web", &store, 1).end, LOCK_UNKNOWN);
    ck_assert_ptr_nonnull(strstr(ledger.records[i].text, "more"));
    free(ledger.records[i].text);
    ledger.records[i].text = xstrdup("{\"schema\":1,\"holders\":[],\"more\":1}");
    ck_assert_int_eq(take("b", "web", &store, 1).end, LOCK_TAKEN);
    ck_assert_ptr_nonnull(strstr(ledger.records[i].text, "more"));
}
END_TEST

static const char *const no_records[] = {
    "nonsense",
    "[]",
    "{}",
    "{\"schema\":0}",
    "{\"schema\":\"1\"}",
    "{\"schema\":1,\"holders\":{}}",
    "{\"schema\":1,\"holders\":[7]}",
    "{\"schema\":1,\"holders\":[{\"id\":7}]}",
    "{\"schema\":1,\"holders\":[{\"id\":\"a\",\"context\":7}]}",
    "{\"schema\":1,\"holders\":[{\"id\":\"a\",\"service\":7}]}",
    "{\"schema\":1,\"holders\":[{\"id\":\"a\",\"version\":7}]}",
    "{\"schema\":1,\"holders\":[{\"id\":\"a\",\"by\":7}]}",
    "{\"schema\":1,\"holders\":[{\"id\":\"a\",\"at_ms\":-1}]}",
};

START_TEST(what_is_no_lock_record_is_unknown_and_stays)
{
    int i = find(store.key);

    ledger.records[i].text = xstrdup(no_records[_i]);
    ledger.records[i].revision = 1;
    ck_assert_int_eq(take("a", "web", &store, 1).end, LOCK_UNKNOWN);
    ck_assert_str_eq(ledger.records[i].text, no_records[_i]);
}
END_TEST

START_TEST(what_is_given_back_is_free)
{
    struct lock_env at = env();
    struct lock_holder holder = me("", "web");

    ck_assert_int_eq(take("a", "web", &store, 1).end, LOCK_TAKEN);
    lock_give_back(&at, &store, 1, &holder);
    settle();
    ck_assert_uint_eq(holders(store.key), 1); /* it is not over */
    over = me("a", "web");
    lock_give_back(&at, &store, 1, &holder);
    settle();
    ck_assert_uint_eq(holders(store.key), 0);
}
END_TEST

START_TEST(what_another_service_holds_is_not_given_back_even_when_it_is_over)
{
    struct lock_env at = env();
    struct lock_holder holder = me("", "web");

    ck_assert_int_eq(take("a", "web", &caller, 1).end, LOCK_TAKEN);
    ck_assert_int_eq(take("b", "shop", &caller, 1).end, LOCK_TAKEN);
    over = me("b", "shop");
    lock_give_back(&at, &caller, 1, &holder);
    settle();
    ck_assert_uint_eq(holders(caller.key), 2);
}
END_TEST

START_TEST(what_cannot_be_given_back_now_stays_and_is_tried_once)
{
    struct lock_env at = env();
    struct lock_holder holder = me("a", "web");

    ck_assert_int_eq(take("a", "web", &store, 1).end, LOCK_TAKEN);
    ledger.gone = true;
    lock_give_back(&at, &store, 1, &holder);
    settle();
    ck_assert_ptr_null(jobs.first);
    ledger.gone = false;
    ck_assert_uint_eq(holders(store.key), 1);
}
END_TEST

START_TEST(a_store_that_never_takes_it_is_unknown)
{
    for (unsigned i = 0; i < 4; i++)
        ledger.fail_put[i] = ERR_UNKNOWN;
    ledger.full = _i;
    ck_assert_int_eq(take("a", "web", &store, 1).end, _i ? LOCK_UNKNOWN : LOCK_TAKEN);
    if (_i)
        ck_assert_uint_ge(ledger.puts, LOCK_TRIES);
}
END_TEST

START_TEST(a_record_full_of_others_is_unknown)
{
    char *text = xcalloc(64 << 10, 1);
    size_t n = (size_t)snprintf(text, 64 << 10, "{\"schema\":1,\"holders\":[");
    int i = find(caller.key);

    for (int k = 0; k < LOCK_HOLDERS_MAX; k++)
        n += (size_t)snprintf(text + n, (64 << 10) - n,
                              "%s{\"id\":\"h%d\",\"service\":\"s%d\",\"exclusive\":false}",
                              k ? "," : "", k, k);
    snprintf(text + n, (64 << 10) - n, "]}");
    ledger.records[i].text = text;
    ledger.records[i].revision = 1;
    struct outcome_seen seen = take("a", "web", &caller, 1);
    ck_assert_int_eq(seen.end, LOCK_UNKNOWN);
    ck_assert_msg(strstr(seen.why, "too many holders"), "%s", seen.why);
}
END_TEST

START_TEST(the_refusal_names_the_context_of_another_cluster)
{
    struct lock_env at = env();
    struct lock_holder theirs = me("a", "web");
    struct outcome_seen seen = {.done = false};

    snprintf(theirs.context, sizeof theirs.context, "prod-eu");
    lock_take(&at, &store, 1, &theirs, on_done, &seen);
    settle();
    ck_assert_int_eq(seen.end, LOCK_TAKEN);
    seen = take("b", "web", &store, 1); /* of the same name, in another context */
    ck_assert_int_eq(seen.end, LOCK_REFUSED);
    ck_assert_msg(strstr(seen.why, "web of prod-eu"), "%s", seen.why);
}
END_TEST

START_TEST(by_its_id_only_ones_own_is_given_back)
{
    struct lock_env at = env(), nowhere = env();
    struct lock_holder holder = me("other", "web");

    ck_assert_int_eq(take("a", "web", &store, 1).end, LOCK_TAKEN);
    lock_give_back(&at, &store, 1, &holder);
    settle();
    ck_assert_uint_eq(holders(store.key), 1);
    holder = me("a", "web");
    nowhere.driver = NULL;
    lock_give_back(&nowhere, &store, 1, &holder);
    lock_give_back(&at, &store, 0, &holder);
    settle();
    ck_assert_uint_eq(holders(store.key), 1);
    lock_give_back(&at, &store, 1, &holder);
    settle();
    ck_assert_uint_eq(holders(store.key), 0);
}
END_TEST

START_TEST(whoever_stopped_waiting_is_not_called)
{
    struct lock_env at = env();
    struct lock_holder holder = me("a", "web");
    struct outcome_seen seen = {.done = false};

    lock_forget(NULL);
    lock_forget(lock_take(&at, &store, 1, &holder, on_done, &seen));
    lock_take(&at, &provider, 1, &holder, on_done, &seen); /* a second job beside it */
    settle();
    ck_assert_int_eq(seen.end, LOCK_TAKEN);
    ck_assert_uint_eq(holders(store.key), 1);
    lock_take(&at, &store, 1, &holder, on_done, &seen);
    lock_jobs_free(&jobs); /* as when everything ends: nobody is called */
}
END_TEST

SUITE(lock)
{
    Suite *suite = suite_create("lock");
    TCase *tc = test_case(suite, "lock", 10);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_store_has_one_holder_and_the_next_is_told_who);
    tcase_add_test(tc, callers_of_one_provider_do_not_wait_for_each_other_but_for_it);
    tcase_add_test(tc, who_gets_not_all_keeps_none);
    tcase_add_test(tc, what_the_dead_left_is_taken_over_and_what_is_doubtful_is_not);
    tcase_add_test(tc, an_unreachable_ledger_is_unknown);
    tcase_add_test(tc, a_lost_answer_is_asked_again_and_a_write_that_arrived_counts);
    tcase_add_test(tc, a_record_of_a_newer_lockstep_is_unknown_and_stays);
    tcase_add_loop_test(tc, what_is_no_lock_record_is_unknown_and_stays, 0,
                        (int)ARRAY_LEN(no_records));
    tcase_add_test(tc, what_is_given_back_is_free);
    tcase_add_test(tc, what_another_service_holds_is_not_given_back_even_when_it_is_over);
    tcase_add_test(tc, what_cannot_be_given_back_now_stays_and_is_tried_once);
    tcase_add_loop_test(tc, a_store_that_never_takes_it_is_unknown, 0, 2);
    tcase_add_test(tc, a_record_full_of_others_is_unknown);
    tcase_add_test(tc, the_refusal_names_the_context_of_another_cluster);
    tcase_add_test(tc, by_its_id_only_ones_own_is_given_back);
    tcase_add_test(tc, whoever_stopped_waiting_is_not_called);
    return suite;
}
