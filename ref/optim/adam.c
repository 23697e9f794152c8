/* adam.c: Adam and AdamW. At a parameter's t-th step, with c1 = 1 - b1^t, c2 = 1 - b2^t:
 *
 *     adam    g' = g + decay w          adamw   g' = g,  w = (1 - lr decay) w first
 *     m = b1 m + (1 - b1) g',   v = b2 v + (1 - b2) g'^2
 *     w = w - lr (m / c1) / (sqrt(v / c2) + eps)
 *
 * With amsgrad the largest v so far stands below. With eps_hat: w - lr sqrt(c2)/c1 m / (sqrt(v) + eps).
 *
 * Source:   Kingma, Ba 2015 (arXiv 1412.6980), algorithm 1, and the form behind it for eps_hat, which
 *           TensorFlow has; Loshchilov, Hutter 2019 (arXiv 1711.05101); torch.optim.Adam, AdamW
 * Pitfalls: decay of AdamW is multiplied by lr, and takes the weight before the step; t counts the
 *           steps of a parameter, not those of the optimiser; the largest v is kept before c2
 * Test:     tests/optim/test_adam.c             Golden: optim/adam*.safetensors */
#include "ref/ops/dispatch.h"
#include "ref/optim/inside.h"
#include "ref/optim/moments.h"

#include <math.h>

static int64_t room(const ts_optim_settings *s, int k, int64_t n)
{
    return k < 2 || s->amsgrad ? n : 0;
}

static ts_status step(ts_ctx *ctx, ts_optim *o)
{
    const bool decoupled = o->method == &ts_method_adamw;
    for (int64_t i = 0; i < o->count; i++) {
        ts_optim_parameter *p = &o->parameter[i];
        const ts_optim_settings *s = &o->group[p->group];
        const int64_t t = o->steps[i] + 1, n = ts_numel(p->value);
        if (ts_is_empty(p->gradient))
            continue;
        const ts_moments_args moments = {.decay = decoupled ? 0.0 : s->weight_decay,
                                         .b1 = s->beta1, .f1 = 1.0 - s->beta1,
                                         .b2 = s->beta2, .f2 = 1.0 - s->beta2};
        const ts_adam_args adam = {.first = ts_bias_correction(s->beta1, t),
                                   .root = sqrt(ts_bias_correction(s->beta2, t)), .eps = s->eps,
                                   .shrink = decoupled ? s->lr * s->weight_decay : 0.0,
                                   .rate = s->lr, .eps_hat = s->eps_hat};
        ts_optim_moments(ctx, p, &moments);
        if (s->amsgrad)
            TS_CALL(ctx, larger, p->state[2].data, p->state[1].data, n);
        ts_optim_descend(ctx, p, p->state[s->amsgrad ? 2 : 1], &adam);
    }
    return ctx->status;
}

const ts_optim_method ts_method_adam = {
    "adam", {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"}, room, ts_moments_wrong, step};
const ts_optim_method ts_method_adamw = {
    "adamw", {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"}, room, ts_moments_wrong, step};
