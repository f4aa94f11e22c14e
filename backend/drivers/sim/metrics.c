/* metrics.c: what a monitoring would measure of the simulated services.
 *
 * A value is a function of seed, service, version and time alone: whoever asks again gets the same.
 * Load swings; a version that errs does so only under load, as the bad ones of real life. */
#include "drivers/sim/queue.h"
#include "drivers/sim/wire.h"

#include "base/hash.h"

#include <math.h>
#include <string.h>

enum { REQUESTS = 400, SWING_MS = 9000 }; /* a second and instance; period of the load */

struct chance {
    uint64_t state;
};

static double uniform(struct chance *chance)
{
    uint64_t z = (chance->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return ((double)((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(struct chance *chance)
{
    return sqrt(-2 * log(uniform(chance))) * cos(6.283185307179586 * uniform(chance));
}

static double count_about(struct chance *chance, double mean)
{
    double n = floor(mean + sqrt(mean) * normal(chance) + 0.5);

    return n > 0 ? n : 0;
}

/* Instances that answered then. Those that are gone are not kept: until the youngest of today
 * began, all of it was of the version that is asked for. */
static uint32_t answering(const struct sim_service *service, const char *version, int64_t at)
{
    uint32_t count = 0, ever = 0;
    int64_t young = 0;

    for (const struct sim_instance *it = service->instances; it; it = it->next) {
        bool of_it = strcmp(it->version->name, version) == 0 && it->state == INSTANCE_SERVING;
        ever += of_it;
        count += of_it && it->since_utc_ms <= at;
        young = it->since_utc_ms > young ? it->since_utc_ms : young;
    }
    return ever == 0 && at <= young ? service->replicas : count;
}

/* What was measured before somebody changed it stays as it was. */
static enum image image_of(const struct sim_service *service, const char *version, int64_t at)
{
    for (const struct sim_version *v = service->versions; v; v = v->next)
        if (strcmp(v->name, version) == 0)
            return at >= v->image_utc_ms ? v->image : IMAGE_GOOD;
    return IMAGE_MISSING;
}

static double measure_at(const struct sim *sim, const struct sim_service *service,
                         const struct driver_measure *ask, int64_t at)
{
    uint32_t instances = answering(service, ask->version, at);
    enum image image = image_of(service, ask->version, at);
    double swing = 1 + 0.4 * sin((double)(at % SWING_MS) * 6.283185307179586 / SWING_MS);
    double seconds = (double)ask->step_ms / 1000;
    struct chance chance = {sim->seed ^ (uint64_t)at};

    if (instances == 0 || image == IMAGE_MUTE)
        return NAN;
    chance.state = hash_mix(chance.state, service->name, strlen(service->name));
    chance.state = hash_mix(chance.state, ask->version, strlen(ask->version));
    double total = count_about(&chance, instances * REQUESTS * swing * seconds);
    double share = image == IMAGE_ERRS && swing > 1.05 ? 0.06 : 0.002;
    double failed = count_about(&chance, total * share);
    switch (ask->measure) {
    case MEASURE_ERRORS:
        return total > 0 ? fmin(failed / total, 1) : NAN;
    case MEASURE_TRAFFIC:
        return total / seconds;
    case MEASURE_LATENCY:
        return 0.045 * (0.9 + 0.2 * swing) * exp(0.06 * normal(&chance));
    case MEASURE_SATURATION:
        return 0.35 * swing * exp(0.04 * normal(&chance));
    case MEASURE_COUNT:
        break;
    }
    return NAN;
}

bool sim_measure(struct driver *base, const struct driver_measure *ask, double *values,
                 struct err *err)
{
    struct sim *sim = ((struct sim_driver *)(void *)base)->sim;

    sim_lock(sim);
    const struct sim_service *service = sim_find_service(sim, ask->service_id);
    bool away = sim->metrics_away;
    for (size_t i = 0; service && !away && i < ask->count; i++)
        values[i] = measure_at(sim, service, ask, ask->from_utc_ms + (int64_t)i * ask->step_ms);
    sim_unlock(sim);
    if (away)
        return err_set(err, ERR_NETWORK, "the metrics of the simulator do not answer");
    return service || err_set(err, ERR_NOT_FOUND, "no service is called that");
}
