/* decode_rest.c: GET /version, lines of GET /events, ledger records in Config objects. */
#include "base/json.h"
#include "base/text.h"
#include "drivers/swarm/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Docker 17.06: the first whose Config objects and update orders are as needed here. */
enum { API_MAJOR = 1, API_MINOR_MIN = 30 };

static bool parse_api(const char *text, unsigned *minor)
{
    unsigned major;
    char rest;

    return sscanf(text, "%3u.%4u%c", &major, minor, &rest) == 2 && major == API_MAJOR;
}

/* The engine's newest is taken: an older one hides fields, and what is posted back without
 * them would lose them. */
bool swarm_decode_version(const json_t *value, struct arena *arena, char out[SWARM_PREFIX_TEXT],
                          struct err *err)
{
    struct json_at root = json_root(value, "version", arena);
    struct json_at api = json_key(&root, "ApiVersion");
    const char *text;
    unsigned minor;

    if (!json_get_text(&api, 16, &text, err))
        return false;
    if (!parse_api(text, &minor) || minor < API_MINOR_MIN)
        return err_set(err, ERR_UNSUPPORTED,
                       "the engine speaks API %s; lockstep needs 1.%d or newer (Docker 17.06)",
                       text, API_MINOR_MIN);
    snprintf(out, SWARM_PREFIX_TEXT, "/v%d.%u", API_MAJOR, minor);
    return true;
}

static bool attribute(const struct json_at *attributes, const char *key, const char **out,
                      struct err *err)
{
    struct json_at at = json_key(attributes, key);

    return json_opt_text(&at, TEXT_NAME_MAX, "", out, err);
}

/* "image app:4 -> app:5", for the first of these that changed. */
static bool describe_event(const struct json_at *attributes, const char *action,
                           struct swarm_event *out, struct err *err)
{
    static const char *const what[][3] = {
        {"image.old", "image.new", "image"},
        {"replicas.old", "replicas.new", "replicas"},
        {"updatestate.old", "updatestate.new", "the engine's update:"},
        {"state.old", "state.new", "node"},
        {"availability.old", "availability.new", "availability"},
    };

    out->text = "";
    for (size_t i = 0; i < ARRAY_LEN(what); i++) {
        const char *old, *new;
        if (!attribute(attributes, what[i][0], &old, err) ||
            !attribute(attributes, what[i][1], &new, err))
            return false;
        if (!old[0] && !new[0])
            continue;
        out->text = arena_printf(attributes->arena, "%s %s%s%s", what[i][2], old,
                                 old[0] ? " -> " : "", new);
        return true;
    }
    if (strcmp(action, "update") != 0)
        out->text = arena_printf(attributes->arena, "%sd", action);
    return true;
}

bool swarm_decode_event(const json_t *value, struct arena *arena, struct swarm_event *out,
                        struct err *err)
{
    struct json_at root = json_root(value, "event", arena);
    struct json_at type = json_key(&root, "Type"), action = json_key(&root, "Action");
    struct json_at actor = json_key(&root, "Actor"), id = json_key(&actor, "ID");
    struct json_at attributes = json_key(&actor, "Attributes"),
                   name = json_key(&attributes, "name");
    const char *word, *verb;

    *out = (struct swarm_event){.id = "", .name = "", .text = ""};
    if (!json_get_object(&root, err) || !json_opt_text(&type, 32, "", &word, err) ||
        !json_opt_text(&action, 32, "", &verb, err))
        return false;
    if (strcmp(word, "service") == 0)
        out->kind = SWARM_EVENT_SERVICE;
    else if (strcmp(word, "node") == 0)
        out->kind = SWARM_EVENT_NODE;
    else if (strcmp(word, "config") == 0)
        out->kind = SWARM_EVENT_CONFIG;
    else
        return true;
    return json_get_id(&id, 64, &out->id, err) &&
           json_opt_text(&name, TEXT_NAME_MAX, "", &out->name, err) &&
           describe_event(&attributes, verb, out, err);
}

bool swarm_decode_record(const json_t *value, struct arena *arena, struct swarm_record *out,
                         struct err *err)
{
    struct json_at root = json_root(value, "config", arena);
    struct json_at version = json_key(&root, "Version"), index = json_key(&version, "Index");
    struct json_at spec = json_key(&root, "Spec"), labels = json_key(&spec, "Labels");
    struct json_at key = json_key(&labels, SWARM_LABEL_KEY);
    int64_t number;

    *out = (struct swarm_record){.key = ""};
    if (!json_get_object(&root, err) || !json_get_int(&index, 0, INT64_MAX, &number, err) ||
        !json_opt_text(&key, TEXT_NAME_MAX, "", &out->key, err))
        return false;
    out->index = (uint64_t)number;
    out->text = json_raw(json_object_get(labels.value, SWARM_LABEL_LEDGER));
    return true;
}

/* What the engine takes as a name: 64 of these, ends in a letter or digit. */
static bool is_config_name(const char *name)
{
    static const char alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t len = strlen(name);

    if (len == 0 || len > SWARM_RECORD_NAME - 1 || !strchr(alnum, name[len - 1]))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!strchr(alnum, name[i]) && !strchr("._-", name[i]))
            return false;
    return true;
}

const char *swarm_record_name(const char *key, char out[SWARM_RECORD_NAME])
{
    int len = snprintf(out, SWARM_RECORD_NAME, "lockstep.%s", key);
    char hash[HASH_TEXT];

    /* "h-" is kept for hashes: no key may take the name that another one's hash has. */
    if (len > 0 && len < SWARM_RECORD_NAME && is_config_name(out) && strncmp(key, "h-", 2) != 0)
        return out;
    hash_sha256_text(key, strlen(key), hash);
    snprintf(out, SWARM_RECORD_NAME, "lockstep.h-%.40s", hash);
    return out;
}
