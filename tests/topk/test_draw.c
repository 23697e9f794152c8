#include "tests/support/topk.h"

#include "ref/base/rng.h"
#include "ref/topk/draw.h"

/* Published first words of splitmix64, and the numbers that the vectors are made from. */
static void words(void **state)
{
    (void)state;
    static const uint64_t zero[] = {0xe220a8397b1dcdafu, 0x6e789e6aa1b965f4u, 0x06c45d188009454fu,
                                    0xf88bb8a8724c81ecu};
    for (uint64_t i = 0; i < 4; i++)
        assert_true(ts_splitmix64(0, i) == zero[i]);
    assert_true(topk_uniform(1, 0) == 0.06656152009963989);
    assert_true(topk_uniform(1, 3) == -0.0556408166885376);
    assert_true(topk_gauss(7, 0) == -1.000954508781433);
    assert_true(topk_gauss(7, 2) == 0.5188616514205933);
}

static void slices(void **state)
{
    (void)state;
    assert_int_equal(ts_draw_below(0, 7), 0);
    assert_int_equal(ts_draw_below(UINT64_MAX, 7), 6);
    assert_int_equal(ts_draw_below((uint64_t)1 << 63, 7), 3);
    assert_int_equal(ts_draw_below(0x123456789abcdef0u, 1000), 71);
    assert_int_equal(ts_draw_below(UINT64_MAX, UINT32_MAX), UINT32_MAX - 1);
}

/* Every counter matters, and the rule is the one that is written down. */
static void counters(void **state)
{
    (void)state;
    const ts_draw base = {9, 4, 2, 1};
    const ts_draw other[] = {{8, 4, 2, 1}, {9, 5, 2, 1}, {9, 4, 3, 1}, {9, 4, 2, 0}};
    for (int i = 0; i < 4; i++)
        assert_true(ts_draw_bits(base) != ts_draw_bits(other[i]));
    uint64_t z = ts_mix64(9 + 0x9E3779B97F4A7C15u * 5);
    z = ts_mix64(z ^ 0xD1B54A32D192ED03u * 3);
    assert_true(ts_draw_bits(base) == ts_mix64(z ^ 0x8CB92BA72F3D8DD7u * 2));
}

/* The k smallest words, by sorting; ascending, without repetition; each index about as often. */
static void subsets(void **state)
{
    (void)state;
    ts_ctx ctx;
    uint32_t out[300];
    int times[40] = {0};
    ts_ctx_open_plain(&ctx);
    for (int64_t d = 0; d < 300; d += 13)
        for (int64_t k = 0; k <= d; k += 5) {
            assert_int_equal(ts_draw_subset(&ctx, out, k, d, (uint64_t)(d + k)), TS_OK);
            for (int64_t j = 0; j < k; j++) {
                int64_t below = 0;
                const uint64_t word = ts_splitmix64((uint64_t)(d + k), out[j]);
                for (int64_t i = 0; i < d; i++)
                    below += ts_splitmix64((uint64_t)(d + k), (uint64_t)i) < word;
                assert_true(below < k && out[j] < d && (j == 0 || out[j] > out[j - 1]));
            }
        }
    for (uint64_t seed = 0; seed < 4000; seed++) {
        assert_int_equal(ts_draw_subset(&ctx, out, 10, 40, ts_mix64(seed)), TS_OK);
        for (int j = 0; j < 10; j++)
            times[out[j]]++;
    }
    for (int i = 0; i < 40; i++) /* 1000 each, deviation 27 */
        assert_in_range(times[i], 1000 - 150, 1000 + 150);
    assert_int_equal(ts_draw_subset(&ctx, out, 5, 4, 0), TS_ERROR_USAGE);
    ts_ctx_clear(&ctx);
    assert_int_equal(ts_draw_subset(&ctx, out, -1, 4, 0), TS_ERROR_USAGE);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words), cmocka_unit_test(slices),
                                       cmocka_unit_test(counters), cmocka_unit_test(subsets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
