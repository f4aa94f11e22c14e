/* frames.c: see frames.h. */
#include "tui/frames.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
    NODES_MAX = 64,
    NAME_MAX_BYTES = 253
};
#define DAY (24 * (int64_t)HOUR)

/* One line of a board. Counts: [0] of `from`, [1] of `to`. */
struct sketch {
    const char *cluster, *name, *kind, *scope, *owner;
    enum board_state state;
    const char *from, *to;
    uint32_t serving[2], starting, failing, ghosts;
    uint32_t step, step_at[5];
    const char *why, *by;
    int64_t since_ms;
};

/* clang-format off */
static const struct sketch board[] = {
    {"prod-us", "ledger-writer", "deployment", "ledger", "", BOARD_FAILED, "4.1.7", "4.2.0",
     {5, 0}, 0, 1, 0, 1, {1, 2, 6}, "progress deadline: 1 of 6 updated replicas available",
     "ci-bot", 18 * MINUTE + 40 * SECOND},
    {"prod-eu", "payments-api", "deployment", "payments", "argo-cd", BOARD_STUCK, "2.8.1", "2.9.0",
     {16, 5}, 0, 3, 1, 2, {2, 3, 8, 24},
     "ImagePullBackOff on 3 of 8: \"payments:2.9.0: manifest unknown\"", "oncall1",
     6 * MINUTE + 12 * SECOND},
    {"swarm-1", "edge-proxy", "service", "", "", BOARD_STUCK, "1.14", "1.15", {5, 6}, 1, 0, 0, 2,
     {1, 2, 12}, "no suitable node: insufficient memory on 3 nodes", "oncall3",
     4 * MINUTE + 1 * SECOND},
    {"swarm-1", "mailer", "service", "", "", BOARD_ROLLING_BACK, "2.2", "2.1", {1, 3}, 0, 0, 0, 0,
     {0}, "", "oncall3", 20 * SECOND},
    {"prod-us", "payments-api", "deployment", "payments", "argo-cd", BOARD_MOVING, "2.8.1",
     "2.9.0", {4, 3}, 1, 0, 0, 2, {1, 3, 8}, "", "oncall1", 2 * MINUTE + 15 * SECOND},
    {"prod-us", "recsys", "deployment", "ml", "helm", BOARD_MOVING, "3.3", "3.4", {27, 3}, 0, 0, 0,
     2, {2, 3, 10, 30}, "", "rollbot", 33 * SECOND},
    {"sim", "thumbnailer", "service", "", "", BOARD_MOVING, "0.9", "1.0", {5, 4}, 1, 0, 0, 2,
     {1, 4, 10}, "", "demo", 9 * SECOND},
    {"prod-eu", "cart", "deployment", "shop", "", BOARD_HELD, "7.3.0", "7.4.0", {13, 7}, 0, 0, 0, 3,
     {1, 2, 7, 20}, "paused by oncall2: waiting for the data team", "oncall2",
     41 * MINUTE + 9 * SECOND},
    {"prod-eu", "auth", "deployment", "auth", "", BOARD_STEADY, "5.0.2", "", {10, 0}, 0, 0, 0, 0,
     {0}, "", "ci-bot", 2 * DAY + 4 * HOUR},
    {"prod-eu", "billing", "deployment", "billing", "", BOARD_STEADY, "9.9.1", "", {12, 0}, 0, 0, 0,
     0, {0}, "", "ci-bot", 3 * DAY + 19 * HOUR},
    {"prod-eu", "catalog", "statefulset", "shop", "", BOARD_STEADY, "1.77.0", "", {16, 0}, 0, 0, 0,
     0, {0}, "", "helm", 8 * DAY},
    {"prod-us", "auth", "deployment", "auth", "", BOARD_STEADY, "5.0.2", "", {10, 0}, 0, 0, 0, 0,
     {0}, "", "ci-bot", 2 * DAY + 4 * HOUR},
    {"prod-us", "billing", "deployment", "billing", "", BOARD_STEADY, "9.9.1", "", {12, 0}, 0, 0, 0,
     0, {0}, "", "ci-bot", 3 * DAY + 19 * HOUR},
    {"sim", "gateway", "service", "", "", BOARD_STEADY, "12", "", {9, 0}, 0, 0, 0, 0, {0}, "",
     "demo", 3 * HOUR},
    {"swarm-1", "cron-runner", "service", "", "", BOARD_STEADY, "5.5", "", {2, 0}, 0, 0, 0, 0, {0},
     "", "", -1},
    {"nomad-dc1", "cdn-purge", "job", "", "", BOARD_STALE, "41", "", {3, 0}, 0, 0, 0, 0, {0}, "",
     "", 6 * DAY},
    {"nomad-dc1", "geoip", "job", "", "", BOARD_STALE, "2024.10", "", {4, 0}, 0, 0, 0, 0, {0}, "",
     "", -1},
    {"nomad-dc1", "search-index", "job", "", "", BOARD_STALE, "88", "89", {18, 2}, 0, 0, 0, 1,
     {1, 2, 7, 20}, "", "rollbot", 48 * SECOND},
};
/* clang-format on */

