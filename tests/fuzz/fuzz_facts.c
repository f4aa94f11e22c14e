/* The cluster's record, stores, clients and levels from strangers: never a crash. */
#include "guard/facts.h"
#include "guard/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    struct facts facts = {0};
    struct guard_policy policy = guard_policy_default();
    struct err err = {0};

    if (!ready)
        json_init();
    ready = true;
    json_t *root = json_parse_yaml((const char *)data, size, "fuzz", &err);
    if (!root)
        return 0;
    struct arena *arena = arena_new(256);
    struct json_at at = json_root(root, "fuzz", arena);
    at.text = (const char *)data;
    at.text_len = size;
    facts_read_record(&at, &facts, &err);
    facts_read_stores(&at, &facts, &err);
    facts_read_clients(&at, &facts, &err);
    policy_read_levels(&at, &policy, &err);
    policy_read_coupling(&at, &policy, &err);
    arena_free(arena);
    json_decref(root);
    return 0;
}
