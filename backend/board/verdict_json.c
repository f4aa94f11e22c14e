/* verdict_json.c: see verdict_json.h. */
#include "board/verdict_json.h"

json_t *finding_json(const struct finding *finding)
{
    json_t *witnesses = json_array();

    for (size_t i = 0; i < finding->witness_count; i++) {
        const struct witness *w = &finding->witnesses[i];
        json_array_append_new(
            witnesses, json_pack("{s:s, s:s, s:o}", "object", w->object, "fact", w->fact, "age_ms",
                                 w->age_ms < 0 ? json_null() : json_integer(w->age_ms)));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "rule", rule_word[finding->rule], "answer",
                     answer_word[finding->answer], "level", level_word[finding->level], "sentence",
                     finding->sentence ? finding->sentence : "", "witness", witnesses, "way_out",
                     finding->way_out ? finding->way_out : "");
}

json_t *verdict_json(const struct verdict *verdict)
{
    json_t *rules = json_array(), *unproven = json_array();

    for (unsigned r = 0; r < RULE_COUNT; r++) {
        const struct finding *finding = &verdict->findings[r];

        json_array_append_new(rules, finding_json(finding));
        if (finding->level == LEVEL_OBSERVE &&
            (finding->answer == ANSWER_UNKNOWN || finding->answer == ANSWER_REFUSE))
            json_array_append_new(unproven, json_string(rule_word[r]));
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:s}", "answer", answer_word[verdict->answer], "rule",
                     verdict->first ? json_string(rule_word[verdict->first->rule]) : json_null(),
                     "rules", rules, "unproven", unproven, "warning",
                     verdict->warning ? verdict->warning : "");
}
