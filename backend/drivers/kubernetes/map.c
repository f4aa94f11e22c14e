/* map.c: see map.h. Chains, doubled when they get long. */
#include "drivers/kubernetes/map.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 16 };

static struct map_row **find(const struct map *map, uint64_t hash, const char *key)
{
    struct map_row **at = &map->rows[hash & (map->cap - 1)];

    while (*at && ((*at)->hash != hash || strcmp((*at)->key, key) != 0))
        at = &(*at)->next;
    return at;
}

static uint64_t hash_of(const char *key)
{
    return hash_mix(HASH_SEED, key, strlen(key));
}

void *map_get(const struct map *map, const char *key)
{
    const struct map_row *row = map->cap ? *find(map, hash_of(key), key) : NULL;

    return row ? row->value : NULL;
}

static void grow(struct map *map)
{
    struct map old = *map;

    map->cap = old.cap ? old.cap * 2 : FIRST_CAP;
    map->rows = xcalloc(map->cap, sizeof(struct map_row *));
    for (size_t i = 0; i < old.cap; i++)
        for (struct map_row *row = old.rows[i], *next; row; row = next) {
            struct map_row **bucket = &map->rows[row->hash & (map->cap - 1)];
            next = row->next;
            row->next = *bucket;
            *bucket = row;
        }
    free(old.rows);
}

void *map_put(struct map *map, const char *key, void *value)
{
    uint64_t hash = hash_of(key);

    if (map->count >= map->cap)
        grow(map);
    struct map_row **at = find(map, hash, key), *row = *at;
    void *before = row ? row->value : NULL;
    if (!row) {
        row = *at = xcalloc(1, sizeof *row);
        row->hash = hash;
        map->count++;
    }
    row->key = key;
    row->value = value;
    return before;
}

void *map_remove(struct map *map, const char *key)
{
    struct map_row **at = map->cap ? find(map, hash_of(key), key) : NULL;

    if (!at || !*at)
        return NULL;
    struct map_row *row = *at;
    void *value = row->value;
    *at = row->next;
    free(row);
    map->count--;
    return value;
}

void map_free(struct map *map)
{
    for (size_t i = 0; i < map->cap; i++)
        for (struct map_row *row = map->rows[i], *next; row; row = next) {
            next = row->next;
            free(row);
        }
    free(map->rows);
    *map = (struct map){0};
}

struct map_row *map_next(const struct map *map, struct map_at *at)
{
    struct map_row *row = at->next;

    while (!row && at->bucket < map->cap)
        row = map->rows[at->bucket++];
    at->next = row ? row->next : NULL;
    return row;
}
