/* acting_hand.c: see acting_hand.h. */
#include "acting_hand.h"

#include <stdio.h>
#include <string.h>

const struct board_cluster hand_clusters[HAND_CLUSTERS] = {
    {.name = "sim", .kind = "sim", .state = CLUSTER_LIVE, .production = true, .may_act = true},
    {.name = "dev", .kind = "swarm", .state = CLUSTER_LIVE, .may_act = true},
    {.name = "prod", .kind = "swarm", .state = CLUSTER_LIVE, .production = true, .may_act = true},
    {.name = "view", .kind = "swarm", .state = CLUSTER_LIVE, .read_only = true},
};
const char *const hand_names[2] = {"web", "api"};
const char *const hand_ids[HAND_SERVICES] = {"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"};

void hand_fill(struct hand *hand, unsigned revision)
{
    memset(hand, 0, sizeof *hand);
    for (unsigned i = 0; i < HAND_SERVICES; i++) {
        struct row *row = &hand->row[i];
        snprintf(hand->digest[i], sizeof hand->digest[i], "r%u.%u", revision, i);
        hand->service[i] = (struct service){.cluster = hand_clusters[i / 2].name,
                                            .id = hand_ids[i],
                                            .name = hand_names[i % 2],
                                            .spec_digest = hand->digest[i],
                                            .replicas = 8};
        *row = (struct row){.service = &hand->service[i],
                            .from = "1",
                            .to = "2",
                            .why = "",
                            .by = "",
                            .drift = "",
                            .have = 3,
                            .want = 8,
                            .basis = revision * 100 + i};
        for (int v = 0; v < VERB_COUNT; v++)
            row->option[v] = (struct option){
                .offered = true, .allowed = true, .effect = "effect", .to_count = revision + i};
        row->option[VERB_START].offered = false;
        hand->rows[i] = row;
    }
    hand->frame = (struct frame){.rows = hand->rows,
                                 .row_count = HAND_SERVICES,
                                 .clusters = hand_clusters,
                                 .cluster_count = HAND_CLUSTERS,
                                 .notice = "no journal: disk full",
                                 .refs = 1};
}

struct acting_picture hand_picture(const struct hand *hand, const struct acting *acting,
                                   unsigned service)
{
    struct acting_picture picture = {.frame = &hand->frame};

    snprintf(picture.cluster, sizeof picture.cluster, "%s", hand_clusters[service / 2].name);
    snprintf(picture.service, sizeof picture.service, "%s", hand_ids[service]);
    picture.question = acting->asking ? acting->question_number : 0;
    return picture;
}

struct acting_press hand_press(int key, unsigned service, int64_t now_ms)
{
    struct acting_press press = {.key = key, .alone = true, .now_ms = now_ms};

    snprintf(press.cluster, sizeof press.cluster, "%s", hand_clusters[service / 2].name);
    snprintf(press.service, sizeof press.service, "%s", hand_ids[service]);
    return press;
}
