/* json.h: JSON and YAML from outside, with a budget and exact complaints.
 *
 * jansson does the parsing; these getters say where a value was wrong ("JSON
 * path services[3].Spec.Name: expected a string, found a number") and clean
 * every string they hand out. Raw strings are available only by json_raw, for
 * what is sent back verbatim. No other file calls json_string_value. */
#ifndef LOCKSTEP_BASE_JSON_H
#define LOCKSTEP_BASE_JSON_H

#include "base/err.h"
#include "base/mem.h"

#include <jansson.h>
#include <stdint.h>

/* Once, before any thread: seeds jansson's hash and installs the allocator that
 * enforces the budget below. */
void json_init(void);

enum json_limit {
    JSON_BODY_MAX = 64 << 20,    /* bytes of one document */
    JSON_MEMORY_MAX = 256 << 20, /* bytes that parsing one document may allocate */
    JSON_DEPTH_MAX = 64,
    JSON_YAML_MAX = 8 << 20,  /* bytes of one YAML document */
    JSON_ANCHORS_MAX = 64,    /* anchors in one YAML document */
    JSON_ALIASED_MAX = 10000, /* values that all aliases of one document may add */
};

/* Parses one document; `what` names the source in messages (URL or file). NULL and
 * ERR_PROTOCOL on syntax errors (line and column) and duplicate keys, ERR_LIMIT on size, depth
 * and budget. The caller owns the result. */
json_t *json_parse(const char *bytes, size_t len, const char *what, struct err *err);
/* The same from YAML 1.1 (one document), as kubeconfigs and contracts are written: aliases
 * are copied and limited, duplicate and merge keys refused, plain scalars typed as YAML's core
 * schema (yes and no are strings; 010, which readers disagree about, is refused). */
json_t *json_parse_yaml(const char *bytes, size_t len, const char *what, struct err *err);
/* Reads and parses a file; .json is JSON, everything else YAML. ERR_CONFIG instead of PROTOCOL. */
json_t *json_parse_file(const char *path, struct err *err);
/* The same, with the text it was read from (yours), for json_at.text. */
json_t *json_parse_file_text(const char *path, char **text, size_t *len, struct err *err);
/* The bytes of a file of at most JSON_YAML_MAX, with a NUL behind them, yours; NULL and
 * ERR_CONFIG. */
char *json_read_text(const char *path, size_t *len, struct err *err);

/* Where a getter is: a path kept on the stack, printed only when something is wrong. */
struct json_at {
    const struct json_at *up;
    const json_t *value;
    const char *key; /* NULL: an array element */
    size_t index;
    const char *what;   /* root only: the source's name */
    const char *text;   /* root only: what it was parsed from, so that complaints name line and */
    size_t text_len;    /* column; NULL: they do not */
    enum err_code code; /* of complaints: ERR_PROTOCOL, or what the caller sets in the root */
    struct arena *arena;
};

struct json_at json_root(const json_t *value, const char *what, struct arena *arena);
/* A member or element; a missing one has value NULL. Borrowed, valid while `up` is. */
struct json_at json_key(const struct json_at *up, const char *key);
struct json_at json_index(const struct json_at *up, size_t index);
/* "services.json: services[3].Spec.Name" into out; "services.json:12:7: …" where the root has
 * its text. */
const char *json_path(const struct json_at *at, char *out, size_t size);

/* Where a value stands, or the nearest one around it; line 0 when the root has no text. */
struct json_place {
    size_t line, column;
};
struct json_place json_locate(const struct json_at *at);
/* json_path of `at`, but with the place of something else. */
const char *json_path_from(const struct json_at *at, struct json_place place, char *out,
                           size_t size);

/* Required values: false and err ("<path>: expected a string, found null") when missing or of
 * another type. Strings are clean copies in the arena of the root, cut at `max`. */
bool json_get_text(const struct json_at *at, size_t max, const char **out, struct err *err);
bool json_get_int(const struct json_at *at, int64_t low, int64_t high, int64_t *out,
                  struct err *err);
bool json_get_bool(const struct json_at *at, bool *out, struct err *err);
bool json_get_object(const struct json_at *at, struct err *err);
bool json_get_array(const struct json_at *at, size_t *count, struct err *err);
/* Optional ones: a missing or null value gives the fallback; a wrong type is an error. */
bool json_opt_text(const struct json_at *at, size_t max, const char *fallback, const char **out,
                   struct err *err);
bool json_opt_int(const struct json_at *at, int64_t low, int64_t high, int64_t fallback,
                  int64_t *out, struct err *err);
bool json_opt_bool(const struct json_at *at, bool fallback, bool *out, struct err *err);
/* An identifier that may go into a URL: 1..max of [A-Za-z0-9._:@/-], without "..". */
bool json_get_id(const struct json_at *at, size_t max, const char **out, struct err *err);
/* The bytes as they are, for what is sent back verbatim or compared; NULL when not a string. */
const char *json_raw(const json_t *value);

/* Compact text of any value, the caller frees it. */
char *json_text(const json_t *value);

#endif
