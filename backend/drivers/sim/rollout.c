/* rollout.c: how the simulated engine replaces instances.
 *
 * A service has slots, each with the version it shall have. A rollout gives the
 * new version to exactly `target` slots, a few at a time, and then stands: whatever is
 * lost is started again with the version of its slot. A new instance starts beside the old one,
 * which is stopped when the new one serves. */
#include "drivers/sim/rollout.h"

#include "drivers/sim/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_stopped(struct sim *sim, void *object, uint64_t serial);
static void on_started(struct sim *sim, void *object, uint64_t serial);

static struct sim_instance *find_instance(struct sim_service *service, uint64_t serial)
{
    for (struct sim_instance *it = service->instances; it; it = it->next)
        if (it->serial == serial)
            return it;
    return NULL;
}

static void drop_instance(struct sim_service *service, struct sim_instance *instance)
{
    for (struct sim_instance **at = &service->instances; *at; at = &(*at)->next)
        if (*at == instance) {
            *at = instance->next;
            free(instance);
            return;
        }
}

static void set_state(struct sim *sim, struct sim_service *service, struct sim_instance *instance,
                      enum instance_state state, const char *reason)
{
    instance->state = state;
    instance->reason = reason;
    instance->since_utc_ms = sim_utc_ms(sim);
    sim_touch(sim, service);
}

/* The reporting node that carries the fewest of this service, then the fewest of all. */
static uint32_t choose_node(struct sim *sim, const struct sim_service *service)
{
    uint32_t best = UINT32_MAX;
    unsigned best_own = 0;

    for (uint32_t n = 0; n < sim->node_count; n++) {
        unsigned own = 0;
        /* Spreads services over nodes: each begins to look at another one. */
        uint32_t at = (uint32_t)((n + (size_t)(service - sim->services)) % sim->node_count);
        if (sim->nodes[at].silent || sim->nodes[at].draining)
            continue;
        for (const struct sim_instance *it = service->instances; it; it = it->next)
            own += it->node == at;
        if (best == UINT32_MAX || own < best_own) {
            best = at;
            best_own = own;
        }
    }
    return best;
}

static int64_t start_ms(const struct sim *sim, const struct sim_service *service, uint64_t made)
{
    uint32_t low = service->scenario->start_ms[0], high = service->scenario->start_ms[1];

    if (!high) {
        low = 500;
        high = 4000;
    }
    const int64_t ms = low + sim_draw(sim, service->name, made, high - low + 1);
    return service->slow ? ms * 10 : ms;
}

static struct sim_instance *add_instance(struct sim *sim, struct sim_service *service,
                                         uint32_t slot, uint32_t node)
{
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
    struct sim_instance *instance = xcalloc(1, sizeof *instance), **at = &service->instances;
    char tail[6];

    for (unsigned i = 0; i < 5; i++)
        tail[i] = letters[sim_draw(sim, service->id, service->made * 5 + i, sizeof letters - 1)];
    tail[5] = '\0';
    service->made++;
    instance->serial = ++sim->serial;
    instance->name = arena_printf(sim->arena, "%s-%u-%s", service->name, slot + 1, tail);
    instance->version = service->slots[slot].goal;
    instance->slot = slot;
    instance->node = node;
    instance->state = INSTANCE_SERVING;
    instance->reason = "";
    while (*at)
        at = &(*at)->next;
    return *at = instance;
}

static void start_instance(struct sim *sim, struct sim_service *service, uint32_t slot)
{
    uint32_t node = UINT32_MAX;

    for (const struct sim_instance *it = service->instances; it; it = it->next)
        if (it->slot == slot && !sim->nodes[it->node].silent && !sim->nodes[it->node].draining)
            node = it->node;
    if (service->scenario->per_node)
        node = sim->nodes[slot].silent ? UINT32_MAX : slot;
    else if (node == UINT32_MAX)
        node = choose_node(sim, service);
    if (node == UINT32_MAX)
        return;
    struct sim_instance *instance = add_instance(sim, service, slot, node);
    set_state(sim, service, instance, INSTANCE_STARTING, "");
    sim_at(sim, start_ms(sim, service, service->made), on_started, service, instance->serial);
}

static void stop_instance(struct sim *sim, struct sim_service *service,
                          struct sim_instance *instance)
{
    if (instance->state == INSTANCE_FAILING) {
        drop_instance(service, instance);
        sim_touch(sim, service);
        return;
    }
    set_state(sim, service, instance, INSTANCE_STOPPING, "");
    sim_at(sim, 200 + sim_draw(sim, instance->name, 0, 600), on_stopped, service, instance->serial);
}

