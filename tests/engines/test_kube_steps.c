/* test_kube_steps.c: the recipes' own writes on a real control plane, watched by a second client:
 * no step has one new pod too many, undo leaves stable pods alone, nothing of lockstep stays. */
#include "base/json.h"
#include "drivers/kubernetes/recipe.h"
#include "engines/kube_rig.h"
#include "engines/rig.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS = 128, POLL_MS = 100, PATIENCE_MS = 60000 };

/* A workload as read, and the memo of its release. */
struct flight {
    enum kube_kind kind;
    json_t *memo, *object, *revisions, *pods;
    const json_t *revision_list[PARTS], *pod_list[PARTS];
    struct kube_workload w;
    struct kube_watch watch;
};

static struct flight flight;

static void drop(struct flight *f)
{
    json_decref(f->object);
    json_decref(f->revisions);
    json_decref(f->pods);
}

static size_t list_of(const json_t *list, const json_t *out[PARTS])
{
    const json_t *items = json_object_get(list, "items");
    size_t count = json_array_size(items);

    ck_assert_uint_le(count, PARTS);
    for (size_t i = 0; i < count; i++)
        out[i] = json_array_get(items, i);
    return count;
}

static const struct kube_workload *look(struct flight *f)
{
    char path[80];

    drop(f);
    snprintf(path, sizeof path, "%s/web", kube_kinds[f->kind].resource);
    f->object = kube_get(path);
    f->revisions =
        kube_get(kube_kinds[f->kind].by_replicaset ? "replicasets" : "controllerrevisions");
    f->pods = kube_get("pods");
    f->w = (struct kube_workload){f->kind, f->object, f->revision_list, 0, f->pod_list, 0};
    f->w.revision_count = list_of(f->revisions, f->revision_list);
    f->w.pod_count = list_of(f->pods, f->pod_list);
    return &f->w;
}

static void send_all(struct kube_write *write)
{
    for (size_t i = 0; i < write->count; i++) {
        const struct kube_request *request = &write->requests[i];
        char *body = json_text(request->body);
        json_t *answer = NULL;
        long status = kube_call(request->method, request->path, body, &answer);
        ck_assert_msg(kube_meaning(request, status, answer) == ERR_NONE, "%s %s: %ld",
                      request->method, request->path, status);
        json_decref(answer);
        free(body);
    }
    kube_write_release(write);
}

static void rest(struct flight *f, const struct action *action)
{
    for (int waited = 0; !kube_settled(look(f), action, f->memo); waited += POLL_MS) {
        ck_assert_msg(waited < PATIENCE_MS, "verb %d, write %u of %u never comes to rest",
                      action->verb, action->write + 1, action->writes);
        rig_pause_ms(POLL_MS);
    }
}

static void carry_out(struct flight *f, enum verb verb, uint32_t have, uint32_t to_count,
                      uint32_t replicas)
{
    bool back = verb == VERB_ROLLBACK;
    struct action action = {.verb = verb,
                            .have_count = have,
                            .to_count = to_count,
                            .replicas = replicas,
                            .last_step = to_count == replicas && !back};
    struct err err = {0};
    json_t *made = NULL;

    id_random(action.id);
    snprintf(action.to, sizeof action.to, "%s", back ? KUBE_OLD : KUBE_NEW);
    ck_assert_msg(kube_plan(look(f), f->memo, &action, &made, &err), "%s", err.text);
    if (made) {
        json_decref(f->memo);
        f->memo = made;
    }
    for (; action.write < action.writes; action.write++) {
        struct kube_write write;
        look(f);
        kube_revision(f->w.object, action.revision);
        ck_assert_msg(kube_compose(&f->w, &action, f->memo, &write, &err), "%s", err.text);
        send_all(&write);
        rest(f, &action);
    }
}

static void step_watched(enum verb verb, uint32_t have, uint32_t to_count, uint32_t replicas)
{
    kube_watch_start(&flight.watch);
    carry_out(&flight, verb, have, to_count, replicas);
    kube_watch_stop(&flight.watch);
    ck_assert_uint_eq(kube_watch_wanted(&flight.watch, KUBE_NEW), to_count);
    ck_assert_uint_eq(kube_watch_pods(&flight.watch, KUBE_NEW), to_count);
}

/* Returns the object as its user made it, yours. */
static json_t *open_flight(enum kube_kind kind, uint32_t replicas, json_t *more)
{
    flight = (struct flight){.kind = kind};
    kube_make(kube_kinds[kind].resource, "web", replicas, KUBE_OLD, more);
    while (!kube_is_observed(look(&flight)))
        rig_pause_ms(POLL_MS);
    return json_incref(flight.object);
}

