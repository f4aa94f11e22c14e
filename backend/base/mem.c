/* mem.c: see mem.h. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *xcalloc(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);

    if (!p)
        fatal("out of memory (%zu x %zu bytes)", count, size);
    return p;
}

void *xrealloc(void *old, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        fatal("allocation of %zu x %zu bytes overflows", count, size);
    void *p = realloc(old, count && size ? count * size : 1);
    if (!p)
        fatal("out of memory (%zu x %zu bytes)", count, size);
    return p;
}

char *xstrndup(const char *s, size_t len)
{
    char *p = xcalloc(len + 1, 1);

    memcpy(p, s, len);
    return p;
}

char *xstrdup(const char *s)
{
    return xstrndup(s, strlen(s));
}

char *xasprintf(const char *fmt, ...)
{
    va_list ap, again;

    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        fatal("vsnprintf failed on '%s'", fmt);
    char *p = xcalloc((size_t)n + 1, 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}

void *array_reserve(void *ptr, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return ptr;
    size_t grown = *cap ? *cap * 2 : 8;
    if (grown < need)
        grown = need;
    ptr = xrealloc(ptr, grown, size);
    memset((char *)ptr + *cap * size, 0, (grown - *cap) * size);
    *cap = grown;
    return ptr;
}

struct block {
    struct block *next;
    size_t used, size;
    max_align_t bytes[];
};

struct arena {
    struct block *top;
    size_t next_size, reserved;
};

struct arena *arena_new(size_t first_block)
{
    struct arena *arena = xcalloc(1, sizeof *arena);

    arena->next_size = first_block < 64 ? 64 : first_block;
    return arena;
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    for (struct block *b = arena->top, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(arena);
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
    const size_t align = _Alignof(max_align_t);

    if (size && count > (SIZE_MAX / 2) / size)
        fatal("allocation of %zu x %zu bytes overflows", count, size);
    size_t need = (count * size + align - 1) / align * align;
    struct block *b = arena->top;
    if (!b || b->size - b->used < need) {
        size_t room = arena->next_size > need ? arena->next_size : need;
        b = xcalloc(1, sizeof *b + room);
        b->size = room;
        b->next = arena->top;
        arena->top = b;
        arena->reserved += sizeof *b + room;
        if (arena->next_size < 65536) /* one large text does not make every block large */
            arena->next_size *= 2;
    }
    void *p = (char *)b->bytes + b->used;
    b->used += need;
    return p;
}

const char *arena_strdup(struct arena *arena, const char *s)
{
    if (!s)
        return NULL;
    size_t len = strlen(s);
    char *p = arena_alloc(arena, len + 1, 1);
    memcpy(p, s, len + 1);
    return p;
}

const char *arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list ap, again;

    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        fatal("vsnprintf failed on '%s'", fmt);
    char *p = arena_alloc(arena, (size_t)n + 1, 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}

size_t arena_bytes(const struct arena *arena)
{
    return arena->reserved;
}
