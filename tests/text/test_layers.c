#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/ops/table.h"
#include "ref/text/layers.h"

#include <math.h>
#include <string.h>

static const double two[] = {1, 2, 3, 4}, bias[] = {10, 20}, ones[] = {1, 1};

static ts_tensor of(const double *at, int rank, int64_t a, int64_t b)
{
    static double copies[8][4];
    static int next;
    double *const own = copies[next++ % 8];
    memcpy(own, at, (size_t)(rank == 2 ? a * b : a) * sizeof *own);
    return ts_tensor_of(own, TS_F64, rank, (int64_t[]){a, b});
}

static double at(ts_tensor t, int64_t i)
{
    return ts_load(t.data, t.dtype, i);
}

static void by_name(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    ts_weights *const w = ts_weights_new(&ctx, "test");
    ts_weights_add(&ctx, w, "l.weight", of(two, 2, 2, 2));
    ts_weights_add(&ctx, w, "l.bias", of(bias, 1, 2, 0));
    ts_weights_add(&ctx, w, "m.0.weight", of(two, 2, 2, 2));
    ts_weights_add(&ctx, w, "n.weight", of(ones, 1, 2, 0));
    const ts_tensor x = of((const double[]){1, 1}, 2, 1, 2);
    ts_tensor y = ts_linear_named(&ctx, w, x, 2, "l");
    assert_true(at(y, 0) == 13 && at(y, 1) == 27);
    y = ts_linear_named(&ctx, w, x, 2, "m.%d", 0); /* no bias in the checkpoint */
    assert_true(at(y, 0) == 3 && at(y, 1) == 7);
    y = ts_rms_norm_named(&ctx, w, of((const double[]){3, 4}, 2, 1, 2), 0, "n");
    assert_true(fabs(at(y, 0) - 3 / sqrt(12.5)) < 1e-15);
    y = ts_layer_norm_named(&ctx, w, of((const double[]){3, 5}, 2, 1, 2), 0, "n");
    assert_true(fabs(at(y, 0) + 1) < 1e-15 && fabs(at(y, 1) - 1) < 1e-15);
    int64_t id = 1;
    y = ts_embedding_named(&ctx, w, ts_tensor_of(&id, TS_I64, 1, (int64_t[]){1}), 2, "l");
    assert_true(at(y, 0) == 3 && at(y, 1) == 4);
    ts_linear_named(&ctx, w, x, 2, "missing");
    assert_int_not_equal(ctx.status, TS_OK);
    assert_non_null(strstr(ctx.message, "missing.weight"));
    assert_true(ts_is_empty(ts_linear_named(&ctx, w, (ts_tensor){0}, 2, "l")));
    ts_weights_close(w);
    ts_ctx_close(&ctx);
}

static void activations(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double at_minus_one;
    } known[] = {{"relu", 0},
                 {"gelu", -0.15865525393145707},
                 {"gelu_new", -0.15880800939172324},
                 {"gelu_pytorch_tanh", -0.15880800939172324},
                 {"quick_gelu", -0.15420423},
                 {"silu", -0.2689414213699951},
                 {"swish", -0.2689414213699951}};
    ts_ctx ctx;
    ts_act act = TS_ACT_RELU;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_int_equal(ts_act_named(&ctx, &act, known[i].name, "test"), TS_OK);
        const ts_tensor y = ts_act_apply(&ctx, of((const double[]){-1}, 1, 1, 0), act);
        assert_true(fabs(at(y, 0) - known[i].at_minus_one) < 1e-8);
    }
    assert_int_equal(ts_act_named(&ctx, &act, "mish", "test"), TS_ERROR_UNSUPPORTED);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_name), cmocka_unit_test(activations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
