/* kube_web.c: see kube_web.h. */
#include "engines/kube_web.h"

#include "base/json.h"
#include "engines/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALM_MS = 1200 };

json_t *web_strategy(int surge, int unavailable)
{
    return json_pack("{s:{s:{s:s, s:{s:i, s:i}}}}", "spec", "strategy", "type", "RollingUpdate",
                     "rollingUpdate", "maxSurge", surge, "maxUnavailable", unavailable);
}

void web_open(struct kube_web *web, const char *kind, unsigned replicas, json_t *more)
{
    *web = (struct kube_web){.replicas = replicas};
    snprintf(web->path, sizeof web->path, "%s/web", kind);
    kube_fixture_make(kind, replicas, more ? more : json_object());
    bench_open(&web->bench, &kube_fixture);
    web->replicas = web->bench.world.instances;
    web->before = kube_get(web->path);
    kube_watch_start(&web->watch);
}

void web_close(struct kube_web *web)
{
    kube_watch_stop(&web->watch);
    json_decref(web->memo);
    json_decref(web->before);
    bench_close(&web->bench);
}

static void never_more_than(struct kube_web *web, uint32_t to)
{
    ck_assert_uint_le(kube_watch_wanted(&web->watch, KUBE_NEW), to);
    ck_assert_uint_le(kube_watch_pods(&web->watch, KUBE_NEW), to);
}

void web_do(struct kube_web *web, enum verb verb, uint32_t to)
{
    bench_do(&web->bench, verb, to, &web->memo);
    if (verb != VERB_START && verb != VERB_STEP)
        return;
    /* On a machine that is too busy a node may miss its time, and its pods are made anew. */
    ck_assert_msg(kube_wait_pods("web", KUBE_NEW, to), "%u new, not %u", kube_pods("web", KUBE_NEW),
                  to);
    never_more_than(web, to);
}

struct action web_begin(struct kube_web *web, enum verb verb, uint32_t to)
{
    return bench_begin(&web->bench, verb, to, &web->memo);
}

void web_refuses(struct kube_web *web, enum verb verb, uint32_t to, const char *words)
{
    const char *version = verb == VERB_ROLLBACK ? KUBE_OLD : KUBE_NEW;
    struct err err = bench_refused(&web->bench, verb, to, version, web->memo);

    ck_assert_msg(strstr(err.text, words) != NULL, "'%s' is not in: %s", words, err.text);
}

void web_observed(struct kube_web *web)
{
    for (int i = 0; i < 200; i++, bench_pass(&web->bench, 50))
        if (kube_number(web->path, "status/observedGeneration") ==
            kube_number(web->path, "metadata/generation"))
            return;
    ck_abort_msg("the controller does not look at it");
}

void web_stands(struct kube_web *web, unsigned old, unsigned fresh)
{
    ck_assert_msg(kube_wait_pods("web", KUBE_NEW, fresh), "%u new, not %u",
                  kube_pods("web", KUBE_NEW), fresh);
    ck_assert_msg(kube_wait_pods("web", KUBE_OLD, old), "%u old, not %u",
                  kube_pods("web", KUBE_OLD), old);
    bench_pass(&web->bench, CALM_MS);
    ck_assert_uint_eq(kube_pods("web", KUBE_NEW), fresh);
    ck_assert_uint_eq(kube_pods("web", KUBE_OLD), old);
}

static void same_spec(json_t *before, json_t *after, const char *tag)
{
    json_t *wanted = json_deep_copy(json_object_get(before, "spec"));
    json_t *pod = json_object_get(json_object_get(wanted, "template"), "spec");

    json_object_set_new(json_array_get(json_object_get(pod, "containers"), 0), "image",
                        json_string(kube_image(tag)));
    char *left = json_dumps(wanted, JSON_SORT_KEYS);
    char *right = json_dumps(json_object_get(after, "spec"), JSON_SORT_KEYS);
    ck_assert_str_eq(left, right);
    free(left);
    free(right);
    json_decref(wanted);
}

/* What the engine itself counts there. */
static json_t *without_engine(json_t *meta, const char *key)
{
    json_t *copy = json_deep_copy(json_object_get(meta, key));

    json_object_del(copy, "deployment.kubernetes.io/revision");
    json_object_del(copy, "deprecated.daemonset.template.generation");
    json_object_del(copy, "rollout.argoproj.io/revision");
    if (json_object_size(copy) > 0)
        return copy;
    json_decref(copy);
    return json_object();
}

void web_is_clean(struct kube_web *web, const char *tag)
{
    json_t *after = kube_get(web->path), *meta = json_object_get(after, "metadata"), *entry;
    const char *const places[] = {"annotations", "labels"};
    size_t i;

    same_spec(web->before, after, tag);
    for (i = 0; i < ARRAY_LEN(places); i++) {
        json_t *was = without_engine(json_object_get(web->before, "metadata"), places[i]);
        json_t *is = without_engine(meta, places[i]);
        char *text = json_dumps(is, 0);
        ck_assert_msg(json_equal(was, is), "%s: %s", places[i], text);
        free(text);
        json_decref(was);
        json_decref(is);
    }
    json_array_foreach(json_object_get(meta, "managedFields"), i, entry)
        ck_assert_str_ne(json_raw(json_object_get(entry, "manager")), "lockstep");
    json_decref(after);
}

struct told {
    enum trouble trouble;
    const char *words;
};

static bool is_told(struct bench *bench, void *arg)
{
    const struct told *told = arg;
    const struct service *service = bench->one.service;

    return service->trouble == told->trouble && strstr(service->reason, told->words);
}

void web_tells(struct kube_web *web, enum trouble trouble, const char *words)
{
    struct told told = {trouble, words};
    bool heard = bench_until(&web->bench, is_told, &told);
    const struct service *service = web->bench.one.service;

    ck_assert_msg(heard, "trouble %d, '%s'; not %d, '%s'", (int)service->trouble, service->reason,
                  (int)trouble, words);
    printf("told: %s\n", service->reason);
}
