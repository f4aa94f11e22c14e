/* decode_alloc.c: allocations and nodes.
 *
 * Times are nanoseconds since 1970 for allocations and RFC 3339 for their tasks. A list without
 * task states (?task_states=false) is the same without reasons and starts. */
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "drivers/nomad/facts.h"

#include <stdlib.h>
#include <string.h>

enum { ID_MAX = 512, NS_IN_MS = 1000000 };

/* A word of a newer server is read as the state in which it may run. */
static bool decode_client(const struct json_at *alloc, struct nomad_alloc *out, struct err *err)
{
    static const char *const words[] = {
        [NOMAD_PENDING] = "pending", [NOMAD_RUNNING] = "running", [NOMAD_COMPLETE] = "complete",
        [NOMAD_FAILED] = "failed",   [NOMAD_LOST] = "lost",       [NOMAD_UNKNOWN] = "unknown",
    };
    struct json_at client = json_key(alloc, "ClientStatus");
    struct json_at desired = json_key(alloc, "DesiredStatus");
    const char *word;

    if (!json_get_text(&client, 32, &word, err))
        return false;
    out->client = NOMAD_UNKNOWN;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i], word) == 0)
            out->client = (enum nomad_client)i;
    if (!json_get_text(&desired, 32, &word, err))
        return false;
    out->wanted = strcmp(word, "stop") != 0 && strcmp(word, "evict") != 0;
    return true;
}

static bool decode_health(const struct json_at *alloc, struct nomad_alloc *out, struct err *err)
{
    struct json_at status = json_key(alloc, "DeploymentStatus");
    struct json_at healthy = json_key(&status, "Healthy"), canary = json_key(&status, "Canary");
    bool yes;

    out->health = NOMAD_UNSET;
    if (healthy.value && !json_is_null(healthy.value)) {
        if (!json_get_bool(&healthy, &yes, err))
            return false;
        out->health = yes ? NOMAD_HEALTHY : NOMAD_UNHEALTHY;
    }
    return json_opt_bool(&canary, false, &out->canary, err);
}

