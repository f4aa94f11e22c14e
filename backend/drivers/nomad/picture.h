/* picture.h: from decoded answers to the facts of one service, which is one group of a job. Pure.
 *
 * A job's groups move on their own, each by its own update block, but every registration is one of
 * all of them. So each group is a service, and a job with one group is called like the job. */
#ifndef LOCKSTEP_DRIVERS_NOMAD_PICTURE_H
#define LOCKSTEP_DRIVERS_NOMAD_PICTURE_H

#include "drivers/nomad/facts.h"
#include "model/node.h"
#include "model/service.h"

/* A node on its way back, and its index when it was first seen silent. */
struct nomad_away {
    const char *id;
    uint64_t index;
};

/* What a look gave of the whole cluster. */
struct nomad_view {
    const char *cluster; /* the context's name */
    const struct nomad_node *nodes;
    size_t node_count;
    const char *const *returned; /* ids of nodes that report again since a moment, sorted */
    size_t returned_count;
    const struct nomad_away *away; /* sorted */
    size_t away_count;
    const char *self, *self_name; /* this token's accessor id and name; NULL where not known */
    int64_t utc_ms, now_ms;       /* when it was heard */
};

/* What this process did to a deployment: Nomad keeps no sign of it on the object. */
struct nomad_sent {
    char deployment[64], group[160];
    char mark[64]; /* "<id>.<write>" */
    enum nomad_deed {
        NOMAD_DEED_NONE,
        NOMAD_DEED_HEALTH,
        NOMAD_DEED_PAUSE,
        NOMAD_DEED_PROMOTE
    } deed;
};

/* And of one job. */
struct nomad_sight {
    const struct nomad_history *history;
    const struct nomad_deployment *deployment; /* the newest, or NULL */
    const struct nomad_alloc *allocs;          /* of the job, sorted as decoded */
    size_t alloc_count;
    const struct nomad_blocked *blocked;
    size_t blocked_count;
    const struct nomad_sent *sent;
    size_t sent_count;
};

/* How far the update of a group is, as the recipe sees it. */
struct nomad_standing {
    const struct nomad_job *job;
    const struct nomad_group *group;
    const struct nomad_deployment *deployment; /* of this job version, or NULL */
    const struct nomad_deployed *deployed;     /* this group in it, or NULL */
    bool active;                               /* it is neither done nor given up */
    bool canarying;                            /* canaries that are not promoted hold it */
    bool checked;                              /* and all of them are healthy */
    bool paused;
    uint32_t unset; /* allocations of this job version that nobody has called healthy yet */
    uint32_t live;  /* wanted ones that have not ended */
    uint32_t room;  /* how many more Nomad will replace by itself; UINT32_MAX: goes on */
};
struct nomad_standing nomad_stand(const struct nomad_sight *sight, const struct nomad_group *group);

/* The revision of a service: the job's index, and how far somebody has brought its deployment. */
enum { NOMAD_REVISION_TEXT = 48 };
const char *nomad_revision(const struct nomad_standing *standing, char out[NOMAD_REVISION_TEXT]);

/* What an allocation is to lockstep; false: history. `newest`: no later one has its name. */
bool nomad_classify(const struct nomad_view *view, const struct nomad_alloc *alloc, bool newest,
                    enum instance_state *out);

/* Seals and returns the service: one reference, the caller's. */
const struct service *nomad_picture(const struct nomad_view *view, const struct nomad_sight *sight,
                                    const struct nomad_group *group, bool with_instances);

/* The allocations of one job: a range of all of them. */
const struct nomad_alloc *nomad_allocs_of(const struct nomad_alloc *allocs, size_t count,
                                          const char *space, const char *job, size_t *found);

/* Can it be released here? NULL, or why not. */
const char *nomad_view_only(const struct nomad_job *job);

/* The node as lockstep shows it; strings are borrowed. */
struct node nomad_node_fact(const struct nomad_view *view, const struct nomad_node *node);

#endif
