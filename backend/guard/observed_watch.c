/* observed_watch.c: what is wrong with one observed service already, without any action: rule 3 is
 * not a moment.
 *
 * One finding per kind. What breaks no rule by itself, but wants somebody to look, has
 * LEVEL_OBSERVE. */
#include "base/clock.h"
#include "guard/bind.h"
#include "guard/judge.h"
#include "guard/observed_rules.h"
#include "release/release.h"

#include <stdio.h>
#include <string.h>

/* One look. */
struct watch {
    const struct guard_input *in;
    const struct guard_policy *policy; /* NULL: nothing is set */
    const struct live *live;
    struct pair pair;
    struct arena *arena;
    struct finding *out;
    size_t count;
};

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static struct watch watch_of(const struct guard_input *in, const struct live *live,
                             struct arena *arena, struct finding *out)
{
    return (struct watch){.in = in,
                          .policy = in->bind ? bind_policy(in->bind) : NULL,
                          .live = live,
                          .pair = pair_of(in, live),
                          .arena = arena,
                          .out = out};
}

/* The next finding, of this kind; kept by `keep`. */
static struct finding *begin(struct watch *w, enum alarm_kind kind, enum rule_id rule)
{
    struct finding *finding = &w->out[w->count];

    *finding = finding_of(rule, ANSWER_ALLOW);
    finding->kind = kind;
    return finding;
}

static void keep(struct watch *w, const struct finding *finding)
{
    w->count += answer_is_broken(finding->answer);
}

static const char *service_object(const struct watch *w)
{
    return arena_printf(w->arena, "service %s", w->in->service->name);
}

/* ---- versions ---- */

static void watch_step(struct watch *w)
{
    struct finding *finding = begin(w, ALARM_STEP, RULE_R3);
    const char *fence = NULL;

    for (size_t i = 0; i < w->live->count; i++)
        if (!pair_has(&w->pair, w->live->versions[i]) &&
            !same(w->live->versions[i], VERSION_UNKNOWN)) {
            live_witness(w->in, w->live->versions[i], w->arena, finding, &fence);
            finding->answer = ANSWER_REFUSE;
        }
    finding->sentence = arena_printf(w->arena, "%s may run versions outside of its step %s",
                                     w->in->service->name, pair_arrow(&w->pair, w->arena));
    finding->way_out = pair_way_out(&w->pair, fence, w->arena);
    keep(w, finding);
}

/* Since when; 0 when nobody has been looking, which counts as long ago. */
static int64_t unknown_since(const struct watch *w)
{
    return w->in->seen ? w->in->seen->unknown_since_utc_ms : 0;
}

static void watch_unknown(struct watch *w)
{
    struct finding *finding = begin(w, ALARM_UNKNOWN, RULE_R3);
    const char *fence = NULL;
    int64_t age_ms = w->in->utc_ms - unknown_since(w);
    char span[SPAN_TEXT];

    if (!live_has(w->live, VERSION_UNKNOWN) || age_ms < policy_unknown_ms(w->policy))
        return;
    live_witness(w->in, VERSION_UNKNOWN, w->arena, finding, &fence);
    finding_break(
        finding, ANSWER_UNKNOWN,
        unknown_since(w)
            ? arena_printf(w->arena, "a version of %s has not been known for %s",
                           w->in->service->name, clock_format_span(age_ms, span))
            : arena_printf(w->arena, "a version of %s is not known", w->in->service->name),
        fence ? pair_way_out(&w->pair, fence, w->arena)
              : "find out which version it is: give its image a tag, or a label");
    keep(w, finding);
}

/* ---- nodes and launchers ---- */

/* A node that is away while a release moves: it will come back with something. */
static void watch_silent(struct watch *w)
{
    const struct service *service = w->in->service;
    struct finding *finding = begin(w, ALARM_SILENT, RULE_R3);

    for (size_t i = 0; i < service->placement_count; i++) {
        const struct node *node;
        const struct placement *place = &service->placements[i];
        enum node_state state = node_state_of(w->in, place, &node);

        if ((state != NODE_SILENT && state != NODE_RETIRED) || node->state_utc_ms < 0 ||
            w->in->utc_ms - node->state_utc_ms < policy_silent_ms(w->policy))
            continue;
        finding_break(finding, ANSWER_UNKNOWN,
                      arena_printf(w->arena, "%s has been silent for long while %s moves %s",
                                   node->name, service->name, pair_arrow(&w->pair, w->arena)),
                      pair_way_out(&w->pair, node->name, w->arena));
        finding_witness(finding, w->arena, arena_printf(w->arena, "node %s", node->name),
                        arena_printf(w->arena, "%s, last ran %s", node_state_word[state],
                                     service->versions[place->version].version),
                        w->in->utc_ms - node->state_utc_ms);
    }
    keep(w, finding);
}