static const struct board_cluster clusters[] = {
    {"prod-eu", "kubernetes", CLUSTER_LIVE, 400, "", true, false, "oncall1@example.org", true, ""},
    {"prod-us", "kubernetes", CLUSTER_LIVE, 600, "", true, false, "oncall1@example.org", true, ""},
    {"swarm-1", "swarm", CLUSTER_LIVE, 1100, "", true, false, "oncall1 (not verified)", true, ""},
    {"sim", "sim", CLUSTER_LIVE, 100, "", false, false, "demo", true, ""},
    {"nomad-dc1", "nomad", CLUSTER_STALE, 41 * SECOND,
     "connection refused by 10.0.3.7:4646, next try in 8 s", true, false, "", false, ""},
};

/* Frames own everything through one arena; services have their own. */
static struct frame *begin(void)
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

static void set_nodes(struct frame *frame, struct node *nodes, size_t count)
{
    struct snapshot *snapshot = (struct snapshot *)(uintptr_t)frame->snapshot;

    qsort(nodes, count, sizeof *nodes, compare_nodes);
    snapshot->nodes = nodes;
    snapshot->node_count = count;
}

/* `count` reporting nodes "<stem>1" … of one cluster. */
static size_t add_nodes(struct frame *frame, struct node *nodes, size_t at, const char *cluster,
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

static void add_troubles(struct service *service, const struct sketch *sketch)
{
    service->instances = arena_alloc(service->arena, sketch->failing + 1, sizeof(struct instance));
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

static struct verdict judged(struct arena *arena, enum rule_id rule, enum answer answer)
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
    row->option[verb] = (struct option){.offered = true,
                                        .allowed = true,
                                        .effect = effect,
                                        .to_count = to_count,
                                        .verdict = judged(row->arena, RULE_R0, ANSWER_ALLOW)};
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
          arena_printf(arena, "%u of %u on %s (now %u)", next, all, fresh, on));
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
        step->effect = "wait: 1 instance is still starting or stopping";
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
    if (sketch->to[0])
        row->release = make_release(frame->arena, sketch, row->service->replicas);
    offer(row, sketch);
    return row;
}

static void set_rows(struct frame *frame, const struct sketch *sketches, size_t count)
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

/* Rule 3 refuses the step: a node that is not heard of may still run the version before. */
static void refuse_step(struct frame *frame)
{
    struct row *row = frames_row(frame, "prod-eu", "payments-api");
    struct option *step = &row->option[VERB_STEP];
    struct witness *witness = arena_alloc(frame->arena, 2, sizeof *witness);

    step->allowed = false;
    step->verdict = judged(frame->arena, RULE_R3, ANSWER_REFUSE);
    step->effect = "R3: 2.7.9 may still run beside 2.8.1 and 2.9.0";
    struct finding *first = (struct finding *)(uintptr_t)step->verdict.first;
    witness[0] = (struct witness){"node gpu-7", "silent, last ran 2.7.9", 41 * MINUTE};
    witness[1] = (struct witness){"launcher cron/reconcile", "would start 2.7.9", 3 * SECOND};
    first->sentence = "2.7.9 may still run beside 2.8.1 and 2.9.0";
    first->witnesses = witness;
    first->witness_count = 2;
    first->way_out = "bring gpu-7 back, or fence it: lockstep fence gpu-7 --reason TEXT";
    step->verdict.findings[RULE_R3] = *first;
    row->drift = "";
    row->option[VERB_ROLLBACK].verdict.warning = "";
}

