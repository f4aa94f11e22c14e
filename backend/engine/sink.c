/* sink.c: facts from the drivers become the model. */
#include "engine/internal.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_ledger(struct cluster *cluster);

/* A service seen again in no other way than before costs nothing more than this. */
static void on_service(void *arg, const struct service *service)
{
    struct cluster *cluster = arg;
    struct engine *engine = cluster->engine;
    struct entry *entry = engine_entry(engine, cluster->config.name, service->id);

    if (engine->tape)
        keyframe_look(engine, fleet_find_service(engine->fleet, entry->cluster, entry->id),
                      service);
    entry_look(engine, entry, service);
    bind_put_service(cluster->bind, service);
    fleet_put_service(engine->fleet, service);
    log_service_seen(engine, service);
    if (cluster->synced)
        engine_touch_coupled(engine, entry);
    else /* who is coupled to whom is found out once, when all are there */
        engine_touch(engine, entry);
}

static void on_service_gone(void *arg, const char *id)
{
    struct cluster *cluster = arg;
    struct engine *engine = cluster->engine;

    struct entry *entry = engine_entry(engine, cluster->config.name, id);

    engine_touch_coupled(engine, entry);
    alarms_service_gone(engine, entry);
    bind_drop_service(cluster->bind, id);
    fleet_drop_service(engine->fleet, cluster->config.name, id);
}

/* Rows that rest on a node: those with an instance there. */
static void touch_node(struct engine *engine, const char *cluster, const char *id)
{
    bind_nodes_changed(engine_cluster(engine, cluster)->bind);
    for (size_t i = 0; i < engine->entry_count; i++) {
        struct entry *entry = engine->entries[i];
        const struct service *service = strcmp(entry->cluster, cluster)
                                            ? NULL
                                            : fleet_find_service(engine->fleet, cluster, entry->id);
        for (size_t p = 0; service && p < service->placement_count; p++)
            if (strcmp(service->placements[p].node, id) == 0) {
                engine_touch_coupled(engine, entry);
                break;
            }
    }
    engine_publish_soon(engine);
}

/* What was known of a machine says nothing of it once it has been heard again since. */
static bool node_is_fenced(const struct cluster *cluster, const struct node *node)
{
    const json_t *entry = json_object_get(cluster->fenced, node->id);
    const char *at = json_raw(json_object_get(entry, "at"));

    if (!entry || node->state_utc_ms < 0 || !at)
        return entry != NULL;
    return node->state_utc_ms <= clock_parse_utc(at);
}

static void on_node(void *arg, const struct node *node)
{
    struct cluster *cluster = arg;
    struct engine *engine = cluster->engine;
    const struct node *before = fleet_find_node(engine->fleet, node->cluster, node->id);
    struct node known = *node;
    bool was_away = before && before->state != NODE_REPORTING;

    /* Evidence that a machine is gone ends where the machine reports again. */
    if (node->state == NODE_SILENT && node_is_fenced(cluster, node))
        known.state = NODE_FENCED;
    if (before && before->state != known.state) {
        char text[200];
        snprintf(text, sizeof text, "node is %s%s%s", node_state_word[known.state],
                 node->note[0] ? ": " : "", node->note);
        engine_tell(engine, EVENT_NODE, cluster->config.name, node->name, "", text);
    }
    fleet_put_node(engine->fleet, &known);
    if (was_away && known.state == NODE_REPORTING)
        alarms_node_returned(engine, &known);
    touch_node(engine, cluster->config.name, node->id);
}

static void on_node_gone(void *arg, const char *id)
{
    struct cluster *cluster = arg;

    fleet_drop_node(cluster->engine->fleet, cluster->config.name, id);
    touch_node(cluster->engine, cluster->config.name, id);
}

static void on_synced(void *arg)
{
    struct cluster *cluster = arg;

    if (!cluster->ledger_read)
        read_ledger(cluster);
    if (!cluster->synced)
        engine_touch_cluster(cluster->engine, cluster->config.name);
    cluster->synced = true;
    engine_settle(cluster->engine, cluster);
    engine_publish_soon(cluster->engine);
}

static void on_state(void *arg, enum cluster_state state, const struct err *why)
{
    struct cluster *cluster = arg;
    const char *text = why && why->code != ERR_NONE ? why->text : "";

    if (cluster->state == state && strcmp(cluster->why, text) == 0)
        return;
    cluster->failed = state != CLUSTER_LIVE && text[0];
    snprintf(cluster->why, sizeof cluster->why, "%s", text);
    if (cluster->state != state)
        engine_tell(cluster->engine, EVENT_CLUSTER, cluster->config.name, "", "",
                    text[0] ? text : cluster_state_word[state]);
    cluster->state = state;
    engine_touch_cluster(cluster->engine, cluster->config.name);
}

