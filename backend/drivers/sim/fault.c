/* fault.c: everything that goes wrong: by story, by order and by chance. */
#include "drivers/sim/queue.h"
#include "drivers/sim/rollout.h"
#include "drivers/sim/wire.h"

#include "model/action.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const sim_fault_word[SIM_FAULT_COUNT] = {
#define X(id, word) [SIM_##id] = word,
    SIM_FAULTS(X)
#undef X
};

static bool is_write_fault(enum sim_fault fault)
{
    return fault >= SIM_LOSE_REQUEST;
}

static void set_image(struct sim *sim, const char *target, enum image image)
{
    char name[128];
    const char *colon = strchr(target, ':');

    snprintf(name, sizeof name, "%.*s", colon ? (int)(colon - target) : 0, target);
    struct sim_service *service = sim_find_service(sim, name);
    if (!service)
        return;
    struct sim_version *version = sim_version_of(sim, service, colon + 1, "");
    version->image = image;
    version->image_utc_ms = clock_utc_ms(sim->clock);
    sim_reconcile(sim, service);
}

static void arrive(struct sim *sim, const char *target)
{
    char name[128];
    const char *colon = strchr(target, ':');

    snprintf(name, sizeof name, "%.*s", colon ? (int)(colon - target) : 0, target);
    struct sim_service *service = sim_find_service(sim, name);
    if (!service)
        return;
    sim_stamp(sim, service, "", "ci");
    sim_rollout_arrive(sim, service, sim_version_of(sim, service, colon + 1, ""));
}

static void remove_node(struct sim *sim, struct sim_node *node)
{
    if (!node->silent || node->removed)
        return;
    node->removed = true;
    node->note = "removed from the cluster while silent";
    sim_touch_node(sim, node);
    sim_say(sim, NULL, "node %s was removed while it was silent", node->name);
}

static void drain_node(struct sim *sim, struct sim_node *node)
{
    node->draining = true;
    sim_touch_node(sim, node);
    sim_say(sim, NULL, "node %s takes no new work", node->name);
}

static void set_reachable(struct sim *sim, bool reachable)
{
    sim->unreachable = !reachable;
    sim->change++;
}

static void remove_service(struct sim *sim, struct sim_service *service)
{
    service->gone = true;
    sim_touch(sim, service);
}

static void apply_to_node(struct sim *sim, enum sim_fault fault, struct sim_node *node)
{
    if (fault == SIM_NODE_SILENT)
        sim_node_silent(sim, node);
    else if (fault == SIM_NODE_RETURNS)
        sim_node_returns(sim, node);
    else if (fault == SIM_NODE_REMOVED)
        remove_node(sim, node);
    else
        drain_node(sim, node);
}

static void write_from_outside(struct sim *sim, struct sim_service *service, bool configures)
{
    service->configured += configures;
    sim_stamp(sim, service, "", NULL);
}

static void apply_to_service(struct sim *sim, enum sim_fault fault, struct sim_service *service)
{
    if (fault == SIM_SLOW_START)
        service->slow = true;
    else if (fault == SIM_CRASH)
        sim_crash_one(sim, service);
    else if (fault == SIM_TOUCHED || fault == SIM_RECONFIGURED)
        write_from_outside(sim, service, fault == SIM_RECONFIGURED);
    else
        remove_service(sim, service);
}

