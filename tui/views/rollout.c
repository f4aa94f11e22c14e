/* rollout.c: everything about one service: what it is doing and why, what each key would do,
 * where it runs, what is on record. Two columns from 110, else one that scrolls. */
#include "views/page.h"

enum { ROLLOUT_TWO_COLUMNS = 110, ROLLOUT_EVENTS = 60 };

static void compose_story(struct sheet *sheet, const struct look *look)
{
    section_what(sheet, look);
    section_steps(sheet, look);
    section_undo(sheet, look);
    section_measures(sheet, look);

    sheet_rule(sheet, "what can I do");
    section_keys(sheet, look, false);
    if (has_stages(look->row))
        section_stages(sheet, look, false);
}

static void compose_history(struct sheet *sheet, const struct look *look)
{
    if (frame_alarms(look)) {
        sheet_rule(sheet, "broken rules");
        section_alarms(sheet, look);
    }
    sheet_rule(sheet, "events");
    section_events(sheet, look, ROLLOUT_EVENTS);
}

static void compose_left(struct sheet *sheet, const struct look *look)
{
    compose_story(sheet, look);
    section_rules(sheet, look, true);
    section_versions(sheet, look);
    section_record(sheet, look);
    compose_history(sheet, look);
}

static void compose_right(struct sheet *sheet, const struct look *look)
{
    section_instances(sheet, look);
    section_nodes(sheet, look);
}

static void compose_one(struct sheet *sheet, const struct look *look)
{
    compose_story(sheet, look);
    section_versions(sheet, look);
    section_instances(sheet, look);
    section_nodes(sheet, look);
    section_rules(sheet, look, true);
    section_record(sheet, look);
    compose_history(sheet, look);
}

static void rollout_draw(struct screen *screen, const struct frame *frame, struct canvas *canvas)
{
    const struct page page = {compose_left, compose_right, compose_one, ROLLOUT_TWO_COLUMNS, NULL};

    page_draw(&page, screen, canvas, frame);
}

const struct view view_rollout = {
    .name = "rollout", .draw = rollout_draw, .command = page_command, .click = page_click};
