/* test_kube_stages.c: a rehearsed release on a real control plane: by S alone, and never past a
 * canary that does not serve. Evidence is readiness and restarts only. */
#include "engines/kube_op.h"
#include "engines/stages.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kube_op op;
static struct stages_case release;

static unsigned running(void *arg, const char *version)
{
    (void)arg;
    return kube_ready_pods("web", version);
}

static void setup(void)
{
    kube_forget_records();
    kube_open();
    kube_make("deployments", "web", 8, KUBE_OLD,
              json_pack("{s:{s:{s:{s:i, s:i}}}}", "spec", "strategy", "rollingUpdate", "maxSurge",
                        0, "maxUnavailable", 4));
    kube_op_open(&op, "admin", NULL, true);
    op.drive.patience_ms = 120000;
    release = (struct stages_case){.op = op.drive, .from = KUBE_OLD, .running = running};
    drive_serving(&release.op, KUBE_OLD, 8);
}

static void teardown(void)
{
    kube_op_close(&op);
    kube_close();
    kube_forget_records();
}

START_TEST(a_release_with_its_rehearsal_goes_to_stable_by_s_alone)
{
    release.to = KUBE_NEW;
    stages_release(&release);
}
END_TEST

/* Pods whose template says what only the manifest said. */
static unsigned told_by_manifest(void)
{
    json_t *list = kube_get("pods"), *pod;
    unsigned count = 0;
    size_t i;

    json_array_foreach(json_object_get(list, "items"), i, pod)
    {
        const json_t *notes = json_object_get(json_object_get(pod, "metadata"), "annotations");
        count += json_object_get(notes, "told-by") != NULL;
    }
    json_decref(list);
    return count;
}

/* The rehearsal takes the template away; what follows is the one that was rehearsed. */
START_TEST(a_manifest_is_what_is_released_after_its_rehearsal)
{
    static const char *const form =
        "{\"apiVersion\": \"apps/v1\", \"kind\": \"Deployment\", \"metadata\": {\"name\": "
        "\"web\"}, "
        "\"spec\": {\"template\": {\"metadata\": {\"labels\": {\"app\": \"web\"}, \"annotations\": "
        "{\"told-by\": \"manifest\"}}, \"spec\": {\"containers\": [{\"name\": \"app\", \"image\": "
        "\"%s\"}]}}}}";
    char artifact[DRIVER_ARTIFACT], text[600];
    struct err err = {0};

    snprintf(text, sizeof text, form, kube_image(KUBE_NEW));
    struct driver_manifest manifest = {.file = "web.json", .text = text, .len = strlen(text)};
    struct intent named = drive_intent(&op.drive, VERB_START, KUBE_NEW);
    ck_assert_msg(engine_describe(op.drive.engine, op.drive.context, named.service, &manifest,
                                  artifact, &err),
                  "%s", err.text);
    release.to = KUBE_NEW;
    release.artifact = artifact;
    stages_release(&release);
    ck_assert_uint_eq(told_by_manifest(), 8);
}
END_TEST

START_TEST(a_canary_that_is_never_ready_is_not_released)
{
    release.to = "sick";
    stages_refuse_sick(&release);
}
END_TEST

START_TEST(a_canary_that_ends_again_and_again_is_not_released)
{
    release.to = "bad";
    stages_refuse_sick(&release);
}
END_TEST

SUITE(kube_stages)
{
    Suite *suite = suite_create("kube-stages");
    TCase *tc = test_case(suite, "stages", 400);

    kube_need();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_release_with_its_rehearsal_goes_to_stable_by_s_alone);
    if (!kube_is_ours()) /* tags of other images behave otherwise */
        return suite;
    tcase_add_test(tc, a_manifest_is_what_is_released_after_its_rehearsal);
    tcase_add_test(tc, a_canary_that_is_never_ready_is_not_released);
    if (getenv("NIGHT"))
        tcase_add_test(tc, a_canary_that_ends_again_and_again_is_not_released);
    return suite;
}
