/* observed_rehearsal.c: R4 over one observed service: the way back is rehearsed before everybody
 * goes.
 *
 * Counted in instances, not nodes: where the next one goes is the engine's choice. Without stages
 * there is no certificate to ask for; the canary is judged all the same. */
#include "guard/judge.h"
#include "guard/observed_rules.h"

#include <string.h>

/* Few instances: over everything that would be on the version then. */
static void check_share(const struct guard_input *in, const struct guard_ask *ask,
                        const char *version, struct arena *arena, struct finding *finding)
{
    uint32_t replicas = in->service->replicas;
    uint32_t count = ask->to_count ? ask->to_count : in->rehearsal->canary;

    if (count <= 1 || 3 * (uint64_t)count <= replicas)
        return;
    finding_break(finding, ANSWER_REFUSE,
                  arena_printf(arena,
                               "%u of %u instances of %s would run %s before it is rehearsed",
                               count, replicas, in->service->name, version),
                  "canary on one instance, or on at most a third of them");
    finding_witness(finding, arena, arena_printf(arena, "service %s", in->service->name),
                    arena_printf(arena, "wants %u instances", replicas), -1);
}

/* No data is never a pass: what the canary does on a node that does not report nobody sees. */
static void check_silent(const struct guard_input *in, const char *version, struct arena *arena,
                         struct finding *finding)
{
    const struct service *service = in->service;

    for (size_t i = 0; i < service->placement_count; i++) {
        const struct placement *place = &service->placements[i];
        const struct node *node;
        enum node_state state = node_state_of(in, place, &node);
        bool ghosts = place->count[INSTANCE_GHOST] > 0;

        if (strcmp(service->versions[place->version].version, version) != 0 ||
            state == NODE_FENCED || (!ghosts && state != NODE_SILENT && state != NODE_RETIRED))
            continue;
        const char *name = node_name_of(in, place);
        finding_break(
            finding, ANSWER_REFUSE,
            arena_printf(arena, "%s does not report, the canary there proves nothing", name),
            arena_printf(arena, "wait until %s reports, or fence it", name));
        finding_witness(finding, arena, arena_printf(arena, "node %s", name),
                        arena_printf(arena, "%s, last ran %s",
                                     node_state_word[state == NODE_REPORTING ? NODE_SILENT : state],
                                     version),
                        node && node->state_utc_ms >= 0 ? in->utc_ms - node->state_utc_ms : -1);
    }
}

/* Somebody else than the release itself would start it. */
static void check_launchers(const struct guard_input *in, const char *version, struct arena *arena,
                            struct finding *finding)
{
    const struct service *service = in->service;

    for (size_t i = 0; i < service->launcher_count; i++) {
        const struct launcher *launcher = &service->launchers[i];

        if (strcmp(launcher->name, LAUNCHER_SPEC) == 0 || strcmp(launcher->version, version) != 0)
            continue;
        finding_break(finding, ANSWER_REFUSE,
                      arena_printf(arena, "launcher %s would start %s %s, which is not rehearsed",
                                   launcher->name, service->name, version),
                      arena_printf(arena, "point launcher %s at what is stable", launcher->name));
        finding_witness(finding, arena, arena_printf(arena, "launcher %s", launcher->name),
                        arena_printf(arena, "would start %s", version), -1);
    }
}

static void check_certificate(const struct guard_input *in, const char *version,
                              struct arena *arena, struct finding *finding)
{
    const struct rehearsed *r = in->rehearsal;
    bool same = strcmp(r->version, version) == 0;
    const char *object = arena_printf(arena, "version %s of %s", version, in->service->name);

    if (same && r->has >= r->wants)
        return;
    if (same && r->voided[0])
        finding_break(finding, ANSWER_REFUSE,
                      arena_printf(arena, "the certificate of %s %s is void: %s", in->service->name,
                                   version, r->voided),
                      "rehearse it once more: S goes from the canary on, or U ends it");
    else if (same && r->waits[0])
        finding_break(finding, ANSWER_REFUSE,
                      arena_printf(arena, "%s %s has no certificate yet: %s", in->service->name,
                                   version, r->waits),
                      "wait until it has passed");
    else
        finding_break(finding, ANSWER_REFUSE,
                      arena_printf(arena, "%s %s has no certificate of a %s", in->service->name,
                                   version, r->wants == PROOF_CERTIFIED ? "rehearsal" : "bake"),
                      r->wants == PROOF_CERTIFIED
                          ? "rehearse it first: canary, bake, roll back, settle"
                          : "let the canary bake first");
    finding_witness(finding, arena, object,
                    same && r->has != PROOF_NONE ? proof_word[r->has] : "not rehearsed", -1);
}

void observed_rehearsal_judge(const struct guard_input *in, const struct guard_ask *ask,
                              const char *version, struct arena *arena, struct finding *finding)
{
    const struct rehearsed *r = in->rehearsal;

    if (!r || !version[0])
        return;
    if (r->staged)
        finding->answer = ANSWER_ALLOW;
    if (ask->verb == VERB_ROLLBACK)
        return;
    uint32_t have = strcmp(r->version, version) == 0 ? r->have : 0;
    bool canary = ask->verb == VERB_START || (ask->to_count && ask->to_count <= r->canary);
    if (ask->verb != VERB_START && ask->to_count <= have)
        return; /* nothing more is exposed */
    if (have <= r->canary || r->has < r->wants) {
        check_silent(in, version, arena, finding);
        check_launchers(in, version, arena, finding);
    }
    if (canary)
        check_share(in, ask, version, arena, finding);
    else if (r->staged)
        check_certificate(in, version, arena, finding);
}
