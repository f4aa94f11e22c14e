/* test_pty_hostile.c: a cluster whose every name and message attacks the terminal, in the whole
 * program: its client, its decoder, its views. */
#include "base/mem.h"
#include "net/server.h"
#include "pty.h"
#include "test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct pty *pty;
static struct server *server;
static char dir[200];
static struct {
    const char *part;
    char *text;
} told[] = {{"/services", NULL}, {"/tasks", NULL}, {"/nodes", NULL}, {"/version", NULL}};

/* Three at a time. */
static const char *const attacks[12] = {
    "\033[2J\033[31mred",       /* CSI */
    "\033]0;owned\007",         /* the title */
    "\033]52;c;ZXZpbA==\033\\", /* the clipboard */
    "\xc2\x9b"
    "31mred",                  /* CSI of eight bits */
    "\033P$q\"p\033\\\033[6n", /* questions that the terminal would answer */
    "a\rb\nc\td\be",           /* other places */
    "\xe2\x80\xae"
    "kcab", /* right to left */
    "\xe2\x81\xa6"
    "x\xe2\x80\x8b",                                     /* isolates, nothing wide */
    "%s%n%1$s",                                          /* formats */
    "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86", /* a heap of marks */
    "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9",      /* joined */
    "\x7f\x0e\x0f",                                      /* other character sets */
};

/* What these hold is read as what it says, not for people. */
static bool is_machine_word(const char *key)
{
    static const char *const keys[] = {
        "ID",         "ServiceID",     "NodeID",    "State",         "DesiredState",
        "Role",       "Availability",  "Timestamp", "CreatedAt",     "UpdatedAt",
        "StartedAt",  "CompletedAt",   "Condition", "FailureAction", "Order",
        "ApiVersion", "MinAPIVersion", "Runtime",   "Isolation"};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

static void attack(json_t *value, const char *attack_text)
{
    const char *key;
    json_t *child;
    size_t i;
    void *next;

    json_object_foreach_safe(value, next, key, child)
    {
        if (json_is_string(child) && !is_machine_word(key)) {
            char *text = xasprintf("%s%s", json_string_value(child), attack_text);
            json_object_set_new(value, key, json_string_nocheck(text));
            free(text);
        } else {
            attack(child, attack_text);
        }
    }
    json_array_foreach(value, i, child) attack(child, attack_text);
}

static char *attacked(const char *recording, const char *attack_text)
{
    char *path = xasprintf("recordings/swarm/%s.json", recording);
    char *text = test_read_file(path, NULL);
    json_t *json = json_loads(text, 0, NULL);

    ck_assert_ptr_nonnull(json);
    attack(json, attack_text);
    free(text);
    free(path);
    text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return text;
}

static bool answer(void *arg, const char *method, const char *path, const char *body,
                   struct server_reply *reply)
{
    (void)arg, (void)body;
    if (strcmp(method, "GET") != 0)
        return false;
    if (strstr(path, "/events")) {
        *reply = (struct server_reply){.trick = SERVER_HOLD, .body = ""};
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(told); i++)
        if (strstr(path, told[i].part)) {
            reply->body = told[i].text;
            return true;
        }
    if (strstr(path, "/info"))
        reply->body = "{\"Swarm\":{\"LocalNodeState\":\"active\",\"ControlAvailable\":true}}";
    else if (strstr(path, "/configs"))
        reply->body = "[]";
    else
        return false;
    return true;
}

static void setup(void)
{
    snprintf(dir, sizeof dir, "%s", test_dir());
    char *socket = xasprintf("%s/docker.sock", dir);

    server = server_new_unix(socket);
    free(socket);
}

static void teardown(void)
{
    if (pty)
        pty_free(pty);
    server_free(server);
    for (size_t i = 0; i < ARRAY_LEN(told); i++)
        free(told[i].text);
}

/* Through every view, at a size where there is room for names and one where there is none. */
START_TEST(no_byte_of_a_hostile_cluster_reaches_the_terminal)
{
    static const char *const keys[] = {"\r", "i", "h", "u", "d", "e", "v", "?", "l", "\033", "c"};
    char *evil = xasprintf("%s%s%s", attacks[_i], attacks[_i + 4], attacks[_i + 8]);
    char *config = xasprintf("%s/config.yaml", dir);
    char *journal = xasprintf("%s/journal.jsonl", dir);
    const char *const args[] = {"--config", config, "--journal", journal, NULL};
    FILE *f = fopen(config, "w");
    bool caret = false; /* curses draws them so */

    ck_assert_ptr_nonnull(f);
    fprintf(f, "contexts: [{name: h, kind: swarm, endpoint: 'unix://%s/docker.sock'}]\n", dir);
    fclose(f);
    told[0].text = attacked("services-v4", evil);
    told[1].text = attacked("tasks-v4", evil);
    told[2].text = attacked("nodes", evil);
    told[3].text = attacked("version", "");
    server_handle(server, answer, NULL);
    pty = pty_start(&(struct pty_options){.args = args, .width = 80, .height = 24});
    pty_wait_text(pty, "ROLLOUT");
    pty_wait_text(pty, "web");
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        pty_send(pty, keys[i]);
        pty_read_for(pty, 25);
        caret =
            caret || pty_has_text(pty, "^[") || pty_has_text(pty, "^M") || pty_has_text(pty, "^?");
        pty_resize(pty, i % 2 ? 140 : 60, i % 2 ? 45 : 12);
        pty_read_for(pty, 25);
    }
    ck_assert_msg(!caret, "a control character came as far as curses");
    for (int i = 0; i < 8; i++) {
        pty_send(pty, "q");
        pty_read_for(pty, 40);
        if (pty_has_text(pty, "ROLLOUT"))
            break;
    }
    pty_send(pty, "\003");
    pty_read_for(pty, 40);
    pty_send(pty, "\003");
    ck_assert_int_eq(pty_wait_exit(pty), 0);
    pty_assert_restored(pty);
    free(config);
    free(journal);
    free(evil);
}
END_TEST

SUITE(pty_hostile)
{
    Suite *suite = suite_create("pty-hostile");
    TCase *tcase = test_case(suite, "swarm", 40);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, no_byte_of_a_hostile_cluster_reaches_the_terminal, 0, 4);
    return suite;
}
