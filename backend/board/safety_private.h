/* safety_private.h: what safety.c and safety_data.c share. */
#ifndef LOCKSTEP_BOARD_SAFETY_PRIVATE_H
#define LOCKSTEP_BOARD_SAFETY_PRIVATE_H

#include "board/safety.h"
#include "guard/bind.h"
#include "guard/world.h"

/* One service in the world of those it is coupled to. */
struct making {
    const struct board_input *in;
    const struct world *world;
    uint32_t service;
    const struct book_version *next; /* NULL: nothing new would come, or it is not declared */
    struct arena *arena;
    struct safety *out;
    struct safety_peer *peers;
};

/* Formats, phase and owner of one store. */
void safety_fill_formats(const struct making *m, uint32_t id, struct safety_store *out);
void safety_fill_calls(const struct making *m);
/* What changes from one version to the other, where contracts of both are known. */
void safety_compare(const struct making *m, const char *from, const char *to);

#endif
