#include "tests/support/files.h"
#include "tests/support/golden.h"

#include "ref/optim/ema.h"

#include <stdlib.h>
#include <string.h>

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/optim/ema_constant.safetensors");
    golden_accepted("data/goldens/optim/ema_diffusers.safetensors");
    golden_accepted("data/goldens/optim/ema_warmup.safetensors");
}

static void decays(void **state)
{
    (void)state;
    ts_ema_settings s = {.decay = 0.75};
    assert_true(ts_ema_decay(&s, 1) == 0.75 && ts_ema_decay(&s, 100) == 0.75);
    s.grows = true;
    s.after = 3;
    assert_true(ts_ema_decay(&s, 1) == 0.0 && ts_ema_decay(&s, 4) == 0.0);
    assert_true(ts_ema_decay(&s, 5) == 2.0 / 11.0 && ts_ema_decay(&s, 1000) == 0.75);
    s.least = 0.5;
    assert_true(ts_ema_decay(&s, 5) == 0.5);
    s.gamma = 1.0;
    s.power = 1.0;
    assert_true(ts_ema_decay(&s, 6) == 1.0 - 1.0 / 3.0);
}

/* Steps, a file, steps: the same bits; and averages and parameters change places. */
static void goes_on(void **state)
{
    (void)state;
    float p[2][3] = {{1, 2, 3}, {1, 2, 3}};
    const int64_t n = 3;
    const ts_ema_settings s = {.decay = 0.9, .grows = true};
    ts_ctx ctx;
    ts_items items = {0};
    ts_ema *e[2];
    ts_ctx_open(&ctx, &ts_table_fast, TS_F32, 2);
    for (int i = 0; i < 2; i++) {
        e[i] = ts_ema_new(&ctx, &s);
        assert_int_equal(ts_ema_add(&ctx, e[i], "w", ts_tensor_of(p[i], TS_F32, 1, &n)), TS_OK);
    }
    for (int k = 0; k < 6; k++) {
        if (k == 4) {
            assert_int_equal(ts_ema_collect(&ctx, e[0], "train", &items), TS_OK);
            ts_safetensors_write(&ctx, files_path("ema"), &items, NULL);
            ts_safetensors *file = ts_safetensors_open(&ctx, files_path("ema"));
            assert_int_equal(ts_ema_restore(&ctx, e[1], "train", file), TS_OK);
            assert_int_equal(ts_ema_restore(&ctx, e[1], "other", file), TS_ERROR_FORMAT);
            files_failed(&ctx, TS_ERROR_FORMAT, "no tensor other.ema_steps");
            ts_safetensors_close(file);
            ts_items_free(&items);
        }
        p[0][k % 3] += (float)k * 0.1f;
        memcpy(p[1], p[0], sizeof p[0]);
        ts_ema_step(&ctx, e[0]);
        if (k >= 4)
            ts_ema_step(&ctx, e[1]);
    }
    assert_int_equal(ctx.status, TS_OK);
    assert_int_equal(ts_ema_count(e[1]), 1);
    assert_string_equal(ts_ema_name(e[1], 0), "w");
    assert_memory_equal(ts_ema_value(e[0], 0).data, ts_ema_value(e[1], 0).data, sizeof p[0]);
    float average[3], own[3];
    memcpy(average, ts_ema_value(e[0], 0).data, sizeof average);
    memcpy(own, p[0], sizeof own);
    ts_ema_swap(e[0]);
    assert_memory_equal(p[0], average, sizeof average);
    assert_memory_equal(ts_ema_value(e[0], 0).data, own, sizeof own);
    ts_ema_swap(e[0]);
    assert_memory_equal(p[0], own, sizeof own);
    ts_ema_close(e[0]);
    ts_ema_close(e[1]);
    ts_ctx_close(&ctx);
}

static void refused(void **state)
{
    (void)state;
    ts_ctx ctx;
    double w[1] = {1};
    char name[1100];
    ts_items items = {0};
    const int64_t n = 1;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    assert_null(ts_ema_new(&ctx, &(ts_ema_settings){.decay = 1.5}));
    files_failed(&ctx, TS_ERROR_USAGE, "decay must be in [0, 1]");
    ts_ema *e = ts_ema_new(&ctx, &(ts_ema_settings){.decay = 0.5});
    ts_ema_add(&ctx, e, "w", ts_tensor_of(w, TS_F64, 1, &n));
    files_failed(&ctx, TS_ERROR_SHAPE, "w: expected a contiguous parameter F32");
    ctx.compute = TS_F64;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ts_ema_add(&ctx, e, name, ts_tensor_of(w, TS_F64, 1, &n));
    ts_ema_collect(&ctx, e, "train", &items);
    files_failed(&ctx, TS_ERROR_USAGE, "too long");
    ts_items_free(&items);
    ts_ema_close(e);
    ts_ctx_close(&ctx);
}

static void without_memory(void **state)
{
    (void)state;
    double w[1] = {1};
    const int64_t one = 1;
    long n = 0;
    for (bool done = false; !done;) {
        ts_ctx ctx;
        ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
        ts_plant_fault(++n);
        ts_ema *e = ts_ema_new(&ctx, &(ts_ema_settings){.decay = 0.5});
        if (e)
            ts_ema_add(&ctx, e, "w", ts_tensor_of(w, TS_F64, 1, &one));
        ts_plant_fault(0);
        done = !ctx.status;
        assert_true(done || ctx.status == TS_ERROR_MEMORY);
        ts_ema_close(e);
        ts_ctx_close(&ctx);
    }
    assert_int_equal(n, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens), cmocka_unit_test(decays),         cmocka_unit_test(goes_on),
        cmocka_unit_test(refused), cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
