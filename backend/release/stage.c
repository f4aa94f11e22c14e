/* stage.c: see stage.h. */
#include "release/stage.h"

#include "base/clock.h"
#include "base/mem.h"
#include "health/evidence.h"
#include "release/basis.h"

#include <stdio.h>
#include <string.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, FRESH_MS = 10 * SECOND };
#define HOUR ((int64_t)60 * MINUTE)
#define DAY  (24 * HOUR)

const struct profile profiles[] = {
    {.name = "plain"},
    {"code", REHEARSE_SOMETIMES, 10 * MINUTE, 5 * MINUTE, HOUR, 30 * DAY, DAY, {0}},
    {"data", REHEARSE_ALWAYS, 10 * MINUTE, 5 * MINUTE, DAY, 0, DAY, {0}},
    {"api", REHEARSE_ALWAYS, 10 * MINUTE, 5 * MINUTE, DAY, 0, DAY, {0}},
    {"hotfix", REHEARSE_NEVER, 2 * MINUTE, MINUTE, HOUR, 0, DAY, {0}},
    {"fast", REHEARSE_ALWAYS, 10 * SECOND, 5 * SECOND, MINUTE, 0, HOUR, {1, {50, 100}, 2}},
};
const size_t profile_count = ARRAY_LEN(profiles);

const struct profile *profile_find(const char *name)
{
    if (!name[0])
        return &profiles[0];
    for (size_t i = 0; i < profile_count; i++)
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    return NULL;
}

bool profile_is_plain(const struct profile *profile)
{
    return !profile || profile == &profiles[0];
}

struct plan profile_plan(const struct profile *profile, const struct plan *configured)
{
    return profile && profile->plan.wave_count ? profile->plan : *configured;
}

const struct profile *profile_for(const struct profile_policy *policy, const char *service)
{
    const struct profile *fallback = &profiles[0];

    for (size_t i = 0; policy && i < policy->row_count; i++) {
        const struct profile_row *row = &policy->rows[i];
        if (strcmp(row->service, service) == 0)
            return row->profile;
        if (!row->service[0])
            fallback = row->profile;
    }
    return fallback;
}

/* ---- how long ---- */

/* The same waves with and without a rehearsal: each is larger than the canary was. */
static uint32_t next_wave(const struct plan *plan, uint32_t replicas, uint32_t have)
{
    uint32_t canary = plan_next(plan, replicas, 0);

    return plan_next(plan, replicas, have > canary ? have : canary);
}

static uint32_t count_waves(const struct plan *plan, uint32_t replicas, uint32_t have)
{
    uint32_t count = 0;

    while (have < replicas) {
        have = next_wave(plan, replicas, have);
        count++;
    }
    return count;
}

static int64_t waves_ms(const struct stage_input *in, uint32_t have)
{
    return (int64_t)count_waves(in->plan, in->replicas, have) * in->profile->wave_ms;
}

int64_t stage_whole_ms(const struct profile *profile, const struct plan *plan, uint32_t replicas,
                       bool rehearsal)
{
    uint32_t canary = plan_next(plan, replicas, 0);
    uint32_t waves = count_waves(plan, replicas, rehearsal ? 0 : canary);

    return profile->bake_ms * (rehearsal ? 2 : 1) + (int64_t)waves * profile->wave_ms;
}

bool stage_rehearses(const struct profile *profile, const struct release *release, int64_t utc_ms)
{
    int64_t last = release ? release->rehearsed_utc_ms : 0;

    switch (profile->rehearsal) {
    case REHEARSE_NEVER:
        return false;
    case REHEARSE_ALWAYS:
        return true;
    case REHEARSE_SOMETIMES:
        break;
    }
    return last <= 0 || last > utc_ms || utc_ms - last > profile->again_ms;
}

/* ---- the bake ---- */

struct bake {
    const char *version; /* under watch */
    int64_t began_ms, young_ms, length_ms;
    uint32_t serving;
    bool attended;         /* somebody must watch all of it */
    const char *control;   /* version it is measured against, or itself: as it was before */
    int64_t before_utc_ms; /* not 0: as that was before then */
};

