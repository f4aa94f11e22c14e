/* past.c: see past.h. */
#include "drivers/nomad/past.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { NS_IN_MS = 1000000 };

static int compare_growth(const void *left, const void *right)
{
    const struct past_growth *a = left, *b = right;

    return a->at_utc_ms < b->at_utc_ms ? -1 : a->at_utc_ms > b->at_utc_ms;
}

/* Allocations of the job versions from..to, each when it was placed. One that took the place of
 * another of the same version is none of the growth. */
static void grow(const struct nomad_sight *sight, const char *group, uint64_t from, uint64_t to,
                 struct arena *arena, struct past_release *out)
{
    struct past_growth *growth = arena_alloc(arena, sight->alloc_count + 1, sizeof *growth);

    for (size_t i = 0; i < sight->alloc_count; i++) {
        const struct nomad_alloc *alloc = &sight->allocs[i];
        bool is_first = alloc->job_version >= from && alloc->job_version <= to &&
                        strcmp(alloc->group, group) == 0;
        /* They are sorted by name, then newest first: the last of a name is its first. */
        for (size_t k = i + 1;
             k < sight->alloc_count && is_first && strcmp(sight->allocs[k].name, alloc->name) == 0;
             k++)
            is_first = sight->allocs[k].job_version < from;
        if (is_first)
            growth[out->growth_count++].at_utc_ms = alloc->created_utc_ms;
        out->running += alloc->job_version >= from && alloc->job_version <= to &&
                        strcmp(alloc->group, group) == 0 && alloc->client == NOMAD_RUNNING;
    }
    if (out->growth_count > 1)
        qsort(growth, out->growth_count, sizeof *growth, compare_growth);
    for (size_t i = 0; i < out->growth_count; i++)
        growth[i].count = (uint32_t)i + 1;
    out->growth = growth;
}

static int64_t submitted(const struct nomad_job *job)
{
    const json_t *at = json_object_get(job->raw, "SubmitTime");

    return json_is_integer(at) && json_integer_value(at) > 0 ? json_integer_value(at) / NS_IN_MS
                                                             : -1;
}

static void make_group(const struct nomad_sight *sight, const struct nomad_group *group,
                       struct arena *arena, struct past *out)
{
    const struct nomad_history *history = sight->history;
    struct past_release *releases = arena_alloc(arena, history->count + 1, sizeof *releases);
    uint64_t from = 0;

    for (size_t i = history->count; i-- > 0;) { /* oldest first */
        const struct nomad_job *job = &history->jobs[i];
        const struct nomad_group *then = nomad_find_group(job, group->name);
        const struct past_release *before =
            out->release_count ? &releases[out->release_count - 1] : NULL;
        const struct nomad_group *next =
            i > 0 ? nomad_find_group(&history->jobs[i - 1], group->name) : NULL;
        if (!then)
            continue;
        if (!before || strcmp(before->version, then->version) != 0) {
            from = job->number;
            releases[out->release_count++] = (struct past_release){
                .version = arena_strdup(arena, then->version),
                .artifact = arena_strdup(arena, then->artifact),
                .at_utc_ms = submitted(job),
                .done_utc_ms = -1,
                .by = "",
                .cause = "",
            };
        }
        struct past_release *release = &releases[out->release_count - 1];
        if (!next || strcmp(next->version, then->version) != 0) {
            grow(sight, group->name, from, job->number, arena, release);
            release->growth_is_whole = release->growth_count >= then->count && then->count > 0;
        }
    }
    out->release = releases;
    out->missing = history->count ? (size_t)history->jobs[history->count - 1].number : 0;
}

const struct past *nomad_past_make(const char *cluster, const struct nomad_sight *sight,
                                   struct arena *arena, size_t *count)
{
    const struct nomad_job *job = sight->history->count ? &sight->history->jobs[0] : NULL;
    struct past *out = arena_alloc(arena, (job ? job->group_count : 0) + 1, sizeof *out);

    *count = job ? job->group_count : 0;
    for (size_t i = 0; i < *count; i++) {
        const struct nomad_group *group = &job->groups[i];
        out[i] = (struct past){
            .cluster = arena_strdup(arena, cluster),
            .service_id = nomad_service_id(arena, job->space, job->id, group->name),
            .name = *count == 1 ? arena_strdup(arena, job->id)
                                : arena_printf(arena, "%s/%s", job->id, group->name),
            .scope = arena_strdup(arena, job->space),
            .kind = "job",
            .replicas = group->count,
        };
        make_group(sight, group, arena, &out[i]);
    }
    return out;
}
