/* fuzz_value.h: what must hold of everything that the JSON and YAML readers give. */
#ifndef LOCKSTEP_TESTS_FUZZ_VALUE_H
#define LOCKSTEP_TESTS_FUZZ_VALUE_H

#include "base/json.h"
#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(claim)                                                                               \
    do {                                                                                           \
        if (!(claim))                                                                              \
            abort();                                                                               \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Walks with every getter; complaints must be clean, strings too. */
static inline void fuzz_walk(const struct json_at *at, unsigned depth)
{
    struct err err = {0};
    const char *text, *key;
    int64_t number;
    size_t count;
    bool flag;
    json_t *value;

    CHECK(depth <= JSON_DEPTH_MAX);
    if (json_get_text(at, 40, &text, &err) || json_get_id(at, 40, &text, &err))
        CHECK(text_is_clean(text) && strlen(text) <= 40);
    json_opt_bool(at, false, &flag, &err);
    json_opt_int(at, -7, 7, 0, &number, &err);
    CHECK(text_is_clean(err.text));
    if (json_get_array(at, &count, &err))
        for (size_t i = 0; i < count; i++) {
            struct json_at below = json_index(at, i);
            fuzz_walk(&below, depth + 1);
        }
    if (json_is_object(at->value))
        json_object_foreach((json_t *)(uintptr_t)at->value, key, value)
        {
            struct json_at below = json_key(at, key);
            CHECK(below.value == value);
            fuzz_walk(&below, depth + 1);
        }
}

/* Takes the value over. What is written as JSON must read back as the same. */
static inline void fuzz_value(json_t *value, const struct err *err)
{
    CHECK((value == NULL) == (err->code != ERR_NONE));
    CHECK(text_is_clean(err->text));
    if (!value)
        return;
    struct arena *arena = arena_new(1024);
    struct json_at root = json_root(value, "fuzz", arena);
    fuzz_walk(&root, 0);
    if (json_is_object(value) || json_is_array(value)) {
        struct err again_err = {0};
        char *text = json_text(value);
        json_t *again = json_parse(text, strlen(text), "again", &again_err);
        CHECK(again && json_equal(value, again));
        json_decref(again);
        free(text);
    }
    arena_free(arena);
    json_decref(value);
}

#endif