static bool fails(struct stage_view *out, const struct stage_input *in, const struct bake *bake)
{
    const char *name = stage_word[out->stage];
    const size_t size = sizeof out->waits;

    if (in->failing || in->troubled)
        snprintf(out->waits, size, "%s: something of it fails, it does not pass so; U goes back",
                 name);
    else if (in->ghosts)
        snprintf(out->waits, size,
                 "%s: no data on %u of %.60s, on a node that does not answer; no data is never a "
                 "pass. Wait until it reports, or fence it",
                 name, in->ghosts, in->to);
    else if (bake->serving == 0)
        snprintf(out->waits, size, "%s: nothing of %.60s serves; no data is never a pass", name,
                 bake->version);
    else if (bake->young_ms <= 0)
        snprintf(out->waits, size,
                 "%s: since when %.60s runs is not known; no data is never a pass", name,
                 bake->version);
    else if (bake->attended && in->watched_utc_ms <= 0)
        snprintf(out->waits, size, "%s: somebody must watch it: keep a dashboard open", name);
    return out->waits[0] != '\0';
}

/* One that must be watched begins when somebody looks. */
static bool was_watched(const struct stage_input *in, const struct bake *bake)
{
    return in->watched_utc_ms > 0 && (in->watched_utc_ms <= bake->began_ms || bake->attended);
}

/* Begun seconds count: nothing waits for "0s left". */
static const char *span_left(int64_t left, char span[SPAN_TEXT])
{
    return clock_format_span(left + 999, span);
}

/* What is measured decides, where it is. True: it lets the bake pass, once its time is over. */
static bool evidence_lets(struct stage_view *out, const struct stage_input *in, int64_t left)
{
    const struct evidence *e = in->evidence;
    const char *name = stage_word[out->stage];
    const size_t size = sizeof out->waits;
    char span[SPAN_TEXT], until[SPAN_TEXT + 8] = "";
    bool way_back = strcmp(out->bake_version, out->bake_control) == 0;

    if (left > 0)
        snprintf(until, sizeof until, "%s left; ", span_left(left, span));
    if (!e || !evidence_is_of(e, out->bake_version, out->bake_control, out->bake_began_ms)) {
        snprintf(out->waits, size, "%s: %snothing is measured yet; no data is never a pass", name,
                 until);
        return false;
    }
    if (e->answer == JUDGE_FAILS) {
        out->worse = true;
        snprintf(out->waits, size, "%s failed: %.40s is worse than %s%.40s: %.110s; U goes back",
                 name, e->version, way_back ? "before " : "", way_back ? in->to : e->control,
                 e->reason);
    } else if (e->trouble[0]) {
        snprintf(out->waits, size, "%s: %sno data, which is never a pass: %.150s", name, until,
                 e->trouble);
    } else if (left > 0 || e->answer == JUDGE_WAITS) {
        snprintf(out->waits, size, "%s: %s%s%.140s; %zu samples of at least %zu", name, until,
                 left > 0 ? "" : "its time is over, it waits for data: ",
                 e->reason[0] ? e->reason : "no sample is due yet", e->samples, e->needed);
    }
    return !out->waits[0];
}

/* True when its time is over and all of it was fine. */
static bool bake_passes(struct stage_view *out, const struct stage_input *in,
                        const struct bake *bake)
{
    char span[SPAN_TEXT];
    int64_t began = bake->young_ms > bake->began_ms ? bake->young_ms : bake->began_ms;

    if (bake->attended && in->watched_utc_ms > began)
        began = in->watched_utc_ms;
    int64_t left = began + bake->length_ms - in->utc_ms;

    out->watched = was_watched(in, bake);
    out->judged = in->measured && began > 0 && bake->control[0];
    out->bake_version = bake->version;
    out->bake_control = bake->control;
    out->bake_began_ms = began;
    out->bake_ms = bake->length_ms;
    out->before_after = bake->before_utc_ms != 0;
    out->before_utc_ms = bake->before_utc_ms;
    if (fails(out, in, bake)) {
        out->left_ms = bake->length_ms;
        return false;
    }
    out->left_ms = left > 0 ? left : 0;
    if (out->judged)
        return evidence_lets(out, in, left);
    if (left > 0)
        snprintf(out->waits, sizeof out->waits,
                 "%s: %s left%s; evidence readiness and restarts only, weak",
                 stage_word[out->stage], span_left(left, span),
                 bake->attended ? ", and somebody must watch" : "");
    return left <= 0;
}

