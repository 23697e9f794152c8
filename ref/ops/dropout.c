/* dropout.c: numbers left out at random in training, the others made larger.
 *
 *     y_i = x_i / (1 - p) where u_i >= p, else 0,     u uniform in [0, 1)
 *
 * Source:   Srivastava et al. 2014; torch.nn.functional.dropout (other random numbers)
 * Pitfalls: the mask is a function of (seed, step, layer) and of the place alone, whatever the number
 *           format, the number of threads or what was computed before: a step can be repeated, and a
 *           forward pass that is run a second time to save memory drops the same
 * Test:     tests/ops/test_dropout.c */
#include "ref/base/par.h"
#include "ref/base/rng.h"
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

enum { PIECE = 4096 };

typedef struct {
    ts_tensor mask;
    double p;
    ts_dropout_key key;
} job;

static void draw(void *arg, int64_t first, int64_t last)
{
    const job *j = arg;
    const uint64_t stream = (uint64_t)j->key.step << 16 | (uint64_t)j->key.layer;
    const double kept = 1.0 / (1.0 - j->p);
    float u[PIECE];
    ts_philox_uniform_f32(u, j->key.seed, stream, (uint64_t)first, last - first);
    for (int64_t i = first; i < last; i++) {
        const double value = (double)u[i - first] >= j->p ? kept : 0.0;
        if (j->mask.dtype == TS_F64)
            ((double *)j->mask.data)[i] = value;
        else
            ((float *)j->mask.data)[i] = (float)value;
    }
}

ts_tensor ts_dropout(ts_ctx *ctx, ts_tensor x, double p, ts_dropout_key key)
{
    static const ts_op dropout = {.name = "dropout"};
    const ts_step s = {.op = &dropout, .in = {x}, .inputs = 1};
    if (!ts_require(ctx, &s, p >= 0.0 && p < 1.0, "the rate must be in [0, 1), it is %g", p) ||
        !ts_require(ctx, &s, key.layer >= 0 && key.layer < 1 << 16 && key.step >= 0 &&
                                 key.step < (int64_t)1 << 47,
                    "no such step and layer"))
        return (ts_tensor){0};
    if (p == 0.0)
        return x;
    job j = {ts_new(ctx, ctx->compute, x.rank, x.size), p, key};
    if (ctx->status)
        return (ts_tensor){0};
    ts_par_threads(ctx->threads);
    ts_par_for(ts_numel(x), PIECE, draw, &j);
    return ts_mul(ctx, x, j.mask);
}