static bool is_telling(const char *type)
{
    static const char *const types[] = {
        "Driver Failure",   "Failed Artifact Download", "Failed Validation", "Setup Failure",
        "Task hook failed", "Alloc Unhealthy",          "Terminated",        "Sibling Task Failed",
        "Leader Task Dead", "Template failed",
    };

    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

/* The newest event that says why. */
static bool find_reason(const struct json_at *task, const char **out, struct err *err)
{
    struct json_at events = json_key(task, "Events");
    size_t count = 0;

    *out = "";
    if (!events.value || json_is_null(events.value))
        return true;
    if (!json_get_array(&events, &count, err))
        return false;
    for (size_t i = count; i-- > 0 && !(*out)[0];) {
        struct json_at event = json_index(&events, i), type = json_key(&event, "Type");
        struct json_at shown = json_key(&event, "DisplayMessage");
        const char *word, *text;
        if (!json_opt_text(&type, 64, "", &word, err) ||
            !json_opt_text(&shown, TEXT_MESSAGE_MAX, "", &text, err))
            return false;
        if (is_telling(word))
            *out = text[0] ? text : word;
    }
    return true;
}

static bool decode_task(const struct json_at *task, const char *name, struct nomad_alloc *out,
                        struct err *err)
{
    struct json_at started = json_key(task, "StartedAt"), restarts = json_key(task, "Restarts");
    const char *at_utc, *reason;
    int64_t count;

    if (!json_opt_text(&started, 40, "", &at_utc, err) ||
        !json_opt_int(&restarts, 0, INT32_MAX, 0, &count, err) || !find_reason(task, &reason, err))
        return false;
    int64_t started_utc_ms = clock_parse_utc(at_utc);
    if (started_utc_ms > out->started_utc_ms)
        out->started_utc_ms = started_utc_ms;
    out->restarts += (uint32_t)count;
    if (reason[0] && !out->reason[0])
        out->reason = arena_printf(task->arena, "%s: %s", name, reason);
    return true;
}

static bool decode_tasks(const struct json_at *alloc, struct nomad_alloc *out, struct err *err)
{
    struct json_at states = json_key(alloc, "TaskStates");
    const char *key;
    json_t *value, *object = (json_t *)(uintptr_t)states.value;

    out->started_utc_ms = -1;
    out->reason = "";
    json_object_foreach(object, key, value)
    {
        struct json_at task = json_key(&states, key);
        if (!decode_task(&task, text_clean(alloc->arena, key, strlen(key), 64), out, err))
            return false;
    }
    return true;
}

static bool decode_alloc(const struct json_at *at, struct nomad_alloc *out, struct err *err)
{
    struct json_at id = json_key(at, "ID"), space = json_key(at, "Namespace");
    struct json_at job = json_key(at, "JobID"), group = json_key(at, "TaskGroup");
    struct json_at node = json_key(at, "NodeID"), name = json_key(at, "Name");
    struct json_at version = json_key(at, "JobVersion"), created = json_key(at, "CreateTime");
    struct json_at next = json_key(at, "NextAllocation"), index = json_key(at, "ModifyIndex");
    const char *successor;
    int64_t number, created_ns, modify_index;

    if (!json_get_object(at, err) || !json_get_id(&id, 64, &out->id, err) ||
        !json_opt_text(&space, TEXT_NAME_MAX, "default", &out->space, err) ||
        !json_get_text(&job, ID_MAX, &out->job, err) ||
        !json_get_text(&group, ID_MAX, &out->group, err) ||
        !json_opt_text(&node, 64, "", &out->node, err) ||
        !json_opt_text(&name, TEXT_NAME_MAX, "", &out->name, err) ||
        !json_opt_text(&next, 64, "", &successor, err) ||
        !json_opt_int(&version, 0, INT64_MAX, 0, &number, err) ||
        !json_opt_int(&created, 0, INT64_MAX, 0, &created_ns, err) ||
        !json_opt_int(&index, 0, INT64_MAX, 0, &modify_index, err))
        return false;
    out->job_version = (uint64_t)number;
    out->modify_index = (uint64_t)modify_index;
    out->created_utc_ms = created_ns / NS_IN_MS;
    out->replaced = successor[0] != '\0';
    return decode_client(at, out, err) && decode_health(at, out, err) && decode_tasks(at, out, err);
}

static int compare_allocs(const void *left, const void *right)
{
    const struct nomad_alloc *a = left, *b = right;
    int order = strcmp(a->space, b->space);

    if (order == 0)
        order = strcmp(a->job, b->job);
    if (order == 0)
        order = strcmp(a->group, b->group);
    if (order == 0)
        order = strcmp(a->name, b->name);
    if (order == 0 && a->created_utc_ms != b->created_utc_ms)
        order = a->created_utc_ms < b->created_utc_ms ? 1 : -1;
    return order ? order : strcmp(a->id, b->id);
}

bool nomad_decode_allocs(const json_t *value, struct arena *arena, struct nomad_alloc **out,
                         size_t *count, struct err *err)
{
    struct json_at root = json_root(value, "allocations", arena);

    if (!json_get_array(&root, count, err))
        return false;
    *out = arena_alloc(arena, *count + 1, sizeof **out);
    for (size_t i = 0; i < *count; i++) {
        struct json_at at = json_index(&root, i);
        if (!decode_alloc(&at, &(*out)[i], err))
            return false;
    }
    qsort(*out, *count, sizeof **out, compare_allocs);
    return true;
}

static bool decode_node(const struct json_at *at, struct nomad_node *out, struct err *err)
{
    struct json_at id = json_key(at, "ID"), name = json_key(at, "Name");
    struct json_at status = json_key(at, "Status"), said = json_key(at, "StatusDescription");
    struct json_at eligible = json_key(at, "SchedulingEligibility"), drain = json_key(at, "Drain");
    struct json_at index = json_key(at, "ModifyIndex");
    const char *word, *eligibility;
    int64_t modify_index;

    if (!json_get_object(at, err) || !json_get_id(&id, 64, &out->id, err) ||
        !json_opt_text(&name, TEXT_NAME_MAX, out->id, &out->name, err) ||
        !json_get_text(&status, 32, &word, err) ||
        !json_opt_text(&said, TEXT_MESSAGE_MAX, "", &out->message, err) ||
        !json_opt_text(&eligible, 32, "eligible", &eligibility, err) ||
        !json_opt_bool(&drain, false, &out->draining, err) ||
        !json_opt_int(&index, 0, INT64_MAX, 0, &modify_index, err))
        return false;
    out->modify_index = (uint64_t)modify_index;
    out->draining |= strcmp(eligibility, "eligible") != 0;
    /* "down", "disconnected", and what a newer server may call a node that is not there. */
    out->state = strcmp(word, "ready") == 0          ? NOMAD_NODE_READY
                 : strcmp(word, "initializing") == 0 ? NOMAD_NODE_INIT
                                                     : NOMAD_NODE_DOWN;
    if (!out->message[0] && out->state == NOMAD_NODE_DOWN)
        out->message = word;
    return true;
}

static int compare_nodes(const void *left, const void *right)
{
    const struct nomad_node *a = left, *b = right;

    return strcmp(a->id, b->id);
}

bool nomad_decode_nodes(const json_t *value, struct arena *arena, struct nomad_node **out,
                        size_t *count, struct err *err)
{
    struct json_at root = json_root(value, "nodes", arena);

    if (!json_get_array(&root, count, err))
        return false;
    *out = arena_alloc(arena, *count + 1, sizeof **out);
    for (size_t i = 0; i < *count; i++) {
        struct json_at at = json_index(&root, i);
        if (!decode_node(&at, &(*out)[i], err))
            return false;
    }
    qsort(*out, *count, sizeof **out, compare_nodes);
    return true;
}

const struct nomad_node *nomad_find_node(const struct nomad_node *nodes, size_t count,
                                         const char *id)
{
    const struct nomad_node key = {.id = id};

    return count ? bsearch(&key, nodes, count, sizeof *nodes, compare_nodes) : NULL;
}
