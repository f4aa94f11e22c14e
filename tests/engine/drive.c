/* drive.c: see drive.h. */
#include "engine/drive.h"

#include "test.h"

#include <stdio.h>
#include <string.h>

enum { AGAIN_MS = 500 };

static bool is_synced(void *arg, const struct frame *frame)
{
    (void)arg;
    return frame->synced && frame->row_count > 0;
}

void drive_sync(const struct drive *drive)
{
    ck_assert_msg(engine_run_until(drive->engine, drive->patience_ms, is_synced, NULL),
                  "never heard completely");
}

struct intent drive_intent(const struct drive *drive, enum verb verb, const char *version)
{
    struct intent intent = {.verb = verb};
    const struct frame *frame = engine_frame(drive->engine);
    const struct row *row = frame_find_row(frame, drive->context, drive->service);

    ck_assert_msg(row != NULL, "no service %s", drive->service);
    snprintf(intent.cluster, sizeof intent.cluster, "%s", drive->context);
    snprintf(intent.service, sizeof intent.service, "%s", row->service->id);
    snprintf(intent.spec_digest, sizeof intent.spec_digest, "%s", row->service->spec_digest);
    snprintf(intent.version, sizeof intent.version, "%s", version);
    intent.basis = row->basis;
    frame_unref(frame);
    return intent;
}

struct wanted {
    uint64_t ticket;
    struct action_status status;
};

static bool has_ended(void *arg, const struct frame *frame)
{
    struct wanted *wanted = arg;

    for (size_t i = 0; i < frame->action_count; i++)
        if (frame->tickets[i] == wanted->ticket) {
            wanted->status = frame->actions[i];
            return wanted->status.phase == PHASE_DONE;
        }
    return false;
}

struct action_status drive_finish(const struct drive *drive, uint64_t ticket)
{
    struct wanted wanted = {.ticket = ticket};

    ck_assert_msg(engine_run_until(drive->engine, drive->patience_ms, has_ended, &wanted),
                  "it never ended");
    return wanted.status;
}

struct action_status drive_press(const struct drive *drive, enum verb verb, const char *version)
{
    struct intent intent = drive_intent(drive, verb, version);

    return drive_finish(drive, engine_submit(drive->engine, &intent));
}

bool drive_is_early(const struct action_status *status)
{
    return status->end == END_REFUSED &&
           (strstr(status->sentence, "wait: ") || strstr(status->sentence, "Way out: wait") ||
            strstr(status->sentence, "RL serial"));
}

void drive_pass(const struct drive *drive, int64_t ms)
{
    engine_run_until(drive->engine, ms, NULL, NULL);
}

static int64_t now_ms(const struct drive *drive)
{
    const struct frame *frame = engine_frame(drive->engine);
    int64_t now = frame->now_ms;

    frame_unref(frame);
    return now;
}

static struct action_status press_of(const struct drive *drive, enum verb verb, const char *version,
                                     const char *artifact)
{
    struct intent intent = drive_intent(drive, verb, version);

    snprintf(intent.artifact, sizeof intent.artifact, "%s", artifact);
    return drive_finish(drive, engine_submit(drive->engine, &intent));
}

static struct action_status press_in_time(const struct drive *drive, enum verb verb,
                                          const char *version, const char *artifact)
{
    int64_t end_ms = now_ms(drive) + drive->patience_ms;
    struct action_status status = press_of(drive, verb, version, artifact);

    while (drive_is_early(&status) && now_ms(drive) < end_ms) {
        drive_pass(drive, AGAIN_MS);
        status = press_of(drive, verb, version, artifact);
    }
    return status;
}

struct action_status drive_press_in_time(const struct drive *drive, enum verb verb,
                                         const char *version)
{
    return press_in_time(drive, verb, version, "");
}

void drive_start(const struct drive *drive, const char *version, const char *artifact)
{
    struct action_status status = press_in_time(drive, VERB_START, version, artifact);

    drive_end_is(&status, END_APPLIED);
}

void drive_works(const struct drive *drive, enum verb verb, const char *version)
{
    struct action_status status = drive_press_in_time(drive, verb, version);

    drive_end_is(&status, END_APPLIED);
}

void drive_end_is(const struct action_status *status, enum action_end end)
{
    ck_assert_msg(status->end == end, "%s: %s", action_end_word[status->end], status->sentence);
}

void drive_expect(const struct drive *drive, enum verb verb, const char *version,
                  enum action_end end)
{
    struct action_status status = drive_press(drive, verb, version);

