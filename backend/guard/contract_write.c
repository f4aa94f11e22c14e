/* contract_write.c: a contract as JSON, for whoever cannot see where it came from. */
#include "guard/contract.h"

static json_t *names_json(const char *const *names, size_t count)
{
    json_t *out = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(out, json_string(names[i]));
    return out;
}

/* What says nothing is left out. */
static void put_names(json_t *out, const char *key, const char *const *names, size_t count)
{
    if (count)
        json_object_set_new(out, key, names_json(names, count));
}

static void put_uses(json_t *out, const char *key, const struct contract_uses *uses)
{
    json_t *all = json_object();

    for (size_t i = 0; i < uses->count; i++)
        json_object_set_new(all, uses->use[i].of,
                            names_json(uses->use[i].names, uses->use[i].count));
    if (json_object_size(all))
        json_object_set(out, key, all);
    json_decref(all);
}

json_t *contract_write(const struct contract *c)
{
    json_t *out = json_object(), *change = json_array();

    json_object_set_new(out, "service", json_string(c->service));
    json_object_set_new(out, "version", json_string(c->version));
    if (c->digest[0])
        json_object_set_new(out, "digest", json_string(c->digest));
    put_names(out, "follows", c->follows, c->follows_count);
    for (unsigned i = 0; i < CHANGE_COUNT; i++)
        if (c->change & 1u << i)
            json_array_append_new(change, json_string(change_word[i]));
    if (json_array_size(change))
        json_object_set(out, "change", change);
    json_decref(change);
    put_uses(out, "reads", &c->reads);
    put_uses(out, "writes", &c->writes);
    put_uses(out, "needs", &c->needs);
    put_uses(out, "requires", &c->requires);
    put_names(out, "provides", c->provides, c->provides_count);
    if (!c->artifact)
        json_object_set_new(out, "artifact", json_false());
    return out;
}
