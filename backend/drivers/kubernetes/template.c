/* template.c: see template.h. Objects and pod templates.
 *
 * A template that was read back is not the one that was sent: the API server adds defaults, and
 * the engine adds its hash label to the copy in a ReplicaSet. */
#include "drivers/kubernetes/template.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "drivers/image.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct kube_kind_info kube_kinds[KUBE_KIND_COUNT] = {
    [KUBE_DEPLOYMENT] = {"deployment", "/apis/apps/v1", "deployments", "Deployment",
                         "pod-template-hash", true},
    [KUBE_STATEFULSET] = {"statefulset", "/apis/apps/v1", "statefulsets", "StatefulSet",
                          "controller-revision-hash", false},
    [KUBE_DAEMONSET] = {"daemonset", "/apis/apps/v1", "daemonsets", "DaemonSet",
                        "controller-revision-hash", false},
    [KUBE_ROLLOUT] = {"rollout", "/apis/argoproj.io/v1alpha1", "rollouts", "Rollout",
                      "rollouts-pod-template-hash", true},
};

/* ---- any object ---- */

const json_t *kube_at(const json_t *object, const char *path)
{
    const json_t *at = object;

    while (at && *path) {
        size_t len = strcspn(path, "/");
        at = json_object_getn(at, path, len);
        path += len + (path[len] == '/');
    }
    return at;
}

int64_t kube_int(const json_t *object, const char *path, int64_t fallback)
{
    const json_t *value = kube_at(object, path);

    return json_is_integer(value) ? (int64_t)json_integer_value(value) : fallback;
}

static const char *raw_or_empty(const json_t *value)
{
    const char *text = json_raw(value);

    return text ? text : "";
}

const char *kube_raw(const json_t *object, const char *path)
{
    return raw_or_empty(kube_at(object, path));
}

const char *kube_label(const json_t *object, const char *key)
{
    return raw_or_empty(json_object_get(kube_at(object, "metadata/labels"), key));
}

const char *kube_annotation(const json_t *object, const char *key)
{
    return raw_or_empty(json_object_get(kube_at(object, "metadata/annotations"), key));
}

bool kube_is_terminating(const json_t *object)
{
    return kube_raw(object, "metadata/deletionTimestamp")[0] != '\0';
}

bool kube_owns(const json_t *object, const json_t *child)
{
    const json_t *owners = kube_at(child, "metadata/ownerReferences");
    const char *uid = kube_raw(object, "metadata/uid");
    size_t i;
    json_t *owner;

    json_array_foreach(owners, i, owner)
    {
        if (json_is_true(json_object_get(owner, "controller")))
            return uid[0] && strcmp(kube_raw(owner, "uid"), uid) == 0;
    }
    return false;
}

const json_t *kube_condition(const json_t *object, const char *type)
{
    const json_t *conditions = kube_at(object, "status/conditions");
    size_t i;
    json_t *condition;

    json_array_foreach(conditions, i, condition)
    {
        if (strcmp(kube_raw(condition, "type"), type) == 0)
            return condition;
    }
    return NULL;
}

bool kube_is_observed(const struct kube_workload *w)
{
    int64_t generation = kube_int(w->object, "metadata/generation", 0);

    if (w->kind != KUBE_ROLLOUT)
        return kube_int(w->object, "status/observedGeneration", -1) >= generation;
    /* There it is a string. */
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, generation);
    return strcmp(kube_raw(w->object, "status/observedGeneration"), text) == 0;
}

const char *kube_revision(const json_t *object, char out[KUBE_REVISION_TEXT])
{
    const char *marks = kube_annotation(object, KUBE_MARKS);
    const char *fence = kube_annotation(object, KUBE_FENCE);
    uint64_t hash = hash_mix(HASH_SEED, marks, strlen(marks) + 1);

    hash = hash_mix(hash, fence, strlen(fence) + 1);
    snprintf(out, KUBE_REVISION_TEXT, "%.40s.%" PRId64 ".%016" PRIx64,
             kube_raw(object, "metadata/uid"), kube_int(object, "metadata/generation", 0), hash);
    return out;
}

/* ---- pod templates ---- */