    drive_end_is(&status, end);
}

struct counts {
    const struct drive *drive;
    const char *version;
    uint32_t serving;
};

static bool shows(void *arg, const struct frame *frame)
{
    const struct counts *c = arg;
    const struct row *row = frame_find_row(frame, c->drive->context, c->drive->service);

    return row && service_count(row->service, c->version, STATES_SERVING) == c->serving &&
           service_count(row->service, c->version, STATES_ALL & ~(1u << INSTANCE_GHOST)) ==
               c->serving &&
           row->service->motion != MOTION_MOVING;
}

/* What it shows instead; static. */
static const char *shown(const struct drive *drive)
{
    static const char *const motions[] = {"at rest", "moving", "resting", "running"};
    static char text[600];
    const struct frame *frame = engine_frame(drive->engine);
    const struct row *row = frame_find_row(frame, drive->context, drive->service);
    size_t used = 0;

    text[0] = '\0';
    for (size_t v = 0; row && v < row->service->version_count; v++) {
        const struct version_count *count = &row->service->versions[v];
        used += (size_t)snprintf(text + used, sizeof text - used, "%.20s:", count->version);
        for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
            if (count->count[s])
                used += (size_t)snprintf(text + used, sizeof text - used, " %u %s", count->count[s],
                                         instance_state_word[s]);
        used += (size_t)snprintf(text + used, sizeof text - used, "; ");
    }
    if (row)
        snprintf(text + used, sizeof text - used, "%s, %s %s", motions[row->service->motion],
                 row->service->reason, frame->clusters[0].why);
    frame_unref(frame);
    return text;
}

void drive_serving(const struct drive *drive, const char *version, uint32_t serving)
{
    struct counts counts = {drive, version, serving};

    ck_assert_msg(engine_run_until(drive->engine, drive->patience_ms, shows, &counts),
                  "never %u at rest on %s, but %s", serving, version, shown(drive));
}

void drive_release(const struct drive *drive, const char *version, const uint32_t *counts,
                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        drive_works(drive, i ? VERB_STEP : VERB_START, i ? "" : version);
        drive_serving(drive, version, counts[i]);
    }
}

struct node_wanted {
    const char *name;
    enum node_state state;
};

static bool node_is(void *arg, const struct frame *frame)
{
    const struct node_wanted *wanted = arg;

    for (size_t i = 0; i < frame->snapshot->node_count; i++)
        if (strcmp(frame->snapshot->nodes[i].name, wanted->name) == 0)
            return frame->snapshot->nodes[i].state == wanted->state;
    return false;
}

void drive_node(const struct drive *drive, const char *name, enum node_state state)
{
    struct node_wanted wanted = {name, state};

    ck_assert_msg(engine_run_until(drive->engine, drive->patience_ms, node_is, &wanted),
                  "node %s was never %s", name, node_state_word[state]);
}

void drive_fence(const struct drive *drive, const char *name)
{
    struct intent fence = {.verb = VERB_FENCE, .flags = INTENT_CONFIRMED, .reason = "disk wiped"};
    const struct frame *frame = engine_frame(drive->engine);

    snprintf(fence.cluster, sizeof fence.cluster, "%s", drive->context);
    for (size_t i = 0; i < frame->snapshot->node_count; i++)
        if (strcmp(frame->snapshot->nodes[i].name, name) == 0)
            snprintf(fence.service, sizeof fence.service, "%s", frame->snapshot->nodes[i].id);
    frame_unref(frame);
    struct action_status status = drive_finish(drive, engine_submit(drive->engine, &fence));
    drive_end_is(&status, END_APPLIED);
    drive_node(drive, name, NODE_FENCED);
}

struct alarm_wanted {
    bool resolved;
    char sentence[400];
};

static bool alarm_is(void *arg, const struct frame *frame)
{
    struct alarm_wanted *wanted = arg;
    bool open = frame->alarm_count > 0 && !frame->alarms[0].resolved;

    if (frame->alarm_count)
        snprintf(wanted->sentence, sizeof wanted->sentence, "%s", frame->alarms[0].sentence);
    return open != wanted->resolved;
}

const char *drive_alarm(const struct drive *drive, bool resolved)
{
    static struct alarm_wanted wanted;

    wanted.resolved = resolved;
    ck_assert_msg(engine_run_until(drive->engine, drive->patience_ms, alarm_is, &wanted), "%s: %s",
                  resolved ? "it never resolved" : "no alarm was raised", wanted.sentence);
    return wanted.sentence;
}
