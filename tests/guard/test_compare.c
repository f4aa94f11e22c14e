/* Two contracts of one service: what a pipeline is told before anything runs. */
#include "guard/compare.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static struct arena *arena;
static struct contract old, new;
static struct comparison got;

static void parse(const char *text, struct contract *out)
{
    struct err err = {0};
    json_t *root = json_parse_yaml(text, strlen(text), "c", &err);

    ck_assert_msg(root != NULL, "%s", err.text);
    struct json_at at = json_root(root, "c", arena);
    *out = (struct contract){.digest = ""};
    ck_assert_msg(contract_parse(&at, CONTRACT_ALONE, out, &err), "%s", err.text);
    json_decref(root);
}

static void compare(const char *from, const char *to)
{
    arena = arena_new(1024);
    parse(from, &old);
    parse(to, &new);
    contract_compare(&old, &new, arena, &got);
}

static bool says(const struct sentences *list, const char *part)
{
    for (size_t i = 0; i < list->count; i++)
        if (strstr(list->text[i], part))
            return true;
    return false;
}

START_TEST(a_pure_code_change_goes_as_it_is)
{
    compare("{service: a, version: '1', reads: {d: [x]}, writes: {d: [x]}}",
            "{service: a, version: '2', follows: ['1'], change: [code], reads: {d: [x]}, "
            "writes: {d: [x]}}");
    ck_assert(got.adjacent);
    ck_assert_int_eq((int)got.verdict.answer, ANSWER_ALLOW);
    ck_assert_uint_eq(got.backward.count + got.forward.count + got.rollback.count, 0);
    ck_assert_uint_eq(got.order.count, 1);
    ck_assert_str_eq(got.order.text[0], "release 2 as it is");
    arena_free(arena);
}
END_TEST

START_TEST(a_format_the_old_version_cannot_read_breaks_forward_and_rollback)
{
    compare("{service: a, version: '1', reads: {d: [x]}, writes: {d: [x]}}",
            "{service: a, version: '2', follows: ['1'], change: ['write+'], reads: {d: [x, y]}, "
            "writes: {d: [y]}}");
    ck_assert_uint_eq(got.backward.count, 0);
    ck_assert(says(&got.forward, "1 cannot read y"));
    ck_assert(says(&got.rollback, "1 cannot read y"));
    ck_assert(says(&got.changes, "writes d: adds y"));
    ck_assert_int_eq((int)got.verdict.answer, ANSWER_REFUSE);
    ck_assert_int_eq((int)got.verdict.first->rule, RULE_R1);
    arena_free(arena);
}
END_TEST

START_TEST(the_order_is_expand_then_code_then_contract)
{
    compare("{service: a, version: '1', reads: {d: [x]}, writes: {d: [x]}, needs: {pg: [c]}, "
            "provides: [G/1]}",
            "{service: a, version: '2', follows: ['1'], change: [code, 'write+'], reads: {d: [y]}, "
            "writes: {d: [y]}, needs: {pg: [e]}, provides: [G/2], requires: {b: [P/1]}}");
    static const char *const steps[] = {
        "expand pg by e",
        "release a version of b",
        "also reads y of d",
        "the code of 2",
        "writes y to d",
        "backfill d until x",
        "no longer reads x",
        "every caller without G/1",
        "without G/1 (change: api-)",
        "contract pg by c",
    };
    ck_assert_uint_eq(got.order.count, ARRAY_LEN(steps));
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        ck_assert_msg(strstr(got.order.text[i], steps[i]) != NULL, "%zu: %s", i, got.order.text[i]);
    ck_assert(says(&got.backward, "2 cannot read x"));
    ck_assert(says(&got.backward, "does not provide G/1"));
    arena_free(arena);
}
END_TEST

/* Nobody writes x any more, but the old version reads it: something may still be x. */
START_TEST(what_the_old_version_could_read_may_be_at_rest)
{
    compare("{service: a, version: '3', reads: {d: [x, y, z]}, writes: {d: [y, z]}, needs: {pg: "
            "[c]}}",
            "{service: a, version: '4', follows: ['3'], change: ['read-'], reads: {d: [z]}, "
            "writes: {d: [z]}}");
    static const char *const steps[] = {"backfill d until x, y is gone", "no longer reads x, y",
                                        "contract pg by c"};
    ck_assert_uint_eq(got.order.count, ARRAY_LEN(steps));
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        ck_assert_msg(strstr(got.order.text[i], steps[i]) != NULL, "%zu: %s", i, got.order.text[i]);
    ck_assert_uint_eq(got.backward.count, 2);
    ck_assert(says(&got.backward, "4 cannot read y, which 3 may write to d"));
    ck_assert(says(&got.backward, "4 cannot read x, which may be at rest in d: 3 reads it"));
    arena_free(arena);

    compare("{service: a, version: '3', reads: {d: [x, z]}}",
            "{service: a, version: '4', follows: ['3'], change: [code]}");
    ck_assert_uint_eq(got.backward.count, 0); /* who reads nothing cannot fail to */
    arena_free(arena);
}
END_TEST

