/* read.c: one service by consistent reads: its object, its revisions, its pods.
 *
 * The object comes first: what is counted afterwards can only be newer, and a write tests on the
 * server that the object is still the one that was read. The raw objects are kept for the
 * slots that follow a read: plan, settled, act. */
#include "drivers/kubernetes/read.h"

#include "drivers/kubernetes/answer.h"
#include "drivers/kubernetes/beside.h"
#include "drivers/kubernetes/collect.h"
#include "drivers/kubernetes/follow.h"
#include "drivers/kubernetes/recipe.h"
#include "drivers/kubernetes/recipe_memo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_MS = 250 };

struct pile {
    json_t **list;
    size_t count, cap;
};

struct kube_read {
    char *id;
    enum kube_kind kind;
    char revision[KUBE_REVISION_TEXT];
    json_t *object;
    struct pile revisions, pods;
};

struct reading {
    struct op op;
    struct kube_read *read;
    char scope[64], name[254];
    char *selector; /* escaped */
    struct map nodes;
    unsigned tries, pending;
    bool own_nodes;
    struct err err;
    driver_read_fn *fn;
    void *arg;
};

static void free_pile(struct pile *pile)
{
    for (size_t i = 0; i < pile->count; i++)
        json_decref(pile->list[i]);
    free(pile->list);
    *pile = (struct pile){0};
}

static void free_read(struct kube_read *read)
{
    if (!read)
        return;
    json_decref(read->object);
    free_pile(&read->revisions);
    free_pile(&read->pods);
    free(read->id);
    free(read);
}

void kube_forget_reads(struct kube *kube)
{
    for (size_t i = 0; i < KUBE_KEPT_READS; i++) {
        free_read(kube->kept[i]);
        kube->kept[i] = NULL;
    }
}

static void keep_read(struct kube *kube, struct kube_read *read)
{
    for (size_t i = 0; i < KUBE_KEPT_READS; i++) /* one of each service: the newest */
        if (kube->kept[i] && strcmp(kube->kept[i]->id, read->id) == 0) {
            free_read(kube->kept[i]);
            kube->kept[i] = NULL;
        }
    struct kube_read **slot = &kube->kept[kube->kept_next++ % KUBE_KEPT_READS];
    free_read(*slot);
    *slot = read;
}

bool kube_read_kept(struct kube *kube, const char *id, const char *revision,
                    struct kube_workload *out)
{
    for (size_t i = 0; i < KUBE_KEPT_READS; i++) {
        const struct kube_read *read = kube->kept[i];
        if (!read || strcmp(read->id, id) != 0 || strcmp(read->revision, revision) != 0)
            continue;
        *out = (struct kube_workload){
            .kind = read->kind,
            .object = read->object,
            .revisions = (const json_t *const *)read->revisions.list,
            .revision_count = read->revisions.count,
            .pods = (const json_t *const *)read->pods.list,
            .pod_count = read->pods.count,
        };
        return true;
    }
    return false;
}

static void free_nodes(struct map *nodes)
{
    struct map_at at = {0};

    for (struct map_row *row; (row = map_next(nodes, &at));)
        arena_free(((struct kube_node *)row->value)->meta.arena);
    map_free(nodes);
}

static void drop_reading(struct op *op)
{
    struct reading *r = (struct reading *)(void *)op;

    free_read(r->read);
    free_nodes(&r->nodes);
    free(r->selector);
    free(r);
}

/* Decoded facts of a pile. */
struct facts_pile {
    void **list;
    size_t count;
};

/* What is decided rests on all of it: one that cannot be read is an error of the whole. */
static void blame(const struct reading *r, const char *what, struct err *err)
{
    err_prefix(err, "%s of %s %s/%s", what, kube_kinds[r->read->kind].word, r->scope, r->name);
}

static struct facts_pile decode_revisions(const struct reading *r, const char *uid, struct err *err)
{
    const struct pile *from = &r->read->revisions;
    struct facts_pile out = {xcalloc(from->count + 1, sizeof(void *)), 0};

