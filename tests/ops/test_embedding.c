#include "tests/support/op.h"

#include "ref/io/safetensors.h"

#include <stdlib.h>

static ts_tensor looked_up(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    (void)arg;
    return ts_embedding(ctx, in[0], in[1]);
}

typedef struct {
    int64_t lq, lk, most;
    bool both;
} bias;

static ts_tensor biased(ts_ctx *ctx, const ts_tensor *in, const void *arg)
{
    const bias *b = arg;
    return ts_relative_bias(ctx, in[0], b->lq, b->lk, b->both, b->most);
}

static void rows(void **state)
{
    (void)state;
    static const int size[][4] = {{1, 1, 1, 1}, {5, 3, 2, 3}, {7, 11, 1, 13}, {3, 2, 0, 4}, {2, 0, 2, 2}};
    for (int i = 0; i < 5; i++) {
        const int *n = size[i];
        op_case c = {looked_up, .inputs = 2,
                     .in = {op_tensor(0, 1, 0, 2, n[0], n[1]), op_integers(2, n[2], n[3])}};
        for (int k = 0; k < n[2] * n[3]; k++) /* most ids twice, some never */
            ((int64_t *)c.in[1].data)[k] = k * k % n[0];
        op_all(&c);
    }
    op_case c = {looked_up, .inputs = 2, .in = {op_tensor(0, 1, 0, 2, 19, 601), op_integers(1, 211)}};
    for (int k = 0; k < 211; k++)
        ((int64_t *)c.in[1].data)[k] = k * 7 % 19;
    op_tables(&c);
    op_free(&c);
}

/* Ids of every integer type, and tables of every float type. */
static void types(void **state)
{
    (void)state;
    static const ts_dtype tables[] = {TS_F64, TS_F32, TS_BF16, TS_F16, TS_F8_E4M3};
    for (int t = 0; t < 5; t++)
        for (int type = TS_I64; type < TS_DTYPE_COUNT; type++) {
            ts_ctx ctx;
            uint64_t table[6], ids[2];
            ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 1);
            for (int i = 0; i < 6; i++)
                ts_store(table, tables[t], i, i + 0.5);
            ts_store(ids, (ts_dtype)type, 0, 1);
            ts_store(ids, (ts_dtype)type, 1, 0);
            ts_tensor y = ts_embedding(&ctx, ts_tensor_of(table, tables[t], 2, (const int64_t[]){3, 2}),
                                       ts_tensor_of(ids, (ts_dtype)type, 1, (const int64_t[]){2}));
            const float expected[4] = {2.5f, 3.5f, 0.5f, 1.5f};
            assert_int_equal(ctx.status, TS_OK);
            assert_memory_equal(y.data, expected, sizeof expected);
            ts_ctx_close(&ctx);
        }
}

static void strided(void **state)
{
    (void)state;
    ts_ctx ctx;
    float table[6] = {1, 2, 3, 4, 5, 6};
    int32_t ids[4] = {0, 1, 1, 0};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    const ts_tensor turned = ts_transpose(&ctx, ts_tensor_of(table, TS_F32, 2, (const int64_t[]){3, 2}), 0, 1);
    const ts_tensor column = ts_slice(&ctx, ts_tensor_of(ids, TS_I32, 2, (const int64_t[]){2, 2}), 1, 1, 1);
    const ts_tensor y = ts_embedding(&ctx, turned, column);
    const float expected[6] = {2, 4, 6, 1, 3, 5};
    assert_int_equal(ctx.status, TS_OK);
    assert_memory_equal(y.data, expected, sizeof expected);
    ts_ctx_close(&ctx);
}

