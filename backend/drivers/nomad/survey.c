/* survey.c: everything at once: jobs, allocations, deployments, nodes, and then the versions of the
 * jobs that changed since the last one. Allocations come without the states of their tasks, which
 * are most of their bytes. */
#include "drivers/nomad/follow.h"

#include "base/json.h"
#include "drivers/nomad/answer.h"

#include <stdlib.h>
#include <string.h>

struct survey {
    struct op op;
    struct follow *follow;
    json_t *parts[NOMAD_LIST_COUNT];
    unsigned pending;
    struct err err;
    struct survey_part {
        struct survey *survey;
        enum nomad_list part;
    } refs[NOMAD_LIST_COUNT];
    struct arena *arena;
    struct nomad_view view;
    struct nomad_listed *jobs;
    struct nomad_alloc *allocs;
    struct nomad_deployment *deployments;
    size_t job_count, alloc_count, deployment_count, next;
};

/* One job's versions on their way. */
struct fetch {
    struct op op;
    struct survey *survey;
    const struct nomad_listed *job;
};

static void drop_survey(struct op *op)
{
    struct survey *survey = (struct survey *)(void *)op;

    for (unsigned i = 0; i < NOMAD_LIST_COUNT; i++)
        json_decref(survey->parts[i]);
    arena_free(survey->arena);
    free(survey);
}

/* Children of periodic and parameterized jobs are the work of their parents. */
static bool is_shown(const struct nomad_listed *job)
{
    bool starts = job->periodic || job->parameterized;

    if (job->parent[0] || strcmp(job->type, "_core") == 0)
        return false;
    return starts || strcmp(job->type, "service") == 0 || strcmp(job->type, "system") == 0 ||
           strcmp(job->status, "dead") != 0;
}

static bool decode(struct survey *survey)
{
    struct nomad_node *nodes;
    bool ok =
        nomad_decode_jobs(survey->parts[NOMAD_LIST_JOBS], survey->arena, &survey->jobs,
                          &survey->job_count, &survey->err) &&
        nomad_decode_allocs(survey->parts[NOMAD_LIST_ALLOCS], survey->arena, &survey->allocs,
                            &survey->alloc_count, &survey->err) &&
        nomad_decode_deployments(survey->parts[NOMAD_LIST_DEPLOYMENTS], survey->arena,
                                 &survey->deployments, &survey->deployment_count, &survey->err) &&
        nomad_decode_nodes(survey->parts[NOMAD_LIST_NODES], survey->arena, &nodes,
                           &survey->view.node_count, &survey->err);

    for (unsigned i = 0; i < NOMAD_LIST_COUNT; i++) {
        json_decref(survey->parts[i]);
        survey->parts[i] = NULL;
    }
    if (ok)
        survey->view.nodes = nodes;
    return ok;
}

static const struct nomad_deployment *newest_deployment(const struct survey *survey,
                                                        const struct nomad_listed *job)
{
    size_t low = 0, high = survey->deployment_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct nomad_deployment *d = &survey->deployments[middle];
        int order = strcmp(d->space, job->space);
        if (order == 0)
            order = strcmp(d->job, job->id);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    const struct nomad_deployment *found = &survey->deployments[low];
    return low < survey->deployment_count && strcmp(found->space, job->space) == 0 &&
                   strcmp(found->job, job->id) == 0
               ? found
               : NULL;
}

static void drop_unlisted(struct follow *follow)
{
    size_t kept = 0;

    for (size_t i = 0; i < follow->job_count; i++) {
        struct followed *job = follow->jobs[i];
        if (job->listed || job->looking)
            follow->jobs[kept++] = job;
        else
            nomad_follow_job_free(job);
    }
    follow->job_count = kept;
}

static void deliver(struct survey *survey)
{
    struct follow *follow = survey->follow;

    nomad_deliver_begin(follow);
    nomad_deliver_nodes(follow, &survey->view);
    for (size_t i = 0; i < survey->job_count; i++) {
        const struct nomad_listed *listed = &survey->jobs[i];
        const struct followed *job = nomad_follow_job(follow, listed->space, listed->id, false);
        struct nomad_sight sight = {.deployment = newest_deployment(survey, listed),
                                    .sent = follow->nomad->sent,
                                    .sent_count = NOMAD_SENT_MAX};
        if (!is_shown(listed) || !job || !job->arena)
            continue;
        sight.history = &job->history;
        sight.allocs = nomad_allocs_of(survey->allocs, survey->alloc_count, listed->space,
                                       listed->id, &sight.alloc_count);
        nomad_deliver_job(follow, &survey->view, &sight, false);
        if (listed->queued > 0)
            nomad_follow_mark(follow, listed->space, listed->id);
    }
    nomad_deliver_end(follow);
    drop_unlisted(follow);
}

static void finish(struct survey *survey)
{
    struct follow *follow = survey->follow;
    struct err err = survey->err;

    if (err.code == ERR_NONE)
        deliver(survey);
    op_end(&survey->op);
    if (err.code == ERR_NONE)
        nomad_follow_alive(follow);
    else
        nomad_follow_failed(follow, &err);
}

