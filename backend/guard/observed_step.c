/* observed_step.c: R3: one version step at a time, counting what may still come back.
 *
 * Without a contract the only adjacency there is, is the one the release declares by
 * itself: from its stable version to its target. Any third version refuses. */
#include "guard/judge.h"
#include "guard/observed_rules.h"
#include "release/release.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

const char *pair_arrow(const struct pair *pair, struct arena *arena)
{
    return arena_printf(arena, "%s -> %s", pair->from[0] ? pair->from : VERSION_UNKNOWN, pair->to);
}

/* The cheapest way to be rid of the versions that stand in the way. */
const char *pair_way_out(const struct pair *pair, const char *fence, struct arena *arena)
{
    if (fence)
        return arena_printf(
            arena, "fence %s if it cannot come back with its old version, or wait until it reports",
            fence);
    if (pair->open)
        return arena_printf(arena, "finish or roll back %s first", pair_arrow(pair, arena));
    return "bring every instance and launcher to one version first";
}

static void refuse_strays(const struct guard_input *in, const struct live *live,
                          const struct pair *allowed, const struct pair *open, const char *sentence,
                          struct arena *arena, struct finding *finding)
{
    const char *fence = NULL;
    enum answer answer = ANSWER_REFUSE;

    for (size_t i = 0; i < live->count; i++) {
        if (pair_has(allowed, live->versions[i]))
            continue;
        if (same(live->versions[i], VERSION_UNKNOWN))
            answer = ANSWER_UNKNOWN;
        live_witness(in, live->versions[i], arena, finding, &fence);
    }
    finding_break(finding, answer, sentence, pair_way_out(open, fence, arena));
}

/* "3 versions of shop could run at once: 4, 5, 6"; two are only too many outside of the step. */
static const char *would_be(const struct guard_input *in, const struct live *live,
                            const char *version, const struct pair *pair, struct arena *arena)
{
    const char *list = NULL;
    size_t count = 0;

    for (size_t i = 0; i <= live->count; i++) {
        const char *one = i < live->count ? live->versions[i] : version;

        if (i < live->count && same(one, version))
            continue; /* named last */
        list = list ? arena_printf(arena, "%s, %s", list, one) : one;
        count++;
    }
    if (count == 2 && pair->open && pair->from[0] && !same(pair->from, pair->to))
        return arena_printf(arena, "%s could run at once, outside of the step %s", list,
                            pair_arrow(pair, arena));
    return arena_printf(arena, "%zu versions of %s could run at once: %s", count, in->service->name,
                        list);
}

/* The version that counts as everywhere, for a start with several live ones. */
const char *pair_stable(const struct guard_input *in, const struct pair *pair)
{
    if (in->release && in->release->stage == STAGE_ROLLED_BACK)
        return pair->from;
    return pair->to;
}

static struct pair start_pair(const struct guard_input *in, const struct live *live,
                              const struct pair *known, const char *version)
{
    const char *other = "";
    size_t others = 0;
    bool within = pair_has(known, version);

    for (size_t i = 0; i < live->count; i++) {
        within = within && pair_has(known, live->versions[i]);
        if (same(live->versions[i], version))
            continue;
        other = live->versions[i];
        others++;
    }
    if (within)
        return *known;
    if (others == 1 && !same(other, VERSION_UNKNOWN))
        return (struct pair){other, version, false};
    return (struct pair){others ? pair_stable(in, known) : version, version, false};
}

static bool unsettled(const struct guard_input *in, struct arena *arena, struct finding *finding)
{
    const struct service *service = in->service;

    for (size_t i = 0; i < service->placement_count; i++) {
        const struct node *node;

        if (node_state_of(in, &service->placements[i], &node) != NODE_UNSETTLED)
            continue;
        finding_break(finding, ANSWER_UNKNOWN,
                      "the cluster itself has not settled which of its nodes are there",
                      "wait until the cluster has settled");
        finding_witness(finding, arena, arena_printf(arena, "node %s", node->name),
                        node->note && node->note[0] ? node->note : "not settled", -1);
        return true;
    }
    return false;
}

static void judge_start(const struct guard_input *in, const struct guard_ask *ask,
                        const struct live *live, const struct pair *known, struct arena *arena,
                        struct finding *finding)
{
    if (known->open && !same(ask->version, known->to)) {
        const char *fence = NULL;

        finding_break(
            finding, ANSWER_REFUSE,
            arena_printf(arena, "%s is still in flight, %s would be a second step",
                         pair_arrow(known, arena), ask->version),
            arena_printf(arena, "finish or roll back %s first", pair_arrow(known, arena)));
        live_witness(in, known->to, arena, finding, &fence);
        return;
    }
    struct pair pair = start_pair(in, live, known, ask->version);
    for (size_t i = 0; i < live->count; i++)
        if (!pair_has(&pair, live->versions[i])) {
            refuse_strays(in, live, &pair, known, would_be(in, live, ask->version, known, arena),
                          arena, finding);
            return;
        }
}

void observed_step_judge(const struct guard_input *in, const struct guard_ask *ask,
                         const struct live *live, struct arena *arena, struct finding *finding)
{
    struct pair pair = pair_of(in, live);
    const char *version = ask->version;

    finding->answer = ANSWER_ALLOW;
    if (!version[0])
        version = ask->verb == VERB_ROLLBACK ? pair.from : pair.to;
    if (!version[0] || same(version, VERSION_UNKNOWN)) {
        finding_break(
            finding, ANSWER_UNKNOWN,
            arena_printf(arena, "which version %s would go to is not known", in->service->name),
            "name the version");
        return;
    }
    if (ask->verb != VERB_ROLLBACK && unsettled(in, arena, finding))
        return;
    struct guard_ask full = *ask;
    full.version = version;
    if (ask->verb == VERB_START) {
        judge_start(in, &full, live, &pair, arena, finding);
        return;
    }
    bool beside = !pair_has(&pair, version), stray = beside;
    /* Past a step that is open: what it came from is what must be gone first. */
    struct pair allowed = beside ? (struct pair){pair.to, version, pair.open} : pair;
    for (size_t i = 0; i < live->count; i++)
        stray = stray || !pair_has(&pair, live->versions[i]);
    if (!stray)
        return;
    refuse_strays(in, live, &allowed, &pair, would_be(in, live, version, &pair, arena), arena,
                  finding);
    if (!finding->witness_count) {
        const char *fence = NULL;
        live_witness(in, pair.to, arena, finding, &fence);
    }
}
