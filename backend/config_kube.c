/* config_kube.c: contexts that come from a kubeconfig instead of the settings file. What cannot be
 * read of one is told when its name is asked for, or when nothing else was found. */
#include "config_env.h"

#include "base/near.h"
#include "base/text.h"
#include "drivers/kubernetes/kubeconfig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { NAME_MAX_BYTES = 63, NAMES_MAX = 256 };

/* Long names (ARNs) keep their end, which tells them apart. */
static const char *short_name(struct arena *arena, const char *name)
{
    size_t len = strlen(name), from = len > NAME_MAX_BYTES ? len - NAME_MAX_BYTES : 0;

    while (from && ((unsigned char)name[from] & 0xc0) == 0x80)
        from++;
    return arena_strdup(arena, name + from);
}

static struct cluster_config make_context(struct config *config, const char *name)
{
    struct cluster_config cluster = config_simulator(config, "");

    cluster.kind = "kubernetes";
    cluster.name = short_name(config->arena, name);
    cluster.production = config_name_is_production(name);
    cluster.kubeconfig = config->kubeconfig;
    cluster.kube_context = arena_strdup(config->arena, name);
    return cluster;
}

/* Where its server is, for the screen; what is wrong with it shows when it is opened. */
static void note_server(struct config *config, struct kubeconfig *kubeconfig,
                        struct cluster_config *cluster)
{
    struct kube_context context;
    struct err ignored = {0};

    if (kubeconfig_find(kubeconfig, cluster->kube_context, &context, &ignored))
        cluster->endpoint =
            text_clean(config->arena, context.cluster.server, strlen(context.cluster.server), 300);
}

static bool account_is_there(void)
{
    const char *host = getenv("KUBERNETES_SERVICE_HOST");
    struct stat st;

    return host && *host && stat("/var/run/secrets/kubernetes.io/serviceaccount/token", &st) == 0;
}

bool config_current_kube(struct config *config, struct cluster_config *out, struct err *err)
{
    struct kubeconfig *kubeconfig = kubeconfig_load(config->kubeconfig, err);
    const char *current = kubeconfig ? kubeconfig_current(kubeconfig) : "";
    bool found = current[0] != '\0';

    if (found) {
        *out = make_context(config, current);
        note_server(config, kubeconfig, out);
    } else if (!kubeconfig && err->code == ERR_NONE && account_is_there()) {
        *out = make_context(config, CONFIG_POD_CONTEXT);
        found = true;
    }
    kubeconfig_free(kubeconfig);
    return found;
}

const struct cluster_config *config_kube_chosen(struct config *config, struct err *err)
{
    struct cluster_config *made = arena_alloc(config->arena, 1, sizeof *made);

    if (config_current_kube(config, made, err))
        return made;
    err_set(err, ERR_CONFIG,
            "%s: has no current-context; run: kubectl config use-context NAME, or give --context "
            "NAME",
            config->kubeconfig[0] ? config->kubeconfig : "the kubeconfig");
    return NULL;
}

const struct cluster_config *config_find_kube(struct config *config, const char *name,
                                              const char *const *others, size_t other_count,
                                              struct err *err)
{
    const char *names[NAMES_MAX];
    char hint[NEAR_TEXT];
    struct cluster_config *made = NULL;
    struct kubeconfig *kubeconfig = kubeconfig_load(config->kubeconfig, err);
    size_t count = 0, kube_count;

    if (!kubeconfig && err->code != ERR_NONE)
        return NULL;
    for (; count < other_count && count < NAMES_MAX; count++)
        names[count] = others[count];
    kube_count = kubeconfig ? kubeconfig_names(kubeconfig, names + count, NAMES_MAX - count) : 0;
    for (size_t i = count; i < count + kube_count && !made; i++)
        if (strcmp(names[i], name) == 0) {
            made = arena_alloc(config->arena, 1, sizeof *made);
            *made = make_context(config, name);
            note_server(config, kubeconfig, made);
        }
    if (!made) {
        near_suggest(name, names, count + kube_count, hint);
        err_set(err, ERR_USAGE, "there is no context '%s' in %s%s%s.%s", name,
                config->from_environment ? "the environment" : config->file,
                kubeconfig ? " or " : "", kubeconfig ? kubeconfig_files(kubeconfig) : "", hint);
    }
    kubeconfig_free(kubeconfig);
    return made;
}
