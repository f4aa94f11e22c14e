/* parts.h: what the views share: the words, glyphs and roles of states, spans of time, what
 * the acting keys would do, and which part of the canvas is a view's own. */
#ifndef LOCKSTEP_TUI_VIEWS_PARTS_H
#define LOCKSTEP_TUI_VIEWS_PARTS_H

#include "base/clock.h"
#include "view.h"
#include "views/sheet.h"

struct area {
    int y, x, height, width;
};

/* Between title and alert above, and clusters and keys below. Never negative. */
struct area screen_body(const struct screen *screen, const struct frame *frame,
                        const struct canvas *canvas);

/* Names that are longer than the screen remembers are told apart by what it does remember. */
bool screen_is_on(const struct screen *screen, const struct row *row);

enum role state_role(enum board_state state);
enum glyph state_glyph(enum board_state state);
bool state_needs_you(enum board_state state); /* failed, stuck, violated */
size_t frame_count(const struct frame *frame, enum board_state state);

/* "0.4s", "41s", "6m12s"; "-" when negative. */
const char *age_text(int64_t ms, char out[SPAN_TEXT]);
/* How long ago by the frame's wall clock; "-" when at_utc_ms is -1. */
const char *since_text(const struct frame *frame, int64_t at_utc_ms, char out[SPAN_TEXT]);
/* "14:31:44". */
#define DAYTIME_TEXT 12
const char *daytime_text(int64_t utc_ms, char out[DAYTIME_TEXT]);
/* Puts a text of the engine's: the arrow glyph instead of "->", and the operator's own keys. */
void sheet_say(struct sheet *sheet, enum role role, int indent, int lines, const char *text);

const struct board_cluster *frame_cluster(const struct frame *frame, const char *name);
/* In production keys need `w` first; never in the simulator. */
bool cluster_needs_arming(const struct board_cluster *cluster);
/* The name of a service by its id, else the id. */
const char *frame_service_name(const struct frame *frame, const char *cluster, const char *id);

/* What one acting key would do to the selected row now. */
struct offer {
    enum command command;
    const struct option *option; /* NULL: nothing is selected */
    enum verb verb;              /* S means start where a release waits */
    bool warns;                  /* refused by rules that only warn: it asks once more */
    bool ready;                  /* pressing it leads to the action, or to its question */
    char hindrance[32];          /* of this screen, not of the guard: "w arms prod-eu", or "" */
};
struct offer offer_of(const struct screen *screen, const struct frame *frame, const struct row *row,
                      enum command command);

/* One action that runs or has ended, as a sentence. */
enum role action_line(const struct frame *frame, const struct canvas *canvas,
                      const struct action_status *status, char *out, size_t size);

/* Lines of the log (NULL: none) in which this is found; 0 and err when it is no expression. */
size_t log_matches(const struct log_view *log, const char *find, struct err *err);

/* "  v j more", at the end of what goes on below. */
void put_more(struct canvas *canvas, int y, int right);
/* "this service is not there any more: esc goes back" */
void put_gone(struct canvas *canvas, const struct area *body);

/* Scrolls a page of text; true when it used the command (page.c). */
bool scroll_command(struct screen *screen, enum command command);

/* screen_draw's own lines, from the top and from the bottom. */
void chrome_draw(const struct view *view, const struct screen *screen, const struct frame *frame,
                 struct canvas *canvas);
void dialog_draw(const struct question *question, struct canvas *canvas);
/* The title line (chrome_title.c). */
void chrome_title(const struct screen *screen, const struct frame *frame, struct canvas *canvas);
bool frame_has_alert(const struct frame *frame);
void chrome_alert(const struct screen *screen, const struct frame *frame, struct canvas *canvas,
                  int y);

#endif
