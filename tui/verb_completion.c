/* verb_completion.c: `lockstep completion bash|zsh|fish`: the shell's side of the verb table.
 *
 * Services and contexts are not completed: that would ask a cluster at every TAB. */
#include "verbs.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/near.h"

#include <stdio.h>
#include <string.h>

struct table {
    const struct verb_row *rows;
    size_t count;
};

static bool takes(const struct verb_row *row, unsigned id)
{
    return (row->takes >> id) & 1;
}

/* In single quotes, for all three shells ('' never ends a word there). */
static void put_quoted(const char *text)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*text);
    }
    putchar('\'');
}

static bool takes_file(unsigned id)
{
    return strcmp(arg_info[id].argument, "FILE") == 0;
}

/* Words that may follow an option or a verb, "" where any text may. */
static const char *values_of(unsigned id)
{
    return arg_info[id].type == TAKES_FORMAT ? "text json" : "";
}

static const char *operands_of(const struct verb_row *row)
{
    if (strcmp(row->name, "completion") == 0)
        return "bash zsh fish";
    if (strcmp(row->name, "theme") == 0)
        return "list check show";
    return strcmp(row->name, "audit") == 0 ? "verify" : "";
}

static bool operands_are_files(const struct verb_row *row)
{
    return strstr(row->usage, "FILE") != NULL;
}

static void bash_options(const struct verb_row *row)
{
    for (unsigned id = 0; id < ARG_ID_COUNT; id++)
        if (takes(row, id))
            printf(" %s", arg_info[id].word);
}

static void bash(const struct table *table)
{
    puts("# bash completion of lockstep: source <(lockstep completion bash)\n"
         "_lockstep() {\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
         "    local verb='' options='' operands='' files=''\n"
         "    COMPREPLY=()\n"
         "    [ \"$COMP_CWORD\" -eq 1 ] || case ${COMP_WORDS[1]} in -*) ;; *) "
         "verb=${COMP_WORDS[1]} ;; esac\n"
         "    case $before in");
    for (unsigned id = 0; id < ARG_ID_COUNT; id++) {
        const struct arg_info *info = &arg_info[id];
        if (info->type == TAKES_NOTHING)
            continue;
        printf("        %s%s%s) ", info->word, info->brief[0] ? "|" : "", info->brief);
        if (takes_file(id))
            puts("mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); return ;;");
        else
            printf("mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$word\"); return ;;\n",
                   values_of(id));
    }
    puts("    esac\n    case $verb in");
    for (size_t i = 0; i < table->count; i++) {
        const struct verb_row *row = &table->rows[i];
        printf("        %s) options='", row->name[0] ? row->name : "''");
        bash_options(row);
        printf("' operands='%s' files='%s' ;;\n", operands_of(row),
               operands_are_files(row) ? "yes" : "");
    }
    fputs("    esac\n    [ -n \"$verb\" ] || operands='", stdout);
    for (size_t i = 1; i < table->count; i++)
        printf("%s%s", i > 1 ? " " : "", table->rows[i].name);
    puts("'\n"
         "    case $word in\n"
         "        -*) mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\") ;;\n"
         "        *) mapfile -t COMPREPLY < <(compgen -W \"$operands\" -- \"$word\")\n"
         "           [ -z \"$files\" ] || mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < "
         "<(compgen -f -- \"$word\") ;;\n"
         "    esac\n"
         "}\n"
         "complete -o filenames -F _lockstep lockstep");
}

/* "'--to[until N run]:N:'" as _arguments reads it; brackets and colons in a help text end it. */
static void zsh_spec(unsigned id)
{
    const struct arg_info *info = &arg_info[id];
    char help[160];
    size_t n = 0;

    for (const char *c = info->help; *c && n + 1 < sizeof help; c++)
        if (*c != '[' && *c != ']' && *c != '\'' && *c != '`')
            help[n++] = *c == ':' ? ',' : *c;
    help[n] = '\0';
    printf(" \\\n                '%s%s[%s]", id == ARG_CONTEXT ? "*" : "", info->word, help);
    if (info->type == TAKES_FORMAT)
        printf(":%s:(%s)", info->argument, values_of(id));
    else if (info->type != TAKES_NOTHING)
        printf(":%s:%s", info->argument, takes_file(id) ? "_files" : "");
    putchar('\'');
}

