#include "tests/support/files.h"
#include "tests/support/trial.h"

#include "ref/edit/resample.h"

#include <string.h>

static void goldens(void **state)
{
    (void)state;
    golden_accepted_on("data/goldens/edit/preprocess.safetensors", "f32", "fast");
}

static const ts_filter filters[] = {TS_LANCZOS, TS_BICUBIC, TS_BILINEAR};

/* A side that keeps its size is not filtered: bytes are copied. */
static void same_size(void **state)
{
    (void)state;
    uint8_t in[60], out[60];
    for (int i = 0; i < 60; i++)
        in[i] = (uint8_t)(i * 37);
    for (int f = 0; f < 3; f++) {
        ts_ctx ctx;
        ts_ctx_open_plain(&ctx);
        memset(out, 0, sizeof out);
        assert_int_equal(ts_resample(&ctx, out, 4, 5, in, 4, 5, 3, filters[f]), TS_OK);
        assert_memory_equal(in, out, 60);
        ts_ctx_close(&ctx);
    }
}

/* Weights add up to 1: a flat picture stays flat at every size, at the edges too. */
static void flat(void **state)
{
    (void)state;
    static uint8_t in[17 * 23], out[64 * 64];
    static const int sizes[] = {1, 2, 3, 16, 17, 23, 31, 64};
    memset(in, 201, sizeof in);
    for (int f = 0; f < 3; f++)
        for (int a = 0; a < 8; a++)
            for (int b = 0; b < 8; b++) {
                ts_ctx ctx;
                ts_ctx_open_plain(&ctx);
                const int h = sizes[a], w = sizes[b];
                assert_int_equal(ts_resample(&ctx, out, h, w, in, 17, 23, 1, filters[f]), TS_OK);
                for (int i = 0; i < h * w; i++)
                    assert_int_equal(out[i], 201);
                ts_ctx_close(&ctx);
            }
}

/* A mirrored picture gives the mirrored result, and channels do not mix. */
static void symmetry(void **state)
{
    (void)state;
    uint8_t in[2 * 11], mirrored[2 * 11], out[2 * 7], back[2 * 7];
    for (int i = 0; i < 11; i++) {
        in[2 * i] = mirrored[2 * (10 - i)] = (uint8_t)(i * i * 2);
        in[2 * i + 1] = mirrored[2 * (10 - i) + 1] = 9;
    }
    for (int f = 0; f < 3; f++) {
        ts_ctx ctx;
        ts_ctx_open_plain(&ctx);
        ts_resample(&ctx, out, 1, 7, in, 1, 11, 2, filters[f]);
        ts_resample(&ctx, back, 1, 7, mirrored, 1, 11, 2, filters[f]);
        for (int i = 0; i < 7; i++) {
            assert_int_equal(out[2 * i], back[2 * (6 - i)]);
            assert_int_equal(out[2 * i + 1], 9);
        }
        /* Down is across, turned. */
        uint8_t column[7], row[7], numbers[11];
        for (int i = 0; i < 11; i++)
            numbers[i] = in[2 * i];
        ts_resample(&ctx, column, 7, 1, numbers, 11, 1, 1, filters[f]);
        ts_resample(&ctx, row, 1, 7, numbers, 1, 11, 1, filters[f]);
        assert_memory_equal(column, row, 7);
        assert_int_equal(ctx.status, TS_OK);
        ts_ctx_close(&ctx);
    }
}

/* Overshoot is cut off at 0 and 255: an edge, enlarged. */
static void edge(void **state)
{
    (void)state;
    const uint8_t in[8] = {0, 0, 0, 0, 255, 255, 255, 255};
    uint8_t out[32];
    for (int f = 0; f < 3; f++) {
        ts_ctx ctx;
        ts_ctx_open_plain(&ctx);
        assert_int_equal(ts_resample(&ctx, out, 1, 32, in, 1, 8, 1, filters[f]), TS_OK);
        assert_true(out[0] == 0 && out[31] == 255);
        for (int i = 14; i < 17; i++)
            assert_true(out[i] < out[i + 1]);
        for (int i = 0; i < 32; i++)
            assert_int_equal(out[i], 255 - out[31 - i]);
        ts_ctx_close(&ctx);
    }
}

static void errors(void **state)
{
    (void)state;
    static const int64_t sizes[][5] = {{0, 1, 1, 1, 1}, {1, -1, 1, 1, 1}, {1, 1, 0, 1, 1},
                                       {1, 1, 1, 0, 1}, {1, 1, 1, 1, 0}};
    uint8_t pixel = 1, out = 0;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    for (int i = 0; i < 5; i++) {
        const int64_t *s = sizes[i];
        ts_resample(&ctx, &out, s[0], s[1], &pixel, s[2], s[3], s[4], TS_LANCZOS);
        files_failed(&ctx, TS_ERROR_SHAPE, "at least one pixel");
    }
    /* Sizes whose product leaves 64 bits ask for no memory. */
    const int64_t huge = (int64_t)1 << 40;
    ts_resample(&ctx, &out, 1, huge, &pixel, huge, 1, 1, TS_LANCZOS);
    files_failed(&ctx, TS_ERROR_MEMORY, "no memory to resize");
    ts_ctx_close(&ctx);
}

static ts_status both_ways(ts_ctx *ctx, const void *arg)
{
    uint8_t out[35];
    return ts_resample(ctx, out, 5, 7, arg, 3, 4, 1, TS_BICUBIC);
}

static void no_memory(void **state)
{
    (void)state;
    const uint8_t in[12] = {1, 2, 3};
    assert_int_equal(trial_faults(both_ways, in, 1), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens), cmocka_unit_test(same_size), cmocka_unit_test(flat),
        cmocka_unit_test(symmetry), cmocka_unit_test(edge), cmocka_unit_test(errors),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
