/* nomad_rig.c: see nomad_rig.h. Everything goes through curl and the rig's script. */
#include "engines/nomad_rig.h"

#include "base/json.h"
#include "base/mem.h"
#include "engines/rig.h"
#include "test.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char folder[64], acl_folder[64], address[64], acl_address[64], script[PATH_MAX + 64];
static char three_folder[64], three_address[64];
/* Of the tests' own on somebody's cluster, and what their tasks run there; "" on our own. */
static char space[64], secret[128], apps[PATH_MAX];
static pid_t owner;

static int run_script(const char *where, const char *verb, const char *one, const char *two,
                      const char *three)
{
    const char *const argv[] = {script, where, verb, one, two, three, NULL};

    return rig_run(argv, NULL);
}

static void down(void);

/* What tests left there is purged; the namespace goes when nothing is in it any more. */
static void leave_space(void)
{
    json_t *jobs = NULL, *job;
    char path[200];
    size_t i;

    nomad_rig_forget_records();
    nomad_rig_call("GET", "jobs", NULL, &jobs);
    json_array_foreach(jobs, i, job)
    {
        snprintf(path, sizeof path, "job/%s?purge=true",
                 json_string_value(json_object_get(job, "ID")));
        nomad_rig_call("DELETE", path, NULL, NULL);
    }
    json_decref(jobs);
    snprintf(path, sizeof path, "namespace/%s", space);
    for (int tries = 0;
         tries < 20 && nomad_rig_call_at(address, secret, "DELETE", path, NULL, NULL) != 200;
         tries++)
        rig_pause_ms(500);
}

/* NOMAD_TEST_ADDR: somebody's cluster, in a namespace of our own. NOMAD_TEST_COMMAND is the path of
 * programs on its clients that end in -4, -5 and -6, for raw_exec; NOMAD_TEST_TOKEN who we are. */
static bool join_cluster(void)
{
    const char *at = getenv("NOMAD_TEST_ADDR"), *command = getenv("NOMAD_TEST_COMMAND");
    const char *test_token = getenv("NOMAD_TEST_TOKEN");
    char path[160], body[200];

    if (!at)
        return false;
    snprintf(address, sizeof address, "%s", at);
    snprintf(apps, sizeof apps, "%s", command ? command : "");
    snprintf(secret, sizeof secret, "%s", test_token ? test_token : "");
    snprintf(space, sizeof space, "lockstep-test-%d", (int)getpid());
    snprintf(path, sizeof path, "namespace/%s", space);
    snprintf(body, sizeof body, "{\"Name\":\"%s\",\"Description\":\"lockstep's tests\"}", space);
    owner = getpid();
    if (!command || nomad_rig_call_at(address, secret, "PUT", path, body, NULL) != 200) {
        fprintf(stderr, "engines: NOMAD_TEST_ADDR=%s: %s\n", at,
                command ? "no namespace could be made there"
                        : "NOMAD_TEST_COMMAND must name the programs (…-4, -5, -6) of its clients");
        exit(1);
    }
    atexit(down);
    return true;
}

/* Check's children run exit handlers, too. */
static void down(void)
{
    if (getpid() != owner)
        return;
    if (space[0]) {
        leave_space();
        return;
    }
    run_script(folder, "down", NULL, NULL, NULL);
    run_script(acl_folder, "down", NULL, NULL, NULL);
    if (three_folder[0])
        run_script(three_folder, "down", NULL, NULL, NULL);
}

static void read_address(const char *where, char *out, size_t size)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/address", where);
    file = fopen(path, "r");
    if (!file || !fgets(out, (int)size, file))
        fatal("%s: no address", path);
    fclose(file);
    out[strcspn(out, "\n")] = '\0';
}

