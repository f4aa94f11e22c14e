/* decode_rest.c: deployments, blocked evaluations, lines of the event stream. */
#include "base/json.h"
#include "base/text.h"
#include "drivers/nomad/facts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ID_MAX = 512, COUNT_MAX = 1 << 20 };

static bool get_count(const struct json_at *up, const char *key, uint32_t *out, struct err *err)
{
    struct json_at at = json_key(up, key);
    int64_t number;

    if (!json_opt_int(&at, 0, COUNT_MAX, 0, &number, err))
        return false;
    *out = (uint32_t)number;
    return true;
}

static bool decode_canaries(const struct json_at *group, struct nomad_deployed *out,
                            struct err *err)
{
    struct json_at ids = json_key(group, "PlacedCanaries");
    size_t count = 0;

    if (ids.value && !json_is_null(ids.value) && !json_get_array(&ids, &count, err))
        return false;
    const char **list = arena_alloc(group->arena, count + 1, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        struct json_at id = json_index(&ids, i);
        if (!json_get_id(&id, 64, &list[i], err))
            return false;
    }
    out->canary_ids = list;
    out->placed_canaries = (uint32_t)count;
    return true;
}

static bool decode_deployed(const struct json_at *group, struct nomad_deployed *out,
                            struct err *err)
{
    struct json_at promoted = json_key(group, "Promoted");
    struct json_at automatic = json_key(group, "AutoPromote");

    return get_count(group, "DesiredCanaries", &out->canaries, err) &&
           get_count(group, "PlacedAllocs", &out->placed, err) &&
           get_count(group, "HealthyAllocs", &out->healthy, err) &&
           get_count(group, "UnhealthyAllocs", &out->unhealthy, err) &&
           json_opt_bool(&promoted, false, &out->promoted, err) &&
           json_opt_bool(&automatic, false, &out->auto_promote, err) &&
           decode_canaries(group, out, err);
}

static bool decode_deployed_groups(const struct json_at *root, struct nomad_deployment *out,
                                   struct err *err)
{
    struct json_at groups = json_key(root, "TaskGroups");
    json_t *object = (json_t *)(uintptr_t)groups.value, *value;
    const char *key;

    out->groups = arena_alloc(root->arena, json_object_size(object) + 1, sizeof *out->groups);
    json_object_foreach(object, key, value)
    {
        struct json_at group = json_key(&groups, key);
        struct nomad_deployed *into = &out->groups[out->group_count++];
        into->group = text_clean(root->arena, key, strlen(key), ID_MAX);
        if (!decode_deployed(&group, into, err))
            return false;
    }
    return true;
}

/* What waits for something stands; a word of a newer server goes on by itself. */
static enum nomad_deploy deploy_state(const char *word)
{
    static const struct {
        const char *word;
        enum nomad_deploy state;
    } words[] = {
        {"paused", NOMAD_DEPLOY_PAUSED},  {"pending", NOMAD_DEPLOY_PAUSED},
        {"blocked", NOMAD_DEPLOY_PAUSED}, {"successful", NOMAD_DEPLOY_SUCCESSFUL},
        {"failed", NOMAD_DEPLOY_FAILED},  {"cancelled", NOMAD_DEPLOY_CANCELLED},
    };

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i].word, word) == 0)
            return words[i].state;
    return NOMAD_DEPLOY_RUNNING;
}

static bool get_index(const struct json_at *up, const char *key, uint64_t *out, struct err *err)
{
    struct json_at at = json_key(up, key);
    int64_t number;

    if (!json_opt_int(&at, 0, INT64_MAX, 0, &number, err))
        return false;
    *out = (uint64_t)number;
    return true;
}

static bool decode_deployment(const struct json_at *at, struct nomad_deployment *out,
                              struct err *err)
{
    struct json_at id = json_key(at, "ID"), space = json_key(at, "Namespace");
    struct json_at job = json_key(at, "JobID"), status = json_key(at, "Status");
    struct json_at said = json_key(at, "StatusDescription");
    const char *word;

    if (!json_get_object(at, err) || !json_get_id(&id, 64, &out->id, err) ||
        !json_opt_text(&space, TEXT_NAME_MAX, "default", &out->space, err) ||
        !json_get_text(&job, ID_MAX, &out->job, err) ||
        !json_opt_text(&status, 32, "", &word, err) ||
        !json_opt_text(&said, TEXT_MESSAGE_MAX, "", &out->message, err) ||
        !get_index(at, "JobVersion", &out->job_version, err) ||
        !get_index(at, "JobCreateIndex", &out->job_create_index, err) ||
        !get_index(at, "CreateIndex", &out->create_index, err))
        return false;
    out->state = deploy_state(word);
    return decode_deployed_groups(at, out, err);
}

