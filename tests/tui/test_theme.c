/* test_theme.c: theme files, and what terminals of each depth are told. */
#include "base/mem.h"
#include "test.h"
#include "theme.h"
#include "theme_check.h"
#include "theme_color.h"
#include "theme_watch.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool parse(struct theme *theme, const char *text, struct err *err)
{
    return theme_parse(theme, text, strlen(text), "x.theme", err);
}

START_TEST(every_shipped_theme_is_built_in_and_readable)
{
    static struct theme_finding finding[64];
    struct theme theme;
    struct err err = {0};

    ck_assert_uint_ge(theme_built_in_count, 7);
    for (size_t i = 0; i < theme_built_in_count; i++) {
        ck_assert_msg(theme_load(&theme, theme_built_in[i].name, &err), "%s", err.text);
        ck_assert_str_eq(theme.name, theme_built_in[i].name);
        size_t count = theme_check(&theme, finding, ARRAY_LEN(finding));
        for (size_t k = 0; k < count; k++)
            ck_assert_msg(!finding[k].bad, "%s: %s", theme.name, finding[k].text);
    }
}
END_TEST

/* The roles whose words and signs an operator tells apart by colour first, as people without one
 * kind of cones see them: Machado, Oliveira, Fernandes 2009, severity 1, in linear RGB. */
START_TEST(colour_blind_safe_themes_keep_states_apart)
{
    static const struct {
        const char *theme;
        double m[9];
    } row[] = {
        {"deutan",
         {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940,
          0.968881}},
        {"deutan", /* as protans see it */
         {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116,
          1.051998}},
        {"tritan",
         {1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367,
          0.303900}},
    };
    static const enum role state[] = {ROLE_FAILED, ROLE_STUCK, ROLE_MOVING, ROLE_OK};
    struct theme theme;
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        uint32_t seen[ARRAY_LEN(state)];
        ck_assert_msg(theme_load(&theme, row[i].theme, &err), "%s", err.text);
        for (size_t s = 0; s < ARRAY_LEN(state); s++)
            seen[s] = theme_seen_through(theme.style[state[s]].fg.rgb, row[i].m);
        for (size_t a = 0; a < ARRAY_LEN(state); a++)
            for (size_t b = 0; b < a; b++)
                ck_assert_msg(theme_distance(seen[a], seen[b]) >= 0.08, "%s: %s and %s: %.3f",
                              row[i].theme, role_word[state[a]], role_word[state[b]],
                              theme_distance(seen[a], seen[b]));
    }
}
END_TEST

START_TEST(what_is_hard_to_read_is_found)
{
    static const struct {
        const char *lines, *finding;
        bool bad;
    } row[] = {
        {"text = #777777 on #888888", "text: contrast 1.3:1 with 24 bit, needed 4.5:1", true},
        {"text = 240 on 238", "text: contrast 1.4:1 with 256 colours, needed 4.5:1", true},
        {"text = #ffffff on #000000\nborder = #444444",
         "border: contrast 2.2:1 with 24 bit, "
         "needed 3.0:1",
         true},
        {"text = #ffffff on #000000\nrow.selected = default on #ffffff",
         "text in the selected row: contrast 1.0:1", true},
        {"alert = red", "alert has no attribute", true},
        {"text = #ffffff on #000000\ndim = #ffffff dim", "dim is dim: terminals take", false},
        {"text = #ffffff on #808080\n[contexts]\nprod-* = #a0a0a0",
         "the title of prod-*: contrast 2.6:1, needed 4.5:1", true},
    };
    static struct theme_finding finding[128];

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        char *text = xasprintf("[roles]\n%s\n", row[i].lines);
        struct theme theme;
        struct err err = {0};
        bool found = false;

        theme_init_default(&theme);
        ck_assert_msg(parse(&theme, text, &err), "%s", err.text);
        size_t count = theme_check(&theme, finding, ARRAY_LEN(finding));
        for (size_t k = 0; k < count && k < ARRAY_LEN(finding); k++)
            found =
                found || (strstr(finding[k].text, row[i].finding) && finding[k].bad == row[i].bad);
        ck_assert_msg(found, "%s: not found: %s", row[i].lines, row[i].finding);
        free(text);
    }
}
END_TEST