/* ---- the certificate ---- */

static void put_evidence(struct certificate *cert, const struct stage_view *view,
                         const struct stage_input *in)
{
    if (view->judged && in->evidence && !view->waits[0])
        snprintf(cert->evidence, sizeof cert->evidence, "%.150s", in->evidence->reason);
    else
        cert->evidence[0] = '\0';
}

/* Behind that of the canary. */
static void put_way_back(struct certificate *cert, const struct stage_view *view,
                         const struct stage_input *in)
{
    size_t used = strlen(cert->evidence);

    if (view->judged && in->evidence && !view->waits[0])
        snprintf(cert->evidence + used, sizeof cert->evidence - used, "%sback: %.80s",
                 used ? "; " : "", in->evidence->reason);
}

static void set_cert(struct certificate *cert, const struct stage_input *in, enum proof state,
                     bool attended)
{
    bool first = state <= PROOF_BAKED || cert->state < PROOF_BAKED;

    cert->state = state;
    cert->attended = attended && (first || cert->attended);
    snprintf(cert->version, sizeof cert->version, "%s", in->to);
    snprintf(cert->from, sizeof cert->from, "%s", in->from);
}

static void look_at_cert(struct stage_view *out, const struct stage_input *in)
{
    const struct release *release = in->release;
    char span[SPAN_TEXT];

    if (!release || strcmp(release->cert.version, in->to) != 0)
        return;
    out->cert = release->cert;
    const struct certificate *cert = &out->cert;
    if (release->stage == STAGE_WAVE || cert->state < PROOF_ROLLED)
        return;
    snprintf(
        out->voids, sizeof out->voids,
        "void when another image is %.40s, when anything but %.40s may run beside it, when its "
        "configuration, its stores or its neighbours change, or %s after the rehearsal",
        in->to, in->from, clock_format_span(in->profile->valid_ms, span));
    enum basis_part changed = basis_differs(cert->basis, in->basis);
    if (in->basis[0] && changed != BASIS_PART_COUNT)
        snprintf(out->voided, sizeof out->voided, "what it rests on has changed: %s",
                 basis_word[changed]);
    else if (in->utc_ms - cert->at_utc_ms > in->profile->valid_ms)
        snprintf(out->voided, sizeof out->voided, "it is older than %s",
                 clock_format_span(in->profile->valid_ms, span));
}

static bool digest_differs(const struct stage_input *in, const struct certificate *cert)
{
    return cert->state >= PROOF_BAKED && cert->digest[0] && in->digest[0] &&
           strcmp(cert->digest, in->digest) != 0;
}

bool stage_counts_elsewhere(const struct stage_input *in)
{
    const struct certificate *cert = in->elsewhere;

    return cert && cert->state >= PROOF_CERTIFIED && strcmp(cert->version, in->to) == 0 &&
           in->digest[0] && strcmp(cert->digest, in->digest) == 0 &&
           basis_agrees(cert->basis, in->basis, BASIS_NEIGHBOURS) &&
           cert->at_utc_ms <= in->utc_ms && in->utc_ms - cert->at_utc_ms <= in->profile->valid_ms;
}

enum proof stage_proof(const struct stage_view *view)
{
    return view->voided[0] ? PROOF_NONE : view->cert.state;
}

enum proof stage_wants(const struct stage_view *view)
{
    switch (profile_find(view->profile)->rehearsal) {
    case REHEARSE_NEVER:
        return PROOF_BAKED;
    case REHEARSE_ALWAYS:
        return PROOF_CERTIFIED;
    case REHEARSE_SOMETIMES:
        break;
    }
    return view->rehearsal || view->elsewhere[0] ? PROOF_CERTIFIED : PROOF_BAKED;
}

/* ---- the stages ---- */

static void ask(struct stage_view *out, enum stage next, uint32_t count)
{
    out->next = next;
    out->next_count = count;
}

/* Just asked for: the engine may not have begun, which looks like rest. */
static bool is_fresh(const struct stage_input *in)
{
    int64_t age_ms = in->release ? in->utc_ms - in->release->stage_utc_ms : -1;

    return age_ms >= 0 && age_ms < FRESH_MS;
}

