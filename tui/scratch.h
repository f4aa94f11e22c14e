/* scratch.h: a journal that is thrown away: for simulated worlds, where every action still goes
 * the whole way of the protocol, but nothing is worth keeping. */
#ifndef LOCKSTEP_TUI_SCRATCH_H
#define LOCKSTEP_TUI_SCRATCH_H

#include <stdbool.h>

/* A folder of this process alone, in $XDG_RUNTIME_DIR, $TMPDIR or /tmp. */
struct scratch {
    char folder[512], journal[540]; /* "" when there is none */
};

/* False when no folder could be made; then nothing can be written down. */
bool scratch_make(struct scratch *scratch);
/* Removes it with what is in it. */
void scratch_remove(struct scratch *scratch);

#endif
