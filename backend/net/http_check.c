/* http_check.c: what may be configured and asked for, before libcurl sees it. */
#include "net/http_private.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>
#include <unistd.h>

#define DIGITS  "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
/* RFC 9110: a token, and what a path and query are made of once escaped */
#define TOKEN DIGITS LETTERS "!#$%&'*+-.^_`|~"
#define PATH  DIGITS LETTERS "-._~!$&'()*+,;=:@/?%"

static bool given(const char *text)
{
    return text && *text;
}

static bool consists_of(const char *text, const char *allowed)
{
    return text[strspn(text, allowed)] == '\0';
}

/* No control bytes: a CR or LF would begin another header. */
static bool is_one_line(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f)
            return false;
    return true;
}

static char *keep(const char *text)
{
    return given(text) ? xstrdup(text) : NULL;
}

static bool check_header(const char *line, struct err *err)
{
    static const char *const ours[] = {
        "Content-Length", "Transfer-Encoding", "Connection", "Expect",
        "Host",           "Content-Type",      NULL};
    size_t len = strspn(line, TOKEN);
    char name[64];

    text_clean_into(name, sizeof name, line, len); /* the value may be a secret */
    if (!len || line[len] != ':')
        return err_set(err, ERR_CONFIG, "header \"%s\": expected \"Name: value\"", name);
    const char *value = line + len + 1 + strspn(line + len + 1, " \t");
    if (!is_one_line(value) || !*value)
        return err_set(err, ERR_CONFIG,
                       "header %s: expected a value of one line without control characters", name);
    for (size_t i = 0; ours[i]; i++)
        if (strlen(ours[i]) == len && strncasecmp(ours[i], line, len) == 0)
            return err_set(err, ERR_CONFIG, "header %s: is set by lockstep itself", name);
    return true;
}

static bool keep_headers(struct http *http, const char *const *headers, struct err *err)
{
    for (size_t i = 0; headers && headers[i]; i++) {
        if (!check_header(headers[i], err))
            return false;
        struct curl_slist *grown = curl_slist_append(http->headers, headers[i]);
        if (!grown)
            fatal("out of memory for a header");
        http->headers = grown;
    }
    return true;
}

static bool check_file(const char *path, const char *what, struct err *err)
{
    if (!given(path) || access(path, R_OK) == 0)
        return true;
    return err_set(err, ERR_CONFIG, "cannot read the %s %s: %s", what, path, strerror(errno));
}

/* A part of a URL; yours. NULL when it is not there. */
static char *part_of(CURLU *url, CURLUPart part)
{
    char *value = NULL, *copy = NULL;

    if (curl_url_get(url, part, &value, 0) == CURLUE_OK && *value)
        copy = xstrdup(value);
    curl_free(value);
    return copy;
}

static void add_host_header(struct http *http, const char *host, const char *port)
{
    char *line = xasprintf("Host: %s%s%s", host, port ? ":" : "", port ? port : "");
    struct curl_slist *grown = curl_slist_append(http->headers, line);

    if (!grown)
        fatal("out of memory for a header");
    http->headers = grown;
    free(line);
}

/* Puts base and connect_to together from the parts of the address. */
static bool keep_parts(struct http *http, CURLU *url, const char *server_name, struct err *err)
{
    char *scheme = part_of(url, CURLUPART_SCHEME), *host = part_of(url, CURLUPART_HOST);
    char *port = part_of(url, CURLUPART_PORT), *path = part_of(url, CURLUPART_PATH);
    char *query = part_of(url, CURLUPART_QUERY), *fragment = part_of(url, CURLUPART_FRAGMENT);
    bool done = true;

    http->tls = scheme && strcmp(scheme, "https") == 0;
    if (!scheme || (!http->tls && strcmp(scheme, "http") != 0) || !host)
        done = err_set(err, ERR_CONFIG, "expected an address like https://host:port");
    else if (query || fragment)
        done = err_set(err, ERR_CONFIG, "an address has no query and no fragment");
    else if (given(server_name) && !consists_of(server_name, DIGITS LETTERS "-."))
        done = err_set(err, ERR_CONFIG, "the TLS server name is not a host name");
    else if (given(server_name) && !http->tls)
        done = err_set(err, ERR_CONFIG, "a TLS server name needs an https address");
    if (done) {
        size_t path_len = path ? strlen(path) : 0;
        while (path_len && path[path_len - 1] == '/')
            path_len--;
        http->base = xasprintf("%s://%s%s%s%.*s", scheme, given(server_name) ? server_name : host,
                               port ? ":" : "", port ? port : "", (int)path_len, path ? path : "");
        if (given(server_name)) {
            http->connect_to = xasprintf("::%s:%s", host, port ? port : "");
            add_host_header(http, host, port);
        }
    }
    free(scheme);
    free(host);
    free(port);
    free(path);
    free(query);
    free(fragment);
    return done;
}

static bool keep_url(struct http *http, const struct http_config *config, struct err *err)
{
    CURLU *url = curl_url();

    if (!url)
        fatal("out of memory for an address");
    /* Characters that libcurl would escape by itself are not let through either. */
    CURLUcode rc = consists_of(config->base_url, PATH "[]#")
                       ? curl_url_set(url, CURLUPART_URL, config->base_url, CURLU_DISALLOW_USER)
                       : CURLUE_MALFORMED_INPUT;
    bool done = rc == CURLUE_OK ? keep_parts(http, url, config->server_name, err)
                : rc == CURLUE_USER_NOT_ALLOWED
                    ? err_set(err, ERR_CONFIG, "an address with a user name is not accepted")
                    : err_set(err, ERR_CONFIG, "expected an address like https://host:port");
    curl_url_cleanup(url);
    if (!done && rc != CURLUE_USER_NOT_ALLOWED) /* a user name comes with a password */
        err_prefix(err, "%s", config->base_url);
    return done;
}

