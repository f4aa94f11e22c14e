/* glass.h: somebody went, or wants to go, past rules that are enforced. By value. */
#ifndef LOCKSTEP_MODEL_GLASS_H
#define LOCKSTEP_MODEL_GLASS_H

#include "model/stage.h"

enum glass_limit {
    GLASS_OPEN_MS = 30 * 60 * 1000, /* so long the same person goes past the same rules */
    GLASS_REASON_MIN = 10,          /* letters */
};

/* rules "" means that it is whole. */
struct glass {
    char rules[32];    /* that were passed: "R3 R1" */
    char verb[16];     /* it was broken for */
    char version[128]; /* and to go to this one */
    char reason[240], by[96];
    char second[96]; /* who confirmed, or "" */
    bool waits;      /* for a second identity; until then it is whole */
    int64_t at_utc_ms, until_utc_ms;
};

#endif
