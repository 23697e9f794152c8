#include "tests/support/golden.h"

#include "ref/models/layers.h"

#include <math.h>
#include <string.h>

static void tensors(void **state)
{
    (void)state;
    ts_layer_tensor t[TS_LAYER_TENSORS];
    const ts_layer conv = {"a.conv", TS_LAYER_CONV, 8, 3, 5, true, TS_INIT_FAN_OUT, 0};
    assert_int_equal(ts_layer_tensors(&conv, t), 2);
    assert_string_equal(t[0].name, "a.conv.weight");
    assert_string_equal(t[1].name, "a.conv.bias");
    assert_true(t[0].rank == 4 && t[0].size[0] == 8 && t[0].size[1] == 3 && t[0].size[3] == 5);
    assert_true(t[0].scale == sqrt(2.0 / 200.0) && t[1].init == TS_INIT_ZERO && !t[1].buffer);
    const ts_layer norm = {"bn", TS_LAYER_BATCH_NORM, 8, 0, 0, true, TS_INIT_ONE, 0};
    assert_int_equal(ts_layer_tensors(&norm, t), 4);
    assert_string_equal(t[2].name, "bn.running_mean");
    assert_true(t[2].buffer && t[2].init == TS_INIT_ZERO && t[2].rank == 1 && t[2].size[0] == 8);
    assert_true(t[3].buffer && t[3].init == TS_INIT_ONE && !t[0].buffer);
    const ts_layer linear = {"fc", TS_LAYER_LINEAR, 2, 16, 0, true, TS_INIT_UNIFORM, 0};
    assert_int_equal(ts_layer_tensors(&linear, t), 2);
    assert_true(t[1].init == TS_INIT_UNIFORM && t[1].scale == 0.25 && t[0].scale == 0.25);
}

static void check(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_layers list = {0};
    float w[6] = {0};
    ts_ctx_open_plain(&ctx);
    for (int i = 0; i < 200; i++) /* more than the first room */
        ts_layers_add(&ctx, &list, (ts_layer){.kind = TS_LAYER_LINEAR, .out = 2, .in = 3}, "l%d", i);
    assert_true(list.count == 200);
    assert_string_equal(list.items[199].name, "l199");
    list.count = 1;
    ts_weights *weights = ts_weights_new(&ctx, "here");
    assert_int_equal(ts_layers_check(&ctx, weights, &list), TS_ERROR_FORMAT);
    assert_non_null(strstr(ctx.message, "l0.weight"));
    ts_ctx_clear(&ctx);
    ts_weights_add(&ctx, weights, "l0.weight", ts_tensor_of(w, TS_F32, 2, (int64_t[]){3, 2}));
    assert_int_equal(ts_layers_check(&ctx, weights, &list), TS_ERROR_SHAPE);
    ts_ctx_clear(&ctx);
    list.items[0].out = 3;
    list.items[0].in = 2;
    assert_int_equal(ts_layers_check(&ctx, weights, &list), TS_OK);
    ts_weights_close(weights);
    ts_layers_free(&list);
    ts_ctx_close(&ctx);
}

/* The running averages move by the momentum, the variance by the unbiased one; nothing is written. */
static void averages(void **state)
{
    (void)state;
    ts_ctx ctx;
    double x[4] = {1, 3, 5, 7}, one = 1, mean = 10, var = 2;
    const int64_t size[2] = {4, 1}, n = 1;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    ts_weights *w = ts_weights_new(&ctx, "here");
    ts_weights_add(&ctx, w, "a.bn.weight", ts_tensor_of(&one, TS_F64, 1, &n));
    ts_weights_add(&ctx, w, "a.bn.running_mean", ts_tensor_of(&mean, TS_F64, 1, &n));
    ts_weights_add(&ctx, w, "a.bn.running_var", ts_tensor_of(&var, TS_F64, 1, &n));
    ts_weights_want_grads(w, true);
    ts_pass pass = {.weights = w, .train = true, .eps = 11.0, .momentum = 0.25};
    ts_enter(&ctx, "a");
    const ts_tensor y = ts_pass_batch_norm(&ctx, &pass, "bn", ts_tensor_of(x, TS_F64, 2, size));
    assert_int_equal(ctx.status, TS_OK);
    assert_true(((double *)y.data)[3] == 0.75); /* (7 - 4) / sqrt(5 + 11) */
    const ts_running *r = pass.running;
    assert_string_equal(r->name, "a.bn.running_var");
    assert_true(fabs(*(double *)r->value.data - (1.5 + 0.25 * 20.0 / 3.0)) < 1e-15);
    assert_string_equal(r->before->name, "a.bn.running_mean");
    assert_true(*(double *)r->before->value.data == 8.5 && mean == 10 && var == 2);
    assert_null(r->before->before);
    assert_true(ts_weights_grad_count(w) == 1); /* averages want no gradients */
    pass.train = false;
    const ts_tensor z = ts_pass_batch_norm(&ctx, &pass, "bn", ts_tensor_of(x, TS_F64, 2, size));
    assert_true(fabs(((double *)z.data)[0] + 9.0 / sqrt(13.0)) < 1e-15);
    ts_weights_close(w);
    ts_ctx_close(&ctx);
}

static void dropouts_count(void **state)
{
    (void)state;
    ts_ctx ctx;
    float x[64];
    const int64_t n = 64;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    for (int i = 0; i < 64; i++)
        x[i] = 1.0f;
    ts_pass pass = {.dropout = 0.5, .train = true, .key = {3, 4, 0}};
    const ts_tensor t = ts_tensor_of(x, TS_F32, 1, &n);
    const ts_tensor a = ts_pass_dropout(&ctx, &pass, t), b = ts_pass_dropout(&ctx, &pass, t);
    assert_true(pass.key.layer == 2 && memcmp(a.data, b.data, sizeof x) != 0);
    pass.train = false;
    assert_ptr_equal(ts_pass_dropout(&ctx, &pass, t).data, x);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors),
        cmocka_unit_test(check),
        cmocka_unit_test(averages),
        cmocka_unit_test(dropouts_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