static void on_fresh(void *arg)
{
    struct cluster *cluster = arg;

    cluster->fresh_ms = loop_now_ms(cluster->engine->loop);
    if (cluster->state == CLUSTER_STALE && cluster->synced)
        on_state(cluster, CLUSTER_LIVE, NULL);
}

void cluster_check_age(struct cluster *cluster)
{
    struct err why = {0};
    char span[SPAN_TEXT];
    int64_t age_ms = loop_now_ms(cluster->engine->loop) - cluster->fresh_ms;

    if (cluster->state != CLUSTER_LIVE || cluster->fresh_ms < 0 || age_ms <= ENGINE_STALE_MS)
        return;
    err_set(&why, ERR_NETWORK, "nothing heard for %s", clock_format_span(age_ms, span));
    on_state(cluster, CLUSTER_STALE, &why);
}

static void on_event(void *arg, const char *service_id, const char *text)
{
    struct cluster *cluster = arg;
    const struct service *service =
        fleet_find_service(cluster->engine->fleet, cluster->config.name, service_id);

    engine_say(cluster->engine, cluster->config.name, service ? service->name : service_id, "",
               text);
}

static bool is_lock(const char *key)
{
    return strncmp(key, LOCK_PREFIX, strlen(LOCK_PREFIX)) == 0;
}

static void on_ledger_changed(void *arg, const char *key)
{
    if (is_lock(key)) /* read where one is needed */
        return;
    cluster_read_release(arg, key);
}

struct driver_sink cluster_sink(struct cluster *cluster)
{
    return (struct driver_sink){
        .arg = cluster,
        .service = on_service,
        .service_gone = on_service_gone,
        .node = on_node,
        .node_gone = on_node_gone,
        .synced = on_synced,
        .fresh = on_fresh,
        .state = on_state,
        .event = on_event,
        .ledger_changed = on_ledger_changed,
        .told = cluster_told,
        .acted = cluster_acted,
    };
}

static void take_denials(struct cluster *cluster, const struct driver_permissions *p)
{
    struct arena *arena = arena_new(512);
    struct driver_denial *copies = arena_alloc(arena, p->denial_count + 1, sizeof *copies);

    for (size_t i = 0; i < p->denial_count; i++) {
        const struct driver_denial *d = &p->denials[i];
        copies[i] = (struct driver_denial){
            .verbs = d->verbs,
            .kind = arena_strdup(arena, d->kind),
            .scope = arena_strdup(arena, d->scope),
            .unscoped = d->unscoped,
            .missing = arena_printf(arena, "this identity may not: %s", d->missing),
        };
    }
    arena_free(cluster->denial_arena);
    cluster->denial_arena = arena;
    cluster->denials = copies;
    cluster->denial_count = p->denial_count;
}

static void on_permissions(void *arg, const struct driver_permissions *p, const struct err *err)
{
    struct cluster *cluster = arg;

    if (err && err->code != ERR_NONE)
        return;
    record_permissions(cluster->engine->recorder, cluster_index(cluster), p);
    cluster->permissions_known = true;
    cluster->may_act = p->may_act;
    cluster->verified = p->verified;
    snprintf(cluster->who, sizeof cluster->who, "%s%s", p->who, p->verified ? "" : " (unverified)");
    snprintf(cluster->deny, sizeof cluster->deny, "%s", "");
    if (!p->may_act)
        snprintf(cluster->deny, sizeof cluster->deny, "this identity may not: %s",
                 p->missing[0] ? p->missing : "act here");
    take_denials(cluster, p);
    engine_touch_cluster(cluster->engine, cluster->config.name);
}

void cluster_start(struct cluster *cluster)
{
    cluster->driver->ops->follow(cluster->driver);
    if (cluster->permissions_known) /* of a recording that goes on */
        return;
    cluster->driver->ops->permissions(cluster->driver, on_permissions, cluster);
}

/* A ledger read on its way. */
struct record_read {
    struct record_read *next;
    struct cluster *cluster;
    char key[256];
};

/* What was attested in this cluster, whoever did it. */
static void apply_attestations(struct cluster *cluster, const json_t *record, bool readable)
{
    struct arena *arena = arena_new(512);
    struct json_at at = json_root(record, "the cluster's ledger record", arena);
    struct facts facts = {0};
    struct err err = {0};

    if (record && json_integer_value(json_object_get(record, "schema")) > 1)
        bind_put_trouble(cluster->bind,
                         "the cluster's ledger record was written by a newer lockstep");
    else if (!readable || (record && !facts_read_record(&at, &facts, &err)))
        bind_put_trouble(cluster->bind, "the cluster's ledger record cannot be read");
    else
        bind_put_trouble(cluster->bind, "");
    if (err.code != ERR_NONE)
        engine_say(cluster->engine, cluster->config.name, "@cluster", "", err.text);
    bind_put_facts(cluster->bind, FACTS_RECORD, NULL);
    arena_free(cluster->attested_arena);
    cluster->attested_arena = arena;
    cluster->attested = facts;
    bind_put_facts(cluster->bind, FACTS_RECORD, &cluster->attested);
    engine_touch_cluster(cluster->engine, cluster->config.name);
}