static void setup(void)
{
    kube_open();
}

static void teardown(void)
{
    drop(&flight);
    json_decref(flight.memo);
    flight = (struct flight){.kind = KUBE_DEPLOYMENT};
    kube_close();
}

/* Its user's settings as they were, and not a word of lockstep's anywhere on it. */
static void check_clean(const json_t *before)
{
    static const char *const keys[] = {"spec/strategy",
                                       "spec/minReadySeconds",
                                       "spec/progressDeadlineSeconds",
                                       "spec/revisionHistoryLimit",
                                       "spec/paused",
                                       "spec/updateStrategy"};
    char *text;

    look(&flight);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *was = kube_at(before, keys[i]), *is = kube_at(flight.object, keys[i]);
        ck_assert_msg(was == is || json_equal(was, is), "%s", keys[i]);
    }
    text = json_text(flight.object);
    ck_assert_msg(!strstr(text, "lockstep.") && !strstr(text, "\"lockstep\""), "%s", text);
    free(text);
}

/* Somebody else applies, without force, what lockstep had changed. */
static void check_apply(void)
{
    char name[300], words[500], *out = NULL;
    FILE *file;
    json_t *apply =
        json_pack("{s:s, s:s, s:{s:s}, s:{s:i, s:{s:{s:{s:s}}, s:{s:[{s:s, s:s}]}}, s:{s:{s:s}}}}",
                  "apiVersion", "apps/v1", "kind", kube_kinds[flight.kind].owner, "metadata",
                  "name", "web", "spec", "minReadySeconds", 5, "template", "metadata", "labels",
                  "app", "web", "spec", "containers", "name", "app", "image", kube_image(KUBE_NEXT),
                  "selector", "matchLabels", "app", "web");
    snprintf(name, sizeof name, "%s/apply-%s.json", kube_folder(), kube_namespace());
    file = fopen(name, "w");
    ck_assert_ptr_nonnull(file);
    json_dumpf(apply, file, 0);
    fclose(file);
    json_decref(apply);
    snprintf(words, sizeof words, "apply --server-side --dry-run=server --field-manager=else -f %s",
             name);
    ck_assert_msg(kube_ctl("admin", words, &out) == 0, "%s", out);
    free(out);
}

static json_t *strategy(int surge, int unavailable)
{
    return json_pack("{s:{s:i, s:{s:{s:i, s:i}}}}", "spec", "minReadySeconds", 1, "strategy",
                     "rollingUpdate", "maxSurge", surge, "maxUnavailable", unavailable);
}

static const struct {
    int surge, unavailable;
} strategies[] = {{4, 0}, {2, 1}, {0, 2}};

START_TEST(steps_are_exact_and_finish_leaves_nothing)
{
    json_t *before = open_flight(KUBE_DEPLOYMENT, 12,
                                 strategy(strategies[_i].surge, strategies[_i].unavailable));
    step_watched(VERB_START, 0, 2, 12);
    step_watched(VERB_STEP, 2, 6, 12);
    step_watched(VERB_STEP, 6, 12, 12);
    ck_assert(kube_wait_pods("web", KUBE_OLD, 0));
    check_clean(before);
    check_apply();
    json_decref(before);
}
END_TEST

START_TEST(undo_leaves_the_stable_pods_untouched)
{
    json_t *before = open_flight(KUBE_DEPLOYMENT, 12,
                                 strategy(strategies[_i].surge, strategies[_i].unavailable));
    for (uint32_t to = 2; to <= 6; to += 4) {
        step_watched(VERB_START, 0, to, 12);
        json_t *stable = kube_pod_names("web", KUBE_OLD);
        carry_out(&flight, VERB_ROLLBACK, to, 12, 12);
        ck_assert(kube_wait_pods("web", KUBE_NEW, 0));
        ck_assert(kube_wait_pods("web", KUBE_OLD, 12));
        unsigned stayed = (unsigned)json_array_size(stable);
        ck_assert_uint_eq(kube_kept(stable, "web"), stayed < 12 ? stayed : 12);
        check_clean(before);
        check_apply();
        json_decref(stable);
    }
    json_decref(before);
}
END_TEST

