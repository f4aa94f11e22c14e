/* stage_scenes.c: see stage_scenes.h. */
#include "release/stage_scenes.h"

#include "test.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

const struct scene scenes[] = {
    {"the canary moves", STAGE_CANARY, 1, 1, 0, 0, true, false, 0, 0, 0, STAGE_CANARY, STAGE_CANARY,
     1, "at rest"},
    {"the canary is not all there", STAGE_CANARY, 1, 0, 3, 3, false, false, 0, 0, 0, STAGE_CANARY,
     STAGE_CANARY, 1, ""},
    {"the canary was asked for just now", STAGE_CANARY, 1, 0, 0, 0, false, false, 0, 0, 0,
     STAGE_CANARY, STAGE_CANARY, 1, "at rest"},
    {"the canary does not come up", STAGE_CANARY, 1, 0, 3, 3, false, false, 0, 1, 0, STAGE_CANARY,
     STAGE_CANARY, 1, "5 does not come up; U goes back"},
    {"the engine gave it up", STAGE_CANARY, 1, 0, 3, 3, false, true, 0, 0, 0, STAGE_CANARY,
     STAGE_CANARY, 1, "5 does not come up; U goes back"},
    {"it bakes", STAGE_CANARY, 1, 1, 4, 4, false, false, 0, 0, 0, STAGE_BAKE, STAGE_REHEARSE, 8,
     "bake: 6m00s left; evidence readiness and restarts only, weak"},
    {"it has baked", STAGE_CANARY, 1, 1, 10, 10, false, false, 0, 0, 0, STAGE_BAKE, STAGE_REHEARSE,
     8, ""},
    {"one minute before", STAGE_CANARY, 1, 1, 9, 9, false, false, 0, 0, 0, STAGE_BAKE,
     STAGE_REHEARSE, 8, "bake: 1m00s left"},
    {"it was restarted", STAGE_CANARY, 1, 1, 60, 2, false, false, 0, 0, 0, STAGE_BAKE,
     STAGE_REHEARSE, 8, "bake: 8m00s left"},
    {"its start is not known", STAGE_CANARY, 1, 1, 60, -1, false, false, 0, 0, 0, STAGE_BAKE,
     STAGE_REHEARSE, 8, "no data is never a pass"},
    {"it crashes", STAGE_CANARY, 1, 1, 60, 60, false, true, 0, 0, 0, STAGE_BAKE, STAGE_REHEARSE, 8,
     "fails"},
    {"one is failing", STAGE_CANARY, 1, 1, 60, 60, false, false, 0, 1, 0, STAGE_BAKE,
     STAGE_REHEARSE, 8, "fails"},
    {"its node is silent", STAGE_CANARY, 1, 1, 60, 60, false, false, 1, 0, 0, STAGE_BAKE,
     STAGE_REHEARSE, 8, "no data on 1 of 5"},
    {"it goes back", STAGE_REHEARSE, 0, 1, 0, 0, true, false, 0, 0, 0, STAGE_REHEARSE,
     STAGE_REHEARSE, 8, "wait until 4 is back"},
    {"it was told to go back just now", STAGE_REHEARSE, 0, 1, 0, 0, false, false, 0, 0, 0,
     STAGE_REHEARSE, STAGE_REHEARSE, 8, "wait until 4 is back"},
    {"it did not go back", STAGE_REHEARSE, 0, 1, 5, 5, false, false, 0, 0, 0, STAGE_REHEARSE,
     STAGE_REHEARSE, 8, ""},
    {"it settles", STAGE_REHEARSE, 0, 0, 7, 7, false, false, 0, 0, 0, STAGE_SETTLE, STAGE_WAVE, 3,
     "settle: 3m00s left"},
    {"it has settled", STAGE_REHEARSE, 0, 0, 10, 11, false, false, 0, 0, 0, STAGE_SETTLE,
     STAGE_WAVE, 3, ""},
    {"the old one fails while it settles", STAGE_REHEARSE, 0, 0, 10, 10, false, true, 0, 0, 0,
     STAGE_SETTLE, STAGE_WAVE, 3, "fails"},
    {"a wave moves", STAGE_WAVE, 3, 2, 1, 0, true, false, 0, 0, 0, STAGE_WAVE, STAGE_WAVE, 3,
     "at rest"},
    {"a wave stopped short", STAGE_WAVE, 3, 2, 1, 1, false, false, 0, 0, 0, STAGE_WAVE, STAGE_WAVE,
     3, ""},
    {"a wave bakes", STAGE_WAVE, 3, 3, 2, 2, false, false, 0, 0, 0, STAGE_BAKE, STAGE_WAVE, 8,
     "bake: 3m00s left"},
    {"a wave has baked", STAGE_WAVE, 3, 3, 5, 5, false, false, 0, 0, 0, STAGE_BAKE, STAGE_WAVE, 8,
     ""},
    {"the last wave bakes", STAGE_WAVE, 8, 8, 1, 1, false, false, 0, 0, 0, STAGE_BAKE, STAGE_STABLE,
     8, "bake: 4m00s left"},
    {"the last wave has baked", STAGE_WAVE, 8, 8, 5, 5, false, false, 0, 0, 0, STAGE_BAKE,
     STAGE_STABLE, 8, ""},
    {"an old one may come back", STAGE_WAVE, 8, 8, 5, 5, false, false, 0, 0, 1, STAGE_BAKE,
     STAGE_STABLE, 8, "fence it"},
};
const size_t scene_count = ARRAY_LEN(scenes);