static void zsh(const struct table *table)
{
    puts("#compdef lockstep\n"
         "# zsh completion of lockstep: lockstep completion zsh >~/.zfunc/_lockstep\n"
         "_lockstep() {\n"
         "    local -a verbs\n"
         "    verbs=(");
    for (size_t i = 1; i < table->count; i++) {
        char line[200];
        snprintf(line, sizeof line, "%s:%s", table->rows[i].name, table->rows[i].help);
        fputs("        ", stdout);
        put_quoted(line);
        putchar('\n');
    }
    puts("    )\n"
         "    if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
         "        _describe 'verb' verbs\n"
         "        return\n"
         "    fi\n"
         "    case $words[2] in");
    for (size_t i = 1; i <= table->count; i++) {
        const struct verb_row *row = &table->rows[i % table->count]; /* the dashboard last */
        if (row->name[0])
            printf("        %s) shift words; (( CURRENT-- ))\n            _arguments", row->name);
        else
            fputs("        *) _arguments", stdout);
        for (unsigned id = 0; id < ARG_ID_COUNT; id++)
            if (takes(row, id))
                zsh_spec(id);
        if (operands_of(row)[0])
            printf(" \\\n                '1:operand:(%s)'", operands_of(row));
        else if (operands_are_files(row))
            fputs(" \\\n                '*:file:_files'", stdout);
        puts(" ;;");
    }
    puts("    esac\n}\n_lockstep \"$@\"");
}

static void fish(const struct table *table)
{
    puts("# fish completion of lockstep: lockstep completion fish >"
         "~/.config/fish/completions/lockstep.fish\n"
         "complete -c lockstep -f");
    for (size_t i = 0; i < table->count; i++) {
        const struct verb_row *row = &table->rows[i];
        char when[80] = "__fish_use_subcommand";
        if (row->name[0]) {
            printf("complete -c lockstep -n __fish_use_subcommand -a %s -d ", row->name);
            put_quoted(row->help);
            putchar('\n');
            snprintf(when, sizeof when, "'__fish_seen_subcommand_from %s'", row->name);
        }
        if (operands_of(row)[0])
            printf("complete -c lockstep -n %s -a '%s'\n", when, operands_of(row));
        if (row->name[0] && operands_are_files(row))
            printf("complete -c lockstep -n %s -F\n", when);
        for (unsigned id = 0; id < ARG_ID_COUNT; id++) {
            const struct arg_info *info = &arg_info[id];
            if (!takes(row, id))
                continue;
            printf("complete -c lockstep -n %s -l %s", when, info->word + 2);
            if (info->brief[0])
                printf(" -s %s", info->brief + 1);
            if (info->type != TAKES_NOTHING)
                fputs(takes_file(id) ? " -r -F" : " -x", stdout);
            if (values_of(id)[0])
                printf(" -a '%s'", values_of(id));
            fputs(" -d ", stdout);
            put_quoted(info->help);
            putchar('\n');
        }
    }
}

int verb_completion(const struct verb_row *row, const struct args *args)
{
    static const struct {
        const char *name;
        void (*print)(const struct table *table);
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    const char *names[ARRAY_LEN(shells)];
    struct table table;
    char hint[NEAR_TEXT];
    struct err err = {0};

    (void)row;
    table.rows = verbs_table(&table.count);
    for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
        names[i] = shells[i].name;
        if (strcmp(args->operands[0], shells[i].name) == 0) {
            shells[i].print(&table);
            return EXIT_DONE;
        }
    }
    near_suggest(args->operands[0], names, ARRAY_LEN(shells), hint);
    err_set(&err, ERR_USAGE, "no shell '%.40s' is known here.%s bash, zsh and fish are.",
            args->operands[0], hint);
    return complain_err(&err);
}
