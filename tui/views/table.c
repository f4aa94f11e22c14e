/* table.c: see table.h.
 *
 * When the room shrinks, first the wide columns are made narrow, then columns go, always
 * in the same order, so that a terminal of one size always looks the same. */
#include "views/table.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum { TABLE_LEFT = 3, TABLE_ROOMY = 100 }; /* left: cursor, glyph, blank */

static const struct {
    const char *title;
    int most, least;
} columns[COLUMN_COUNT] = {
#define X(name, title, most, least) [COLUMN_##name] = {title, most, least},
    COLUMNS(X)
#undef X
};

/* First go the columns that are only nice to have … */
static const enum column spare_order[] = {COLUMN_WHY, COLUMN_KIND};
/* … then these are made narrow, one after the other … */
static const enum column narrow_order[] = {
    COLUMN_BAR, COLUMN_BY, COLUMN_TO, COLUMN_FROM, COLUMN_CLUSTER, COLUMN_NAME,
};
/* … then these are left out. */
static const enum column drop_order[] = {
    COLUMN_BY, COLUMN_STEP, COLUMN_BAR, COLUMN_CLUSTER, COLUMN_SINCE, COLUMN_GHOST, COLUMN_TO,
};

static const char *dash(const struct canvas *canvas, const char *text)
{
    return text[0] ? text : canvas_glyph_text(canvas, GLYPH_DASH);
}

static const char *kind_of(const struct frame *frame, const struct row *row)
{
    const struct board_cluster *cluster = frame_cluster(frame, row->service->cluster);

    return cluster ? cluster->kind : row->service->kind;
}

static const char *cell_text(const struct table *table, const struct row *row, enum column column,
                             const struct canvas *canvas, char out[64])
{
    switch (column) {
    case COLUMN_NAME:
        return row->service->name;
    case COLUMN_CLUSTER:
        return row->service->cluster;
    case COLUMN_KIND:
        return kind_of(table->frame, row);
    case COLUMN_FROM:
        return dash(canvas, row->from);
    case COLUMN_TO:
        return row->to;
    case COLUMN_STEP:
        if (row->steps == 0)
            return dash(canvas, "");
        snprintf(out, 64, "%u/%u", row->step, row->steps);
        return out;
    case COLUMN_DONE:
        snprintf(out, 64, "%u/%u", row->have, row->want);
        return out;
    case COLUMN_GHOST:
        if (row->ghosts == 0)
            return "";
        snprintf(out, 64, "%s%u", canvas_glyph_text(canvas, GLYPH_STALE), row->ghosts);
        return out;
    case COLUMN_SINCE: {
        char span[SPAN_TEXT];
        snprintf(out, 64, "%s", since_text(table->frame, row->since_utc_ms, span));
        return row->since_utc_ms < 0 ? dash(canvas, "") : out;
    }
    case COLUMN_BY:
        return dash(canvas, row->by);
    case COLUMN_WHY:
        return row->why;
    case COLUMN_BAR:
    case COLUMN_COUNT:
        break;
    }
    return "";
}

static int gap_before(const struct table *table, enum column column)
{
    if (column == COLUMN_NAME)
        return 0;
    if (column == COLUMN_TO)
        return 3; /* the arrow stands in it */
    if (column == COLUMN_GHOST || (column == COLUMN_DONE && table->width[COLUMN_BAR]))
        return 1;
    return column == COLUMN_SINCE || column == COLUMN_BY ? 2 : table->gap;
}

static int sum(const struct table *table)
{
    int total = TABLE_LEFT;

    for (int c = 0; c < COLUMN_COUNT; c++)
        if (table->width[c])
            total += gap_before(table, (enum column)c) + table->width[c];
    return total;
}

static int natural(const struct table *table, const struct canvas *canvas, enum column column)
{
    int width = text_cells(canvas, columns[column].title);
    bool any = column == COLUMN_BAR, any_new = false;

    for (size_t i = 0; i < table->frame->row_count && !any_new; i++)
        any_new = table->frame->rows[i]->to[0] != '\0';

    for (size_t i = 0; i < table->frame->row_count && width < columns[column].most; i++) {
        char out[64];
        const struct row *row = table->frame->rows[i];
        int cells = text_cells(canvas, cell_text(table, row, column, canvas, out));
        if (column == COLUMN_FROM && row->to[0] == '\0' && any_new)
            cells = 0; /* has the room of both */
        any = any || cells > 0 || column == COLUMN_FROM;
        if (cells > width)
            width = cells;
    }
    return !any ? 0 : width < columns[column].most ? width : columns[column].most;
}

