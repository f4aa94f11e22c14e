/* deed.h: the things that can be done to a world, who judges them, and what they change.
 *
 * One table: words of scenario files, rules that are asked, and the fine print per kind.
 * deed_judge never changes the world, deed_apply never judges. */
#ifndef LOCKSTEP_GUARD_DEED_H
#define LOCKSTEP_GUARD_DEED_H

#include "guard/verdict.h"
#include "guard/world.h"

#define ASK(rule)    (1u << RULE_##rule)
#define ASK_RELEASE  (ASK(R0) | ASK(RL) | ASK(R1) | ASK(R2) | ASK(RC) | ASK(R3) | ASK(R4))
#define ASK_LAUNCHER (ASK(RL) | ASK(R1) | ASK(R2) | ASK(RC) | ASK(R3) | ASK(R4))
#define ASK_ADMIT    (ASK(RL) | ASK(R1) | ASK(R2) | ASK(RC) | ASK(R3))
#define ASK_SCHEMA   (ASK(RL) | ASK(R1) | ASK(R2))

/* Nodes that join are no release, so R4 is not asked of them: enough of them may join with the
 * version under test to pass the third of the fleet that R4 leaves to a canary. R3 keeps them
 * within the step, and R4 counts them when the next canary is judged. */
/* name, word, rules asked, what it names */
#define DEED_TABLE(X)                                                                              \
    X(CANARY, "canary", ASK_RELEASE)                                                               \
    X(BAKE, "bake", ASK(RL))                                                                       \
    X(ROLLBACK, "rollback", ASK_RELEASE)                                                           \
    X(RELEASE, "release", ASK_RELEASE)                                                             \
    X(EXPAND, "expand", ASK_SCHEMA)                                                                \
    X(CONTRACT, "contract", ASK_SCHEMA)                                                            \
    X(BACKFILLED, "backfilled", ASK(RL))                                                           \
    X(LAUNCHER, "launcher", ASK_LAUNCHER)                                                          \
    X(DOWN, "down", 0)                                                                             \
    X(UP, "up", 0)                                                                                 \
    X(RETIRE, "retire", 0)                                                                         \
    X(FENCE, "fence", 0)                                                                           \
    X(ADMIT, "admit", ASK_ADMIT)                                                                   \
    X(USAGE, "usage", ASK(RL))                                                                     \
    X(END_SUPPORT, "end_support", ASK(RL))                                                         \
    X(BYPASS, "bypass", 0)

#define DEED_ENUM(name, word, rules) DEED_##name,
enum deed_kind { DEED_TABLE(DEED_ENUM) DEED_COUNT };
#undef DEED_ENUM
extern const char *const deed_word[DEED_COUNT];
extern const unsigned deed_rules[DEED_COUNT];

struct deed {
    enum deed_kind kind;
    uint32_t service;      /* BOOK_NONE: none named */
    unsigned version;      /* VERSION_NOT_KNOWN: none named */
    const char *digest;    /* of what would run; NULL: not known, the version is trusted */
    const uint32_t *seats; /* canary, rollback, bypass; one for down, up, retire, fence, admit */
    size_t seat_count;
    bool all_seats;         /* rollback, bypass: none were named */
    const uint32_t *missed; /* release */
    size_t missed_count;
    uint32_t store;
    struct set elements, formats; /* expand, contract; formats: backfilled */
    struct set backfill;          /* formats that must be gone from the store before */
    bool with_code;
    uint32_t launcher, cohort;
    const uint32_t *usages; /* usage: rows of the book */
    size_t usage_count;
    uint64_t count; /* usage: calls from now on */
    bool failed;    /* bake: the verdict was not "pass" */
    bool decided;   /* `rev` is set: actions that were applied when the operator decided */
    uint64_t rev;
};

/* Asks every rule that the kind of deed and the policy name; texts into the arena. With
 * a NULL arena only the answers are set, texts are "" and there are no witnesses. */
void deed_judge(const struct world *world, const struct deed *deed, struct arena *arena,
                struct verdict *out);
/* Its effect. Whatever the deed, the world stays consistent. */
void deed_apply(struct world *world, const struct deed *deed);

#endif
