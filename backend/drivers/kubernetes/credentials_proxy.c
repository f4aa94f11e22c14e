/* credentials_proxy.c: see credentials_proxy.h. */
#include "drivers/kubernetes/credentials_proxy.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct host {
    char name[256]; /* without brackets */
    char port[8];
};

struct address {
    int bits; /* 32 or 128; 0: not an address */
    unsigned char bytes[16];
};

static const char *first_set(const char *upper, const char *lower)
{
    const char *value = getenv(upper);

    return value && *value ? value : getenv(lower);
}

struct proxy_environment proxy_environment(void)
{
    return (struct proxy_environment){.https_proxy = first_set("HTTPS_PROXY", "https_proxy"),
                                      .http_proxy = first_set("HTTP_PROXY", "http_proxy"),
                                      .no_proxy = first_set("NO_PROXY", "no_proxy")};
}

static bool is_https(const char *server)
{
    return strncasecmp(server, "https://", 8) == 0;
}

/* "host:port", "[v6]:port", with what follows ignored. */
static struct host split_host(const char *text, size_t len, const char *port)
{
    struct host out = {.name = ""};
    const char *end = text + len, *colon, *start = text;
    size_t name_len;

    snprintf(out.port, sizeof out.port, "%s", port);
    if (len && text[0] == '[') {
        const char *close = memchr(text, ']', len);
        start = text + 1;
        name_len = close ? (size_t)(close - start) : len - 1;
        colon = close && close + 1 < end && close[1] == ':' ? close + 1 : NULL;
    } else {
        colon = memchr(text, ':', len);
        if (colon && memchr(colon + 1, ':', (size_t)(end - colon - 1)))
            colon = NULL; /* an address without brackets */
        name_len = colon ? (size_t)(colon - text) : len;
    }
    snprintf(out.name, sizeof out.name, "%.*s", name_len > 255 ? 255 : (int)name_len, start);
    if (colon)
        snprintf(out.port, sizeof out.port, "%.*s", (int)(end - colon - 1), colon + 1);
    return out;
}

static struct host host_of(const char *server)
{
    const char *scheme = strstr(server, "://"), *host = scheme ? scheme + 3 : server;

    return split_host(host, strcspn(host, "/?#"), is_https(server) ? "443" : "80");
}

static struct address parse_address(const char *text)
{
    struct address out = {0};

    if (inet_pton(AF_INET, text, out.bytes) == 1)
        out.bits = 32;
    else if (inet_pton(AF_INET6, text, out.bytes) == 1)
        out.bits = 128;
    return out;
}

static bool same_network(const struct address *a, const struct address *b, int bits)
{
    if (!a->bits || a->bits != b->bits)
        return false;
    for (int i = 0; i < bits; i++)
        if ((a->bytes[i / 8] ^ b->bytes[i / 8]) >> (7 - i % 8) & 1)
            return false;
    return true;
}

static bool is_loopback(const char *name)
{
    struct address address = parse_address(name);
    static const unsigned char v6[16] = {[15] = 1};

    return strcasecmp(name, "localhost") == 0 || (address.bits == 32 && address.bytes[0] == 127) ||
           (address.bits == 128 && memcmp(address.bytes, v6, sizeof v6) == 0);
}

bool proxy_is_loopback(const char *server)
{
    struct host host = host_of(server);

    return is_loopback(host.name);
}

static bool matches_network(const char *entry, const char *name)
{
    char network[64];
    const char *slash = strchr(entry, '/');
    char *end = NULL;

    if (!slash || slash - entry > 63)
        return false;
    snprintf(network, sizeof network, "%.*s", (int)(slash - entry), entry);
    long bits = strtol(slash + 1, &end, 10);
    struct address a = parse_address(network), b = parse_address(name);
    return end != slash + 1 && !*end && bits >= 0 && bits <= a.bits &&
           same_network(&a, &b, (int)bits);
}

static bool matches_name(const char *pattern, const char *name)
{
    size_t pattern_len, name_len = strlen(name);
    bool below_only = pattern[0] == '.' || strncmp(pattern, "*.", 2) == 0;

    pattern += strspn(pattern, "*");
    pattern += pattern[0] == '.';
    pattern_len = strlen(pattern);
    if (!pattern_len || name_len < pattern_len ||
        strcasecmp(name + name_len - pattern_len, pattern) != 0)
        return false;
    return name_len == pattern_len ? !below_only : name[name_len - pattern_len - 1] == '.';
}

static bool matches(const char *entry, const struct host *host)
{
    if (strcmp(entry, "*") == 0 || matches_network(entry, host->name))
        return true;
    struct host wanted = split_host(entry, strlen(entry), "");
    struct address a = parse_address(wanted.name), b = parse_address(host->name);
    if (wanted.port[0] && strcmp(wanted.port, host->port) != 0)
        return false;
    return a.bits ? same_network(&a, &b, a.bits) : matches_name(wanted.name, host->name);
}

static bool is_exempt(const char *list, const struct host *host)
{
    char entry[300];

    while (list && *list) {
        list += strspn(list, ", \t");
        size_t len = strcspn(list, ", \t");
        snprintf(entry, sizeof entry, "%.*s", len > 299 ? 299 : (int)len, list);
        if (len && matches(entry, host))
            return true;
        list += len;
    }
    return false;
}

const char *proxy_choose(struct arena *arena, const struct proxy_environment *env,
                         const char *server)
{
    const char *proxy = is_https(server) ? env->https_proxy : env->http_proxy;
    struct host host = host_of(server);

    if (!proxy || !*proxy || is_loopback(host.name) || is_exempt(env->no_proxy, &host))
        return "";
    return strstr(proxy, "://") ? arena_strdup(arena, proxy)
                                : arena_printf(arena, "http://%s", proxy);
}

const char *proxy_without_password(struct arena *arena, const char *proxy)
{
    const char *scheme = strstr(proxy, "://");
    const char *host = scheme ? scheme + 3 : proxy;
    size_t authority = strcspn(host, "/");
    const char *at = NULL;

    for (size_t i = 0; i < authority; i++)
        if (host[i] == '@')
            at = host + i;
    const char *shown =
        at ? arena_printf(arena, "%.*s%s", (int)(host - proxy), proxy, at + 1) : proxy;
    return text_clean(arena, shown, strlen(shown), TEXT_NAME_MAX);
}
