/* stages.c: the stages of a release over the facts: release/stage.h fed from a service. */
#include "board/board.h"

#include "base/hash.h"
#include "guard/bind.h"
#include "guard/judge.h"
#include "health/evidence.h"
#include "release/basis.h"

#include <stdio.h>
#include <string.h>

static bool has_record(const struct board_input *in)
{
    return board_record_applies(in->guard.service, in->guard.release);
}

const struct profile *board_profile(const struct board_input *in)
{
    if (has_record(in))
        return profile_find(in->guard.release->profile);
    return in->profile ? in->profile : profile_find("");
}

struct plan board_plan(const struct board_input *in)
{
    return profile_plan(board_profile(in), in->plan);
}

static int64_t young_of(const struct service *service, const char *version)
{
    int64_t young = 0;

    for (size_t i = 0; i < service->version_count; i++)
        if (strcmp(service->versions[i].version, version) == 0 &&
            service->versions[i].young_utc_ms > young)
            young = service->versions[i].young_utc_ms;
    return young;
}

/* "" when it is not known, or when two of one name differ. */
static const char *digest_of(const struct service *service, const char *version)
{
    const char *digest = "";

    for (size_t i = 0; i < service->version_count; i++) {
        const struct version_count *row = &service->versions[i];
        if (strcmp(row->version, version) != 0 || !row->digest[0])
            continue;
        if (digest[0] && strcmp(digest, row->digest) != 0)
            return "";
        digest = row->digest;
    }
    return digest;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return hash_mix(hash, text, strlen(text) + 1);
}

static uint64_t known(const char *text)
{
    return text[0] ? mix_text(HASH_SEED, text) : 0;
}

/* Live of the service without `to`; what was before is among it, whether it runs just now or not.
 */
static uint64_t beside(const struct board_input *in, const struct flight *f, struct arena *arena)
{
    const char *const *live;
    size_t count = guard_live(&in->guard, arena, &live);
    uint64_t sum = hash_scatter(mix_text(HASH_SEED, f->from));

    for (size_t i = 0; i < count; i++)
        if (strcmp(live[i], f->to) != 0 && strcmp(live[i], f->from) != 0)
            sum += hash_scatter(mix_text(HASH_SEED, live[i]));
    return sum;
}

static const char *basis_of(const struct board_input *in, const struct flight *f,
                            struct arena *arena)
{
    const struct service *service = in->guard.service;
    const struct guard_input *guard = &in->guard;
    char *out = arena_alloc(arena, BASIS_TEXT, 1);
    struct grounds grounds = {0, 0};

    if (guard->bind)
        grounds = bind_grounds(guard->bind, guard->snapshot, service, guard->release, f->to);
    uint64_t before = known(digest_of(service, f->from));
    const uint64_t parts[BASIS_PART_COUNT] = {
        [BASIS_SCOPE] =
            mix_text(mix_text(mix_text(HASH_SEED, service->cluster), service->scope), service->id),
        [BASIS_ARTIFACT] = has_record(in) ? known(guard->release->artifact) : 0,
        [BASIS_BEFORE] = before ? mix_text(before, f->from) : 0,
        [BASIS_BESIDE] = beside(in, f, arena),
        [BASIS_CONFIG] = known(service->config_digest),
        [BASIS_NEIGHBOURS] = grounds.neighbours,
        [BASIS_STORES] = grounds.stores,
    };
    basis_write(parts, out);
    return out;
}

static uint32_t all_of(const struct service *service, unsigned states)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < service->version_count; i++)
        for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
            sum += states & (1u << s) ? service->versions[i].count[s] : 0;
    return sum;
}

void board_stages(const struct board_input *in, const struct flight *f, struct arena *arena,
                  struct stage_view *out)
{
    const struct service *service = in->guard.service;
    const struct profile *profile = board_profile(in);
    struct plan plan = board_plan(in);

    *out = (struct stage_view){.profile = profile ? profile->name : "",
                               .stage = STAGE_NONE,
                               .bake_version = "",
                               .bake_control = ""};
    if (profile_is_plain(profile))
        return;
    if (!f->active || f->rolling_back || !f->to[0]) {
        out->rehearsal = stage_rehearses(profile, in->guard.release, in->guard.utc_ms);
        out->whole_ms = stage_whole_ms(profile, &plan, service->replicas, out->rehearsal);
        return;
    }
    const struct stage_input input = {
        .profile = profile,
        .plan = &plan,
        .release = has_record(in) ? in->guard.release : NULL,
        .from = f->from,
        .to = f->to,
        .replicas = service->replicas,
        .have = f->have,
        .serving = f->serving,
        .ghosts = service_count(service, f->to, 1u << INSTANCE_GHOST),
        .others = f->others,
        .failing = all_of(service, 1u << INSTANCE_FAILING),
        .moving = f->unsettled > 0 || service->motion == MOTION_MOVING ||
                  service->motion == MOTION_RUNNING,
        .troubled = service->trouble != TROUBLE_NONE,
        .young_to_ms = young_of(service, f->to),
        .young_from_ms = young_of(service, f->from),
        .since_utc_ms = service->since_utc_ms,
        .digest = digest_of(service, f->to),
        .basis = basis_of(in, f, arena),
        .elsewhere = in->elsewhere,
        .elsewhere_name = in->elsewhere ? in->elsewhere_name : "",
        .attend = in->policy && in->policy->attended == ATTENDED_REQUIRED,
        .measured = in->measured,
        .evidence = in->evidence,
        .utc_ms = in->guard.utc_ms,
        .watched_utc_ms = in->watched_utc_ms,
    };
    stage_look(&input, out);
    out->bake_version = arena_strdup(arena, out->bake_version ? out->bake_version : "");
    out->bake_control = arena_strdup(arena, out->bake_control ? out->bake_control : "");
}

