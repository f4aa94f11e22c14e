/* http_text.c: what was answered, in words; and words made fit for a URL. */
#include "net/http.h"

#include "base/json.h"
#include "base/text.h"
#include "net/http_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    MESSAGE_MAX = 200,
    JSON_MESSAGE_BODY_MAX = 64 << 10,
    RETRY_MIN_MS = 1000,
    RETRY_MAX_S = 120
};

static const struct {
    long status;
    const char *words;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

static const char *reason_of(long status)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].words;
    return status >= 500   ? "server error"
           : status >= 400 ? "refused"
           : status >= 300 ? "redirect"
                           : "answered";
}

/* The engines' ways to say why: {"message": …}, {"error": …}, or plain text. */
static bool json_message(const struct http_answer *answer, char *out, size_t size)
{
    static const char *const keys[] = {"message", "error", "Message", "Error", NULL};
    struct err ignored = {0};
    const char *text = NULL;

    if (answer->body_len > JSON_MESSAGE_BODY_MAX || answer->body[0] != '{')
        return false;
    json_t *value = json_parse(answer->body, answer->body_len, "answer", &ignored);
    for (size_t i = 0; keys[i] && !text; i++)
        text = json_raw(json_object_get(value, keys[i]));
    if (text)
        text_clean_into(out, size, text, strcspn(text, "\r\n"));
    json_decref(value);
    return text != NULL;
}

void http_describe(const struct http_answer *answer, char *out, size_t size)
{
    char message[MESSAGE_MAX + 1];

    if (answer->status == 0) {
        snprintf(out, size, "no answer");
        return;
    }
    if (!json_message(answer, message, sizeof message)) {
        const char *line = answer->body + strspn(answer->body, " \t\r\n");
        text_clean_into(message, sizeof message, line, strcspn(line, "\r\n"));
    }
    snprintf(out, size, "%ld %s%s%s", answer->status, reason_of(answer->status),
             message[0] ? ": " : "", message);
}

int64_t http_parse_retry_after(const char *value, size_t len, int64_t utc_ms)
{
    char text[64];

    while (len && (*value == ' ' || *value == '\t')) {
        value++;
        len--;
    }
    while (len && (unsigned char)value[len - 1] <= ' ')
        len--;
    if (!len || len >= sizeof text)
        return -1;
    memcpy(text, value, len);
    text[len] = '\0';
    int64_t wait_ms;
    size_t digits = strspn(text, "0123456789");
    if (digits == len) {
        long seconds = len > 6 ? RETRY_MAX_S : strtol(text, NULL, 10);
        wait_ms = (seconds > RETRY_MAX_S ? RETRY_MAX_S : seconds) * 1000L;
    } else {
        time_t at = digits ? -1 : curl_getdate(text, NULL); /* "Sun, 06 Nov 1994 08:49:37 GMT" */
        if (at < 0)
            return -1;
        wait_ms = (int64_t)at * 1000 - utc_ms;
    }
    if (wait_ms > RETRY_MAX_S * 1000)
        return RETRY_MAX_S * 1000;
    return wait_ms < RETRY_MIN_MS ? RETRY_MIN_MS : wait_ms;
}

static bool is_dots(const char *segment)
{
    return strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0;
}

char *http_escape(const char *segment)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-_.~";
    static const char hex[] = "0123456789ABCDEF";
    char *out = xcalloc(strlen(segment) * 3 + 1, 1), *p = out;
    bool dots = is_dots(segment);

    for (; *segment; segment++) {
        const unsigned char c = (unsigned char)*segment;
        if (strchr(plain, c) && !dots) {
            *p++ = (char)c;
        } else {
            *p++ = '%';
            *p++ = hex[c >> 4];
            *p++ = hex[c & 15];
        }
    }
    return out;
}

bool http_header(const struct http_answer *answer, const char *name, char *out, size_t size)
{
    size_t len = strlen(name);
    const char *line = answer->headers;

    out[0] = '\0';
    while (line && *line) {
        const char *end = strpbrk(line, "\r\n");
        size_t line_len = end ? (size_t)(end - line) : strlen(line);
        if (line_len > len && line[len] == ':' && strncasecmp(line, name, len) == 0) {
            const char *value = line + len + 1;
            size_t value_len = line_len - len - 1;
            while (value_len > 0 && (*value == ' ' || *value == '\t'))
                value++, value_len--;
            while (value_len > 0 && (value[value_len - 1] == ' ' || value[value_len - 1] == '\t'))
                value_len--;
            if (value_len >= size)
                return false;
            memcpy(out, value, value_len);
            out[value_len] = '\0';
            return true;
        }
        line += line_len;
        line += strspn(line, "\r\n");
    }
    return false;
}
