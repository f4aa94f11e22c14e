/* answer.c: see answer.h. What a status means for a write is recipe.h's to say: there it is tied to
 * what the write was. */
#include "drivers/kubernetes/answer.h"

#include "base/json.h"

#include <string.h>

/* What never left this machine was certainly not applied. */
static enum err_code no_answer(enum err_code code, bool sent, const void *write)
{
    if (!write)
        return code;
    if (sent)
        return ERR_UNKNOWN;
    return code == ERR_AUTH || code == ERR_UNSUPPORTED ? code : ERR_REJECTED;
}

static enum err_code read_code(long status)
{
    switch (status) {
    case 401:
    case 403:
        return ERR_AUTH;
    case 404:
        return ERR_NOT_FOUND;
    case 409:
        return ERR_CONFLICT;
    case 410: /* too old: to be read again */
    case 429:
    case 503:
    case 504:
        return ERR_NETWORK;
    default:
        return status >= 400 && status < 500 ? ERR_PROTOCOL : ERR_NETWORK;
    }
}

static enum err_code write_code(const struct http_answer *answer,
                                const struct kube_request *request)
{
    struct err ignored = {0};
    json_t *said = json_parse(answer->body, answer->body_len, "the answer", &ignored);
    enum err_code code = kube_meaning(request, answer->status, said);

    json_decref(said);
    return code;
}

/* Without the "GET /path?long=query: " in front: `what` says it better. */
static const char *without_path(const char *text)
{
    const char *end = strncmp(text, "GET /", 5) == 0 ? strstr(text, ": ") : NULL;

    return end ? end + 2 : text;
}

bool api_judge(const struct http_answer *answer, bool sent, const struct err *failed,
               const struct kube_request *write, const char *what, struct err *err)
{
    char said[280];

    if (failed->code != ERR_NONE || answer->status == 0)
        return err_set(
            err, no_answer(failed->code != ERR_NONE ? failed->code : ERR_NETWORK, sent, write),
            "%s: %s", what, failed->text[0] ? without_path(failed->text) : "no answer");
    if (answer->status >= 200 && answer->status < 300)
        return true;
    enum err_code code = write ? write_code(answer, write) : read_code(answer->status);
    if (code == ERR_NONE)
        return true; /* what was to be deleted is gone */
    http_describe(answer, said, sizeof said);
    if (answer->status == 401)
        return err_set(err, ERR_AUTH,
                       "%s: the cluster does not accept these credentials (%s); log in again", what,
                       said);
    return err_set(err, code, "%s: %s", what, said);
}
