/* prodigy.c: Adam whose step size is estimated: d grows towards the distance to the solution.
 *
 * Over all parameters w that have a gradient g, with w0 where each began, k steps taken so far,
 * q = lr d sqrt(1 - b2^(k+1)) / (1 - b1^(k+1)) (without bias correction: lr d):
 *
 *     r = b3 r + (d / d0) q sum of g (w0 - w)
 *     m = b1 m + d (1 - b1) g,    v = b2 v + d^2 (1 - b2) g^2
 *     s = b3 s + (d / d0) q g                          safeguard_warmup: (d / d0) d g
 *     D = d_coef r / sum of |s|
 *     d' = d, or max(d, D) while d = d0;  d = min(d_max, growth_rate d'),  d_max = max(d_max, D)
 *     w = w - decay q w - q m / (sqrt(v) + d eps)      with the new d below and the old one in q
 *
 * Source:   Mishchenko, Defazio 2023 (arXiv 2306.06101), algorithm 4; prodigyopt 1.1.2 and its options
 * Pitfalls: w0 - w cancels: in float32 the first estimates are off by percents (judged as a path); the
 *           factors of the moments and q use the d of before; b3 = sqrt(b2) unless given. All groups
 *           have one lr or 0; a group with 0 has no moments but does decay, as published. betas, beta3,
 *           d0, d_coef, growth_rate and the switches are those of group 0. When every gradient so far
 *           is 0 the step ends before the parameters, and k stays. With b1 = 0 it is not m that moves w
 *           but g, times the new d
 * Test:     tests/optim/test_prodigy.c          Golden: optim/prodigy*.safetensors */
#include "ref/base/mathf.h"
#include "ref/ops/dispatch.h"
#include "ref/optim/inside.h"
#include "ref/optim/moments.h"

#include <math.h>
#include <string.h>

enum { M, V, S, P0 };                /* states */
enum { D, D_MAX, NUMERATOR, STEPS }; /* scalars */

static int64_t room(const ts_optim_settings *s, int k, int64_t n)
{
    return k < S ? n : n / s->slice + (n % s->slice > 0);
}

static const char *wrong(const ts_optim_settings *s)
{
    if (!(s->d0 > 0.0) || !isfinite(s->d0) || !(s->eps > 0.0))
        return "d0 and eps must be positive";
    if (!(s->beta3 < 1.0) || !(s->d_coef > 0.0) || !(s->growth_rate >= 1.0))
        return "beta3 must be below 1, d_coef positive, growth_rate at least 1";
    return s->slice < 1 ? "slice must be at least 1" : ts_moments_wrong(s);
}

typedef struct {
    const ts_optim_parameter *p;
    const ts_prodigy_args *args;
    double *part;
} estimate;

/* Pieces of s and p0, each with its stretch of g and w. */
static void estimate_piece(ts_ctx *ctx, const void *arg, int64_t first, int64_t n)
{
    const estimate *e = arg;
    const int64_t from = first * e->args->stride, left = ts_numel(e->p->value) - from;
    const int64_t whole = n * e->args->stride;
    TS_CALL(ctx, prodigy_sums, &e->part[2 * (first / TS_OPTIM_PIECE)], ts_at(e->p->state[S], first),
            ts_at(e->p->state[P0], first), ts_at(e->p->value, from), ts_at(e->p->gradient, from),
            e->args, whole < left ? whole : left);
}

/* w0: every slice-th number, once. */
static void remember(ts_optim_parameter *p, int64_t slice)
{
    const size_t size = ts_dtype_size(p->value.dtype);
    for (int64_t i = 0; i < ts_numel(p->state[P0]); i++)
        memcpy(ts_at(p->state[P0], i), ts_at(p->value, i * slice), size);
}

