/* json_yaml.c: one YAML document to jansson values, from libyaml's events.
 *
 * No recursion: open containers lie on a stack of JSON_DEPTH_MAX frames. An alias
 * becomes a copy of what its anchor named, so the result is a tree that can be walked in time
 * proportional to its size; how much all copies may add is limited. */
#include "base/json.h"

#include "base/json_private.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct anchor {
    char *name;
    json_t *value; /* NULL while its node is still open; borrowed from the tree */
    size_t nodes, height;
};

/* A container that is still open. */
struct frame {
    json_t *value;
    char *key;         /* mapping: the key whose value comes next */
    size_t anchor;     /* index + 1 of the anchor it has, 0 none */
    size_t first_node; /* nodes counted before it */
    size_t height;     /* levels below it so far */
};

struct reader {
    const char *bytes;
    size_t len;
    const struct json_source *source;
    struct err *err;
    yaml_parser_t parser;
    yaml_event_t event;
    struct frame frames[JSON_DEPTH_MAX];
    size_t depth, nodes, aliased;
    struct anchor anchors[JSON_ANCHORS_MAX];
    size_t anchor_count;
    json_t *root;
};

static bool refuse(struct reader *r, enum err_code code, const char *text)
{
    return json_complain(r->source, code, r->event.start_mark.line + 1,
                         r->event.start_mark.column + 1, text, r->err);
}

static bool wrong(struct reader *r, const char *text)
{
    return refuse(r, r->source->code, text);
}

/* Bytes that are no text are reported by offset only. */
static void find_offset(const struct reader *r, size_t offset, size_t *line, size_t *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < offset && i < r->len; i++) {
        *column = r->bytes[i] == '\n' ? 1 : *column + 1;
        *line += r->bytes[i] == '\n';
    }
}

static bool next_event(struct reader *r)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event))
        return true;
    if (r->parser.error == YAML_MEMORY_ERROR)
        fatal("out of memory in the YAML parser");
    size_t line = r->parser.problem_mark.line + 1, column = r->parser.problem_mark.column + 1;
    if (r->parser.error == YAML_READER_ERROR)
        find_offset(r, r->parser.problem_offset, &line, &column);
    json_complain(r->source, r->source->code, line, column, r->parser.problem, r->err);
    return false;
}

static json_t *read_tagged(struct reader *r, const char *text, size_t len, const char *tag)
{
    static const char prefix[] = "tag:yaml.org,2002:";
    const char *wrong_value = "this tag is not supported, or does not fit the value";

    if (strcmp(tag, "!") == 0)
        return json_stringn(text, len);
    if (strncmp(tag, prefix, sizeof prefix - 1) == 0) {
        const char *type = tag + sizeof prefix - 1;
        if (strcmp(type, "str") == 0)
            return json_stringn(text, len);
        json_t *value = json_yaml_plain(text, len, &wrong_value);
        if (value && ((strcmp(type, "int") == 0 && json_is_integer(value)) ||
                      (strcmp(type, "float") == 0 && json_is_number(value)) ||
                      (strcmp(type, "bool") == 0 && json_is_boolean(value)) ||
                      (strcmp(type, "null") == 0 && json_is_null(value))))
            return value;
        json_decref(value);
    }
    wrong(r, wrong_value);
    return NULL;
}

