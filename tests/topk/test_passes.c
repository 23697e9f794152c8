#include "tests/support/topk.h"

#include "ref/topk/keys.h"
#include "ref/topk/passes.h"

#include <math.h>

static const ts_dtype types[] = {TS_F32, TS_F64};

static uint64_t key_of(ts_tensor x, int64_t i)
{
    return x.dtype == TS_F64 ? ts_key_f64(((double *)x.data)[i]) : ts_key_f32(((float *)x.data)[i]);
}

static void totals(const ts_passes *p, ts_tensor x, int64_t n)
{
    double lane[TS_SUM_LANES] = {0}, want = 0.0, sum;
    uint64_t largest = 0, most;
    for (int64_t i = 0; i < n; i++) {
        lane[i % TS_SUM_LANES] += fabs(ts_load(x.data, x.dtype, i));
        largest = key_of(x, i) > largest ? key_of(x, i) : largest;
    }
    for (int j = 0; j < TS_SUM_LANES; j++)
        want += lane[j];
    p->total(x.data, n, &sum, &most);
    assert_true(sum == want && most == largest);
    assert_true(p->most(x.data, n) == largest);
}

/* Filter, survey, histogram and emit against loops that are obviously right. */
static void choices(const ts_passes *p, ts_tensor x, int64_t n, uint64_t high, uint64_t low,
                    int64_t room)
{
    static unsigned char values[9000 * 8];
    static uint32_t indices[9000], count[TS_BINS];
    int64_t at = 0, highs = 0, lows = 0;
    uint64_t smallest = UINT64_MAX, largest = 0;
    bool any = false;
    const int64_t found = p->filter(values, indices, room, x.data, n, 7, low);
    for (int64_t i = 0; i < n; i++) {
        const uint64_t key = key_of(x, i);
        highs += key >= high;
        lows += key >= low;
        smallest = key >= high && key < smallest ? key : smallest;
        largest = key < low && key > largest ? key : largest;
        any |= key < low;
        if (key < low)
            continue;
        if (at < room) {
            assert_int_equal(indices[at], 7 + i);
            assert_true(ts_load(values, x.dtype, at) == ts_load(x.data, x.dtype, i));
        }
        at++;
    }
    assert_int_equal(found, at);
    ts_survey s;
    p->survey(&s, x.data, n, high, low);
    assert_true(s.high == highs && s.low == lows && s.any_below == any && s.smallest == smallest);
    assert_true(!any || s.largest == largest);
    if (high == UINT64_MAX)
        return;
    static uint64_t keys[9000];
    const int64_t many = p->between(keys, x.data, n, low, high - low);
    for (int64_t i = 0, j = 0; i < n; i++)
        if (key_of(x, i) >= low && key_of(x, i) <= high)
            assert_true(j < many && keys[j++] == key_of(x, i));
    for (int b = 0; b < TS_BINS; b++)
        count[b] = 0;
    p->histogram(count, x.data, n, high, 11);
    for (int64_t i = 0; i < n; i++)
        if (key_of(x, i) >= high && (key_of(x, i) - high) >> 11 < TS_BINS)
            count[(key_of(x, i) - high) >> 11]--;
    for (int b = 0; b < TS_BINS; b++)
        assert_int_equal(count[b], 0);
}

static void against_loops(void **state)
{
    (void)state;
    static const int64_t sizes[] = {0, 1, 7, 8, 15, 16, 63, 64, 65, 127, 4095, 4096, 4097, 8191};
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    for (int t = 0; t < 2; t++)
        for (int shape = 0; shape < TOPK_SHAPES; shape++) {
            const ts_tensor x = topk_vector(&ctx, types[t], (topk_shape)shape, 5, 8192);
            const ts_passes *p = ts_passes_of(types[t]);
            assert_int_equal(p->bits, t ? 63 : 31);
            for (int i = 0; i < 14; i++) {
                const int64_t n = sizes[i];
                if (n <= TS_SUM_BLOCK)
                    totals(p, x, n);
                const uint64_t a = key_of(x, 3), b = key_of(x, 8000);
                choices(p, x, n, a > b ? a : b, a > b ? b : a, 9000);
                choices(p, x, n, a, a, 5);
                choices(p, x, n, UINT64_MAX, b, 0);
                choices(p, x, n, b + 1, b, n);
            }
        }
    ts_ctx_close(&ctx);
}

/* Ten entries: two high, six in the band, a slice that goes round its end. */
static void emission(void **state)
{
    (void)state;
    const float x[10] = {1, -5, 1, 2, -2, 0, 5, -1, 1, 0};
    uint32_t indices[6];
    float values[6];
    ts_emission e = {.high = ts_key_f32(5), .low = ts_key_f32(1), .indices = indices,
                     .values = values, .base = 100, .slice = 2, .start = 4, .taken = 4, .length = 6};
    const uint32_t want[] = {101, 106, 107, 108, 100, 102}, map[] = {9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
    ts_passes_of(TS_F32)->emit(&e, x, 10);
    for (int j = 0; j < 6; j++) {
        assert_int_equal(indices[j], want[j]);
        assert_true(values[j] == x[want[j] - 100]);
    }
    e.map = map;
    ts_passes_of(TS_F32)->emit(&e, x, 10);
    for (int j = 0; j < 6; j++)
        assert_int_equal(indices[j], 9 - (want[j] - 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(against_loops), cmocka_unit_test(emission)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
