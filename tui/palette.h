/* palette.h: the line behind `:`: every view, verb and setting by its word, completed from the same
 * tables as the keys and the help. Pure.
 *
 * Words that act are listed with their key, and that is all: what acts is a key pressed alone,
 * never the enter at the end of a line. */
#ifndef LOCKSTEP_TUI_PALETTE_H
#define LOCKSTEP_TUI_PALETTE_H

#include "view.h"

/* Words that take something behind them. */
#define PALETTE_WORDS(X)                                                                           \
    X(FILTER, "filter", "show only what matches; nothing behind it: all")                          \
    X(CLUSTER, "cluster", "only one cluster, or all")                                              \
    X(SERVICE, "service", "go to a service")                                                       \
    X(SORT, "sort", "by a column: urgency name cluster live step done since by")                   \
    X(THEME, "theme", "colours: a theme's name or file")                                           \
    X(SAVE, "save", "this screen into FILE.txt, or FILE.svg, a picture")                           \
    X(NOTE, "note", "a mark with these words in what --record writes")

#define X(id, word, help) PALETTE_##id,
enum palette_word { PALETTE_NONE, PALETTE_WORDS(X) PALETTE_WORD_COUNT };
#undef X

enum palette_limit { PALETTE_ITEMS_MAX = 64, PALETTE_SHOWN = 8 };

struct palette_item {
    char text[160];         /* what stands in the line when it is chosen */
    const char *key, *help; /* key "": none */
    enum command command;   /* COMMAND_NONE: a word with something behind it */
};

/* What the line is about. */
struct palette_line {
    enum command command;   /* else COMMAND_NONE */
    enum palette_word word; /* else PALETTE_NONE */
    const char *argument;   /* of the word, in the text; "" nothing */
};

/* What may be meant, the best first: words that begin so, then those that have it in them. After a
 * word with something behind it, what can stand there. */
size_t palette_items(const char *typed, const struct frame *frame,
                     struct palette_item items[PALETTE_ITEMS_MAX]);
/* Both none: nothing is called that. */
struct palette_line palette_read(const char *typed);
/* Draws the line's items above line `bottom`, over what is there. */
void palette_draw(const struct screen *screen, const struct frame *frame, struct canvas *canvas,
                  int bottom);

#endif
