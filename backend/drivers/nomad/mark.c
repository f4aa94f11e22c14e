/* mark.c: see mark.h.
 *
 *   stagger           01 and 62 bits of the id     must be above zero
 *   min_healthy_time  00 and 62 bits of the id     must be below the deadline
 *   healthy_deadline  01 and 4 bits of the id, write, writes, 42 bits that say it is lockstep's */
#include "drivers/nomad/mark.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOP   (UINT64_C(1) << 62)
#define LOW62 (TOP - 1)
#define MAGIC (UINT64_C(0x10c5739)) /* 42 bits */

static void set(json_t *update, const char *key, uint64_t bits)
{
    json_object_set_new(update, key, json_integer((json_int_t)bits));
}

static bool get(const json_t *update, const char *key, uint64_t *bits)
{
    const json_t *value = json_object_get(update, key);

    *bits = (uint64_t)json_integer_value(value);
    return json_is_integer(value);
}

void nomad_mark_write(json_t *update, const struct nomad_mark *mark)
{
    char half[17] = "";
    uint64_t high, low;

    snprintf(half, sizeof half, "%.16s", mark->id);
    high = strtoull(half, NULL, 16);
    snprintf(half, sizeof half, "%.16s", strlen(mark->id) > 16 ? mark->id + 16 : "");
    low = strtoull(half, NULL, 16);
    set(update, "Stagger", TOP | (high >> 2));
    set(update, "MinHealthyTime", low >> 2);
    set(update, "HealthyDeadline",
        TOP | (high & 3) << 60 | (low & 3) << 58 | (uint64_t)mark->write << 50 |
            (uint64_t)mark->writes << 42 | MAGIC);
    set(update, "ProgressDeadline", 0);
    json_object_set_new(update, "HealthCheck", json_string("manual"));
}

bool nomad_mark_read(const json_t *update, struct nomad_mark *out)
{
    uint64_t stagger, healthy, deadline, progress;

    *out = (struct nomad_mark){.id = ""};
    if (!get(update, "Stagger", &stagger) || !get(update, "MinHealthyTime", &healthy) ||
        !get(update, "HealthyDeadline", &deadline) || !get(update, "ProgressDeadline", &progress))
        return false;
    if ((stagger >> 62) != 1 || (healthy >> 62) != 0 || (deadline >> 62) != 1 || progress != 0 ||
        (deadline & ((UINT64_C(1) << 42) - 1)) != MAGIC)
        return false;
    uint64_t high = (stagger & LOW62) << 2 | (deadline >> 60 & 3);
    uint64_t low = healthy << 2 | (deadline >> 58 & 3);
    snprintf(out->id, sizeof out->id, "%016" PRIx64 "%016" PRIx64, high, low);
    out->write = (uint8_t)(deadline >> 50 & 255);
    out->writes = (uint8_t)(deadline >> 42 & 255);
    return true;
}
