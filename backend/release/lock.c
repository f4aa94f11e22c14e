/* lock.c: see lock.h. One job goes through its records one after the other. */
#include "release/lock.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMA = 1, RETRY_MS = 200, RECORD_TEXT_MAX = 64 << 10 };
#define TIME_MAX_MS (INT64_C(1) << 52)

/* ---- the record ---- */

static bool read_text(const struct json_at *up, const char *key, char *out, size_t size,
                      struct err *err)
{
    struct json_at at = json_key(up, key);
    const char *text;

    if (!json_opt_text(&at, size - 1, "", &text, err))
        return false;
    snprintf(out, size, "%s", text);
    return true;
}

static bool read_holder(const struct json_at *at, struct lock_holder *out, struct err *err)
{
    struct json_at time = json_key(at, "at_ms"), exclusive = json_key(at, "exclusive");

    return json_get_object(at, err) && read_text(at, "id", out->id, sizeof out->id, err) &&
           read_text(at, "context", out->context, sizeof out->context, err) &&
           read_text(at, "service", out->service, sizeof out->service, err) &&
           read_text(at, "version", out->version, sizeof out->version, err) &&
           read_text(at, "by", out->by, sizeof out->by, err) &&
           json_opt_int(&time, 0, TIME_MAX_MS, 0, &out->at_utc_ms, err) &&
           json_opt_bool(&exclusive, true, &out->exclusive, err);
}

static bool read_record(const struct json_at *root, struct lock_record *out, struct err *err)
{
    struct json_at schema = json_key(root, "schema"), holders = json_key(root, "holders");
    int64_t version;
    size_t count = 0;

    if (!json_get_object(root, err) || !json_get_int(&schema, 1, 1 << 20, &version, err))
        return false;
    if (version > SCHEMA)
        return err_set(err, ERR_UNSUPPORTED, "the lock record was written by a newer lockstep");
    if (holders.value && !json_get_array(&holders, &count, err))
        return false;
    if (count > LOCK_HOLDERS_MAX)
        return err_set(err, ERR_LIMIT, "the lock record has %zu holders, more than %d", count,
                       LOCK_HOLDERS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_index(&holders, i);
        if (!read_holder(&item, &out->holders[i], err))
            return false;
        out->count = i + 1;
    }
    return true;
}

bool lock_parse(const char *text, size_t len, struct lock_record *out, struct err *err)
{
    memset(out, 0, sizeof *out);
    if (!text)
        return true;
    if (len > RECORD_TEXT_MAX)
        return err_set(err, ERR_LIMIT, "the lock record is too large");
    out->root = json_parse(text, len, "lock record", err);
    if (!out->root)
        return false;
    struct arena *arena = arena_new(512);
    struct json_at at = json_root(out->root, "lock record", arena);
    bool ok = read_record(&at, out, err);
    arena_free(arena);
    return ok;
}

void lock_record_release(struct lock_record *record)
{
    json_decref(record->root);
    record->root = NULL;
}

char *lock_write(const struct lock_record *record)
{
    json_t *root = record->root ? json_copy(record->root) : json_object(), *list = json_array();

    for (size_t i = 0; i < record->count; i++) {
        const struct lock_holder *h = &record->holders[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:b}", "id", h->id,
                                              "context", h->context, "service", h->service,
                                              "version", h->version, "by", h->by, "at_ms",
                                              (json_int_t)h->at_utc_ms, "exclusive", h->exclusive));
    }
    json_object_set_new(root, "schema", json_integer(SCHEMA));
    json_object_set_new(root, "holders", list);
    char *text = json_text(root);
    json_decref(root);
    return text;
}

/* ---- one job ---- */

struct lock_job {
    struct lock_job *next;
    struct lock_env env;
    struct lock_need needs[LOCKS_MAX];
    size_t count, at;
    struct lock_holder me;
    bool gives_back;
    lock_done_fn *done; /* NULL: nobody waits */
    void *arg;
    char *put_text; /* on its way: to be sent again identically */
    char put_expected[96];
    unsigned tries;
    struct loop_timer *timer;
};

