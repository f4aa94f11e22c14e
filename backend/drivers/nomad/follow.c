/* follow.c: when to look, and what state the cluster is in. */
#include "drivers/nomad/follow.h"

#include "base/json.h"
#include "drivers/nomad/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void survey_now(void *arg);
static void look_around(void *arg);
static void ping_now(void *arg);

static struct loop *loop_of(struct follow *follow)
{
    return follow->nomad->base.env.loop;
}

static void survey_in(struct follow *follow, int64_t delay_ms)
{
    loop_cancel(follow->survey_timer);
    follow->survey_timer = loop_after(loop_of(follow), delay_ms, survey_now, follow);
}

static void ping_in(struct follow *follow, int64_t delay_ms)
{
    loop_cancel(follow->ping_timer);
    follow->ping_timer = loop_after(loop_of(follow), delay_ms, ping_now, follow);
}

static void set_state(struct follow *follow, enum cluster_state state, const struct err *why)
{
    struct driver_sink *sink = &follow->nomad->base.env.sink;

    if (follow->told_state && follow->state == state && state == CLUSTER_LIVE)
        return;
    /* Behind a gap the picture has to be completed again before it is said to be. */
    if (state != CLUSTER_LIVE || follow->state != CLUSTER_LIVE)
        follow->synced = false;
    follow->state = state;
    follow->told_state = true;
    sink->state(sink->arg, state, why);
}

void nomad_follow_failed(struct follow *follow, const struct err *err)
{
    bool was_live = follow->state != CLUSTER_CONNECTING;

    follow->surveying = false;
    set_state(follow, was_live ? CLUSTER_STALE : CLUSTER_CONNECTING, err);
    nomad_follow_close_stream(follow);
    loop_cancel(follow->ping_timer);
    follow->ping_timer = NULL;
    follow->backoff_ms = follow->backoff_ms ? follow->backoff_ms * 2 : NOMAD_BACKOFF_MS;
    if (follow->backoff_ms > NOMAD_BACKOFF_MAX_MS)
        follow->backoff_ms = NOMAD_BACKOFF_MAX_MS;
    survey_in(follow, follow->backoff_ms);
}

/* By the stream where there is one that speaks, else by waiting for answers. */
static void listen(struct follow *follow)
{
    nomad_follow_open_stream(follow);
    if (nomad_stream_is_blind(follow))
        nomad_blocks_start(follow);
}

void nomad_follow_alive(struct follow *follow)
{
    struct driver_sink *sink = &follow->nomad->base.env.sink;

    follow->surveying = false;
    follow->backoff_ms = 0;
    follow->surveyed_ms = loop_now_ms(loop_of(follow));
    set_state(follow, CLUSTER_LIVE, NULL);
    sink->fresh(sink->arg);
    nomad_follow_synced(follow);
    listen(follow);
    nomad_records_follow(follow);
    if (!follow->ping_timer)
        ping_in(follow, NOMAD_PING_MS);
    /* While a returned node may still change its mind, by asking. */
    if (follow->again || nomad_returns_any(follow->nomad->returns))
        survey_in(follow, NOMAD_SURVEY_MS);
    follow->again = false;
}

/* Whether there is a shared record belongs to what must be known before a key. */
void nomad_follow_synced(struct follow *follow)
{
    struct driver_sink *sink = &follow->nomad->base.env.sink;

    if (follow->synced || follow->state != CLUSTER_LIVE || !follow->records_known)
        return;
    follow->synced = true;
    sink->synced(sink->arg);
}

static void survey_now(void *arg)
{
    struct follow *follow = arg;

    follow->survey_timer = NULL;
    follow->surveying = true;
    nomad_survey_start(follow);
}

void nomad_follow_survey(struct follow *follow)
{
    int64_t since_ms = loop_now_ms(loop_of(follow)) - follow->surveyed_ms;

    if (follow->surveying)
        follow->again = true;
    else if (follow->backoff_ms == 0)
        survey_in(follow, since_ms >= NOMAD_SURVEY_MS ? 0 : NOMAD_SURVEY_MS - since_ms);
}

/* ---- signs of life ---- */

static void on_ping(void *arg, const struct http_answer *answer, bool sent,
                    const struct err *failed)
{
    struct follow *follow = arg;
    struct driver_sink *sink = &follow->nomad->base.env.sink;
    struct err err = {0};

    (void)sent;
    json_t *value =
        nomad_client_parse(follow->nomad, answer, failed, "asking for a sign of life", &err);
    json_decref(value);
    if (follow->state != CLUSTER_LIVE || follow->surveying)
        return;
    if (!value) {
        nomad_follow_failed(follow, &err);
        return;
    }
    sink->fresh(sink->arg);
    listen(follow);
    ping_in(follow, NOMAD_PING_MS);
}

/* No job's name begins so: an answer of two bytes that went through the leader. */
static void ping_now(void *arg)
{
    struct follow *follow = arg;

    follow->ping_timer = NULL;
    if (follow->surveying)
        ping_in(follow, NOMAD_PING_MS);
    else
        nomad_client_get(
            follow->nomad,
            nomad_client_path(follow->nomad, "jobs", follow->nomad->space, "&prefix=~lockstep~"),
            on_ping, follow);
}

/* ---- single jobs ---- */

static int compare_job(const struct followed *job, const char *space, const char *id)
{
    int order = strcmp(job->space, space);

    return order ? order : strcmp(job->id, id);
}

