/* kube_pods.c: what the control plane says of workloads and pods (see kube_rig.h), counted from
 * plain lists and from the events of a second client. */
#include "engines/kube_rig.h"

#include "base/json.h"
#include "base/mem.h"
#include "engines/rig.h"
#include "test.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIES = 600, TRY_MS = 100 };

static const char *word(const json_t *value, const char *key)
{
    const char *text = json_raw(json_object_get(value, key));

    return text ? text : "";
}

/* What is below keys like "spec/template/spec"; a number is an element of an array. Borrowed. */
static json_t *below(json_t *at, const char *keys)
{
    char copy[200], *rest = copy;

    snprintf(copy, sizeof copy, "%s", keys);
    for (char *key; at && (key = strsep(&rest, "/"));)
        at = json_is_array(at) ? json_array_get(at, strtoul(key, NULL, 10))
                               : json_object_get(at, key);
    return at;
}

json_int_t kube_number(const char *path, const char *keys)
{
    json_t *object = kube_get(path), *found = below(object, keys);
    json_int_t number = found ? json_integer_value(found) : -1;

    json_decref(object);
    return number;
}

bool kube_wait_number(const char *path, const char *keys, json_int_t wanted)
{
    for (int i = 0; i < TRIES; i++, rig_pause_ms(TRY_MS))
        if (kube_number(path, keys) == wanted)
            return true;
    return false;
}

const char *kube_image(const char *tag)
{
    static char image[300];
    const char *name = getenv("KUBE_TEST_IMAGE");

    snprintf(image, sizeof image, "%s:%s", name ? name : "pause", tag);
    return image;
}

static const char *kind_of(const char *plural)
{
    return plural[0] == 'd'   ? plural[1] == 'e' ? "Deployment" : "DaemonSet"
           : plural[0] == 's' ? "StatefulSet"
                              : "Rollout";
}

void kube_make(const char *kind, const char *name, unsigned replicas, const char *tag, json_t *more)
{
    kube_put(kind, name, replicas, tag, more);
    if (kind[1] != 'a')
        ck_assert_msg(kube_wait_pods(name, tag, replicas), "%s never came up", name);
}

void kube_put(const char *kind, const char *name, unsigned replicas, const char *tag, json_t *more)
{
    json_t *labels = json_pack("{s:s}", "app", name);
    json_t *object = json_pack(
        "{s:s, s:s, s:{s:s, s:O}, s:{s:{s:O}, s:{s:{s:O}, s:{s:i, s:[{s:s, s:s}]}}}}", "apiVersion",
        kind[0] == 'r' ? "argoproj.io/v1alpha1" : "apps/v1", "kind", kind_of(kind), "metadata",
        "name", name, "labels", labels, "spec", "selector", "matchLabels", labels, "template",
        "metadata", "labels", labels, "spec", "terminationGracePeriodSeconds", 5, "containers",
        "name", "app", "image", kube_image(tag));

    ck_assert_ptr_nonnull(object);
    if (kind[1] != 'a')
        json_object_set_new(json_object_get(object, "spec"), "replicas",
                            json_integer((json_int_t)replicas));
    if (more)
        json_object_update_recursive(object, more);
    kube_create(kind, object);
    json_decref(more);
    json_decref(labels);
}

void kube_set_image(const char *kind, const char *name, const char *tag)
{
    char path[200];

    snprintf(path, sizeof path, "%s/%s", kind, name);
    json_t *object = kube_get(path);
    json_t *containers = json_deep_copy(below(object, "spec/template/spec/containers"));
    json_object_set_new(json_array_get(containers, 0), "image", json_string(kube_image(tag)));
    kube_patch(
        path, json_pack("{s:{s:{s:{s:o}}}}", "spec", "template", "spec", "containers", containers));
    json_decref(object);
}

void kube_bind(const char *who, const char *role)
{
    char name[128];

    snprintf(name, sizeof name, "%s-%s", who, role);
    kube_create("rolebindings",
                json_pack("{s:s, s:s, s:{s:s}, s:{s:s, s:s, s:s}, s:[{s:s, s:s, s:s}]}",
                          "apiVersion", "rbac.authorization.k8s.io/v1", "kind", "RoleBinding",
                          "metadata", "name", name, "roleRef", "apiGroup",
                          "rbac.authorization.k8s.io", "kind", "ClusterRole", "name", role,
                          "subjects", "apiGroup", "rbac.authorization.k8s.io", "kind", "User",
                          "name", who));
}

static bool has_tag(json_t *pod_spec, const char *tag)
{
    const char *image = word(below(pod_spec, "containers/0"), "image");
    const char *colon = strrchr(image, ':');

    return !tag[0] || (colon && strcmp(colon + 1, tag) == 0);
}

