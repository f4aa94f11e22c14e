/* chrome_title.c: the title line, which is also the legend of the signs, and the alert line. */
#include "views/parts.h"

#include <stdio.h>
#include <string.h>

/* From roomy to terse: the first level that fits is taken. */
enum title_level {
    TITLE_FULL,
    TITLE_NO_VERSION,
    TITLE_SHORT_CLOCK,
    TITLE_SHORT_WORDS,
    TITLE_BARE,
    TITLE_TIGHT,
    TITLE_SIGNS,
    TITLE_LEVELS
};

static const char *const short_word[BOARD_COUNT] = {
    [BOARD_GLASS] = "glass",   [BOARD_FAILED] = "failed",     [BOARD_STUCK] = "stuck",
    [BOARD_VIOLATED] = "rule", [BOARD_ROLLING_BACK] = "undo", [BOARD_MOVING] = "moving",
    [BOARD_HELD] = "held",     [BOARD_STEADY] = "ok",         [BOARD_STALE] = "stale",
};

static bool does_harm(const struct screen *screen, const struct board_cluster *cluster)
{
    return screen->armed && cluster_needs_arming(cluster);
}

static const struct board_cluster *cluster_of(const struct screen *screen,
                                              const struct frame *frame)
{
    const struct board_cluster *cluster = frame_cluster(frame, screen->cluster);

    return cluster ? cluster : frame->cluster_count ? &frame->clusters[0] : NULL;
}

static void put_badge(struct sheet *sheet, const struct screen *screen,
                      const struct board_cluster *cluster, enum title_level level, enum role bar)
{
    if (!cluster)
        return;
    if (level <= TITLE_BARE) /* which one is armed is the last thing to go */
        sheet_put(sheet, bar, "%.20s ", cluster->name);
    if (cluster->read_only)
        sheet_text(sheet, bar, level <= TITLE_SHORT_CLOCK ? "RO read-only" : "RO");
    else if (!cluster_needs_arming(cluster))
        sheet_text(sheet, bar, "RW");
    else if (screen->armed)
        sheet_text(sheet, ROLE_TITLE_ARMED, level <= TITLE_SHORT_WORDS ? "RW ARMED" : "ARMED");
    else
        sheet_text(sheet, bar, level <= TITLE_SHORT_CLOCK ? "RW unarmed" : "unarmed");
    sheet_text(sheet, bar, level < TITLE_TIGHT ? "   " : " ");
}

static void compose_left(struct sheet *sheet, const struct frame *frame, enum title_level level,
                         enum role bar)
{
    const char *gap = level >= TITLE_TIGHT ? " " : "  ";

    if (level < TITLE_BARE)
        sheet_put(sheet, bar, " lockstep%s%s ", level == TITLE_FULL ? " " : "",
                  level == TITLE_FULL ? LOCKSTEP_VERSION : "");
    if (level <= TITLE_NO_VERSION && frame->cluster_count != 1)
        sheet_put(sheet, bar, " %zu clusters ", frame->cluster_count);
    for (int s = 0; s < BOARD_COUNT; s++) {
        size_t count = frame_count(frame, (enum board_state)s);
        if (count == 0)
            continue;
        enum role role = state_needs_you((enum board_state)s) && bar == ROLE_TITLE
                             ? state_role((enum board_state)s)
                             : bar;
        sheet_text(sheet, bar, gap);
        sheet_glyphs(sheet, role, state_glyph((enum board_state)s), 1);
        sheet_put(sheet, role, "%zu", count);
        if (level < TITLE_SIGNS || state_needs_you((enum board_state)s))
            sheet_put(sheet, role, " %s",
                      level >= TITLE_SHORT_WORDS ? short_word[s] : board_word[s]);
    }
}

void chrome_title(const struct screen *screen, const struct frame *frame, struct canvas *canvas)
{
    const struct board_cluster *cluster = cluster_of(screen, frame);
    enum role bar = does_harm(screen, cluster) ? ROLE_TITLE_ARMED : ROLE_TITLE;
    char day[DAYTIME_TEXT];

    canvas_fill(canvas, 0, 0, canvas->width, bar);
    for (int level = TITLE_FULL; level < TITLE_LEVELS; level++) {
        struct sheet left, right;
        sheet_init(&left, canvas, 400);
        compose_left(&left, frame, (enum title_level)level, bar);
        sheet_init(&right, canvas, 400);
        put_badge(&right, screen, cluster, (enum title_level)level, bar);
        sheet_put(&right, bar, "%s%s ", daytime_text(frame->utc_ms, day),
                  level < TITLE_SHORT_CLOCK ? " UTC" : "Z");
        bool fits = left.column + 1 + right.column <= canvas->width;
        if (fits || level == TITLE_LEVELS - 1) {
            sheet_draw(&left, canvas, 0, 0, 1, 0);
            sheet_draw(&right, canvas, 0, canvas->width - right.column, 1, 0);
        }
        sheet_release(&left);
        sheet_release(&right);
        if (fits)
            break;
    }
}

