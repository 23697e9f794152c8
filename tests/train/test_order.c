#include "tests/support/files.h"

#include "ref/train/order.h"

#include <string.h>

static void is_permutation(const int64_t *at, int64_t n)
{
    char seen[1000] = "";
    for (int64_t i = 0; i < n; i++) {
        assert_in_range(at[i], 0, n - 1);
        assert_int_equal(seen[at[i]], 0);
        seen[at[i]] = 1;
    }
}

static void shuffles(void **state)
{
    (void)state;
    int64_t a[1000], b[1000], from[1000];
    for (int64_t i = 0; i < 1000; i++)
        a[i] = b[i] = from[i] = i;
    ts_shuffle(a, 1000, 5, 1);
    ts_shuffle(b, 1000, 5, 1);
    is_permutation(a, 1000);
    assert_memory_equal(a, b, sizeof a);
    ts_epoch_order(a, from, 1000, 5, 0);
    ts_epoch_order(b, from, 1000, 5, 1);
    is_permutation(b, 1000);
    assert_memory_not_equal(a, b, sizeof a);
    ts_epoch_order(b, from, 1000, 6, 0);
    assert_memory_not_equal(a, b, sizeof a);
}

/* Of three things all six orders come about equally often. */
static void fairly(void **state)
{
    (void)state;
    int count[27] = {0};
    for (uint64_t seed = 0; seed < 6000; seed++) {
        int64_t at[3] = {0, 1, 2};
        ts_shuffle(at, 3, seed, 0);
        count[at[0] * 9 + at[1] * 3 + at[2]]++;
    }
    static const int orders[] = {5, 7, 11, 15, 19, 21};
    for (int i = 0; i < 6; i++)
        assert_in_range(count[orders[i]], 880, 1120);
}

/* The test parts of all folds are all samples, once each; training is the rest. */
static void folds(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_split split;
    int64_t all[23], n = 0;
    ts_ctx_open_plain(&ctx);
    for (int fold = 0; fold < 4; fold++) {
        int64_t both[23];
        assert_int_equal(ts_split_folds(&ctx, &split, 23, 4, fold, 9), TS_OK);
        assert_int_equal(split.tests, fold < 3 ? 6 : 5);
        assert_int_equal(split.trains + split.tests, 23);
        memcpy(all + n, split.test, (size_t)split.tests * sizeof *all);
        n += split.tests;
        memcpy(both, split.train, (size_t)split.trains * sizeof *both);
        memcpy(both + split.trains, split.test, (size_t)split.tests * sizeof *both);
        is_permutation(both, 23);
        ts_split_free(&split);
    }
    is_permutation(all, 23);
    assert_int_equal(ts_split_folds(&ctx, &split, 23, 1, 0, 9), TS_OK);
    assert_int_equal(split.tests, 0);
    assert_int_equal(split.trains, 23);
    ts_split_free(&split);
    assert_int_equal(ts_split_folds(&ctx, &split, 3, 4, 0, 9), TS_ERROR_USAGE);
    files_failed(&ctx, TS_ERROR_USAGE, "fold 0 of 4 over 3 samples");
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shuffles),
        cmocka_unit_test(fairly),
        cmocka_unit_test(folds),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
