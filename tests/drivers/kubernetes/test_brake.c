/* test_brake.c: exact steps of a Deployment, against the controller's arithmetic: no state on the
 * way has one new pod more than was asked for, whatever the order in which the controller and
 * the status of its ReplicaSets move. */
#include "base/json.h"
#include "drivers/kubernetes/brake.h"
#include "drivers/kubernetes/deployment_model.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID "0123456789abcdef0123456789abcdef"

/* One release on the model. */
struct flight {
    struct model model;
    json_t *memo;
    uint32_t bound;   /* new pods asked for so far */
    uint32_t at_once; /* of the user's strategy */
    unsigned writes;
};

static struct action action_of(const struct flight *f, enum verb verb, uint32_t to_count)
{
    struct action action = {
        .id = ID, .verb = verb, .to_count = to_count, .from = "4", .to = "5", .cluster = "c"};

    action.have_count = (uint32_t)model_wanted(&f->model, "app:5");
    action.replicas = (uint32_t)kube_int(f->model.deployment, "spec/replicas", 0);
    action.last_step = to_count == action.replicas;
    if (verb == VERB_ROLLBACK) {
        snprintf(action.from, sizeof action.from, "5");
        snprintf(action.to, sizeof action.to, "4");
        action.last_step = false;
    }
    return action;
}

static void check_bounds(const struct flight *f)
{
    uint32_t fresh = (uint32_t)model_wanted(&f->model, "app:5");
    uint32_t total = (uint32_t)model_wanted(&f->model, NULL);
    uint32_t replicas = (uint32_t)kube_int(f->model.deployment, "spec/replicas", 0);

    ck_assert_msg(fresh <= f->bound, "%u new pods, %u asked for", fresh, f->bound);
    ck_assert_msg(total <= replicas + f->at_once, "%u pods of %u, %u more allowed", total, replicas,
                  f->at_once);
}

static bool send_write(struct flight *f, struct action *action)
{
    struct kube_write write;
    struct err err = {0};
    const struct kube_workload *w = model_look(&f->model);

    kube_revision(w->object, action->revision);
    ck_assert_msg(kube_compose(w, action, f->memo, &write, &err), "%s", err.text);
    ck_assert_uint_eq(write.count, 1);
    ck_assert_int_eq(model_send(&f->model, &write.requests[0]), 200);
    kube_write_release(&write);
    f->writes++;
    return true;
}

/* Until the write has come to rest; with `all`, until nothing moves any more. */
static void rest(struct flight *f, const struct action *action, bool all)
{
    for (unsigned turn = 0; turn < 2000; turn++) {
        check_bounds(f);
        bool settled = kube_settled(model_look(&f->model), action, NULL);
        if (settled && !all)
            return;
        if (!model_turn(&f->model)) {
            ck_assert_msg(settled, "stands, and is not at rest: verb %d write %u of %u",
                          action->verb, action->write + 1, action->writes);
            return;
        }
    }
    ck_abort_msg("it never comes to rest");
}

static void carry_out(struct flight *f, enum verb verb, uint32_t to_count, bool all)
{
    struct action action = action_of(f, verb, to_count);
    json_t *made = NULL;
    struct err err = {0};

    ck_assert_msg(kube_plan(model_look(&f->model), f->memo, &action, &made, &err), "%s", err.text);
    if (made) {
        json_decref(f->memo);
        f->memo = made;
    }
    if (to_count > f->bound)
        f->bound = to_count;
    for (action.write = 0; action.write < action.writes; action.write++) {
        send_write(f, &action);
        rest(f, &action, all || action.write + 1 == action.writes);
    }
}

static void open_flight(struct flight *f, uint32_t replicas, const char *surge, const char *down)
{
    *f = (struct flight){.bound = 0};
    model_open(&f->model, replicas, surge, down);
    const json_t *memo = model_look(&f->model)->object;
    f->at_once =
        kube_portion(kube_at(memo, "spec/strategy/rollingUpdate/maxSurge"), replicas, true, "25%");
}

static void close_flight(struct flight *f)
{
    json_decref(f->memo);
    model_close(&f->model);
}

static int32_t fresh(const struct flight *f)
{
    return model_wanted(&f->model, "app:5");
}

static int32_t old(const struct flight *f)
{
    return model_wanted(&f->model, "app:4");
}

