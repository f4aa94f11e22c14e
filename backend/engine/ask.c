/* ask.c: what the guard would say now, without anything being done. */
#include "board/safety.h"
#include "engine/internal.h"

bool engine_ask(struct engine *engine, const struct intent *intent, struct arena *arena,
                struct verdict *out, const struct safety **safety, struct err *err)
{
    const struct cluster *cluster = engine_cluster(engine, intent->cluster);
    const struct snapshot *snapshot = fleet_snapshot(engine->fleet);
    const struct service *service =
        snapshot_find_service(snapshot, intent->cluster, intent->service);
    bool known = cluster && service && cluster->state == CLUSTER_LIVE;

    if (known) {
        struct entry *entry = engine_entry(engine, intent->cluster, intent->service);
        struct board_input in = engine_board_input(engine, entry, snapshot, service);
        const struct guard_ask ask = {.verb = intent->verb,
                                      .version = intent->version,
                                      .to_count = intent->to_count,
                                      .basis = intent->basis,
                                      .spec_digest = intent->spec_digest};

        board_judge(&in, &ask, arena, out);
        if (safety)
            *safety = board_safety_of(&in, intent->version, arena);
    } else {
        err_set(err, ERR_NETWORK, "%s of %s is not known now: the cluster does not answer",
                intent->service, intent->cluster);
    }
    snapshot_unref(snapshot);
    return known;
}

bool engine_describe(struct engine *engine, const char *name, const char *service_id,
                     const struct driver_manifest *manifest, char artifact[DRIVER_ARTIFACT],
                     struct err *err)
{
    struct cluster *cluster = engine_cluster(engine, name);

    if (!cluster || !cluster->driver)
        return err_set(err, ERR_NETWORK, "%s: %s", name,
                       cluster ? cluster->why : "no such context");
    return cluster->driver->ops->describe(cluster->driver, service_id, manifest, artifact, err);
}