/* What was asked for, of what there is now: it may have been scaled down since, or lost a node for
 * good. */
static uint32_t asked_for(const struct stage_input *in, uint32_t fallback)
{
    uint32_t target = in->release && in->release->target ? in->release->target : fallback;

    return target < in->replicas ? target : in->replicas;
}

/* Not at rest, or less than was asked for: the same once more, unless what is there goes wrong. */
static bool is_short(struct stage_view *out, const struct stage_input *in, enum stage stage,
                     uint32_t target)
{
    out->stage = stage;
    ask(out, stage, target);
    if (in->moving || (in->have < target && is_fresh(in)))
        snprintf(out->waits, sizeof out->waits, "%s: wait until it is at rest", stage_word[stage]);
    else if (in->have < target && (in->failing || in->troubled))
        snprintf(out->waits, sizeof out->waits, "%s: %.60s does not come up; U goes back",
                 stage_word[stage], in->to);
    else if (in->have < target)
        out->again = true;
    return in->moving || in->have < target;
}

static void next_or_stable(struct stage_view *out, const struct stage_input *in)
{
    if (in->have >= in->replicas)
        ask(out, STAGE_STABLE, in->replicas);
    else
        ask(out, STAGE_WAVE, next_wave(in->plan, in->replicas, in->have));
}

static void look_canary(struct stage_view *out, const struct stage_input *in, int64_t began_ms)
{
    uint32_t target = asked_for(in, plan_next(in->plan, in->replicas, 0));
    struct bake bake = {in->to,      began_ms, in->young_to_ms, in->profile->bake_ms,
                        in->serving, false,    in->from,        0};
    bool elsewhere = stage_counts_elsewhere(in);
    enum proof baked = elsewhere ? PROOF_CERTIFIED : PROOF_BAKED;

    out->rehearsal = stage_rehearses(in->profile, in->release, in->utc_ms) && !elsewhere;
    out->attend = bake.attended = in->attend && out->rehearsal;
    if (elsewhere)
        snprintf(out->elsewhere, sizeof out->elsewhere, "%s", in->elsewhere_name);
    out->total_ms = stage_whole_ms(in->profile, in->plan, in->replicas, out->rehearsal);
    set_cert(&out->next_cert, in, PROOF_CANARIED, false);
    if (is_short(out, in, STAGE_CANARY, target))
        return;
    out->stage = STAGE_BAKE;
    bool passed = bake_passes(out, in, &bake);
    out->total_ms -= in->profile->bake_ms - out->left_ms;
    if (passed)
        set_cert(&out->cert, in, baked, out->watched);
    out->next_cert = out->cert;
    set_cert(&out->next_cert, in, out->rehearsal ? PROOF_ROLLED : baked, out->watched);
    put_evidence(&out->next_cert, out, in);
    snprintf(out->next_cert.digest, sizeof out->next_cert.digest, "%s", in->digest);
    snprintf(out->next_cert.basis, sizeof out->next_cert.basis, "%s", in->basis);
    if (out->rehearsal)
        ask(out, STAGE_REHEARSE, in->replicas);
    else
        next_or_stable(out, in);
}

/* What runs after the way back is what ran before the first canary, and no worse than that. */
static void look_rehearsal(struct stage_view *out, const struct stage_input *in, int64_t began_ms)
{
    int64_t before = in->release->since_utc_ms;
    struct bake bake = {in->from,   began_ms,   in->young_from_ms,      in->profile->bake_ms,
                        in->others, in->attend, before ? in->from : "", before};

    out->rehearsal = true;
    out->attend = in->attend;
    out->total_ms = in->profile->bake_ms + waves_ms(in, 0);
    out->next_cert = out->cert;
    if (in->moving || in->have) {
        out->stage = STAGE_REHEARSE;
        ask(out, STAGE_REHEARSE, in->replicas);
        out->again = !in->moving && !is_fresh(in);
        if (!out->again)
            snprintf(out->waits, sizeof out->waits, "rehearse: wait until %.60s is back", in->from);
        return;
    }
    out->stage = STAGE_SETTLE;
    if (out->voided[0]) { /* from the canary on, once more */
        set_cert(&out->next_cert, in, PROOF_CANARIED, false);
        ask(out, STAGE_CANARY, plan_next(in->plan, in->replicas, 0));
        out->total_ms = stage_whole_ms(in->profile, in->plan, in->replicas, true);
        return;
    }
    bool passed = bake_passes(out, in, &bake);
    out->total_ms -= in->profile->bake_ms - out->left_ms;
    next_or_stable(out, in);
    if (out->worse) {
        snprintf(out->voided, sizeof out->voided,
                 "after the way back %.30s is worse than before %.30s: %.90s", in->from, in->to,
                 in->evidence->reason);
        return;
    }
    set_cert(&out->next_cert, in, PROOF_CERTIFIED, out->watched);
    put_way_back(&out->next_cert, out, in);
    if (passed)
        out->cert = out->next_cert;
}

