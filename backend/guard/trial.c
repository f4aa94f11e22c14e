/* trial.c: asks every rule about one deed, in the order in which a broken one is named. */
#include "guard/trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static rule_fn *const rule_table[RULE_COUNT] = {
    [RULE_R0] = rule_contract,  [RULE_RL] = rule_stale,   [RULE_R1] = rule_data,
    [RULE_R2] = rule_coupling,  [RULE_RC] = rule_clients, [RULE_R3] = rule_one_step,
    [RULE_R4] = rule_rehearsal,
};

/* Silent nodes and launchers are all named; of reporting nodes a few tell the story. */
enum { PLACES_SHOWN = 4 };

static const char *print(struct arena *arena, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

static const char *print(struct arena *arena, const char *fmt, va_list ap)
{
    char text[1024];

    if (!arena)
        return "";
    vsnprintf(text, sizeof text, fmt, ap);
    return arena_strdup(arena, text);
}

const char *trial_text(const struct trial *trial, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    const char *text = print(trial->arena, fmt, ap);
    va_end(ap);
    return text;
}

void trial_break(const struct trial *trial, struct finding *finding, enum answer answer,
                 const char *way_out, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    finding_break(finding, answer, print(trial->arena, fmt, ap), trial->arena ? way_out : "");
    va_end(ap);
}

void trial_witness(const struct trial *trial, struct finding *finding, const char *object,
                   const char *fmt, ...)
{
    va_list ap;

    if (!trial->arena)
        return;
    va_start(ap, fmt);
    finding_witness(finding, trial->arena, object, print(trial->arena, fmt, ap), -1);
    va_end(ap);
}

const char *trial_version_name(const struct trial *trial, uint32_t service, unsigned version)
{
    return book_version_name(trial->world->book, service, version);
}

const char *trial_versions(const struct trial *trial, uint32_t service, versions_t versions)
{
    const char *text = "nothing";
    unsigned v, count = 0;

    while (versions_next(&versions, &v)) {
        const char *name = trial_version_name(trial, service, v);
        text = count++ ? trial_text(trial, "%s, %s", text, name) : name;
    }
    return text;
}

static void seat_witness(const struct trial *trial, struct finding *finding, uint32_t service,
                         uint32_t seat)
{
    const struct seat_now *now = &trial->world->seats[seat];
    const char *object = trial_text(trial, "node %s", trial->world->book->seats[seat].node);
    const char *runs = trial_versions(trial, service, now->runs);

    if (seat_reports(now))
        trial_witness(trial, finding, object, "runs %s", runs);
    else if (now->queued)
        trial_witness(trial, finding, object, "%s, last ran %s, was sent %s",
                      seat_state_word[now->state], runs,
                      trial_versions(trial, service, now->queued));
    else
        trial_witness(trial, finding, object, "%s, last ran %s", seat_state_word[now->state], runs);
}

static versions_t rarest(versions_t versions, const uint32_t *count)
{
    unsigned v, best = VERSION_NOT_KNOWN;
    versions_t rest = versions;

    for (uint32_t least = UINT32_MAX; versions_next(&rest, &v);)
        if (count[v] < least) {
            least = count[v];
            best = v;
        }
    return VERSION_BIT(best);
}

/* Of nodes that report a few tell the story: where they are many, those of the rarest version come
 * first, so that the one that is unlike the others is among them. */
static void reporting_places(const struct trial *trial, struct finding *finding, uint32_t service,
                             versions_t versions)
{
    const struct world *world = trial->world;
    const struct book_service *at = &world->book->services[service];
    uint32_t count[VERSION_NOT_KNOWN + 1] = {0}, all = 0, shown = 0;
    versions_t seen = 0;
    unsigned v;

    for (uint32_t i = 0; i < at->seat_count; i++) {
        const struct seat_now *now = &world->seats[at->first_seat + i];
        versions_t runs = seat_reports(now) ? seat_poss(now) & versions : 0;

        all += runs != 0;
        seen |= runs;
        while (versions_next(&runs, &v))
            count[v]++;
    }
    while (seen) {
        versions_t these = all <= PLACES_SHOWN ? seen : rarest(seen, count);

        seen &= ~these;
        uint32_t upto = seen && shown < PLACES_SHOWN / 2 ? shown + PLACES_SHOWN / 2 : PLACES_SHOWN;
        for (uint32_t i = 0; i < at->seat_count && shown < upto; i++) {
            const struct seat_now *now = &world->seats[at->first_seat + i];

            if (!(seat_poss(now) & these) || !seat_reports(now))
                continue;
            seat_witness(trial, finding, service, at->first_seat + i);
            shown++;
        }
    }
    if (all > shown)
        trial_witness(trial, finding, trial_text(trial, "service %s", at->name),
                      "%u more nodes like these", all - shown);
}

void trial_places(const struct trial *trial, struct finding *finding, uint32_t service,
                  versions_t versions)
{
    const struct world *world = trial->world;
    const struct book_service *at = &world->book->services[service];

    if (!trial->arena)
        return;
    for (uint32_t i = 0; i < at->seat_count; i++) {
        const struct seat_now *now = &world->seats[at->first_seat + i];

        if (seat_poss(now) & versions && !seat_reports(now))
            seat_witness(trial, finding, service, at->first_seat + i);
    }
    for (size_t i = 0; i < at->launcher_count; i++) {
        uint64_t version = world->launchers[at->launchers[i]];

        if (version != NO_VERSION && VERSION_BIT(version) & versions)
            trial_witness(
                trial, finding,
                trial_text(trial, "launcher %s", world->book->launchers[at->launchers[i]].name),
                "would start %s", trial_version_name(trial, service, (unsigned)version));
    }
    reporting_places(trial, finding, service, versions);
}

const char *trial_fence_or(const struct trial *trial, uint32_t service, versions_t versions,
                           const char *other)
{
    const struct world *world = trial->world;
    const struct book_service *at = &world->book->services[service];
    versions_t seated = 0;

    for (uint32_t i = 0; i < at->seat_count; i++) {
        const struct seat_now *now = &world->seats[at->first_seat + i];

        if (seat_poss(now) & versions && !seat_reports(now))
            return trial_text(trial,
                              "fence %s if it cannot come back with its old version, or wait "
                              "until it reports",
                              world->book->seats[at->first_seat + i].node);
        seated |= seat_poss(now);
    }
    for (size_t i = 0; i < at->launcher_count; i++) {
        uint64_t version = world->launchers[at->launchers[i]];

        if (version != NO_VERSION && seated && VERSION_BIT(version) & versions & ~seated)
            return trial_text(trial, "point launcher %s at what the nodes run",
                              world->book->launchers[at->launchers[i]].name);
    }
    return other;
}

/* Allowed, but say this first: the way back that this would burn. */
static const char *warn_floor(const struct trial *trial)
{
    const struct deed *deed = trial->deed;

    if (!trial->arena || (deed->kind != DEED_CANARY && deed->kind != DEED_RELEASE))
        return "";
    unsigned now = world_floor(trial->world, deed->service, NULL);
    unsigned after = world_floor(trial->world, deed->service, trial->version);
    if (now == after)
        return "";
    if (after == VERSION_NOT_KNOWN)
        return trial_text(trial, "after this there is no version of %s to return to, now %s",
                          trial->service->name, trial_version_name(trial, deed->service, now));
    return trial_text(trial, "after this the oldest version %s can return to is %s, now %s",
                      trial->service->name, trial_version_name(trial, deed->service, after),
                      trial_version_name(trial, deed->service, now));
}

void deed_judge(const struct world *world, const struct deed *deed, struct arena *arena,
                struct verdict *out)
{
    static const struct book_service no_service = {.name = ""};
    static const struct book_version no_version = {.name = "?", .artifact = true, .digest = ""};
    struct trial trial = {world, deed, arena, &no_service, &no_version};

    if (deed->service != BOOK_NONE) {
        trial.service = &world->book->services[deed->service];
        if (deed->version != VERSION_NOT_KNOWN)
            trial.version = &trial.service->versions[deed->version];
    }
    verdict_begin(out, ANSWER_NOT_EVALUATED);
    for (unsigned r = 0; r < RULE_COUNT; r++) {
        if (!(deed_rules[deed->kind] & world->policy.rules & 1u << r))
            continue;
        out->findings[r].answer = ANSWER_ALLOW;
        rule_table[r](&trial, &out->findings[r]);
    }
    verdict_settle(out);
    if (out->answer == ANSWER_ALLOW)
        out->warning = warn_floor(&trial);
}
