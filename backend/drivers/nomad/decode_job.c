/* decode_job.c: jobs and their versions.
 *
 * What people call the version of a group is told by its main task. Where nothing tells it, it is
 * the number of the first job version that had these tasks: later versions of the job that
 * only change counts, update blocks or other groups are no new version of this one. */
#include "base/json.h"
#include "base/text.h"
#include "drivers/nomad/artifact.h"
#include "drivers/nomad/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_MAX = 1 << 20, GROUPS_MAX = 64, VERSIONS_MAX = 256, ID_MAX = 512 };

static void hash_json(const json_t *value, char out[17])
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    char hash[HASH_TEXT];

    hash_sha256_text(text ? text : "", text ? strlen(text) : 0, hash);
    snprintf(out, 17, "%.16s", hash);
    free(text);
}

/* Of the group without how it moves and how many there are, and of what the job adds to it. */
static void hash_target(const json_t *job, const json_t *group, char out[17])
{
    static const char *const beside[] = {"Update", "Count", "Scaling", "Migrate"};
    static const char *const added[] = {"Meta", "Datacenters", "Constraints", "Affinities",
                                        "Spreads"};
    json_t *target = json_copy((json_t *)(uintptr_t)group);

    for (size_t i = 0; i < ARRAY_LEN(beside); i++)
        json_object_del(target, beside[i]);
    for (size_t i = 0; i < ARRAY_LEN(added); i++) {
        char key[32];
        json_t *value = json_object_get(job, added[i]);
        snprintf(key, sizeof key, "job.%s", added[i]);
        if (value)
            json_object_set(target, key, value);
    }
    hash_json(target, out);
    json_decref(target);
}

static bool decode_update(const struct json_at *group, struct nomad_update *out, struct err *err)
{
    struct json_at update = json_key(group, "Update");
    struct json_at canary = json_key(&update, "Canary"), at_once = json_key(&update, "MaxParallel");
    struct json_at check = json_key(&update, "HealthCheck");
    struct json_at promote = json_key(&update, "AutoPromote");
    struct json_at revert = json_key(&update, "AutoRevert");
    int64_t canaries, parallel;
    const char *word;

    if (!json_opt_int(&canary, 0, COUNT_MAX, 0, &canaries, err) ||
        !json_opt_int(&at_once, 0, INT64_MAX, 0, &parallel, err) ||
        !json_opt_text(&check, 32, "", &word, err) ||
        !json_opt_bool(&promote, false, &out->auto_promote, err) ||
        !json_opt_bool(&revert, false, &out->auto_revert, err))
        return false;
    out->canary = (uint32_t)canaries;
    out->max_parallel = parallel > COUNT_MAX ? COUNT_MAX : (uint32_t)parallel;
    out->manual = strcmp(word, "manual") == 0;
    out->marked = nomad_mark_read(update.value, &out->mark);
    return true;
}

/* Its bytes: it is a document to be parsed, whose lines must stay lines. */
static const char *meta_raw(struct arena *arena, const json_t *job, const json_t *group,
                            const json_t *task, const char *key)
{
    const json_t *const levels[] = {task, group, job};

    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        const char *text = json_raw(json_object_get(json_object_get(levels[i], "Meta"), key));
        if (text && text[0])
            return arena_strdup(arena, text);
    }
    return "";
}

static bool decode_group(const struct json_at *job, const struct json_at *at,
                         struct nomad_group *out, struct err *err)
{
    struct json_at name = json_key(at, "Name"), count = json_key(at, "Count");
    struct json_at tasks = json_key(at, "Tasks");
    const json_t *task = nomad_artifact_main_task(at->value);
    int64_t wanted;