START_TEST(a_palette_on_top_changes_the_roles_below)
{
    struct theme theme;
    struct err err = {0};

    theme_init_default(&theme);
    ck_assert(parse(&theme, "[palette]\nink = 250\n[roles]\nstatus.ok = ink bold\n", &err));
    ck_assert(parse(&theme, "[palette]\nink = 20\n", &err));
    ck_assert_int_eq(theme_pen(&theme, ROLE_OK, THEME_256).fg, 20);
    ck_assert_uint_eq(theme_pen(&theme, ROLE_OK, THEME_256).attrs, THEME_BOLD);
}
END_TEST

START_TEST(default_is_the_colour_of_text_but_in_the_selected_row)
{
    struct theme theme;
    struct err err = {0};

    theme_init_default(&theme);
    ck_assert(parse(&theme, "[roles]\ntext = 250 on 20\nrow.selected = default on 30\n", &err));
    struct theme_pen strong = theme_pen(&theme, ROLE_STRONG, THEME_256);
    struct theme_pen selected = theme_pen(&theme, ROLE_SELECTED, THEME_256);
    ck_assert_int_eq(strong.fg, 250);
    ck_assert_int_eq(strong.bg, 20);
    ck_assert_int_eq(selected.fg, -1);
    ck_assert_int_eq(selected.bg, 30);
}
END_TEST

START_TEST(a_context_has_the_title_of_the_first_pattern_that_fits)
{
    static const struct {
        const char *context;
        bool production;
        int color; /* -1: none */
    } row[] = {
        {"prod-eu", true, 1}, {"stage-1", false, 3}, {"stage-1", true, 3},
        {"lab", true, 5},     {"lab", false, -1},
    };
    struct theme theme;
    struct err err = {0};

    theme_init_default(&theme);
    ck_assert(parse(&theme, "[contexts]\n@production = 9\n", &err));
    ck_assert(
        parse(&theme, "[contexts]\nprod-* = red\nstage-? = yellow\n@production = magenta\n", &err));
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        const struct theme_color *accent = theme_accent(&theme, row[i].context, row[i].production);
        ck_assert_int_eq(accent ? accent->index_16 : -1, row[i].color);
    }
}
END_TEST

START_TEST(the_default_keeps_the_terminals_background_and_eight_colours)
{
    struct theme theme;

    theme_init_default(&theme);
    for (int role = 0; role < ROLE_COUNT; role++)
        for (int depth = THEME_MONO; depth <= THEME_TRUE; depth++) {
            struct theme_pen pen = theme_pen(&theme, (enum role)role, (enum theme_depth)depth);
            ck_assert_int_lt(pen.fg, 8);
            ck_assert_msg(pen.bg == -1 || role == ROLE_MATCH, "%s has a background",
                          role_word[role]);
            ck_assert(depth != THEME_MONO || (pen.fg == -1 && pen.bg == -1));
        }
    ck_assert_uint_eq(theme_pen(&theme, ROLE_SELECTED, THEME_MONO).attrs, THEME_REVERSE);
}
END_TEST

static const char full[] = "# a comment\n"
                           "[theme]\r\n"
                           "name = dusk\n"
                           "format = 1     # bump only on breaking change\n"
                           "variant = dark\n"
                           "author = somebody = else\n"
                           "[palette]\n"
                           "ink = #d7dae0 / 253 / white\n"
                           "red = #ff6b6b\n"
                           "blue = 75\n"
                           "loud = brightred\n"
                           "night=default\n"
                           "[roles]\n"
                           "text = ink on night\n"
                           "alert = red on #102030 bold underline # why\n"
                           "title = bold\n"
                           "status.moving = blue italic\n"
                           "status.failed = loud\n"
                           "[glyphs]\n"
                           "failed = ✘ / X\n"
                           "bar = # / #\n"
                           "dot-old = o";

