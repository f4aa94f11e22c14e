/* decode_service.c: one service of GET /services, or GET /services/ID.
 *
 * UpdateStatus and PreviousSpec are absent until the first update, and zero values are left
 * out of every answer: a missing Delay is 0, a missing Parallelism is "all at once" only when
 * UpdateConfig itself is there. */
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "drivers/image.h"
#include "drivers/swarm/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARKS_MAX = 16, REPLICAS_MAX = 1 << 20 };
#define PARKED_NS (SWARM_REST_NS / 10)

const char *swarm_revision(const struct swarm_service *service, char out[SWARM_REVISION_TEXT])
{
    snprintf(out, SWARM_REVISION_TEXT, "%" PRIu64 ".%s", service->index, service->spec_hash);
    return out;
}

static bool template_facts(const struct json_at *template, const char **image, const char **version,
                           const char **contract, struct err *err)
{
    struct json_at container = json_key(template, "ContainerSpec");
    struct json_at labels = json_key(&container, "Labels");
    struct json_at at_image = json_key(&container, "Image");
    struct json_at at_version = json_key(&labels, SWARM_LABEL_VERSION);
    struct json_at at_contract = json_key(&labels, SWARM_LABEL_CONTRACT);

    if (!json_opt_text(&at_image, TEXT_MESSAGE_MAX, "", image, err) ||
        !json_opt_text(&at_version, TEXT_NAME_MAX, "", version, err))
        return false;
    /* Its bytes: it is a document to be parsed, whose lines must stay lines. */
    if (json_raw(at_contract.value))
        *contract = arena_strdup(template->arena, json_raw(at_contract.value));
    if (!(*version)[0])
        *version = image_version(template->arena, *image);
    return true;
}

const char *swarm_template_version(const json_t *template, struct arena *arena)
{
    struct json_at at = json_root(template, "task template", arena);
    const char *image, *version, *contract = "";
    struct err err = {0};

    return template_facts(&at, &image, &version, &contract, &err) ? version : "?";
}

static void hash_json(const json_t *value, char out[17])
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
    char hash[HASH_TEXT];

    hash_sha256_text(text ? text : "", text ? strlen(text) : 0, hash);
    snprintf(out, 17, "%.16s", hash);
    free(text);
}

/* Without what lockstep itself writes at every step, and without how updates go. */
static void hash_target(const json_t *spec, char out[17])
{
    json_t *target = json_copy((json_t *)(uintptr_t)spec);
    json_t *labels = json_copy(json_object_get(spec, "Labels"));

    json_object_del(target, "UpdateConfig");
    json_object_del(target, "RollbackConfig");
    json_object_del(target, "Labels");
    if (labels && json_is_object(labels)) {
        json_object_del(labels, SWARM_LABEL_MARKS);
        if (json_object_size(labels) > 0)
            json_object_set(target, "Labels", labels);
    }
    json_decref(labels);
    hash_json(target, out);
    json_decref(target);
}

/* Labels carry version and contract, which go with the image. */
static void hash_config(const json_t *spec, char out[17])
{
    json_t *container =
        json_copy(json_object_get(json_object_get(spec, "TaskTemplate"), "ContainerSpec"));

    json_object_del(container, "Image");
    json_object_del(container, "Labels");
    hash_json(container, out);
    json_decref(container);
}

static bool decode_marks(const struct json_at *labels, struct swarm_service *out, struct err *err)
{
    struct json_at at = json_key(labels, SWARM_LABEL_MARKS);
    const char **marks = arena_alloc(at.arena, MARKS_MAX, sizeof *marks), *text;

    if (!json_opt_text(&at, TEXT_MESSAGE_MAX, "", &text, err))
        return false;
    while (*text && out->mark_count < MARKS_MAX) {
        size_t len = strcspn(text, " ");
        if (len > 0)
            marks[out->mark_count++] = arena_printf(at.arena, "%.*s", (int)len, text);
        text += len + strspn(text + len, " ");
    }
    out->marks = marks;
    return true;
}

static bool decode_mode(const struct json_at *spec, struct swarm_service *out, struct err *err)
{
    struct json_at mode = json_key(spec, "Mode");
    struct json_at replicated = json_key(&mode, "Replicated");
    struct json_at replicas = json_key(&replicated, "Replicas");
    int64_t count = 0;

    out->global = json_is_object(json_object_get(mode.value, "Global"));
    out->job = !out->global && !json_is_object(replicated.value);
    if (!json_opt_int(&replicas, 0, REPLICAS_MAX, 0, &count, err))
        return false;
    out->replicas = (uint32_t)count;
    return true;
}

