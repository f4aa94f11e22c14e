/* probe_read.c: answers to numbers, or to what is wrong with them. */
#include "health/probe.h"

#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool complain(const char *text, size_t len, struct err *err)
{
    char clean[60];

    text_clean_into(clean, sizeof clean, text, len < 40 ? len : 40);
    return err_set(err, ERR_PROTOCOL, "expected a number that is not negative, found '%s'", clean);
}

bool probe_read_number(const char *text, size_t len, double *out, struct err *err)
{
    char copy[64], *end = NULL;

    while (len && strchr(" \t\r\n", text[len - 1]) && text[len - 1])
        len--;
    while (len && strchr(" \t\r\n", *text) && *text) {
        text++;
        len--;
    }
    if (!len || len >= sizeof copy || text[0] < '0' || text[0] > '9')
        return complain(text, len, err);
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (strspn(copy, "0123456789.eE+-") != len)
        return complain(text, len, err);
    *out = strtod(copy, &end);
    if (*end || !isfinite(*out) || *out < 0 || *out > 1e18)
        return complain(text, len, err);
    return true;
}

/* A number, or a text that is one. */
static bool read_value(const struct json_at *at, double *out, struct err *err)
{
    char path[200], text[40];
    const char *word;

    if (json_is_number(at->value))
        snprintf(text, sizeof text, "%.17g", json_number_value(at->value));
    else if (json_get_text(at, sizeof text - 1, &word, err))
        snprintf(text, sizeof text, "%s", word);
    else
        return false;
    if (probe_read_number(text, strlen(text), out, err))
        return true;
    err_prefix(err, "%s", json_path(at, path, sizeof path));
    return false;
}

/* result: [{"value": [time, "number"]}], or for a scalar [time, "number"]. */
static bool read_result(const struct json_at *data, double *out, struct err *err)
{
    struct json_at type_at = json_key(data, "resultType"), result = json_key(data, "result");
    const char *type;
    size_t count;

    if (!json_get_text(&type_at, 20, &type, err) || !json_get_array(&result, &count, err))
        return false;
    if (strcmp(type, "scalar") == 0) {
        struct json_at number = json_index(&result, 1);
        return read_value(&number, out, err);
    }
    if (strcmp(type, "vector") != 0)
        return err_set(err, ERR_PROTOCOL, "the query gives a %s; it must give one number now",
                       type);
    if (count == 0)
        return err_set(err, ERR_NOT_FOUND,
                       "the query gives nothing, and nothing is not zero: is the metric there? "
                       "`… or vector(0)` says that none is none");
    if (count > 1)
        return err_set(err, ERR_PROTOCOL, "the query gives %zu series; sum() makes them one",
                       count);
    struct json_at first = json_index(&result, 0), value = json_key(&first, "value");
    struct json_at number = json_index(&value, 1);
    return json_get_array(&value, &count, err) && read_value(&number, out, err);
}

static bool read_prometheus(const struct json_at *root, double *out, struct err *err)
{
    struct json_at status = json_key(root, "status"), data = json_key(root, "data"),
                   why = json_key(root, "error");
    const char *word, *text;

    if (!json_get_object(root, err) || !json_get_text(&status, 20, &word, err))
        return false;
    if (strcmp(word, "success") == 0)
        return json_get_object(&data, err) && read_result(&data, out, err);
    if (!json_opt_text(&why, 200, "no reason given", &text, err))
        return false;
    return err_set(err, ERR_REJECTED, "the query is refused: %s", text);
}

bool probe_read_prometheus(const char *text, size_t len, double *out, struct err *err)
{
    json_t *root = json_parse(text, len, "answer", err);
    struct arena *arena = arena_new(512);
    struct json_at at = json_root(root, "answer", arena);
    bool good = root && read_prometheus(&at, out, err);

    json_decref(root);
    arena_free(arena);
    return good;
}

/* The rest of the path from here: "a.b[0].c". */
static bool walk(const struct json_at *at, const char *path, double *out, struct err *err)
{
    char key[128], *end = NULL;

    if (*path == '.')
        path++;
    if (!*path)
        return read_value(at, out, err);
    if (*path == '[') {
        unsigned long index = path[1] >= '0' && path[1] <= '9' ? strtoul(path + 1, &end, 10) : 0;
        if (!end || *end != ']')
            return err_set(err, ERR_CONFIG, "path: expected [NUMBER] at '%.40s'", path);
        size_t count;
        struct json_at item = json_index(at, index);
        return json_get_array(at, &count, err) && walk(&item, end + 1, out, err);
    }
    size_t len = strcspn(path, ".[");
    if (len == 0 || len >= sizeof key)
        return err_set(err, ERR_CONFIG, "path: expected a name at '%.40s'", path);
    memcpy(key, path, len);
    key[len] = '\0';
    struct json_at item = json_key(at, key);
    return json_get_object(at, err) && walk(&item, path + len, out, err);
}

bool probe_read_path(const char *text, size_t len, const char *path, double *out, struct err *err)
{
    json_t *root;

    if (strlen(path) > 500)
        return err_set(err, ERR_CONFIG, "path: longer than 500 bytes");
    root = json_parse(text, len, "answer", err);
    struct arena *arena = arena_new(512);
    struct json_at at = json_root(root, "answer", arena);
    bool good = root && walk(&at, path, out, err);

    json_decref(root);
    arena_free(arena);
    return good;
}
