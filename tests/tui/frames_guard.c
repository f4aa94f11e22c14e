/* frames_guard.c: a board on which the guard has much to say. */
#include "tui/sketch.h"

#include "base/mem.h"
#include "board/safety.h"

#include <stdio.h>
#include <string.h>

static void say(struct verdict *verdict, enum rule_id rule, enum answer answer, enum level level,
                const char *sentence, const char *way_out)
{
    verdict->findings[rule] = (struct finding){
        .rule = rule, .answer = answer, .level = level, .sentence = sentence, .way_out = way_out};
}

static void witness(struct frame *frame, struct finding *finding, const char *object,
                    const char *fact, int64_t age_ms)
{
    struct witness *all = arena_alloc(frame->arena, finding->witness_count + 1, sizeof *all);

    if (finding->witness_count)
        memcpy(all, finding->witnesses, finding->witness_count * sizeof *all);
    all[finding->witness_count++] = (struct witness){object, fact, age_ms};
    finding->witnesses = all;
}

static void hold(struct verdict *verdict)
{
    for (unsigned r = 0; r < RULE_COUNT; r++)
        say(verdict, (enum rule_id)r, ANSWER_ALLOW, LEVEL_ENFORCE, "", "");
    verdict->warning = "";
}

static void refuse(struct frame *frame, struct row *row)
{
    struct verdict *step = &row->option[VERB_STEP].verdict;
    struct verdict *undo = &row->option[VERB_ROLLBACK].verdict;

    hold(step);
    hold(undo);
    say(step, RULE_R1, ANSWER_REFUSE, LEVEL_ENFORCE,
        "payments-api 2.9.0 may write json-4 to invoices, which billing 9.9.1 cannot read",
        "first release a version of billing that reads json-4");
    witness(frame, &step->findings[RULE_R1], "store invoices",
            "payments-api 2.9.0 may write json-4", -1);
    witness(frame, &step->findings[RULE_R1], "version 9.9.1 of billing", "cannot read json-4", -1);
    witness(frame, &step->findings[RULE_R1], "node gpu-3", "runs 9.9.1", 400);
    say(step, RULE_R3, ANSWER_REFUSE, LEVEL_WARN, "2.7.9 may still run beside 2.8.1 and 2.9.0",
        "bring gpu-7 back, or fence it: lockstep fence gpu-7 --reason TEXT");
    witness(frame, &step->findings[RULE_R3], "node gpu-7", "silent, last ran 2.7.9", 41 * MINUTE);
    undo->findings[RULE_R3] = step->findings[RULE_R3];
    say(step, RULE_RC, ANSWER_UNKNOWN, LEVEL_OBSERVE, "the calls of cohort partners are not known",
        "");
    say(undo, RULE_RC, ANSWER_NOT_EVALUATED, LEVEL_ENFORCE, "", "");
    step->answer = ANSWER_REFUSE;
    step->level = LEVEL_ENFORCE;
    step->first = &step->findings[RULE_R1];
    undo->answer = ANSWER_REFUSE;
    undo->level = LEVEL_WARN;
    undo->first = &undo->findings[RULE_R3];
    row->option[VERB_STEP].allowed = row->option[VERB_ROLLBACK].allowed = false;
    struct finding *broken = arena_alloc(frame->arena, 1, sizeof *broken);
    *broken = step->findings[RULE_R3];
    broken->sentence = "three versions may run: 2.7.9 on gpu-7 (silent), 2.8.1, 2.9.0";
    row->broken = broken;
    row->broken_count = 1;
}

static void set_floor(struct frame *frame, struct row *row)
{
    struct floor_store *stores = arena_alloc(frame->arena, 2, sizeof *stores);

    stores[0] = (struct floor_store){"invoices", "json-3, json-4", "2.8.1", "2.9.0"};
    stores[1] = (struct floor_store){"sessions", "v1, v2", "2.7.9", "2.7.9"};
    row->floor = (struct floor_view){"2.8.1", "2.9.0", "2.9.0", stores, 2};
}

static void set_stages(struct row *row)
{
    struct stage_view *view = &row->stages;

    *view = (struct stage_view){.active = true,
                                .profile = "data",
                                .stage = STAGE_BAKE,
                                .wave = 1,
                                .waves = 2,
                                .next = STAGE_WAVE,
                                .next_count = 24,
                                .left_ms = 3 * MINUTE + 12 * SECOND,
                                .total_ms = 8 * MINUTE + 12 * SECOND,
                                .whole_ms = 30 * MINUTE,
                                .rehearsal = true};
    view->cert = (struct certificate){.state = PROOF_CERTIFIED,
                                      .version = "2.9.0",
                                      .from = "2.8.1",
                                      .by = "oncall1@example.org",
                                      .at_utc_ms = FRAMES_UTC_MS - 18 * MINUTE,
                                      .attended = true};
    snprintf(view->waits, sizeof view->waits,
             "bake: 3m12s left; evidence readiness and restarts only, weak");
    snprintf(view->voids, sizeof view->voids,
             "void when another image is 2.9.0, when anything but 2.8.1 may run beside it, or "
             "1d00h after the rehearsal");
}

