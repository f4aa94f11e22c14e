/* tape_service.c: a service of a recording, checked so that service_seal holds. */
#include "record/tape_private.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

enum { LIST_MAX = 1 << 20 };

struct text_row {
    const char *key;
    const char **out;
};

static bool read_texts(const struct json_at *up, const struct text_row *rows, size_t count,
                       struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct json_at at = json_key(up, rows[i].key);
        if (!json_get_text(&at, TEXT_MESSAGE_MAX, rows[i].out, err))
            return false;
    }
    return true;
}

static bool read_number(const struct json_at *up, const char *key, int64_t low, int64_t high,
                        int64_t *out, struct err *err)
{
    struct json_at at = json_key(up, key);

    return json_get_int(&at, low, high, out, err);
}

static bool read_list(const struct json_at *up, const char *key, struct json_at *list,
                      size_t *count, struct err *err)
{
    char path[300];

    *list = json_key(up, key);
    if (!json_get_array(list, count, err))
        return false;
    if (*count > LIST_MAX)
        return err_set(err, ERR_CONFIG, "%s: expected at most %d entries",
                       json_path(list, path, sizeof path), LIST_MAX);
    return true;
}

static bool read_counts(const struct json_at *up, uint32_t out[INSTANCE_STATE_COUNT],
                        struct err *err)
{
    struct json_at list;
    size_t count;
    char path[300];

    if (!read_list(up, "count", &list, &count, err))
        return false;
    if (count != INSTANCE_STATE_COUNT)
        return err_set(err, ERR_CONFIG, "%s: expected %d numbers, found %zu",
                       json_path(&list, path, sizeof path), INSTANCE_STATE_COUNT, count);
    for (size_t i = 0; i < count; i++) {
        struct json_at one = json_index(&list, i);
        int64_t n;
        if (!json_get_int(&one, 0, INT_MAX, &n, err))
            return false;
        out[i] = (uint32_t)n;
    }
    return true;
}

static bool read_versions(struct service *s, const struct json_at *up, struct err *err)
{
    struct json_at list;

    if (!read_list(up, "versions", &list, &s->version_count, err))
        return false;
    s->versions = arena_alloc(s->arena, s->version_count + 1, sizeof *s->versions);
    for (size_t i = 0; i < s->version_count; i++) {
        struct version_count *v = &s->versions[i];
        struct json_at one = json_index(&list, i);
        const struct text_row rows[] = {{"version", &v->version}, {"digest", &v->digest}};
        if (!json_get_object(&one, err) || !read_texts(&one, rows, ARRAY_LEN(rows), err) ||
            !read_counts(&one, v->count, err) ||
            !read_number(&one, "young", INT64_MIN, INT64_MAX, &v->young_utc_ms, err))
            return false;
    }
    return true;
}

static bool read_version_index(const struct service *s, const struct json_at *up, uint32_t *out,
                               struct err *err)
{
    int64_t n;

    if (!read_number(up, "version", 0, (int64_t)s->version_count - 1, &n, err))
        return false;
    *out = (uint32_t)n;
    return true;
}

static bool read_placements(struct service *s, const struct json_at *up, struct err *err)
{
    struct json_at list;

    if (!read_list(up, "placements", &list, &s->placement_count, err))
        return false;
    s->placements = arena_alloc(s->arena, s->placement_count + 1, sizeof *s->placements);
    for (size_t i = 0; i < s->placement_count; i++) {
        struct placement *p = &s->placements[i];
        struct json_at one = json_index(&list, i);
        const struct text_row rows[] = {{"node", &p->node}};
        if (!json_get_object(&one, err) || !read_texts(&one, rows, 1, err) ||
            !read_version_index(s, &one, &p->version, err) || !read_counts(&one, p->count, err))
            return false;
    }
    return true;
}

static bool read_launchers(struct service *s, const struct json_at *up, struct err *err)
{
    struct json_at list;

    if (!read_list(up, "launchers", &list, &s->launcher_count, err))
        return false;
    s->launchers = arena_alloc(s->arena, s->launcher_count + 1, sizeof *s->launchers);
    for (size_t i = 0; i < s->launcher_count; i++) {
        struct json_at one = json_index(&list, i);
        const struct text_row rows[] = {{"name", &s->launchers[i].name},
                                        {"version", &s->launchers[i].version}};
        if (!json_get_object(&one, err) || !read_texts(&one, rows, ARRAY_LEN(rows), err))
            return false;
    }
    return true;
}

