/* write.c: see write.h. */
#include "drivers/kubernetes/write.h"

#include "base/json.h"
#include "net/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARKS_KEPT = 8 };

/* ---- operations ---- */

static void add_op(struct kube_patch *patch, const char *op, const char *path, json_t *value)
{
    json_t *entry = json_pack("{s:s, s:s}", "op", op, "path", path);

    if (value)
        json_object_set_new(entry, "value", value);
    json_array_append_new(patch->ops, entry);
}

void kube_patch_set(struct kube_patch *patch, const char *path, json_t *value)
{
    add_op(patch, "add", path, value);
}

void kube_patch_test(struct kube_patch *patch, const char *path, json_t *value)
{
    add_op(patch, "test", path, value);
}

void kube_patch_remove(struct kube_patch *patch, const char *path)
{
    add_op(patch, "remove", path, NULL);
}

/* RFC 6901; yours to free. */
static char *annotation_path(const char *key)
{
    char *path = xasprintf("/metadata/annotations/");

    for (const char *at = key; *at; at++) {
        char *longer = *at == '/'   ? xasprintf("%s~1", path)
                       : *at == '~' ? xasprintf("%s~0", path)
                                    : xasprintf("%s%c", path, *at);
        free(path);
        path = longer;
    }
    return path;
}

void kube_patch_annotate(struct kube_patch *patch, const char *key, const char *text)
{
    bool there = json_object_get(kube_at(patch->w->object, "metadata/annotations"), key) != NULL;
    char *path = annotation_path(key);

    if (text && !patch->annotated) {
        kube_patch_test(patch, "/metadata/annotations", json_null());
        kube_patch_set(patch, "/metadata/annotations", json_object());
        patch->annotated = true;
    }
    if (text)
        kube_patch_set(patch, path, json_string(text));
    else if (there)
        kube_patch_remove(patch, path);
    free(path);
}

/* A missing annotation is tested as null. */
static void test_annotation(struct kube_patch *patch, const char *key)
{
    json_t *value = json_object_get(kube_at(patch->w->object, "metadata/annotations"), key);
    char *path = annotation_path(key);

    if (patch->annotated)
        kube_patch_test(patch, path, value ? json_incref(value) : json_null());
    free(path);
}

bool kube_patch_begin(struct kube_patch *patch, const struct kube_workload *w, const char *revision,
                      struct err *err)
{
    char now[KUBE_REVISION_TEXT];
    const char *version = kube_raw(w->object, "metadata/resourceVersion");
    const json_t *annotations = kube_at(w->object, "metadata/annotations");

    *patch = (struct kube_patch){w, json_array(), json_is_object(annotations)};
    if (revision[0] && strcmp(revision, version) == 0) {
        /* Not a test: the server compares it and answers 409. */
        add_op(patch, "replace", "/metadata/resourceVersion", json_string(version));
        return true;
    }
    if (strcmp(revision, kube_revision(w->object, now)) != 0) {
        kube_patch_drop(patch);
        return err_set(err, ERR_CONFLICT, "it was changed meanwhile");
    }
    kube_patch_test(patch, "/metadata/uid", json_string(kube_raw(w->object, "metadata/uid")));
    kube_patch_test(patch, "/metadata/generation",
                    json_integer(kube_int(w->object, "metadata/generation", 0)));
    test_annotation(patch, KUBE_MARKS);
    test_annotation(patch, KUBE_FENCE);
    return true;
}

void kube_patch_follow(struct kube_patch *patch, const struct kube_workload *w)
{
    *patch = (struct kube_patch){w, json_array(), true};
}

void kube_patch_drop(struct kube_patch *patch)
{
    json_decref(patch->ops);
    patch->ops = NULL;
}

void kube_patch_mark(struct kube_patch *patch, const struct action *action)
{
    char *marks = xasprintf("%s.%u", action->id, action->write);
    const char *old = kube_annotation(patch->w->object, KUBE_MARKS);

    for (size_t i = 1; i < MARKS_KEPT && *old; i++) {
        size_t len = strcspn(old, " ");
        if (len > 0 && len < 64) {
            char *longer = xasprintf("%s %.*s", marks, (int)len, old);
            free(marks);
            marks = longer;
        }
        old += len;
        old += strspn(old, " ");
    }
    kube_patch_annotate(patch, KUBE_MARKS, marks);
    free(marks);
}

