/* explore_cases.c: what is explored, and what must be found. */
#include "release/explore.h"

#include "base/mem.h"

#include <stdlib.h>

#define FENCE_CAPS   (CAP_FENCE | CAP_LEDGER | CAP_JOURNAL)
#define BOUNDED_CAPS (CAP_LEDGER | CAP_JOURNAL)
enum { STATES_MAX = 40 * 1000 * 1000 };

#define FULL(caps_, actions_, writes_)                                                             \
    .caps = (caps_), .protections = PROTECT_ALL, .actions = (actions_), .writes = (writes_),       \
    .foreign = true, .crashes = true, .bad_journal = true
#define WITHOUT(missing_, caps_, writes_)                                                          \
    .missing = (missing_), .model = {.caps = (caps_),                                              \
                                     .protections = PROTECT_ALL & ~(unsigned)(missing_),           \
                                     .actions = 1,                                                 \
                                     .writes = (writes_),                                          \
                                     .foreign = true,                                              \
                                     .crashes = true,                                              \
                                     .bad_journal = true}

const struct explore_case explore_cases[] = {
    /* 2 operators x 1 action */
    {.name = "neutral fence, 1 write", .model = {FULL(FENCE_CAPS, 1, 1), .meddles = true}},
    {.name = "bounded wait, 1 write", .model = {FULL(BOUNDED_CAPS, 1, 1), .meddles = true}},
    {.name = "ledger only, 0 writes", .model = {FULL(FENCE_CAPS, 1, 0), .meddles = true}},
    {.name = "no ledger, fence, 2 writes", .model = {FULL(CAP_FENCE | CAP_JOURNAL, 1, 2)}},
    {.name = "no ledger, wait, 2 writes", .model = {FULL(CAP_JOURNAL, 1, 2)}},
    {.name = "no journal, fence, 2 writes", .model = {FULL(CAP_FENCE | CAP_LEDGER, 1, 2)}},
    {.name = "no journal, wait, 2 writes", .model = {FULL(CAP_LEDGER, 1, 2)}},
    {.name = "writes refused", .model = {FULL(FENCE_CAPS, 1, 2), .refused = 1u << MESSAGE_ACT}},
    {.name = "claims refused", .model = {FULL(FENCE_CAPS, 1, 1), .refused = 1u << MESSAGE_CLAIM}},
    {.name = "outcomes refused", .model = {FULL(FENCE_CAPS, 1, 1), .refused = 1u << MESSAGE_STORE}},
    {.name = "neutral fence, 2 writes", .size = CASE_MEDIUM, .model = {FULL(FENCE_CAPS, 1, 2)}},
    {.name = "bounded wait, 2 writes", .size = CASE_MEDIUM, .model = {FULL(BOUNDED_CAPS, 1, 2)}},
    {.name = "fences refused, 2 writes",
     .size = CASE_LARGE,
     .model = {FULL(FENCE_CAPS, 1, 2), .refused = 1u << MESSAGE_FENCE}},
    {.name = "undo of 2 writes, fence",
     .size = CASE_LARGE,
     .model = {FULL(FENCE_CAPS | CAP_HOLDS, 1, 2), .meddles = true}},
    {.name = "undo of 2 writes, wait, given up",
     .size = CASE_LARGE,
     .model = {FULL(BOUNDED_CAPS | CAP_HOLDS, 1, 2), .gives_up = true}},
    /* 2 operators x 2 actions */
    {.name = "2 x 2, neutral fence, 1 write",
     .size = CASE_LARGE,
     .model = {FULL(FENCE_CAPS, 2, 1), .meddles = true}},
    {.name = "2 x 2, neutral fence, 2 writes",
     .size = CASE_LARGE,
     .model = {FULL(FENCE_CAPS, 2, 2)}},
    {.name = "2 x 2, bounded wait, 2 writes",
     .size = CASE_LARGE,
     .model = {FULL(BOUNDED_CAPS, 2, 2)}},
    /* one protection less: each must be missed */
    {.name = "without precondition", WITHOUT(PROTECT_PRECONDITION, FENCE_CAPS, 1)},
    {.name = "without fence", WITHOUT(PROTECT_FENCE, FENCE_CAPS, 1)},
    {.name = "without bounded wait", WITHOUT(PROTECT_FENCE, BOUNDED_CAPS, 1)},
    {.name = "conflict trusted, not looked up", WITHOUT(PROTECT_LOOKUP, FENCE_CAPS, 1)},
    {.name = "only the last id remembered", WITHOUT(PROTECT_MEMORY, FENCE_CAPS, 1)},
    {.name = "without journal first", WITHOUT(PROTECT_JOURNAL, FENCE_CAPS, 1)},
    {.name = "without claim", WITHOUT(PROTECT_CLAIM, FENCE_CAPS, 1)},
    {.name = "late sending allowed", WITHOUT(PROTECT_LATE, BOUNDED_CAPS, 1)},
};
const size_t explore_case_count = ARRAY_LEN(explore_cases);

bool explore_run_case(const struct explore_case *c, bool trace, FILE *out)
{
    struct search_result *r = xcalloc(1, sizeof *r);

    explore(&c->model, STATES_MAX, r);
    bool ok = c->missing ? r->wrong != NULL : !r->wrong && !r->too_many;
    search_print(r, ok, c->name, out);
    if (!ok || (trace && r->wrong))
        fputs(r->trace, out);
    free(r);
    return ok;
}
