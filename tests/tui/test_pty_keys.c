/* test_pty_keys.c: keys, the mouse and what is pasted do what they say, and nothing else does. */
#include "base/mem.h"
#include "dash.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

START_TEST(esc_is_answered_within_100_ms)
{
    double best = 1e9;

    dash_start_plain();
    for (int i = 0; i < 5 && best >= 100; i++) {
        pty_send(pty, "?");
        pty_wait_text(pty, DASH_HELP);
        double begin = pty_now_ms();
        pty_send(pty, "\033");
        pty_wait_text(pty, DASH_FLEET);
        double took = pty_now_ms() - begin;
        best = took < best ? took : best;
    }
    ck_assert_msg(best < 100, "esc took %.0f ms", best);
    dash_quit();
}
END_TEST

START_TEST(ctrl_s_does_not_freeze_the_screen)
{
    dash_start_plain();
    pty_send(pty, "\023");
    pty_send(pty, "?");
    pty_wait_text(pty, DASH_HELP);
    pty_send(pty, "\021q");
    pty_wait_text(pty, DASH_FLEET);
    dash_quit();
}
END_TEST

START_TEST(on_the_simulator_a_key_acts_at_once)
{
    dash_start(&(struct pty_options){.width = 100, .height = 40});
    pty_wait_text(pty, "billing");
    pty_send(pty, "/billing");
    pty_wait_text(pty, "1 of 12 ");
    pty_send(pty, "\r");
    pty_wait_text(pty, "esc shows all");
    pty_read_for(pty, 40);
    pty_send(pty, "S");
    pty_wait_text(pty, "done: 1 of 12 on 42");
    pty_wait_text(pty, "1/4");
    pty_send(pty, "P");
    pty_wait_text(pty, "R resume");
    pty_wait_text(pty, "pause: done");
    dash_quit();
}
END_TEST

START_TEST(pasted_text_is_no_keys)
{
    dash_start_plain();
    pty_send(pty, "\033[200~SPRUq\033[201~");
    pty_wait_text(pty, "pasted text is not keys");
    ck_assert(pty_has_text(pty, DASH_FLEET));
    dash_quit();
}
END_TEST

START_TEST(keys_in_one_piece_do_not_act)
{
    dash_start_plain();
    pty_send(pty, "PROD-U");
    pty_wait_text(pty, "came together with other keys");
    dash_quit();
}
END_TEST

START_TEST(escape_sequences_nobody_knows_are_no_keys)
{
    static const char *const sequences[] = {"\033[1;5P", "\033[57399u", "\033[I",    "\033[1;2S",
                                            "\033OR",    "\033S",       "\033[?62;c"};

    dash_start_plain();
    for (size_t i = 0; i < ARRAY_LEN(sequences); i++)
        pty_send(pty, sequences[i]);
    pty_send(pty, "?");
    pty_wait_text(pty, DASH_HELP);
    pty_send(pty, "q");
    pty_wait_text(pty, DASH_FLEET);
    dash_quit();
}
END_TEST

START_TEST(bytes_above_ascii_are_not_taken_for_other_keys)
{
    dash_start_plain();
    /* Without its eighth bit: ctrl-c, q, ctrl-z, S. */
    pty_send(pty, "\x83\x83");
    pty_send(pty, "\xf1");
    pty_send(pty, "\x9a");
    pty_send(pty, "\xd3");
    pty_send(pty, "?");
    pty_wait_text(pty, DASH_HELP);
    pty_send(pty, "q/");
    pty_wait_text(pty, "enter keeps it");
    pty_send(pty, "\xc3\xa9t\xc3\xa9");
    pty_wait_text(pty, "/\xc3\xa9t\xc3\xa9_");
    pty_send(pty, "\033");
    pty_wait_no_text(pty, "enter keeps it");
    dash_quit();
}
END_TEST

START_TEST(arrows_and_function_keys_arrive)
{
    dash_start_plain();
    pty_send(pty, "\033OP");
    pty_wait_text(pty, DASH_HELP);
    pty_send(pty, "\033[21~");
    pty_wait_text(pty, DASH_FLEET);
    pty_wait_text(pty, "─ 1/");
    pty_send(pty, "\033[B");
    pty_wait_text(pty, "─ 2/");
    pty_send(pty, "\033OB");
    pty_wait_text(pty, "─ 3/");
    pty_send(pty, "\033[A");
    pty_wait_text(pty, "─ 2/");
    pty_send(pty, "k");
    pty_wait_text(pty, "─ 1/");
    dash_quit();
}
END_TEST

START_TEST(the_mouse_selects_and_scrolls_once_it_is_on)
{
    dash_start_plain();
    pty_send(pty, "m");
    pty_wait_text(pty, "mouse on");
    pty_send(pty, "\033[<0;10;6M\033[<0;10;6m");
    pty_wait_no_text(pty, "─ 1/");
    pty_send(pty, "\033[<64;10;6M");
    pty_send(pty, "m");
    pty_wait_text(pty, "mouse off");
    pty_send(pty, "m");
    pty_wait_text(pty, "mouse on");
    dash_quit(); /* also with the mouse on */
}
END_TEST