static bool read_instances(struct service *s, const struct json_at *up, struct err *err)
{
    struct json_at list;

    if (!read_list(up, "instances", &list, &s->instance_count, err))
        return false;
    s->instances = arena_alloc(s->arena, s->instance_count + 1, sizeof *s->instances);
    for (size_t i = 0; i < s->instance_count; i++) {
        struct instance *in = &s->instances[i];
        struct json_at one = json_index(&list, i), state = json_key(&one, "state");
        const struct text_row rows[] = {
            {"name", &in->name}, {"node", &in->node}, {"reason", &in->reason}};
        unsigned word;
        if (!json_get_object(&one, err) || !read_texts(&one, rows, ARRAY_LEN(rows), err) ||
            !read_version_index(s, &one, &in->version, err) ||
            !tape_read_word(&state, instance_state_word, INSTANCE_STATE_COUNT, &word, err) ||
            !read_number(&one, "since", INT64_MIN, INT64_MAX, &in->since_utc_ms, err))
            return false;
        in->state = (enum instance_state)word;
    }
    return true;
}

static bool read_marks(struct service *s, const struct json_at *up, struct err *err)
{
    struct json_at list;

    if (!read_list(up, "marks", &list, &s->mark_count, err))
        return false;
    const char **marks = arena_alloc(s->arena, s->mark_count + 1, sizeof *marks);
    s->marks = marks;
    for (size_t i = 0; i < s->mark_count; i++) {
        struct json_at one = json_index(&list, i);
        if (!json_get_text(&one, TEXT_NAME_MAX, &marks[i], err))
            return false;
    }
    return true;
}

/* A document that its own reader cleans. */
static bool read_contract(struct service *s, const struct json_at *up, struct err *err)
{
    struct json_at at = json_key(up, "contract");
    const char *clean;

    if (!json_get_text(&at, TEXT_MESSAGE_MAX, &clean, err))
        return false;
    s->contract = arena_strdup(s->arena, json_raw(at.value));
    return true;
}

static bool read_asked(struct service *s, const struct json_at *up, struct err *err)
{
    const struct text_row rows[] = {
        {"id", &s->id},
        {"name", &s->name},
        {"scope", &s->scope},
        {"kind", &s->kind},
        {"owner", &s->owner},
        {"revision", &s->revision},
        {"spec_digest", &s->spec_digest},
        {"config_digest", &s->config_digest},
        {"wants", &s->wants},
        {"was", &s->was},
        {"artifact", &s->artifact},
        {"reason", &s->reason},
        {"by", &s->by},
    };
    struct json_at per_node = json_key(up, "per_node"), id = json_key(up, "id");
    int64_t replicas, motion, trouble;
    char path[300];

    if (!read_texts(up, rows, ARRAY_LEN(rows), err) || !read_contract(s, up, err) ||
        !read_marks(s, up, err) || !read_number(up, "replicas", 0, INT_MAX, &replicas, err) ||
        !json_get_bool(&per_node, &s->per_node, err) ||
        !read_number(up, "motion", 0, MOTION_RUNNING, &motion, err) ||
        !read_number(up, "trouble", 0, TROUBLE_FAILED, &trouble, err) ||
        !read_number(up, "since", INT64_MIN, INT64_MAX, &s->since_utc_ms, err) ||
        !read_number(up, "observed", 0, INT64_MAX, &s->observed_ms, err))
        return false;
    if (!s->id[0] || !s->name[0])
        return err_set(err, ERR_CONFIG, "%s: expected an id and a name, found an empty one",
                       json_path(&id, path, sizeof path));
    s->replicas = (uint32_t)replicas;
    s->motion = (enum motion)motion;
    s->trouble = (enum trouble)trouble;
    return true;
}

bool tape_read_service(struct tape *tape, const struct json_at *at, struct tape_fact *fact,
                       struct err *err)
{
    struct service *s = service_new();
    json_t *value = (json_t *)(uintptr_t)at->value;
    char path[300];
    /* Its texts live as long as it does, which may be longer than the tape. */
    struct json_at root = json_root(value, json_path(at, path, sizeof path), s->arena);

    root.code = ERR_CONFIG;
    if (fact->cluster == TAPE_CLUSTERS_MAX)
        err_set(err, ERR_CONFIG, "%s: expected a cluster of its own in \"c\"", path);
    else
        s->cluster = arena_strdup(s->arena, tape->clusters[fact->cluster].name);
    if (err_failed(err) || !json_get_object(&root, err) || !read_asked(s, &root, err) ||
        !read_versions(s, &root, err) || !read_placements(s, &root, err) ||
        !read_launchers(s, &root, err) || !read_instances(s, &root, err)) {
        service_unref(s);
        return false;
    }
    fact->is.service = service_seal(s);
    return true;
}
