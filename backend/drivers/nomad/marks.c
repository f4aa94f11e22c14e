/* marks.c: see marks.h. */
#include "drivers/nomad/marks.h"

#include <stdio.h>
#include <string.h>

enum { MARKS_MAX = 64 };

struct found {
    struct arena *arena;
    const char **marks;
    size_t count;
};

static void add(struct found *found, const struct nomad_mark *mark, unsigned write)
{
    if (found->count < MARKS_MAX && write < mark->writes)
        found->marks[found->count++] = arena_printf(found->arena, "%s.%u", mark->id, write);
}

static unsigned progress(const struct nomad_standing *s)
{
    if (!s->deployed)
        return 0;
    if (s->deployed->promoted)
        return NOMAD_PROMOTION_WRITES;
    if (!s->checked)
        return 0;
    return s->paused ? 2 : 1;
}

/* A marked version, and the ones without a mark that followed it with the same target. */
static void add_version(struct found *found, const struct nomad_sight *sight,
                        const struct nomad_standing *s, size_t at)
{
    const struct nomad_group *group = nomad_find_group(&sight->history->jobs[at], s->group->name);
    unsigned done;

    if (!group || !group->update.marked)
        return;
    const struct nomad_mark *mark = &group->update.mark;
    unsigned write = mark->write;
    add(found, mark, write);
    /* What came later shows that the promotion was complete. */
    done = group->update.canary == 0 ? 0 : at == 0 ? progress(s) : NOMAD_PROMOTION_WRITES;
    for (unsigned i = 0; i < done; i++)
        add(found, mark, ++write);
    while (at-- > 0) {
        const struct nomad_group *next =
            nomad_find_group(&sight->history->jobs[at], s->group->name);
        if (!next || next->update.marked || strcmp(next->target_hash, group->target_hash) != 0)
            return;
        add(found, mark, ++write);
    }
}

static bool shows(const struct nomad_standing *s, enum nomad_deed deed)
{
    switch (deed) {
    case NOMAD_DEED_NONE:
        break;
    case NOMAD_DEED_HEALTH:
        return s->deployed && (s->deployed->promoted || s->checked);
    case NOMAD_DEED_PAUSE:
        return s->paused;
    case NOMAD_DEED_PROMOTE:
        return s->deployed && s->deployed->promoted;
    }
    return false;
}

const char *const *nomad_marks(const struct nomad_sight *sight,
                               const struct nomad_standing *standing, struct arena *arena,
                               size_t *count)
{
    struct found found = {arena, arena_alloc(arena, MARKS_MAX, sizeof(char *)), 0};

    for (size_t i = 0; i < sight->history->count; i++)
        add_version(&found, sight, standing, i);
    for (size_t i = 0; i < sight->sent_count && found.count < MARKS_MAX; i++) {
        const struct nomad_sent *sent = &sight->sent[i];
        if (standing->deployment && strcmp(sent->deployment, standing->deployment->id) == 0 &&
            strcmp(sent->group, standing->group->name) == 0 && shows(standing, sent->deed))
            found.marks[found.count++] = arena_strdup(arena, sent->mark);
    }
    *count = found.count;
    return found.marks;
}
