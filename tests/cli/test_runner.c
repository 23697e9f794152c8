#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/runner.h"

static void parameter_names(void **state)
{
    (void)state;
    assert_true(ts_same_parameter("a.to_q.weight", "a.to_q.weight"));
    assert_true(ts_same_parameter("transformer.a.to_q.lora_A.weight", "a.to_q.lora_A.weight"));
    assert_true(ts_same_parameter("a.to_q.base_layer.weight", "a.to_q.weight"));
    assert_true(ts_same_parameter("a.lora_A.default.weight", "transformer.a.lora_A.weight"));
    assert_false(ts_same_parameter("a.to_q.weight", "a.to_k.weight"));
    assert_false(ts_same_parameter("a.to_q.weight", "a.to_q.bias"));
    assert_false(ts_same_parameter("a.to_q", "a.to_q.weight"));
}

/* A case as it is: outputs, trace and gradients come out in the storage that was asked for. */
static void one_case(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_case c;
    ts_ran ran;
    ts_how how;
    ts_dtype format;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_case_open(&ctx, &c, "data/goldens/modules/x_embedder_lora.safetensors"),
                     TS_OK);
    assert_int_equal(ts_how_from(&ctx, &how, &format, "f64", "plain", 1), TS_OK);
    how.trace = how.gauges = true;
    if (ts_run(&ran, &how, &c.job))
        fail_msg("%s", ran.ctx.message);
    const ts_tensor y = ts_ran_get(&ran, TS_OUTPUT, "output");
    assert_int_equal(y.dtype, TS_F64);
    assert_non_null(y.gauge);
    assert_false(ts_is_empty(ts_ran_get(&ran, TS_TRACE, "x_embedder.output")));
    assert_false(ts_is_empty(ts_ran_get(&ran, TS_GRADIENT, "input")));
    assert_false(ts_is_empty(ts_ran_get(&ran, TS_GRADIENT, "x_embedder.lora_B.weight")));
    assert_true(ts_is_empty(ts_ran_get(&ran, TS_OUTPUT, "nothing")));
    assert_true(ts_is_empty(ts_ran_get(&ran, TS_GRADIENT, "nothing")));
    ts_ran_free(&ran);
    how.trace = false;
    c.job.module = "flux_text.nothing_of_the_kind";
    assert_true(ts_run(&ran, &how, &c.job) != TS_OK);
    ts_ran_free(&ran);
    ts_case_close(&c);
    ts_ctx_close(&ctx);
}

static void honest_and_true(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_how how;
    ts_dtype format;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_how_from(&ctx, &how, &format, "bf16", "fast", 1), TS_OK);
    assert_true(ts_how_truth(&how).compute == TS_F64 && ts_how_truth(&how).round == TS_NONE);
    const ts_how rough = ts_how_honest(&how, TS_BF16, 0);
    assert_ptr_equal(rough.table, &ts_table_honest);
    assert_true(rough.compute == TS_F32 && rough.round == TS_BF16);
    assert_true(ts_how_honest(&how, TS_F64, 1).round == TS_NONE);
    assert_ptr_equal(ts_how_honest(&how, TS_F64, 1).table, &ts_table_paired);
    const ts_honest e = ts_larger_honest((ts_honest){1, 4}, (ts_honest){2, 3});
    assert_true(e.norm == 2 && e.max == 4);
    assert_int_equal(ts_how_from(&ctx, &how, &format, "f32", "none", 1), TS_ERROR_USAGE);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parameter_names), cmocka_unit_test(one_case),
                                       cmocka_unit_test(honest_and_true)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
