/* acting_private.h: what acting.c and acting_more.c (the menu behind X, reasons) share. */
#ifndef LOCKSTEP_TUI_ACTING_PRIVATE_H
#define LOCKSTEP_TUI_ACTING_PRIVATE_H

#include "acting.h"

void acting_say(struct acting_answer *answer, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Everything that the picture showed goes along, so that the engine can tell when it moved. */
void acting_fill_intent(struct intent *intent, enum verb verb, const struct row *row);
/* The question that was just filled in is to be drawn; until then nobody hears keys. */
void acting_begin_question(struct acting *acting);
void acting_end_question(struct acting *acting);
/* What was asked about becomes the answer. */
void acting_submit(struct acting *acting, int64_t now_ms, struct acting_answer *answer);
void acting_type(struct question *question, int key);
extern const char *const acting_title[VERB_COUNT]; /* "Step", "Roll back", … */

/* X: everything that can be done here beside S P R U. */
void acting_more(struct acting *acting, const struct row *row, const struct board_cluster *cluster,
                 struct acting_answer *answer);
void acting_reply_menu(struct acting *acting, const struct acting_press *press,
                       struct acting_answer *answer);
void acting_reply_reason(struct acting *acting, const struct acting_press *press,
                         struct acting_answer *answer);

#endif