void nomad_rig_need(void)
{
    const char *cache = getenv("LOCKSTEP_ENGINES"), *tests = getenv("LOCKSTEP_TESTS");
    char pid[16], binaries[PATH_MAX];

    if (owner || !rig_wanted("nomad") || join_cluster())
        return;
    snprintf(script, sizeof script, "%s/engines/nomad-cluster.sh", tests ? tests : "tests");
    snprintf(folder, sizeof folder, "/tmp/lockstep-nomad-XXXXXX");
    snprintf(acl_folder, sizeof acl_folder, "/tmp/lockstep-nomad-XXXXXX");
    const char *agent = getenv("NOMAD_AGENT"); /* nomad-old: before there were variables */
    snprintf(binaries, sizeof binaries, "%s/%s", cache ? cache : "", agent ? agent : "nomad");
    setenv("NOMAD_BINARIES", binaries, 1);
    if (!cache || !mkdtemp(folder) || !mkdtemp(acl_folder)) {
        fprintf(stderr, "engines: run these by `make check-engines` (LOCKSTEP_ENGINES is where "
                        "tests/engines/build.sh put what they need)\n");
        exit(1);
    }
    owner = getpid();
    snprintf(pid, sizeof pid, "%d", (int)owner);
    if (run_script(folder, "up", "3", pid, NULL) != 0 ||
        (!agent && run_script(acl_folder, "up", "0", pid, "acl") != 0)) {
        fprintf(stderr, "engines: no real Nomad, no test of it: nothing is skipped\n");
        down();
        exit(1);
    }
    read_address(folder, address, sizeof address);
    snprintf(apps, sizeof apps, "%s/bin/app", folder);
    if (!agent)
        read_address(acl_folder, acl_address, sizeof acl_address);
    atexit(down);
}

void nomad_rig_need_three(void)
{
    char pid[16];

    if (three_folder[0] || !rig_wanted("nomad-leader"))
        return;
    nomad_rig_need();
    snprintf(three_folder, sizeof three_folder, "/tmp/lockstep-nomad-XXXXXX");
    snprintf(pid, sizeof pid, "%d", (int)owner);
    if (!mkdtemp(three_folder) || run_script(three_folder, "up", "1", pid, "three") != 0) {
        fprintf(stderr, "engines: no three Nomad servers, no test of them: nothing is skipped\n");
        exit(1);
    }
    read_address(three_folder, three_address, sizeof three_address);
}

const char *nomad_rig_three_address(void)
{
    return three_address;
}

const char *nomad_rig_three_folder(void)
{
    return three_folder;
}

void nomad_rig_do_three(const char *verb, const char *agent)
{
    ck_assert_msg(run_script(three_folder, verb, agent, NULL, NULL) == 0,
                  "nomad-cluster.sh %s %s failed", verb, agent);
}

const char *nomad_rig_folder(void)
{
    return folder;
}

const char *nomad_rig_address(void)
{
    return address;
}

const char *nomad_rig_acl_address(void)
{
    return acl_address;
}

void nomad_rig_do(const char *verb, const char *agent)
{
    ck_assert_msg(run_script(folder, verb, agent, NULL, NULL) == 0, "nomad-cluster.sh %s %s failed",
                  verb, agent);
}

long nomad_rig_call_at(const char *at, const char *token, const char *method, const char *path,
                       const char *body, json_t **answer)
{
    char url[1024], header[160], *out = NULL;
    const char *argv[24] = {"curl", "-sS", "-g", "--noproxy",     "*", "--max-time", "30",
                            "-X",   "",    "-w", "\n%{http_code}"};
    size_t n = 11;

    argv[8] = method;
    if (token[0]) {
        snprintf(header, sizeof header, "X-Nomad-Token: %s", token);
        argv[n++] = "-H";
        argv[n++] = header;
    }
    if (body) {
        argv[n++] = "--data-binary";
        argv[n++] = body;
    }
    snprintf(url, sizeof url, "%s/v1/%s", at, path);
    argv[n++] = url;
    rig_run(argv, &out);
    char *last = strrchr(out, '\n');
    long status = last ? strtol(last + 1, NULL, 10) : 0;
    if (last)
        *last = '\0';
    if (answer)
        *answer = json_loads(out, JSON_DECODE_ANY, NULL);
    free(out);
    return status;
}

