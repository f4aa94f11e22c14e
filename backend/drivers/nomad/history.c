/* history.c: the versions of every service job, read one after the other. */
#include "drivers/nomad/client.h"
#include "drivers/nomad/past.h"

#include <stdlib.h>
#include <string.h>

struct reading {
    struct op op;
    struct arena *arena;
    struct nomad_listed *jobs;
    size_t job_count, next;
    struct past *pasts;
    size_t past_count, past_cap;
    driver_history_fn *fn;
    void *arg;
};

static void drop(struct op *op)
{
    struct reading *r = (struct reading *)(void *)op;

    arena_free(r->arena);
    free(r->pasts);
    free(r);
}

static void finish(struct reading *r, const struct err *err)
{
    struct reading kept = *r;
    struct err copy = err ? *err : (struct err){0};

    r->arena = NULL;
    r->pasts = NULL;
    op_end(&r->op);
    kept.fn(kept.arg, err ? NULL : kept.pasts, err ? 0 : kept.past_count, err ? &copy : NULL);
    arena_free(kept.arena);
    free(kept.pasts);
}

static void ask_next(struct reading *r);

static void on_look(void *arg, struct nomad_look *look, const struct err *err)
{
    struct reading *r = arg;
    size_t count = 0;

    if (!look && err->code != ERR_NOT_FOUND) { /* else it went away meanwhile */
        finish(r, err);
        return;
    }
    if (look) {
        const struct past *made =
            nomad_past_make(look->view.cluster, &look->sight, r->arena, &count);
        ARRAY_RESERVE(r->pasts, r->past_cap, r->past_count + count + 1);
        if (count > 0)
            memcpy(r->pasts + r->past_count, made, count * sizeof *made);
        r->past_count += count;
    }
    nomad_look_free(look);
    ask_next(r);
}

static void ask_next(struct reading *r)
{
    while (r->next < r->job_count) {
        const struct nomad_listed *job = &r->jobs[r->next++];
        bool is_service = strcmp(job->type, "service") == 0 || strcmp(job->type, "system") == 0;
        if (!is_service || job->parent[0] || job->periodic || job->parameterized)
            continue;
        nomad_look_start(nomad_of(r->op.driver), job->space, job->id, false, on_look, r);
        return;
    }
    finish(r, NULL);
}

static void on_jobs(void *arg, const struct http_answer *answer, bool sent,
                    const struct err *failed)
{
    struct reading *r = arg;
    struct err err = {0};

    (void)sent;
    json_t *value =
        nomad_client_parse(nomad_of(r->op.driver), answer, failed, "reading jobs", &err);
    bool ok = value && nomad_decode_jobs(value, r->arena, &r->jobs, &r->job_count, &err);
    json_decref(value);
    if (ok)
        ask_next(r);
    else
        finish(r, &err);
}

void nomad_history(struct driver *driver, driver_history_fn *fn, void *arg)
{
    struct nomad *nomad = nomad_of(driver);
    struct reading *r = xcalloc(1, sizeof *r);

    r->arena = arena_new(8192);
    r->fn = fn;
    r->arg = arg;
    nomad_op_begin(nomad, &r->op, drop);
    nomad_client_get(nomad, nomad_client_path(nomad, "jobs", nomad->space, ""), on_jobs, r);
}
