/* test_nomad_scripted.c: what a healthy cluster never shows: streams that are cut, answers that
 * are old, late, lost, refused or no answers. Nothing that is not current is believed, nothing is
 * sent twice, and what was missed is looked for. */
#include "base/mem.h"
#include "drivers/nomad/nomad_script.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

#define STREAM "GET /v1/event/stream"

static struct nomad_script script;

static void setup(void)
{
    script_init(&script);
}

static void teardown(void)
{
    script_close(&script);
}

static bool is_stale(struct nomad_script *s)
{
    return s->state == CLUSTER_STALE;
}

static bool is_live(struct nomad_script *s)
{
    return s->state == CLUSTER_LIVE;
}

static bool is_known(struct nomad_script *s)
{
    return s->web != NULL;
}

static size_t asked(const char *on)
{
    return server_count(script.server, on);
}

/* The newest request whose line begins so; NULL when there is none. */
static const char *last_request(const char *on)
{
    const char *last = NULL, *request;
    size_t connection;

    for (size_t i = 0; (request = server_request(script.server, i, &connection)); i++)
        if (strncmp(request, on, strlen(on)) == 0)
            last = request;
    return last;
}

/* ---- the event stream ---- */

static const char event[] =
    "{\"Index\":160,\"Events\":[{\"Topic\":\"Job\",\"Type\":\"JobRegistered\",\"Key\":\"web\","
    "\"Namespace\":\"default\",\"Index\":160,\"FilterKeys\":null,\"Payload\":{\"Job\":{\"ID\":"
    "\"web\",\"Namespace\":\"default\"}}}]}\n";

START_TEST(an_event_is_a_reason_to_look_at_its_job_only)
{
    script_open(&script);
    size_t looks = asked("GET /v1/job/web/allocations"), surveys = asked("GET /v1/allocations");
    server_push(script.server, event);
    script_asked(&script, "GET /v1/job/web/allocations", looks);
    ck_assert_uint_eq(asked("GET /v1/allocations"), surveys);
}
END_TEST

/* Where lines are cut by the network means nothing. */
START_TEST(a_line_that_comes_in_pieces_is_one_line)
{
    script_open(&script);
    size_t looks = asked("GET /v1/job/web/allocations");
    for (size_t i = 0; i < sizeof event - 1; i += 50) {
        char piece[51];
        snprintf(piece, sizeof piece, "%.50s", event + i);
        server_push(script.server, piece);
        loop_turn(script.loop, 1);
    }
    script_asked(&script, "GET /v1/job/web/allocations", looks);
    ck_assert_uint_eq(asked("GET /v1/allocations"), 1);
}
END_TEST

/* Half a line is nothing; what it would have said is found by looking at everything, and the stream
 * goes on from the last whole line. */
START_TEST(a_stream_cut_in_the_middle_of_a_line_is_taken_up_where_it_was)
{
    char half[100];

    script_open(&script);
    size_t surveys = asked("GET /v1/allocations"), looks = asked("GET /v1/job/web/allocations");
    server_push(script.server, event);
    script_asked(&script, "GET /v1/job/web/allocations", looks);
    snprintf(half, sizeof half, "%.99s", event);
    server_push(script.server, half);
    server_drop(script.server);
    script_asked(&script, "GET /v1/allocations", surveys);
    script_asked(&script, STREAM, 1);
    const char *again = last_request(STREAM);
    ck_assert_msg(strstr(again, "index=160") != NULL, "%.200s", again);
    ck_assert_int_eq(script.state, CLUSTER_LIVE);
    ck_assert_uint_eq(script.stale, 0);
}
END_TEST

static const char *const nonsense[] = {
    "no JSON at all\n",
    "{\"Index\":-1,\"Events\":7}\n",
    "{\"Events\":[{\"Topic\":{}}]}\n",
    "\xff\xfe{\n",
};

START_TEST(a_line_that_is_not_understood_is_a_reason_to_look_at_everything)
{
    script_open(&script);
    size_t surveys = asked("GET /v1/allocations");
    server_push(script.server, nonsense[_i]);
    script_asked(&script, "GET /v1/allocations", surveys);
    ck_assert_int_eq(script.state, CLUSTER_LIVE);
}
END_TEST