static bool is_named(const json_t *container, const char *name)
{
    return name[0] && strcmp(kube_raw(container, "name"), name) == 0;
}

const json_t *kube_template_container(const json_t *template, size_t *index)
{
    static const char *const keys[] = {KUBE_CONTAINER, "kubectl.kubernetes.io/default-container"};
    const json_t *containers = kube_at(template, "spec/containers");
    size_t i;
    json_t *container;

    *index = 0;
    for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
        const char *name = kube_annotation(template, keys[k]);
        json_array_foreach(containers, i, container)
        {
            if (is_named(container, name)) {
                *index = i;
                return container;
            }
        }
    }
    return json_array_get(containers, 0);
}

const char *kube_template_image(const json_t *template)
{
    size_t index;

    return kube_raw(kube_template_container(template, &index), "image");
}

const char *kube_template_version(const json_t *template, struct arena *arena)
{
    const char *said[] = {kube_annotation(template, KUBE_VERSION),
                          kube_label(template, KUBE_VERSION),
                          kube_label(template, "app.kubernetes.io/version")};

    for (size_t i = 0; i < ARRAY_LEN(said); i++)
        if (said[i][0])
            return text_clean(arena, said[i], strlen(said[i]), TEXT_NAME_MAX);
    const char *image = kube_template_image(template);
    const char *clean = text_clean(arena, image, strlen(image), TEXT_MESSAGE_MAX);
    return image_version(arena, clean);
}

/* What the engine adds to its copies. */
static bool is_engines(const char *key)
{
    static const char *const keys[] = {"pod-template-hash", "controller-revision-hash",
                                       "pod-template-generation", "rollouts-pod-template-hash",
                                       "creationTimestamp"};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

/* Every member of `a` is the same in `b`, those of the engine apart; an empty object and none are
 * the same. */
static bool covers(const json_t *a, const json_t *b)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)a, key, value)
    {
        const json_t *other = json_object_get(b, key);
        bool empty = json_is_object(value) && json_object_size(value) == 0;
        if (is_engines(key) || (!other && empty))
            continue;
        if (!other || !json_equal(value, other))
            return false;
    }
    return true;
}

static bool same_members(const json_t *a, const json_t *b)
{
    return covers(a, b) && covers(b, a);
}

static bool same_metadata(const json_t *a, const json_t *b)
{
    static const char *const members[] = {"labels", "annotations"};

    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (!same_members(json_object_get(a, members[i]), json_object_get(b, members[i])))
            return false;
    return true;
}

bool kube_template_equal(const json_t *a, const json_t *b)
{
    return json_is_object(a) && json_is_object(b) &&
           json_equal(json_object_get(a, "spec"), json_object_get(b, "spec")) != 0 &&
           same_metadata(json_object_get(a, "metadata"), json_object_get(b, "metadata"));
}

/* ---- who else writes it ---- */

static bool has_manager(const json_t *object, const char *name)
{
    const json_t *fields = kube_at(object, "metadata/managedFields");
    size_t i;
    json_t *field;

    json_array_foreach(fields, i, field)
    {
        if (strcmp(kube_raw(field, "manager"), name) == 0)
            return true;
    }
    return false;
}

const char *kube_owner(const json_t *object)
{
    static const struct {
        const char *owner, *key, *value;
    } labels[] = {
        {"argo-cd", "argocd.argoproj.io/tracking-id", NULL},
        {"argo-cd", "argocd.argoproj.io/instance", NULL},
        {"flux", "kustomize.toolkit.fluxcd.io/name", NULL},
        {"flux", "helm.toolkit.fluxcd.io/name", NULL},
        {"helm", "meta.helm.sh/release-name", NULL},
        {"helm", "app.kubernetes.io/managed-by", "Helm"},
    };

    for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
        const char *label = kube_label(object, labels[i].key);
        const char *text = label[0] ? label : kube_annotation(object, labels[i].key);
        if (text[0] && (!labels[i].value || strcmp(text, labels[i].value) == 0))
            return labels[i].owner;
    }
    if (has_manager(object, "argocd-controller"))
        return "argo-cd";
    return has_manager(object, "kustomize-controller") ? "flux" : "";
}
