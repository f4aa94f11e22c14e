/* events.c: what happened lately, and which rules are broken. */
#include "views/sections.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static bool concerns(const struct row *row, const char *cluster, const char *name)
{
    return !row ||
           (strcmp(row->service->name, name) == 0 && strcmp(row->service->cluster, cluster) == 0);
}

static void put_name(struct sheet *sheet, enum role role, const char *text, int room)
{
    char name[512];
    int column = sheet->column;

    sheet_text(sheet, role, text_middle(sheet->canvas, text, room, name, sizeof name));
    sheet_tab(sheet, column + room + 1);
}

/* The widest cluster and name among the events that will be shown. */
static void measure(const struct sheet *sheet, const struct look *look, int most, int *cluster,
                    int *name)
{
    const struct frame *frame = look->frame;

    *cluster = *name = 0;
    for (size_t i = 0; i < frame->event_count && most > 0; i++) {
        const struct board_event *event = &frame->events[i];
        if (!concerns(look->row, event->cluster, event->name))
            continue;
        int cells = text_cells(sheet->canvas, event->cluster);
        *cluster = cells > *cluster ? cells : *cluster;
        cells = text_cells(sheet->canvas, event->name);
        *name = cells > *name ? cells : *name;
        most--;
    }
    int room = sheet->width / 5;
    *cluster = *cluster > room ? room : *cluster;
    *name = *name > room + 4 ? room + 4 : *name;
}

void section_events(struct sheet *sheet, const struct look *look, int most)
{
    const struct frame *frame = look->frame;
    int cluster, name, left = most;

    sheet->rank = RANK_NICE;
    measure(sheet, look, most, &cluster, &name);
    for (size_t i = 0; i < frame->event_count && left > 0; i++) {
        const struct board_event *event = &frame->events[i];
        char day[DAYTIME_TEXT];
        if (!concerns(look->row, event->cluster, event->name))
            continue;
        sheet_line(sheet);
        sheet_text(sheet, ROLE_EVENT_TIME, daytime_text(event->at_utc_ms, day));
        sheet_text(sheet, ROLE_TEXT, " ");
        if (!look->row) {
            put_name(sheet, ROLE_DIM, event->cluster, cluster);
            put_name(sheet, ROLE_STRONG, event->name, name);
        }
        sheet_say(sheet, ROLE_TEXT, sheet->column, 1, event->text);
        if (event->by[0] && sheet_room(sheet) > 5)
            sheet_put(sheet, ROLE_DIM, ", %s", event->by);
        left--;
    }
    if (left == most) {
        sheet_line(sheet);
        sheet_text(sheet, ROLE_DIM, "nothing happened yet");
    }
}

static bool is_told(const struct look *look, const struct alarm *alarm)
{
    return !look->row || (strcmp(alarm->cluster, look->row->service->cluster) == 0 &&
                          strcmp(alarm->service_id, look->row->service->id) == 0);
}

size_t frame_alarms(const struct look *look)
{
    size_t count = 0;

    for (size_t i = 0; i < look->frame->alarm_count; i++)
        count += is_told(look, &look->frame->alarms[i]);
    return count;
}

static void put_seen(struct sheet *sheet, const struct frame *frame, const struct alarm *alarm)
{
    char first[DAYTIME_TEXT], ago[SPAN_TEXT];

    sheet_put(sheet, ROLE_DIM, ", first seen %s, last seen %s ago",
              daytime_text(alarm->first_utc_ms, first), since_text(frame, alarm->last_utc_ms, ago));
}

void section_alarms(struct sheet *sheet, const struct look *look)
{
    const struct frame *frame = look->frame;

    sheet->rank = RANK_KEY;
    for (size_t i = 0; i < frame->alarm_count; i++) {
        const struct alarm *alarm = &frame->alarms[i];
        char first[DAYTIME_TEXT], last[DAYTIME_TEXT], span[SPAN_TEXT];
        if (!is_told(look, alarm))
            continue;
        enum role role = alarm->resolved ? ROLE_DIM : ROLE_VIOLATED;
        sheet_line(sheet);
        sheet_glyphs(sheet, role, alarm->resolved ? GLYPH_TICK : GLYPH_VIOLATED, 1);
        sheet_put(sheet, role, " %s ", rule_word[alarm->rule]);
        if (!look->row)
            sheet_put(sheet, ROLE_STRONG, "%s@%s ", alarm->name, alarm->cluster);
        if (alarm->resolved && look->row)
            sheet_put(sheet, ROLE_DIM,
                      "over, from %s to %s: ", daytime_text(alarm->first_utc_ms, first),
                      daytime_text(alarm->last_utc_ms, last));
        else if (alarm->resolved)
            sheet_put(sheet, ROLE_DIM, "over, from %s: ", daytime_text(alarm->first_utc_ms, first));
        else
            sheet_put(sheet, ROLE_DIM, "for %s", since_text(frame, alarm->first_utc_ms, span));
        if (!alarm->resolved && look->row)
            put_seen(sheet, frame, alarm);
        sheet_text(sheet, ROLE_DIM, alarm->resolved ? "" : ": ");
        sheet_say(sheet, ROLE_TEXT, 5, alarm->resolved ? 1 : 3, alarm->sentence);
    }
}