static const int refusals[] = {403, 404, 429, 500, 503};

/* Blocking queries tell of changes then, from the index of the last survey; and the stream is tried
 * again, whatever was wrong with it. */
START_TEST(without_the_stream_blocking_queries_tell_and_it_is_tried_again)
{
    script.stream = refusals[_i];
    script_open(&script);
    size_t surveys = asked("GET /v1/nodes?&");
    script_asked(&script, "GET /v1/jobs?namespace=%2A&index=150&wait=10s", 0);
    script_asked(&script, "GET /v1/allocations?namespace=%2A&task_states=false&index=150&wait=10s",
                 0);
    script_asked(&script, "GET /v1/deployments?namespace=%2A&index=150&wait=10s", 0);
    script_asked(&script, "GET /v1/nodes?&index=150&wait=10s", 0);
    ck_assert_uint_eq(surveys, 0);
    size_t tried = asked(STREAM);
    script.stream = 0;
    script_asked(&script, STREAM, tried);
    ck_assert_int_eq(script.state, CLUSTER_LIVE);
    ck_assert_uint_eq(script.stale, 0);
}
END_TEST

START_TEST(a_blocking_query_that_answers_with_another_index_brings_a_survey)
{
    script.stream = 500;
    script_open(&script);
    size_t surveys = asked("GET /v1/deployments?namespace=%2A ");
    script.headers = "X-Nomad-Index: 151\r\nX-Nomad-KnownLeader: true\r\n";
    script_asked(&script, "GET /v1/deployments?namespace=%2A ", surveys);
    script_asked(&script, "GET /v1/jobs?namespace=%2A&index=151", 0);
}
END_TEST

/* At rest nobody asks for everything again. */
START_TEST(a_blocking_query_that_answers_with_the_same_index_brings_none)
{
    script.stream = 500;
    script_open(&script);
    size_t surveys = asked("GET /v1/deployments?namespace=%2A ");
    script_asked(&script, "GET /v1/deployments?namespace=%2A&index=150", 1);
    ck_assert_uint_le(asked("GET /v1/deployments?namespace=%2A "), surveys + asked(STREAM));
}
END_TEST

START_TEST(who_may_not_hear_of_nodes_hears_of_the_rest)
{
    server_reply(script.server,
                 (struct server_reply){.on = STREAM, .status = 403, .body = "Permission denied"});
    script_open(&script);
    script_asked(&script, STREAM, 1);
    const char *last = last_request(STREAM);
    ck_assert(last && !strstr(last, "topic=Node") && strstr(last, "topic=Job"));
}
END_TEST

/* ---- answers that are old ---- */

static const struct {
    const char *headers, *words;
} old[] = {
    {"X-Nomad-Index: 150\r\nX-Nomad-KnownLeader: false\r\nX-Nomad-LastContact: 0\r\n",
     "knows no leader"},
    {"X-Nomad-Index: 150\r\nX-Nomad-KnownLeader: true\r\nX-Nomad-LastContact: 9000\r\n",
     "last heard from the leader 9000 ms ago"},
};

START_TEST(a_survey_of_old_answers_is_no_picture)
{
    script.headers = old[_i].headers;
    script_follow(&script);
    script_asked(&script, "GET /v1/allocations", 1);
    ck_assert_int_eq(script.state, CLUSTER_CONNECTING);
    ck_assert_msg(strstr(script.why.text, old[_i].words) != NULL, "%s", script.why.text);
    ck_assert_uint_eq(script.pictures, 0);
    ck_assert_uint_eq(script.fresh, 0);
    ck_assert_uint_eq(script.synced, 0);
}
END_TEST

/* What was known stays, with its age; and counts again when a current answer comes. */
START_TEST(answers_that_become_old_make_the_picture_stale_and_not_another_one)
{
    const char *good = script.headers;

    script_open(&script);
    unsigned pictures = script.pictures;
    script.headers = old[_i].headers;
    script_until(&script, is_stale, "stale");
    ck_assert_msg(strstr(script.why.text, old[_i].words) != NULL, "%s", script.why.text);
    ck_assert_uint_eq(script.pictures, pictures);
    script.headers = good;
    script_until(&script, is_live, "live");
    ck_assert_uint_ge(script.synced, 2);
}
END_TEST

