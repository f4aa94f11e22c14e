/* test_kube_measured.c: measured bakes (measured.h) of a Deployment on a real control plane. */
#include "engines/kube_rig.h"
#include "engines/measured.h"

static const char *create(void)
{
    kube_forget_records();
    kube_open();
    kube_make("deployments", "web", 8, KUBE_OLD,
              json_pack("{s:{s:{s:{s:i, s:i}}}}", "spec", "strategy", "rollingUpdate", "maxSurge",
                        0, "maxUnavailable", 4));
    return "web";
}

static void remove_web(void)
{
    kube_close();
    kube_forget_records();
}

static struct cluster_config cluster(void)
{
    return kube_cluster("admin");
}

static unsigned running(const char *version)
{
    return kube_ready_pods("web", version);
}

SUITE(kube_measured)
{
    static const struct measured_world world = {.suite = "kube-measured",
                                                .from = KUBE_OLD,
                                                .to = KUBE_NEW,
                                                .need = kube_need,
                                                .create = create,
                                                .remove = remove_web,
                                                .cluster = cluster,
                                                .running = running};

    return measured_suite(&world);
}
