/* ops.c: see ops.h. */
#include "drivers/ops.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct later {
    struct op op;
    struct loop_timer *timer;
    loop_timer_fn *fn;
    void *arg;
};

void op_begin(struct op_list *list, struct driver *driver, struct op *op,
              void (*drop)(struct op *op))
{
    op->driver = driver;
    op->drop = drop;
    op->next = list->first;
    op->link = &list->first;
    if (op->next)
        op->next->link = &op->next;
    list->first = op;
}

void op_end(struct op *op)
{
    *op->link = op->next;
    if (op->next)
        op->next->link = op->link;
    if (op->drop)
        op->drop(op);
    else
        free(op);
}

void ops_drop_all(struct op_list *list)
{
    while (list->first)
        op_end(list->first);
}

static void drop_later(struct op *op)
{
    struct later *later = (struct later *)(void *)op;

    loop_cancel(later->timer);
    free(later);
}

static void run_later(void *arg)
{
    struct later *later = arg;
    loop_timer_fn *fn = later->fn;
    void *fn_arg = later->arg;

    later->timer = NULL;
    op_end(&later->op);
    fn(fn_arg);
}

void ops_later(struct op_list *list, struct driver *driver, int64_t delay_ms, loop_timer_fn *fn,
               void *arg)
{
    struct later *later = xcalloc(1, sizeof *later);

    later->fn = fn;
    later->arg = arg;
    op_begin(list, driver, &later->op, drop_later);
    later->timer = loop_after(driver->env.loop, delay_ms, run_later, later);
}

void driver_tell_node(struct driver *driver, uint64_t *hash, const struct node *node)
{
    const struct driver_sink *sink = &driver->env.sink;
    uint64_t now = hash_mix(HASH_SEED, node->name, strlen(node->name));

    now = hash_mix(now, &node->state, sizeof node->state);
    now = hash_mix(now, &node->draining, sizeof node->draining);
    now = hash_mix(now, node->note, strlen(node->note));
    if (*hash == now)
        return;
    *hash = now;
    sink->node(sink->arg, node);
}