#define CONSISTENT "?namespace=default&consistent"

START_TEST(a_read_that_was_old_is_read_again)
{
    script_open(&script);
    server_reply(script.server,
                 (struct server_reply){.on = "GET /v1/job/web/allocations" CONSISTENT,
                                       .body = "[]",
                                       .headers = old[_i].headers});
    struct err err = script_read(&script);
    ck_assert_msg(err.code == ERR_NONE, "%s", err.text);
    ck_assert_uint_eq(asked("GET /v1/job/web/allocations" CONSISTENT), 2);
}
END_TEST

/* Between the read that was judged and the write the server lost its leader. */
START_TEST(nothing_is_sent_on_the_strength_of_an_old_answer)
{
    script_open(&script);
    script.before_act = old[_i].headers;
    struct err err = script_step(&script);
    ck_assert_int_eq(err.code, ERR_REJECTED);
    ck_assert_msg(strstr(err.text, "nothing was sent") && strstr(err.text, old[_i].words), "%s",
                  err.text);
    ck_assert_uint_eq(asked("PUT "), 0);
}
END_TEST

/* ---- writes ---- */

START_TEST(a_step_is_one_registration_with_its_precondition)
{
    script_open(&script);
    struct err err = script_step(&script);
    ck_assert_msg(err.code == ERR_NONE, "%s", err.text);
    ck_assert_uint_eq(asked("PUT "), 1);
    const char *request = last_request("PUT ");
    ck_assert(strstr(request, "\"EnforceIndex\":true") &&
              strstr(request, "\"JobModifyIndex\":148"));
}
END_TEST

static const struct {
    struct server_reply reply;
    enum err_code code;
} writes[] = {
    {{.status = 500,
      .body = "Enforcing job modify index 148: job exists with conflicting job "
              "modify index: 151"},
     ERR_CONFLICT},
    {{.status = 500, .body = "No cluster leader"}, ERR_UNKNOWN},
    {{.status = 500, .body = "rpc error: EOF"}, ERR_UNKNOWN},
    {{.status = 502, .body = "<html>Bad Gateway</html>"}, ERR_UNKNOWN},
    {{.status = 504}, ERR_UNKNOWN},
    {{.status = 429, .headers = "Retry-After: 1\r\n"}, ERR_REJECTED},
    {{.status = 403, .body = "Permission denied"}, ERR_AUTH},
    {{.status = 400, .body = "job validation failed"}, ERR_REJECTED},
    {{.trick = SERVER_CLOSE}, ERR_UNKNOWN},  /* lost answer */
    {{.trick = SERVER_SILENT}, ERR_UNKNOWN}, /* late answer */
    {{.trick = SERVER_DRIP,
      .body = "{\"EvalID\":\"e\",\"JobModifyIndex\":149,\"KnownLeader\":"
              "true,\"LastContact\":0,\"Warnings\":\"\"}"},
     ERR_UNKNOWN}, /* slow answer */
    {{.trick = SERVER_CUT, .body = "{\"EvalID\":\"e\"}", .at = 4}, ERR_UNKNOWN},
    {{.trick = SERVER_RAW, .body = "\x00\x01garbage", .body_len = 9}, ERR_UNKNOWN},
};

START_TEST(a_write_is_sent_once_whatever_becomes_of_its_answer)
{
    struct server_reply reply = writes[_i].reply;

    script_open(&script);
    script_hurry(&script, 200);
    reply.on = "PUT ";
    reply.sticky = true;
    server_reply(script.server, reply);
    struct err err = script_step(&script);
    ck_assert_msg(err.code == writes[_i].code, "%s, not %s: %s", err_word(err.code),
                  err_word(writes[_i].code), err.text);
    for (int i = 0; i < 5; i++)
        loop_turn(script.loop, 10);
    ck_assert_uint_eq(asked("PUT "), 1);
}
END_TEST

/* ---- reads that fail ---- */

