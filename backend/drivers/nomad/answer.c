/* answer.c: statuses and texts of the servers as errors.
 *
 * A stale index is answered with 500 like any other trouble: only the text tells. Without a
 * leader a server holds a request for some seconds and then says 500, too; a write may then
 * still go on. */
#include "drivers/nomad/answer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static bool says(const struct http_answer *answer, const char *text)
{
    return answer->body && strstr(answer->body, text) != NULL;
}

static bool judge_500(const struct http_answer *answer, bool is_write, const char *what,
                      const char *said, struct err *err)
{
    static const char *const refused[] = {
        /* checks that run before anything is stored */
        "Enforcing job modify index", "validation error",      "Task group",    "quota limit",
        "job can't be submitted",     "can't promote",         "can't pause",   "can't resume",
        "no canaries to promote",     "unknown allocation",    "not supported", "exceeds quota",
        "terminal deployment",        "deployment has status",
    };

    if (says(answer, "Enforcing job modify index") ||
        says(answer, "can't promote terminal deployment") ||
        says(answer, "can't pause terminal deployment") || says(answer, "terminal deployment"))
        return err_set(err, ERR_CONFLICT, "%s: somebody else changed it first", what);
    if (says(answer, "No cluster leader") || says(answer, "No path to region"))
        return err_set(err, is_write ? ERR_UNKNOWN : ERR_NETWORK,
                       "%s: the cluster has no leader now (more than half of its servers do not "
                       "answer)",
                       what);
    if (says(answer, "Permission denied") || says(answer, "ACL token not found") ||
        says(answer, "ACL token expired"))
        return err_set(err, ERR_AUTH, "%s: %s", what, said);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (says(answer, refused[i]))
            return err_set(err, ERR_REJECTED, "%s: %s", what, said);
    if (!is_write && says(answer, "not found"))
        return err_set(err, ERR_NOT_FOUND, "%s: %s", what, said);
    return err_set(err, is_write ? ERR_UNKNOWN : ERR_NETWORK, "%s: %s", what, said);
}

/* What never left this machine was certainly not applied. */
static enum err_code no_answer(enum err_code code, bool sent, bool is_write)
{
    if (!is_write)
        return code;
    if (sent)
        return ERR_UNKNOWN;
    return code == ERR_AUTH ? code : ERR_REJECTED;
}

bool nomad_answer_judge(const struct http_answer *answer, bool sent, const struct err *failed,
                        bool is_write, const char *what, struct err *err)
{
    char said[280];

    if (failed->code != ERR_NONE || answer->status == 0)
        return err_set(
            err, no_answer(failed->code != ERR_NONE ? failed->code : ERR_NETWORK, sent, is_write),
            "%s: %s", what, failed->text[0] ? failed->text : "no answer");
    if (answer->status >= 200 && answer->status < 300)
        return true;
    http_describe(answer, said, sizeof said);
    switch (answer->status) {
    case 401:
    case 403:
        return err_set(err, ERR_AUTH, "%s: %s", what, said);
    case 404:
        return err_set(err, ERR_NOT_FOUND, "%s: %s", what, said);
    case 409:
        return err_set(err, ERR_CONFLICT, "%s: %s", what, said);
    case 500:
        return judge_500(answer, is_write, what, said, err);
    default:
        break;
    }
    if (answer->status == 429)
        return err_set(err, is_write ? ERR_REJECTED : ERR_NETWORK, "%s: %s", what, said);
    if (answer->status >= 400 && answer->status < 500)
        return err_set(err, is_write ? ERR_REJECTED : ERR_PROTOCOL, "%s: %s", what, said);
    return err_set(err, is_write ? ERR_UNKNOWN : ERR_NETWORK, "%s: %s", what, said);
}

bool nomad_answer_is_current(const struct http_answer *answer, int64_t contact_max_ms,
                             const char *what, struct err *err)
{
    char value[32];

    if (http_header(answer, "X-Nomad-KnownLeader", value, sizeof value) &&
        strcasecmp(value, "true") != 0)
        return err_set(err, ERR_NETWORK,
                       "%s: the server that answered knows no leader: what it says may be old",
                       what);
    if (http_header(answer, "X-Nomad-LastContact", value, sizeof value) &&
        strtoll(value, NULL, 10) > contact_max_ms)
        return err_set(err, ERR_NETWORK,
                       "%s: the server that answered last heard from the leader %.20s ms ago", what,
                       value);
    return true;
}

uint64_t nomad_answer_index(const struct http_answer *answer)
{
    char value[32];

    return http_header(answer, "X-Nomad-Index", value, sizeof value) ? strtoull(value, NULL, 10)
                                                                     : 0;
}

void nomad_answer_explain_socket(const char *path, struct err *err)
{
    struct err better = {0};

    if (!path[0] || (err->code != ERR_NETWORK && err->code != ERR_REJECTED))
        return;
    if (access(path, R_OK | W_OK) == 0)
        return;
    if (errno == EACCES)
        err_set(&better, ERR_AUTH, "no permission for the Nomad socket %s", path);
    else if (errno == ENOENT)
        err_set(&better, err->code, "there is no Nomad socket at %s; check NOMAD_ADDR", path);
    if (better.code != ERR_NONE)
        *err = better;
}
