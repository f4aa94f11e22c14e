/* rig.c: see rig.h. Everything goes through curl and the rig's script. */
#include "engines/rig.h"

#include "base/json.h"
#include "base/mem.h"
#include "test.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[64], script[PATH_MAX + 64];
static pid_t owner;

int rig_run(const char *const argv[], char **out)
{
    int pipes[2], status = -1;
    char *text = NULL;
    size_t len = 0, cap = 0;
    ssize_t got = 1;

    if (pipe(pipes) != 0)
        fatal("pipe: %s", strerror(errno));
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(pipes[1], STDOUT_FILENO);
        close(pipes[0]);
        close(pipes[1]);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(pipes[1]);
    while (got > 0) {
        ARRAY_RESERVE(text, cap, len + 4096);
        got = read(pipes[0], text + len, 4095);
        len += got > 0 ? (size_t)got : 0;
    }
    text[len] = '\0';
    close(pipes[0]);
    waitpid(pid, &status, 0);
    if (out)
        *out = text;
    else
        free(text);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run_script(const char *verb, const char *one, const char *two)
{
    const char *const argv[] = {script, folder, verb, one, two, NULL};

    return rig_run(argv, NULL);
}

/* Check's children run exit handlers, too. */
static void down(void)
{
    if (getpid() == owner && run_script("down", NULL, NULL) != 0)
        fprintf(stderr, "the swarm in %s could not be taken down\n", folder);
}

bool rig_wanted(const char *prefix)
{
    const char *only = getenv("CK_RUN_SUITE");

    return !only || strncmp(only, prefix, strlen(prefix)) == 0;
}

void rig_need(void)
{
    const char *cache = getenv("LOCKSTEP_ENGINES"), *tests = getenv("LOCKSTEP_TESTS");
    char pid[16], images[PATH_MAX];

    if (owner || !rig_wanted("swarm"))
        return;
    snprintf(script, sizeof script, "%s/engines/swarm-cluster.sh", tests ? tests : "tests");
    snprintf(folder, sizeof folder, "/tmp/lockstep-swarm-XXXXXX");
    snprintf(images, sizeof images, "%s/swarm-images.tar", cache ? cache : "");
    setenv("SWARM_IMAGES", images, 1);
    if (!cache || !mkdtemp(folder)) {
        fprintf(stderr, "engines: run these by `make check-engines` (LOCKSTEP_ENGINES is where "
                        "tests/engines/build.sh put what they need)\n");
        exit(1);
    }
    owner = getpid();
    snprintf(pid, sizeof pid, "%d", (int)owner);
    if (run_script("up", "3", pid) != 0) {
        fprintf(stderr, "engines: no real swarm, no test of it: nothing is skipped\n");
        down();
        exit(1);
    }
    atexit(down);
}

const char *rig_folder(void)
{
    return folder;
}

const char *rig_endpoint(const char *node)
{
    static char text[128];

    snprintf(text, sizeof text, "unix://%s/%s/docker.sock", folder, node);
    return text;
}

void rig_do(const char *verb, const char *node)
{
    ck_assert_msg(run_script(verb, node, NULL) == 0, "swarm-cluster.sh %s %s failed", verb, node);
}

long rig_call(const char *node, const char *path, const char *body, json_t **answer)
{
    char url[1024], *out = NULL;
    const char *argv[24] = {"curl",          "-sS", "-g", "--noproxy", "*",  "--max-time",    "30",
                            "--unix-socket", "",    "-X", "",          "-w", "\n%{http_code}"};
    size_t n = 13;

    argv[8] = rig_endpoint(node) + strlen("unix://");
    argv[10] = !body ? "GET" : body[0] ? "POST" : "DELETE";
    if (body && body[0]) {
        argv[n++] = "-H";
        argv[n++] = "Content-Type: application/json";
        argv[n++] = "-d";
        argv[n++] = body;
    }
    snprintf(url, sizeof url, "http://d/v1.41%s", path);
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

void rig_pause_ms(long ms)
{
    const struct timespec wait = {ms / 1000, ms % 1000 * 1000000L};

    nanosleep(&wait, NULL);
}

static const char *word(const json_t *value, const char *key)
{
    const char *text = json_raw(json_object_get(value, key));

    return text ? text : "";
}

static json_t *tasks_of(const struct rig_service *service)
{
    json_t *all = NULL, *mine = json_array(), *task;
    size_t i;

    rig_call("m1", "/tasks", NULL, &all);
    json_array_foreach(all, i, task) if (strcmp(word(task, "ServiceID"), service->id) == 0)
        json_array_append(mine, task);
    json_decref(all);
    return mine;
}

static bool runs(const json_t *task, const char *tag)
{
    const json_t *container = json_object_get(json_object_get(task, "Spec"), "ContainerSpec");
    const char *colon = strrchr(word(container, "Image"), ':');

    return strcmp(word(json_object_get(task, "Status"), "State"), "running") == 0 &&
           strcmp(word(task, "DesiredState"), "running") == 0 &&
           (!tag[0] || (colon && strcmp(colon + 1, tag) == 0));
}

unsigned rig_tasks(const struct rig_service *service, const char *tag)
{
    json_t *tasks = tasks_of(service), *task;
    unsigned count = 0;
    size_t i;

    json_array_foreach(tasks, i, task) count += runs(task, tag);
    json_decref(tasks);
    return count;
}

static int compare(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;

    return strcmp(*a, *b);
}

json_t *rig_task_ids(const struct rig_service *service, const char *tag)
{
    json_t *tasks = tasks_of(service), *task, *sorted = json_array();
    const char *ids[256];
    size_t i, count = 0;

    json_array_foreach(tasks, i, task) if (runs(task, tag) && count < ARRAY_LEN(ids)) ids[count++] =
        word(task, "ID");
    qsort(ids, count, sizeof *ids, compare);
    for (i = 0; i < count; i++)
        json_array_append_new(sorted, json_string(ids[i]));
    json_decref(tasks);
    return sorted;
}

bool rig_wait_tasks(const struct rig_service *service, const char *tag, unsigned count)
{
    for (int i = 0; i < 300; i++) {
        if (rig_tasks(service, tag) == count)
            return true;
        rig_pause_ms(100);
    }
    return false;
}

unsigned rig_truth(const struct rig_service *service, const char *version, const char *node)
{
    const char *const argv[] = {script, folder, "truth", NULL};
    unsigned count = 0;
    char *out = NULL;

    rig_run(argv, &out);
    for (const char *line = out; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        char where[32], what[32], whose[RIG_NAME];
        if (sscanf(line, "%31s %31s %*s %31s", where, what, whose) == 3)
            count += (!node[0] || strcmp(where, node) == 0) && strcmp(what, version) == 0 &&
                     strcmp(whose, service->name) == 0;
    }
    free(out);
    return count;
}

static struct rig_service create(unsigned replicas, const char *update, unsigned stop_s)
{
    static unsigned serial;
    struct rig_service service = {.replicas = replicas};
    char body[1500];
    json_t *answer = NULL;

    snprintf(service.name, sizeof service.name, "web-%u-%u", (unsigned)getpid() % 100000, ++serial);
    snprintf(body, sizeof body,
             "{\"Name\":\"%s\",\"Labels\":{\"team\":\"shop\"},\"TaskTemplate\":{\"ContainerSpec\":{"
             "\"Image\":\"app:4\",\"Env\":[\"APP_SERVICE=%s\",\"APP_STOP_DELAY=%u\"],"
             "\"StopGracePeriod\":%u000000000},"
             "\"RestartPolicy\":{\"Condition\":\"any\",\"Delay\":500000000},\"Placement\":{"
             "\"Constraints\":[\"node.role==worker\"]}},\"Mode\":{\"Replicated\":{\"Replicas\":%u}}"
             ",\"UpdateConfig\":%s}",
             service.name, service.name, stop_s, stop_s + 2, replicas,
             update ? update
                    : "{\"Parallelism\":4,\"FailureAction\":\"rollback\",\"Monitor\":1000000000,"
                      "\"Order\":\"stop-first\"}");
    long status = rig_call("m1", "/services/create", body, &answer);
    ck_assert_msg(status == 201, "creating %s: %ld", service.name, status);
    snprintf(service.id, sizeof service.id, "%s", word(answer, "ID"));
    json_decref(answer);
    ck_assert_msg(rig_wait_tasks(&service, "4", replicas), "%s never came up", service.name);
    return service;
}

struct rig_service rig_create(unsigned replicas, const char *update)
{
    return create(replicas, update, 0);
}

struct rig_service rig_create_slow(unsigned replicas, unsigned stop_s)
{
    return create(replicas, NULL, stop_s);
}

void rig_remove(const struct rig_service *service)
{
    char path[96];

    snprintf(path, sizeof path, "/services/%s", service->id);
    rig_call("m1", path, "", NULL);
}

void rig_forget_records(void)
{
    json_t *all = NULL, *config;
    size_t i;

    rig_call("m1", "/configs", NULL, &all);
    json_array_foreach(all, i, config)
    {
        char path[96];
        snprintf(path, sizeof path, "/configs/%s", word(config, "ID"));
        rig_call("m1", path, "", NULL);
    }
    json_decref(all);
}

/* The object that holds the last key of "a/b/c", made where it is not there; *last is that key. */
static json_t *walk(json_t *at, const char *path, const char **last)
{
    const char *slash;

    while ((slash = strchr(path, '/'))) {
        char key[64];
        snprintf(key, sizeof key, "%.*s", (int)(slash - path), path);
        if (!json_object_get(at, key))
            json_object_set_new(at, key, json_object());
        at = json_object_get(at, key);
        path = slash + 1;
    }
    *last = path;
    return at;
}

/* Its status; 500 says, among other things, that the engine itself wrote in between. */
static long change_once(const struct rig_service *service, const char *path, json_t *value)
{
    char url[160];
    json_t *found = NULL;
    const char *last;

    snprintf(url, sizeof url, "/services/%s", service->id);
    rig_call("m1", url, NULL, &found);
    json_t *spec = json_object_get(found, "Spec"), *at = walk(spec, path, &last);
    json_object_set(at, last, value);
    snprintf(
        url, sizeof url, "/services/%s/update?version=%lld", service->id,
        (long long)json_integer_value(json_object_get(json_object_get(found, "Version"), "Index")));
    char *body = json_text(spec);
    long status = rig_call("m1", url, body, NULL);
    free(body);
    json_decref(found);
    return status;
}

void rig_change(const struct rig_service *service, const char *path, json_t *value)
{
    long status = change_once(service, path, value);

    for (int tries = 0; tries < 20 && status == 500; tries++) {
        rig_pause_ms(200);
        status = change_once(service, path, value);
    }
    ck_assert_msg(status == 200, "changing %s of %s: %ld", path, service->name, status);
    json_decref(value);
}

static json_t *find_node(const char *by_name, const char *by_id)
{
    json_t *all = NULL, *node, *found = NULL;
    size_t i;

    rig_call("m1", "/nodes", NULL, &all);
    json_array_foreach(
        all, i, node) if ((by_name && strcmp(word(json_object_get(node, "Description"), "Hostname"),
                                             by_name) == 0) ||
                          (by_id && strcmp(word(node, "ID"), by_id) == 0)) found = node;
    json_incref(found);
    json_decref(all);
    return found;
}

bool rig_wait_node(const char *name, const char *state)
{
    for (int i = 0; i < 300; i++) {
        json_t *node = find_node(name, NULL);
        bool same = strcmp(word(json_object_get(node, "Status"), "State"), state) == 0;
        json_decref(node);
        if (same)
            return true;
        rig_pause_ms(100);
    }
    return false;
}

const char *rig_node_id(const char *name)
{
    static char id[64];
    json_t *node = find_node(name, NULL);

    ck_assert_msg(node != NULL, "no node %s", name);
    snprintf(id, sizeof id, "%s", word(node, "ID"));
    json_decref(node);
    return id;
}

const char *rig_node_name(const char *node_id)
{
    static char name[64];
    json_t *node = find_node(NULL, node_id);

    ck_assert_msg(node != NULL, "no node %s", node_id);
    snprintf(name, sizeof name, "%s", word(json_object_get(node, "Description"), "Hostname"));
    json_decref(node);
    return name;
}
