/* config_nomad.c: Nomad's own variables, as its command line reads them (config_env.h). */
#include "base/text.h"
#include "config_env.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_ADDRESS "http://127.0.0.1:4646"

static const char *take(struct config *config, const char *name)
{
    const char *value = getenv(name);

    return value ? text_clean(config->arena, value, strlen(value), 1024) : "";
}

bool config_check_nomad_address(const char *address, struct err *err)
{
    static const char *const schemes[] = {"http://", "https://", "unix:///"};

    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (strncmp(address, schemes[i], strlen(schemes[i])) == 0 && address[strlen(schemes[i])])
            return true;
    return err_set(err, ERR_CONFIG,
                   "'%.100s' is no address of Nomad; use http://host:4646, https://host:4646 or "
                   "unix:///path",
                   address);
}

void config_nomad_defaults(struct config *config, struct cluster_config *cluster)
{
    if (!cluster->endpoint[0])
        cluster->endpoint = DEFAULT_ADDRESS;
    if (!cluster->token_file[0])
        cluster->token = take(config, "NOMAD_TOKEN");
    if (strcmp(cluster->namespaces, "*") == 0)
        cluster->namespaces = "";
}

/* Trusting every server would be trusting whoever answers with the token. */
static bool refuse_unverified(struct config *config, struct err *err)
{
    const char *skip = take(config, "NOMAD_SKIP_VERIFY");

    if (take(config, "NOMAD_CAPATH")[0] && !take(config, "NOMAD_CACERT")[0])
        return err_set(err, ERR_CONFIG,
                       "NOMAD_CAPATH is not supported; name one file in NOMAD_CACERT");
    if (!skip[0] || strcmp(skip, "0") == 0 || strcmp(skip, "false") == 0)
        return true;
    return err_set(
        err, ERR_CONFIG,
        "NOMAD_SKIP_VERIFY is set, but lockstep does not give a token to a server that it "
        "cannot recognise; set NOMAD_CACERT to the cluster's authority instead");
}

bool config_find_nomad(struct config *config, struct cluster_config *out, struct err *err)
{
    const char *address = take(config, "NOMAD_ADDR");

    if (!address[0])
        return false;
    if (!config_check_nomad_address(address, err) || !refuse_unverified(config, err)) {
        err_prefix(err, "NOMAD_ADDR");
        return false;
    }
    *out = config_simulator(config, "");
    out->name = out->kind = "nomad";
    out->production = true;
    out->endpoint = address;
    out->ca_file = take(config, "NOMAD_CACERT");
    out->cert_file = take(config, "NOMAD_CLIENT_CERT");
    out->key_file = take(config, "NOMAD_CLIENT_KEY");
    out->server_name = take(config, "NOMAD_TLS_SERVER_NAME");
    out->region = take(config, "NOMAD_REGION");
    out->namespaces = take(config, "NOMAD_NAMESPACE");
    config_nomad_defaults(config, out);
    return true;
}
