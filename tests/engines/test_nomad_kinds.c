/* test_nomad_kinds.c: jobs of every kind on a real cluster: several groups in one, those that can
 * only be looked at, and those that are stuck, each with the most specific reason there is.
 *
 * Policy: lockstep's defaults (canary 1); the context is not production. */
#include "base/mem.h"
#include "engine/drive.h"
#include "engines/nomad_rig.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000 };

static struct clock *wall;
static struct drive op;
static char job[32], service[64];

static void open_engine(void)
{
    struct err err = {0};
    static char journal[700];
    const struct cluster_config cluster = {.name = "lab",
                                           .kind = "nomad",
                                           .endpoint = nomad_rig_address(),
                                           .ca_file = "",
                                           .cert_file = "",
                                           .key_file = "",
                                           .settle_ms = 2000};

    snprintf(journal, sizeof journal, "%s/journal.jsonl", test_dir());
    const struct engine_config config = {.clusters = &cluster,
                                         .cluster_count = 1,
                                         .journal_path = journal,
                                         .plan = plan_default(),
                                         .clock = wall};
    op = (struct drive){engine_new(&config, &err), "lab", service, PATIENCE_MS};
    ck_assert_msg(op.engine != NULL, "%s", err.text);
}

static void setup(void)
{
    nomad_rig_forget_records();
    wall = clock_new_real();
    snprintf(job, sizeof job, "kind-%u", (unsigned)getpid() % 100000);
    snprintf(service, sizeof service, "%s", job);
}

static void teardown(void)
{
    char path[96];

    engine_free(op.engine);
    clock_free(wall);
    snprintf(path, sizeof path, "job/%s?purge=true", job);
    nomad_rig_call("DELETE", path, NULL, NULL);
    nomad_rig_forget_records();
}

/* What an action replaced ends a moment after it. */
static struct action_status press(enum verb verb, const char *version, uint32_t to)
{
    struct action_status s = {.end = END_REFUSED};

    for (int tries = 0; tries < 40; tries++) {
        struct intent intent = drive_intent(&op, verb, version);
        intent.to_count = to;
        s = drive_finish(&op, engine_submit(op.engine, &intent));
        if (s.end != END_REFUSED || !strstr(s.sentence, "wait"))
            break;
    }
    return s;
}

static void expect(enum verb verb, const char *version, uint32_t to)
{
    struct action_status s = press(verb, version, to);

    drive_end_is(&s, END_APPLIED);
}

/* Registers {"ID":…,"Datacenters":["dc1"],<more>}. */
static void put(const char *more)
{
    char *text = xasprintf("{\"Job\":{\"ID\":\"%s\",\"Name\":\"%s\",\"Datacenters\":[\"dc1\"],%s}}",
                           job, job, more);
    json_t *answer = NULL;
    long status = nomad_rig_call("PUT", "jobs", text, &answer);

    ck_assert_msg(status == 200, "%ld: %s", status, text);
    json_decref(answer);
    free(text);
}

/* ---- several groups ---- */

static char *group_of(const char *name, const char *version)
{
    return xasprintf(
        "{\"Name\":\"%s\",\"Count\":4,\"EphemeralDisk\":{\"SizeMB\":20},\"Update\":{\"MaxParallel\""
        ":4,\"HealthCheck\":\"task_states\",\"MinHealthyTime\":200000000,\"HealthyDeadline\":"
        "60000000000,\"ProgressDeadline\":120000000000},\"Tasks\":[{\"Name\":\"app\",\"Driver\":"
        "\"raw_exec\",\"Config\":{\"command\":\"%s-%s\",\"args\":[\"run\",\"%s\"]},"
        "\"Meta\":{\"lockstep.version\":\"%s\"},\"KillTimeout\":2000000000,\"LogConfig\":{"
        "\"MaxFiles\":1,\"MaxFileSizeMB\":1},\"Resources\":{\"CPU\":20,\"MemoryMB\":10}}]}",
        name, nomad_rig_apps(), version, job, version);
}

/* Ids of the running allocations of a group, sorted by the server's own order of names. */
static json_t *ids_of(const char *group)
{
    char path[96];
    json_t *allocs = NULL, *alloc, *ids = json_object();
    size_t i;

    snprintf(path, sizeof path, "job/%s/allocations?task_states=false", job);
    nomad_rig_call("GET", path, NULL, &allocs);
    json_array_foreach(allocs, i, alloc)
    {
        const char *in = json_string_value(json_object_get(alloc, "TaskGroup"));
        const char *state = json_string_value(json_object_get(alloc, "ClientStatus"));
        const char *wanted = json_string_value(json_object_get(alloc, "DesiredStatus"));
        if (strcmp(in, group) == 0 && strcmp(state, "running") == 0 && strcmp(wanted, "run") == 0)
            json_object_set_new(ids, json_string_value(json_object_get(alloc, "ID")), json_true());
    }
    json_decref(allocs);
    return ids;
}

