/* credentials_server.c: is what answers a Kubernetes API server? Pure.
 *
 * Every one of them tells its version to everybody, or refuses with an object of kind Status; web
 * servers, other engines and login pages do neither. */
#include "drivers/kubernetes/credentials_private.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

bool kube_server_check(const struct kube_place *place, const struct http_answer *answer,
                       char version[32], struct err *err)
{
    struct arena *arena = arena_new(512);
    struct err ignored = {0};
    json_t *root = json_parse(answer->body, answer->body_len, "the version", &ignored);
    struct json_at at = json_root(root, "the version", arena);
    struct json_at kind = json_key(&at, "kind"), git = json_key(&at, "gitVersion");
    const char *text;
    bool known = false;

    version[0] = '\0';
    if (answer->status == 200 && json_get_text(&git, 31, &text, &ignored)) {
        snprintf(version, 32, "%s", text);
        known = true;
    } else if (answer->status != 200 && json_opt_text(&kind, 16, "", &text, &ignored)) {
        known = strcmp(text, "Status") == 0;
    }
    json_decref(root);
    arena_free(arena);
    if (known)
        return true;
    if (answer->status == 429 || answer->status >= 500)
        return err_set(err, ERR_NETWORK, "%s answers with HTTP %ld", place->server, answer->status);
    return err_set(err, ERR_CONFIG,
                   "%s answers (HTTP %ld), but not as a Kubernetes API server; check the server of "
                   "this context%s%s",
                   place->server, answer->status, place->file[0] ? " in " : "", place->file);
}
