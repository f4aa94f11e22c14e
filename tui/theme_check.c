/* theme_check.c: see theme_check.h. */
#include "theme_check.h"

#include "theme_color.h"

#include <stdarg.h>
#include <stdio.h>

struct report {
    const struct theme *theme;
    struct theme_finding *out;
    size_t max, count;
};

static void PRINTF_LIKE(3, 4) add(struct report *report, bool bad, const char *fmt, ...)
{
    if (report->count++ >= report->max)
        return;
    struct theme_finding *finding = &report->out[report->count - 1];
    va_list ap;

    finding->bad = bad;
    va_start(ap, fmt);
    vsnprintf(finding->text, sizeof finding->text, fmt, ap);
    va_end(ap);
}

/* Bars and borders are seen, not read. */
static double least_of(enum role role)
{
    bool drawn = role == ROLE_BAR_NEW || role == ROLE_BAR_OLD || role == ROLE_BORDER ||
                 role == ROLE_BORDER_FOCUS;

    return drawn ? 3 : 4.5;
}

static const struct theme_color *or_text(const struct theme_color *color,
                                         const struct theme_color *text)
{
    return color->is_default ? text : color;
}

static void check_pair(struct report *report, enum role role, const char *where,
                       const struct theme_color *fg, const struct theme_color *bg)
{
    const struct {
        const char *colours;
        double ratio;
    } depth[] = {
        {"24 bit", theme_contrast(fg->rgb, bg->rgb)},
        {"256 colours", theme_contrast(theme_rgb_256(fg->index_256), theme_rgb_256(bg->index_256))},
    };

    for (size_t i = 0; i < sizeof depth / sizeof depth[0]; i++)
        if (depth[i].ratio < least_of(role))
            add(report, true, "%s%s: contrast %.1f:1 with %s, needed %.1f:1", role_word[role],
                where, depth[i].ratio, depth[i].colours, least_of(role));
}

/* True when both colours of the role are the theme's own. */
static bool check_role(struct report *report, enum role role)
{
    const struct theme_style *style = &report->theme->style[role];
    const struct theme_style *text = &report->theme->style[ROLE_TEXT];
    const struct theme_style *selected = &report->theme->style[ROLE_SELECTED];
    const struct theme_color *fg = or_text(&style->fg, &text->fg);
    const struct theme_color *bg = or_text(&style->bg, &text->bg);
    bool in_rows = role >= ROLE_FAILED && role <= ROLE_VERSION_NEW;

    if (fg->is_default || bg->is_default)
        return false;
    check_pair(report, role, "", fg, bg);
    if (role == ROLE_TEXT || role == ROLE_DIM || in_rows)
        check_pair(report, role, " in the selected row", or_text(&selected->fg, fg),
                   or_text(&selected->bg, bg));
    if (style->attrs & THEME_DIM)
        add(report, false, "%s is dim: terminals take a third to a half of its contrast away",
            role_word[role]);
    return true;
}

/* No glyph and no word says these: where there is no colour, an attribute must. */
static void check_attributes(struct report *report)
{
    static const enum role silent[] = {ROLE_TITLE_ARMED, ROLE_ALERT, ROLE_SELECTED, ROLE_DANGER,
                                       ROLE_INPUT};

    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++)
        if (!report->theme->style[silent[i]].attrs)
            add(report, true, "%s has no attribute: without colours it looks like text",
                role_word[silent[i]]);
}

static void check_accents(struct report *report)
{
    for (size_t i = 0; i < report->theme->accent_count; i++) {
        const struct theme_accent *accent = &report->theme->accent[i];
        const struct theme_color *ink = theme_accent_ink(report->theme, &accent->color);
        double ratio = theme_contrast(accent->color.rgb, ink->rgb);
        if (!ink->is_default && ratio < 4.5)
            add(report, true, "the title of %s: contrast %.1f:1, needed 4.5:1", accent->pattern,
                ratio);
    }
}

size_t theme_check(const struct theme *theme, struct theme_finding *out, size_t max)
{
    struct report report = {theme, out, max, 0};
    int unknown = 0;

    for (int role = 0; role < ROLE_COUNT; role++)
        unknown += role != ROLE_SELECTED && !check_role(&report, (enum role)role);
    check_attributes(&report);
    check_accents(&report);
    if (unknown)
        add(&report, false, "%d of %d roles use the terminal's own colours: their contrast is its",
            unknown, (int)ROLE_COUNT);
    return report.count;
}
