/* verb_theme.c: `lockstep theme list`, `lockstep theme check [FILE|NAME...]`, `lockstep theme show
 * NAME`: what colours there are, whether they can be read, and a file to start from.
 *
 * Exit status: 0 fine; 1 a theme is hard to read; 2 a file is wrong or not there. */
#include "base/mem.h"
#include "theme_check.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>

enum { FINDINGS_MAX = 128 };

static int check_one(const char *name)
{
    static struct theme_finding finding[FINDINGS_MAX];
    struct theme theme;
    struct err err = {0};
    size_t bad = 0;

    if (!theme_load(&theme, name, &err))
        return complain_err(&err);
    size_t count = theme_check(&theme, finding, FINDINGS_MAX);
    for (size_t i = 0; i < count && i < FINDINGS_MAX; i++) {
        bad += finding[i].bad;
        printf("%s: %s%s\n", name, finding[i].bad ? "" : "note: ", finding[i].text);
    }
    printf("%s: %s\n", name, bad ? "hard to read" : "ok");
    return bad ? EXIT_REFUSED : EXIT_DONE;
}

static int check(const struct args *args)
{
    int worst = EXIT_DONE;

    for (size_t i = 1; i < args->operand_count; i++) {
        int status = check_one(args->operands[i]);
        worst = status > worst ? status : worst;
    }
    for (size_t i = 0; args->operand_count == 1 && i < theme_built_in_count; i++) {
        int status = check_one(theme_built_in[i].name);
        worst = status > worst ? status : worst;
    }
    return worst;
}

/* The first line of its file says what a theme is for. */
static int list(void)
{
    for (size_t i = 0; i < theme_built_in_count; i++) {
        const char *text = theme_built_in[i].text, *says = strchr(text, ':');
        size_t line = strcspn(text, "\n");
        bool has = text[0] == '#' && says && (size_t)(says - text) < line;
        printf("  %-14s %.*s\n", theme_built_in[i].name,
               has ? (int)(line - (size_t)(says + 2 - text)) : 0, has ? says + 2 : "");
    }
    return EXIT_DONE;
}

static int show(const char *name)
{
    struct err err = {0};

    for (size_t i = 0; i < theme_built_in_count; i++)
        if (strcmp(theme_built_in[i].name, name) == 0) {
            fputs(theme_built_in[i].text, stdout);
            return EXIT_DONE;
        }
    err_set(&err, ERR_USAGE,
            "there is no built-in theme '%.40s'; `lockstep theme list` names those there are",
            name);
    return complain_err(&err);
}

int verb_theme(const struct verb_row *row, const struct args *args)
{
    const char *word = args->operands[0];
    struct err err = {0};

    if (strcmp(word, "list") == 0 && args->operand_count == 1)
        return list();
    if (strcmp(word, "check") == 0)
        return check(args);
    if (strcmp(word, "show") == 0 && args->operand_count == 2)
        return show(args->operands[1]);
    err_set(&err, ERR_USAGE, "usage: lockstep %s %s", row->name, row->usage);
    return complain_err(&err);
}
