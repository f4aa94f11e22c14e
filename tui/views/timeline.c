/* timeline.c: what changed in the last hour, as a chart of the services that did, and everything
 * that happened, newest first: changes, actions, rules, nodes; before this program began, what the
 * local record says. */
#include "views/filter.h"
#include "views/page.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TIMELINE_WIDE = 150,
    TIMELINE_LINES = 400,
    CHART_MS = 60 * 60 * 1000,
    CHART_LINES = 14,
    CHART_NAME = 30,
    CHART_CELLS = 240,
    CHART_SCALE = 12, /* cells between two times below the chart */
};

/* One thing that happened; of rollouts that began before anybody listened there is no event. */
struct entry {
    int64_t at_utc_ms;
    enum event_kind kind;
    const char *cluster, *name, *by, *text;
    const struct row *began; /* the rollout of this row did; text "" */
    size_t order;
};

struct entries {
    struct entry *entry;
    size_t count, all; /* shown, before the filter of the screen */
};

static const struct {
    enum glyph glyph;
    enum role role;
} signs[EVENT_COUNT] = {
    [EVENT_NOTE] = {GLYPH_MIDDOT, ROLE_DIM},
    [EVENT_CHANGE] = {GLYPH_DOT_NEW, ROLE_VERSION_NEW},
    [EVENT_ACTION] = {GLYPH_MOVING, ROLE_MOVING},
    [EVENT_RULE] = {GLYPH_VIOLATED, ROLE_VIOLATED},
    [EVENT_NODE] = {GLYPH_STALE, ROLE_STALE},
    [EVENT_CLUSTER] = {GLYPH_MIDDOT, ROLE_STALE},
};

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;

    if (a->at_utc_ms != b->at_utc_ms)
        return a->at_utc_ms > b->at_utc_ms ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static bool concerns(const struct row *row, const char *cluster, const char *name)
{
    return strcmp(row->service->name, name) == 0 && strcmp(row->service->cluster, cluster) == 0;
}

static void add_events(struct entries *all, const struct look *look,
                       const struct board_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct board_event *event = &events[i];
        if (look->screen->only && !concerns(look->row, event->cluster, event->name))
            continue;
        all->entry[all->count] = (struct entry){.at_utc_ms = event->at_utc_ms,
                                                .kind = event->kind,
                                                .cluster = event->cluster,
                                                .name = event->name,
                                                .by = event->by,
                                                .text = event->text,
                                                .order = all->count};
        all->count++;
    }
}

static void add_begun(struct entries *all, const struct look *look)
{
    for (size_t i = 0; i < look->frame->row_count; i++) {
        const struct row *row = look->frame->rows[i];
        if (row->since_utc_ms < 0 || row->since_utc_ms < look->frame->utc_ms - CHART_MS ||
            (look->screen->only && row != look->row))
            continue;
        all->entry[all->count] = (struct entry){.at_utc_ms = row->since_utc_ms,
                                                .kind = EVENT_CHANGE,
                                                .cluster = row->service->cluster,
                                                .name = row->service->name,
                                                .by = row->by,
                                                .text = "",
                                                .began = row,
                                                .order = all->count};
        all->count++;
    }
}

/* One entry, for the filter. */
static bool fits_entry(const struct filter_term *term, const void *thing)
{
    const struct entry *entry = thing;
    const struct row *row = entry->began;

    switch (term->field) {
    case FILTER_ANY:
        return filter_fits(term, entry->name) || filter_fits(term, entry->cluster) ||
               filter_fits(term, entry->text) || filter_fits(term, entry->by) ||
               filter_fits(term, event_word[entry->kind]) ||
               (row && (filter_fits(term, row->from) || filter_fits(term, row->to)));
    case FILTER_CLUSTER:
        return filter_fits(term, entry->cluster);
    case FILTER_SERVICE:
        return entry->kind != EVENT_NODE && filter_fits(term, entry->name);
    case FILTER_NODE:
        return entry->kind == EVENT_NODE && filter_fits(term, entry->name);
    case FILTER_VERSION:
        return row ? filter_fits(term, row->from) || filter_fits(term, row->to)
                   : filter_fits(term, entry->text);
    case FILTER_BY:
        return filter_fits(term, entry->by);
    case FILTER_KIND:
    case FILTER_STATE:
        return filter_fits(term, event_word[entry->kind]);
    case FILTER_MARKED:
    case FILTER_FIELD_COUNT:
        break;
    }
    return false;
}

