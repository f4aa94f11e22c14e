/* kube_second.c: see kube_second.h. */
#include "engines/kube_second.h"

#include "base/mem.h"
#include "engines/kube_rig.h"
#include "engines/rig.h"
#include "test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGS_MAX = 64 };

/* The command line of the first one. */
struct line {
    char text[16384], port[40], gates[120];
    const char *args[ARGS_MAX + 3];
    size_t count;
};

static bool read_line(const char *pid, struct line *line)
{
    char path[300];

    snprintf(path, sizeof path, "/proc/%.200s/cmdline", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    size_t len = fread(line->text, 1, sizeof line->text - 1, file);
    fclose(file);
    line->text[len] = '\0';
    line->count = 0;
    for (size_t at = 0; at < len && line->count < ARGS_MAX; at += strlen(line->text + at) + 1)
        line->args[line->count++] = line->text + at;
    return line->count > 2 && strcmp(line->args[1], "apiserver") == 0;
}

static bool has_arg(const struct line *line, const char *arg)
{
    for (size_t i = 0; i < line->count; i++)
        if (strcmp(line->args[i], arg) == 0)
            return true;
    return false;
}

static void find_first(struct line *line)
{
    char port[64];
    bool found = false;
    DIR *proc = opendir("/proc");

    snprintf(port, sizeof port, "--secure-port=%s", strrchr(kube_server(), ':') + 1);
    for (struct dirent *entry; !found && proc && (entry = readdir(proc));)
        found = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
                read_line(entry->d_name, line) && has_arg(line, port);
    if (proc)
        closedir(proc);
    ck_assert_msg(found, "no API server listens at %s", kube_server());
}

static unsigned free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    close(fd);
    return ntohs(at.sin_port);
}

/* The first one's kubeconfig with the second one's address. */
static void write_config(struct kube_second *second)
{
    static char text[65536];
    const char *from = kube_server();

    snprintf(second->config, sizeof second->config, "%s/second-server.kubeconfig", kube_folder());
    FILE *file = fopen(kube_config("admin"), "r");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    char *at = strstr(text, from);
    ck_assert_ptr_nonnull(at);
    file = fopen(second->config, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "%.*s%s%s", (int)(at - text), text, second->url, at + strlen(from));
    fclose(file);
}

static bool is_ready(const struct kube_second *second)
{
    char *answer = kube_second_ask(second, "/readyz");
    bool ready = strcmp(answer, "ok") == 0;

    free(answer);
    return ready;
}

static void launch(struct kube_second *second)
{
    static struct line line;
    char log[PATH_MAX];

    find_first(&line);
    snprintf(line.port, sizeof line.port, "--secure-port=%u", second->port);
    snprintf(line.gates, sizeof line.gates, "--feature-gates=%s", second->gates);
    snprintf(log, sizeof log, "%s/log/second-apiserver.log", kube_folder());
    for (size_t i = 0; i < line.count; i++) {
        if (strncmp(line.args[i], "--secure-port=", 14) == 0)
            line.args[i] = line.port;
        if (strncmp(line.args[i], "--etcd-servers=", 15) == 0)
            snprintf(second->store, sizeof second->store, "%s", line.args[i] + 15);
    }
    if (second->gates[0])
        line.args[line.count++] = line.gates;
    line.args[line.count] = NULL;
    fflush(NULL);
    second->pid = fork();
    if (second->pid == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        execv(kube_program(), (char *const *)(uintptr_t)line.args);
        _exit(127);
    }
    for (int i = 0; !is_ready(second); i++, rig_pause_ms(100)) {
        ck_assert_msg(waitpid(second->pid, NULL, WNOHANG) == 0, "it ended; see %s", log);
        ck_assert_msg(i < 1200, "the second API server is not ready");
    }
}

void kube_second_start(struct kube_second *second, const char *gates)
{
    *second = (struct kube_second){.port = free_port()};
    snprintf(second->gates, sizeof second->gates, "%s", gates);
    snprintf(second->url, sizeof second->url, "https://127.0.0.1:%u", second->port);
    write_config(second);
    launch(second);
}

void kube_second_stop(struct kube_second *second)
{
    if (second->pid <= 0)
        return;
    kill(second->pid, SIGKILL);
    waitpid(second->pid, NULL, 0);
    second->pid = 0;
}

void kube_second_restart(struct kube_second *second)
{
    kube_second_stop(second);
    launch(second);
}

char *kube_second_ask(const struct kube_second *second, const char *path)
{
    char *url = xasprintf("%s%s", second->url, path), *out = NULL;
    const char *const argv[] = {"curl",       "-K", kube_curlrc(), "--no-show-error",
                                "--max-time", "30", url,           NULL};

    rig_run(argv, &out);
    free(url);
    return out;
}

static bool has_all(const char *line, size_t len, const char *const labels[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!memmem(line, len, labels[i], strlen(labels[i])))
            return false;
    return true;
}

double kube_second_counts(const struct kube_second *second, const char *name,
                          const char *const labels[], size_t count)
{
    char *text = kube_second_ask(second, "/metrics");
    double sum = 0;

    ck_assert_msg(strstr(text, "apiserver_request_total") != NULL, "no metrics");
    for (const char *line = text, *end; *line; line = end + (*end == '\n')) {
        end = line + strcspn(line, "\n");
        const char *closed = memchr(line, '}', (size_t)(end - line));
        if (strncmp(line, name, strlen(name)) == 0 && closed &&
            has_all(line, (size_t)(closed - line), labels, count))
            sum += strtod(closed + 1, NULL);
    }
    free(text);
    return sum;
}
