/* decode_tasks.c: GET /tasks and GET /nodes.
 *
 * The unfiltered task list is the only one that shows what may still run of a service that was
 * deleted, or on a node that was removed. */
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "drivers/image.h"
#include "drivers/swarm/facts.h"

#include <stdlib.h>
#include <string.h>

static const char *const state_word[SWARM_STATE_COUNT] = {
#define X(id, word) [SWARM_##id] = word,
    SWARM_STATES(X)
#undef X
};

/* A word of a newer engine is read as the state in which it may run. */
static bool decode_state(const struct json_at *at, enum swarm_state *out, struct err *err)
{
    const char *word;

    if (!json_get_text(at, 32, &word, err))
        return false;
    *out = SWARM_STARTING;
    for (unsigned i = 0; i < SWARM_STATE_COUNT; i++)
        if (strcmp(state_word[i], word) == 0)
            *out = (enum swarm_state)i;
    return true;
}

static bool decode_time(const struct json_at *at, int64_t *out, struct err *err)
{
    const char *text;

    if (!json_opt_text(at, 40, "", &text, err))
        return false;
    *out = clock_parse_utc(text);
    return true;
}

static bool opt_id(const struct json_at *at, const char **out, struct err *err)
{
    *out = "";
    if (!at->value || json_is_null(at->value))
        return true;
    const char *raw = json_raw(at->value);
    return (raw && !raw[0]) || json_get_id(at, 64, out, err);
}

static bool decode_status(const struct json_at *task, struct swarm_task *out, struct err *err)
{
    struct json_at status = json_key(task, "Status");
    struct json_at state = json_key(&status, "State"), since = json_key(&status, "Timestamp");
    struct json_at error = json_key(&status, "Err"), message = json_key(&status, "Message");
    struct json_at desired = json_key(task, "DesiredState");

    return json_get_object(&status, err) && decode_state(&state, &out->state, err) &&
           decode_state(&desired, &out->desired, err) &&
           decode_time(&since, &out->since_utc_ms, err) &&
           json_opt_text(&error, TEXT_MESSAGE_MAX, "", &out->error, err) &&
           json_opt_text(&message, TEXT_MESSAGE_MAX, "", &out->message, err);
}

static bool decode_task(const struct json_at *task, struct swarm_task *out, struct err *err)
{
    struct json_at id = json_key(task, "ID"), service = json_key(task, "ServiceID");
    struct json_at node = json_key(task, "NodeID"), slot = json_key(task, "Slot");
    struct json_at spec = json_key(task, "Spec"), container = json_key(&spec, "ContainerSpec");
    struct json_at image = json_key(&container, "Image"), labels = json_key(&container, "Labels");
    struct json_at version = json_key(&labels, SWARM_LABEL_VERSION);
    struct json_at created = json_key(task, "CreatedAt");

    if (!json_get_object(task, err) || !json_get_id(&id, 64, &out->id, err) ||
        !opt_id(&service, &out->service, err) || !opt_id(&node, &out->node, err) ||
        !json_opt_int(&slot, 0, INT64_MAX, 0, &out->slot, err) ||
        !json_opt_text(&image, TEXT_MESSAGE_MAX, "", &out->image, err) ||
        !json_opt_text(&version, TEXT_NAME_MAX, "", &out->version, err) ||
        !decode_time(&created, &out->created_utc_ms, err) || !decode_status(task, out, err))
        return false;
    if (!out->version[0])
        out->version = image_version(task->arena, out->image);
    return true;
}

static int compare_tasks(const void *left, const void *right)
{
    const struct swarm_task *a = left, *b = right;
    int order = strcmp(a->service, b->service);

    if (order == 0)
        order = (a->slot > b->slot) - (a->slot < b->slot);
    if (order == 0 && a->slot == 0)
        order = strcmp(a->node, b->node);
    if (order == 0)
        order = (a->created_utc_ms < b->created_utc_ms) - (a->created_utc_ms > b->created_utc_ms);
    return order ? order : strcmp(a->id, b->id);
}

void swarm_sort_tasks(struct swarm_task *tasks, size_t count)
{
    qsort(tasks, count, sizeof *tasks, compare_tasks);
}

bool swarm_decode_tasks(const json_t *value, struct arena *arena, struct swarm_task **out,
                        size_t *count, struct err *err)
{
    struct json_at root = json_root(value, "tasks", arena);

    if (!json_get_array(&root, count, err))
        return false;
    *out = arena_alloc(arena, *count + 1, sizeof **out);
    for (size_t i = 0; i < *count; i++) {
        struct json_at at = json_index(&root, i);
        if (!decode_task(&at, &(*out)[i], err))
            return false;
    }
    swarm_sort_tasks(*out, *count);
    return true;
}

static bool decode_node(const struct json_at *node, struct swarm_node *out, struct err *err)
{
    struct json_at id = json_key(node, "ID"), description = json_key(node, "Description");
    struct json_at name = json_key(&description, "Hostname"), spec = json_key(node, "Spec");
    struct json_at availability = json_key(&spec, "Availability");
    struct json_at status = json_key(node, "Status"), state = json_key(&status, "State");
    struct json_at message = json_key(&status, "Message");
    const char *word, *available;

    if (!json_get_object(node, err) || !json_get_id(&id, 64, &out->id, err) ||
        !json_opt_text(&name, TEXT_NAME_MAX, "", &out->name, err) ||
        !json_opt_text(&availability, 32, "", &available, err) ||
        !json_get_text(&state, 32, &word, err) ||
        !json_opt_text(&message, TEXT_MESSAGE_MAX, "", &out->message, err))
        return false;
    if (!out->name[0])
        out->name = out->id;
    out->draining = strcmp(available, "drain") == 0 || strcmp(available, "pause") == 0;
    if (strcmp(word, "ready") == 0)
        out->state = SWARM_NODE_READY;
    else if (strcmp(word, "unknown") == 0)
        out->state = SWARM_NODE_UNKNOWN;
    else
        out->state = SWARM_NODE_DOWN; /* down, disconnected */
    return true;
}

static int compare_nodes(const void *left, const void *right)
{
    const struct swarm_node *a = left, *b = right;

    return strcmp(a->id, b->id);
}

bool swarm_decode_nodes(const json_t *value, struct arena *arena, struct swarm_node **out,
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

const struct swarm_node *swarm_find_node(const struct swarm_node *nodes, size_t count,
                                         const char *id)
{
    struct swarm_node key = {.id = id};

    return count ? bsearch(&key, nodes, count, sizeof *nodes, compare_nodes) : NULL;
}
