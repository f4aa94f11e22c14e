/* sketch.c: see sketch.h. */
#include "tui/sketch.h"

#include "base/mem.h"
#include "board/undo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Frames own everything through one arena; services have their own. */
struct frame *sketch_frame(void)
{
    struct arena *arena = arena_new(1 << 16);
    struct frame *frame = arena_alloc(arena, 1, sizeof *frame);

    frame->arena = arena;
    frame->refs = 1;
    frame->seq = 1;
    frame->now_ms = FRAMES_NOW_MS;
    frame->utc_ms = FRAMES_UTC_MS;
    frame->snapshot = arena_alloc(arena, 1, sizeof *frame->snapshot);
    frame->synced = true;
    frame->notice = frame->caption = "";
    return frame;
}

void frames_free(struct frame *frame)
{
    for (size_t i = 0; i < frame->row_count; i++)
        service_unref(frame->rows[i]->service);
    arena_free(frame->arena);
}

static int compare_nodes(const void *left, const void *right)
{
    const struct node *a = left, *b = right;
    int by_cluster = strcmp(a->cluster, b->cluster);

    return by_cluster ? by_cluster : strcmp(a->id, b->id);
}

void sketch_nodes(struct frame *frame, struct node *nodes, size_t count)
{
    struct snapshot *snapshot = (struct snapshot *)(uintptr_t)frame->snapshot;

    qsort(nodes, count, sizeof *nodes, compare_nodes);
    snapshot->nodes = nodes;
    snapshot->node_count = count;
}

/* `count` reporting nodes "<stem>1" … of one cluster. */
size_t sketch_reporting(struct frame *frame, struct node *nodes, size_t at, const char *cluster,
                        const char *stem, unsigned count)
{
    for (unsigned i = 1; i <= count; i++)
        nodes[at++] = (struct node){
            .cluster = cluster,
            .id = arena_printf(frame->arena, "%s-id-%u", stem, i),
            .name = arena_printf(frame->arena, "%s-%u", stem, i),
            .state = NODE_REPORTING,
            .state_utc_ms = FRAMES_UTC_MS - DAY,
            .note = "",
        };
    return at;
}

/* Spreads the counts of one version over the nodes of its cluster, round robin. */
static void place(struct service *service, const struct frame *frame, uint32_t version)
{
    const struct version_count *counts = &service->versions[version];
    const struct snapshot *snapshot = frame->snapshot;
    size_t first = 0, nodes = 0, turn = version * 3;

    while (first < snapshot->node_count &&
           strcmp(snapshot->nodes[first].cluster, service->cluster) != 0)
        first++;
    while (first + nodes < snapshot->node_count &&
           strcmp(snapshot->nodes[first + nodes].cluster, service->cluster) == 0)
        nodes++;
    if (nodes == 0)
        return;
    struct placement *fresh =
        arena_alloc(service->arena, service->placement_count + nodes, sizeof *fresh);
    if (service->placement_count)
        memcpy(fresh, service->placements, service->placement_count * sizeof *fresh);
    struct placement *mine = fresh + service->placement_count;
    for (size_t n = 0; n < nodes; n++)
        mine[n] = (struct placement){.node = snapshot->nodes[first + n].id, .version = version};
    for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
        for (uint32_t i = 0; i < counts->count[s]; i++) {
            size_t at = turn++ % nodes;
            /* Ghosts live on nodes that do not report, and nothing else does. */
            for (size_t tries = 0; tries < nodes; tries++, at = (at + 1) % nodes)
                if ((snapshot->nodes[first + at].state == NODE_REPORTING) == (s != INSTANCE_GHOST))
                    break;
            mine[at].count[s]++;
        }
    size_t kept = service->placement_count;
    for (size_t n = 0; n < nodes; n++) {
        uint32_t sum = 0;
        for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
            sum += mine[n].count[s];
        if (sum)
            fresh[kept++] = mine[n];
    }
    service->placements = fresh;
    service->placement_count = kept;
}

/* The last two that came to serve, 40 s and 52 s after the key of their step. */
static void add_timed(struct service *service, const struct sketch *sketch)
{
    for (uint32_t i = 0; i < 2 && i < sketch->serving[1]; i++)
        service->instances[service->instance_count++] = (struct instance){
            .name = arena_printf(service->arena, "%s-7c9f-s%u", sketch->name, i),
            .node = "",
            .version = 1,
            .state = INSTANCE_SERVING,
            .reason = "",
            .since_utc_ms = FRAMES_UTC_MS - sketch->since_ms / 3 + (40 + 12 * i) * SECOND};
}

