/* glass.c: broken glass: what it still lets through, and until when it is red.
 *
 * The record keeps what was broken; that it is over follows from what runs, and from nothing that
 * somebody would have to press. */
#include "board/board.h"

#include "guard/judge.h"
#include "release/release.h"

#include <stdio.h>
#include <string.h>

static const struct glass *glass_of(const struct board_input *in)
{
    const struct release *release = in->guard.release;

    return release && release->glass.rules[0] ? &release->glass : NULL;
}

static unsigned rules_of(const char *words)
{
    unsigned rules = 0;

    for (const char *at = words ? words : ""; *at; at += *at == ' ') {
        size_t len = strcspn(at, " ");
        for (unsigned r = 0; r < RULE_COUNT; r++)
            if (strlen(rule_word[r]) == len && strncmp(at, rule_word[r], len) == 0)
                rules |= 1u << r;
        at += len;
    }
    return rules;
}

void board_rules(const struct verdict *verdict, unsigned past, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    for (unsigned r = 0; r < RULE_COUNT && n < size; r++) {
        const struct finding *finding = &verdict->findings[r];
        bool binds = answer_is_broken(finding->answer) && finding->level != LEVEL_OBSERVE;
        if (binds || past & 1u << r)
            n += (size_t)snprintf(out + n, size - n, "%s%s", n ? " " : "", rule_word[r]);
    }
}

static bool is_open(const struct glass *glass, int64_t utc_ms)
{
    return utc_ms >= glass->at_utc_ms && utc_ms < glass->until_utc_ms;
}

bool board_glass_lets(const struct board_input *in, const struct proposal *p,
                      const struct verdict *verdict)
{
    const struct glass *glass = glass_of(in);
    char rules[32];

    if (!glass || glass->waits || (p->hinder[0] && !p->past) || !is_open(glass, in->guard.utc_ms) ||
        !in->who || !in->who[0] || answer_is_broken(verdict->findings[RULE_RL].answer))
        return false;
    board_rules(verdict, p->past, rules, sizeof rules);
    return strcmp(glass->verb, verb_word[p->asks]) == 0 && strcmp(glass->version, p->to) == 0 &&
           (strcmp(glass->by, in->who) == 0 || strcmp(glass->second, in->who) == 0) && rules[0] &&
           (rules_of(rules) & ~rules_of(glass->rules)) == 0;
}

static enum verb verb_of(const struct glass *glass)
{
    enum verb verb = VERB_STEP;

    verb_parse(glass->verb, &verb);
    return verb;
}

/* Nothing moves, and what runs breaks no rule any more, those that were passed among them. */
static bool is_over(const struct board_input *in, const struct flight *f, bool broken)
{
    const struct glass *glass = glass_of(in);

    if (glass->waits)
        return !is_open(glass, in->guard.utc_ms);
    return in->glass_over_utc_ms == glass->at_utc_ms ||
           (!f->active && !broken && !board_in_flight(in->guard.release) &&
            guard_is_clean(&in->guard, rules_of(glass->rules)));
}

struct glass_view board_glass(const struct board_input *in, const struct flight *f, bool broken,
                              struct arena *arena)
{
    const struct glass *glass = glass_of(in);

    if (!glass || is_over(in, f, broken))
        return (struct glass_view){.rules = "", .reason = "", .by = "", .second = ""};
    return (struct glass_view){
        .broken = true,
        .open = is_open(glass, in->guard.utc_ms),
        .waits = glass->waits,
        .verb = verb_of(glass),
        .rules = arena_strdup(arena, glass->rules),
        .reason = arena_strdup(arena, glass->reason),
        .by = arena_strdup(arena, glass->by),
        .second = arena_strdup(arena, glass->second),
        .at_utc_ms = glass->at_utc_ms,
        .until_utc_ms = glass->until_utc_ms,
    };
}

struct finding board_glass_finding(const struct board_input *in, struct arena *arena)
{
    const struct glass *glass = glass_of(in);
    unsigned rules = rules_of(glass->rules), rule = 0;

    while (rule + 1 < RULE_COUNT && !(rules & 1u << rule))
        rule++;
    struct finding finding = finding_of((enum rule_id)rule, ANSWER_ALLOW);
    finding.kind = ALARM_GLASS;
    finding_break(&finding, ANSWER_REFUSE,
                  arena_printf(arena, "the glass was broken at %s, past %s",
                               in->guard.service->name, glass->rules),
                  "bring it to rest at one version that breaks no rule; U goes back");
    finding_witness(&finding, arena, arena_printf(arena, "person %s", glass->by),
                    arena_printf(arena, "%s: %s", glass->verb, glass->reason),
                    in->guard.utc_ms - glass->at_utc_ms);
    return finding;
}
