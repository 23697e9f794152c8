/* aggregate.c: sums and maxima over ranks, with gradients. See aggregate.h.
 *
 * Proof of the gradients. Let L be a function of y = sum_r m_r that every rank computes. Then dL/dm_r
 * = dL/dy for each r. And if each rank computes m_r(w) from the same w, then dL/dw = sum_r dL/dm_r
 * dm_r/dw, each term of which its own rank knows.
 * (The paper says that results, not weights, are aggregated; that the way back needs no message is
 * derived here.)
 *
 * Test: tests/des/test_aggregate.c */
#include "ref/des/aggregate.h"

#include "ref/base/grad.h"
#include "ref/ops/dispatch.h"

#include <math.h>
#include <string.h>

int64_t ts_sum_bytes(int64_t n, int size, int ranks, int rank)
{
    const int64_t own = ts_shard_of(n, ranks, rank).count;
    const int64_t next = ts_shard_of(n, ranks, (rank + 1) % ranks).count;
    return ranks > 1 ? (n - own + n - next) * size : 0;
}

/* config: the communicator */
static ts_comm *comm_of(const ts_step *s)
{
    ts_comm *comm;
    memcpy(&comm, s->config, sizeof comm);
    return comm;
}

static void copy(ts_tensor to, ts_tensor from)
{
    memcpy(to.data, from.data, (size_t)ts_numel(to) * ts_dtype_size(to.dtype));
}

/* Gauges of all ranks, added; they are not the program's messages. */
static void add_gauges(ts_comm *comm, double *g, int64_t n)
{
    ts_comm_quiet(comm);
    ts_ordered_all_reduce(comm, g, n, TS_F64, TS_SUM);
    ts_comm_loud(comm);
}

/* What is added is off by its gauge, and rounded once more with each addition. */
static void gauge_of_terms(double *g, ts_tensor x)
{
    for (int64_t i = 0; i < ts_numel(x); i++)
        g[i] = fabs(((const double *)x.data)[i]) + (x.gauge ? x.gauge[i] : 0.0);
}

static void sum_forward(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    copy(s->out, s->in[0]);
    ts_ordered_all_reduce(comm_of(s), s->out.data, ts_numel(s->out), s->out.dtype, TS_SUM);
}

static void sum_backward(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    copy(s->din[0], s->dout);
}

static void sum_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    gauge_of_terms(s->out.gauge, s->in[0]);
    add_gauges(comm_of(s), s->out.gauge, ts_numel(s->out));
}

static void sum_backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    for (int64_t i = 0; i < ts_numel(s->dout); i++)
        s->din[0].gauge[i] = s->dout.gauge ? s->dout.gauge[i] : 0.0;
}

static void replicated_forward(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    copy(s->out, s->in[0]);
}

static void replicated_backward(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    copy(s->din[0], s->dout);
    ts_ordered_all_reduce(comm_of(s), s->din[0].data, ts_numel(s->din[0]), s->din[0].dtype, TS_SUM);
}

static void replicated_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    for (int64_t i = 0; i < ts_numel(s->out); i++)
        s->out.gauge[i] = s->in[0].gauge ? s->in[0].gauge[i] : 0.0;
}

static void replicated_backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    gauge_of_terms(s->din[0].gauge, s->dout);
    add_gauges(comm_of(s), s->din[0].gauge, ts_numel(s->din[0]));
}

static const ts_op sum = {"sum_over_ranks", sum_forward, sum_backward, sum_gauge,
                          sum_backward_gauge};
static const ts_op replicated = {"replicated", replicated_forward, replicated_backward,
                                 replicated_gauge, replicated_backward_gauge};

static const void *kept(ts_comm *comm)
{
    void *config = ts_take(comm->ctx, sizeof comm);
    if (config)
        memcpy(config, &comm, sizeof comm);
    return config;
}

