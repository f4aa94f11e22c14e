/* artifact.h: what a task runs, and what people call the version in it. Pure.
 *
 * The main task of a group is its leader, else the one called like the group, else the first that
 * is no helper. What it runs is its image, else its first artifact, else its command. */
#ifndef LOCKSTEP_DRIVERS_NOMAD_ARTIFACT_H
#define LOCKSTEP_DRIVERS_NOMAD_ARTIFACT_H

#include "base/err.h"
#include "base/mem.h"

#include <jansson.h>
#include <stdbool.h>

/* Borrowed; NULL when the group has no task. */
json_t *nomad_artifact_main_task(const json_t *group);
/* Clean, or "" when nothing says it. */
const char *nomad_artifact_of_task(struct arena *arena, const json_t *task, bool *is_image);
/* An image's tag, else a version number in the address; "" when there is none. */
const char *nomad_artifact_version(struct arena *arena, const char *artifact, bool is_image);
/* The same one of another version, yours; NULL and ERR_USAGE when the old version is not in it. */
char *nomad_artifact_of_version(const char *artifact, bool is_image, const char *old,
                                const char *new, struct err *err);
/* True for what may be written into a job. */
bool nomad_artifact_is_fit(const char *artifact, bool is_image);
/* Sets it in the task. */
void nomad_artifact_set(json_t *task, const char *artifact);

#endif
