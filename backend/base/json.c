/* json.c: checked access to parsed values.
 *
 * The only file that calls json_string_value: every other string passes
 * text_clean here, or is asked for as raw by name. */
#include "base/json.h"

#include "base/json_private.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

struct json_at json_root(const json_t *value, const char *what, struct arena *arena)
{
    return (struct json_at){.value = value, .what = what, .code = ERR_PROTOCOL, .arena = arena};
}

struct json_at json_key(const struct json_at *up, const char *key)
{
    return (struct json_at){
        .up = up,
        .value = json_object_get(up->value, key),
        .key = key,
        .code = up->code,
        .arena = up->arena,
    };
}

struct json_at json_index(const struct json_at *up, size_t index)
{
    return (struct json_at){
        .up = up,
        .value = json_array_get(up->value, index),
        .index = index,
        .code = up->code,
        .arena = up->arena,
    };
}

static size_t path_append(const struct json_at *at, struct json_place place, char *out, size_t size)
{
    char name[80];
    int n;

    if (!at->up) {
        text_clean_into(name, sizeof name, at->what, strlen(at->what));
        n = place.line ? snprintf(out, size, "%s:%zu:%zu", name, place.line, place.column)
                       : snprintf(out, size, "%s", name);
        return n > 0 && (size_t)n < size ? (size_t)n : size - 1;
    }
    size_t used = path_append(at->up, place, out, size);
    if (!at->key) {
        n = snprintf(out + used, size - used, "%s[%zu]", at->up->up ? "" : ": ", at->index);
    } else {
        text_clean_into(name, sizeof name, at->key, strlen(at->key));
        n = snprintf(out + used, size - used, "%s%s", at->up->up ? "." : ": ", name);
    }
    used += n > 0 ? (size_t)n : 0;
    return used < size ? used : size - 1;
}

const char *json_path_from(const struct json_at *at, struct json_place place, char *out,
                           size_t size)
{
    path_append(at, place, out, size);
    return out;
}

const char *json_path(const struct json_at *at, char *out, size_t size)
{
    return json_path_from(at, json_locate(at), out, size);
}

static const char *type_word(const json_t *value)
{
    if (!value)
        return "nothing";
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        return "null";
    }
    return "something else";
}

static bool wrong_type(const struct json_at *at, const char *expected, struct err *err)
{
    char path[240];
    bool unquoted = at->code == ERR_CONFIG && json_is_number(at->value);

    json_path(at, path, sizeof path);
    return err_set(err, at->code, "%s: expected %s, found %s%s", path, expected,
                   type_word(at->value), unquoted ? " (quotes would make it a string)" : "");
}

static bool is_absent(const struct json_at *at)
{
    return !at->value || json_is_null(at->value);
}

bool json_get_text(const struct json_at *at, size_t max, const char **out, struct err *err)
{
    if (!json_is_string(at->value))
        return wrong_type(at, "a string", err);
    *out = text_clean(at->arena, json_string_value(at->value), json_string_length(at->value), max);
    return true;
}

bool json_get_int(const struct json_at *at, int64_t low, int64_t high, int64_t *out,
                  struct err *err)
{
    char path[240];

    if (!json_is_integer(at->value))
        return wrong_type(at, "a whole number", err);
    int64_t value = json_integer_value(at->value);
    if (value < low || value > high)
        return err_set(err, at->code, "%s: expected a whole number from %lld to %lld, found %lld",
                       json_path(at, path, sizeof path), (long long)low, (long long)high,
                       (long long)value);
    *out = value;
    return true;
}

bool json_get_bool(const struct json_at *at, bool *out, struct err *err)
{
    if (!json_is_boolean(at->value))
        return wrong_type(at, "true or false", err);
    *out = json_is_true(at->value);
    return true;
}

bool json_get_object(const struct json_at *at, struct err *err)
{
    return json_is_object(at->value) || wrong_type(at, "an object", err);
}

bool json_get_array(const struct json_at *at, size_t *count, struct err *err)
{
    if (!json_is_array(at->value))
        return wrong_type(at, "an array", err);
    *count = json_array_size(at->value);
    return true;
}

bool json_opt_text(const struct json_at *at, size_t max, const char *fallback, const char **out,
                   struct err *err)
{
    if (!is_absent(at))
        return json_get_text(at, max, out, err);
    *out = fallback;
    return true;
}

bool json_opt_int(const struct json_at *at, int64_t low, int64_t high, int64_t fallback,
                  int64_t *out, struct err *err)
{
    if (!is_absent(at))
        return json_get_int(at, low, high, out, err);
    *out = fallback;
    return true;
}

bool json_opt_bool(const struct json_at *at, bool fallback, bool *out, struct err *err)
{
    if (!is_absent(at))
        return json_get_bool(at, out, err);
    *out = fallback;
    return true;
}

static bool is_id(const char *text, size_t len, size_t max)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._:@/-";

    return len >= 1 && len <= max && strspn(text, allowed) == len && !strstr(text, "..");
}

bool json_get_id(const struct json_at *at, size_t max, const char **out, struct err *err)
{
    char path[200], found[80];

    if (!json_is_string(at->value))
        return wrong_type(at, "an identifier", err);
    const char *text = json_string_value(at->value);
    size_t len = json_string_length(at->value);
    if (!is_id(text, len, max))
        return err_set(err, at->code,
                       "%s: expected 1 to %zu of A-Z a-z 0-9 . _ : @ / - without \"..\", found "
                       "\"%s\"",
                       json_path(at, path, sizeof path), max,
                       text_clean_into(found, sizeof found, text, len));
    *out = arena_strdup(at->arena, text);
    return true;
}

const char *json_raw(const json_t *value)
{
    return json_string_value(value);
}

char *json_text(const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    if (!text)
        fatal("a JSON value could not be written");
    return text;
}
