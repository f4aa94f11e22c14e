/* acting.h: which key press becomes an intent, and which becomes a question or a refusal.
 *
 * Pure: no curses, no engine, no clock. An acting key is bound to the last picture that
 * reached the terminal completely: the row that was selected on it, with the revision, basis and
 * counts that it showed. A newer frame that is known here but not there changes nothing. */
#ifndef LOCKSTEP_TUI_ACTING_H
#define LOCKSTEP_TUI_ACTING_H

#include "view.h"

enum acting_limit {
    ACTING_CLUSTERS_MAX = 64,
    ACTING_ARMED_MS = 600000,
    ACTING_DEAF_MS = 300,    /* a question on the screen does not listen yet */
    ACTING_STALL_MS = 10000, /* without a byte taken by the terminal: nothing acts */
};

/* What a picture showed, noted when it is drawn. */
struct acting_picture {
    const struct frame *frame;
    char cluster[64], service[160]; /* selected; "" none */
    char node[160];                 /* selected beside it, in the view of nodes; X is about it */
    unsigned question;              /* its number, 0 none */
};

struct acting_armed {
    char cluster[64];
    int64_t until_ms;
};

struct acting {
    const struct keymap *keymap; /* whose keys are named; NULL: those of the table */
    struct acting_picture shown; /* frame is a reference of ours; NULL: nothing to rely on */
    struct acting_armed armed[ACTING_CLUSTERS_MAX];
    struct question question; /* when asking */
    struct intent pending;
    struct intent choice[QUESTION_CHOICES_MAX]; /* of a menu */
    bool asking, arms;                          /* a yes arms the context as well */
    unsigned question_number;                   /* of the newest one */
    int64_t listens_ms; /* from when on the question hears keys; -1: not on the screen yet */
};

/* A key press on its way in. */
struct acting_press {
    int key;
    bool alone; /* came by itself: not pasted, not behind or before others, not typed ahead */
    int64_t now_ms;
    char cluster[64], service[160], node[160]; /* selected now */
};

enum acting_outcome {
    ACTING_NOTHING,
    ACTING_SAYS,    /* flash the text */
    ACTING_SUBMITS, /* send the intent, flash the text when there is one */
    ACTING_ASKS,    /* a question is open now: drop what was typed ahead, draw it */
};

struct acting_answer {
    enum acting_outcome outcome;
    struct intent intent;
    char text[240];
};

void acting_release(struct acting *acting);

/* The picture reached the terminal, every byte of it. Takes a reference of its own. */
void acting_shown(struct acting *acting, const struct acting_picture *picture, int64_t now_ms);
/* What is on the screen cannot be relied on (it stood still, it was away): closes a
 * question, and nothing acts before the next acting_shown. */
void acting_forget(struct acting *acting);

/* One of the acting commands, or COMMAND_ARM. */
void acting_command(struct acting *acting, enum command command, const struct acting_press *press,
                    struct acting_answer *answer);
/* A key while a question is open. */
void acting_reply(struct acting *acting, const struct acting_press *press,
                  struct acting_answer *answer);
/* Closes a question without a yes. */
void acting_cancel(struct acting *acting);

/* The badge: acting keys work here without `w`. Simulators always do. */
bool acting_is_armed(const struct acting *acting, const struct board_cluster *cluster,
                     int64_t now_ms);

#endif
