/* momentum.c: the update that SGD and LARS share, piece by piece, with its gauges.
 * Test: tests/optim/test_momentum.c */
#include "ref/optim/momentum.h"

#include "ref/ops/dispatch.h"

typedef struct {
    const ts_optim_parameter *p;
    const ts_momentum_args *args;
} update;

static void update_piece(ts_ctx *ctx, const void *arg, int64_t first, int64_t n)
{
    const update *u = arg;
    TS_CALL(ctx, momentum_update, ts_at(u->p->value, first), ts_at(u->p->state[0], first),
            ts_at(u->p->gradient, first), u->args, n);
}

/* Gauges are computed from the numbers before the step, and add to those of steps before. */
static void measure(ts_ctx *ctx, ts_optim_parameter *p, const ts_momentum_args *args, double norms)
{
    const int64_t n = ts_numel(p->value);
    double *gauge = ts_take(ctx, 2 * (size_t)n * sizeof *gauge);
    if (!gauge)
        return;
    const double *old[2] = {p->value.gauge, p->state[0].gauge};
    TS_GAUGE(momentum_gauge, gauge, gauge + n, p->value.data, p->state[0].data, p->gradient.data,
             args, norms, n);
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; i < n && old[k]; i++)
            gauge[k * n + i] += old[k][i];
    p->value.gauge = gauge;
    if (!ts_is_empty(p->state[0]))
        p->state[0].gauge = gauge + n;
    if ((double)n > ctx->gauge_terms)
        ctx->gauge_terms = (double)n;
}

void ts_optim_momentum(ts_ctx *ctx, ts_optim_parameter *p, const ts_momentum_args *args,
                       double norms)
{
    const update u = {p, args};
    if (ctx->gauges)
        measure(ctx, p, args, norms);
    if (!ctx->status)
        ts_over_pieces(ctx, ts_numel(p->value), update_piece, &u);
}