static void on_stopped(struct sim *sim, void *object, uint64_t serial)
{
    struct sim_service *service = object;
    struct sim_instance *instance = find_instance(service, serial);

    if (!instance || instance->state != INSTANCE_STOPPING)
        return; /* its node went silent meanwhile */
    drop_instance(service, instance);
    sim_touch(sim, service);
    sim_reconcile(sim, service);
}

static void on_retry(struct sim *sim, void *object, uint64_t serial)
{
    struct sim_service *service = object;
    struct sim_instance *instance = find_instance(service, serial);

    if (!instance || instance->state != INSTANCE_FAILING)
        return;
    if (instance->version->image != IMAGE_MISSING)
        set_state(sim, service, instance, INSTANCE_STARTING, instance->reason);
    sim_at(sim, start_ms(sim, service, serial), on_started, service, serial);
}

static void fail_instance(struct sim *sim, struct sim_service *service,
                          struct sim_instance *instance, const char *reason)
{
    const unsigned tries = instance->failures++;
    const bool again = strcmp(instance->reason, reason) == 0;

    if (instance->state != INSTANCE_FAILING || !again)
        set_state(sim, service, instance, INSTANCE_FAILING, reason);
    if (!tries)
        sim_say(sim, service, "%s: %s", instance->name, reason);
    sim_at(sim, (int64_t)1000 << (tries < 4 ? tries : 4), on_retry, service, instance->serial);
}

static void on_crash(struct sim *sim, void *object, uint64_t serial)
{
    struct sim_service *service = object;
    struct sim_instance *instance = find_instance(service, serial);

    if (!instance || instance->state != INSTANCE_SERVING)
        return;
    fail_instance(sim, service, instance, "exited with status 1");
    sim_reconcile(sim, service);
}

static void on_started(struct sim *sim, void *object, uint64_t serial)
{
    struct sim_service *service = object;
    struct sim_instance *instance = find_instance(service, serial);

    if (!instance || (instance->state != INSTANCE_STARTING && instance->state != INSTANCE_FAILING))
        return;
    switch (instance->version->image) {
    case IMAGE_MISSING:
        fail_instance(sim, service, instance, instance->version->pull_error);
        break;
    case IMAGE_CRASHES:
        set_state(sim, service, instance, INSTANCE_SERVING, instance->reason);
        sim_at(sim, 2000, on_crash, service, serial);
        break;
    case IMAGE_GOOD:
    case IMAGE_ERRS:
    case IMAGE_MUTE:
        instance->failures = 0;
        set_state(sim, service, instance, INSTANCE_SERVING, "");
        break;
    }
    sim_reconcile(sim, service);
}

/* The instance that fills the slot, or is about to: of its goal, and within reach. */
static struct sim_instance *current(const struct sim_service *service, uint32_t slot)
{
    static const int rank[INSTANCE_STATE_COUNT] = {
        [INSTANCE_SERVING] = 3, [INSTANCE_STARTING] = 2, [INSTANCE_FAILING] = 1};
    struct sim_instance *best = NULL;

    for (struct sim_instance *it = service->instances; it; it = it->next)
        if (it->slot == slot && it->version == service->slots[slot].goal && !it->returned &&
            rank[it->state] && rank[it->state] >= (best ? rank[best->state] : 0))
            best = it; /* the younger one, if both are as good */
    return best;
}

/* Only a silent node has it, and the engine still hopes (for ever, when it belongs there). */
static bool waits_for_node(const struct sim *sim, const struct sim_service *service, uint32_t slot)
{
    if (service->scenario->per_node)
        return sim->nodes[slot].silent;
    for (const struct sim_instance *it = service->instances; it; it = it->next)
        if (it->slot == slot &&
            (it->returned ||
             (it->state == INSTANCE_GHOST && sim->nodes[it->node].replace_at_ms > sim->now_ms)))
            return true;
    return false;
}

static bool slot_at_rest(const struct sim *sim, const struct sim_service *service, uint32_t slot)
{
    const struct sim_instance *now = current(service, slot);

    if (!now)
        return waits_for_node(sim, service, slot) && service->scenario->per_node;
    if (now->state != INSTANCE_SERVING)
        return false;
    for (const struct sim_instance *it = service->instances; it; it = it->next)
        if (it->slot == slot && it != now && it->state != INSTANCE_GHOST)
            return false;
    return true;
}

uint32_t sim_rollout_dispatched(const struct sim_service *service)
{
    uint32_t count = 0;

    for (uint32_t slot = 0; slot < service->replicas; slot++)
        count += service->slots[slot].goal == service->wants;
    return count;
}

static bool new_one_fails(const struct sim_service *service)
{
    for (const struct sim_instance *it = service->instances; it; it = it->next)
        if (it->version == service->wants && it->failures)
            return true;
    return false;
}