/* A column that says the same in every row says nothing. */
static bool is_uniform(const struct frame *frame, enum column column)
{
    for (size_t i = 1; i < frame->row_count; i++) {
        const struct row *a = frame->rows[i - 1], *b = frame->rows[i];
        const char *left = column == COLUMN_CLUSTER ? a->service->cluster : kind_of(frame, a);
        const char *right = column == COLUMN_CLUSTER ? b->service->cluster : kind_of(frame, b);
        if (strcmp(left, right) != 0)
            return false;
    }
    return frame->cluster_count < 2;
}

static void narrow(struct table *table, enum column column, int room)
{
    int *width = &table->width[column], least = columns[column].least;
    int less = *width - (sum(table) - room);

    if (sum(table) > room && *width > least)
        *width = less > least ? less : least;
}

static void drop(struct table *table, const enum column *order, size_t count, int room)
{
    for (size_t i = 0; i < count && sum(table) > room; i++)
        table->width[order[i]] = 0;
}

static void shrink(struct table *table, int room)
{
    narrow(table, COLUMN_WHY, room);
    drop(table, spare_order, ARRAY_LEN(spare_order), room);
    for (size_t i = 0; i < ARRAY_LEN(narrow_order); i++)
        narrow(table, narrow_order[i], room);
    drop(table, drop_order, ARRAY_LEN(drop_order), room);
}

void table_measure(struct table *table, const struct screen *screen, const struct frame *frame,
                   const struct canvas *canvas, int room)
{
    int wish[COLUMN_COUNT];

    memset(table, 0, sizeof *table);
    table->frame = frame;
    table->screen = screen;
    table->gap = room >= TABLE_ROOMY ? 2 : 1;
    for (int c = 0; c < COLUMN_COUNT; c++)
        table->width[c] = wish[c] = natural(table, canvas, (enum column)c);
    table->width[COLUMN_BAR] = wish[COLUMN_BAR] = columns[COLUMN_BAR].most;
    if (is_uniform(frame, COLUMN_CLUSTER))
        table->width[COLUMN_CLUSTER] = 0;
    if (is_uniform(frame, COLUMN_KIND))
        table->width[COLUMN_KIND] = 0;
    shrink(table, room);
    /* What dropping a column set free goes to those that were made narrow, the name first. */
    for (size_t i = ARRAY_LEN(narrow_order); i-- > 0;) {
        enum column c = narrow_order[i];
        int more = wish[c] - table->width[c], spare = room - sum(table);
        if (table->width[c] && more > 0 && spare > 0)
            table->width[c] += more < spare ? more : spare;
    }
}

static const enum sort sort_of[COLUMN_COUNT] = {
    [COLUMN_NAME] = SORT_NAME,   [COLUMN_CLUSTER] = SORT_CLUSTER, [COLUMN_KIND] = SORT_COUNT,
    [COLUMN_FROM] = SORT_LIVE,   [COLUMN_TO] = SORT_COUNT,        [COLUMN_STEP] = SORT_STEP,
    [COLUMN_BAR] = SORT_COUNT,   [COLUMN_DONE] = SORT_DONE,       [COLUMN_GHOST] = SORT_COUNT,
    [COLUMN_SINCE] = SORT_SINCE, [COLUMN_BY] = SORT_BY,           [COLUMN_WHY] = SORT_COUNT,
};