static const struct {
    struct server_reply reply;
    const char *words;
} failures[] = {
    {{.status = 500, .body = "No cluster leader"}, "no leader now"},
    {{.status = 429, .body = "rate limit", .headers = "Retry-After: 1\r\n"}, "429"},
    {{.status = 503, .body = "unavailable"}, "503"},
    {{.body = "{not JSON"}, "reading allocations"},
    {{.body = "{\"ID\":1}"}, "allocations"},
    {{.body = "[{\"ID\":7}]"}, "allocations: [0].ID"},
    {{.trick = SERVER_CLOSE}, "reading allocations"},
    {{.trick = SERVER_CUT, .body = "[{\"ID\":\"a\"}]", .at = 3}, "reading allocations"},
    {{.trick = SERVER_RAW, .body = "SSH-2.0-OpenSSH_9.2\r\n"}, "reading allocations"},
};

START_TEST(a_survey_that_fails_says_what_it_read_and_is_made_again)
{
    struct server_reply reply = failures[_i].reply;

    reply.on = "GET /v1/allocations";
    server_reply(script.server, reply);
    script_follow(&script);
    script_asked(&script, "GET /v1/allocations", 0);
    while (script.why.code == ERR_NONE)
        loop_turn(script.loop, 10);
    ck_assert_int_eq(script.state, CLUSTER_CONNECTING);
    ck_assert_msg(strstr(script.why.text, failures[_i].words) != NULL, "%s", script.why.text);
    ck_assert_uint_eq(script.pictures, 0);
    script_until(&script, is_live, "live");
    script_until(&script, is_known, "known");
    ck_assert_int_eq(script.web->motion, MOTION_RESTING);
    ck_assert_uint_eq(service_count(script.web, "5", STATES_SERVING), 5);
}
END_TEST

START_TEST(a_job_that_never_had_a_deployment_can_be_read)
{
    script_open(&script);
    server_reply(script.server, (struct server_reply){.on = "GET /v1/job/web/deployment" CONSISTENT,
                                                      .body = "null\n"});
    struct err err = script_read(&script);
    ck_assert_msg(err.code == ERR_NONE, "%s", err.text);
}
END_TEST

/* One byte of the head every while: neither an answer nor silence. */
START_TEST(a_server_that_drips_its_answer_is_stale_in_time)
{
    script_open(&script);
    script_hurry(&script, 200);
    server_reply(script.server, (struct server_reply){.on = "GET /v1/allocations",
                                                      .trick = SERVER_DRIP,
                                                      .body = "[                               "
                                                              "                               ]",
                                                      .sticky = true});
    script.driver->ops->follow(script.driver);
    while (script.why.code == ERR_NONE)
        loop_turn(script.loop, 10);
    ck_assert_int_eq(script.why.code, ERR_NETWORK);
}
END_TEST

/* ---- who speaks, and where ---- */

START_TEST(every_request_says_who_in_which_region_and_namespace)
{
    script.config.token = "7f3a";
    script.config.region = "eu west";
    script.config.namespaces = "shop";
    script_open(&script);
    for (size_t i = 0, c; server_request(script.server, i, &c); i++) {
        const char *request = server_request(script.server, i, &c);
        ck_assert_msg(strstr(request, "X-Nomad-Token: 7f3a\r\n") != NULL, "%s", request);
        ck_assert_msg(strstr(request, "region=eu%20west") != NULL, "%s", request);
        if (strncmp(request, "GET /v1/nodes", 13) != 0 && !strstr(request, "/v1/job/"))
            ck_assert_msg(strstr(request, "namespace=shop") != NULL, "%s", request);
    }
}
END_TEST

START_TEST(a_unix_socket_is_an_address)
{
    char path[200], endpoint[220];

    server_free(script.server);
    snprintf(path, sizeof path, "%s/nomad.sock", test_dir());
    snprintf(endpoint, sizeof endpoint, "unix://%s", path);
    script_serve(&script, server_new_unix(path));
    script.config.endpoint = endpoint;
    script_open(&script);
    script_until(&script, is_known, "known");
    ck_assert_uint_eq(service_count(script.web, "5", STATES_SERVING), 5);
}
END_TEST