/* Buckets by hand: 32, both ways, distances up to 128 (T5): 8 exact, then 8 on a logarithm. */
static void buckets(void **state)
{
    (void)state;
    static const int64_t known[][2] = {{0, 0},   {-1, 1},  {-7, 7},  {-8, 8},  {1, 17},    {7, 23},
                                       {8, 24},  {-16, 10}, {-32, 12}, {-64, 14}, {-127, 15}, {128, 31},
                                       {99999, 31}, {-99999, 15}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(ts_t5_bucket(known[i][0], true, 32, 128), known[i][1]);
    assert_int_equal(ts_t5_bucket(5, false, 32, 128), 0);
    assert_int_equal(ts_t5_bucket(-5, false, 32, 128), 5);
    assert_int_equal(ts_t5_bucket(-16, false, 32, 128), 16);
    assert_int_equal(ts_t5_bucket(-500, false, 32, 128), 31);
}

/* All distances from -600 to 600, by the published function. */
static void published_buckets(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_safetensors *file = ts_safetensors_open(&ctx, "data/goldens/text/t5_buckets.safetensors");
    assert_non_null(file);
    const ts_tensor distance = ts_safetensors_get(file, "in.relative_position");
    const ts_tensor bucket = ts_safetensors_get(file, "out.bucket");
    assert_int_equal(ts_numel(distance), 1201);
    assert_int_equal(ts_numel(bucket), 1201);
    for (int64_t i = 0; i < ts_numel(distance); i++)
        assert_int_equal(ts_t5_bucket((int64_t)ts_load(distance.data, distance.dtype, i), true, 32, 128),
                         (int64_t)ts_load(bucket.data, bucket.dtype, i));
    ts_safetensors_close(file);
    ts_ctx_close(&ctx);
}

static void relative(void **state)
{
    (void)state;
    static const bias b[] = {{3, 3, 128, true}, {1, 7, 20, true}, {5, 2, 20, false}, {0, 3, 20, true}};
    for (int i = 0; i < 4; i++) {
        op_case c = {biased, &b[i], .inputs = 1, .in = {op_tensor(0, 1, 0, 2, 8, 3)}};
        op_all(&c);
    }
    op_case c = {biased, &b[0], .inputs = 1, .in = {op_tensor(0, 1, 0, 2, 32, 2)}};
    const ts_tensor y = op_truth(&c);
    const double *table = c.in[0].data, *v = y.data;
    assert_true(v[0] == table[0] && v[1] == table[2 * 17] && v[3] == table[2]); /* head 0 */
    assert_true(v[9] == table[1] && v[9 + 2] == table[2 * 18 + 1]);             /* head 1 */
    free(y.data);
    op_free(&c);
}

static void errors(void **state)
{
    (void)state;
    static const int64_t bad[] = {5, -1, INT64_MAX, INT64_MIN};
    for (int i = 0; i < 4; i++) {
        op_case c = {looked_up, .inputs = 2, .in = {op_tensor(0, 1, 0, 2, 5, 3), op_integers(1, 3)}};
        ((int64_t *)c.in[1].data)[2] = bad[i];
        op_fails(&c, TS_ERROR_SHAPE);
        op_free(&c);
    }
    op_case flat = {looked_up, .inputs = 2, .in = {op_tensor(0, 1, 0, 1, 5), op_integers(1, 3)}};
    op_fails(&flat, TS_ERROR_SHAPE);
    op_free(&flat);
    op_case floats = {looked_up, .inputs = 2, .in = {op_tensor(0, 1, 0, 2, 5, 3), op_tensor(0, 1, 0, 1, 3)}};
    op_fails(&floats, TS_ERROR_SHAPE);
    op_free(&floats);
    op_case deep = {looked_up, .inputs = 2, .in = {op_tensor(0, 1, 0, 2, 5, 3), op_integers(6, 1, 1, 1, 1, 1, 1)}};
    op_fails(&deep, TS_ERROR_SHAPE);
    op_free(&deep);
    static const bias near = {2, 2, 2, true}, far = {2, 2, 100, true};
    op_case c = {biased, &near, .inputs = 1, .in = {op_tensor(0, 1, 0, 2, 8, 3)}};
    op_fails(&c, TS_ERROR_SHAPE);
    op_free(&c);
    op_case d = {biased, &far, .inputs = 1, .in = {op_tensor(0, 1, 0, 2, 3, 3)}};
    op_fails(&d, TS_ERROR_SHAPE);
    op_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),    cmocka_unit_test(types),    cmocka_unit_test(strided),
        cmocka_unit_test(buckets), cmocka_unit_test(relative), cmocka_unit_test(errors),
        cmocka_unit_test(published_buckets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
