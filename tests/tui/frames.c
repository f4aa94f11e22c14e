/* frames.c: see frames.h. */
#include "tui/sketch.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 64, NAME_MAX_BYTES = 253 };

/* clang-format off */
static const struct sketch board[] = {
    {"prod-us", "ledger-writer", "deployment", "ledger", "", BOARD_FAILED, "4.1.7", "4.2.0",
     {5, 0}, 0, 1, 0, 1, {1, 2, 6}, "progress deadline: 1 of 6 updated replicas available",
     "ci-bot", 18 * MINUTE + 40 * SECOND},
    {"prod-eu", "payments-api", "deployment", "payments", "argo-cd", BOARD_STUCK, "2.8.1", "2.9.0",
     {15, 5}, 0, 3, 1, 2, {2, 3, 8, 24},
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
    {"prod-eu", "kubernetes", CLUSTER_LIVE, 400, "", true, false, "oncall1@example.org", true, "",
     NULL, 0},
    {"prod-us", "kubernetes", CLUSTER_LIVE, 600, "", true, false, "oncall1@example.org", true, "",
     NULL, 0},
    {"swarm-1", "swarm", CLUSTER_LIVE, 1100, "", true, false, "oncall1 (not verified)", true, "",
     NULL, 0},
    {"sim", "sim", CLUSTER_LIVE, 100, "", false, false, "demo", true, "", NULL, 0},
    {"nomad-dc1", "nomad", CLUSTER_STALE, 41 * SECOND,
     "connection refused by 10.0.3.7:4646, next try in 8 s", true, false, "", false, "", NULL, 0},
};

/* Rule 3 refuses the step: a node that is not heard of may still run the version before. */
static void refuse_step(struct frame *frame)
{
    struct row *row = frames_row(frame, "prod-eu", "payments-api");
    struct option *step = &row->option[VERB_STEP];
    struct witness *witness = arena_alloc(frame->arena, 2, sizeof *witness);

    step->allowed = false;
    step->verdict = sketch_verdict(frame->arena, RULE_R3, ANSWER_REFUSE);
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
        enum event_kind kind;
    } lines[] = {
        {23 * SECOND, "prod-eu", "payments-api",
         "ImagePullBackOff on gpu-4: \"payments:2.9.0: manifest unknown\" (9 times)", "",
         EVENT_NOTE},
        {27 * SECOND, "prod-us", "ledger-writer", "failed: progress deadline exceeded", "",
         EVENT_NOTE},
        {55 * SECOND, "swarm-1", "mailer", "rollback 2.2 -> 2.1 began", "oncall3", EVENT_ACTION},
        {125 * SECOND, "prod-us", "payments-api", "step 1 -> 3 of 8 applied", "oncall1",
         EVENT_ACTION},
        {129 * SECOND, "swarm-1", "edge-proxy", "task 7 rejected: no suitable node", "",
         EVENT_NOTE},
        {157 * SECOND, "sim", "thumbnailer", "step 1 -> 4 of 10 applied", "demo", EVENT_ACTION},
        {196 * SECOND, "prod-eu", "cart", "paused at 7 of 20: waiting for the data team", "oncall2",
         EVENT_ACTION},
        {304 * SECOND, "nomad-dc1", "search-index", "deployment 9b1c of job version 89", "",
         EVENT_NOTE},
        {372 * SECOND, "prod-eu", "payments-api", "step 3 -> 8 of 24 applied", "oncall1",
         EVENT_ACTION},
        {415 * SECOND, "prod-us", "recsys", "canary 3.4: 2 of 30", "rollbot", EVENT_ACTION},
        {489 * SECOND, "prod-eu", "auth", "10 of 10 available, complete in 3m12s", "", EVENT_NOTE},
        {41 * MINUTE, "prod-eu", "gpu-7", "node is silent", "", EVENT_NODE},
    };
    struct board_event *events = arena_alloc(frame->arena, ARRAY_LEN(lines), sizeof *events);

    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        events[i] = (struct board_event){.at_utc_ms = FRAMES_UTC_MS - lines[i].ago_ms,
                                         .cluster = lines[i].cluster,
                                         .name = lines[i].name,
                                         .kind = lines[i].kind,
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
    struct frame *frame = sketch_frame();
    struct node *nodes = arena_alloc(frame->arena, NODES_MAX, sizeof *nodes);
    size_t count = sketch_reporting(frame, nodes, 0, "prod-eu", "gpu", 8);

    nodes[count - 2].state = NODE_SILENT;
    nodes[count - 2].state_utc_ms = FRAMES_UTC_MS - 41 * MINUTE;
    nodes[count - 2].note = "kubelet stopped posting status";
    count = sketch_reporting(frame, nodes, count, "prod-us", "ip-10-1-4", 6);
    count = sketch_reporting(frame, nodes, count, "swarm-1", "worker", 4);
    count = sketch_reporting(frame, nodes, count, "sim", "node", 12);
    count = sketch_reporting(frame, nodes, count, "nomad-dc1", "client", 3);
    sketch_nodes(frame, nodes, count);
    sketch_rows(frame, board, ARRAY_LEN(board));
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
    /* clang-format off */
    static const struct sketch rows[] = {
        {"demo", "auth", "service", "", "", BOARD_STEADY, "5.0.2", "", {6, 0}, 0, 0, 0, 0, {0}, "",
         "demo", 2 * HOUR},
        {"demo", "billing", "service", "", "", BOARD_STEADY, "9.9.1", "", {8, 0}, 0, 0, 0, 0, {0},
         "", "demo", 5 * HOUR},
        {"demo", "cart", "service", "", "", BOARD_STEADY, "7.3.0", "", {4, 0}, 0, 0, 0, 0, {0}, "",
         "", -1},
    };
    /* clang-format on */
    static const struct board_cluster cluster = {"demo", "sim",  CLUSTER_LIVE, 100, "",   false,
                                                 false,  "demo", true,         "",  NULL, 0};
    struct frame *frame = sketch_frame();
    struct node *nodes = arena_alloc(frame->arena, 6, sizeof *nodes);

    sketch_nodes(frame, nodes, sketch_reporting(frame, nodes, 0, "demo", "node", 6));
    sketch_rows(frame, rows, ARRAY_LEN(rows));
    frame->clusters = &cluster;
    frame->cluster_count = 1;
    return frame;
}

struct frame *frames_empty(void)
{
    static const struct board_cluster cluster = {
        "swarm", "swarm", CLUSTER_CONNECTING, -1, "", true, false, "", false, "", NULL, 0};
    struct frame *frame = sketch_frame();

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
    struct frame *frame = sketch_frame();
    struct node *nodes = arena_alloc(frame->arena, 3, sizeof *nodes);
    sketch_nodes(frame, nodes,
                 sketch_reporting(frame, nodes, 0, "集群", "節點節點節點節點節點節點", 3));
    sketch_rows(frame, rows, ARRAY_LEN(rows));
    frame->clusters = &cluster;
    frame->cluster_count = 1;
    cluster.state = CLUSTER_LIVE;
    cluster.note = frame->notice = frame->caption = why;
    return frame;
}

struct frame *frames_large(size_t rows, uint32_t instances)
{
    static const struct board_cluster cluster = {"sim", "sim",  CLUSTER_LIVE, 100, "",   false,
                                                 false, "demo", true,         "",  NULL, 0};
    struct frame *frame = sketch_frame();
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
    sketch_nodes(frame, nodes, sketch_reporting(frame, nodes, 0, "sim", "node", 100));
    sketch_rows(frame, sketches, rows);
    frame->clusters = &cluster;
    frame->cluster_count = 1;
    free(sketches);
    return frame;
}