START_TEST(a_paused_deployment_holds_what_arrives_and_is_released_in_steps)
{
    json_decref(open_flight(KUBE_DEPLOYMENT, 12, strategy(3, 0)));
    kube_patch("deployments/web", json_pack("{s:{s:b}}", "spec", "paused", 1));
    json_t *before = kube_get("deployments/web");
    kube_set_image("deployments", "web", KUBE_NEW);
    step_watched(VERB_STEP, 0, 2, 12);
    step_watched(VERB_STEP, 2, 12, 12);
    check_clean(before);
    carry_out(&flight, VERB_ROLLBACK, 12, 12, 12);
    check_clean(before);
    json_decref(before);
}
END_TEST

START_TEST(a_late_write_meets_the_fence)
{
    struct action action = {.verb = VERB_START, .to_count = 1, .replicas = 4, .to = KUBE_NEW};
    struct kube_write late, fence = {NULL, 0};
    struct err err = {0};
    json_t *answer = NULL;

    json_decref(open_flight((enum kube_kind)_i, 4, NULL));
    ck_assert_msg(kube_plan(look(&flight), NULL, &action, &flight.memo, &err), "%s", err.text);
    kube_revision(flight.object, action.revision);
    ck_assert(kube_compose(&flight.w, &action, flight.memo, &late, &err));
    ck_assert(kube_compose_fence(&flight.w, action.revision, "n1", &fence, &err));
    json_t *names = kube_pod_names("web", KUBE_OLD);
    send_all(&fence);
    char *body = json_text(late.requests[0].body);
    long status = kube_call("PATCH", late.requests[0].path, body, &answer);
    ck_assert_int_eq(kube_meaning(&late.requests[0], status, answer), ERR_CONFLICT);
    rig_pause_ms(1500);
    ck_assert_uint_eq(kube_kept(names, "web"), (unsigned)json_array_size(names));
    free(body);
    json_decref(answer);
    json_decref(names);
    kube_write_release(&late);
}
END_TEST

START_TEST(an_ordered_statefulset_with_a_broken_pod_comes_back_without_hands)
{
    json_t *before = open_flight(KUBE_STATEFULSET, 4, NULL);
    kube_set_image("statefulsets", "web", "sick");
    for (int i = 0; i < 300 && kube_pods("web", "sick") == 0; i++)
        rig_pause_ms(100);
    ck_assert_uint_eq(kube_pods("web", "sick"), 1); /* which never becomes ready */
    carry_out(&flight, VERB_ROLLBACK, 1, 4, 4);
    ck_assert(kube_wait_pods("web", KUBE_OLD, 4));
    check_clean(before);
    check_apply();
    json_decref(before);
}
END_TEST

START_TEST(partitions_and_deletions_are_exact)
{
    uint32_t replicas = _i == KUBE_STATEFULSET ? 6 : 4;

    json_t *before = open_flight((enum kube_kind)_i, replicas, NULL);
    carry_out(&flight, VERB_START, 0, 1, replicas);
    ck_assert(kube_wait_pods("web", KUBE_NEW, 1));
    carry_out(&flight, VERB_STEP, 1, 3, replicas);
    ck_assert(kube_wait_pods("web", KUBE_NEW, 3));
    rig_pause_ms(1500);
    ck_assert(kube_wait_pods("web", KUBE_NEW, 3));
    carry_out(&flight, VERB_ROLLBACK, 3, replicas, replicas);
    ck_assert(kube_wait_pods("web", KUBE_OLD, replicas));
    carry_out(&flight, VERB_START, 0, 2, replicas);
    carry_out(&flight, VERB_STEP, 2, replicas, replicas);
    ck_assert(kube_wait_pods("web", KUBE_NEW, replicas));
    check_clean(before);
    check_apply();
    json_decref(before);
}
END_TEST

SUITE(kube_steps)
{
    Suite *suite = suite_create("kube-steps");
    TCase *tcase = test_case(suite, "recipes", 240);

    kube_need();
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, steps_are_exact_and_finish_leaves_nothing, 0, 3);
    tcase_add_loop_test(tcase, undo_leaves_the_stable_pods_untouched, 0, 3);
    tcase_add_test(tcase, a_paused_deployment_holds_what_arrives_and_is_released_in_steps);
    tcase_add_loop_test(tcase, a_late_write_meets_the_fence, KUBE_DEPLOYMENT, KUBE_ROLLOUT);
    tcase_add_test(tcase, an_ordered_statefulset_with_a_broken_pod_comes_back_without_hands);
    tcase_add_loop_test(tcase, partitions_and_deletions_are_exact, KUBE_STATEFULSET,
                        kube_is_ours() ? KUBE_ROLLOUT : KUBE_DAEMONSET); /* four nodes */
    return suite;
}
