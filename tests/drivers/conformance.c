/* conformance.c: the tests of reads, ledger, trouble and closing, and the suite of all. */
#include "drivers/conformance.h"

#include "drivers/conformance_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct conformance_fixture *fixtures[8];
static size_t fixture_count;

const struct conformance_fixture *conformance_fixture_at(int index)
{
    return fixtures[index];
}

static uint32_t sum(const uint32_t count[INSTANCE_STATE_COUNT])
{
    uint32_t all = 0;

    for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
        all += count[s];
    return all;
}

CONFORM(a_read_tells_one_consistent_story)
{
    const struct conformance_fixture *fixture = bench->world.fixture;
    const struct service *service = bench_read(bench);
    uint32_t counted = 0, placed = 0;

    (void)memo;
    ck_assert_str_eq(service->name, bench->world.service_name);
    ck_assert_str_eq(service->cluster, bench->world.config.name);
    ck_assert_uint_eq(service->replicas, 8);
    ck_assert_str_eq(service->wants, fixture->old_version);
    ck_assert(service->revision[0] && service->spec_digest[0] && service->artifact[0]);
    ck_assert_int_eq(service->motion, MOTION_NONE);
    for (size_t i = 0; i < service->version_count; i++)
        counted += sum(service->versions[i].count);
    for (size_t i = 0; i < service->placement_count; i++) {
        bool known = false;
        for (size_t n = 0; n < bench->one.node_count; n++)
            known |= strcmp(service->placements[i].node, bench->one.nodes[n].id) == 0;
        ck_assert_msg(known, "placed on node '%s', which nobody named",
                      service->placements[i].node);
        placed += sum(service->placements[i].count);
    }
    ck_assert_uint_eq(counted, 8);
    ck_assert_uint_eq(placed, 8);
    service_unref(service);
}

CONFORM(a_service_that_is_not_there_is_not_found)
{
    struct answer answer = bench_ask_read(bench, "nosuchservice");

    (void)memo;
    ck_assert_int_eq(answer.err.code, ERR_NOT_FOUND);
    answer_release(&answer);
}

CONFORM(a_write_to_a_missing_service_is_not_found)
{
    struct action action = bench_plan(bench, VERB_START, 1, memo);

    snprintf(action.service, sizeof action.service, "nosuchservice");
    struct answer answer = bench_act(bench, &bench->one, &action, *memo);
    ck_assert_int_eq(answer.err.code, ERR_NOT_FOUND);
    answer_release(&answer);
}

CONFORM(instances_are_streamed_in_focus)
{
    const struct names all = bench_names(bench, bench->world.fixture->old_version);

    (void)memo;
    ck_assert_uint_eq(all.count, 8);
}

CONFORM(a_missing_ledger_record_is_not_an_error)
{
    struct answer answer = bench_get(bench, &bench->one, "nobody");

    (void)memo;
    ck_assert_int_eq(answer.err.code, ERR_NONE);
    ck_assert_ptr_null(answer.text);
    ck_assert_str_eq(answer.revision, "");
    answer_release(&answer);
}

CONFORM(a_ledger_record_is_created_once)
{
    const char *key = bench->world.service_name;
    struct answer first = bench_put(bench, &bench->one, key, "{\"n\":1}", "");
    struct answer second = bench_put(bench, &bench->one, key, "{\"n\":2}", "");
    struct answer got = bench_get(bench, &bench->one, key);

    (void)memo;
    ck_assert_msg(first.err.code == ERR_NONE, "create: %s", first.err.text);
    ck_assert_int_eq(second.err.code, ERR_CONFLICT);
    ck_assert_str_eq(got.text, "{\"n\":1}");
    ck_assert(got.revision[0]);
    answer_release(&first);
    answer_release(&second);
    answer_release(&got);
}

