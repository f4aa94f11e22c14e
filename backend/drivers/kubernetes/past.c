/* past.c: see past.h. */
#include "drivers/kubernetes/past.h"

#include "base/text.h"
#include "drivers/kubernetes/decode.h"
#include "drivers/kubernetes/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NUMBERS_MAX = 64,      /* times that one template was asked for again */
    EVENT_NEAR_MS = 10000, /* the first growth after a template was asked for */
    DONE_SLACK_MS = 2000,  /* times of the server are whole seconds */
};

struct work {
    const char *uid, *scope, *name, *by, *cause;
    enum kube_kind kind;
    uint32_t replicas;
    int64_t done_utc_ms;
};

struct revision {
    const char *uid, *owner_uid, *scope, *name, *hash, *version, *image, *cause;
    int64_t created_utc_ms;
    int64_t number[NUMBERS_MAX]; /* each time, the last one first */
    size_t number_count;
    uint32_t present;
    bool counts;
    struct past_growth *pods, *events; /* `count` is a number of its own in events only */
    size_t pod_count, pod_cap, event_count, event_cap;
};

struct kube_past {
    struct arena *arena;
    const char *cluster;
    struct work *works;
    struct revision **revisions;
    size_t work_count, work_cap, revision_count, revision_cap;
    struct map by_uid, by_name; /* revisions: by uid; by "scope/name" */
    struct past *made;
};

struct kube_past *kube_past_new(const char *cluster)
{
    struct kube_past *past = xcalloc(1, sizeof *past);

    past->arena = arena_new(16384);
    past->cluster = arena_strdup(past->arena, cluster);
    return past;
}

void kube_past_free(struct kube_past *past)
{
    if (!past)
        return;
    for (size_t i = 0; i < past->revision_count; i++) {
        free(past->revisions[i]->pods);
        free(past->revisions[i]->events);
    }
    map_free(&past->by_uid);
    map_free(&past->by_name);
    free(past->works);
    free(past->revisions);
    arena_free(past->arena);
    free(past);
}

static const char *cause_of(struct kube_past *past, const json_t *object)
{
    return kube_clean(past->arena, kube_annotation(object, "kubernetes.io/change-cause"), 200);
}

/* When its controller last said that all of it is there, and has not begun anew since. */
static int64_t done_of(const json_t *object)
{
    const json_t *progressing = kube_condition(object, "Progressing");

    return strcmp(kube_raw(progressing, "reason"), "NewReplicaSetAvailable") == 0
               ? kube_time(progressing, "lastUpdateTime")
               : -1;
}

void kube_past_work(struct kube_past *past, enum kube_kind kind, const json_t *object)
{
    struct err ignored = {0};
    struct kube_work *work = kube_decode_work(kind, object, &ignored);

    if (!work)
        return;
    ARRAY_RESERVE(past->works, past->work_cap, past->work_count + 1);
    past->works[past->work_count++] = (struct work){
        .uid = arena_strdup(past->arena, work->meta.uid),
        .scope = arena_strdup(past->arena, work->meta.scope),
        .name = arena_strdup(past->arena, work->meta.name),
        .by = arena_strdup(past->arena, work->by),
        .cause = cause_of(past, object),
        .kind = kind,
        .replicas = work->replicas,
        .done_utc_ms = done_of(object),
    };
    arena_free(work->meta.arena);
}

/* "1,3": older numbers of the same template. */
static void take_numbers(struct revision *revision, const json_t *object)
{
    const char *text = kube_annotation(object, "deployment.kubernetes.io/revision-history");

    if (!text[0])
        text = kube_annotation(object, "rollout.argoproj.io/revision-history");
    while (*text && revision->number_count < NUMBERS_MAX) {
        size_t len = strspn(text, "0123456789");
        if (len > 0 && len < 10)
            revision->number[revision->number_count++] = strtoll(text, NULL, 10);
        text += len;
        text += strcspn(text, "0123456789");
    }
}

void kube_past_revision(struct kube_past *past, const json_t *object)
{
    struct err ignored = {0};
    struct kube_revision *from = kube_decode_revision(object, &ignored);
    struct arena *arena = past->arena;

    if (!from || !from->meta.owner_uid[0]) {
        arena_free(from ? from->meta.arena : NULL);
        return;
    }
    struct revision *revision = arena_alloc(arena, 1, sizeof *revision);
    *revision = (struct revision){
        .uid = arena_strdup(arena, from->meta.uid),
        .owner_uid = arena_strdup(arena, from->meta.owner_uid),
        .scope = arena_strdup(arena, from->meta.scope),
        .name = arena_strdup(arena, from->meta.name),
        .hash = arena_strdup(arena, from->hash),
        .version = arena_strdup(arena, from->template.version),
        .image = arena_strdup(arena, from->template.image),
        .cause = cause_of(past, object),
        .created_utc_ms = from->meta.created_utc_ms,
        .number = {from->sequence},
        .number_count = from->sequence > 0,
        .present = from->present,
        .counts = from->counts,
    };
    take_numbers(revision, object);
    ARRAY_RESERVE(past->revisions, past->revision_cap, past->revision_count + 1);
    past->revisions[past->revision_count++] = revision;
    map_put(&past->by_uid, revision->uid, revision);
    map_put(&past->by_name, arena_printf(arena, "%s/%s", revision->scope, revision->name),
            revision);
    arena_free(from->meta.arena);
}