START_TEST(canary_step_and_step_are_exact)
{
    struct flight f;

    open_flight(&f, 12, "4", "0");
    carry_out(&f, VERB_START, 2, true);
    ck_assert_int_eq(fresh(&f), 2);
    ck_assert_int_eq(old(&f), 12); /* untouched */
    carry_out(&f, VERB_STEP, 6, true);
    ck_assert_int_eq(fresh(&f), 6);
    ck_assert_int_eq(old(&f), 10);
    carry_out(&f, VERB_STEP, 12, true);
    ck_assert_int_eq(fresh(&f), 12);
    ck_assert_int_eq(old(&f), 0);
    close_flight(&f);
}
END_TEST

static const struct {
    const char *surge, *down;
} strategies[] = {{"1", "0"}, {"0", "1"}, {"\"25%\"", "\"25%\""}, {"3", "2"},           {"0", "3"},
                  {"2", "0"}, {"5", "1"}, {"\"100%\"", "0"},      {"\"0%\"", "\"10%\""}};

static bool is_corner(uint32_t a, uint32_t replicas)
{
    return a <= 2 || a + 1 >= replicas || a == replicas / 3 || a == replicas / 2;
}

static void check_release(uint32_t replicas, size_t strategy, uint32_t a, uint32_t b)
{
    struct flight f;
    bool eager = (a + b + strategy) % 2;

    open_flight(&f, replicas, strategies[strategy].surge, strategies[strategy].down);
    f.model.seed = (uint32_t)(a * 977 + b * 31 + strategy);
    carry_out(&f, VERB_START, a, !eager);
    ck_assert_int_eq(fresh(&f), (int32_t)a);
    if (a < replicas && b > a) {
        carry_out(&f, VERB_STEP, b, !eager);
        ck_assert_int_eq(fresh(&f), (int32_t)b);
    }
    if (fresh(&f) < (int32_t)replicas) {
        carry_out(&f, VERB_ROLLBACK, 0, !eager);
        ck_assert_int_eq(old(&f), (int32_t)replicas);
        ck_assert_int_eq(fresh(&f), 0);
    }
    close_flight(&f);
}

/* Every size and strategy; every pair of steps of small ones, the corners of large ones; with
 * status that lags in another way each time. */
START_TEST(no_step_exceeds_what_was_asked_for)
{
    uint32_t replicas = (uint32_t)_i + 1;

    for (size_t s = 0; s < sizeof strategies / sizeof *strategies; s++)
        for (uint32_t a = 1; a <= replicas; a++)
            for (uint32_t b = a; b <= replicas; b++)
                if (replicas <= 7 || (is_corner(a, replicas) && is_corner(b, replicas)))
                    check_release(replicas, s, a, b);
}
END_TEST

START_TEST(never_fewer_serve_than_the_user_allows)
{
    for (size_t s = 0; s < sizeof strategies / sizeof *strategies; s++) {
        struct flight f;
        open_flight(&f, 12, strategies[s].surge, strategies[s].down);
        uint32_t down =
            kube_portion(kube_at(f.model.deployment, "spec/strategy/rollingUpdate/maxUnavailable"),
                         12, false, "25%");
        struct action action = action_of(&f, VERB_START, 3);
        struct err err = {0};
        ck_assert(kube_plan(model_look(&f.model), NULL, &action, &f.memo, &err));
        f.bound = 3;
        for (action.write = 0; action.write < action.writes; action.write++) {
            send_write(&f, &action);
            while (!kube_settled(model_look(&f.model), &action, NULL)) {
                ck_assert_int_ge(model_ready(&f.model, NULL), 12 - (int32_t)(down ? down : 1));
                if (f.at_once)
                    ck_assert_int_ge(model_ready(&f.model, NULL), 12);
                ck_assert(model_turn(&f.model));
            }
        }
        close_flight(&f);
    }
}
END_TEST

/* Nothing of lockstep stays, and what was the user's is as it was. */
static void check_restored(const struct flight *f, const json_t *before)
{
    static const char *const keys[] = {"spec/strategy", "spec/minReadySeconds",
                                       "spec/progressDeadlineSeconds", "spec/revisionHistoryLimit"};
    const json_t *d = f->model.deployment;

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *was = kube_at(before, keys[i]), *is = kube_at(d, keys[i]);
        ck_assert_msg(was == is || json_equal(was, is), "%s", keys[i]);
    }
    ck_assert_int_eq(json_is_true(kube_at(d, "spec/paused")),
                     json_is_true(kube_at(before, "spec/paused")));
    ck_assert_str_eq(kube_annotation(d, KUBE_MARKS), "");
}