START_TEST(of_two_groups_in_one_job_each_is_released_alone)
{
    char *web = group_of("web", "4"), *api = group_of("api", "4");
    char *more = xasprintf("\"Type\":\"service\",\"TaskGroups\":[%s,%s]", web, api);
    char other[64];

    put(more);
    snprintf(service, sizeof service, "%s.web", job);
    snprintf(other, sizeof other, "%s.api", job);
    open_engine();
    drive_sync(&op);
    drive_serving(&op, "4", 4);
    op.service = other;
    drive_serving(&op, "4", 4);
    json_t *before = ids_of("api");
    ck_assert_uint_eq(json_object_size(before), 4);
    op.service = service;
    expect(VERB_START, "5", 0);
    drive_serving(&op, "5", 1);
    op.service = other;
    struct action_status s = press(VERB_START, "6", 0);
    ck_assert_msg(s.end != END_APPLIED && strstr(s.sentence, "group web of the same job is in "
                                                             "flight"),
                  "%s: %s", action_end_word[s.end], s.sentence);
    printf("refused: %s\n", s.sentence);
    op.service = service;
    for (uint32_t to = 2; to <= 4; to += 2) {
        expect(VERB_STEP, "", to);
        drive_serving(&op, "5", to);
    }
    json_t *after = ids_of("api");
    ck_assert_msg(json_equal(before, after), "the other group's allocations were touched");
    op.service = other;
    expect(VERB_START, "6", 0);
    drive_serving(&op, "6", 1);
    expect(VERB_ROLLBACK, "", 0);
    drive_serving(&op, "4", 4);
    json_decref(before);
    json_decref(after);
    free(more);
    free(web);
    free(api);
}
END_TEST

/* ---- only to be looked at ---- */

#define MOCK(version, config)                                                                      \
    "\"TaskGroups\":[{\"Name\":\"w\",\"Count\":1,\"EphemeralDisk\":{\"SizeMB\":20},\"Tasks\":[{"   \
    "\"Name\":\"t\",\"Driver\":\"mock_driver\",\"Config\":{" config "},\"Meta\":{"                 \
    "\"lockstep.version\":\"" version "\"},\"Resources\":{\"CPU\":20,\"MemoryMB\":10},"            \
    "\"LogConfig\":{\"MaxFiles\":1,\"MaxFileSizeMB\":1}}]}]"
#define LONG_RUN "\"run_for\":\"1h\""

static const struct {
    const char *kind, *job, *launcher, *words;
} looks[] = {
    {"batch", "\"Type\":\"batch\"," MOCK("7", LONG_RUN), "batch", "can only be looked at"},
    {"sysbatch", "\"Type\":\"sysbatch\"," MOCK("7", LONG_RUN), "batch", "can only be looked at"},
    {"system", "\"Type\":\"system\"," MOCK("7", LONG_RUN), NULL, "can only be looked at"},
    {"periodic",
     "\"Type\":\"batch\",\"Periodic\":{\"Enabled\":true,\"Spec\":\"0 0 1 1 *\",\"SpecType\":"
     "\"cron\"}," MOCK("7", LONG_RUN),
     "periodic", "starts other jobs and can only be looked at"},
    {"parameterized",
     "\"Type\":\"batch\",\"ParameterizedJob\":{\"Payload\":\"optional\"}," MOCK("7", LONG_RUN),
     "dispatch", "starts other jobs and can only be looked at"},
};

static bool is_listed(void *arg, const struct frame *frame)
{
    (void)arg;
    return frame->synced && frame_find_row(frame, "lab", service) != NULL;
}

START_TEST(what_is_no_service_job_is_looked_at_and_shown_as_what_it_would_launch)
{
    put(looks[_i].job);
    open_engine();
    ck_assert(engine_run_until(op.engine, PATIENCE_MS, is_listed, NULL));
    const struct frame *frame = engine_frame(op.engine);
    const struct service *seen = frame_find_row(frame, "lab", service)->service;
    ck_assert_str_eq(seen->kind, looks[_i].kind);
    ck_assert_str_eq(seen->wants, "7");
    ck_assert_uint_eq(seen->launcher_count, looks[_i].launcher ? 1 : 0);
    if (looks[_i].launcher) {
        ck_assert_str_eq(seen->launchers[0].name, looks[_i].launcher);
        ck_assert_str_eq(seen->launchers[0].version, "7");
    }
    frame_unref(frame);
    struct action_status s = drive_press(&op, VERB_START, "8");
    ck_assert_msg(s.end != END_APPLIED && s.end != END_UNKNOWN, "%s", action_end_word[s.end]);
    ck_assert_msg(strstr(s.sentence, looks[_i].words) != NULL, "%s", s.sentence);
}
END_TEST