void table_header(const struct table *table, struct canvas *canvas, int y, int x)
{
    int at = x + TABLE_LEFT;

    for (int c = 0; c < COLUMN_COUNT; c++) {
        int width = table->width[c];
        if (!width)
            continue;
        at += gap_before(table, (enum column)c);
        if (c == COLUMN_TO)
            canvas_glyph(canvas, y, at - 2, ROLE_HEADER, GLYPH_ARROW);
        bool right = c == COLUMN_SINCE || c == COLUMN_DONE;
        if (c == COLUMN_BAR) /* its title goes on over the count */
            canvas_field(canvas, y, at, width + 1 + table->width[COLUMN_DONE], false, ROLE_HEADER,
                         columns[c].title);
        else if (c != COLUMN_DONE || !table->width[COLUMN_BAR])
            canvas_field(canvas, y, at, width, right, ROLE_HEADER, columns[c].title);
        at += width;
        if (table->screen->sort != SORT_URGENCY && sort_of[c] == table->screen->sort)
            canvas_glyph(canvas, y, at, ROLE_KEY_HINT,
                         table->screen->reversed ? GLYPH_UP : GLYPH_DOWN);
    }
}

/* Quiet rows are dim, so that the eye falls on the others. */
static enum role cell_role(const struct row *row, enum column column)
{
    bool quiet = row->state == BOARD_STEADY;

    if (row->state == BOARD_STALE)
        return ROLE_STALE;
    if (column == COLUMN_NAME)
        return quiet ? ROLE_TEXT : ROLE_STRONG;
    if (column == COLUMN_FROM)
        return quiet ? ROLE_DIM : ROLE_VERSION_LIVE;
    if (column == COLUMN_TO)
        return ROLE_VERSION_NEW;
    if (column == COLUMN_GHOST)
        return ROLE_STALE;
    if (column == COLUMN_WHY && state_needs_you(row->state))
        return state_role(row->state);
    return quiet || column == COLUMN_KIND || column == COLUMN_BY ? ROLE_DIM : ROLE_TEXT;
}

static void draw_bar(const struct row *row, struct canvas *canvas, int y, int x, int width)
{
    if (row->to[0]) {
        canvas_bar(canvas, y, x, width, row->have, row->want);
        return;
    }
    int full = row->want && row->have < row->want
                   ? (int)((int64_t)row->have * width / (int64_t)row->want)
                   : width;
    for (int i = 0; i < width; i++)
        canvas_glyph(canvas, y, x + i, ROLE_BAR_OLD, i < full ? GLYPH_BAR : GLYPH_TRACK);
}

static void draw_cell(const struct table *table, const struct row *row, enum column column,
                      struct canvas *canvas, int y, int x)
{
    int width = table->width[column];
    char text[64], name[512];
    const char *content = cell_text(table, row, column, canvas, text);
    enum role role = cell_role(row, column);

    if (column == COLUMN_BAR) {
        draw_bar(row, canvas, y, x, width);
        return;
    }
    /* A single version may use the place of both. */
    if (column == COLUMN_FROM && row->to[0] == '\0' && table->width[COLUMN_TO])
        width += 3 + table->width[COLUMN_TO];
    if (column == COLUMN_NAME || column == COLUMN_CLUSTER || column == COLUMN_FROM ||
        column == COLUMN_TO)
        content = text_middle(canvas, content, width, name, sizeof name);
    canvas_field(canvas, y, x, width, column == COLUMN_SINCE || column == COLUMN_DONE, role,
                 content);
}

void table_row(const struct table *table, const struct row *row, bool selected,
               struct canvas *canvas, int y, int x, int room)
{
    int at = x + TABLE_LEFT;

    if (selected)
        canvas_glyph(canvas, y, x, ROLE_SELECTED, GLYPH_CURSOR);
    canvas_glyph(canvas, y, x + 1, state_role(row->state), state_glyph(row->state));
    if (screen_marks(table->screen, row))
        canvas_text(canvas, y, x + 2, 1, ROLE_MARKED, "*");
    for (int c = 0; c < COLUMN_COUNT; c++) {
        if (!table->width[c])
            continue;
        at += gap_before(table, (enum column)c);
        if (c == COLUMN_TO && row->to[0])
            canvas_glyph(canvas, y, at - 2, ROLE_DIM, GLYPH_ARROW);
        draw_cell(table, row, (enum column)c, canvas, y, at);
        at += table->width[c];
    }
    if (selected) {
        canvas_select(canvas, y, x, room);
        canvas->cursor_y = y;
        canvas->cursor_x = x;
    }
}
