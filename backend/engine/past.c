/* past.c: asking one cluster for what it knows of the releases of before. Headless. */
#include "engine/internal.h"

static void on_history(void *arg, const struct past *pasts, size_t count, const struct err *err)
{
    struct engine *engine = arg;
    driver_history_fn *fn = engine->past.fn;

    engine->past.fn = NULL;
    if (fn) /* else it came too late */
        fn(engine->past.arg, pasts, count, err);
}

static bool has_answered(void *arg, const struct frame *frame)
{
    const struct engine *engine = arg;

    (void)frame;
    return engine->past.fn == NULL;
}

bool engine_past(struct engine *engine, const char *name, int64_t timeout_ms, driver_history_fn *fn,
                 void *arg, struct err *err)
{
    struct cluster *cluster = engine_cluster(engine, name);

    if (!cluster || !cluster->driver)
        return err_set(err, ERR_NETWORK, "%s", cluster ? cluster->why : "no such context");
    engine->past.fn = fn;
    engine->past.arg = arg;
    cluster->driver->ops->history(cluster->driver, on_history, engine);
    if (engine_run_until(engine, timeout_ms, has_answered, engine))
        return true;
    engine->past.fn = NULL;
    return err_set(err, ERR_NETWORK, "no answer about its history in the time given%s%s",
                   cluster->why[0] ? ": " : "", cluster->why);
}