/* Moments, s, and the two sums of one parameter. */
static void observe(ts_ctx *ctx, ts_optim *o, int64_t i, double q, double sums[2])
{
    ts_optim_parameter *p = &o->parameter[i];
    const ts_optim_settings *s = &o->group[0], *own = &o->group[p->group];
    const double d = o->scalar[D], coupled = s->decoupled ? 0.0 : own->weight_decay;
    const double beta3 = s->beta3 < 0.0 ? sqrt(s->beta2) : s->beta3;
    const ts_moments_args moments = {.decay = coupled, .b1 = s->beta1, .f1 = d * (1.0 - s->beta1),
                                     .b2 = s->beta2, .f2 = d * d * (1.0 - s->beta2)};
    const ts_prodigy_args args = {.decay = coupled, .b3 = beta3, .stride = s->slice,
                                  .f3 = d / s->d0 * (s->safeguard_warmup ? d : q)};
    const estimate e = {p, &args, o->part};
    const int64_t count = ts_numel(p->state[S]);
    ts_optim_moments(ctx, p, &moments);
    ts_over_pieces(ctx, count, estimate_piece, &e);
    for (int k = 0; k < 2; k++)
        TS_CALL(ctx, add_up, &sums[k], o->part + k, ts_pieces(count), 2);
}

/* The next d, from r and the sum of |s|. */
static void estimated(ts_optim *o, double numerator, double denominator)
{
    const ts_optim_settings *s = &o->group[0];
    const double reached = s->d_coef * numerator / denominator;
    double d = o->scalar[D], most = o->scalar[D_MAX];
    if (d == s->d0 && reached > d)
        d = reached;
    most = reached > most ? reached : most;
    d *= s->growth_rate;
    o->scalar[D] = d < most ? d : most;
    o->scalar[D_MAX] = most;
    o->scalar[NUMERATOR] = numerator;
}

/* The one lr of all groups, those with 0 apart; negative when there are two. */
static double common_rate(const ts_optim *o)
{
    double lr = 0.0;
    for (int g = 0; g < o->groups; g++)
        lr = o->group[g].lr > lr ? o->group[g].lr : lr;
    for (int g = 0; g < o->groups; g++)
        if (o->group[g].lr != lr && o->group[g].lr != 0.0)
            return -1.0;
    return lr;
}

/* Without a first moment (b1 = 0), m is old d times g, and published is the new d times g. */
static void descend(ts_ctx *ctx, ts_optim *o, double q, double old)
{
    const ts_optim_settings *s = &o->group[0];
    for (int64_t i = 0; i < o->count; i++) {
        ts_optim_parameter *p = &o->parameter[i];
        const double decay = s->decoupled ? o->group[p->group].weight_decay : 0.0;
        const ts_adam_args adam = {.first = 1.0, .root = 1.0, .eps = o->scalar[D] * s->eps,
                                   .shrink = decay * q,
                                   .rate = s->beta1 > 0.0 ? q : q * o->scalar[D] / old};
        if (!ts_is_empty(p->gradient))
            ts_optim_descend(ctx, p, p->state[V], &adam);
    }
}

static ts_status step(ts_ctx *ctx, ts_optim *o)
{
    const ts_optim_settings *s = &o->group[0];
    const double lr = common_rate(o);
    if (lr < 0.0)
        return ts_fail(ctx, TS_ERROR_USAGE, "prodigy: groups must have one lr, or 0");
    if (o->scalar[D] == 0.0)
        o->scalar[D] = o->scalar[D_MAX] = s->d0;
    const int64_t t = (int64_t)o->scalar[STEPS] + 1;
    const double corrected = s->bias_correction ? sqrt(ts_bias_correction(s->beta2, t)) /
                                                      ts_bias_correction(s->beta1, t)
                                                : 1.0;
    const double d = o->scalar[D], q = d * lr * corrected;
    double numerator = o->scalar[NUMERATOR] * (s->beta3 < 0.0 ? sqrt(s->beta2) : s->beta3);
    double denominator = 0.0;
    for (int64_t i = 0; i < o->count; i++) {
        double sums[2] = {0.0, 0.0};
        if (ts_is_empty(o->parameter[i].gradient))
            continue;
        if (o->steps[i] == 0)
            remember(&o->parameter[i], s->slice);
        if (o->group[o->parameter[i].group].lr > 0.0)
            observe(ctx, o, i, q, sums);
        numerator += d / s->d0 * q * sums[0];
        denominator += sums[1];
    }
    if (denominator == 0.0)
        return ctx->status;
    estimated(o, numerator, denominator);
    descend(ctx, o, q, d);
    o->scalar[STEPS] += 1.0;
    return ctx->status;
}

const ts_optim_method ts_method_prodigy = {
    "prodigy", {"exp_avg", "exp_avg_sq", "s", "p0"}, room, wrong, step};
