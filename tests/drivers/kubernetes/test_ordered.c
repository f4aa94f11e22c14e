/* test_ordered.c: StatefulSets by partition, DaemonSets by deletion. */
#include "base/json.h"
#include "drivers/kubernetes/daemonset.h"
#include "drivers/kubernetes/statefulset.h"
#include "drivers/kubernetes/workload.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define TEMPLATE(image) "{'spec':{'containers':[{'name':'app','image':'" image "'}]}}"
#define REVISION(name, image, number)                                                              \
    "{'metadata':{'name':'web-" name "','labels':{'controller-revision-hash':'" name               \
    "'}},'revision':" number ",'data':{'spec':{'template':" TEMPLATE(image) "}}}"
#define REVISIONS "'revisions':[" REVISION("a", "app:4", "1") "," REVISION("b", "app:5", "2") "]"

/* "b3!x": revision b on ordinal or node 3, not ready, terminating. */
static json_t *pods_of(const char *words, bool nodes)
{
    json_t *list = json_array();

    for (const char *at = words; *at;) {
        size_t len = strcspn(at, " ");
        char *text = xasprintf(
            "{'metadata':{'name':'web-%c','uid':'uid-%c','labels':{'controller-revision-hash':"
            "'%s%c'}%s},'spec':{'nodeName':'node-%c'},'status':{'conditions':[{'type':'Ready',"
            "'status':'%s'}]}}",
            at[1], at[1], nodes ? "" : "web-", at[0],
            memchr(at, 'x', len) ? ",'deletionTimestamp':'now'" : "", at[1],
            memchr(at, '!', len) ? "False" : "True");
        json_array_append_new(list, quoted(text));
        free(text);
        at += len;
        at += strspn(at, " ");
    }
    return list;
}

static void open_set(struct workload *it, const char *image, const char *strategy,
                     const char *policy, const char *pods)
{
    json_t *list = pods_of(pods, false);
    char *dumped = json_dumps(list, 0);
    char *text = xasprintf(
        "{'object':{'spec':{'replicas':4,'podManagementPolicy':'%s','updateStrategy':%s,"
        "'template':" TEMPLATE("%s") "},'status':{'updateRevision':'web-%c','currentRevision':"
                                     "'web-a'}}," REVISIONS ",'pods':%s}",
        policy, strategy, image, strcmp(image, "app:5") == 0 ? 'b' : 'a', dumped);

    workload_open(it, KUBE_STATEFULSET, text);
    free(text);
    free(dumped);
    json_decref(list);
}

static struct action planned(struct workload *it, enum verb verb, uint32_t have, uint32_t to_count,
                             json_t **memo)
{
    bool back = verb == VERB_ROLLBACK;
    struct action action = workload_action(verb, back ? "4" : "5", have, to_count, 4);
    struct err err = {0};
    json_t *made = NULL;

    ck_assert_msg(kube_plan(&it->w, *memo, &action, &made, &err), "%s", err.text);
    if (made) {
        json_decref(*memo);
        *memo = made;
    }
    return action;
}

static json_int_t partition(const struct kube_write *write)
{
    const json_t *strategy = write_value(write, 0, "/spec/updateStrategy");
    const json_t *value = kube_at(strategy, "rollingUpdate/partition");

    return value ? json_integer_value(value) : -1;
}

#define PART(n) "{'type':'RollingUpdate','rollingUpdate':{'partition':" #n ",'maxUnavailable':2}}"

START_TEST(a_step_of_a_statefulset_is_one_partition)
{
    static const struct {
        enum verb verb;
        const char *image, *strategy, *pods;
        uint32_t have, to_count;
        uint32_t writes;
        json_int_t partition; /* of the first write */
    } rows[] = {
        {VERB_START, "app:4", PART(0), "a0 a1 a2 a3", 0, 1, 1, 3},
        {VERB_START, "app:4", "{'type':'OnDelete'}", "a0 a1 a2 a3", 0, 2, 1, 2},
        {VERB_STEP, "app:5", PART(3), "a0 a1 a2 b3", 1, 3, 1, 1},
        {VERB_STEP, "app:5", PART(3), "a0 a1 a2 b3", 1, 4, 3, 0},
        {VERB_RESUME, "app:5", PART(3), "a0 a1 a2 b3", 1, 1, 0, -1},
        /* Somebody else's, moving by itself. */
        {VERB_PAUSE, "app:5", PART(0), "a0 a1 b2x b3", 2, 2, 1, 2},
        {VERB_PAUSE, "app:5", PART(2), "a0 a1 b2 b3", 2, 2, 0, -1},
        {VERB_PAUSE, "app:5", PART(0), "a0 a1 a2 a3", 0, 0, 1, 4},
        {VERB_STEP, "app:5", PART(4), "a0 a1 a2 a3", 0, 1, 1, 3},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct workload it;
        json_t *memo = NULL;
        open_set(&it, rows[i].image, rows[i].strategy, "Parallel", rows[i].pods);
        struct action action = planned(&it, rows[i].verb, rows[i].have, rows[i].to_count, &memo);
        ck_assert_msg(action.writes == rows[i].writes, "row %zu: %u writes", i, action.writes);
        if (action.writes) {
            struct kube_write write = workload_write(&it, &action, memo);
            ck_assert_msg(partition(&write) == rows[i].partition, "row %zu: partition %d", i,
                          (int)partition(&write));
            /* What else the user set for the engine's pace stays. */
            const json_t *strategy = write_value(&write, 0, "/spec/updateStrategy");
            ck_assert(strstr(rows[i].strategy, "OnDelete") ||
                      kube_int(strategy, "rollingUpdate/maxUnavailable", 0) == 2);
            ck_assert_uint_eq(write.count, 1);
            kube_write_release(&write);
        }
        json_decref(memo);
        workload_close(&it);
    }
}
END_TEST