void sim_apply_fault(struct sim *sim, enum sim_fault fault, const char *target)
{
    struct sim_service *service = sim_find_service(sim, target);
    struct sim_node *node = sim_find_node(sim, target);

    switch (fault) {
    case SIM_NODE_SILENT:
    case SIM_NODE_RETURNS:
    case SIM_NODE_REMOVED:
    case SIM_NODE_DRAIN:
        if (node)
            apply_to_node(sim, fault, node);
        break;
    case SIM_SLOW_START:
    case SIM_CRASH:
    case SIM_TOUCHED:
    case SIM_RECONFIGURED:
    case SIM_SERVICE_GONE:
        if (service)
            apply_to_service(sim, fault, service);
        break;
    case SIM_IMAGE_MISSING:
        set_image(sim, target, IMAGE_MISSING);
        break;
    case SIM_IMAGE_CRASHES:
        set_image(sim, target, IMAGE_CRASHES);
        break;
    case SIM_IMAGE_ERRS:
        set_image(sim, target, IMAGE_ERRS);
        break;
    case SIM_IMAGE_MUTE:
        set_image(sim, target, IMAGE_MUTE);
        break;
    case SIM_IMAGE_FIXED:
        set_image(sim, target, IMAGE_GOOD);
        break;
    case SIM_ARRIVES:
        arrive(sim, target);
        break;
    case SIM_UNREACHABLE:
    case SIM_REACHABLE:
        set_reachable(sim, fault == SIM_REACHABLE);
        break;
    case SIM_METRICS_AWAY:
    case SIM_METRICS_BACK:
        sim->metrics_away = fault == SIM_METRICS_AWAY;
        break;
    case SIM_FORBIDDEN:
    case SIM_PERMITTED:
        sim->forbidden = fault == SIM_FORBIDDEN;
        sim->denied = false;
        break;
    case SIM_DENIED:
        sim->denied = true;
        break;
    case SIM_LOSE_REQUEST:
    case SIM_LOSE_ANSWER:
    case SIM_DELAY_REQUEST:
    case SIM_DELAY_ANSWER:
    case SIM_DUPLICATE_REQUEST:
    case SIM_CONFLICT:
    case SIM_LEDGER_CONFLICT:
    case SIM_FAULT_COUNT:
        break;
    }
}

static void arm(struct sim *sim, enum sim_fault fault, const char *target)
{
    struct sim_armed *armed = xcalloc(1, sizeof *armed), **at = &sim->armed;

    armed->fault = fault;
    snprintf(armed->target, sizeof armed->target, "%s", target);
    while (*at)
        at = &(*at)->next;
    *at = armed;
}

static bool check_target(struct sim *sim, enum sim_fault fault, const char *target, struct err *err)
{
    static const char *const writes[] = {"",     "act",   "fence",  "ledger",  "start",
                                         "step", "pause", "resume", "rollback"};
    char name[128];
    bool known = false;

    if (is_write_fault(fault)) {
        for (size_t i = 0; i < ARRAY_LEN(writes); i++)
            known |= strcmp(writes[i], target) == 0;
    } else if (fault <= SIM_NODE_DRAIN) {
        known = sim_find_node(sim, target) != NULL;
    } else if (fault >= SIM_UNREACHABLE) {
        known = true;
    } else {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(target, ":"), target);
        known = sim_find_service(sim, name) != NULL;
        if (fault >= SIM_IMAGE_MISSING && fault <= SIM_ARRIVES)
            known = known && strchr(target, ':') != NULL;
    }
    return known || err_set(err, ERR_NOT_FOUND, "the fault %s has no target '%s' in this scenario",
                            sim_fault_word[fault], target);
}

bool sim_inject(struct sim *sim, enum sim_fault fault, const char *target, struct err *err)
{
    if (!target)
        target = "";
    sim_lock(sim);
    const bool ok = check_target(sim, fault, target, err);
    if (ok && is_write_fault(fault))
        arm(sim, fault, target);
    else if (ok)
        sim_apply_fault(sim, fault, target);
    sim_unlock(sim);
    return ok;
}

enum sim_fault sim_fault_of_write(struct sim *sim, const char *kind, const char *verb)
{
    const bool ledger = strcmp(kind, "ledger") == 0;

