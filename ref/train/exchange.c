/* exchange.c: see exchange.h. Test: tests/train/test_exchange.c */
#include "ref/train/exchange.h"

#include "ref/comm/clock.h"
#include "ref/comm/collective.h"

#include <string.h>

const char *const ts_exchange_schemes[] = {"ring", "tree", "double_tree", "torus", "ordered", NULL};

bool ts_exchange_sparse(const char *scheme)
{
    (void)scheme;
    return false;
}

typedef struct {
    int64_t first, count;
} bucket;

struct ts_exchange {
    ts_comm *world;
    ts_exchange_way way;
    ts_dtype type;
    uint64_t seed;
    int64_t size;
    bucket *buckets; /* in the order in which they are sent */
    int64_t count;
};

/* Buckets from the end of the vector: whole parameters until there are enough bytes. */
static void cut(ts_exchange *x, const ts_model *model, int64_t bytes)
{
    const int64_t each = (int64_t)ts_dtype_size(x->type);
    bucket b = {x->size, 0};
    for (int64_t i = ts_model_count(model) - 1; i >= 0; i--) {
        const ts_parameter *p = ts_model_parameter(model, i);
        if (p->buffer)
            continue;
        b = (bucket){p->first, b.count + ts_numel(p->value)};
        if (b.count * each >= bytes || b.first == 0) {
            x->buckets[x->count++] = b;
            b.count = 0;
        }
    }
}

ts_exchange *ts_exchange_open(ts_comm *world, const ts_model *model, const ts_exchange_way *way,
                              int64_t bucket_bytes, uint64_t seed)
{
    ts_ctx *ctx = world->ctx;
    ts_exchange *x = ctx->status ? NULL : ts_alloc_zero(1, sizeof *x);
    if (x) {
        *x = (ts_exchange){.world = world,
                           .way = *way,
                           .type = ctx->compute,
                           .seed = seed,
                           .size = ts_model_size(model)};
        x->buckets = ts_alloc_zero((size_t)ts_model_count(model), sizeof *x->buckets);
    }
    if (x && x->buckets) {
        cut(x, model, bucket_bytes);
        return x;
    }
    ts_exchange_close(x);
    ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the exchange of gradients");
    return NULL;
}

void ts_exchange_close(ts_exchange *x)
{
    if (!x)
        return;
    ts_free(x->buckets);
    ts_free(x);
}

ts_status ts_exchange_state(ts_exchange *x, ts_items *items)
{
    (void)items;
    return x->world->ctx->status;
}

static ts_status sum(ts_exchange *x, void *data, int64_t n)
{
    const char *s = x->way.scheme;
    if (strcmp(s, "tree") == 0)
        return ts_tree_all_reduce(x->world, data, n, x->type, TS_SUM);
    if (strcmp(s, "double_tree") == 0)
        return ts_double_tree_all_reduce(x->world, data, n, x->type, TS_SUM);
    if (strcmp(s, "torus") == 0)
        return ts_torus_all_reduce(x->world, data, n, x->type, TS_SUM);
    if (strcmp(s, "ordered") == 0)
        return ts_ordered_all_reduce(x->world, data, n, x->type, TS_SUM);
    return ts_ring_all_reduce(x->world, data, n, x->type, TS_SUM);
}

/* One multiplication by 1/P at the end: for a power of two of ranks it rounds nothing. */
static void scale(void *data, ts_dtype type, int64_t n, int ranks)
{
    float *f = data;
    double *d = data;
    for (int64_t i = 0; i < n && type == TS_F32; i++)
        f[i] *= 1.0f / (float)ranks;
    for (int64_t i = 0; i < n && type == TS_F64; i++)
        d[i] *= 1.0 / ranks;
}

ts_status ts_exchange_run(ts_exchange *x, void *gradients, int64_t step, double compute)
{
    (void)step;
    ts_comm *world = x->world;
    const int64_t each = (int64_t)ts_dtype_size(x->type);
    ts_comm_compute(world, compute / 3);
    for (int64_t i = 0; i < x->count && !world->ctx->status; i++) {
        const bucket b = x->buckets[i];
        ts_comm_compute(world, compute * 2 / 3 * (double)b.count / (double)x->size);
        const int before = ts_comm_stream(world, 1);
        ts_comm_after(world, before);
        sum(x, (char *)gradients + b.first * each, b.count);
        ts_comm_stream(world, before);
    }
    ts_comm_after(world, 1);
    scale(gradients, x->type, x->size, world->size);
    return world->ctx->status;
}
