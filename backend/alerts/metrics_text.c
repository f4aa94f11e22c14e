/* metrics_text.c: one frame and the watch's own counts as a page of metrics. */
#include "alerts/metrics.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct page {
    char *text;
    size_t len, cap;
};

static void put(struct page *page, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void put(struct page *page, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    ARRAY_RESERVE(page->text, page->cap, page->len + (size_t)n + 2);
    va_start(ap, fmt);
    vsnprintf(page->text + page->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    page->len += (size_t)n;
}

static void family(struct page *page, const char *name, const char *type, const char *help)
{
    put(page, "# HELP lockstep_%s %s\n# TYPE lockstep_%s %s\n", name, help, name, type);
}

/* A label's value: \ and " and newlines are escaped; the texts of frames are clean already. */
static const char *escaped(const char *value, char *out, size_t size)
{
    size_t n = 0;

    for (; *value && n + 3 < size; value++) {
        if (*value == '\\' || *value == '"' || *value == '\n')
            out[n++] = '\\';
        out[n++] = *value == '\n' ? 'n' : *value;
    }
    out[n] = '\0';
    return out;
}

/* {context="…",service="…",id="…"} without the closing brace. */
static const char *labels_of(const struct row *row, char *out, size_t size)
{
    char context[140], service[340], id[340];

    snprintf(out, size, "{context=\"%s\",service=\"%s\",id=\"%s\"",
             escaped(row->service->cluster, context, sizeof context),
             escaped(row->service->name, service, sizeof service),
             escaped(row->service->id, id, sizeof id));
    return out;
}

/* Versions that run or may run here, launchers left out. */
static unsigned versions_live(const struct row *row)
{
    unsigned count = 0;

    for (size_t i = 0; i < row->service->version_count; i++)
        if (service_count(row->service, row->service->versions[i].version, STATES_ALL))
            count++;
    return count;
}

static void put_services(struct page *page, const struct frame *frame)
{
    char labels[900];

    family(page, "versions_live", "gauge", "Versions of a service that run or may run.");
    for (size_t i = 0; i < frame->row_count; i++)
        put(page, "lockstep_versions_live%s} %u\n",
            labels_of(frame->rows[i], labels, sizeof labels), versions_live(frame->rows[i]));
    family(page, "steps_live", "gauge", "Version steps open in a service; rule 3 allows one.");
    for (size_t i = 0; i < frame->row_count; i++) {
        unsigned live = versions_live(frame->rows[i]);
        put(page, "lockstep_steps_live%s} %u\n", labels_of(frame->rows[i], labels, sizeof labels),
            live ? live - 1 : 0);
    }
    family(page, "service_state", "gauge", "1 for the state that a service is in.");
    for (size_t i = 0; i < frame->row_count; i++)
        put(page, "lockstep_service_state%s,state=\"%s\"} 1\n",
            labels_of(frame->rows[i], labels, sizeof labels), board_word[frame->rows[i]->state]);
    family(page, "ghost_instances", "gauge", "Instances that may run on nodes that are silent.");
    for (size_t i = 0; i < frame->row_count; i++)
        if (frame->rows[i]->ghosts)
            put(page, "lockstep_ghost_instances%s} %u\n",
                labels_of(frame->rows[i], labels, sizeof labels), frame->rows[i]->ghosts);
    family(page, "verdict", "gauge",
           "1 for what the guard says to the verbs that make sense now: allow, refuse, unknown.");
    for (size_t i = 0; i < frame->row_count; i++)
        for (unsigned v = 0; v < VERB_COUNT; v++) {
            const struct option *option = &frame->rows[i]->option[v];
            if (option->offered)
                put(page, "lockstep_verdict%s,verb=\"%s\",answer=\"%s\"} 1\n",
                    labels_of(frame->rows[i], labels, sizeof labels), verb_word[v],
                    answer_word[option->verdict.answer]);
        }
}

static size_t count_actions(const struct row *row, enum outcome outcome)
{
    size_t count = 0;

    for (size_t i = 0; row->release && i < row->release->recent_count; i++)
        count += row->release->recent[i].outcome == outcome;
    return count;
}

static void put_actions(struct page *page, const struct frame *frame)
{
    char labels[900];

    family(page, "actions_recent", "gauge",
           "Of the last 32 actions through lockstep on a service: how they ended.");
    for (size_t i = 0; i < frame->row_count; i++)
        for (unsigned o = 1; o < OUTCOME_COUNT; o++)
            if (count_actions(frame->rows[i], (enum outcome)o))
                put(page, "lockstep_actions_recent%s,outcome=\"%s\"} %zu\n",
                    labels_of(frame->rows[i], labels, sizeof labels), outcome_word[o],
                    count_actions(frame->rows[i], (enum outcome)o));
    family(page, "action_under_way", "gauge", "1 where an action is claimed and not yet settled.");
    for (size_t i = 0; i < frame->row_count; i++)
        if (frame->rows[i]->release && frame->rows[i]->release->claim.id[0])
            put(page, "lockstep_action_under_way%s,verb=\"%s\"} 1\n",
                labels_of(frame->rows[i], labels, sizeof labels),
                verb_word[frame->rows[i]->release->claim.verb]);
}

static void put_contexts(struct page *page, const struct watch *watch, const struct frame *frame)
{
    static const char *const lease_word[] = {"waits", "follows", "leads", "alone"};
    char name[140];

    family(page, "context_up", "gauge", "1: the context is heard.");
    for (size_t i = 0; i < frame->cluster_count; i++)
        put(page, "lockstep_context_up{context=\"%s\"} %d\n",
            escaped(frame->clusters[i].name, name, sizeof name),
            frame->clusters[i].state == CLUSTER_LIVE);
    family(page, "data_age_seconds", "gauge", "Age of the newest fact of a context.");
    for (size_t i = 0; i < frame->cluster_count; i++)
        if (frame->clusters[i].age_ms >= 0)
            put(page, "lockstep_data_age_seconds{context=\"%s\"} %.3f\n",
                escaped(frame->clusters[i].name, name, sizeof name),
                (double)(frame->clusters[i].age_ms + loop_now_ms(watch_loop(watch)) -
                         frame->now_ms) /
                    1000);
    family(page, "nodes", "gauge", "Nodes of a context by state.");
    for (size_t i = 0; i < frame->cluster_count; i++)
        for (unsigned s = 0; s < NODE_STATE_COUNT; s++) {
            size_t count = 0;
            for (size_t n = 0; frame->snapshot && n < frame->snapshot->node_count; n++)
                count += frame->snapshot->nodes[n].state == s &&
                         strcmp(frame->snapshot->nodes[n].cluster, frame->clusters[i].name) == 0;
            put(page, "lockstep_nodes{context=\"%s\",state=\"%s\"} %zu\n",
                escaped(frame->clusters[i].name, name, sizeof name), node_state_word[s], count);
        }
    family(page, "watch_speaks", "gauge",
           "How this watch stands among those of a context: leads, follows, alone, waits.");
    for (size_t i = 0; i < frame->cluster_count; i++)
        put(page, "lockstep_watch_speaks{context=\"%s\",state=\"%s\"} 1\n",
            escaped(frame->clusters[i].name, name, sizeof name),
            lease_word[watch_lease(watch, frame->clusters[i].name)]);
}

static void put_alarms(struct page *page, const struct watch *watch)
{
    const struct alerts *book = watch_alerts(watch);
    char context[140], service[340];

    family(page, "alarm_open", "gauge", "1 for every alarm that is open.");
    for (size_t i = 0; i < book->count; i++) {
        const struct alert *alert = &book->items[i]->alert;
        if (!alert->resolved_utc_ms)
            put(page,
                "lockstep_alarm_open{context=\"%s\",service=\"%s\",kind=\"%s\",rule=\"%s\","
                "id=\"%s\"} 1\n",
                escaped(alert->cluster, context, sizeof context),
                escaped(alert->name, service, sizeof service), alert->kind, alert->rule, alert->id);
    }
    family(page, "alarms_dropped_total", "counter", "Alarms for which there was no room.");
    put(page, "lockstep_alarms_dropped_total %" PRIu64 "\n", book->dropped);
}

static void put_sinks(struct page *page, const struct watch *watch)
{
    struct watch_sink_stats stats[ALERTS_SINKS_MAX];
    size_t count = watch_stats(watch, stats, ALERTS_SINKS_MAX);

    family(page, "deliveries_total", "counter", "Deliveries by sink and outcome.");
    for (size_t i = 0; i < count; i++)
        put(page,
            "lockstep_deliveries_total{sink=\"%s\",outcome=\"delivered\"} %" PRIu64
            "\nlockstep_deliveries_total{sink=\"%s\",outcome=\"failed\"} %" PRIu64 "\n",
            stats[i].name, stats[i].delivered, stats[i].name, stats[i].failed);
    family(page, "deliveries_pending", "gauge", "What a sink has not been told yet.");
    for (size_t i = 0; i < count; i++)
        put(page, "lockstep_deliveries_pending{sink=\"%s\"} %zu\n", stats[i].name,
            stats[i].pending);
}

char *metrics_text(const struct watch *watch, size_t *len)
{
    struct page page = {0};
    const struct frame *frame = watch_frame(watch);

    family(&page, "build_info", "gauge", "Which lockstep this is.");
    put(&page, "lockstep_build_info{version=\"%s\"} 1\n", LOCKSTEP_VERSION);
    if (frame) {
        put_services(&page, frame);
        put_actions(&page, frame);
        put_contexts(&page, watch, frame);
    }
    put_alarms(&page, watch);
    put_sinks(&page, watch);
    *len = page.len;
    return page.text;
}
