#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/base/rng.h"
#include "ref/io/rng_modules.h"

#include <string.h>

static ts_status run(ts_ctx *ctx, ts_call *call, const char *module, json_t *settings)
{
    ts_call found = {0};
    const ts_module *m = ts_module_find(ts_rng_modules, module, &found);
    assert_non_null(m);
    call->module = module;
    call->settings = settings;
    return m->run(ctx, call);
}

/* Names that a case holds, and names in the settings; each result is the stream's own. */
static void recipes(void **state)
{
    (void)state;
    static const char *const wanted[] = {"randn.seed42.n17", "rand.seed42.n5",
                                         "sequence.seed1099511627783.3_40_1",
                                         "shape.seed1.1_2_3_4"};
    static const char *const modules[] = {"rng.torch_cpu", "rng.torch_cpu_default"};
    for (int m = 0; m < 2; m++) {
        ts_ctx ctx;
        ts_call call = {.wanted = wanted, .wanted_count = 4};
        json_t *settings = json_pack("{s:s, s:[s,s]}", "names", "a description", "outputs",
                                     "rand.seed42.n5", "randn.seed3.n0");
        ts_ctx_open(&ctx, NULL, m ? TS_F64 : TS_F32, 1);
        assert_int_equal(run(&ctx, &call, modules[m], settings), TS_OK);
        assert_int_equal(call.outputs.count, 5);
        float x[64];
        ts_torch_cpu g;
        ts_torch_cpu_seed(&g, 42);
        g.without_avx2 = m == 1;
        ts_torch_cpu_randn_f32(&g, x, 17);
        const ts_tensor a = ts_items_get(&call.outputs, wanted[0]);
        assert_int_equal(a.dtype, TS_F32);
        assert_memory_equal(a.data, x, 17 * sizeof *x);
        ts_torch_cpu_seed(&g, 42);
        ts_torch_cpu_rand_f32(&g, x, 5);
        assert_memory_equal(ts_items_get(&call.outputs, wanted[1]).data, x, 5 * sizeof *x);
        ts_torch_cpu_seed(&g, 7); /* the low 32 bits of the seed */
        g.without_avx2 = m == 1;
        ts_torch_cpu_randn_f32(&g, x, 3);
        ts_torch_cpu_randn_f32(&g, x + 3, 40);
        ts_torch_cpu_randn_f32(&g, x + 43, 1);
        assert_memory_equal(ts_items_get(&call.outputs, wanted[2]).data, x, 44 * sizeof *x);
        const ts_tensor s = ts_items_get(&call.outputs, wanted[3]);
        assert_true(s.rank == 4 && s.size[3] == 4);
        assert_int_equal(ts_numel(ts_items_get(&call.outputs, "randn.seed3.n0")), 0);
        ts_call_free(&call);
        json_decref(settings);
        ts_ctx_close(&ctx);
    }
}

