/* names.c: service ids, and variables as ledger records. */
#include "base/json.h"
#include "base/text.h"
#include "drivers/nomad/facts.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define RECORD_FOLDER "lockstep/"
#define HASH_FOLDER   "lockstep/~h/"

static bool is_plain(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* Every other character as an escape and two digits of hex. */
static const char *escape(struct arena *arena, const char *text, char escape_char)
{
    size_t len = strlen(text), used = 0;
    char *out = arena_alloc(arena, len * 3 + 1, 1);

    for (size_t i = 0; i < len; i++)
        if (is_plain(text[i]) || (escape_char == '%' && text[i] == '.' && len > 2))
            out[used++] = text[i];
        else
            used += (size_t)snprintf(out + used, 4, "%c%02X", escape_char, (unsigned char)text[i]);
    return out;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* NULL where it is not what escape makes. */
static const char *unescape(struct arena *arena, const char *text, size_t len, char escape_char)
{
    char *out = arena_alloc(arena, len + 1, 1);
    size_t used = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] != escape_char) {
            out[used++] = text[i];
            continue;
        }
        int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        if (low < 0 || (high == 0 && low == 0))
            return NULL;
        out[used++] = (char)(high * 16 + low);
        i += 2;
    }
    return text_is_clean(out) ? out : NULL;
}

const char *nomad_service_id(struct arena *arena, const char *space, const char *job,
                             const char *group)
{
    return arena_printf(arena, "%s/%s/%s", escape(arena, space, '%'), escape(arena, job, '%'),
                        escape(arena, group, '%'));
}

bool nomad_parse_id(struct arena *arena, const char *id, const char **space, const char **job,
                    const char **group)
{
    const char *first = strchr(id, '/'), *second = first ? strchr(first + 1, '/') : NULL;

    if (!second || first == id || second == first + 1 || !second[1])
        return false;
    *space = unescape(arena, id, (size_t)(first - id), '%');
    *job = unescape(arena, first + 1, (size_t)(second - first) - 1, '%');
    *group = unescape(arena, second + 1, strlen(second + 1), '%');
    return *space && *job && *group;
}

const char *nomad_record_path(const char *key, char out[NOMAD_PATH_TEXT])
{
    struct arena *arena = arena_new(512);
    const char *name = escape(arena, key, '~');
    int len = snprintf(out, NOMAD_PATH_TEXT, RECORD_FOLDER "%s", name);

    arena_free(arena);
    if (key[0] && len > 0 && len < NOMAD_PATH_TEXT)
        return out;
    char hash[HASH_TEXT];
    hash_sha256_text(key, strlen(key), hash);
    snprintf(out, NOMAD_PATH_TEXT, HASH_FOLDER "%.40s", hash);
    return out;
}

const char *nomad_record_key(struct arena *arena, const char *path)
{
    size_t len = strlen(RECORD_FOLDER);

    if (strncmp(path, RECORD_FOLDER, len) != 0 ||
        strncmp(path, HASH_FOLDER, strlen(HASH_FOLDER)) == 0)
        return NULL;
    return unescape(arena, path + len, strlen(path + len), '~');
}

bool nomad_decode_record(const json_t *value, struct arena *arena, struct nomad_record *out,
                         struct err *err)
{
    struct json_at root = json_root(value, "variable", arena),
                   index = json_key(&root, "ModifyIndex");
    struct json_at items = json_key(&root, "Items"), key = json_key(&items, NOMAD_RECORD_KEY);
    int64_t number;

    *out = (struct nomad_record){.key = ""};
    if (!json_get_object(&root, err) || !json_get_int(&index, 0, INT64_MAX, &number, err) ||
        !json_opt_text(&key, TEXT_NAME_MAX, "", &out->key, err))
        return false;
    out->index = (uint64_t)number;
    out->text = json_raw(json_object_get(items.value, NOMAD_RECORD_TEXT));
    return true;
}
