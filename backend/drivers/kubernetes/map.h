/* map.h: texts to pointers. Small, private to this folder. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_MAP_H
#define LOCKSTEP_DRIVERS_KUBERNETES_MAP_H

#include <stddef.h>
#include <stdint.h>

/* Keys are borrowed: they must live as long as their values stay. Zeroed it is empty. */
struct map {
    struct map_row {
        struct map_row *next;
        uint64_t hash;
        const char *key;
        void *value;
    } * *rows;
    size_t cap, count;
};

void *map_get(const struct map *map, const char *key); /* NULL: not there */
/* Puts it, with this key from now on; returns what was there before, or NULL. */
void *map_put(struct map *map, const char *key, void *value);
void *map_remove(struct map *map, const char *key); /* what was there, or NULL */
void map_free(struct map *map);                     /* not the values */

/* For each row; the current one may be removed by its key, none may be put. */
struct map_at {
    size_t bucket;
    struct map_row *next;
};
struct map_row *map_next(const struct map *map, struct map_at *at);

#endif