static void add_troubles(struct service *service, const struct sketch *sketch)
{
    service->instances = arena_alloc(service->arena, sketch->failing + 3, sizeof(struct instance));
    for (size_t p = 0; p < service->placement_count; p++)
        for (uint32_t i = 0; i < service->placements[p].count[INSTANCE_FAILING]; i++)
            service->instances[service->instance_count++] = (struct instance){
                .name = arena_printf(service->arena, "%s-7c9f-%c%zu", sketch->name,
                                     (char)('b' + service->instance_count),
                                     service->instance_count + 2),
                .node = service->placements[p].node,
                .version = service->placements[p].version,
                .state = INSTANCE_FAILING,
                .reason = sketch->why,
                .since_utc_ms = FRAMES_UTC_MS - sketch->since_ms + 2 * SECOND,
            };
}

static const struct service *make_service(const struct frame *frame, const struct sketch *sketch)
{
    struct service *service = service_new();
    struct arena *arena = service->arena;
    bool moves = sketch->to[0] != '\0';

    service->cluster = arena_strdup(arena, sketch->cluster);
    service->name = arena_strdup(arena, sketch->name);
    service->id = arena_printf(arena, "%s.id", sketch->name);
    service->scope = arena_strdup(arena, sketch->scope);
    service->kind = arena_strdup(arena, sketch->kind);
    service->owner = arena_strdup(arena, sketch->owner);
    service->wants = arena_strdup(arena, moves ? sketch->to : sketch->from);
    service->artifact =
        arena_printf(arena, "registry.example.org/%s:%s", sketch->name, service->wants);
    service->versions = arena_alloc(arena, 2, sizeof *service->versions);
    service->version_count = moves ? 2 : 1;
    service->versions[0] = (struct version_count){
        .version = arena_strdup(arena, sketch->from),
        .digest = "",
        .count = {[INSTANCE_SERVING] = sketch->serving[0], [INSTANCE_GHOST] = sketch->ghosts}};
    if (moves)
        service->versions[1] =
            (struct version_count){.version = service->wants,
                                   .digest = "",
                                   .count = {[INSTANCE_SERVING] = sketch->serving[1],
                                             [INSTANCE_STARTING] = sketch->starting,
                                             [INSTANCE_FAILING] = sketch->failing}};
    for (uint32_t v = 0; v < service->version_count; v++)
        place(service, frame, v);
    add_troubles(service, sketch);
    if (moves && sketch->failing && sketch->serving[1])
        add_timed(service, sketch);
    service->replicas = sketch->serving[0] + sketch->serving[1] + sketch->starting +
                        sketch->failing + sketch->ghosts;
    service->reason = arena_strdup(arena, sketch->why);
    service->since_utc_ms = sketch->since_ms < 0 ? -1 : FRAMES_UTC_MS - sketch->since_ms;
    return service_seal(service);
}

static struct release *make_release(struct arena *arena, const struct sketch *sketch,
                                    uint32_t replicas)
{
    struct release *release = arena_alloc(arena, 1, sizeof *release);
    bool back = sketch->state == BOARD_ROLLING_BACK;
    uint32_t have = sketch->serving[1] + sketch->starting + sketch->failing;

    release->stage = back ? STAGE_ROLLING_BACK : sketch->step > 1 ? STAGE_WAVE : STAGE_CANARY;
    release->paused = sketch->state == BOARD_HELD;
    release->target = have;
    release->replicas = replicas;
    release->since_utc_ms = FRAMES_UTC_MS - sketch->since_ms;
    release->stage_utc_ms = FRAMES_UTC_MS - sketch->since_ms / 3;
    snprintf(release->from, sizeof release->from, "%s", sketch->from);
    snprintf(release->to, sizeof release->to, "%s", sketch->to);
    snprintf(release->by, sizeof release->by, "%s", sketch->by);
    return release;
}

struct verdict sketch_verdict(struct arena *arena, enum rule_id rule, enum answer answer)
{
    struct verdict verdict = {.answer = answer, .warning = ""};
    struct finding *first = arena_alloc(arena, 1, sizeof *first);

    for (unsigned r = 0; r < RULE_COUNT; r++)
        verdict.findings[r] = (struct finding){
            .rule = (enum rule_id)r,
            .answer = r == RULE_RL || r == RULE_R3 ? ANSWER_ALLOW : ANSWER_NOT_EVALUATED,
            .sentence = "",
            .way_out = ""};
    if (answer == ANSWER_ALLOW)
        return verdict;
    *first = (struct finding){.rule = rule, .answer = answer, .sentence = "", .way_out = ""};
    verdict.findings[rule] = *first;
    verdict.first = first;
    return verdict;
}

static void allow(struct row *row, enum verb verb, uint32_t to_count, const char *effect)
{
    row->option[verb] =
        (struct option){.offered = true,
                        .allowed = true,
                        .effect = effect,
                        .to_count = to_count,
                        .verdict = sketch_verdict(row->arena, RULE_R0, ANSWER_ALLOW)};
}

