/* propose.c: what each verb would do to a service as it is now. */
#include "board/board.h"

#include "base/clock.h"
#include "release/release.h"

#include <stdio.h>
#include <string.h>

bool board_in_flight(const struct release *release)
{
    return release && stage_in_flight(release->stage) && release->to[0];
}

static uint32_t count_of(const struct guard_input *in, const char *version, unsigned states)
{
    return snapshot_count(in->snapshot, in->service, version, states);
}

/* The version other than `wants` with most instances: what is being replaced. */
static const char *other_version(const struct guard_input *in)
{
    const struct service *service = in->service;
    const char *best = "";
    uint32_t most = 0;

    for (size_t i = 0; i < service->version_count; i++) {
        const char *version = service->versions[i].version;
        uint32_t n = count_of(in, version, STATES_ALL);
        if (strcmp(version, service->wants) != 0 && n > most) {
            most = n;
            best = version;
        }
    }
    return best;
}

static uint32_t count_all(const struct guard_input *in, unsigned states)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < in->service->version_count; i++)
        sum += count_of(in, in->service->versions[i].version, states);
    return sum;
}

bool board_record_applies(const struct service *service, const struct release *release)
{
    return board_in_flight(release) &&
           (strcmp(service->wants, release->to) == 0 || strcmp(service->wants, release->from) == 0);
}

struct flight board_flight(const struct guard_input *in)
{
    const struct service *service = in->service;
    const struct release *release = in->release;
    struct flight f = {.from = "", .to = ""};
    const unsigned moving = 1u << INSTANCE_STARTING | 1u << INSTANCE_STOPPING;

    f.unsettled = count_all(in, moving);
    f.ghosts = count_all(in, 1u << INSTANCE_GHOST);
    if (board_record_applies(service, release)) {
        f.from = release->from;
        f.to = release->to;
        f.rolling_back = release->stage == STAGE_ROLLING_BACK;
        const char *goal = f.rolling_back ? f.from : f.to;
        uint32_t rest = count_all(in, STATES_ALL) - count_of(in, goal, STATES_ALL);
        f.active = rest > 0 || count_of(in, goal, STATES_SERVING) < service->replicas ||
                   strcmp(service->wants, goal) != 0 || release->profile[0];
    } else {
        const char *other = other_version(in);
        if (other[0] || service->motion != MOTION_NONE) {
            f.active = true;
            f.to = service->wants;
            f.from = other[0] ? other : service->was;
            f.rolling_back = release && release->stage == STAGE_ROLLED_BACK &&
                             strcmp(service->wants, release->from) == 0;
            if (f.rolling_back) { /* leftovers of what was rolled back */
                f.to = release->to;
                f.from = release->from;
            }
        }
    }
    if (!f.active)
        f.to = "";
    const char *moved = f.active ? f.to : service->wants;
    f.have = count_of(in, moved, STATES_ALL);
    f.others = count_all(in, STATES_ALL) - f.have;
    f.serving = count_of(in, moved, STATES_SERVING);
    f.failing = count_of(in, moved, 1u << INSTANCE_FAILING);
    return f;
}

/* What was done longer ago than this is not what moves now. */
enum { MOVES_WITHIN_MS = 3600 * 1000 };

static bool is_of_now(const struct board_input *in, int64_t at_utc_ms)
{
    int64_t age = in->guard.utc_ms - at_utc_ms;

    return at_utc_ms > 0 && age <= MOVES_WITHIN_MS && age >= -MOVES_WITHIN_MS;
}

/* " at 14:31:58": a row that nothing changes stays as it is, so that an age would grow old. */
static const char *clock_words(const char *word, int64_t utc_ms, struct arena *arena)
{
    char text[CLOCK_TEXT];

    return arena_printf(arena, " %s %.8s", word, clock_format_utc(utc_ms, text) + 11);
}

static const char *person(const char *by)
{
    return by[0] ? by : "somebody";
}

