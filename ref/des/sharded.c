/* sharded.c: one operator on N ranks. See sharded.h.
 *
 * On the way back the ranks run forward anew, with a tape of their own each: what a forward run keeps
 * would have to outlive its ranks.
 *
 * Test: tests/des/test_sharded.c */
#include "ref/des/sharded.h"

#include "ref/base/trace.h"
#include "ref/ops/dispatch.h"
#include "ref/ops/tape.h"

#include <string.h>

enum { EMBEDDING, WEIGHT, BIAS, DENSE, INPUTS = DENSE + TS_DES_DENSE };

/* What a rank leaves behind; numbers of the caller's storage, on the heap. */
typedef struct {
    ts_tensor out, message;
    ts_tensor grad[INPUTS];
    int64_t *row, rows;       /* of the table, for grad[EMBEDDING] and grad[WEIGHT] */
    int64_t bytes[2], back;   /* sent forward and back; all-reduced bytes that the way back should have */
    int64_t width;
    double terms;
} outcome;

typedef struct {
    const ts_sharded *s;
    const ts_tensor *in; /* INPUTS of them, plain */
    ts_tensor dout;      /* empty: forward only */
    bool gauges;
    outcome *of;         /* one for each rank */
} job;

/* A copy that outlives the rank's context, or empty after a failure. */
static ts_tensor kept(ts_ctx *ctx, ts_tensor x)
{
    const int64_t n = ctx->status ? 0 : ts_numel(x);
    const size_t bytes = (size_t)n * ts_dtype_size(x.dtype);
    ts_tensor y = x;
    y.grad = NULL;
    y.gauge = NULL;
    y.data = ctx->status ? NULL : ts_alloc(bytes + 1);
    if (y.data && x.gauge)
        y.gauge = ts_alloc((size_t)n * sizeof *y.gauge + 1);
    if (!y.data || (x.gauge && !y.gauge)) {
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a result of %lld numbers", (long long)n);
        ts_free(y.data);
        return (ts_tensor){0};
    }
    memcpy(y.data, x.data, bytes);
    if (y.gauge)
        memcpy(y.gauge, x.gauge, (size_t)n * sizeof *y.gauge);
    return y;
}

static void forget(ts_tensor *x)
{
    ts_free(x->data);
    ts_free(x->gauge);
    *x = (ts_tensor){0};
}

static void forget_all(outcome *of, int ranks)
{
    for (int r = 0; of && r < ranks; r++) {
        forget(&of[r].out);
        forget(&of[r].message);
        for (int i = 0; i < INPUTS; i++)
            forget(&of[r].grad[i]);
        ts_free(of[r].row);
    }
    ts_free(of);
}

/* The rank's rows: those of its ids, in its columns. Of a table (V, groups, k). */
static ts_tensor gathered(ts_ctx *ctx, ts_tensor table, const int64_t *row, int64_t rows,
                          ts_columns own)
{
    const int64_t groups = table.rank == 3 ? table.size[1] : 1, k = ts_size(table, -1);
    const int64_t flat[2] = {rows, own.count}, deep[3] = {rows, groups, own.count};
    const ts_tensor y = ts_new(ctx, ctx->compute, table.rank, table.rank == 3 ? deep : flat);
    const size_t each = ts_dtype_size(table.dtype), bytes = (size_t)own.count * each;
    for (int64_t i = 0; i < rows && !ctx->status; i++)
        for (int64_t g = 0; g < groups && bytes; g++)
            memcpy((char *)y.data + (size_t)(i * groups + g) * bytes,
                   (const char *)table.data + (size_t)((row[i] * groups + g) * k + own.first) * each,
                   bytes);
    return y;
}

/* What this rank holds: own rows, and a handle of its own on what all ranks hold. */
static ts_status take_part(ts_comm *comm, const job *j, outcome *o, ts_sparse_shard *shard,
                           ts_tensor mine[INPUTS])
{
    ts_ctx *ctx = comm->ctx;
    const ts_sharded *s = j->s;
    if (ts_batch_own(ctx, shard, &s->batch, s->how, comm->size, comm->rank))
        return ctx->status;
    o->rows = shard->rows;
    o->row = ts_alloc((size_t)shard->rows * sizeof *o->row + 1);
    if (!o->row)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for %lld rows", (long long)shard->rows);
    for (int64_t i = 0; i < shard->rows; i++)
        o->row[i] = s->row[shard->first[i]];
    for (int i = 0; i < INPUTS && !ctx->status; i++) {
        mine[i] = (ts_tensor){0};
        if (ts_is_empty(j->in[i]))
            continue;
        mine[i] = j->in[i];
        mine[i].grad = NULL;
        mine[i].gauge = NULL;
        if (i == EMBEDDING)
            mine[i] = gathered(ctx, j->in[i], o->row, o->rows,
                               ts_columns_of(s->how, s->k, comm->size, comm->rank));
        if (i == WEIGHT) {
            ts_tensor column = j->in[i];
            column.rank = 2;
            column.size[1] = column.stride[1] = 1;
            mine[i] = gathered(ctx, column, o->row, o->rows, (ts_columns){0, 1});
        }
        if (!ts_is_empty(j->dout) && !ctx->status)
            ts_want_grad(ctx, &mine[i], NULL);
    }
    return ctx->status;
}

