/* cut.c: see cut.h. Only brackets, strings and escapes are looked at here; whether an object is
 * JSON at all is the parser's to say. */
#include "drivers/kubernetes/cut.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct bytes {
    char *data;
    size_t len, cap;
};

struct cut {
    enum cut_kind kind;
    const char *what;
    cut_fn *fn;
    void *arg;
    struct bytes object; /* the one that is coming */
    struct bytes rest;   /* of a list: all but its items */
    unsigned depth;      /* open brackets */
    bool in_string, escaped;
    bool in_items;  /* inside the array whose elements are handed out */
    bool in_object; /* inside one of them */
    bool began, ended;
    const char *from; /* of the object that is coming, in the bytes that are fed now */
    char key[8];      /* the last string at depth 1, as far as it fits */
    size_t key_len;
};

struct cut *cut_new(enum cut_kind kind, const char *what, cut_fn *fn, void *arg)
{
    struct cut *cut = xcalloc(1, sizeof *cut);

    cut->kind = kind;
    cut->what = what;
    cut->fn = fn;
    cut->arg = arg;
    return cut;
}

void cut_free(struct cut *cut)
{
    if (!cut)
        return;
    free(cut->object.data);
    free(cut->rest.data);
    free(cut);
}

static bool append(struct cut *cut, struct bytes *to, const char *bytes, size_t len, size_t max,
                   struct err *err)
{
    if (len > max - to->len)
        return err_set(err, ERR_LIMIT, "%s: an object is larger than %zu KiB", cut->what,
                       max >> 10);
    ARRAY_RESERVE(to->data, to->cap, to->len + len);
    memcpy(to->data + to->len, bytes, len);
    to->len += len;
    return true;
}

/* Objects are kept as spans, by cut_feed; the rest of a list byte by byte. */
static bool keep(struct cut *cut, char c, struct err *err)
{
    if (cut->in_object || cut->kind == CUT_WATCH ||
        (cut->in_items && (c == ',' || c == '\n' || c == ' ')))
        return true;
    return append(cut, &cut->rest, &c, 1, CUT_REST_MAX, err);
}

static bool hand_out(struct cut *cut, const char *end, struct err *err)
{
    struct bytes *object = &cut->object;

    if (!append(cut, object, cut->from, (size_t)(end - cut->from), CUT_OBJECT_MAX, err))
        return false;
    json_t *value = json_parse(object->data, object->len, cut->what, err);
    cut->in_object = false;
    object->len = 0;
    if (object->cap > CUT_REST_MAX) { /* one giant does not stay for ever */
        free(object->data);
        *object = (struct bytes){0};
    }
    return value && cut->fn(cut->arg, value, err);
}

static bool is_items_key(const struct cut *cut)
{
    return (cut->key_len == 5 && memcmp(cut->key, "items", 5) == 0) ||
           (cut->key_len == 4 && memcmp(cut->key, "rows", 4) == 0);
}

/* At which depth an object to hand out opens. */
static bool opens_object(const struct cut *cut, char c)
{
    if (c != '{' || cut->in_object)
        return false;
    return cut->kind == CUT_WATCH ? cut->depth == 0 : cut->in_items && cut->depth == 2;
}

static bool open_bracket(struct cut *cut, const char *at, struct err *err)
{
    char c = *at;

    if (opens_object(cut, c)) {
        cut->in_object = true;
        cut->from = at;
    } else if (cut->kind == CUT_LIST && !cut->in_items && cut->depth == 1 && c == '[' &&
               is_items_key(cut)) {
        cut->in_items = true;
    }
    cut->depth++;
    return keep(cut, c, err);
}

static bool close_bracket(struct cut *cut, const char *at, struct err *err)
{
    char c = *at;

    if (cut->depth == 0)
        return err_set(err, ERR_PROTOCOL, "%s: a '%c' too many", cut->what, c);
    cut->depth--;
    if (cut->in_items && !cut->in_object && cut->depth == 1)
        cut->in_items = false;
    if (!keep(cut, c, err))
        return false;
    if (cut->in_object && cut->depth == (cut->kind == CUT_WATCH ? 0 : 2))
        return hand_out(cut, at + 1, err);
    if (cut->depth == 0)
        cut->ended = true;
    return true;
}

static bool in_string(struct cut *cut, char c, struct err *err)
{
    if (cut->escaped)
        cut->escaped = false;
    else if (c == '\\')
        cut->escaped = true;
    else if (c == '"')
        cut->in_string = false;
    if (cut->in_string && cut->depth == 1 && !cut->in_object) {
        if (cut->key_len < sizeof cut->key)
            cut->key[cut->key_len] = c;
        cut->key_len++;
    }
    return keep(cut, c, err);
}

static bool take(struct cut *cut, const char *at, struct err *err)
{
    char c = *at;

    if (cut->in_string)
        return in_string(cut, c, err);
    if (c == '{' || c == '[') {
        if (cut->ended || (!cut->began && c != '{'))
            return err_set(err, ERR_PROTOCOL, "%s: expected one object", cut->what);
        cut->began = true;
        return open_bracket(cut, at, err);
    }
    if (c == '}' || c == ']')
        return close_bracket(cut, at, err);
    if (cut->depth == 0)
        return c == '\n' || c == ' ' || c == '\r' || c == '\t' ||
               err_set(err, ERR_PROTOCOL, "%s: expected an object, found something else",
                       cut->what);
    if (c == '"') {
        cut->in_string = true;
        if (cut->depth == 1)
            cut->key_len = 0;
    }
    return keep(cut, c, err);
}

bool cut_feed(struct cut *cut, const char *bytes, size_t len, struct err *err)
{
    cut->from = bytes;
    for (size_t i = 0; i < len; i++)
        if (!take(cut, bytes + i, err))
            return false;
    return !cut->in_object || append(cut, &cut->object, cut->from,
                                     (size_t)(bytes + len - cut->from), CUT_OBJECT_MAX, err);
}

json_t *cut_end(struct cut *cut, struct err *err)
{
    if (cut->depth > 0 || (cut->kind == CUT_LIST && !cut->ended)) {
        err_set(err, ERR_NETWORK, "%s: the answer ended in the middle", cut->what);
        return NULL;
    }
    if (cut->kind == CUT_WATCH)
        return json_object();
    return json_parse(cut->rest.data, cut->rest.len, cut->what, err);
}