/* Of a claim that is open: "bob steps to 5 of 8 since 14:31:58". */
static const char *who_acts(const struct board_input *in, struct arena *arena)
{
    const struct claim *claim = &in->guard.release->claim;
    const char *deed = "acts";

    switch (claim->verb) {
    case VERB_START:
        deed = arena_printf(arena, "begins with %u of %u", claim->to_count, claim->replicas);
        break;
    case VERB_STEP:
    case VERB_RESUME:
        deed = arena_printf(arena, "steps to %u of %u", claim->to_count, claim->replicas);
        break;
    case VERB_PAUSE:
        deed = "pauses it";
        break;
    case VERB_ROLLBACK:
        deed = arena_printf(arena, "goes back to %s", claim->to);
        break;
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        break;
    }
    return arena_printf(arena, "%s %s%s", person(claim->by), deed,
                        clock_words("since", claim->at_utc_ms, arena));
}

/* Of the last action on record: "bob stepped to 5 of 8 at 14:31:58". */
static const char *who_acted(const struct board_input *in, struct arena *arena)
{
    const struct release *release = in->guard.release;
    const char *deed = release->stage == STAGE_CANARY ? "began with" : "stepped to";
    bool counted =
        release->target && (release->stage == STAGE_CANARY || release->stage == STAGE_WAVE ||
                            release->stage == STAGE_STABLE);
    const char *done = counted ? arena_printf(arena, "%s %u of %u", deed, release->target,
                                              in->guard.service->replicas)
                               : "moved it";

    return arena_printf(arena, "%s %s%s", person(release->by), done,
                        clock_words("at", release->stage_utc_ms, arena));
}

/* Whoever has to be waited for, and what for; "" when nobody is on record. */
static const char *whose_move(const struct board_input *in, const struct flight *f,
                              struct arena *arena)
{
    const struct release *release = in->guard.release;

    if (!release)
        return "";
    if (release->claim.id[0] && is_of_now(in, release->claim.at_utc_ms))
        return who_acts(in, arena);
    if (strcmp(release->to, f->to) == 0 && is_of_now(in, release->stage_utc_ms))
        return who_acted(in, arena);
    return "";
}

/* ", by bob": of the record's last action. */
static const char *by_whom(const struct board_input *in, const char *words, struct arena *arena)
{
    const struct release *release = in->guard.release;

    return release && release->by[0] ? arena_printf(arena, "%s%s", words, release->by) : "";
}

/* Conditions that hold before any step, whatever the rules say. */
static const char *step_hinder(const struct board_input *in, const struct flight *f,
                               struct arena *arena)
{
    const struct service *service = in->guard.service;
    const struct release *release = in->guard.release;

    if (release && release->paused)
        return arena_printf(arena, "paused by %s: R goes on", release->by[0] ? release->by : "?");
    if (f->rolling_back)
        return arena_printf(arena, "rolling back%s; wait until it is done",
                            by_whom(in, " by ", arena));
    if (f->failing)
        return arena_printf(arena, "%u on %s failing%s%s; U goes back", f->failing, f->to,
                            service->reason[0] ? ": " : "", service->reason);
    bool claimed = release && release->claim.id[0];
    if (service->motion == MOTION_RUNNING && !claimed)
        return "it moves by itself: P makes it stand first";
    const char *whose = f->unsettled ? whose_move(in, f, arena) : "";
    if (whose[0])
        return arena_printf(arena, "wait: %s, %u %s starting or stopping", whose, f->unsettled,
                            f->unsettled == 1 ? "is" : "are");
    if (service->motion == MOTION_RUNNING)
        return "it moves by itself: P makes it stand first";
    if (f->unsettled)
        return arena_printf(arena, "wait: %u instance%s still starting or stopping", f->unsettled,
                            f->unsettled == 1 ? " is" : "s are");
    return "";
}

/* Everything is moved, but whoever moved it died before the last writes, or somebody undid it past
 * lockstep: the hold (a brake, a partition) or the marks are still there. */
static bool is_unfinished(const struct board_input *in, const struct flight *f)
{
    const struct service *service = in->guard.service;

    if (!in->restores || service->replicas == 0)
        return false;
    if (f->active)
        return service->motion == MOTION_RESTING && f->have >= service->replicas &&
               strcmp(f->to, service->wants) == 0;
    return service->mark_count > 0;
}

static void propose_finish(const struct board_input *in, const struct flight *f,
                           struct arena *arena, struct proposal *out)
{
    const struct service *service = in->guard.service;
    const struct release *release = in->guard.release;