START_TEST(a_file_sets_what_it_names_and_nothing_else)
{
    struct theme theme, before;
    struct err err = {0};

    theme_init_default(&theme);
    before = theme;
    ck_assert_msg(parse(&theme, full, &err), "%s", err.text);
    ck_assert_str_eq(theme.name, "dusk");
    struct theme_pen pen = theme_pen(&theme, ROLE_ALERT, THEME_TRUE);
    ck_assert_int_eq(pen.fg, 0xff6b6b);
    ck_assert_int_eq(pen.bg, 0x102030);
    ck_assert_uint_eq(pen.attrs, THEME_BOLD | THEME_UNDERLINE);
    ck_assert_int_eq(theme_pen(&theme, ROLE_TEXT, THEME_256).fg, 253);
    ck_assert_int_eq(theme_pen(&theme, ROLE_TEXT, THEME_16).fg, 7);
    ck_assert_int_eq(theme_pen(&theme, ROLE_TEXT, THEME_256).bg, -1);
    ck_assert_int_eq(theme_pen(&theme, ROLE_TITLE, THEME_256).fg, 253);
    ck_assert_int_eq(theme_pen(&theme, ROLE_MOVING, THEME_256).fg, 75);
    ck_assert(memcmp(&theme.style[ROLE_OK], &before.style[ROLE_OK], sizeof before.style[0]) == 0);
    ck_assert_str_eq(theme.glyph_utf8[GLYPH_FAILED], "✘");
    ck_assert_str_eq(theme.glyph_ascii[GLYPH_FAILED], "X");
    ck_assert_str_eq(theme.glyph_utf8[GLYPH_BAR], "#");
    ck_assert_str_eq(theme.glyph_utf8[GLYPH_DOT_OLD], "o");
    ck_assert_str_eq(theme.glyph_ascii[GLYPH_DOT_OLD], "");
}
END_TEST

START_TEST(bright_is_bold_where_there_are_eight_colours)
{
    struct theme theme;
    struct err err = {0};

    theme_init_default(&theme);
    ck_assert(parse(&theme, full, &err));
    struct theme_pen pen = theme_pen(&theme, ROLE_FAILED, THEME_8);
    ck_assert_int_eq(pen.fg, 1);
    ck_assert_uint_eq(pen.attrs, THEME_BOLD);
    ck_assert_int_eq(theme_pen(&theme, ROLE_FAILED, THEME_16).fg, 9);
    ck_assert_uint_eq(theme_pen(&theme, ROLE_FAILED, THEME_MONO).attrs, 0);
}
END_TEST

