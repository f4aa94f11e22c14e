/* memo.c: see memo.h. Everything in it is raw: it is only ever posted back. */
#include "drivers/nomad/memo.h"

#include "base/json.h"

#include <string.h>

static json_t *make(const struct nomad_job *job, const char *from, const json_t *update,
                    const char *to)
{
    json_t *memo = json_pack("{s:i, s:s, s:s, s:o}", "v", 1, MEMO_TO, to, MEMO_FROM, from, MEMO_JOB,
                             json_deep_copy(job->raw));

    if (update)
        json_object_set_new(memo, MEMO_UPDATE, json_deep_copy(update));
    return memo;
}

json_t *nomad_memo_from_current(const struct nomad_standing *s, const char *to)
{
    return make(s->job, s->group->version, json_object_get(s->group->raw, "Update"), to);
}

json_t *nomad_memo_from_previous(const struct nomad_sight *sight, const struct nomad_standing *s)
{
    const json_t *update = json_object_get(s->group->raw, "Update");

    for (size_t i = 1; i < sight->history->count; i++) {
        const struct nomad_job *job = &sight->history->jobs[i];
        const struct nomad_group *older = nomad_find_group(job, s->group->name);
        if (!older || job->stopped || strcmp(older->version, s->group->version) == 0)
            continue;
        /* A marked block is lockstep's: the user's own is the one before. */
        if (s->group->update.marked)
            update = older->update.marked ? NULL : json_object_get(older->raw, "Update");
        return make(job, older->version, update, s->group->version);
    }
    return NULL;
}

static bool says(const json_t *memo, const char *key, const char *version)
{
    const char *text = json_raw(json_object_get(memo, key));

    return text && strcmp(text, version) == 0;
}

bool nomad_memo_fits(const json_t *memo, const struct nomad_group *group)
{
    return nomad_memo_group(memo, group->name) &&
           (says(memo, MEMO_TO, group->version) || says(memo, MEMO_FROM, group->version));
}

uint32_t nomad_memo_parallelism(const json_t *memo, const struct nomad_group *group)
{
    const json_t *update = json_object_get(memo, MEMO_UPDATE);
    json_int_t at_once = json_is_object(update)
                             ? json_integer_value(json_object_get(update, "MaxParallel"))
                         : group->update.marked ? 1
                                                : (json_int_t)group->update.max_parallel;

    if (at_once <= 0 && json_is_object(update))
        at_once = group->count; /* no limit */
    if (at_once > group->count)
        at_once = group->count;
    return at_once < 1 ? 1 : (uint32_t)at_once;
}

const json_t *nomad_memo_group(const json_t *memo, const char *name)
{
    const json_t *groups = json_object_get(json_object_get(memo, MEMO_JOB), "TaskGroups");
    json_t *group;
    size_t i;

    json_array_foreach(groups, i, group)
    {
        const char *text = json_raw(json_object_get(group, "Name"));
        if (text && strcmp(text, name) == 0)
            return group;
    }
    return NULL;
}