static struct revision *by_name(const struct kube_past *past, const char *scope, const char *name)
{
    char key[800];

    snprintf(key, sizeof key, "%s/%s", scope, name);
    return map_get(&past->by_name, key);
}

/* Pods of ReplicaSets are told by their owner; of others by the label with the revision's name, or
 * with what follows the last dash of it. */
static struct revision *of_pod(const struct kube_past *past, const json_t *pod)
{
    const json_t *owners = kube_at(pod, "metadata/ownerReferences"), *owner;
    const char *scope = kube_raw(pod, "metadata/namespace");
    const char *hash = kube_label(pod, "controller-revision-hash");
    char name[400];
    size_t i;

    json_array_foreach(owners, i, owner)
    {
        struct revision *revision = map_get(&past->by_uid, kube_raw(owner, "uid"));
        if (revision)
            return revision;
        if (!hash[0])
            continue;
        snprintf(name, sizeof name, "%s-%s", kube_raw(owner, "name"), hash);
        revision = by_name(past, scope, name);
        return revision ? revision : by_name(past, scope, hash);
    }
    return NULL;
}

void kube_past_pod(struct kube_past *past, const json_t *object)
{
    struct revision *revision = of_pod(past, object);
    const char *phase = kube_raw(object, "status/phase");
    int64_t created = kube_time(object, "metadata/creationTimestamp");

    if (!revision || created < 0 || strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0)
        return;
    ARRAY_RESERVE(revision->pods, revision->pod_cap, revision->pod_count + 1);
    revision->pods[revision->pod_count++] = (struct past_growth){created, 1};
}

/* "Scaled up replica set web-5d9 from 1 to 4", of older servers without "from 1". */
void kube_past_event(struct kube_past *past, const json_t *object)
{
    const char *message = kube_raw(object, "message"), *to = strstr(message, " to ");
    const char *begin = "Scaled up replica set ";
    int64_t at, last = kube_time(object, "lastTimestamp");
    char name[254];

    if (strncmp(message, begin, strlen(begin)) != 0 || !to)
        return;
    while (strstr(to + 1, " to "))
        to = strstr(to + 1, " to ");
    const char *from = message + strlen(begin);
    size_t len = strcspn(from, " ");
    at = kube_time(object, "firstTimestamp");
    if (at < 0)
        at = last >= 0 ? last : kube_time(object, "eventTime");
    if (len == 0 || len >= sizeof name || at < 0)
        return;
    memcpy(name, from, len);
    name[len] = '\0';
    struct revision *revision = by_name(past, kube_raw(object, "involvedObject/namespace"), name);
    unsigned long count = strtoul(to + 4, NULL, 10);
    if (!revision || count == 0 || count > KUBE_REPLICAS_MAX)
        return;
    ARRAY_RESERVE(revision->events, revision->event_cap, revision->event_count + 1);
    revision->events[revision->event_count++] = (struct past_growth){at, (uint32_t)count};
}

/* ---- making ---- */

/* One time that a revision was asked for. */
struct turn {
    const struct revision *revision;
    int64_t number;
    bool first, last; /* of that revision */
};

static int compare_turns(const void *left, const void *right)
{
    const struct turn *a = left, *b = right;

    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return a->revision->created_utc_ms < b->revision->created_utc_ms ? -1 : 1;
}

static int compare_growth(const void *left, const void *right)
{
    const struct past_growth *a = left, *b = right;

    if (a->at_utc_ms != b->at_utc_ms)
        return a->at_utc_ms < b->at_utc_ms ? -1 : 1;
    return a->count < b->count ? -1 : a->count > b->count;
}

static int compare_revisions(const void *left, const void *right)
{
    const struct revision *const *a = left, *const *b = right;

    return strcmp((*a)->owner_uid, (*b)->owner_uid);
}

/* The Events of one rise: from the first template on, and never down again. */
static void grow_by_events(struct kube_past *past, const struct revision *from,
                           struct past_release *out)
{
    struct past_growth *growth = arena_alloc(past->arena, from->event_count, sizeof *growth);
    uint32_t most = 0;

    qsort(from->events, from->event_count, sizeof *from->events, compare_growth);
    for (size_t i = 0; i < from->event_count; i++)
        if (from->events[i].count > most) {
            growth[out->growth_count++] = from->events[i];
            most = from->events[i].count;
        }
    out->growth = growth;
}

static void grow_by_pods(struct kube_past *past, const struct revision *from, int64_t done_utc_ms,
                         struct past_release *out)
{
    struct past_growth *growth = arena_alloc(past->arena, from->pod_count, sizeof *growth);

