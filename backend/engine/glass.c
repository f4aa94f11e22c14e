/* glass.c: going past rules that are enforced: with a typed reason, by one person or by two, for
 * half an hour. Never past RL, permissions, or what the protocol asks for. */
#include "engine/internal.h"

#include "guard/judge.h"

#include <stdio.h>
#include <string.h>

static bool may_break(enum verb verb)
{
    switch (verb) {
    case VERB_START:
    case VERB_STEP:
    case VERB_RESUME:
    case VERB_ROLLBACK:
        return true;
    case VERB_PAUSE:
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        break;
    }
    return false;
}

static size_t letters(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += *text != ' ';
    return count;
}

/* False, with the reason, when nobody can break it here and so. */
static bool can_break(const struct cluster *cluster, const struct intent *intent, bool two,
                      const struct verdict *verdict, struct err *refusal)
{
    const struct finding *serial = &verdict->findings[RULE_RL];

    if (!may_break(intent->verb))
        return err_set(refusal, ERR_REJECTED, "there is no glass in front of %s",
                       verb_word[intent->verb]);
    if (answer_is_broken(serial->answer))
        return err_set(refusal, ERR_REJECTED, "RL %s: %s; no glass is in front of this: %s",
                       rule_name[RULE_RL], serial->sentence, serial->way_out);
    if (letters(intent->reason) < GLASS_REASON_MIN)
        return err_set(refusal, ERR_REJECTED, "to break the glass say why, in %d letters at least",
                       GLASS_REASON_MIN);
    if (!cluster->driver->ops->caps(cluster->driver)->ledger)
        return err_set(refusal, ERR_REJECTED,
                       "the glass cannot be broken here: this cluster has no shared store that "
                       "would keep it on record");
    if (two && !cluster->verified)
        return err_set(refusal, ERR_REJECTED,
                       "breaking the glass takes two identities, and this cluster does not vouch "
                       "for who you are");
    return true;
}

/* Somebody else has asked for the same, not too long ago. */
static bool confirms(const struct glass *first, const struct glass *now)
{
    return first->waits && strcmp(first->by, now->by) != 0 && strcmp(first->verb, now->verb) == 0 &&
           strcmp(first->version, now->version) == 0 && strcmp(first->rules, now->rules) == 0 &&
           now->at_utc_ms >= first->at_utc_ms && now->at_utc_ms < first->until_utc_ms;
}

enum glass_answer glass_ask(const struct cluster *cluster, const struct intent *intent,
                            const struct board_input *in, const struct proposal *p,
                            const struct verdict *verdict, struct glass *glass, struct err *refusal)
{
    const struct release *release = in->guard.release;
    bool two = bind_policy(cluster->bind)->break_glass == GLASS_TWO;

    if (board_glass_lets(in, p, verdict)) {
        *glass = release->glass;
        return GLASS_PASSES;
    }
    if (!(intent->flags & INTENT_BREAK_GLASS))
        return GLASS_WHOLE;
    if (!can_break(cluster, intent, two, verdict, refusal))
        return GLASS_REFUSED;
    *glass = (struct glass){.at_utc_ms = in->guard.utc_ms,
                            .until_utc_ms = in->guard.utc_ms + GLASS_OPEN_MS,
                            .waits = two};
    board_rules(verdict, p->past, glass->rules, sizeof glass->rules);
    snprintf(glass->verb, sizeof glass->verb, "%s", verb_word[intent->verb]);
    snprintf(glass->version, sizeof glass->version, "%s", p->to);
    snprintf(glass->reason, sizeof glass->reason, "%s", intent->reason);
    snprintf(glass->by, sizeof glass->by, "%s", cluster->who);
    if (two && release && confirms(&release->glass, glass)) {
        snprintf(glass->second, sizeof glass->second, "%s", cluster->who);
        snprintf(glass->by, sizeof glass->by, "%s", release->glass.by);
        snprintf(glass->reason, sizeof glass->reason, "%s", release->glass.reason);
        glass->at_utc_ms = release->glass.at_utc_ms;
        glass->until_utc_ms = release->glass.until_utc_ms;
        glass->waits = false;
    }
    return GLASS_PASSES;
}