    for (size_t i = 0; i < from->count && !err_failed(err); i++) {
        struct kube_revision *revision = kube_decode_revision(from->list[i], err);
        if (!revision)
            blame(r, "a revision", err);
        else if (strcmp(revision->meta.owner_uid, uid) == 0)
            out.list[out.count++] = revision;
        else
            arena_free(revision->meta.arena);
    }
    return out;
}

static bool owns_pod(const struct facts_pile *revisions, const char *uid,
                     const struct kube_pod *pod)
{
    if (strcmp(pod->meta.owner_uid, uid) == 0)
        return true;
    for (size_t i = 0; i < revisions->count; i++) {
        const struct kube_revision *revision = revisions->list[i];
        if (revision->counts && strcmp(pod->meta.owner_uid, revision->meta.uid) == 0)
            return true;
    }
    return false;
}

static struct facts_pile decode_pods(const struct reading *r, const struct facts_pile *revisions,
                                     const char *uid, struct err *err)
{
    const struct pile *from = &r->read->pods;
    struct facts_pile out = {xcalloc(from->count + 1, sizeof(void *)), 0};

    for (size_t i = 0; i < from->count && !err_failed(err); i++) {
        struct kube_pod *pod = kube_decode_pod(from->list[i], err);
        if (!pod)
            blame(r, "a pod", err);
        else if (owns_pod(revisions, uid, pod))
            out.list[out.count++] = pod;
        else
            arena_free(pod->meta.arena);
    }
    return out;
}

static void free_facts(struct facts_pile *pile)
{
    for (size_t i = 0; i < pile->count; i++)
        arena_free(((struct kube_meta *)pile->list[i])->arena);
    free(pile->list);
}

static const struct service *picture(struct reading *r, struct err *err)
{
    struct kube *kube = op_kube(&r->op);
    struct clock *clock = loop_clock(kube->base.env.loop);
    struct kube_work *work = kube_decode_work(r->read->kind, r->read->object, err);

    if (!work)
        return NULL;
    struct facts_pile revisions = decode_revisions(r, work->meta.uid, err);
    struct facts_pile pods = decode_pods(r, &revisions, work->meta.uid, err);
    struct arena *arena = arena_new(512);
    struct kube_view view = {
        .cluster = kube->base.env.config->name,
        .work = work,
        .revisions = (const struct kube_revision *const *)revisions.list,
        .revision_count = revisions.count,
        .pods = (const struct kube_pod *const *)pods.list,
        .pod_count = pods.count,
        .pods_known = true,
        .nodes = r->own_nodes ? &r->nodes : &kube->follow->nodes,
        .nodes_known = true,
        .said = "",
        .utc_ms = clock_utc_ms(clock),
        .now_ms = clock_now_ms(clock),
    };
    if (kube->follow)
        follow_complete(kube->follow, &view, arena);
    const struct service *service = err_failed(err) ? NULL : kube_picture(&view, true);
    snprintf(r->read->revision, sizeof r->read->revision, "%s", work->revision);
    free_facts(&pods);
    free_facts(&revisions);
    arena_free(work->meta.arena);
    arena_free(arena);
    return service;
}

static void begin(void *arg);

static void finish(struct reading *r)
{
    struct kube *kube = op_kube(&r->op);
    driver_read_fn *fn = r->fn;
    void *arg = r->arg;
    struct err err = r->err;
    const struct service *service = NULL;

    if (err.code == ERR_NETWORK && ++r->tries < KUBE_READ_TRIES) {
        api_later(kube, RETRY_MS << r->tries, begin, r);
        return;
    }
    if (err.code == ERR_NONE)
        service = picture(r, &err);
    if (service) {
        keep_read(kube, r->read);
        r->read = NULL;
    }
    op_end(&r->op);
    fn(arg, service, err_or_null(&err));
    service_unref(service);
}

static void part_done(void *arg, const struct err *err)
{
    struct reading *r = arg;

    if (err && r->err.code == ERR_NONE)
        r->err = *err;
    if (--r->pending == 0)
        finish(r);
}

/* Without nodes nothing counts as lost: what may not be seen is said by the stream. */
static void nodes_done(void *arg, const struct err *err)
{
    part_done(arg, err && err->code != ERR_AUTH ? err : NULL);
}

