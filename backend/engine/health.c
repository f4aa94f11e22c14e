/* health.c: while a service bakes, what is measured of the new version and of the old one beside
 * it.
 *
 * Each sample asks for the whole bake from its beginning, so that nothing is kept anywhere but in
 * the source: two operators see the same, and a restart loses nothing. */
#include "engine/internal.h"

#include "base/text.h"
#include "health/prometheus.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEFORE_LEAST = 20 }; /* samples of before, however short the bake is */

/* One query on its way, or none. */
struct asked {
    struct sampler *sampler;
    enum measure measure;
    enum group group;
    int64_t from_utc_ms;
    size_t count;
};

struct sampler {
    struct engine *engine;
    struct entry *entry;
    struct evidence *shown;  /* as last judged */
    struct evidence *coming; /* being filled */
    struct asked asked[MEASURE_COUNT][GROUP_COUNT];
    struct loop_timer *timer;
    unsigned pending;
    bool heard; /* an answer of any kind has come */
    int64_t length_ms, before_utc_ms;
};

static void ask_all(void *arg);

static void stop(struct sampler *sampler)
{
    for (unsigned m = 0; m < MEASURE_COUNT; m++)
        for (unsigned g = 0; g < GROUP_COUNT && sampler->engine->prom; g++)
            prom_cancel(sampler->engine->prom, &sampler->asked[m][g]);
    sampler->pending = 0;
    loop_cancel(sampler->timer);
    sampler->timer = NULL;
}

void health_free(struct entry *entry)
{
    if (!entry->sampler)
        return;
    stop(entry->sampler);
    free(entry->sampler->shown);
    free(entry->sampler->coming);
    free(entry->sampler);
    entry->sampler = NULL;
}

const struct evidence *health_of(const struct entry *entry)
{
    return entry->sampler ? entry->sampler->shown : NULL;
}

bool health_is_pending(const struct entry *entry)
{
    return entry->sampler && !entry->sampler->heard;
}

/* ---- one round ---- */

static void put_trouble(struct evidence *evidence, enum measure measure, const struct err *err)
{
    if (!evidence->trouble[0])
        snprintf(evidence->trouble, sizeof evidence->trouble, "%s: %.200s", measure_word[measure],
                 err->text);
}

/* What was known stays, with its age; nothing is concluded from an answer that is not whole. */
static void end_round(struct sampler *sampler)
{
    struct evidence *coming = sampler->coming;
    const int64_t now = clock_utc_ms(sampler->engine->clock);

    sampler->heard = true;
    if (coming->trouble[0]) {
        snprintf(sampler->shown->trouble, sizeof sampler->shown->trouble, "%s", coming->trouble);
    } else {
        coming->heard_utc_ms = now;
        evidence_judge(coming);
        sampler->coming = sampler->shown;
        sampler->shown = coming;
    }
    sampler->timer = loop_after(sampler->engine->loop, sampler->shown->step_ms, ask_all, sampler);
    engine_touch(sampler->engine, sampler->entry);
}

/* Of a recorder, if there is one. */
static void record_values(struct sampler *sampler, const struct asked *asked)
{
    const struct evidence *evidence = sampler->coming;
    struct engine *engine = sampler->engine;
    const struct driver_measure measure = {
        .service_id = sampler->entry->id,
        .version = asked->group == GROUP_CANARY ? evidence->version : evidence->control,
        .measure = asked->measure,
        .from_utc_ms = asked->from_utc_ms,
        .step_ms = evidence->step_ms,
        .count = asked->count,
    };

    record_measure(engine->recorder, cluster_index(engine_cluster(engine, sampler->entry->cluster)),
                   &measure, evidence->measure[asked->measure].value[asked->group]);
}

static void on_values(void *arg, const struct prom_answer *answer, const struct err *err)
{
    const struct asked *asked = arg;
    struct sampler *sampler = asked->sampler;
    struct evidence *evidence = sampler->coming;
    struct err several = {0};

    if (!answer) {
        put_trouble(evidence, asked->measure, err);
    } else if (answer->count > 1) {
        err_set(&several, ERR_PROTOCOL, "%zu series where one is expected; sum() them",
                answer->count);
        put_trouble(evidence, asked->measure, &several);
    } else if (answer->count == 1) {
        for (size_t i = 0; i < answer->series[0].point_count; i++) {
            const struct prom_point *point = &answer->series[0].points[i];
            int64_t at = point->at_utc_ms - asked->from_utc_ms + evidence->step_ms / 2;
            size_t index = at < 0 ? SIZE_MAX : (size_t)(at / evidence->step_ms);
            if (index < asked->count)
                evidence->measure[asked->measure].value[asked->group][index] = point->value;
        }
        record_values(sampler, asked);
    }
    if (--sampler->pending == 0)
        end_round(sampler);
}

