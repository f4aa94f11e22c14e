/* recorded.h: recorded answers of a real API server as views, for tests of the pure code. */
#ifndef LOCKSTEP_TESTS_DRIVERS_KUBERNETES_RECORDED_H
#define LOCKSTEP_TESTS_DRIVERS_KUBERNETES_RECORDED_H

#include "drivers/kubernetes/picture.h"

#include <jansson.h>

enum { SCENE_MAX = 64 };

/* One workload with everything that is known of it; add first, look then. */
struct scene {
    struct kube_view view;
    struct kube_work *work;
    struct kube_revision *revisions[SCENE_MAX];
    struct kube_pod *pods[SCENE_MAX];
    struct map nodes;
    const struct service *service; /* of the last look */
};

/* Files of tests/recordings/kubernetes without ".json"; the first object of the first one. */
void scene_open(struct scene *scene, enum kube_kind kind, const char *file, const char *revisions);
/* The same from text; single quotes stand for double ones. */
void scene_text(struct scene *scene, enum kube_kind kind, const char *text);
void scene_free(struct scene *scene);
json_t *scene_json(const char *text); /* single quotes for double ones; yours */
json_t *scene_file(const char *name); /* yours */

/* Merges this into the recorded object before it is decoded (again). */
void scene_patch(struct scene *scene, enum kube_kind kind, const char *file, const char *patch);
void scene_revision(struct scene *scene, const char *text);
/* A pod of the revision with this index (-1: of none); `more` is merged into it. Ready on node-0.
 */
void scene_pod(struct scene *scene, int revision, const char *name, const char *more);
void scene_node(struct scene *scene, const char *name, const char *ready);
/* A picture with instances; of the scene until the next. */
const struct service *scene_look(struct scene *scene);

#endif
