/* json_private.h: what the json*.c files share. */
#ifndef LOCKSTEP_BASE_JSON_PRIVATE_H
#define LOCKSTEP_BASE_JSON_PRIVATE_H

#include "base/json.h"

/* Where a document comes from and how complaints about it are coded. */
struct json_source {
    const char *what;
    enum err_code code;
};

/* Between these two, allocations of jansson on this thread count against JSON_MEMORY_MAX and
 * fail when it is used up. budget_end is true when that happened. */
void json_budget_begin(void);
bool json_budget_end(void);

/* "<what>: line 3, column 7: <text>"; `text` is cleaned. */
bool json_complain(const struct json_source *source, enum err_code code, size_t line, size_t column,
                   const char *text, struct err *err);
/* "<what>: needs more than 256 MiB …". */
bool json_complain_budget(const struct json_source *source, struct err *err);

json_t *json_read_yaml(const char *bytes, size_t len, const struct json_source *source,
                       struct err *err);
/* The value of a scalar without quotes; NULL and what is wrong with it. */
json_t *json_yaml_plain(const char *text, size_t len, const char **complaint);

#endif
