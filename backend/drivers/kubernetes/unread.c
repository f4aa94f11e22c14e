/* unread.c: see unread.h. */
#include "drivers/kubernetes/unread.h"

#include "base/mem.h"
#include "base/text.h"
#include "drivers/kubernetes/api.h"

#include <stdlib.h>
#include <string.h>

struct object {
    char *key;
    unsigned round;
};

/* What may be wrong with it as well: it is only compared. */
static const char *key_of(const json_t *object)
{
    const char *uid = kube_raw(object, "metadata/uid");

    return uid[0] ? uid : kube_raw(object, "metadata/name");
}

/* "shop/billing: …", clean, whatever it is called. */
static void name_it(const json_t *object, struct err *why)
{
    const char *scope = kube_raw(object, "metadata/namespace");
    const char *name = kube_raw(object, "metadata/name");
    char clean[2][70];

    err_prefix(why, "%s%s%s", text_clean_into(clean[0], sizeof clean[0], scope, strlen(scope)),
               scope[0] ? "/" : "", text_clean_into(clean[1], sizeof clean[1], name, strlen(name)));
}

static void free_object(struct object *object)
{
    free(object->key);
    free(object);
}

bool unread_put(struct unread *unread, const json_t *object, unsigned round, const struct err *why)
{
    struct object *known = map_get(&unread->objects, key_of(object));

    unread->why = *why;
    name_it(object, &unread->why);
    if (known) {
        known->round = round;
        return false;
    }
    known = xcalloc(1, sizeof *known);
    known->key = xstrdup(key_of(object));
    known->round = round;
    map_put(&unread->objects, known->key, known);
    return true;
}

bool unread_drop(struct unread *unread, const json_t *object)
{
    struct object *known =
        unread->objects.count ? map_remove(&unread->objects, key_of(object)) : NULL;

    if (known)
        free_object(known);
    return known != NULL;
}

bool unread_sweep(struct unread *unread, unsigned round)
{
    struct map_at at = {0};
    size_t before = unread->objects.count;

    for (struct map_row *row; before && (row = map_next(&unread->objects, &at));) {
        struct object *object = row->value;
        if (object->round == round)
            continue;
        map_remove(&unread->objects, object->key);
        free_object(object);
    }
    return unread->objects.count != before;
}

void unread_release(struct unread *unread)
{
    struct map_at at = {0};

    for (struct map_row *row; (row = map_next(&unread->objects, &at));)
        free_object(row->value);
    map_free(&unread->objects);
}
