/* keymap.h: one table feeds the bar, the help, the palette and the man page.
 *
 * One rule to remember: lower case looks, upper case acts. */
#ifndef LOCKSTEP_TUI_KEYMAP_H
#define LOCKSTEP_TUI_KEYMAP_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* COMMAND, word for key files and the palette, default key, bar label ("" not in the bar), help, in
 * which {word} is the key of that command. */
#define COMMANDS(GROUP, X)                                                                         \
    GROUP("Looking")                                                                               \
    X(DOWN, "down", "j", "", "one line down")                                                      \
    X(UP, "up", "k", "", "one line up")                                                            \
    X(TOP, "top", "g", "", "first line")                                                           \
    X(BOTTOM, "bottom", "G", "", "last line")                                                      \
    X(PAGE_DOWN, "page-down", "ctrl-f", "", "one page down")                                       \
    X(PAGE_UP, "page-up", "ctrl-b", "", "one page up")                                             \
    X(HALF_DOWN, "half-down", "ctrl-d", "", "half a page down")                                    \
    X(HALF_UP, "half-up", "ctrl-u", "", "half a page up")                                          \
    X(NEXT_SERVICE, "next-service", "]", "", "the next service, in any view")                      \
    X(PREV_SERVICE, "previous-service", "[", "", "the service before")                             \
    X(NEXT_ALERT, "alert", "a", "", "go to the next service that needs you")                       \
    X(FILTER, "filter", "/", "filter", "show only what matches; in a log: find")                   \
    X(NEXT_MATCH, "next", "n", "", "next match")                                                   \
    X(PREV_MATCH, "previous", "N", "", "previous match")                                           \
    X(ONLY, "only", "f", "", "in the timeline: of the selected service only, or of all")           \
    X(PALETTE, "command", ":", "command", "every view and setting by its word, tab completes")     \
    X(CLUSTER, "clusters", "0", "", "all clusters; 1 to 9: only that one")                         \
    X(SORT_NEXT, "sort-next", ">", "", "sort by the next column")                                  \
    X(SORT_PREV, "sort-previous", "<", "", "sort by the column before")                            \
    X(SORT_TURN, "sort-turn", "o", "", "sort the other way round")                                 \
    X(MARK, "mark", "space", "", "mark or unmark, to copy several")                                \
    X(ZOOM, "zoom", "z", "", "the list alone; in a log: cut or wrap lines")                        \
    X(COPY, "copy", "c", "", "copy the name, or the marked ones, to the clipboard")                \
    X(SAVE, "save-screen", "s", "", "save this screen in a .txt or .svg file")                     \
    X(MOUSE, "mouse", "m", "", "mouse on or off")                                                  \
    X(REDRAW, "redraw", "ctrl-l", "", "draw the screen again")                                     \
    X(SUSPEND, "suspend", "ctrl-z", "", "to the shell, fg comes back")                             \
    X(QUIT, "quit", "q", "quit", "back, and quit at the first screen")                             \
    GROUP("Views")                                                                                 \
    X(OPEN, "open", "enter", "detail", "look into the selected service")                           \
    X(NEXT_VIEW, "next-view", "tab", "views",                                                      \
      "the next view of the same service; in a log: instance")                                     \
    X(SAFETY, "safety", "i", "safety", "is it safe: the rules, and how far back it can go")        \
    X(LOG, "log", "l", "log", "log of one instance of the selected service")                       \
    X(LOG_BEFORE, "log-before", "p", "", "in a log: of before its last restart, and back")         \
    X(NODES, "nodes", "h", "nodes", "which node (host) runs which version, silent ones too")       \
    X(COUPLINGS, "couplings", "u", "", "who uses (calls) whom, at which live versions")            \
    X(DATA, "data", "d", "", "stores, the formats at rest, who writes and reads them")             \
    X(TIMELINE, "timeline", "e", "", "what happened, and what changed in the last 60 minutes")     \
    X(DIFF, "diff", "v", "", "live and new version: what changes, who can live with whom")         \
    X(BACK, "back", "esc", "back", "back, or cancel")                                              \
    X(HELP, "help", "?", "help", "these keys")                                                     \
    GROUP("Acting")                                                                                \
    X(ARM, "arm", "w", "arm", "allow acting keys in this context for 10 minutes")                  \
    X(STEP, "step", "S", "step", "take exactly the next step")                                     \
    X(PAUSE, "pause", "P", "pause", "stand still where it is")                                     \
    X(RESUME, "resume", "R", "resume", "go on after a pause")                                      \
    X(UNDO, "undo", "U", "undo", "roll back to the version before")                                \
    X(MORE, "more", "X", "more", "fence a node, attest a format, break the glass")                 \
    GROUP("Recording")                                                                             \
    X(REWIND, "rewind", "left", "", "in a recording: 10 s back; home: its beginning")              \
    X(FORWARD, "forward", "right", "", "in a recording: 10 s on; end: its end")                    \
    X(FASTER, "faster", "+", "", "in a recording: twice as fast; {mark}: stand still")             \
    X(SLOWER, "slower", "-", "", "in a recording: half as fast; {next} {previous}: next, last mark")

