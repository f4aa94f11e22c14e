/* undo.h: what U takes: how many instances move back, how many of the version before still serve,
 * and for how long, as far as this release has shown. Pure. */
#ifndef LOCKSTEP_BOARD_UNDO_H
#define LOCKSTEP_BOARD_UNDO_H

#include "frame.h"

/* From version `from`, which runs, back to `back`; release NULL: nothing is on record, and then no
 * time is known. */
struct undo_view board_undo(const struct service *service, const struct release *release,
                            const char *from, const char *back);

#endif