    out->offered = true;
    out->from = f->active ? f->from : "";
    out->to = service->wants;
    out->have = f->active ? f->have : f->serving;
    out->to_count = service->replicas;
    out->asked = VERB_PAUSE; /* nothing moves */
    out->ask = "";
    out->effect = arena_printf(arena, "ends it: all run %s, your own settings come back", out->to);
    out->hinder = step_hinder(in, f, arena);
    if (!board_record_applies(service, release) || !release->profile[0])
        return;
    out->mark.after = release->stage;
    out->mark.cert = release->cert;
    snprintf(out->mark.profile, sizeof out->mark.profile, "%s", release->profile);
}

const char *board_step_words(uint32_t to_count, uint32_t replicas, const struct flight *f,
                             struct arena *arena)
{
    const char *more =
        to_count > f->have ? arena_printf(arena, ", %u more", to_count - f->have) : "";

    return arena_printf(arena, "%u of %u on %s (now %u%s)", to_count, replicas, f->to, f->have,
                        more);
}

static void propose_step(const struct board_input *in, const struct flight *f, uint32_t to_count,
                         struct arena *arena, struct proposal *out)
{
    const struct service *service = in->guard.service;
    const struct release *release = in->guard.release;
    uint32_t replicas = service->replicas;
    bool staged = !profile_is_plain(board_profile(in));

    if (is_unfinished(in, f)) {
        propose_finish(in, f, arena, out);
        return;
    }
    if (!f->active || !f->to[0] || (f->have >= replicas && !staged))
        return;
    out->offered = true;
    out->from = f->from;
    out->to = f->to;
    out->have = f->have;
    if (staged) {
        out->hinder = step_hinder(in, f, arena);
        propose_stage(in, f, to_count, arena, out);
        return;
    }
    if (to_count)
        out->to_count = to_count;
    else if (release && release->target > f->have && release->target <= replicas)
        out->to_count = release->target; /* finish what was asked for */
    else
        out->to_count = plan_next(in->plan, replicas, f->have);
    out->effect = board_step_words(out->to_count, replicas, f, arena);
    out->hinder = step_hinder(in, f, arena);
    if (!out->hinder[0] && (out->to_count <= f->have || out->to_count > replicas))
        out->hinder = arena_printf(arena, "%u is not between %u and %u", out->to_count, f->have + 1,
                                   replicas);
}

/* A schedule or a template of jobs: nothing of it runs under its own name. */
static bool starts_others(const struct service *service)
{
    return service->launcher_count > 0 && strcmp(service->launchers[0].name, LAUNCHER_SPEC) != 0;
}

static void propose_start(const struct board_input *in, const struct flight *f, uint32_t to_count,
                          const char *version, struct arena *arena, struct proposal *out)
{
    const struct service *service = in->guard.service;
    uint32_t replicas = service->replicas;
    struct plan plan = board_plan(in);

    out->offered = version && version[0];
    out->from = service->wants;
    out->to = version ? version : "";
    out->have = service_count(service, out->to, STATES_ALL);
    out->to_count = to_count ? to_count : plan_next(&plan, replicas, 0);
    out->effect = arena_printf(arena, "canary: %u of %u on %s", out->to_count, replicas, out->to);
    if (f->active)
        out->hinder =
            arena_printf(arena, "%s to %s is in flight%s: finish it or roll it back first",
                         f->from[0] ? f->from : "?", f->to,
                         board_record_applies(in->guard.service, in->guard.release)
                             ? by_whom(in, ", last moved by ", arena)
                             : "");
    else if (replicas == 0 && starts_others(in->guard.service))
        out->hinder = "it starts other jobs and can only be looked at";
    else if (replicas == 0)
        out->hinder = "it has no instances: scale it up first";
    else if (strcmp(out->to, service->wants) == 0)
        out->hinder = arena_printf(arena, "it already runs %s", out->to);
    else if (out->to_count > replicas)
        out->hinder =
            arena_printf(arena, "%u is more than its %u instances", out->to_count, replicas);
    /* What is left of a release that is over, on a node that is away perhaps: R3 says more. */
    if (f->active && !board_record_applies(service, in->guard.release) &&
        service->motion == MOTION_NONE && replicas && out->to_count <= replicas &&
        strcmp(out->to, service->wants) != 0)
        out->past = 1u << RULE_R3;
    propose_first_stage(in, out);
}

