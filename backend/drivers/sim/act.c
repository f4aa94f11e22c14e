/* act.c: what the simulated cluster does with a request that arrived.
 *
 * A write is applied or refused as one: the precondition is looked at, the target and the
 * mark change and the revision moves in the same instant. */
#include "drivers/sim/rollout.h"
#include "drivers/sim/wire.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sim_stamp(struct sim *sim, struct sim_service *service, const char *mark, const char *by)
{
    service->revision++;
    if (by)
        text_clean_into(service->by, sizeof service->by, by, strlen(by));
    if (mark[0]) {
        if (service->mark_count == SIM_MARK_MAX)
            memmove(service->marks[0], service->marks[1],
                    sizeof service->marks[0] * --service->mark_count);
        snprintf(service->marks[service->mark_count++], sizeof service->marks[0], "%s", mark);
        ARRAY_RESERVE(sim->applied, sim->applied_cap, sim->applied_count + 1);
        snprintf(sim->applied[sim->applied_count++], sizeof sim->applied[0], "%s", mark);
    }
    sim_touch(sim, service);
}

unsigned sim_applied(struct sim *sim, const char *mark)
{
    unsigned count = 0;

    sim_lock(sim);
    for (size_t i = 0; i < sim->applied_count; i++)
        count += strcmp(sim->applied[i], mark) == 0;
    sim_unlock(sim);
    return count;
}

unsigned sim_applied_total(struct sim *sim)
{
    sim_lock(sim);
    const unsigned count = (unsigned)sim->applied_count;
    sim_unlock(sim);
    return count;
}

static bool check_write(struct sim *sim, const struct request *request,
                        const struct sim_service *service, const char *revision, struct err *err)
{
    char now[24];

    if (!service)
        return err_set(err, ERR_NOT_FOUND, "the service %s is not there any more", request->object);
    if (sim->forbidden)
        return err_set(err, ERR_AUTH, "the simulated cluster forbids: update service %s",
                       service->name);
    snprintf(now, sizeof now, "%llu", (unsigned long long)service->revision);
    if (strcmp(now, revision) != 0)
        return err_set(err, ERR_CONFLICT,
                       "%s is at revision %s, not %s: %s%s changed it in the meantime",
                       service->name, now, revision, service->by[0] ? service->by : "somebody",
                       service->by[0] ? " or somebody else" : "");
    return true;
}

static bool check_target(const struct sim_service *service, const struct action *action,
                         const struct sim_version *to, struct err *err)
{
    const uint32_t target = sim_write_target(action);

    if (target < 1 || target > service->replicas)
        return err_set(err, ERR_REJECTED, "%s has %u instances: cannot bring %u to version %s",
                       service->name, service->replicas, target, action->to);
    if (action->verb != VERB_START && action->to[0] && strcmp(action->to, to->name) != 0)
        return err_set(err, ERR_REJECTED, "%s moves to %s, not to %s", service->name,
                       service->wants->name, action->to);
    if (to == service->wants && target < sim_rollout_dispatched(service))
        return err_set(err, ERR_REJECTED, "%u instances of %s are on %s already, more than %u",
                       sim_rollout_dispatched(service), service->name, action->to, target);
    return true;
}

static bool move_forward(struct sim *sim, struct sim_service *service, const struct action *action,
                         struct err *err)
{
    const struct sim_version *to = action->verb == VERB_START
                                       ? sim_version_of(sim, service, action->to, action->artifact)
                                       : service->wants;

    if (!check_target(service, action, to, err))
        return false;
    service->every_ms = 0;
    if (to != service->wants)
        sim_rollout_start(sim, service, to, sim_write_target(action), false);
    else
        sim_rollout_target(sim, service, sim_write_target(action));
    return true;
}

static bool change(struct sim *sim, struct sim_service *service, const struct request *request,
                   struct err *err)
{
    const struct action *action = &request->action;

    switch (action->verb) {
    case VERB_START:
    case VERB_STEP:
    case VERB_RESUME:
        return move_forward(sim, service, action, err);
    case VERB_PAUSE:
        service->every_ms = 0;
        sim_rollout_target(sim, service, sim_rollout_dispatched(service));
        return true;
    case VERB_ROLLBACK:
        sim_rollout_start(sim, service,
                          sim_version_of(sim, service, action->to, request->back_artifact),
                          service->replicas, true);
        return true;
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        break;
    }
    return err_set(err, ERR_UNSUPPORTED, "a service cannot be told to %s",
                   action->verb < VERB_COUNT ? verb_word[action->verb] : "do that");
}

static void apply_act(struct sim *sim, struct request *request, struct err *err)
{
    const struct action *action = &request->action;
    struct sim_service *service = sim_find_service(sim, request->object);
    char mark[48];

    if (!check_write(sim, request, service, action->revision, err) ||
        !change(sim, service, request, err))
        return;
    snprintf(mark, sizeof mark, "%s.%u", action->id, action->write);
    sim_stamp(sim, service, mark, action->by);
    snprintf(request->revision, sizeof request->revision, "%llu",
             (unsigned long long)service->revision);
}

