/* test_yaml.c: one YAML document becomes one JSON value, or is refused at a place. */
#include "test.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *yaml, *json;
} read[] = {
    {"a: 1\nb: [x, 'y', \"z\\n\"]\n", "{\"a\":1,\"b\":[\"x\",\"y\",\"z\\n\"]}"},
    {"{}", "{}"},
    {"- ~\n- null\n-\n- NULL\n", "[null,null,null,null]"},
    {"[true, False, TRUE, yes, No, on, off, y]",
     "[true,false,true,\"yes\",\"No\",\"on\",\"off\",\"y\"]"},
    {"[0, -3, +4, 0x1F, 0o17, 9223372036854775807]", "[0,-3,4,31,15,9223372036854775807]"},
    {"[1.5, -.5, 2e3, 1., '1.5']", "[1.5,-0.5,2000.0,1.0,\"1.5\"]"},
    {"[1.2.3, 1_000, 12:30, 0x, 0o8, 1e, ., +, v1]",
     "[\"1.2.3\",\"1_000\",\"12:30\",\"0x\",\"0o8\",\"1e\",\".\",\"+\",\"v1\"]"},
    {"[!!str 12, !!int 3, !!float 1, !!bool true, !!null ~, ! 5]", "[\"12\",3,1,true,null,\"5\"]"},
    {"a: !!map {b: !!seq [1]}", "{\"a\":{\"b\":[1]}}"},
    {"1: a\ntrue: b\n", "{\"1\":\"a\",\"true\":\"b\"}"},
    {"a: |\n  two\n  lines\nb: >-\n  one\n  line\n",
     "{\"a\":\"two\\nlines\\n\",\"b\":\"one line\"}"},
    {"a: &x {k: [1, 2]}\nb: *x\nc: *x\n",
     "{\"a\":{\"k\":[1,2]},\"b\":{\"k\":[1,2]},\"c\":{\"k\":[1,2]}}"},
    {"- &x 1\n- *x\n- &x 2\n- *x\n", "[1,1,2,2]"},
    {"%YAML 1.1\n---\na: 1\n...\n", "{\"a\":1}"},
    {"'<<': 1", "{\"<<\":1}"},
    {"\xef\xbb\xbf"
     "a: 1",
     "{\"a\":1}"},
};

START_TEST(yaml_reads_as_the_core_schema_says)
{
    struct err err = {0};
    json_t *value = json_parse_yaml(read[_i].yaml, strlen(read[_i].yaml), "in", &err);

    ck_assert_msg(value != NULL, "%s", err.text);
    char *text = json_text(value);
    ck_assert_str_eq(text, read[_i].json);
    free(text);
    json_decref(value);
}
END_TEST

static const struct {
    const char *yaml;
    enum err_code code;
    const char *complaint;
} refused[] = {
    {"", ERR_PROTOCOL, "in: line 1, column 1: the document is empty"},
    {"# only a comment\n", ERR_PROTOCOL, "in: line 2, column 1: the document is empty"},
    {"a: 1\n---\nb: 1\n", ERR_PROTOCOL,
     "in: line 2, column 1: a second document: one file holds one document"},
    {"a: 1\nb: 2\na: 3\n", ERR_PROTOCOL, "in: line 3, column 1: duplicate key"},
    {"a: 010", ERR_PROTOCOL, "in: line 1, column 4: readers of YAML disagree"},
    {"a: 9223372036854775808", ERR_PROTOCOL, "in: line 1, column 4: this number does not fit"},
    {"a: 1e999", ERR_PROTOCOL, "in: line 1, column 4: this number is too large"},
    {"a: -.inf", ERR_PROTOCOL, "in: line 1, column 4: infinity and not-a-number"},
    {"a: &x [1, *x]", ERR_PROTOCOL, "in: line 1, column 11: this alias names no anchor"},
    {"a: *none", ERR_PROTOCOL, "in: line 1, column 4: this alias names no anchor"},
    {"a: &x {b: 1}\nc: {<<: *x}", ERR_PROTOCOL, "in: line 2, column 5: merge keys (<<)"},
    {"a: !!python/object x", ERR_PROTOCOL, "in: line 1, column 4: this tag is not supported"},
    {"a: !!int x", ERR_PROTOCOL, "in: line 1, column 4: this tag is not supported"},
    {"!!map [1]", ERR_PROTOCOL, "in: line 1, column 1: this tag is not supported"},
    {"[a]: 1", ERR_PROTOCOL, "in: line 1, column 1: a key must be a string"},
    {"a: 1\n\tb: 2\n", ERR_PROTOCOL, "in: line 2, column 1: "},
    {"a: [1, 2\n", ERR_PROTOCOL, "in: line 2, column 1: did not find expected ',' or ']'"},
    {"a: \"\\0\"", ERR_PROTOCOL, "in: line 1, column 4: a string may not contain a NUL"},
    {"\"\\0\": a", ERR_PROTOCOL, "in: line 1, column 1: a key may not contain a NUL"},
    {"a: 1\nb: \xff", ERR_PROTOCOL, "in: line 2, column 4: invalid leading UTF-8 octet"},
    {"a: \x1b[31m", ERR_PROTOCOL, "in: line 1, column 4: control characters are not allowed"},
};

