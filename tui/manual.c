/* manual.c: lockstep(1) as roff, from the tables of verbs, options and keys.
 *
 * Everything that comes from a table is escaped: a leading '.' or a backslash would be roff. */
#include "verbs.h"

#include "base/mem.h"
#include "keymap.h"

#include <stdio.h>
#include <string.h>

/* One line of text. */
static void put(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
}

static void put_line(const char *text)
{
    put(text);
    putchar('\n');
}

/* "TAG" in bold, its argument in italics, then the text below it. */
static void put_tagged(const char *tag, const char *argument, const char *text)
{
    fputs(".TP\n\\fB", stdout);
    put(tag);
    fputs("\\fR", stdout);
    if (argument[0]) {
        fputs(" \\fI", stdout);
        put(argument);
        fputs("\\fR", stdout);
    }
    putchar('\n');
    put_line(text);
}

static void put_verbs(void)
{
    size_t count;
    const struct verb_row *rows = verbs_table(&count);

    puts(".SH VERBS");
    for (size_t i = 0; i < count; i++) {
        char tag[64];
        snprintf(tag, sizeof tag, "lockstep%s%s", rows[i].name[0] ? " " : "", rows[i].name);
        put_tagged(tag, rows[i].usage, rows[i].help);
        const char *lead = ".br\nOptions: ";
        for (unsigned id = 0; id < ARG_ID_COUNT; id++)
            if ((rows[i].takes >> id) & 1 && id != ARG_HELP) {
                fputs(lead, stdout);
                put(arg_info[id].word);
                lead = ", ";
            }
        if (lead[0] == ',')
            puts(".");
    }
}

static void put_options(void)
{
    puts(".SH OPTIONS");
    puts("Each verb takes those that are named with it.");
    for (unsigned id = 0; id < ARG_ID_COUNT; id++) {
        const struct arg_info *info = &arg_info[id];
        char tag[64];
        snprintf(tag, sizeof tag, "%s%s%s", info->brief, info->brief[0] ? ", " : "", info->word);
        put_tagged(tag, info->argument, info->help);
    }
}

static void put_keys(void)
{
    const char *group = "";
    char help[KEYMAP_HELP];

    puts(".SH KEYS");
    puts("One rule to remember: lower case looks, upper case acts.");
    for (unsigned i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++) {
        const struct command_info *info = &command_info[i];
        if (strcmp(group, info->group) != 0) {
            fputs(".SS ", stdout);
            put_line(info->group);
            group = info->group;
        }
        put_tagged(info->key, info->word, keymap_help(NULL, (enum command)i, help));
    }
}

static void put_exit_status(void)
{
    static const struct {
        const char *status, *text;
    } rows[] = {
        {"0", "done, or allowed"},
        {"1", "refused by a rule, or somebody else was first; the refusal is on stdout"},
        {"2", "the command line or the configuration is wrong"},
        {"3", "it could not be known or reached, and nothing was done"},
        {"4", "the outcome is unknown; \"lockstep status\" settles it"},
    };

    puts(".SH EXIT STATUS");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        put_tagged(rows[i].status, "", rows[i].text);
}

void manual_print(void)
{
    puts(".TH LOCKSTEP 1 \"\" \"lockstep " LOCKSTEP_VERSION "\" \"User Commands\"");
    puts(".SH NAME");
    puts("lockstep \\- a release dashboard that knows which keystroke is safe");
    puts(".SH SYNOPSIS\n.B lockstep\n[\\fIVERB\\fR] [\\fIOPTION\\fR]... [\\fIOPERAND\\fR]...");
    puts(".SH DESCRIPTION");
    puts("lockstep shows every rollout of a fleet on one screen and takes exactly the next step, "
         "pauses,\nor goes back with one key. Before a key takes effect a guard checks, from "
         "declared contracts\nand from what really runs, that the step can be taken and taken "
         "back; if not, it refuses,\nshows the witness and names the way out.");
    put_verbs();
    put_options();
    put_keys();
    put_exit_status();
    puts(".SH FILES");
    put_tagged(
        "$XDG_CONFIG_HOME/lockstep/config.yaml", "",
        "Contexts, levels, profiles. Without it the usual environment of each engine counts.");
    put_tagged(
        "$XDG_CONFIG_HOME/lockstep/keys.conf", "",
        "Keys of your own: lines `KEY = command` with the words above, `KEY = none` unbinds.");
    put_tagged("$XDG_CONFIG_HOME/lockstep/themes/*.theme", "", "Themes of your own.");
    put_tagged("$XDG_STATE_HOME/lockstep/", "",
               "The journal: who did what, when, with which verdict; chained, never edited.");
}