static void set_events(struct frame *frame)
{
    static const struct {
        int64_t ago_ms;
        const char *cluster, *name, *text, *by;
    } lines[] = {
        {23 * SECOND, "prod-eu", "payments-api",
         "ImagePullBackOff on gpu-4: \"payments:2.9.0: manifest unknown\" (9 times)", ""},
        {27 * SECOND, "prod-us", "ledger-writer", "failed: progress deadline exceeded", ""},
        {55 * SECOND, "swarm-1", "mailer", "rollback 2.2 -> 2.1 began", "oncall3"},
        {125 * SECOND, "prod-us", "payments-api", "step 1 -> 3 of 8 applied", "oncall1"},
        {129 * SECOND, "swarm-1", "edge-proxy", "task 7 rejected: no suitable node", ""},
        {157 * SECOND, "sim", "thumbnailer", "step 1 -> 4 of 10 applied", "demo"},
        {196 * SECOND, "prod-eu", "cart", "paused at 7 of 20: waiting for the data team",
         "oncall2"},
        {304 * SECOND, "nomad-dc1", "search-index", "deployment 9b1c of job version 89", ""},
        {372 * SECOND, "prod-eu", "payments-api", "step 3 -> 8 of 24 applied", "oncall1"},
        {415 * SECOND, "prod-us", "recsys", "canary 3.4: 2 of 30", "rollbot"},
        {489 * SECOND, "prod-eu", "auth", "10 of 10 available, complete in 3m12s", ""},
        {41 * MINUTE, "prod-eu", "gpu-7", "node is silent", ""},
    };
    struct board_event *events = arena_alloc(frame->arena, ARRAY_LEN(lines), sizeof *events);

    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        events[i] = (struct board_event){.at_utc_ms = FRAMES_UTC_MS - lines[i].ago_ms,
                                         .cluster = lines[i].cluster,
                                         .name = lines[i].name,
                                         .text = lines[i].text,
                                         .by = lines[i].by};
    frame->events = events;
    frame->event_count = ARRAY_LEN(lines);
}

static void set_alarms(struct frame *frame)
{
    struct alarm *alarms = arena_alloc(frame->arena, 2, sizeof *alarms);

    alarms[0] =
        (struct alarm){.cluster = "prod-eu",
                       .service_id = "payments-api.id",
                       .name = "payments-api",
                       .rule = RULE_R3,
                       .sentence = "three versions may run: 2.7.9 on gpu-7 (silent), 2.8.1, "
                                   "2.9.0",
                       .first_utc_ms = FRAMES_UTC_MS - 6 * MINUTE,
                       .last_utc_ms = FRAMES_UTC_MS - SECOND};
    alarms[1] = (struct alarm){.cluster = "swarm-1",
                               .service_id = "mailer.id",
                               .name = "mailer",
                               .rule = RULE_R3,
                               .sentence = "node worker-2 came back with 2.0 while 2.2 was live",
                               .first_utc_ms = FRAMES_UTC_MS - 22 * MINUTE,
                               .last_utc_ms = FRAMES_UTC_MS - 9 * MINUTE,
                               .resolved = true};
    frame->alarms = alarms;
    frame->alarm_count = 2;
}

static void set_actions(struct frame *frame)
{
    struct action_status *actions = arena_alloc(frame->arena, 1, sizeof *actions);

    actions[0].action.verb = VERB_STEP;
    snprintf(actions[0].action.cluster, sizeof actions[0].action.cluster, "sim");
    snprintf(actions[0].action.service, sizeof actions[0].action.service, "thumbnailer.id");
    actions[0].action.have_count = 4;
    actions[0].action.to_count = 10;
    actions[0].phase = PHASE_SENDING;
    actions[0].since_ms = frame->now_ms - 400;
    frame->actions = actions;
    frame->action_count = 1;
}

struct frame *frames_board(void)
{
    struct frame *frame = begin();
    struct node *nodes = arena_alloc(frame->arena, NODES_MAX, sizeof *nodes);
    size_t count = add_nodes(frame, nodes, 0, "prod-eu", "gpu", 8);

    nodes[count - 2].state = NODE_SILENT;
    nodes[count - 2].state_utc_ms = FRAMES_UTC_MS - 41 * MINUTE;
    nodes[count - 2].note = "kubelet stopped posting status";
    count = add_nodes(frame, nodes, count, "prod-us", "ip-10-1-4", 6);
    count = add_nodes(frame, nodes, count, "swarm-1", "worker", 4);
    count = add_nodes(frame, nodes, count, "sim", "node", 12);
    count = add_nodes(frame, nodes, count, "nomad-dc1", "client", 3);
    set_nodes(frame, nodes, count);
    set_rows(frame, board, ARRAY_LEN(board));
    frame->clusters = clusters;
    frame->cluster_count = ARRAY_LEN(clusters);
    refuse_step(frame);
    set_events(frame);
    set_alarms(frame);
    set_actions(frame);
    return frame;
}

