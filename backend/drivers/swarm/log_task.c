/* log_task.c: see log_task.h. */
#include "drivers/swarm/log_task.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 8, STREAMS = 3 }; /* stdin never writes, but has a number */

struct swarm_frames {
    struct lines *lines[STREAMS];
    unsigned char head[HEAD];
    size_t head_len, left; /* of the frame: bytes of its head so far, of its body to come */
    bool plain;
};

struct swarm_frames *swarm_frames_new(lines_fn *fn, void *arg)
{
    struct swarm_frames *frames = xcalloc(1, sizeof *frames);

    for (size_t i = 0; i < STREAMS; i++)
        frames->lines[i] = lines_new(fn, arg);
    return frames;
}

void swarm_frames_free(struct swarm_frames *frames)
{
    if (!frames)
        return;
    for (size_t i = 0; i < STREAMS; i++)
        lines_free(frames->lines[i]);
    free(frames);
}

static bool is_head(const unsigned char *head, size_t len)
{
    static const unsigned char most[] = {STREAMS - 1, 0, 0, 0};

    for (size_t i = 0; i < len && i < sizeof most; i++)
        if (head[i] > most[i])
            return false;
    return true;
}

/* What was taken for a head is what the program wrote. */
static void turn_plain(struct swarm_frames *frames)
{
    frames->plain = true;
    lines_feed(frames->lines[1], (const char *)frames->head, frames->head_len);
}

static void take_head(struct swarm_frames *frames, unsigned char byte)
{
    const unsigned char *head = frames->head;

    frames->head[frames->head_len++] = byte;
    if (!is_head(head, frames->head_len))
        turn_plain(frames);
    else if (frames->head_len == HEAD)
        frames->left =
            (size_t)head[4] << 24 | (size_t)head[5] << 16 | (size_t)head[6] << 8 | (size_t)head[7];
    if (frames->head_len == HEAD && frames->left == 0)
        frames->head_len = 0;
}

void swarm_frames_feed(struct swarm_frames *frames, const char *bytes, size_t len)
{
    while (len > 0 && !frames->plain) {
        if (frames->left == 0) {
            take_head(frames, (unsigned char)*bytes++);
            len--;
            continue;
        }
        size_t part = len < frames->left ? len : frames->left;
        lines_feed(frames->lines[frames->head[0]], bytes, part);
        bytes += part;
        len -= part;
        frames->left -= part;
        if (frames->left == 0)
            frames->head_len = 0;
    }
    if (len > 0)
        lines_feed(frames->lines[1], bytes, len);
}

void swarm_frames_end(struct swarm_frames *frames)
{
    for (size_t i = 0; i < STREAMS; i++)
        lines_end(frames->lines[i]);
}

static bool is_called(const struct swarm_view *view, const struct swarm_service *service,
                      const struct swarm_task *task, const char *instance)
{
    size_t len = strlen(service->name);
    char slot[32];

    if (strncmp(instance, service->name, len) != 0 || instance[len] != '.')
        return false;
    if (!service->global && task->slot != 0) {
        snprintf(slot, sizeof slot, "%" PRId64, task->slot);
        return strcmp(instance + len + 1, slot) == 0;
    }
    const struct swarm_node *node = swarm_find_node(view->nodes, view->node_count, task->node);
    return strcmp(instance + len + 1, node ? node->name : task->node) == 0;
}

const struct swarm_task *swarm_log_task(const struct swarm_view *view,
                                        const struct swarm_service *service, const char *instance,
                                        bool previous)
{
    size_t count;
    const struct swarm_task *tasks = swarm_tasks_of(view, service->id, &count);

    for (size_t i = 0; i < count; i++) /* newest first */
        if (is_called(view, service, &tasks[i], instance)) {
            if (!previous)
                return &tasks[i];
            previous = false;
        }
    return NULL;
}
