/* config_env.c: see config_env.h. With no configured context, what was named elsewhere is used:
 * DOCKER_HOST as "swarm", NOMAD_ADDR as "nomad" (config_nomad.c), the current context of the
 * kubeconfig under its own name (config_kube.c); with none, the default docker socket when it is
 * there, as "swarm". A docker context that it would prefer instead is an error, because acting on
 * another cluster than `docker` shows would be worse than not acting. */
#include "config_env.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *env(const char *name)
{
    const char *value = getenv(name);

    return value ? value : "";
}

/* $VARIABLE, else $HOME/REST; NULL when neither is an absolute path. */
static const char *base_folder(struct arena *arena, const char *variable, const char *rest)
{
    if (env(variable)[0] == '/')
        return env(variable);
    if (env("HOME")[0] == '/')
        return arena_printf(arena, "%s/%s", env("HOME"), rest);
    return NULL;
}

const char *config_path(struct config *config, const char *path)
{
    if (path[0] == '~' && path[1] == '/' && env("HOME")[0] == '/')
        return arena_printf(config->arena, "%s%s", env("HOME"), path + 1);
    const char *slash = strrchr(config->file, '/');
    if (path[0] == '/' || path[0] == '\0' || !slash)
        return path;
    return arena_printf(config->arena, "%.*s/%s", (int)(slash - config->file), config->file, path);
}

/* A settings file is code of sorts: nobody else may be able to write it. */
static bool check_file(int fd, const char *path, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_CONFIG, "%s: is not a regular file", path);
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return err_set(err, ERR_CONFIG, "%s: belongs to another user; it will not be used", path);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return err_set(err, ERR_CONFIG,
                       "%s: others may write to it (mode %04o); run: chmod go-w '%s'", path,
                       (unsigned)st.st_mode & 07777, path);
    if (st.st_size > CONFIG_FILE_MAX)
        return err_set(err, ERR_LIMIT, "%s: is larger than %d bytes", path, CONFIG_FILE_MAX);
    return true;
}

/* NULL without an error: there is no such file. */
static char *slurp(const char *path, size_t *len, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *bytes = NULL;

    if (fd < 0) {
        if (errno != ENOENT && errno != ENOTDIR)
            err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
        return NULL;
    }
    if (check_file(fd, path, err))
        bytes = file_read_open(fd, "", path, CONFIG_FILE_MAX, len, err);
    close(fd);
    return bytes;
}

bool config_check_docker_host(const char *host, struct err *err)
{
    static const char *const schemes[] = {"unix:///", "tcp://", "http://", "https://"};

    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (strncmp(host, schemes[i], strlen(schemes[i])) == 0 && host[strlen(schemes[i])])
            return true;
    if (strncmp(host, "ssh://", 6) == 0)
        return err_set(err, ERR_CONFIG,
                       "%.100s: ssh is not supported; forward the socket (ssh -L "
                       "/tmp/docker.sock:/var/run/docker.sock HOST) and use "
                       "unix:///tmp/docker.sock, or tcp:// with TLS",
                       host);
    return err_set(
        err, ERR_CONFIG,
        "'%.100s' is no address of a Docker engine; use unix:///path, tcp://host:port or "
        "https://host:port",
        host);
}

/* The name of the docker context in force, "" for the default one. */
static const char *docker_context(struct config *config, const char **from, struct err *err)
{
    const char *name = env("DOCKER_CONTEXT");
    size_t len = 0;

    *from = "DOCKER_CONTEXT";
    if (name[0])
        return text_clean(config->arena, name, strlen(name), 64);
    const char *folder = base_folder(config->arena, "DOCKER_CONFIG", ".docker");
    if (!folder)
        return "";
    const char *path = arena_printf(config->arena, "%s/config.json", folder);
    *from = path;
    char *bytes = slurp(path, &len, err);
    json_t *root = bytes ? json_parse(bytes, len, path, err) : NULL;
    name = "";
    if (root) {
        struct json_at at = json_root(root, path, config->arena);
        struct json_at current = json_key(&at, "currentContext");
        json_opt_text(&current, 64, "", &name, err);
    }
    json_decref(root);
    free(bytes);
    return name;
}

static bool refuse_docker_context(struct config *config, struct err *err)
{
    const char *from, *name = docker_context(config, &from, err);

    if (err->code != ERR_NONE) {
        err_prefix(err, "looking for the docker context in use");
        return false;
    }
    if (!name[0] || strcmp(name, "default") == 0)
        return true;
    return err_set(err, ERR_CONFIG,
                   "the docker context '%s' is in use (%s), and docker contexts are not supported; "
                   "use DOCKER_HOST or config.yaml",
                   name, from);
}

