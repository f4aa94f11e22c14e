/* test_nomad_decode.c: what Nomad's answers say, by recordings and by hand. */
#include "drivers/nomad/address.h"
#include "drivers/nomad/answer.h"
#include "drivers/nomad/artifact.h"
#include "drivers/nomad/nomad_recorded.h"
#include "test.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

START_TEST(a_mark_survives_its_numbers)
{
    const struct nomad_mark marks[] = {
        {"00000000000000000000000000000000", 0, 1},
        {"ffffffffffffffffffffffffffffffff", 255, 255},
        {"0123456789abcdeffedcba9876543210", 3, 16},
        {"80000000000000018000000000000001", 15, 16},
    };

    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        json_t *update = json_object();
        struct nomad_mark read;
        nomad_mark_write(update, &marks[i]);
        /* What the server checks: positive, and below each other. */
        json_int_t healthy = json_integer_value(json_object_get(update, "MinHealthyTime"));
        json_int_t deadline = json_integer_value(json_object_get(update, "HealthyDeadline"));
        ck_assert_int_ge(healthy, 0);
        ck_assert_int_lt(healthy, deadline);
        ck_assert_int_gt(json_integer_value(json_object_get(update, "Stagger")), 0);
        ck_assert(nomad_mark_read(update, &read));
        ck_assert_str_eq(read.id, marks[i].id);
        ck_assert_uint_eq(read.write, marks[i].write);
        ck_assert_uint_eq(read.writes, marks[i].writes);
        json_decref(update);
    }
}
END_TEST

START_TEST(an_update_block_of_a_person_carries_no_mark)
{
    struct nomad_recorded old = {.arena = arena_new(512)};
    struct nomad_history history;
    struct err err = {0};

    ck_assert(
        nomad_decode_history(nomad_recorded_json(&old, "versions-1.1"), old.arena, &history, &err));
    ck_assert_uint_eq(history.count, 6);
    ck_assert_uint_eq(history.jobs[0].number, 6);
    for (size_t i = 0; i < history.count; i++)
        ck_assert(!history.jobs[i].groups[0].update.marked);
    /* A long time by hand, with manual health, is not lockstep's either. */
    ck_assert(history.jobs[0].groups[0].update.manual);
    nomad_recorded_free(&old);
}
END_TEST

static const struct {
    const char *task, *version, *artifact;
} tasks[] = {
    {"{\"Config\":{\"image\":\"host:5000/shop/web:1.4.2\"}}", "1.4.2", "host:5000/shop/web:1.4.2"},
    {"{\"Config\":{\"image\":\"web@sha256:0123456789abcdef\"}}", "sha256:0123456789ab",
     "web@sha256:0123456789abcdef"},
    {"{\"Artifacts\":[{\"GetterSource\":\"https://a/app/v1.9.3/app.tgz?checksum=md5:1.2\"}],"
     "\"Config\":{\"command\":\"app\"}}",
     "1.9.3", "https://a/app/v1.9.3/app.tgz?checksum=md5:1.2"},
    {"{\"Config\":{\"command\":\"/opt/app\"}}", "v7", "/opt/app"},
    {"{\"Config\":{\"command\":\"/opt/app\"},\"Meta\":{\"lockstep.version\":\"9\"}}", "9",
     "/opt/app"},
    {"{}", "v7", ""},
};

START_TEST(the_version_is_what_names_it_most_closely)
{
    char *text = xasprintf("{\"Versions\":[{\"ID\":\"web\",\"Version\":7,\"TaskGroups\":[{\"Name\":"
                           "\"g\",\"Tasks\":[%s]}]}]}",
                           tasks[_i].task);
    struct arena *arena = arena_new(512);
    struct nomad_history history;
    struct err err = {0};
    json_t *value = json_parse(text, strlen(text), "test", &err);

    ck_assert_msg(nomad_decode_history(value, arena, &history, &err), "%s", err.text);
    ck_assert_str_eq(history.jobs[0].groups[0].version, tasks[_i].version);
    ck_assert_str_eq(history.jobs[0].groups[0].artifact, tasks[_i].artifact);
    json_decref(value);
    arena_free(arena);
    free(text);
}
END_TEST

START_TEST(a_version_without_a_name_is_the_first_job_version_with_its_tasks)
{
    static const char text[] =
        "{\"Versions\":["
        "{\"ID\":\"w\",\"Version\":9,\"TaskGroups\":[{\"Name\":\"g\",\"Count\":3,\"Tasks\":[{"
        "\"Name\":\"b\"}]}]},"
        "{\"ID\":\"w\",\"Version\":8,\"TaskGroups\":[{\"Name\":\"g\",\"Count\":2,\"Tasks\":[{"
        "\"Name\":\"b\"}]}]},"
        "{\"ID\":\"w\",\"Version\":7,\"TaskGroups\":[{\"Name\":\"g\",\"Count\":2,\"Tasks\":[{"
        "\"Name\":\"a\"}]}]}]}";
    struct arena *arena = arena_new(512);
    struct nomad_history history;
    struct err err = {0};
    json_t *value = json_parse(text, strlen(text), "test", &err);

    ck_assert(nomad_decode_history(value, arena, &history, &err));
    ck_assert_str_eq(history.jobs[0].groups[0].version, "v8");
    ck_assert_str_eq(history.jobs[1].groups[0].version, "v8");
    ck_assert_str_eq(history.jobs[2].groups[0].version, "v7");
    json_decref(value);
    arena_free(arena);
}
END_TEST