static bool is_ready(json_t *pod)
{
    json_t *condition;
    size_t i;

    json_array_foreach(below(pod, "status/conditions"), i,
                       condition) if (strcmp(word(condition, "type"), "Ready") ==
                                      0) return strcmp(word(condition, "status"), "True") == 0;
    return false;
}

enum which { THERE, READY, LEAVING };

/* This of each of these pods, as a new array. */
static json_t *select_pods(const char *name, const char *tag, enum which which, const char *what)
{
    char path[200];
    json_t *found = json_array(), *pod;
    size_t i;

    snprintf(path, sizeof path, "pods?labelSelector=app%%3D%s", name);
    json_t *list = kube_get(path);
    json_array_foreach(json_object_get(list, "items"), i, pod)
    {
        bool leaving = below(pod, "metadata/deletionTimestamp") != NULL;
        const char *phase = word(json_object_get(pod, "status"), "phase");
        bool over = strcmp(phase, "Failed") == 0 || strcmp(phase, "Succeeded") == 0;

        if (!has_tag(json_object_get(pod, "spec"), tag) || over || leaving != (which == LEAVING) ||
            (which == READY && !is_ready(pod)))
            continue;
        json_array_append(found, below(pod, what));
    }
    json_decref(list);
    return found;
}

static unsigned count_pods(const char *name, const char *tag, enum which which)
{
    json_t *found = select_pods(name, tag, which, "metadata/name");
    size_t count = json_array_size(found);

    json_decref(found);
    return (unsigned)count;
}

unsigned kube_pods(const char *name, const char *tag)
{
    return count_pods(name, tag, THERE);
}

unsigned kube_ready_pods(const char *name, const char *tag)
{
    return count_pods(name, tag, READY);
}

unsigned kube_leaving_pods(const char *name, const char *tag)
{
    return count_pods(name, tag, LEAVING);
}

static int compare(const void *left, const void *right)
{
    const json_t *const *a = left, *const *b = right;

    return strcmp(json_raw(*a), json_raw(*b));
}

static json_t *sort(json_t *found)
{
    json_t *sorted = json_array();
    size_t count = json_array_size(found);
    json_t **each = xcalloc(count + 1, sizeof *each);

    for (size_t i = 0; i < count; i++)
        each[i] = json_array_get(found, i);
    qsort(each, count, sizeof *each, compare);
    for (size_t i = 0; i < count; i++)
        json_array_append(sorted, each[i]);
    free(each);
    json_decref(found);
    return sorted;
}

json_t *kube_pod_names(const char *name, const char *tag)
{
    return sort(select_pods(name, tag, THERE, "metadata/name"));
}

json_t *kube_pod_uids(const char *name, const char *tag)
{
    return sort(select_pods(name, tag, THERE, "metadata/uid"));
}

static unsigned common(const json_t *before, json_t *now)
{
    json_t *one, *other;
    unsigned count = 0;
    size_t i, k;

    json_array_foreach(before, i, one)
    {
        json_array_foreach(now, k, other) count += json_equal(one, other) != 0;
    }
    json_decref(now);
    return count;
}

unsigned kube_kept(const json_t *names, const char *name)
{
    return common(names, kube_pod_names(name, ""));
}

unsigned kube_kept_uids(const json_t *uids, const char *name)
{
    return common(uids, kube_pod_uids(name, ""));
}

unsigned kube_wanted(const char *name, const char *tag)
{
    char path[200];
    json_int_t sum = 0;
    json_t *set;
    size_t i;

    snprintf(path, sizeof path, "replicasets?labelSelector=app%%3D%s", name);
    json_t *list = kube_get(path);
    json_array_foreach(json_object_get(list, "items"), i,
                       set) if (has_tag(below(set, "spec/template/spec"), tag)) sum +=
        json_integer_value(below(set, "spec/replicas"));
    json_decref(list);
    return (unsigned)sum;
}

bool kube_wait_pods(const char *name, const char *tag, unsigned count)
{
    for (int i = 0; i < TRIES; i++, rig_pause_ms(TRY_MS))
        if (kube_ready_pods(name, tag) == count && kube_pods(name, tag) == count &&
            kube_leaving_pods(name, tag) == 0)
            return true;
    return false;
}

unsigned kube_truth(const char *name, const char *tag, const char *node)
{
    char path[PATH_MAX], line[600];
    unsigned count = 0;

    snprintf(path, sizeof path, "%s/truth", kube_folder());
    kube_tell("truth %s", path);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file)) {
        char where[64], space[64], pod[128], image[200];
        if (sscanf(line, "%63s %63s %127s %*s %199s", where, space, pod, image) != 4)
            continue;
        const char *colon = strrchr(image, ':');
        count += strcmp(space, kube_namespace()) == 0 && (!node[0] || strcmp(where, node) == 0) &&
                 strncmp(pod, name, strlen(name)) == 0 &&
                 (!tag[0] || (colon && strcmp(colon + 1, tag) == 0));
    }
    fclose(file);
    return count;
}