static void fetch_more(struct survey *survey);

static void on_versions(void *arg, const struct http_answer *answer, bool sent,
                        const struct err *failed)
{
    struct fetch *fetch = arg;
    struct survey *survey = fetch->survey;
    const struct nomad_listed *listed = fetch->job;
    struct arena *arena = arena_new(1024);
    struct nomad_history history;
    struct err err = {0};

    (void)sent;
    op_end(&fetch->op);
    json_t *value = nomad_client_parse(nomad_of(survey->op.driver), answer, failed,
                                       "reading the versions of a job", &err);
    if (value && nomad_decode_history(value, arena, &history, &err)) {
        nomad_follow_keep_history(nomad_follow_job(survey->follow, listed->space, listed->id, true),
                                  arena, &history);
        arena = NULL;
    } else if (err.code != ERR_NOT_FOUND && survey->err.code == ERR_NONE) {
        survey->err = err; /* one that has just been purged is simply not there */
    }
    arena_free(arena);
    json_decref(value);
    survey->pending--;
    fetch_more(survey);
}

static void fetch_versions(struct survey *survey, const struct nomad_listed *listed)
{
    struct nomad *nomad = nomad_of(survey->op.driver);
    struct fetch *fetch = xcalloc(1, sizeof *fetch);
    char *id = http_escape(listed->id), *path = xasprintf("job/%s/versions", id);

    fetch->survey = survey;
    fetch->job = listed;
    nomad_op_begin(nomad, &fetch->op, NULL);
    survey->pending++;
    nomad_client_get(nomad, nomad_client_path(nomad, path, listed->space, ""), on_versions, fetch);
    free(path);
    free(id);
}

static void fetch_more(struct survey *survey)
{
    while (survey->err.code == ERR_NONE && survey->next < survey->job_count &&
           survey->pending < NOMAD_FETCHES_MAX) {
        const struct nomad_listed *listed = &survey->jobs[survey->next++];
        struct followed *job = nomad_follow_job(survey->follow, listed->space, listed->id, true);
        job->listed = true;
        job->shown = is_shown(listed);
        if (job->shown && (!job->arena || job->modify_index != listed->modify_index))
            fetch_versions(survey, listed);
    }
    if (survey->pending == 0)
        finish(survey);
}

static void on_part(void *arg, const struct http_answer *answer, bool sent,
                    const struct err *failed)
{
    static const char *const what[NOMAD_LIST_COUNT] = {"reading jobs", "reading allocations",
                                                       "reading deployments", "reading nodes"};
    const struct survey_part *ref = arg;
    struct survey *survey = ref->survey;
    struct nomad *nomad = nomad_of(survey->op.driver);
    struct clock *clock = loop_clock(nomad->base.env.loop);
    struct err err = {0};

    (void)sent;
    json_t *value = nomad_client_parse(nomad, answer, failed, what[ref->part], &err);
    survey->parts[ref->part] = value;
    if (value)
        survey->follow->list_index[ref->part] = nomad_answer_index(answer);
    if (!value && survey->err.code == ERR_NONE)
        survey->err = err;
    if (--survey->pending > 0)
        return;
    survey->view.cluster = nomad->base.env.config->name;
    survey->view.self = nomad->self;
    survey->view.self_name = nomad->self_name;
    survey->view.utc_ms = clock_utc_ms(clock);
    survey->view.now_ms = clock_now_ms(clock);
    if (survey->err.code != ERR_NONE || !decode(survey)) {
        finish(survey);
        return;
    }
    nomad_returns_note(nomad->returns, survey->arena, &survey->view);
    for (size_t i = 0; i < survey->follow->job_count; i++)
        survey->follow->jobs[i]->listed = false;
    fetch_more(survey);
}

char *nomad_list_path(const struct nomad *nomad, enum nomad_list list, const char *more)
{
    static const char *const paths[NOMAD_LIST_COUNT] = {
        [NOMAD_LIST_JOBS] = "jobs",
        [NOMAD_LIST_ALLOCS] = "allocations",
        [NOMAD_LIST_DEPLOYMENTS] = "deployments",
        [NOMAD_LIST_NODES] = "nodes",
    };

    return nomad_client_path(nomad, paths[list], list == NOMAD_LIST_NODES ? NULL : nomad->space,
                             more);
}

void nomad_survey_start(struct follow *follow)
{
    struct nomad *nomad = follow->nomad;
    struct survey *survey = xcalloc(1, sizeof *survey);

    survey->follow = follow;
    survey->arena = arena_new(4096);
    survey->pending = NOMAD_LIST_COUNT;
    nomad_op_begin(nomad, &survey->op, drop_survey);
    for (unsigned i = 0; i < NOMAD_LIST_COUNT; i++) {
        survey->refs[i] = (struct survey_part){survey, (enum nomad_list)i};
        const char *more = i == NOMAD_LIST_ALLOCS ? "&task_states=false" : "";
        nomad_client_get(nomad, nomad_list_path(nomad, (enum nomad_list)i, more), on_part,
                         &survey->refs[i]);
    }
}