/* From the last to the first, so that the places of the others do not move. */
static void disown(struct kube_patch *patch)
{
    const json_t *fields = kube_at(patch->w->object, "metadata/managedFields");

    for (size_t i = json_array_size(fields); i-- > 0;) {
        const json_t *entry = json_array_get(fields, i);
        char path[80];
        if (strcmp(kube_raw(entry, "manager"), KUBE_MANAGER) != 0)
            continue;
        snprintf(path, sizeof path, "/metadata/managedFields/%zu/manager", i);
        kube_patch_test(patch, path, json_string(KUBE_MANAGER));
        snprintf(path, sizeof path, "/metadata/managedFields/%zu", i);
        kube_patch_remove(patch, path);
    }
}

void kube_patch_clean(struct kube_patch *patch)
{
    kube_patch_annotate(patch, KUBE_MARKS, NULL);
    kube_patch_annotate(patch, KUBE_FENCE, NULL);
    kube_patch_annotate(patch, KUBE_DELETE, NULL);
    disown(patch);
}

/* ---- requests ---- */

static struct kube_request *add_request(struct kube_write *write)
{
    write->requests = xrealloc(write->requests, write->count + 1, sizeof *write->requests);
    struct kube_request *request = &write->requests[write->count++];
    *request = (struct kube_request){.method = ""};
    return request;
}

/* "/apis/apps/v1/namespaces/shop/deployments/billing" and what follows; yours to free. */
static char *path_of(const char *prefix, const char *resource, const json_t *object,
                     const char *rest)
{
    char *scope = http_escape(kube_raw(object, "metadata/namespace"));
    char *name = http_escape(kube_raw(object, "metadata/name"));
    char *path = xasprintf("%s/namespaces/%s/%s/%s%s", prefix, scope, resource, name, rest);

    free(scope);
    free(name);
    return path;
}

void kube_patch_end(struct kube_patch *patch, const char *subresource, struct kube_write *out)
{
    const struct kube_kind_info *info = &kube_kinds[patch->w->kind];
    struct kube_request *request = add_request(out);
    char *rest =
        xasprintf("%s%s?fieldManager=" KUBE_MANAGER, subresource[0] ? "/" : "", subresource);

    request->method = "PATCH";
    request->content_type = "application/json-patch+json";
    request->path = path_of(info->prefix, info->resource, patch->w->object, rest);
    request->body = patch->ops;
    patch->ops = NULL;
    free(rest);
}

void kube_write_delete(struct kube_write *write, const json_t *pod)
{
    struct kube_request *request = add_request(write);

    request->method = "DELETE";
    request->content_type = "application/json";
    request->path = path_of("/api/v1", "pods", pod, "");
    request->body = json_pack("{s:s, s:s, s:{s:s}}", "apiVersion", "v1", "kind", "DeleteOptions",
                              "preconditions", "uid", kube_raw(pod, "metadata/uid"));
}

void kube_write_release(struct kube_write *write)
{
    for (size_t i = 0; i < write->count; i++) {
        free(write->requests[i].path);
        json_decref(write->requests[i].body);
    }
    free(write->requests);
    *write = (struct kube_write){NULL, 0};
}

void kube_write_move(struct kube_write *to, struct kube_write *from)
{
    for (size_t i = 0; i < from->count; i++)
        *add_request(to) = from->requests[i];
    free(from->requests);
    *from = (struct kube_write){NULL, 0};
}

bool kube_compose_fence(const struct kube_workload *w, const char *revision, const char *nonce,
                        struct kube_write *out, struct err *err)
{
    struct kube_patch patch;

    if (!kube_patch_begin(&patch, w, revision, err))
        return false;
    kube_patch_annotate(&patch, KUBE_FENCE, nonce);
    kube_patch_end(&patch, "", out);
    return true;
}

/* ---- answers ---- */

/* An operation of the patch failed: somebody was first. The server does not say which, but only a
 * validation names the object and its fields. */
static bool is_failed_test(const json_t *answer)
{
    return !kube_at(answer, "details/kind") && !kube_at(answer, "details/causes");
}

enum err_code kube_meaning(const struct kube_request *request, long status, const json_t *answer)
{
    if (strcmp(request->method, "DELETE") == 0 && (status == 404 || status == 409))
        return ERR_NONE;
    switch (status) {
    case 200:
    case 201:
    case 202:
        return ERR_NONE;
    case 401:
        return ERR_AUTH;
    case 403: /* an admission plugin that refuses says 403, too */
        return strstr(kube_raw(answer, "message"), "cannot ") ? ERR_AUTH : ERR_REJECTED;
    case 404:
    case 410:
        return ERR_NOT_FOUND;
    case 405:
    case 415:
        return ERR_UNSUPPORTED;
    case 409:
        return ERR_CONFLICT;
    case 422:
        return is_failed_test(answer) ? ERR_CONFLICT : ERR_REJECTED;
    case 400:
    case 413:
    case 429: /* before anything was done */
        return ERR_REJECTED;
    default:
        return ERR_UNKNOWN;
    }
}
