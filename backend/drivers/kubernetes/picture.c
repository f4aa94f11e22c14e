/* picture.c: the facts of one service.
 *
 * Where pods are followed, they alone are counted; at rest the ReplicaSets' own numbers do,
 * together with what may still run on nodes that do not report. */
#include "drivers/kubernetes/picture.h"

#include "base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { YOUNG_MS = 5000, PROBE_PATIENCE_MS = 120000 };

struct draft {
    const struct kube_view *view;
    const struct kube_revision *fresh;
    struct service *service;
    size_t version_cap, placement_cap, instance_cap;
    /* Grown on the heap, copied into the arena at the end. */
    struct version_count *versions;
    struct placement *placements;
    struct instance *instances;
    struct kube_tally tally;
    /* Why something does not serve: [0] of what is asked for, [1] of others. */
    struct {
        unsigned rank;
        const char *text;
        uint32_t pods;
    } worst[2];
    bool dirty; /* something that lives is not of the wanted version */
};

bool kube_node_is_lost(const struct kube_view *view, const char *name)
{
    const struct kube_node *node = view->nodes ? map_get(view->nodes, name) : NULL;

    if (!name[0])
        return false;
    return node ? node->ready == KUBE_NODE_SILENT : view->nodes_known;
}

/* Its volumes or its sandbox do not come. */
static bool waits_long(const struct kube_view *view, const struct kube_pod *pod)
{
    return view->utc_ms - pod->meta.created_utc_ms > PROBE_PATIENCE_MS;
}

/* It was ready once and is no more, or had its time to become so. */
static bool probe_fails(const struct kube_view *view, const struct kube_pod *pod)
{
    if (pod->begun_utc_ms < 0)
        return false;
    return pod->ready_utc_ms > pod->begun_utc_ms + YOUNG_MS ||
           view->utc_ms - pod->begun_utc_ms > PROBE_PATIENCE_MS;
}

bool kube_classify(const struct kube_view *view, const struct kube_pod *pod,
                   enum instance_state *out)
{
    if (pod->phase == KUBE_ENDED)
        return false;
    if (kube_node_is_lost(view, pod->node))
        *out = INSTANCE_GHOST;
    else if (pod->terminating)
        *out = INSTANCE_STOPPING;
    else if (pod->ready)
        *out = INSTANCE_SERVING;
    else if (pod->rank >= KUBE_RANK_SCHEDULE ||
             (pod->rank == KUBE_RANK_WAIT && waits_long(view, pod)) ||
             (pod->rank == KUBE_RANK_PROBE && probe_fails(view, pod)))
        *out = INSTANCE_FAILING;
    else
        *out = INSTANCE_STARTING;
    return true;
}

const struct kube_revision *kube_view_of_pod(const struct kube_view *view,
                                             const struct kube_pod *pod)
{
    for (size_t i = 0; i < view->revision_count; i++) {
        const struct kube_revision *revision = view->revisions[i];
        if (strcmp(pod->meta.owner_uid, revision->meta.uid) == 0)
            return revision;
        /* StatefulSets label pods with the revision's name, DaemonSets with its hash. */
        if (!revision->counts && pod->hash[0] &&
            (strcmp(pod->hash, revision->meta.name) == 0 || strcmp(pod->hash, revision->hash) == 0))
            return revision;
    }
    return NULL;
}

static bool is_new(const struct kube_work *work, const struct kube_revision *revision)
{
    switch (work->kind) {
    case KUBE_STATEFULSET:
        return work->observed && strcmp(revision->meta.name, work->new_revision) == 0;
    case KUBE_ROLLOUT:
        return revision->hash[0] && strcmp(revision->hash, work->new_revision) == 0;
    case KUBE_DEPLOYMENT:
    case KUBE_DAEMONSET:
    case KUBE_KIND_COUNT:
        break;
    }
    return strcmp(revision->template.hash, work->template.hash) == 0;
}

