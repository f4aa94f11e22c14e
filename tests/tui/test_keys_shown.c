/* test_keys_shown.c: every text of the dashboard that names a key names the one that is bound. */
#include "tui/easel.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct view *const all_views[] = {
    &view_fleet,     &view_rollout, &view_safety, &view_nodes, &view_timeline,
    &view_couplings, &view_data,    &view_diff,   &view_log,   &view_help};

/* Greek letters look, function keys act; nothing of the table is left. */
static void remap(struct keymap *keymap)
{
    struct err err = {0};
    char *text = xasprintf("%s", "");
    int look = 0x3b1, act = 2;

    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        char key[16];
        if (command_acts((enum command)c))
            snprintf(key, sizeof key, "f%d", act++);
        else
            keymap_write_utf8(look++, key, sizeof key);
        if (look == 0x3c2) /* the final sigma is told apart badly */
            look++;
        char *more = xasprintf("%s%s = %s\n%s = none\n", text, key, command_info[c].word,
                               command_info[c].key);
        free(text);
        text = more;
    }
    keymap_init(keymap);
    ck_assert_msg(keymap_parse(keymap, text, strlen(text), "keys.conf", &err), "%s", err.text);
    free(text);
}

static bool is_end(char c)
{
    return c == '\0' || strchr(" .,:;()\n", c) != NULL;
}

/* Counts the word where it stands alone. */
static size_t count_words(const char *text, const char *word)
{
    size_t count = 0, len = strlen(word);

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        count += (at == text || is_end(at[-1])) && is_end(at[len]);
    return count;
}

static void assert_no_key_of_the_table(const char *dump, const char *where)
{
    static const char *const keys[] = {"S", "P", "R", "U", "X", "G", "esc", "ctrl-l", "space"};
    static const char *const letters[] = {"more: a", " a: go", "(f: ",   " i tells", " j more",
                                          "q quits", "w arms", "/ find", "/ filter"};

    for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
        if (count_words(dump, keys[k]))
            fprintf(stderr, "%s", dump);
        ck_assert_msg(count_words(dump, keys[k]) == 0, "%s names %s", where, keys[k]);
    }
    for (size_t k = 0; k < ARRAY_LEN(letters); k++)
        ck_assert_msg(!strstr(dump, letters[k]), "%s says %s", where, letters[k]);
}

static struct frame *frame_of(int which)
{
    return which == 0   ? frames_board()
           : which == 1 ? frames_guarded()
           : which == 2 ? frames_log()
           : which == 3 ? frames_quiet()
                        : frames_empty();
}

START_TEST(no_view_names_a_key_that_is_not_bound)
{
    static const int sizes[][2] = {{60, 12}, {80, 24}, {140, 45}, {200, 100}, {59, 10}};
    struct keymap keymap;

    remap(&keymap);
    easel_use(frame_of(_i));
    easel.screen.keymap = &keymap;
    for (size_t r = 0; r <= easel.frame->row_count; r++) {
        if (r < easel.frame->row_count)
            easel_select(easel.frame->rows[r]->service->cluster,
                         easel.frame->rows[r]->service->name);
        else
            easel_select("gone", "gone");
        for (size_t v = 0; v < ARRAY_LEN(all_views); v++)
            for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
                easel.screen.only = s % 2;
                easel.screen.log.stands = s % 2;
                char *dump = easel_draw(all_views[v], sizes[s][0], sizes[s][1], false);
                assert_no_key_of_the_table(dump, all_views[v]->name);
                free(dump);
            }
    }
}
END_TEST

/* What the engine says of keys, as it says it, and what clusters may say that looks like it. */
static const struct {
    const char *text, *told;
} sentences[] = {
    {"paused by ana: R goes on", "paused by ana: f4 goes on"},
    {"3 on 5 failing; U goes back", "3 on 5 failing; f5 goes back"},
    {"it moves by itself: P makes it stand first", "it moves by itself: f3 makes it stand first"},
    {"S steps again", "f2 steps again"},
    {"S goes from the canary on, or U ends it", "f2 goes from the canary on, or f5 ends it"},
    {"another action on it is on its way: P gives it up",
     "another action on it is on its way: f3 gives it up"},
    {"it stands still until R", "it stands still until f4"},
    {"S finishes it, U goes back", "f2 finishes it, f5 goes back"},
    {"U goes back, S takes it on from where it is",
     "f5 goes back, f2 takes it on from where it is"},
    {"it was aborted: R tries again, U goes back", "it was aborted: f4 tries again, f5 goes back"},
    {"U rolls it back.", "f5 rolls it back."},
    {"P pauses again.", "f3 pauses again."},
    {"node U is gone, S3 bucket R went away", "node U is gone, S3 bucket R went away"},
    {"plan S", "plan S"},
};

START_TEST(what_the_engine_says_of_keys_is_told_with_the_keys_that_are_bound)
{
    struct keymap keymap, table;
    struct err err = {0};
    char out[200], small[6];

    remap(&keymap);
    keymap_tell(&keymap, sentences[_i].text, out, sizeof out);
    ck_assert_str_eq(out, sentences[_i].told);
    keymap_tell(NULL, sentences[_i].text, out, sizeof out);
    ck_assert_str_eq(out, sentences[_i].text);
    keymap_tell(&keymap, sentences[_i].text, small, sizeof small);
    ck_assert_uint_lt(strlen(small), sizeof small);
    keymap_init(&table); /* one without a key is called by its word */
    ck_assert(keymap_parse(&table, "U = none", 8, "keys.conf", &err));
    keymap_tell(&table, "U goes back", out, sizeof out);
    ck_assert_str_eq(out, "undo goes back");
}
END_TEST

START_TEST(the_palette_names_the_keys_that_are_bound)
{
    struct keymap keymap;

    remap(&keymap);
    easel.screen.keymap = &keymap;
    easel.screen.palette.open = true;
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        snprintf(easel.screen.palette.text, sizeof easel.screen.palette.text, "%s",
                 command_info[c].word);
        char *dump = easel_draw(&view_fleet, 140, 45, false);
        const char *key = keymap_shown(&keymap, (enum command)c);
        ck_assert_msg(strstr(dump, key) != NULL, "%s: no %s", command_info[c].word, key);
        free(dump);
    }
}
END_TEST

START_TEST(keys_that_changed_places_are_told_once)
{
    static const char text[] = "U = step\nS = undo";
    struct keymap keymap;
    struct err err = {0};

    keymap_init(&keymap);
    ck_assert(keymap_parse(&keymap, text, sizeof text - 1, "keys.conf", &err));
    easel.screen.keymap = &keymap;
    frames_row(easel.frame, "prod-us", "ledger-writer")->why = "it does not come up; U goes back";
    easel_select("prod-us", "ledger-writer");
    easel_shows(&view_rollout, 80, 24, "it does not come up; S goes back");
    easel_shows(&view_rollout, 80, 24, "S undo");
}
END_TEST

SUITE(keys_shown)
{
    Suite *suite = suite_create("keys-shown");
    TCase *tcase = test_case(suite, "keys", 60);

    tcase_add_checked_fixture(tcase, easel_set_up, easel_tear_down);
    tcase_add_loop_test(tcase, no_view_names_a_key_that_is_not_bound, 0, 5);
    tcase_add_loop_test(tcase, what_the_engine_says_of_keys_is_told_with_the_keys_that_are_bound, 0,
                        (int)ARRAY_LEN(sentences));
    tcase_add_test(tcase, the_palette_names_the_keys_that_are_bound);
    tcase_add_test(tcase, keys_that_changed_places_are_told_once);
    return suite;
}
