/* chrome.c: the lines around a view: alert and title above; below, from the bottom, the
 * keys, the clusters with the age of what they said, one line that answers the last key,
 * and the caption of a story. */
#include "palette.h"
#include "views/filter.h"
#include "views/list.h"
#include "views/parts.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum { ENDED_SHOWN_MS = 15000, CAPTION_LINES = 3 };

/* The line that answers: what is being typed, what the last key did, what is on its way. */
struct reply {
    enum role role;
    bool typing;
    const char *typed; /* ROLE_INPUT */
    char text[600];
};

static size_t running(const struct frame *frame)
{
    size_t count = 0;

    for (size_t i = 0; i < frame->action_count; i++)
        count += frame->actions[i].end == END_NONE;
    return count;
}

/* The newest one on its way, else the newest that ended a moment ago or ended badly. */
static const struct action_status *telling_action(const struct frame *frame)
{
    for (size_t i = 0; i < frame->action_count; i++)
        if (frame->actions[i].end == END_NONE)
            return &frame->actions[i];
    for (size_t i = 0; i < frame->action_count; i++) {
        const struct action_status *status = &frame->actions[i];
        if (status->end == END_UNKNOWN || frame->now_ms - status->since_ms < ENDED_SHOWN_MS)
            return status;
    }
    return NULL;
}

static void tell_action(const struct frame *frame, const struct canvas *canvas,
                        const struct action_status *status, struct reply *reply)
{
    size_t others = running(frame);

    reply->role = action_line(frame, canvas, status, reply->text, sizeof reply->text);
    if (others > 1) {
        size_t len = strlen(reply->text);
        snprintf(reply->text + len, sizeof reply->text - len, "  (and %zu more)", others - 1);
    }
}

static void tell_shown(const struct screen *screen, struct reply *reply, const char *typed,
                       bool typing, size_t shown, size_t all)
{
    struct filter filter;
    bool good = filter_parse(&filter, typed);

    filter_release(&filter);
    reply->typing = typing;
    reply->typed = typed;
    reply->role = ROLE_INPUT;
    if (!good)
        snprintf(reply->text, sizeof reply->text, "  %s", filter.complaint);
    else if (typing)
        snprintf(reply->text, sizeof reply->text, "  %zu of %zu   enter keeps it, esc drops it",
                 shown, all);
    else
        snprintf(reply->text, sizeof reply->text, "  %zu of %zu   %s shows all", shown, all,
                 keymap_name(screen->keymap, COMMAND_BACK));
}

static void tell_filter(const struct screen *screen, const struct frame *frame, struct reply *reply)
{
    struct filter filter;
    size_t shown = 0;
    bool good = filter_parse(&filter, screen->filter);

    for (size_t i = 0; good && i < frame->row_count; i++)
        shown += filter_holds(&filter, screen, frame, frame->rows[i]);
    filter_release(&filter);
    tell_shown(screen, reply, screen->filter, screen->filtering, shown, frame->row_count);
}

static void tell_find(const struct screen *screen, const struct frame *frame, struct reply *reply)
{
    char then[80] = "enter: the newest, esc drops it";
    struct err why = {0};
    size_t found = log_matches(frame->log, screen->log.find, &why);

    if (!screen->log.finding)
        snprintf(then, sizeof then, "%s older, %s newer, %s goes back",
                 keymap_shown(screen->keymap, COMMAND_PREV_MATCH),
                 keymap_shown(screen->keymap, COMMAND_NEXT_MATCH),
                 keymap_shown(screen->keymap, COMMAND_BACK));
    reply->typing = screen->log.finding;
    reply->typed = screen->log.find;
    reply->role = ROLE_INPUT;
    if (why.code != ERR_NONE)
        snprintf(reply->text, sizeof reply->text, "  %s", why.text);
    else
        snprintf(reply->text, sizeof reply->text, "  %zu line%s   %s", found, found == 1 ? "" : "s",
                 then);
}