CONFORM(of_two_ledger_writers_one_wins)
{
    const char *key = bench->world.service_name;
    struct answer made = bench_put(bench, &bench->one, key, "{\"n\":1}", "");

    (void)memo;
    bench_second(bench);
    struct answer seen = bench_get(bench, &bench->two, key);
    struct answer theirs = bench_put(bench, &bench->two, key, "{\"n\":2}", seen.revision);
    struct answer mine = bench_put(bench, &bench->one, key, "{\"n\":3}", seen.revision);
    struct answer got = bench_get(bench, &bench->one, key);
    ck_assert_msg(theirs.err.code == ERR_NONE, "put: %s", theirs.err.text);
    ck_assert_int_eq(mine.err.code, ERR_CONFLICT);
    ck_assert_str_eq(got.text, "{\"n\":2}");
    struct answer next = bench_put(bench, &bench->one, key, "{\"n\":4}", got.revision);
    ck_assert_msg(next.err.code == ERR_NONE, "put: %s", next.err.text);
    answer_release(&made);
    answer_release(&seen);
    answer_release(&theirs);
    answer_release(&mine);
    answer_release(&got);
    answer_release(&next);
}

static bool heard_of_ledger(struct bench *bench, void *arg)
{
    (void)arg;
    return bench->two.ledger_changes > 0;
}

CONFORM(a_ledger_write_is_heard_by_the_others)
{
    (void)memo;
    bench_second(bench);
    bench->two.ledger_changes = 0;
    struct answer made = bench_put(bench, &bench->one, bench->world.service_name, "{\"n\":1}", "");
    ck_assert(bench_until(bench, heard_of_ledger, NULL));
    answer_release(&made);
}

CONFORM(the_ledger_is_listed_by_key)
{
    char find[200];
    struct answer made = bench_put(bench, &bench->one, bench->world.service_name, "{\"n\":1}", "");
    struct answer other = bench_put(bench, &bench->one, "other-record", "{}", "");
    struct answer list = bench_list(bench);

    (void)memo;
    snprintf(find, sizeof find, "|%s|", bench->world.service_name);
    ck_assert_msg(strstr(list.keys, find) && strstr(list.keys, "|other-record|"), "keys: %s",
                  list.keys);
    answer_release(&made);
    answer_release(&other);
    answer_release(&list);
}

CONFORM(a_large_ledger_record_comes_back_as_it_was)
{
    const size_t len = 60000;
    char *text = xcalloc(len + 1, 1);

    (void)memo;
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + i % 26);
    memcpy(text, "{\"\\\"\xc3\xa9\n\":", 10);
    struct answer made = bench_put(bench, &bench->one, bench->world.service_name, text, "");
    struct answer got = bench_get(bench, &bench->one, bench->world.service_name);
    ck_assert_msg(made.err.code == ERR_NONE, "put: %s", made.err.text);
    ck_assert_str_eq(got.text, text);
    answer_release(&made);
    answer_release(&got);
    free(text);
}

CONFORM(permissions_name_who_one_is)
{
    struct answer answer = bench_permissions(bench);

    (void)memo;
    ck_assert_msg(answer.err.code == ERR_NONE, "permissions: %s", answer.err.text);
    ck_assert(answer.who[0] && answer.permissions.may_view && answer.permissions.may_act);
    answer_release(&answer);
}

static bool in_trouble(struct bench *bench, void *arg)
{
    (void)arg;
    return bench->one.service->trouble != TROUBLE_NONE && bench->one.service->reason[0];
}

CONFORM(an_unknown_artifact_is_trouble_and_touches_no_other)
{
    const struct conformance_fixture *fixture = bench->world.fixture;
    const struct names before = bench_names(bench, fixture->old_version);
    struct action action = bench_plan(bench, VERB_START, 1, memo);

    snprintf(action.to, sizeof action.to, "%s", fixture->missing_version);
    snprintf(action.artifact, sizeof action.artifact, "%s", fixture->missing_artifact);
    struct answer answer = bench_act(bench, &bench->one, &action, *memo);
    ck_assert_msg(answer.err.code == ERR_NONE, "start: %s", answer.err.text);
    answer_release(&answer);
    ck_assert_msg(bench_until(bench, in_trouble, NULL), "no trouble with a reason was told");
    bench_pass(bench, fixture->calm_ms);
    struct names after = bench_names(bench, fixture->old_version);
    ck_assert_uint_ge(after.count, 7);
    ck_assert_msg(names_hold(&before, &after), "an instance was replaced");
    bench_do(bench, VERB_ROLLBACK, 8, memo);
    bench_stands(bench, 0);
    const struct names back = bench_names(bench, fixture->old_version);
    ck_assert_msg(names_hold(&back, &after), "an untouched instance was replaced");
}

