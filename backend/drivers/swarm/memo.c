/* memo.c: see memo.h. Everything in it is raw: it is only ever posted back. */
#include "drivers/swarm/memo.h"

#include "base/json.h"

#include <string.h>

static json_t *or_null(const json_t *value)
{
    return value ? json_deep_copy(value) : json_null();
}

static json_t *make(const json_t *template, const json_t *spec, const char *to)
{
    return json_pack("{s:i, s:s, s:o, s:o, s:o}", "v", 1, MEMO_TO, to, MEMO_TEMPLATE,
                     or_null(template), MEMO_UPDATE, or_null(json_object_get(spec, "UpdateConfig")),
                     MEMO_ROLLBACK, or_null(json_object_get(spec, "RollbackConfig")));
}

json_t *memo_from_current(const struct swarm_service *from, const char *to)
{
    const json_t *spec = json_object_get(from->raw, "Spec");

    return make(json_object_get(spec, "TaskTemplate"), spec, to);
}

json_t *memo_from_previous(const struct swarm_service *from)
{
    const json_t *previous = json_object_get(from->raw, "PreviousSpec");

    if (!from->previous[0] || strcmp(from->previous, from->version) == 0)
        return NULL;
    /* A parked Spec is lockstep's: the user's own configuration is the one before. */
    return make(json_object_get(previous, "TaskTemplate"),
                from->parked ? previous : json_object_get(from->raw, "Spec"), from->version);
}

bool memo_fits(const json_t *memo, const struct swarm_service *from)
{
    const char *to = json_raw(json_object_get(memo, MEMO_TO));
    const json_t *template = json_object_get(memo, MEMO_TEMPLATE);

    if (!to || !json_is_object(template))
        return false;
    if (strcmp(to, from->version) == 0)
        return true;
    /* Rolled back already. */
    struct arena *arena = arena_new(256);
    bool back = strcmp(swarm_template_version(template, arena), from->version) == 0;
    arena_free(arena);
    return back;
}

uint32_t memo_parallelism(const json_t *memo, const struct swarm_service *from, uint32_t replicas)
{
    const json_t *config = json_object_get(memo ? memo : json_object_get(from->raw, "Spec"),
                                           memo ? MEMO_UPDATE : "UpdateConfig");
    json_int_t at_once = json_is_object(config)
                             ? json_integer_value(json_object_get(config, "Parallelism"))
                             : 1; /* the engine's own default */

    if (at_once <= 0 || at_once > replicas)
        at_once = replicas;
    return at_once < 1 ? 1 : (uint32_t)at_once;
}