static bool find_reply(const struct screen *screen, const struct frame *frame,
                       const struct canvas *canvas, struct reply *reply)
{
    const struct action_status *status = telling_action(frame);
    bool flashes = screen->flash[0] && frame->now_ms < screen->flash_until_ms;

    memset(reply, 0, sizeof *reply);
    if (screen->log.finding) {
        tell_find(screen, frame, reply);
    } else if (screen->palette.open) {
        reply->role = ROLE_INPUT;
        reply->typing = true;
        snprintf(reply->text, sizeof reply->text, "  tab completes, enter does it, esc closes");
    } else if (screen->sift.typing) {
        tell_shown(screen, reply, screen->sift.filter, true, screen->sift.shown, screen->sift.all);
    } else if (screen->filtering) {
        tell_filter(screen, frame, reply);
    } else if (flashes) {
        reply->role = ROLE_STRONG;
        snprintf(reply->text, sizeof reply->text, "%s", screen->flash);
    } else if (status) {
        tell_action(frame, canvas, status, reply);
    } else if (frame->notice && frame->notice[0]) {
        reply->role = ROLE_STUCK;
        snprintf(reply->text, sizeof reply->text, "%s", frame->notice);
    } else if (frame->log && screen->log.find[0]) {
        tell_find(screen, frame, reply);
    } else if (screen->sift.filter[0]) {
        tell_shown(screen, reply, screen->sift.filter, false, screen->sift.shown, screen->sift.all);
    } else if (screen->filter[0]) {
        tell_filter(screen, frame, reply);
    } else {
        return false;
    }
    return true;
}

/* The key to press stands in front, as if it were a key of the bar. */
static void lay_caption(const struct screen *screen, const struct frame *frame,
                        const struct canvas *canvas, struct sheet *sheet)
{
    sheet_init(sheet, canvas, canvas->width - 1);
    if (!frame->caption || !frame->caption[0])
        return;
    sheet_line(sheet);
    if (screen->caption_key[0]) {
        sheet_text(sheet, ROLE_MARKED, " ");
        sheet_text(sheet, ROLE_MARKED, screen->caption_key);
        sheet_text(sheet, ROLE_MARKED, " ");
    }
    sheet_text(sheet, ROLE_CAPTION, " ");
    sheet_wrap(sheet, ROLE_CAPTION, 1, CAPTION_LINES, frame->caption);
}

static int caption_lines(const struct screen *screen, const struct frame *frame,
                         const struct canvas *canvas)
{
    struct sheet sheet;

    lay_caption(screen, frame, canvas, &sheet);
    int lines = (int)sheet.line_count;
    sheet_release(&sheet);
    return lines;
}

static void draw_caption(const struct screen *screen, const struct frame *frame,
                         struct canvas *canvas, int y)
{
    struct sheet sheet;

    lay_caption(screen, frame, canvas, &sheet);
    int lines = (int)sheet.line_count;
    sheet_draw(&sheet, canvas, y - lines + 1, 0, lines, 0);
    sheet_release(&sheet);
}

struct area screen_body(const struct screen *screen, const struct frame *frame,
                        const struct canvas *canvas)
{
    struct reply reply;
    int above = 1 + frame_has_alert(frame), below = 2;

    below += find_reply(screen, frame, canvas, &reply);
    below += caption_lines(screen, frame, canvas);
    int height = canvas->height - above - below;
    return (struct area){
        .y = above, .x = 0, .height = height > 0 ? height : 0, .width = canvas->width};
}

static void draw_reply(const struct screen *screen, const struct reply *reply,
                       struct canvas *canvas, int y)
{
    struct sheet sheet;

    sheet_init(&sheet, canvas, canvas->width);
    if (reply->role == ROLE_INPUT) {
        sheet_text(&sheet, ROLE_KEY_HINT, screen->palette.open ? ":" : "/");
        sheet_text(&sheet, ROLE_INPUT, screen->palette.open ? screen->palette.text : reply->typed);
        if (reply->typing) {
            canvas->cursor_y = y;
            canvas->cursor_x = sheet.column;
            sheet_text(&sheet, ROLE_INPUT, "_");
        }
        sheet_text(&sheet, ROLE_DIM, reply->text);
    } else {
        sheet_text(&sheet, ROLE_TEXT, " ");
        sheet_say(&sheet, reply->role, 0, 1, reply->text);
    }
    sheet_draw(&sheet, canvas, y, 0, 1, 0);
    sheet_release(&sheet);
}