struct followed *nomad_follow_job(struct follow *follow, const char *space, const char *id,
                                  bool make)
{
    size_t low = 0, high = follow->job_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_job(follow->jobs[middle], space, id);
        if (order == 0)
            return follow->jobs[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (!make)
        return NULL;
    struct followed *job = xcalloc(1, sizeof *job);
    job->space = xstrdup(space);
    job->id = xstrdup(id);
    ARRAY_RESERVE(follow->jobs, follow->job_cap, follow->job_count + 1);
    memmove(follow->jobs + low + 1, follow->jobs + low,
            (follow->job_count - low) * sizeof(struct followed *));
    follow->jobs[low] = job;
    follow->job_count++;
    return job;
}

void nomad_follow_job_free(struct followed *job)
{
    arena_free(job->arena);
    free(job->space);
    free(job->id);
    free(job);
}

void nomad_follow_keep_history(struct followed *job, struct arena *arena,
                               const struct nomad_history *history)
{
    arena_free(job->arena);
    job->arena = arena;
    job->history = *history;
    job->modify_index = history->jobs[0].modify_index;
    /* The JSON goes; what follows needs only what was decoded. */
    for (size_t i = 0; i < history->count; i++) {
        job->history.jobs[i].raw = NULL;
        for (size_t g = 0; g < history->jobs[i].group_count; g++)
            job->history.jobs[i].groups[g].raw = NULL;
    }
}

struct glance {
    struct op op;
    struct follow *follow;
    char *space, *job;
};

static void drop_glance(struct op *op)
{
    struct glance *glance = (struct glance *)(void *)op;

    free(glance->space);
    free(glance->job);
    free(glance);
}

static void look_soon(struct follow *follow)
{
    int64_t since_ms = loop_now_ms(loop_of(follow)) - follow->looked_ms;

    if (!follow->look_timer)
        follow->look_timer =
            loop_after(loop_of(follow), since_ms >= NOMAD_WAKE_MS ? 0 : NOMAD_WAKE_MS - since_ms,
                       look_around, follow);
}

static void on_glance(void *arg, struct nomad_look *look, const struct err *err)
{
    struct glance *glance = arg;
    struct follow *follow = glance->follow;
    struct followed *job = nomad_follow_job(follow, glance->space, glance->job, false);

    follow->looks--;
    if (job)
        job->looking = false;
    if (look) {
        nomad_deliver_nodes(follow, &look->view); /* a return is told before what it ends */
        nomad_deliver_job(follow, &look->view, &look->sight, true);
        nomad_look_free(look);
    } else if (err->code == ERR_NOT_FOUND) {
        nomad_deliver_job_gone(follow, glance->space, glance->job);
    } else if (err->code == ERR_NETWORK && follow->state == CLUSTER_LIVE && !follow->surveying) {
        nomad_follow_failed(follow, err);
    }
    op_end(&glance->op);
    look_soon(follow);
}

static void look_at(struct follow *follow, struct followed *job)
{
    struct glance *glance = xcalloc(1, sizeof *glance);

    job->dirty = false;
    job->looking = true;
    follow->looks++;
    glance->follow = follow;
    glance->space = xstrdup(job->space);
    glance->job = xstrdup(job->id);
    nomad_op_begin(follow->nomad, &glance->op, drop_glance);
    nomad_look_start(follow->nomad, job->space, job->id, false, on_glance, glance);
}

static void look_around(void *arg)
{
    struct follow *follow = arg;

    follow->look_timer = NULL;
    follow->looked_ms = loop_now_ms(loop_of(follow));
    if (follow->state != CLUSTER_LIVE)
        return;
    for (size_t i = 0; i < follow->job_count && follow->looks < NOMAD_LOOKS_MAX; i++)
        if (follow->jobs[i]->dirty && !follow->jobs[i]->looking)
            look_at(follow, follow->jobs[i]);
}

void nomad_follow_mark(struct follow *follow, const char *space, const char *job)
{
    nomad_follow_job(follow, space, job, true)->dirty = true;
    if (follow->looks < NOMAD_LOOKS_MAX)
        look_soon(follow);
}

/* ---- the slots ---- */

void nomad_follow(struct driver *driver)
{
    struct nomad *nomad = nomad_of(driver);
    struct follow *follow;

    if (nomad->follow)
        return;
    follow = nomad->follow = xcalloc(1, sizeof *follow);
    follow->nomad = nomad;
    survey_in(follow, 0);
}

static void mark_id(struct follow *follow, const char *id)
{
    struct arena *arena = arena_new(256);
    const char *space, *job, *group;

    if (id[0] && nomad_parse_id(arena, id, &space, &job, &group))
        nomad_follow_mark(follow, space, job);
    arena_free(arena);
}

void nomad_focus(struct driver *driver, const char *service_id)
{
    struct follow *follow = nomad_of(driver)->follow;
    char before[160];

    if (!follow)
        return;
    snprintf(before, sizeof before, "%s", follow->focus);
    snprintf(follow->focus, sizeof follow->focus, "%s", service_id ? service_id : "");
    if (strcmp(before, follow->focus) == 0)
        return;
    mark_id(follow, before);
    mark_id(follow, follow->focus);
}

void nomad_unfollow(struct nomad *nomad)
{
    struct follow *follow = nomad->follow;

    if (!follow)
        return;
    loop_cancel(follow->survey_timer);
    loop_cancel(follow->ping_timer);
    loop_cancel(follow->look_timer);
    nomad_follow_close_stream(follow);
    nomad_told_free(&follow->services);
    nomad_told_free(&follow->nodes);
    nomad_records_free(follow);
    for (size_t i = 0; i < follow->job_count; i++)
        nomad_follow_job_free(follow->jobs[i]);
    free(follow->jobs);
    free(follow->line);
    free(follow);
    nomad->follow = NULL;
}
