/* data.c: the stores of the selected service, then of the rest of the fleet: which formats may be
 * at rest, who that may run writes and reads each, how far a migration is, and who attested what.
 */
#include "board/safety.h"

#include "views/page.h"

#include <stdio.h>
#include <string.h>

enum { DATA_WIDE = 110, LABEL = 10, STORES_MAX = 64 };

static const enum role phase_role[DATA_PHASE_COUNT] = {
    [DATA_ONE] = ROLE_OK,        [DATA_READABLE] = ROLE_MOVING, [DATA_BOTH] = ROLE_MOVING,
    [DATA_BACKFILL] = ROLE_HELD, [DATA_ATTESTED] = ROLE_OK,     [DATA_BLIND] = ROLE_VIOLATED,
};

static void put_who(struct sheet *sheet, const char *word, enum role role, const char *who)
{
    sheet_line(sheet);
    sheet_tab(sheet, 2);
    sheet_text(sheet, ROLE_DIM, word);
    sheet_tab(sheet, LABEL);
    sheet_wrap(sheet, role, LABEL, 2, who);
}

static void put_format(struct sheet *sheet, const struct safety_format *format)
{
    bool old = format->at_rest && !format->written[0];

    sheet_line(sheet);
    sheet_glyphs(sheet, format->at_rest ? ROLE_VERSION_LIVE : ROLE_DIM,
                 format->at_rest ? GLYPH_DOT_OLD : GLYPH_DOT_WAIT, 1);
    sheet_put(sheet, ROLE_STRONG, " %s", format->name);
    sheet_text(sheet, format->at_rest ? ROLE_TEXT : ROLE_DIM,
               format->at_rest ? "  may be at rest" : "  not at rest");
    if (old)
        sheet_text(sheet, ROLE_HELD, ", nobody writes it any more");
    if (format->written[0])
        put_who(sheet, "written", ROLE_TEXT, format->written);
    if (format->read[0])
        put_who(sheet, "read", ROLE_TEXT, format->read);
    if (format->blind[0] && (format->at_rest || format->written[0]))
        put_who(sheet, "cannot", ROLE_VIOLATED, format->blind);
    if (format->attested[0])
        put_who(sheet, "gone", ROLE_OK, format->attested);
}

static const struct floor_store *floor_of(const struct row *row, const char *store)
{
    for (size_t i = 0; i < row->floor.store_count; i++)
        if (strcmp(row->floor.stores[i].store, store) == 0)
            return &row->floor.stores[i];
    return NULL;
}

static void put_floor(struct sheet *sheet, const struct row *row, const char *store)
{
    const struct floor_store *floor = floor_of(row, store);

    if (!floor || !floor->now[0])
        return;
    sheet_line(sheet);
    sheet_tab(sheet, 2);
    sheet_text(sheet, ROLE_DIM, "back to");
    sheet_tab(sheet, LABEL);
    sheet_text(sheet, ROLE_VERSION_LIVE, strcmp(floor->now, "?") ? floor->now : "none known");
    if (floor->after[0] && strcmp(floor->now, floor->after) != 0)
        sheet_put(sheet, ROLE_STUCK, ", after the next key only %s",
                  strcmp(floor->after, "?") ? floor->after : "none known");
}

static void put_store(struct sheet *sheet, const struct look *look,
                      const struct safety_store *store)
{
    const struct keymap *keymap = look->screen->keymap;
    char title[300], adds[KEY_WORD + 8];

    snprintf(title, sizeof title, "%.120s%s%.60s", store->name,
             store->owner[0] ? ", owned by " : "", store->owner);
    sheet_rule(sheet, title);
    sheet_line(sheet);
    sheet_tab(sheet, 2);
    sheet_text(sheet, ROLE_DIM, "phase");
    sheet_tab(sheet, LABEL);
    sheet_text(sheet, phase_role[store->phase], data_phase_word[store->phase]);
    if (store->phase == DATA_BACKFILL)
        sheet_put(sheet, ROLE_KEY_LABEL, " (%s)", keymap_shown(keymap, COMMAND_MORE));
    put_floor(sheet, look->row, store->name);
    snprintf(adds, sizeof adds, "%s adds", keymap_shown(keymap, COMMAND_STEP));
    if (store->adds[0])
        put_who(sheet, adds, ROLE_HELD, store->adds);
    if (store->has[0])
        put_who(sheet, "schema", ROLE_TEXT, store->has);
    for (size_t i = 0; i < store->format_count; i++)
        put_format(sheet, &store->formats[i]);
    if (store->format_count == 0) {
        sheet_line(sheet);
        sheet_text(sheet, ROLE_DIM, "  no version reads or writes it");
    }
}

static void compose_mine(struct sheet *sheet, const struct look *look)
{
    const struct safety *safety = look->row->safety;

    sheet->rank = RANK_FACT;
    for (size_t i = 0; safety && i < safety->store_count; i++)
        put_store(sheet, look, &safety->stores[i]);
    if (safety && safety->store_count)
        return;
    sheet_rule(sheet, "stores");
    sheet_line(sheet);
    if (safety && safety->declared)
        sheet_text(sheet, ROLE_DIM, "none, as its contracts say");
    else
        sheet_wrap(sheet, ROLE_HELD, 0, 3,
                   "not known: no contract of this service says what it reads and writes. "
                   "`lockstep init` drafts one from what runs.");
}

static bool is_told(const char *const *told, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(told[i], name) == 0)
            return true;
    return false;
}

static void compose_others(struct sheet *sheet, const struct look *look)
{
    const struct frame *frame = look->frame;
    const char *told[STORES_MAX];
    size_t count = 0, first;

    for (size_t i = 0; look->row->safety && i < look->row->safety->store_count; i++)
        if (count < STORES_MAX)
            told[count++] = look->row->safety->stores[i].name;
    first = count;
    sheet->rank = RANK_MORE;
    sheet_rule(sheet, "stores of other services");
    for (size_t r = 0; r < frame->row_count; r++) {
        const struct safety *safety = frame->rows[r]->safety;
        for (size_t i = 0; safety && i < safety->store_count && count < STORES_MAX; i++) {
            const struct safety_store *store = &safety->stores[i];
            if (is_told(told, count, store->name))
                continue;
            told[count++] = store->name;
            sheet_line(sheet);
            sheet_glyphs(sheet, phase_role[store->phase], GLYPH_DOT_OLD, 1);
            sheet_put(sheet, ROLE_STRONG, " %s", store->name);
            sheet_put(sheet, ROLE_DIM, " of %s  ", frame->rows[r]->service->name);
            sheet_put(sheet, ROLE_TEXT, "%s  ", store->may[0] ? store->may : "nothing at rest");
            sheet_text(sheet, phase_role[store->phase], data_phase_word[store->phase]);
        }
    }
    if (count == first) {
        sheet_line(sheet);
        sheet_text(sheet, ROLE_DIM, "none is declared");
    }
}

static void data_draw(struct screen *screen, const struct frame *frame, struct canvas *canvas)
{
    const struct page page = {compose_mine, compose_others, NULL, DATA_WIDE, "data"};

    page_draw(&page, screen, canvas, frame);
}

const struct view view_data = {
    .name = "data", .draw = data_draw, .command = page_command, .click = page_click};