/* ---- why it is stuck ---- */

#define CHECKED                                                                                    \
    "\"Type\":\"service\",\"TaskGroups\":[{\"Name\":\"w\",\"Count\":1,\"EphemeralDisk\":{"         \
    "\"SizeMB\":20},\"Networks\":[{\"Mode\":\"host\",\"DynamicPorts\":[{\"Label\":\"http\"}]}],"   \
    "\"Update\":{\"MaxParallel\":1,\"HealthCheck\":\"checks\",\"MinHealthyTime\":1000000000,"      \
    "\"HealthyDeadline\":4000000000,\"ProgressDeadline\":5000000000},\"Services\":[{\"Name\":"     \
    "\"w\",\"Provider\":\"nomad\",\"PortLabel\":\"http\",\"Checks\":[{\"Name\":\"alive\","         \
    "\"Type\":\"tcp\",\"Interval\":1000000000,\"Timeout\":1000000000}]}],\"Tasks\":[{\"Name\":"    \
    "\"t\",\"Driver\":\"mock_driver\",\"Config\":{\"run_for\":\"1h\"},\"Meta\":{"                  \
    "\"lockstep.version\":\"7\"},\"Resources\":{\"CPU\":20,\"MemoryMB\":10},\"LogConfig\":{"       \
    "\"MaxFiles\":1,\"MaxFileSizeMB\":1}}]}]"
#define CONSTRAINED                                                                                \
    "\"Type\":\"service\",\"Constraints\":[{\"LTarget\":\"${attr.kernel.name}\",\"RTarget\":"      \
    "\"plan9\",\"Operand\":\"=\"}]," MOCK("7", LONG_RUN)
#define HUGE                                                                                       \
    "\"Type\":\"service\",\"TaskGroups\":[{\"Name\":\"w\",\"Count\":1,\"Tasks\":[{\"Name\":\"t\"," \
    "\"Driver\":\"mock_driver\",\"Config\":{\"run_for\":\"1h\"},\"Resources\":{\"CPU\":20,"        \
    "\"MemoryMB\":9000000}}]}]"

static const struct {
    const char *job, *words;
} stuck[] = {
    {HUGE, "not placed: memory exhausted on 3 nodes"},
    {CONSTRAINED, "constraint ${attr.kernel.name} = plan9 filters 3 nodes"},
    {"\"Type\":\"service\"," MOCK("7", "\"start_error\":\"no such image\""), "no such image"},
    {"\"Type\":\"service\"," MOCK("7", "\"run_for\":\"200ms\",\"exit_code\":3"), "xit Code: 3"},
    {CHECKED, "health"},
};

static bool says_why(void *arg, const struct frame *frame)
{
    const struct row *row = frame_find_row(frame, "lab", service);

    return row && strstr(row->why, arg) != NULL;
}

START_TEST(what_is_stuck_says_why_as_exactly_as_the_servers_know)
{
    put(stuck[_i].job);
    open_engine();
    bool said =
        engine_run_until(op.engine, PATIENCE_MS, says_why, (void *)(uintptr_t)stuck[_i].words);
    const struct frame *frame = engine_frame(op.engine);
    const struct row *row = frame_find_row(frame, "lab", service);
    ck_assert_msg(said, "'%s' is not in: %s", stuck[_i].words, row ? row->why : "(no row)");
    printf("stuck: %s\n", row->why);
    frame_unref(frame);
}
END_TEST

SUITE(nomad_kinds)
{
    Suite *suite = suite_create("nomad-kinds");
    TCase *tc = test_case(suite, "kinds", 180);

    if (!nomad_rig_is_ours())
        return suite;
    nomad_rig_need();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, of_two_groups_in_one_job_each_is_released_alone);
    tcase_add_loop_test(tc, what_is_no_service_job_is_looked_at_and_shown_as_what_it_would_launch,
                        0, ARRAY_LEN(looks));
    tcase_add_loop_test(tc, what_is_stuck_says_why_as_exactly_as_the_servers_know, 0,
                        ARRAY_LEN(stuck));
    return suite;
}
