/* look.c: from frames to the book of alarms.
 *
 * An alarm that was carried over from before (a restart, another watch) is over when this engine,
 * which has seen its context completely, does not show it; but some rest on what only a long look
 * shows, and those need time, or a reason, to be over. */
#include "alerts/watch_private.h"

#include "base/clock.h"
#include "guard/verdict.h"

#include <stdio.h>
#include <string.h>

enum { BLIND_MS = 60000, GRACE_MS = 5000 };

static struct alert alert_of(const struct alarm *line)
{
    struct alert alert = {.first_utc_ms = line->first_utc_ms, .last_utc_ms = line->last_utc_ms};

#define COPY(field, from) snprintf(alert.field, sizeof alert.field, "%s", from)
    COPY(cluster, line->cluster);
    COPY(service_id, line->service_id);
    COPY(name, line->name);
    COPY(kind, alarm_word[line->kind]);
    COPY(rule, rule_word[line->rule]);
    COPY(sentence, line->sentence);
    COPY(object, line->object);
    COPY(fact, line->fact);
    COPY(way_out, line->way_out);
#undef COPY
    return alert;
}

static void note_open(struct watch *watch, const struct alert *alert)
{
    struct incident *incident = alerts_find_open(&watch->book, alert);

    if (!incident) {
        incident = alerts_add(&watch->book, alert, loop_now_ms(watch->env.loop));
        if (!incident)
            return;
        watch_changed(watch, incident);
    } else { /* the id and since when stay; what is seen is newer */
        struct alert now = *alert;
        memcpy(now.id, incident->alert.id, sizeof now.id);
        now.first_utc_ms = incident->alert.first_utc_ms;
        incident->alert = now;
    }
    incident->carried = false;
    incident->seen = watch->looks;
}

static void end(struct watch *watch, struct incident *incident, int64_t utc_ms)
{
    incident->alert.resolved_utc_ms =
        utc_ms > incident->alert.first_utc_ms ? utc_ms : incident->alert.first_utc_ms + 1;
    incident->carried = false;
    watch_changed(watch, incident);
}

/* Opened and over between two frames. */
static void note_past(struct watch *watch, const struct alarm *line)
{
    if (!watch->looked_utc_ms || line->first_utc_ms <= watch->looked_utc_ms)
        return;
    struct alert alert = alert_of(line);
    for (size_t i = 0; i < watch->book.count; i++)
        if (alert_same_key(&watch->book.items[i]->alert, &alert) &&
            watch->book.items[i]->alert.first_utc_ms == alert.first_utc_ms)
            return;
    struct incident *incident = alerts_add(&watch->book, &alert, loop_now_ms(watch->env.loop));
    if (incident)
        end(watch, incident, line->last_utc_ms);
}

/* When an alarm that this frame does not show was over. */
static int64_t end_of(const struct frame *frame, const struct incident *incident)
{
    for (size_t i = 0; i < frame->alarm_count; i++) {
        if (!frame->alarms[i].resolved)
            continue;
        struct alert alert = alert_of(&frame->alarms[i]);
        if (alert_same_key(&alert, &incident->alert))
            return frame->alarms[i].last_utc_ms;
    }
    return frame->utc_ms;
}

static const struct row *row_of(const struct frame *frame, const struct alert *alert)
{
    return alert->service_id[0] ? frame_find_row(frame, alert->cluster, alert->service_id) : NULL;
}

static const char *hand_of(const struct row *row)
{
    return row && row->release && row->release->recent_count ? row->release->recent[0].id : "";
}

/* May something that was carried over, and is not seen here, be over? */
static bool carried_is_over(const struct watch *watch, const struct frame *frame,
                            const struct incident *incident)
{
    const struct row *row = row_of(frame, &incident->alert);
    int64_t waited_ms = loop_now_ms(watch->env.loop) - incident->known_ms;
    const char *kind = incident->alert.kind;

    if (!row)
        return true;
    if (strcmp(kind, alarm_word[ALARM_DRIFT]) == 0)
        return strcmp(hand_of(row), incident->hand) != 0;
    if (strcmp(kind, alarm_word[ALARM_OPEN]) == 0)
        return !row->to[0];
    if (strcmp(kind, alarm_word[ALARM_UNKNOWN]) == 0)
        return waited_ms > watch->env.unknown_ms + GRACE_MS;
    if (strcmp(kind, alarm_word[ALARM_SILENT]) == 0)
        return waited_ms > watch->env.silent_ms + GRACE_MS;
    return true;
}

