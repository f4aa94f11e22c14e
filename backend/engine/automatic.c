/* automatic.c: what lockstep does by itself, where the settings say so: back from a bake that
 * fails, and on, up to a wave.
 *
 * An intent like any other, bound to the row it rests on: judged again on a fresh read by the same
 * guard, journaled with its evidence. Nothing of it is kept in the cluster: when this process dies,
 * everything stands where it is. */
#include "engine/internal.h"

#include <stdio.h>
#include <string.h>

enum { AGAIN_MS = 10000 }; /* between two tries at one service */

static bool wants_back(const struct engine *engine, const struct row *row)
{
    return row->stages.active && row->stages.worse &&
           auto_rolls_back(engine->autos, row->service->name) && row->option[VERB_ROLLBACK].allowed;
}

static bool wants_on(const struct engine *engine, const struct row *row)
{
    const struct stage_view *stages = &row->stages;
    uint32_t until = auto_waves(engine->autos, row->service->name);

    if (!until || !stages->active || stages->worse || stages->waits[0] || !row->release ||
        row->release->paused || !stage_moves(row->release->stage) ||
        strcmp(row->release->to, row->to) != 0 || !row->option[VERB_STEP].allowed)
        return false;
    switch (stages->next) {
    case STAGE_CANARY:
    case STAGE_REHEARSE:
        return true;
    case STAGE_WAVE:
        return stages->wave + !stages->again <= until;
    case STAGE_STABLE:
        return until == AUTO_STABLE;
    case STAGE_NONE:
    case STAGE_HELD:
    case STAGE_BAKE:
    case STAGE_SETTLE:
    case STAGE_ROLLING_BACK:
    case STAGE_ROLLED_BACK:
    case STAGE_COUNT:
        break;
    }
    return false;
}

static void act(void *arg)
{
    struct entry *entry = arg;
    struct engine *engine = entry->engine;
    const struct row *row = entry->row;
    struct intent intent = {.flags = INTENT_CONFIRMED | INTENT_AUTOMATIC};

    entry->auto_timer = NULL;
    if (!row || entry->run || entry->recovering)
        return;
    if (wants_back(engine, row)) {
        intent.verb = VERB_ROLLBACK;
        snprintf(intent.reason, sizeof intent.reason, "%s", row->stages.waits);
    } else if (wants_on(engine, row)) {
        intent.verb = VERB_STEP;
        snprintf(intent.reason, sizeof intent.reason, "auto: %s", row->option[VERB_STEP].effect);
    } else {
        return;
    }
    snprintf(intent.cluster, sizeof intent.cluster, "%s", entry->cluster);
    snprintf(intent.service, sizeof intent.service, "%s", entry->id);
    snprintf(intent.spec_digest, sizeof intent.spec_digest, "%s", row->service->spec_digest);
    intent.basis = row->basis;
    entry->auto_again_ms = loop_now_ms(engine->loop) + AGAIN_MS;
    char line[400];
    snprintf(line, sizeof line, "lockstep, by itself: %s: %s", verb_word[intent.verb],
             intent.reason);
    engine_say(engine, entry->cluster, row->service->name, "", line);
    engine_submit(engine, &intent);
}

void automatic_look(struct engine *engine, struct entry *entry, const struct row *row)
{
    if (!engine->automatic || entry->auto_timer || entry->run || entry->recovering ||
        loop_now_ms(engine->loop) < entry->auto_again_ms)
        return;
    if (wants_back(engine, row) || wants_on(engine, row))
        entry->auto_timer = loop_after(engine->loop, 0, act, entry);
}

void automatic_free(struct entry *entry)
{
    loop_cancel(entry->auto_timer);
    entry->auto_timer = NULL;
}