static void apply_fences(struct cluster *cluster, const char *text)
{
    struct engine *engine = cluster->engine;
    struct err err = {0};
    record_ledger(engine->recorder, cluster_index(cluster), "@cluster", text);
    json_t *record =
        text ? json_parse(text, strlen(text), "the cluster's ledger record", &err) : NULL;

    json_decref(cluster->fenced);
    cluster->fenced = json_incref(json_object_get(record, "fenced"));
    apply_attestations(cluster, record, record || !text);
    json_decref(record);
    const struct snapshot *snapshot = fleet_snapshot(engine->fleet);
    for (size_t i = 0; i < snapshot->node_count; i++) {
        struct node node = snapshot->nodes[i];
        bool fenced = node_is_fenced(cluster, &node);
        if (strcmp(node.cluster, cluster->config.name) != 0)
            continue;
        if (node.state == NODE_SILENT && fenced)
            node.state = NODE_FENCED;
        else if (node.state == NODE_FENCED && !fenced)
            node.state = NODE_SILENT;
        else
            continue;
        fleet_put_node(engine->fleet, &node);
        touch_node(engine, node.cluster, node.id);
    }
    snapshot_unref(snapshot);
}

static struct entry *entry_of_key(struct cluster *cluster, const char *key)
{
    struct engine *engine = cluster->engine;
    char own[256];

    for (size_t i = 0; i < engine->entry_count; i++) {
        struct entry *entry = engine->entries[i];
        const struct service *service =
            strcmp(entry->cluster, cluster->config.name)
                ? NULL
                : fleet_find_service(engine->fleet, entry->cluster, entry->id);
        if (service && strcmp(release_key(service, own, sizeof own), key) == 0)
            return entry;
    }
    return NULL;
}

void cluster_take_record(struct cluster *cluster, const char *key, const char *text)
{
    struct err bad = {0};

    if (strcmp(key, "@cluster") == 0) {
        apply_fences(cluster, text);
        return;
    }
    struct entry *entry = entry_of_key(cluster, key);
    struct release *release = text ? release_parse(text, strlen(text), &bad) : NULL;
    if (bad.code != ERR_NONE)
        engine_say(cluster->engine, cluster->config.name, key, "", bad.text);
    else if (entry)
        entry_set_release(cluster->engine, entry, release);
    release_free(release);
}

static void on_record(void *arg, const char *text, const char *revision, const struct err *err)
{
    struct record_read *read = arg;
    struct cluster *cluster = read->cluster;

    (void)revision;
    if (cluster->ledger_pending)
        cluster->ledger_pending--;
    if (err && err->code != ERR_NONE)
        engine_say(cluster->engine, cluster->config.name, read->key, "", err->text);
    else
        cluster_take_record(cluster, read->key, text);
    engine_publish_soon(cluster->engine);
    for (struct record_read **at = &cluster->reads; *at; at = &(*at)->next)
        if (*at == read) {
            *at = read->next;
            break;
        }
    free(read);
}

void cluster_drop_reads(struct cluster *cluster)
{
    while (cluster->reads) {
        struct record_read *next = cluster->reads->next;
        free(cluster->reads);
        cluster->reads = next;
    }
}

void cluster_read_release(struct cluster *cluster, const char *key)
{
    struct record_read *read = xcalloc(1, sizeof *read);

    read->cluster = cluster;
    read->next = cluster->reads;
    cluster->reads = read;
    snprintf(read->key, sizeof read->key, "%s", key);
    cluster->ledger_pending++;
    cluster->driver->ops->ledger_get(cluster->driver, key, on_record, read);
}

static void on_list(void *arg, const char *const *keys, size_t count, const struct err *err)
{
    struct cluster *cluster = arg;

    cluster->ledger_pending--;
    if (err && err->code != ERR_NONE) {
        cluster->ledger_read = false;
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (!is_lock(keys[i]))
            cluster_read_release(cluster, keys[i]);
    engine_publish_soon(cluster->engine);
}

static void read_ledger(struct cluster *cluster)
{
    cluster->ledger_read = true;
    if (!cluster->driver->ops->caps(cluster->driver)->ledger)
        return;
    cluster->ledger_pending++;
    cluster->driver->ops->ledger_list(cluster->driver, on_list, cluster);
}
