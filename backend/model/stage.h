/* stage.h: the words of a release's stages, by value: shared by record, action and frame. */
#ifndef LOCKSTEP_MODEL_STAGE_H
#define LOCKSTEP_MODEL_STAGE_H

#include <stdbool.h>
#include <stdint.h>

enum stage {
    STAGE_NONE, /* no release yet */
    STAGE_HELD, /* a new version is there and waits for the first key */
    STAGE_CANARY,
    STAGE_BAKE,
    STAGE_REHEARSE, /* rolling the canary back, on purpose */
    STAGE_SETTLE,
    STAGE_WAVE,
    STAGE_STABLE,
    STAGE_ROLLING_BACK,
    STAGE_ROLLED_BACK,
    STAGE_COUNT
};
extern const char *const stage_word[STAGE_COUNT];

/* Instances of both its versions may run, because somebody asked for that. */
bool stage_moves(enum stage stage);
/* The record speaks of a release that is not over: it moves, or a new version is held, of which no
 * instance was asked for yet. */
bool stage_in_flight(enum stage stage);

enum proof {
    PROOF_NONE,
    PROOF_CANARIED,
    PROOF_BAKED,
    PROOF_ROLLED,    /* the canary went back, the old version settles */
    PROOF_CERTIFIED, /* and has settled */
    PROOF_COUNT
};
extern const char *const proof_word[PROOF_COUNT];

/* What a rehearsal proved, of which version, and what it rests on. */
struct certificate {
    enum proof state;
    char version[128], from[128];
    char digest[128]; /* of what ran as the canary, "" not known */
    char basis[96];   /* of everything else it rests on: release/basis.h */
    char by[96];
    int64_t at_utc_ms;  /* when this state was reached */
    bool attended;      /* a dashboard was open on every bake of it */
    char evidence[200]; /* what was measured of its canary; "": readiness and restarts only */
};

/* What an action leaves in the record beside what its verb says. */
struct stage_mark {
    enum stage after; /* STAGE_NONE: only what the verb says, and nothing below counts */
    char profile[16];
    struct certificate cert;
};

/* Nothing is sent to the service: the record alone changes. */
static inline bool stage_mark_is_note(const struct stage_mark *mark)
{
    return mark->after == STAGE_STABLE || mark->after == STAGE_ROLLED_BACK;
}

#endif