static void apply_fence(struct sim *sim, struct request *request, struct err *err)
{
    struct sim_service *service = sim_find_service(sim, request->object);

    if (sim->scenario->no_fence) {
        err_set(err, ERR_UNSUPPORTED, "this scenario has no neutral write");
        return;
    }
    if (!check_write(sim, request, service, request->expected, err))
        return;
    sim_stamp(sim, service, "", NULL);
    snprintf(request->revision, sizeof request->revision, "%llu",
             (unsigned long long)service->revision);
}

static void read_service(struct sim *sim, struct request *request)
{
    const struct sim_service *service = sim_find_service(sim, request->object);

    if (service)
        request->service = sim_facts(sim, service, request->cluster, request->focus);
    else
        err_set(&request->err, ERR_NOT_FOUND, "the simulated cluster has no service %s",
                request->object);
}

static struct sim_record *find_record(struct sim *sim, const char *key)
{
    struct sim_record *record = sim->records;

    while (record && strcmp(record->key, key) != 0)
        record = record->next;
    return record;
}

struct sim_record *sim_store_put(struct sim *sim, const char *key, char *text)
{
    struct sim_record *record = find_record(sim, key), **at = &sim->records;

    if (!record) {
        record = xcalloc(1, sizeof *record);
        record->key = arena_strdup(sim->arena, key);
        while (*at && strcmp((*at)->key, record->key) < 0)
            at = &(*at)->next;
        record->next = *at;
        *at = record;
    }
    free(record->text);
    record->text = text;
    record->revision = ++sim->record_revision;
    record->changed = ++sim->change;
    return record;
}

static void put_record(struct sim *sim, struct request *request, struct err *err)
{
    struct sim_record *record = find_record(sim, request->object);
    char now[24] = "";

    if (record && request->overtaken)
        record->revision = ++sim->record_revision;
    if (record)
        snprintf(now, sizeof now, "%llu", (unsigned long long)record->revision);
    if (sim->forbidden) {
        err_set(err, ERR_AUTH, "the simulated cluster forbids: write ledger record %s",
                request->object);
        return;
    }
    if (strcmp(now, request->expected) != 0 || (!record && request->overtaken)) {
        err_set(err, ERR_CONFLICT, "somebody else wrote the ledger record of %s first",
                request->object);
        return;
    }
    record = sim_store_put(sim, request->object, xstrdup(request->text));
    sim_story_heard(sim, request->text);
    snprintf(request->revision, sizeof request->revision, "%llu",
             (unsigned long long)record->revision);
}

static void get_record(struct sim *sim, struct request *request)
{
    const struct sim_record *record = find_record(sim, request->object);

    if (!record)
        return;
    request->got = xstrdup(record->text);
    snprintf(request->revision, sizeof request->revision, "%llu",
             (unsigned long long)record->revision);
}

static void list_records(struct sim *sim, struct request *request)
{
    size_t cap = 0;

    for (const struct sim_record *record = sim->records; record; record = record->next) {
        ARRAY_RESERVE(request->keys, cap, request->key_count + 1);
        request->keys[request->key_count++] = record->key;
    }
}

/* The second arrival of a duplicate must not change the answer of the first. */
static void apply_write(struct sim *sim, struct request *request)
{
    char kept[sizeof request->revision];
    struct err err = {0};

    memcpy(kept, request->revision, sizeof kept);
    if (request->overtaken && !request->computed && request->kind != REQUEST_LEDGER_PUT) {
        struct sim_service *service = sim_find_service(sim, request->object);
        if (service)
            sim_stamp(sim, service, "", "somebody else");
    }
    if (request->kind == REQUEST_ACT)
        apply_act(sim, request, &err);
    else if (request->kind == REQUEST_FENCE)
        apply_fence(sim, request, &err);
    else
        put_record(sim, request, &err);
    if (request->computed)
        memcpy(request->revision, kept, sizeof kept);
    else
        request->err = err;
    request->computed = true;
}

void act_apply(struct sim *sim, struct request *request)
{
    const bool ledger = request->kind == REQUEST_LEDGER_GET ||
                        request->kind == REQUEST_LEDGER_PUT || request->kind == REQUEST_LEDGER_LIST;

    if (ledger && sim->scenario->no_ledger) {
        err_set(&request->err, ERR_UNSUPPORTED, "this scenario has no shared store");
        return;
    }
    switch (request->kind) {
    case REQUEST_ACT:
    case REQUEST_FENCE:
    case REQUEST_LEDGER_PUT:
        apply_write(sim, request);
        break;
    case REQUEST_READ:
        read_service(sim, request);
        break;
    case REQUEST_LEDGER_GET:
        get_record(sim, request);
        break;
    case REQUEST_LEDGER_LIST:
        list_records(sim, request);
        break;
    case REQUEST_PERMISSIONS:
        request->forbidden = sim->forbidden;
        request->denied = sim->denied;
        break;
    case REQUEST_HISTORY:
        request->past_arena = arena_new(2048);
        request->pasts =
            sim_pasts(sim, request->cluster, request->past_arena, &request->past_count);
        break;
    }
}
