/* collect.c: see collect.h. No resourceVersion is asked for: the answer is what is stored now. */
#include "drivers/kubernetes/collect.h"

#include "drivers/kubernetes/answer.h"
#include "drivers/kubernetes/cut.h"

#include <stdlib.h>
#include <string.h>

struct collecting {
    struct op op;
    struct collect list; /* its texts are copies, but for `what` */
    struct cut *cut;
    struct call *call;
    struct loop_timer *timer;
    char *more;
    size_t count;
    struct err err;
};

static void drop(struct op *op)
{
    struct collecting *c = (struct collecting *)(void *)op;

    loop_cancel(c->timer);
    if (!op_kube(op)->closing) /* else it was dropped by itself */
        api_cancel(c->call);
    cut_free(c->cut);
    free((void *)(uintptr_t)c->list.path);
    free((void *)(uintptr_t)c->list.selector);
    free(c->more);
    free(c);
}

static void end(struct collecting *c, const struct err *err)
{
    collect_fn *fn = c->list.done;
    void *arg = c->list.arg;
    struct err copy = *err;

    op_end(&c->op);
    fn(arg, err_or_null(&copy));
}

static bool on_item(void *arg, json_t *item, struct err *err)
{
    struct collecting *c = arg;

    size_t most = c->list.most ? c->list.most : COLLECT_MAX;

    if (++c->count > most) {
        json_decref(item);
        return err_set(err, ERR_LIMIT, "%s: more than %zu objects", c->list.what, most);
    }
    c->list.item(c->list.arg, item);
    return true;
}

static bool on_data(void *arg, const char *bytes, size_t len)
{
    struct collecting *c = arg;

    return cut_feed(c->cut, bytes, len, &c->err);
}

static void ask_page(struct collecting *c);

static void on_page(void *arg, const struct http_answer *answer, bool sent,
                    const struct err *failed)
{
    struct collecting *c = arg;

    c->call = NULL;
    loop_cancel(c->timer);
    c->timer = NULL;
    if (c->err.code == ERR_NONE)
        api_judge(answer, sent, failed, NULL, c->list.what, &c->err);
    json_t *rest = c->err.code == ERR_NONE ? cut_end(c->cut, &c->err) : NULL;
    const char *more = kube_raw(rest, "metadata/continue");
    free(c->more);
    c->more = more[0] ? http_escape(more) : NULL;
    json_decref(rest);
    if (c->err.code == ERR_NONE && c->more)
        ask_page(c);
    else
        end(c, &c->err);
}

static void on_late(void *arg)
{
    struct collecting *c = arg;
    struct err err = {0};

    c->timer = NULL;
    err_set(&err, ERR_NETWORK, "%s: no whole answer within %d s", c->list.what,
            KUBE_LIST_MS / 1000);
    end(c, &err);
}

static void ask_page(struct collecting *c)
{
    cut_free(c->cut);
    c->cut = cut_new(CUT_LIST, c->list.what, on_item, c);
    char *path =
        xasprintf("%s?limit=%d%s%s%s%s", c->list.path, KUBE_PAGE, c->more ? "&continue=" : "",
                  c->more ? c->more : "", c->list.selector[0] ? "&" : "", c->list.selector);
    c->call = api_stream(op_kube(&c->op), path, on_data, on_page, c);
    c->timer = loop_after(op_kube(&c->op)->base.env.loop, KUBE_LIST_MS, on_late, c);
}

void collect_start(struct kube *kube, const struct collect *list)
{
    struct collecting *c = xcalloc(1, sizeof *c);

    c->list = *list;
    c->list.path = xstrdup(list->path);
    c->list.selector = xstrdup(list->selector);
    api_op_begin(kube, &c->op, drop);
    ask_page(c);
}