int64_t board_stable_ms(const struct board_input *in)
{
    const struct profile *profile = board_profile(in);

    if (in->policy && in->policy->stable_ms)
        return in->policy->stable_ms;
    return profile ? profile->stable_ms : 0;
}

struct rehearsed board_rehearsed(const struct board_input *in, const struct flight *f,
                                 struct arena *arena)
{
    const struct profile *profile = board_profile(in);
    struct plan plan = board_plan(in);
    struct stage_view view;

    board_stages(in, f, arena, &view);
    bool staged = !profile_is_plain(profile) || (has_record(in) && !profile);
    return (struct rehearsed){
        .staged = staged,
        .data = profile && strcmp(profile->name, "data") == 0,
        .has = view.active ? stage_proof(&view) : PROOF_NONE,
        .wants = !staged       ? PROOF_NONE
                 : view.active ? stage_wants(&view)
                               : PROOF_CERTIFIED,
        .version = f->active ? f->to : "",
        .voided = arena_strdup(arena, view.voided),
        .waits = arena_strdup(arena, view.waits),
        .have = f->have,
        .canary = plan_next(&plan, in->guard.service->replicas, 0),
        .stable_ms = board_stable_ms(in),
    };
}

void board_judge(const struct board_input *in, const struct guard_ask *ask, struct arena *arena,
                 struct verdict *out)
{
    struct flight f = board_flight(&in->guard);
    struct guard_input guard = in->guard;
    const struct rehearsed rehearsal = board_rehearsed(in, &f, arena);

    guard.rehearsal = &rehearsal;
    guard_judge(&guard, ask, arena, out);
}

/* What S is for engine, guard and record. */
static void put_deed(const struct board_input *in, const struct flight *f,
                     const struct stage_view *view, struct proposal *out)
{
    bool back = strcmp(in->guard.service->wants, f->from) == 0;

    out->mark.after = view->next;
    out->mark.cert = view->next_cert;
    snprintf(out->mark.profile, sizeof out->mark.profile, "%s", view->profile);
    out->to_count = view->next_count;
    if (view->next == STAGE_REHEARSE) {
        out->deed = out->asked = VERB_ROLLBACK;
        out->from = f->to;
        out->to = f->from;
        out->have = service_count(in->guard.service, f->from, STATES_ALL);
    } else if (view->next == STAGE_STABLE) {
        out->asked = VERB_PAUSE; /* nothing moves */
        out->ask = "";
    } else if (back) {
        out->deed = VERB_START;
    }
}

static const char *effect_of(const struct flight *f, const struct stage_view *view,
                             const struct proposal *out, uint32_t replicas, struct arena *arena)
{
    const char *next = stage_word[view->next];

    if (view->next == STAGE_STABLE)
        return arena_printf(arena, "stable: %s is what everything runs", f->to);
    if (view->next == STAGE_REHEARSE)
        return arena_printf(arena, "rehearse: the canary goes back to %s, then it settles",
                            f->from);
    return arena_printf(arena, "%s: %s", next, board_step_words(out->to_count, replicas, f, arena));
}

void propose_stage(const struct board_input *in, const struct flight *f, uint32_t to_count,
                   struct arena *arena, struct proposal *out)
{
    struct stage_view view;

    board_stages(in, f, arena, &view);
    if (!view.active) {
        out->effect = "";
        if (!out->hinder[0])
            out->hinder = f->rolling_back ? "rolling back; wait until it is done"
                                          : "its record names a profile that is not known here";
        return;
    }
    put_deed(in, f, &view, out);
    out->effect = effect_of(f, &view, out, in->guard.service->replicas, arena);
    if (out->hinder[0])
        return;
    if (view.waits[0] && (view.stage == STAGE_BAKE || view.stage == STAGE_SETTLE))
        out->past = 1u << RULE_R4;
    if (view.waits[0])
        out->hinder = arena_strdup(arena, view.waits);
    else if (to_count && to_count != view.next_count)
        out->hinder = arena_printf(arena, "its profile %s goes to %u next, not to %u", view.profile,
                                   view.next_count, to_count);
}

void propose_first_stage(const struct board_input *in, struct proposal *out)
{
    const struct profile *profile = board_profile(in);

    if (profile_is_plain(profile))
        return;
    out->mark.after = STAGE_CANARY;
    out->mark.cert.state = PROOF_CANARIED;
    snprintf(out->mark.profile, sizeof out->mark.profile, "%s", profile->name);
    snprintf(out->mark.cert.version, sizeof out->mark.cert.version, "%s", out->to);
    snprintf(out->mark.cert.from, sizeof out->mark.cert.from, "%s", out->from);
}

struct finding board_bake_finding(const struct board_input *in, const struct row *row)
{
    const struct stage_view *stages = &row->stages;
    struct finding finding = finding_of(RULE_R4, ANSWER_ALLOW);

    const char *name = in->guard.service->name;
    bool way_back = strcmp(stages->bake_version, stages->bake_control) == 0;

    finding.kind = ALARM_BAKE;
    finding_break(&finding, ANSWER_REFUSE,
                  way_back
                      ? arena_printf(row->arena,
                                     "the way back of %s from %s failed: %s is worse than before",
                                     name, row->to, stages->bake_version)
                      : arena_printf(row->arena, "the bake of %s %s failed: it is worse than %s",
                                     name, stages->bake_version, stages->bake_control),
                  "it stands; U goes back");
    finding_witness(&finding, row->arena, arena_printf(row->arena, "version %s", row->to),
                    in->evidence->reason, in->guard.utc_ms - in->evidence->heard_utc_ms);
    return finding;
}
