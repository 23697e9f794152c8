/* What goes, what stays; against a sorted list; what comes back is new. */
#include "tests/support/files.h"

#include "ref/base/rng.h"
#include "ref/des/table_expiry.h"

#include <stdlib.h>
#include <string.h>

static const ts_id_table_options options = {
    .dtype = TS_F32, .width = 2, .layout = {1, 0, {0.5}}, .slab_rows = 64};

static void put(ts_ctx *ctx, ts_id_table *t, uint64_t id, uint32_t count, uint32_t last, float w)
{
    const int64_t row = ts_id_table_put(ctx, t, id);
    assert_true(row >= 0);
    *ts_id_table_note(t, row) = (ts_id_note){count, last};
    ((float *)ts_id_table_values(t, row))[1] = w;
    *(float *)ts_id_table_state(t, row) = 9;
}

static void limits(void **state)
{
    (void)state;
    ts_ctx ctx;
    int64_t removed;
    ts_ctx_open_plain(&ctx);
    ts_id_table *t = ts_id_table_open(&ctx, &options);
    put(&ctx, t, 0, 5, 90, 1);
    put(&ctx, t, ~UINT64_C(0), 5, 89, 1);
    put(&ctx, t, 7, 5, 101, 1); /* a clock that is ahead */
    put(&ctx, t, 8, 5, 100, 0.25f);
    const ts_id_policy none = {0};
    assert_int_equal(ts_id_table_sweep(&ctx, t, &none, 100, &removed), TS_OK);
    assert_int_equal(removed, 0);
    const ts_id_policy old = {.ttl = 10};
    ts_id_table_sweep(&ctx, t, &old, 100, &removed);
    assert_int_equal(removed, 1);
    assert_true(ts_id_table_row(t, ~UINT64_C(0)) < 0 && ts_id_table_row(t, 0) >= 0);
    const ts_id_policy small = {.min_norm = 0.25};
    ts_id_table_sweep(&ctx, t, &small, 100, &removed);
    assert_int_equal(removed, 0);
    const ts_id_policy larger = {.min_norm = 0.26};
    ts_id_table_sweep(&ctx, t, &larger, 100, NULL);
    assert_true(ts_id_table_row(t, 8) < 0);
    assert_int_equal(ts_id_table_count(t), 2);
    /* It comes back as a new one, on the row that became free. */
    const int64_t row = ts_id_table_put(&ctx, t, 8);
    assert_int_equal(ts_id_table_note(t, row)->count, 0);
    assert_true(((float *)ts_id_table_values(t, row))[1] == 0.0f);
    assert_true(*(float *)ts_id_table_state(t, row) == 0.5f);
    assert_int_equal(t->rows, 4);
    ts_id_table_close(t);
    ts_ctx_close(&ctx);
}

typedef struct {
    uint32_t count, last;
    uint64_t id;
} line;

static int by_age(const void *a, const void *b)
{
    const line *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? -1 : 1;
    if (x->last != y->last)
        return x->last < y->last ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Of 1000 rows the right ones stay, whatever the order in which they came. */
static void capacity(void **state)
{
    (void)state;
    enum { ROWS = 1000 };
    static line rows[ROWS];
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    for (uint64_t i = 0; i < ROWS; i++)
        rows[i] = (line){(uint32_t)(ts_mix64(i) % 5), (uint32_t)(ts_mix64(i + ROWS) % 4),
                         ts_mix64(i + 2 * ROWS)};
    static const int64_t keep[] = {1, 2, 500, 999, 1000, 2000};
    for (size_t k = 0; k < sizeof keep / sizeof *keep; k++) {
        ts_id_table *t = ts_id_table_open(&ctx, &options);
        for (uint64_t i = 0; i < ROWS; i++) {
            const line *l = &rows[(i * 7 + k) % ROWS];
            put(&ctx, t, l->id, l->count, l->last, 1);
        }
        const ts_id_policy p = {.max_rows = keep[k]};
        int64_t removed;
        assert_int_equal(ts_id_table_sweep(&ctx, t, &p, 5, &removed), TS_OK);
        const int64_t left = keep[k] < ROWS ? keep[k] : ROWS;
        assert_int_equal(removed, ROWS - left);
        qsort(rows, ROWS, sizeof *rows, by_age);
        for (int64_t i = 0; i < ROWS; i++)
            assert_int_equal(ts_id_table_row(t, rows[i].id) >= 0, i >= ROWS - left);
        ts_id_table_close(t);
    }
    ts_ctx_close(&ctx);
}

static void others(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_id_table_options o = options;
    o.filter = (ts_id_filter){.how = TS_ADMIT_COUNT, .threshold = 2};
    ts_id_table *t = ts_id_table_open(&ctx, &o);
    const uint64_t id = 3;
    int64_t row;
    ts_id_policy p = {.forget_waiting = true};
    ts_id_table_touch(&ctx, t, &row, &id, NULL, 1, 1);
    ts_id_table_sweep(&ctx, t, &p, 1, NULL);
    ts_id_table_touch(&ctx, t, &row, &id, NULL, 1, 2);
    assert_int_equal(row, -1);
    ts_id_table_touch(&ctx, t, &row, &id, NULL, 1, 3);
    assert_true(row >= 0);
    put(&ctx, t, 4, 1, 1, 1);
    p = (ts_id_policy){.max_rows = 1};
    ts_plant_fault(1);
    ts_id_table_sweep(&ctx, t, &p, 1, NULL);
    ts_plant_fault(0);
    files_failed(&ctx, TS_ERROR_MEMORY, "no memory to choose 1 rows");
    assert_int_equal(ts_id_table_count(t), 2);
    p.max_rows = -1;
    ts_id_table_sweep(&ctx, t, &p, 1, NULL);
    files_failed(&ctx, TS_ERROR_USAGE, "at most -1 rows");
    ts_id_table_close(t);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(limits), cmocka_unit_test(capacity),
                                       cmocka_unit_test(others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
