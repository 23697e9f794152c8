/* lars.c: layer-wise adaptive rates. For every tensor w with gradient g, |.| the Euclidean norm:
 *
 *     you       t = eta |w| / (|g| + decay |w| + eps)
 *     tf        t = eta |w| / |g + decay w|
 *     popular   t = eta |w| / |u|,   u the step after momentum
 *     larc      t as you; with `clip` at most lr: min(t / lr, 1)
 *
 *     g' = g + decay w,   v = mu v + lr t g',   w = w - v, or with Nesterov w - (lr t g' + mu v)
 *     without lr_inside:  v = mu v + t g',      w = w - lr v, or ...
 *     popular:            v = mu v + g',  u = v or g' + mu v,  w = w - lr t u
 *
 * Source:   You, Gitman, Ginsburg 2017 (arXiv 1708.03888), equation 6 and algorithm 1; tf, popular:
 *           TensorFlow's LARS optimiser, classic and popular momentum; larc: NVIDIA apex; torchlars is
 *           `you` with eps 1e-8 and lr outside
 * Pitfalls: you's and tf's ratios agree only where g is parallel to w. Where a norm is 0 the ratio is
 *           1: a zero weight would never move, and a zero gradient leaves lr decay w, which is a jump
 *           when lr is 25: with sparse gradients set skip_zero_gradient. larc drops the decay, too,
 *           where a norm is 0. eps is left out of tf and popular. Excluded tensors (norms, biases)
 *           have ratio 1 and no decay; [min_trust, max_trust] does not concern them
 * Test:     tests/optim/test_lars.c             Golden: optim/lars_*.safetensors */
#include "ref/optim/inside.h"
#include "ref/optim/momentum.h"

#include <math.h>

static int64_t room(const ts_optim_settings *s, int k, int64_t n)
{
    (void)s;
    return k == 0 ? n : 0;
}

static const char *wrong(const ts_optim_settings *s)
{
    if (!(s->momentum >= 0.0))
        return "momentum must not be negative";
    if (!(s->eta > 0.0))
        return "eta must be positive";
    if (!(s->min_trust >= 0.0) || !(s->min_trust <= s->max_trust))
        return "min_trust must be between 0 and max_trust";
    return s->lars == TS_LARS_LARC && s->clip && !(s->lr > 0.0) ? "clip needs an lr above 0" : NULL;
}

enum { TRUST, MODE, CONDITION };     /* what ts_optim_norms gathers of a tensor */
enum { AS_IS, WITHOUT_DECAY, SKIP }; /* MODE */

/* |g + decay w|, or |u| of popular: u = a g + a decay w + b v. And by how much signs cancel in it, for
 * the gauge: the norms apart over that of the sum. */
static double combined(ts_ctx *ctx, const ts_optim *o, double *part, int64_t i, double gradient,
                       double *condition)
{
    const ts_optim_parameter *p = &o->parameter[i];
    const ts_optim_settings *s = &o->group[p->group];
    const bool popular = s->lars == TS_LARS_POPULAR;
    const double mu = s->momentum, a = popular && s->nesterov ? 1.0 + mu : 1.0;
    const double b = popular ? s->nesterov ? mu * mu : mu : 0.0;
    const bool skip = s->skip_zero_gradient && gradient == 0.0;
    const double decay = skip ? 0.0 : s->weight_decay;
    const double factor[3] = {a, a * decay, b};
    const ts_tensor all[3] = {p->gradient, p->value, popular ? p->state[0] : (ts_tensor){0}};
    const double norm = sqrt(ts_optim_square_sum(ctx, part, all, factor, ts_numel(p->value)));
    double apart = a * gradient + a * decay * ts_optim_norm(ctx, part, p->value);
    if (popular)
        apart += b * ts_optim_norm(ctx, part, p->state[0]);
    *condition = norm > 0.0 ? apart / norm : 0.0;
    return norm;
}

static ts_status rate_of(ts_ctx *ctx, ts_optim *o, int64_t i, double *out)
{
    const ts_optim_parameter *p = &o->parameter[i];
    const ts_optim_settings *s = &o->group[p->group];
    const bool you = s->lars == TS_LARS_YOU || s->lars == TS_LARS_LARC;
    out[TRUST] = 1.0;
    out[MODE] = AS_IS;
    out[CONDITION] = 0.0;
    if (s->exclude)
        return ctx->status;
    const double w = ts_optim_norm(ctx, o->part, p->value),
                 g = ts_optim_norm(ctx, o->part, p->gradient);
    if (s->skip_zero_gradient && g == 0.0)
        out[MODE] = SKIP;
    else if (s->lars == TS_LARS_LARC && (w == 0.0 || g == 0.0))
        out[MODE] = WITHOUT_DECAY;
    double condition = 1.0;
    const double below = you ? g + s->weight_decay * w + s->eps
                             : combined(ctx, o, o->part, i, g, &condition);
    if (w == 0.0 || (you ? g == 0.0 : below == 0.0))
        return ctx->status;
    double trust = s->eta * w / below;
    trust = trust < s->min_trust ? s->min_trust : trust;
    trust = trust > s->max_trust ? s->max_trust : trust;
    if (s->lars == TS_LARS_LARC && s->clip)
        trust = trust / s->lr < 1.0 ? trust / s->lr : 1.0;
    out[TRUST] = trust;
    out[CONDITION] = 1.0 + condition;
    return ctx->status;
}

static ts_status step(ts_ctx *ctx, ts_optim *o)
{
    if (ts_optim_norms(ctx, o, rate_of))
        return ctx->status;
    for (int64_t i = 0; i < o->count; i++) {
        const ts_optim_settings *s = &o->group[o->parameter[i].group];
        const double *norm = &o->norm[i * TS_OPTIM_NORMS];
        const bool popular = s->lars == TS_LARS_POPULAR, inside = s->lr_inside && !popular;
        const double trust = norm[TRUST];
        if (ts_is_empty(o->parameter[i].gradient))
            continue;
        ts_momentum_args a = {.decay = s->exclude || norm[MODE] != AS_IS ? 0.0 : s->weight_decay,
                              .momentum = s->momentum, .keep = 1.0, .nesterov = s->nesterov};
        a.scale = norm[MODE] == SKIP ? 0.0 : (popular ? 1.0 : trust) * (inside ? s->lr : 1.0);
        a.rate = (popular ? trust : 1.0) * (inside ? 1.0 : s->lr);
        o->trust[i] = trust;
        ts_optim_momentum(ctx, &o->parameter[i], &a, norm[CONDITION]);
    }
    return ctx->status;
}

const ts_optim_method ts_method_lars = {"lars", {"momentum_buffer"}, room, wrong, step};
