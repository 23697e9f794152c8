/* Known answers of the hashes (computed once more by a few lines of Python), of the owners and of the
 * initial values; parts of a row; fairness. */
#include "tests/support/files.h"

#include "ref/des/table_id.h"

#include <math.h>
#include <string.h>

static uint64_t of(const char *text)
{
    return ts_id_of_text(text, (int64_t)strlen(text));
}

static void ids_of_texts(void **state)
{
    (void)state;
    assert_true(of("") == UINT64_C(0xf52a15e9a9b5e89b));
    assert_true(of("a") == UINT64_C(0x02c0bdbf481420f8));
    assert_true(of("C1=68fd1e64") == UINT64_C(0xc33c2d36070723e8));
    assert_true(of("C26=") == UINT64_C(0x939497843beaec25));
    assert_true(ts_id_of_field(1, "68fd1e64", 8) == of("C1=68fd1e64"));
    assert_true(ts_id_of_field(26, NULL, 0) == of("C26="));
    assert_true(ts_id_of_text("a\0b", 3) != of("a")); /* any bytes */
}

static void owners(void **state)
{
    (void)state;
    static const int ranks[4] = {2, 3, 4, 8};
    static const char *const text[4] = {"", "a", "C1=68fd1e64", "C26="};
    static const int owner[4][4] = {{1, 0, 3, 3}, {0, 1, 0, 4}, {1, 1, 3, 7}, {0, 2, 2, 6}};
    for (int i = 0; i < 4; i++)
        for (int n = 0; n < 4; n++)
            assert_int_equal(ts_id_owner(TS_ID_HASH, of(text[i]), ranks[n]), owner[i][n]);
    assert_int_equal(ts_id_owner(TS_ID_HASH, ~UINT64_C(0), 1), 0);
    assert_int_equal(ts_id_owner(TS_ID_MODULO, ~UINT64_C(0), 7), 1); /* 2^64 - 1 = 7 k + 1 */
    int count[8] = {0};
    for (uint64_t id = 0; id < 80000; id++)
        count[ts_id_owner(TS_ID_HASH, id, 8)]++;
    for (int r = 0; r < 8; r++)
        assert_in_range(count[r], 9600, 10400); /* four deviations of 94 */
}

static void initial_values(void **state)
{
    (void)state;
    static const double known[4] = {2.6500001592014, 0.507149346411414, 0.170460646889795,
                                    0.37987862255947};
    const uint64_t id = UINT64_C(0xc33c2d36070723e8);
    ts_id_init init = {TS_ID_NORMAL, 1.0, 42, 3, 0, 4, 0};
    double x[6], y[6];
    float f[6];
    ts_id_begin(x, TS_F64, 6, &init, id);
    for (int i = 0; i < 4; i++)
        assert_true(fabs(x[i] - known[i]) < 2e-14);
    assert_true(x[4] == 0.0 && x[5] == 0.0);
    init.scale = 0.005;
    ts_id_begin(f, TS_F32, 6, &init, id);
    for (int i = 0; i < 6; i++)
        assert_true(f[i] == (float)(0.005 * x[i]));
    init.table = 4;
    ts_id_begin(y, TS_F64, 6, &init, id);
    for (int i = 0; i < 4; i++)
        assert_true(y[i] != 0.005 * x[i]);
    init.draw = TS_ID_ZERO;
    ts_id_begin(y, TS_F64, 6, &init, id);
    for (int i = 0; i < 6; i++)
        assert_true(y[i] == 0.0);
}

/* Columns of a row, wherever they are held, are those of the whole row. */
static void parts_of_a_row(void **state)
{
    (void)state;
    for (int kind = TS_ID_UNIFORM; kind <= TS_ID_NORMAL; kind++) {
        const ts_id_init whole = {(ts_id_draw)kind, 0.1, 7, 0, 1, 20, 0};
        double row[21], part[21];
        ts_id_begin(row, TS_F64, 21, &whole, 99);
        assert_true(row[0] == 0.0);
        for (int64_t from = 0; from < 20; from++) {
            const ts_id_init some = {(ts_id_draw)kind, 0.1, 7, 0, 0, 20 - from, from};
            ts_id_begin(part, TS_F64, 20 - from, &some, 99);
            assert_memory_equal(part, row + 1 + from, (size_t)(20 - from) * sizeof *part);
        }
    }
}

static void distributions(void **state)
{
    (void)state;
    enum { IDS = 20000 };
    double sum[3] = {0}, square[3] = {0}, x[1], low = 1.0, high = 0.0;
    for (uint64_t id = 0; id < IDS; id++) {
        for (int kind = TS_ID_UNIFORM; kind <= TS_ID_NORMAL; kind++) {
            const ts_id_init init = {(ts_id_draw)kind, 2.0, 11, 1, 0, 1, 0};
            ts_id_begin(x, TS_F64, 1, &init, id);
            sum[kind] += *x;
            square[kind] += *x * *x;
            assert_true(kind == TS_ID_NORMAL || fabs(*x) < 2.0);
        }
        const double u = ts_id_chance(11, 1, id, 5);
        low = u < low ? u : low;
        high = u > high ? u : high;
        sum[0] += u;
        assert_true(u != ts_id_chance(11, 1, id, 6));
    }
    assert_true(fabs(sum[0] / IDS - 0.5) < 0.008 && low > 0.0 && low < 0.001 && high < 1.0);
    assert_true(fabs(sum[1] / IDS) < 0.04 && fabs(square[1] / IDS - 4.0 / 3) < 0.04);
    assert_true(fabs(sum[2] / IDS) < 0.06 && fabs(square[2] / IDS - 4.0) < 0.16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_of_texts), cmocka_unit_test(owners), cmocka_unit_test(initial_values),
        cmocka_unit_test(parts_of_a_row), cmocka_unit_test(distributions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
