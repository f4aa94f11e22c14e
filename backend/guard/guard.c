/* guard.c: asks every rule about one service, in order. See guard.h. */
#include "guard/guard.h"

#include "base/hash.h"
#include "guard/judge.h"
#include "guard/observed_rules.h"
#include "release/release.h"

#include <stdlib.h>
#include <string.h>

static bool only_reduces(enum verb verb)
{
    switch (verb) {
    case VERB_PAUSE:
    case VERB_FENCE:
    case VERB_ATTEST:
        return true;
    case VERB_START:
    case VERB_STEP:
    case VERB_RESUME:
    case VERB_ROLLBACK:
    case VERB_COUNT:
        break;
    }
    return false;
}

/* What an ask without a version means, as R3 takes it. */
static const char *version_of(const struct guard_input *in, const struct guard_ask *ask,
                              const struct live *live)
{
    struct pair pair = pair_of(in, live);

    if (ask->version[0])
        return ask->version;
    return ask->verb == VERB_ROLLBACK ? pair.from : pair.to;
}

void guard_judge(const struct guard_input *in, const struct guard_ask *ask, struct arena *arena,
                 struct verdict *out)
{
    verdict_begin(out, ANSWER_NOT_EVALUATED);
    if (only_reduces(ask->verb))
        return;
    struct live live = live_collect(in, arena);
    observed_serial_judge(in, ask, &live, arena, &out->findings[RULE_RL]);
    observed_step_judge(in, ask, &live, arena, &out->findings[RULE_R3]);
    observed_rehearsal_judge(in, ask, version_of(in, ask, &live), arena, &out->findings[RULE_R4]);
    if (in->bind)
        declared_judge(in, ask, version_of(in, ask, &live), arena, out);
    else if (ask->verb == VERB_START)
        observed_rest_judge(in, in->rehearsal && in->rehearsal->data, arena,
                            &out->findings[RULE_R3]);
    verdict_settle(out);
}

size_t guard_watch(const struct guard_input *in, struct arena *arena, struct finding out[WATCH_MAX])
{
    struct live live = live_collect(in, arena);
    size_t count = observed_watch(in, &live, arena, out);

    if (in->bind)
        count += declared_watch(in, arena, &out[count]);
    return count;
}

bool guard_is_clean(const struct guard_input *in, unsigned rules)
{
    struct arena *arena = arena_new(512);
    struct live live = live_collect(in, arena);
    struct pair pair = pair_of(in, &live);
    bool clean = !pair.open && in->service->motion == MOTION_NONE && live.count <= 1 &&
                 !live_has(&live, VERSION_UNKNOWN) &&
                 (!in->bind || declared_is_clean(in, rules, arena));

    arena_free(arena);
    return clean;
}

int64_t guard_watch_due(const struct guard_input *in)
{
    struct arena *arena = arena_new(256);
    struct live live = live_collect(in, arena);
    int64_t due = observed_watch_due(in, &live);

    arena_free(arena);
    return due;
}

size_t guard_live(const struct guard_input *in, struct arena *arena, const char *const **versions)
{
    struct live live = live_collect(in, arena);

    *versions = live.versions;
    return live.count;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return hash_mix(hash, text, strlen(text) + 1);
}

static uint64_t mix_number(uint64_t hash, uint64_t number)
{
    return hash_mix(hash, &number, sizeof number);
}

/* Nodes are taken as a set: the order in which a driver lists them means nothing. */
static uint64_t odd_nodes(const struct guard_input *in)
{
    const struct service *service = in->service;
    uint64_t sum = 0;

    for (size_t i = 0; i < service->placement_count; i++) {
        const struct placement *place = &service->placements[i];
        const struct node *node;
        enum node_state state = node_state_of(in, place, &node);

        if (state == NODE_REPORTING)
            continue;
        uint64_t one = mix_text(HASH_SEED, place->node);
        one = mix_number(one, (uint64_t)state);
        sum += hash_scatter(mix_text(one, service->versions[place->version].version));
    }
    return sum;
}

uint64_t guard_basis(const struct guard_input *in)
{
    const struct service *service = in->service;
    struct arena *arena = arena_new(512);
    struct live live = live_collect(in, arena);
    uint64_t hash = mix_text(HASH_SEED, service->spec_digest), launchers = 0;

    hash = mix_text(hash, service->wants);
    hash = mix_text(hash, service->was);
    hash = mix_number(hash, service->motion != MOTION_NONE);
    for (size_t i = 0; i < live.count; i++)
        hash = mix_text(hash, live.versions[i]);
    for (size_t i = 0; i < service->launcher_count; i++)
        launchers += hash_scatter(mix_text(mix_text(HASH_SEED, service->launchers[i].name),
                                           service->launchers[i].version));
    hash = mix_number(mix_number(hash, launchers), odd_nodes(in));
    if (in->release) {
        hash = mix_number(hash, (uint64_t)in->release->stage);
        hash = mix_number(hash, in->release->paused);
        hash = mix_number(hash, in->release->target);
        hash = mix_text(mix_text(hash, in->release->from), in->release->to);
        hash = mix_text(hash, in->release->profile);
        hash = mix_number(hash, (uint64_t)in->release->cert.state);
    }
    arena_free(arena);
    if (in->bind)
        hash = mix_number(hash, declared_basis(in));
    return hash ? hash : 1;
}