const struct kube_revision *kube_view_new(const struct kube_view *view)
{
    const struct kube_work *work = view->work;
    const struct kube_revision *found = NULL, *by_number = NULL;

    for (size_t i = 0; i < view->revision_count; i++) {
        const struct kube_revision *revision = view->revisions[i];
        if (is_new(work, revision) && (!found || revision->sequence > found->sequence))
            found = revision;
        if (work->sequence && revision->sequence == work->sequence)
            by_number = revision;
    }
    /* A server that was upgraded writes defaults into old templates: then the number tells. */
    if (!found && work->kind == KUBE_DEPLOYMENT && work->observed && work->hold != KUBE_PAUSED)
        found = by_number;
    return found;
}

static uint32_t find_version(struct draft *draft, const struct kube_template_facts *facts)
{
    struct service *service = draft->service;
    size_t i = 0;

    assert(draft->versions || service->version_count == 0);
    while (i < service->version_count && strcmp(draft->versions[i].version, facts->version) != 0)
        i++;
    if (i == service->version_count) {
        ARRAY_RESERVE(draft->versions, draft->version_cap, ++service->version_count);
        draft->versions[i] = (struct version_count){
            .version = arena_strdup(service->arena, facts->version),
            .digest = arena_strdup(service->arena, facts->digest),
        };
    }
    return (uint32_t)i;
}

static struct placement *find_placement(struct draft *draft, const char *node, uint32_t version)
{
    struct service *service = draft->service;

    for (size_t i = 0; i < service->placement_count; i++)
        if (draft->placements[i].version == version && strcmp(draft->placements[i].node, node) == 0)
            return &draft->placements[i];
    size_t i = service->placement_count++;
    ARRAY_RESERVE(draft->placements, draft->placement_cap, service->placement_count);
    draft->placements[i] = (struct placement){
        .node = arena_strdup(service->arena, node),
        .version = version,
    };
    return &draft->placements[i];
}

static int64_t since_of(const struct kube_pod *pod, enum instance_state state)
{
    int64_t at = state == INSTANCE_SERVING    ? pod->ready_utc_ms
                 : state == INSTANCE_STOPPING ? pod->delete_utc_ms
                                              : pod->begun_utc_ms;

    return at >= 0 ? at : pod->meta.created_utc_ms;
}

static const char *instance_reason(struct draft *draft, const struct kube_pod *pod,
                                   enum instance_state state)
{
    struct arena *arena = draft->service->arena;
    const struct kube_node *node;

    switch (state) {
    case INSTANCE_GHOST:
        node = draft->view->nodes ? map_get(draft->view->nodes, pod->node) : NULL;
        return arena_printf(arena, "may still run: node %s %s", pod->node,
                            node && !node->removed ? "does not report"
                                                   : "was removed while it was lost");
    case INSTANCE_SERVING:
    case INSTANCE_STOPPING:
        return "";
    case INSTANCE_STARTING:
    case INSTANCE_FAILING:
    case INSTANCE_STATE_COUNT:
        break;
    }
    return arena_strdup(arena, pod->reason);
}

static void tally_pod(struct draft *draft, const struct kube_pod *pod, enum instance_state state,
                      bool fresh)
{
    struct kube_tally *tally = &draft->tally;

    if (state == INSTANCE_GHOST) { /* the engine counts it until it has deleted it */
        tally->fresh += fresh && !pod->terminating;
        return;
    }
    if (state == INSTANCE_STOPPING) {
        tally->leaving++;
        return;
    }
    *(fresh ? &tally->fresh : &tally->stale) += 1;
    tally->fresh_ready += fresh && pod->ready;
    tally->starting += state == INSTANCE_STARTING;
    if (state != INSTANCE_FAILING)
        return;
    draft->worst[!fresh].pods++;
    if (pod->rank > draft->worst[!fresh].rank) {
        draft->worst[!fresh].rank = pod->rank;
        draft->worst[!fresh].text = pod->reason;
    }
}

