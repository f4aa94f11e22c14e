/* write.c: one service read consistently, and the only writes to jobs and deployments.
 *
 * What is sent is made from a read of this moment, and only when its revision is still the one
 * that was judged. */
#include "drivers/nomad/client.h"

#include "base/json.h"
#include "drivers/nomad/answer.h"
#include "drivers/nomad/recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_MS = 250 };

struct read {
    struct op op;
    struct arena *arena;
    const char *space, *job, *group;
    unsigned tries;
    driver_read_fn *fn;
    void *arg;
};

static void drop_read(struct op *op)
{
    struct read *read = (struct read *)(void *)op;

    arena_free(read->arena);
    free(read);
}

static void try_read(void *arg);

static void on_read(void *arg, struct nomad_look *look, const struct err *failed)
{
    struct read *read = arg;
    struct nomad *nomad = nomad_of(read->op.driver);
    driver_read_fn *fn = read->fn;
    void *fn_arg = read->arg;
    struct err err = *failed;
    const struct service *service = NULL;
    const struct nomad_group *group = NULL;

    if (!look && err.code == ERR_NETWORK && ++read->tries < NOMAD_READ_TRIES) {
        nomad_client_later(nomad, RETRY_MS << read->tries, try_read, read);
        return;
    }
    if (look)
        group = nomad_find_group(&look->history.jobs[0], read->group);
    if (group)
        service = nomad_picture(&look->view, &look->sight, group, true);
    else if (look)
        err_set(&err, ERR_NOT_FOUND, "job %s has no group %s", read->job, read->group);
    if (service)
        nomad_keep(nomad, look, group, service);
    else
        nomad_look_free(look);
    op_end(&read->op);
    fn(fn_arg, service, err_or_null(&err));
    service_unref(service);
}

static void no_such(void *arg)
{
    struct read *read = arg;
    driver_read_fn *fn = read->fn;
    void *fn_arg = read->arg;
    struct err err = {0};

    op_end(&read->op);
    err_set(&err, ERR_NOT_FOUND, "there is no such service");
    fn(fn_arg, NULL, &err);
}

static void try_read(void *arg)
{
    struct read *read = arg;

    nomad_look_start(nomad_of(read->op.driver), read->space, read->job, true, on_read, read);
}

void nomad_read(struct driver *driver, const char *service_id, driver_read_fn *fn, void *arg)
{
    struct nomad *nomad = nomad_of(driver);
    struct read *read = xcalloc(1, sizeof *read);

    read->arena = arena_new(256);
    read->fn = fn;
    read->arg = arg;
    nomad_op_begin(nomad, &read->op, drop_read);
    if (nomad_parse_id(read->arena, service_id, &read->space, &read->job, &read->group))
        try_read(read);
    else
        nomad_client_later(nomad, 0, no_such, read);
}

struct act {
    struct op op;
    struct arena *arena;
    const char *space, *job, *group;
    struct action action;
    struct nomad_sent sent; /* what is on its way, if it is a deed on a deployment */
    json_t *memo;
    driver_act_fn *fn;
    void *arg;
};

static void drop_act(struct op *op)
{
    struct act *act = (struct act *)(void *)op;

    json_decref(act->memo);
    arena_free(act->arena);
    free(act);
}

static void end_act(struct act *act, const struct err *err)
{
    driver_act_fn *fn = act->fn;
    void *arg = act->arg;

    op_end(&act->op);
    fn(arg, "", err_or_null(err));
}

static void on_sent(void *arg, const struct http_answer *answer, bool sent,
                    const struct err *failed)
{
    struct act *act = arg;
    struct err err = {0};

    nomad_answer_judge(answer, sent, failed, true,
                       act->sent.deed == NOMAD_DEED_NONE ? "registering the job"
                                                         : "changing the deployment",
                       &err);
    end_act(act, &err);
}

