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
    /* Refused by a check before anything is stored. */
    if (says(answer, "code = InvalidArgument") || says(answer, "raft message is too large") ||
        says(answer, "name conflicts with an existing object"))
        return err_set(err, ERR_REJECTED, "%s: %s", what, said);
    return err_set(err, is_write ? ERR_UNKNOWN : ERR_NETWORK, "%s: %s", what, said);
}

static bool judge_503(const struct http_answer *answer, const char *what, const char *said,
                      struct err *err)
{
    if (says(answer, "Worker nodes can't be used"))
        return err_set(err, ERR_CONFIG,
                       "this node is a Swarm worker; point lockstep at a manager (DOCKER_HOST)");
    if (says(answer, "This node is not a swarm manager") || says(answer, "docker swarm init"))
        return err_set(err, ERR_CONFIG,
                       "this Docker engine is not part of a swarm; point lockstep at a manager of "
                       "one (DOCKER_HOST)");
    return err_set(err, ERR_NETWORK, "%s: %s", what, said);
}

/* For a write, ERR_CONFIG and ERR_NETWORK would not say "certainly not applied". */
static enum err_code as_write(enum err_code code, bool never_reached_it)
{
    if (never_reached_it && (code == ERR_CONFIG || code == ERR_NETWORK))
        return ERR_REJECTED;
    return code;
}

bool answer_judge(const struct http_answer *answer, bool sent, const struct err *failed,
                  bool is_write, const char *what, struct err *err)
{
    char said[280];

    if (failed->code != ERR_NONE || answer->status == 0) {
        enum err_code code = failed->code != ERR_NONE ? failed->code : ERR_NETWORK;
        return err_set(err, is_write ? (sent ? ERR_UNKNOWN : as_write(code, true)) : code, "%s: %s",
                       what, failed->text[0] ? failed->text : "no answer");
    }
    if (answer->status >= 200 && answer->status < 300)
        return true;
    http_describe(answer, said, sizeof said);
    switch (answer->status) {
    case 401:
    case 403:
        return err_set(err, ERR_AUTH, "%s: %s", what, said);
    case 404:
        return err_set(err, ERR_NOT_FOUND, "%s: %s", what, said);
    case 406: /* what a manager that is not in a swarm answered before 1.40 */
    case 503:
        judge_503(answer, what, said, err);
        err->code = is_write ? as_write(err->code, true) : err->code;
        return false;
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