START_TEST(finish_and_undo_leave_the_users_settings)
{
    for (int back = 0; back < 2; back++)
        for (int rests = 0; rests < 2; rests++) {
            struct flight f;
            open_flight(&f, 12, "\"25%\"", "1");
            model_set_text(&f.model, "/spec/minReadySeconds", "7");
            model_set_text(&f.model, "/spec/revisionHistoryLimit", "0");
            if (rests)
                model_set_text(&f.model, "/spec/paused", "true");
            json_t *before = json_deep_copy(f.model.deployment);
            while (model_turn(&f.model))
                ;
            carry_out(&f, VERB_START, 2, true);
            ck_assert_int_eq(kube_int(f.model.deployment, "spec/revisionHistoryLimit", 0), 2);
            ck_assert_int_eq(kube_hold_of(model_look(&f.model)), KUBE_BRAKED);
            if (back)
                carry_out(&f, VERB_ROLLBACK, 0, true);
            else
                carry_out(&f, VERB_STEP, 12, true);
            check_restored(&f, before);
            ck_assert_int_eq(back ? old(&f) : fresh(&f), 12);
            ck_assert_int_eq(back ? fresh(&f) : old(&f), 0);
            json_decref(before);
            close_flight(&f);
        }
}
END_TEST

START_TEST(from_park_the_brake_takes_hold_before_anything_moves)
{
    struct flight f;

    open_flight(&f, 12, "4", "0");
    carry_out(&f, VERB_START, 2, true);
    struct action pause = action_of(&f, VERB_PAUSE, 2);
    ck_assert(kube_plan(model_look(&f.model), f.memo, &pause, NULL, &(struct err){0}));
    ck_assert_uint_eq(pause.writes, 0); /* it stands already */
    model_set_text(&f.model, "/metadata/annotations/lockstep.park", "\"pause\"");
    while (model_turn(&f.model))
        ;
    carry_out(&f, VERB_PAUSE, 2, true);
    ck_assert_int_eq(kube_hold_of(model_look(&f.model)), KUBE_PAUSED);
    ck_assert_int_eq(kube_int(f.model.deployment, "spec/minReadySeconds", 0), 0);
    ck_assert_int_eq(fresh(&f), 2);
    ck_assert_int_eq(old(&f), 12);
    struct action action = action_of(&f, VERB_STEP, 6);
    struct err err = {0};
    ck_assert(kube_plan(model_look(&f.model), f.memo, &action, NULL, &err));
    ck_assert_uint_eq(action.writes, 2);
    carry_out(&f, VERB_STEP, 6, false);
    ck_assert_int_eq(fresh(&f), 6);
    close_flight(&f);
}
END_TEST

START_TEST(what_is_complete_is_never_parked)
{
    struct flight f;
    struct err err = {0};

    open_flight(&f, 12, "4", "0");
    carry_out(&f, VERB_START, 2, true);
    f.bound = 12;
    model_set_text(&f.model, "/metadata/annotations/lockstep.park", "\"pause\"");
    while (model_turn(&f.model))
        ;
    struct action step = action_of(&f, VERB_STEP, 12);
    ck_assert(kube_plan(model_look(&f.model), f.memo, &step, NULL, &err));
    for (step.write = 0; fresh(&f) < 12; step.write++) {
        send_write(&f, &step);
        rest(&f, &step, true);
    }
    ck_assert_int_gt(old(&f), 0); /* kept warm until the end */
    struct action pause = action_of(&f, VERB_PAUSE, 12);
    ck_assert(kube_plan(model_look(&f.model), f.memo, &pause, NULL, &err));
    ck_assert_uint_eq(pause.writes, 0);
    close_flight(&f);
}
END_TEST

/* Somebody set another image; then P, then S. */
START_TEST(a_foreign_rollout_is_paused_and_braked_into_steps)
{
    for (unsigned turns = 0; turns < 60; turns++) {
        struct flight f;
        open_flight(&f, 12, "3", "1");
        f.model.seed = turns;
        model_set_text(&f.model, "/spec/template/spec/containers/0/image", "\"app:5\"");
        f.bound = 12;
        for (unsigned i = 0; i < turns; i++)
            model_turn(&f.model);
        int32_t seen = fresh(&f);
        if (seen == 0 || old(&f) == 0) {
            close_flight(&f);
            continue;
        }
        carry_out(&f, VERB_PAUSE, 0, true);
        ck_assert_int_le(fresh(&f), seen + 4); /* as the engine itself fills up */
        int32_t have = fresh(&f);
        if (have < 11 && old(&f) > 0) {
            f.bound = (uint32_t)have + 1;
            carry_out(&f, VERB_STEP, f.bound, true);
            ck_assert_int_eq(fresh(&f), have + 1);
        }
        carry_out(&f, VERB_ROLLBACK, 0, true);
        ck_assert_int_eq(old(&f), 12);
        ck_assert_str_eq(json_raw(kube_at(f.memo, "template/spec/containers")) ? "x" : "", "");
        ck_assert_int_eq(kube_int(f.model.deployment, "spec/strategy/rollingUpdate/maxSurge", 0),
                         3);
        close_flight(&f);
    }
}
END_TEST

