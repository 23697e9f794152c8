#include "tests/support/golden.h"
#include "tests/support/ranks.h"

#include "ref/optim/clip.h"

#include <math.h>
#include <string.h>

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/optim/clip.safetensors");
}

/* 3-4-5, over two tensors; both conventions; nothing happens below the bound. */
static void by_hand(void **state)
{
    (void)state;
    ts_ctx ctx;
    double a[2] = {3, 0}, b[2] = {0, -4}, norm = 0.0;
    const int64_t two = 2;
    const ts_tensor g[3] = {ts_tensor_of(a, TS_F64, 1, &two), {0}, ts_tensor_of(b, TS_F64, 1, &two)};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    assert_int_equal(ts_clip_global_norm(&ctx, NULL, g, NULL, 3, 8.0, 0.0, &norm), TS_OK);
    assert_true(norm == 5.0 && a[0] == 3.0 && b[1] == -4.0);
    ts_clip_global_norm(&ctx, NULL, g, NULL, 3, 0.0, 0.0, &norm);
    assert_true(norm == 5.0 && a[0] == 3.0 && b[1] == -4.0);
    ts_clip_global_norm(&ctx, NULL, g, NULL, 3, 2.5, 0.0, &norm);
    assert_true(norm == 5.0 && a[0] == 1.5 && b[1] == -2.0 && a[1] == 0.0);
    ts_clip_global_norm(&ctx, NULL, g, NULL, 3, 1.0, 1.5, &norm);
    assert_true(norm == 2.5 && a[0] == 0.375 && b[1] == -0.5);
    ts_clip_global_norm(&ctx, NULL, g, NULL, 0, 1.0, 0.0, &norm);
    assert_true(norm == 0.0 && ctx.status == TS_OK);
    assert_int_equal(ctx.arena.used, 0);
    ts_ctx_close(&ctx);
}

static void refused(void **state)
{
    (void)state;
    ts_ctx ctx;
    double a[2] = {3, 0}, b[2] = {0, (double)NAN}, norm = 0.0;
    const int64_t two = 2;
    static const char *const names[] = {"first", "second"};
    ts_tensor g[2] = {ts_tensor_of(a, TS_F64, 1, &two), ts_tensor_of(b, TS_F64, 1, &two)};
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    assert_int_equal(ts_clip_global_norm(&ctx, NULL, g, names, 2, 1.0, 0.0, &norm),
                     TS_ERROR_MISMATCH);
    assert_string_equal(ctx.message, "gradient second: its norm is not finite");
    ts_ctx_clear(&ctx);
    ts_clip_global_norm(&ctx, NULL, g, NULL, 2, 1.0, 0.0, &norm);
    assert_string_equal(ctx.message, "gradient 1: its norm is not finite");
    assert_true(a[0] == 3.0);
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_clip_global_norm(&ctx, NULL, g, NULL, 2, -1.0, 0.0, &norm), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    g[1].dtype = TS_F32;
    assert_int_equal(ts_clip_global_norm(&ctx, NULL, g, NULL, 2, 1.0, 0.0, &norm), TS_ERROR_SHAPE);
    assert_non_null(strstr(ctx.message, "gradient 1: expected a contiguous tensor F64"));
    ts_ctx_close(&ctx);
}

enum { TENSORS = 9 };

/* Every rank gets what one alone gets, bit for bit. */
static ts_status shared(ts_comm *comm, void *arg)
{
    (void)arg;
    float g[2][TENSORS][50];
    double norm[2];
    for (int way = 0; way < 2; way++) {
        ts_tensor all[TENSORS];
        for (int i = 0; i < TENSORS; i++) {
            const int64_t n = 5 * i + 3;
            for (int64_t j = 0; j < 50; j++)
                g[way][i][j] = 1.0f / (float)(j * 3 + i + 1);
            all[i] = ts_tensor_of(g[way][i], TS_F32, 1, &n);
        }
        if (ts_clip_global_norm(comm->ctx, way ? comm : NULL, all, NULL, TENSORS, 0.7, 1e-6,
                                &norm[way]))
            return comm->ctx->status;
    }
    ranks_check(comm, norm[0] == norm[1] && norm[0] > 0.7);
    ranks_check(comm, memcmp(g[0], g[1], sizeof g[0]) == 0);
    return TS_OK;
}

static void on_ranks(void **state)
{
    (void)state;
    for (int ranks = 1; ranks <= 12; ranks++)
        ranks_run(ranks, 1, shared, NULL);
}

static void without_memory(void **state)
{
    (void)state;
    ts_ctx ctx;
    double a[2] = {3, 4}, norm = 0.0;
    const int64_t two = 2;
    const ts_tensor g = ts_tensor_of(a, TS_F64, 1, &two);
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    ts_plant_fault(1);
    assert_int_equal(ts_clip_global_norm(&ctx, NULL, &g, NULL, 1, 1.0, 0.0, &norm),
                     TS_ERROR_MEMORY);
    ts_plant_fault(0);
    assert_true(a[0] == 3.0 && a[1] == 4.0);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(by_hand),
        cmocka_unit_test(refused),
        cmocka_unit_test(on_ranks),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
