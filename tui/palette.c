/* palette.c: see palette.h. */
#include "palette.h"

#include "views/filter.h"

#include "base/mem.h"
#include "theme.h"
#include "views/parts.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *word, *help;
} words[PALETTE_WORD_COUNT] = {[PALETTE_NONE] = {"", ""},
#define X(id, word, help) [PALETTE_##id] = {word, help},
                               PALETTE_WORDS(X)
#undef X
};

/* What is collected for one line. */
struct offers {
    const char *typed;
    struct palette_item *items;
    size_t count;
};

static bool holds(const char *text, const char *part)
{
    size_t len = strlen(part);

    for (; *text; text++)
        if (strncasecmp(text, part, len) == 0)
            return true;
    return len == 0;
}

static void offer(struct offers *found, const char *text, const char *key, const char *help,
                  enum command command)
{
    if (found->count == PALETTE_ITEMS_MAX)
        return;
    struct palette_item *item = &found->items[found->count++];
    *item = (struct palette_item){.key = key, .help = help, .command = command};
    snprintf(item->text, sizeof item->text, "%s", text);
}

/* pass 0: begins so; 1: has it in the word; 2: in the help. */
static bool fits(const char *word, const char *help, const char *typed, int pass)
{
    bool begins = strncasecmp(word, typed, strlen(typed)) == 0, inside = holds(word, typed);

    return pass == 0 ? begins : pass == 1 ? inside && !begins : !inside && holds(help, typed);
}

static void offer_words(struct offers *found)
{
    char text[64];

    for (int pass = 0; pass < (found->typed[0] ? 3 : 1); pass++) {
        for (int c = COMMAND_OPEN; c < COMMAND_COUNT; c++) {
            const struct command_info *info = &command_info[c];
            if (fits(info->word, info->help, found->typed, pass))
                offer(found, info->word, info->key, info->help, (enum command)c);
        }
        for (int w = PALETTE_NONE + 1; w < PALETTE_WORD_COUNT; w++) {
            snprintf(text, sizeof text, "%s ", words[w].word);
            if (fits(words[w].word, words[w].help, found->typed, pass))
                offer(found, text, "", words[w].help, COMMAND_NONE);
        }
        for (int c = COMMAND_NONE + 1; c < COMMAND_OPEN; c++) {
            const struct command_info *info = &command_info[c];
            if (fits(info->word, info->help, found->typed, pass))
                offer(found, info->word, info->key, info->help, (enum command)c);
        }
    }
}

static void offer_value(struct offers *found, enum palette_word word, const char *value,
                        const char *argument, const char *help)
{
    char text[160];

    if (!holds(value, argument))
        return;
    snprintf(text, sizeof text, "%s %.140s", words[word].word, value);
    offer(found, text, "", help, COMMAND_NONE);
}

static void offer_values(struct offers *found, const struct frame *frame,
                         const struct palette_line *line)
{
    char field[32];

    switch (line->word) {
    case PALETTE_FILTER:
        for (int f = FILTER_ANY + 1; f < FILTER_FIELD_COUNT; f++) {
            snprintf(field, sizeof field, "%s=%s", filter_field_word[f],
                     f == FILTER_MARKED ? "yes" : "");
            offer_value(found, line->word, field, line->argument, "");
        }
        break;
    case PALETTE_CLUSTER:
        offer_value(found, line->word, "all", line->argument, "");
        for (size_t i = 0; i < frame->cluster_count; i++)
            offer_value(found, line->word, frame->clusters[i].name, line->argument,
                        frame->clusters[i].kind);
        break;
    case PALETTE_SERVICE:
        for (size_t i = 0; i < frame->row_count; i++)
            offer_value(found, line->word, frame->rows[i]->service->name, line->argument,
                        frame->rows[i]->service->cluster);
        break;
    case PALETTE_SORT:
        for (int s = 0; s < SORT_COUNT; s++)
            offer_value(found, line->word, sort_word[s], line->argument, "");
        break;
    case PALETTE_THEME:
        for (size_t i = 0; i < theme_built_in_count; i++)
            offer_value(found, line->word, theme_built_in[i].name, line->argument, "");
        break;
    case PALETTE_SAVE: /* any file */
    case PALETTE_NOTE: /* any words */
    case PALETTE_NONE:
    case PALETTE_WORD_COUNT:
        break;
    }
}

struct palette_line palette_read(const char *typed)
{
    struct palette_line line = {COMMAND_NONE, PALETTE_NONE, ""};
    const char *blank = strchr(typed, ' ');
    size_t len = blank ? (size_t)(blank - typed) : strlen(typed);

    for (int w = PALETTE_NONE + 1; w < PALETTE_WORD_COUNT; w++)
        if (strlen(words[w].word) == len && strncmp(words[w].word, typed, len) == 0 && blank) {
            line.word = (enum palette_word)w;
            line.argument = blank + strspn(blank, " ");
            return line;
        }
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++)
        if (strlen(command_info[c].word) == len && strncmp(command_info[c].word, typed, len) == 0)
            line.command = (enum command)c;
    return line;
}

size_t palette_items(const char *typed, const struct frame *frame,
                     struct palette_item items[PALETTE_ITEMS_MAX])
{
    struct offers found = {typed, items, 0};
    struct palette_line line = palette_read(typed);

    if (line.word != PALETTE_NONE)
        offer_values(&found, frame, &line);
    else
        offer_words(&found);
    return found.count;
}

static void draw_item(const struct palette_item *item, bool chosen, struct canvas *canvas, int y)
{
    bool acts = command_acts(item->command);
    const char *bound = item->command ? keymap_shown(canvas->keymap, item->command) : item->key;
    int key = canvas->width - 12;
    char help[KEYMAP_HELP];

    canvas_fill(canvas, y, 0, canvas->width, ROLE_DIALOG);
    for (int x = 0; x < canvas->width; x++)
        canvas_text(canvas, y, x, 1, ROLE_DIALOG, " ");
    if (chosen)
        canvas_glyph(canvas, y, 0, ROLE_DIALOG, GLYPH_CURSOR);
    canvas_field(canvas, y, 2, 26, false, ROLE_DIALOG, item->text);
    canvas_field(canvas, y, 30, key - 31, false, ROLE_DIALOG,
                 item->command ? keymap_help(canvas->keymap, item->command, help) : item->help);
    canvas_print(canvas, y, key, 11, ROLE_DIALOG, "%s%s", acts ? "key " : "", bound);
    if (chosen)
        canvas_select(canvas, y, 0, canvas->width);
}

void palette_draw(const struct screen *screen, const struct frame *frame, struct canvas *canvas,
                  int bottom)
{
    struct palette_item items[PALETTE_ITEMS_MAX];
    size_t count = palette_items(screen->palette.text, frame, items), top = 0;
    size_t room = bottom > 2 ? (size_t)bottom - 1 : 0, chosen = screen->palette.chosen;
    size_t shown = count < PALETTE_SHOWN ? count : PALETTE_SHOWN;

    shown = shown < room ? shown : room;
    if (shown && chosen >= shown)
        top = (chosen < count ? chosen : count - 1) - shown + 1;
    for (size_t i = 0; i < shown; i++)
        draw_item(&items[top + i], top + i == chosen, canvas, bottom - (int)(shown - i) + 1);
}
