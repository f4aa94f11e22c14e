/* stages.c: the stages of a release one after the other, with their bakes, and what the whole of it
 * takes. */
#include "views/sections.h"

#include "board/safety.h"

#include <stdio.h>

enum { STAGES_BAR = 12 };

static void put_stage(struct sheet *sheet, const struct row *row, const struct safety_stage *stage,
                      unsigned wave)
{
    enum role role = stage->when == SAFETY_DONE  ? ROLE_OK
                     : stage->when == SAFETY_NOW ? ROLE_STRONG
                                                 : ROLE_DIM;
    char span[SPAN_TEXT];

    sheet_glyphs(sheet, stage->when == SAFETY_NOW ? state_role(row->state) : role,
                 stage->when == SAFETY_DONE  ? GLYPH_TICK
                 : stage->when == SAFETY_NOW ? state_glyph(row->state)
                                             : GLYPH_DOT_WAIT,
                 1);
    sheet_put(sheet, role, " %s", stage_word[stage->stage]);
    if (stage->stage == STAGE_WAVE)
        sheet_put(sheet, role, " %u", wave);
    if (stage->count && stage->stage != STAGE_STABLE)
        sheet_put(sheet, role, " %s %u", canvas_glyph_text(sheet->canvas, GLYPH_ARROW),
                  stage->count);
    if (stage->span_ms)
        sheet_put(sheet, role, " %s", clock_format_span(stage->span_ms, span));
}

/* What S waits for; a bake that runs as a bar. */
static void put_wait(struct sheet *sheet, const struct row *row)
{
    const struct stage_view *view = &row->stages;

    sheet_line(sheet);
    sheet_tab(sheet, 1);
    for (size_t i = 0; i < row->safety->stage_count; i++) {
        const struct safety_stage *stage = &row->safety->stage[i];
        int64_t gone = stage->span_ms - view->left_ms;
        if (stage->when != SAFETY_NOW || stage->span_ms <= 0)
            continue;
        unsigned full = gone > 0 ? (unsigned)(gone * STAGES_BAR / stage->span_ms) : 0;
        sheet_glyphs(sheet, ROLE_BAR_NEW, GLYPH_BAR, full);
        sheet_glyphs(sheet, ROLE_BAR_OLD, GLYPH_TRACK, STAGES_BAR - full);
        sheet_text(sheet, ROLE_TEXT, " ");
    }
    sheet_say(sheet, ROLE_TEXT, 1, 3, view->waits);
}

static int stage_cells(const struct sheet *sheet, const struct row *row,
                       const struct safety_stage *stage, unsigned wave)
{
    struct sheet probe;

    sheet_init(&probe, sheet->canvas, 200);
    put_stage(&probe, row, stage, wave);
    int cells = probe.column;
    sheet_release(&probe);
    return cells;
}

/* One after the other, as many as a line takes. */
static void put_stages(struct sheet *sheet, const struct row *row)
{
    const struct safety *safety = row->safety;
    unsigned wave = 0;

    sheet_line(sheet);
    sheet_tab(sheet, 1);
    for (size_t i = 0; i < safety->stage_count; i++) {
        const struct safety_stage *stage = &safety->stage[i];
        wave += stage->stage == STAGE_WAVE;
        if (i > 0 && sheet_room(sheet) < stage_cells(sheet, row, stage, wave) + 3) {
            sheet_line(sheet);
            sheet_tab(sheet, 1);
        } else if (i > 0) {
            sheet_put(sheet, ROLE_BORDER, " %s ", canvas_glyph_text(sheet->canvas, GLYPH_HLINE));
        }
        put_stage(sheet, row, stage, wave);
    }
}

bool has_stages(const struct row *row)
{
    return row->stages.whole_ms > 0 && row->safety && row->safety->stage_count > 0;
}

void section_stages(struct sheet *sheet, const struct look *look, bool waits)
{
    const struct row *row = look->row;
    const struct stage_view *view = &row->stages;
    char title[200], left[SPAN_TEXT], whole[SPAN_TEXT];

    sheet->rank = RANK_FACT;
    if (!has_stages(row)) {
        sheet_rule(sheet, "steps");
        sheet_line(sheet);
        sheet_tab(sheet, 1);
        if (row->steps)
            put_steps(sheet, row);
        else
            sheet_text(sheet, ROLE_DIM, "nothing is in flight");
        return;
    }
    clock_format_span(view->whole_ms, whole);
    if (view->active)
        snprintf(title, sizeof title, "stages: %s, %s in all, at least %s left", view->profile,
                 whole, clock_format_span(view->total_ms, left));
    else
        snprintf(title, sizeof title, "stages of the next release: %s, at least %s", view->profile,
                 whole);
    sheet_rule(sheet, title);
    put_stages(sheet, row);
    if (waits && view->waits[0])
        put_wait(sheet, row);
}