long nomad_rig_call(const char *method, const char *path, const char *body, json_t **answer)
{
    char *full = space[0]
                     ? xasprintf("%s%cnamespace=%s", path, strchr(path, '?') ? '&' : '?', space)
                     : xstrdup(path);
    long status = nomad_rig_call_at(address, secret, method, full, body, answer);

    free(full);
    return status;
}

bool nomad_rig_is_ours(void)
{
    return !getenv("NOMAD_TEST_ADDR");
}

struct cluster_config nomad_rig_config(void)
{
    return (struct cluster_config){.name = "lab",
                                   .kind = "nomad",
                                   .endpoint = address,
                                   .ca_file = "",
                                   .cert_file = "",
                                   .key_file = "",
                                   .token = secret,
                                   .namespaces = space};
}

const char *nomad_rig_apps(void)
{
    return apps;
}

static void pause_ms(long ms)
{
    const struct timespec wait = {ms / 1000, ms % 1000 * 1000000L};

    nanosleep(&wait, NULL);
}

static const char *word(const json_t *value, const char *key)
{
    const char *text = json_raw(json_object_get(value, key));

    return text ? text : "";
}

static json_t *group_of(const json_t *job)
{
    return json_array_get(json_object_get(job, "TaskGroups"), 0);
}

static json_t *task_of(const json_t *job)
{
    return json_array_get(json_object_get(group_of(job), "Tasks"), 0);
}

/* ---- jobs ---- */

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);

    ck_assert_msg(value != NULL, "no JSON: %s", text);
    return value;
}

static json_t *make_job(const struct nomad_rig_job *job, const char *update, unsigned stop_s)
{
    char text[PATH_MAX + 1600];

    snprintf(text, sizeof text,
             "{\"ID\":\"%s\",\"Name\":\"%s\",\"Type\":\"service\",\"Datacenters\":[\"dc1\"],"
             "\"TaskGroups\":[{\"Name\":\"web\",\"Count\":%u,\"RestartPolicy\":{\"Attempts\":1,"
             "\"Delay\":300000000,\"Interval\":60000000000,\"Mode\":\"fail\"},\"ReschedulePolicy\":"
             "{\"Delay\":5000000000,\"DelayFunction\":\"constant\",\"Unlimited\":true},"
             "\"EphemeralDisk\":{\"SizeMB\":20},\"Tasks\":[{\"Name\":\"app\",\"Driver\":"
             "\"raw_exec\",\"Config\":{\"command\":\"%s-4\",\"args\":[\"run\",\"%s\"]},"
             "\"Meta\":{\"lockstep.version\":\"4\"},\"Env\":{\"APP_STOP_DELAY\":\"%u\"},"
             "\"KillTimeout\":%u000000000,\"LogConfig\":{"
             "\"MaxFiles\":1,\"MaxFileSizeMB\":1},\"Resources\":"
             "{\"CPU\":20,\"MemoryMB\":10}}]}]}",
             job->name, job->name, job->count, apps, job->name, stop_s, stop_s + 2);
    json_t *made = parse(text);
    if (space[0])
        json_object_set_new(made, "Namespace", json_string(space));
    json_object_set_new(group_of(made), "Update",
                        parse(update ? update
                                     : "{\"MaxParallel\":4,\"HealthCheck\":\"task_states\","
                                       "\"MinHealthyTime\":200000000,\"HealthyDeadline\":"
                                       "60000000000,\"ProgressDeadline\":120000000000,"
                                       "\"AutoRevert\":true,\"Stagger\":30000000000}"));
    return made;
}

