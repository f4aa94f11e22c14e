/* exec_text.c: what a credential plugin is told and what it prints. Pure. */
#include "drivers/kubernetes/exec_plugin.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static void put(json_t *object, const char *key, const char *value)
{
    if (value && *value)
        json_object_set_new(object, key, json_string(value));
}

static json_t *describe_cluster(const struct kube_cluster *cluster)
{
    json_t *out = json_object();
    struct err ignored = {0};

    put(out, "server", cluster->server);
    put(out, "tls-server-name", cluster->tls_server_name);
    put(out, "proxy-url", cluster->proxy_url);
    if (cluster->insecure)
        json_object_set_new(out, "insecure-skip-tls-verify", json_true());
    if (cluster->no_compression)
        json_object_set_new(out, "disable-compression", json_true());
    if (cluster->ca_pem && cluster->ca_pem[0]) {
        size_t len = strlen(cluster->ca_pem);
        char *encoded = xcalloc(len / 3 * 4 + 8, 1);
        EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)cluster->ca_pem, (int)len);
        put(out, "certificate-authority-data", encoded);
        free(encoded);
    }
    if (cluster->exec_config) {
        json_t *config = json_parse(cluster->exec_config, strlen(cluster->exec_config),
                                    "the cluster's extension", &ignored);
        if (config)
            json_object_set_new(out, "config", config);
    }
    return out;
}

char *exec_plugin_info(const struct kube_exec *exec, const struct kube_cluster *cluster,
                       bool interactive)
{
    json_t *spec = json_object(), *root = json_object();

    json_object_set_new(spec, "interactive", json_boolean(interactive));
    if (exec->provide_cluster)
        json_object_set_new(spec, "cluster", describe_cluster(cluster));
    put(root, "apiVersion", exec->api_version);
    put(root, "kind", "ExecCredential");
    json_object_set_new(root, "spec", spec);
    char *text = json_text(root);
    json_decref(root);
    return text;
}

static bool take_status(const struct json_at *status, struct exec_answer *out, struct err *err)
{
    static const char *const keys[] = {"token", "clientCertificateData", "clientKeyData"};
    const char *values[ARRAY_LEN(keys)] = {0}, *text;

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct json_at at = json_key(status, keys[i]);
        const char *raw = json_raw(at.value);
        if (!raw && !json_opt_text(&at, 16, "", &text, err))
            return false;
        values[i] = raw && *raw ? arena_strdup(status->arena, raw) : NULL;
    }
    *out = (struct exec_answer){
        .token = values[0], .cert_pem = values[1], .key_pem = values[2], .expires_utc_ms = -1};
    if (!values[1] != !values[2])
        return err_set(err, ERR_PROTOCOL,
                       "it gave %s, but a client certificate and its key go together",
                       values[1] ? "a certificate without a key" : "a key without a certificate");
    return values[0] || values[1] ||
           err_set(err, ERR_PROTOCOL, "it gave neither a token nor a client certificate");
}

static bool take_expiry(const struct json_at *status, struct exec_answer *out, struct err *err)
{
    struct json_at at = json_key(status, "expirationTimestamp");
    const char *text;

    if (!json_opt_text(&at, 64, "", &text, err))
        return false;
    if (!text[0])
        return true;
    out->expires_utc_ms = clock_parse_utc(text);
    return out->expires_utc_ms >= 0 ||
           err_set(err, ERR_PROTOCOL, "its expirationTimestamp '%s' is no time (RFC 3339)", text);
}

bool exec_plugin_parse(const char *text, size_t len, const char *api_version, struct arena *arena,
                       struct exec_answer *out, struct err *err)
{
    size_t blank = 0;

    *out = (struct exec_answer){.expires_utc_ms = -1};
    while (blank < len && strchr(" \t\r\n", text[blank]) && text[blank])
        blank++;
    if (blank == len)
        return err_set(err, ERR_PROTOCOL, "it printed nothing");
    json_t *root = json_parse(text, len, "its output", err);
    if (!root)
        return false;
    struct json_at at = json_root(root, "its output", arena);
    struct json_at version = json_key(&at, "apiVersion"), kind = json_key(&at, "kind");
    struct json_at status = json_key(&at, "status");
    const char *version_text, *kind_text;
    bool done = json_get_object(&at, err) && json_get_text(&kind, 64, &kind_text, err) &&
                json_get_text(&version, 80, &version_text, err);
    if (done &&
        (strcmp(kind_text, "ExecCredential") != 0 || strcmp(version_text, api_version) != 0))
        done = err_set(err, ERR_PROTOCOL,
                       "it printed kind %.40s of %.80s; the kubeconfig expects ExecCredential of "
                       "%s",
                       kind_text, version_text, api_version);
    done = done && json_get_object(&status, err) && take_status(&status, out, err) &&
           take_expiry(&status, out, err);
    json_decref(root);
    return done;
}

/* The end of an escape sequence that begins at text[at], which is ESC. */
static size_t skip_escape(const char *text, size_t len, size_t at)
{
    if (at + 1 >= len)
        return len;
    if (text[at + 1] == '[') { /* to the final byte */
        for (at += 2;
             at < len && ((unsigned char)text[at] < 0x40 || (unsigned char)text[at] > 0x7e);)
            at++;
        return at < len ? at + 1 : len;
    }
    if (text[at + 1] == ']') { /* a title or link: to BEL or ESC \ */
        for (at += 2; at < len && text[at] != '\a' && text[at] != '\033';)
            at++;
        return at < len && text[at] == '\033' ? at + 2 > len ? len : at + 2
               : at < len                     ? at + 1
                                              : len;
    }
    return at + 2;
}

const char *exec_plugin_last_line(const char *text, size_t len, char *out, size_t size)
{
    char *plain = xcalloc(len + 1, 1);
    size_t used = 0, start = 0;

    for (size_t i = 0; i < len;) {
        if (text[i] == '\033')
            i = skip_escape(text, len, i);
        else
            plain[used++] = text[i++] == '\r' ? '\n' : text[i - 1];
    }
    while (used && strchr(" \t\n", plain[used - 1]))
        used--;
    for (size_t i = 0; i < used; i++)
        if (plain[i] == '\n')
            start = i + 1;
    text_clean_into(out, size, plain + start, used - start);
    free(plain);
    return out;
}
