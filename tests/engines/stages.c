/* stages.c: see stages.h. */
#include "engines/stages.h"

#include "base/mem.h"
#include "release/stage.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

enum { REPLICAS = 8, BAKE_MS = 10000 };

void stages_use_fast(struct engine_config *config)
{
    static struct profile_row row;
    static struct profile_policy policy;

    row = (struct profile_row){"", profile_find("fast")};
    policy = (struct profile_policy){.rows = &row, .row_count = 1};
    config->profiles = &policy;
}

struct waiting {
    const struct stages_case *c;
    const char *effect;
    char seen[400];
};

static bool step_is_allowed(void *arg, const struct frame *frame)
{
    struct waiting *w = arg;
    const struct row *row = frame_find_row(frame, w->c->op.context, w->c->op.service);

    if (!row)
        return false;
    const struct option *step = &row->option[VERB_STEP];
    snprintf(w->seen, sizeof w->seen, "%s: %s", stage_word[row->stages.stage],
             step->offered ? step->effect : "not offered");
    return step->allowed && strstr(step->effect, w->effect);
}

static bool wait_for_step(const struct stages_case *c, int64_t ms, struct waiting *w)
{
    w->c = c;
    return engine_run_until(c->op.engine, ms, step_is_allowed, w);
}

static void expect_running(const struct stages_case *c, uint32_t on_new)
{
    drive_serving(&c->op, c->to, on_new);
    drive_serving(&c->op, c->from, REPLICAS - on_new);
    unsigned is = c->running(c->arg, c->to), was = c->running(c->arg, c->from);
    ck_assert_msg(is == on_new && was == REPLICAS - on_new,
                  "the engine lists %u of %s and %u of %s, not %u and %u", is, c->to, was, c->from,
                  on_new, REPLICAS - on_new);
}

void stages_release(const struct stages_case *c)
{
    static const struct {
        const char *effect;
        uint32_t on_new;
    } stages[] = {{"rehearse", 0}, {"wave", 4}, {"wave", 8}, {"stable", 8}};

    drive_start(&c->op, c->to, c->artifact ? c->artifact : "");
    expect_running(c, 1);
    for (size_t i = 0; i < ARRAY_LEN(stages); i++) {
        struct waiting w = {.effect = stages[i].effect};
        struct action_status early = drive_press(&c->op, VERB_STEP, "");
        drive_end_is(&early, END_REFUSED);
        ck_assert_msg(wait_for_step(c, c->op.patience_ms, &w), "S never says %s; last: %s",
                      stages[i].effect, w.seen);
        drive_works(&c->op, VERB_STEP, "");
        expect_running(c, stages[i].on_new);
        printf("S: %s\n", w.seen);
    }
    const struct frame *frame = engine_frame(c->op.engine);
    const struct row *row = frame_find_row(frame, c->op.context, c->op.service);
    ck_assert_int_eq(row->release->stage, STAGE_STABLE);
    ck_assert_int_eq(row->release->cert.state, PROOF_CERTIFIED);
    ck_assert_str_eq(row->release->cert.version, c->to);
    frame_unref(frame);
}

void stages_refuse_sick(const struct stages_case *c)
{
    struct waiting w = {.effect = ""};

    drive_works(&c->op, VERB_START, c->to);
    ck_assert_msg(!wait_for_step(c, 3 * BAKE_MS, &w), "S is allowed: %s", w.seen);
    struct action_status s = drive_press(&c->op, VERB_STEP, "");
    drive_end_is(&s, END_REFUSED);
    ck_assert_msg(strstr(s.sentence, "starting") || strstr(s.sentence, "U goes back"), "%s",
                  s.sentence);
    printf("refused: %s\n", s.sentence);
    drive_works(&c->op, VERB_ROLLBACK, "");
    expect_running(c, 0);
}
