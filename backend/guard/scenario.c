/* scenario.c: runs a scenario up to its first refusal, and says how it went. */
#include "guard/scenario_private.h"

#include "guard/judge.h"

#include <stdlib.h>
#include <string.h>

void scenario_run(const struct scenario *scenario, struct policy policy,
                  struct scenario_report *out)
{
    struct world before;

    *out = (struct scenario_report){.scenario = scenario, .arena = arena_new(1024), .alerts = ""};
    world_init(&before, scenario->book, policy);
    world_init(&out->end, scenario->book, policy);
    world_copy(&out->end, &scenario->start);
    for (size_t i = 0; i < scenario->deed_count && !out->refused; i++) {
        deed_judge(&out->end, &scenario->deeds[i], out->arena, &out->verdict);
        if (out->verdict.answer == ANSWER_ALLOW) {
            world_copy(&before, &out->end);
            deed_apply(&out->end, &scenario->deeds[i]);
            out->alerts = scenario_alerts(scenario, &before, &out->end, i, out->alerts, out->arena);
            continue;
        }
        out->refused = true;
        out->action = i;
    }
    world_release(&before);
    out->ok = out->refused == scenario->expects;
    if (out->ok && out->refused)
        out->ok = out->action == scenario->expect_action &&
                  answer_is_broken(out->verdict.findings[scenario->expect_rule].answer);
}

void scenario_report_release(struct scenario_report *report)
{
    world_release(&report->end);
    arena_free(report->arena);
}

static json_t *refusal_json(const struct scenario_report *report)
{
    const struct finding *first = report->verdict.first;
    json_t *rules = json_array(), *witnesses = json_array(), *refused = json_object();

    for (unsigned r = 0; r < RULE_COUNT; r++)
        if (answer_is_broken(report->verdict.findings[r].answer))
            json_array_append_new(rules, json_string(rule_word[r]));
    for (size_t i = 0; i < first->witness_count; i++) {
        const char *text = arena_printf(report->arena, "%s: %s", first->witnesses[i].object,
                                        first->witnesses[i].fact);
        json_array_append_new(witnesses, json_string(text));
    }
    json_object_set_new(refused, "action", json_integer((json_int_t)report->action));
    json_object_set_new(refused, "rule", json_string(rule_word[first->rule]));
    json_object_set_new(refused, "rules", rules);
    json_object_set_new(refused, "answer", json_string(answer_word[first->answer]));
    json_object_set_new(refused, "sentence", json_string(first->sentence));
    json_object_set_new(refused, "witness", witnesses);
    json_object_set_new(refused, "way_out", json_string(first->way_out));
    return refused;
}

static json_t *expected_json(const struct scenario *scenario)
{
    json_t *expected = json_object();

    json_object_set_new(expected, "action", json_integer((json_int_t)scenario->expect_action));
    json_object_set_new(expected, "rule", json_string(rule_word[scenario->expect_rule]));
    return expected;
}

/* One text per line of them. */
static json_t *alerts_json(const struct scenario_report *report)
{
    json_t *alerts = json_array();

    for (const char *at = report->alerts; *at;) {
        size_t len = strcspn(at, "\n");
        json_array_append_new(alerts, json_stringn(at, len));
        at += len + (at[len] != '\0');
    }
    return alerts;
}

json_t *scenario_report_json(const struct scenario_report *report)
{
    const struct scenario *scenario = report->scenario;
    json_t *line = json_object();

    json_object_set_new(line, "name", json_string(scenario->name));
    json_object_set_new(line, "refused", report->refused ? refusal_json(report) : json_null());
    json_object_set_new(line, "expected",
                        scenario->expects ? expected_json(scenario) : json_null());
    json_object_set_new(line, "ok", json_boolean(report->ok));
    json_object_set_new(line, "alerts", alerts_json(report));
    return line;
}

static const char *deed_text(const struct scenario *scenario, size_t index, struct arena *arena)
{
    const struct deed *deed = &scenario->deeds[index];
    const struct book *book = scenario->book;
    const char *text = deed_word[deed->kind];

    if (deed->service != BOOK_NONE)
        text = arena_printf(arena, "%s %s", text, book->services[deed->service].name);
    if (deed->service != BOOK_NONE && deed->version != VERSION_NOT_KNOWN)
        text = arena_printf(arena, "%s %s", text,
                            book_version_name(book, deed->service, deed->version));
    if (deed->store != BOOK_NONE)
        text = arena_printf(arena, "%s %s", text, book->stores[deed->store].name);
    for (size_t i = 0; i < deed->seat_count && i < 4; i++)
        text =
            arena_printf(arena, "%s%s%s", text, i ? "," : " on ", book->seats[deed->seats[i]].node);
    return text;
}

char *scenario_report_text(const struct scenario_report *report)
{
    const struct scenario *scenario = report->scenario;
    const struct finding *first = report->verdict.first;
    struct arena *arena = report->arena;
    const char *text =
        arena_printf(arena, "%s  %s\n", report->ok ? "ok  " : "FAIL", scenario->name);

    for (const char *at = report->alerts; *at;) {
        int len = (int)strcspn(at, "\n");
        text = arena_printf(arena, "%s      alert: %.*s\n", text, len, at);
        at += len + (at[len] != '\0');
    }
    if (!report->refused) {
        text = arena_printf(arena, "%s      nothing refused in %zu actions\n", text,
                            scenario->deed_count);
    } else {
        text = arena_printf(arena, "%s      action %zu (%s) refused by %s %s: %s\n", text,
                            report->action, deed_text(scenario, report->action, arena),
                            rule_word[first->rule], rule_name[first->rule], first->sentence);
        for (size_t i = 0; i < first->witness_count; i++)
            text = arena_printf(arena, "%s        %s: %s\n", text, first->witnesses[i].object,
                                first->witnesses[i].fact);
        text = arena_printf(arena, "%s      way out: %s\n", text, first->way_out);
    }
    if (!report->ok && scenario->expects)
        text = arena_printf(arena, "%s      expected: action %zu refused by %s\n", text,
                            scenario->expect_action, rule_word[scenario->expect_rule]);
    else if (!report->ok)
        text = arena_printf(arena, "%s      expected: nothing refused\n", text);
    return xstrdup(text);
}

bool scenario_run_file(const char *path, bool as_json, char **out, bool *ok, struct err *err)
{
    struct scenario *scenario = scenario_load(path, err);
    struct scenario_report report;

    *out = NULL;
    *ok = false;
    if (!scenario)
        return false;
    scenario_run(scenario, policy_strict(), &report);
    *ok = report.ok;
    if (as_json) {
        json_t *line = scenario_report_json(&report);
        char *text = json_text(line);

        *out = xasprintf("%s\n", text);
        free(text);
        json_decref(line);
    } else {
        *out = scenario_report_text(&report);
    }
    scenario_report_release(&report);
    scenario_free(scenario);
    return true;
}
