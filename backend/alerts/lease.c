/* lease.c: see lease.h. */
#include "alerts/lease.h"

#include "alerts/shared.h"
#include "alerts/sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One question to the store. Its answer comes on the engine's thread and is posted to ours. */
struct call {
    struct call *next;
    struct lease *lease; /* NULL: nobody waits any more */
    struct loop *loop;
    bool put;
    char *text, *revision;
    struct err err;
};

struct lease {
    struct lease_env env;
    char *context;
    enum lease_state state;
    struct call *calls; /* at most one with `lease` set to this */
    struct loop_timer *timer;
    bool live, dirty, busy, leaving;
    char revision[96]; /* of the record as read or written last; "" none */
    char holder[ID_TEXT];
    int64_t beat;
    int64_t seen_ms;    /* when this beat was first seen */
    int64_t asked_ms;   /* when the question under way was asked */
    int64_t until_ms;   /* leads until then */
    int64_t reached_ms; /* the store answered last */
    int *written;       /* of the put under way, by index of the book then */
    char (*ids)[ID_TEXT];
    size_t written_count;
};

static void turn(void *arg);

static int64_t now_of(const struct lease *lease)
{
    return loop_now_ms(lease->env.loop);
}

static void later(struct lease *lease, int64_t ms)
{
    loop_cancel(lease->timer);
    lease->timer = loop_after(lease->env.loop, ms, turn, lease);
}

static void free_call(struct call *call)
{
    free(call->text);
    free(call->revision);
    free(call);
}

static void unlink_call(struct lease *lease, struct call *call)
{
    for (struct call **at = &lease->calls; *at; at = &(*at)->next)
        if (*at == call) {
            *at = call->next;
            return;
        }
}

struct lease *lease_new(const struct lease_env *env)
{
    struct lease *lease = xcalloc(1, sizeof *lease);

    lease->env = *env;
    lease->context = xstrdup(env->context);
    lease->env.context = lease->context;
    lease->reached_ms = now_of(lease);
    lease->env.leads(lease->env.arg, lease->context, false);
    later(lease, 0);
    return lease;
}

void lease_free(struct lease *lease, bool engine_gone)
{
    while (lease->calls) {
        struct call *call = lease->calls;
        lease->calls = call->next;
        call->lease = NULL;
        if (engine_gone)
            free_call(call);
    }
    loop_cancel(lease->timer);
    free(lease->written);
    free(lease->ids);
    free(lease->context);
    free(lease);
}

enum lease_state lease_state(const struct lease *lease)
{
    if (lease->state == LEASE_LEADS && now_of(lease) >= lease->until_ms)
        return LEASE_WAITS;
    return lease->state;
}

bool lease_allows(const struct lease *lease, const struct incident *incident, int event, int said)
{
    if (lease->state == LEASE_ALONE)
        return true;
    if (lease->state == LEASE_FOLLOWS && !incident->shared && said == ALERT_OPENED)
        return event == ALERT_RESOLVED;
    return lease->state == LEASE_LEADS && !lease->leaving && incident->shared >= event &&
           now_of(lease) + SINK_TIME_MS <= lease->until_ms;
}

static bool speaks(enum lease_state state)
{
    return state == LEASE_LEADS || state == LEASE_ALONE;
}

static void set_state(struct lease *lease, enum lease_state state)
{
    enum lease_state before = lease->state;

    lease->state = state;
    if (speaks(state) != speaks(before))
        lease->env.leads(lease->env.arg, lease->context, speaks(state));
    if (state == LEASE_LEADS && before != LEASE_LEADS && before != LEASE_ALONE)
        lease->env.took_over(lease->env.arg, lease->context);
    if (speaks(state))
        lease->env.changed(lease->env.arg);
}

/* What the put under way has written is known to the others. */
static void note_written(struct lease *lease)
{
    for (size_t i = 0; i < lease->written_count; i++) {
        struct incident *incident = alerts_find_id(lease->env.book, lease->ids[i]);
        if (incident && lease->written[i] > incident->shared)
            incident->shared = lease->written[i];
    }
}

static void keep_revision(struct lease *lease, const char *revision)
{
    snprintf(lease->revision, sizeof lease->revision, "%s", revision ? revision : "");
}

/* The store does not work for us: for now, or at all. */
static void failed(struct lease *lease, const struct err *err)
{
    bool never = err->code == ERR_UNSUPPORTED || err->code == ERR_AUTH ||
                 err->code == ERR_REJECTED || err->code == ERR_LIMIT || err->code == ERR_PROTOCOL;

    if (!never)
        later(lease, lease->state == LEASE_ALONE ? LEASE_ALONE_MS : LEASE_BEAT_MS);
    else
        later(lease, LEASE_ALONE_MS);
    if (never || now_of(lease) - lease->reached_ms >= LEASE_ALONE_MS)
        set_state(lease, LEASE_ALONE);
    else if (lease->state == LEASE_LEADS && now_of(lease) >= lease->until_ms)
        set_state(lease, LEASE_WAITS);
    lease->revision[0] = '\0';
}

static void ask(struct lease *lease, const char *text);

static void put(struct lease *lease)
{
    const struct alerts *book = lease->env.book;

    free(lease->written);
    free(lease->ids);
    lease->written = xcalloc(book->count, sizeof *lease->written);
    lease->ids = xcalloc(book->count, sizeof *lease->ids);
    lease->written_count = book->count;
    for (size_t i = 0; i < book->count; i++)
        snprintf(lease->ids[i], ID_TEXT, "%s", book->items[i]->alert.id);
    char *text = shared_write(book, lease->context, lease->leaving ? "" : lease->env.id,
                              lease->beat + 1, lease->written);
    lease->dirty = false;
    ask(lease, text);
    free(text);
}