static void add_pod(struct draft *draft, const struct kube_pod *pod)
{
    struct service *service = draft->service;
    const struct kube_revision *of = kube_view_of_pod(draft->view, pod);
    enum instance_state state;

    if (!kube_classify(draft->view, pod, &state))
        return;
    struct kube_template_facts facts = of ? of->template : pod->template;
    if (pod->template.digest[0])
        facts.digest = pod->template.digest;
    uint32_t version = find_version(draft, &facts);
    struct version_count *count = &draft->versions[version];
    count->count[state]++;
    if (!count->digest[0])
        count->digest = arena_strdup(service->arena, facts.digest);
    if (since_of(pod, state) > count->young_utc_ms)
        count->young_utc_ms = since_of(pod, state);
    if (pod->node[0])
        find_placement(draft, pod->node, version)->count[state]++;
    size_t i = service->instance_count++;
    ARRAY_RESERVE(draft->instances, draft->instance_cap, service->instance_count);
    draft->instances[i] = (struct instance){
        .name = arena_strdup(service->arena, pod->meta.name),
        .node = arena_strdup(service->arena, pod->node),
        .version = version,
        .state = state,
        .reason = instance_reason(draft, pod, state),
        .since_utc_ms = since_of(pod, state),
    };
    bool fresh = of ? of == draft->fresh
                    : strcmp(pod->template.version, draft->view->work->template.version) == 0;
    draft->dirty |= strcmp(facts.version, draft->view->work->template.version) != 0;
    tally_pod(draft, pod, state, fresh);
}

static uint32_t less(uint32_t a, uint32_t b)
{
    return a > b ? a - b : 0;
}

/* Numbers of a ReplicaSet, of a version that is not followed by pods; those that may run on
 * silent nodes are not ready and not among them twice. */
static void add_numbers(struct draft *draft, const struct kube_template_facts *facts,
                        uint32_t present, uint32_t ready, uint32_t terminating, bool fresh)
{
    struct kube_tally *tally = &draft->tally;

    if (present + terminating == 0)
        return;
    uint32_t version = find_version(draft, facts);
    uint32_t *count = draft->versions[version].count;
    uint32_t waiting = less(less(present, ready), count[INSTANCE_GHOST]);
    count[INSTANCE_SERVING] += ready;
    count[INSTANCE_STARTING] += waiting;
    count[INSTANCE_STOPPING] += terminating;
    *(fresh ? &tally->fresh : &tally->stale) += present;
    tally->fresh_ready += fresh ? ready : 0;
    tally->starting += waiting;
    tally->leaving += terminating;
    draft->dirty |= strcmp(facts->version, draft->view->work->template.version) != 0;
}

/* What those that are not of the template asked for are of: a StatefulSet says it by name, of a
 * DaemonSet it is the one before. */
static const struct kube_template_facts *old_template(const struct kube_view *view)
{
    const struct kube_revision *best = NULL;

    for (size_t i = 0; i < view->revision_count; i++) {
        const struct kube_revision *revision = view->revisions[i];
        if (strcmp(revision->meta.name, view->work->old_revision) == 0)
            return &revision->template;
        if (strcmp(revision->template.hash, view->work->template.hash) != 0 &&
            (!best || revision->sequence > best->sequence))
            best = revision;
    }
    return best ? &best->template : &view->work->template;
}

/* At rest: what the objects themselves say about their pods. */
static void add_status(struct draft *draft)
{
    const struct kube_view *view = draft->view;
    const struct kube_work *work = view->work;
    bool counted = false;

    for (size_t i = 0; i < view->revision_count; i++) {
        const struct kube_revision *revision = view->revisions[i];
        uint32_t known =
            revision->present > revision->wanted ? revision->present : revision->wanted;
        counted |= revision->counts;
        add_numbers(draft, &revision->template, known, revision->ready, revision->terminating,
                    revision == draft->fresh);
    }
    if (counted || work->kind == KUBE_DEPLOYMENT)
        return;
    uint32_t updated = work->updated < work->present ? work->updated : work->present;
    uint32_t ready = work->ready < updated ? work->ready : updated;
    add_numbers(draft, &work->template, updated, ready, 0, true);
    add_numbers(draft, old_template(view), work->present - updated, less(work->ready, ready), 0,
                false);
}

