/* recorded.c: see recorded.h. */
#include "drivers/kubernetes/recorded.h"

#include "base/json.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *scene_json(const char *text)
{
    char *copy = xstrdup(text);
    struct err err = {0};

    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_t *value = json_parse(copy, strlen(copy), "the test's text", &err);
    ck_assert_msg(value != NULL, "%s", err.text);
    free(copy);
    return value;
}

json_t *scene_file(const char *name)
{
    char path[200];
    size_t len;
    struct err err = {0};

    snprintf(path, sizeof path, "recordings/kubernetes/%s.json", name);
    char *text = test_read_file(path, &len);
    json_t *value = json_parse(text, len, path, &err);
    ck_assert_msg(value != NULL, "%s", err.text);
    free(text);
    return value;
}

static void set_work(struct scene *scene, enum kube_kind kind, const json_t *object)
{
    struct err err = {0};

    if (scene->work)
        arena_free(scene->work->meta.arena);
    scene->work = kube_decode_work(kind, object, &err);
    ck_assert_msg(scene->work != NULL, "%s", err.text);
    scene->view.work = scene->work;
}

static void begin(struct scene *scene)
{
    *scene = (struct scene){0};
    scene->view.cluster = "test";
    scene->view.said = "";
    scene->view.pods_known = true;
    scene->view.nodes_known = true;
    scene->view.nodes = &scene->nodes;
    scene->view.utc_ms = 1795355645000; /* 2026-11-22T13:54:05Z */
    scene->view.revisions = (const struct kube_revision *const *)scene->revisions;
    scene->view.pods = (const struct kube_pod *const *)scene->pods;
}

void scene_open(struct scene *scene, enum kube_kind kind, const char *file, const char *revisions)
{
    json_t *list = scene_file(file), *item;
    json_t *sets = revisions ? scene_file(revisions) : json_object();
    size_t i;

    begin(scene);
    set_work(scene, kind, json_array_get(json_object_get(list, "items"), 0));
    json_array_foreach(json_object_get(sets, "items"), i, item)
    {
        struct err err = {0};
        struct kube_revision *revision = kube_decode_revision(item, &err);
        ck_assert_msg(revision != NULL, "%s", err.text);
        if (strcmp(revision->meta.owner_uid, scene->work->meta.uid) == 0)
            scene->revisions[scene->view.revision_count++] = revision;
        else
            arena_free(revision->meta.arena);
    }
    json_decref(sets);
    json_decref(list);
}

void scene_text(struct scene *scene, enum kube_kind kind, const char *text)
{
    json_t *object = scene_json(text);

    begin(scene);
    set_work(scene, kind, object);
    json_decref(object);
}

void scene_patch(struct scene *scene, enum kube_kind kind, const char *file, const char *patch)
{
    json_t *list = scene_file(file), *more = scene_json(patch);
    json_t *object = json_array_get(json_object_get(list, "items"), 0);

    json_object_update_recursive(object, more);
    set_work(scene, kind, object);
    json_decref(more);
    json_decref(list);
}

void scene_revision(struct scene *scene, const char *text)
{
    struct err err = {0};
    json_t *object = scene_json(text);
    struct kube_revision *revision = kube_decode_revision(object, &err);

    ck_assert_msg(revision != NULL, "%s", err.text);
    scene->revisions[scene->view.revision_count++] = revision;
    json_decref(object);
}

void scene_pod(struct scene *scene, int revision, const char *name, const char *more)
{
    const struct kube_revision *of = revision < 0 ? NULL : scene->revisions[revision];
    struct err err = {0};
    json_t *pod = json_pack(
        "{s:{s:s, s:s, s:s, s:s, s:s, s:{s:s}, s:[{s:s, s:b}]}, s:{s:s, s:[{s:s, s:s}]}, "
        "s:{s:s, s:[{s:s, s:s, s:s}], s:[{s:s, s:b, s:{s:{s:s}}}]}}",
        "metadata", "name", name, "namespace", "default", "uid", name, "resourceVersion", "1",
        "creationTimestamp", "2026-11-22T13:50:00Z", "labels", "pod-template-hash",
        of ? of->hash : "none", "ownerReferences", "uid", of ? of->meta.uid : scene->work->meta.uid,
        "controller", 1, "spec", "nodeName", "node-0", "containers", "name", "app", "image",
        of ? of->template.image : "other:v1", "status", "phase", "Running", "conditions", "type",
        "Ready", "status", "True", "lastTransitionTime", "2026-11-22T13:50:02Z",
        "containerStatuses", "name", "app", "ready", 1, "state", "running", "startedAt",
        "2026-11-22T13:50:01Z");
    json_t *changes = scene_json(more);

    ck_assert_ptr_nonnull(pod);
    json_object_update_recursive(pod, changes);
    struct kube_pod *decoded = kube_decode_pod(pod, &err);
    ck_assert_msg(decoded != NULL, "%s", err.text);
    scene->pods[scene->view.pod_count++] = decoded;
    json_decref(changes);
    json_decref(pod);
}

void scene_node(struct scene *scene, const char *name, const char *ready)
{
    struct err err = {0};
    json_t *object = json_pack("{s:{s:s, s:s, s:s}, s:{s:[{s:s, s:s, s:s}]}}", "metadata", "name",
                               name, "uid", name, "resourceVersion", "1", "status", "conditions",
                               "type", "Ready", "status", ready, "message", "as told");
    struct kube_node *node = kube_decode_node(object, &err);
    struct kube_node *old = map_put(&scene->nodes, node->meta.name, node);

    if (old)
        arena_free(old->meta.arena);
    json_decref(object);
}

const struct service *scene_look(struct scene *scene)
{
    service_unref(scene->service);
    scene->service = kube_picture(&scene->view, true);
    return scene->service;
}

void scene_free(struct scene *scene)
{
    struct map_at at = {0};

    service_unref(scene->service);
    arena_free(scene->work->meta.arena);
    for (size_t i = 0; i < scene->view.revision_count; i++)
        arena_free(scene->revisions[i]->meta.arena);
    for (size_t i = 0; i < scene->view.pod_count; i++)
        arena_free(scene->pods[i]->meta.arena);
    for (struct map_row *row; (row = map_next(&scene->nodes, &at));)
        arena_free(((struct kube_node *)row->value)->meta.arena);
    map_free(&scene->nodes);
}