static void on_put(struct lease *lease, const struct call *call)
{
    if (call->err.code == ERR_CONFLICT) { /* somebody else, or our own lost answer: look */
        set_state(lease, LEASE_WAITS);
        lease->revision[0] = '\0';
        later(lease, 0);
        return;
    }
    if (call->err.code != ERR_NONE) {
        failed(lease, &call->err);
        return;
    }
    lease->reached_ms = now_of(lease);
    lease->until_ms = lease->asked_ms + LEASE_MS;
    lease->beat++;
    lease->seen_ms = now_of(lease);
    snprintf(lease->holder, sizeof lease->holder, "%s", lease->leaving ? "" : lease->env.id);
    keep_revision(lease, call->revision);
    note_written(lease);
    if (lease->leaving) {
        set_state(lease, LEASE_FOLLOWS);
        return;
    }
    later(lease, lease->dirty ? 0 : LEASE_BEAT_MS);
    set_state(lease, LEASE_LEADS);
}

/* Who saw something that the holder, who was there all the time, did not: nobody is told. */
static void drop_unseen(struct lease *lease)
{
    struct alerts *book = lease->env.book;

    for (size_t i = 0; i < book->count; i++) {
        struct incident *incident = book->items[i];
        if (strcmp(incident->alert.cluster, lease->context) == 0 && !incident->shared &&
            incident->alert.resolved_utc_ms &&
            now_of(lease) - incident->known_ms > LEASE_MS + 2 * LEASE_BEAT_MS)
            for (size_t s = 1; s < book->sink_count; s++)
                if (!incident->to[s].sending && !incident->to[s].said)
                    incident->to[s].said = ALERT_RESOLVED;
    }
}

static void follow(struct lease *lease, const struct shared *shared)
{
    bool beats = shared->beat != lease->beat || strcmp(shared->holder, lease->holder) != 0;

    if (beats) {
        lease->seen_ms = now_of(lease);
        drop_unseen(lease);
    }
    lease->beat = shared->beat;
    snprintf(lease->holder, sizeof lease->holder, "%s", shared->holder);
    bool ours = strcmp(shared->holder, lease->env.id) == 0;
    bool free_to_take = !shared->holder[0] || ours || now_of(lease) - lease->seen_ms >= LEASE_MS;
    if (free_to_take && lease->live) {
        put(lease);
    } else {
        if (!ours)
            set_state(lease, LEASE_FOLLOWS);
        later(lease, LEASE_BEAT_MS);
    }
}

static void on_got(struct lease *lease, const struct call *call)
{
    struct shared shared;
    struct err err = {0};

    if (call->err.code != ERR_NONE) {
        failed(lease, &call->err);
        return;
    }
    lease->reached_ms = now_of(lease);
    keep_revision(lease, call->revision);
    bool good = shared_parse(call->text, call->text ? strlen(call->text) : 0, lease->env.book,
                             &shared, &err);
    if (!good && err.code != ERR_UNSUPPORTED) { /* damaged: written anew by whoever may */
        shared_release(&shared);
        shared = (struct shared){.beat = lease->beat};
        good = true;
    }
    if (good) {
        shared_merge(lease->env.book, &shared, lease->context, now_of(lease));
        follow(lease, &shared);
    } else {
        failed(lease, &err);
    }
    shared_release(&shared);
}

static void answered(void *arg)
{
    struct call *call = arg;
    struct lease *lease = call->lease;

    if (lease) {
        unlink_call(lease, call);
        lease->busy = false;
        if (call->put)
            on_put(lease, call);
        else
            on_got(lease, call);
    }
    free_call(call);
}

/* On the engine's thread. */
static void on_record(void *arg, const char *text, const char *revision, const struct err *err)
{
    struct call *call = arg;

    call->text = text ? xstrdup(text) : NULL;
    call->revision = xstrdup(revision ? revision : "");
    if (err)
        call->err = *err;
    loop_post(call->loop, answered, call);
}

/* `text` NULL: reads. */
static void ask(struct lease *lease, const char *text)
{
    struct call *call = xcalloc(1, sizeof *call);

    call->lease = lease;
    call->loop = lease->env.loop;
    call->put = text != NULL;
    call->next = lease->calls;
    lease->calls = call;
    lease->busy = true;
    lease->asked_ms = now_of(lease);
    const struct engine_record record = {.context = lease->context,
                                         .key = SHARED_KEY,
                                         .text = text,
                                         .expected = lease->revision,
                                         .fn = on_record,
                                         .arg = call};
    engine_record(lease->env.engine, &record);
}

static void turn(void *arg)
{
    struct lease *lease = arg;

    lease->timer = NULL;
    if (lease->busy || lease->leaving)
        return;
    if (lease->state == LEASE_LEADS && lease->live && lease->revision[0] &&
        now_of(lease) < lease->until_ms)
        put(lease);
    else
        ask(lease, NULL);
}

void lease_heard(struct lease *lease, bool live)
{
    bool before = lease->live;

    lease->live = live;
    if (live && !before && !lease->busy && !lease->leaving)
        later(lease, 0);
}

void lease_touch(struct lease *lease)
{
    lease->dirty = true;
    if (lease->state == LEASE_LEADS && !lease->busy && !lease->leaving)
        later(lease, 0);
}

bool lease_give_back(struct lease *lease)
{
    if (lease->leaving)
        return !lease->busy;
    if (lease->busy)
        return false; /* ask again */
    if (lease_state(lease) != LEASE_LEADS || !lease->revision[0])
        return true;
    lease->leaving = true;
    loop_cancel(lease->timer);
    lease->timer = NULL;
    put(lease);
    return false;
}
