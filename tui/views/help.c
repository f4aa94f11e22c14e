/* help.c: the keys, made from the one table of commands, and what the signs mean. */
#include "views/sections.h"

#include <stdio.h>
#include <string.h>

enum { HELP_TWO_COLUMNS = 110, HELP_KEY = 10, HELP_WORD = 22 };

static void put_signs(struct sheet *sheet)
{
    sheet_rule(sheet, "Signs");
    for (int s = 0; s < BOARD_COUNT; s++) {
        static const char *const means[BOARD_COUNT] = {
            [BOARD_FAILED] = "the engine gave up",
            [BOARD_STUCK] = "wants to go on and cannot",
            [BOARD_VIOLATED] = "a rule is broken by what runs, whoever did it",
            [BOARD_ROLLING_BACK] = "on the way back",
            [BOARD_MOVING] = "instances are being replaced now",
            [BOARD_HELD] = "in flight, and stands until somebody acts",
            [BOARD_STEADY] = "one version, nothing to do",
            [BOARD_STALE] = "not heard of for too long: this is how it was",
        };
        sheet_line(sheet);
        sheet_tab(sheet, 1);
        sheet_glyphs(sheet, state_role((enum board_state)s), state_glyph((enum board_state)s), 1);
        sheet_tab(sheet, 4);
        sheet_text(sheet, state_role((enum board_state)s), board_word[s]);
        sheet_tab(sheet, HELP_WORD);
        sheet_wrap(sheet, ROLE_TEXT, HELP_WORD, 2, means[s]);
    }
}

static void put_filter_words(struct sheet *sheet)
{
    static const char *const lines[][2] = {
        {"cart", "regular expression on name, cluster, version, state, who, why"},
        {"!cart", "all but these"},
        {"state=stuck", "one field: cluster service state version by node"},
        {"prod !auth", "all of several"},
    };

    sheet_rule(sheet, "Filter");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        sheet_line(sheet);
        sheet_tab(sheet, 1);
        sheet_text(sheet, ROLE_KEY_HINT, lines[i][0]);
        sheet_tab(sheet, HELP_WORD);
        sheet_wrap(sheet, ROLE_TEXT, HELP_WORD, 3, lines[i][1]);
    }
}

static void put_commands(struct sheet *sheet)
{
    const char *group = "";

    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        const struct command_info *info = &command_info[c];
        if (strcmp(group, info->group) != 0) {
            if (group[0])
                sheet_line(sheet);
            group = info->group;
            sheet_rule(sheet, group);
        }
        sheet_line(sheet);
        sheet_tab(sheet, 1);
        sheet_text(sheet, ROLE_KEY_HINT, info->key);
        sheet_tab(sheet, HELP_KEY);
        sheet_text(sheet, ROLE_STRONG, info->word);
        sheet_tab(sheet, HELP_WORD);
        sheet_wrap(sheet, ROLE_TEXT, HELP_WORD, 2, info->help);
    }
}

static void help_draw(struct screen *screen, const struct frame *frame, struct canvas *canvas)
{
    struct area body = screen_body(screen, frame, canvas);
    bool wide = body.width >= HELP_TWO_COLUMNS;
    int width = wide ? body.width / 2 : body.width;
    struct sheet left, right;

    sheet_init(&left, canvas, width - (wide ? 1 : 0));
    sheet_init(&right, canvas, body.width - width);
    put_commands(&left);
    struct sheet *rest = wide ? &right : &left;
    if (!wide)
        sheet_line(rest);
    put_signs(rest);
    sheet_line(rest);
    put_filter_words(rest);
    sheet_line(rest);
    sheet_line(rest);
    sheet_tab(rest, 1);
    sheet_wrap(rest, ROLE_DIM, 1, 3,
               "Lower case looks, upper case acts. A key acts on the object and the revision you "
               "see; if it changed meanwhile, nothing is sent and you are told.");
    int lines = (int)(left.line_count > right.line_count ? left.line_count : right.line_count);
    int last = lines > body.height ? lines - body.height : 0;
    screen->scroll = screen->scroll > last ? last : screen->scroll;
    screen->page = body.height;
    sheet_draw(&left, canvas, body.y, 0, body.height, screen->scroll);
    if (wide)
        sheet_draw(&right, canvas, body.y, width, body.height, screen->scroll);
    if (screen->scroll < last && body.height > 0)
        canvas_print(canvas, body.y + body.height - 1, body.width - 10, 10, ROLE_KEY_HINT,
                     " %s j more ", canvas_glyph_text(canvas, GLYPH_DOWN));
    sheet_release(&left);
    sheet_release(&right);
}

static bool help_command(struct screen *screen, const struct frame *frame, enum command command,
                         int height)
{
    (void)frame, (void)height;
    return scroll_command(screen, command);
}

static bool help_click(struct screen *screen, const struct frame *frame, int width, int height,
                       int y, int x)
{
    (void)screen, (void)frame, (void)width, (void)height, (void)y, (void)x;
    return false;
}

const struct view view_help = {
    .name = "help", .draw = help_draw, .command = help_command, .click = help_click};
