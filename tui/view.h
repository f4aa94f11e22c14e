/* view.h: what every screen is made of. A view draws a frame into a canvas and moves a
 * selection; it never reaches a driver, the network, the disk or curses. */
#ifndef LOCKSTEP_TUI_VIEW_H
#define LOCKSTEP_TUI_VIEW_H

#include "canvas.h"
#include "frame.h"
#include "keymap.h"

/* The line behind `:`. */
struct palette_state {
    bool open;
    char text[160];
    size_t chosen; /* of what is offered */
};

/* What the list is sorted by; up or down. */
#define SORTS(X)                                                                                   \
    X(URGENCY, "urgency")                                                                          \
    X(NAME, "name")                                                                                \
    X(CLUSTER, "cluster")                                                                          \
    X(LIVE, "live")                                                                                \
    X(STEP, "step")                                                                                \
    X(DONE, "done")                                                                                \
    X(SINCE, "since")                                                                              \
    X(BY, "by")
#define X(id, word) SORT_##id,
enum sort { SORTS(X) SORT_COUNT };
#undef X
extern const char *const sort_word[SORT_COUNT];

enum screen_limit { SCREEN_MARKS_MAX = 64 };

/* Where one is in a log. Lines are counted from its first one on, with those that were dropped. */
struct log_place {
    bool stands;    /* else it follows the newest line */
    uint64_t top;   /* first visible line; of the last picture when it follows */
    bool cut;       /* long lines are cut, not wrapped */
    bool finding;   /* what to find is being typed */
    char find[128]; /* "" nothing */
    uint64_t match; /* line that was found last, + 1; 0: none */
};

/* The filter of the list in a view of one service; it goes when the view is left. */
struct sifting {
    char filter[128];  /* "" none */
    bool typing;       /* it is being typed */
    size_t shown, all; /* as drawn last */
};

/* What is the same for every view of one screen. */
struct screen {
    char cluster[64], service[160]; /* selected object: it sticks to the object, not to the line */
    char node[160];                 /* selected in the view of nodes: its id, or "" */
    int top;                        /* first visible line of a list */
    int page;                       /* lines of that list, as drawn last */
    int scroll;                     /* first visible line of a page of text */
    char filter[128];               /* "" none */
    struct palette_state palette;
    char only_cluster[64]; /* of this one alone; "" all */
    enum sort sort;
    bool reversed;                    /* the sort */
    bool zoom;                        /* the list alone */
    char mark[SCREEN_MARKS_MAX][224]; /* "cluster/id" of rows that are marked */
    size_t mark_count;
    bool filtering;              /* the filter line is being typed */
    struct sifting sift;         /* of the nodes, or of the timeline */
    int64_t hold_order_until_ms; /* rows keep their places for 2 s after a key */
    char (*order)[224];          /* "cluster/id" per row while the order is held */
    size_t order_count, order_cap;
    bool only;                   /* the timeline is of the selected service alone */
    struct log_place log;        /* of the log view */
    bool armed;                  /* selected row's context */
    char caption_key[64];        /* what to press next, in front of the caption of a story; or "" */
    const struct keymap *keymap; /* the operator's own; NULL: those of the table */
    bool mouse, show_keys;
    char last_key[16]; /* show_keys */
    char flash[240];   /* one line that answers the last key; "" none */
    int64_t flash_until_ms;
    const struct question *question; /* dialog on top; NULL none */
};

/* How a dialog is answered. */
enum question_kind {
    QUESTION_YES,    /* y */
    QUESTION_NAME,   /* the expected word, then enter */
    QUESTION_REASON, /* some words of one's own, then enter; past a rule that is enforced: ctrl-x */
    QUESTION_MENU,   /* the digit of a choice */
};

enum question_limit { QUESTION_CHOICES_MAX = 9, QUESTION_REASON_MIN = 10 };

/* A dialog: one line that says what, where, from -> to, how many, reversible or not. */
struct question {
    enum verb verb;
    enum question_kind kind;
    bool danger; /* past a rule that is enforced */
    char title[160], line[4][200];
    char typed[240], expected[160];
    char choice[QUESTION_CHOICES_MAX][160];
    size_t choice_count;
    int64_t opened_ms; /* keys within 300 ms after this are dropped */
};

struct view {
    const char *name;
    void (*draw)(struct screen *screen, const struct frame *frame, struct canvas *canvas);
    /* Moves the selection and such; true when it used the command. */
    bool (*command)(struct screen *screen, const struct frame *frame, enum command command,
                    int height);
    /* Row index (in the view's order) at a screen position, or -1; for the mouse. */
    bool (*click)(struct screen *screen, const struct frame *frame, int width, int height, int y,
                  int x);
};
extern const struct view view_fleet, view_rollout, view_safety, view_nodes, view_timeline,
    view_couplings, view_data, view_diff, view_log, view_help;

enum view_limit { VIEW_WIDTH_MIN = 60, VIEW_HEIGHT_MIN = 12 };

/* Shared by views and app. */
/* A rule that only warns refuses it: the key leads to one more question. */
bool option_warns(const struct option *option, const struct board_cluster *cluster);
const struct row *screen_selected(const struct screen *screen, const struct frame *frame);
void screen_flash(struct screen *screen, int64_t now_ms, const char *fmt, ...) PRINTF_LIKE(3, 4);
bool screen_marks(const struct screen *screen, const struct row *row);
/* The key of the bar at this place; COMMAND_NONE: none. */
enum command chrome_click(const struct view *view, const struct screen *screen,
                          const struct frame *frame, const struct canvas *canvas, int y, int x);
/* Title line, alert line, key bar, dialog, "needs 60x12" page: around the view's own part. */
void screen_draw(const struct view *view, struct screen *screen, const struct frame *frame,
                 struct canvas *canvas);

#endif
