#include "tests/support/files.h"
#include "tests/support/trial.h"

#include "ref/edit/scheduler.h"

#include <jansson.h>
#include <math.h>

static void goldens(void **state)
{
    (void)state;
    golden_accepted_on("data/goldens/scheduler/sigmas.json", "f32", "fast");
    golden_accepted_on("data/goldens/scheduler/sigmas.json", "f64", "plain");
}

static const ts_scheduler flux = {.train_timesteps = 1000, .shift = 3, .dynamic = true,
                                  .base_shift = 0.5, .max_shift = 1.15, .base_tokens = 256,
                                  .max_tokens = 4096};

static void shift_of_a_size(void **state)
{
    (void)state;
    assert_true(fabs(ts_scheduler_mu(&flux, 256) - 0.5) < 1e-15);
    assert_true(fabs(ts_scheduler_mu(&flux, 4096) - 1.15) < 1e-15);
    assert_true(fabs(ts_scheduler_mu(&flux, 2176) - 0.825) < 1e-15);
}

/* From 1 to 0, falling; mu = 0 leaves linspace; a shift moves every time up. */
static void sigmas(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    double plain[29], moved[29], single[29];
    assert_int_equal(ts_scheduler_sigmas(&ctx, plain, &flux, 28, 0.0, false), TS_OK);
    assert_int_equal(ts_scheduler_sigmas(&ctx, moved, &flux, 28, 1.15, false), TS_OK);
    assert_int_equal(ts_scheduler_sigmas(&ctx, single, &flux, 28, 1.15, true), TS_OK);
    for (int i = 0; i < 28; i++) {
        assert_true(fabs(plain[i] - (28 - i) / 28.0) < 1e-14);
        assert_true(moved[i] > moved[i + 1] && (i == 0 || moved[i] > plain[i]));
        assert_true(fabs(moved[i] - single[i]) < 3e-7 && single[i] == (double)(float)single[i]);
    }
    assert_true(plain[0] == 1 && moved[0] == 1 && plain[28] == 0 && moved[28] == 0);
    assert_true(fabs(moved[14] - exp(1.15) / (exp(1.15) + 1)) < 1e-14);
    /* A fixed shift s: s t / (1 + (s - 1) t). */
    ts_scheduler fixed = flux;
    fixed.dynamic = false;
    assert_int_equal(ts_scheduler_sigmas(&ctx, moved, &fixed, 2, (double)NAN, false), TS_OK);
    assert_true(moved[0] == 1 && moved[1] == 0.75 && moved[2] == 0);
    assert_int_equal(ts_scheduler_sigmas(&ctx, moved, &fixed, 1, 0, true), TS_OK);
    assert_true(moved[0] == 1 && moved[1] == 0);
    ts_ctx_close(&ctx);
}

/* In double the model sees sigma; in float32 it sees it through two roundings. */
static void model_time(void **state)
{
    (void)state;
    assert_true(ts_scheduler_model_time(&flux, 0.1, false) == 0.1);
    const float sigma = 0.8260643482208252f;
    const float expected = (sigma * 1000.0f) / 1000.0f;
    assert_true(ts_scheduler_model_time(&flux, (double)sigma, true) == (double)expected);
    ts_scheduler other = flux;
    other.train_timesteps = 500;
    assert_true(ts_scheduler_model_time(&other, 1.0, true) == 0.5);
}

/* A velocity that is the same everywhere is followed exactly: x1 = x0 + sum of steps v. */
static void euler(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F64, 1);
    double x0[2] = {3, -1}, v[2] = {2, 5}, sigma[5];
    const int64_t two = 2;
    ts_scheduler_sigmas(&ctx, sigma, &flux, 4, 0.7, false);
    ts_tensor x = ts_tensor_of(x0, TS_F64, 1, &two);
    for (int i = 0; i < 4; i++)
        x = ts_euler_step(&ctx, x, ts_tensor_of(v, TS_F64, 1, &two), sigma[i], sigma[i + 1]);
    assert_true(fabs(((double *)x.data)[0] - 1) < 1e-15 && fabs(((double *)x.data)[1] + 6) < 1e-14);
    ts_ctx_close(&ctx);
}