/* Outside of a step one version is expected, and the other may only be on its way out. */
static void watch_returned(struct watch *w, const char *stable)
{
    const struct service *service = w->in->service;
    struct finding *finding = begin(w, ALARM_RETURNED, RULE_R3);

    for (size_t i = 0; i < service->placement_count; i++) {
        const struct placement *place = &service->placements[i];
        const char *version = service->versions[place->version].version;
        const struct node *node;

        if (!(place->count[INSTANCE_STARTING] + place->count[INSTANCE_SERVING]) ||
            same(version, stable) || same(version, VERSION_UNKNOWN) ||
            node_state_of(w->in, place, &node) != NODE_REPORTING)
            continue;
        const char *name = node_name_of(w->in, place);
        finding_break(finding, ANSWER_REFUSE,
                      arena_printf(w->arena, "%s runs again on %s although %s is at %s", version,
                                   name, service->name, stable),
                      arena_printf(w->arena, "fence %s or bring it to %s", name, stable));
        finding_witness(finding, w->arena, arena_printf(w->arena, "node %s", name),
                        arena_printf(w->arena, "runs %s", version), -1);
    }
    keep(w, finding);
}

/* The service's own launcher moves with every release; any other waits until it is over. */
static bool launcher_is_ahead(const struct watch *w, const struct launcher *launcher)
{
    const struct release *release = w->in->release;
    bool released = release && release->stage == STAGE_WAVE && same(release->to, launcher->version);

    return w->pair.open && !same(launcher->name, LAUNCHER_SPEC) &&
           same(launcher->version, w->pair.to) && !same(w->pair.from, w->pair.to) && !released;
}

static void watch_launchers(struct watch *w, const char *stable, bool recorded)
{
    const struct service *service = w->in->service;
    struct finding *finding = begin(w, ALARM_LAUNCHER, RULE_R3);

    for (size_t i = 0; i < service->launcher_count; i++) {
        const struct launcher *launcher = &service->launchers[i];
        bool own = same(launcher->name, LAUNCHER_SPEC);
        bool differs = !w->pair.open && (recorded || !own) && !same(launcher->version, stable);

        if (!differs && !launcher_is_ahead(w, launcher))
            continue;
        const char *should = differs ? stable : w->pair.from;
        finding_break(finding, ANSWER_REFUSE,
                      arena_printf(w->arena, "launcher %s would start %s although %s is %s %s",
                                   launcher->name, launcher->version, service->name,
                                   differs ? "at" : "stable only at", should),
                      arena_printf(w->arena, "point launcher %s at %s", launcher->name, should));
        finding_witness(finding, w->arena, arena_printf(w->arena, "launcher %s", launcher->name),
                        arena_printf(w->arena, "would start %s", launcher->version), -1);
    }
    keep(w, finding);
}

/* ---- the release ---- */

/* Since when the step has been open; 0: not known. */
static int64_t open_since(const struct watch *w)
{
    const struct release *release = w->in->release;

    if (release && same(release->to, w->pair.to) && release->since_utc_ms > 0)
        return release->since_utc_ms;
    if (w->in->service->since_utc_ms > 0)
        return w->in->service->since_utc_ms;
    return w->in->seen ? w->in->seen->moving_since_utc_ms : 0;
}

static void watch_open(struct watch *w)
{
    struct finding *finding = begin(w, ALARM_OPEN, RULE_R3);
    int64_t since = open_since(w), age_ms = w->in->utc_ms - since;
    char span[SPAN_TEXT];

    if (!w->pair.open || since <= 0 || age_ms < policy_open_ms(w->policy))
        return;
    const char *arrow = pair_arrow(&w->pair, w->arena);
    finding->level = LEVEL_OBSERVE;
    finding_break(finding, ANSWER_REFUSE,
                  arena_printf(w->arena, "the step %s of %s has been open for %s", arrow,
                               w->in->service->name, clock_format_span(age_ms, span)),
                  arena_printf(w->arena, "finish or roll back %s", arrow));
    finding_witness(finding, w->arena, service_object(w),
                    arena_printf(w->arena, "in flight, %s", arrow), age_ms);
    keep(w, finding);
}

/* Without an instance nothing holds the share of the canary: what is started next is all of what
 * is wanted now. While it goes back that is the old version, and as it should be. */
static void watch_empty(struct watch *w)
{
    const struct service *service = w->in->service;
    struct finding *finding = begin(w, ALARM_EMPTY, RULE_R3);

    if (!w->pair.open || service->replicas > 0 || same(w->pair.from, w->pair.to) ||
        !same(service->wants, w->pair.to))
        return;
    const char *arrow = pair_arrow(&w->pair, w->arena);
    finding->level = LEVEL_OBSERVE;
    finding_break(
        finding, ANSWER_REFUSE,
        arena_printf(w->arena,
                     "%s was scaled to 0 half way %s: scaled up it may come back as %s alone",
                     service->name, arrow, w->pair.to),
        arena_printf(w->arena, "roll back %s first, then scale it up", arrow));
    finding_witness(finding, w->arena, service_object(w),
                    arena_printf(w->arena, "no instance is wanted, in flight %s", arrow), -1);
    keep(w, finding);
}