static bool is_plain(const char *name)
{
    for (; *name; name++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_/:", *name))
            return false;
    return true;
}

/* The instances of a version as a regular expression, for metrics that know no version. */
static char *instances_of(const struct service *service, const char *version)
{
    char *all = xstrdup("");

    for (size_t i = 0; i < service->instance_count; i++) {
        const struct instance *it = &service->instances[i];
        if (strcmp(service->versions[it->version].version, version) != 0 || !is_plain(it->name) ||
            strlen(all) > PROM_QUERY_MAX / 2)
            continue;
        char *more = xasprintf("%s%s%s", all, all[0] ? "|" : "", it->name);
        free(all);
        all = more;
    }
    return all;
}

static void ask_prometheus(struct sampler *sampler, struct asked *asked, const char *query,
                           const struct service *service)
{
    const struct evidence *evidence = sampler->coming;
    const char *version = asked->group == GROUP_CANARY ? evidence->version : evidence->control;
    char window[32];
    char *instances = instances_of(service, version);

    snprintf(window, sizeof window, "%" PRId64 "ms", evidence->step_ms);
    const struct prom_value values[] = {{"service", service->name}, {"version", version},
                                        {"scope", service->scope},  {"instance", instances},
                                        {"window", window},         {NULL, NULL}};
    char *filled = prom_fill(query, values);
    prom_range(sampler->engine->prom, filled, asked->from_utc_ms,
               asked->from_utc_ms + (int64_t)(asked->count - 1) * evidence->step_ms,
               evidence->step_ms, on_values, asked);
    free(filled);
    free(instances);
}

/* The simulator knows by itself. */
static void ask_driver(struct sampler *sampler, struct driver *driver, const struct asked *asked,
                       const struct service *service)
{
    struct evidence *evidence = sampler->coming;
    const struct driver_measure ask = {
        .service_id = service->id,
        .version = asked->group == GROUP_CANARY ? evidence->version : evidence->control,
        .measure = asked->measure,
        .from_utc_ms = asked->from_utc_ms,
        .step_ms = evidence->step_ms,
        .count = asked->count,
    };
    struct err err = {0};

    if (!driver->ops->measure(driver, &ask, evidence->measure[asked->measure].value[asked->group],
                              &err))
        put_trouble(evidence, asked->measure, &err);
    else
        record_values(sampler, asked);
    sampler->pending--;
}

static void renew(struct sampler *sampler)
{
    struct evidence *coming = sampler->coming;
    const struct evidence *shown = sampler->shown;
    const int64_t now = clock_utc_ms(sampler->engine->clock);
    int64_t step_ms = shown->step_ms;

    /* What waits for long is sampled more rarely: the newest must be among them. */
    while ((now - shown->began_utc_ms) / step_ms > EVIDENCE_SAMPLES_MAX)
        step_ms *= 2;
    int64_t due = (now - shown->began_utc_ms) / step_ms;

    *coming = (struct evidence){.before_after = shown->before_after,
                                .exposed = shown->exposed,
                                .began_utc_ms = shown->began_utc_ms,
                                .step_ms = step_ms};
    memcpy(coming->version, shown->version, sizeof coming->version);
    memcpy(coming->control, shown->control, sizeof coming->control);
    evidence_begin(coming);
    due = due < 0 ? 0 : due;
    coming->count[GROUP_CANARY] = coming->count[GROUP_CONTROL] = (size_t)due;
    if (coming->before_after) {
        int64_t all = sampler->length_ms / step_ms;
        all = all < BEFORE_LEAST ? BEFORE_LEAST : all;
        coming->count[GROUP_CONTROL] =
            (size_t)(all > EVIDENCE_SAMPLES_MAX ? EVIDENCE_SAMPLES_MAX : all);
    }
}

static int64_t first_of(const struct sampler *sampler, enum group group)
{
    const struct evidence *coming = sampler->coming;

    if (group == GROUP_CONTROL && coming->before_after)
        return sampler->before_utc_ms - (int64_t)(coming->count[group] - 1) * coming->step_ms;
    return coming->began_utc_ms + coming->step_ms;
}

static bool measures_itself(struct engine *engine, const struct entry *entry)
{
    struct driver *driver = engine_cluster(engine, entry->cluster)->driver;

    return driver->ops->caps(driver)->measures;
}

static void ask_one(struct sampler *sampler, const struct metrics_row *row, enum measure measure,
                    enum group group, const struct service *service)
{
    struct asked *asked = &sampler->asked[measure][group];
    struct cluster *cluster = engine_cluster(sampler->engine, sampler->entry->cluster);
    struct err err = {0};

    *asked = (struct asked){.sampler = sampler,
                            .measure = measure,
                            .group = group,
                            .from_utc_ms = first_of(sampler, group),
                            .count = sampler->coming->count[group]};
    sampler->coming->measure[measure].asked = true;
    if (asked->count == 0)
        return;
    sampler->pending++;
    if (sampler->engine->tape || measures_itself(sampler->engine, sampler->entry)) {
        ask_driver(sampler, cluster->driver, asked, service);
    } else if (sampler->engine->prom) {
        ask_prometheus(sampler, asked, row->query[measure], service);
    } else {
        err_set(&err, ERR_CONFIG, "%s", sampler->engine->prom_why);
        put_trouble(sampler->coming, measure, &err);
        sampler->pending--;
    }
}

static void ask_all(void *arg)
{
    struct sampler *sampler = arg;
    struct engine *engine = sampler->engine;
    const struct service *service =
        fleet_find_service(engine->fleet, sampler->entry->cluster, sampler->entry->id);
    const struct metrics_row *row = service ? metrics_for(engine->metrics, service->name) : NULL;

    sampler->timer = NULL;
    if (!row)
        return;
    renew(sampler);
    for (unsigned m = 0; m < MEASURE_COUNT; m++)
        for (unsigned g = 0; g < GROUP_COUNT && row->query[m][0]; g++)
            ask_one(sampler, row, (enum measure)m, (enum group)g, service);
    if (sampler->pending == 0)
        end_round(sampler);
}

/* ---- begin and end ---- */

static void begin(struct engine *engine, struct entry *entry, const struct stage_view *stages)
{
    struct sampler *sampler = xcalloc(1, sizeof *sampler);
    struct evidence *evidence = xcalloc(1, sizeof *evidence);

    entry->sampler = sampler;
    sampler->engine = engine;
    sampler->entry = entry;
    sampler->shown = evidence;
    sampler->coming = xcalloc(1, sizeof *evidence);
    sampler->length_ms = stages->bake_ms;
    sampler->before_utc_ms = stages->before_utc_ms;
    evidence_begin(evidence);
    snprintf(evidence->version, sizeof evidence->version, "%s", stages->bake_version);
    snprintf(evidence->control, sizeof evidence->control, "%s", stages->bake_control);
    evidence->before_after = stages->before_after;
    evidence->exposed =
        engine->prom && !measures_itself(engine, entry) && prom_is_exposed(engine->metrics->url);
    evidence->began_utc_ms = stages->bake_began_ms;
    evidence->step_ms = evidence_step_ms(engine->metrics->every_ms, stages->bake_ms);
    sampler->timer = loop_after(engine->loop, 0, ask_all, sampler);
}

void health_look(struct engine *engine, struct entry *entry, const struct row *row)
{
    const struct stage_view *stages = &row->stages;
    const struct evidence *now = health_of(entry);

    if (!stages->active || !stages->judged) {
        health_free(entry);
        return;
    }
    if (now &&
        evidence_is_of(now, stages->bake_version, stages->bake_control, stages->bake_began_ms))
        return;
    health_free(entry);
    begin(engine, entry, stages);
}

void health_open(struct engine *engine)
{
    const struct metrics_settings *settings = engine->metrics;
    struct err err = {0};

    if (!settings || !settings->row_count || engine->tape)
        return;
    if (!settings->url || !settings->url[0]) {
        snprintf(engine->prom_why, sizeof engine->prom_why, "no metrics.url is set");
        return;
    }
    const struct prom_config config = {
        .url = settings->url, .token_file = settings->token_file, .ca_file = settings->ca_file};
    engine->prom = prom_new(engine->loop, &config, &err);
    if (!engine->prom)
        snprintf(engine->prom_why, sizeof engine->prom_why, "%s", err.text);
}
