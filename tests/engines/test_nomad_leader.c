/* test_nomad_leader.c: three real servers: a leader that goes is followed by another and nothing
 * moves; without a majority nothing is believed and nothing is sent.
 *
 * Policy: lockstep's defaults (canary 1); the context is not production. */
#include "base/mem.h"
#include "engine/drive.h"
#include "engines/nomad_rig.h"
#include "engines/rig.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 90000 };

static struct clock *wall;
static struct drive op;

static long call(const char *method, const char *path, const char *body, json_t **answer)
{
    return nomad_rig_call_at(nomad_rig_three_address(), "", method, path, body, answer);
}

static void setup(void)
{
    struct err err = {0};
    static char journal[700];
    const struct cluster_config cluster = {.name = "lab",
                                           .kind = "nomad",
                                           .endpoint = nomad_rig_three_address(),
                                           .ca_file = "",
                                           .cert_file = "",
                                           .key_file = "",
                                           .settle_ms = 2000};
    char *job = xasprintf(
        "{\"Job\":{\"ID\":\"web\",\"Name\":\"web\",\"Type\":\"service\",\"Datacenters\":[\"dc1\"],"
        "\"TaskGroups\":[{\"Name\":\"web\",\"Count\":4,\"EphemeralDisk\":{\"SizeMB\":20},"
        "\"Update\":{"
        "\"MaxParallel\":4,\"HealthCheck\":\"task_states\",\"MinHealthyTime\":200000000,"
        "\"HealthyDeadline\":60000000000,\"ProgressDeadline\":120000000000},\"Tasks\":[{\"Name\":"
        "\"t\",\"Driver\":\"raw_exec\",\"Config\":{\"command\":\"%s/bin/"
        "app-4\",\"args\":[\"run\"]},"
        "\"Meta\":{\"lockstep.version\":\"4\"},\"Resources\":{\"CPU\":20,\"MemoryMB\":10},"
        "\"LogConfig\":{\"MaxFiles\":1,\"MaxFileSizeMB\":1}}]}]}}",
        nomad_rig_three_folder());
    long status = call("PUT", "jobs", job, NULL);

    free(job);
    ck_assert_int_eq(status, 200);
    wall = clock_new_real();
    snprintf(journal, sizeof journal, "%s/journal.jsonl", test_dir());
    const struct engine_config config = {.clusters = &cluster,
                                         .cluster_count = 1,
                                         .journal_path = journal,
                                         .plan = plan_default(),
                                         .clock = wall};
    op = (struct drive){engine_new(&config, &err), "lab", "web", PATIENCE_MS};
    ck_assert_msg(op.engine != NULL, "%s", err.text);
    drive_sync(&op);
    drive_serving(&op, "4", 4);
}

static void teardown(void)
{
    static const char *const servers[] = {"server", "server2", "server3"};

    for (size_t i = 0; i < ARRAY_LEN(servers); i++)
        nomad_rig_do_three("heal", servers[i]);
    engine_free(op.engine);
    clock_free(wall);
    for (int tries = 0; tries < 30 && call("DELETE", "job/web?purge=true", NULL, NULL) != 200;)
        tries++;
}

/* The name of the server that leads, by their own raft; static. */
static const char *leader(void)
{
    static char name[32];
    json_t *raft = NULL, *peers, *peer;
    size_t i;

    name[0] = '\0';
    call("GET", "operator/raft/configuration", NULL, &raft);
    peers = json_object_get(raft, "Servers");
    json_array_foreach(peers, i, peer)
    {
        if (json_is_true(json_object_get(peer, "Leader")))
            snprintf(name, sizeof name, "%s", json_string_value(json_object_get(peer, "Node")));
    }
    name[strcspn(name, ".")] = '\0';
    json_decref(raft);
    return name;
}

struct state_wanted {
    enum cluster_state state;
    char why[200];
};

static bool state_is(void *arg, const struct frame *frame)
{
    struct state_wanted *wanted = arg;

    snprintf(wanted->why, sizeof wanted->why, "%s", frame->clusters[0].why);
    return frame->clusters[0].state == wanted->state;
}

static const char *wait_state(enum cluster_state state)
{
    static struct state_wanted wanted;

    wanted.state = state;
    ck_assert_msg(engine_run_until(op.engine, PATIENCE_MS, state_is, &wanted), "never %s: %s",
                  cluster_state_word[state], wanted.why);
    return wanted.why;
}

/* We speak to a server that follows, so that only the leader goes. */
START_TEST(a_leader_that_goes_is_followed_by_another_and_nothing_moves)
{
    drive_works(&op, VERB_START, "5");
    drive_serving(&op, "5", 1);
    if (strcmp(leader(), "server") == 0) { /* it has to lose that first */
        nomad_rig_do_three("cut", "server");
        rig_pause_ms(3000);
        nomad_rig_do_three("heal", "server");
    }
    char old[32] = "";
    for (int i = 0; i < 200 && (!old[0] || strcmp(old, "server") == 0); i++)
        snprintf(old, sizeof old, "%s", leader());
    ck_assert_msg(old[0] && strcmp(old, "server") != 0, "leader is %s", old);
    nomad_rig_do_three("cut", old);
    for (int i = 0; i < 300 && (!leader()[0] || strcmp(leader(), old) == 0); i++)
        continue;
    ck_assert_str_ne(leader(), old);
    printf("leader was %s, is %s\n", old, leader());
    wait_state(CLUSTER_LIVE);
    drive_serving(&op, "5", 1);
    drive_works(&op, VERB_STEP, "");
    nomad_rig_do_three("heal", old);
    wait_state(CLUSTER_LIVE);
    drive_works(&op, VERB_ROLLBACK, "");
    drive_serving(&op, "4", 4);
}
END_TEST

START_TEST(without_a_majority_nothing_is_believed_and_nothing_is_sent)
{
    drive_works(&op, VERB_START, "5");
    drive_serving(&op, "5", 1);
    nomad_rig_do_three("cut", "server2");
    nomad_rig_do_three("cut", "server3");
    printf("stale: %s\n", wait_state(CLUSTER_STALE));
    struct action_status s = drive_press(&op, VERB_STEP, "");
    ck_assert_msg(s.end == END_REFUSED || s.end == END_NOT_APPLIED, "%s: %s",
                  action_end_word[s.end], s.sentence);
    printf("%s: %s\n", action_end_word[s.end], s.sentence);
    nomad_rig_do_three("heal", "server2");
    nomad_rig_do_three("heal", "server3");
    wait_state(CLUSTER_LIVE);
    drive_serving(&op, "5", 1);
    drive_works(&op, VERB_ROLLBACK, "");
    drive_serving(&op, "4", 4);
}
END_TEST

SUITE(nomad_leader)
{
    Suite *suite = suite_create("nomad-leader");
    TCase *tc = test_case(suite, "leader", 500);

    if (!nomad_rig_is_ours())
        return suite;
    nomad_rig_need_three();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_leader_that_goes_is_followed_by_another_and_nothing_moves);
    tcase_add_test(tc, without_a_majority_nothing_is_believed_and_nothing_is_sent);
    return suite;
}