START_TEST(the_palette_leads_everywhere_and_never_acts)
{
    char path[600];

    dash_start(&(struct pty_options){.width = 100, .height = 40});
    pty_wait_text(pty, "billing");
    pty_send(pty, ":");
    pty_wait_text(pty, "tab completes");
    pty_send(pty, "nod\t");
    pty_wait_text(pty, ":nodes_");
    pty_send(pty, "\r");
    pty_wait_text(pty, "nodes 1/");
    pty_send(pty, "e");
    pty_wait_text(pty, "timeline");
    pty_send(pty, "\t");
    pty_wait_no_text(pty, "timeline");
    pty_send(pty, "\033");
    pty_wait_text(pty, DASH_FLEET);
    pty_send(pty, ":undo");
    pty_wait_text(pty, ":undo_");
    pty_send(pty, "\r");
    pty_wait_text(pty, "enter never acts");
    pty_send(pty, "s");
    pty_wait_text(pty, ":save _");
    snprintf(path, sizeof path, "%s/screen.txt", test_dir());
    pty_send(pty, path);
    pty_wait_text(pty, "screen.txt_");
    pty_send(pty, "\r");
    pty_wait_text(pty, "saved ");
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    dash_quit();
}
END_TEST

START_TEST(a_copy_goes_to_the_terminals_clipboard)
{
    dash_start_plain();
    pty_send(pty, "c");
    pty_wait_text(pty, "copied to the terminal's clipboard");
    dash_quit();
}
END_TEST

START_TEST(a_filter_is_typed_and_dropped)
{
    dash_start(&(struct pty_options){.width = 100, .height = 40});
    pty_wait_text(pty, "ledger");
    pty_send(pty, "/");
    pty_wait_text(pty, "enter keeps it");
    pty_send(pty, "SPRUqxyz");
    pty_wait_no_text(pty, "ledger");
    pty_send(pty, "\033");
    pty_wait_text(pty, "ledger");
    dash_quit();
}
END_TEST

/* Any bytes: it may do what it likes, but ends and gives the terminal back. */
START_TEST(mashing_keys_does_no_harm)
{
    uint64_t state = 0x9e3779b97f4a7c15u + (uint64_t)_i;
    char bytes[12];

    dash_start(&(struct pty_options){.width = 100, .height = 30});
    for (int i = 0; i < 150; i++) {
        size_t n = 0;
        state = state * 6364136223846793005u + 1442695040888963407u;
        for (size_t want = 1 + (state >> 61); n < want; n++) {
            unsigned char byte = (unsigned char)(state >> (8 * n));
            /* Neither quits nor suspends. */
            bytes[n] = byte == 'q' || byte == 3 || byte == 26 ? 'j' : (char)byte;
        }
        pty_send_bytes(pty, bytes, n);
        pty_read_for(pty, 2);
    }
    pty_send(pty, "\033[201~");
    pty_read_for(pty, 60);
    pty_send(pty, "\003");
    pty_read_for(pty, 60);
    pty_send(pty, "\003");
    ck_assert_int_eq(pty_wait_exit(pty), 0);
    pty_assert_restored(pty);
}
END_TEST

START_TEST(keys_and_frames_at_the_same_time_do_not_race)
{
    static const char *const args[] = {"demo", "--speed", "20", NULL};

    dash_start(&(struct pty_options){.args = args, .width = 120, .height = 40});
    for (int i = 0; i < 30; i++) {
        pty_send(pty, i % 5 == 4 ? "S" : i % 7 == 6 ? "P" : "j");
        pty_read_for(pty, 30);
        if (i % 10 == 9) {
            pty_send(pty, "\r");
            pty_read_for(pty, 30);
            pty_resize(pty, 100 + i, 30);
            pty_send(pty, "q");
            pty_wait_text(pty, DASH_FLEET);
        }
    }
    dash_quit();
}
END_TEST

SUITE(pty_keys)
{
    Suite *suite = suite_create("pty-keys");
    TCase *keys = dash_case(suite, "keys", 40), *threads = dash_case(suite, "threads", 120);

    tcase_add_test(keys, esc_is_answered_within_100_ms);
    tcase_add_test(keys, ctrl_s_does_not_freeze_the_screen);
    tcase_add_test(keys, on_the_simulator_a_key_acts_at_once);
    tcase_add_test(keys, pasted_text_is_no_keys);
    tcase_add_test(keys, keys_in_one_piece_do_not_act);
    tcase_add_test(keys, escape_sequences_nobody_knows_are_no_keys);
    tcase_add_test(keys, bytes_above_ascii_are_not_taken_for_other_keys);
    tcase_add_test(keys, arrows_and_function_keys_arrive);
    tcase_add_test(keys, the_mouse_selects_and_scrolls_once_it_is_on);
    tcase_add_test(keys, the_palette_leads_everywhere_and_never_acts);
    tcase_add_test(keys, a_copy_goes_to_the_terminals_clipboard);
    tcase_add_test(keys, a_filter_is_typed_and_dropped);
    tcase_add_loop_test(keys, mashing_keys_does_no_harm, 0, 4);
    tcase_add_test(threads, keys_and_frames_at_the_same_time_do_not_race);
    return suite;
}