START_TEST(versions_that_are_not_adjacent_are_said_to_be)
{
    compare("{service: a, version: '1'}", "{service: a, version: '3', follows: ['2']}");
    ck_assert(!got.adjacent);
    ck_assert_int_eq((int)got.verdict.first->rule, RULE_R3);
    arena_free(arena);
}
END_TEST

START_TEST(a_column_that_goes_away_and_an_artifact_that_is_gone_break_the_way_back)
{
    compare("{service: a, version: '1', needs: {pg: [c]}, artifact: false}",
            "{service: a, version: '2', follows: ['1'], change: ['ddl-']}");
    ck_assert(says(&got.rollback, "1 needs c of pg"));
    ck_assert(says(&got.rollback, "cannot be pulled"));
    arena_free(arena);
}
END_TEST

/* More versions, or a name that none may have: it is said, and nothing is promised. */
START_TEST(contracts_that_cannot_be_held_are_not_compared_as_if_they_were_empty)
{
    char text[800] = "";

    for (unsigned i = 0; i < 80; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s'f%u'", i ? ", " : "", i);
    for (int which = 0; which < 2; which++) {
        char *many = xasprintf("{service: a, version: '%d', follows: [%s]}", which + 1, text);

        compare(which ? "{service: a, version: '1'}" : many,
                which ? many : "{service: a, version: '2', follows: ['1']}");
        ck_assert_int_eq((int)got.verdict.answer, ANSWER_UNKNOWN);
        ck_assert(strstr(got.verdict.findings[RULE_R0].sentence, "more than 63 versions") != NULL);
        ck_assert_str_ne(got.order.count ? got.order.text[0] : "", "release 2 as it is");
        free(many);
        arena_free(arena);
    }
    compare("{service: a, version: '1'}", "{service: a, version: '?', follows: ['1']}");
    ck_assert_int_eq((int)got.verdict.answer, ANSWER_UNKNOWN);
    for (unsigned r = 0; r < RULE_COUNT;
         r++) { /* and every other rule says that it was not asked */
        ck_assert_uint_eq((unsigned)got.verdict.findings[r].rule, r);
        ck_assert_int_eq((int)got.verdict.findings[r].answer,
                         r == RULE_R0 ? ANSWER_UNKNOWN : ANSWER_NOT_EVALUATED);
    }
    arena_free(arena);
    compare("{service: a, version: '?'}", "{service: a, version: '1'}");
    ck_assert_int_eq((int)got.verdict.answer, ANSWER_UNKNOWN);
    arena_free(arena);
}
END_TEST

START_TEST(what_breaks_only_the_way_back_does_not_go_as_it_is)
{
    compare("{service: a, version: '1', artifact: false}",
            "{service: a, version: '2', follows: ['1'], change: [code]}");
    ck_assert_uint_eq(got.backward.count + got.forward.count, 0);
    ck_assert_uint_gt(got.rollback.count, 0);
    for (size_t i = 0; i < got.order.count; i++)
        ck_assert_str_ne(got.order.text[i], "release 2 as it is");
    arena_free(arena);
}
END_TEST

START_TEST(odd_contracts_get_remarks)
{
    struct sentences remarks = {0};

    arena = arena_new(1024);
    parse("{service: a, version: '1', reads: {d: [x]}, writes: {d: [y]}}", &old);
    contract_remarks(&old, arena, &remarks);
    ck_assert(says(&remarks, "no digest"));
    ck_assert(says(&remarks, "follows nothing"));
    ck_assert(says(&remarks, "no kind of change"));
    ck_assert(says(&remarks, "may write y to d and cannot read it itself"));
    arena_free(arena);
}
END_TEST

SUITE(guard_compare)
{
    Suite *suite = suite_create("guard_compare");
    TCase *tcase = test_case(suite, "compare", 10);

    tcase_add_test(tcase, a_pure_code_change_goes_as_it_is);
    tcase_add_test(tcase, a_format_the_old_version_cannot_read_breaks_forward_and_rollback);
    tcase_add_test(tcase, the_order_is_expand_then_code_then_contract);
    tcase_add_test(tcase, what_the_old_version_could_read_may_be_at_rest);
    tcase_add_test(tcase, versions_that_are_not_adjacent_are_said_to_be);
    tcase_add_test(tcase, a_column_that_goes_away_and_an_artifact_that_is_gone_break_the_way_back);
    tcase_add_test(tcase, contracts_that_cannot_be_held_are_not_compared_as_if_they_were_empty);
    tcase_add_test(tcase, what_breaks_only_the_way_back_does_not_go_as_it_is);
    tcase_add_test(tcase, odd_contracts_get_remarks);
    return suite;
}