static void put_cluster(struct sheet *sheet, const struct screen *screen, const struct frame *frame,
                        const struct board_cluster *cluster)
{
    char age[SPAN_TEXT];
    bool only = frame->cluster_count == 1;
    long digit = cluster - frame->clusters + 1;
    bool chosen = strcmp(screen->only_cluster, cluster->name) == 0;

    if (!only && digit <= 9)
        sheet_put(sheet, chosen ? ROLE_MARKED : ROLE_KEY_HINT, "%ld ", digit);

    if (cluster->state == CLUSTER_LIVE) {
        sheet_put(sheet, ROLE_DIM, "%s %s", cluster->name, age_text(cluster->age_ms, age));
        if (only && cluster->who[0])
            sheet_put(sheet, ROLE_DIM, " as %s", cluster->who);
        if (cluster->why && cluster->why[0])
            sheet_put(sheet, ROLE_STALE, " (%.60s)", cluster->why);
        return;
    }
    if (cluster->state == CLUSTER_STALE)
        sheet_put(sheet, ROLE_STALE, "%s STALE %s", cluster->name, age_text(cluster->age_ms, age));
    else
        sheet_put(sheet, ROLE_MOVING, "%s connecting", cluster->name);
    if (cluster->why && cluster->why[0] && (only || sheet->width >= 110))
        sheet_put(sheet, ROLE_DIM, " (%.60s)", cluster->why);
}

/* Those in trouble first; when they do not all fit, the rest is counted. */
static void draw_clusters(const struct screen *screen, const struct frame *frame,
                          struct canvas *canvas, int y)
{
    struct sheet sheet;
    size_t shown = 0;

    sheet_init(&sheet, canvas, canvas->width - 1);
    sheet_text(&sheet, ROLE_DIM, " ");
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < frame->cluster_count; i++) {
            const struct board_cluster *cluster = &frame->clusters[i];
            struct sheet probe;
            if ((cluster->state == CLUSTER_LIVE) != (pass == 1))
                continue;
            sheet_init(&probe, canvas, 400);
            probe.width = canvas->width;
            put_cluster(&probe, screen, frame, cluster);
            int need = probe.column + (shown ? 3 : 0);
            sheet_release(&probe);
            int reserve = shown + 1 < frame->cluster_count ? 10 : 0;
            if (shown && sheet_room(&sheet) < need + reserve)
                continue;
            if (shown) {
                sheet_text(&sheet, ROLE_DIM, " ");
                sheet_glyphs(&sheet, ROLE_DIM, GLYPH_MIDDOT, 1);
                sheet_text(&sheet, ROLE_DIM, " ");
            }
            put_cluster(&sheet, screen, frame, cluster);
            shown++;
        }
    if (shown < frame->cluster_count)
        sheet_put(&sheet, ROLE_DIM, "  +%zu more", frame->cluster_count - shown);
    if (frame->cluster_count == 0)
        sheet_text(&sheet, ROLE_DIM, "no cluster is configured");
    sheet_draw(&sheet, canvas, y, 0, 1, 0);
    sheet_release(&sheet);
}

/* In the order of the bar; those of a low rank go last when there is no room. */
static const struct {
    enum command command;
    int rank;
} bar[] = {
    {COMMAND_STEP, 0},   {COMMAND_PAUSE, 0},     {COMMAND_RESUME, 0},  {COMMAND_UNDO, 0},
    {COMMAND_MORE, 7},   {COMMAND_OPEN, 3},      {COMMAND_SAFETY, 6},  {COMMAND_LOG, 8},
    {COMMAND_FILTER, 5}, {COMMAND_NEXT_VIEW, 4}, {COMMAND_PALETTE, 9}, {COMMAND_BACK, 2},
    {COMMAND_ARM, 4},    {COMMAND_HELP, 1},      {COMMAND_QUIT, 1},
};

static bool belongs(const struct view *view, const struct board_cluster *cluster,
                    enum command command)
{
    if (command_info[command].label[0] == '\0')
        return false;
    if (command == COMMAND_OPEN)
        return view == &view_fleet;
    if (command == COMMAND_FILTER)
        return view == &view_fleet || view == &view_log || view == &view_nodes ||
               view == &view_timeline;
    if (command == COMMAND_SAFETY || command == COMMAND_LOG)
        return view == &view_fleet || view == &view_rollout;
    if (command == COMMAND_BACK || command == COMMAND_NEXT_VIEW)
        return view != &view_fleet && (view != &view_help || command == COMMAND_BACK);
    if (command == COMMAND_HELP)
        return view != &view_help;
    if (command_acts(command))
        return view != &view_help;
    if (command == COMMAND_ARM)
        return view != &view_help && cluster_needs_arming(cluster);
    return true;
}

/* One key of the bar as it stands there now. */
struct hint {
    const char *key, *word;
    bool shown, ready;
    int rank, cells;
};

