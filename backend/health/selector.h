/* selector.h: finds the selectors of a query in PromQL: a metric's name and what its labels must
 * be.
 *
 * Pure. No parser of the language: what is no selector (functions, numbers, lists of labels,
 * operators, strings, comments) is passed over, and a text that is no PromQL gives what looks like
 * selectors in it, or none. Everything found lies in the text itself. */
#ifndef LOCKSTEP_HEALTH_SELECTOR_H
#define LOCKSTEP_HEALTH_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>

enum { SELECTOR_MATCHERS_MAX = 16 };

struct piece {
    const char *at;
    size_t len;
};

struct matcher {
    struct piece text;  /* code=~"5.." */
    struct piece label; /* code */
    struct piece value; /* "5..", with its quotes */
};

struct selector {
    struct piece text;  /* http_requests_total{code=~"5.."} */
    struct piece name;  /* http_requests_total; of length 0 where only labels choose */
    struct piece range; /* 5m: what follows in brackets; of length 0 where nothing does */
    struct matcher matcher[SELECTOR_MATCHERS_MAX];
    size_t count; /* more than MATCHERS_MAX: it is passed over */
};

/* The next one from *at, which moves behind it. False: there is none left. */
bool selector_next(const char **at, struct selector *out);

#endif