START_TEST(a_held_template_is_released_in_steps_and_stays_held_when_undone)
{
    struct flight f;

    open_flight(&f, 12, "3", "0");
    model_set_text(&f.model, "/spec/paused", "true");
    model_set_text(&f.model, "/spec/template/spec/containers/0/image", "\"app:5\"");
    while (model_turn(&f.model))
        ;
    ck_assert_int_eq(fresh(&f), 0);
    carry_out(&f, VERB_STEP, 1, true);
    ck_assert_int_eq(fresh(&f), 1);
    ck_assert_int_eq(old(&f), 12);
    carry_out(&f, VERB_STEP, 12, true);
    ck_assert_int_eq(fresh(&f), 12);
    ck_assert(json_is_true(kube_at(f.model.deployment, "spec/paused")));
    close_flight(&f);

    open_flight(&f, 12, "3", "0");
    model_set_text(&f.model, "/spec/paused", "true");
    model_set_text(&f.model, "/spec/template/spec/containers/0/image", "\"app:5\"");
    while (model_turn(&f.model))
        ;
    carry_out(&f, VERB_ROLLBACK, 0, true);
    ck_assert(json_is_true(kube_at(f.model.deployment, "spec/paused")));
    ck_assert_int_eq(old(&f), 12);
    close_flight(&f);
}
END_TEST

START_TEST(scaling_in_flight_keeps_the_next_step_exact)
{
    for (uint32_t to = 6; to <= 20; to++) {
        struct flight f;
        char text[8];
        open_flight(&f, 12, "3", "0");
        carry_out(&f, VERB_START, 2, true);
        snprintf(text, sizeof text, "%u", to);
        f.bound = 20;
        model_set_text(&f.model, "/spec/replicas", text);
        while (model_turn(&f.model))
            ;
        int32_t drifted = fresh(&f);
        ck_assert_int_le(drifted, 6);
        f.bound = (uint32_t)drifted + 2;
        if (f.bound >= to) {
            close_flight(&f);
            continue;
        }
        f.at_once = 20;
        carry_out(&f, VERB_STEP, f.bound, true);
        ck_assert_int_eq(fresh(&f), (int32_t)f.bound);
        close_flight(&f);
    }
}
END_TEST

START_TEST(pods_that_never_become_ready_stop_the_step)
{
    struct flight f;
    struct err err = {0};

    open_flight(&f, 12, "2", "0");
    carry_out(&f, VERB_START, 2, true);
    f.model.never_ready = 1;
    f.bound = 8;
    struct action action = action_of(&f, VERB_STEP, 8);
    ck_assert(kube_plan(model_look(&f.model), f.memo, &action, NULL, &err));
    ck_assert_uint_eq(action.writes, 3);
    send_write(&f, &action);
    while (model_turn(&f.model))
        check_bounds(&f);
    ck_assert(!kube_settled(model_look(&f.model), &action, NULL));
    ck_assert_int_eq(fresh(&f), 4);
    f.model.never_ready = -1;
    carry_out(&f, VERB_ROLLBACK, 0, true);
    ck_assert_int_eq(old(&f), 12);
    close_flight(&f);
}
END_TEST

SUITE(kube_brake)
{
    Suite *suite = suite_create("kube_brake");
    TCase *steps = test_case(suite, "steps", 60), *edges = test_case(suite, "edges", 60);

    tcase_add_test(steps, canary_step_and_step_are_exact);
    tcase_add_loop_test(steps, no_step_exceeds_what_was_asked_for, 0, 20);
    tcase_add_test(steps, never_fewer_serve_than_the_user_allows);
    tcase_add_test(edges, finish_and_undo_leave_the_users_settings);
    tcase_add_test(edges, from_park_the_brake_takes_hold_before_anything_moves);
    tcase_add_test(edges, what_is_complete_is_never_parked);
    tcase_add_test(edges, a_foreign_rollout_is_paused_and_braked_into_steps);
    tcase_add_test(edges, a_held_template_is_released_in_steps_and_stays_held_when_undone);
    tcase_add_test(edges, scaling_in_flight_keeps_the_next_step_exact);
    tcase_add_test(edges, pods_that_never_become_ready_stop_the_step);
    return suite;
}