static const struct {
    const char *artifact, *old, *new, *made; /* made NULL: refused */
    bool is_image;
} retagged[] = {
    {"host:5000/web:1.4", "1.4", "1.5", "host:5000/web:1.5", true},
    {"/opt/app-4", "4", "5", "/opt/app-5", false},
    {"https://a/v1.4/app-1.4.tgz", "1.4", "1.5", "https://a/v1.5/app-1.5.tgz", false},
    {"/opt/app-44", "4", "5", NULL, false},
    {"/opt/app", "4", "5", NULL, false},
    {"web:1.4", "1.4", "no tag", NULL, true},
};

START_TEST(another_version_of_an_artifact_changes_the_version_and_nothing_else)
{
    struct err err = {0};
    char *made = nomad_artifact_of_version(retagged[_i].artifact, retagged[_i].is_image,
                                           retagged[_i].old, retagged[_i].new, &err);

    if (retagged[_i].made)
        ck_assert_str_eq(made, retagged[_i].made);
    else
        ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_int_eq(made == NULL, retagged[_i].made == NULL);
    free(made);
}
END_TEST

static const struct {
    const char *key, *path;
} paths[] = {
    {"web", "lockstep/web"},
    {"shop/service.web", "lockstep/shop~2Fservice~2Eweb"},
    {"@cluster", "lockstep/~40cluster"},
    {"a~b", "lockstep/a~7Eb"},
};

START_TEST(a_record_is_found_under_its_key)
{
    struct arena *arena = arena_new(256);
    char path[NOMAD_PATH_TEXT];

    ck_assert_str_eq(nomad_record_path(paths[_i].key, path), paths[_i].path);
    ck_assert_str_eq(nomad_record_key(arena, path), paths[_i].key);
    ck_assert_ptr_null(nomad_record_key(arena, "nomad/jobs/web"));
    ck_assert_ptr_null(nomad_record_key(arena, "lockstep/a~7"));
    arena_free(arena);
}
END_TEST

START_TEST(a_key_that_no_path_can_hold_is_hashed)
{
    char key[200], path[NOMAD_PATH_TEXT];
    struct arena *arena = arena_new(256);

    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    nomad_record_path(key, path);
    ck_assert_ptr_nonnull(strstr(path, "lockstep/~h/"));
    ck_assert_uint_le(strlen(path), 128);
    ck_assert_ptr_null(nomad_record_key(arena, path));
    arena_free(arena);
}
END_TEST

START_TEST(a_service_id_can_be_taken_apart)
{
    struct arena *arena = arena_new(256);
    const char *space, *job, *group;
    const char *id = nomad_service_id(arena, "shop eu", "batch/web.1", "%g");

    ck_assert(nomad_parse_id(arena, id, &space, &job, &group));
    ck_assert_str_eq(space, "shop eu");
    ck_assert_str_eq(job, "batch/web.1");
    ck_assert_str_eq(group, "%g");
    ck_assert(!nomad_parse_id(arena, "nosuchservice", &space, &job, &group));
    ck_assert(!nomad_parse_id(arena, "a//b", &space, &job, &group));
    ck_assert(!nomad_parse_id(arena, "a/b/%zz", &space, &job, &group));
    arena_free(arena);
}
END_TEST

START_TEST(events_name_the_jobs_they_are_about)
{
    size_t len, count, jobs = 0;
    char *text = test_read_file("recordings/nomad/events.jsonl", &len), *rest = text, *line;
    struct arena *arena = arena_new(1024);
    struct err err = {0};
    uint64_t index = 0;

    while ((line = strsep(&rest, "\n")) && *line) {
        struct nomad_event *events;
        json_t *value = json_parse(line, strlen(line), "event", &err);
        ck_assert_msg(value && nomad_decode_events(value, arena, &events, &count, &index, &err),
                      "%s", err.text);
        for (size_t i = 0; i < count; i++)
            jobs += events[i].kind == NOMAD_EVENT_JOB && strcmp(events[i].job, "billing") == 0;
        json_decref(value);
    }
    ck_assert_uint_gt(jobs, 10);
    ck_assert_uint_eq(index, 63);
    arena_free(arena);
    free(text);
}
END_TEST

