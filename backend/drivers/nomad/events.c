/* events.c: the event stream, cut into lines.
 *
 * An event is only a reason to look at the job it names. A line that is too long or not understood
 * is a reason to look at everything. */
#include "drivers/nomad/follow.h"

#include "base/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void take_event(struct follow *follow, const struct nomad_event *event)
{
    struct driver_sink *sink = &follow->nomad->base.env.sink;

    if (event->kind == NOMAD_EVENT_NODE) {
        nomad_follow_survey(follow);
        if (event->text[0])
            sink->event(sink->arg, "", event->text);
        return;
    }
    if (event->kind != NOMAD_EVENT_JOB)
        return;
    /* A job that is new is listed first: the list says whether it is shown. */
    const struct followed *job = nomad_follow_job(follow, event->space, event->job, false);
    if (job && !job->shown)
        return;
    if (job)
        nomad_follow_mark(follow, event->space, event->job);
    else
        nomad_follow_survey(follow);
    if (event->text[0]) {
        char *text = xasprintf("%s: %s", event->job, event->text);
        sink->event(sink->arg, "", text);
        free(text);
    }
}

static void take_line(struct follow *follow, const char *line, size_t len)
{
    struct arena *arena = arena_new(1024);
    struct nomad_event *events;
    struct err err = {0};
    uint64_t index;
    size_t count;
    json_t *value = json_parse(line, len, "event", &err);

    if (value && nomad_decode_events(value, arena, &events, &count, &index, &err)) {
        if (index > follow->event_index)
            follow->event_index = index;
        for (size_t i = 0; i < count; i++)
            take_event(follow, &events[i]);
    } else {
        nomad_follow_survey(follow);
    }
    json_decref(value);
    arena_free(arena);
}

static int64_t now_ms(const struct follow *follow)
{
    return loop_now_ms(follow->nomad->base.env.loop);
}

static void end_line(struct follow *follow)
{
    follow->stream_spoke = true;
    follow->heard_ms = now_ms(follow);
    follow->retry_ms = 0;
    if (follow->skip_line)
        nomad_follow_survey(follow);
    else if (follow->line_len > 0)
        take_line(follow, follow->line, follow->line_len);
    follow->line_len = 0;
    follow->skip_line = false;
}

static bool on_data(void *arg, const char *bytes, size_t len)
{
    struct follow *follow = arg;

    for (size_t used = 0; used < len;) {
        const char *end = memchr(bytes + used, '\n', len - used);
        size_t part = end ? (size_t)(end - bytes) - used : len - used;
        if (follow->line_len + part > NOMAD_LINE_MAX)
            follow->skip_line = true;
        if (!follow->skip_line && part > 0) {
            ARRAY_RESERVE(follow->line, follow->line_cap, follow->line_len + part);
            memcpy(follow->line + follow->line_len, bytes + used, part);
            follow->line_len += part;
        }
        used += part;
        if (end) {
            end_line(follow);
            used++;
        }
    }
    return true;
}

static void try_later(struct follow *follow, const struct http_answer *answer)
{
    follow->retry_ms = follow->retry_ms ? follow->retry_ms * 2 : NOMAD_STREAM_RETRY_MS;
    if (follow->retry_ms > NOMAD_BACKOFF_MAX_MS)
        follow->retry_ms = NOMAD_BACKOFF_MAX_MS;
    follow->next_stream_ms =
        now_ms(follow) +
        (answer->retry_after_ms > follow->retry_ms ? answer->retry_after_ms : follow->retry_ms);
}

/* What happened meanwhile is found by a survey, which opens it again. Who may not hear of nodes
 * hears of the rest; one that was refused, or ended without a word, is tried again later. */
static void on_end(void *arg, const struct http_answer *answer, bool sent, const struct err *err)
{
    struct follow *follow = arg;

    (void)sent;
    (void)err;
    follow->stream = NULL;
    follow->line_len = 0;
    follow->skip_line = false;
    if (answer->status == 403 && !follow->no_nodes_topic)
        follow->no_nodes_topic = true;
    else if (!follow->stream_spoke)
        try_later(follow, answer);
    nomad_follow_survey(follow);
}

void nomad_follow_open_stream(struct follow *follow)
{
    struct nomad *nomad = follow->nomad;
    char *more, *path;

    if (follow->stream || now_ms(follow) < follow->next_stream_ms)
        return;
    follow->stream_spoke = false;
    follow->heard_ms = now_ms(follow);
    more =
        xasprintf("&topic=Job&topic=Allocation&topic=Deployment&topic=Evaluation%s&index=%" PRIu64,
                  follow->no_nodes_topic ? "" : "&topic=Node", follow->event_index);
    path = nomad_client_path(nomad, "event/stream", nomad->space, more);
    follow->stream = http_stream(nomad->http, path, NOMAD_IDLE_MS, on_data, on_end, follow);
    free(path);
    free(more);
}

void nomad_follow_close_stream(struct follow *follow)
{
    http_cancel(follow->stream);
    follow->stream = NULL;
    follow->line_len = 0;
    follow->skip_line = false;
}

bool nomad_stream_is_blind(const struct follow *follow)
{
    return !follow->stream || now_ms(follow) - follow->heard_ms > NOMAD_BLIND_MS;
}
