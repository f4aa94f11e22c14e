/* picture.h: a canvas as an SVG picture, for reports, slides and the README.
 *
 * The same canvas and theme give the same bytes. Colours that are the terminal's own become those
 * of a dark or light terminal, as the theme's variant says. */
#ifndef LOCKSTEP_TUI_PICTURE_H
#define LOCKSTEP_TUI_PICTURE_H

#include "theme.h"

/* `accent`: the title's own colour (theme_accent), or NULL. The text is yours to free. */
char *picture_svg(const struct canvas *canvas, const struct theme *theme,
                  const struct theme_color *accent);

#endif
