/* theme_color.h: palettes of 16 and 256 colours, for theme*.c and tests. */
#ifndef LOCKSTEP_TUI_THEME_COLOR_H
#define LOCKSTEP_TUI_THEME_COLOR_H

#include <stdbool.h>
#include <stdint.h>

extern const char *const theme_color_word[16]; /* "black" … "brightwhite" */
bool theme_word_16(const char *word, uint8_t *index);

uint32_t theme_rgb_256(uint8_t index);   /* as xterm has them; 0-15 differ from user to user */
uint8_t theme_nearest_256(uint32_t rgb); /* 16-255 */
uint8_t theme_nearest_16(uint32_t rgb);

#endif