static int compare_deployments(const void *left, const void *right)
{
    const struct nomad_deployment *a = left, *b = right;
    int order = strcmp(a->space, b->space);

    if (order == 0)
        order = strcmp(a->job, b->job);
    if (order != 0)
        return order;
    return a->create_index < b->create_index ? 1 : a->create_index > b->create_index ? -1 : 0;
}

bool nomad_decode_deployments(const json_t *value, struct arena *arena,
                              struct nomad_deployment **out, size_t *count, struct err *err)
{
    struct json_at root = json_root(value, "deployments", arena);

    if (!json_get_array(&root, count, err))
        return false;
    *out = arena_alloc(arena, *count + 1, sizeof **out);
    for (size_t i = 0; i < *count; i++) {
        struct json_at at = json_index(&root, i);
        if (!decode_deployment(&at, &(*out)[i], err))
            return false;
    }
    qsort(*out, *count, sizeof **out, compare_deployments);
    return true;
}

const struct nomad_deployed *nomad_find_deployed(const struct nomad_deployment *deployment,
                                                 const char *group)
{
    for (size_t i = 0; deployment && i < deployment->group_count; i++)
        if (strcmp(deployment->groups[i].group, group) == 0)
            return &deployment->groups[i];
    return NULL;
}

enum { PARTS_MAX = 4 }; /* of one explanation */

struct parts {
    const char *text;
    unsigned count;
};

static void add_part(const struct json_at *metric, struct parts *parts, const char *text)
{
    if (parts->count++ < PARTS_MAX)
        parts->text =
            parts->text[0] ? arena_printf(metric->arena, "%s; %s", parts->text, text) : text;
}

/* Every member of a map of counts: "memory exhausted on 3 nodes". */
static void add_counts(const struct json_at *metric, const char *key, const char *before,
                       const char *after, struct parts *parts)
{
    struct json_at map = json_key(metric, key);
    json_t *object = (json_t *)(uintptr_t)map.value, *value;
    const char *name;

    json_object_foreach(object, name, value)
    {
        int64_t count = (int64_t)json_integer_value(value);
        add_part(metric, parts,
                 arena_printf(metric->arena, "%s%s %s %" PRId64 " node%s", before,
                              text_clean(metric->arena, name, strlen(name), TEXT_NAME_MAX), after,
                              count, count == 1 ? "" : "s"));
    }
}

/* Datacenters that have no node to place anything on. */
static void add_empty(const struct json_at *metric, struct parts *parts)
{
    struct json_at map = json_key(metric, "NodesAvailable");
    json_t *object = (json_t *)(uintptr_t)map.value, *value;
    const char *name;

    json_object_foreach(object, name, value)
    {
        if (json_is_integer(value) && json_integer_value(value) == 0)
            add_part(metric, parts,
                     arena_printf(metric->arena, "no node is ready in datacenter %s",
                                  text_clean(metric->arena, name, strlen(name), TEXT_NAME_MAX)));
    }
}

/* Most specific first. A class is exhausted by a dimension that is named already. */
static const char *explain_failure(const struct json_at *metric)
{
    struct json_at quota = json_key(metric, "QuotaExhausted");
    struct parts parts = {"", 0};

    for (size_t i = 0; i < json_array_size(quota.value); i++) {
        const char *raw = json_raw(json_array_get(quota.value, i));
        add_part(metric, &parts,
                 arena_printf(metric->arena, "quota reached: %s",
                              raw ? text_clean(metric->arena, raw, strlen(raw), 200) : "?"));
    }
    add_counts(metric, "DimensionExhausted", "", "exhausted on", &parts);
    add_counts(metric, "ConstraintFiltered", "constraint ", "filters", &parts);
    if (parts.count == 0)
        add_counts(metric, "ClassExhausted", "class ", "exhausted on", &parts);
    if (parts.count == 0)
        add_counts(metric, "ClassFiltered", "class ", "filters", &parts);
    if (parts.count == 0)
        add_empty(metric, &parts);
    if (parts.count > PARTS_MAX)
        parts.text =
            arena_printf(metric->arena, "%s; and %u more", parts.text, parts.count - PARTS_MAX);
    return parts.text[0] ? parts.text : "no node is eligible";
}

/* The newest evaluation that says something about a group. */
bool nomad_decode_blocked(const json_t *evaluations, struct arena *arena,
                          struct nomad_blocked **out, size_t *count, struct err *err)
{
    struct json_at root = json_root(evaluations, "evaluations", arena);
    size_t all, room = 0;