/* What the keys say in the state of the sketch, in the words the engine uses. */
static void offer(struct row *row, const struct sketch *sketch)
{
    struct arena *arena = row->arena;
    uint32_t all = row->service->replicas, on = sketch->serving[1] + sketch->failing;

    for (unsigned v = 0; v < VERB_COUNT; v++)
        row->option[v].effect = "";
    if (!sketch->to[0])
        return;
    bool back = sketch->state == BOARD_ROLLING_BACK;
    const char *old = back ? sketch->to : sketch->from;
    const char *fresh = back ? sketch->from : sketch->to;
    uint32_t next = row->step < row->steps ? row->step_at[row->step] : all;
    allow(row, VERB_STEP, next,
          arena_printf(arena, "%u of %u on %s (now %u, %u more)", next, all, fresh, on, next - on));
    allow(row, VERB_PAUSE, on, arena_printf(arena, "stands at %u of %u on %s", on, all, fresh));
    allow(row, VERB_ROLLBACK, all, arena_printf(arena, "back to %s: %u of %u", old, on, all));
    struct option *step = &row->option[VERB_STEP];
    if (back) {
        *step = (struct option){.effect = ""};
        row->option[VERB_ROLLBACK].allowed = false;
        row->option[VERB_ROLLBACK].effect = "it is rolling back already";
    } else if (sketch->state == BOARD_HELD) {
        step->allowed = false;
        step->effect = "paused by oncall2: R goes on";
        row->option[VERB_PAUSE] = (struct option){.effect = ""};
        allow(row, VERB_RESUME, on, "S steps again");
    } else if (sketch->starting) {
        step->allowed = false;
        step->effect = sketch->by[0]
                           ? arena_printf(arena,
                                          "wait: %s stepped to %u of %u at 14:31:58, 1 is starting "
                                          "or stopping",
                                          sketch->by, on, all)
                           : "wait: 1 instance is still starting or stopping";
    } else if (sketch->failing && sketch->state == BOARD_FAILED) {
        step->allowed = false;
        step->effect = arena_printf(arena, "%u on %s failing; U goes back", sketch->failing, fresh);
    }
    for (unsigned v = 0; v < VERB_COUNT && sketch->state == BOARD_STALE; v++)
        if (row->option[v].offered) {
            row->option[v].allowed = false;
            row->option[v].effect = "the cluster does not answer; nothing is sent on old news";
        }
}

static struct row *make_row(const struct frame *frame, const struct sketch *sketch)
{
    struct row *row = arena_alloc(frame->arena, 1, sizeof *row);

    row->arena = frame->arena;
    row->refs = 1;
    row->service = make_service(frame, sketch);
    row->state = sketch->state;
    row->from = sketch->from;
    row->to = sketch->to;
    row->have = sketch->serving[sketch->to[0] != '\0'];
    row->want = row->service->replicas;
    row->step = sketch->step;
    for (size_t i = 0; i < ARRAY_LEN(sketch->step_at) && sketch->step_at[i]; i++)
        row->step_at[row->steps++] = sketch->step_at[i];
    row->ghosts = sketch->ghosts;
    row->why = sketch->why;
    row->by = sketch->by;
    row->since_utc_ms = row->service->since_utc_ms;
    row->drift = "";
    row->floor = (struct floor_view){.now = "", .after = ""};
    row->glass = (struct glass_view){.rules = "", .reason = "", .by = "", .second = ""};
    row->stable_since_utc_ms = row->stable_left_ms = -1;
    row->stages.profile = "";
    if (sketch->to[0])
        row->release = make_release(frame->arena, sketch, row->service->replicas);
    offer(row, sketch);
    const char *fresh = sketch->state == BOARD_ROLLING_BACK ? sketch->from : sketch->to;
    const char *old = sketch->state == BOARD_ROLLING_BACK ? sketch->to : sketch->from;
    if (row->option[VERB_ROLLBACK].offered)
        row->undo = board_undo(row->service, row->release, fresh, old);
    return row;
}

void sketch_rows(struct frame *frame, const struct sketch *sketches, size_t count)
{
    const struct row **rows = arena_alloc(frame->arena, count, sizeof *rows);

    for (size_t i = 0; i < count; i++)
        rows[i] = make_row(frame, &sketches[i]);
    frame->rows = rows;
    frame->row_count = count;
}

struct row *frames_row(struct frame *frame, const char *cluster, const char *name)
{
    for (size_t i = 0; i < frame->row_count; i++)
        if (strcmp(frame->rows[i]->service->cluster, cluster) == 0 &&
            strcmp(frame->rows[i]->service->name, name) == 0)
            return (struct row *)(uintptr_t)frame->rows[i];
    return NULL;
}