static int64_t sent(const ts_comm *comm)
{
    const ts_traffic t = ts_comm_traffic(comm);
    return t.bytes[TS_INTRA] + t.bytes[TS_INTER];
}

static ts_status walk_back(ts_comm *comm, const job *j, outcome *o, ts_tensor out,
                           const ts_tensor mine[INPUTS])
{
    ts_ctx *ctx = comm->ctx;
    ts_seed_grad(ctx, out, j->dout);
    if (ts_tape_backward(ctx))
        return ctx->status;
    for (int i = 0; i < INPUTS && !ctx->status; i++)
        if (mine[i].grad && !ts_is_empty(mine[i].grad->value))
            o->grad[i] = kept(ctx, mine[i].grad->value);
    return ctx->status;
}

static ts_status body(ts_comm *comm, void *arg)
{
    const job *j = arg;
    const ts_sharded *s = j->s;
    outcome *o = &j->of[comm->rank];
    ts_ctx *ctx = comm->ctx;
    ts_sparse_shard shard;
    ts_tensor mine[INPUTS] = {{0}}, message;
    ctx->gauges = j->gauges;
    if (take_part(comm, j, o, &shard, mine))
        return ctx->status;
    ts_des_part part = {.comm = comm, .shard = &shard, .k = s->k, .rows = mine[EMBEDDING],
                        .weight = mine[WEIGHT], .bias = mine[BIAS], .dense_count = s->dense_count,
                        .level = s->level, .mode = s->mode, .divisor = s->divisor,
                        .heads = s->heads, .scale = s->scale};
    memcpy(part.dense, mine + DENSE, sizeof part.dense);
    const ts_tensor out = ts_des_apply(s->op, &part, &message);
    o->message = kept(ctx, message);
    o->out = kept(ctx, out);
    o->terms = ctx->gauge_terms;
    o->width = s->op->width(&part);
    o->back = s->op->back ? s->op->back(&part) : 0;
    o->bytes[0] = sent(comm);
    if (!ctx->status && !ts_is_empty(j->dout))
        walk_back(comm, j, o, out, mine);
    o->bytes[1] = sent(comm) - o->bytes[0];
    return ctx->status;
}

/* Every rank has sent what the formula says, and all have the same result. */
static ts_status agreed(ts_ctx *ctx, const job *j)
{
    const int N = j->s->ranks, size = (int)ts_dtype_size(ctx->compute);
    const outcome *of = j->of;
    int64_t back = 0;
    for (int r = 0; r < N; r++) {
        const int64_t n = j->s->batch.samples * of[r].width;
        const int64_t due = ts_sum_bytes(n, size, N, r);
        if (of[r].bytes[0] != due)
            return ts_fail(ctx, TS_ERROR_MISMATCH,
                           "des.%s: rank %d sent %lld bytes of messages, its formula says %lld",
                           j->s->op->name, r, (long long)of[r].bytes[0], (long long)due);
        if (!ts_same_size(of[r].out, of[0].out) ||
            memcmp(of[r].out.data, of[0].out.data,
                   (size_t)ts_numel(of[0].out) * (size_t)size) != 0)
            return ts_fail(ctx, TS_ERROR_MISMATCH, "des.%s: rank %d has another result than rank 0",
                           j->s->op->name, r);
        back += of[r].bytes[1];
    }
    if (!ts_is_empty(j->dout) && back != 2 * (N - 1) * of[0].back)
        return ts_fail(ctx, TS_ERROR_MISMATCH,
                       "des.%s: %lld bytes were sent on the way back, the formula says %lld",
                       j->s->op->name, (long long)back, (long long)(2 * (N - 1) * of[0].back));
    return TS_OK;
}

static ts_status run(ts_ctx *ctx, job *j)
{
    const ts_comm_config config = {.topology = ts_topology_of(j->s->ranks, 1),
                                   .engine = TS_ENGINE_THREADS};
    j->gauges = ctx->gauges;
    j->of = ts_alloc_zero((size_t)j->s->ranks, sizeof *j->of);
    if (!j->of)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for %d ranks", j->s->ranks);
    if (ts_comm_run(ctx, &config, body, j))
        return ctx->status;
    return agreed(ctx, j);
}

/* The step. config: the caller's; saved[0] what the ranks computed, with its gauge. ---------------- */

static void forward(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    memcpy(s->out.data, s->saved[0].data,
           (size_t)ts_numel(s->out) * ts_dtype_size(s->out.dtype));
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    memcpy(s->out.gauge, s->saved[0].gauge, (size_t)ts_numel(s->out) * sizeof(double));
}

/* to[place] += from[i], in the storage type: a rank's part of a gradient, or of its gauge. */
static void add(void *to, ts_dtype type, int64_t place, const void *from, int64_t i)
{
    if (type == TS_F64)
        ((double *)to)[place] += ((const double *)from)[i];
    else
        ((float *)to)[place] += ((const float *)from)[i];
}