struct frame *frames_quiet(void)
{
    static const struct sketch rows[] = {
        {"demo",
         "auth",
         "service",
         "",
         "",
         BOARD_STEADY,
         "5.0.2",
         "",
         {6, 0},
         0,
         0,
         0,
         0,
         {0},
         "",
         "demo",
         2 * HOUR},
        {"demo",
         "billing",
         "service",
         "",
         "",
         BOARD_STEADY,
         "9.9.1",
         "",
         {8, 0},
         0,
         0,
         0,
         0,
         {0},
         "",
         "demo",
         5 * HOUR},
        {"demo",
         "cart",
         "service",
         "",
         "",
         BOARD_STEADY,
         "7.3.0",
         "",
         {4, 0},
         0,
         0,
         0,
         0,
         {0},
         "",
         "",
         -1},
    };
    static const struct board_cluster cluster = {"demo", "sim", CLUSTER_LIVE, 100,  "",
                                                 false,  false, "demo",       true, ""};
    struct frame *frame = begin();
    struct node *nodes = arena_alloc(frame->arena, 6, sizeof *nodes);

    set_nodes(frame, nodes, add_nodes(frame, nodes, 0, "demo", "node", 6));
    set_rows(frame, rows, ARRAY_LEN(rows));
    frame->clusters = &cluster;
    frame->cluster_count = 1;
    return frame;
}

struct frame *frames_empty(void)
{
    static const struct board_cluster cluster = {
        "swarm", "swarm", CLUSTER_CONNECTING, -1, "", true, false, "", false, ""};
    struct frame *frame = begin();

    frame->clusters = &cluster;
    frame->cluster_count = 1;
    frame->synced = false;
    return frame;
}

struct frame *frames_hostile(void)
{
    static char name[NAME_MAX_BYTES], wide[NAME_MAX_BYTES], why[1024];
    struct sketch rows[3];
    static struct board_cluster cluster = {
        .name = "集群", .kind = "swarm", .who = "操作员", .why = "", .may_act = true};

    memset(name, 'n', sizeof name - 1);
    for (size_t i = 0; i + 3 < sizeof wide; i += 3)
        memcpy(wide + i, "服", 3);
    for (size_t i = 0; i + 11 < sizeof why; i += 10)
        memcpy(why + i, "\xc3\xa9 \xc3\xbc \xe4\xb8\xad ", 10);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        rows[i] = (struct sketch){
            "集群", name, "service",       wide, wide, BOARD_STUCK, wide, name, {4000000, 3}, 1, 2,
            9,      2,    {1, 2, 4000000}, why,  wide, DAY * 400};
    rows[1].name = wide;
    rows[2].name = "e\xcc\x81\xcc\x82%s%n";
    rows[2].to = "";
    rows[2].state = BOARD_STEADY;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        rows[i].serving[0] = 40000;
    struct frame *frame = begin();
    struct node *nodes = arena_alloc(frame->arena, 3, sizeof *nodes);
    set_nodes(frame, nodes, add_nodes(frame, nodes, 0, "集群", "節點節點節點節點節點節點", 3));
    set_rows(frame, rows, ARRAY_LEN(rows));
    frame->clusters = &cluster;
    frame->cluster_count = 1;
    cluster.state = CLUSTER_LIVE;
    cluster.note = frame->notice = frame->caption = why;
    return frame;
}

struct frame *frames_large(size_t rows, uint32_t instances)
{
    static const struct board_cluster cluster = {"sim", "sim", CLUSTER_LIVE, 100,  "",
                                                 false, false, "demo",       true, ""};
    struct frame *frame = begin();
    struct node *nodes = arena_alloc(frame->arena, 100, sizeof *nodes);
    struct sketch *sketches = xcalloc(rows, sizeof *sketches);

    for (size_t i = 0; i < rows; i++)
        sketches[i] = (struct sketch){"sim",
                                      arena_printf(frame->arena, "service-%04zu", i),
                                      "service",
                                      "",
                                      "",
                                      i < rows / 10 ? BOARD_MOVING : BOARD_STEADY,
                                      "1.0.0",
                                      i < rows / 10 ? "1.1.0" : "",
                                      {instances, 0},
                                      0,
                                      0,
                                      0,
                                      1,
                                      {1, 2, instances},
                                      "",
                                      "demo",
                                      HOUR};
    set_nodes(frame, nodes, add_nodes(frame, nodes, 0, "sim", "node", 100));
    set_rows(frame, sketches, rows);
    frame->clusters = &cluster;
    frame->cluster_count = 1;
    free(sketches);
    return frame;
}
