/* observed_serial.c: RL: nobody acts on a picture that is no longer true.
 *
 * An ask that carries neither digest nor basis comes from a verb without a screen:
 * there is nothing it could be stale against. */
#include "guard/judge.h"
#include "guard/observed_rules.h"
#include "release/release.h"

#include <string.h>

static const char *join(const struct live *live, struct arena *arena)
{
    const char *text = live->count ? live->versions[0] : "nothing";

    for (size_t i = 1; i < live->count; i++)
        text = arena_printf(arena, "%s, %s", text, live->versions[i]);
    return text;
}

void observed_serial_judge(const struct guard_input *in, const struct guard_ask *ask,
                           const struct live *live, struct arena *arena, struct finding *finding)
{
    const struct service *service = in->service;
    const char *object = arena_printf(arena, "service %s", service->name);
    const char *again = "look at the new picture and press the key again";

    if (!ask->spec_digest[0] && !ask->basis)
        return;
    finding->answer = ANSWER_ALLOW;
    if (ask->spec_digest[0] && strcmp(ask->spec_digest, service->spec_digest) != 0) {
        finding_break(finding, ANSWER_REFUSE,
                      arena_printf(arena, "%s was changed since your screen was drawn%s%s",
                                   service->name, service->by[0] ? ", by " : "", service->by),
                      again);
        finding_witness(finding, arena, object,
                        arena_printf(arena, "now wants %s of %s, %u instances",
                                     service->wants[0] ? service->wants : "nothing known",
                                     service->name, service->replicas),
                        -1);
    }
    if (ask->basis && ask->basis != guard_basis(in)) {
        const char *last = in->release ? in->release->by : "";
        finding_break(finding, ANSWER_REFUSE,
                      arena_printf(arena, "what the verdict about %s rested on has changed%s%s%s",
                                   service->name, last[0] ? "; " : "", last,
                                   last[0] ? " acted last" : ""),
                      again);
        finding_witness(finding, arena, object,
                        arena_printf(arena, "may now run %s", join(live, arena)), -1);
        if (in->release)
            finding_witness(finding, arena, "release record",
                            arena_printf(arena, "%s -> %s, %s, %u asked for", in->release->from,
                                         in->release->to, stage_word[in->release->stage],
                                         in->release->target),
                            -1);
    }
}
