/* test_kube_conformance.c: what every driver must do, on a real Kubernetes control plane. */
#include "engines/kube_rig.h"

#include "drivers/conformance.h"

#include <stdio.h>

#define RECORDS "/api/v1/namespaces/default/configmaps?labelSelector=lockstep.record%3D1"

static void setup(struct conformance_world *world)
{
    kube_open();
    /* Without surge a step of k leaves all but k: what the suite counts. */
    kube_make("deployments", "web", 8, KUBE_OLD,
              json_pack("{s:{s:{s:{s:i, s:i}}}}", "spec", "strategy", "rollingUpdate", "maxSurge",
                        0, "maxUnavailable", 1));
    world->clock = clock_new_real();
    world->service_name = "web";
    world->config = (struct cluster_config){
        .name = "lab",
        .kind = "kubernetes",
        .endpoint = "",
        .ca_file = "",
        .cert_file = "",
        .key_file = "",
        .kubeconfig = kube_config("admin"),
        .namespaces = kube_namespace(),
    };
}

static void teardown(struct conformance_world *world)
{
    kube_delete(RECORDS);
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

static struct conformance_fixture fixture = {
    .name = "kubernetes-conformance",
    .old_version = KUBE_OLD,
    .new_version = KUBE_NEW,
    .next_version = KUBE_NEXT,
    .missing_version = "missing",
    .new_artifact = "",
    .next_artifact = "",
    .missing_artifact = "pause:missing",
    .patience_ms = 60000,
    .calm_ms = 2500,
    .timeout_s = 120,
    .talks = true,
    .setup = setup,
    .teardown = teardown,
    .silence_node = silence,
    .return_node = heal,
    .foreign_write = touch,
};

SUITE(kubernetes_conformance)
{
    kube_need();
    if (!kube_is_ours())
        fixture.silence_node = fixture.return_node = NULL;
    return conformance_suite(&fixture);
}
