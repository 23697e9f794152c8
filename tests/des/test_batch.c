#include "tests/support/des.h"

#include <math.h>
#include <string.h>

/* Ids of the texts "", "a", "C1=68fd1e64", "C26=", and their owners among 2, 3, 4 and 8 ranks. */
static void owners(void **state)
{
    (void)state;
    static const uint64_t id[4] = {0xf52a15e9a9b5e89b, 0x02c0bdbf481420f8, 0xc33c2d36070723e8,
                                   0x939497843beaec25};
    static const int ranks[4] = {2, 3, 4, 8};
    static const int owner[4][4] = {{1, 0, 3, 3}, {0, 1, 0, 4}, {1, 1, 3, 7}, {0, 2, 2, 6}};
    for (int i = 0; i < 4; i++)
        for (int r = 0; r < 4; r++)
            assert_int_equal(ts_owner(TS_BY_HASH, ranks[r], id[i], 5), owner[i][r]);
    assert_int_equal(ts_owner(TS_BY_FIELD, 3, id[0], 5), 2);
    assert_int_equal(ts_owner(TS_BY_WIDTH, 3, id[0], 5), 0);
}

static void columns(void **state)
{
    (void)state;
    for (int ranks = 1; ranks <= 9; ranks++) {
        int64_t next = 0;
        for (int r = 0; r < ranks; r++) {
            const ts_columns c = ts_columns_of(TS_BY_WIDTH, 5, ranks, r);
            assert_int_equal(c.first, r * 5 / ranks);
            assert_int_equal(c.first, next);
            next += c.count;
            assert_int_equal(ts_columns_of(TS_BY_HASH, 5, ranks, r).count, 5);
        }
        assert_int_equal(next, 5);
    }
}

/* Every occurrence that is not absent has one owner, whose row is its id's. */
static void partition(void **state)
{
    (void)state;
    const ts_sparse_batch b = des_batch(false);
    for (int how = 0; how < 3; how++)
        for (int ranks = 1; ranks <= 9; ranks++) {
            int64_t all = 0;
            ts_ctx ctx;
            ts_ctx_open_plain(&ctx);
            for (int r = 0; r < ranks; r++) {
                ts_sparse_shard s;
                assert_int_equal(ts_batch_own(&ctx, &s, &b, (ts_ownership)how, ranks, r), TS_OK);
                for (int64_t p = 0; p < s.sample.count; p++) {
                    assert_true(s.sample.value[p] != 0.0);
                    assert_true(s.sample.key[p] == s.id[s.sample.row[p]]);
                    assert_int_equal(s.field.segment[p] / b.fields, s.sample.segment[p]);
                }
                for (int64_t i = 0; i < s.rows; i++)
                    assert_true(b.id[s.first[i]] == s.id[i]);
                all += s.sample.count;
            }
            assert_int_equal(all, how == TS_BY_WIDTH ? 18 * ranks : 18);
            ts_ctx_close(&ctx);
        }
}

static void divisors(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const ts_sparse_batch b = des_batch(true), negative = des_batch(false);
    const double *z = ts_batch_divisors(&ctx, &b, TS_DIVIDE_MEAN);
    assert_true(z[2 * DES_FIELDS + 1] == 2.25 && z[1 * DES_FIELDS] == 1 && z[3 * DES_FIELDS] == 2);
    z = ts_batch_divisors(&ctx, &b, TS_DIVIDE_ROOT);
    assert_true(z[2 * DES_FIELDS + 1] == sqrt(1 + 0.0625 + 1) && z[1 * DES_FIELDS] == 1);
    assert_null(ts_batch_divisors(&ctx, &negative, TS_DIVIDE_MEAN));
    assert_non_null(strstr(ctx.message, "negative value -1 of occurrence 9, id 18"));
    ts_ctx_clear(&ctx);
    ts_sparse_batch wide = b;
    wide.fields = INT64_MAX / 2;
    assert_null(ts_batch_divisors(&ctx, &wide, TS_DIVIDE_MEAN));
    assert_int_equal(ctx.status, TS_ERROR_SHAPE);
    ts_ctx_clear(&ctx);
    ts_sparse_shard s;
    assert_int_equal(ts_batch_own(&ctx, &s, &wide, TS_BY_HASH, 1, 0), TS_ERROR_SHAPE);
    ts_ctx_close(&ctx);
}

static void refused(ts_sparse_batch b, const char *words)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    assert_int_not_equal(ts_batch_check(&ctx, &b), TS_OK);
    if (!strstr(ctx.message, words))
        fail_msg("%s", ctx.message);
    assert_int_not_equal(ts_batch_check(&ctx, &b), TS_OK);
    ts_ctx_close(&ctx);
}

static void checks(void **state)
{
    (void)state;
    ts_sparse_batch b = des_batch(false);
    int64_t offset[DES_SAMPLES + 1], field[19];
    double value[19];
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_batch_check(&ctx, &b), TS_OK);
    ts_ctx_close(&ctx);
    memcpy(offset, b.offset, sizeof offset);
    memcpy(field, b.field, sizeof field);
    memcpy(value, b.value, sizeof value);
    b.offset = offset;
    b.field = field;
    b.value = value;
    offset[0] = 1;
    refused(b, "offsets go from 1 to 19");
    offset[0] = 0;
    offset[DES_SAMPLES] = 18;
    refused(b, "expected 0 and the number of occurrences, 19");
    offset[DES_SAMPLES] = 19;
    offset[2] = 10;
    refused(b, "offsets fall behind sample 2");
    offset[2] = 4;
    field[3] = DES_FIELDS;
    refused(b, "occurrence 3: field 4 is not in [0, 4)");
    field[3] = -1;
    refused(b, "occurrence 3: field -1");
    field[3] = 0;
    value[5] = (double)NAN;
    refused(b, "nonfinite value of occurrence 5, id 99");
    value[5] = (double)INFINITY;
    refused(b, "nonfinite");
    b.fields = 0;
    refused(b, "a batch needs a field");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owners),
        cmocka_unit_test(columns),
        cmocka_unit_test(partition),
        cmocka_unit_test(divisors),
        cmocka_unit_test(checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
