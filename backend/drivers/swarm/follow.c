/* follow.c: looks once per second, and at once when an event says so.
 *
 * Events are only a reason to look: they know nothing about tasks, and they get lost. */
#include "drivers/swarm/follow.h"

#include "drivers/swarm/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void look_now(void *arg);

static void look_in(struct follow *follow, int64_t delay_ms)
{
    loop_cancel(follow->timer);
    follow->timer = loop_after(follow->swarm->base.env.loop, delay_ms, look_now, follow);
}

static void set_state(struct follow *follow, enum cluster_state state, const struct err *why)
{
    struct driver_sink *sink = &follow->swarm->base.env.sink;

    if (follow->told_state && follow->state == state && state == CLUSTER_LIVE)
        return;
    /* Behind a gap the picture has to be completed again before it is said to be. */
    if (state != CLUSTER_LIVE || follow->state != CLUSTER_LIVE)
        follow->synced = false;
    follow->state = state;
    follow->told_state = true;
    sink->state(sink->arg, state, why);
}

static void look_failed(struct follow *follow, const struct err *err)
{
    bool was_live = follow->state != CLUSTER_CONNECTING;

    set_state(follow, was_live ? CLUSTER_STALE : CLUSTER_CONNECTING, err);
    client_forget(follow->swarm);
    follow_close_stream(follow);
    follow->backoff_ms = follow->backoff_ms ? follow->backoff_ms * 2 : SWARM_BACKOFF_MS;
    if (follow->backoff_ms > SWARM_BACKOFF_MAX_MS)
        follow->backoff_ms = SWARM_BACKOFF_MAX_MS;
    look_in(follow, follow->backoff_ms);
}

static void on_look(void *arg, const struct swarm_view *view, json_t *raw, const struct err *err)
{
    struct follow *follow = arg;
    struct driver_sink *sink = &follow->swarm->base.env.sink;

    (void)raw;
    follow->looking = false;
    follow->looked_ms = loop_now_ms(follow->swarm->base.env.loop);
    if (!view) {
        look_failed(follow, err);
        return;
    }
    follow->backoff_ms = 0;
    set_state(follow, CLUSTER_LIVE, NULL);
    follow_deliver(follow, view);
    sink->fresh(sink->arg);
    if (!follow->synced) {
        follow->synced = true;
        sink->synced(sink->arg);
    }
    follow_open_stream(follow);
    look_in(follow, follow->again ? SWARM_WAKE_MS : SWARM_POLL_MS);
    follow->again = false;
}

static void look_now(void *arg)
{
    struct follow *follow = arg;

    follow->timer = NULL;
    follow->looking = true;
    look_start(follow->swarm, NULL, on_look, follow);
}

void follow_wake(struct follow *follow)
{
    int64_t since_ms = loop_now_ms(follow->swarm->base.env.loop) - follow->looked_ms;

    if (follow->looking)
        follow->again = true;
    else if (follow->backoff_ms == 0)
        look_in(follow, since_ms >= SWARM_WAKE_MS ? 0 : SWARM_WAKE_MS - since_ms);
}

void swarm_follow(struct driver *driver)
{
    struct swarm *swarm = swarm_of(driver);
    struct follow *follow;

    if (swarm->follow)
        return;
    follow = swarm->follow = xcalloc(1, sizeof *follow);
    follow->swarm = swarm;
    look_in(follow, 0);
}

void swarm_focus(struct driver *driver, const char *service_id)
{
    struct follow *follow = swarm_of(driver)->follow;

    if (!follow)
        return;
    snprintf(follow->focus, sizeof follow->focus, "%s", service_id ? service_id : "");
    follow_wake(follow);
}

void swarm_unfollow(struct swarm *swarm)
{
    struct follow *follow = swarm->follow;

    if (!follow)
        return;
    loop_cancel(follow->timer);
    follow_close_stream(follow);
    told_free(&follow->services);
    told_free(&follow->nodes);
    free(follow->line);
    free(follow);
    swarm->follow = NULL;
}
