/* embedding.c: rows of a table by their number (equation: plain/embedding.c), and the relative
 * position bias of T5, which is such a table.
 *
 * The table may be of any float type: only the rows that are looked up are widened. */
#include "ref/base/mathf.h"
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* n[0] ids, n[1] rows of the table, n[2] numbers in a row; saved[0] the ids as int64_t */
static void forward(ts_ctx *ctx, ts_step *s)
{
    const int64_t *ids = s->saved[0].data, n = s->n[2];
    const ts_tensor table = s->in[1];
    if (table.dtype == ctx->compute) {
        TS_CALL(ctx, embedding_forward, s->out.data, table.data, ids, s->n[0], n);
        return;
    }
    const int64_t from = n * (int64_t)ts_dtype_size(table.dtype);
    const int64_t to = n * (int64_t)ts_dtype_size(ctx->compute);
    for (int64_t p = 0; p < s->n[0]; p++)
        ts_convert((char *)s->out.data + p * to, ctx->compute,
                   (const char *)table.data + ids[p] * from, table.dtype, n);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    if (s->din[1].data)
        TS_CALL(ctx, embedding_backward, s->din[1].data, s->dout.data, s->saved[0].data, s->n[0],
                s->n[1], s->n[2]);
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    for (int64_t i = 0; i < ts_numel(s->out); i++)
        s->out.gauge[i] = 0.0;
    if (s->in[1].gauge)
        ts_plain_embedding_forward_f64(s->out.gauge, s->in[1].gauge, s->saved[0].data, s->n[0],
                                       s->n[2]);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    if (s->din[1].gauge)
        TS_GAUGE(embedding_backward_gauge, s->din[1].gauge, s->dout.data, s->dout.gauge,
                 s->saved[0].data, s->n[0], s->n[1], s->n[2]);
}

static const ts_op embedding = {"embedding", forward, backward, gauge, backward_gauge};

ts_tensor ts_embedding(ts_ctx *ctx, ts_tensor table, ts_tensor ids)
{
    ts_step s = {.op = &embedding, .in = {ids, table}, .inputs = 2, .raw = 3u};
    if (!ts_require(ctx, &s, table.rank == 2 && ts_dtype_is_float(table.dtype),
                    "the table must be a matrix of floats") ||
        !ts_require(ctx, &s, ids.rank < TS_MAX_RANK, "ids have too many axes"))
        return (ts_tensor){0};
    s.saved[0] = ts_integers(ctx, &s, ids, "id", 0, table.size[0]);
    s.in[1] = ts_laid_out(ctx, table);
    if (ctx->status)
        return (ts_tensor){0};
    int64_t size[TS_MAX_RANK];
    for (int i = 0; i < ids.rank; i++)
        size[i] = ids.size[i];
    size[ids.rank] = s.n[2] = table.size[1];
    s.n[0] = ts_numel(ids);
    s.n[1] = table.size[0];
    ts_step_out(ctx, &s, ids.rank + 1, size);
    return ts_apply(ctx, &s);
}

/* Half of the buckets hold one distance each, the other half distances that grow as a logarithm:
 *
 *     e + floor(log(d / e) / log(max_distance / e) (buckets - e)),     e = buckets / 2, d >= e
 *
 * Source: transformers T5Attention._relative_position_bucket. The published logarithm is computed
 * in float32, every step rounded: at distances where the quotient is a whole number that decides
 * the bucket, so the roundings are part of the definition. */
int64_t ts_t5_bucket(int64_t relative, bool bidirectional, int64_t buckets, int64_t max_distance)
{
    int64_t base = 0, distance = relative;
    if (bidirectional) {
        buckets /= 2;
        base = relative > 0 ? buckets : 0;
        distance = relative < 0 ? -relative : relative;
    } else
        distance = relative < 0 ? -relative : 0;
    const int64_t exact = buckets / 2;
    if (distance < exact)
        return base + distance;
    const float ratio = (float)distance / (float)exact;
    const float log_ratio = (float)ts_log((double)ratio);
    const float log_most = (float)ts_log((double)max_distance / (double)exact);
    const float quotient = log_ratio / log_most;
    const float steps = quotient * (float)(buckets - exact);
    const int64_t bucket = exact + (int64_t)steps;
    return base + (bucket < buckets ? bucket : buckets - 1);
}

ts_tensor ts_relative_bias(ts_ctx *ctx, ts_tensor table, int64_t lq, int64_t lk, bool bidirectional,
                           int64_t max_distance)
{
    const ts_step s = {.op = &embedding, .in = {table}, .inputs = 1};
    const int64_t least = bidirectional ? 4 : 2, size[2] = {lq, lk};
    if (!ts_require(ctx, &s, table.rank == 2 && table.size[0] >= least,
                    "the table of a relative bias is (buckets, heads) with %lld buckets or more",
                    (long long)least) ||
        !ts_require(ctx, &s, max_distance > table.size[0] / least,
                    "max_distance %lld is not above the exact distances", (long long)max_distance))
        return (ts_tensor){0};
    const ts_tensor ids = ts_new(ctx, TS_I64, 2, size);
    for (int64_t i = 0; i < lq * lk && !ctx->status; i++)
        ((int64_t *)ids.data)[i] = ts_t5_bucket(i % lk - i / lk, bidirectional, table.size[0],
                                                max_distance);
    const ts_tensor bias = ts_embedding(ctx, table, ids); /* (lq, lk, heads) */
    const int64_t full[4] = {1, table.size[1], lq, lk};
    return ts_reshape(ctx, ts_permute(ctx, bias, (const int[]){2, 0, 1}), 4, full);
}