static void propose_rollback(const struct board_input *in, const struct flight *f,
                             struct arena *arena, struct proposal *out)
{
    const struct service *service = in->guard.service;
    const struct release *release = in->guard.release;
    bool finished = !f->active && release && release->from[0] &&
                    strcmp(service->wants, release->to) == 0 && release->memo;

    if (!f->active && !finished)
        return;
    out->offered = true;
    out->from = finished ? release->to : f->to;
    out->to = finished ? release->from : f->from;
    out->have = service_count(service, out->to, STATES_ALL);
    out->to_count = service->replicas;
    out->effect = arena_printf(arena, "back to %s: %u of %u", out->to[0] ? out->to : "?",
                               service_count(service, out->from, STATES_ALL), service->replicas);
    bool staged = f->active && release && release->profile[0];
    if (staged && (release->stage == STAGE_REHEARSE || release->stage == STAGE_SETTLE) &&
        strcmp(service->wants, release->from) == 0)
        out->mark.after = STAGE_ROLLED_BACK; /* it is back already: the record says that it stays */
    if (!out->to[0])
        out->hinder = "the version before is not known";
    else if (f->rolling_back)
        out->hinder =
            arena_printf(arena, "it is rolling back already%s", by_whom(in, ", by ", arena));
}

static void propose_pause(const struct board_input *in, const struct flight *f, struct arena *arena,
                          struct proposal *out)
{
    const struct release *release = in->guard.release;

    out->from = f->from;
    out->to = f->to;
    out->have = out->to_count = f->have;
    out->offered = f->active && !(release && release->paused);
    /* One that moves by itself is put on record as held, under the profile that it skipped. */
    if (in->guard.service->motion == MOTION_RUNNING && !profile_is_plain(board_profile(in)) &&
        !board_record_applies(in->guard.service, release)) {
        out->mark.after = STAGE_HELD;
        snprintf(out->mark.profile, sizeof out->mark.profile, "%s", board_profile(in)->name);
    }
    out->effect = arena_printf(arena, "stands at %u of %u on %s", f->have,
                               in->guard.service->replicas, f->to);
}

static void propose_resume(const struct board_input *in, const struct flight *f,
                           struct arena *arena, struct proposal *out)
{
    const struct release *release = in->guard.release;

    if (!f->active || !release || !release->paused)
        return;
    out->offered = true;
    out->from = f->from;
    out->to = f->to;
    out->have = f->have;
    out->to_count = release->target > f->have ? release->target : f->have;
    out->effect =
        out->to_count > f->have
            ? arena_printf(arena, "goes on to %s",
                           board_step_words(out->to_count, in->guard.service->replicas, f, arena))
            : "S steps again";
}

struct proposal board_propose(const struct board_input *in, enum verb verb, uint32_t to_count,
                              const char *version, struct arena *arena)
{
    struct flight f = board_flight(&in->guard);
    struct proposal out = {.hinder = "",
                           .effect = "",
                           .from = "",
                           .to = "",
                           .asks = verb,
                           .deed = verb,
                           .asked = verb,
                           .ask = NULL};

    switch (verb) {
    case VERB_START:
        propose_start(in, &f, to_count, version, arena, &out);
        break;
    case VERB_STEP:
        propose_step(in, &f, to_count, arena, &out);
        break;
    case VERB_PAUSE:
        propose_pause(in, &f, arena, &out);
        break;
    case VERB_RESUME:
        propose_resume(in, &f, arena, &out);
        break;
    case VERB_ROLLBACK:
        propose_rollback(in, &f, arena, &out);
        break;
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        break;
    }
    if (!out.ask)
        out.ask = verb == VERB_PAUSE || verb == VERB_RESUME ? "" : out.to;
    if (in->deny[0] || !in->live || (in->guard.release && in->guard.release->newer))
        out.past = 0;
    if (out.offered && in->deny[0])
        out.hinder = in->deny;
    else if (out.offered && (in->denied[verb] || in->denied[out.deed]))
        out.hinder = in->denied[verb] ? in->denied[verb] : in->denied[out.deed];
    if (out.offered && !in->live)
        out.hinder = "the cluster does not answer; nothing is sent on old news";
    if (out.offered && in->guard.release && in->guard.release->newer)
        out.hinder = "its record was written by a newer lockstep: look, do not touch";
    return out;
}