/* Rows of ranks into the table's gradient, rank by rank. */
static void add_rows(ts_tensor to, const job *j, int which, bool gauges)
{
    const int64_t groups = to.rank == 3 ? to.size[1] : 1, k = which == WEIGHT ? 1 : ts_size(to, -1);
    for (int r = 0; r < j->s->ranks; r++) {
        const outcome *o = &j->of[r];
        const ts_tensor g = o->grad[which];
        const ts_columns own = which == WEIGHT ? (ts_columns){0, 1}
                                               : ts_columns_of(j->s->how, k, j->s->ranks, r);
        for (int64_t i = 0; i < o->rows * groups && !ts_is_empty(g); i++)
            for (int64_t c = 0; c < own.count; c++) {
                const int64_t place = (o->row[i / groups] * groups + i % groups) * k + own.first + c;
                add(gauges ? (void *)to.gauge : to.data, gauges ? TS_F64 : to.dtype, place,
                    gauges ? (const void *)g.gauge : g.data, i * own.count + c);
            }
    }
}

/* What all ranks hold has the same gradient on all: rank 0's. */
static void take_shared(ts_tensor to, const job *j, int which)
{
    const ts_tensor g = j->of[0].grad[which];
    if (ts_is_empty(g))
        return;
    memcpy(to.data, g.data, (size_t)ts_numel(to) * ts_dtype_size(to.dtype));
    if (to.gauge)
        memcpy(to.gauge, g.gauge, (size_t)ts_numel(to) * sizeof(double));
}

static void count_back(const job *j)
{
    int64_t bytes = 0;
    for (int r = 0; r < j->s->ranks; r++)
        bytes += j->of[r].bytes[1];
    if (j->s->facts)
        json_object_set_new(j->s->facts, "bytes_backward", json_integer(bytes));
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    job j = {.s = s->config, .in = s->in, .dout = s->dout};
    if (!run(ctx, &j))
        for (int i = 0; i < s->inputs; i++) {
            if (!s->din[i].data)
                continue;
            memset(s->din[i].data, 0, (size_t)ts_numel(s->din[i]) * ts_dtype_size(s->din[i].dtype));
            if (s->din[i].gauge)
                memset(s->din[i].gauge, 0, (size_t)ts_numel(s->din[i]) * sizeof(double));
            if (i > WEIGHT)
                take_shared(s->din[i], &j, i);
            else
                add_rows(s->din[i], &j, i, false);
            if (i <= WEIGHT && s->din[i].gauge)
                add_rows(s->din[i], &j, i, true);
        }
    if (!ctx->status)
        count_back(&j);
    forget_all(j.of, j.s->ranks);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    (void)s; /* backward has written it: its ranks have the gauges */
}

static const ts_op sharded = {"des", forward, backward, gauge, backward_gauge};

static void count_forward(const job *j)
{
    const ts_sharded *s = j->s;
    json_t *bytes = json_array(), *rows = json_array();
    int64_t all = 0;
    for (int r = 0; r < s->ranks; r++) {
        all += j->of[r].bytes[0];
        json_array_append_new(bytes, json_integer(j->of[r].bytes[0]));
        json_array_append_new(rows, json_integer(j->of[r].rows));
    }
    json_object_set_new(s->facts, "message_numbers", json_integer(j->of[0].width));
    json_object_set_new(s->facts, "bytes_forward", json_integer(all));
    json_object_set_new(s->facts, "bytes_of_ranks", bytes);
    json_object_set_new(s->facts, "rows_of_ranks", rows);
}

ts_tensor ts_sharded_apply(ts_ctx *ctx, const ts_sharded *s)
{
    ts_step step = {.op = &sharded, .inputs = INPUTS, .nameless = 1, .config = s};
    step.in[EMBEDDING] = ts_widened(ctx, s->embedding);
    step.in[WEIGHT] = ts_widened(ctx, s->weight);
    step.in[BIAS] = ts_widened(ctx, s->bias);
    for (int i = 0; i < s->dense_count; i++)
        step.in[DENSE + i] = ts_widened(ctx, s->dense[i]);
    if (ctx->status)
        return (ts_tensor){0};
    job j = {.s = s, .in = step.in};
    if (!run(ctx, &j)) {
        const ts_tensor out = j.of[0].out;
        for (int r = 0; r < s->ranks; r++)
            ts_traced(ctx, j.of[r].message, "message.%d", r);
        if (s->facts)
            count_forward(&j);
        step.saved[0] = ts_new(ctx, out.dtype, out.rank, out.size);
        step.terms = j.of[0].terms;
        if (out.gauge && !ctx->status)
            step.saved[0].gauge = ts_take(ctx, (size_t)ts_numel(out) * sizeof(double));
        if (!ctx->status) {
            memcpy(step.saved[0].data, out.data, (size_t)ts_numel(out) * ts_dtype_size(out.dtype));
            if (out.gauge)
                memcpy(step.saved[0].gauge, out.gauge, (size_t)ts_numel(out) * sizeof(double));
        }
        ts_step_out(ctx, &step, out.rank, out.size);
    }
    forget_all(j.of, s->ranks);
    return ctx->status ? (ts_tensor){0} : ts_apply(ctx, &step);
}