static void add_all(struct draft *draft)
{
    const struct kube_view *view = draft->view;

    find_version(draft, &view->work->template);
    for (size_t i = 0; i < view->pod_count; i++)
        add_pod(draft, view->pods[i]);
    if (!view->pods_known && !view->deleted)
        add_status(draft);
    for (size_t i = 0; i < view->revision_count; i++) {
        const struct kube_revision *revision = view->revisions[i];
        draft->tally.unsettled |= revision->counts && revision->wanted != revision->present;
    }
    if (view->work->kind == KUBE_STATEFULSET && view->work->present != view->work->replicas)
        draft->tally.unsettled = true;
}

/* The one before: what runs beside it, else the template before it by number. */
static const char *version_before(const struct draft *draft)
{
    const struct kube_view *view = draft->view;
    const char *wants = view->work->template.version;
    const struct kube_revision *best = NULL;

    for (size_t i = 0; i < view->revision_count; i++) {
        const struct kube_revision *revision = view->revisions[i];
        bool runs = revision->present > 0, best_runs = best && best->present > 0;
        if (revision == draft->fresh || strcmp(revision->template.version, wants) == 0)
            continue;
        if (!best || runs > best_runs || (runs == best_runs && revision->sequence > best->sequence))
            best = revision;
    }
    return best ? best->template.version : "";
}

static void judge_trouble(struct draft *draft)
{
    const struct kube_work *work = draft->view->work;
    struct service *service = draft->service;
    const char *failure = work->failure;
    unsigned side = draft->worst[0].pods ? 0 : 1;

    if (!failure[0] && draft->fresh && draft->fresh->failure[0])
        failure = draft->fresh->failure;
    if (work->unreadable[0]) {
        service->reason =
            arena_printf(service->arena, "its object cannot be read: %s", work->unreadable);
    } else if (failure[0]) {
        service->reason = arena_printf(service->arena, "pods cannot be created: %s", failure);
    } else if (draft->worst[side].pods) {
        uint32_t pods = draft->worst[side].pods;
        const char *said = draft->view->said;
        bool weak = draft->worst[side].rank <= KUBE_RANK_WAIT && said[0];
        service->reason = pods > 1
                              ? arena_printf(service->arena, "%s (%u pods)",
                                             weak ? said : draft->worst[side].text, pods)
                              : arena_strdup(service->arena, weak ? said : draft->worst[side].text);
    } else if (work->stalled[0] && service->motion != MOTION_NONE) {
        const char *said = draft->view->said;
        service->reason = arena_strdup(service->arena, said[0] ? said : work->stalled);
    } else if (draft->view->said[0] && draft->tally.unsettled) {
        service->reason = arena_strdup(service->arena, draft->view->said);
    }
    if (service->reason[0] || work->gave_up)
        service->trouble = work->gave_up ? TROUBLE_FAILED : TROUBLE_STUCK;
}

static void *keep(struct arena *arena, void *heap, size_t count, size_t size)
{
    void *kept = arena_alloc(arena, count + 1, size);

    if (count > 0)
        memcpy(kept, heap, count * size);
    free(heap);
    return kept;
}