static void sift(struct entries *all, const struct screen *screen)
{
    struct filter filter;
    size_t kept = 0;

    all->all = all->count;
    filter_parse(&filter, screen->sift.filter);
    for (size_t i = 0; i < all->count && filter.count; i++)
        if (filter_passes(&filter, fits_entry, &all->entry[i]))
            all->entry[kept++] = all->entry[i];
    all->count = filter.count ? kept : all->count;
    filter_release(&filter);
}

static struct entries collect(const struct look *look)
{
    const struct frame *frame = look->frame;
    size_t past = frame->past ? frame->past->count : 0;
    struct entries all = {
        .entry = xcalloc(frame->event_count + past + frame->row_count + 1, sizeof *all.entry)};

    add_events(&all, look, frame->events, frame->event_count);
    if (past)
        add_events(&all, look, frame->past->events, past);
    add_begun(&all, look);
    sift(&all, look->screen);
    qsort(all.entry, all.count, sizeof *all.entry, compare_entries);
    return all;
}

/* ---- the chart ---- */

/* One service on the chart, with everything of it in the last hour. */
struct track {
    const struct row *row;
    const char *by;
    size_t changes;
};

static bool is_change(const struct entry *entry)
{
    return entry->kind == EVENT_CHANGE || entry->kind == EVENT_ACTION;
}

static const struct row *row_of(const struct frame *frame, const struct entry *entry)
{
    if (entry->began)
        return entry->began;
    for (size_t i = 0; i < frame->row_count; i++)
        if (concerns(frame->rows[i], entry->cluster, entry->name))
            return frame->rows[i];
    return NULL;
}

/* In the order of the newest change; returns how many services changed in all. */
static size_t find_tracks(const struct look *look, const struct entries *all,
                          struct track tracks[CHART_LINES])
{
    size_t count = 0, more = 0;

    for (size_t i = 0; i < all->count; i++) {
        const struct entry *entry = &all->entry[i];
        const struct row *row;
        size_t at = 0;

        if (!is_change(entry) || entry->at_utc_ms < look->frame->utc_ms - CHART_MS)
            continue;
        row = row_of(look->frame, entry);
        while (row && at < count && tracks[at].row != row)
            at++;
        if (!row || at == CHART_LINES) {
            more += row != NULL;
            continue;
        }
        if (at == count)
            tracks[count++] = (struct track){row, "", 0};
        tracks[at].changes++;
        if (!tracks[at].by[0])
            tracks[at].by = entry->by;
    }
    return count + (more > 0);
}

static int cell_of(const struct look *look, int64_t at_utc_ms, int cells)
{
    int64_t from = look->frame->utc_ms - CHART_MS, past = at_utc_ms - from;
    int at = past < 0 ? -1 : (int)(past * cells / CHART_MS);

    return at >= cells ? cells - 1 : at;
}

static void put_track(struct sheet *sheet, const struct look *look, const struct entries *all,
                      const struct track *track, int cells)
{
    unsigned char glyph[CHART_CELLS], role[CHART_CELLS];
    int from = cell_of(look, track->row->since_utc_ms, cells);
    bool flies = track->row->to[0] && track->row->since_utc_ms >= 0;

    for (int c = 0; c < cells; c++) {
        bool on = flies && c >= (from < 0 ? 0 : from);
        glyph[c] = on ? GLYPH_HLINE : GLYPH_COUNT;
        role[c] = (unsigned char)(on ? state_role(track->row->state) : ROLE_DIM);
    }
    for (size_t i = all->count; i-- > 0;) {
        const struct entry *entry = &all->entry[i];
        int at = cell_of(look, entry->at_utc_ms, cells);
        if (at < 0 || entry->kind == EVENT_NOTE ||
            !concerns(track->row, entry->cluster, entry->name))
            continue;
        glyph[at] = (unsigned char)signs[entry->kind].glyph;
        role[at] = (unsigned char)signs[entry->kind].role;
    }
    if (flies) {
        glyph[cells - 1] = (unsigned char)state_glyph(track->row->state);
        role[cells - 1] = (unsigned char)state_role(track->row->state);
    }
    for (int c = 0, run; c < cells; c += run) {
        for (run = 1; c + run < cells && glyph[c + run] == glyph[c] && role[c + run] == role[c];)
            run++;
        if (glyph[c] == GLYPH_COUNT)
            sheet_put(sheet, ROLE_TEXT, "%*s", run, "");
        else
            sheet_glyphs(sheet, (enum role)role[c], (enum glyph)glyph[c], (unsigned)run);
    }
}