static const struct board_cluster *lost_cluster(const struct frame *frame)
{
    for (size_t i = 0; i < frame->cluster_count; i++)
        if (frame->clusters[i].state == CLUSTER_STALE)
            return &frame->clusters[i];
    return NULL;
}

static const struct alarm *open_alarm(const struct frame *frame)
{
    return frame->alarm_count && !frame->alarms[0].resolved ? &frame->alarms[0] : NULL;
}

static const struct row *urgent_row(const struct frame *frame)
{
    const struct row *row = frame->row_count ? frame->rows[0] : NULL;

    return row && state_needs_you(row->state) ? row : NULL;
}

bool frame_has_alert(const struct frame *frame)
{
    return urgent_row(frame) || open_alarm(frame) || lost_cluster(frame);
}

static const char *reason_of(const struct frame *frame, const struct row *row)
{
    for (size_t i = 0; i < frame->alarm_count && row->state == BOARD_VIOLATED; i++)
        if (!frame->alarms[i].resolved &&
            strcmp(frame->alarms[i].service_id, row->service->id) == 0 &&
            strcmp(frame->alarms[i].cluster, row->service->cluster) == 0)
            return frame->alarms[i].sentence;
    return row->why;
}

static void alert_row(struct sheet *sheet, const struct frame *frame, const struct row *row)
{
    char name[256], span[SPAN_TEXT], word[32];

    snprintf(word, sizeof word, "%s", board_word[row->state]);
    for (char *c = word; *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    sheet_glyphs(sheet, state_role(row->state), state_glyph(row->state), 1);
    sheet_put(sheet, ROLE_ALERT, " %s@%s %s",
              text_middle(sheet->canvas, row->service->name, sheet->width / 3, name, sizeof name),
              row->service->cluster, word);
    if (row->since_utc_ms >= 0)
        sheet_put(sheet, ROLE_ALERT, " %s", since_text(frame, row->since_utc_ms, span));
    if (row->steps)
        sheet_put(sheet, ROLE_ALERT, " at step %u/%u", row->step, row->steps);
    const char *why = reason_of(frame, row);
    if (why[0]) {
        sheet_text(sheet, ROLE_ALERT, ": ");
        sheet_say(sheet, ROLE_ALERT, 0, 1, why);
    }
}

void chrome_alert(const struct screen *screen, const struct frame *frame, struct canvas *canvas,
                  int y)
{
    const struct row *row = urgent_row(frame);
    const struct alarm *alarm = open_alarm(frame);
    const struct board_cluster *lost = lost_cluster(frame);
    size_t others = 0;
    char hint[64] = "", age[SPAN_TEXT];
    struct sheet sheet;

    for (size_t i = 1; i < frame->row_count; i++)
        others += state_needs_you(frame->rows[i]->state);
    if (others)
        snprintf(hint, sizeof hint, " %zu more: %s", others,
                 keymap_name(canvas->keymap, COMMAND_NEXT_ALERT));
    else if (row && !screen_is_on(screen, row))
        snprintf(hint, sizeof hint, " %s: go there",
                 keymap_name(canvas->keymap, COMMAND_NEXT_ALERT));
    int room = text_cells(canvas, hint);
    sheet_init(&sheet, canvas, canvas->width - room - (room ? 1 : 0));
    if (row) {
        alert_row(&sheet, frame, row);
    } else if (alarm) {
        sheet_glyphs(&sheet, ROLE_VIOLATED, GLYPH_VIOLATED, 1);
        sheet_put(&sheet, ROLE_ALERT, " %s@%s %s: ", alarm->name, alarm->cluster,
                  rule_word[alarm->rule]);
        sheet_say(&sheet, ROLE_ALERT, 0, 1, alarm->sentence);
    } else if (lost) {
        sheet_glyphs(&sheet, ROLE_STALE, GLYPH_STALE, 1);
        sheet_put(&sheet, ROLE_ALERT, " %s is not heard of since %s: %s", lost->name,
                  age_text(lost->age_ms, age), lost->why ? lost->why : "");
    }
    sheet_draw(&sheet, canvas, y, 0, 1, 0);
    canvas_text(canvas, y, canvas->width - room - 1, room, ROLE_KEY_HINT, hint);
    sheet_release(&sheet);
}
