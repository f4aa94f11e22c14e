/* test_decode.c: images, addresses, answers and everything else that is read from outside. */
#include "base/json.h"
#include "drivers/image.h"
#include "drivers/swarm/answer.h"
#include "drivers/swarm/endpoint.h"
#include "drivers/swarm/recorded.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct image_row {
    const char *reference, *version, *digest, *retagged;
} images[] = {
    {"app:v4", "v4", "", "app:9"},
    {"app", "latest", "", "app:9"},
    {"host:5000/team/app", "latest", "", "host:5000/team/app:9"},
    {"host:5000/team/app:1.2", "1.2", "", "host:5000/team/app:9"},
    {"app:1.2@sha256:" HEX64, "1.2", "sha256:" HEX64, "app:9"},
    {"app@sha256:" HEX64, "sha256:0123456789ab", "sha256:" HEX64, "app:9"},
    {"app@sha256:\xc3\xa9", "?", "sha256:\xc3\xa9", "app:9"},
    {"app@", "latest", "", "app:9"},
    {"", "?", "", ":9"},
};

START_TEST(images_say_their_version)
{
    const struct image_row *row = &images[_i];
    struct arena *arena = arena_new(256);
    struct err err = {0};
    char *retagged = image_retag(row->reference, "9", &err);

    ck_assert_str_eq(image_version(arena, row->reference), row->version);
    ck_assert_str_eq(image_digest(arena, row->reference), row->digest);
    ck_assert_str_eq(retagged, row->retagged);
    ck_assert_ptr_null(image_retag(row->reference, "sha256:01", &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    free(retagged);
    arena_free(arena);
}
END_TEST

START_TEST(only_references_go_into_a_spec)
{
    static const char *const good[] = {"app:4", "h:5/a/b_c-d@sha256:" HEX64};
    static const char *const bad[] = {"", " app", "app:4 ", "a\nb", "../app", ":4", "app:$(x)"};

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        ck_assert_msg(image_is_reference(good[i]), "%s", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!image_is_reference(bad[i]), "%s", bad[i]);
}
END_TEST

static const struct endpoint_row {
    const char *text;
    bool tls;
    const char *url, *socket;
    enum err_code code;
    const char *says;
} endpoints[] = {
    {"unix:///var/run/docker.sock", false, "http://localhost", "/var/run/docker.sock", 0, ""},
    {"/run/d.sock", false, "http://localhost", "/run/d.sock", 0, ""},
    {"tcp://10.0.0.1:2375", false, "http://10.0.0.1:2375", "", 0, ""},
    {"tcp://10.0.0.1", false, "http://10.0.0.1:2375", "", 0, ""},
    {"tcp://manager", true, "https://manager:2376", "", 0, ""},
    {"tcp://[fe80::1]:9/", true, "https://[fe80::1]:9", "", 0, ""},
    {"https://m:1", false, "https://m:1", "", 0, ""},
    {"http://m:1", false, "http://m:1", "", 0, ""},
    {"ssh://me@host", false, "", "", ERR_UNSUPPORTED, "ssh -L"},
    {"npipe:////./pipe/x", false, "", "", ERR_UNSUPPORTED, "unix://"},
    {"unix://relative", false, "", "", ERR_CONFIG, "absolute"},
    {"tcp://", false, "", "", ERR_CONFIG, "host and a port"},
    {"tcp://a/b", false, "", "", ERR_CONFIG, "host and a port"},
    {"tcp://user:pw@host:1", false, "", "", ERR_CONFIG, "host and a port"},
    {"my-context", false, "", "", ERR_CONFIG, "docker contexts are not read"},
};

START_TEST(addresses_are_read_as_docker_reads_them)
{
    const struct endpoint_row *row = &endpoints[_i];
    struct endpoint endpoint;
    struct err err = {0};
    bool ok = endpoint_parse(row->text, row->tls, &endpoint, &err);

    ck_assert_msg(ok == (row->code == ERR_NONE), "%s: %s", row->text, err.text);
    ck_assert_int_eq(err.code, row->code);
    if (ok) {
        ck_assert_str_eq(endpoint.url, row->url);
        ck_assert_str_eq(endpoint.unix_socket, row->socket);
    } else {
        ck_assert_msg(strstr(err.text, row->says) != NULL, "%s", err.text);
    }
}
END_TEST

static const struct answer_row {
    long status;
    const char *body;
    enum err_code read, write;
    const char *says;
} answers[] = {
    {200, "{}", ERR_NONE, ERR_NONE, ""},
    {500, "{\"message\":\"rpc error: code = Unknown desc = update out of sequence\"}", ERR_CONFLICT,
     ERR_CONFLICT, "somebody else"},
    {503,
     "{\"message\":\"This node is not a swarm manager. Worker nodes can't be used to view or "
     "modify cluster state.\"}",
     ERR_CONFIG, ERR_REJECTED, "point lockstep at a manager"},
    {503, "{\"message\":\"This node is not a swarm manager. Use \\\"docker swarm init\\\" or …\"}",
     ERR_CONFIG, ERR_REJECTED, "not part of a swarm"},
    {503, "busy", ERR_NETWORK, ERR_UNKNOWN, "503"},
    {500, "{\"message\":\"rpc error: code = DeadlineExceeded desc = context deadline exceeded\"}",
     ERR_NETWORK, ERR_UNKNOWN, "no leader"},
    {500, "{\"message\":\"rpc error: code = Unknown desc = The swarm does not have a leader.\"}",
     ERR_NETWORK, ERR_UNKNOWN, "no leader"},
    {500, "{\"message\":\"rpc error: code = InvalidArgument desc = x\"}", ERR_REJECTED,
     ERR_REJECTED, "InvalidArgument"},
    {500, "oops", ERR_NETWORK, ERR_UNKNOWN, "oops"},
    {502, "<html>", ERR_NETWORK, ERR_UNKNOWN, "502"},
    {404, "{\"message\":\"service nosuch not found\"}", ERR_NOT_FOUND, ERR_NOT_FOUND, "nosuch"},
    {409, "{\"message\":\"name conflicts with an existing object\"}", ERR_CONFLICT, ERR_CONFLICT,
     ""},
    {400, "{\"message\":\"invalid service version\"}", ERR_PROTOCOL, ERR_REJECTED, "invalid"},
    {403, "{\"message\":\"no\"}", ERR_AUTH, ERR_AUTH, "403"},
};

START_TEST(answers_say_what_to_do)
{
    const struct answer_row *row = &answers[_i];
    const struct http_answer answer = {
        .status = row->status, .body = row->body, .body_len = strlen(row->body)};
    const struct err none = {0};
    struct err read = {0}, write = {0};

    ck_assert_int_eq(answer_judge(&answer, true, &none, false, "reading", &read), !row->read);
    ck_assert_int_eq(answer_judge(&answer, true, &none, true, "writing", &write), !row->write);
    ck_assert_int_eq(read.code, row->read);
    ck_assert_int_eq(write.code, row->write);
    ck_assert_msg(strstr(read.text, row->says) != NULL, "%s", read.text);
}
END_TEST

START_TEST(without_an_answer_a_sent_write_is_unknown_and_an_unsent_one_is_not)
{
    const struct http_answer nothing = {.body = ""};
    struct err lost = {0}, sent = {0}, unsent = {0}, read = {0};

    err_set(&lost, ERR_NETWORK, "connection reset");
    answer_judge(&nothing, true, &lost, true, "w", &sent);
    answer_judge(&nothing, false, &lost, true, "w", &unsent);
    answer_judge(&nothing, false, &lost, false, "r", &read);
    ck_assert_int_eq(sent.code, ERR_UNKNOWN);
    ck_assert_int_eq(unsent.code, ERR_REJECTED);
    ck_assert_int_eq(read.code, ERR_NETWORK);
}
END_TEST

START_TEST(the_engines_newest_api_is_spoken)
{
    static const struct {
        const char *text, *prefix;
        enum err_code code;
    } rows[] = {
        {"{\"ApiVersion\":\"1.41\",\"MinAPIVersion\":\"1.12\"}", "/v1.41", ERR_NONE},
        {"{\"ApiVersion\":\"1.52\",\"MinAPIVersion\":\"1.44\"}", "/v1.52", ERR_NONE},
        {"{\"ApiVersion\":\"1.24\"}", "", ERR_UNSUPPORTED},
        {"{\"ApiVersion\":\"2.0\"}", "", ERR_UNSUPPORTED},
        {"{\"ApiVersion\":\"1.41/../..\"}", "", ERR_UNSUPPORTED},
        {"{\"ApiVersion\":1.41}", "", ERR_PROTOCOL},
        {"[]", "", ERR_PROTOCOL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct recorded r = recorded_view(NULL, NULL, NULL, "");
        char prefix[SWARM_PREFIX_TEXT] = "";
        struct err err = {0};
        swarm_decode_version(recorded_text(&r, rows[i].text), r.arena, prefix, &err);
        ck_assert_msg(err.code == rows[i].code, "%s: %s", rows[i].text, err.text);
        ck_assert_str_eq(prefix, rows[i].prefix);
        recorded_free(&r);
    }
}
END_TEST

START_TEST(a_wrong_type_is_refused_with_its_path)
{
    static const struct {
        const char *text, *path;
    } rows[] = {
        {"[{\"ID\":1}]", "tasks: [0].ID"},
        {"[{\"ID\":\"a\",\"DesiredState\":\"running\",\"Status\":[]}]", "[0].Status"},
        {"[{\"ID\":\"a\",\"Slot\":\"1\",\"DesiredState\":\"running\",\"Status\":{}}]", "[0].Slot"},
        {"[{\"ID\":\"../x\"}]", "[0].ID"},
        {"{}", "an array"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct recorded r = recorded_view(NULL, NULL, NULL, "");
        struct swarm_task *tasks;
        struct err err = {0};
        size_t count;
        ck_assert(
            !swarm_decode_tasks(recorded_text(&r, rows[i].text), r.arena, &tasks, &count, &err));
        ck_assert_int_eq(err.code, ERR_PROTOCOL);
        ck_assert_msg(strstr(err.text, rows[i].path) != NULL, "%s", err.text);
        recorded_free(&r);
    }
}
END_TEST

START_TEST(an_unknown_state_may_be_running)
{
    struct recorded r = recorded_view(NULL, NULL, NULL, "");
    struct swarm_task *tasks;
    struct err err = {0};
    enum instance_state state;

    ck_assert(swarm_decode_tasks(
        recorded_text(&r, "[{\"ID\":\"a\",\"NodeID\":\"n\",\"DesiredState\":\"shutdown\","
                          "\"Status\":{\"State\":\"hibernating\"}}]"),
        r.arena, &tasks, &r.view.task_count, &err));
    ck_assert(swarm_classify(&r.view, tasks, &state));
    ck_assert_int_eq(state, INSTANCE_GHOST);
    recorded_free(&r);
}
END_TEST

START_TEST(nodes_are_as_the_manager_says)
{
    struct recorded r = recorded_view(NULL, NULL, "nodes-w3-down", "");
    unsigned silent = 0;

    for (size_t i = 0; i < r.view.node_count; i++) {
        struct node node = swarm_node_fact(&r.view, &r.view.nodes[i]);
        silent += node.state == NODE_SILENT;
        ck_assert_int_eq(node.state == NODE_SILENT, strcmp(node.name, "w3") == 0);
        ck_assert_int_eq(node.state == NODE_SILENT, node.note[0] != '\0');
    }
    ck_assert_uint_eq(r.view.node_count, 4);
    ck_assert_uint_eq(silent, 1);
    recorded_free(&r);
}
END_TEST

START_TEST(events_become_lines_for_the_timeline)
{
    char *text = test_read_file("recordings/swarm/events.jsonl", NULL);
    bool image = false, node = false, config = false;
    struct arena *arena = arena_new(512);

    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\n");
        struct err err = {0};
        struct swarm_event event;
        json_t *value = json_parse(line, len, "event", &err);
        ck_assert_msg(value && swarm_decode_event(value, arena, &event, &err), "%s", err.text);
        image |= event.kind == SWARM_EVENT_SERVICE && !strcmp(event.text, "image app:v4 -> app:v5");
        node |= event.kind == SWARM_EVENT_NODE && !strcmp(event.text, "node ready -> down") &&
                !strcmp(event.name, "w3");
        config |= event.kind == SWARM_EVENT_CONFIG && !strcmp(event.name, "lockstep.s7");
        json_decref(value);
        line += len + (line[len] == '\n');
    }
    ck_assert(image && node && config);
    arena_free(arena);
    free(text);
}
END_TEST

START_TEST(records_have_names_that_the_engine_takes)
{
    char one[SWARM_RECORD_NAME], two[SWARM_RECORD_NAME];
    static const char *const odd[] = {
        "@cluster", "with space", "ends-with-",
        "a-name-that-is-much-too-long-for-a-config-object-of-a-docker-swarm", "h-0123"};

    ck_assert_str_eq(swarm_record_name("web", one), "lockstep.web");
    ck_assert_str_eq(swarm_record_name("shop_web.1", one), "lockstep.shop_web.1");
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
        swarm_record_name(odd[i], one);
        swarm_record_name(odd[(i + 1) % ARRAY_LEN(odd)], two);
        ck_assert_int_eq(strncmp(one, "lockstep.h-", 11), 0);
        ck_assert_uint_le(strlen(one), 64);
        ck_assert_str_ne(one, two);
    }
}
END_TEST

START_TEST(a_record_comes_back_as_it_was_stored)
{
    struct recorded r = recorded_view(NULL, NULL, NULL, "");
    struct swarm_record record;
    struct err err = {0};

    ck_assert(swarm_decode_record(recorded_json(&r, "config-inspect"), r.arena, &record, &err));
    ck_assert_uint_eq(record.index, 2844);
    ck_assert_ptr_nonnull(strstr(record.text, "\"from\": \"app:v4\""));
    recorded_free(&r);
}
END_TEST

SUITE(swarm_decode)
{
    Suite *suite = suite_create("swarm-decode");
    TCase *pure = test_case(suite, "pure", 5);

    tcase_add_loop_test(pure, images_say_their_version, 0, ARRAY_LEN(images));
    tcase_add_test(pure, only_references_go_into_a_spec);
    tcase_add_loop_test(pure, addresses_are_read_as_docker_reads_them, 0, ARRAY_LEN(endpoints));
    tcase_add_loop_test(pure, answers_say_what_to_do, 0, ARRAY_LEN(answers));
    tcase_add_test(pure, without_an_answer_a_sent_write_is_unknown_and_an_unsent_one_is_not);
    tcase_add_test(pure, the_engines_newest_api_is_spoken);
    tcase_add_test(pure, a_wrong_type_is_refused_with_its_path);
    tcase_add_test(pure, an_unknown_state_may_be_running);
    tcase_add_test(pure, nodes_are_as_the_manager_says);
    tcase_add_test(pure, events_become_lines_for_the_timeline);
    tcase_add_test(pure, records_have_names_that_the_engine_takes);
    tcase_add_test(pure, a_record_comes_back_as_it_was_stored);
    return suite;
}
