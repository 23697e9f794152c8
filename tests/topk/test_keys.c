#include "tests/support/topk.h"

#include "ref/topk/draw.h"
#include "ref/topk/keys.h"

#include <math.h>
#include <stdlib.h>

static void order_is_that_of_magnitudes(void **state)
{
    (void)state;
    static const double rising[] = {0.0, 0x1p-149, 0x1p-127, 0x1p-126, 0.5, 0x1.fffffep-1, 1.0,
                                    0x1p100, 0x1.fffffep127};
    for (int i = 0; i < 9; i++) {
        const double x = rising[i];
        assert_true(ts_key_f32((float)x) == ts_key_f32((float)-x));
        assert_true(ts_key_f64(x) == ts_key_f64(-x));
        assert_true(i == 0 || ts_key_f32((float)x) > ts_key_f32((float)rising[i - 1]));
        assert_true(i == 0 || ts_key_f64(x) > ts_key_f64(rising[i - 1]));
        assert_true(ts_key_magnitude(ts_key_f32((float)x), TS_F32) == x);
        assert_true(ts_key_magnitude(ts_key_f64(x), TS_F64) == x);
    }
    assert_true(ts_key_f32((float)INFINITY) == ts_key_infinity(TS_F32));
    assert_true(ts_key_f64((double)INFINITY) == ts_key_infinity(TS_F64));
    assert_true(ts_key_f32((float)-NAN) > ts_key_infinity(TS_F32));
}

/* key(a) >= key_at_least(t) exactly when a >= t, for floats around every kind of threshold. */
static void thresholds(void **state)
{
    (void)state;
    static const double near[] = {0.0, 0x1p-150, 0x1.8p-149, 1e-40, 0.1, 1.0, 1.0 + 0x1p-30, 3e38,
                                  0x1.ffffffp127, 1e300, 0x1p-1074};
    for (int i = 0; i < 11; i++)
        for (int step = -3; step <= 3; step++) {
            const double t = near[i];
            const float base = t > 3.4e38 ? 0x1.fffffep127f : (float)t;
            const float a = nextafterf(base, step < 0 ? 0.0f : (float)INFINITY);
            const float b = step % 2 ? a : base;
            if (!isfinite(b))
                continue;
            assert_int_equal(ts_key_f32(b) >= ts_key_at_least(t, TS_F32), (double)b >= t);
            assert_int_equal(ts_key_f64((double)b) >= ts_key_at_least(t, TS_F64), (double)b >= t);
        }
    assert_true(ts_key_at_least((double)INFINITY, TS_F32) == ts_key_infinity(TS_F32));
}

static int descending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

static void kth(void **state)
{
    (void)state;
    for (int64_t n = 1; n < 200; n += 7)
        for (int kind = 0; kind < 4; kind++) {
            uint64_t keys[200], sorted[200], work[200];
            for (int64_t i = 0; i < n; i++)
                keys[i] = kind == 0 ? ts_splitmix64(3, (uint64_t)i) : kind == 1 ? 5
                          : kind == 2 ? ts_splitmix64(4, (uint64_t)i) % 3 : (uint64_t)i;
            for (int64_t i = 0; i < n; i++)
                sorted[i] = keys[i];
            qsort(sorted, (size_t)n, sizeof *sorted, descending);
            for (int64_t k = 1; k <= n; k++) {
                for (int64_t i = 0; i < n; i++)
                    work[i] = keys[i];
                assert_true(ts_keys_kth(work, n, k) == sorted[k - 1]);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(order_is_that_of_magnitudes),
                                       cmocka_unit_test(thresholds), cmocka_unit_test(kth)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