bool kube_wait_node(const char *node, const char *ready)
{
    char path[128];

    snprintf(path, sizeof path, "/api/v1/nodes/%s", node);
    for (int i = 0; i < TRIES; i++, rig_pause_ms(TRY_MS)) {
        json_t *object = kube_get(path), *condition;
        bool same = false;
        size_t k;
        json_array_foreach(below(object, "status/conditions"), k, condition) same |=
            strcmp(word(condition, "type"), "Ready") == 0 &&
            strcmp(word(condition, "status"), ready) == 0;
        json_decref(object);
        if (same)
            return true;
    }
    return false;
}

/* Sends the events of one kind into a file until it is stopped. */
static pid_t start_one(const char *kind, char *path, size_t size)
{
    char url[400];
    json_t *list = kube_get(kind);

    snprintf(path, size, "%s/watch-XXXXXX", kube_folder());
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    kube_url(kind, url, sizeof url);
    size_t len = strlen(url);
    snprintf(url + len, sizeof url - len, "?watch=1&resourceVersion=%s",
             word(json_object_get(list, "metadata"), "resourceVersion"));
    /* What is there already comes first, as if it had just been added. */
    json_t *object;
    size_t i;
    json_array_foreach(json_object_get(list, "items"), i, object)
    {
        char *text = json_text(object);
        dprintf(file, "{\"type\":\"ADDED\",\"object\":%s}\n", text);
        free(text);
    }
    json_decref(list);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(file, STDOUT_FILENO);
        execlp("curl", "curl", "-K", kube_curlrc(), "-N", url, (char *)NULL);
        _exit(127);
    }
    close(file);
    return pid;
}

void kube_watch_start(struct kube_watch *watch)
{
    watch->pids[0] = start_one("replicasets", watch->sets, sizeof watch->sets);
    watch->pids[1] = start_one("pods", watch->pods, sizeof watch->pods);
}

void kube_watch_stop(struct kube_watch *watch)
{
    for (size_t i = 0; i < ARRAY_LEN(watch->pids); i++) {
        kill(watch->pids[i], SIGTERM);
        waitpid(watch->pids[i], NULL, 0);
    }
}

/* The next event of a file; NULL at its end. A line that was cut off is its end, too. */
static json_t *next_event(FILE *file, char **line, size_t *cap)
{
    return getline(line, cap, file) > 0 ? json_loads(*line, 0, NULL) : NULL;
}

unsigned kube_watch_wanted(const struct kube_watch *watch, const char *tag)
{
    json_int_t most = 0;
    char *line = NULL;
    size_t cap = 0;
    FILE *file = fopen(watch->sets, "r");

    ck_assert_ptr_nonnull(file);
    for (json_t *event; (event = next_event(file, &line, &cap)); json_decref(event)) {
        json_t *set = json_object_get(event, "object");
        json_int_t wanted = json_integer_value(below(set, "spec/replicas"));
        json_int_t had = json_integer_value(below(set, "status/replicas"));
        if (!has_tag(below(set, "spec/template/spec"), tag))
            continue;
        most = wanted > most ? wanted : most;
        most = had > most ? had : most;
    }
    fclose(file);
    free(line);
    return (unsigned)most;
}

unsigned kube_watch_pods(const struct kube_watch *watch, const char *tag)
{
    json_t *there = json_object();
    size_t most = 0, cap = 0;
    char *line = NULL;
    FILE *file = fopen(watch->pods, "r");

    ck_assert_ptr_nonnull(file);
    for (json_t *event; (event = next_event(file, &line, &cap)); json_decref(event)) {
        json_t *pod = json_object_get(event, "object");
        const char *name = word(json_object_get(pod, "metadata"), "name");
        if (!has_tag(json_object_get(pod, "spec"), tag))
            continue;
        if (strcmp(word(event, "type"), "DELETED") == 0)
            json_object_del(there, name);
        else
            json_object_set_new(there, name, json_true());
        most = json_object_size(there) > most ? json_object_size(there) : most;
    }
    fclose(file);
    free(line);
    json_decref(there);
    return (unsigned)most;
}

unsigned kube_watch_total(const struct kube_watch *watch)
{
    json_t *wants = json_object(), *one;
    json_int_t most = 0;
    size_t cap = 0;
    char *line = NULL;
    const char *name;
    FILE *file = fopen(watch->sets, "r");

    ck_assert_ptr_nonnull(file);
    for (json_t *event; (event = next_event(file, &line, &cap)); json_decref(event)) {
        json_t *set = json_object_get(event, "object");
        json_int_t sum = 0;
        json_object_set(wants, word(json_object_get(set, "metadata"), "name"),
                        below(set, "spec/replicas"));
        json_object_foreach(wants, name, one) sum += json_integer_value(one);
        most = sum > most ? sum : most;
    }
    fclose(file);
    free(line);
    json_decref(wants);
    return (unsigned)most;
}
