/* log_task.h: the engine's log stream, and which task an instance is. Pure. */
#ifndef LOCKSTEP_DRIVERS_SWARM_LOG_TASK_H
#define LOCKSTEP_DRIVERS_SWARM_LOG_TASK_H

#include "base/lines.h"
#include "drivers/swarm/picture.h"

/* What a container without a terminal writes comes in frames: one byte that says stdout or stderr,
 * three of nothing, four of length. With a terminal it comes as it is, which shows in the first
 * frame. */
struct swarm_frames;
struct swarm_frames *swarm_frames_new(lines_fn *fn, void *arg);
void swarm_frames_free(struct swarm_frames *frames); /* NULL is fine */
void swarm_frames_feed(struct swarm_frames *frames, const char *bytes, size_t len);
void swarm_frames_end(struct swarm_frames *frames);

/* The newest task that had this instance's name ("web.3", "agent.node-2") in this service, or the
 * one before it; NULL: none. */
const struct swarm_task *swarm_log_task(const struct swarm_view *view,
                                        const struct swarm_service *service, const char *instance,
                                        bool previous);

#endif
