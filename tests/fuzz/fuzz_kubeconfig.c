/* fuzz_kubeconfig.c: kubeconfig files, what plugins print and are told, proxies of the environment.
 */
#include "fuzz_value.h"

#include "base/text.h"
#include "drivers/kubernetes/credentials_proxy.h"
#include "drivers/kubernetes/exec_plugin.h"
#include "drivers/kubernetes/kubeconfig.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void try_context(struct kubeconfig *kubeconfig, const char *name)
{
    struct kube_context context;
    struct err err = {0};

    if (!kubeconfig_find(kubeconfig, name, &context, &err)) {
        CHECK(err.code != ERR_NONE && text_is_clean(err.text));
        return;
    }
    CHECK(text_is_clean(context.name) && text_is_clean(context.scope));
    CHECK(context.cluster.server[0] && strstr(context.cluster.server, "://"));
    if (context.user.exec.api_version) {
        free(exec_plugin_info(&context.user.exec, &context.cluster, false));
        CHECK(text_is_clean(context.user.exec.install_hint));
    }
}

static void try_file(const char *bytes, size_t len)
{
    char path[64];
    const char *names[16];
    struct err err = {0};
    int fd = memfd_create("kubeconfig", MFD_CLOEXEC);

    CHECK(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct kubeconfig *kubeconfig = kubeconfig_load(path, &err);
    if (kubeconfig) {
        size_t count = kubeconfig_names(kubeconfig, names, 16);
        for (size_t i = 0; i < count; i++)
            try_context(kubeconfig, names[i]);
        try_context(kubeconfig, "");
    } else {
        CHECK(text_is_clean(err.text));
    }
    kubeconfig_free(kubeconfig);
    close(fd);
}

static void try_plugin(const char *bytes, size_t len, struct arena *arena)
{
    struct exec_answer answer;
    struct err err = {0};
    char line[100];

    if (exec_plugin_parse(bytes, len, "client.authentication.k8s.io/v1", arena, &answer, &err))
        CHECK(answer.token || (answer.cert_pem && answer.key_pem));
    else
        CHECK(err.code != ERR_NONE && text_is_clean(err.text));
    CHECK(text_is_clean(exec_plugin_last_line(bytes, len, line, sizeof line)));
}

static void try_proxy(const char *bytes, size_t len, struct arena *arena)
{
    char *text = xstrndup(bytes, len), *list = strchr(text, '\n');
    const char *server = text;

    if (list)
        *list++ = '\0';
    const struct proxy_environment env = {
        .https_proxy = text, .http_proxy = text, .no_proxy = list ? list : text};
    proxy_choose(arena, &env, server);
    proxy_is_loopback(server);
    CHECK(text_is_clean(proxy_without_password(arena, text)));
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    struct arena *arena = arena_new(1024);

    if (!ready)
        json_init();
    ready = true;
    if (size && data[0] == 'P')
        try_plugin((const char *)data + 1, size - 1, arena);
    else if (size && data[0] == 'H')
        try_proxy((const char *)data + 1, size - 1, arena);
    else
        try_file((const char *)data, size);
    arena_free(arena);
    return 0;
}
