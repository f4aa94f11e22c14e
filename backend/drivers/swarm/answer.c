/* answer.c: statuses and texts of the engine as errors.
 *
 * A stale version is answered with 500 like any other trouble: only the text tells. 500s that come
 * from a manager without a leader may hide a write that goes on, so they stay unknown. */
#include "drivers/swarm/answer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static bool says(const struct http_answer *answer, const char *text)
{
    return answer->body && strstr(answer->body, text) != NULL;
}

static bool judge_500(const struct http_answer *answer, bool is_write, const char *what,
                      const char *said, struct err *err)
{
    if (says(answer, "update out of sequence"))
        return err_set(err, ERR_CONFLICT, "%s: somebody else changed it first", what);
    if (says(answer, "does not have a leader") || says(answer, "DeadlineExceeded"))
        return err_set(err, is_write ? ERR_UNKNOWN : ERR_NETWORK,
                       "%s: the swarm has no leader now (more than half of its managers do not "
                       "answer)",
                       what);
    if (says(answer, "name conflicts with an existing object"))
        return err_set(err, ERR_CONFLICT, "%s: somebody else made it first", what);
    /* Refused by a check before anything is stored. */
    if (says(answer, "code = InvalidArgument") || says(answer, "raft message is too large"))
        return err_set(err, ERR_REJECTED, "%s: %s", what, said);
    return err_set(err, is_write ? ERR_UNKNOWN : ERR_NETWORK, "%s: %s", what, said);
}

/* From the engine itself these mean that nothing was done; from a proxy nothing is known. */
static bool judge_503(const struct http_answer *answer, bool is_write, const char *what,
                      const char *said, struct err *err)
{
    enum err_code code = is_write ? ERR_REJECTED : ERR_CONFIG;

    if (says(answer, "Worker nodes can't be used"))
        return err_set(err, code,
                       "this node is a Swarm worker; point lockstep at a manager (DOCKER_HOST)");
    if (says(answer, "This node is not a swarm manager") || says(answer, "docker swarm init"))
        return err_set(err, code,
                       "this Docker engine is not part of a swarm; point lockstep at a manager of "
                       "one (DOCKER_HOST)");
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

bool answer_judge(const struct http_answer *answer, bool sent, const struct err *failed,
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
    case 406: /* older engines, instead of 503 */
    case 503:
        return judge_503(answer, is_write, what, said, err);
    case 409:
        return err_set(err, ERR_CONFLICT, "%s: %s", what, said);
    case 500:
        return judge_500(answer, is_write, what, said, err);
    default:
        break;
    }
    if (answer->status >= 400 && answer->status < 500)
        return err_set(err, is_write ? ERR_REJECTED : ERR_PROTOCOL, "%s: %s", what, said);
    return err_set(err, is_write ? ERR_UNKNOWN : ERR_NETWORK, "%s: %s", what, said);
}

void answer_explain_socket(const char *path, struct err *err)
{
    struct err better = {0};

    if (!path[0] || (err->code != ERR_NETWORK && err->code != ERR_REJECTED))
        return;
    if (access(path, R_OK | W_OK) == 0)
        return;
    if (errno == EACCES)
        err_set(&better, ERR_AUTH,
                "no permission for the Docker socket %s; log in as a user in its group, or "
                "use sudo",
                path);
    else if (errno == ENOENT)
        err_set(&better, err->code,
                "there is no Docker socket at %s; start Docker there or set DOCKER_HOST", path);
    if (better.code != ERR_NONE)
        *err = better;
}
