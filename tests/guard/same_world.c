/* same_world.c: see same_world.h. Scenarios are documents; nothing here knows what they mean. */
#include "guard/same_world.h"

#include "base/mem.h"

#include <stdbool.h>

#include <stdio.h>
#include <string.h>

enum { MORE_NODES = 40, NAME_TEXT = 160 };

/* No two names become one. */
static const char *other_name(const char *name, char out[NAME_TEXT])
{
    size_t len = strlen(name);

    if (strcmp(name, "?") == 0)
        return name;
    out[0] = 'z';
    for (size_t i = 0; i < len; i++)
        out[1 + i] = name[len - 1 - i];
    out[1 + len] = '\0';
    return out;
}

/* All keys and texts below. */
static json_t *rename_all(const json_t *value)
{
    char text[NAME_TEXT];
    const char *key;
    json_t *out, *item;
    size_t i;

    if (json_is_string(value))
        return json_string(other_name(json_string_value(value), text));
    if (json_is_array(value)) {
        out = json_array();
        json_array_foreach((json_t *)value, i, item) json_array_append_new(out, rename_all(item));
        return out;
    }
    if (!json_is_object(value))
        return json_deep_copy(value);
    out = json_object();
    json_object_foreach((json_t *)value, key, item)
        json_object_set_new(out, other_name(key, text), rename_all(item));
    return out;
}

typedef json_t *form_fn(const json_t *value);

/* Members keep their keys, and what is a word of the format keeps its text. */
static json_t *rename_fields(const json_t *object)
{
    static const char *const words = " delta change digest do verdict ";
    json_t *out = json_object(), *item;
    char spaced[NAME_TEXT];
    const char *key;

    json_object_foreach((json_t *)object, key, item)
    {
        snprintf(spaced, sizeof spaced, " %s ", key);
        json_object_set_new(out, key,
                            strstr(words, spaced) ? json_deep_copy(item) : rename_all(item));
    }
    return out;
}

/* Keys are names, values are of this form. */
static json_t *rename_each(const json_t *object, form_fn *form)
{
    json_t *out = json_object(), *item;
    char text[NAME_TEXT];
    const char *key;

    json_object_foreach((json_t *)object, key, item)
        json_object_set_new(out, other_name(key, text), form(item));
    return out;
}

static json_t *rename_service(const json_t *service)
{
    json_t *out = rename_fields(service), *versions = json_object_get(service, "versions");

    if (versions)
        json_object_set_new(out, "versions", rename_each(versions, rename_fields));
    return out;
}

json_t *same_renamed(const json_t *root)
{
    json_t *out = json_deep_copy(root), *actions = json_array(), *action;
    size_t i;

    json_object_set_new(out, "services",
                        rename_each(json_object_get(root, "services"), rename_service));
    json_object_set_new(out, "stores", rename_each(json_object_get(root, "stores"), rename_fields));
    json_object_set_new(out, "clients",
                        rename_each(json_object_get(root, "clients"), rename_fields));
    json_array_foreach(json_object_get(root, "actions"), i, action)
        json_array_append_new(actions, rename_fields(action));
    json_object_set_new(out, "actions", actions);
    return out;
}

static json_t *reversed(const json_t *value)
{
    json_t *out, *keys;

    if (json_is_array(value)) {
        out = json_array();
        for (size_t i = json_array_size(value); i-- > 0;)
            json_array_append_new(out, reversed(json_array_get(value, i)));
        return out;
    }
    if (!json_is_object(value))
        return json_deep_copy(value);
    out = json_object();
    keys = json_array();
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)value, key, item) json_array_append_new(keys, json_string(key));
    for (size_t i = json_array_size(keys); i-- > 0;) {
        key = json_string_value(json_array_get(keys, i));
        json_object_set_new(out, key, reversed(json_object_get(value, key)));
    }
    json_decref(keys);
    return out;
}

json_t *same_reversed(const json_t *root)
{
    json_t *out = reversed(root), *actions = json_array(), *action;
    size_t i;

    json_array_foreach(json_object_get(root, "actions"), i, action)
        json_array_append_new(actions, reversed(action));
    json_object_set_new(out, "actions", actions);
    return out;
}

static void respell(json_t *contract, const char *from, const char *to)
{
    json_t *value = json_object_get(contract, from);

    if (!value)
        return;
    json_object_set(contract, to, value);
    json_object_del(contract, from);
}

json_t *same_spelled(const json_t *root)
{
    json_t *out = json_deep_copy(root), *service, *contract;
    const char *name, *version;

    json_object_foreach(json_object_get(out, "services"), name, service)
    {
        json_object_foreach(json_object_get(service, "versions"), version, contract)
        {
            respell(contract, "pred", "follows");
            respell(contract, "delta", "change");
        }
    }
    return out;
}

/* What was decided on picture n is decided on the picture before the nth action of its own. */
static void shift_picture(json_t *action, size_t by)
{
    const json_t *rev = json_object_get(action, "rev");

    if (rev)
        json_object_set_new(action, "rev", json_integer(2 * json_integer_value(rev) + (int)by));
}

json_t *same_twice(const json_t *root)
{
    static const char *const parts[] = {"services", "stores", "clients"};
    json_t *out = json_deep_copy(root), *other = same_renamed(root), *actions = json_array();

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (!json_object_get(out, parts[i]))
            json_object_set_new(out, parts[i], json_object());
        json_object_update(json_object_get(out, parts[i]), json_object_get(other, parts[i]));
    }
    for (size_t i = 0; i < json_array_size(json_object_get(root, "actions")); i++) {
        json_t *mine = json_array_get(json_object_get(out, "actions"), i);
        json_t *theirs = json_array_get(json_object_get(other, "actions"), i);

        shift_picture(mine, 0);
        shift_picture(theirs, 1);
        json_array_append(actions, mine);
        json_array_append(actions, theirs);
    }
    json_object_set_new(out, "actions", actions);
    json_object_del(out, "expect");
    json_decref(other);
    return out;
}

static bool run_one_version(const json_t *nodes, const json_t **which)
{
    const char *node;
    json_t *version;

    *which = NULL;
    json_object_foreach((json_t *)nodes, node, version)
    {
        if (!json_is_string(version) || (*which && !json_equal(*which, version)))
            return false;
        *which = version;
    }
    return *which != NULL;
}

json_t *same_crowded(const json_t *root)
{
    json_t *out = json_deep_copy(root), *service;
    const char *name;

    json_object_foreach(json_object_get(out, "services"), name, service)
    {
        json_t *nodes = json_object_get(service, "nodes");
        const json_t *version;

        if (!run_one_version(nodes, &version))
            continue;
        for (unsigned i = 0; i < MORE_NODES; i++) {
            char node[NAME_TEXT];

            snprintf(node, sizeof node, "zz-%u", i);
            json_object_set(nodes, node, (json_t *)version);
        }
    }
    return out;
}
