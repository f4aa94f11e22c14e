/* mem.h: allocation that cannot fail, and arenas.
 *
 * Out of memory ends the program after the terminal was given back; this is
 * safe because every action is written down before it is sent. */
#ifndef LOCKSTEP_BASE_MEM_H
#define LOCKSTEP_BASE_MEM_H

#include "base/err.h"

#include <stddef.h>

void *xcalloc(size_t count, size_t size); /* zeroed; fatal on overflow and exhaustion */
void *xrealloc(void *old, size_t count, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Grows an array so that index `need - 1` exists; doubles, new slots are zeroed. */
#define ARRAY_RESERVE(ptr, cap, need) ((ptr) = array_reserve((ptr), &(cap), (need), sizeof *(ptr)))
void *array_reserve(void *ptr, size_t *cap, size_t need, size_t size);

#define ARRAY_LEN(a) (sizeof(a) / sizeof *(a))

/* A bump allocator: everything in it is freed in one call. */
struct arena;
struct arena *arena_new(size_t first_block);
void arena_free(struct arena *arena);                              /* NULL is fine */
void *arena_alloc(struct arena *arena, size_t count, size_t size); /* zeroed, aligned */
const char *arena_strdup(struct arena *arena, const char *s);      /* NULL stays NULL */
const char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);
size_t arena_bytes(const struct arena *arena); /* reserved so far */

#endif
