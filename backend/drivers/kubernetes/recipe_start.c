/* recipe_start.c: see recipe_start.h.
 *
 * Containers that share an image share a version: an init container that migrates with the image
 * of the application must not stay behind. */
#include "drivers/kubernetes/recipe_start.h"

#include "base/json.h"
#include "base/text.h"
#include "drivers/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_MAX = 63 };

static bool is_told(const json_t *template)
{
    return kube_annotation(template, KUBE_CONTAINER)[0] ||
           kube_annotation(template, "kubectl.kubernetes.io/default-container")[0];
}

static bool same_repository(const char *a, const char *b)
{
    struct image left = image_split(a), right = image_split(b);

    return left.name_len == right.name_len && strncmp(left.name, right.name, left.name_len) == 0;
}

/* Containers that run the image's repository; *found is the last of them. */
static size_t count_like(const json_t *template, const char *artifact, const json_t **found)
{
    const json_t *containers = kube_at(template, "spec/containers");
    size_t i, count = 0;
    json_t *container;

    json_array_foreach(containers, i, container)
    {
        if (same_repository(kube_raw(container, "image"), artifact)) {
            *found = container;
            count++;
        }
    }
    return count;
}

/* The container that the release is about; NULL and err when that cannot be known. */
static const json_t *meant(const json_t *template, const char *artifact, struct err *err)
{
    const json_t *containers = kube_at(template, "spec/containers"), *like = NULL;
    const json_t *first, *second;
    size_t index;
    char names[200];

    if (json_array_size(containers) <= 1 || is_told(template) || !artifact[0])
        return kube_template_container(template, &index);
    if (count_like(template, artifact, &like) > 0)
        return like;
    first = json_array_get(containers, 0);
    second = json_array_get(containers, 1);
    snprintf(names, sizeof names, "%.80s, %.80s", kube_raw(first, "name"),
             kube_raw(second, "name"));
    err_set(
        err, ERR_USAGE,
        "it runs %zu containers (%s%s) and none of them from the repository of that image: name "
        "the one to change in annotation " KUBE_CONTAINER " of the pod template",
        json_array_size(containers), names, json_array_size(containers) > 2 ? ", …" : "");
    return NULL;
}

bool kube_start_check(const struct kube_workload *w, struct action *action, struct err *err)
{
    const json_t *container = meant(kube_template(w), action->artifact, err);
    const char *image = kube_raw(container, "image");
    char clean[sizeof action->artifact];

    if (!container && err->code != ERR_NONE)
        return false;
    if (!image[0])
        return err_set(err, ERR_UNSUPPORTED, "its pod template names no image");
    if (!action->artifact[0]) {
        text_clean_into(clean, sizeof clean, image, strlen(image));
        char *made = image_retag(clean, action->to, err);
        if (!made)
            return false;
        bool fits = strlen(made) < sizeof action->artifact;
        snprintf(action->artifact, sizeof action->artifact, "%s", made);
        free(made);
        if (!fits)
            return err_set(err, ERR_LIMIT, "its image's name is too long");
    }
    return image_is_reference(action->artifact) ||
           err_set(err, ERR_USAGE, "\"%s\" is no image reference", action->artifact);
}

static void set_images(struct kube_patch *patch, const char *list, const char *from, const char *to)
{
    char path[96];
    const json_t *containers;
    json_t *container;
    size_t i;

    snprintf(path, sizeof path, "spec/%s", list);
    containers = kube_at(kube_template(patch->w), path);
    json_array_foreach(containers, i, container)
    {
        if (strcmp(kube_raw(container, "image"), from) != 0)
            continue;
        snprintf(path, sizeof path, "/spec/template/spec/%s/%zu/image", list, i);
        kube_patch_set(patch, path, json_string(to));
    }
}

static bool is_label_value(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > LABEL_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        bool word = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'z') ||
                    (text[i] >= 'A' && text[i] <= 'Z');
        if (!word && (i == 0 || i + 1 == len || !strchr("-_.", text[i])))
            return false;
    }
    return true;
}

#define COMMON_LABEL "app.kubernetes.io/version"

/* Where the template says its version in words of its own, they follow. */
static void set_version(struct kube_patch *patch, const char *version)
{
    const json_t *template = kube_template(patch->w);
    const json_t *selector = kube_at(patch->w->object, "spec/selector/matchLabels");
    json_t *annotations;

    if (kube_label(template, COMMON_LABEL)[0] && !json_object_get(selector, COMMON_LABEL) &&
        is_label_value(version))
        kube_patch_set(patch, "/spec/template/metadata/labels/app.kubernetes.io~1version",
                       json_string(version));
    if (kube_label(template, KUBE_VERSION)[0] && !json_object_get(selector, KUBE_VERSION) &&
        !kube_annotation(template, KUBE_VERSION)[0] && is_label_value(version)) {
        kube_patch_set(patch, "/spec/template/metadata/labels/" KUBE_VERSION, json_string(version));
        return;
    }
    annotations = json_object_get(kube_at(template, "metadata"), "annotations");
    if (json_is_object(annotations))
        kube_patch_set(patch, "/spec/template/metadata/annotations/" KUBE_VERSION,
                       json_string(version));
    else
        kube_patch_set(patch, "/spec/template/metadata/annotations",
                       json_pack("{s:s}", KUBE_VERSION, version));
}

/* Will the image alone tell it? */
static bool tag_tells(const json_t *template, const json_t *container, const char *image,
                      const char *version)
{
    struct arena *arena = arena_new(256);
    size_t index;
    bool tells = !kube_annotation(template, KUBE_VERSION)[0] &&
                 !kube_label(template, KUBE_VERSION)[0] && !kube_label(template, COMMON_LABEL)[0] &&
                 strcmp(kube_raw(kube_template_container(template, &index), "image"),
                        kube_raw(container, "image")) == 0 &&
                 strcmp(image_version(arena, image), version) == 0;

    arena_free(arena);
    return tells;
}

bool kube_start_template(struct kube_patch *patch, const struct action *action, const json_t *next,
                         struct err *err)
{
    if (json_is_object(next)) {
        kube_patch_set(patch, "/spec/template", json_deep_copy(next));
        return true;
    }
    const json_t *template = kube_template(patch->w);
    const json_t *container = meant(template, action->artifact, err);
    const char *image = kube_raw(container, "image");

    if (!image[0])
        return err_set(err, ERR_REJECTED, "its pod template names no image");
    set_images(patch, "containers", image, action->artifact);
    set_images(patch, "initContainers", image, action->artifact);
    if (!tag_tells(template, container, action->artifact, action->to))
        set_version(patch, action->to);
    return true;
}