static bool decode_config(const struct json_at *spec, struct swarm_service *out, struct err *err)
{
    struct json_at config = json_key(spec, "UpdateConfig");
    struct json_at parallelism = json_key(&config, "Parallelism");
    struct json_at delay = json_key(&config, "Delay");
    int64_t at_once, delay_ns;

    if (!json_opt_int(&parallelism, 0, INT64_MAX, 0, &at_once, err) ||
        !json_opt_int(&delay, INT64_MIN, INT64_MAX, 0, &delay_ns, err))
        return false;
    if (!json_is_object(config.value))
        at_once = 1;
    out->parallelism = at_once > REPLICAS_MAX ? REPLICAS_MAX : (uint32_t)at_once;
    out->parked = delay_ns >= PARKED_NS && at_once > 0;
    return true;
}

static bool decode_update(const struct json_at *root, struct swarm_service *out, struct err *err)
{
    static const char *const words[] = {
        [SWARM_UPDATE_NONE] = "",
        [SWARM_UPDATE_UPDATING] = "updating",
        [SWARM_UPDATE_PAUSED] = "paused",
        [SWARM_UPDATE_COMPLETED] = "completed",
        [SWARM_UPDATE_BACK_STARTED] = "rollback_started",
        [SWARM_UPDATE_BACK_PAUSED] = "rollback_paused",
        [SWARM_UPDATE_BACK_COMPLETED] = "rollback_completed",
    };
    struct json_at status = json_key(root, "UpdateStatus");
    struct json_at state = json_key(&status, "State"), message = json_key(&status, "Message");
    struct json_at started = json_key(&status, "StartedAt");
    const char *word, *at_utc;

    if (!json_opt_text(&state, 32, "", &word, err) ||
        !json_opt_text(&message, TEXT_MESSAGE_MAX, "", &out->update_message, err) ||
        !json_opt_text(&started, 40, "", &at_utc, err))
        return false;
    out->update_utc_ms = clock_parse_utc(at_utc);
    /* A word of a newer engine: something goes on. */
    out->update = SWARM_UPDATE_UPDATING;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i], word) == 0)
            out->update = (enum swarm_update)i;
    return true;
}

static bool decode_spec(const struct json_at *root, struct swarm_service *out, struct err *err)
{
    struct json_at spec = json_key(root, "Spec"), previous = json_key(root, "PreviousSpec");
    struct json_at name = json_key(&spec, "Name"), labels = json_key(&spec, "Labels");
    struct json_at contract = json_key(&labels, SWARM_LABEL_CONTRACT);
    struct json_at template = json_key(&spec, "TaskTemplate");
    const char *image;

    out->contract =
        json_raw(contract.value) ? arena_strdup(root->arena, json_raw(contract.value)) : "";
    if (!json_get_object(&spec, err) || !json_get_text(&name, TEXT_NAME_MAX, &out->name, err) ||
        !template_facts(&template, &out->image, &out->version, &out->contract, err) ||
        !decode_marks(&labels, out, err) || !decode_mode(&spec, out, err) ||
        !decode_config(&spec, out, err))
        return false;
    out->previous = "";
    if (json_is_object(previous.value)) {
        struct json_at before = json_key(&previous, "TaskTemplate");
        const char *ignored = "";
        if (!template_facts(&before, &image, &out->previous, &ignored, err))
            return false;
    }
    hash_json(spec.value, out->spec_hash);
    hash_target(spec.value, out->target_hash);
    hash_config(spec.value, out->config_hash);
    return true;
}

static bool decode_one(const struct json_at *root, struct swarm_service *out, struct err *err)
{
    struct json_at id = json_key(root, "ID"), version = json_key(root, "Version");
    struct json_at index = json_key(&version, "Index");
    int64_t number;

    *out = (struct swarm_service){.raw = root->value};
    if (!json_get_object(root, err) || !json_get_id(&id, 64, &out->id, err) ||
        !json_get_int(&index, 0, INT64_MAX, &number, err) || !decode_spec(root, out, err) ||
        !decode_update(root, out, err))
        return false;
    out->index = (uint64_t)number;
    if (!out->name[0])
        out->name = out->id;
    return true;
}

bool swarm_decode_service(const json_t *value, struct arena *arena, struct swarm_service *out,
                          struct err *err)
{
    struct json_at root = json_root(value, "service", arena);

    return decode_one(&root, out, err);
}

static int compare_services(const void *left, const void *right)
{
    const struct swarm_service *a = left, *b = right;

    return strcmp(a->id, b->id);
}

bool swarm_decode_services(const json_t *value, struct arena *arena, struct swarm_service **out,
                           size_t *count, struct err *err)
{
    struct json_at root = json_root(value, "services", arena);

    if (!json_get_array(&root, count, err))
        return false;
    *out = arena_alloc(arena, *count + 1, sizeof **out);
    for (size_t i = 0; i < *count; i++) {
        struct json_at at = json_index(&root, i);
        if (!decode_one(&at, &(*out)[i], err))
            return false;
    }
    qsort(*out, *count, sizeof **out, compare_services);
    return true;
}
