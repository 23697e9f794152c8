/* sgd.c: gradient descent with momentum.
 *
 *     g' = g + decay w
 *     v  = mu v + (1 - dampening) g'        the first time: v = g'
 *     w  = w - lr u,     u = v, or with Nesterov g' + mu v
 *
 * Source:   torch.optim.SGD. With lr_inside, Keras' and Caffe's:  v = mu v + lr g',  w = w - v, or with
 *           Nesterov w - (lr g' + mu v): the same while lr does not change, but when it falls, what the
 *           momentum holds still moves w at the old rate. (TensorFlow's own MomentumOptimizer is torch's
 *           form without dampening.)
 * Pitfalls: dampening does not touch the first gradient
 * Test:     tests/optim/test_sgd.c              Golden: optim/sgd*.safetensors */
#include "ref/ops/dispatch.h"
#include "ref/optim/inside.h"
#include "ref/optim/momentum.h"

static int64_t room(const ts_optim_settings *s, int k, int64_t n)
{
    return k == 0 && s->momentum != 0.0 ? n : 0;
}

static const char *wrong(const ts_optim_settings *s)
{
    if (!(s->momentum >= 0.0))
        return "momentum must not be negative";
    if (s->nesterov && (s->momentum == 0.0 || s->dampening != 0.0))
        return "nesterov needs a momentum and no dampening";
    return s->lr_inside && s->dampening != 0.0 ? "lr_inside knows no dampening" : NULL;
}

static ts_status step(ts_ctx *ctx, ts_optim *o)
{
    for (int64_t i = 0; i < o->count; i++) {
        const ts_optim_settings *s = &o->group[o->parameter[i].group];
        if (ts_is_empty(o->parameter[i].gradient))
            continue;
        ts_momentum_args a = {.decay = s->weight_decay, .momentum = s->momentum,
                              .nesterov = s->nesterov};
        a.scale = s->lr_inside ? s->lr : 1.0;
        a.rate = s->lr_inside ? 1.0 : s->lr;
        a.keep = o->steps[i] ? 1.0 - s->dampening : 1.0;
        ts_optim_momentum(ctx, &o->parameter[i], &a, 0.0);
    }
    return ctx->status;
}

const ts_optim_method ts_method_sgd = {"sgd", {"momentum_buffer"}, room, wrong, step};