static void add_launchers(struct draft *draft)
{
    const struct kube_view *view = draft->view;
    struct service *service = draft->service;
    struct arena *arena = service->arena;

    service->launchers = arena_alloc(arena, view->cron_count + 1, sizeof *service->launchers);
    if (service->motion != MOTION_NONE || draft->dirty)
        service->launchers[service->launcher_count++] =
            (struct launcher){LAUNCHER_SPEC, service->wants};
    for (size_t i = 0; i < view->cron_count; i++)
        service->launchers[service->launcher_count++] = (struct launcher){
            arena_printf(arena, "cronjob %s", view->crons[i]->meta.name),
            arena_strdup(arena, view->crons[i]->template.version),
        };
}

static void keep_all(struct draft *draft, bool with_instances)
{
    struct service *service = draft->service;

    if (!with_instances && service->motion == MOTION_NONE && service->trouble == TROUBLE_NONE)
        service->instance_count = 0;
    service->versions =
        keep(service->arena, draft->versions, service->version_count, sizeof *draft->versions);
    service->placements = keep(service->arena, draft->placements, service->placement_count,
                               sizeof *draft->placements);
    service->instances =
        keep(service->arena, draft->instances, service->instance_count, sizeof *draft->instances);
    add_launchers(draft);
}

static void copy_identity(struct service *service, const struct kube_view *view)
{
    const struct kube_work *work = view->work;
    struct arena *arena = service->arena;
    const char **marks = arena_alloc(arena, work->mark_count + 1, sizeof *marks);

    service->cluster = arena_strdup(arena, view->cluster);
    service->id = kube_service_id(arena, work->kind, work->meta.scope, work->meta.name);
    service->name = arena_strdup(arena, work->meta.name);
    service->scope = arena_strdup(arena, work->meta.scope);
    service->kind = kube_kinds[work->kind].word;
    service->owner = arena_strdup(arena, work->owner);
    service->revision = arena_strdup(arena, work->revision);
    service->spec_digest = arena_strdup(arena, view->deleted ? "deleted" : work->target_hash);
    service->wants = arena_strdup(arena, work->template.version);
    service->artifact = arena_strdup(arena, work->template.image);
    service->contract = arena_strdup(arena, work->contract);
    for (size_t i = 0; i < work->mark_count; i++)
        marks[i] = arena_strdup(arena, work->marks[i]);
    service->marks = marks;
    service->mark_count = work->mark_count;
    service->per_node = work->kind == KUBE_DAEMONSET;
    service->replicas = view->deleted ? 0 : work->replicas;
    service->observed_ms = view->now_ms;
}

/* Since this template was asked for, not since the last step of it. */
static int64_t begun(const struct draft *draft)
{
    const struct kube_revision *fresh = draft->fresh;

    if (fresh && !fresh->reused && fresh->meta.created_utc_ms >= 0)
        return fresh->meta.created_utc_ms;
    return draft->view->work->set_utc_ms;
}

const struct service *kube_picture(const struct kube_view *view, bool with_instances)
{
    struct draft draft = {.view = view, .fresh = kube_view_new(view), .service = service_new()};
    struct service *service = draft.service;

    copy_identity(service, view);
    add_all(&draft);
    service->was = arena_strdup(service->arena, version_before(&draft));
    service->motion = kube_motion(view, draft.fresh, &draft.tally);
    if (service->motion != MOTION_NONE) {
        service->since_utc_ms = begun(&draft);
        service->by = arena_strdup(service->arena, view->work->by);
    }
    judge_trouble(&draft);
    keep_all(&draft, with_instances);
    return service_seal(service);
}

struct node kube_node_fact(const char *cluster, const struct kube_node *node)
{
    static const enum node_state states[] = {
        [KUBE_NODE_READY] = NODE_REPORTING,
        [KUBE_NODE_NOT_READY] = NODE_REPORTING,
        [KUBE_NODE_SILENT] = NODE_SILENT,
    };

    return (struct node){
        .cluster = cluster,
        .id = node->meta.name,
        .name = node->meta.name,
        .state = states[node->ready],
        .draining = node->draining || node->ready == KUBE_NODE_NOT_READY,
        .state_utc_ms = node->since_utc_ms,
        .note = node->note,
    };
}