static void besides_done(void *arg)
{
    struct reading *r = arg;
    struct kube *kube = op_kube(&r->op);
    char text[400];

    kube_beside_sum(&kube->manifest, text, sizeof text);
    if (text[0])
        kube->base.env.sink.event(kube->base.env.sink.arg, r->read->id, text);
    part_done(r, NULL);
}

/* What else the manifest of a start holds is looked at before it is planned. */
static void ask_besides(struct reading *r)
{
    struct kube *kube = op_kube(&r->op);
    const struct kube_manifest *manifest = &kube->manifest;

    if (!manifest->ref[0] || strcmp(manifest->service_id, r->read->id) != 0)
        return;
    for (size_t i = 0; i < manifest->beside_count; i++)
        if (manifest->besides[i].state == BESIDE_UNASKED) {
            r->pending++;
            kube_beside_ask(kube, r->scope, besides_done, r);
            return;
        }
}

static void push(struct pile *pile, json_t *item)
{
    json_t *meta = json_object_get(item, "metadata");

    json_object_del(meta, "managedFields"); /* more than half of it, and nobody asks */
    ARRAY_RESERVE(pile->list, pile->cap, pile->count + 1);
    pile->list[pile->count++] = item;
}

static void on_revision(void *arg, json_t *item)
{
    push(&((struct reading *)arg)->read->revisions, item);
}

static void on_pod(void *arg, json_t *item)
{
    push(&((struct reading *)arg)->read->pods, item);
}

static void on_node(void *arg, json_t *item)
{
    struct reading *r = arg;
    struct err err = {0};
    struct kube_node *node = kube_decode_node(item, &err), *old;

    json_decref(item);
    if (!node && r->err.code == ERR_NONE) {
        err_prefix(&err, "a node");
        r->err = err;
    }
    if (node && (old = map_put(&r->nodes, node->meta.name, node)))
        arena_free(old->meta.arena);
}

static void collect_part(struct reading *r, const char *what, const char *prefix,
                         const char *resource, collect_item_fn *item)
{
    char *path = xasprintf("%s/namespaces/%s/%s", prefix, r->scope, resource);
    char *selector = xasprintf("labelSelector=%s", r->selector);
    const struct collect list = {what, path, selector, item, part_done, r, 0};

    r->pending++;
    collect_start(op_kube(&r->op), &list);
    free(path);
    free(selector);
}

static void on_object(void *arg, const struct http_answer *answer, bool sent,
                      const struct err *failed)
{
    struct reading *r = arg;
    char what[360];

    (void)sent;
    snprintf(what, sizeof what, "reading %s %s/%s", kube_kinds[r->read->kind].word, r->scope,
             r->name);
    r->read->object = api_parse(answer, failed, what, &r->err);
    struct kube_work *work =
        r->read->object ? kube_decode_work(r->read->kind, r->read->object, &r->err) : NULL;
    if (!work) {
        finish(r);
        return;
    }
    free(r->selector);
    r->selector = http_escape(work->selector);
    bool selects = work->selector[0] != '\0';
    arena_free(work->meta.arena);
    r->pending = 1;
    if (selects) {
        bool sets = kube_kinds[r->read->kind].by_replicaset;
        collect_part(r, "listing its revisions", "/apis/apps/v1",
                     sets ? "replicasets" : "controllerrevisions", on_revision);
        collect_part(r, "listing its pods", "/api/v1", "pods", on_pod);
    }
    r->own_nodes = !op_kube(&r->op)->follow || !follow_has_nodes(op_kube(&r->op)->follow);
    if (r->own_nodes) {
        const struct collect nodes = {
            "listing nodes", "/api/v1/nodes", "", on_node, nodes_done, r, 0};
        r->pending++;
        collect_start(op_kube(&r->op), &nodes);
    }
    ask_besides(r);
    part_done(r, NULL);
}