START_TEST(a_statefulset_is_at_rest_when_its_pods_say_so)
{
    static const struct {
        const char *strategy, *pods;
        bool settled;
    } rows[] = {
        {PART(3), "a0 a1 a2 b3", true},   {PART(3), "a0 a1 a2 a3", false},
        {PART(3), "a0 a1 a2 b3!", false}, {PART(3), "a0 a1 a2 b3x", false},
        {PART(3), "a0 a1 a2", false},     {PART(2), "a0 a1 a2 b3", false},
        {PART(2), "a0 a1 a2x b3", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct workload it;
        struct action action = workload_action(VERB_STEP, "5", 0, 1, 4);
        action.writes = 1;
        open_set(&it, "app:5", rows[i].strategy, "Parallel", rows[i].pods);
        ck_assert_msg(kube_settled(&it.w, &action, NULL) == rows[i].settled, "row %zu", i);
        workload_close(&it);
    }
}
END_TEST

START_TEST(undo_patches_first_and_deletes_what_blocks_only_where_it_blocks)
{
    static const struct {
        const char *policy, *pods;
        uint32_t writes;
    } rows[] = {
        {"OrderedReady", "a0 a1 a2 b3!", 4},
        {"OrderedReady", "a0 a1 a2 b3", 3},
        {"Parallel", "a0 a1 a2 b3!", 3},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct workload it;
        json_t *memo = NULL;
        open_set(&it, "app:5", PART(3), rows[i].policy, rows[i].pods);
        struct action action = planned(&it, VERB_ROLLBACK, 1, 4, &memo);
        ck_assert_uint_eq(action.writes, rows[i].writes);
        struct kube_write write = workload_write(&it, &action, memo);
        ck_assert_int_eq(partition(&write), 0);
        ck_assert_str_eq(kube_template_image(write_value(&write, 0, "/spec/template")), "app:4");
        ck_assert_uint_eq(write.count, 1);
        kube_write_release(&write);
        workload_close(&it);
        if (rows[i].writes == 4) {
            open_set(&it, "app:4", PART(0), rows[i].policy, rows[i].pods);
            ck_assert(kube_settled(&it.w, &action, NULL)); /* nothing moves before the deletion */
            action.write = 1;
            write = workload_write(&it, &action, memo);
            ck_assert_uint_eq(write.count, 2);
            ck_assert_str_eq(write.requests[1].method, "DELETE");
            ck_assert_str_eq(write.requests[1].path, "/api/v1/namespaces/shop/pods/web-3");
            ck_assert_str_eq(kube_raw(write.requests[1].body, "preconditions/uid"), "uid-3");
            ck_assert(!write_has(&write, 0, "add", "/spec/template"));
            kube_write_release(&write);
            ck_assert(!kube_settled(&it.w, &action, NULL));
            workload_close(&it);
        }
        json_decref(memo);
    }
}
END_TEST

/* ---- DaemonSets ---- */

static void open_daemons(struct workload *it, const char *image, const char *strategy,
                         const char *pods)
{
    json_t *list = pods_of(pods, true);
    char *dumped = json_dumps(list, 0);
    char *text =
        xasprintf("{'object':{'metadata':{'annotations':{'lockstep.nodes':'node-3'}},"
                  "'spec':{'updateStrategy':%s,'template':" TEMPLATE(
                      "%s") "},"
                            "'status':{'desiredNumberScheduled':4}}," REVISIONS ",'pods':%s}",
                  strategy, image, dumped);

    workload_open(it, KUBE_DAEMONSET, text);
    if (strcmp(image, "app:4") == 0) /* the newer one is not there yet */
        it->w.revision_count = 1;
    free(text);
    free(dumped);
    json_decref(list);
}

#define ROLL "{'type':'RollingUpdate','rollingUpdate':{'maxUnavailable':1}}"
#define HELD "{'type':'OnDelete'}"

START_TEST(a_daemonset_is_held_first_then_chosen_pods_go)
{
    struct workload it;
    json_t *memo = NULL;

    open_daemons(&it, "app:4", ROLL, "a1 a2 a3 a4");
    struct action action = planned(&it, VERB_START, 0, 1, &memo);
    ck_assert_uint_eq(action.writes, 2);
    struct kube_write write = workload_write(&it, &action, memo);
    ck_assert_str_eq(kube_raw(write_value(&write, 0, "/spec/updateStrategy"), "type"), "OnDelete");
    ck_assert(write_has(&write, 0, "add", "/spec/template/spec/containers/0/image"));
    ck_assert_uint_eq(write.count, 1);
    kube_write_release(&write);
    workload_close(&it);

    open_daemons(&it, "app:5", HELD, "a1 a2 a3 a4");
    ck_assert(kube_settled(&it.w, &action, NULL));
    action.write = 1;
    write = workload_write(&it, &action, memo);
    ck_assert_uint_eq(write.count, 2);
    ck_assert_str_eq(write.requests[1].path, "/api/v1/namespaces/shop/pods/web-3");
    ck_assert_str_eq(kube_raw(write.requests[1].body, "preconditions/uid"), "uid-3");
    kube_write_release(&write);
    workload_close(&it);
    json_decref(memo);
}
END_TEST

START_TEST(steps_of_a_daemonset_keep_to_its_max_unavailable)
{
    static const struct {
        const char *pods;
        uint32_t have, to_count, writes, deletions;
        const char *first;
    } rows[] = {
        {"a1 a2 b3 a4", 1, 2, 1, 1, "web-1"},
        {"a1 a2 b3 a4", 1, 3, 2, 1, "web-1"},
        {"a1 a2 b3 a4", 1, 4, 5, 1, "web-1"},
        /* One is on its way already. */
        {"a1x a2 b3 a4", 1, 3, 1, 1, "web-2"},
    };
    struct workload it;
    json_t *memo = NULL;

    open_daemons(&it, "app:4", ROLL, "a1 a2 a3 a4");
    planned(&it, VERB_START, 0, 1, &memo);
    workload_close(&it);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        open_daemons(&it, "app:5", HELD, rows[i].pods);
        struct action action = planned(&it, VERB_STEP, rows[i].have, rows[i].to_count, &memo);
        ck_assert_msg(action.writes == rows[i].writes, "row %zu: %u", i, action.writes);
        struct kube_write write = workload_write(&it, &action, memo);
        ck_assert_uint_eq(write.count, 1 + rows[i].deletions);
        ck_assert(strstr(write.requests[1].path, rows[i].first) != NULL);
        kube_write_release(&write);
        workload_close(&it);
    }
    json_decref(memo);
}
END_TEST

