/* driver.c: the registry. */
#include "drivers/driver.h"

#include <string.h>

const char *const cluster_state_word[CLUSTER_STATE_COUNT] = {
    [CLUSTER_CONNECTING] = "connecting",
    [CLUSTER_LIVE] = "live",
    [CLUSTER_STALE] = "stale",
};

static const struct driver_ops *const drivers[] = {&driver_sim, &driver_swarm, &driver_kubernetes,
                                                   &driver_nomad};

const struct driver_ops *driver_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(drivers); i++)
        if (strcmp(drivers[i]->name, name) == 0)
            return drivers[i];
    return NULL;
}

bool driver_measures_nothing(struct driver *driver, const struct driver_measure *ask,
                             double *values, struct err *err)
{
    (void)ask;
    (void)values;
    return err_set(err, ERR_UNSUPPORTED, "%s measures nothing by itself", driver->ops->name);
}