long nomad_rig_register(const struct nomad_rig_job *job, json_t *body)
{
    json_t *wrapped = json_pack("{s:O}", "Job", body);
    char *text = json_dumps(wrapped, JSON_COMPACT);
    long status = nomad_rig_call("PUT", "jobs", text, NULL);

    (void)job;
    free(text);
    json_decref(wrapped);
    return status;
}

static struct nomad_rig_job create(unsigned count, const char *update, unsigned stop_s)
{
    static unsigned serial;
    struct nomad_rig_job job = {.count = count};

    snprintf(job.name, sizeof job.name, "web-%u-%u", (unsigned)getpid() % 100000, ++serial);
    json_t *body = make_job(&job, update, stop_s);
    long status = nomad_rig_register(&job, body);
    ck_assert_msg(status == 200, "registering %s: %ld", job.name, status);
    json_decref(body);
    ck_assert_msg(nomad_rig_wait(&job, "4", count), "%s never came up", job.name);
    /* Until its first deployment is over, so that it counts as stable. */
    for (int i = 0; i < 300; i++) {
        char path[96];
        json_t *deployment = NULL;
        snprintf(path, sizeof path, "job/%s/deployment", job.name);
        nomad_rig_call("GET", path, NULL, &deployment);
        bool over = strcmp(word(deployment, "Status"), "running") != 0;
        json_decref(deployment);
        if (over)
            break;
        pause_ms(100);
    }
    return job;
}

struct nomad_rig_job nomad_rig_create(unsigned count, const char *update)
{
    return create(count, update, 0);
}

struct nomad_rig_job nomad_rig_create_slow(unsigned count, unsigned stop_s)
{
    return create(count, NULL, stop_s);
}

void nomad_rig_remove(const struct nomad_rig_job *job)
{
    char path[96];

    snprintf(path, sizeof path, "job/%s?purge=true", job->name);
    nomad_rig_call("DELETE", path, NULL, NULL);
}

void nomad_rig_forget_records(void)
{
    json_t *all = NULL, *item;
    size_t i;

    nomad_rig_call("GET", "vars?prefix=lockstep", NULL, &all);
    json_array_foreach(all, i, item)
    {
        char path[200];
        snprintf(path, sizeof path, "var/%s", word(item, "Path"));
        nomad_rig_call("DELETE", path, NULL, NULL);
    }
    json_decref(all);
}

json_t *nomad_rig_read(const struct nomad_rig_job *job)
{
    char path[96];
    json_t *found = NULL;

    snprintf(path, sizeof path, "job/%s", job->name);
    nomad_rig_call("GET", path, NULL, &found);
    ck_assert_msg(found != NULL, "%s cannot be read", job->name);
    return found;
}

void nomad_rig_change(const struct nomad_rig_job *job, const char *version, const char *update)
{
    json_t *body = nomad_rig_read(job);
    char command[PATH_MAX + 16];

    snprintf(command, sizeof command, "%s-%s", apps, version);
    json_object_set_new(json_object_get(task_of(body), "Config"), "command", json_string(command));
    json_object_set_new(json_object_get(task_of(body), "Meta"), "lockstep.version",
                        json_string(version));
    if (update)
        json_object_set_new(group_of(body), "Update", parse(update));
    long status = nomad_rig_register(job, body);
    ck_assert_msg(status == 200, "registering %s: %ld", job->name, status);
    json_decref(body);
}

/* ---- allocations ---- */

static json_t *get_list(const struct nomad_rig_job *job, const char *what)
{
    char path[128];
    json_t *found = NULL;

    snprintf(path, sizeof path, "job/%s/%s", job->name, what);
    nomad_rig_call("GET", path, NULL, &found);
    return found ? found : json_array();
}