static void look_wave(struct stage_view *out, const struct stage_input *in, int64_t began_ms)
{
    struct bake bake = {in->to,      began_ms, in->young_to_ms, in->profile->wave_ms,
                        in->serving, false,    in->from,        in->others ? 0 : began_ms};
    uint32_t canary = plan_next(in->plan, in->replicas, 0), target = asked_for(in, 0);
    uint32_t left = count_waves(in->plan, in->replicas, in->have > target ? in->have : target);

    out->rehearsal = out->cert.state >= PROOF_ROLLED;
    out->waves = count_waves(in->plan, in->replicas, out->rehearsal ? 0 : canary);
    out->wave = out->waves > left ? out->waves - left : 1;
    out->total_ms = in->profile->wave_ms + (int64_t)left * in->profile->wave_ms;
    out->next_cert = out->cert;
    if (digest_differs(in, &out->cert)) {
        out->stage = STAGE_WAVE;
        snprintf(out->waits, sizeof out->waits,
                 "wave: what runs as %.60s is not what was rehearsed (%.20s, not %.20s); U goes "
                 "back",
                 in->to, in->digest, out->cert.digest);
        next_or_stable(out, in);
        return;
    }
    if (is_short(out, in, STAGE_WAVE, target))
        return;
    out->stage = STAGE_BAKE;
    bake_passes(out, in, &bake);
    out->total_ms -= in->profile->wave_ms - out->left_ms;
    next_or_stable(out, in);
    if (out->next == STAGE_STABLE && !out->waits[0] && in->others)
        snprintf(out->waits, sizeof out->waits,
                 "%u instance%s may still run another version than %.60s: wait until the node "
                 "reports, or fence it",
                 in->others, in->others == 1 ? "" : "s", in->to);
}

/* Begun without lockstep: its canary may be taken over, more may not. */
static void look_foreign(struct stage_view *out, const struct stage_input *in)
{
    uint32_t canary = plan_next(in->plan, in->replicas, 0);

    look_canary(out, in, in->since_utc_ms);
    if (in->have <= canary)
        return;
    out->stage = STAGE_HELD;
    snprintf(out->waits, sizeof out->waits,
             "begun outside of lockstep, and past its canary without a rehearsal; U goes back");
}

void stage_look(const struct stage_input *in, struct stage_view *out)
{
    const struct release *release = in->release;
    enum stage recorded = release ? release->stage : STAGE_HELD;
    int64_t began_ms = release ? release->stage_utc_ms : 0;

    *out = (struct stage_view){.active = true, .profile = in->profile->name, .stage = recorded};
    look_at_cert(out, in);
    switch (recorded) {
    case STAGE_HELD:
        look_foreign(out, in);
        break;
    case STAGE_CANARY:
    case STAGE_BAKE:
        look_canary(out, in, began_ms);
        break;
    case STAGE_REHEARSE:
    case STAGE_SETTLE:
        look_rehearsal(out, in, began_ms);
        break;
    case STAGE_WAVE:
        look_wave(out, in, began_ms);
        break;
    case STAGE_NONE:
    case STAGE_STABLE:
    case STAGE_ROLLING_BACK:
    case STAGE_ROLLED_BACK:
    case STAGE_COUNT:
        out->active = false;
        break;
    }
    out->whole_ms = stage_whole_ms(in->profile, in->plan, in->replicas, out->rehearsal);
}