#define GROUP(title)
#define X(name, word, key, label, help) COMMAND_##name,
enum command { COMMAND_NONE, COMMANDS(GROUP, X) COMMAND_COUNT };
#undef X
#undef GROUP

struct command_info {
    const char *group, *word, *key, *label, *help;
};
extern const struct command_info command_info[COMMAND_COUNT];

/* Keys as term.c reports them: a Unicode character, or one of these. */
enum key {
    KEYCODE_NONE = 0,
    KEYCODE_CTRL_A = 1, /* … ctrl-z = 26; tab 9, enter 13 */
    KEYCODE_ENTER = 13,
    KEYCODE_ESC = 27,
    KEYCODE_BACKSPACE = 127,
    KEYCODE_UP = 0x110000,
    KEYCODE_DOWN,
    KEYCODE_LEFT,
    KEYCODE_RIGHT,
    KEYCODE_HOME,
    KEYCODE_END,
    KEYCODE_PAGE_UP,
    KEYCODE_PAGE_DOWN,
    KEYCODE_F1, /* … F12 follow */
    KEYCODE_F12 = KEYCODE_F1 + 11,
    KEYCODE_RESIZE,
    KEYCODE_MOUSE,
    KEYCODE_PASTE, /* something was pasted; its text is not keys */
};

enum command keymap_command(int key); /* COMMAND_NONE when unbound; arrows, F1, F10 included */

#define KEY_WORD 16 /* bytes of a key's word, with its NUL */

enum keymap_limit { KEYMAP_BINDINGS_MAX = 192, KEYMAP_FILE_MAX = 64 * 1024 };

/* The keys of one operator: the table's, with the lines of a file over them. */
struct keymap {
    struct keymap_binding {
        int key;
        enum command command; /* COMMAND_NONE: unbound */
        enum command before;  /* what a line of the file took the key from, or COMMAND_NONE */
        int line;             /* of the file; 0: the table's own */
        char word[KEY_WORD];
    } binding[KEYMAP_BINDINGS_MAX]; /* a key is there once */
    size_t count;
};

void keymap_init(struct keymap *keymap);
/* Lines "KEY = command", "KEY = none", "# …". What acts is bound to A to Z and f1 to f12 alone; no
 * key is given twice, and no command loses its last key to another one. On error, which says
 * "file:line: what", *keymap is as it was. `file` is for messages only. */
bool keymap_parse(struct keymap *keymap, const char *text, size_t len, const char *file,
                  struct err *err);
/* The file, NULL: $XDG_CONFIG_HOME/lockstep/keys.conf when there is one. */
bool keymap_load(struct keymap *keymap, const char *path, struct err *err);
/* In all of these NULL is the table itself. */
enum command keymap_find_command(const struct keymap *keymap, int key);
int keymap_find_key(const struct keymap *keymap, enum command command); /* KEYCODE_NONE: unbound */
/* The word of that key; "" unbound. */
const char *keymap_shown(const struct keymap *keymap, enum command command);
/* The word of that key, else the command's own: for texts, which always name something. */
const char *keymap_name(const struct keymap *keymap, enum command command);
enum { KEYMAP_HELP = 160 };
/* "{mark}" is the key of `mark`. */
void keymap_expand(const struct keymap *keymap, const char *text, char *out, size_t size);
/* What the table says of a command, expanded. */
const char *keymap_help(const struct keymap *keymap, enum command command, char out[KEYMAP_HELP]);
/* Text of the engine's, in which a key is told with what it does ("U goes back"), with this
 * operator's keys. Anything else, as what a cluster says of itself, stays as it is. */
void keymap_tell(const struct keymap *keymap, const char *text, char *out, size_t size);
/* Text that names keys of the table as words of their own, as "press S", with this operator's:
 * those that act, and in front (`leads`) any. */
void keymap_rewrite(const struct keymap *keymap, const char *text, bool leads, char *out,
                    size_t size);
bool command_acts(enum command command);
/* "j", "S", "ctrl-d", "enter", "f1", "space", … as in the table; KEYCODE_NONE when it is no key. */
int keymap_parse_key(const char *word);
/* The reverse, into out[KEY_WORD]; "" for what is no key. */
const char *keymap_key_word(int key, char out[KEY_WORD]);
/* What the key types, as UTF-8 with its NUL; returns its bytes: 0 when it types nothing or
 * does not fit into size. */
size_t keymap_write_utf8(int key, char *out, size_t size);

#endif
