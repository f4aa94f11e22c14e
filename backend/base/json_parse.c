/* json_parse.c: JSON text to jansson values, under a budget.
 *
 * A cap on the bytes of a body is no cap on memory: 16 MiB of "{},{},…" become
 * more than 1 GiB of jansson values. So everything jansson allocates while a document is parsed is
 * added up per thread. Memory still comes from malloc, with no header of ours: what jansson
 * hands to anybody else in the process may be freed with free. */
#include "base/json.h"

#include "base/file.h"
#include "base/json_private.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static _Thread_local struct {
    bool on, used_up;
    size_t left;
} budget;

static void *budget_malloc(size_t size)
{
    if (budget.on) {
        if (size > budget.left) {
            budget.used_up = true;
            return NULL;
        }
        budget.left -= size;
    }
    void *p = malloc(size ? size : 1);
    if (!p)
        fatal("out of memory (%zu bytes for JSON)", size);
    return p;
}

void json_init(void)
{
    json_set_alloc_funcs(budget_malloc, free);
    json_object_seed(0);
}

void json_budget_begin(void)
{
    budget.on = true;
    budget.used_up = false;
    budget.left = JSON_MEMORY_MAX;
}

bool json_budget_end(void)
{
    budget.on = false;
    return budget.used_up;
}

bool json_complain(const struct json_source *source, enum err_code code, size_t line, size_t column,
                   const char *text, struct err *err)
{
    char what[160], clean[200];

    text_clean_into(what, sizeof what, source->what, strlen(source->what));
    text_clean_into(clean, sizeof clean, text, strlen(text));
    return err_set(err, code, "%s: line %zu, column %zu: %s", what, line, column, clean);
}

bool json_complain_budget(const struct json_source *source, struct err *err)
{
    char what[160];

    text_clean_into(what, sizeof what, source->what, strlen(source->what));
    return err_set(err, ERR_LIMIT, "%s: would need more than %d MiB of memory as JSON values", what,
                   JSON_MEMORY_MAX >> 20);
}

static bool check_size(size_t len, size_t max, const struct json_source *source, struct err *err)
{
    char what[160];

    if (len <= max)
        return true;
    text_clean_into(what, sizeof what, source->what, strlen(source->what));
    return err_set(err, ERR_LIMIT, "%s: larger than %zu MiB", what, max >> 20);
}

/* Before jansson sees it, because jansson goes 2,048 deep. */
static bool check_depth(const char *bytes, size_t len, const struct json_source *source,
                        struct err *err)
{
    size_t depth = 0, line = 1, line_start = 0;
    bool quoted = false;

    for (size_t i = 0; i < len; i++) {
        const char c = bytes[i];
        if (c == '\n') {
            line++;
            line_start = i + 1;
        }
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"' || c == '\n')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > JSON_DEPTH_MAX)
                return json_complain(source, ERR_LIMIT, line, i - line_start + 1,
                                     "nested more than 64 levels deep", err);
        } else if ((c == ']' || c == '}') && depth) {
            depth--;
        }
    }
    return true;
}

static json_t *read_json(const char *bytes, size_t len, const struct json_source *source,
                         struct err *err)
{
    json_error_t error;

    if (!check_size(len, JSON_BODY_MAX, source, err) || !check_depth(bytes, len, source, err))
        return NULL;
    json_budget_begin();
    json_t *value = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &error);
    bool used_up = json_budget_end();
    if (value)
        return value;
    if (used_up)
        json_complain_budget(source, err);
    else
        json_complain(source, source->code, error.line > 0 ? (size_t)error.line : 1,
                      error.column > 0 ? (size_t)error.column : 1, error.text, err);
    return NULL;
}

json_t *json_parse(const char *bytes, size_t len, const char *what, struct err *err)
{
    const struct json_source source = {what, ERR_PROTOCOL};

    return read_json(bytes, len, &source, err);
}

static json_t *read_yaml(const char *bytes, size_t len, const struct json_source *source,
                         struct err *err)
{
    return check_size(len, JSON_YAML_MAX, source, err) ? json_read_yaml(bytes, len, source, err)
                                                       : NULL;
}

json_t *json_parse_yaml(const char *bytes, size_t len, const char *what, struct err *err)
{
    const struct json_source source = {what, ERR_PROTOCOL};

    return read_yaml(bytes, len, &source, err);
}

char *json_read_text(const char *path, size_t *len, struct err *err)
{
    return file_read("", path, JSON_YAML_MAX, len, err);
}

json_t *json_parse_file_text(const char *path, char **text, size_t *len, struct err *err)
{
    const struct json_source source = {path, ERR_CONFIG};
    const char *dot = strrchr(path, '.');
    bool is_json = dot && strcmp(dot, ".json") == 0;

    *text = file_read("", path, is_json ? JSON_BODY_MAX : JSON_YAML_MAX, len, err);
    if (!*text)
        return NULL;
    json_t *value =
        is_json ? read_json(*text, *len, &source, err) : read_yaml(*text, *len, &source, err);
    if (!value) {
        free(*text);
        *text = NULL;
    }
    return value;
}

json_t *json_parse_file(const char *path, struct err *err)
{
    size_t len;
    char *text;
    json_t *value = json_parse_file_text(path, &text, &len, err);

    free(text);
    return value;
}
