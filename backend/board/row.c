/* row.c: one service as the screen shows it. */
#include "board/board.h"

#include "board/safety.h"
#include "board/undo.h"
#include "health/evidence.h"
#include "release/release.h"

#include <string.h>

const char *const board_word[BOARD_COUNT] = {
    [BOARD_FAILED] = "failed",
    [BOARD_STUCK] = "stuck",
    [BOARD_GLASS] = "broken glass",
    [BOARD_VIOLATED] = "violated",
    [BOARD_ROLLING_BACK] = "rolling back",
    [BOARD_MOVING] = "moving",
    [BOARD_HELD] = "held",
    [BOARD_STEADY] = "steady",
    [BOARD_STALE] = "stale",
};

const char *const event_word[EVENT_COUNT] = {
    [EVENT_NOTE] = "note", [EVENT_CHANGE] = "change", [EVENT_ACTION] = "action",
    [EVENT_RULE] = "rule", [EVENT_NODE] = "node",     [EVENT_CLUSTER] = "cluster",
};

static bool breaks_a_rule(const struct row *row)
{
    for (size_t i = 0; i < row->broken_count; i++)
        if (row->broken[i].level != LEVEL_OBSERVE)
            return true;
    return false;
}

static enum board_state state_of(const struct board_input *in, const struct flight *f,
                                 const struct row *row)
{
    const struct service *service = in->guard.service;

    if (!in->live)
        return BOARD_STALE;
    if (service->trouble == TROUBLE_FAILED)
        return BOARD_FAILED;
    if (service->trouble == TROUBLE_STUCK)
        return BOARD_STUCK;
    if (row->stages.worse)
        return BOARD_FAILED;
    if (row->glass.broken && !row->glass.waits)
        return BOARD_GLASS;
    if (breaks_a_rule(row))
        return BOARD_VIOLATED;
    if (f->rolling_back && f->active)
        return BOARD_ROLLING_BACK;
    if (service->motion == MOTION_MOVING || service->motion == MOTION_RUNNING ||
        (f->active && f->unsettled))
        return BOARD_MOVING;
    return f->active ? BOARD_HELD : BOARD_STEADY;
}

/* The record as frames may hold it: without the driver's memo, which belongs to the engine thread.
 */
static const struct release *shown_release(const struct release *release, struct arena *arena)
{
    if (!release)
        return NULL;
    struct release *copy = arena_alloc(arena, 1, sizeof *copy);
    *copy = *release;
    copy->memo = NULL;
    copy->root = NULL;
    return copy;
}

static const struct evidence *shown_evidence(const struct board_input *in, const struct row *row,
                                             struct arena *arena)
{
    const struct stage_view *stages = &row->stages;

    if (!stages->judged || !in->evidence ||
        !evidence_is_of(in->evidence, stages->bake_version, stages->bake_control,
                        stages->bake_began_ms))
        return NULL;
    struct evidence *copy = arena_alloc(arena, 1, sizeof *copy);
    *copy = *in->evidence;
    return copy;
}

/* What a claim that is open is about to bring is asked for, too: its record says so at the end. */
static uint32_t asked_for(const struct release *release)
{
    const struct claim *claim = &release->claim;
    bool forward =
        claim->id[0] && claim->verb != VERB_ROLLBACK && strcmp(claim->to, release->to) == 0;

    return forward && claim->to_count > release->target ? claim->to_count : release->target;
}

static const char *drift_of(const struct board_input *in, const struct flight *f,
                            struct arena *arena)
{
    const struct release *release = in->guard.release;

    if (!f->active || f->rolling_back || !release || !release->target ||
        strcmp(release->to, f->to) != 0)
        return "";
    uint32_t running = f->have - f->failing, asked = asked_for(release);
    if (running <= asked)
        return "";
    return arena_printf(arena, "%u more on %s than the %u asked for", running - asked, f->to,
                        asked);
}

static void fill_option(const struct board_input *in, struct row *row, enum verb verb)
{
    struct option *option = &row->option[verb];
    struct proposal p = board_propose(in, verb, 0, NULL, row->arena);

    option->effect = "";
    option->offered = p.offered;
    option->to_count = p.to_count;
    if (!p.offered)
        return;
    option->effect = arena_strdup(row->arena, p.hinder[0] ? p.hinder : p.effect);
    if (verb == VERB_ROLLBACK && p.to[0])
        row->undo = board_undo(row->service, in->guard.release, p.from, p.to);
    const struct guard_ask ask = {
        .verb = p.asked, .version = p.ask, .to_count = p.to_count, .spec_digest = ""};
    board_judge(in, &ask, row->arena, &option->verdict);
    bool refused =
        option->verdict.answer == ANSWER_REFUSE || option->verdict.answer == ANSWER_UNKNOWN;
    option->allowed = !p.hinder[0] && !refused;
    if (!option->allowed && board_glass_lets(in, &p, &option->verdict)) {
        option->allowed = true;
        option->effect = arena_printf(row->arena, "past %s, the glass is broken: %s",
                                      in->guard.release->glass.rules, p.effect);
    } else if (refused && option->verdict.first) {
        option->effect = arena_printf(row->arena, "%s: %s", rule_word[option->verdict.first->rule],
                                      option->verdict.first->sentence);
    }
}

static void fill_steps(const struct board_input *in, const struct flight *f, struct row *row)
{
    uint32_t replicas = row->service->replicas, at = 0;
    struct plan plan = board_plan(in);

    row->step = plan_step_of(&plan, replicas, f->have, &row->steps);
    for (uint32_t i = 0; i < row->steps && i < ROW_STEPS_MAX; i++)
        row->step_at[i] = at = plan_next(&plan, replicas, at);
}

