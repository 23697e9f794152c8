/* lamb.c: Adam's direction, with a length that the norms of each tensor give it.
 *
 *     m = b1 m + (1 - b1) g,   v = b2 v + (1 - b2) g^2
 *     u = (m / c1) / (sqrt(v / c2) + eps) + decay w         c1 = 1 - b1^t, c2 = 1 - b2^t, or 1
 *     w = w - lr phi(|w|) / |u| u                           phi(z) = min(max(z, min_norm), max_norm)
 *
 * Source:   You et al. 2020 (arXiv 1904.00962), algorithm 2. The variants as settings:
 *           paper            the defaults
 *           pytorch-lamb     bias_correction false, max_norm 10, eps 1e-6
 *           apex FusedLAMB   max_gradient_norm 1: g / max(|all g| / 1, 1); no ratio for tensors without
 *                            decay unless adapt_without_decay (NVLAMB); gradient_averaging false: + g
 *                            instead of (1 - b1) g; decoupled false: decay joins g, not u
 *           timm             max_trust 1
 * Pitfalls: the ratio is 1 where |w| or |u| is 0; |u| is taken after the decay has joined u, and from
 *           the weight before the step; phi changes |w| = 0 neither
 * Test:     tests/optim/test_lamb.c             Golden: optim/lamb_*.safetensors */
#include "ref/optim/inside.h"
#include "ref/optim/moments.h"

#include <math.h>

static int64_t room(const ts_optim_settings *s, int k, int64_t n)
{
    (void)s;
    return k < 2 ? n : 0;
}

static const char *wrong(const ts_optim_settings *s)
{
    if (!(s->min_norm >= 0.0) || !(s->min_norm <= s->max_norm))
        return "min_norm must be between 0 and max_norm";
    if (!(s->min_trust >= 0.0) || !(s->min_trust <= s->max_trust))
        return "min_trust must be between 0 and max_trust";
    return !(s->max_gradient_norm >= 0.0) ? "max_gradient_norm must not be negative"
                                          : ts_moments_wrong(s);
}

static double decay_of(const ts_optim_settings *s)
{
    return s->exclude ? 0.0 : s->weight_decay;
}

static ts_adam_args direction(const ts_optim *o, int64_t i)
{
    const ts_optim_settings *s = &o->group[o->parameter[i].group];
    const int64_t t = o->steps[i] + 1;
    const bool correct = s->bias_correction;
    return (ts_adam_args){
        .first = correct ? ts_bias_correction(s->beta1, t) : 1.0,
        .root = correct ? sqrt(ts_bias_correction(s->beta2, t)) : 1.0,
        .eps = s->eps,
        .decay = s->decoupled ? decay_of(s) : 0.0,
    };
}

/* out[0]: the ratio */
static ts_status ratio_of(ts_ctx *ctx, ts_optim *o, int64_t i, double *out)
{
    const ts_optim_parameter *p = &o->parameter[i];
    const ts_optim_settings *s = &o->group[p->group];
    const ts_adam_args adam = direction(o, i);
    out[0] = 1.0;
    if (s->exclude || (s->weight_decay == 0.0 && !s->adapt_without_decay))
        return ctx->status;
    const double w = ts_optim_norm(ctx, o->part, p->value),
                 u = ts_optim_step_norm(ctx, o->part, p, &adam);
    if (w == 0.0 || u == 0.0)
        return ctx->status;
    const double kept = w < s->min_norm ? s->min_norm : w > s->max_norm ? s->max_norm : w;
    const double trust = kept / u;
    out[0] = trust < s->min_trust ? s->min_trust : trust > s->max_trust ? s->max_trust : trust;
    return ctx->status;
}

/* By what all gradients are divided: their norm over the largest that the first group allows. */
static ts_status divisor(ts_ctx *ctx, ts_optim *o, double *by)
{
    const double most = o->group[0].max_gradient_norm;
    *by = 1.0;
    if (most == 0.0)
        return ctx->status;
    double sum = 0.0;
    for (int64_t i = 0; i < o->count; i++)
        if (!ts_is_empty(o->parameter[i].gradient)) {
            const double norm = ts_optim_norm(ctx, o->part, o->parameter[i].gradient);
            sum += norm * norm;
        }
    *by = sqrt(sum) > most ? sqrt(sum) / most : 1.0;
    return ctx->status;
}

static ts_status step(ts_ctx *ctx, ts_optim *o)
{
    double by;
    if (divisor(ctx, o, &by))
        return ctx->status;
    for (int64_t i = 0; i < o->count; i++) {
        const ts_optim_settings *s = &o->group[o->parameter[i].group];
        /* b1 m + f1 (g / by + decay w): the kernel's decay stands beside g, not beside g / by. */
        const ts_moments_args moments = {
            .decay = s->decoupled ? 0.0 : decay_of(s) * by,
            .b1 = s->beta1, .f1 = (s->gradient_averaging ? 1.0 - s->beta1 : 1.0) / by,
            .b2 = s->beta2, .f2 = (1.0 - s->beta2) / (by * by)};
        if (!ts_is_empty(o->parameter[i].gradient))
            ts_optim_moments(ctx, &o->parameter[i], &moments);
    }
    if (ts_optim_norms(ctx, o, ratio_of))
        return ctx->status;
    for (int64_t i = 0; i < o->count; i++) {
        ts_adam_args adam = direction(o, i);
        if (ts_is_empty(o->parameter[i].gradient))
            continue;
        o->trust[i] = o->norm[i * TS_OPTIM_NORMS];
        adam.rate = o->group[o->parameter[i].group].lr * o->trust[i];
        ts_optim_descend(ctx, &o->parameter[i], o->parameter[i].state[1], &adam);
    }
    return ctx->status;
}

const ts_optim_method ts_method_lamb = {"lamb", {"exp_avg", "exp_avg_sq"}, room, wrong, step};