static void reading_fails(const char *json, ts_status status, const char *words)
{
    ts_ctx ctx;
    ts_scheduler s;
    ts_ctx_open_plain(&ctx);
    json_t *config = json_loads(json, JSON_DECODE_ANY, NULL);
    assert_non_null(config);
    assert_int_equal(ts_scheduler_read(&ctx, &s, config, "here"), status);
    files_failed(&ctx, status, words);
    json_decref(config);
    ts_ctx_close(&ctx);
}

static void configurations(void **state)
{
    (void)state;
    reading_fails("[]", TS_ERROR_FORMAT, "here: expected a JSON object");
    reading_fails("{\"use_karras_sigmas\": true}", TS_ERROR_UNSUPPORTED, "use_karras_sigmas");
    reading_fails("{\"use_exponential_sigmas\": true}", TS_ERROR_UNSUPPORTED, "exponential");
    reading_fails("{\"use_beta_sigmas\": true}", TS_ERROR_UNSUPPORTED, "use_beta_sigmas");
    reading_fails("{\"invert_sigmas\": true}", TS_ERROR_UNSUPPORTED, "invert_sigmas");
    reading_fails("{\"shift_terminal\": 0.1}", TS_ERROR_UNSUPPORTED, "shift_terminal");
    reading_fails("{\"shift\": \"3\"}", TS_ERROR_FORMAT, "shift");
    reading_fails("{\"shift\": 0}", TS_ERROR_FORMAT, "shift is 0");
    reading_fails("{\"num_train_timesteps\": 0}", TS_ERROR_FORMAT, "num_train_timesteps");
    reading_fails("{\"max_image_seq_len\": 256}", TS_ERROR_FORMAT, "max_image_seq_len");
    reading_fails("{\"base_image_seq_len\": -9223372036854775808}", TS_ERROR_FORMAT,
                  "base_image_seq_len");
    reading_fails("{\"use_dynamic_shifting\": 1}", TS_ERROR_FORMAT, "use_dynamic_shifting");
    ts_ctx ctx;
    ts_scheduler s;
    ts_ctx_open_plain(&ctx);
    json_t *empty = json_object();
    assert_int_equal(ts_scheduler_read(&ctx, &s, empty, "here"), TS_OK);
    assert_true(!s.dynamic && s.shift == 1 && s.train_timesteps == 1000);
    json_decref(empty);
    ts_ctx_close(&ctx);
}

static void limits(void **state)
{
    (void)state;
    ts_ctx ctx;
    double sigma[3];
    static const int64_t steps[] = {0, -1, TS_MAX_STEPS + 1, INT64_MAX};
    static const double shifts[] = {1e3, -1e3, (double)NAN, (double)INFINITY};
    ts_ctx_open_plain(&ctx);
    for (int i = 0; i < 4; i++) {
        ts_scheduler_sigmas(&ctx, sigma, &flux, steps[i], 0.5, true);
        files_failed(&ctx, TS_ERROR_USAGE, "steps: expected 1 to 10000");
        ts_scheduler_sigmas(&ctx, sigma, &flux, 2, shifts[i], true);
        files_failed(&ctx, TS_ERROR_USAGE, "a schedule shifted by");
    }
    assert_int_equal(ts_scheduler_sigmas(&ctx, sigma, &flux, 2, 64.0, true), TS_OK);
    assert_true(isfinite(sigma[1]) && sigma[1] <= 1);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens), cmocka_unit_test(shift_of_a_size), cmocka_unit_test(sigmas),
        cmocka_unit_test(model_time), cmocka_unit_test(euler), cmocka_unit_test(configurations),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