static void settings_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *module, *settings;
        ts_status status;
    } bad[] = {
        {"rng.torch_cpu", "{}", TS_ERROR_USAGE},
        {"rng.torch_cpu", "{\"outputs\": 3}", TS_ERROR_USAGE},
        {"rng.torch_cpu", "{\"outputs\": [3]}", TS_ERROR_USAGE},
        {"rng.torch_cpu", "{\"outputs\": [\"randn.seed0\"]}", TS_ERROR_USAGE},
        {"rng.torch_cpu", "{\"outputs\": [\"randn.seed0.17\"]}", TS_ERROR_USAGE},
        {"rng.torch_cpu", "{\"outputs\": [\"randn.seed.n17\"]}", TS_ERROR_USAGE},
        {"rng.torch_cpu", "{\"outputs\": [\"randn.seed0.n17x\"]}", TS_ERROR_USAGE},
        {"rng.torch_cpu", "{\"outputs\": [\"randn.seed0.n1_2\"]}", TS_ERROR_USAGE},
        {"rng.torch_cpu", "{\"outputs\": [\"normal.seed0.n17\"]}", TS_ERROR_USAGE},
        {"rng.torch_cpu", "{\"outputs\": [\"shape.seed0.1_2_\"]}", TS_ERROR_USAGE},
        {"rng.torch_cpu", "{\"outputs\": [\"shape.seed0.1_1_1_1_1_1_1\"]}", TS_ERROR_USAGE},
        {"rng.torch_cpu", "{\"outputs\": [\"randn.seed99999999999999999999.n1\"]}", TS_ERROR_USAGE},
        {"rng.torch_cpu", "{\"outputs\": [\"randn.seed0.n9223372036854775807\"]}", TS_ERROR_SHAPE},
        {"rng.torch_cpu",
         "{\"outputs\": [\"sequence.seed0.9223372036854775807_9223372036854775807\"]}",
         TS_ERROR_SHAPE},
        {"rng.philox", "{\"kind\": \"cauchy\"}", TS_ERROR_USAGE},
        {"rng.philox", "{\"kind\": \"ints\", \"low\": 3, \"high\": 3}", TS_ERROR_USAGE},
        {"rng.philox", "{\"n\": -1}", TS_ERROR_USAGE},
        {"rng.philox", "{\"n\": \"many\"}", TS_ERROR_FORMAT},
        {"rng.torch_cuda", "{\"kind\": \"normal\"}", TS_ERROR_USAGE},
        {"rng.torch_cuda", "{\"n\": 5, \"blocks\": 0}", TS_ERROR_USAGE},
        {"rng.torch_cuda", "{\"n\": 5, \"threads\": -2}", TS_ERROR_USAGE},
        {"rng.torch_cuda", "{\"n\": 5, \"offset\": 3}", TS_ERROR_USAGE},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ts_ctx ctx;
        ts_call call = {0};
        json_t *settings = json_loads(bad[i].settings, 0, NULL);
        assert_non_null(settings);
        ts_ctx_open_plain(&ctx);
        if (run(&ctx, &call, bad[i].module, settings) != bad[i].status)
            fail_msg("%s %s: %s", bad[i].module, bad[i].settings, ctx.message);
        assert_non_null(strstr(ctx.message, bad[i].status == TS_ERROR_SHAPE ? "memory" : "rng."));
        ts_call_free(&call);
        json_decref(settings);
        ts_ctx_close(&ctx);
    }
}

static void counters(void **state)
{
    (void)state;
    static const char *const kinds[] = {"uniform", "normal", "bits", "ints"};
    for (int k = 0; k < 4; k++)
        for (int f64 = 0; f64 < 2; f64++) {
            ts_ctx ctx;
            ts_call call = {0};
            double mine[9];
            json_t *settings = json_pack("{s:i, s:i, s:i, s:i, s:s, s:i, s:i}", "seed", 5, "stream",
                                         6, "first", 7, "n", 9, "kind", kinds[k], "low", -4, "high",
                                         40);
            ts_ctx_open(&ctx, NULL, f64 ? TS_F64 : TS_F32, 1);
            assert_int_equal(run(&ctx, &call, "rng.philox", settings), TS_OK);
            const ts_tensor y = ts_items_get(&call.outputs, "values");
            if (k == 0 && f64)
                ts_philox_uniform_f64(mine, 5, 6, 7, 9);
            else if (k == 0)
                ts_philox_uniform_f32((float *)mine, 5, 6, 7, 9);
            else if (k == 1 && f64)
                ts_philox_normal_f64(mine, 5, 6, 7, 9);
            else if (k == 1)
                ts_philox_normal_f32((float *)mine, 5, 6, 7, 9);
            else if (k == 2)
                ts_philox_bits((uint32_t *)mine, 5, 6, 7, 9);
            else
                ts_philox_ints((int64_t *)mine, 5, 6, 7, 9, -4, 40);
            assert_memory_equal(y.data, mine, 9 * ts_dtype_size(y.dtype));
            ts_call_free(&call);
            json_decref(settings);
            ts_ctx_close(&ctx);
        }
}

static void cuda(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        ts_ctx ctx;
        ts_call call = {0};
        float mine[40];
        uint64_t offset = 4;
        json_t *settings = json_pack("{s:i, s:i, s:i, s:s, s:i, s:i}", "seed", 9, "offset", 4, "n",
                                     40, "kind", k ? "rand" : "randn", "threads", 4, "blocks", 2);
        ts_ctx_open_plain(&ctx);
        assert_int_equal(run(&ctx, &call, "rng.torch_cuda", settings), TS_OK);
        (k ? ts_torch_cuda_rand : ts_torch_cuda_randn)(mine, 40, 9, &offset, (ts_cuda_grid){4, 2});
        assert_memory_equal(ts_items_get(&call.outputs, "values").data, mine, sizeof mine);
        ts_call_free(&call);
        json_decref(settings);
        ts_ctx_close(&ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recipes),
        cmocka_unit_test(settings_are_checked),
        cmocka_unit_test(counters),
        cmocka_unit_test(cuda),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
