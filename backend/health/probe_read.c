/* probe_read.c: answers to numbers, or to what is wrong with them. */
#include "health/probe.h"

#include "base/json.h"
#include "base/text.h"
#include "health/answer.h"

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

static bool is_count(double number)
{
    return isfinite(number) && number >= 0 && number <= 1e18;
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
    if (*end || !is_count(*out))
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

static bool take_answer(const struct prom_answer *answer, double *out, struct err *err)
{
    if (answer->matrix)
        return err_set(err, ERR_PROTOCOL, "the query gives a matrix; it must give one number now");
    if (answer->count == 0)
        return err_set(err, ERR_NOT_FOUND,
                       "the query gives nothing, and nothing is not zero: is the metric there? "
                       "`… or vector(0)` says that none is none");
    if (answer->count > 1)
        return err_set(err, ERR_PROTOCOL, "the query gives %zu series; sum() makes them one",
                       answer->count);
    *out = answer->series[0].points[0].value;
    if (is_count(*out))
        return true;
    return isfinite(*out)
               ? err_set(err, ERR_PROTOCOL, "expected a number that is not negative, found '%g'",
                         *out)
               : err_set(err, ERR_PROTOCOL, "expected a number that is not negative, found '%s'",
                         isnan(*out) ? "NaN"
                         : *out > 0  ? "+Inf"
                                     : "-Inf");
}

bool probe_read_prometheus(const char *text, size_t len, double *out, struct err *err)
{
    static const char what[] = "answer";
    struct err failed = {0};
    json_t *root = json_parse(text, len, what, &failed);
    struct arena *arena = arena_new(512);
    struct prom_answer answer;
    bool good = root && prom_decode(root, what, arena, &answer, &failed) &&
                take_answer(&answer, out, &failed);

    if (failed.code == ERR_REJECTED) /* "answer: " and the server's words */
        err_set(err, failed.code, "the query is refused: %s", failed.text + sizeof what + 1);
    else if (!good)
        err_set(err, failed.code, "%s", failed.text);
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
