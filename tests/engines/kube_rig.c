/* kube_rig.c: see kube_rig.h. The control plane is a child that lives as long as the runner;
 * requests go through curl, so that nothing of lockstep's own client is trusted. */
#include "engines/kube_rig.h"

#include "base/json.h"
#include "base/mem.h"
#include "engines/rig.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORDS "/api/v1/namespaces/default/configmaps?labelSelector=lockstep.record%3D1"

enum { ANSWER_MAX_S = 180 };

static char folder[64], program[PATH_MAX], server[128], given[PATH_MAX], curlrc[80], space[64];
static pid_t owner, child;
static int to_child = -1, from_child = -1;

bool kube_is_ours(void)
{
    return !given[0];
}

const char *kube_folder(void)
{
    return folder;
}

const char *kube_program(void)
{
    return program;
}

const char *kube_server(void)
{
    return server;
}

const char *kube_namespace(void)
{
    return space;
}

const char *kube_curlrc(void)
{
    return curlrc;
}

const char *kube_config(const char *who)
{
    static char path[PATH_MAX];

    if (given[0])
        snprintf(path, sizeof path, "%s", given);
    else
        snprintf(path, sizeof path, "%s/%s.kubeconfig", folder, who);
    return path;
}

/* One line of what the child says, without its end; false at the end or when it takes too long. */
static bool hear(char *line, size_t size)
{
    struct pollfd ready = {.fd = from_child, .events = POLLIN};

    for (size_t len = 0; len + 1 < size;) {
        if (poll(&ready, 1, ANSWER_MAX_S * 1000) <= 0 || read(from_child, line + len, 1) != 1)
            return false;
        line[len + 1] = '\0';
        if (line[len++] == '\n') {
            line[len - 1] = '\0';
            return true;
        }
    }
    return false;
}

void kube_tell(const char *format, ...)
{
    static unsigned serial;
    char command[200], line[1000], mark[40];
    va_list args;

    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    ck_assert_msg(kube_is_ours(), "%s: not on a cluster that is not ours", command);
    /* Tests are processes; an answer that a dead one left behind has another number. */
    int mark_len = snprintf(mark, sizeof mark, "%d.%u ", (int)getpid(), ++serial);
    int len = snprintf(line, sizeof line, "%s%s\n", mark, command);
    ck_assert_int_eq(write(to_child, line, (size_t)len), len);
    do
        ck_assert_msg(hear(line, sizeof line), "%s: no answer", command);
    while (strncmp(line, mark, (size_t)mark_len) != 0);
    ck_assert_msg(strncmp(line + mark_len, "ok", 2) == 0, "%s: %s", command, line + mark_len);
}

/* Starts what goes when this process goes; its stdin and stdout are ours. */
static pid_t spawn(const char *const argv[])
{
    int in[2], out[2];

    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
        fatal("pipe: %s", strerror(errno));
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        setpgid(0, 0);
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    to_child = in[1];
    from_child = out[0];
    return pid;
}

/* Check's children run exit handlers, too. */
static void down(void)
{
    const char *const rm[] = {"rm", "-rf", folder, NULL};

    if (getpid() != owner)
        return;
    close(to_child);
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
    rig_run(rm, NULL);
}

static void give_up(const char *why)
{
    fprintf(stderr, "engines: %s; no real Kubernetes, no test of it: nothing is skipped\n", why);
    exit(1);
}

static void start_ours(void)
{
    char line[200], path[PATH_MAX], argo[PATH_MAX], controller[PATH_MAX + 16];
    const char *const argv[] = {
        program, "up", "-folder", folder, "-argo", controller, "-argo-definitions", argo, NULL};

    snprintf(argo, sizeof argo, "%s/argo", getenv("LOCKSTEP_ENGINES"));
    snprintf(controller, sizeof controller, "%s/controller", argo);
    if (access(controller, X_OK) != 0)
        give_up("there is no controller of Argo Rollouts");

    child = spawn(argv);
    if (!hear(line, sizeof line) || strcmp(line, "ready") != 0)
        give_up("the control plane did not start");
    snprintf(path, sizeof path, "%s/server", folder);
    FILE *file = fopen(path, "r");
    if (!file || !fgets(server, sizeof server, file))
        give_up("the control plane has no address");
    fclose(file);
}