    *count = 0;
    *out = NULL;
    if (!json_get_array(&root, &all, err))
        return false;
    for (size_t i = 0; i < all; i++) {
        struct json_at eval = json_index(&root, i), status = json_key(&eval, "Status");
        struct json_at failed = json_key(&eval, "FailedTGAllocs");
        json_t *object = (json_t *)(uintptr_t)failed.value, *value;
        const char *word, *group;
        if (!json_get_object(&eval, err) || !json_opt_text(&status, 32, "", &word, err))
            return false;
        room += json_object_size(object);
        if (strcmp(word, "blocked") != 0 || room == 0)
            continue;
        struct nomad_blocked *grown = arena_alloc(arena, *count + room, sizeof *grown);
        if (*count > 0)
            memcpy(grown, *out, *count * sizeof *grown);
        *out = grown;
        json_object_foreach(object, group, value)
        {
            struct json_at metric = json_key(&failed, group);
            (*out)[(*count)++] = (struct nomad_blocked){
                text_clean(arena, group, strlen(group), ID_MAX), explain_failure(&metric)};
        }
        room = 0;
    }
    return true;
}

static bool describe(const struct json_at *event, const char *topic, struct nomad_event *out,
                     struct err *err)
{
    struct json_at payload = json_key(event, "Payload");
    struct json_at deployment = json_key(&payload, "Deployment");
    struct json_at said = json_key(&deployment, "StatusDescription");
    struct json_at node = json_key(&payload, "Node"), name = json_key(&node, "Name");
    struct json_at status = json_key(&node, "Status");
    const char *text, *word;

    if (strcmp(topic, "Deployment") == 0) {
        if (!json_opt_text(&said, TEXT_NAME_MAX, "", &text, err))
            return false;
        out->text = text[0] ? arena_printf(event->arena, "deployment: %s", text) : "";
    } else if (strcmp(topic, "Node") == 0) {
        if (!json_opt_text(&name, TEXT_NAME_MAX, "", &text, err) ||
            !json_opt_text(&status, 32, "", &word, err))
            return false;
        out->text = text[0] ? arena_printf(event->arena, "node %s: %s", text, word) : "";
    }
    return true;
}

/* Which job it is about: the key of its own topics, else the filter keys of the others hold it. */
static bool job_of_event(const struct json_at *event, const char *topic, struct nomad_event *out,
                         struct err *err)
{
    static const char *const inside[][2] = {
        {"Allocation", "Allocation"}, {"Deployment", "Deployment"}, {"Evaluation", "Evaluation"}};
    struct json_at key = json_key(event, "Key"), payload = json_key(event, "Payload");

    if (strcmp(topic, "Job") == 0)
        return json_opt_text(&key, ID_MAX, "", &out->job, err);
    for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
        if (strcmp(topic, inside[i][0]) != 0)
            continue;
        struct json_at object = json_key(&payload, inside[i][1]);
        struct json_at job = json_key(&object, "JobID");
        return json_opt_text(&job, ID_MAX, "", &out->job, err);
    }
    return true;
}

static bool decode_event(const struct json_at *event, struct nomad_event *out, struct err *err)
{
    struct json_at topic = json_key(event, "Topic"), space = json_key(event, "Namespace");
    const char *word;

    *out = (struct nomad_event){.space = "", .job = "", .text = ""};
    if (!json_get_object(event, err) || !json_opt_text(&topic, 32, "", &word, err) ||
        !json_opt_text(&space, TEXT_NAME_MAX, "default", &out->space, err) ||
        !job_of_event(event, word, out, err))
        return false;
    out->kind = strcmp(word, "Node") == 0 ? NOMAD_EVENT_NODE
                : out->job[0]             ? NOMAD_EVENT_JOB
                                          : NOMAD_EVENT_OTHER;
    return describe(event, word, out, err);
}

bool nomad_decode_events(const json_t *value, struct arena *arena, struct nomad_event **out,
                         size_t *count, uint64_t *index, struct err *err)
{
    struct json_at root = json_root(value, "events", arena), events = json_key(&root, "Events");

    *count = 0;
    *out = NULL;
    *index = 0;
    if (!json_get_object(&root, err) || !get_index(&root, "Index", index, err))
        return false;
    if (!events.value || json_is_null(events.value))
        return true;
    if (!json_get_array(&events, count, err))
        return false;
    *out = arena_alloc(arena, *count + 1, sizeof **out);
    for (size_t i = 0; i < *count; i++) {
        struct json_at event = json_index(&events, i);
        if (!decode_event(&event, &(*out)[i], err))
            return false;
    }
    return true;
}
