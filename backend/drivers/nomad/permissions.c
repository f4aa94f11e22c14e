/* permissions.c: who the token is, and what its policies leave out.
 *
 * GET /v1/acl/token/self names the token; without ACLs every one may do everything, and who one is
 * is the user of this machine, unverified. What a policy allows is asked by a dry run that needs
 * it, in every namespace that the token sees: policies themselves are read by management tokens
 * only.
 */
#include "drivers/nomad/client.h"

#include "base/json.h"
#include "base/text.h"
#include "drivers/nomad/answer.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SPACES_MAX = 64 };

struct ask {
    struct op op;
    struct arena *arena;
    const char *spaces[SPACES_MAX]; /* asked one after the other */
    size_t space_count, next;
    struct driver_denial denials[SPACES_MAX];
    struct driver_permissions permissions;
    driver_permissions_fn *fn;
    void *arg;
};

static void drop_ask(struct op *op)
{
    struct ask *ask = (struct ask *)(void *)op;

    arena_free(ask->arena);
    free(ask);
}

static const char *local_user(struct arena *arena)
{
    char buffer[1024];
    struct passwd entry, *found = NULL;

    if (getpwuid_r(geteuid(), &entry, buffer, sizeof buffer, &found) != 0 || !found)
        return arena_printf(arena, "uid %u", (unsigned)geteuid());
    return text_clean(arena, entry.pw_name, strlen(entry.pw_name), TEXT_NAME_MAX);
}

static void end_ask(struct ask *ask, const struct err *err)
{
    driver_permissions_fn *fn = ask->fn;
    void *arg = ask->arg;
    struct driver_permissions permissions = ask->permissions;
    struct arena *arena = ask->arena;
    struct driver_denial *denials = arena_alloc(arena, SPACES_MAX, sizeof *denials);

    memcpy(denials, ask->denials, permissions.denial_count * sizeof *denials);
    permissions.denials = denials;
    ask->arena = NULL;
    op_end(&ask->op);
    fn(arg, &permissions, err_or_null(err));
    arena_free(arena);
}

/* "deploy token (client)", from its name and type. */
static bool name_token(struct ask *ask, const json_t *token, bool *management, struct err *err)
{
    struct json_at root = json_root(token, "token", ask->arena);
    struct json_at name = json_key(&root, "Name"), type = json_key(&root, "Type");
    struct json_at id = json_key(&root, "AccessorID");
    const char *called, *kind, *accessor;

    if (!json_get_object(&root, err) || !json_opt_text(&name, TEXT_NAME_MAX, "", &called, err) ||
        !json_opt_text(&type, 32, "", &kind, err) || !json_opt_text(&id, 64, "", &accessor, err))
        return false;
    *management = strcmp(kind, "management") == 0;
    ask->permissions.who = called[0] ? called : arena_printf(ask->arena, "token %.8s", accessor);
    ask->permissions.verified = true;
    snprintf(nomad_of(ask->op.driver)->self, sizeof nomad_of(ask->op.driver)->self, "%s", accessor);
    snprintf(nomad_of(ask->op.driver)->self_name, sizeof nomad_of(ask->op.driver)->self_name, "%s",
             ask->permissions.who);
    return true;
}

static void ask_next(struct ask *ask);

static void deny(struct ask *ask, const char *space)
{
    static const unsigned acting = 1u << VERB_START | 1u << VERB_STEP | 1u << VERB_PAUSE |
                                   1u << VERB_RESUME | 1u << VERB_ROLLBACK;
    bool is_default = strcmp(space, "default") == 0;
    const char *missing = arena_printf(ask->arena, "submit-job in namespace %s", space);

    ask->denials[ask->permissions.denial_count++] =
        (struct driver_denial){.verbs = acting,
                               .kind = "",
                               .scope = is_default ? "" : space,
                               .unscoped = is_default,
                               .missing = missing};
    ask->permissions.missing = missing;
}

static void on_submit(void *arg, const struct http_answer *answer, bool sent,
                      const struct err *failed)
{
    struct ask *ask = arg;

    (void)sent;
    if (failed->code == ERR_NONE && answer->status == 403)
        deny(ask, ask->spaces[ask->next]);
    ask->next++;
    ask_next(ask);
}