static void write_curlrc(void)
{
    char path[PATH_MAX], token[100] = "";

    snprintf(curlrc, sizeof curlrc, "%s/curlrc", folder);
    FILE *rc = fopen(curlrc, "w");
    if (!rc)
        give_up("no file can be written");
    fprintf(rc, "silent\nshow-error\ngloboff\nnoproxy = \"*\"\n");
    if (!given[0]) {
        snprintf(path, sizeof path, "%s/admin.token", folder);
        FILE *file = fopen(path, "r");
        if (!file || !fgets(token, sizeof token, file))
            give_up("there is no token");
        fclose(file);
        fprintf(rc, "cacert = \"%s/ca.crt\"\nheader = \"Authorization: Bearer %s\"\n", folder,
                token);
    }
    fclose(rc);
}

/* kubectl's proxy speaks to a cluster that is not ours with whatever credentials that needs. */
static void start_proxy(void)
{
    const char *const argv[] = {program,    "kubectl", "--kubeconfig", given, "proxy",
                                "--port=0", NULL};
    char line[200];

    child = spawn(argv);
    if (!hear(line, sizeof line) || !strrchr(line, ' '))
        give_up("KUBECONFIG_TEST: kubectl proxy did not start");
    snprintf(server, sizeof server, "http://%s", strrchr(line, ' ') + 1);
}

void kube_need(void)
{
    const char *cache = getenv("LOCKSTEP_ENGINES"), *test = getenv("KUBECONFIG_TEST");
    const char *plane = getenv("KUBE_CONTROL_PLANE");

    if (owner || !rig_wanted("kube"))
        return;
    snprintf(folder, sizeof folder, "/tmp/lockstep-kube-XXXXXX");
    snprintf(program, sizeof program, "%s/%s", cache ? cache : "", plane ? plane : "kubernetes");
    snprintf(given, sizeof given, "%s", test ? test : "");
    if (!cache || access(program, X_OK) != 0 || !mkdtemp(folder))
        give_up("run these by `make check-engines` (LOCKSTEP_ENGINES is where "
                "tests/engines/build.sh put what they need)");
    owner = getpid();
    atexit(down);
    if (given[0])
        start_proxy();
    else
        start_ours();
    write_curlrc();
}

/* Where each kind of object is. */
static const struct {
    const char *plural, *group;
} kinds[] = {
    {"deployments", "apis/apps/v1"},
    {"replicasets", "apis/apps/v1"},
    {"statefulsets", "apis/apps/v1"},
    {"daemonsets", "apis/apps/v1"},
    {"controllerrevisions", "apis/apps/v1"},
    {"jobs", "apis/batch/v1"},
    {"cronjobs", "apis/batch/v1"},
    {"poddisruptionbudgets", "apis/policy/v1"},
    {"horizontalpodautoscalers", "apis/autoscaling/v2"},
    {"roles", "apis/rbac.authorization.k8s.io/v1"},
    {"rolebindings", "apis/rbac.authorization.k8s.io/v1"},
    {"rollouts", "apis/argoproj.io/v1alpha1"},
};

void kube_url(const char *path, char *url, size_t size)
{
    const char *group = "api/v1";
    size_t len = strcspn(path, "/?");

    if (path[0] == '/') {
        snprintf(url, size, "%s%s", server, path);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strlen(kinds[i].plural) == len && strncmp(kinds[i].plural, path, len) == 0)
            group = kinds[i].group;
    snprintf(url, size, "%s/%s/namespaces/%s/%s", server, group, space, path);
}

