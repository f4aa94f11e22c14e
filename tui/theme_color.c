/* theme_color.c: the nearest colour of a smaller palette.
 *
 * Distances are taken in Oklab, where equal steps look equal; of the 256, only 16-255
 * are matched, because users change the first sixteen. */
#include "theme_color.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

const char *const theme_color_word[16] = {
    "black",      "red",           "green",       "yellow",      "blue",        "magenta",
    "cyan",       "white",         "brightblack", "brightred",   "brightgreen", "brightyellow",
    "brightblue", "brightmagenta", "brightcyan",  "brightwhite",
};

static const uint32_t rgb_16[16] = {
    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
    0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
};

uint32_t theme_rgb_256(uint8_t index)
{
    static const uint32_t level[6] = {0, 95, 135, 175, 215, 255};

    if (index < 16)
        return rgb_16[index];
    if (index >= 232) {
        uint32_t grey = 8 + 10 * (uint32_t)(index - 232);
        return grey << 16 | grey << 8 | grey;
    }
    unsigned n = index - 16u;
    return level[n / 36] << 16 | level[n / 6 % 6] << 8 | level[n % 6];
}

struct lab {
    double l, a, b;
};

static double linear(uint32_t channel)
{
    double c = (double)channel / 255;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(uint32_t rgb)
{
    return 0.2126 * linear(rgb >> 16 & 255) + 0.7152 * linear(rgb >> 8 & 255) +
           0.0722 * linear(rgb & 255);
}

double theme_contrast(uint32_t a_rgb, uint32_t b_rgb)
{
    double a = luminance(a_rgb), b = luminance(b_rgb);

    return (fmax(a, b) + 0.05) / (fmin(a, b) + 0.05);
}

static struct lab oklab(uint32_t rgb)
{
    double r = linear(rgb >> 16 & 255), g = linear(rgb >> 8 & 255), b = linear(rgb & 255);
    double l = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    double m = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    double s = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);

    return (struct lab){
        .l = 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
        .a = 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
        .b = 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
    };
}

static double distance(struct lab x, struct lab y)
{
    return (x.l - y.l) * (x.l - y.l) + (x.a - y.a) * (x.a - y.a) + (x.b - y.b) * (x.b - y.b);
}

static uint8_t nearest(uint32_t rgb, unsigned from, unsigned to)
{
    struct lab want = oklab(rgb);
    unsigned best = from;
    double best_distance = 1e9;

    for (unsigned i = from; i <= to; i++) {
        double d = distance(want, oklab(theme_rgb_256((uint8_t)i)));
        if (d < best_distance) {
            best_distance = d;
            best = i;
        }
    }
    return (uint8_t)best;
}

uint8_t theme_nearest_256(uint32_t rgb)
{
    return nearest(rgb, 16, 255);
}

uint8_t theme_nearest_16(uint32_t rgb)
{
    return nearest(rgb, 0, 15);
}

bool theme_word_16(const char *word, uint8_t *index)
{
    for (unsigned i = 0; i < ARRAY_LEN(theme_color_word); i++)
        if (strcmp(word, theme_color_word[i]) == 0) {
            *index = (uint8_t)i;
            return true;
        }
    return false;
}

double theme_distance(uint32_t a_rgb, uint32_t b_rgb)
{
    return sqrt(distance(oklab(a_rgb), oklab(b_rgb)));
}

static uint32_t channel(double light)
{
    double c = light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055;

    return c <= 0 ? 0 : c >= 1 ? 255 : (uint32_t)lround(c * 255);
}

uint32_t theme_seen_through(uint32_t rgb, const double m[9])
{
    double r = linear(rgb >> 16 & 255), g = linear(rgb >> 8 & 255), b = linear(rgb & 255);

    return channel(m[0] * r + m[1] * g + m[2] * b) << 16 |
           channel(m[3] * r + m[4] * g + m[5] * b) << 8 | channel(m[6] * r + m[7] * g + m[8] * b);
}
