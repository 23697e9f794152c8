#include "tests/support/optim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double value(int64_t i, int64_t seed)
{
    const uint64_t x = (uint64_t)(i * 2654435761 + seed * 97 + 1) * 0x9e3779b97f4a7c15u;
    return (double)(int64_t)(x >> 12) / 0x1p51 - 1.0;
}

static ts_tensor filled(ts_dtype type, int rank, const int64_t *size, int64_t seed)
{
    const ts_tensor shape = ts_tensor_of(NULL, type, rank, size);
    void *data = malloc((size_t)ts_numel(shape) * ts_dtype_size(type));
    assert_non_null(data);
    for (int64_t i = 0; i < ts_numel(shape); i++)
        ts_store(data, type, i, value(i, seed));
    return ts_tensor_of(data, type, rank, size);
}

void optim_open(optim_trial *t, const char *method, const ts_optim_settings *settings,
                const ts_table *table, ts_dtype storage, int threads)
{
    static const int64_t size[OPTIM_TENSORS][2] = {{OPTIM_LARGEST, 0}, {5, 0}, {2, 3}};
    static const char *const name[OPTIM_TENSORS] = {"a", "b", "c"};
    const ts_optim_settings own = settings ? *settings : ts_optim_defaults(method);
    ts_ctx_open(&t->ctx, table, storage, threads);
    t->o = ts_optim_new(&t->ctx, method, &own);
    for (int i = 0; i < OPTIM_TENSORS; i++) {
        t->p[i] = filled(storage, i == 2 ? 2 : 1, size[i], i);
        t->g[i] = filled(storage, i == 2 ? 2 : 1, size[i], i + 10);
        if (t->o)
            ts_optim_add(&t->ctx, t->o, 0, name[i], t->p[i]);
    }
}

void optim_close(optim_trial *t)
{
    ts_optim_close(t->o);
    for (int i = 0; i < OPTIM_TENSORS; i++) {
        free(t->p[i].data);
        free(t->g[i].data);
    }
    ts_ctx_close(&t->ctx);
}

void optim_steps(optim_trial *t, int first, int count)
{
    for (int k = first; k < first + count; k++) {
        for (int i = 0; i < OPTIM_TENSORS; i++)
            for (int64_t j = 0; j < ts_numel(t->g[i]); j++)
                ts_store(t->g[i].data, t->g[i].dtype, j, value(j, 1000 * k + i));
        ts_optim_step(&t->ctx, t->o, t->g);
    }
}

uint64_t optim_hash(const optim_trial *t)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < OPTIM_TENSORS; i++) {
        const unsigned char *byte = t->p[i].data;
        for (int64_t j = 0; j < ts_numel(t->p[i]) * (int64_t)ts_dtype_size(t->p[i].dtype); j++)
            hash = (hash ^ byte[j]) * 0x100000001b3u;
    }
    return hash;
}

static uint64_t hash_of(const char *method, const ts_optim_settings *settings,
                        const ts_table *table, ts_dtype storage, int threads)
{
    optim_trial t;
    optim_open(&t, method, settings, table, storage, threads);
    optim_steps(&t, 0, 3);
    if (t.ctx.status)
        fail_msg("%s", t.ctx.message);
    const uint64_t hash = optim_hash(&t);
    optim_close(&t);
    return hash;
}

void optim_same_bits(const char *method, const ts_optim_settings *settings)
{
    for (int wide = 0; wide < 2; wide++) {
        const ts_dtype storage = wide ? TS_F64 : TS_F32;
        const uint64_t want = hash_of(method, settings, &ts_table_plain, storage, 1);
        for (int i = 0; ts_table_name(i); i++)
            for (int threads = 1; threads <= 3; threads += 2)
                assert_true(hash_of(method, settings, ts_table_named(ts_table_name(i)), storage,
                                    threads) == want);
    }
}

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-15 * (1.0 + fabs(want))))
        fail_msg("%.17g, expected %.17g", got, want);
}

void optim_vector_holds(const char *method, const optim_vector *x)
{
    ts_ctx ctx;
    double w[2] = {x->w[0], x->w[1]}, g[2] = {x->g[0], x->g[1]};
    const int64_t two = 2;
    const ts_tensor gradient = ts_tensor_of(g, TS_F64, 1, &two);
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    ts_optim *o = ts_optim_new(&ctx, method, &x->settings);
    ts_optim_add(&ctx, o, 0, "w", ts_tensor_of(w, TS_F64, 1, &two));
    if (ctx.status)
        fail_msg("%s", ctx.message);
    double *v = ts_optim_state(o, 0, "momentum_buffer").data;
    memcpy(v, x->v, sizeof x->v);
    assert_int_equal(ts_optim_step(&ctx, o, &gradient), TS_OK);
    for (int i = 0; i < 2; i++) {
        near(w[i], x->want_w[i]);
        near(v[i], x->want_v[i]);
    }
    near(ts_optim_trust(o, 0), x->trust);
    ts_optim_close(o);
    ts_ctx_close(&ctx);
}

void optim_refuses(const char *method, const ts_optim_settings *settings, const char *words)
{
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    assert_null(ts_optim_new(&ctx, method, settings));
    assert_int_equal(ctx.status, TS_ERROR_USAGE);
    if (!strstr(ctx.message, words))
        fail_msg("\"%s\" says nothing of \"%s\"", ctx.message, words);
    ts_ctx_close(&ctx);
}