void stand_up(struct stand *stand, const struct scene *scene, const char *profile)
{
    int64_t young = scene->young_age < 0 ? 0 : NOW - scene->young_age * MIN;

    struct plan plan = plan_default();

    *stand = (struct stand){.plan = profile_plan(profile_find(profile), &plan)};
    struct release *release = &stand->release;
    release->stage = scene->recorded;
    release->target = scene->target;
    release->stage_utc_ms = NOW - scene->stage_age * MIN;
    snprintf(release->from, sizeof release->from, "4");
    snprintf(release->to, sizeof release->to, "5");
    release->cert.state = scene->recorded == STAGE_CANARY     ? PROOF_CANARIED
                          : scene->recorded == STAGE_REHEARSE ? PROOF_ROLLED
                                                              : PROOF_CERTIFIED;
    release->cert.attended = true;
    release->cert.at_utc_ms = NOW - scene->stage_age * MIN;
    snprintf(release->cert.version, sizeof release->cert.version, "5");
    snprintf(release->cert.basis, sizeof release->cert.basis, "b1");
    snprintf(release->cert.digest, sizeof release->cert.digest, "sha256:5");
    stand->in = (struct stage_input){
        .profile = profile_find(profile),
        .plan = &stand->plan,
        .release = release,
        .from = "4",
        .to = "5",
        .replicas = 8,
        .have = scene->have,
        .serving = scene->have - scene->ghosts,
        .ghosts = scene->ghosts,
        .others = 8 - scene->have + scene->stray,
        .failing = scene->failing,
        .moving = scene->moving,
        .troubled = scene->troubled,
        .young_to_ms = young,
        .young_from_ms = young,
        .since_utc_ms = NOW - scene->stage_age * MIN,
        .digest = scene->have ? "sha256:5" : "",
        .basis = "b1",
        .utc_ms = NOW,
        .watched_utc_ms = NOW - 120 * MIN,
    };
}

const struct scene *scene_of(const char *what)
{
    for (size_t i = 0; i < ARRAY_LEN(scenes); i++)
        if (strcmp(scenes[i].what, what) == 0)
            return &scenes[i];
    ck_abort_msg("no scene '%s'", what);
}

struct stage_view view_of(const char *what, const char *profile, void (*change)(struct stand *))
{
    struct stand stand;
    struct stage_view view;

    stand_up(&stand, scene_of(what), profile);
    if (change)
        change(&stand);
    stage_look(&stand.in, &view);
    return view;
}
