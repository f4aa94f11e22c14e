/* print.h: frames as tables and as JSON, for verbs.
 *
 * Everything printed is clean already (base/text.h). The JSON keys are an
 * interface: they are documented above the verbs that print them, and only added to. */
#ifndef LOCKSTEP_TUI_PRINT_H
#define LOCKSTEP_TUI_PRINT_H

#include "frame.h"

#include <jansson.h>

/* A table: columns as wide as their widest cell, the last one free; trailing blanks cut. */
struct table {
    size_t columns, rows, cap;
    char **cells; /* row by row, owned */
};
void table_start(struct table *table, size_t columns, const char *const *heads);
/* Adds one cell; after `columns` of them a new row begins. NULL counts as "". */
void table_add(struct table *table, const char *text);
void table_addf(struct table *table, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Prints it and frees what it holds. */
void table_end(struct table *table);

/* One document on one line; adopts the value. */
void print_json(json_t *value);

/* Members; `text` NULL counts as "", a time below 0 as null. */
void json_put(json_t *object, const char *key, const char *text);
void json_put_int(json_t *object, const char *key, int64_t number);
void json_put_bool(json_t *object, const char *key, bool flag);
void json_put_utc(json_t *object, const char *key, int64_t utc_ms);

/* New references. A verdict is board/verdict_json.h's. */
json_t *json_of_row(const struct row *row);
struct safety;
json_t *json_of_safety(const struct safety *safety);
json_t *json_of_floor(const struct floor_view *floor);
json_t *json_of_glass(const struct glass_view *glass);
json_t *json_of_action(const struct action_status *status);
json_t *json_of_frame(const struct frame *frame, const struct row *only); /* only: NULL for all */

/* "R3 step: sentence" with witnesses and way out, each line indented. */
void print_finding(const struct finding *finding, const char *indent);
/* Every rule of it that refuses or cannot be judged; those that are only not known because
 * nobody declared anything on one line. */
void print_verdict(const struct verdict *verdict, const char *indent);
/* What there is to say of stores, floor and coupled services; `floor` may be NULL. */
void print_safety(const struct safety *safety, const struct floor_view *floor);

#endif
