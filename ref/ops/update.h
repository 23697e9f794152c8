/* update.h: parameters of the kernels of update.def: one step of an optimiser on n numbers. */
#ifndef TS_OPS_UPDATE_H
#define TS_OPS_UPDATE_H

#include <stdbool.h>
#include <stdint.h>

/* d = scale (g + decay p),  v = momentum v + keep d,  p = p - rate (nesterov ? d + momentum v : v) */
typedef struct {
    double decay, scale, momentum, keep, rate;
    bool nesterov;
} ts_momentum_args;

/* g' = g + decay p,  m = b1 m + f1 g',  v = b2 v + f2 g'^2 */
typedef struct {
    double decay, b1, f1, b2, f2;
} ts_moments_args;

/* u = (m / first) / (sqrt(v) / root + eps) + decay p; eps_hat: (sqrt(v) + eps) / root.
 * p = (1 - shrink) p - rate u */
typedef struct {
    double first, root, eps, decay, shrink, rate;
    bool eps_hat;
} ts_adam_args;

/* Every stride-th number of g, p: with g' = g + decay p, the sum of g' (p0 - p); s = b3 s + f3 g'
 * and the sum of |s| after it. */
typedef struct {
    double decay, b3, f3;
    int64_t stride;
} ts_prodigy_args;

#endif
