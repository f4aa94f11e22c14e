/* test_kube_alarms.c: alarms (alarms.h) of a Deployment on a real control plane. What is not
 * available for an hour stops a rollout of another's after its surge. */
#include "base/json.h"
#include "engines/alarms.h"
#include "engines/kube_rig.h"
#include "engines/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 6, HOUR_S = 3600 };

static const char *create(void)
{
    kube_forget_records();
    kube_open();
    kube_make("deployments", "web", COUNT, KUBE_OLD, NULL);
    return "web";
}

static void remove_web(void)
{
    kube_close();
    kube_forget_records();
}

static const char *context(void)
{
    static char text[1000];
    char *name = NULL;

    ck_assert_int_eq(kube_ctl("admin", "config current-context", &name), 0);
    name[strcspn(name, "\n")] = '\0';
    snprintf(text, sizeof text,
             "{name: lab, kind: kubernetes, kubeconfig: '%s', context: '%s', namespaces: '%s', "
             "production: false}",
             kube_config("admin"), name, kube_namespace());
    free(name);
    return text;
}

/* In one patch: the seconds are of the template that it brings, and the old one keeps its own.
 * tag "": the template stays. */
static void tell(const char *tag, bool paused, int ready_s, int surge)
{
    json_t *spec = json_pack("{s:b, s:i, s:i, s:{s:{s:i, s:i}}}", "paused", paused,
                             "minReadySeconds", ready_s, "progressDeadlineSeconds", 2 * HOUR_S,
                             "strategy", "rollingUpdate", "maxSurge", surge, "maxUnavailable", 0);

    if (tag[0])
        json_object_set_new(spec, "template",
                            json_pack("{s:{s:[{s:s, s:s}]}}", "spec", "containers", "name", "app",
                                      "image", kube_image(tag)));
    kube_patch("deployments/web", json_pack("{s:o}", "spec", spec));
}

/* The pod of the second version counts as available before the third comes, which else takes its
 * place. */
static void steps(void)
{
    tell(KUBE_NEW, false, HOUR_S, 1);
    ck_assert(kube_wait_pods("web", KUBE_NEW, 1));
    tell("", true, 0, 1);
    ck_assert(kube_wait_number("deployments/web", "status/availableReplicas", COUNT + 1));
    tell(KUBE_NEXT, false, HOUR_S, 2);
    for (int i = 0; i < 300 && !kube_ready_pods("web", KUBE_NEXT); i++)
        rig_pause_ms(100);
    ck_assert_msg(kube_ready_pods("web", KUBE_OLD) && kube_ready_pods("web", KUBE_NEW) &&
                      kube_ready_pods("web", KUBE_NEXT),
                  "three versions never lived together");
}

static void undo(void)
{
    tell(KUBE_OLD, false, 0, 3);
    ck_assert(kube_wait_pods("web", KUBE_OLD, COUNT));
    ck_assert(kube_wait_pods("web", "", COUNT));
}

SUITE(kube_alarms)
{
    static const struct alarms_world world = {.suite = "kube-alarms",
                                              .need = kube_need,
                                              .create = create,
                                              .remove = remove_web,
                                              .context = context,
                                              .steps = steps,
                                              .undo = undo};

    return alarms_suite(&world);
}
