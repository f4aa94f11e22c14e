/* test_json.c: JSON is read exactly, within its budget, and complained about exactly. */
#include "test.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    enum err_code code;
    const char *complaint; /* the start of it */
} refused[] = {
    {"", ERR_PROTOCOL, "in: line 1, column 1: "},
    {"7", ERR_PROTOCOL, "in: line 1, column 1: '[' or '{' expected"},
    {"{\"a\": 1,\n  \"b\" 2}", ERR_PROTOCOL, "in: line 2, column 7: ':' expected"},
    {"{\"a\": 1, \"a\": 2}", ERR_PROTOCOL, "in: line 1, column 12: duplicate object key"},
    {"{} {}", ERR_PROTOCOL, "in: line 1, column 4: end of file expected"},
    {"[1e999]", ERR_PROTOCOL, "in: line 1, column 6: real number overflow"},
    {"[9223372036854775808]", ERR_PROTOCOL, "in: line 1, column 20: too big integer"},
    {"[\"\\u0000\"]", ERR_PROTOCOL, "in: line 1, column 9: \\u0000 is not allowed"},
    {"[\"\xff\"]", ERR_PROTOCOL, "in: line 1, column 2: unable to decode byte 0xff"},
    {"[\"\x1b[31m\"]", ERR_PROTOCOL, "in: line 1, column 2: control character 0x1b"},
};

START_TEST(bad_json_is_refused_with_line_and_column)
{
    struct err err = {0};

    ck_assert_ptr_null(json_parse(refused[_i].text, strlen(refused[_i].text), "in", &err));
    ck_assert_int_eq(err.code, refused[_i].code);
    ck_assert_msg(strncmp(err.text, refused[_i].complaint, strlen(refused[_i].complaint)) == 0,
                  "%s", err.text);
}
END_TEST

START_TEST(complaints_quote_nothing_that_controls_a_terminal)
{
    struct err err = {0};
    const char *text = "[\xc2\x9b"
                       "31m]";

    ck_assert_ptr_null(json_parse(text, strlen(text), "evil\x1b[1m\nname", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "evil\\x1b[1m\\x0aname: line 1"));
    ck_assert_ptr_null(strstr(err.text, "\xc2\x9b"));
}
END_TEST

static json_t *parse_nested(size_t depth, struct err *err)
{
    char text[3 * JSON_DEPTH_MAX];

    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    return json_parse(text, 2 * depth, "deep", err);
}