    qsort(from->pods, from->pod_count, sizeof *from->pods, compare_growth);
    for (size_t i = 0; i < from->pod_count; i++)
        if (done_utc_ms < 0 || from->pods[i].at_utc_ms <= done_utc_ms + DONE_SLACK_MS)
            growth[out->growth_count++] =
                (struct past_growth){from->pods[i].at_utc_ms, (uint32_t)i + 1};
    out->growth = growth;
}

static void grow(struct kube_past *past, const struct work *work, const struct turn *turn,
                 struct past_release *out)
{
    const struct revision *from = turn->revision;
    const struct past_growth *first = from->events;

    if (out->at_utc_ms < 0) /* what runs of it may be from the time before */
        return;
    for (size_t i = 0; i < from->event_count; i++)
        if (from->events[i].at_utc_ms < first->at_utc_ms)
            first = &from->events[i];
    if (first && first->at_utc_ms <= out->at_utc_ms + EVENT_NEAR_MS) {
        grow_by_events(past, from, out);
        out->growth_is_whole = out->growth[out->growth_count - 1].count >= work->replicas;
        return;
    }
    bool known = !from->counts || out->done_utc_ms >= 0;
    if (from->pod_count == 0 || !turn->last || !known)
        return;
    grow_by_pods(past, from, out->done_utc_ms, out);
    out->growth_is_whole = out->growth_count >= work->replicas;
}

static struct past_release release_of(struct kube_past *past, const struct work *work,
                                      const struct turn *turn, bool newest)
{
    const struct revision *from = turn->revision;
    struct past_release out = {
        .version = from->version,
        .artifact = from->image,
        .at_utc_ms = turn->first ? from->created_utc_ms : -1,
        .done_utc_ms = newest ? work->done_utc_ms : -1,
        .by = newest ? work->by : "",
        .cause = from->cause[0] ? from->cause
                 : newest       ? work->cause
                                : "",
        .running = turn->last ? (from->counts ? from->present : (uint32_t)from->pod_count) : 0,
    };

    grow(past, work, turn, &out);
    return out;
}

/* Of a ControllerRevision that was asked for again only the last number is left: it is higher than
 * that of one which was made later. */
static bool is_back(const struct revision *one, struct revision *const *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!one->counts && all[i]->created_utc_ms > one->created_utc_ms && one->number_count &&
            all[i]->number_count && all[i]->number[0] < one->number[0])
            return true;
    return false;
}

static void make_one(struct kube_past *past, const struct work *work, struct revision *const *all,
                     size_t count, struct past *out)
{
    struct turn *turns = arena_alloc(past->arena, count * NUMBERS_MAX + 1, sizeof *turns);
    size_t turn_count = 0;
    int64_t highest = 0;

    for (size_t i = 0; i < count; i++) {
        const struct revision *from = all[i];
        size_t numbers = from->number_count ? from->number_count : 1;
        for (size_t n = 0; n < numbers; n++) {
            int64_t number = from->number_count ? from->number[n] : 0, lowest = number;
            for (size_t k = 0; k < from->number_count; k++)
                lowest = from->number[k] < lowest ? from->number[k] : lowest;
            turns[turn_count++] =
                (struct turn){from, number, number == lowest && !is_back(from, all, count), n == 0};
            highest = number > highest ? number : highest;
        }
    }
    qsort(turns, turn_count, sizeof *turns, compare_turns);
    struct past_release *releases = arena_alloc(past->arena, turn_count + 1, sizeof *releases);
    for (size_t i = 0; i < turn_count; i++)
        releases[i] = release_of(past, work, &turns[i], i + 1 == turn_count);
    *out = (struct past){
        .cluster = past->cluster,
        .service_id = kube_service_id(past->arena, work->kind, work->scope, work->name),
        .name = work->name,
        .scope = work->scope,
        .kind = kube_kinds[work->kind].word,
        .replicas = work->replicas,
        .release = releases,
        .release_count = turn_count,
        .missing = highest > (int64_t)turn_count ? (size_t)highest - turn_count : 0,
    };
}

const struct past *kube_past_make(struct kube_past *past, size_t *count)
{
    past->made = arena_alloc(past->arena, past->work_count + 1, sizeof *past->made);
    if (past->revision_count > 1)
        qsort(past->revisions, past->revision_count, sizeof(struct revision *), compare_revisions);
    for (size_t i = 0; i < past->work_count; i++) {
        const struct work *work = &past->works[i];
        struct revision key = {.owner_uid = work->uid}, *key_at = &key, **found = NULL;
        size_t from = 0, to;
        if (past->revision_count > 0)
            found = bsearch(&key_at, past->revisions, past->revision_count,
                            sizeof(struct revision *), compare_revisions);
        if (found) {
            from = (size_t)(found - past->revisions);
            while (from > 0 && strcmp(past->revisions[from - 1]->owner_uid, work->uid) == 0)
                from--;
        }
        for (to = from; found && to < past->revision_count &&
                        strcmp(past->revisions[to]->owner_uid, work->uid) == 0;)
            to++;
        make_one(past, work, found ? past->revisions + from : NULL, to - from, &past->made[i]);
    }
    *count = past->work_count;
    return past->made;
}