static void use_tls(struct config *config, struct cluster_config *cluster)
{
    const char *folder = env("DOCKER_CERT_PATH");

    if (!folder[0])
        folder = base_folder(config->arena, "DOCKER_CONFIG", ".docker");
    if (!folder)
        return;
    cluster->ca_file = arena_printf(config->arena, "%s/ca.pem", folder);
    cluster->cert_file = arena_printf(config->arena, "%s/cert.pem", folder);
    cluster->key_file = arena_printf(config->arena, "%s/key.pem", folder);
}

static bool socket_is_there(void)
{
    struct stat st;

    return stat(&CONFIG_DOCKER_SOCKET[strlen("unix://")], &st) == 0 && S_ISSOCK(st.st_mode);
}

/* What the docker command would use, as the next context; there is room. */
static bool find_swarm(struct config *config, struct err *err)
{
    const char *host = env("DOCKER_HOST");
    struct cluster_config *cluster = &config->contexts[config->context_count];

    if (!host[0] && !refuse_docker_context(config, err))
        return false;
    if (!host[0] && !socket_is_there())
        return false;
    if (host[0] && !config_check_docker_host(host, err)) {
        err_prefix(err, "DOCKER_HOST");
        return false;
    }
    *cluster = config_simulator(config, "");
    cluster->name = cluster->kind = "swarm";
    cluster->production = true;
    cluster->endpoint =
        host[0] ? text_clean(config->arena, host, strlen(host), 1024) : CONFIG_DOCKER_SOCKET;
    if (env("DOCKER_TLS_VERIFY")[0] && strncmp(cluster->endpoint, "unix:", 5) != 0)
        use_tls(config, cluster);
    config->context_count++;
    return true;
}

/* What kubectl would use. A broken default file is not the affair of who named another cluster. */
static bool find_kube(struct config *config, struct err *err)
{
    struct err wrong = {0};

    if (config_current_kube(config, &config->contexts[config->context_count], &wrong))
        config->context_count++;
    if (wrong.code == ERR_NONE || (config->context_count && !env("KUBECONFIG")[0]))
        return true;
    *err = wrong;
    return false;
}

/* Clusters that were named (DOCKER_HOST, NOMAD_ADDR, a kubeconfig, this pod's account), all of
 * them; else the engine of this machine. */
static void find_in_environment(struct config *config, struct err *err)
{
    config->contexts = arena_alloc(config->arena, 3, sizeof *config->contexts);
    if (env("DOCKER_HOST")[0] && !find_swarm(config, err))
        return;
    config->context_count +=
        config_find_nomad(config, &config->contexts[config->context_count], err);
    if (err->code != ERR_NONE)
        return;
    if (find_kube(config, err) && config->context_count == 0)
        find_swarm(config, err);
    config->from_environment = config->context_count > 0;
}

static const char *default_file(struct arena *arena)
{
    const char *folder = base_folder(arena, "XDG_CONFIG_HOME", ".config");

    return folder ? arena_printf(arena, "%s/lockstep/config.yaml", folder) : "";
}

static const char *default_journal(struct arena *arena)
{
    const char *folder = base_folder(arena, "XDG_STATE_HOME", ".local/state");

    return folder ? arena_printf(arena, "%s/lockstep/journal.jsonl", folder) : "";
}

static const char *default_spool(struct arena *arena)
{
    const char *folder = base_folder(arena, "XDG_STATE_HOME", ".local/state");

    return folder ? arena_printf(arena, "%s/lockstep/watch.json", folder) : "";
}

bool config_load(const char *file, struct config *out)
{
    return config_load_with(file, "", out);
}

bool config_load_with(const char *file, const char *kubeconfig, struct config *out)
{
    struct err err = {0};
    size_t len = 0;

    config_start(out, file ? file : "");
    out->kubeconfig = arena_strdup(out->arena, kubeconfig);
    if (!file)
        out->file = default_file(out->arena);
    char *bytes = out->file[0] ? slurp(out->file, &len, &err) : NULL;
    if (bytes)
        config_read(out, bytes, len);
    else if (file)
        err_set(&err, ERR_CONFIG, "%s: there is no such file", file);
    free(bytes);
    if (err.code == ERR_NONE && out->context_count == 0 && out->problem_count == 0)
        find_in_environment(out, &err);
    if (err.code != ERR_NONE)
        config_problem(out, &err);
    if (!out->journal[0])
        out->journal = default_journal(out->arena);
    if (!out->watch.spool[0] && out->context_count)
        out->watch.spool = default_spool(out->arena);
    return out->problem_count == 0;
}

bool config_name_is_production(const char *name)
{
    static const char *const harmless[] = {"kind-", "k3d-"};

    for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
        if (strncmp(name, harmless[i], strlen(harmless[i])) == 0)
            return false;
    return strcmp(name, "minikube") != 0 && strcmp(name, "docker-desktop") != 0;
}