static const char *busy_node(struct bench *bench)
{
    static char id[64];
    const struct service *service = bench_read(bench);

    /* The last one: a fixture may need the first to answer at all. */
    snprintf(id, sizeof id, "%s", service->placements[service->placement_count - 1].node);
    service_unref(service);
    return id;
}

static enum node_state state_of(const struct bench *bench, const char *node)
{
    for (size_t i = 0; i < bench->one.node_count; i++)
        if (strcmp(bench->one.nodes[i].id, node) == 0)
            return bench->one.nodes[i].state;
    return NODE_RETIRED;
}

static uint32_t ghosts(const struct service *service)
{
    uint32_t sum_all = 0;

    for (size_t i = 0; i < service->version_count; i++)
        sum_all += service->versions[i].count[INSTANCE_GHOST];
    return sum_all;
}

static bool is_ghostly(struct bench *bench, void *arg)
{
    const struct conformance_fixture *fixture = bench->world.fixture;

    return state_of(bench, arg) == NODE_SILENT && ghosts(bench->one.service) > 0 &&
           service_count(bench->one.service, fixture->old_version, STATES_SERVING) == 8;
}

static bool is_healed(struct bench *bench, void *arg)
{
    const struct service *service = bench->one.service;
    const struct conformance_fixture *fixture = bench->world.fixture;

    return state_of(bench, arg) == NODE_REPORTING && ghosts(service) == 0 &&
           service_count(service, fixture->new_version, STATES_SERVING) == 8 &&
           service_count(service, fixture->old_version, STATES_ALL) == 0;
}

CONFORM(what_runs_on_a_silent_node_counts_until_it_returns)
{
    const struct conformance_fixture *fixture = bench->world.fixture;
    char node[64];

    snprintf(node, sizeof node, "%s", busy_node(bench));
    fixture->silence_node(&bench->world, node);
    ck_assert_msg(bench_until(bench, is_ghostly, node), "node %s never fell silent", node);
    bench_do(bench, VERB_START, 8, memo);
    const struct service *service = bench_read(bench);
    ck_assert_uint_eq(service_count(service, fixture->new_version, STATES_SERVING), 8);
    ck_assert_msg(service_count(service, fixture->old_version, 1u << INSTANCE_GHOST) > 0,
                  "what may still run on the silent node was forgotten");
    service_unref(service);
    fixture->return_node(&bench->world, node);
    ck_assert_msg(bench_until(bench, is_healed, node), "node %s never healed", node);
}

CONFORM(the_log_of_one_instance_is_followed)
{
    const struct names all = bench_names(bench, bench->world.fixture->old_version);
    struct heard_log heard;

    (void)memo;
    bench_log(bench, all.name[3], false, &heard);
    ck_assert_msg(heard.lines + heard.happened + heard.ends == 0, "called inside the call");
    ck_assert_msg(bench_until_log(bench, &heard, 2), "%u lines, then: %s", heard.lines,
                  heard.why.text);
    const unsigned before = heard.lines;
    ck_assert_msg(bench_until_log(bench, &heard, before + 3), "it is not followed: %s",
                  heard.why.text);
    ck_assert_uint_eq(heard.dirty, 0);
    ck_assert_uint_eq(heard.ends, 0);
}

