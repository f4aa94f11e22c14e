/* compose.c: the body of a write, from the job as it was just read.
 *
 * Single keys of the raw job are set and none is left out: whatever differs in a task replaces
 * every allocation. auto_revert and auto_promote are off while lockstep has it: both would move
 * without a key. */
#include "base/json.h"
#include "drivers/nomad/artifact.h"
#include "drivers/nomad/memo.h"
#include "drivers/nomad/recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *group_in(json_t *job, const char *name)
{
    json_t *group;
    size_t i;

    json_array_foreach(json_object_get(job, "TaskGroups"), i, group)
    {
        const char *text = json_raw(json_object_get(group, "Name"));
        if (text && strcmp(text, name) == 0)
            return group;
    }
    return NULL;
}

static json_t *held_block(const struct action *action, uint32_t canary, uint32_t at_once)
{
    struct nomad_mark mark = {.write = (uint8_t)action->write, .writes = (uint8_t)action->writes};
    json_t *block = json_pack("{s:i, s:i, s:b, s:b}", "Canary", (int)canary, "MaxParallel",
                              (int)(at_once < 1 ? 1 : at_once), "AutoPromote", 0, "AutoRevert", 0);

    snprintf(mark.id, sizeof mark.id, "%s", action->id);
    nomad_mark_write(block, &mark);
    return block;
}

static void set_update(json_t *group, json_t *block)
{
    json_object_set_new(group, "Update", block);
}

/* NULL: the record does not hold it. */
static json_t *users_block(const json_t *memo)
{
    return json_deep_copy(json_object_get(memo, MEMO_UPDATE));
}

/* Nomad goes through what is left by itself, as the user lets it. */
static json_t *paced_block(const json_t *memo)
{
    json_t *block = users_block(memo);
    const char *check = json_raw(json_object_get(block, "HealthCheck"));

    if (!json_is_object(block))
        return block; /* without one Nomad replaces all at once */
    json_object_set_new(block, "Canary", json_integer(0));
    json_object_set_new(block, "AutoPromote", json_false());
    json_object_set_new(block, "AutoRevert", json_false());
    if (check && strcmp(check, "manual") == 0)
        json_object_set_new(block, "HealthCheck", json_string("task_states"));
    return block;
}

static json_t *meta_of(json_t *holder)
{
    json_t *meta = json_object_get(holder, "Meta");

    if (json_is_object(meta))
        return meta;
    json_object_set_new(holder, "Meta", json_object());
    return json_object_get(holder, "Meta");
}

/* The meta names the version where what runs does not. */
static void set_version(json_t *job, json_t *group, const struct action *action)
{
    json_t *task = nomad_artifact_main_task(group);
    struct arena *arena = arena_new(256);
    bool is_image, in_job = json_object_get(json_object_get(job, "Meta"), NOMAD_META_VERSION);
    bool in_group = json_object_get(json_object_get(group, "Meta"), NOMAD_META_VERSION);
    bool in_task = json_object_get(json_object_get(task, "Meta"), NOMAD_META_VERSION);

    nomad_artifact_set(task, action->artifact);
    const char *artifact = nomad_artifact_of_task(arena, task, &is_image);
    bool told = strcmp(nomad_artifact_version(arena, artifact, is_image), action->to) == 0;
    if (in_group && !in_task)
        json_object_set_new(meta_of(group), NOMAD_META_VERSION, json_string(action->to));
    else if (in_task || in_job || !told)
        json_object_set_new(meta_of(task), NOMAD_META_VERSION, json_string(action->to));
    arena_free(arena);
}

static uint32_t left_to_move(const struct service *service, const struct action *action)
{
    uint32_t there = service_count(service, action->to, STATES_PRESENT);

    return action->to_count > there ? action->to_count - there : 0;
}

static bool compose_step(json_t *group, const struct nomad_group *from,
                         const struct service *service, const json_t *memo,
                         const struct action *action, struct err *err)
{
    uint32_t at_once = nomad_memo_parallelism(memo, from), left = left_to_move(service, action);
    bool restoring = action->last_step && action->write + 1 >= action->writes;
    /* Of a last step only the first part is held; see registrations() in recipe.c. */
    bool pacing = action->last_step && action->write > 0 && !restoring && from->update.marked &&
                  from->update.canary == 0 && strcmp(from->update.mark.id, action->id) == 0;
    json_t *block;

    if (restoring || pacing) {
        block = restoring ? users_block(memo) : paced_block(memo);
        if (!block)
            return err_set(err, ERR_REJECTED, "the record of %s does not hold its own update block",
                           service->name);
        set_update(group, block);
        return true;
    }
    if (left == 0)
        return err_set(err, ERR_REJECTED, "%s has %u on %s already", service->name,
                       service_count(service, action->to, STATES_PRESENT), action->to);
    set_update(group, held_block(action, 0, left < at_once ? left : at_once));
    return true;
}

