/* story.h: a story told on the dashboard: captions that say which key comes next, and why.
 *
 * A story is a table of beats (stories.c). The next beat begins when the state it waits for is
 * on the screen, never by time alone; whoever watches sets the pace. Played, the keys are pressed
 * by themselves, each after it could be read; any real key takes over and the captions go on. */
#ifndef LOCKSTEP_TUI_STORY_H
#define LOCKSTEP_TUI_STORY_H

#include "view.h"

enum story_when {
    STORY_BEGINS,  /* at once */
    STORY_PRESSED, /* the key of the beat before was pressed */
    STORY_WAITS,   /* `version` waits for its first key, whatever S would do */
    STORY_READY,   /* the same, or it is on its way, and S is allowed */
    STORY_NEXT,    /* S is allowed and leads to the stage called `version` */
    STORY_MOVES,   /* a release to `version` has begun */
    STORY_STABLE,  /* `version` is stable */
    STORY_WORSE,   /* the bake of `version` failed by what is measured */
};

struct story_beat {
    enum story_when when;
    const char *service;
    const char *version; /* see enum story_when; NULL where it has no meaning */
    const char *caption; /* at most STORY_CAPTION_MAX bytes; "{quit}": the key of that command */
    /* Words of keymap_parse_key, and text in quotes: "X 1 'wiped' enter". "S*": S, each time it is
     * allowed, until the next beat. NULL: nothing is to be pressed. */
    const char *keys;
    const char *refused; /* the rule that refuses the key, NULL: it is no mistake */
    const char *cue;     /* told to the simulator when the beat begins, or NULL */
};

struct story {
    const char *name; /* of the scenario, too */
    double speed;     /* simulated seconds per second, so that it takes less than a minute */
    const struct story_beat *beats;
    size_t count;
};
const struct story *story_find(const char *name); /* NULL: none is told there; "": first steps */
const struct story *story_at(size_t index);       /* NULL after the last */

enum story_limit {
    STORY_CAPTION_MAX = 108, /* two lines at 60 columns, with the key */
    STORY_KEY_MS = 700,      /* between two keys that are played, */
    STORY_KEY_MIN_MS = 350,  /* and at the highest speed: a question is deaf for 300 ms */
    STORY_LETTER_MS = 45,    /* between two letters of a text */
    STORY_LEFT_MS = 8000,    /* after a U that was not in it */
};

typedef void story_cue_fn(void *arg, const char *cue);

struct telling {
    const struct story *story; /* NULL: none is told */
    size_t beat;
    bool playing, pressed, in_text;
    int64_t strayed_ms; /* U, where the story does not go back; -1: not */
    bool left;          /* and nothing of it is in flight any more */
    const char *next;   /* rest of the keys of this beat, when played */
    int64_t due_ms;     /* not before then the next key is played */
    double pace; /* of reading and pressing, where the operator asked for another speed; 0: 1 */
    story_cue_fn *cue;
    void *cue_arg;
};

void telling_begin(struct telling *telling, const struct story *story, bool playing,
                   int64_t now_ms);
/* Goes on to the beat whose state is on this frame. */
void telling_look(struct telling *telling, const struct frame *frame, int64_t now_ms);
/* A key was pressed, by whomever, while this row was selected (NULL: none). */
void telling_saw(struct telling *telling, int key, const struct row *selected, int64_t now_ms);
/* From now on nothing is played; the captions go on. */
void telling_take_over(struct telling *telling);

/* "" when no story is told. */
const char *telling_caption(const struct telling *telling);
/* What to press now, for the head of the caption: "S", "j", "wait", "X 1 why enter"; or "". */
void telling_hint(const struct telling *telling, struct screen *screen, const struct frame *frame,
                  char *out, size_t size);

/* Played: when to ask again, -1 when nothing is played; and the key that is due, or KEYCODE_NONE.
 */
int64_t telling_due_ms(const struct telling *telling);
int telling_take(struct telling *telling, struct screen *screen, const struct frame *frame,
                 int64_t now_ms);

#endif