static void note_absent(struct watch *watch, const struct frame *frame)
{
    for (size_t i = 0; i < watch->book.count; i++) {
        struct incident *incident = watch->book.items[i];
        const struct watched *context = watch_context(watch, incident->alert.cluster);

        if (incident->alert.resolved_utc_ms || !context)
            continue;
        if (incident->seen == watch->looks) {
            snprintf(incident->hand, sizeof incident->hand, "%s",
                     hand_of(row_of(frame, &incident->alert)));
            continue;
        }
        if (!context->live)
            continue; /* what is not known is not over */
        if (!incident->carried || carried_is_over(watch, frame, incident))
            end(watch, incident, end_of(frame, incident));
    }
}

/* A watch that sees nothing says so. */
static void note_blind(struct watch *watch, const struct frame *frame,
                       const struct board_cluster *cluster, const struct watched *context)
{
    int64_t blind_ms = watch->env.settings->blind_ms ? watch->env.settings->blind_ms : BLIND_MS;
    int64_t age_ms = loop_now_ms(watch->env.loop) - context->live_ms;
    struct alert alert = {.kind = "blind", .first_utc_ms = frame->utc_ms - age_ms};

    if (context->live || age_ms < blind_ms)
        return;
    alert.last_utc_ms = frame->utc_ms;
    snprintf(alert.cluster, sizeof alert.cluster, "%s", cluster->name);
    snprintf(alert.sentence, sizeof alert.sentence, "%s is not heard, nothing there is watched: %s",
             cluster->name, cluster->why && cluster->why[0] ? cluster->why : "no answer");
    snprintf(alert.object, sizeof alert.object, "context %s", cluster->name);
    snprintf(alert.fact, sizeof alert.fact, "%s", cluster_state_word[cluster->state]);
    snprintf(alert.way_out, sizeof alert.way_out, "lockstep doctor --context %s", cluster->name);
    note_open(watch, &alert);
}

/* Somebody asks for a second person to break the glass: that is whom this is for. */
static void note_waits(struct watch *watch, const struct frame *frame, const struct row *row)
{
    const struct glass_view *glass = &row->glass;
    struct alert alert = {.kind = "glass", .first_utc_ms = glass->at_utc_ms};
    char until[CLOCK_TEXT];

    alert.last_utc_ms = frame->utc_ms;
    clock_format_utc(glass->until_utc_ms, until);
    snprintf(alert.cluster, sizeof alert.cluster, "%s", row->service->cluster);
    snprintf(alert.service_id, sizeof alert.service_id, "%s", row->service->id);
    snprintf(alert.name, sizeof alert.name, "%s", row->service->name);
    snprintf(
        alert.sentence, sizeof alert.sentence,
        "a second identity is asked to break the glass: %s of %.100s, past %.60s, until %.16sZ",
        verb_word[glass->verb], row->service->name, glass->rules, until);
    snprintf(alert.object, sizeof alert.object, "person %s", glass->by);
    snprintf(alert.fact, sizeof alert.fact, "%s: %s", verb_word[glass->verb], glass->reason);
    snprintf(alert.way_out, sizeof alert.way_out,
             "press the same as somebody else, or let it pass");
    note_open(watch, &alert);
}

static void look_at_contexts(struct watch *watch, const struct frame *frame)
{
    for (size_t i = 0; i < frame->cluster_count; i++) {
        struct watched *context = watch_context(watch, frame->clusters[i].name);
        if (!context)
            continue;
        context->live = frame->clusters[i].state == CLUSTER_LIVE && frame->synced;
        if (context->live)
            context->live_ms = loop_now_ms(watch->env.loop);
        lease_heard(context->lease, context->live);
        note_blind(watch, frame, &frame->clusters[i], context);
    }
}

void watch_look(struct watch *watch, const struct frame *frame)
{
    if (watch->frame && watch->frame->seq == frame->seq)
        return;
    frame_unref(watch->frame);
    watch->frame = frame_ref(frame);
    watch->looks++;
    for (size_t i = 0; i < frame->alarm_count; i++) {
        if (frame->alarms[i].resolved)
            continue;
        struct alert alert = alert_of(&frame->alarms[i]);
        note_open(watch, &alert);
    }
    for (size_t i = 0; i < frame->row_count; i++)
        if (frame->rows[i]->glass.broken && frame->rows[i]->glass.waits)
            note_waits(watch, frame, frame->rows[i]);
    look_at_contexts(watch, frame);
    note_absent(watch, frame);
    for (size_t i = 0; i < frame->alarm_count; i++)
        if (frame->alarms[i].resolved)
            note_past(watch, &frame->alarms[i]);
    watch->looked_utc_ms = frame->utc_ms;
    alerts_forget(&watch->book, frame->utc_ms);
    watch_pump(watch);
}