START_TEST(an_error_names_file_line_and_word_and_changes_nothing)
{
    static const struct {
        const char *text, *want;
    } row[] = {
        {"a = b", "x.theme:1: before the first [section]: 'a'"},
        {"\n[colours]", "x.theme:2: unknown section 'colours'"},
        {"[theme", "x.theme:1: a section ends in ']', unlike '[theme'"},
        {"[theme]\nformat = 2", "x.theme:2: this version reads format 1, not '2'"},
        {"[theme]\nname = A B", "not 'A B'"},
        {"[theme]\nbase =", "not ''"},
        {"[theme]\nvariant = pink", "x.theme:2: a variant is dark or light, not 'pink'"},
        {"[theme]\nfoo = 1", "x.theme:2: unknown key 'foo'"},
        {"[palette]\nrde", "x.theme:2: expected 'key = value', found 'rde'"},
        {"[palette]\nx = rde", "x.theme:2: unknown colour 'rde'"},
        {"[palette]\nx = #12345", "x.theme:2: unknown colour '#12345'"},
        {"[palette]\nx = 256", "x.theme:2: unknown colour '256'"},
        {"[palette]\nx = red / blue", "x.theme:2: unknown colour 'blue'"},
        {"[palette]\nx = red /", "x.theme:2: unknown colour ''"},
        {"[palette]\nx = red\nx = red", "x.theme:3: given twice: colour 'x'"},
        {"[roles]\ntext = red\ntext = red", "x.theme:3: given twice: role 'text'"},
        {"[roles]\nfoo = red", "x.theme:2: unknown role 'foo'"},
        {"[roles]\ntext = red on", "x.theme:2: not a colour or attribute (or not here) 'on'"},
        {"[roles]\ntext = bold red", "not here) 'red'"},
        {"[roles]\ntext = red blue", "not here) 'blue'"},
        {"[roles]\ntext =", "x.theme:2: no colour for 'text'"},
        {"[roles]\ntext = \x1b[31m", "x.theme:2: "},
        {"[glyphs]\nfoo = x", "x.theme:2: unknown glyph 'foo'"},
        {"[contexts]\nprod = rde", "x.theme:2: unknown colour 'rde'"},
        {"[contexts]\n = red", "x.theme:2: not a pattern of context names: ''"},
        {"[glyphs]\nbar = 漢", "x.theme:2: not one character of one cell: '漢'"},
        {"[glyphs]\nbar = xx", "not one character of one cell: 'xx'"},
        {"[glyphs]\nbar = \xe2\x80\x8b", "x.theme:2: not one character of one cell:"},
        {"[glyphs]\nbar = x / █", "x.theme:2: not one ASCII character: '█'"},
        {"[glyphs]\nbar = x\nbar = y", "x.theme:3: given twice: glyph 'bar'"},
    };
    struct theme theme, before;
    struct err err = {0};

    theme_init_default(&theme);
    before = theme;
    ck_assert(!parse(&theme, row[_i].text, &err));
    ck_assert_int_eq(err.code, ERR_CONFIG);
    ck_assert_msg(strstr(err.text, row[_i].want) != NULL, "%s", err.text);
    ck_assert_ptr_null(strchr(err.text, '\x1b'));
    ck_assert(memcmp(&theme, &before, sizeof theme) == 0);
}
END_TEST

START_TEST(a_nul_byte_or_too_many_colours_are_refused)
{
    struct theme theme;
    struct err err = {0};
    char text[4096] = "[palette]\n";

    theme_init_default(&theme);
    ck_assert(!theme_parse(&theme, "[theme]\0name = x", 16, "x.theme", &err));
    for (int i = 0; i < 65; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "c%d = red\n", i);
    err.code = ERR_NONE;
    ck_assert(!parse(&theme, text, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "x.theme:66: more than 64 colours"));
}
END_TEST

static void write_file(const char *dir, const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", dir, name);
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    free(path);
}

/* A themes directory that theme names are looked up in. */
static char *use_themes_dir(void)
{
    const char *root = test_dir();
    char *dir = xasprintf("%s/lockstep", root), *themes = xasprintf("%s/lockstep/themes", root);

    ck_assert_int_eq(mkdir(dir, 0700), 0);
    ck_assert_int_eq(mkdir(themes, 0700), 0);
    setenv("XDG_CONFIG_HOME", root, 1);
    free(dir);
    return themes;
}

START_TEST(a_theme_rests_on_its_base)
{
    char *dir = use_themes_dir(), *path = xasprintf("%s/top.theme", dir);
    struct theme theme;
    struct err err = {0};

    write_file(dir, "mid.theme", "[palette]\nrust = 130\n[roles]\ntext = rust\nalert = rust\n");
    write_file(dir, "top.theme", "[theme]\nname = top\nbase = mid\n[roles]\nalert = rust bold\n");
    ck_assert_msg(theme_load(&theme, "top", &err), "%s", err.text);
    ck_assert_str_eq(theme.name, "top");
    ck_assert_int_eq(theme_pen(&theme, ROLE_TEXT, THEME_256).fg, 130);
    ck_assert_uint_eq(theme_pen(&theme, ROLE_ALERT, THEME_256).attrs, THEME_BOLD);
    ck_assert_int_eq(theme_pen(&theme, ROLE_OK, THEME_256).fg, 2);
    ck_assert_msg(theme_load(&theme, path, &err), "%s", err.text);
    free(path);
    free(dir);
}
END_TEST