static void get(struct lock_job *job);
static void put(struct lock_job *job);

static void free_job(struct lock_job *job)
{
    for (struct lock_job **at = &job->env.jobs->first; *at; at = &(*at)->next)
        if (*at == job) {
            *at = job->next;
            break;
        }
    loop_cancel(job->timer);
    free(job->put_text);
    free(job);
}

void lock_jobs_free(struct lock_jobs *jobs)
{
    while (jobs->first)
        free_job(jobs->first);
}

void lock_forget(struct lock_job *job)
{
    if (job)
        job->done = NULL;
}

static struct lock_job *new_job(const struct lock_env *env, const struct lock_need *needs,
                                size_t count, const struct lock_holder *me)
{
    struct lock_job *job = xcalloc(1, sizeof *job);

    job->env = *env;
    job->count = count < LOCKS_MAX ? count : LOCKS_MAX;
    memcpy(job->needs, needs, job->count * sizeof *needs);
    job->me = *me;
    job->next = env->jobs->first;
    env->jobs->first = job;
    return job;
}

/* What was taken before this one goes back, whoever waits. */
static void end(struct lock_job *job, enum lock_end how, const struct err *why)
{
    if (how != LOCK_TAKEN && !job->gives_back && job->at)
        lock_give_back(&job->env, job->needs, job->at, &job->me);
    if (job->done)
        job->done(job->arg, how, why);
    free_job(job);
}

static void unknown(struct lock_job *job, const struct err *why)
{
    struct err err = {0};

    err_set(&err, ERR_NETWORK,
            "whether something coupled is being started could not be found out (%.100s): %.200s",
            job->needs[job->at].key + strlen(LOCK_PREFIX), why->text);
    end(job, LOCK_UNKNOWN, &err);
}

static void again(void *arg)
{
    struct lock_job *job = arg;

    job->timer = NULL;
    if (job->put_text)
        put(job);
    else
        get(job);
}

/* True when it is tried again. */
static bool retries(struct lock_job *job)
{
    if (++job->tries >= LOCK_TRIES)
        return false;
    job->timer = loop_after(job->env.loop, RETRY_MS, again, job);
    return true;
}

static void next(struct lock_job *job)
{
    struct err none = {0};

    free(job->put_text);
    job->put_text = NULL;
    job->tries = 0;
    if (++job->at == job->count)
        end(job, LOCK_TAKEN, &none);
    else
        get(job);
}

static void on_put(void *arg, const char *text, const char *revision, const struct err *err)
{
    struct lock_job *job = arg;

    (void)text;
    (void)revision;
    if (!err_failed(err)) {
        next(job);
        return;
    }
    if (err->code == ERR_CONFLICT) { /* overtaken, or the first try arrived: look */
        free(job->put_text);
        job->put_text = NULL;
    }
    if (!retries(job))
        unknown(job, err);
}

static void put(struct lock_job *job)
{
    job->env.driver->ops->ledger_put(job->env.driver, job->needs[job->at].key, job->put_text,
                                     job->put_expected, on_put, job);
}

static bool is_ours(const struct lock_job *job, const struct lock_holder *holder)
{
    return strcmp(holder->context, job->me.context) == 0 &&
           strcmp(holder->service, job->me.service) == 0;
}

static void drop(struct lock_record *record, size_t at)
{
    memmove(record->holders + at, record->holders + at + 1,
            (--record->count - at) * sizeof *record->holders);
}

/* Takes out what is over. Returns who stands in the way, or NULL. */
static const struct lock_holder *clear(const struct lock_job *job, struct lock_record *record)
{
    bool exclusive = job->needs[job->at].exclusive;

    for (size_t i = 0; i < record->count;) {
        const struct lock_holder *holder = &record->holders[i];

        if (is_ours(job, holder) ||
            ((exclusive || holder->exclusive) && job->env.fate(job->env.arg, holder) == LOCK_OVER))
            drop(record, i);
        else if (exclusive || holder->exclusive)
            return holder;
        else
            i++;
    }
    return NULL;
}

