/* ops.h: what is under way in a driver that asks over HTTP. Private to drivers.
 *
 * Everything that waits for an answer or a time is an op. close drops all of them, and no callback
 * of a dropped op ever runs. */
#ifndef LOCKSTEP_DRIVERS_OPS_H
#define LOCKSTEP_DRIVERS_OPS_H

#include "drivers/driver.h"

struct op {
    struct op *next, **link;
    struct driver *driver;
    void (*drop)(struct op *op); /* frees it; NULL: free() */
};

struct op_list {
    struct op *first;
};

/* As callbacks want it: NULL when all went well. */
static inline const struct err *err_or_null(const struct err *err)
{
    return err->code == ERR_NONE ? NULL : err;
}

/* `op` is the first member of something from xcalloc. */
void op_begin(struct op_list *list, struct driver *driver, struct op *op,
              void (*drop)(struct op *op));
void op_end(struct op *op); /* unlinks and drops */
void ops_drop_all(struct op_list *list);
/* Runs fn(arg) from the loop, unless everything is dropped before. */
void ops_later(struct op_list *list, struct driver *driver, int64_t delay_ms, loop_timer_fn *fn,
               void *arg);

/* Tells the sink of a node unless it was told so before: *hash is of what was told last. */
void driver_tell_node(struct driver *driver, uint64_t *hash, const struct node *node);

#endif