START_TEST(nesting_ends_at_64_levels)
{
    struct err err = {0};
    json_t *value = parse_nested(JSON_DEPTH_MAX, &err);

    ck_assert_ptr_nonnull(value);
    json_decref(value);
    ck_assert_ptr_null(parse_nested(JSON_DEPTH_MAX + 1, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert_str_eq(err.text, "deep: line 1, column 65: nested more than 64 levels deep");
}
END_TEST

START_TEST(brackets_in_strings_are_no_nesting)
{
    struct err err = {0};
    char text[512] = "[\"\\\"";

    memset(text + 4, '[', 400);
    memcpy(text + 404, "\"]", 3);
    json_t *value = json_parse(text, strlen(text), "in", &err);
    ck_assert_msg(value != NULL, "%s", err.text);
    json_decref(value);
}
END_TEST

START_TEST(a_small_body_cannot_take_all_memory)
{
    const size_t len = 6 << 20;
    struct err err = {0};
    char *text = xcalloc(len, 1);

    for (size_t i = 0; i + 2 < len; i += 3)
        memcpy(text + i, "{},", 3);
    text[0] = '[';
    text[1] = ' ';
    text[2] = ' ';
    memcpy(text + len - 3, "1 ]", 3);
    ck_assert_ptr_null(json_parse(text, len, "bomb", &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert_str_eq(err.text, "bomb: would need more than 256 MiB of memory as JSON values");
    free(text);
    /* and the next document has the whole budget again */
    err = (struct err){0};
    json_t *value = json_parse("{\"a\": 1}", 8, "in", &err);
    ck_assert_ptr_nonnull(value);
    json_decref(value);
}
END_TEST

START_TEST(a_document_above_its_ceiling_is_not_even_parsed)
{
    struct err err = {0};

    ck_assert_ptr_null(json_parse("x", (size_t)JSON_BODY_MAX + 1, "big", &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert_str_eq(err.text, "big: larger than 64 MiB");
}
END_TEST

START_TEST(memory_of_jansson_is_plain_memory)
{
    json_t *value = json_pack("{s:i}", "a", 1);
    char *text = json_dumps(value, JSON_COMPACT);

    ck_assert_str_eq(text, "{\"a\":1}");
    free(text);
    json_decref(value);
}
END_TEST

/* Getters. */

static const char document[] =
    "{\"services\": [{\"Name\": \"web\", \"Count\": 3, \"On\": true, \"Nil\": null,"
    " \"Evil\": \"a\\u001b[2J\\u202Eb\", \"Half\": 1.5, \"Id\": \"ns/web:1.2@sha256-ab\"},"
    " {\"Id\": \"../../etc\"}, {\"Id\": \"a b\"}, {\"Id\": \"\"}]}";

static struct {
    json_t *value;
    struct arena *arena;
    struct json_at root, services, service;
    struct err err;
} doc;

static void open_document(void)
{
    doc.err = (struct err){0};
    doc.value = json_parse(document, sizeof document - 1, "doc", &doc.err);
    ck_assert_msg(doc.value != NULL, "%s", doc.err.text);
    doc.arena = arena_new(1024);
    doc.root = json_root(doc.value, "doc", doc.arena);
    doc.services = json_key(&doc.root, "services");
    doc.service = json_index(&doc.services, 0);
}

static void close_document(void)
{
    json_decref(doc.value);
    arena_free(doc.arena);
}

START_TEST(values_of_the_right_type_are_given)
{
    const char *text;
    int64_t number;
    bool flag;
    size_t count;
    struct json_at name = json_key(&doc.service, "Name"), evil = json_key(&doc.service, "Evil"),
                   number_at = json_key(&doc.service, "Count"), on = json_key(&doc.service, "On"),
                   id = json_key(&doc.service, "Id");

    ck_assert(json_get_array(&doc.services, &count, &doc.err) && count == 4);
    ck_assert(json_get_object(&doc.service, &doc.err));
    ck_assert(json_get_text(&name, 253, &text, &doc.err));
    ck_assert_str_eq(text, "web");
    ck_assert(json_get_text(&evil, 253, &text, &doc.err));
    ck_assert_str_eq(text, "a\\x1b[2J<U+202E>b");
    ck_assert(json_get_text(&evil, 8, &text, &doc.err));
    ck_assert_str_eq(text, "a\\x1b\xe2\x80\xa6");
    ck_assert_str_eq(json_raw(evil.value), "a\x1b[2J\xe2\x80\xae"
                                           "b");
    ck_assert(json_get_int(&number_at, 0, 3, &number, &doc.err) && number == 3);
    ck_assert(json_get_bool(&on, &flag, &doc.err) && flag);
    ck_assert(json_get_id(&id, 64, &text, &doc.err));
    ck_assert_str_eq(text, "ns/web:1.2@sha256-ab");
}
END_TEST

START_TEST(optional_values_fall_back_only_when_absent)
{
    const char *text;
    int64_t number;
    bool flag;
    struct json_at none = json_key(&doc.service, "None"), nil = json_key(&doc.service, "Nil"),
                   below = json_key(&none, "Below"), name = json_key(&doc.service, "Name");

    ck_assert(json_opt_text(&none, 9, "x", &text, &doc.err) && strcmp(text, "x") == 0);
    ck_assert(json_opt_text(&below, 9, NULL, &text, &doc.err) && text == NULL);
    ck_assert(json_opt_int(&nil, 0, 9, -7, &number, &doc.err) && number == -7);
    ck_assert(json_opt_bool(&nil, true, &flag, &doc.err) && flag);
    ck_assert(!json_opt_int(&name, 0, 9, 1, &number, &doc.err));
    ck_assert_str_eq(doc.err.text,
                     "doc: services[0].Name: expected a whole number, found a string");
}
END_TEST

static const struct {
    size_t index;
    const char *key, *type, *complaint;
} wrong[] = {
    {0, "None", "text", "doc: services[0].None: expected a string, found nothing"},
    {0, "Nil", "text", "doc: services[0].Nil: expected a string, found null"},
    {0, "Count", "text", "doc: services[0].Count: expected a string, found a number"},
    {0, "Half", "int", "doc: services[0].Half: expected a whole number, found a number"},
    {0, "Count", "int", "doc: services[0].Count: expected a whole number from 0 to 2, found 3"},
    {0, "Name", "bool", "doc: services[0].Name: expected true or false, found a string"},
    {0, "Name", "object", "doc: services[0].Name: expected an object, found a string"},
    {9, NULL, "object", "doc: services[9]: expected an object, found nothing"},
    {0, NULL, "array", "doc: services[0]: expected an array, found an object"},
    {1, "Id", "id",
     "doc: services[1].Id: expected 1 to 8 of A-Z a-z 0-9 . _ : @ / - without "
     "\"..\", found \"../../etc\""},
    {2, "Id", "id",
     "doc: services[2].Id: expected 1 to 8 of A-Z a-z 0-9 . _ : @ / - without "
     "\"..\", found \"a b\""},
    {3, "Id", "id",
     "doc: services[3].Id: expected 1 to 8 of A-Z a-z 0-9 . _ : @ / - without "
     "\"..\", found \"\""},
    {0, "Id", "id",
     "doc: services[0].Id: expected 1 to 8 of A-Z a-z 0-9 . _ : @ / - without "
     "\"..\", found \"ns/web:1.2@sha256-ab\""},
};

static bool get_any(const struct json_at *at, const char *type)
{
    const char *text;
    int64_t number;
    size_t count;
    bool flag;

    if (strcmp(type, "text") == 0)
        return json_get_text(at, 99, &text, &doc.err);
    if (strcmp(type, "int") == 0)
        return json_get_int(at, 0, 2, &number, &doc.err);
    if (strcmp(type, "bool") == 0)
        return json_get_bool(at, &flag, &doc.err);
    if (strcmp(type, "array") == 0)
        return json_get_array(at, &count, &doc.err);
    if (strcmp(type, "id") == 0)
        return json_get_id(at, 8, &text, &doc.err);
    return json_get_object(at, &doc.err);
}

START_TEST(wrong_values_are_named_by_their_path)
{
    struct json_at service = json_index(&doc.services, wrong[_i].index);
    struct json_at at = wrong[_i].key ? json_key(&service, wrong[_i].key) : service;

    ck_assert(!get_any(&at, wrong[_i].type));
    ck_assert_int_eq(doc.err.code, ERR_PROTOCOL);
    ck_assert_str_eq(doc.err.text, wrong[_i].complaint);
}
END_TEST

START_TEST(complaints_about_a_users_file_say_so)
{
    struct json_at root = json_root(doc.value, "doc", doc.arena);
    root.code = ERR_CONFIG;
    struct json_at services = json_key(&root, "services"), service = json_index(&services, 0),
                   count = json_key(&service, "Count");
    const char *text;

    ck_assert(!json_get_text(&count, 9, &text, &doc.err));
    ck_assert_int_eq(doc.err.code, ERR_CONFIG);
    ck_assert_str_eq(doc.err.text, "doc: services[0].Count: expected a string, found a number "
                                   "(quotes would make it a string)");
}
END_TEST

START_TEST(a_path_of_hostile_keys_fits_and_is_clean)
{
    char out[24];
    struct json_at evil = json_key(&doc.root, "a\x1b[31m"), more = json_key(&evil, "bbbbbbbbbbbb");

    ck_assert_str_eq(json_path(&more, out, sizeof out), "doc: a\\x1b[31m.bbbbbbbb");
}
END_TEST

START_TEST(text_of_a_value_is_compact_and_keeps_its_order)
{
    char *text = json_text(doc.services.value);

    ck_assert_ptr_nonnull(strstr(text, "[{\"Name\":\"web\",\"Count\":3,\"On\":true,\"Nil\":null,"));
    free(text);
    text = json_text(json_array_get(doc.services.value, 99) ? NULL : json_null());
    ck_assert_str_eq(text, "null");
    free(text);
}
END_TEST

SUITE(json)
{
    Suite *suite = suite_create("json");
    TCase *parse = test_case(suite, "parse", 20), *get = test_case(suite, "get", 10);

    tcase_add_loop_test(parse, bad_json_is_refused_with_line_and_column, 0,
                        (int)ARRAY_LEN(refused));
    tcase_add_test(parse, complaints_quote_nothing_that_controls_a_terminal);
    tcase_add_test(parse, nesting_ends_at_64_levels);
    tcase_add_test(parse, brackets_in_strings_are_no_nesting);
    tcase_add_test(parse, a_small_body_cannot_take_all_memory);
    tcase_add_test(parse, a_document_above_its_ceiling_is_not_even_parsed);
    tcase_add_test(parse, memory_of_jansson_is_plain_memory);
    tcase_add_checked_fixture(get, open_document, close_document);
    tcase_add_test(get, values_of_the_right_type_are_given);
    tcase_add_test(get, optional_values_fall_back_only_when_absent);
    tcase_add_loop_test(get, wrong_values_are_named_by_their_path, 0, (int)ARRAY_LEN(wrong));
    tcase_add_test(get, complaints_about_a_users_file_say_so);
    tcase_add_test(get, a_path_of_hostile_keys_fits_and_is_clean);
    tcase_add_test(get, text_of_a_value_is_compact_and_keeps_its_order);
    return suite;
}
