/* fuzz_answer.c: what other programs and servers say around the JSON: a credential plugin's answer
 * and its last words, headers and bodies of refusals, times, PEM. The first byte chooses. */
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "drivers/kubernetes/exec_plugin.h"
#include "net/http_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void try_plugin(const char *text, size_t len)
{
    static const char *const versions[] = {"client.authentication.k8s.io/v1",
                                           "client.authentication.k8s.io/v1beta1"};
    struct arena *arena = arena_new(512);
    char line[200];

    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        struct exec_answer answer = {0};
        struct err err = {0};
        if (exec_plugin_parse(text, len, versions[i], arena, &answer, &err))
            assert((answer.token || answer.cert_pem) && !answer.cert_pem == !answer.key_pem);
        else
            assert(err.code != ERR_NONE && text_is_clean(err.text));
    }
    assert(text_is_clean(exec_plugin_last_line(text, len, line, sizeof line)));
    arena_free(arena);
}

static void try_answer(const char *text, size_t len)
{
    static const char *const names[] = {"Retry-After", "X-Nomad-Index", "X"};
    const struct http_answer answer = {
        .status = 503, .body = text, .body_len = len, .headers = text};
    char described[300], value[40];
    int64_t wait = http_parse_retry_after(text, len, 1790000000000);

    http_describe(&answer, described, sizeof described);
    assert(text_is_clean(described));
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (http_header(&answer, names[i], value, sizeof value))
            assert(!strpbrk(value, "\r\n"));
    assert(wait == -1 || (wait >= 1000 && wait <= 120000));
    char *escaped = http_escape(text);
    assert(!strpbrk(escaped, "/?#&\r\n ") && strcmp(escaped, "..") != 0);
    free(escaped);
}

static void try_time(const char *text)
{
    char again[CLOCK_TEXT];
    int64_t at = clock_parse_utc(text);

    if (at >= 0)
        assert(clock_parse_utc(clock_format_utc(at, again)) == at);
}

static void try_pem(const char *text)
{
    struct err err = {0}, none = {0};

    if (!http_check_authority(text, &err))
        assert(err.code != ERR_NONE && text_is_clean(err.text));
    if (!http_check_identity(text, text, 1790000000000, &none))
        assert(none.code != ERR_NONE && text_is_clean(none.text));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    json_init();
    if (size == 0)
        return 0;
    char *text = calloc(size, 1);
    memcpy(text, data + 1, size - 1);
    switch (data[0] % 4) {
    case 0:
        try_plugin(text, size - 1);
        break;
    case 1:
        try_answer(text, strlen(text));
        break;
    case 2:
        try_time(text);
        break;
    default:
        try_pem(text);
        break;
    }
    free(text);
    return 0;
}
