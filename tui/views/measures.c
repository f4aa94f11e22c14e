/* measures.c: what a bake is judged by: the new version beside the old one. */
#include "views/sections.h"

#include "health/evidence.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SPARK_MAX = 24, LEVELS = 8, VALUE_TEXT = 16, AGE_LIMIT_STEPS = 3 };

static const char *const marks[2][LEVELS] = {{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
                                             {"_", ".", ":", "-", "=", "+", "*", "#"}};

/* The newest `count` values of both groups on one scale, from 0. */
static double scale_of(const struct evidence *e, enum measure measure)
{
    double most = 0;

    for (unsigned g = 0; g < GROUP_COUNT; g++)
        for (size_t i = 0; i < e->count[g]; i++) {
            double value = e->measure[measure].value[g][i];
            if (isfinite(value) && value > most)
                most = value;
        }
    return most;
}

static void put_spark(struct sheet *sheet, enum role role, const struct evidence *e,
                      enum measure measure, enum group group, size_t room)
{
    double most = scale_of(e, measure);
    size_t count = e->count[group], from = count > room ? count - room : 0;

    for (size_t i = from; i < count; i++) {
        double value = e->measure[measure].value[group][i];
        int level = most > 0 && value > 0 ? (int)(value / most * (LEVELS - 1) + 0.5) : 0;
        bool known = isfinite(value);
        level = level < 0 ? 0 : level >= LEVELS ? LEVELS - 1 : level;
        sheet_text(sheet, known ? role : ROLE_DIM,
                   known ? marks[sheet->canvas->ascii][level] : " ");
    }
    for (size_t i = count - from; i < room; i++)
        sheet_text(sheet, ROLE_DIM, " ");
}

static const char *value_text(enum measure measure, double value, char out[VALUE_TEXT])
{
    if (!isfinite(value))
        snprintf(out, VALUE_TEXT, "no data");
    else if (measure == MEASURE_ERRORS)
        snprintf(out, VALUE_TEXT, "%.2f %%", value * 100);
    else
        snprintf(out, VALUE_TEXT, "%.3g", value);
    return out;
}

/* Of what was judged: the whole bake; of traffic: the newest. */
static double value_of(const struct evidence *e, enum measure measure, enum group group)
{
    const struct evidence_measure *m = &e->measure[measure];

    if (measure != MEASURE_TRAFFIC)
        return group == GROUP_CANARY ? m->said.canary : m->said.control;
    for (size_t i = e->count[group]; i > 0; i--)
        if (isfinite(m->value[group][i - 1]))
            return m->value[group][i - 1];
    return NAN;
}

static void put_group(struct sheet *sheet, const struct look *look, enum measure measure,
                      enum group group, size_t room)
{
    const struct evidence *e = look->row->evidence;
    const char *version = group == GROUP_CANARY ? e->version : e->control;
    bool earlier = group == GROUP_CONTROL && strcmp(e->version, e->control) == 0;
    char value[VALUE_TEXT], name[64];

    sheet_put(sheet, version_role(look->row, version), "%s ",
              earlier ? "before" : text_middle(sheet->canvas, version, 10, name, sizeof name));
    put_spark(sheet, version_role(look->row, version), e, measure, group, room);
    sheet_put(sheet, ROLE_TEXT, " %s", value_text(measure, value_of(e, measure, group), value));
}

static void put_measure(struct sheet *sheet, const struct look *look, enum measure measure)
{
    static const enum role roles[JUDGE_ANSWER_COUNT] = {ROLE_TEXT, ROLE_OK, ROLE_FAILED};
    const struct evidence *e = look->row->evidence;
    const struct judgement *said = &e->measure[measure].said;
    int left = (sheet->width - 12 - 2 * (10 + 10) - 8) / 2;
    size_t room = left < 4 ? 0 : left > SPARK_MAX ? SPARK_MAX : (size_t)left;

    sheet_line(sheet);
    sheet_text(sheet, ROLE_DIM, measure_word[measure]);
    sheet_tab(sheet, 11);
    put_group(sheet, look, measure, GROUP_CANARY, room);
    sheet_tab(sheet, 11 + (sheet->width - 20) / 2);
    put_group(sheet, look, measure, GROUP_CONTROL, room);
    if (measure == MEASURE_TRAFFIC)
        return;
    sheet_tab(sheet, sheet->width - 6);
    sheet_text(sheet, roles[said->answer], judge_answer_word[said->answer]);
}

static void put_age(struct sheet *sheet, const struct look *look)
{
    const struct evidence *e = look->row->evidence;
    int64_t newest = evidence_newest_utc_ms(e);
    int64_t age = look->frame->utc_ms - newest;
    char text[SPAN_TEXT];

    sheet_line(sheet);
    sheet_put(sheet, ROLE_DIM, "%zu samples, at least %zu needed", e->samples, e->needed);
    if (!newest)
        sheet_text(sheet, ROLE_STALE, ", none of the new version");
    else
        sheet_put(sheet, age > AGE_LIMIT_STEPS * e->step_ms ? ROLE_STALE : ROLE_DIM,
                  ", the newest %s old", age_text(age, text));
    if (e->before_after)
        sheet_put(sheet, ROLE_STALE, "; %s as it was before, weaker evidence", e->control);
}

void section_measures(struct sheet *sheet, const struct look *look)
{
    const struct evidence *e = look->row->evidence;

    if (!e)
        return;
    sheet_rule(sheet, "measured");
    for (unsigned m = 0; m < MEASURE_COUNT; m++)
        if (e->measure[m].asked)
            put_measure(sheet, look, (enum measure)m);
    put_age(sheet, look);
    if (e->exposed) {
        sheet_line(sheet);
        sheet_wrap(sheet, ROLE_STALE, 0, 2,
                   "asked over plain http at another host: whoever is on the way can change what "
                   "is measured");
    }
    if (e->trouble[0]) {
        sheet_line(sheet);
        sheet_wrap(sheet, ROLE_FAILED, 0, 3, e->trouble);
    }
}