/* The dry run of a job that is never registered: refused where submit-job is missing. */
static void ask_submit(struct ask *ask, const char *space)
{
    static const char job[] = "job/lockstep-asks/plan";
    struct nomad *nomad = nomad_of(ask->op.driver);
    json_t *task = json_pack("{s:s, s:s, s:{s:s}}", "Name", "t", "Driver", "raw_exec", "Config",
                             "command", "true");
    json_t *body =
        json_pack("{s:{s:s, s:s, s:s, s:s, s:[s], s:[{s:s, s:i, s:[o]}]}}", "Job", "ID",
                  "lockstep-asks", "Name", "lockstep-asks", "Namespace", space, "Type", "service",
                  "Datacenters", "dc1", "TaskGroups", "Name", "g", "Count", 0, "Tasks", task);

    nomad_client_put(nomad, nomad_client_path(nomad, job, space, ""), body, on_submit, ask);
    json_decref(body);
}

/* Denied everywhere is denied; else the namespaces are named. */
static void ask_next(struct ask *ask)
{
    const struct err none = {0};

    if (ask->next < ask->space_count) {
        ask_submit(ask, ask->spaces[ask->next]);
        return;
    }
    if (ask->permissions.denial_count == ask->space_count) {
        ask->permissions.may_act = false;
        ask->permissions.denial_count = 0;
    } else {
        ask->permissions.missing = "";
    }
    end_ask(ask, &none);
}

/* Those of the token; where they cannot be listed, the one of what is not said to be in one. */
static void on_spaces(void *arg, const struct http_answer *answer, bool sent,
                      const struct err *failed)
{
    struct ask *ask = arg;
    struct err err = {0};
    json_t *list = nomad_client_parse(nomad_of(ask->op.driver), answer, failed,
                                      "asking for namespaces", &err),
           *item;
    size_t i;

    (void)sent;
    json_array_foreach(list, i, item)
    {
        const char *name = json_raw(json_object_get(item, "Name"));
        if (name && name[0] && ask->space_count < SPACES_MAX)
            ask->spaces[ask->space_count++] =
                text_clean(ask->arena, name, strlen(name), TEXT_NAME_MAX);
    }
    json_decref(list);
    if (ask->space_count == 0)
        ask->spaces[ask->space_count++] = nomad_home_space(nomad_of(ask->op.driver));
    ask_next(ask);
}

static void ask_spaces(struct ask *ask)
{
    struct nomad *nomad = nomad_of(ask->op.driver);

    if (strcmp(nomad->space, "*") == 0) {
        nomad_client_get(nomad, nomad_client_path(nomad, "namespaces", NULL, ""), on_spaces, ask);
        return;
    }
    ask->spaces[ask->space_count++] = nomad->space;
    ask_next(ask);
}

static bool acls_are_off(const struct http_answer *answer)
{
    return answer->body && strstr(answer->body, "ACL support disabled") != NULL;
}

static void on_token(void *arg, const struct http_answer *answer, bool sent,
                     const struct err *failed)
{
    struct ask *ask = arg;
    struct nomad *nomad = nomad_of(ask->op.driver);
    struct err err = {0};
    bool management = false, read_only = nomad->base.env.config->read_only;

    (void)sent;
    if (failed->code == ERR_NONE && acls_are_off(answer)) {
        ask->permissions.may_view = true;
        ask->permissions.may_act = !read_only;
        end_ask(ask, &err);
        return;
    }
    json_t *token = nomad_client_parse(nomad, answer, failed, "asking what may be done here", &err);
    if (token && name_token(ask, token, &management, &err)) {
        ask->permissions.may_view = true;
        ask->permissions.may_act = !read_only;
    }
    json_decref(token);
    if (err.code != ERR_NONE || management || read_only)
        end_ask(ask, &err);
    else
        ask_spaces(ask);
}

void nomad_permissions(struct driver *driver, driver_permissions_fn *fn, void *arg)
{
    struct nomad *nomad = nomad_of(driver);
    struct ask *ask = xcalloc(1, sizeof *ask);

    ask->arena = arena_new(512);
    ask->permissions = (struct driver_permissions){.who = local_user(ask->arena), .missing = ""};
    ask->fn = fn;
    ask->arg = arg;
    nomad_op_begin(nomad, &ask->op, drop_ask);
    nomad_client_get(nomad, nomad_client_path(nomad, "acl/token/self", NULL, ""), on_token, ask);
}