static int name_room(const struct sheet *sheet, const struct track *tracks, size_t count)
{
    int most = 8, limit = sheet->width / 3 < CHART_NAME ? sheet->width / 3 : CHART_NAME;

    for (size_t i = 0; i < count; i++) {
        int cells = text_cells(sheet->canvas, tracks[i].row->service->name) + 1 +
                    text_cells(sheet->canvas, tracks[i].row->service->cluster);
        most = cells > most ? cells : most;
    }
    return most < limit ? most : limit;
}

static void put_scale(struct sheet *sheet, const struct look *look, int left, int cells)
{
    char day[DAYTIME_TEXT];

    sheet_line(sheet);
    for (int c = 0; c + CHART_SCALE / 2 < cells - 3; c += CHART_SCALE) {
        int64_t at = look->frame->utc_ms - CHART_MS + (int64_t)CHART_MS * c / cells;
        sheet_tab(sheet, left + c);
        sheet_put(sheet, ROLE_DIM, "%.5s", daytime_text(at, day));
    }
    sheet_tab(sheet, left + cells - 3);
    sheet_text(sheet, ROLE_DIM, "now");
}

static void section_chart(struct sheet *sheet, const struct look *look, const struct entries *all)
{
    struct track tracks[CHART_LINES];
    size_t count = find_tracks(look, all, tracks), shown = count;
    char title[120], name[512], whole[600];

    shown = shown > CHART_LINES ? CHART_LINES : shown;
    const char *sifted = look->screen->sift.filter[0] ? ", of what the filter shows" : "";
    snprintf(title, sizeof title, "changed in the last 60 min: %zu%s service%s%s", shown,
             count > shown ? "+" : "", shown == 1 ? "" : "s", sifted);
    if (!shown)
        snprintf(title, sizeof title, "changed in the last 60 min: nothing%s", sifted);
    sheet_rule(sheet, title);
    if (!shown && look->screen->sift.filter[0])
        return;
    if (!shown) {
        sheet_line(sheet);
        sheet_wrap(sheet, ROLE_DIM, 0, 2,
                   "no version, image, configuration or scale, as far as it was heard");
        return;
    }
    int left = name_room(sheet, tracks, shown) + 2, by = sheet->width >= 76 ? 14 : 0;
    int cells = sheet->width - left - by;
    cells = cells > CHART_CELLS ? CHART_CELLS : cells;
    for (size_t i = 0; i < shown && cells > 8; i++) {
        const struct service *service = tracks[i].row->service;
        snprintf(whole, sizeof whole, "%s@%s", service->name, service->cluster);
        sheet_line(sheet);
        sheet_text(sheet, tracks[i].row == look->row ? ROLE_STRONG : ROLE_TEXT,
                   text_middle(sheet->canvas, whole, left - 2, name, sizeof name));
        sheet_tab(sheet, left);
        put_track(sheet, look, all, &tracks[i], cells);
        if (by && tracks[i].by[0])
            sheet_put(sheet, ROLE_DIM, " %s",
                      text_middle(sheet->canvas, tracks[i].by, by - 2, name, sizeof name));
    }
    if (cells > 8)
        put_scale(sheet, look, left, cells);
}

/* ---- the list ---- */

static void put_what(struct sheet *sheet, const struct entry *entry, int column)
{
    if (!entry->began) {
        sheet_say(sheet, entry->kind == EVENT_NOTE ? ROLE_DIM : ROLE_TEXT, column, 2, entry->text);
        return;
    }
    sheet_text(sheet, ROLE_TEXT, entry->began->to[0] ? "rollout began: " : "rolled out: ");
    put_version(sheet, entry->began, entry->began->from);
    if (!entry->began->to[0])
        return;
    sheet_put(sheet, ROLE_DIM, " %s ", canvas_glyph_text(sheet->canvas, GLYPH_ARROW));
    put_version(sheet, entry->began, entry->began->to);
}