    *out = (struct nomad_group){.raw = at->value};
    if (!json_get_object(at, err) || !json_get_text(&name, ID_MAX, &out->name, err) ||
        !json_opt_int(&count, 0, COUNT_MAX, 1, &wanted, err) ||
        !decode_update(at, &out->update, err))
        return false;
    if (tasks.value && !json_is_null(tasks.value)) {
        size_t ignored;
        if (!json_get_array(&tasks, &ignored, err))
            return false;
    }
    out->count = (uint32_t)wanted;
    out->artifact = nomad_artifact_of_task(at->arena, task, &out->is_image);
    const char *said = meta_raw(at->arena, job->value, at->value, task, NOMAD_META_VERSION);
    out->version = said[0] ? text_clean(at->arena, said, strlen(said), TEXT_NAME_MAX)
                           : nomad_artifact_version(at->arena, out->artifact, out->is_image);
    out->contract = meta_raw(at->arena, job->value, at->value, task, NOMAD_META_CONTRACT);
    hash_target(job->value, at->value, out->target_hash);
    return true;
}

static bool decode_groups(const struct json_at *root, struct nomad_job *out, struct err *err)
{
    struct json_at groups = json_key(root, "TaskGroups");

    if (!groups.value || json_is_null(groups.value))
        return true;
    if (!json_get_array(&groups, &out->group_count, err))
        return false;
    if (out->group_count > GROUPS_MAX)
        return err_set(err, ERR_LIMIT, "job %s has more than %d task groups", out->id, GROUPS_MAX);
    out->groups = arena_alloc(root->arena, out->group_count + 1, sizeof *out->groups);
    for (size_t i = 0; i < out->group_count; i++) {
        struct json_at at = json_index(&groups, i);
        if (!decode_group(root, &at, &out->groups[i], err))
            return false;
    }
    return true;
}

