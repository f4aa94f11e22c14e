/* picture_hash.c: has anything changed that somebody could see?
 *
 * Most looks at a cluster show what the last one showed; only differences go on. */
#include "drivers/nomad/picture.h"

#include <string.h>

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return hash_mix(hash, text, strlen(text) + 1);
}

static uint64_t mix_number(uint64_t hash, int64_t number)
{
    return hash_mix(hash, &number, sizeof number);
}

static uint64_t mix_what_runs(uint64_t hash, const struct service *service)
{
    for (size_t i = 0; i < service->version_count; i++) {
        hash = mix_text(hash, service->versions[i].version);
        hash = hash_mix(hash, service->versions[i].count, sizeof service->versions[i].count);
        hash = mix_number(hash, service->versions[i].young_utc_ms);
    }
    for (size_t i = 0; i < service->placement_count; i++) {
        hash = mix_text(hash, service->placements[i].node);
        hash = mix_number(hash, service->placements[i].version);
        hash = hash_mix(hash, service->placements[i].count, sizeof service->placements[i].count);
    }
    for (size_t i = 0; i < service->instance_count; i++) {
        const struct instance *instance = &service->instances[i];
        hash = mix_text(mix_text(hash, instance->name), instance->node);
        hash = mix_text(mix_number(hash, instance->version), instance->reason);
        hash = mix_number(mix_number(hash, instance->state), instance->since_utc_ms);
    }
    return hash;
}

uint64_t nomad_picture_hash(const struct service *service)
{
    uint64_t hash = mix_text(HASH_SEED, service->name);

    hash = mix_text(mix_text(hash, service->revision), service->spec_digest);
    hash = mix_text(mix_text(hash, service->wants), service->was);
    hash = mix_text(mix_text(hash, service->artifact), service->contract);
    hash = mix_text(mix_text(hash, service->reason), service->kind);
    hash = mix_number(mix_number(hash, service->replicas), service->motion);
    hash = mix_number(mix_number(hash, service->trouble), service->since_utc_ms);
    hash = mix_number(hash, (int64_t)service->launcher_count);
    return mix_what_runs(hash, service);
}
