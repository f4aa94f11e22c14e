/* act.c: the only writes to workloads. What is written is recipe.h's; here it is sent, once.
 *
 * A write that finishes takes lockstep's entries out of managedFields by their place, and tests
 * that they are there. The controller's next status may move the places: then the server refuses
 * what nobody else was in the way of. Such a write was certainly not applied, and while the
 * revision that it tests is still the object's no copy of it was either; so it is made anew for the
 * places of now. Once that is applied the revision has moved, and a copy that comes late can only
 * fail. */
#include "drivers/kubernetes/answer.h"
#include "drivers/kubernetes/read.h"
#include "drivers/kubernetes/recipe.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_TRIES = 4, EVENT_MS = 1000 /* for an event, and no longer */ };

struct act {
    struct op op;
    struct action action; /* of a fence: only service and revision */
    bool is_fence;
    json_t *memo;
    struct kube_write write;
    size_t at; /* request that is under way */
    unsigned refused;
    struct err conflict; /* the last one */
    char revision[KUBE_REVISION_TEXT];
    json_t *about;      /* involvedObject of the event */
    struct call *event; /* on its way */
    struct loop_timer *timer;
    bool ended; /* but for the event */
    struct err result;
    driver_act_fn *fn;
    void *arg;
};

static void drop_act(struct op *op)
{
    struct act *act = (struct act *)(void *)op;

    loop_cancel(act->timer);
    kube_write_release(&act->write);
    json_decref(act->memo);
    json_decref(act->about);
    free(act);
}

static void tell_end(struct act *act)
{
    driver_act_fn *fn = act->fn;
    void *arg = act->arg;
    struct err copy = act->result;
    char revision[KUBE_REVISION_TEXT];

    snprintf(revision, sizeof revision, "%s", act->revision);
    op_end(&act->op);
    fn(arg, revision, err_or_null(&copy));
}

static void on_event_late(void *arg)
{
    struct act *act = arg;

    act->timer = NULL;
    api_cancel(act->event);
    tell_end(act);
}

/* Whoever hears of the end may close everything: a verb of the command line does. */
static void end_act(struct act *act, const struct err *err)
{
    act->result = *err;
    if (!act->event) {
        tell_end(act);
        return;
    }
    act->ended = true;
    act->timer = loop_after(op_kube(&act->op)->base.env.loop, EVENT_MS, on_event_late, act);
}

/* Nothing was sent yet: whatever went wrong, the service is as it was. */
static void not_sent(struct err *err)
{
    if (err->code != ERR_CONFLICT && err->code != ERR_AUTH && err->code != ERR_NOT_FOUND &&
        err->code != ERR_UNSUPPORTED)
        err->code = ERR_REJECTED;
    err_prefix(err, "nothing was sent");
}

static void on_event(void *arg, const struct http_answer *answer, bool sent, const struct err *err)
{
    struct act *act = arg;

    (void)answer;
    (void)sent;
    (void)err;
    act->event = NULL;
    if (act->ended)
        tell_end(act);
}

/* The cluster's own record of what was done, for everybody who looks with other tools. Nothing
 * depends on it: where it is forbidden there is none. */
static void leave_event(struct act *act)
{
    struct kube *kube = op_kube(&act->op);
    const struct action *a = &act->action;
    char at[CLOCK_TEXT], message[420];

    if (act->is_fence || !act->about || a->write > 0) /* one for all writes of an action */
        return;
    clock_format_utc(clock_utc_ms(loop_clock(kube->base.env.loop)), at);
    if (strlen(at) > 20)
        snprintf(at + 19, sizeof at - 19, "Z"); /* no fractions in these timestamps */
    snprintf(message, sizeof message, "%s%s%s%s%s to %u of %u by %s", verb_word[a->verb],
             a->from[0] ? " from " : "", a->from, a->to[0] ? " to " : "", a->to, a->to_count,
             a->replicas, a->by);
    json_t *event =
        json_pack("{s:s, s:s, s:{s:s, s:O}, s:O, s:s, s:s, s:s, s:{s:s}, s:s, s:s, s:i}",
                  "apiVersion", "v1", "kind", "Event", "metadata", "generateName", "lockstep-",
                  "namespace", json_object_get(act->about, "namespace"), "involvedObject",
                  act->about, "reason", "Lockstep", "message", message, "type", "Normal", "source",
                  "component", "lockstep", "firstTimestamp", at, "lastTimestamp", at, "count", 1);
    const char *scope = kube_raw(act->about, "namespace");
    act->event = api_send(kube, "POST", xasprintf("/api/v1/namespaces/%s/events", scope),
                          "application/json", event, on_event, act);
    json_decref(event);
}