static void set_safety(struct frame *frame, struct row *row)
{
    static const struct safety_stage stages[] = {
        {STAGE_CANARY, SAFETY_DONE, 2, 0},   {STAGE_BAKE, SAFETY_DONE, 0, 10 * MINUTE},
        {STAGE_REHEARSE, SAFETY_DONE, 0, 0}, {STAGE_SETTLE, SAFETY_DONE, 0, 10 * MINUTE},
        {STAGE_WAVE, SAFETY_DONE, 8, 0},     {STAGE_BAKE, SAFETY_NOW, 0, 5 * MINUTE},
        {STAGE_WAVE, SAFETY_AHEAD, 24, 0},   {STAGE_BAKE, SAFETY_AHEAD, 0, 5 * MINUTE},
        {STAGE_STABLE, SAFETY_AHEAD, 24, 0},
    };
    static const char *const gone[] = {"v1"};
    static const struct safety_format invoices[] = {
        {"json-3", true, "payments-api 2.8.1",
         "payments-api 2.8.1, payments-api 2.9.0, billing 9.9.1", "", ""},
        {"json-4", true, "payments-api 2.9.0", "payments-api 2.9.0", "billing 9.9.1", ""},
    };
    static const struct safety_format sessions[] = {
        {"v0", false, "", "payments-api 2.8.1", "",
         "ann, 2026-03-01T08:00:00Z: select count(*) where v = 0 is 0"},
        {"v1", true, "", "payments-api 2.8.1, payments-api 2.9.0", "", ""},
        {"v2", true, "payments-api 2.8.1, payments-api 2.9.0",
         "payments-api 2.8.1, payments-api 2.9.0", "", ""},
    };
    static const struct safety_store stores[] = {
        {"invoices", "json-3, json-4", "", "json-4", "payments-api", invoices, 2, DATA_BLIND, NULL,
         0},
        {"sessions", "v1, v2", "col_user, col_expiry", "", "", sessions, 3, DATA_BACKFILL, gone, 1},
    };
    static const struct safety_call calls[] = {
        {"checkout", "payments-api", "Charge/1", "12", "2.8.1", "2.9.0"},
        {"checkout", "payments-api", "Charge/2", "13", "2.8.1, 2.9.0", ""},
        {"payments-api", "ledger-writer", "Post/1", "2.8.1, 2.9.0", "4.1.7, 4.2.0", ""},
        {"payments-api", "ledger-writer", "Post/2", "", "4.2.0", "4.1.7"},
    };
    static const char *changes[] = {"writes invoices: adds json-4", "provides: drops Charge/1"};
    static const char *forward[] = {"2.8.1 cannot read json-4, which 2.9.0 may write to invoices"};
    static const char *backward[] = {
        "2.9.0 does not provide Charge/1, which callers of 2.8.1 may still call"};
    static const char *order[] = {"release a version that reads json-4 and writes json-3",
                                  "then 2.9.0, without dropping Charge/1",
                                  "drop Charge/1 when nobody calls it any more"};
    static struct comparison compared = {.adjacent = true,
                                         .changes = {changes, 2, 2},
                                         .backward = {backward, 1, 1},
                                         .forward = {forward, 1, 1},
                                         .rollback = {forward, 1, 1},
                                         .order = {order, 3, 3}};
    static const struct safety_peer peers[] = {
        {"billing", "9.9.1", "", "store invoices"},
        {"ledger-writer", "4.1.7, 4.2.0", "4.2.0", "calls Post/1; is called: Charge/2"},
    };
    static const struct safety_client clients[] = {
        {"android-4.1", "Charge/1", 1840, "ann, 2026-03-02T08:00:00Z", false, "", true},
        {"queued-jobs", "Refund/1", 0, "", true, "bob, 2026-02-27T10:30:00Z", true},
    };
    static const char *const live[] = {"2.7.9", "2.8.1", "2.9.0"};
    struct safety *safety = arena_alloc(frame->arena, 1, sizeof *safety);

    *safety = (struct safety){.declared = true,
                              .next = "2.9.0",
                              .forward = VERB_STEP,
                              .live = live,
                              .live_count = ARRAY_LEN(live),
                              .stores = stores,
                              .store_count = ARRAY_LEN(stores),
                              .peers = peers,
                              .peer_count = ARRAY_LEN(peers),
                              .calls = calls,
                              .call_count = ARRAY_LEN(calls),
                              .compared = &compared,
                              .clients = clients,
                              .client_count = ARRAY_LEN(clients),
                              .stage_count = ARRAY_LEN(stages)};
    memcpy(safety->stage, stages, sizeof stages);
    row->safety = safety;
}

struct frame *frames_guarded(void)
{
    struct frame *frame = frames_board();
    struct row *row = frames_row(frame, "prod-eu", "payments-api");

    refuse(frame, row);
    set_floor(frame, row);
    set_stages(row);
    set_safety(frame, row);
    return frame;
}
