/* recipe_owner.c: see recipe_owner.h.
 *
 * A server-side apply touches only what its manager owns, and a client-side one only what stands in
 * its last-applied configuration: fields that are in neither are safe from the owner. */
#include "drivers/kubernetes/recipe_owner.h"

#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Members of spec that hold a rollout back, by kind. */
static const char *const held_by[KUBE_KIND_COUNT][4] = {
    [KUBE_DEPLOYMENT] = {"strategy", "minReadySeconds", "progressDeadlineSeconds", "paused"},
    [KUBE_STATEFULSET] = {"updateStrategy"},
    [KUBE_DAEMONSET] = {"updateStrategy"},
    [KUBE_ROLLOUT] = {"paused"},
};

static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = list; *at;) {
        size_t n = strcspn(at, ", ");
        if (n == len && strncmp(at, word, n) == 0)
            return true;
        at += n;
        at += strspn(at, ", ");
    }
    return false;
}

/* What the owner's own apply says about this field. */
enum known { OWNS, LEAVES, UNKNOWN };

static enum known by_apply(const json_t *object, const char *field)
{
    const json_t *entries = kube_at(object, "metadata/managedFields");
    enum known found = UNKNOWN;
    char key[64];
    size_t i;
    json_t *entry;

    snprintf(key, sizeof key, "f:%s", field);
    json_array_foreach(entries, i, entry)
    {
        if (strcmp(kube_raw(entry, "operation"), "Apply") != 0)
            continue;
        if (json_object_get(kube_at(entry, "fieldsV1/f:spec"), key))
            return OWNS;
        found = LEAVES;
    }
    return found;
}

static enum known by_last_applied(const json_t *object, const char *field)
{
    const char *text = kube_annotation(object, "kubectl.kubernetes.io/last-applied-configuration");
    struct err ignored = {0};

    if (!text[0])
        return UNKNOWN;
    json_t *applied = json_parse(text, strlen(text), "last applied", &ignored);
    enum known known = !applied                                           ? UNKNOWN
                       : json_object_get(kube_at(applied, "spec"), field) ? OWNS
                                                                          : LEAVES;
    json_decref(applied);
    return known;
}

static bool is_safe(const json_t *object, const char *field)
{
    enum known apply = by_apply(object, field);

    if (has_word(kube_annotation(object, KUBE_IGNORED), field))
        return true;
    return apply == LEAVES || (apply == UNKNOWN && by_last_applied(object, field) == LEAVES);
}

static bool sync_is_off(const json_t *object, const char *owner)
{
    if (strcmp(kube_annotation(object, KUBE_SYNC), "off") == 0)
        return true;
    return strcmp(owner, "flux") == 0 &&
           (strcmp(kube_annotation(object, "kustomize.toolkit.fluxcd.io/reconcile"), "disabled") ==
                0 ||
            strcmp(kube_annotation(object, "kustomize.toolkit.fluxcd.io/ssa"), "Ignore") == 0);
}

/* "strategy, paused" of those that are not safe. */
static bool list_unsafe(const struct kube_workload *w, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < 4 && held_by[w->kind][i]; i++) {
        if (is_safe(w->object, held_by[w->kind][i]) || used >= size)
            continue;
        int n = snprintf(out + used, size - used, "%s%s", used ? ", " : "", held_by[w->kind][i]);
        used += n > 0 ? (size_t)n : 0;
    }
    return used > 0;
}

static bool refuse_template(const char *owner, struct err *err)
{
    if (strcmp(owner, "argo-cd") == 0)
        return err_set(
            err, ERR_REJECTED,
            "Argo CD keeps it as Git says: change the image in Git and step what arrives, "
            "or turn off spec.syncPolicy.automated of its Application and say so with "
            "annotation " KUBE_SYNC ": \"off\"");
    if (strcmp(owner, "flux") == 0)
        return err_set(
            err, ERR_REJECTED,
            "Flux keeps it as Git says: change the image in Git and step what arrives, or "
            "set annotation kustomize.toolkit.fluxcd.io/reconcile: disabled");
    return err_set(
        err, ERR_REJECTED,
        "Helm owns it: change the image by helm upgrade and step what arrives, or, if no "
        "upgrade runs by itself, say so with annotation " KUBE_SYNC ": \"off\"");
}

static bool refuse_fields(const char *owner, const char *fields, struct err *err)
{
    if (strcmp(owner, "argo-cd") == 0)
        return err_set(err, ERR_REJECTED,
                       "a sync of Argo CD may undo each step (%s of spec): its Application needs "
                       "these as jsonPointers in spec.ignoreDifferences and the sync option "
                       "RespectIgnoreDifferences=true; then set annotation " KUBE_IGNORED
                       ": \"%s\"",
                       fields, fields);
    if (strcmp(owner, "flux") == 0)
        return err_set(err, ERR_REJECTED,
                       "a sync of Flux may undo each step (%s of spec): leave these out of Git, or "
                       "set annotation kustomize.toolkit.fluxcd.io/reconcile: disabled",
                       fields);
    return err_set(err, ERR_REJECTED,
                   "a helm upgrade may undo each step (%s of spec): where the chart does not set "
                   "these, say so with annotation " KUBE_IGNORED ": \"%s\"",
                   fields, fields);
}

bool kube_owner_allows(const struct kube_workload *w, bool template, struct err *err)
{
    const char *owner = kube_owner(w->object);
    char fields[120];

    if (!owner[0] || sync_is_off(w->object, owner))
        return true;
    if (list_unsafe(w, fields, sizeof fields))
        return refuse_fields(owner, fields, err);
    return !template || refuse_template(owner, err);
}
