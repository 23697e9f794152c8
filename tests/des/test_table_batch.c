/* Against loops over all pairs; the order of sums; threads; memory. */
#include "tests/support/files.h"

#include "ref/base/par.h"
#include "ref/base/rng.h"
#include "ref/des/table_batch.h"

#include <string.h>

enum { COUNT = 2000, WIDTH = 70 };

static uint64_t ids[COUNT];

static void fill(void)
{
    for (uint64_t i = 0; i < COUNT; i++) {
        const uint64_t r = ts_mix64(i) % 1000;
        ids[i] = r < 2 ? (uint64_t)0 - r : ts_mix64(r * r / 1000); /* some often, some once */
    }
}

static void distinct(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_id_batch b;
    ts_ctx_open_plain(&ctx);
    fill();
    assert_int_equal(ts_id_batch_of(&ctx, &b, ids, COUNT), TS_OK);
    int64_t found = 0;
    for (int64_t i = 0; i < COUNT; i++) {
        int64_t first = 0, times = 0;
        while (ids[first] != ids[i])
            first++;
        if (first == i)
            assert_true(b.id[found++] == ids[i]);
        assert_true(b.id[b.index[i]] == ids[i]);
        for (int64_t k = 0; k < COUNT; k++)
            if (ids[k] == ids[i])
                assert_int_equal(b.at[b.start[b.index[i]] + times++], k);
        assert_int_equal(b.times[b.index[i]], times);
        assert_int_equal(b.start[b.index[i] + 1] - b.start[b.index[i]], times);
    }
    assert_int_equal(b.distinct, found);
    assert_int_equal(b.start[0], 0);
    assert_int_equal(ts_id_batch_of(&ctx, &b, ids, 0), TS_OK);
    assert_int_equal(b.distinct, 0);
    assert_int_equal(b.start[0], 0);
    assert_int_equal(ts_id_batch_of(&ctx, &b, ids, 1), TS_OK);
    assert_int_equal(b.distinct, 1);
    ts_id_batch_of(&ctx, &b, ids, -1);
    files_failed(&ctx, TS_ERROR_SHAPE, "-1 occurrences");
    ts_ctx_close(&ctx);
}

static void sums(void **state)
{
    (void)state;
    static double g[COUNT][WIDTH], out[COUNT][WIDTH], many[COUNT][WIDTH], each[COUNT][WIDTH];
    static float narrow[COUNT][WIDTH], out32[COUNT][WIDTH];
    ts_ctx ctx;
    ts_id_batch b;
    ts_ctx_open_plain(&ctx);
    fill();
    ts_id_batch_of(&ctx, &b, ids, COUNT);
    for (int64_t i = 0; i < COUNT; i++)
        for (int64_t j = 0; j < WIDTH; j++) {
            g[i][j] = (double)(int64_t)ts_mix64((uint64_t)(i * WIDTH + j)) / 3e18;
            narrow[i][j] = (float)g[i][j];
        }
    ts_par_threads(1);
    ts_id_batch_sum(&b, out, g, TS_F64, WIDTH);
    ts_par_threads(3);
    ts_id_batch_sum(&b, many, g, TS_F64, WIDTH);
    ts_id_batch_sum(&b, out32, narrow, TS_F32, WIDTH);
    ts_id_batch_spread(&b, each, out, TS_F64, WIDTH);
    ts_par_threads(0);
    assert_memory_equal(out, many, (size_t)b.distinct * sizeof *out);
    for (int64_t k = 0; k < b.distinct; k++)
        for (int64_t j = 0; j < WIDTH; j++) {
            double sum = 0, sum32 = 0;
            for (int64_t i = 0; i < COUNT; i++)
                if (ids[i] == b.id[k]) {
                    sum += g[i][j];
                    sum32 += (double)narrow[i][j];
                }
            assert_true(out[k][j] == sum);
            assert_true(out32[k][j] == (float)sum32);
        }
    for (int64_t i = 0; i < COUNT; i++)
        assert_memory_equal(each[i], out[b.index[i]], sizeof *each);
    ts_ctx_close(&ctx);
}

static void without_memory(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_id_batch b;
    fill();
    for (long n = 1;; n++) {
        ts_ctx_open_plain(&ctx);
        ts_plant_fault(n);
        const ts_status s = ts_id_batch_of(&ctx, &b, ids, COUNT);
        ts_plant_fault(0);
        ts_ctx_close(&ctx);
        if (!s) {
            assert_true(n > 1);
            return;
        }
        assert_int_equal(s, TS_ERROR_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(distinct), cmocka_unit_test(sums),
                                       cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