START_TEST(a_daemonset_is_at_rest_when_what_was_deleted_is_back)
{
    static const struct {
        const char *pods;
        bool settled;
    } rows[] = {
        {"a1 a2 b3 a4", true},   {"a1 a2 a4", false},    {"a1 a2 b3! a4", false},
        {"a1 a2 a3x a4", false}, {"a1! a2 b3 a4", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct workload it;
        struct action action = workload_action(VERB_STEP, "5", 0, 1, 4);
        action.writes = 1;
        open_daemons(&it, "app:5", HELD, rows[i].pods);
        ck_assert_msg(kube_settled(&it.w, &action, NULL) == rows[i].settled, "row %zu", i);
        workload_close(&it);
    }
}
END_TEST

START_TEST(a_rolling_daemonset_is_paused_by_on_delete_and_undone_at_its_own_pace)
{
    struct workload it;
    json_t *memo = NULL;

    open_daemons(&it, "app:5", ROLL, "a1 a2 b3 a4");
    struct action pause = planned(&it, VERB_PAUSE, 1, 1, &memo);
    ck_assert_uint_eq(pause.writes, 1);
    struct kube_write write = workload_write(&it, &pause, memo);
    ck_assert_str_eq(kube_raw(write_value(&write, 0, "/spec/updateStrategy"), "type"), "OnDelete");
    kube_write_release(&write);
    ck_assert_ptr_nonnull(memo); /* the user's strategy is kept */
    struct action back = planned(&it, VERB_ROLLBACK, 1, 4, &memo);
    ck_assert_uint_eq(back.writes, 2);
    write = workload_write(&it, &back, memo);
    ck_assert_str_eq(kube_raw(write_value(&write, 0, "/spec/updateStrategy"), "type"),
                     "RollingUpdate");
    ck_assert_str_eq(kube_template_image(write_value(&write, 0, "/spec/template")), "app:4");
    kube_write_release(&write);
    workload_close(&it);
    json_decref(memo);
}
END_TEST

SUITE(kube_ordered)
{
    Suite *suite = suite_create("kube_ordered");
    TCase *sets = test_case(suite, "statefulset", 10), *daemons = test_case(suite, "daemonset", 10);

    tcase_add_test(sets, a_step_of_a_statefulset_is_one_partition);
    tcase_add_test(sets, a_statefulset_is_at_rest_when_its_pods_say_so);
    tcase_add_test(sets, undo_patches_first_and_deletes_what_blocks_only_where_it_blocks);
    tcase_add_test(daemons, a_daemonset_is_held_first_then_chosen_pods_go);
    tcase_add_test(daemons, steps_of_a_daemonset_keep_to_its_max_unavailable);
    tcase_add_test(daemons, a_daemonset_is_at_rest_when_what_was_deleted_is_back);
    tcase_add_test(daemons, a_rolling_daemonset_is_paused_by_on_delete_and_undone_at_its_own_pace);
    return suite;
}
