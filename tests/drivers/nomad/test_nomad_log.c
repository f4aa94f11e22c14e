/* test_nomad_log.c: which task of an allocation is read, and what became of it. */
#include "drivers/nomad/log_alloc.h"
#include "drivers/nomad/nomad_recorded.h"
#include "test.h"

#include <string.h>

static json_t *from(struct nomad_recorded *r, const char *text)
{
    json_t *value = json_loads(text, 0, NULL);

    ck_assert_ptr_nonnull(value);
    r->parts[r->count++] = value;
    return value;
}

#define ALLOC "[{\"ID\":\"0d7f220c-1111-2222-3333-444444444444\",\"JobID\":\"shop\",\"TaskStates\":"
#define TASK(name, state, failed, events)                                                          \
    "\"" name "\":{\"State\":\"" state "\",\"Failed\":" failed                                     \
    ",\"StartedAt\":\"2026-01-01T00:00:00Z\",\"Events\":" events "}"

static const struct {
    const char *text, *task;
    bool over;
    size_t events;
    const char *first;
} rows[] = {
    {ALLOC "null}]", "", false, 0, ""},
    {ALLOC
     "{" TASK("app", "running", "false", "null") "," TASK("side", "running", "false", "[]") "}}]",
     "app", false, 0, ""},
    {ALLOC
     "{" TASK("app", "running", "false",
              "[{\"Type\":\"Started\",\"Time\":2000000}]") "," TASK("side", "dead", "true",
                                                                    "[{\"Type\":\"Terminated\","
                                                                    "\"DisplayMessage\":\"Exit "
                                                                    "Code: 1\",\"Time\":"
                                                                    "1000000}]") "}}]",
     "side", false, 2, "side: Terminated: Exit Code: 1"},
    {ALLOC "{" TASK("app", "dead", "false", "[]") "}}]", "app", true, 0, ""},
    {ALLOC "{\"app\":{\"State\":\"pending\"}}}]", "", false, 0, ""},
};

START_TEST(the_task_that_failed_is_read_else_the_first)
{
    struct nomad_recorded r = {.arena = arena_new(512)};
    struct nomad_log_alloc alloc;
    struct err err = {0};

    ck_assert_msg(
        nomad_log_look(from(&r, rows[_i].text), "shop", "web[3] 0d7f220c", r.arena, &alloc, &err),
        "%s", err.text);
    ck_assert_str_eq(alloc.id, "0d7f220c-1111-2222-3333-444444444444");
    ck_assert_str_eq(alloc.task, rows[_i].task);
    ck_assert_int_eq(alloc.over, rows[_i].over);
    ck_assert_uint_eq(alloc.event_count, rows[_i].events);
    if (alloc.event_count)
        ck_assert_str_eq(alloc.events[0].text, rows[_i].first);
    nomad_recorded_free(&r);
}
END_TEST

START_TEST(recorded_allocations_are_found_by_their_names)
{
    struct nomad_recorded r = {.arena = arena_new(512)};
    json_t *list = nomad_recorded_json(&r, "broken-allocations"), *one;
    size_t i;

    ck_assert_uint_gt(json_array_size(list), 0);
    json_array_foreach(list, i, one)
    {
        const char *id = json_string_value(json_object_get(one, "ID"));
        const char *job = json_string_value(json_object_get(one, "JobID"));
        const char *name = arena_printf(r.arena, "app[0] %.8s", id);
        struct nomad_log_alloc alloc;
        struct err err = {0};
        ck_assert_msg(nomad_log_look(list, job, name, r.arena, &alloc, &err), "%s", err.text);
        ck_assert_str_eq(alloc.id, id);
        ck_assert(nomad_log_look(list, "other", name, r.arena, &alloc, &err));
        ck_assert_str_eq(alloc.id, "");
    }
    nomad_recorded_free(&r);
}
END_TEST

START_TEST(what_is_no_name_of_an_allocation_is_none)
{
    static const char *const names[] = {
        "", "web", "web[3]", "web[3] 0d7f220", "web[3] 0d7f22zz", "web[3] 0d7f220c1"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        ck_assert_str_eq(nomad_log_prefix(names[i]), "");
    ck_assert_str_eq(nomad_log_prefix("a b 0d7f220c"), "0d7f220c");
}
END_TEST

START_TEST(a_wrong_type_is_refused_with_its_place)
{
    static const char *const texts[] = {"{}", "[{\"ID\":7}]", ALLOC "{\"app\":{\"Events\":7}}}]",
                                        ALLOC "{\"app\":{\"State\":[]}}}]"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct nomad_recorded r = {.arena = arena_new(512)};
        struct nomad_log_alloc alloc;
        struct err err = {0};
        ck_assert(
            !nomad_log_look(from(&r, texts[i]), "shop", "w[0] 0d7f220c", r.arena, &alloc, &err));
        ck_assert_ptr_nonnull(strstr(err.text, "allocations"));
        nomad_recorded_free(&r);
    }
}
END_TEST

SUITE(nomad_log)
{
    Suite *suite = suite_create("nomad_log");
    TCase *tcase = test_case(suite, "log", 10);

    tcase_add_loop_test(tcase, the_task_that_failed_is_read_else_the_first, 0,
                        (int)ARRAY_LEN(rows));
    tcase_add_test(tcase, recorded_allocations_are_found_by_their_names);
    tcase_add_test(tcase, what_is_no_name_of_an_allocation_is_none);
    tcase_add_test(tcase, a_wrong_type_is_refused_with_its_place);
    return suite;
}