static ts_tensor alike(ts_comm *comm, const ts_op *op, ts_tensor x, const char *what)
{
    ts_step s = {.op = op, .in = {x}, .inputs = 1, .nameless = 1, .config = kept(comm)};
    if (!ts_require(comm->ctx, &s, !ts_is_empty(x), "the %s is missing", what))
        return (ts_tensor){0};
    s.terms = comm->size;
    ts_step_out(comm->ctx, &s, x.rank, x.size);
    return ts_apply(comm->ctx, &s);
}

ts_tensor ts_sum_over_ranks(ts_comm *comm, ts_tensor message)
{
    return alike(comm, &sum, message, "message");
}

ts_tensor ts_replicated(ts_comm *comm, ts_tensor w)
{
    return alike(comm, &replicated, w, "weight");
}

/* Maximum: saved[0] the places taken, saved[1] the maxima as they came. */
typedef struct {
    ts_comm *comm; /* first: comm_of reads it */
    const ts_bag *bag;
} contest;

static void max_forward(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    copy(s->saved[1], s->in[0]);
    ts_ordered_all_reduce(comm_of(s), s->saved[1].data, ts_numel(s->out), s->out.dtype, TS_MAX);
    for (int64_t i = 0; i < ts_numel(s->out); i++) {
        const double most = ts_load(s->saved[1].data, s->out.dtype, i);
        ts_store(s->out.data, s->out.dtype, i, isinf(most) ? 0.0 : most);
    }
}

/* Who has the maximum of place i bids the complement of its key, the others 0: the largest bid is the
 * smallest key. (The key whose complement is 0 wins only where nobody else stands.) */
static void max_backward(ts_ctx *ctx, ts_step *s)
{
    const contest *c = s->config;
    const int64_t n = ts_numel(s->out), *where = s->saved[0].data;
    uint64_t *best = ts_take(ctx, 2 * (size_t)n * sizeof *best), *own = best + n;
    bool *has = ts_take(ctx, (size_t)n * sizeof *has);
    if (ctx->status)
        return;
    for (int64_t i = 0; i < n; i++) {
        has[i] = where[i] >= 0 && ts_load(s->in[0].data, s->out.dtype, i) ==
                                      ts_load(s->saved[1].data, s->out.dtype, i);
        best[i] = own[i] = has[i] ? ~c->bag->key[where[i]] : 0;
    }
    ts_ordered_all_reduce(c->comm, best, n, TS_U64, TS_MAX);
    for (int64_t i = 0; i < n && !ctx->status; i++)
        ts_store(s->din[0].data, s->out.dtype, i,
                 has[i] && best[i] == own[i] ? ts_load(s->dout.data, s->dout.dtype, i) : 0.0);
}

/* Off by no more than the worst of those that it is taken from. */
static void max_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    for (int64_t i = 0; i < ts_numel(s->out); i++)
        s->out.gauge[i] = s->in[0].gauge ? s->in[0].gauge[i] : 0.0;
    ts_comm_quiet(comm_of(s));
    ts_ordered_all_reduce(comm_of(s), s->out.gauge, ts_numel(s->out), TS_F64, TS_MAX);
    ts_comm_loud(comm_of(s));
}

static const ts_op max = {"max_over_ranks", max_forward, max_backward, max_gauge,
                          sum_backward_gauge};

ts_tensor ts_max_over_ranks(ts_comm *comm, ts_tensor message, ts_tensor where, const ts_bag *bag)
{
    ts_step s = {.op = &max, .in = {message}, .inputs = 1, .nameless = 1};
    contest *c = ts_take(comm->ctx, sizeof *c);
    if (!ts_require(comm->ctx, &s, c && ts_numel(where) == ts_numel(message) && bag->key,
                    "the places of the maxima, and keys, are needed"))
        return (ts_tensor){0};
    *c = (contest){comm, bag};
    s.config = c;
    s.saved[0] = where;
    s.saved[1] = ts_new(comm->ctx, comm->ctx->compute, message.rank, message.size);
    s.terms = 1.0;
    if (comm->ctx->record && !message.grad) /* has nothing, but takes part in the way back */
        ts_want_grad(comm->ctx, &s.in[0], NULL);
    ts_step_out(comm->ctx, &s, message.rank, message.size);
    return ts_apply(comm->ctx, &s);
}