START_TEST(a_theme_that_rests_on_itself_ends)
{
    char *dir = use_themes_dir();
    struct theme theme;
    struct err err = {0};

    write_file(dir, "loop.theme", "[theme]\nbase = loop\n");
    ck_assert(!theme_load(&theme, "loop", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "more than 4 themes"));
    free(dir);
}
END_TEST

START_TEST(a_missing_or_huge_theme_is_one_clear_sentence)
{
    char *dir = use_themes_dir(), *huge = xcalloc(THEME_FILE_MAX + 2, 1);
    struct theme theme;
    struct err err = {0};

    ck_assert(!theme_load(&theme, "nowhere", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "There is no theme 'nowhere'"));
    err.code = ERR_NONE;
    ck_assert(!theme_load(&theme, "/nowhere/at/all", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "cannot read the theme /nowhere/at/all: No such file"));
    memset(huge, '#', THEME_FILE_MAX + 1);
    write_file(dir, "huge.theme", huge);
    err.code = ERR_NONE;
    ck_assert(!theme_load(&theme, "huge", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "larger than"));
    err.code = ERR_NONE;
    ck_assert(theme_load(&theme, "default", &err));
    free(huge);
    free(dir);
}
END_TEST

static bool wait_for_news(struct theme_watch *watch, struct theme *theme, struct err *err)
{
    struct pollfd news = {.fd = theme_watch_fd(watch), .events = POLLIN};

    *err = (struct err){0};
    ck_assert_int_eq(poll(&news, 1, 15000), 1);
    return theme_watch_take(watch, theme, err);
}

START_TEST(a_theme_is_read_again_when_a_file_of_it_changes)
{
    char *dir = use_themes_dir();
    struct theme theme;
    struct err err = {0};

    ck_assert_ptr_null(theme_watch_new("paper")); /* built in: it cannot change */
    ck_assert_int_eq(theme_watch_fd(NULL), -1);
    write_file(dir, "low.theme", "[roles]\nalert = 130\n");
    write_file(dir, "top.theme", "[theme]\nbase = low\n");
    ck_assert_msg(theme_load(&theme, "top", &err), "%s", err.text);
    struct theme_watch *watch = theme_watch_new("top");
    write_file(dir, "low.theme", "[roles]\nalert = 77\n# one more line\n");
    ck_assert(wait_for_news(watch, &theme, &err));
    ck_assert_int_eq(theme_pen(&theme, ROLE_ALERT, THEME_256).fg, 77);
    write_file(dir, "top.theme", "[theme]\nbase = low\n[roles]\nalert = rde\n");
    ck_assert(!wait_for_news(watch, &theme, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "top.theme:4: "));
    ck_assert_int_eq(theme_pen(&theme, ROLE_ALERT, THEME_256).fg, 77);
    err.code = ERR_NONE;
    ck_assert(!theme_watch_take(watch, &theme, &err));
    ck_assert_int_eq(err.code, ERR_NONE);
    theme_watch_free(watch);
    free(dir);
}
END_TEST

START_TEST(nearest_colours_are_the_expected_ones)
{
    ck_assert_uint_eq(theme_nearest_256(0xffffff), 231);
    ck_assert_uint_eq(theme_nearest_256(0x000000), 16);
    ck_assert_uint_eq(theme_nearest_256(0xff0000), 196);
    ck_assert_uint_eq(theme_nearest_256(0x808080), 244);
    ck_assert_uint_eq(theme_nearest_16(0xf00000), 9);
    ck_assert_uint_eq(theme_nearest_16(0x00c000), 2);
    for (unsigned i = 16; i < 256; i++)
        ck_assert_uint_eq(theme_rgb_256(theme_nearest_256(theme_rgb_256((uint8_t)i))),
                          theme_rgb_256((uint8_t)i));
}
END_TEST