static void send_next(struct act *act);
static void on_reread(void *arg, const struct service *service, const struct err *failed);

static void on_answer(void *arg, const struct http_answer *answer, bool sent,
                      const struct err *failed)
{
    struct act *act = arg;
    struct err err = {0}, ignored = {0};
    char what[220];

    snprintf(what, sizeof what, "writing %.180s", act->action.service);
    if (!api_judge(answer, sent, failed, &act->write.requests[act->at], what, &err)) {
        if (err.code == ERR_CONFLICT && act->at == 0 && !act->is_fence &&
            ++act->refused < PLACES_TRIES) {
            act->conflict = err;
            kube_read_service(&op_kube(&act->op)->base, act->action.service, on_reread, act);
        } else {
            end_act(act, &err);
        }
        return;
    }
    if (act->at == 0) {
        json_t *object = json_parse(answer->body, answer->body_len, "the answer", &ignored);
        if (object)
            kube_revision(object, act->revision);
        json_decref(object);
        leave_event(act);
    }
    act->at++;
    send_next(act);
}

static void send_next(struct act *act)
{
    const struct err none = {0};

    if (act->at >= act->write.count) {
        end_act(act, &none);
        return;
    }
    const struct kube_request *request = &act->write.requests[act->at];
    api_send(op_kube(&act->op), request->method, xstrdup(request->path), request->content_type,
             request->body, on_answer, act);
}

static json_t *involved(const struct kube_workload *w)
{
    const char *prefix = kube_kinds[w->kind].prefix;

    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s}", "kind", kube_kinds[w->kind].owner, "apiVersion",
        prefix + strlen("/apis/"), "namespace", kube_raw(w->object, "metadata/namespace"), "name",
        kube_raw(w->object, "metadata/name"), "uid", kube_raw(w->object, "metadata/uid"));
}

static void compose_and_send(struct act *act, const struct kube_workload *w)
{
    struct err err = {0};
    char nonce[ID_TEXT];
    bool ok;

    if (act->is_fence) {
        id_random(nonce);
        ok = kube_compose_fence(w, act->action.revision, nonce, &act->write, &err);
    } else {
        ok = kube_compose(w, &act->action, act->memo, &act->write, &err);
    }
    if (ok) {
        if (!act->about)
            act->about = involved(w);
        send_next(act);
        return;
    }
    not_sent(&err);
    end_act(act, &err);
}

/* After a conflict: is what was judged still there? */
static void on_reread(void *arg, const struct service *service, const struct err *failed)
{
    struct act *act = arg;
    struct kube_workload w;

    (void)failed;
    if (service && strcmp(service->revision, act->action.revision) == 0 &&
        kube_read_kept(op_kube(&act->op), service->id, service->revision, &w)) {
        kube_write_release(&act->write);
        compose_and_send(act, &w);
    } else {
        end_act(act, &act->conflict);
    }
}

/* What was judged has been forgotten, or the object moved on: as it is now. */
static void on_read(void *arg, const struct service *service, const struct err *failed)
{
    struct act *act = arg;
    struct kube_workload w;
    struct err err = {0};

    if (service && kube_read_kept(op_kube(&act->op), service->id, service->revision, &w)) {
        compose_and_send(act, &w);
        return;
    }
    err = failed ? *failed : err;
    not_sent(&err);
    end_act(act, &err);
}

static void begin(void *arg)
{
    struct act *act = arg;
    struct kube_workload w;

    if (kube_read_kept(op_kube(&act->op), act->action.service, act->action.revision, &w))
        compose_and_send(act, &w);
    else
        kube_read_service(&op_kube(&act->op)->base, act->action.service, on_read, act);
}

static struct act *new_act(struct driver *driver, driver_act_fn *fn, void *arg)
{
    struct act *act = xcalloc(1, sizeof *act);

    act->fn = fn;
    act->arg = arg;
    api_op_begin(kube_of(driver), &act->op, drop_act);
    return act;
}

void kube_act(struct driver *driver, const struct action *action, const json_t *memo,
              driver_act_fn *fn, void *arg)
{
    struct act *act = new_act(driver, fn, arg);

    act->action = *action;
    act->memo = memo ? json_deep_copy(memo) : NULL;
    api_later(op_kube(&act->op), 0, begin, act);
}

void kube_fence_slot(struct driver *driver, const char *service_id, const char *revision,
                     driver_act_fn *fn, void *arg)
{
    struct act *act = new_act(driver, fn, arg);

    act->is_fence = true;
    snprintf(act->action.service, sizeof act->action.service, "%s", service_id);
    snprintf(act->action.revision, sizeof act->action.revision, "%s", revision);
    api_later(op_kube(&act->op), 0, begin, act);
}
