/* fields.h: the fields of the JSON documents, the one place where they are documented.
 *
 * `lockstep help status` and `help gate` print them; a test walks real documents and compares.
 * "@" in front of a type name says that fields of that object follow under its name. */
#ifndef LOCKSTEP_TUI_FIELDS_H
#define LOCKSTEP_TUI_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

struct field {
    const char *object; /* "status", "gate", "service", "verdict", … */
    const char *name;
    const char *type; /* "text", "number", "flag", "time", "texts", "@x", "@x[]", "@x{}" */
    bool may_be_null, may_be_absent;
    const char *help;
};
extern const struct field fields[];
extern const size_t field_count;

/* NULL when it is not documented. */
const struct field *field_find(const char *object, const char *name, size_t len);
/* All fields of a document and of what it holds. */
void fields_print(const char *document);

#endif