/* "5" of a job version's number, by the versions as the server keeps them. */
static bool is_version(const json_t *versions, json_int_t number, const char *version)
{
    json_t *job;
    size_t i;

    json_array_foreach(json_object_get(versions, "Versions"), i, job)
    {
        const json_t *meta = json_object_get(task_of(job), "Meta");
        if (json_integer_value(json_object_get(job, "Version")) == number)
            return strcmp(word(meta, "lockstep.version"), version) == 0;
    }
    return false;
}

json_t *nomad_rig_alloc_ids(const struct nomad_rig_job *job, const char *version)
{
    json_t *allocs = get_list(job, "allocations?task_states=false"), *alloc;
    json_t *versions = get_list(job, "versions"), *ids = json_array();
    size_t i;

    json_array_foreach(allocs, i, alloc)
    {
        json_int_t number = json_integer_value(json_object_get(alloc, "JobVersion"));
        if (strcmp(word(alloc, "DesiredStatus"), "run") == 0 &&
            strcmp(word(alloc, "ClientStatus"), "running") == 0 &&
            (!version[0] || is_version(versions, number, version)))
            json_array_append(ids, json_object_get(alloc, "ID"));
    }
    json_decref(allocs);
    json_decref(versions);
    return ids;
}

unsigned nomad_rig_allocs(const struct nomad_rig_job *job, const char *version)
{
    json_t *ids = nomad_rig_alloc_ids(job, version);
    unsigned count = (unsigned)json_array_size(ids);

    json_decref(ids);
    return count;
}

unsigned nomad_rig_kept(const struct nomad_rig_job *job, const json_t *ids)
{
    json_t *now = nomad_rig_alloc_ids(job, ""), *id, *other;
    unsigned count = 0;
    size_t i, k;

    json_array_foreach(ids, i, id)
    {
        json_array_foreach(now, k, other) count += json_equal(id, other) != 0;
    }
    json_decref(now);
    return count;
}

bool nomad_rig_wait(const struct nomad_rig_job *job, const char *version, unsigned count)
{
    for (int i = 0; i < 200; i++) {
        if (nomad_rig_allocs(job, version) == count)
            return true;
        pause_ms(100);
    }
    return false;
}

unsigned nomad_rig_truth(const struct nomad_rig_job *job, const char *version)
{
    const char *const argv[] = {script, folder, "truth", NULL};

    if (space[0]) /* its processes are not here */
        return nomad_rig_allocs(job, version);
    unsigned count = 0;
    char *out = NULL;

    rig_run(argv, &out);
    for (const char *line = out; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        char what[32], whose[32];
        if (sscanf(line, "%31s %31s", what, whose) == 2)
            count += strcmp(what, version) == 0 && strcmp(whose, job->name) == 0;
    }
    free(out);
    return count;
}

/* ---- nodes ---- */

static json_t *find_node(const char *key, const char *value)
{
    json_t *all = NULL, *node, *found = NULL;
    size_t i;

    nomad_rig_call("GET", "nodes", NULL, &all);
    json_array_foreach(all, i, node)
    {
        if (strcmp(word(node, key), value) == 0)
            found = node;
    }
    json_incref(found);
    json_decref(all);
    return found;
}

bool nomad_rig_wait_node(const char *name, const char *state)
{
    for (int i = 0; i < 300; i++) {
        json_t *node = find_node("Name", name);
        bool same = strcmp(word(node, "Status"), state) == 0;
        json_decref(node);
        if (same)
            return true;
        pause_ms(100);
    }
    return false;
}

const char *nomad_rig_node_id(const char *name)
{
    static char id[64];
    json_t *node = find_node("Name", name);

    ck_assert_msg(node != NULL, "no node %s", name);
    snprintf(id, sizeof id, "%s", word(node, "ID"));
    json_decref(node);
    return id;
}

const char *nomad_rig_node_name(const char *node_id)
{
    static char name[64];
    json_t *node = find_node("ID", node_id);

    ck_assert_msg(node != NULL, "no node %s", node_id);
    snprintf(name, sizeof name, "%s", word(node, "Name"));
    json_decref(node);
    return name;
}
