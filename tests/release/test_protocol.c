/* test_protocol.c: the action protocol alone, given every answer in every state, whether an engine
 * could give it or not: what is never sent, and that every end is one. The explorer says what is
 * true in worlds that can be; this, that nothing rests on their being so. */
#include "explore/search.h"
#include "release/protocol.h"
#include "test.h"

#include "base/mem.h"

#include <stdlib.h>

enum { WRITES = 2, STATES_MAX = 1000 * 1000 };

/* The machine, and what its owner has done for it. */
struct machine {
    struct protocol protocol;
    uint8_t journaled; /* set of writes whose intent is on disk */
    uint8_t claimed;   /* 1 + write that the ledger holds the claim for */
};

struct corner {
    const char *name;
    unsigned caps;
    bool recovery;
    uint32_t write, writes, holds_from; /* of the recovery */
};

static const struct corner corners[] = {
    {"moves", CAP_FENCE | CAP_LEDGER | CAP_JOURNAL, false, 0, 0, 0},
    {"no fence", CAP_LEDGER | CAP_JOURNAL, false, 0, 0, 0},
    {"no ledger", CAP_FENCE | CAP_JOURNAL, false, 0, 0, 0},
    {"neither", CAP_JOURNAL, false, 0, 0, 0},
    {"no journal", CAP_FENCE | CAP_LEDGER | CAP_HOLDS, false, 0, 0, 0},
    {"nothing", 0, false, 0, 0, 0},
    {"after a crash, first of 2", CAP_ALL, true, 0, 2, 0},
    {"after a crash, second of 2", CAP_ALL, true, 1, 2, 0},
    {"after a crash, moves", CAP_FENCE | CAP_LEDGER | CAP_JOURNAL, true, 0, 2, 0},
    {"after a crash, no write", CAP_ALL, true, 0, 0, 0},
    {"after a crash, no ledger", CAP_FENCE | CAP_JOURNAL | CAP_HOLDS, true, 0, 2, 0},
    {"after a crash, the second holds", CAP_ALL, true, 0, 2, 1},
    {"after a crash, no fence", CAP_LEDGER | CAP_JOURNAL, true, 0, 1, 0},
};

static const char *wrong_of(const struct corner *corner, const struct machine *m)
{
    struct protocol_effect effect = protocol_effect_of(&m->protocol);

    if (effect.kind != EFFECT_ACT)
        return NULL;
    if (effect.write >= effect.writes)
        return "a write is sent that nobody asked for";
    if (corner->caps & CAP_JOURNAL && !(m->journaled >> effect.write & 1))
        return "a write is sent whose intent is not on disk";
    if (corner->caps & CAP_LEDGER && m->claimed != effect.write + 1)
        return "a write is sent without the claim";
    if (protocol_is_foreign(&m->protocol))
        return "somebody else's write is sent";
    return NULL;
}

struct stepping {
    const struct corner *corner;
    search_emit *emit;
    void *arg;
    const struct machine *from;
};

static void try(const struct stepping *s, struct protocol_event event)
{
    struct machine next = *s->from;
    struct protocol_effect before = protocol_effect_of(&next.protocol);
    bool ok = event.reply == REPLY_OK;

    if (ok && before.kind == EFFECT_JOURNAL && before.record == RECORD_INTENT)
        next.journaled |= (uint8_t)(1u << before.write);
    if (ok && before.kind == EFFECT_CLAIM)
        next.claimed = (uint8_t)(1 + before.write);
    protocol_next(&next.protocol, event);
    if (before.kind == EFFECT_READ_LEDGER && event.facts & FACT_CLAIMED)
        next.claimed = (uint8_t)(1 + event.write);
    s->emit(s->arg, &next, (struct search_label){(unsigned)before.kind, "answered"},
            wrong_of(s->corner, &next));
}

