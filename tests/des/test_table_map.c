/* Against a plain list; hostile ids; how much moves at a time; memory. */
#include "tests/support/files.h"

#include "ref/base/rng.h"
#include "ref/des/table_map.h"

#include <string.h>

enum { KEYS = 3000 };

/* Key k of the test: the ends of the range of ids are among them. */
static uint64_t id_of(uint64_t k)
{
    return k < 2 ? (uint64_t)0 - k : ts_mix64(k);
}

static void holds(const ts_id_map *map, const uint32_t *number)
{
    int64_t at = 0, count = 0;
    uint64_t id, sum = 0, expected = 0;
    uint32_t n;
    for (uint64_t k = 0; k < KEYS; k++) {
        assert_int_equal(ts_id_map_find(map, id_of(k)), number[k]);
        count += number[k] != 0;
        expected += number[k] * (id_of(k) | 1);
    }
    assert_int_equal(map->count, count);
    while (ts_id_map_next(map, &at, &id, &n)) {
        assert_int_equal(ts_id_map_find(map, id), n);
        sum += n * (id | 1);
        count--;
    }
    assert_int_equal(count, 0);
    assert_true(sum == expected);
}

static void as_a_list(void **state)
{
    (void)state;
    static uint32_t number[KEYS];
    ts_id_map map = {.seed = 5};
    holds(&map, number);
    for (uint32_t step = 1; step <= 60000; step++) {
        const uint64_t r = ts_mix64(step), k = (r >> 8) % KEYS;
        /* Times of filling and times of emptying. */
        if ((r & 255) < (step / 10000 % 2 ? 200u : 60u)) {
            ts_id_map_remove(&map, id_of(k));
            number[k] = 0;
        } else {
            assert_true(ts_id_map_put(&map, id_of(k), step));
            number[k] = step;
        }
        if (step % 1000 == 0)
            holds(&map, number);
    }
    ts_id_map_free(&map);
    assert_int_equal(map.seed, 5);
    assert_int_equal(ts_id_map_bytes(&map), 0);
}

/* Every addition moves at most TS_ID_MOVES buckets, the old directory is gone before the next growth,
 * the memory is that of the formula at every count. */
static void growth(void **state)
{
    (void)state;
    ts_id_map map = {.seed = 1};
    int64_t growths = 0;
    for (int64_t i = 1; i <= 100000; i++) {
        const uint64_t before = map.now.buckets;
        const bool growing = map.before.bucket != NULL;
        assert_true(ts_id_map_put(&map, ts_mix64((uint64_t)i), (uint32_t)i));
        assert_true(map.moved <= TS_ID_MOVES);
        assert_true(!growing || map.moved > 0);
        if (before && map.now.buckets != before) {
            assert_int_equal(map.now.buckets, 2 * before);
            assert_false(growing);
            growths++;
        }
        assert_int_equal(ts_id_map_bytes(&map),
                         ts_id_map_bytes_for(i, map.before.bucket != NULL));
        assert_true((uintptr_t)map.now.bucket % sizeof(ts_id_bucket) == 0);
    }
    assert_int_equal(growths, 11); /* 16 buckets to 32768, the least with 15/4 of them above 100000 */
    assert_int_equal(ts_id_map_bytes(&map), 64 * 32769);
    for (int64_t i = 1; i <= 100000; i++)
        assert_int_equal(ts_id_map_find(&map, ts_mix64((uint64_t)i)), i);
    ts_id_map_free(&map);
}

static uint64_t unshift(uint64_t x, int by)
{
    uint64_t y = x;
    for (int i = 0; i < 64 / by + 1; i++)
        y = x ^ y >> by;
    return y;
}

/* The inverse of ts_mix64: the factors are the inverses modulo 2^64. */
static uint64_t unmix(uint64_t x)
{
    x = unshift(x, 31) * UINT64_C(0x319642b2d24d8ec3);
    x = unshift(x, 27) * UINT64_C(0x96de1b173f119089);
    return unshift(x, 30);
}

/* Ids whose home is the same in any directory: who knows the seed can make them. They are slow, not
 * wrong; in a map with another seed they are like any others. */