static void put_entry(struct sheet *sheet, const struct look *look, const struct entry *entry)
{
    char day[DAYTIME_TEXT], name[300], whole[400];
    int column;

    sheet_line(sheet);
    sheet_text(sheet, ROLE_EVENT_TIME, daytime_text(entry->at_utc_ms, day));
    if (look->frame->utc_ms - entry->at_utc_ms >= 24 * (int64_t)CHART_MS)
        sheet_put(sheet, ROLE_DIM, " -%dd",
                  (int)((look->frame->utc_ms - entry->at_utc_ms) / (24 * (int64_t)CHART_MS)));
    sheet_text(sheet, ROLE_TEXT, " ");
    sheet_glyphs(sheet, signs[entry->kind].role, signs[entry->kind].glyph, 1);
    sheet_put(sheet, signs[entry->kind].role, " %-7s ", event_word[entry->kind]);
    if (!look->screen->only) {
        int room = sheet->width >= 76 ? 24 : 14;
        column = sheet->column;
        snprintf(whole, sizeof whole, "%s%s%s", entry->name, entry->name[0] ? "@" : "",
                 entry->cluster);
        sheet_text(sheet, ROLE_STRONG, text_middle(sheet->canvas, whole, room, name, sizeof name));
        sheet_tab(sheet, column + room + 1);
    }
    put_what(sheet, entry, sheet->column < sheet->width / 2 ? sheet->column : 9);
    if (entry->by[0])
        sheet_put(sheet, ROLE_DIM, ", %s", entry->by);
}

static void section_all(struct sheet *sheet, const struct look *look, const struct entries *all)
{
    const struct frame *frame = look->frame;
    char day[DAYTIME_TEXT];
    bool told = false;

    char title[96];

    snprintf(title, sizeof title, "of %s, newest first (%s: of %s)",
             look->screen->only ? "this service" : "all services",
             keymap_name(sheet->canvas->keymap, COMMAND_ONLY),
             look->screen->only ? "all" : "this one");
    sheet_rule(sheet, title);
    for (size_t i = 0; i < all->count && i < TIMELINE_LINES; i++) {
        if (!told && frame->opened_utc_ms > 0 && all->entry[i].at_utc_ms < frame->opened_utc_ms) {
            sheet_line(sheet);
            sheet_put(sheet, ROLE_DIM, "%s lockstep began to listen; before that: %s",
                      daytime_text(frame->opened_utc_ms, day),
                      frame->past ? "engines and the local record" : "what the engines remember");
            told = true;
        }
        put_entry(sheet, look, &all->entry[i]);
    }
    if (all->count == 0) {
        sheet_line(sheet);
        sheet_text(sheet, ROLE_DIM,
                   all->all ? "nothing that happened matches the filter" : "nothing happened yet");
    }
}

static void compose_chart(struct sheet *sheet, const struct look *look)
{
    struct entries all = collect(look);

    sheet->rank = RANK_FACT;
    section_chart(sheet, look, &all);
    if (frame_alarms(look)) {
        sheet_rule(sheet, "broken rules");
        section_alarms(sheet, look);
    }
    free(all.entry);
}

static void compose_list(struct sheet *sheet, const struct look *look)
{
    struct entries all = collect(look);

    sheet->rank = RANK_FACT;
    section_all(sheet, look, &all);
    free(all.entry);
}

static void compose_one(struct sheet *sheet, const struct look *look)
{
    struct entries all = collect(look);

    sheet->rank = RANK_FACT;
    section_chart(sheet, look, &all);
    section_all(sheet, look, &all);
    free(all.entry);
}

static void count_entries(struct screen *screen, const struct frame *frame)
{
    const struct look look = {screen, frame, screen_selected(screen, frame)};

    screen->sift.shown = screen->sift.all = 0;
    if (!look.row)
        return;
    struct entries all = collect(&look);
    screen->sift.shown = all.count;
    screen->sift.all = all.all;
    free(all.entry);
}

static void timeline_draw(struct screen *screen, const struct frame *frame, struct canvas *canvas)
{
    if (screen->sift.filter[0] || screen->sift.typing)
        count_entries(screen, frame);
    const struct page page = {compose_chart, compose_list, compose_one, TIMELINE_WIDE, "timeline"};

    page_draw(&page, screen, canvas, frame);
}

static bool timeline_command(struct screen *screen, const struct frame *frame, enum command command,
                             int height)
{
    if (command == COMMAND_ONLY) {
        screen->only = !screen->only;
        screen->scroll = 0;
        return true;
    }
    return page_command(screen, frame, command, height);
}

const struct view view_timeline = {
    .name = "timeline", .draw = timeline_draw, .command = timeline_command, .click = page_click};