static void watch_expired(struct watch *w)
{
    struct finding *finding = begin(w, ALARM_EXPIRED, RULE_R4);
    const struct rehearsed *r = w->in->rehearsal;

    if (!r || !r->voided[0])
        return;
    finding->level = LEVEL_OBSERVE;
    finding_break(finding, ANSWER_REFUSE,
                  arena_printf(w->arena, "the certificate of %s %s became void half way: %s",
                               w->in->service->name, r->version, r->voided),
                  "rehearse it once more: S goes from the canary on, or U ends it");
    finding_witness(finding, w->arena,
                    arena_printf(w->arena, "version %s of %s", r->version, w->in->service->name),
                    "not rehearsed any more", -1);
    keep(w, finding);
}

/* ---- what others did ---- */

/* Every mark on the object is of an action that the record remembers: the record as known here is
 * not older than the picture. */
static bool record_is_current(const struct service *service, const struct release *release)
{
    for (size_t i = 0; i < service->mark_count; i++) {
        char id[ID_TEXT];

        snprintf(id, sizeof id, "%.*s", (int)strcspn(service->marks[i], "."), service->marks[i]);
        if (release_recall(release, id) == OUTCOME_NONE)
            return false;
    }
    return !release->claim.id[0];
}

/* What the record says that it is at; NULL when it says nothing, or either of two. */
static const char *recorded_version(const struct release *release)
{
    if (release->stage == STAGE_STABLE)
        return release->to;
    if (release->stage == STAGE_ROLLED_BACK)
        return release->from;
    return NULL;
}

/* "" when it wants what the record says, as far as anybody can tell. */
static const char *against_record(const struct watch *w)
{
    const struct service *service = w->in->service;
    const struct release *release = w->in->release;
    const char *at = release ? recorded_version(release) : NULL;
    bool flying = release && !at && stage_in_flight(release->stage) && release->to[0];

    if ((!at && !flying) || !record_is_current(service, release))
        return "";
    if (at && at[0] && !same(service->wants, at))
        return arena_printf(w->arena, "it wants %s, and its record says %s", service->wants, at);
    if (flying && !same(service->wants, release->to) && !same(service->wants, release->from))
        return arena_printf(w->arena, "it wants %s, and its record says %s -> %s", service->wants,
                            release->from, release->to);
    return "";
}

static bool is_managed(const struct guard_input *in)
{
    return in->release || in->service->mark_count ||
           (in->bind && bind_declares(in->bind, in->service->id));
}

static void watch_drift(struct watch *w)
{
    const struct service *service = w->in->service;
    struct finding *finding = begin(w, ALARM_DRIFT, RULE_R3);
    const char *what = w->in->seen && w->in->seen->drift ? w->in->seen->drift : "";

    if (!is_managed(w->in))
        return;
    /* A new version that waits for its first instance is how a pipeline hands one over. */
    if (service->motion == MOTION_RESTING && !live_has(w->live, service->wants))
        return;
    if (!what[0])
        what = against_record(w);
    if (!what[0])
        return;
    finding->level = LEVEL_OBSERVE;
    finding_break(finding, ANSWER_REFUSE,
                  arena_printf(w->arena, "%s was changed outside of lockstep%s%s", service->name,
                               service->by[0] ? " by " : "", service->by),
                  w->pair.open ? "U goes back, S takes it on from where it is"
                               : "undo it where it was done");
    finding_witness(finding, w->arena, service_object(w), what, -1);
    keep(w, finding);
}

size_t observed_watch(const struct guard_input *in, const struct live *live, struct arena *arena,
                      struct finding *out)
{
    struct watch w = watch_of(in, live, arena, out);
    bool recorded = in->release &&
                    (in->release->stage == STAGE_STABLE || in->release->stage == STAGE_ROLLED_BACK);
    const char *stable = pair_stable(in, &w.pair);

    watch_step(&w);
    watch_unknown(&w);
    if (w.pair.open)
        watch_silent(&w);
    else if (recorded && in->service->motion == MOTION_NONE)
        watch_returned(&w, stable);
    if (w.pair.open || in->service->motion == MOTION_NONE)
        watch_launchers(&w, stable, recorded);
    watch_open(&w);
    watch_empty(&w);
    watch_expired(&w);
    watch_drift(&w);
    return w.count;
}

static void sooner(int64_t *due, int64_t since, int64_t limit, int64_t now)
{
    if (since > 0 && since + limit > now && since + limit < *due)
        *due = since + limit;
}

int64_t observed_watch_due(const struct guard_input *in, const struct live *live)
{
    const struct watch w = watch_of(in, live, NULL, NULL);
    const struct service *service = in->service;
    int64_t due = INT64_MAX;

    if (live_has(live, VERSION_UNKNOWN))
        sooner(&due, unknown_since(&w), policy_unknown_ms(w.policy), in->utc_ms);
    if (!w.pair.open)
        return due;
    sooner(&due, open_since(&w), policy_open_ms(w.policy), in->utc_ms);
    for (size_t i = 0; i < service->placement_count; i++) {
        const struct node *node;

        if (node_state_of(in, &service->placements[i], &node) != NODE_REPORTING)
            sooner(&due, node->state_utc_ms, policy_silent_ms(w.policy), in->utc_ms);
    }
    return due;
}