static void dispatch(struct sim *sim, struct sim_service *service)
{
    const uint32_t given = service->scenario->parallel ? service->scenario->parallel : 3;
    const uint32_t parallel = service->back ? given * 2 : given;
    uint32_t done = sim_rollout_dispatched(service), busy = 0;

    if (!service->rollout || (!service->back && new_one_fails(service)))
        return;
    for (uint32_t slot = 0; slot < service->replicas; slot++)
        busy += service->slots[slot].goal == service->wants && !slot_at_rest(sim, service, slot);
    for (uint32_t slot = 0; slot < service->replicas; slot++) {
        if (done >= service->target || busy >= parallel)
            return;
        if (service->slots[slot].goal == service->wants || waits_for_node(sim, service, slot))
            continue;
        service->slots[slot].goal = service->wants;
        done++;
        busy++;
    }
}

static void mend_slot(struct sim *sim, struct sim_service *service, uint32_t slot)
{
    const struct sim_instance *now = current(service, slot);

    if (!now) {
        if (!waits_for_node(sim, service, slot))
            start_instance(sim, service, slot);
        return;
    }
    for (struct sim_instance *next, *it = service->instances; it; it = next) {
        next = it->next;
        if (it->slot != slot || it == now || it->returned || it->state == INSTANCE_GHOST ||
            it->state == INSTANCE_STOPPING)
            continue;
        /* An old one runs on until the new one serves; anything else is in the way. */
        if (now->state == INSTANCE_SERVING || it->state != INSTANCE_SERVING)
            stop_instance(sim, service, it);
    }
}

static void finish(struct sim *sim, struct sim_service *service)
{
    if (!service->rollout || service->target < service->replicas)
        return;
    for (uint32_t slot = 0; slot < service->replicas; slot++)
        if (service->slots[slot].goal != service->wants || !slot_at_rest(sim, service, slot))
            return;
    service->rollout = false;
    service->back = false;
    service->every_ms = 0;
    sim_touch(sim, service);
    sim_say(sim, service, "all %u instances run %s", service->replicas, service->wants->name);
}

void sim_reconcile(struct sim *sim, struct sim_service *service)
{
    if (service->gone)
        return;
    dispatch(sim, service);
    for (uint32_t slot = 0; slot < service->replicas; slot++)
        mend_slot(sim, service, slot);
    finish(sim, service);
}

void sim_rollout_target(struct sim *sim, struct sim_service *service, uint32_t target)
{
    service->target = target;
    if (target < service->replicas || sim_rollout_dispatched(service) < target)
        service->rollout = true;
    sim_touch(sim, service);
    sim_reconcile(sim, service);
}

void sim_rollout_start(struct sim *sim, struct sim_service *service, const struct sim_version *to,
                       uint32_t target, bool back)
{
    if (service->wants != to)
        service->was = service->wants;
    service->wants = to;
    service->back = back;
    service->rollout = true;
    service->every_ms = 0;
    service->since_utc_ms = sim_utc_ms(sim);
    sim_rollout_target(sim, service, target);
}

void sim_rollout_arrive(struct sim *sim, struct sim_service *service, const struct sim_version *to)
{
    const bool waits = service->rollout && sim_rollout_dispatched(service) == 0;
    const struct sim_version *was = waits ? service->was : service->wants;
    uint32_t have = 0;

    if (to == service->wants)
        return;
    for (uint32_t slot = 0; slot < service->replicas; slot++) {
        have += service->slots[slot].goal == to;
        if (was == to && service->slots[slot].goal != to)
            was = service->slots[slot].goal;
    }
    sim_rollout_start(sim, service, to, have, false);
    service->was = was;
}

bool sim_moving(struct sim *sim, const struct sim_service *service)
{
    const uint32_t done = sim_rollout_dispatched(service);

    if (!service->rollout)
        return false;
    if (done < service->target)
        return true;
    for (uint32_t slot = 0; slot < service->replicas; slot++)
        if (!slot_at_rest(sim, service, slot))
            return true;
    return false;
}

enum trouble sim_trouble(const struct sim_service *service, const char **reason)
{
    enum trouble trouble = TROUBLE_NONE;

    for (const struct sim_instance *it = service->instances; it; it = it->next) {
        if (!it->failures || it->state == INSTANCE_GHOST || it->state == INSTANCE_STOPPING)
            continue;
        if (trouble == TROUBLE_NONE)
            *reason = it->reason;
        if (it->failures >= 3 && it->version->image == IMAGE_CRASHES)
            trouble = TROUBLE_FAILED;
        else if (trouble == TROUBLE_NONE)
            trouble = TROUBLE_STUCK;
    }
    return trouble;
}

