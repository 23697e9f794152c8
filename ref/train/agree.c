/* agree.c: see agree.h. Messages of these meetings are quiet: a real system puts its flags into
 * packets that travel anyway. Test: tests/train/test_agree.c */
#include "ref/train/agree.h"

#include "ref/comm/collective.h"

#include <math.h>

ts_status ts_agree(ts_comm *world, ts_agree_words *words)
{
    int64_t both[2] = {words->stop, words->bad};
    ts_comm_quiet(world);
    ts_tree_all_reduce(world, both, 2, TS_I64, TS_MAX);
    ts_comm_loud(world);
    *words = (ts_agree_words){both[0], both[1]};
    return world->ctx->status;
}

static bool finite_all(const void *data, ts_dtype type, int64_t n)
{
    const float *f = data;
    const double *d = data;
    bool fine = true;
    for (int64_t i = 0; i < n && type == TS_F32; i++)
        fine &= isfinite(f[i]) != 0;
    for (int64_t i = 0; i < n && type == TS_F64; i++)
        fine &= isfinite(d[i]) != 0;
    return fine;
}

/* (P - rank) * count + (count - parameter): the largest is that of the lowest rank, and of it the
 * first parameter. */
int64_t ts_agree_bad(const ts_comm *world, const ts_model *model, const void *gradients)
{
    const int64_t count = ts_model_count(model);
    for (int64_t i = 0; i < count; i++) {
        const ts_parameter *p = ts_model_parameter(model, i);
        const int64_t each = (int64_t)ts_dtype_size(p->value.dtype);
        if (!p->buffer && !finite_all((const char *)gradients + p->first * each, p->value.dtype,
                                      ts_numel(p->value)))
            return (world->size - world->rank) * count + (count - 1 - i);
    }
    return 0;
}

void ts_agree_bad_place(const ts_comm *world, const ts_model *model, int64_t bad, int *rank,
                        const char **name)
{
    const int64_t count = ts_model_count(model);
    *rank = world->size - (int)(bad / count);
    *name = ts_model_parameter(model, count - 1 - bad % count)->name;
}

/* FNV-1a over 64 bits at a time would do less work; over bytes it needs no tail. */
static uint64_t hash(const unsigned char *at, int64_t bytes)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (int64_t i = 0; i < bytes; i++)
        h = (h ^ at[i]) * UINT64_C(0x100000001b3);
    return h;
}

/* All are equal when the largest and the smallest are: the smallest is the complement of the
 * largest complement. */
ts_status ts_agree_same(ts_comm *world, const void *data, int64_t bytes, const char *what,
                        int64_t step)
{
    const uint64_t own = hash(data, bytes);
    uint64_t both[2] = {own, ~own};
    ts_comm_quiet(world);
    ts_tree_all_reduce(world, both, 2, TS_U64, TS_MAX);
    ts_comm_loud(world);
    if (!world->ctx->status && both[0] != ~both[1])
        ts_fail(world->ctx, TS_ERROR_MISMATCH, "after step %lld the ranks hold different %s",
                (long long)step, what);
    return world->ctx->status;
}

ts_status ts_agree_sum(ts_comm *world, double *x, int64_t n)
{
    ts_comm_quiet(world);
    ts_tree_all_reduce(world, x, n, TS_F64, TS_SUM);
    ts_comm_loud(world);
    return world->ctx->status;
}
