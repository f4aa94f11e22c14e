/* print_safety.c: what verdicts rest on, as JSON: stores, coupled services, clients, floors, glass.
 * The fields are documented in fields.c. */
#include "board/safety.h"
#include "print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static json_t *json_of_texts(const char *const *texts, size_t count)
{
    json_t *out = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(out, json_string(texts[i]));
    return out;
}

static json_t *json_of_stores(const struct safety *safety)
{
    json_t *out = json_array();

    for (size_t i = 0; i < safety->store_count; i++) {
        const struct safety_store *store = &safety->stores[i];
        json_t *item = json_object();
        json_put(item, "store", store->name);
        json_put(item, "at_rest", store->may);
        json_put(item, "has", store->has);
        json_put(item, "adds", store->adds);
        json_object_set_new(item, "attestable", json_of_texts(store->gone, store->gone_count));
        json_array_append_new(out, item);
    }
    return out;
}

static json_t *json_of_peers(const struct safety *safety)
{
    json_t *out = json_array();

    for (size_t i = 0; i < safety->peer_count; i++) {
        const struct safety_peer *peer = &safety->peers[i];
        json_t *item = json_object();
        json_put(item, "service", peer->name);
        json_put(item, "live", peer->live);
        json_put(item, "changing", peer->changing);
        json_put(item, "over", peer->over);
        json_array_append_new(out, item);
    }
    return out;
}

static json_t *json_of_clients(const struct safety *safety)
{
    json_t *out = json_array();

    for (size_t i = 0; i < safety->client_count; i++) {
        const struct safety_client *client = &safety->clients[i];
        json_t *item = json_object();
        json_put(item, "clients", client->name);
        json_put(item, "element", client->element);
        json_put_int(item, "calls", (int64_t)client->calls);
        json_put(item, "counted", client->counted);
        json_put_bool(item, "ended", client->ended);
        json_put(item, "support", client->support);
        json_put_bool(item, "leaves", client->leaves);
        json_array_append_new(out, item);
    }
    return out;
}

static json_t *json_of_plan(const struct safety *safety)
{
    static const char *const when_word[] = {
        [SAFETY_DONE] = "done", [SAFETY_NOW] = "now", [SAFETY_AHEAD] = "ahead"};
    json_t *out = json_array();

    for (size_t i = 0; i < safety->stage_count; i++) {
        const struct safety_stage *stage = &safety->stage[i];
        json_t *item = json_object();
        json_put(item, "stage", stage_word[stage->stage]);
        json_put(item, "when", when_word[stage->when]);
        json_put_int(item, "count", stage->count);
        json_put_int(item, "span_ms", stage->span_ms);
        json_array_append_new(out, item);
    }
    return out;
}

json_t *json_of_safety(const struct safety *safety)
{
    json_t *out = json_object();

    json_put_bool(out, "declared", safety->declared);
    json_object_set_new(out, "live", json_of_texts(safety->live, safety->live_count));
    json_put(out, "next", safety->next);
    json_object_set_new(out, "stores", json_of_stores(safety));
    json_object_set_new(out, "coupled", json_of_peers(safety));
    json_object_set_new(out, "clients", json_of_clients(safety));
    json_object_set_new(out, "plan", json_of_plan(safety));
    return out;
}

json_t *json_of_floor(const struct floor_view *floor)
{
    json_t *out = json_object(), *stores = json_array();

    for (size_t i = 0; i < floor->store_count; i++) {
        json_t *item = json_object();
        json_put(item, "store", floor->stores[i].store);
        json_put(item, "may", floor->stores[i].may);
        json_put(item, "now", floor->stores[i].now);
        json_put(item, "after", floor->stores[i].after);
        json_array_append_new(stores, item);
    }
    json_put(out, "now", floor->now);
    json_put(out, "after", floor->after);
    json_put(out, "next", floor->next);
    json_object_set_new(out, "stores", stores);
    return out;
}

json_t *json_of_glass(const struct glass_view *glass)
{
    if (!glass->broken)
        return json_null();
    json_t *out = json_object();
    json_put_bool(out, "open", glass->open);
    json_put_bool(out, "waits", glass->waits);
    json_put(out, "verb", verb_word[glass->verb]);
    json_put(out, "rules", glass->rules);
    json_put(out, "reason", glass->reason);
    json_put(out, "by", glass->by);
    json_put(out, "second", glass->second);
    json_put_utc(out, "at_utc", glass->at_utc_ms);
    json_put_utc(out, "until_utc", glass->until_utc_ms);
    return out;
}

void print_safety(const struct safety *safety, const struct floor_view *floor)
{
    if (floor && floor->now && floor->now[0])
        printf("floor: %s%s%s: the oldest version that reads all that is at rest\n", floor->now,
               floor->after[0] && strcmp(floor->now, floor->after) != 0 ? ", after a step " : "",
               floor->after[0] && strcmp(floor->now, floor->after) != 0 ? floor->after : "");
    for (size_t i = 0; i < safety->store_count; i++) {
        const struct safety_store *store = &safety->stores[i];
        printf("store %s: %s at rest%s%s\n", store->name, store->may[0] ? store->may : "nothing",
               store->adds[0] ? "; a step adds " : "", store->adds);
        for (size_t k = 0; k < store->gone_count; k++)
            printf("  nothing that may run writes %s: lockstep attest %s --gone %s --evidence "
                   "TEXT\n",
                   store->gone[k], store->name, store->gone[k]);
    }
    for (size_t i = 0; i < safety->peer_count; i++) {
        const struct safety_peer *peer = &safety->peers[i];
        printf("coupled: %s %s%s%s (%s)\n", peer->name, peer->live[0] ? peer->live : "not running",
               peer->changing[0] ? ", on the way to " : "", peer->changing, peer->over);
    }
    for (size_t i = 0; i < safety->client_count; i++) {
        const struct safety_client *client = &safety->clients[i];
        printf("clients: %s, %" PRIu64 " calls of %s%s%s%s, support %s%s%s%s%s\n", client->name,
               client->calls, client->element, client->counted[0] ? " (" : "", client->counted,
               client->counted[0] ? ")" : "", client->ended ? "ended" : "not ended",
               client->support[0] ? " (" : "", client->support, client->support[0] ? ")" : "",
               client->leaves ? "; the next step takes it away" : "");
    }
}