START_TEST(bad_yaml_is_refused_with_line_and_column)
{
    struct err err = {0};

    ck_assert_ptr_null(json_parse_yaml(refused[_i].yaml, strlen(refused[_i].yaml), "in", &err));
    ck_assert_int_eq(err.code, refused[_i].code);
    ck_assert_msg(strncmp(err.text, refused[_i].complaint, strlen(refused[_i].complaint)) == 0,
                  "%s", err.text);
}
END_TEST

START_TEST(aliases_cannot_multiply_without_end)
{
    static const char yaml[] = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
                               "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                               "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
                               "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n";
    struct err err = {0};

    ck_assert_ptr_null(json_parse_yaml(yaml, sizeof yaml - 1, "laughs", &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(err.text, "line 4, "));
    ck_assert_ptr_nonnull(strstr(err.text, "aliases would add more than 10000 values"));
}
END_TEST

START_TEST(aliases_cannot_nest_deeper_than_text_can)
{
    char yaml[4096];
    struct err err = {0};
    int n = snprintf(yaml, sizeof yaml, "a0: &a0 [1]\n");

    for (int i = 1; i < 64; i++)
        n += snprintf(yaml + n, sizeof yaml - (size_t)n, "%s%d: &a%d [*a%d]\n", "a", i, i, i - 1);
    ck_assert_ptr_null(json_parse_yaml(yaml, (size_t)n, "in", &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(err.text, "nested more than 64 levels deep"));
}
END_TEST

START_TEST(anchors_and_nesting_have_a_ceiling)
{
    char yaml[4096];
    struct err err = {0};
    int n = 0;

    for (int i = 0; i <= JSON_ANCHORS_MAX; i++)
        n += snprintf(yaml + n, sizeof yaml - (size_t)n, "- &a%d 1\n", i);
    ck_assert_ptr_null(json_parse_yaml(yaml, (size_t)n, "in", &err));
    ck_assert_str_eq(err.text, "in: line 65, column 3: more than 64 anchors in one document");

    err = (struct err){0};
    memset(yaml, '[', JSON_DEPTH_MAX + 1);
    ck_assert_ptr_null(json_parse_yaml(yaml, JSON_DEPTH_MAX + 1, "in", &err));
    ck_assert_str_eq(err.text, "in: line 1, column 65: nested more than 64 levels deep");
}
END_TEST

static char *write_file(const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", test_dir(), name);
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    return path;
}

START_TEST(files_are_read_by_their_ending)
{
    static const struct {
        const char *name, *text, *complaint;
    } rows[] = {
        {"a.json", "{\"a\": [1]}", NULL},
        {"a.yaml", "a: [1]", NULL},
        {"config", "a: [1]", NULL},
        {"b.json", "a: [1]", ".json: line 1, column 1: '[' or '{' expected"},
        {"b.yaml", "a: [1", ".yaml: line 2, column 1: did not find"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        char *path = write_file(rows[i].name, rows[i].text);
        json_t *value = json_parse_file(path, &err);
        ck_assert_int_eq(value != NULL, rows[i].complaint == NULL);
        ck_assert_int_eq(err.code, rows[i].complaint ? ERR_CONFIG : ERR_NONE);
        if (rows[i].complaint)
            ck_assert_msg(strstr(err.text, rows[i].complaint) != NULL, "%s", err.text);
        json_decref(value);
        free(path);
    }
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_a_config_error)
{
    struct err err = {0};
    char *path = xasprintf("%s/none.yaml", test_dir());

    ck_assert_ptr_null(json_parse_file(path, &err));
    ck_assert_int_eq(err.code, ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "none.yaml: No such file or directory"));
    err = (struct err){0};
    ck_assert_ptr_null(json_parse_file("/", &err));
    ck_assert_str_eq(err.text, "cannot read /: Is a directory");
    free(path);
}
END_TEST

SUITE(yaml)
{
    Suite *suite = suite_create("yaml");
    TCase *tcase = test_case(suite, "yaml", 10);

    tcase_add_loop_test(tcase, yaml_reads_as_the_core_schema_says, 0, (int)ARRAY_LEN(read));
    tcase_add_loop_test(tcase, bad_yaml_is_refused_with_line_and_column, 0,
                        (int)ARRAY_LEN(refused));
    tcase_add_test(tcase, aliases_cannot_multiply_without_end);
    tcase_add_test(tcase, aliases_cannot_nest_deeper_than_text_can);
    tcase_add_test(tcase, anchors_and_nesting_have_a_ceiling);
    tcase_add_test(tcase, files_are_read_by_their_ending);
    tcase_add_test(tcase, a_file_that_cannot_be_read_is_a_config_error);
    return suite;
}
