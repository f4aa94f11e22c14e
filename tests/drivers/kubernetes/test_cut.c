/* test_cut.c: bodies cut into objects, wherever the bytes are split. */
#include "test.h"

#include "base/json.h"
#include "drivers/kubernetes/cut.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seen {
    char text[600];
    size_t count;
};

static bool on_object(void *arg, json_t *value, struct err *err)
{
    struct seen *seen = arg;
    char *text = json_text(value);

    (void)err;
    ck_assert_uint_lt(strlen(seen->text) + strlen(text) + 2, sizeof seen->text);
    size_t len = strlen(seen->text);
    snprintf(seen->text + len, sizeof seen->text - len, "%s|", text);
    seen->count++;
    free(text);
    json_decref(value);
    return true;
}

#define LIST                                                                                       \
    "{\"kind\":\"L\",\"metadata\":{\"resourceVersion\":\"7\",\"items\":[{\"not\":1}]},\n"          \
    "\"items\":[ {\"a\":\"]}\\\"{\"},{\"items\":[{\"b\":[1,{}]}]} ]}\n"
#define LIST_ITEMS "{\"a\":\"]}\\\"{\"}|{\"items\":[{\"b\":[1,{}]}]}|"
#define WATCH      "{\"type\":\"ADDED\",\"object\":{\"n\":\"\\u00e9 \xc3\xa9 }\"}}\n{\"type\":\"X\"}\n"
#define WATCH_ITEMS                                                                                \
    "{\"type\":\"ADDED\",\"object\":{\"n\":\"\xc3\xa9 \xc3\xa9 }\"}}|{\"type\":\"X\"}|"

static void feed_in_two(enum cut_kind kind, const char *bytes, size_t at, const char *expected)
{
    struct seen seen = {0};
    struct cut *cut = cut_new(kind, "test", on_object, &seen);
    struct err err = {0};

    ck_assert(cut_feed(cut, bytes, at, &err));
    ck_assert(cut_feed(cut, bytes + at, strlen(bytes) - at, &err));
    json_t *rest = cut_end(cut, &err);
    ck_assert_msg(rest != NULL, "split at %zu: %s", at, err.text);
    ck_assert_str_eq(seen.text, expected);
    if (kind == CUT_LIST)
        ck_assert_uint_eq(json_array_size(json_object_get(rest, "items")), 0);
    json_decref(rest);
    cut_free(cut);
}

START_TEST(a_list_is_the_same_wherever_it_is_split)
{
    for (size_t at = 0; at <= strlen(LIST); at++)
        feed_in_two(CUT_LIST, LIST, at, LIST_ITEMS);
}
END_TEST

START_TEST(a_watch_is_the_same_wherever_it_is_split)
{
    for (size_t at = 0; at <= strlen(WATCH); at++)
        feed_in_two(CUT_WATCH, WATCH, at, WATCH_ITEMS);
}
END_TEST

START_TEST(a_list_that_ends_early_is_not_a_list_and_hands_out_whole_items_only)
{
    for (size_t len = 0; len < strlen(LIST) - 1; len++) {
        struct seen seen = {0};
        struct cut *cut = cut_new(CUT_LIST, "test", on_object, &seen);
        struct err err = {0};
        ck_assert(cut_feed(cut, LIST, len, &err));
        ck_assert_ptr_null(cut_end(cut, &err));
        ck_assert_int_eq(err.code, ERR_NETWORK);
        ck_assert(strncmp(seen.text, LIST_ITEMS, strlen(seen.text)) == 0);
        cut_free(cut);
    }
}
END_TEST

static const struct {
    enum cut_kind kind;
    const char *bytes;
    enum err_code code;
} bad[] = {
    {CUT_LIST, "<html>no</html>", ERR_PROTOCOL},
    {CUT_LIST, "[{}]", ERR_PROTOCOL},
    {CUT_LIST, "null", ERR_PROTOCOL},
    {CUT_LIST, "}", ERR_PROTOCOL},
    {CUT_LIST, "{\"items\":[{\"a\":}]}", ERR_PROTOCOL},
    {CUT_LIST, "{\"items\":[{\"a\":1,\"a\":2}]}", ERR_PROTOCOL},
    {CUT_LIST, "{\"items\":[]}{\"items\":[]}", ERR_PROTOCOL},
    {CUT_WATCH, "{\"type\":\"ADDED\"]\n", ERR_PROTOCOL},
    {CUT_WATCH, "ADDED\n", ERR_PROTOCOL},
    {CUT_WATCH, "{\"a\":\"\\ud800\"}\n", ERR_PROTOCOL},
};

START_TEST(what_is_no_object_is_refused)
{
    struct seen seen = {0};
    struct cut *cut = cut_new(bad[_i].kind, "test", on_object, &seen);
    struct err err = {0};

    ck_assert(!cut_feed(cut, bad[_i].bytes, strlen(bad[_i].bytes), &err));
    ck_assert_int_eq(err.code, bad[_i].code);
    ck_assert_uint_eq(seen.count, 0);
    cut_free(cut);
}
END_TEST

START_TEST(an_object_without_an_end_meets_a_ceiling)
{
    struct seen seen = {0};
    struct cut *cut = cut_new(CUT_WATCH, "test", on_object, &seen);
    struct err err = {0};
    char block[4096];
    size_t fed = 0;

    memset(block, 'x', sizeof block);
    ck_assert(cut_feed(cut, "{\"a\":\"", 6, &err));
    while (fed <= (size_t)CUT_OBJECT_MAX && cut_feed(cut, block, sizeof block, &err))
        fed += sizeof block;
    ck_assert_int_eq(err.code, ERR_LIMIT);
    cut_free(cut);
}
END_TEST

SUITE(kubernetes_cut)
{
    Suite *suite = suite_create("kubernetes_cut");
    TCase *tcase = test_case(suite, "cut", 10);

    tcase_add_test(tcase, a_list_is_the_same_wherever_it_is_split);
    tcase_add_test(tcase, a_watch_is_the_same_wherever_it_is_split);
    tcase_add_test(tcase, a_list_that_ends_early_is_not_a_list_and_hands_out_whole_items_only);
    tcase_add_loop_test(tcase, what_is_no_object_is_refused, 0, (int)(sizeof bad / sizeof *bad));
    tcase_add_test(tcase, an_object_without_an_end_meets_a_ceiling);
    return suite;
}