static bool is_set(const json_t *value)
{
    return json_is_object(value) || json_is_true(value);
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

static bool decode_job(const struct json_at *root, struct nomad_job *out, struct err *err)
{
    struct json_at id = json_key(root, "ID"), space = json_key(root, "Namespace");
    struct json_at name = json_key(root, "Name"), type = json_key(root, "Type");
    struct json_at stop = json_key(root, "Stop"), stable = json_key(root, "Stable");
    struct json_at dispatched = json_key(root, "Dispatched");
    struct json_at token = json_key(root, "NomadTokenID"), submit = json_key(root, "SubmitTime");
    int64_t submit_ns;

    *out = (struct nomad_job){.raw = root->value};
    if (!json_get_object(root, err) || !json_get_text(&id, ID_MAX, &out->id, err) ||
        !json_opt_text(&space, TEXT_NAME_MAX, "default", &out->space, err) ||
        !json_opt_text(&name, TEXT_NAME_MAX, out->id, &out->name, err) ||
        !json_opt_text(&type, 32, "service", &out->type, err) ||
        !json_opt_bool(&stop, false, &out->stopped, err) ||
        !json_opt_bool(&stable, false, &out->stable, err) ||
        !json_opt_bool(&dispatched, false, &out->dispatched, err) ||
        !json_opt_text(&token, 64, "", &out->token, err) ||
        !json_opt_int(&submit, 0, INT64_MAX, 0, &submit_ns, err) ||
        !get_index(root, "Version", &out->number, err) ||
        !get_index(root, "JobModifyIndex", &out->modify_index, err) ||
        !get_index(root, "CreateIndex", &out->create_index, err))
        return false;
    out->submit_utc_ms = submit_ns > 0 ? submit_ns / 1000000 : -1;
    out->periodic = is_set(json_object_get(root->value, "Periodic"));
    out->parameterized = is_set(json_object_get(root->value, "ParameterizedJob"));
    return decode_groups(root, out, err);
}

static int compare_jobs(const void *left, const void *right)
{
    const struct nomad_job *a = left, *b = right;

    return a->number < b->number ? 1 : a->number > b->number ? -1 : 0;
}

/* Names that no text gives: the oldest version with the same tasks, unbroken from here. */
static void name_unnamed(struct nomad_history *history, struct arena *arena, size_t at,
                         struct nomad_group *group)
{
    uint64_t first = history->jobs[at].number;

    for (size_t i = at + 1; i < history->count; i++) {
        const struct nomad_group *older = nomad_find_group(&history->jobs[i], group->name);
        if (!older || strcmp(older->target_hash, group->target_hash) != 0)
            break;
        first = history->jobs[i].number;
    }
    group->version = arena_printf(arena, "v%" PRIu64, first);
}

bool nomad_decode_history(const json_t *value, struct arena *arena, struct nomad_history *out,
                          struct err *err)
{
    struct json_at root = json_root(value, "job versions", arena);
    struct json_at versions = json_key(&root, "Versions");

    *out = (struct nomad_history){0};
    if (!json_get_object(&root, err) || !json_get_array(&versions, &out->count, err))
        return false;
    if (out->count == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no such job");
    if (out->count > VERSIONS_MAX)
        return err_set(err, ERR_LIMIT, "a job has more than %d versions", VERSIONS_MAX);
    out->jobs = arena_alloc(arena, out->count, sizeof *out->jobs);
    for (size_t i = 0; i < out->count; i++) {
        struct json_at at = json_index(&versions, i);
        if (!decode_job(&at, &out->jobs[i], err))
            return false;
    }
    qsort(out->jobs, out->count, sizeof *out->jobs, compare_jobs);
    for (size_t i = 0; i < out->count; i++)
        for (size_t g = 0; g < out->jobs[i].group_count; g++)
            if (!out->jobs[i].groups[g].version[0])
                name_unnamed(out, arena, i, &out->jobs[i].groups[g]);
    return true;
}

const struct nomad_group *nomad_find_group(const struct nomad_job *job, const char *name)
{
    for (size_t i = 0; i < job->group_count; i++)
        if (strcmp(job->groups[i].name, name) == 0)
            return &job->groups[i];
    return NULL;
}

const struct nomad_job *nomad_find_version(const struct nomad_history *history, uint64_t number)
{
    for (size_t i = 0; i < history->count; i++)
        if (history->jobs[i].number == number)
            return &history->jobs[i];
    return NULL;
}

static bool sum_queued(const struct json_at *job, uint32_t *out, struct err *err)
{
    struct json_at summary = json_key(job, "JobSummary"), groups = json_key(&summary, "Summary");
    const char *key;
    json_t *value, *object = (json_t *)(uintptr_t)groups.value;

    *out = 0;
    json_object_foreach(object, key, value)
    {
        struct json_at group = json_key(&groups, key), queued = json_key(&group, "Queued");
        int64_t count;
        if (!json_opt_int(&queued, 0, COUNT_MAX, 0, &count, err))
            return false;
        *out += (uint32_t)count;
    }
    return true;
}

static bool decode_listed(const struct json_at *root, struct nomad_listed *out, struct err *err)
{
    struct json_at id = json_key(root, "ID"), space = json_key(root, "Namespace");
    struct json_at name = json_key(root, "Name"), type = json_key(root, "Type");
    struct json_at status = json_key(root, "Status"), parent = json_key(root, "ParentID");
    struct json_at stop = json_key(root, "Stop");

    *out = (struct nomad_listed){0};
    if (!json_get_object(root, err) || !json_get_text(&id, ID_MAX, &out->id, err) ||
        !json_opt_text(&space, TEXT_NAME_MAX, "default", &out->space, err) ||
        !json_opt_text(&name, TEXT_NAME_MAX, out->id, &out->name, err) ||
        !json_opt_text(&type, 32, "service", &out->type, err) ||
        !json_opt_text(&status, 32, "", &out->status, err) ||
        !json_opt_text(&parent, ID_MAX, "", &out->parent, err) ||
        !json_opt_bool(&stop, false, &out->stopped, err) ||
        !get_index(root, "JobModifyIndex", &out->modify_index, err) ||
        !sum_queued(root, &out->queued, err))
        return false;
    out->periodic = is_set(json_object_get(root->value, "Periodic"));
    out->parameterized = is_set(json_object_get(root->value, "ParameterizedJob"));
    return true;
}

bool nomad_decode_jobs(const json_t *value, struct arena *arena, struct nomad_listed **out,
                       size_t *count, struct err *err)
{
    struct json_at root = json_root(value, "jobs", arena);

    if (!json_get_array(&root, count, err))
        return false;
    *out = arena_alloc(arena, *count + 1, sizeof **out);
    for (size_t i = 0; i < *count; i++) {
        struct json_at at = json_index(&root, i);
        if (!decode_listed(&at, &(*out)[i], err))
            return false;
    }
    return true;
}
