/* kube_fixture.c: see kube_fixture.h. */
#include "engines/kube_fixture.h"

#include <stdio.h>
#include <string.h>

static const char *kind = "deployments";
static unsigned replicas = 8;
static json_t *more;
static void (*nudge)(void);

void kube_fixture_make(const char *other, unsigned count, json_t *with)
{
    kind = other;
    replicas = count;
    more = with;
}

void kube_fixture_nudge(void (*fn)(void))
{
    nudge = fn;
}

static void setup(struct conformance_world *world)
{
    kube_forget_records();
    kube_open();
    if (!more && strcmp(kind, "deployments") == 0)
        more = json_pack("{s:{s:{s:{s:i, s:i}}}}", "spec", "strategy", "rollingUpdate", "maxSurge",
                         0, "maxUnavailable", 1);
    kube_put(kind, "web", replicas, KUBE_OLD, more);
    more = NULL;
    if (nudge)
        nudge();
    ck_assert_msg(kube_wait_pods("web", KUBE_OLD, replicas), "web never came up");
    world->clock = clock_new_real();
    world->service_name = "web";
    world->instances = replicas;
    world->config = kube_cluster("admin");
}

static void teardown(struct conformance_world *world)
{
    kube_forget_records();
    kube_close();
    clock_free(world->clock);
}

static void silence(struct conformance_world *world, const char *node)
{
    (void)world;
    kube_tell("silence %s", node);
}

static void heal(struct conformance_world *world, const char *node)
{
    (void)world;
    kube_tell("return %s", node);
}

static void touch(struct conformance_world *world, const char *service_id)
{
    (void)world;
    (void)service_id;
    kube_patch("deployments/web", json_pack("{s:{s:i}}", "spec", "revisionHistoryLimit", 7));
}

struct conformance_fixture kube_fixture = {
    .name = "kubernetes-conformance",
    .old_version = KUBE_OLD,
    .new_version = KUBE_NEW,
    .next_version = KUBE_NEXT,
    .missing_version = "missing",
    .new_artifact = "",
    .next_artifact = "",
    .missing_artifact = "pause:missing",
    .patience_ms = 60000,
    .calm_ms = 1500,
    .timeout_s = 120,
    .setup = setup,
    .teardown = teardown,
    .silence_node = silence,
    .return_node = heal,
    .foreign_write = touch,
};
