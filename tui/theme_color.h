/* theme_color.h: palettes of 16 and 256 colours, for theme*.c and tests. */
#ifndef LOCKSTEP_TUI_THEME_COLOR_H
#define LOCKSTEP_TUI_THEME_COLOR_H

#include <stdbool.h>
#include <stdint.h>

extern const char *const theme_color_word[16]; /* "black" … "brightwhite" */
bool theme_word_16(const char *word, uint8_t *index);

uint32_t theme_rgb_256(uint8_t index); /* as xterm has them; 0-15 differ from user to user */
/* Contrast of two colours, 1..21: WCAG 2.1, relative luminance of sRGB. */
double theme_contrast(uint32_t a_rgb, uint32_t b_rgb);
/* How different two colours look, in Oklab: 0 the same, 1 black and white. */
double theme_distance(uint32_t a_rgb, uint32_t b_rgb);
/* A colour through a 3x3 matrix of linear RGB, row by row. */
uint32_t theme_seen_through(uint32_t rgb, const double m[9]);
uint8_t theme_nearest_256(uint32_t rgb); /* 16-255 */
uint8_t theme_nearest_16(uint32_t rgb);

#endif
