/* moments.c: running means of gradients and their squares, and a step along their quotient.
 * Test: tests/optim/test_moments.c */
#include "ref/optim/moments.h"

#include "ref/base/mathf.h"
#include "ref/ops/dispatch.h"

#include <math.h>

typedef struct {
    const ts_optim_parameter *p;
    const ts_moments_args *moments;
    const ts_adam_args *adam;
    ts_tensor second;
    double *part;
} job;

static void moments_piece(ts_ctx *ctx, const void *arg, int64_t first, int64_t n)
{
    const job *j = arg;
    TS_CALL(ctx, moments_update, ts_at(j->p->state[0], first), ts_at(j->p->state[1], first),
            ts_at(j->p->gradient, first), ts_at(j->p->value, first), j->moments, n);
}

void ts_optim_moments(ts_ctx *ctx, ts_optim_parameter *p, const ts_moments_args *args)
{
    const job j = {.p = p, .moments = args};
    ts_over_pieces(ctx, ts_numel(p->value), moments_piece, &j);
}

static void descend_piece(ts_ctx *ctx, const void *arg, int64_t first, int64_t n)
{
    const job *j = arg;
    TS_CALL(ctx, adam_update, ts_at(j->p->value, first), ts_at(j->p->state[0], first),
            ts_at(j->second, first), j->adam, n);
}

void ts_optim_descend(ts_ctx *ctx, ts_optim_parameter *p, ts_tensor second,
                      const ts_adam_args *args)
{
    const job j = {.p = p, .adam = args, .second = second};
    ts_over_pieces(ctx, ts_numel(p->value), descend_piece, &j);
}

static void norm_piece(ts_ctx *ctx, const void *arg, int64_t first, int64_t n)
{
    const job *j = arg;
    TS_CALL(ctx, adam_square_sum, &j->part[first / TS_OPTIM_PIECE], ts_at(j->p->state[0], first),
            ts_at(j->p->state[1], first), ts_at(j->p->value, first), j->adam, n);
}

double ts_optim_step_norm(ts_ctx *ctx, double *part, const ts_optim_parameter *p,
                          const ts_adam_args *args)
{
    const int64_t n = ts_numel(p->value);
    const job j = {.p = p, .adam = args, .part = part};
    double sum = 0.0;
    ts_over_pieces(ctx, n, norm_piece, &j);
    TS_CALL(ctx, add_up, &sum, part, ts_pieces(n), 1);
    return sqrt(sum);
}

double ts_bias_correction(double beta, int64_t t)
{
    return 1.0 - ts_pow(beta, (double)t);
}

const char *ts_moments_wrong(const ts_optim_settings *s)
{
    if (!(s->beta1 >= 0.0 && s->beta1 < 1.0) || !(s->beta2 >= 0.0 && s->beta2 < 1.0))
        return "beta1 and beta2 must be in [0, 1)";
    return !(s->eps >= 0.0) ? "eps must not be negative" : NULL;
}