START_TEST(a_socket_that_is_not_there_is_named)
{
    script.config.endpoint = "unix:///nowhere/nomad.sock";
    script_follow(&script);
    while (script.why.code == ERR_NONE)
        loop_turn(script.loop, 10);
    ck_assert_msg(strstr(script.why.text, "there is no Nomad socket at /nowhere/nomad.sock"), "%s",
                  script.why.text);
}
END_TEST

/* ---- servers without variables ---- */

START_TEST(servers_without_variables_are_said_to_have_none_before_anything_is_known)
{
    script.variables = 404;
    script_open(&script);
    const struct driver_caps *caps = script.driver->ops->caps(script.driver);
    ck_assert(!caps->ledger);
    ck_assert_msg(strstr(caps->drift_note, "journal of this machine only") != NULL, "%s",
                  caps->drift_note);
    ck_assert_msg(strstr(script.events, "no variables (Nomad 1.4)") != NULL, "%s", script.events);
}
END_TEST

/* Forbidden is not absent: then there may be a record, and whoever cannot read it cannot act. */
static const int hidden[] = {403, 500};

START_TEST(variables_that_cannot_be_read_are_not_taken_for_none)
{
    script.variables = hidden[_i];
    script_open(&script);
    ck_assert(script.driver->ops->caps(script.driver)->ledger);
    ck_assert_str_eq(script.events, "");
}
END_TEST

SUITE(nomad_scripted)
{
    Suite *suite = suite_create("nomad-scripted");
    TCase *stream = test_case(suite, "stream", 30), *answers = test_case(suite, "answers", 30);
    TCase *who = test_case(suite, "who", 30);

    tcase_add_checked_fixture(stream, setup, teardown);
    tcase_add_test(stream, an_event_is_a_reason_to_look_at_its_job_only);
    tcase_add_test(stream, a_line_that_comes_in_pieces_is_one_line);
    tcase_add_test(stream, a_stream_cut_in_the_middle_of_a_line_is_taken_up_where_it_was);
    tcase_add_loop_test(stream, a_line_that_is_not_understood_is_a_reason_to_look_at_everything, 0,
                        ARRAY_LEN(nonsense));
    tcase_add_loop_test(stream, without_the_stream_blocking_queries_tell_and_it_is_tried_again, 0,
                        ARRAY_LEN(refusals));
    tcase_add_test(stream, a_blocking_query_that_answers_with_another_index_brings_a_survey);
    tcase_add_test(stream, a_blocking_query_that_answers_with_the_same_index_brings_none);
    tcase_add_test(stream, who_may_not_hear_of_nodes_hears_of_the_rest);
    tcase_add_checked_fixture(answers, setup, teardown);
    tcase_add_loop_test(answers, a_survey_of_old_answers_is_no_picture, 0, ARRAY_LEN(old));
    tcase_add_loop_test(answers, answers_that_become_old_make_the_picture_stale_and_not_another_one,
                        0, ARRAY_LEN(old));
    tcase_add_loop_test(answers, a_read_that_was_old_is_read_again, 0, ARRAY_LEN(old));
    tcase_add_loop_test(answers, nothing_is_sent_on_the_strength_of_an_old_answer, 0,
                        ARRAY_LEN(old));
    tcase_add_test(answers, a_step_is_one_registration_with_its_precondition);
    tcase_add_loop_test(answers, a_write_is_sent_once_whatever_becomes_of_its_answer, 0,
                        ARRAY_LEN(writes));
    tcase_add_loop_test(answers, a_survey_that_fails_says_what_it_read_and_is_made_again, 0,
                        ARRAY_LEN(failures));
    tcase_add_test(answers, a_job_that_never_had_a_deployment_can_be_read);
    tcase_add_test(answers, a_server_that_drips_its_answer_is_stale_in_time);
    tcase_add_checked_fixture(who, setup, teardown);
    tcase_add_test(who, every_request_says_who_in_which_region_and_namespace);
    tcase_add_test(who, a_unix_socket_is_an_address);
    tcase_add_test(who, a_socket_that_is_not_there_is_named);
    tcase_add_test(who, servers_without_variables_are_said_to_have_none_before_anything_is_known);
    tcase_add_loop_test(who, variables_that_cannot_be_read_are_not_taken_for_none, 0,
                        ARRAY_LEN(hidden));
    return suite;
}
