/* alarms.c: broken invariants with memory: first seen, last seen, resolved. */
#include "engine/internal.h"

#include <stdio.h>
#include <string.h>

static bool is_of(const struct alarm_line *line, const char *cluster, const char *id)
{
    return strcmp(line->cluster, cluster) == 0 && strcmp(line->service_id, id) == 0;
}

/* Makes room for one more: what goes is the oldest one that is resolved; one that is open only
 * when there are more of them than anybody can hold. */
static void make_room(struct engine *engine)
{
    size_t drop = engine->alarm_count;

    if (engine->alarm_count < ENGINE_ALARMS_MAX)
        return;
    for (size_t i = engine->alarm_count; i-- > 0 && drop == engine->alarm_count;)
        if (engine->alarms[i].resolved)
            drop = i;
    if (drop == engine->alarm_count && engine->alarm_count < ENGINE_ALARMS_OPEN_MAX)
        return;
    if (drop == engine->alarm_count)
        drop--;
    memmove(engine->alarms + drop, engine->alarms + drop + 1,
            (--engine->alarm_count - drop) * sizeof *engine->alarms);
}

/* Newest first. *fresh: it was not open before. */
static struct alarm_line *raise_alarm(struct engine *engine, const struct entry *entry,
                                      enum alarm_kind kind, enum rule_id rule, bool *fresh)
{
    for (size_t i = 0; i < engine->alarm_count; i++) {
        struct alarm_line *line = &engine->alarms[i];
        *fresh = false;
        if (!line->resolved && line->rule == rule && line->kind == kind &&
            is_of(line, entry->cluster, entry->id))
            return line;
    }
    *fresh = true;
    make_room(engine);
    ARRAY_RESERVE(engine->alarms, engine->alarm_cap, engine->alarm_count + 1);
    memmove(engine->alarms + 1, engine->alarms, engine->alarm_count * sizeof *engine->alarms);
    engine->alarm_count++;
    struct alarm_line *line = &engine->alarms[0];
    *line = (struct alarm_line){
        .rule = rule, .kind = kind, .first_utc_ms = clock_utc_ms(engine->clock)};
    snprintf(line->cluster, sizeof line->cluster, "%s", entry->cluster);
    snprintf(line->service_id, sizeof line->service_id, "%s", entry->id);
    return line;
}

static void say_finding(const struct finding *finding, struct alarm_line *line)
{
    const struct witness *w = finding->witness_count ? &finding->witnesses[0] : NULL;

    snprintf(line->sentence, sizeof line->sentence, "%s%s%s%s%s%s", finding->sentence,
             w ? " (" : "", w ? w->object : "", w ? ": " : "", w ? w->fact : "", w ? ")" : "");
    snprintf(line->object, sizeof line->object, "%s", w ? w->object : "");
    snprintf(line->fact, sizeof line->fact, "%s", w ? w->fact : "");
    snprintf(line->way_out, sizeof line->way_out, "%s", finding->way_out);
}

static bool still(const struct alarm_line *line, const struct row *row)
{
    for (size_t i = 0; i < row->broken_count; i++)
        if (row->broken[i].kind == line->kind && row->broken[i].rule == line->rule)
            return true;
    return false;
}

static void resolve(struct engine *engine, struct alarm_line *line, const char *how)
{
    char text[80];

    line->resolved = true;
    line->last_utc_ms = clock_utc_ms(engine->clock);
    snprintf(text, sizeof text, "resolved (%s): %s", alarm_word[line->kind], how);
    engine_tell(engine, EVENT_RULE, line->cluster, line->name, "", text);
}

/* An engine on its way back passes through pictures that are fine and is not through: an alarm that
 * comes again at once is the same. */
static bool is_over(struct alarm_line *line, int64_t now)
{
    if (!line->calming && line->hold_until_utc_ms < now + ENGINE_ALARM_CALM_MS)
        line->hold_until_utc_ms = now + ENGINE_ALARM_CALM_MS;
    line->calming = true;
    return now >= line->hold_until_utc_ms;
}

static void go_on(struct alarm_line *line)
{
    if (line->calming)
        line->hold_until_utc_ms = 0;
    line->calming = false;
}

void alarms_update(struct engine *engine, struct entry *entry, const struct row *row)
{
    const int64_t now = clock_utc_ms(engine->clock);

    for (size_t i = 0; i < row->broken_count; i++) {
        const struct finding *finding = &row->broken[i];
        bool fresh;
        struct alarm_line *line = raise_alarm(engine, entry, finding->kind, finding->rule, &fresh);
        line->last_utc_ms = now;
        go_on(line);
        snprintf(line->name, sizeof line->name, "%s", row->service->name);
        say_finding(finding, line);
        if (fresh)
            engine_tell(engine, EVENT_RULE, entry->cluster, row->service->name, "", line->sentence);
    }
    for (size_t i = 0; i < engine->alarm_count; i++) {
        struct alarm_line *line = &engine->alarms[i];
        if (!line->resolved && is_of(line, entry->cluster, entry->id) && !still(line, row) &&
            is_over(line, now))
            resolve(engine, line, "it is as it should be again");
    }
}

void alarms_service_gone(struct engine *engine, const struct entry *entry)
{
    for (size_t i = 0; i < engine->alarm_count; i++)
        if (!engine->alarms[i].resolved && is_of(&engine->alarms[i], entry->cluster, entry->id))
            resolve(engine, &engine->alarms[i], "the service is gone");
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

static void say_returned(struct alarm_line *line, const struct node *node,
                         const struct service *service, const char *version)
{
    snprintf(line->name, sizeof line->name, "%s", service->name);
    snprintf(line->sentence, sizeof line->sentence, "node %s came back with %s while %s is live",
             node->name, version, service->wants);
    snprintf(line->object, sizeof line->object, "node %s", node->name);
    snprintf(line->fact, sizeof line->fact, "came back with %s", version);
    snprintf(line->way_out, sizeof line->way_out, "fence %.100s or bring it to %.80s", node->name,
             service->wants);
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
        bool fresh;

        if (!version)
            continue;
        struct alarm_line *line = raise_alarm(engine, entry, ALARM_RETURNED, RULE_R3, &fresh);
        line->last_utc_ms = clock_utc_ms(engine->clock);
        line->hold_until_utc_ms = line->last_utc_ms + ENGINE_ALARM_HOLD_MS;
        say_returned(line, node, service, version);
        if (fresh)
            engine_tell(engine, EVENT_RULE, entry->cluster, service->name, "", line->sentence);
    }
}