CONFORM(another_log_ends_the_one_before_and_none_ends_all)
{
    const struct names all = bench_names(bench, bench->world.fixture->old_version);
    struct heard_log one, other;

    (void)memo;
    bench_log(bench, all.name[0], false, &one);
    ck_assert(bench_until_log(bench, &one, 1));
    bench_log(bench, all.name[1], false, &other);
    const unsigned before = one.lines + one.happened;
    ck_assert(bench_until_log(bench, &other, 3));
    ck_assert_uint_eq(one.lines + one.happened, before);
    ck_assert_uint_eq(one.ends + other.ends, 0);
    bench->one.driver->ops->log(bench->one.driver, NULL, NULL);
    const unsigned then = other.lines + other.happened;
    bench_pass(bench, bench->world.fixture->calm_ms);
    ck_assert_uint_eq(other.lines + other.happened + other.ends, then);
    /* And one that was not answered yet. */
    bench_log(bench, all.name[0], false, &one);
    bench->one.driver->ops->log(bench->one.driver, NULL, NULL);
    bench_log(bench, all.name[2], false, &other);
    ck_assert(bench_until_log(bench, &other, 1));
    ck_assert_uint_eq(one.lines + one.happened + one.ends, 0);
}

CONFORM(the_log_of_what_is_not_there_says_so)
{
    struct heard_log heard;

    (void)memo;
    bench_log(bench, "nosuch-instance", false, &heard);
    ck_assert(!bench_until_log(bench, &heard, 1));
    ck_assert_uint_eq(heard.ends, 1);
    ck_assert_int_eq(heard.why.code, ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(heard.why.text, "nosuch-instance"));
}

CONFORM(a_driver_with_an_open_log_closes)
{
    const struct names all = bench_names(bench, bench->world.fixture->old_version);
    struct heard_log heard;

    (void)memo;
    bench_log(bench, all.name[0], false, &heard);
    ck_assert(bench_until_log(bench, &heard, 1));
    /* Closed by the end of the test, as is one that was only asked for. */
    bench_log(bench, all.name[1], false, &heard);
}

struct told_past {
    unsigned calls;
    bool found;
    struct err err;
    const char *service_id;
};

static void note_pasts(void *arg, const struct past *pasts, size_t count, const struct err *err)
{
    struct told_past *told = arg;

    told->calls++;
    if (err)
        told->err = *err;
    for (size_t i = 0; i < count; i++)
        told->found |= strcmp(pasts[i].service_id, told->service_id) == 0 &&
                       pasts[i].release_count > 0 && pasts[i].replicas == 8;
}

static bool past_is_told(struct bench *bench, void *arg)
{
    (void)bench;
    return ((struct told_past *)arg)->calls > 0;
}

CONFORM(history_is_told_once_or_said_to_be_none)
{
    struct told_past told = {.service_id = bench->service_id};

    (void)memo;
    bench->one.driver->ops->history(bench->one.driver, note_pasts, &told);
    ck_assert_uint_eq(told.calls, 0);
    ck_assert(bench_until(bench, past_is_told, &told));
    ck_assert_msg(told.found || told.err.code == ERR_UNSUPPORTED, "%s", told.err.text);
    bench_pass(bench, 100);
    ck_assert_uint_eq(told.calls, 1);
}

static void never(void *arg, const char *revision, const struct err *err)
{
    (void)revision;
    (void)err;
    ++*(unsigned *)arg;
}

static void never_read(void *arg, const struct service *service, const struct err *err)
{
    (void)service;
    (void)err;
    ++*(unsigned *)arg;
}

static void never_list(void *arg, const char *const *keys, size_t count, const struct err *err)
{
    (void)keys;
    (void)count;
    (void)err;
    ++*(unsigned *)arg;
}

CONFORM(a_closed_driver_never_calls_back)
{
    const struct action action = bench_plan(bench, VERB_START, 1, memo);
    unsigned calls = 0;

    bench_second(bench);
    struct driver *driver = bench->two.driver;
    driver->ops->act(driver, &action, *memo, never, &calls);
    driver->ops->read(driver, bench->service_id, never_read, &calls);
    driver->ops->ledger_list(driver, never_list, &calls);
    driver->ops->close(driver);
    bench->two.driver = NULL;
    bench->two.closed = true;
    bench_pass(bench, bench->world.fixture->calm_ms);
    ck_assert_uint_eq(calls, 0);
    ck_assert_uint_eq(bench->two.calls_after_close, 0);
}

struct close_inside {
    struct bench *bench;
    unsigned calls;
};