static void hostile_ids(void **state)
{
    (void)state;
    enum { IDS = 1500 };
    ts_id_map map = {.seed = 77}, other = {.seed = 78};
    uint64_t longest = 0;
    assert_true(unmix(ts_mix64(123456789)) == 123456789);
    for (uint64_t i = 0; i < IDS; i++) {
        const uint64_t id = unmix(unmix(i << 40) ^ 77);
        assert_true((ts_mix64(ts_mix64(id) ^ 77) & 0xffffffffff) == 0);
        assert_true(ts_id_map_put(&map, id, (uint32_t)i + 1));
        assert_true(ts_id_map_put(&other, id, (uint32_t)i + 1));
    }
    assert_true(map.now.bucket[0].passed >= IDS - 2 * TS_ID_BUCKET || map.before.bucket);
    for (uint64_t i = 0; i < other.now.buckets; i++)
        longest = other.now.bucket[i].passed > longest ? other.now.bucket[i].passed : longest;
    assert_true(longest < 30);
    /* Every other one goes; then all buckets of a full round have been passed. */
    for (uint64_t i = 0; i < IDS; i += 2)
        ts_id_map_remove(&map, unmix(unmix(i << 40) ^ 77));
    for (uint64_t i = 0; i < IDS; i++)
        assert_int_equal(ts_id_map_find(&map, unmix(unmix(i << 40) ^ 77)), i % 2 ? i + 1 : 0);
    for (uint64_t i = 1; i < IDS; i += 2)
        ts_id_map_remove(&map, unmix(unmix(i << 40) ^ 77));
    assert_int_equal(map.count, 0);
    for (uint64_t i = 0; i < map.now.buckets; i++)
        assert_int_equal(map.now.bucket[i].passed, 0);
    ts_id_map_free(&map);
    ts_id_map_free(&other);
}

/* Ids of a home at one end and then of a home in the middle, half of them removed: a ring of buckets
 * that somebody passed by has no end, and the search for an absent id must find one. */
static void a_full_round(void **state)
{
    (void)state;
    ts_id_map map = {.seed = 0};
    const uint64_t half = TS_ID_FIRST_BUCKETS / 2;
    uint64_t n = 0;
    for (uint64_t i = 0; i < 60; i++)
        assert_true(ts_id_map_put(&map, unmix(unmix(i << 40)), 1)); /* buckets 0 to 11 */
    for (uint64_t i = 0; i < 45; i++)
        ts_id_map_remove(&map, unmix(unmix(i << 40))); /* 9 to 11 remain */
    for (uint64_t i = 0; i < 45; i++)
        assert_true(ts_id_map_put(&map, unmix(unmix(i << 40 | (half + 1))), 1)); /* 12 and round */
    for (uint64_t i = 0; i < map.now.buckets; i++)
        n += map.now.bucket[i].passed > 0;
    assert_int_equal(map.now.buckets, TS_ID_FIRST_BUCKETS);
    assert_int_equal(n, map.now.buckets);
    assert_int_equal(ts_id_map_find(&map, unmix(unmix(3 | UINT64_C(1) << 60))), 0);
    ts_id_map_free(&map);
}

static void without_memory(void **state)
{
    (void)state;
    ts_id_map map = {.seed = 3};
    ts_plant_fault(1);
    assert_false(ts_id_map_put(&map, 1, 1));
    ts_plant_fault(0);
    assert_int_equal(ts_id_map_find(&map, 1), 0);
    for (uint64_t i = 1; i <= 60; i++)
        assert_true(ts_id_map_put(&map, i, (uint32_t)i));
    ts_plant_fault(1); /* the directory stays as it is, and known ids can still be set */
    assert_true(ts_id_map_put(&map, 60, 61));
    assert_false(ts_id_map_put(&map, 61, 61));
    ts_plant_fault(0);
    assert_int_equal(map.count, 60);
    assert_int_equal(ts_id_map_find(&map, 60), 61);
    assert_int_equal(ts_id_map_find(&map, 61), 0);
    assert_true(ts_id_map_put(&map, 61, 62));
    ts_id_map_free(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_a_list),    cmocka_unit_test(growth),       cmocka_unit_test(hostile_ids),
        cmocka_unit_test(a_full_round), cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