static void begin(void *arg)
{
    struct reading *r = arg;
    const struct kube_kind_info *info = &kube_kinds[r->read->kind];

    r->err = (struct err){0};
    json_decref(r->read->object);
    r->read->object = NULL;
    free_pile(&r->read->revisions);
    free_pile(&r->read->pods);
    api_get(op_kube(&r->op),
            xasprintf("%s/namespaces/%s/%s/%s", info->prefix, r->scope, info->resource, r->name),
            on_object, r);
}

static void not_there(void *arg)
{
    struct reading *r = arg;

    err_set(&r->err, ERR_NOT_FOUND, "'%.200s' is no service of this cluster", r->read->id);
    finish(r);
}

void kube_read_service(struct driver *driver, const char *service_id, driver_read_fn *fn, void *arg)
{
    struct kube *kube = kube_of(driver);
    struct reading *r = xcalloc(1, sizeof *r);

    r->fn = fn;
    r->arg = arg;
    r->read = xcalloc(1, sizeof *r->read);
    r->read->id = xstrdup(service_id);
    api_op_begin(kube, &r->op, drop_reading);
    if (kube_parse_id(service_id, &r->read->kind, r->scope, r->name))
        begin(r);
    else
        api_later(kube, 0, not_there, r);
}

bool kube_describe(struct driver *driver, const char *service_id,
                   const struct driver_manifest *manifest, char artifact[DRIVER_ARTIFACT],
                   struct err *err)
{
    struct kube *kube = kube_of(driver);

    kube_manifest_release(&kube->manifest);
    if (!kube_manifest_read(&kube->manifest, service_id, manifest->file, manifest->text,
                            manifest->len, err))
        return false;
    snprintf(artifact, DRIVER_ARTIFACT, "%s", kube->manifest.ref);
    return true;
}

/* The template that a start asks for beside the image: of the manifest that it named, or the one
 * that the same release was begun with. Borrowed; NULL: none, or err. */
static const json_t *asked_template(const struct kube *kube, const struct kube_workload *w,
                                    const char *id, const json_t *memo, struct action *action,
                                    struct err *err)
{
    const struct kube_manifest *manifest = &kube->manifest;
    const char *image;

    if (action->verb != VERB_START)
        return NULL;
    if (strncmp(action->artifact, KUBE_MANIFEST, strlen(KUBE_MANIFEST)) != 0) {
        const json_t *next = json_object_get(memo, MEMO_NEXT);
        bool same =
            next && strcmp(kube_raw(memo, MEMO_TO), action->to) == 0 &&
            (!action->artifact[0] || strcmp(kube_template_image(next), action->artifact) == 0);
        return same ? next : NULL;
    }
    if (!manifest->ref[0] || strcmp(manifest->ref, action->artifact) != 0 ||
        strcmp(manifest->service_id, id) != 0) {
        err_set(err, ERR_CONFLICT,
                "the manifest of this start is not known any more: name it again");
        return NULL;
    }
    struct arena *arena = arena_new(1024);
    bool ok = kube_manifest_check(manifest, w, action->to, arena, &image, err);
    if (ok)
        snprintf(action->artifact, sizeof action->artifact, "%s", image);
    arena_free(arena);
    return ok ? kube_at(manifest->object, "spec/template") : NULL;
}

bool kube_plan_slot(struct driver *driver, const struct service *service, const json_t *memo,
                    struct action *action, json_t **new_memo, struct err *err)
{
    struct kube_workload w;
    struct err why = {0};

    if (!kube_read_kept(kube_of(driver), service->id, service->revision, &w))
        return err_set(err, ERR_CONFLICT, "%s has not been read just now; look again",
                       service->name);
    const json_t *next = asked_template(kube_of(driver), &w, service->id, memo, action, &why);
    if (why.code != ERR_NONE)
        return err_set(err, why.code, "%s", why.text);
    if (!kube_plan(&w, memo, action, new_memo, err))
        return false;
    if (next && new_memo && *new_memo)
        json_object_set_new(*new_memo, MEMO_NEXT, json_deep_copy(next));
    return true;
}

bool kube_settled_slot(struct driver *driver, const struct service *service,
                       const struct action *action)
{
    struct kube_workload w;

    return kube_read_kept(kube_of(driver), service->id, service->revision, &w) &&
           kube_settled(&w, action, NULL);
}