static json_t *read_scalar(struct reader *r)
{
    const char *text = (const char *)r->event.data.scalar.value;
    const char *tag = (const char *)r->event.data.scalar.tag;
    size_t len = r->event.data.scalar.length;
    const char *complaint = "this value could not be stored";
    json_t *value;

    if (memchr(text, '\0', len)) {
        wrong(r, "a string may not contain a NUL character");
        return NULL;
    }
    if (tag)
        value = read_tagged(r, text, len, tag);
    else if (r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        value = json_yaml_plain(text, len, &complaint);
    else
        value = json_stringn(text, len);
    if (!value)
        wrong(r, complaint);
    return value;
}

/* Anchors. */

static bool note_anchor(struct reader *r, const yaml_char_t *name, size_t *index)
{
    *index = 0;
    if (!name)
        return true;
    if (r->anchor_count == JSON_ANCHORS_MAX)
        return refuse(r, ERR_LIMIT, "more than 64 anchors in one document");
    r->anchors[r->anchor_count].name = xstrdup((const char *)name);
    *index = ++r->anchor_count;
    return true;
}

static const struct anchor *find_anchor(const struct reader *r, const char *name)
{
    for (size_t i = r->anchor_count; i-- > 0;) /* the last one of a name counts */
        if (strcmp(r->anchors[i].name, name) == 0)
            return &r->anchors[i];
    return NULL;
}

static json_t *read_alias(struct reader *r, size_t *height)
{
    const struct anchor *anchor = find_anchor(r, (const char *)r->event.data.alias.anchor);

    if (!anchor || !anchor->value) {
        wrong(r, "this alias names no anchor that ends before it");
        return NULL;
    }
    if (anchor->nodes > JSON_ALIASED_MAX - r->aliased) {
        refuse(r, ERR_LIMIT, "aliases would add more than 10000 values");
        return NULL;
    }
    if (r->depth + anchor->height > JSON_DEPTH_MAX) {
        refuse(r, ERR_LIMIT, "nested more than 64 levels deep");
        return NULL;
    }
    r->aliased += anchor->nodes;
    r->nodes += anchor->nodes;
    *height = anchor->height;
    json_t *copy = json_deep_copy(anchor->value);
    if (!copy)
        wrong(r, "this value could not be stored");
    return copy;
}

/* Containers. */

/* Takes over `value`, a complete or just opened node. */
static bool put(struct reader *r, json_t *value)
{
    bool done;

    if (r->depth == 0) {
        r->root = value;
        return true;
    }
    struct frame *top = &r->frames[r->depth - 1];
    if (json_is_array(top->value)) {
        done = json_array_append_new(top->value, value) == 0;
    } else {
        done = json_object_set_new(top->value, top->key, value) == 0;
        free(top->key);
        top->key = NULL;
    }
    return done || wrong(r, "this value could not be stored");
}

static bool put_key(struct reader *r)
{
    struct frame *top = &r->frames[r->depth - 1];
    const char *text = (const char *)r->event.data.scalar.value;
    size_t len = r->event.data.scalar.length;

    if (r->event.data.scalar.anchor)
        return wrong(r, "a key cannot have an anchor here");
    if (memchr(text, '\0', len))
        return wrong(r, "a key may not contain a NUL character");
    if (strcmp(text, "<<") == 0 && r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return wrong(r, "merge keys (<<) are not supported: write the keys out");
    if (json_object_get(top->value, text))
        return wrong(r, "duplicate key");
    top->key = xstrndup(text, len);
    return true;
}

static void raise_height(struct reader *r, size_t height)
{
    if (r->depth && r->frames[r->depth - 1].height < height)
        r->frames[r->depth - 1].height = height;
}

static bool open_container(struct reader *r, json_t *value, const yaml_char_t *anchor,
                           const yaml_char_t *tag, const char *core_tag)
{
    size_t index;

    if (!value)
        return wrong(r, "this value could not be stored");
    if (r->depth == JSON_DEPTH_MAX || (tag && strcmp((const char *)tag, core_tag) != 0) ||
        !note_anchor(r, anchor, &index)) {
        json_decref(value);
        return r->depth == JSON_DEPTH_MAX ? refuse(r, ERR_LIMIT, "nested more than 64 levels deep")
                                          : wrong(r, "this tag is not supported");
    }
    if (!put(r, value))
        return false;
    r->frames[r->depth++] =
        (struct frame){.value = value, .anchor = index, .first_node = r->nodes++};
    return true;
}

static void close_container(struct reader *r)
{
    const struct frame *top = &r->frames[--r->depth];

    if (top->anchor) {
        struct anchor *anchor = &r->anchors[top->anchor - 1];
        anchor->value = top->value;
        anchor->nodes = r->nodes - top->first_node;
        anchor->height = top->height + 1;
    }
    raise_height(r, top->height + 1);
}

static bool put_scalar(struct reader *r)
{
    size_t index;
    json_t *value = read_scalar(r);

    if (!value)
        return false;
    if (!note_anchor(r, r->event.data.scalar.anchor, &index)) {
        json_decref(value);
        return false;
    }
    if (index) {
        r->anchors[index - 1].value = value;
        r->anchors[index - 1].nodes = 1;
    }
    r->nodes++;
    return put(r, value);
}

static bool put_alias(struct reader *r)
{
    size_t height = 0;
    json_t *value = read_alias(r, &height);

    if (!value)
        return false;
    raise_height(r, height);
    return put(r, value);
}

static bool put_event(struct reader *r)
{
    const yaml_event_t *e = &r->event;
    const struct frame *top = r->depth ? &r->frames[r->depth - 1] : NULL;
    bool key_next = top && json_is_object(top->value) && !top->key;

    if (e->type == YAML_MAPPING_END_EVENT || e->type == YAML_SEQUENCE_END_EVENT) {
        close_container(r);
        return true;
    }
    if (key_next)
        return e->type == YAML_SCALAR_EVENT ? put_key(r) : wrong(r, "a key must be a string");
    if (e->type == YAML_SCALAR_EVENT)
        return put_scalar(r);
    if (e->type == YAML_ALIAS_EVENT)
        return put_alias(r);
    if (e->type == YAML_MAPPING_START_EVENT)
        return open_container(r, json_object(), e->data.mapping_start.anchor,
                              e->data.mapping_start.tag, YAML_MAP_TAG);
    return open_container(r, json_array(), e->data.sequence_start.anchor,
                          e->data.sequence_start.tag, YAML_SEQ_TAG);
}

static bool read_document(struct reader *r)
{
    do { /* stream start, document start or the end of an empty stream */
        if (!next_event(r))
            return false;
    } while (r->event.type == YAML_STREAM_START_EVENT);
    if (r->event.type == YAML_STREAM_END_EVENT)
        return wrong(r, "the document is empty");
    do {
        if (!next_event(r) || !put_event(r))
            return false;
    } while (r->depth);
    if (!next_event(r) || !next_event(r)) /* the end of the document, and what follows */
        return false;
    return r->event.type == YAML_STREAM_END_EVENT ||
           wrong(r, "a second document: one file holds one document");
}

json_t *json_read_yaml(const char *bytes, size_t len, const struct json_source *source,
                       struct err *err)
{
    struct err found = {0};
    struct reader *r = xcalloc(1, sizeof *r);

    r->bytes = bytes;
    r->len = len;
    r->source = source;
    r->err = &found;
    if (!yaml_parser_initialize(&r->parser))
        fatal("out of memory in the YAML parser");
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)bytes, len);
    json_budget_begin();
    bool done = read_document(r);
    if (json_budget_end()) {
        found = (struct err){0};
        done = json_complain_budget(source, &found);
    }
    json_t *root = r->root;
    if (!done) {
        json_decref(root);
        root = NULL;
        err_set(err, found.code, "%s", found.text);
    }
    for (size_t i = 0; i < r->depth; i++)
        free(r->frames[i].key);
    for (size_t i = 0; i < r->anchor_count; i++)
        free(r->anchors[i].name);
    yaml_event_delete(&r->event);
    yaml_parser_delete(&r->parser);
    free(r);
    return root;
}
