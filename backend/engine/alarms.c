/* alarms.c: broken invariants with memory: first seen, last seen, resolved. */
#include "engine/internal.h"

#include <stdio.h>
#include <string.h>

/* Open alarms first, newest first; what falls off the end is the oldest resolved one. */
static struct alarm_line *raise_alarm(struct engine *engine, const char *cluster, const char *id,
                                      enum rule_id rule)
{
    for (size_t i = 0; i < engine->alarm_count; i++) {
        struct alarm_line *line = &engine->alarms[i];
        if (!line->resolved && line->rule == rule && strcmp(line->cluster, cluster) == 0 &&
            strcmp(line->service_id, id) == 0)
            return line;
    }
    if (engine->alarm_count == ENGINE_ALARMS_MAX)
        engine->alarm_count--;
    memmove(engine->alarms + 1, engine->alarms, engine->alarm_count * sizeof *engine->alarms);
    engine->alarm_count++;
    struct alarm_line *line = &engine->alarms[0];
    *line = (struct alarm_line){.rule = rule, .first_utc_ms = clock_utc_ms(engine->clock)};
    snprintf(line->cluster, sizeof line->cluster, "%s", cluster);
    snprintf(line->service_id, sizeof line->service_id, "%s", id);
    return line;
}

static void say_finding(const struct finding *finding, char *out, size_t size)
{
    const struct witness *w = finding->witness_count ? &finding->witnesses[0] : NULL;

    snprintf(out, size, "%s%s%s%s%s%s", finding->sentence, w ? " (" : "", w ? w->object : "",
             w ? ": " : "", w ? w->fact : "", w ? ")" : "");
}

void alarms_update(struct engine *engine, struct entry *entry, const struct row *row)
{
    const int64_t now = clock_utc_ms(engine->clock);
    unsigned broken = 0;

    for (size_t i = 0; i < row->broken_count; i++) {
        const struct finding *finding = &row->broken[i];
        size_t before = engine->alarm_count;
        struct alarm_line *line = raise_alarm(engine, entry->cluster, entry->id, finding->rule);
        bool fresh = engine->alarm_count != before || line->sentence[0] == '\0';
        broken |= 1u << finding->rule;
        line->last_utc_ms = now;
        snprintf(line->name, sizeof line->name, "%s", row->service->name);
        say_finding(finding, line->sentence, sizeof line->sentence);
        if (fresh)
            engine_say(engine, entry->cluster, row->service->name, "", line->sentence);
    }
    for (size_t i = 0; i < engine->alarm_count; i++) {
        struct alarm_line *line = &engine->alarms[i];
        if (line->resolved || (broken & (1u << line->rule)) || now < line->hold_until_utc_ms ||
            strcmp(line->cluster, entry->cluster) != 0 || strcmp(line->service_id, entry->id) != 0)
            continue;
        line->resolved = true;
        line->last_utc_ms = now;
        engine_say(engine, line->cluster, line->name, "", "resolved: a broken rule holds again");
    }
}

void alarms_tick(struct engine *engine)
{
    const int64_t now = clock_utc_ms(engine->clock);

    for (size_t i = 0; i < engine->alarm_count; i++) {
        const struct alarm_line *line = &engine->alarms[i];
        if (!line->resolved && line->hold_until_utc_ms && now >= line->hold_until_utc_ms)
            engine_touch(engine, engine_entry(engine, line->cluster, line->service_id));
    }
}

/* A version on a node that was away, which is neither wanted nor part of a release under way. */
static const char *old_version(const struct service *service, const struct release *release,
                               const char *node_id)
{
    for (size_t p = 0; p < service->placement_count; p++) {
        const struct placement *place = &service->placements[p];
        const char *version = service->versions[place->version].version;
        if (strcmp(place->node, node_id) != 0 || strcmp(version, service->wants) == 0)
            continue;
        if (board_in_flight(release) &&
            (strcmp(version, release->from) == 0 || strcmp(version, release->to) == 0))
            continue;
        return version;
    }
    return NULL;
}

void alarms_node_returned(struct engine *engine, const struct node *node)
{
    for (size_t i = 0; i < engine->entry_count; i++) {
        struct entry *entry = engine->entries[i];
        const struct service *service =
            strcmp(entry->cluster, node->cluster)
                ? NULL
                : fleet_find_service(engine->fleet, entry->cluster, entry->id);
        const char *version = service ? old_version(service, entry->release, node->id) : NULL;
        if (!version)
            continue;
        struct alarm_line *line = raise_alarm(engine, entry->cluster, entry->id, RULE_R3);
        line->last_utc_ms = clock_utc_ms(engine->clock);
        line->hold_until_utc_ms = line->last_utc_ms + ENGINE_ALARM_HOLD_MS;
        snprintf(line->name, sizeof line->name, "%s", service->name);
        snprintf(line->sentence, sizeof line->sentence,
                 "node %s came back with %s while %s is live", node->name, version, service->wants);
        engine_say(engine, entry->cluster, service->name, "", line->sentence);
    }
}
