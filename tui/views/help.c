/* help.c: the keys, made from the one table of commands, and what the signs mean. */
#include "views/sections.h"

#include <stdio.h>
#include <string.h>

enum { HELP_TWO_COLUMNS = 76, HELP_ROOMY = 55, HELP_KEY = 10, HELP_WORD = 22 };

/* Where the explanations begin: in narrow columns the words of the palette are left out. */
static int text_column(const struct sheet *sheet)
{
    return sheet->width >= HELP_ROOMY ? HELP_WORD : HELP_KEY;
}

static void put_signs(struct sheet *sheet)
{
    static const char *const means[BOARD_COUNT] = {
        [BOARD_FAILED] = "the engine gave up",
        [BOARD_STUCK] = "cannot go on",
        [BOARD_GLASS] = "went past a rule, and breaks it",
        [BOARD_VIOLATED] = "what runs breaks a rule",
        [BOARD_ROLLING_BACK] = "on the way back",
        [BOARD_MOVING] = "being replaced now",
        [BOARD_HELD] = "in flight, stands",
        [BOARD_STEADY] = "nothing to do",
        [BOARD_STALE] = "was so when last heard",
    };

    sheet_rule(sheet, "Signs");
    for (int s = 0; s < BOARD_COUNT; s++) {
        enum board_state state = (enum board_state)s;
        sheet_line(sheet);
        sheet_tab(sheet, 1);
        sheet_glyphs(sheet, state_role(state), state_glyph(state), 1);
        sheet_put(sheet, state_role(state), " %s", board_word[s]);
        sheet_tab(sheet, 16);
        sheet_wrap(sheet, ROLE_TEXT, 16, 2, means[s]);
    }
}

static void put_filter_words(struct sheet *sheet)
{
    static const char *const lines[][2] = {
        {"cart", "a regular expression on name, cluster, version, state, who, why"},
        {"!cart", "all but these"},
        {"state=stuck", "one field: cluster service state version by node kind marked"},
        {"prod !auth", "both must hold"},
    };

    sheet_rule(sheet, "Filter");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        sheet_line(sheet);
        sheet_tab(sheet, 1);
        sheet_text(sheet, ROLE_KEY_HINT, lines[i][0]);
        sheet_tab(sheet, 16);
        sheet_wrap(sheet, ROLE_TEXT, 16, 3, lines[i][1]);
    }
}

/* The commands of one group, as the table of keys has them. */
static void put_commands(struct sheet *sheet, const struct keymap *keymap, const char *group)
{
    int text = text_column(sheet);
    char help[KEYMAP_HELP];

    sheet_rule(sheet, group);
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        const struct command_info *info = &command_info[c];
        if (strcmp(group, info->group) != 0)
            continue;
        sheet_line(sheet);
        sheet_tab(sheet, 1);
        const char *key = keymap_shown(keymap, (enum command)c);
        sheet_text(sheet, key[0] ? ROLE_KEY_HINT : ROLE_KEY_OFF, key[0] ? key : "none");
        if (text == HELP_WORD) {
            sheet_tab(sheet, HELP_KEY);
            sheet_text(sheet, ROLE_DIM, info->word);
        }
        sheet_tab(sheet, text);
        sheet_wrap(sheet, ROLE_TEXT, text, 2, keymap_help(keymap, (enum command)c, help));
    }
}

/* The first group on the left, all others and the signs on the right, or below. */
static void compose_help(struct sheet *left, struct sheet *right, const struct keymap *keymap)
{
    const char *first = command_info[COMMAND_NONE + 1].group, *group = first;

    put_commands(left, keymap, first);
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        if (strcmp(group, command_info[c].group) == 0)
            continue;
        group = command_info[c].group;
        put_commands(right, keymap, group);
    }
    put_signs(right);
    put_filter_words(right);
    sheet_line(right);
    sheet_line(right);
    sheet_tab(right, 1);
    sheet_wrap(right, ROLE_DIM, 1, 5,
               "Lower case looks, upper case acts, on the object and the revision you see: if it "
               "changed meanwhile, nothing is sent and you are told.");
}

static void help_draw(struct screen *screen, const struct frame *frame, struct canvas *canvas)
{
    struct area body = screen_body(screen, frame, canvas);
    bool wide = body.width >= HELP_TWO_COLUMNS;
    int width = wide ? body.width / 2 : body.width;
    struct sheet left, right;

    sheet_init(&left, canvas, width - (wide ? 1 : 0));
    sheet_init(&right, canvas, body.width - width);
    compose_help(&left, wide ? &right : &left, screen->keymap);
    int lines = (int)(left.line_count > right.line_count ? left.line_count : right.line_count);
    int last = lines > body.height ? lines - body.height : 0;
    screen->scroll = screen->scroll > last ? last : screen->scroll;
    screen->page = body.height;
    sheet_draw(&left, canvas, body.y, 0, body.height, screen->scroll);
    if (wide)
        sheet_draw(&right, canvas, body.y, width, body.height, screen->scroll);
    if (screen->scroll < last && body.height > 0)
        put_more(canvas, body.y + body.height - 1, body.width);
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