    for (struct sim_armed **at = &sim->armed; *at; at = &(*at)->next) {
        struct sim_armed *armed = *at;
        if (armed->fault == SIM_LEDGER_CONFLICT
                ? !ledger
                : armed->target[0] && strcmp(armed->target, kind) != 0 &&
                      strcmp(armed->target, verb) != 0)
            continue;
        const enum sim_fault fault = armed->fault;
        *at = armed->next;
        free(armed);
        return fault;
    }
    for (int f = SIM_LOSE_REQUEST; sim->chaos_on && f < SIM_FAULT_COUNT; f++)
        if (sim_roll(sim, 1000) < sim->chaos.permille[f] && (f != SIM_LEDGER_CONFLICT || ledger))
            return (enum sim_fault)f;
    return SIM_FAULT_COUNT;
}

static void on_better(struct sim *sim, void *object, uint64_t serial)
{
    if (object)
        sim_node_returns(sim, object);
    else if (serial)
        set_reachable(sim, true);
}

/* Once a second: each world fault by its chance, on a target by chance. */
static void on_chaos(struct sim *sim, void *object, uint64_t serial)
{
    (void)object;
    (void)serial;
    if (!sim->chaos_on)
        return;
    for (int f = 0; f < SIM_LOSE_REQUEST; f++) {
        if (sim_roll(sim, 1000) >= sim->chaos.permille[f])
            continue;
        struct sim_node *node = &sim->nodes[sim_roll(sim, (uint32_t)sim->node_count)];
        struct sim_service *service = &sim->services[sim_roll(sim, (uint32_t)sim->service_count)];
        const int64_t lasts = 1000 + sim_roll(sim, 9000);
        char target[400];
        snprintf(target, sizeof target, "%s%s%s", service->id,
                 f >= SIM_IMAGE_MISSING && f <= SIM_ARRIVES ? ":" : "",
                 f >= SIM_IMAGE_MISSING && f <= SIM_ARRIVES ? service->wants->name : "");
        if (f <= SIM_NODE_DRAIN)
            apply_to_node(sim, (enum sim_fault)f, node);
        else
            sim_apply_fault(sim, (enum sim_fault)f, target);
        if (f == SIM_NODE_SILENT)
            sim_at(sim, lasts, on_better, node, 0);
        if (f == SIM_UNREACHABLE)
            sim_at(sim, lasts, on_better, NULL, 1);
    }
    sim_at(sim, 1000, on_chaos, NULL, 0);
}

void sim_set_chaos(struct sim *sim, const struct sim_chaos *chaos)
{
    static const struct sim_chaos none;

    sim_lock(sim);
    const bool was_on = sim->chaos_on;
    sim->chaos = *chaos;
    sim->chaos_on = memcmp(chaos, &none, sizeof none) != 0;
    if (sim->chaos_on && !was_on)
        sim_at(sim, 1000, on_chaos, NULL, 0);
    sim_unlock(sim);
}

static void on_every(struct sim *sim, void *object, uint64_t serial)
{
    struct sim_service *service = object;
    const char *reason = "";

    if (!service->every_ms || service->gone || service->every_epoch != serial ||
        service->target >= service->replicas)
        return;
    if (sim_trouble(service, &reason) == TROUBLE_NONE)
        sim_rollout_target(sim, service, service->target + 1);
    sim_at(sim, service->every_ms, on_every, service, serial);
}

bool sim_push_foreign(struct sim *sim, const char *name, const char *version, uint32_t target,
                      int64_t every_ms, struct err *err)
{
    sim_lock(sim);
    struct sim_service *service = sim_find_service(sim, name);
    bool ok = service != NULL;
    if (!ok)
        err_set(err, ERR_NOT_FOUND, "the simulated cluster has no service '%s'", name);
    else if (target > service->replicas)
        ok = err_set(err, ERR_REJECTED, "%s has %u instances, not %u", name, service->replicas,
                     target);
    if (ok) {
        const struct sim_version *to = sim_version_of(sim, service, version, "");
        sim_stamp(sim, service, "", "somebody else");
        if (to == service->wants)
            sim_rollout_target(sim, service, target);
        else
            sim_rollout_start(sim, service, to, target, false);
        service->every_ms = every_ms;
        if (every_ms)
            sim_at(sim, every_ms, on_every, service, ++service->every_epoch);
    }
    sim_unlock(sim);
    return ok;
}