static const struct {
    long status;
    const char *body;
    bool is_write;
    enum err_code code;
} answers[] = {
    {500, "Enforcing job modify index 3: job exists with conflicting job modify index: 78", true,
     ERR_CONFLICT},
    {500, "No cluster leader", true, ERR_UNKNOWN},
    {500, "No cluster leader", false, ERR_NETWORK},
    {500, "1 error occurred:\n\t* Task group web validation failed", true, ERR_REJECTED},
    {500, "can't promote terminal deployment", true, ERR_CONFLICT},
    {500, "rpc error: EOF", true, ERR_UNKNOWN},
    {403, "Permission denied", true, ERR_AUTH},
    {403, "ACL token expired", false, ERR_AUTH},
    {404, "job not found", false, ERR_NOT_FOUND},
    {409, "{}", true, ERR_CONFLICT},
    {429, "Too Many Requests", true, ERR_REJECTED},
    {502, "Bad Gateway", true, ERR_UNKNOWN},
};

START_TEST(an_answer_says_what_became_of_a_write)
{
    const struct http_answer answer = {.status = answers[_i].status,
                                       .body = answers[_i].body,
                                       .body_len = strlen(answers[_i].body),
                                       .retry_after_ms = -1,
                                       .headers = ""};
    struct err none = {0}, err = {0};

    ck_assert(!nomad_answer_judge(&answer, true, &none, answers[_i].is_write, "test", &err));
    ck_assert_msg(err.code == answers[_i].code, "%s: %s", err_word(err.code), err.text);
}
END_TEST

static const struct {
    const char *headers;
    bool current;
} ages[] = {
    {"X-Nomad-Knownleader: true\r\nX-Nomad-Lastcontact: 0\r\n", true},
    {"X-Nomad-KnownLeader: false\r\nX-Nomad-LastContact: 0\r\n", false},
    {"X-Nomad-KnownLeader: true\r\nX-Nomad-LastContact: 5001\r\n", false},
    {"X-Nomad-KnownLeader: true\r\nX-Nomad-LastContact: 4000\r\n", true},
    {"", true},
};

START_TEST(an_answer_without_a_leader_is_no_answer)
{
    const struct http_answer answer = {
        .status = 200, .body = "[]", .body_len = 2, .headers = ages[_i].headers};
    struct err err = {0};

    ck_assert_int_eq(nomad_answer_is_current(&answer, 5000, "test", &err), ages[_i].current);
    ck_assert_int_eq(err.code, ages[_i].current ? ERR_NONE : ERR_NETWORK);
}
END_TEST

START_TEST(addresses_are_read_as_the_command_line_does)
{
    struct nomad_address address;
    struct err err = {0};

    ck_assert(nomad_address_parse("http://127.0.0.1:4646", false, &address, &err));
    ck_assert_str_eq(address.url, "http://127.0.0.1:4646");
    ck_assert(nomad_address_parse("unix:///run/nomad.sock", false, &address, &err));
    ck_assert_str_eq(address.unix_socket, "/run/nomad.sock");
    ck_assert(!nomad_address_parse("unix://run/nomad.sock", false, &address, &err));
    ck_assert_int_eq(err.code, ERR_CONFIG);
    err = (struct err){0};
    ck_assert(!nomad_address_parse("http://n", true, &address, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "TLS files are given"));
    err = (struct err){0};
    ck_assert(!nomad_address_parse("127.0.0.1:4646", false, &address, &err));
    ck_assert_int_eq(err.code, ERR_CONFIG);
}
END_TEST

SUITE(nomad_decode)
{
    Suite *suite = suite_create("nomad-decode");
    TCase *tc = test_case(suite, "decode", 10);

    tcase_add_test(tc, a_mark_survives_its_numbers);
    tcase_add_test(tc, an_update_block_of_a_person_carries_no_mark);
    tcase_add_loop_test(tc, the_version_is_what_names_it_most_closely, 0, ARRAY_LEN(tasks));
    tcase_add_test(tc, a_version_without_a_name_is_the_first_job_version_with_its_tasks);
    tcase_add_loop_test(tc, another_version_of_an_artifact_changes_the_version_and_nothing_else, 0,
                        ARRAY_LEN(retagged));
    tcase_add_loop_test(tc, a_record_is_found_under_its_key, 0, ARRAY_LEN(paths));
    tcase_add_test(tc, a_key_that_no_path_can_hold_is_hashed);
    tcase_add_test(tc, a_service_id_can_be_taken_apart);
    tcase_add_test(tc, events_name_the_jobs_they_are_about);
    tcase_add_loop_test(tc, an_answer_says_what_became_of_a_write, 0, ARRAY_LEN(answers));
    tcase_add_loop_test(tc, an_answer_without_a_leader_is_no_answer, 0, ARRAY_LEN(ages));
    tcase_add_test(tc, addresses_are_read_as_the_command_line_does);
    return suite;
}