static void answers(const struct stepping *s, enum protocol_reply reply)
{
    struct protocol_effect effect = protocol_effect_of(&s->from->protocol);
    struct protocol_event event = {.reply = reply};

    switch (effect.kind) {
    case EFFECT_READ_SERVICE:
        for (event.facts = 0; event.facts < FACT_CLAIMED; event.facts++)
            try(s, event);
        break;
    case EFFECT_READ_LEDGER:
        for (unsigned facts = 0; facts < 32; facts++)
            for (unsigned k = 0; k < 2 * 3 * 3; k++) {
                static const enum outcome recalled[] = {OUTCOME_NONE, OUTCOME_APPLIED,
                                                        OUTCOME_NOT_APPLIED};
                event.facts = facts * FACT_CLAIMED;
                event.write = k % 2;
                event.writes = k / 2 % 3;
                event.recalled = recalled[k / 6];
                try(s, event);
            }
        break;
    case EFFECT_JUDGE:
        for (event.writes = 0; event.writes <= WRITES; event.writes++)
            try(s, event);
        break;
    case EFFECT_JOURNAL:
    case EFFECT_CLAIM:
    case EFFECT_ACT:
    case EFFECT_FENCE:
    case EFFECT_WAIT:
    case EFFECT_STORE:
        try(s, event);
        break;
    case EFFECT_DONE:
        break;
    }
}

static void steps(void *arg, const void *state, search_emit *emit, void *emit_arg)
{
    const struct stepping s = {arg, emit, emit_arg, state};
    struct machine given_up = *s.from;

    for (unsigned reply = REPLY_OK; reply <= REPLY_LATE; reply++)
        answers(&s, (enum protocol_reply)reply);
    if (protocol_effect_of(&given_up.protocol).kind == EFFECT_DONE)
        return;
    protocol_give_up(&given_up.protocol);
    emit(emit_arg, &given_up, (struct search_label){0, "given up"},
         wrong_of(s.corner, &given_up) && !wrong_of(s.corner, s.from) ? "given up, and sends"
                                                                      : NULL);
}

static void say(void *arg, struct search_label label, char *out, size_t size)
{
    (void)arg;
    snprintf(out, size, "effect %u %s", label.what, label.how);
}

START_TEST(whatever_is_answered_nothing_is_sent_without_intent_and_claim)
{
    const struct corner *corner = &corners[_i];
    const struct search_space space = {sizeof(struct machine), (void *)(uintptr_t)corner, steps,
                                       say};
    struct machine first = {.protocol = protocol_new(corner->caps)};
    struct search_result *out = xcalloc(1, sizeof *out);
    unsigned ends[END_COUNT] = {0};

    if (corner->recovery) {
        first.protocol =
            protocol_settle(corner->caps, corner->write, corner->writes, corner->holds_from);
        first.journaled = (uint8_t)((2u << corner->write) - 1);
    }
    struct search *search = search_run(&space, &first, STATES_MAX, out);
    for (size_t i = 0; i < out->states; i++) {
        const struct machine *m = search_state(search, i);
        struct protocol_effect effect = protocol_effect_of(&m->protocol);

        if (effect.kind == EFFECT_DONE)
            ends[effect.end]++;
    }
    search_end(search, 0);
    search_print(out, !out->wrong && !out->too_many, corner->name, stdout);
    ck_assert_msg(!out->wrong, "%s\n%s", out->wrong, out->trace);
    ck_assert(!out->too_many);
    ck_assert_uint_eq(ends[END_NONE], 0);
    ck_assert(ends[END_APPLIED] && ends[END_NOT_APPLIED] + ends[END_CONFLICT]);
    free(out);
}
END_TEST

SUITE(protocol)
{
    Suite *suite = suite_create("protocol");
    TCase *tcase = test_case(suite, "protocol", 60);

    tcase_add_loop_test(tcase, whatever_is_answered_nothing_is_sent_without_intent_and_claim, 0,
                        (int)ARRAY_LEN(corners));
    return suite;
}
