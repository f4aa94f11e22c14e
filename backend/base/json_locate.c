/* json_locate.c: the line and column of a value, for messages.
 *
 * The text is read once more, as YAML (JSON is a part of it), along the path of the value and
 * only when something is wrong with it: parsed documents carry no positions. */
#include "base/json.h"

#include "base/json_private.h"

#include <string.h>
#include <yaml.h>

struct walk {
    yaml_parser_t parser;
    yaml_event_t event;
    struct json_place place;
};

static bool next_event(struct walk *walk)
{
    yaml_event_delete(&walk->event);
    return yaml_parser_parse(&walk->parser, &walk->event) != 0;
}

static void mark(struct walk *walk)
{
    walk->place =
        (struct json_place){walk->event.start_mark.line + 1, walk->event.start_mark.column + 1};
}

/* From the first event of a node to its last one. */
static bool skip_node(struct walk *walk)
{
    size_t depth = 0;

    for (;;) {
        yaml_event_type_t type = walk->event.type;

        if (type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT)
            depth++;
        else if (type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT)
            depth--;
        if (depth == 0)
            return true;
        if (!next_event(walk))
            return false;
    }
}

static bool enter_member(struct walk *walk, const char *key)
{
    if (walk->event.type != YAML_MAPPING_START_EVENT)
        return false;
    while (next_event(walk) && walk->event.type == YAML_SCALAR_EVENT) {
        if (strcmp((const char *)walk->event.data.scalar.value, key) == 0) {
            mark(walk);
            return next_event(walk);
        }
        if (!next_event(walk) || !skip_node(walk))
            return false;
    }
    return false;
}

static bool enter_element(struct walk *walk, size_t index)
{
    if (walk->event.type != YAML_SEQUENCE_START_EVENT || !next_event(walk))
        return false;
    while (walk->event.type != YAML_SEQUENCE_END_EVENT) {
        if (index-- == 0) {
            mark(walk);
            return true;
        }
        if (!skip_node(walk) || !next_event(walk))
            return false;
    }
    return false;
}

/* As far down the path as the document goes. */
static bool follow(struct walk *walk, const struct json_at *at)
{
    if (!at->up) {
        do {
            if (!next_event(walk))
                return false;
        } while (walk->event.type == YAML_STREAM_START_EVENT ||
                 walk->event.type == YAML_DOCUMENT_START_EVENT);
        mark(walk);
        return walk->event.type != YAML_STREAM_END_EVENT;
    }
    if (!follow(walk, at->up))
        return false;
    return at->key ? enter_member(walk, at->key) : enter_element(walk, at->index);
}

struct json_place json_locate(const struct json_at *at)
{
    const struct json_at *root = at;
    struct walk walk = {0};

    while (root->up)
        root = root->up;
    if (!root->text || !yaml_parser_initialize(&walk.parser))
        return walk.place;
    yaml_parser_set_encoding(&walk.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&walk.parser, (const unsigned char *)root->text, root->text_len);
    follow(&walk, at);
    yaml_event_delete(&walk.event);
    yaml_parser_delete(&walk.parser);
    return walk.place;
}
