/* dash.c: see dash.h. */
#include "dash.h"

#include "test.h"

#include <string.h>

enum { WRITTEN_MS = 15000, PRESS_MS = 1000 };

struct pty *pty;

static void teardown(void)
{
    if (pty)
        pty_free(pty);
    pty = NULL;
}

TCase *dash_case(Suite *suite, const char *name, double timeout_s)
{
    TCase *tcase = test_case(suite, name, timeout_s);

    tcase_add_checked_fixture(tcase, NULL, teardown);
    return tcase;
}

void dash_start(const struct pty_options *options)
{
    pty = pty_start(options);
    pty_wait_text(pty, DASH_FLEET);
}

void dash_start_plain(void)
{
    dash_start(&(struct pty_options){0});
}

void dash_quit(void)
{
    pty_send(pty, "q");
    ck_assert_int_eq(pty_wait_exit(pty), 0);
    pty_assert_restored(pty);
}

void dash_wait_written(const char *text)
{
    double end = pty_now_ms() + WRITTEN_MS;
    size_t len;
    const char *log = pty_log(pty, &len);

    while (!memmem(log, len, text, strlen(text))) {
        ck_assert_msg(pty_now_ms() < end, "never wrote '%s'; on the screen:\n%s", text,
                      pty_screen(pty));
        pty_read_for(pty, 20);
        log = pty_log(pty, &len);
    }
}

void dash_press_until(const char *key, const char *text)
{
    double end = pty_now_ms() + WRITTEN_MS;

    while (!pty_has_text(pty, text)) {
        ck_assert_msg(pty_now_ms() < end, "%s never leads to '%s':\n%s", key, text,
                      pty_screen(pty));
        pty_send(pty, key);
        for (double until = pty_now_ms() + PRESS_MS;
             pty_now_ms() < until && !pty_has_text(pty, text);)
            pty_read_for(pty, 20);
    }
}