START_TEST(a_canvas_uses_the_glyphs_of_its_theme)
{
    struct theme theme;
    struct err err = {0};
    struct canvas canvas;

    theme_init_default(&theme);
    ck_assert(parse(&theme, full, &err));
    canvas_init(&canvas, 4, 1, false);
    canvas.theme = &theme;
    ck_assert_str_eq(canvas_glyph_text(&canvas, GLYPH_FAILED), "✘");
    ck_assert_str_eq(canvas_glyph_text(&canvas, GLYPH_UNDO), "↺");
    canvas.ascii = true;
    ck_assert_str_eq(canvas_glyph_text(&canvas, GLYPH_FAILED), "X");
    ck_assert_str_eq(canvas_glyph_text(&canvas, GLYPH_DOT_OLD), "o");
    canvas_release(&canvas);
}
END_TEST

START_TEST(auto_follows_the_terminals_background)
{
    static const struct {
        const char *colors, *name; /* NULL: not set */
    } row[] = {
        {NULL, "default"},         {"", "default"},          {"15", "default"},
        {"15;", "default"},        {"15;0", "dusk"},         {"7;8", "dusk"},
        {"0;15", "paper"},         {"0;7", "paper"},         {"0;9", "paper"},
        {"0;default;15", "paper"}, {"15;default;0", "dusk"}, {"0;default", "default"},
        {"0;16", "default"},       {"0;255", "default"},     {"0;-1", "default"},
        {"0;15x", "default"},
    };
    struct theme theme;
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        if (row[i].colors)
            setenv("COLORFGBG", row[i].colors, 1);
        else
            unsetenv("COLORFGBG");
        ck_assert_msg(strcmp(theme_resolve("auto"), row[i].name) == 0, "row %zu", i);
        ck_assert(theme_load(&theme, "auto", &err));
        ck_assert_str_eq(theme.name, row[i].name);
        ck_assert_str_eq(theme_resolve("mono"), "mono");
    }
}
END_TEST

SUITE(theme)
{
    Suite *suite = suite_create("theme");
    TCase *tcase = test_case(suite, "files", 5);

    tcase_add_test(tcase, every_shipped_theme_is_built_in_and_readable);
    tcase_add_test(tcase, auto_follows_the_terminals_background);
    tcase_add_test(tcase, colour_blind_safe_themes_keep_states_apart);
    tcase_add_test(tcase, what_is_hard_to_read_is_found);
    tcase_add_test(tcase, a_palette_on_top_changes_the_roles_below);
    tcase_add_test(tcase, default_is_the_colour_of_text_but_in_the_selected_row);
    tcase_add_test(tcase, a_context_has_the_title_of_the_first_pattern_that_fits);
    tcase_add_test(tcase, the_default_keeps_the_terminals_background_and_eight_colours);
    tcase_add_test(tcase, a_file_sets_what_it_names_and_nothing_else);
    tcase_add_test(tcase, bright_is_bold_where_there_are_eight_colours);
    tcase_add_loop_test(tcase, an_error_names_file_line_and_word_and_changes_nothing, 0, 30);
    tcase_add_test(tcase, a_nul_byte_or_too_many_colours_are_refused);
    tcase_add_test(tcase, a_theme_rests_on_its_base);
    tcase_add_test(tcase, a_theme_that_rests_on_itself_ends);
    tcase_add_test(tcase, a_missing_or_huge_theme_is_one_clear_sentence);
    tcase_add_test(tcase, nearest_colours_are_the_expected_ones);
    tcase_add_test(tcase, a_canvas_uses_the_glyphs_of_its_theme);
    TCase *threads = test_case(suite, "threads", 20);
    tcase_add_test(threads, a_theme_is_read_again_when_a_file_of_it_changes);
    return suite;
}
