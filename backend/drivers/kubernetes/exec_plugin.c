/* exec_plugin.c: what the plugin is given, and what its end means. See exec_plugin.h. */
#include "drivers/kubernetes/exec_plugin.h"

#include "base/process.h"
#include "base/text.h"
#include "net/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

struct exec_run {
    struct process *process;  /* NULL: it does not run */
    struct loop_timer *timer; /* it could not be started: to be told soon */
    exec_done_fn *fn;
    void *arg;
    char *command, *context, *user, *hint, *api_version;
    struct err err;
};

void exec_plugin_cancel(struct exec_run *run)
{
    if (!run)
        return;
    process_cancel(run->process);
    loop_cancel(run->timer);
    free(run->command);
    free(run->context);
    free(run->user);
    free(run->hint);
    free(run->api_version);
    free(run);
}

/* The end. */

static void finish(struct exec_run *run, const struct exec_answer *answer)
{
    exec_done_fn *fn = run->fn;
    void *arg = run->arg;
    struct err err = run->err;

    if (err.code != ERR_NONE)
        err_prefix(&err, "credential plugin '%.60s' of user '%.60s'", run->command, run->user);
    run->timer = NULL;
    run->process = NULL;
    fn(arg, err.code == ERR_NONE ? answer : NULL, &err);
    exec_plugin_cancel(run);
}

/* What to do about a plugin that gave nothing. */
static const char *advice(const struct exec_run *run, char *out, size_t size)
{
    if (run->hint[0])
        snprintf(out, size, "%s", run->hint);
    else if (run->context[0])
        snprintf(out, size, "try: kubectl --context %s get namespaces", run->context);
    else
        snprintf(out, size, "log in with its own command");
    return out;
}

static void complain(struct exec_run *run, const struct process_end *end)
{
    char how[80], line[160], todo[120];

    process_describe(end, how, sizeof how);
    exec_plugin_last_line(end->said, end->said_len, line, sizeof line);
    advice(run, todo, sizeof todo);
    if (end->how == PROCESS_LOUD)
        err_set(&run->err, ERR_LIMIT, "%s", how);
    else if (end->how == PROCESS_LATE)
        err_set(&run->err, ERR_NETWORK, "%s; %s", how, todo);
    else
        err_set(&run->err, ERR_AUTH, "%s%s%s; %s", how, line[0] ? ": " : "", line, todo);
}

static void on_end(void *arg, const struct process_end *end)
{
    struct exec_run *run = arg;
    struct arena *arena = arena_new(4096);
    struct exec_answer answer = {0};

    if (end->how != PROCESS_EXITED || end->code != 0)
        complain(run, end);
    else
        exec_plugin_parse(end->out, end->out_len, run->api_version, arena, &answer, &run->err);
    finish(run, &answer);
    arena_free(arena);
}

static void tell_failed(void *arg)
{
    finish(arg, NULL);
}

/* The start. */

static bool is_named(const char *variable, const char *with)
{
    size_t len = strcspn(with, "=");

    return strncmp(variable, with, len) == 0 && variable[len] == '=';
}

/* The user's environment, what was taken out of it, the entry's variables over it, and the info. */
static char **make_environment(const struct exec_request *request, bool interactive)
{
    const char *const *unset = http_unset_variables(), *const *own = request->exec->env;
    size_t count = 0, n = 0;

    for (size_t i = 0; environ[i]; i++)
        count++;
    for (size_t i = 0; unset[i]; i++)
        count++;
    for (size_t i = 0; own && own[i]; i++)
        count++;
    char **out = xcalloc(count + 2, sizeof *out);
    for (size_t part = 0; part < 2; part++)
        for (size_t i = 0; part ? unset[i] != NULL : environ[i] != NULL; i++) {
            const char *variable = part ? unset[i] : environ[i];
            bool replaced = is_named(variable, "KUBERNETES_EXEC_INFO=");
            for (size_t j = 0; own && own[j]; j++)
                replaced = replaced || is_named(variable, own[j]);
            if (!replaced)
                out[n++] = xstrdup(variable);
        }
    for (size_t i = 0; own && own[i]; i++)
        out[n++] = xstrdup(own[i]);
    char *info = exec_plugin_info(request->exec, request->cluster, interactive);
    out[n++] = xasprintf("KUBERNETES_EXEC_INFO=%s", info);
    free(info);
    return out;
}

static char **make_arguments(const struct kube_exec *exec)
{
    size_t count = 0;

    while (exec->args && exec->args[count])
        count++;
    char **out = xcalloc(count + 2, sizeof *out);
    out[0] = xstrdup(exec->command);
    for (size_t i = 0; i < count; i++)
        out[i + 1] = xstrdup(exec->args[i]);
    return out;
}

static void free_list(char **list)
{
    for (size_t i = 0; list[i]; i++) {
        explicit_bzero(list[i], strlen(list[i]));
        free(list[i]);
    }
    free(list);
}

/* Why it must not even be tried. */
static bool check_request(const struct exec_request *request, struct err *err)
{
    if (request->exec->distrusted && request->exec->distrusted[0])
        return err_set(err, ERR_CONFIG, "is not run, because %s", request->exec->distrusted);
    if (request->exec->interactive == KUBE_ALWAYS && !request->terminal)
        return err_set(err, ERR_AUTH,
                       "asks on a terminal, and this one is in use (interactiveMode: Always); run "
                       "`lockstep status` once in another one, or log in so that it need not ask");
    return true;
}

static void start_process(struct exec_run *run, struct loop *loop,
                          const struct exec_request *request)
{
    bool interactive = request->terminal && request->exec->interactive != KUBE_NEVER;
    int64_t usual_ms = interactive ? EXEC_TERMINAL_LIMIT_MS : EXEC_LIMIT_MS;
    char **arguments = make_arguments(request->exec);
    char **environment = make_environment(request, interactive);
    const struct process_request process = {.argv = (const char *const *)arguments,
                                            .env = (const char *const *)environment,
                                            .out_max = EXEC_OUT_MAX,
                                            .said_max = EXEC_ERR_MAX,
                                            .terminal = interactive,
                                            .limit_ms =
                                                request->limit_ms ? request->limit_ms : usual_ms};

    run->process = process_start(loop, &process, on_end, run, &run->err);
    if (run->err.code == ERR_CONFIG) {
        const struct err why = run->err;
        run->err = (struct err){0};
        err_set(&run->err, ERR_CONFIG, "%.150s%s%s", why.text,
                run->hint[0] ? "; " : "; install it, or mend its command in the kubeconfig",
                run->hint);
    }
    free_list(arguments);
    free_list(environment);
}

struct exec_run *exec_plugin_start(struct loop *loop, const struct exec_request *request,
                                   exec_done_fn *fn, void *arg)
{
    struct exec_run *run = xcalloc(1, sizeof *run);
    const char *hint = request->exec->install_hint;
    char line[120], name[80];

    http_init(); /* what it takes out of the environment is put back for the plugin */
    run->fn = fn;
    run->arg = arg;
    text_clean_into(name, sizeof name, request->exec->command, strlen(request->exec->command));
    run->command = xstrdup(name);
    run->context = xstrdup(request->context);
    run->user = xstrdup(request->user);
    run->hint = xstrdup(
        exec_plugin_last_line(hint ? hint : "", hint ? strlen(hint) : 0, line, sizeof line));
    run->api_version = xstrdup(request->exec->api_version);
    if (check_request(request, &run->err))
        start_process(run, loop, request);
    if (!run->process)
        run->timer = loop_after(loop, 0, tell_failed, run);
    return run;
}