/* Nothing was sent yet: whatever went wrong, the service is as it was. */
static void not_sent(struct err *err)
{
    if (err->code != ERR_CONFLICT && err->code != ERR_AUTH && err->code != ERR_NOT_FOUND &&
        err->code != ERR_UNSUPPORTED)
        err->code = ERR_REJECTED;
    err_prefix(err, "nothing was sent");
}

/* Its mark cannot be left on the deployment: it is kept here, and seen by what it did. */
static void note_sent(struct act *act, const struct nomad_request *request)
{
    struct nomad *nomad = nomad_of(act->op.driver);
    struct nomad_sent *sent = &act->sent;

    sent->deed = request->deed;
    snprintf(sent->deployment, sizeof sent->deployment, "%s", request->deployment);
    snprintf(sent->group, sizeof sent->group, "%s", act->group);
    snprintf(sent->mark, sizeof sent->mark, "%s.%u", act->action.id, act->action.write);
    if (sent->deed != NOMAD_DEED_NONE)
        nomad->sent[nomad->sent_next++ % NOMAD_SENT_MAX] = *sent;
}

static void send_request(struct act *act, struct nomad_request *request)
{
    static const char *const verbs[] = {
        [NOMAD_DEED_HEALTH] = "allocation-health",
        [NOMAD_DEED_PAUSE] = "pause",
        [NOMAD_DEED_PROMOTE] = "promote",
    };
    struct nomad *nomad = nomad_of(act->op.driver);
    char *path = request->deed == NOMAD_DEED_NONE
                     ? xstrdup("jobs")
                     : xasprintf("deployment/%s/%s", verbs[request->deed], request->deployment);

    nomad_client_put(nomad, nomad_client_path(nomad, path, act->space, ""), request->body, on_sent,
                     act);
    free(path);
}

static bool prepare(struct act *act, const struct nomad_look *look, struct nomad_request *request,
                    struct err *err)
{
    const struct nomad_group *group = nomad_find_group(&look->history.jobs[0], act->group);

    if (!group)
        return err_set(err, ERR_NOT_FOUND, "job %s has no group %s", act->job, act->group);
    const struct service *service = nomad_picture(&look->view, &look->sight, group, false);
    bool ok = strcmp(service->revision, act->action.revision) == 0 ||
              err_set(err, ERR_CONFLICT, "%s was changed meanwhile: it asks for %s now",
                      service->name, service->wants);
    ok = ok && nomad_compose(&look->sight, group, service, act->memo, &act->action, request, err);
    service_unref(service);
    return ok;
}

static void on_fresh(void *arg, struct nomad_look *look, const struct err *failed)
{
    struct act *act = arg;
    struct nomad_request request = {.body = NULL};
    struct err err = *failed;

    if (look && prepare(act, look, &request, &err)) {
        note_sent(act, &request);
        send_request(act, &request);
    } else {
        not_sent(&err);
        end_act(act, &err);
    }
    json_decref(request.body);
    nomad_look_free(look);
}

static void nowhere(void *arg)
{
    struct act *act = arg;
    struct err err = {0};

    err_set(&err, ERR_NOT_FOUND, "there is no such service");
    end_act(act, &err);
}

void nomad_act(struct driver *driver, const struct action *action, const json_t *memo,
               driver_act_fn *fn, void *arg)
{
    struct nomad *nomad = nomad_of(driver);
    struct act *act = xcalloc(1, sizeof *act);

    act->arena = arena_new(256);
    act->action = *action;
    act->memo = memo ? json_deep_copy(memo) : NULL;
    act->fn = fn;
    act->arg = arg;
    nomad_op_begin(nomad, &act->op, drop_act);
    if (nomad_parse_id(act->arena, action->service, &act->space, &act->job, &act->group))
        nomad_look_start(nomad, act->space, act->job, true, on_fresh, act);
    else
        nomad_client_later(nomad, 0, nowhere, act);
}
