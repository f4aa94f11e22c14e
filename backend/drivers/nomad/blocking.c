/* blocking.c: what tells of changes where the event stream does not: blocking queries on the four
 * lists of a survey. Their answers are only a reason for one. */
#include "drivers/nomad/follow.h"

#include "drivers/nomad/answer.h"

#include <inttypes.h>
#include <stdlib.h>

struct block {
    struct op op;
    struct follow *follow;
    enum nomad_list list;
};

static void block_again(void *arg);

static bool go_on(struct follow *follow)
{
    return follow->state == CLUSTER_LIVE && nomad_stream_is_blind(follow);
}

/* Never at once: a server that does not wait is asked once in a while, like any other. */
static void on_block(void *arg, const struct http_answer *answer, bool sent,
                     const struct err *failed)
{
    struct block *block = arg;
    struct follow *follow = block->follow;
    struct err err = {0};
    bool ok = nomad_answer_judge(answer, sent, failed, false, "waiting for a change", &err) &&
              nomad_answer_is_current(answer, NOMAD_CONTACT_MAX_MS, "waiting for a change", &err);

    if (!go_on(follow)) {
        follow->blocking[block->list] = false;
        op_end(&block->op);
        return;
    }
    if (ok && nomad_answer_index(answer) != follow->list_index[block->list])
        nomad_follow_survey(follow);
    nomad_client_later(follow->nomad, ok ? NOMAD_SURVEY_MS : NOMAD_PING_MS, block_again, block);
}

static void block_again(void *arg)
{
    struct block *block = arg;
    struct follow *follow = block->follow;
    char *more = xasprintf("%s&index=%" PRIu64 "&wait=%ds",
                           block->list == NOMAD_LIST_ALLOCS ? "&task_states=false" : "",
                           follow->list_index[block->list], NOMAD_BLOCK_S);

    nomad_client_get(follow->nomad, nomad_list_path(follow->nomad, block->list, more), on_block,
                     block);
    free(more);
}

void nomad_blocks_start(struct follow *follow)
{
    for (unsigned i = 0; i < NOMAD_LIST_COUNT; i++) {
        if (follow->blocking[i])
            continue;
        struct block *block = xcalloc(1, sizeof *block);
        block->follow = follow;
        block->list = (enum nomad_list)i;
        follow->blocking[i] = true;
        nomad_op_begin(follow->nomad, &block->op, NULL);
        block_again(block);
    }
}
