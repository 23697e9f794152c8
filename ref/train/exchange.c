/* exchange.c: see exchange.h. Test: tests/train/test_exchange.c */
#include "ref/train/exchange.h"

#include "ref/comm/clock.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    int64_t first, count;
    ts_scheme *scheme;
    ts_scheme *left; /* the scheme before a change, whose residual waits for the next gradient */
} bucket;

struct ts_exchange {
    ts_comm *world;
    ts_exchange_way way;
    ts_dtype type;
    int64_t size;
    bucket *buckets; /* in the order in which they are sent */
    int64_t count;
};

/* Buckets from the end of the vector: whole parameters until there are enough bytes. */
static void cut(ts_exchange *x, const ts_model *model, int64_t bytes)
{
    const int64_t each = (int64_t)ts_dtype_size(x->type);
    int64_t count = 0;
    for (int64_t i = ts_model_count(model) - 1; i >= 0; i--) {
        const ts_parameter *p = ts_model_parameter(model, i);
        if (p->buffer)
            continue;
        count += ts_numel(p->value);
        if (count * each >= bytes || p->first == 0) {
            x->buckets[x->count++] = (bucket){.first = p->first, .count = count};
            count = 0;
        }
    }
}

static ts_status open_schemes(ts_exchange *x)
{
    for (int64_t i = 0; i < x->count && !x->world->ctx->status; i++)
        x->buckets[i].scheme =
            ts_scheme_open(x->world, &x->way.scheme, x->type, x->buckets[i].count, i);
    return x->world->ctx->status;
}

ts_exchange *ts_exchange_open(ts_comm *world, const ts_model *model, const ts_exchange_way *way,
                              int64_t bucket_bytes)
{
    ts_ctx *ctx = world->ctx;
    ts_exchange *x = ctx->status ? NULL : ts_alloc_zero(1, sizeof *x);
    if (x) {
        *x = (ts_exchange){
            .world = world, .way = *way, .type = ctx->compute, .size = ts_model_size(model)};
        x->buckets = ts_alloc_zero((size_t)ts_model_count(model), sizeof *x->buckets);
    }
    if (x && x->buckets) {
        cut(x, model, bucket_bytes);
        if (!open_schemes(x))
            return x;
    }
    ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the exchange of gradients");
    ts_exchange_close(x);
    return NULL;
}

void ts_exchange_close(ts_exchange *x)
{
    if (!x)
        return;
    for (int64_t i = 0; i < x->count; i++) {
        ts_scheme_close(x->buckets[i].left);
        ts_scheme_close(x->buckets[i].scheme);
    }
    ts_free(x->buckets);
    ts_free(x);
}

int64_t ts_exchange_buckets(const ts_exchange *x)
{
    return x->count;
}

/* The same but for the density and its warm-up? */
static bool same(const ts_exchange_way *a, const ts_exchange_way *b)
{
    return strcmp(a->name, b->name) == 0 && a->scheme.wire == b->scheme.wire &&
           a->scheme.feedback.feedback == b->scheme.feedback.feedback &&
           a->scheme.feedback.momentum == b->scheme.feedback.momentum &&
           a->scheme.feedback.masking == b->scheme.feedback.masking;
}

ts_status ts_exchange_change(ts_exchange *x, const ts_exchange_way *way)
{
    const bool keep = same(&x->way, way), sparse = ts_scheme_is_sparse(&x->way.scheme);
    x->way = *way;
    if (keep)
        return x->world->ctx->status;
    for (int64_t i = 0; i < x->count; i++) {
        bucket *b = &x->buckets[i];
        ts_scheme_close(b->left);
        b->left = sparse ? b->scheme : NULL;
        if (!sparse)
            ts_scheme_close(b->scheme);
        b->scheme = NULL;
    }
    return open_schemes(x);
}

ts_status ts_exchange_state(ts_exchange *x, ts_items *items)
{
    char name[32];
    for (int64_t i = 0; i < x->count && !x->world->ctx->status; i++) {
        snprintf(name, sizeof name, "bucket%lld", (long long)i);
        ts_scheme_state(x->buckets[i].scheme, items, name);
    }
    return x->world->ctx->status;
}

/* For a power of two of ranks it rounds nothing. */
static void scale(void *data, ts_dtype type, int64_t n, int ranks)
{
    float *f = data;
    double *d = data;
    for (int64_t i = 0; i < n && type == TS_F32; i++)
        f[i] *= 1.0f / (float)ranks;
    for (int64_t i = 0; i < n && type == TS_F64; i++)
        d[i] *= 1.0 / ranks;
}

static void send(ts_exchange *x, bucket *b, void *gradient, const ts_exchange_when *when,
                 bool *skipped)
{
    const ts_exchange_way *w = &x->way;
    bool bad = false;
    if (b->left)
        ts_scheme_flush(b->left, gradient);
    ts_scheme_close(b->left);
    b->left = NULL;
    if (ts_scheme_is_sparse(&w->scheme))
        ts_scheme_set_density(b->scheme, ts_density_at(w->scheme.density, w->warmup,
                                                       w->warmup_epochs, when->epoch));
    ts_scheme_aggregate(b->scheme, gradient, when->step, &bad);
    *skipped |= bad;
}

ts_status ts_exchange_run(ts_exchange *x, void *gradients, const ts_exchange_when *when,
                          bool *skipped)
{
    ts_comm *world = x->world;
    const int64_t each = (int64_t)ts_dtype_size(x->type);
    *skipped = false;
    ts_comm_compute(world, when->compute / 3);
    for (int64_t i = 0; i < x->count && !world->ctx->status; i++) {
        bucket *b = &x->buckets[i];
        ts_comm_compute(world, when->compute * 2 / 3 * (double)b->count / (double)x->size);
        const int before = ts_comm_stream(world, 1);
        ts_comm_after(world, before);
        send(x, b, (char *)gradients + b->first * each, when, skipped);
        ts_comm_stream(world, before);
    }
    ts_comm_after(world, 1);
    scale(gradients, x->type, x->size, world->size);
    return world->ctx->status;
}