static bool compose_back(json_t **job, const struct nomad_standing *s, const json_t *memo,
                         const struct action *action, struct err *err)
{
    const json_t *before = nomad_memo_group(memo, s->group->name);
    json_t *group = group_in(*job, s->group->name), *back;

    if (!before || !group)
        return err_set(err, ERR_REJECTED, "the record of %s holds no job to go back to",
                       s->job->id);
    json_t *count = json_incref(json_object_get(group, "Count"));
    if (s->job->group_count == 1) {
        back = json_deep_copy(json_object_get(memo, MEMO_JOB));
        json_decref(*job);
        *job = back;
        group = group_in(back, s->group->name);
    } else {
        json_object_clear(group);
        json_object_update(group, (json_t *)(uintptr_t)before);
    }
    if (count)
        json_object_set_new(group, "Count", count);
    set_update(group, held_block(action, 0, s->group->count));
    return true;
}

static bool compose_job(json_t **job, const struct nomad_standing *s, const struct service *service,
                        const json_t *memo, const struct action *action, struct err *err)
{
    json_t *group = group_in(*job, s->group->name), *block;

    if (!group)
        return err_set(err, ERR_PROTOCOL, "%s has no group %s", s->job->id, s->group->name);
    if (action->verb == VERB_START && action->write == 0) {
        set_version(*job, group, action);
        set_update(group, held_block(action, action->to_count, 1));
        return true;
    }
    if (action->verb != VERB_ROLLBACK)
        return compose_step(group, s->group, service, memo, action, err);
    if (action->write == 0)
        return compose_back(job, s, memo, action, err);
    block = users_block(memo);
    if (!block)
        return err_set(err, ERR_REJECTED, "the record of %s does not hold its own update block",
                       service->name);
    set_update(group, block);
    return true;
}

static json_t *canary_ids(const struct nomad_deployed *deployed)
{
    json_t *ids = json_array();

    for (size_t i = 0; i < deployed->placed_canaries; i++)
        json_array_append_new(ids, json_string(deployed->canary_ids[i]));
    return ids;
}

/* Calls canaries healthy, pauses, promotes: in this order, whatever is the next. */
static void compose_deed(const struct nomad_standing *s, enum nomad_deed deed,
                         struct nomad_request *out)
{
    const char *id = s->deployment->id;

    out->deed = deed;
    out->deployment = id;
    switch (deed) {
    case NOMAD_DEED_NONE:
        break;
    case NOMAD_DEED_HEALTH:
        out->body = json_pack("{s:s, s:o}", "DeploymentID", id, "HealthyAllocationIDs",
                              canary_ids(s->deployed));
        break;
    case NOMAD_DEED_PAUSE:
        out->body = json_pack("{s:s, s:b}", "DeploymentID", id, "Pause", 1);
        break;
    case NOMAD_DEED_PROMOTE:
        out->body = json_pack("{s:s, s:[s]}", "DeploymentID", id, "Groups", s->group->name);
        break;
    }
}

static enum nomad_deed deed_of(const struct nomad_standing *s, const struct action *action)
{
    if (action->verb == VERB_PAUSE)
        return NOMAD_DEED_PAUSE;
    if (action->verb == VERB_ROLLBACK || !s->canarying)
        return NOMAD_DEED_NONE;
    return !s->checked ? NOMAD_DEED_HEALTH : !s->paused ? NOMAD_DEED_PAUSE : NOMAD_DEED_PROMOTE;
}

bool nomad_compose(const struct nomad_sight *sight, const struct nomad_group *group,
                   const struct service *service, const json_t *memo, const struct action *action,
                   struct nomad_request *out, struct err *err)
{
    const struct nomad_standing s = nomad_stand(sight, group);
    enum nomad_deed deed = deed_of(&s, action);

    *out = (struct nomad_request){.deed = NOMAD_DEED_NONE, .deployment = ""};
    if (action->verb == VERB_FENCE || action->verb == VERB_ATTEST || action->verb == VERB_COUNT)
        return err_set(err, ERR_UNSUPPORTED, "Nomad cannot do that");
    if (deed != NOMAD_DEED_NONE) {
        if (!s.active)
            return err_set(err, ERR_CONFLICT, "the deployment of %s is over", service->name);
        compose_deed(&s, deed, out);
        return true;
    }
    json_t *job = json_deep_copy(s.job->raw);
    if (!compose_job(&job, &s, service, memo, action, err)) {
        json_decref(job);
        return false;
    }
    out->body = json_pack("{s:o, s:b, s:I}", "Job", job, "EnforceIndex", 1, "JobModifyIndex",
                          (json_int_t)s.job->modify_index);
    return true;
}
