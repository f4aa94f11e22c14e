/* test_action_marks.c: a write that takes all marks away is told by their absence. */
#include "release/acting.h"
#include "test.h"

#include <stdlib.h>

/* A driver that has taken the marks off, or says that the request was lost. */
static struct cleaner {
    bool loses_request, cleared;
    bool robbed; /* the mark of the first write is taken off before the second is sent */
    int asked;
    driver_read_fn *fn;
    void *arg;
    const struct service *kept[64];
    size_t kept_count;
    void (*read)(struct driver *, const char *, driver_read_fn *, void *);
    void (*act)(struct driver *, const struct action *, const json_t *, driver_act_fn *, void *);
    bool (*plan)(struct driver *, const struct service *, const json_t *, struct action *,
                 json_t **, struct err *);
} cleaner;

static const char *const of_others[] = {"00.0"};

static void on_read(void *arg, const struct service *service, const struct err *err)
{
    (void)arg;
    if (!service || !cleaner.cleared) {
        cleaner.fn(cleaner.arg, service, err);
        return;
    }
    struct service *bare = service_new(), own = *bare;
    ck_assert_uint_lt(cleaner.kept_count, ARRAY_LEN(cleaner.kept));
    cleaner.kept[cleaner.kept_count++] = service_ref(service); /* its strings */
    *bare = *service;
    bare->arena = own.arena;
    bare->refs = own.refs;
    bare->marks = of_others;
    bare->mark_count = 1;
    cleaner.fn(cleaner.arg, service_seal(bare), err);
    service_unref(bare);
}

static void read_bare(struct driver *driver, const char *id, driver_read_fn *fn, void *arg)
{
    cleaner.fn = fn;
    cleaner.arg = arg;
    cleaner.read(driver, id, on_read, NULL);
}

struct lost {
    driver_act_fn *fn;
    void *arg;
};

static void lose(void *arg)
{
    struct lost *lost = arg;
    struct err err = {0};

    err_set(&err, ERR_NETWORK, "no answer");
    lost->fn(lost->arg, "", &err);
    free(lost);
}

static void act_once(struct driver *driver, const struct action *action, const json_t *memo,
                     driver_act_fn *fn, void *arg)
{
    if (action->write == 0) {
        cleaner.cleared = cleaner.robbed;
        cleaner.act(driver, action, memo, fn, arg);
        return;
    }
    struct lost *lost = xcalloc(1, sizeof *lost);
    *lost = (struct lost){fn, arg};
    cleaner.asked++;
    cleaner.cleared = !cleaner.loses_request;
    loop_post(driver->env.loop, lose, lost);
}

static bool plan_two(struct driver *driver, const struct service *service, const json_t *memo,
                     struct action *action, json_t **new_memo, struct err *err)
{
    bool ok = cleaner.plan(driver, service, memo, action, new_memo, err);

    action->writes = 2;
    action->holds_from = 1;
    return ok;
}

static enum action_end finish(struct cleaner how, bool clears)
{
    struct acting bench;
    struct wire *wire = &bench.operators[0].wire;

    acting_open(&bench, "eight");
    cleaner = how;
    cleaner.read = wire->ops.read;
    cleaner.act = wire->ops.act;
    cleaner.plan = wire->ops.plan;
    wire->ops.read = read_bare;
    wire->ops.act = act_once;
    wire->ops.plan = plan_two;
    wire->caps.clears_marks = clears;
    enum action_end end = acting_do(&bench, 0, VERB_START, "5", 8).end;
    ck_assert_int_eq(cleaner.asked, how.robbed ? 0 : 1); /* whatever it was: never sent twice */
    for (size_t i = 0; i < cleaner.kept_count; i++)
        service_unref(cleaner.kept[i]);
    acting_close(&bench);
    return end;
}

START_TEST(no_mark_left_is_the_mark_of_the_write_that_clears_them)
{
    ck_assert_int_eq(finish((struct cleaner){.loses_request = false}, true), END_APPLIED);
}
END_TEST

START_TEST(marks_that_are_left_say_that_it_was_lost)
{
    ck_assert_int_eq(finish((struct cleaner){.loses_request = true}, true), END_PARTIAL);
}
END_TEST

START_TEST(elsewhere_no_mark_is_no_evidence)
{
    ck_assert_int_eq(finish((struct cleaner){.loses_request = false}, false), END_PARTIAL);
}
END_TEST

START_TEST(a_mark_that_somebody_took_off_between_two_writes_ends_it_there)
{
    ck_assert_int_eq(finish((struct cleaner){.robbed = true}, false), END_PARTIAL);
}
END_TEST

SUITE(action_marks)
{
    Suite *suite = suite_create("action_marks");
    TCase *tcase = test_case(suite, "lost", 10);

    tcase_add_test(tcase, no_mark_left_is_the_mark_of_the_write_that_clears_them);
    tcase_add_test(tcase, marks_that_are_left_say_that_it_was_lost);
    tcase_add_test(tcase, elsewhere_no_mark_is_no_evidence);
    tcase_add_test(tcase, a_mark_that_somebody_took_off_between_two_writes_ends_it_there);
    return suite;
}