static void refuse(struct lock_job *job, const struct lock_holder *holder)
{
    struct err err = {0};

    err_set(&err, ERR_CONFLICT,
            "R2 coupling: %.100s%s%.60s is being brought to %.60s by %.60s, and both are coupled "
            "over %.100s. Way out: wait until that is finished or back",
            holder->service, holder->context[0] ? " of " : "", holder->context, holder->version,
            holder->by, job->needs[job->at].key + strlen(LOCK_PREFIX));
    end(job, LOCK_REFUSED, &err);
}

static void send(struct lock_job *job, const struct lock_record *record, const char *revision)
{
    job->put_text = lock_write(record);
    snprintf(job->put_expected, sizeof job->put_expected, "%s", revision);
    put(job);
}

static void take(struct lock_job *job, struct lock_record *record, const char *revision)
{
    struct err err = {0};

    for (size_t i = 0; i < record->count; i++)
        if (strcmp(record->holders[i].id, job->me.id) == 0) { /* the first try arrived */
            next(job);
            return;
        }
    const struct lock_holder *holder = clear(job, record);
    if (holder) {
        refuse(job, holder);
    } else if (record->count == LOCK_HOLDERS_MAX) {
        err_set(&err, ERR_LIMIT, "the lock record has too many holders");
        unknown(job, &err);
    } else {
        record->holders[record->count] = job->me;
        record->holders[record->count++].exclusive = job->needs[job->at].exclusive;
        send(job, record, revision);
    }
}

static void give_back(struct lock_job *job, struct lock_record *record, const char *revision)
{
    size_t before = record->count;

    for (size_t i = 0; i < record->count;) {
        const struct lock_holder *holder = &record->holders[i];
        bool own = job->me.id[0] && strcmp(holder->id, job->me.id) == 0;

        if (own || (!job->me.id[0] && is_ours(job, holder) &&
                    job->env.fate(job->env.arg, holder) == LOCK_OVER))
            drop(record, i);
        else
            i++;
    }
    if (record->count == before)
        next(job);
    else
        send(job, record, revision);
}

static void on_got(void *arg, const char *text, const char *revision, const struct err *err)
{
    struct lock_job *job = arg;
    struct err bad = {0};

    if (err_failed(err)) {
        if (!retries(job))
            unknown(job, err);
        return;
    }
    struct lock_record *record = xcalloc(1, sizeof *record);
    if (!lock_parse(text, text ? strlen(text) : 0, record, &bad))
        unknown(job, &bad);
    else if (job->gives_back)
        give_back(job, record, revision);
    else
        take(job, record, revision);
    lock_record_release(record);
    free(record);
}

static void get(struct lock_job *job)
{
    job->env.driver->ops->ledger_get(job->env.driver, job->needs[job->at].key, on_got, job);
}

static void begin(void *arg)
{
    struct lock_job *job = arg;
    struct err err = {0};

    job->timer = NULL;
    if (job->env.driver) {
        get(job);
        return;
    }
    err_set(&err, ERR_NETWORK, "%s", job->env.why);
    unknown(job, &err);
}

struct lock_job *lock_take(const struct lock_env *env, const struct lock_need *needs, size_t count,
                           const struct lock_holder *me, lock_done_fn *done, void *arg)
{
    struct lock_job *job = new_job(env, needs, count, me);

    job->done = done;
    job->arg = arg;
    job->timer = loop_after(env->loop, 0, begin, job);
    return job;
}

void lock_give_back(const struct lock_env *env, const struct lock_need *needs, size_t count,
                    const struct lock_holder *me)
{
    if (!env->driver || !count)
        return;
    struct lock_job *job = new_job(env, needs, count, me);
    job->gives_back = true;
    job->timer = loop_after(env->loop, 0, begin, job);
}