static void fill_counts(const struct board_input *in, const struct flight *f, struct row *row)
{
    const struct service *service = in->guard.service;

    row->from = arena_strdup(row->arena, f->active ? f->from : service->wants);
    row->to = arena_strdup(row->arena, f->to);
    row->want = service->replicas;
    row->have = f->active ? f->serving : service_count(service, service->wants, STATES_SERVING);
    if (f->active && f->rolling_back) {
        row->from = arena_strdup(row->arena, f->to);
        row->to = arena_strdup(row->arena, f->from);
        row->have = service_count(service, f->from, STATES_SERVING);
    } else if (f->active) {
        fill_steps(in, f, row);
    }
    row->ghosts = f->ghosts;
}

static int64_t stable_left(const struct board_input *in, int64_t since_utc_ms)
{
    int64_t left = since_utc_ms + board_stable_ms(in) - in->guard.utc_ms;

    return since_utc_ms < 0 ? -1 : left > 0 ? left : 0;
}

/* With what only the record and the certificate tell: drift and a rehearsal that became void. */
static size_t watch(const struct board_input *in, const struct flight *f, struct row *row,
                    struct finding *out)
{
    struct guard_input guard = in->guard;
    struct seen seen = guard.seen ? *guard.seen : (struct seen){.drift = ""};
    struct rehearsed rehearsal = board_rehearsed(in, f, row->arena);

    if (!seen.drift[0])
        seen.drift = row->drift;
    guard.rehearsal = &rehearsal;
    if (in->guard.seen || seen.drift[0])
        guard.seen = &seen;
    row->watch_due_utc_ms = guard_watch_due(&guard);
    size_t count = guard_watch(&guard, row->arena, out);
    for (size_t i = 0; i < count; i++)
        if (out[i].kind == ALARM_DRIFT && !row->drift[0])
            row->drift =
                arena_printf(row->arena, "%s: %s", out[i].sentence, out[i].witnesses[0].fact);
    return count;
}

const struct row *board_row(const struct board_input *in)
{
    const struct service *service = in->guard.service;
    const struct release *release = in->guard.release;
    struct arena *arena = arena_new(768);
    struct row *row = arena_alloc(arena, 1, sizeof *row);
    struct flight f = board_flight(&in->guard);
    struct finding *broken = arena_alloc(arena, WATCH_MAX, sizeof *broken);

    row->arena = arena;
    row->refs = 1;
    row->stable_since_utc_ms = row->stable_left_ms = -1;
    row->service = service_ref(service);
    row->release = shown_release(release, arena);
    row->drift = drift_of(in, &f, arena);
    row->broken = broken;
    row->broken_count = watch(in, &f, row, broken);
    board_stages(in, &f, arena, &row->stages);
    row->glass = board_glass(in, &f, breaks_a_rule(row), arena);
    if (row->glass.broken && !row->glass.waits)
        broken[row->broken_count++] = board_glass_finding(in, arena);
    if (row->stages.worse)
        broken[row->broken_count++] = board_bake_finding(in, row);
    row->evidence = shown_evidence(in, row, arena);
    row->state = state_of(in, &f, row);
    fill_counts(in, &f, row);
    row->why = service->reason[0]  ? service->reason
               : row->stages.worse ? row->stages.waits
               : row->broken_count ? broken[0].sentence
                                   : "";
    bool ours = f.active && release && strcmp(release->to, f.to) == 0;
    row->by = arena_strdup(arena, ours && release->by[0] ? release->by : service->by);
    row->since_utc_ms =
        ours && release->since_utc_ms > 0 ? release->since_utc_ms : service->since_utc_ms;
    row->moves_by_itself = service->motion == MOTION_RUNNING;
    if (!row->why[0] && row->stages.active)
        row->why = row->stages.waits;
    guard_floor(&in->guard, f.active && !f.rolling_back ? f.to : "", arena, &row->floor);
    row->stable_since_utc_ms = guard_stable_since(&in->guard);
    row->stable_left_ms = stable_left(in, row->stable_since_utc_ms);
    row->judged_utc_ms = in->guard.utc_ms;
    if (row->stable_left_ms > 0 && row->judged_utc_ms + row->stable_left_ms < row->watch_due_utc_ms)
        row->watch_due_utc_ms = row->judged_utc_ms + row->stable_left_ms;
    row->basis = guard_basis(&in->guard);
    for (unsigned v = 0; v < VERB_COUNT; v++)
        fill_option(in, row, (enum verb)v);
    row->safety = board_safety(in, row);
    return row;
}

const struct row *row_ref(const struct row *row)
{
    __atomic_add_fetch(&((struct row *)(uintptr_t)row)->refs, 1, __ATOMIC_RELAXED);
    return row;
}

void row_unref(const struct row *row)
{
    struct row *shared = (struct row *)(uintptr_t)row;

    if (!shared || __atomic_sub_fetch(&shared->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    service_unref(shared->service);
    arena_free(shared->arena);
}

int board_compare(const void *a, const void *b)
{
    const struct row *left = *(const struct row *const *)a, *right = *(const struct row *const *)b;

    if (left->state != right->state)
        return left->state < right->state ? -1 : 1;
    int by_cluster = strcmp(left->service->cluster, right->service->cluster);
    return by_cluster ? by_cluster : strcmp(left->service->name, right->service->name);
}
