/* special.c: incomplete gamma and beta functions: series and Lentz's continued fractions, after
 * Abramowitz and Stegun 6.5.29, 6.5.31 and 26.5.8. */
#include "health/special.h"

#include <math.h>

enum { TERMS_MAX = 500 };
static const double TINY = 1e-300, CLOSE = 1e-12, LARGE = 100;

static double gamma_series(double shape, double x)
{
    double term = 1 / shape, sum = term;

    for (int n = 1; n < TERMS_MAX; n++) {
        term *= x / (shape + n);
        sum += term;
        if (term < sum * CLOSE)
            break;
    }
    return sum * exp(shape * log(x) - x - lgamma(shape));
}

static double nonzero(double x)
{
    return fabs(x) < TINY ? TINY : x;
}

/* Of P(X > x). */
static double gamma_fraction(double shape, double x)
{
    double b = x + 1 - shape, c = 1 / TINY, d = 1 / nonzero(b), h = d;

    for (int n = 1; n < TERMS_MAX; n++) {
        double a = -n * (n - shape);
        b += 2;
        d = 1 / nonzero(a * d + b);
        c = nonzero(b + a / c);
        h *= d * c;
        if (fabs(d * c - 1) < CLOSE)
            break;
    }
    return h * exp(shape * log(x) - x - lgamma(shape));
}

/* Where the series would need many terms: Wilson and Hilferty's cube root, off by less than 1e-4.
 */
static double gamma_normal(double shape, double x)
{
    double z = (cbrt(x / shape) - 1 + 1 / (9 * shape)) * sqrt(9 * shape);

    return 0.5 * erfc(-z / sqrt(2));
}

double gamma_below(double shape, double x)
{
    if (x <= 0)
        return 0;
    if (shape > LARGE)
        return gamma_normal(shape, x);
    return x < shape + 1 ? gamma_series(shape, x) : 1 - gamma_fraction(shape, x);
}

/* Of the standard normal distribution, by bisection in its own tail function. */
static double normal_quantile(double p)
{
    double low = -9, high = 9;

    for (int i = 0; i < 40; i++) {
        double middle = (low + high) / 2;
        if (0.5 * erfc(-middle / sqrt(2)) < p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

double gamma_quantile(double shape, double p)
{
    if (shape > LARGE) {
        double root = 1 - 1 / (9 * shape) + normal_quantile(p) / sqrt(9 * shape);
        return shape * root * root * root;
    }
    double low = 0, high = shape + 1;
    while (gamma_below(shape, high) < p)
        high *= 2;
    for (int i = 0; i < 40; i++) {
        double middle = (low + high) / 2;
        if (gamma_below(shape, middle) < p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 / nonzero(1 - (a + b) * x / (a + 1)), h = d;

    for (int n = 1; n < TERMS_MAX; n++) {
        double even = n * (b - n) * x / ((a + 2 * n - 1) * (a + 2 * n));
        double odd = -(a + n) * (a + b + n) * x / ((a + 2 * n) * (a + 2 * n + 1));
        d = 1 / nonzero(1 + even * d);
        c = nonzero(1 + even / c);
        h *= d * c;
        d = 1 / nonzero(1 + odd * d);
        c = nonzero(1 + odd / c);
        h *= d * c;
        if (fabs(d * c - 1) < CLOSE)
            break;
    }
    return h;
}

static double beta_below(double a, double b, double x)
{
    if (x <= 0 || x >= 1)
        return x >= 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double student_below(double t, double freedom)
{
    double tail = 0.5 * beta_below(freedom / 2, 0.5, freedom / (freedom + t * t));

    return t > 0 ? 1 - tail : tail;
}