long kube_call(const char *method, const char *path, const char *body, json_t **answer)
{
    char url[1024], *out = NULL;
    const char *argv[24] = {"curl",           "-K", curlrc, "--max-time", "30", "-w",
                            "\n%{http_code}", "-X", method};
    size_t n = 9;

    kube_url(path, url, sizeof url);
    if (body) {
        argv[n++] = "-H";
        argv[n++] = strcmp(method, "PATCH") != 0 ? "Content-Type: application/json"
                    : body[0] == '['             ? "Content-Type: application/json-patch+json"
                                                 : "Content-Type: application/merge-patch+json";
        argv[n++] = "-d";
        argv[n++] = body;
    }
    argv[n++] = url;
    argv[n] = NULL;
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

/* How somebody else of the rig is known to curl. */
struct identity {
    char header[200], ca[PATH_MAX];
};

static struct identity identity_of(const char *who)
{
    struct identity it;
    char path[PATH_MAX], token[100];

    snprintf(it.ca, sizeof it.ca, "%s/ca.crt", folder);
    snprintf(path, sizeof path, "%s/%s.token", folder, who);
    FILE *file = fopen(path, "r");
    ck_assert(file && fgets(token, sizeof token, file));
    fclose(file);
    snprintf(it.header, sizeof it.header, "Authorization: Bearer %s", token);
    return it;
}

long kube_status_as(const char *who, const char *path)
{
    struct identity it = identity_of(who);
    char url[1024], *out = NULL;
    const char *const argv[] = {
        "curl", "-sg",          "--noproxy", "*",   "--max-time", "30",      "-o", "/dev/null",
        "-w",   "%{http_code}", "--cacert",  it.ca, "-H",         it.header, url,  NULL};

    kube_url(path, url, sizeof url);
    rig_run(argv, &out);
    long status = strtol(out, NULL, 10);
    free(out);
    return status;
}

pid_t kube_hang_as(const char *who, const char *path)
{
    struct identity it = identity_of(who);
    char url[1024];
    int body[2];

    kube_url(path, url, sizeof url);
    if (pipe2(body, O_CLOEXEC) != 0)
        fatal("pipe: %s", strerror(errno));
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        dup2(body[0], STDIN_FILENO);
        fcntl(body[1], F_SETFD, 0); /* it keeps its own stdin open: no end of the body comes */
        execlp("curl", "curl", "-sg", "--noproxy", "*", "-o", "/dev/null", "--cacert", it.ca, "-H",
               it.header, "-H", "Content-Type: application/json", "-X", "POST", "-T", "-", url,
               (char *)NULL);
        _exit(127);
    }
    close(body[0]);
    close(body[1]);
    return pid;
}

void kube_let_go(pid_t pid)
{
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

static json_t *must(const char *method, const char *path, json_t *body)
{
    char *text = body ? json_text(body) : NULL;
    json_t *answer = NULL;
    long status = kube_call(method, path, text, &answer);

    ck_assert_msg(status >= 200 && status < 300, "%s %s: %ld %s", method, path, status,
                  answer ? json_raw(json_object_get(answer, "message")) : "");
    json_decref(body);
    free(text);
    return answer;
}

json_t *kube_get(const char *path)
{
    return must("GET", path, NULL);
}

void kube_patch(const char *path, json_t *change)
{
    json_decref(must("PATCH", path, change));
}

void kube_create(const char *path, json_t *object)
{
    json_decref(must("POST", path, object));
}

void kube_delete(const char *path)
{
    json_decref(must("DELETE", path, NULL));
}

int kube_ctl(const char *who, const char *words, char **out)
{
    char config[PATH_MAX], copy[2000], *rest = copy;
    const char *argv[48] = {program, "kubectl", "--kubeconfig", config, "-n", space};
    size_t n = 6;

    snprintf(config, sizeof config, "%s", kube_config(who));
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word; n + 1 < ARRAY_LEN(argv) && (word = strsep(&rest, " "));)
        if (word[0])
            argv[n++] = word;
    argv[n] = NULL;
    return rig_run(argv, out);
}

void kube_open(void)
{
    static unsigned serial;

    snprintf(space, sizeof space, "lockstep-test-%d-%u", (int)getpid(), ++serial);
    kube_create("/api/v1/namespaces", json_pack("{s:{s:s}}", "metadata", "name", space));
    /* Pods are refused until their account is there. */
    for (int i = 0; kube_call("GET", "serviceaccounts/default", NULL, NULL) != 200; i++) {
        ck_assert_msg(i < 3000, "%s has no account", space);
        rig_pause_ms(20);
    }
}

void kube_close(void)
{
    char path[128];

    snprintf(path, sizeof path, "/api/v1/namespaces/%s", space);
    kube_call("DELETE", path, NULL, NULL);
    space[0] = '\0';
}

struct cluster_config kube_cluster(const char *who)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s", kube_config(who));
    return (struct cluster_config){
        .name = "lab",
        .kind = "kubernetes",
        .endpoint = "",
        .ca_file = "",
        .cert_file = "",
        .key_file = "",
        .kubeconfig = path,
        .kube_context = "",
        .namespaces = kube_namespace(),
        .settle_ms = 2000,
    };
}

void kube_forget_records(void)
{
    kube_call("DELETE", RECORDS, NULL, NULL);
}