static bool check_proxy(const char *url, struct err *err)
{
    static const char *const schemes[] = {"http://", "https://", "socks5://", "socks5h://", NULL};

    if (!given(url))
        return true;
    for (size_t i = 0; schemes[i]; i++)
        if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
            return is_one_line(url) ||
                   err_set(err, ERR_CONFIG, "the proxy address is not one line");
    return err_set(err, ERR_CONFIG,
                   "the proxy address must begin with http://, https://, socks5:// or socks5h://");
}

static bool check_tls_files(const struct http *http, const struct http_config *config,
                            struct err *err)
{
    bool any = given(config->ca_file) || given(config->cert_file) || given(config->key_file) ||
               given(config->ca_pem) || given(config->cert_pem) || given(config->key_pem) ||
               config->insecure;

    if (any && !http->tls)
        return err_set(err, ERR_CONFIG, "%s: TLS files are given, but the address is plain http",
                       config->base_url);
    if (given(config->key_file) && !given(config->cert_file))
        return err_set(err, ERR_CONFIG, "%s: a key file without a certificate file",
                       config->base_url);
    return check_file(config->ca_file, "CA file", err) &&
           check_file(config->cert_file, "certificate file", err) &&
           check_file(config->key_file, "key file", err);
}

static bool check_tls_texts(const struct http *http, const struct http_config *config,
                            struct err *err)
{
    if (config->insecure && !config->read_only)
        return err_set(err, ERR_CONFIG, "a server that is not checked may only be looked at");
    if (given(config->ca_pem) && (given(config->ca_file) || config->insecure))
        return err_set(err, ERR_CONFIG, "more than one answer to whom to believe");
    if (given(config->ca_pem) && !http_check_authority(config->ca_pem, err))
        return false;
    if (!given(config->cert_pem) && !given(config->key_pem))
        return true;
    if (!given(config->cert_pem) || !given(config->key_pem) || given(config->cert_file))
        return err_set(err, ERR_CONFIG, "a client certificate and its key go together");
    return http_check_identity(config->cert_pem, config->key_pem,
                               clock_utc_ms(loop_clock(http->loop)), err);
}

static void forget_secret(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void http_forget_config(struct http *http)
{
    for (struct curl_slist *h = http->headers; h; h = h->next)
        explicit_bzero(h->data, strlen(h->data));
    curl_slist_free_all(http->headers);
    free(http->base);
    free(http->target);
    free(http->connect_to);
    free(http->unix_socket);
    free(http->ca_file);
    free(http->cert_file);
    free(http->key_file);
    free(http->ca_pem);
    free(http->cert_pem);
    forget_secret(http->key_pem);
    forget_secret(http->proxy_url);
}

bool http_check_config(struct http *http, const struct http_config *config, struct err *err)
{
    const struct sockaddr_un *address = NULL;

    if (!keep_url(http, config, err) || !check_tls_files(http, config, err) ||
        !check_tls_texts(http, config, err) || !check_proxy(config->proxy_url, err) ||
        !keep_headers(http, config->headers, err))
        return false;
    if (given(config->unix_socket) && strlen(config->unix_socket) >= sizeof address->sun_path)
        return err_set(err, ERR_CONFIG, "%s: longer than a socket's path may be (%zu bytes)",
                       config->unix_socket, sizeof address->sun_path - 1);
    http->unix_socket = keep(config->unix_socket);
    http->ca_file = keep(config->ca_file);
    http->cert_file = keep(config->cert_file);
    http->key_file = keep(given(config->key_file) ? config->key_file : config->cert_file);
    http->ca_pem = keep(config->ca_pem);
    http->cert_pem = keep(config->cert_pem);
    http->key_pem = keep(config->key_pem);
    http->insecure = config->insecure;
    http->proxy_url = keep(config->proxy_url);
    http->target = xstrdup(http->unix_socket ? http->unix_socket : config->base_url);
    return true;
}

static bool has_dot_segment(const char *path)
{
    for (const char *p = path; *p && *p != '?'; p++)
        if (*p == '/' && p[1] == '.') {
            const char *q = p + 2 + (p[2] == '.');
            if (*q == '/' || *q == '?' || *q == '\0')
                return true;
        }
    return false;
}

bool http_check_request(const struct http *http, const char *method, const char *path,
                        const char *content_type, struct err *err)
{
    char word[24], where[120];

    text_clean_into(word, sizeof word, method, strlen(method));
    text_clean_into(where, sizeof where, path, strlen(path));
    if (http->read_only && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return err_set(err, ERR_UNSUPPORTED, "read-only: %s %s was not sent", word, where);
    if (!*method || !consists_of(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") || strlen(method) > 16)
        return err_set(err, ERR_PROTOCOL, "%s %s: not a method, and not sent", word, where);
    if (*path != '/' || !consists_of(path, PATH) || has_dot_segment(path) ||
        strlen(path) > HTTP_PATH_MAX)
        return err_set(err, ERR_PROTOCOL, "%s %s: not an escaped path, and not sent", word, where);
    if (content_type && (!*content_type || !is_one_line(content_type)))
        return err_set(err, ERR_PROTOCOL, "%s %s: content type not of one line, and not sent", word,
                       where);
    return true;
}