static struct hint hint_of(const struct screen *screen, const struct frame *frame,
                           const struct row *row, const struct canvas *canvas, enum command command)
{
    struct hint hint = {.key = keymap_shown(screen->keymap, command),
                        .word = command_info[command].label,
                        .shown = true,
                        .ready = true};

    if (strcmp(hint.key, "enter") == 0)
        hint.key = canvas_glyph_text(canvas, GLYPH_ENTER);
    if (command == COMMAND_FILTER && frame->log)
        hint.word = "find";
    if (command == COMMAND_ARM && screen->armed)
        hint.word = "disarm";
    if (command_acts(command) && command != COMMAND_MORE) {
        struct offer offer = offer_of(screen, frame, row, command);
        hint.ready = offer.ready;
        if (offer.verb == VERB_START)
            hint.word = "start";
    }
    hint.cells = text_cells(canvas, hint.key) + 1 + text_cells(canvas, hint.word) + 2;
    return hint;
}

static void hide_what_does_not_fit(struct hint *hints, size_t count, int room)
{
    for (;;) {
        size_t last = count;
        int cells = 0;
        for (size_t i = 0; i < count; i++)
            if (hints[i].shown) {
                cells += hints[i].cells;
                last = last == count || hints[i].rank >= hints[last].rank ? i : last;
            }
        if (cells <= room || last == count)
            return;
        hints[last].shown = false;
    }
}

/* The keys of the bar that there is room for. */
static void lay_keys(const struct view *view, const struct screen *screen,
                     const struct frame *frame, const struct canvas *canvas,
                     struct hint hints[ARRAY_LEN(bar)])
{
    const struct row *row = screen_selected(screen, frame);
    const struct board_cluster *cluster = frame_cluster(frame, screen->cluster);
    int right = 0;

    if (screen->show_keys && screen->last_key[0])
        right = text_cells(canvas, screen->last_key) + 2;
    for (size_t i = 0; i < ARRAY_LEN(bar); i++) {
        hints[i] = hint_of(screen, frame, row, canvas, bar[i].command);
        hints[i].rank = bar[i].rank;
        hints[i].shown = hints[i].key[0] && belongs(view, cluster, bar[i].command);
    }
    hide_what_does_not_fit(hints, ARRAY_LEN(bar), canvas->width - right);
}

enum command chrome_click(const struct view *view, const struct screen *screen,
                          const struct frame *frame, const struct canvas *canvas, int y, int x)
{
    struct hint hints[ARRAY_LEN(bar)];
    int at = 0;

    if (y != canvas->height - 1 || canvas->width < VIEW_WIDTH_MIN ||
        canvas->height < VIEW_HEIGHT_MIN)
        return COMMAND_NONE;
    lay_keys(view, screen, frame, canvas, hints);
    for (size_t i = 0; i < ARRAY_LEN(bar); i++) {
        if (!hints[i].shown)
            continue;
        if (x >= at && x < at + hints[i].cells)
            return bar[i].command;
        at += hints[i].cells;
    }
    return COMMAND_NONE;
}

/* A key in brackets would not act now. */
static void draw_keys(const struct view *view, const struct screen *screen,
                      const struct frame *frame, struct canvas *canvas, int y)
{
    struct hint hints[ARRAY_LEN(bar)];
    int x = 0;

    lay_keys(view, screen, frame, canvas, hints);
    for (size_t i = 0; i < ARRAY_LEN(bar); i++) {
        const struct hint *hint = &hints[i];
        if (!hint->shown)
            continue;
        if (hint->ready) {
            int at = canvas_text(canvas, y, x + 1, hint->cells, ROLE_KEY_HINT, hint->key);
            canvas_text(canvas, y, x + at + 2, hint->cells, ROLE_KEY_LABEL, hint->word);
        } else {
            canvas_print(canvas, y, x, hint->cells, ROLE_KEY_OFF, "(%s %s)", hint->key, hint->word);
        }
        x += hint->cells;
    }
    if (screen->show_keys && screen->last_key[0]) {
        int right = text_cells(canvas, screen->last_key) + 2;
        canvas_print(canvas, y, canvas->width - right, right, ROLE_MARKED, " %s ",
                     screen->last_key);
    }
}

void chrome_draw(const struct view *view, const struct screen *screen, const struct frame *frame,
                 struct canvas *canvas)
{
    struct reply reply;
    int y = canvas->height - 1;

    chrome_title(screen, frame, canvas);
    if (frame_has_alert(frame))
        chrome_alert(screen, frame, canvas, 1);
    draw_keys(view, screen, frame, canvas, y--);
    draw_clusters(screen, frame, canvas, y--);
    if (find_reply(screen, frame, canvas, &reply))
        draw_reply(screen, &reply, canvas, y--);
    if (screen->palette.open)
        palette_draw(screen, frame, canvas, y);
    else
        draw_caption(screen, frame, canvas, y);
}