/* Answers may come in any order: only what comes behind the close is wrong. */
static void not_after_close(void *arg, const struct service *service, const struct err *err)
{
    struct close_inside *inside = arg;

    (void)service;
    (void)err;
    inside->calls += inside->bench->two.closed;
}

static void close_now(void *arg, const struct service *service, const struct err *err)
{
    struct close_inside *inside = arg;

    (void)service;
    (void)err;
    inside->calls++;
    inside->bench->two.driver->ops->close(inside->bench->two.driver);
    inside->bench->two.driver = NULL;
    inside->bench->two.closed = true;
}

CONFORM(a_driver_may_be_closed_in_a_callback)
{
    struct close_inside inside = {bench, 0};

    (void)memo;
    bench_second(bench);
    struct driver *driver = bench->two.driver;
    driver->ops->read(driver, bench->service_id, close_now, &inside);
    driver->ops->read(driver, bench->service_id, not_after_close, &inside);
    bench_pass(bench, bench->world.fixture->calm_ms);
    ck_assert_uint_eq(inside.calls, 1);
    ck_assert_uint_eq(bench->two.calls_after_close, 0);
}

static const struct conformance_row rows[] = {
    {"reads", &a_read_tells_one_consistent_story, NEED_NONE},
    {"reads", &a_service_that_is_not_there_is_not_found, NEED_NONE},
    {"reads", &instances_are_streamed_in_focus, NEED_NONE},
    {"reads", &permissions_name_who_one_is, NEED_NONE},
    {"preconditions", &a_write_to_a_missing_service_is_not_found, NEED_NONE},
    {"ledger", &a_missing_ledger_record_is_not_an_error, NEED_NONE},
    {"ledger", &a_ledger_record_is_created_once, NEED_NONE},
    {"ledger", &of_two_ledger_writers_one_wins, NEED_NONE},
    {"ledger", &a_ledger_write_is_heard_by_the_others, NEED_NONE},
    {"ledger", &the_ledger_is_listed_by_key, NEED_NONE},
    {"ledger", &a_large_ledger_record_comes_back_as_it_was, NEED_NONE},
    {"trouble", &an_unknown_artifact_is_trouble_and_touches_no_other, NEED_NONE},
    {"trouble", &what_runs_on_a_silent_node_counts_until_it_returns, NEED_NODES},
    {"history", &history_is_told_once_or_said_to_be_none, NEED_NONE},
    {"log", &the_log_of_one_instance_is_followed, NEED_TALK},
    {"log", &another_log_ends_the_one_before_and_none_ends_all, NEED_TALK},
    {"log", &the_log_of_what_is_not_there_says_so, NEED_NONE},
    {"log", &a_driver_with_an_open_log_closes, NEED_TALK},
    {"close", &a_closed_driver_never_calls_back, NEED_NONE},
    {"close", &a_driver_may_be_closed_in_a_callback, NEED_NONE},
    {0},
};

static bool can_run(const struct conformance_fixture *fixture, enum need need)
{
    switch (need) {
    case NEED_NONE:
        return true;
    case NEED_NODES:
        return fixture->silence_node && fixture->return_node;
    case NEED_FOREIGN:
        return fixture->foreign_write != NULL;
    case NEED_TALK:
        return fixture->talks;
    }
    return false;
}

static void add_rows(Suite *suite, const struct conformance_row *row, int at)
{
    const struct conformance_fixture *fixture = fixtures[at];
    const char *group = "";
    TCase *tcase = NULL;

    for (; row->group; row++) {
        if (strcmp(row->group, group) != 0)
            tcase = test_case(suite, row->group, fixture->timeout_s);
        group = row->group;
        if (can_run(fixture, row->need))
            tcase_add_loop_test(tcase, *row->test, at, at + 1);
    }
}

Suite *conformance_suite(const struct conformance_fixture *fixture)
{
    Suite *suite = suite_create(fixture->name);
    const int at = (int)fixture_count;

    if (fixture_count == ARRAY_LEN(fixtures))
        fatal("room for %zu conformance fixtures only", ARRAY_LEN(fixtures));
    fixtures[fixture_count++] = fixture;
    add_rows(suite, rows, at);
    add_rows(suite, conformance_moves, at);
    return suite;
}
