/* special.h: the distributions that judging needs. Pure. Within 1e-9; gamma's within
 * 1e-4 for shapes above 100. */
#ifndef LOCKSTEP_HEALTH_SPECIAL_H
#define LOCKSTEP_HEALTH_SPECIAL_H

/* P(X <= x) of a Gamma(shape, 1). shape > 0. */
double gamma_below(double shape, double x);
/* The x with gamma_below(shape, x) == p; 0 < p < 1. */
double gamma_quantile(double shape, double p);
/* P(T <= t) of Student's t with so many degrees of freedom, > 0. */
double student_below(double t, double freedom);

#endif
