/* test_fields.c: the JSON documents have the fields that are documented, and no others. */
#include "alerts/alert.h"
#include "fields.h"
#include "program.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static void walk(const json_t *object, const char *name, const char *where);

static void expect_type(const struct field *field, const json_t *value, const char *where)
{
    const char *type = field->type;
    bool fits = strcmp(type, "number") == 0 ? json_is_integer(value)
                : strcmp(type, "real") == 0 ? json_is_number(value)
                : strcmp(type, "flag") == 0 ? json_is_boolean(value)
                : strcmp(type, "texts") == 0 || strcmp(type, "numbers") == 0 ? json_is_array(value)
                : type[0] == '@' ? json_is_object(value) || json_is_array(value)
                                 : json_is_string(value);

    if (json_is_null(value))
        fits = field->may_be_null;
    ck_assert_msg(fits, "%s.%s is no %s", where, field->name, type);
}

static void walk_value(const struct field *field, const json_t *value, const char *where)
{
    char type[32], below[200];
    size_t len = strcspn(field->type + 1, "[{"), at;
    const char *key;
    json_t *item;

    expect_type(field, value, where);
    if (field->type[0] != '@' || json_is_null(value))
        return;
    snprintf(type, sizeof type, "%.*s", (int)len, field->type + 1);
    snprintf(below, sizeof below, "%.150s.%s", where, field->name);
    if (field->type[1 + len] == '[')
        json_array_foreach(value, at, item) walk(item, type, below);
    else if (field->type[1 + len] == '{')
        json_object_foreach((json_t *)(uintptr_t)value, key, item) walk(item, type, below);
    else
        walk(value, type, below);
}

static void walk(const json_t *object, const char *name, const char *where)
{
    const char *key;
    json_t *value;

    ck_assert_msg(json_is_object(object), "%s is no object", where);
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        const struct field *field = field_find(name, key, strlen(key));
        ck_assert_msg(field != NULL, "%s.%s is not documented (as %s)", where, key, name);
        walk_value(field, value, where);
    }
    for (size_t i = 0; i < field_count; i++)
        if (strcmp(fields[i].object, name) == 0 && !fields[i].may_be_absent)
            ck_assert_msg(json_object_get(object, fields[i].name) != NULL, "%s has no %s", where,
                          fields[i].name);
}

START_TEST(documents_have_the_documented_fields_and_no_others)
{
    static const struct {
        const char *words, *document;
    } row[] = {
        {"status --context demo: -o json", "status"},
        {"status billing --context demo: -o json", "status"},
        {"status --config %/c.yaml -o json", "status"},
        {"gate web 5 %/5.yaml --config %/c.yaml -o json", "gate"},
        {"gate web 5 --context demo:eight -o json", "gate"},
        {"check %/4.yaml %/5.yaml %/c.yaml -o json", "check"},
        {"check --metrics web --config %/m.yaml -o json", "check"},
    };
    struct program program;

    program_init(&program);
    program_write(&program, "4.yaml",
                  "service: web\nversion: \"4\"\nchange: [code]\nreads: {d: [x]}\n"
                  "writes: {d: [x]}\nrequires: {agent: [Get/1]}\n");
    program_write(&program, "5.yaml",
                  "service: web\nversion: \"5\"\nfollows: [\"4\"]\nchange: [write+]\n"
                  "reads: {d: [x, y]}\nwrites: {d: [y]}\nrequires: {agent: [Get/1]}\n");
    program_write(&program, "a.yaml",
                  "service: agent\nversion: \"1\"\nchange: [code]\nprovides: [Get/1]\n");
    program_write(&program, "c.yaml",
                  "contexts: [{name: s, kind: sim, endpoint: pair}]\n"
                  "contracts: [4.yaml, a.yaml]\nprofile: fast\n");
    program_write(&program, "m.yaml",
                  "contracts: [4.yaml]\n"
                  "metrics: {url: 'http://127.0.0.1:1', services: {web: {latency: a}}}\n");
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct said said = program_run(&program, row[i].words);
        ck_assert_msg(said.out[0] == '{', "%s: %s%s", row[i].words, said.out, said.err);
        json_t *root = said_json(&said);
        walk(root, row[i].document, row[i].document);
        json_decref(root);
        said_release(&said);
    }
}
END_TEST

START_TEST(alarms_have_the_documented_fields_and_no_others)
{
    struct alert alert = {.id = "1",
                          .cluster = "lab",
                          .kind = "step",
                          .first_utc_ms = 1,
                          .last_utc_ms = 2,
                          .resolved_utc_ms = 3};

    for (int event = ALERT_OPENED; event <= ALERT_RESOLVED; event++) {
        json_t *root = alert_json(&alert, (enum alert_event)event);
        walk(root, "watch", "watch");
        json_decref(root);
    }
}
END_TEST

START_TEST(help_lists_the_fields)
{
    struct program program;

    program_init(&program);
    for (int gate = 0; gate < 2; gate++) {
        struct said said = program_run(&program, gate ? "help gate" : "help status");
        ck_assert_int_eq(said.status, 0);
        ck_assert_ptr_nonnull(strstr(said.out, "\nverdict:\n"));
        ck_assert_ptr_nonnull(strstr(said.out, "attestable"));
        ck_assert_ptr_nonnull(strstr(said.out, gate ? "gate -o json:" : "status -o json:"));
        said_release(&said);
    }
}
END_TEST

/* Each object that is named has fields, and each one that has some is named. */
START_TEST(every_object_is_documented_and_reached)
{
    for (size_t i = 0; i < field_count; i++) {
        bool named =
            strcmp(fields[i].object, "status") == 0 || strcmp(fields[i].object, "gate") == 0 ||
            strcmp(fields[i].object, "check") == 0 || strcmp(fields[i].object, "watch") == 0;
        bool found = fields[i].type[0] != '@';
        size_t len = strlen(fields[i].object);
        for (size_t k = 0; k < field_count; k++) {
            const char *type = fields[k].type;
            named = named || (type[0] == '@' && strcspn(type + 1, "[{") == len &&
                              strncmp(type + 1, fields[i].object, len) == 0);
            size_t want = strcspn(fields[i].type + 1, "[{");
            found = found || (strlen(fields[k].object) == want &&
                              strncmp(fields[k].object, fields[i].type + 1, want) == 0);
        }
        ck_assert_msg(named && found, "%s.%s", fields[i].object, fields[i].name);
    }
}
END_TEST

SUITE(fields)
{
    Suite *suite = suite_create("fields");
    TCase *tcase = test_case(suite, "fields", 60);

    tcase_add_test(tcase, documents_have_the_documented_fields_and_no_others);
    tcase_add_test(tcase, alarms_have_the_documented_fields_and_no_others);
    tcase_add_test(tcase, help_lists_the_fields);
    tcase_add_test(tcase, every_object_is_documented_and_reached);
    return suite;
}
