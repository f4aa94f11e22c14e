/* kube_op.c: see kube_op.h. */
#include "engines/kube_op.h"

#include "engines/stages.h"
#include "test.h"

#include <stdio.h>

enum { PATIENCE_MS = 90000, FRESH_MS = 2000 };

static void open_on(struct kube_op *op, struct cluster_config cluster, bool fast)
{
    char journal[700];
    struct err err = {0};

    op->clock = clock_new_real();
    snprintf(journal, sizeof journal, "%s/journal.jsonl", test_dir());
    struct engine_config config = {.clusters = &cluster,
                                   .cluster_count = 1,
                                   .journal_path = journal,
                                   .plan = plan_default(),
                                   .clock = op->clock};
    if (fast)
        stages_use_fast(&config);
    op->drive = (struct drive){engine_new(&config, &err), cluster.name, "web", PATIENCE_MS};
    ck_assert_msg(op->drive.engine != NULL, "%s", err.text);
    drive_sync(&op->drive);
}

void kube_op_open(struct kube_op *op, const char *who, const char *kubeconfig, bool fast)
{
    struct cluster_config cluster = kube_cluster(who);

    if (kubeconfig)
        cluster.kubeconfig = kubeconfig;
    open_on(op, cluster, fast);
}

void kube_op_open_in(struct kube_op *op, const char *who, const char *namespaces)
{
    struct cluster_config cluster = kube_cluster(who);

    cluster.namespaces = namespaces;
    open_on(op, cluster, false);
}

void kube_op_close(struct kube_op *op)
{
    engine_free(op->drive.engine);
    clock_free(op->clock);
}

struct wanted {
    enum cluster_state state;
    char why[300];
};

/* Live, and heard of lately enough for a key. */
static bool is_in_state(void *arg, const struct frame *frame)
{
    struct wanted *wanted = arg;
    const struct board_cluster *cluster = &frame->clusters[0];

    snprintf(wanted->why, sizeof wanted->why, "%s", cluster->why);
    return cluster->state == wanted->state &&
           (wanted->state != CLUSTER_LIVE || (cluster->age_ms >= 0 && cluster->age_ms < FRESH_MS));
}

const char *kube_op_state(struct kube_op *op, enum cluster_state state)
{
    static struct wanted wanted;

    wanted.state = state;
    ck_assert_msg(engine_run_until(op->drive.engine, op->drive.patience_ms, is_in_state, &wanted),
                  "never %s: %s", cluster_state_word[state], wanted.why);
    return wanted.why;
}
