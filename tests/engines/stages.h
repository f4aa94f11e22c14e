/* stages.h: a release with all its stages (profile fast, eight instances) by S alone, on any
 * real engine; what runs is asked of an oracle that shares no code with lockstep. */
#ifndef LOCKSTEP_TESTS_ENGINES_STAGES_H
#define LOCKSTEP_TESTS_ENGINES_STAGES_H

#include "engine/drive.h"

struct stages_case {
    struct drive op; /* its engine has profile fast for this service */
    const char *from, *to;
    const char *artifact; /* that the start names; NULL: none */
    /* Instances of this version that the engine itself lists as running. */
    unsigned (*running)(void *arg, const char *version);
    void *arg;
};

struct engine_config;
/* Profile fast for every service; what it points to lives as long as the program. */
void stages_use_fast(struct engine_config *config);
/* Canary, bake, back, settle, half, bake, all, bake, stable: each reached by one S, with exactly
 * that many instances; and no S is accepted before its time. */
void stages_release(const struct stages_case *c);
/* The canary of a version that cannot serve: S is refused for three bakes, because it still starts
 * or because it fails, whichever the engine shows; U goes back. */
void stages_refuse_sick(const struct stages_case *c);

#endif