/* As the scenario says: `have` slots on the new version already, the rest not yet. */
void sim_build_service(struct sim *sim, struct sim_service *service)
{
    const struct scenario_service *row = service->scenario;
    const struct sim_version *runs = sim_version_of(sim, service, row->runs, "");

    service->replicas = row->per_node ? (uint32_t)sim->node_count : row->replicas;
    service->slots = xcalloc(service->replicas, sizeof *service->slots);
    service->wants = row->to ? sim_version_of(sim, service, row->to, "") : runs;
    service->was = row->to ? runs : NULL;
    service->target = row->to ? row->target : service->replicas;
    service->rollout = row->to != NULL;
    service->back = row->back;
    service->revision = 10 + sim_draw(sim, service->name, 0, 90);
    service->since_utc_ms = sim_utc_ms(sim) - row->minutes_ago * 60000;
    snprintf(service->by, sizeof service->by, "%s", row->by ? row->by : "");
    for (uint32_t slot = 0; slot < service->replicas; slot++) {
        service->slots[slot].goal = slot < row->have ? service->wants : runs;
        struct sim_instance *instance =
            add_instance(sim, service, slot, row->per_node ? slot : choose_node(sim, service));
        instance->since_utc_ms = service->since_utc_ms;
    }
    sim_touch(sim, service);
    sim_reconcile(sim, service);
    for (struct sim_instance *it = service->instances; it; it = it->next)
        if (it->state == INSTANCE_STARTING && it->version->image == IMAGE_MISSING)
            fail_instance(sim, service, it, it->version->pull_error);
}

static void on_replace(struct sim *sim, void *object, uint64_t serial)
{
    const struct sim_node *node = object;

    (void)serial;
    for (size_t i = 0; node->silent && i < sim->service_count; i++)
        sim_reconcile(sim, &sim->services[i]);
}

void sim_node_silent(struct sim *sim, struct sim_node *node)
{
    const uint32_t at = (uint32_t)(node - sim->nodes);

    if (node->silent)
        return;
    node->silent = true;
    node->note = "no heartbeat";
    node->replace_at_ms = sim->now_ms + SIM_RESCHEDULE_MS;
    sim_touch_node(sim, node);
    for (size_t i = 0; i < sim->service_count; i++)
        for (struct sim_instance *it = sim->services[i].instances; it; it = it->next)
            if (it->node == at) {
                it->returned = false;
                set_state(sim, &sim->services[i], it, INSTANCE_GHOST, "");
            }
    sim_say(sim, NULL, "node %s does not report any more", node->name);
    sim_at(sim, SIM_RESCHEDULE_MS, on_replace, node, 0);
}

/* The engine has noticed what the returned node runs, and puts it in order. */
static void on_returned(struct sim *sim, void *object, uint64_t serial)
{
    const struct sim_node *node = object;
    const uint32_t at = (uint32_t)(node - sim->nodes);

    (void)serial;
    for (size_t i = 0; i < sim->service_count; i++) {
        bool any = false;
        for (struct sim_instance *it = sim->services[i].instances; it; it = it->next)
            if (it->node == at && it->returned) {
                it->returned = false;
                any = true;
            }
        if (any)
            sim_reconcile(sim, &sim->services[i]);
    }
}

void sim_node_returns(struct sim *sim, struct sim_node *node)
{
    const uint32_t at = (uint32_t)(node - sim->nodes);
    const int64_t grace = sim->scenario->returned_ms ? sim->scenario->returned_ms : 1000;

    if (!node->silent || node->removed)
        return;
    node->silent = false;
    node->note = "";
    sim_touch_node(sim, node);
    sim_say(sim, NULL, "node %s reports again", node->name);
    for (size_t i = 0; i < sim->service_count; i++) {
        struct sim_service *service = &sim->services[i];
        for (struct sim_instance *it = service->instances; it; it = it->next) {
            if (it->node != at || it->state != INSTANCE_GHOST)
                continue;
            if (it->version != service->slots[it->slot].goal)
                sim_say(sim, service, "node %s came back and still ran %s: stopped", node->name,
                        it->version->name);
            it->returned = true;
            it->failures = 0;
            set_state(sim, service, it, INSTANCE_SERVING, "");
            if (it->version->image == IMAGE_CRASHES)
                sim_at(sim, 2000, on_crash, service, it->serial);
        }
    }
    sim_at(sim, grace, on_returned, node, 0);
}

void sim_crash_one(struct sim *sim, struct sim_service *service)
{
    struct sim_instance *victim = NULL;
    unsigned serving = 0;

    for (struct sim_instance *it = service->instances; it; it = it->next)
        if (it->state == INSTANCE_SERVING && sim_roll(sim, ++serving) == 0)
            victim = it;
    if (victim)
        on_crash(sim, service, victim->serial);
}
