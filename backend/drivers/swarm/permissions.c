/* permissions.c: GET /info: is this engine a manager? There is no finer grain in a swarm. */
#include "drivers/swarm/client.h"

#include "base/json.h"
#include "base/text.h"
#include "drivers/swarm/answer.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct ask {
    struct op op;
    driver_permissions_fn *fn;
    void *arg;
};

static const char *local_user(struct arena *arena)
{
    char buffer[1024];
    struct passwd entry, *found = NULL;

    if (getpwuid_r(geteuid(), &entry, buffer, sizeof buffer, &found) != 0 || !found)
        return arena_printf(arena, "uid %u", (unsigned)geteuid());
    return text_clean(arena, entry.pw_name, strlen(entry.pw_name), TEXT_NAME_MAX);
}

static bool is_manager(const json_t *info, struct arena *arena, bool *manager, struct err *err)
{
    struct json_at root = json_root(info, "info", arena), swarm = json_key(&root, "Swarm");
    struct json_at state = json_key(&swarm, "LocalNodeState");
    struct json_at control = json_key(&swarm, "ControlAvailable");
    const char *word;

    if (!json_opt_text(&state, 32, "", &word, err) || !json_opt_bool(&control, false, manager, err))
        return false;
    if (strcmp(word, "active") == 0 || strcmp(word, "locked") == 0)
        return true;
    return err_set(err, ERR_CONFIG,
                   "this Docker engine is not part of a swarm; point lockstep at a manager of one "
                   "(DOCKER_HOST)");
}

static void on_info(void *arg, const struct http_answer *answer, bool sent,
                    const struct err *failed)
{
    struct ask *ask = arg;
    struct swarm *swarm = swarm_of(ask->op.driver);
    driver_permissions_fn *fn = ask->fn;
    void *fn_arg = ask->arg;
    struct arena *arena = arena_new(512);
    struct driver_permissions permissions = {.who = local_user(arena), .missing = ""};
    struct err err = {0};
    bool manager = false;

    (void)sent;
    json_t *info = client_parse(swarm, answer, failed, "asking what may be done here", &err);
    if (info && is_manager(info, arena, &manager, &err)) {
        permissions.may_view = manager;
        permissions.may_act = manager && !swarm->base.env.config->read_only;
        if (!manager)
            permissions.missing = "a manager node: this one is a worker";
    }
    op_end(&ask->op);
    fn(fn_arg, &permissions, err_or_null(&err));
    json_decref(info);
    arena_free(arena);
}

void swarm_permissions(struct driver *driver, driver_permissions_fn *fn, void *arg)
{
    struct ask *ask = xcalloc(1, sizeof *ask);

    ask->fn = fn;
    ask->arg = arg;
    swarm_op_begin(swarm_of(driver), &ask->op, NULL);
    client_get(swarm_of(driver), xstrdup("/info"), on_info, ask);
}
