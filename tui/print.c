/* print.c: tables and verdicts as text. */
#include "print.h"

#include "base/json.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_start(struct table *table, size_t columns, const char *const *heads)
{
    *table = (struct table){.columns = columns};
    for (size_t i = 0; heads && i < columns; i++)
        table_add(table, heads[i]);
}

void table_add(struct table *table, const char *text)
{
    ARRAY_RESERVE(table->cells, table->cap, table->rows + 1);
    table->cells[table->rows++] = xstrdup(text ? text : "");
}

void table_addf(struct table *table, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    table_add(table, text);
}

static size_t column_width(const struct table *table, size_t column)
{
    size_t width = 0;

    for (size_t i = column; i < table->rows; i += table->columns) {
        size_t w = text_width(table->cells[i]);
        width = w > width ? w : width;
    }
    return width;
}

void table_end(struct table *table)
{
    size_t *widths = xcalloc(table->columns, sizeof *widths);

    for (size_t c = 0; c < table->columns; c++)
        widths[c] = column_width(table, c);
    for (size_t i = 0; i < table->rows; i += table->columns) {
        size_t pending = 0; /* blanks owed before the next text */
        for (size_t c = 0; c < table->columns && i + c < table->rows; c++) {
            const char *cell = table->cells[i + c];
            if (cell[0])
                printf("%*s%s", (int)pending, "", cell);
            pending = (cell[0] ? 0 : pending) + widths[c] + 2 - text_width(cell);
        }
        putchar('\n');
    }
    for (size_t i = 0; i < table->rows; i++)
        free(table->cells[i]);
    free(table->cells);
    free(widths);
    *table = (struct table){0};
}

void print_json(json_t *value)
{
    char *text = json_text(value);

    puts(text);
    free(text);
    json_decref(value);
}

void print_finding(const struct finding *finding, const char *indent)
{
    char span[SPAN_TEXT];

    printf("%s%s %s: %s%s\n", indent, rule_word[finding->rule], rule_name[finding->rule],
           finding->sentence, finding->level == LEVEL_OBSERVE ? " (only observed)" : "");
    for (size_t i = 0; i < finding->witness_count; i++) {
        const struct witness *witness = &finding->witnesses[i];
        printf("%s  witness: %s: %s", indent, witness->object, witness->fact);
        if (witness->age_ms >= 0)
            printf(" (%s ago)", clock_format_span(witness->age_ms, span));
        putchar('\n');
    }
    if (finding->way_out && finding->way_out[0])
        printf("%s  way out: %s\n", indent, finding->way_out);
}

void print_verdict(const struct verdict *verdict, const char *indent)
{
    char unproven[RULE_COUNT * 4] = "";

    for (size_t i = 0; i < RULE_COUNT; i++) {
        const struct finding *finding = &verdict->findings[i];
        bool broken = finding->answer == ANSWER_REFUSE || finding->answer == ANSWER_UNKNOWN;
        if (broken && (finding->level != LEVEL_OBSERVE || finding->answer == ANSWER_REFUSE))
            print_finding(finding, indent);
        else if (broken)
            snprintf(unproven + strlen(unproven), sizeof unproven - strlen(unproven), " %s",
                     rule_word[i]);
    }
    if (unproven[0])
        printf("%sunproven:%s (only a contract could say)\n", indent, unproven);
    if (verdict->warning && verdict->warning[0])
        printf("%swarning: %s\n", indent, verdict->warning);
}
