/* diff.c: the live version and the new one: images, counts, and what their contracts say to each
 * other, in the words of `lockstep check`. */
#include "board/safety.h"

#include "views/page.h"

#include <stdio.h>
#include <string.h>

enum { DIFF_WIDE = 110, LABEL = 10 };

static const struct version_count *find_version(const struct row *row, const char *version)
{
    for (size_t i = 0; i < row->service->version_count; i++)
        if (strcmp(row->service->versions[i].version, version) == 0)
            return &row->service->versions[i];
    return NULL;
}

static void label(struct sheet *sheet, const char *word)
{
    sheet_line(sheet);
    sheet_text(sheet, ROLE_DIM, word);
    sheet_tab(sheet, LABEL);
}

static void put_digest(struct sheet *sheet, const struct version_count *count)
{
    if (!count || !count->digest[0])
        sheet_text(sheet, ROLE_DIM, "not known");
    else
        sheet_text(sheet, ROLE_TEXT, count->digest);
}

static void put_side(struct sheet *sheet, const struct look *look, const char *word,
                     const char *version)
{
    const struct row *row = look->row;
    const struct version_count *count = find_version(row, version);
    uint32_t all = 0;

    label(sheet, word);
    put_version(sheet, row, version[0] ? version : "?");
    for (unsigned s = 0; count && s < INSTANCE_STATE_COUNT; s++)
        all += count->count[s];
    sheet_put(sheet, ROLE_TEXT, "   %u of %u", all, row->service->replicas);
    if (count && count->count[INSTANCE_SERVING] != all)
        sheet_put(sheet, ROLE_HELD, ", %u serving", count->count[INSTANCE_SERVING]);
    label(sheet, "  digest");
    put_digest(sheet, count);
}

static void compose_versions(struct sheet *sheet, const struct look *look)
{
    const struct row *row = look->row;
    char name[600];

    sheet->rank = RANK_FACT;
    sheet_rule(sheet, "versions");
    put_side(sheet, look, "live", row->from);
    if (row->to[0])
        put_side(sheet, look, "new", row->to);
    if (row->service->artifact[0]) {
        label(sheet, "image");
        sheet_text(sheet, ROLE_TEXT,
                   text_middle(sheet->canvas, row->service->artifact, sheet_room(sheet), name,
                               sizeof name));
    }
    if (row->service->was[0]) {
        label(sheet, "before");
        sheet_text(sheet, ROLE_TEXT, row->service->was);
    }
    if (row->drift[0]) {
        label(sheet, "drift");
        sheet_say(sheet, ROLE_VIOLATED, LABEL, 3, row->drift);
    }
}

static void put_sentences(struct sheet *sheet, enum role role, enum glyph glyph,
                          const struct sentences *list)
{
    for (size_t i = 0; i < list->count; i++) {
        sheet_line(sheet);
        sheet_tab(sheet, 2);
        sheet_glyphs(sheet, role, glyph, 1);
        sheet_text(sheet, ROLE_TEXT, " ");
        sheet_wrap(sheet, ROLE_TEXT, 4, 3, list->text[i]);
    }
}

static void put_promise(struct sheet *sheet, const char *word, const char *means,
                        const struct sentences *broken)
{
    bool holds = broken->count == 0;

    sheet_line(sheet);
    sheet_glyphs(sheet, holds ? ROLE_GUARD_OK : ROLE_GUARD_BLOCKED,
                 holds ? GLYPH_TICK : GLYPH_FAILED, 1);
    sheet_put(sheet, ROLE_STRONG, " %-9s", word);
    sheet_text(sheet, ROLE_DIM, means);
    put_sentences(sheet, ROLE_GUARD_BLOCKED, GLYPH_MIDDOT, broken);
}

static void compose_changes(struct sheet *sheet, const struct look *look)
{
    const struct safety *safety = look->row->safety;
    const struct comparison *compared = safety ? safety->compared : NULL;

    sheet->rank = RANK_FACT;
    sheet_rule(sheet, "what changes");
    if (!compared) {
        sheet_line(sheet);
        sheet_wrap(sheet, look->row->to[0] ? ROLE_HELD : ROLE_DIM, 0, 3,
                   !look->row->to[0] ? "one version: nothing is in flight, nothing to compare"
                                     : "not known: contracts of both versions are needed. "
                                       "`lockstep init` drafts them from what runs.");
        return;
    }
    if (!compared->adjacent) {
        sheet_line(sheet);
        sheet_text(sheet, ROLE_HELD, "neither is declared to follow the other");
    }
    put_sentences(sheet, ROLE_MOVING, GLYPH_MIDDOT, &compared->changes);
    if (compared->changes.count == 0) {
        sheet_line(sheet);
        sheet_text(sheet, ROLE_DIM, "nothing that the contracts declare");
    }
}

static void compose_promises(struct sheet *sheet, const struct look *look)
{
    const struct comparison *compared = look->row->safety ? look->row->safety->compared : NULL;

    sheet->rank = RANK_FACT;
    if (!compared)
        return;
    sheet_rule(sheet, "who can live with whom");
    put_promise(sheet, "backward", "the new one lives with what is there", &compared->backward);
    put_promise(sheet, "forward", "the old one lives beside the new one", &compared->forward);
    put_promise(sheet, "rollback", "the old one can come back", &compared->rollback);
    sheet_rule(sheet, "safe order");
    for (size_t i = 0; i < compared->order.count; i++) {
        sheet_line(sheet);
        if (compared->order.count > 1)
            sheet_put(sheet, ROLE_KEY_HINT, "%2zu ", i + 1);
        sheet_wrap(sheet, ROLE_TEXT, 3, 3, compared->order.text[i]);
    }
}

static void compose_left(struct sheet *sheet, const struct look *look)
{
    compose_versions(sheet, look);
    compose_changes(sheet, look);
}

static void diff_draw(struct screen *screen, const struct frame *frame, struct canvas *canvas)
{
    const struct page page = {compose_left, compose_promises, NULL, DIFF_WIDE, "diff"};

    page_draw(&page, screen, canvas, frame);
}

const struct view view_diff = {
    .name = "diff", .draw = diff_draw, .command = page_command, .click = page_click};
