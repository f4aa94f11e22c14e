/* verdict.c: the words of the rules, and how a verdict is put together. */
#include "guard/verdict.h"

#include "guard/judge.h"

#include <string.h>

const char *const rule_word[RULE_COUNT] = {
    [RULE_R0] = "R0", [RULE_RL] = "RL", [RULE_R1] = "R1", [RULE_R2] = "R2",
    [RULE_RC] = "RC", [RULE_R3] = "R3", [RULE_R4] = "R4",
};

const char *const rule_name[RULE_COUNT] = {
    [RULE_R0] = "contract", [RULE_RL] = "serial",   [RULE_R1] = "data",      [RULE_R2] = "coupling",
    [RULE_RC] = "clients",  [RULE_R3] = "one step", [RULE_R4] = "rehearsal",
};

const char *const answer_word[4] = {
    [ANSWER_ALLOW] = "allow",
    [ANSWER_NOT_EVALUATED] = "not-evaluated",
    [ANSWER_UNKNOWN] = "unknown",
    [ANSWER_REFUSE] = "refuse",
};

const char *const alarm_word[ALARM_COUNT] = {
    [ALARM_STEP] = "step",         [ALARM_SILENT] = "silent",   [ALARM_RETURNED] = "returned",
    [ALARM_LAUNCHER] = "launcher", [ALARM_UNKNOWN] = "unknown", [ALARM_OPEN] = "open",
    [ALARM_COUPLED] = "coupled",   [ALARM_CALLS] = "calls",     [ALARM_EXPIRED] = "expired",
    [ALARM_DRIFT] = "drift",       [ALARM_GLASS] = "glass",     [ALARM_BAKE] = "bake",
    [ALARM_EMPTY] = "empty",
};

const char *const level_word[LEVEL_COUNT] = {
    [LEVEL_ENFORCE] = "enforce",
    [LEVEL_WARN] = "warn",
    [LEVEL_OBSERVE] = "observe",
};

bool answer_is_broken(enum answer answer)
{
    return answer == ANSWER_UNKNOWN || answer == ANSWER_REFUSE;
}

/* Millions of times a minute where every state is explored: no finding is built to be copied. */
void verdict_begin(struct verdict *verdict, enum answer answer)
{
    *verdict = (struct verdict){.answer = ANSWER_ALLOW, .warning = ""};
    for (unsigned r = 0; r < RULE_COUNT; r++) {
        struct finding *finding = &verdict->findings[r];

        finding->rule = (enum rule_id)r;
        finding->answer = answer;
        finding->sentence = finding->way_out = "";
    }
}

void verdict_settle(struct verdict *verdict)
{
    verdict->answer = ANSWER_ALLOW;
    verdict->level = LEVEL_OBSERVE;
    verdict->first = NULL;
    for (unsigned r = 0; r < RULE_COUNT; r++) {
        const struct finding *finding = &verdict->findings[r];

        if (!answer_is_broken(finding->answer) || finding->level == LEVEL_OBSERVE)
            continue;
        if (finding->level < verdict->level)
            verdict->level = finding->level;
        if (!verdict->first)
            verdict->first = finding;
        if (finding->answer > verdict->answer)
            verdict->answer = finding->answer;
    }
}

struct finding finding_of(enum rule_id rule, enum answer answer)
{
    return (struct finding){.rule = rule, .answer = answer, .sentence = "", .way_out = ""};
}

void finding_break(struct finding *finding, enum answer answer, const char *sentence,
                   const char *way_out)
{
    if (answer <= finding->answer)
        return;
    finding->answer = answer;
    finding->sentence = sentence;
    finding->way_out = way_out;
}

void finding_witness(struct finding *finding, struct arena *arena, const char *object,
                     const char *fact, int64_t age_ms)
{
    for (size_t i = 0; i < finding->witness_count; i++)
        if (strcmp(finding->witnesses[i].object, object) == 0 &&
            strcmp(finding->witnesses[i].fact, fact) == 0)
            return;
    if (finding->witness_count == WITNESS_MAX)
        return;
    if (!finding->witnesses)
        finding->witnesses = arena_alloc(arena, WITNESS_MAX, sizeof *finding->witnesses);
    finding->witnesses[finding->witness_count++] =
        (struct witness){.object = object, .fact = fact, .age_ms = age_ms};
}
