/* Against a plain map, under everything that may happen to ids; addresses that stay; independence of
 * the order; memory, to the byte; no memory. */
#include "tests/support/files.h"

#include "ref/base/par.h"
#include "ref/base/rng.h"
#include "ref/des/table.h"

#include <stdio.h>
#include <string.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

enum { KEYS = 700, WIDTH = 3 };

static ts_id_table_options options(ts_dtype dtype)
{
    return (ts_id_table_options){
        .dtype = dtype,
        .width = WIDTH,
        .layout = {1, 1, {0.25, 7.0}},
        .init = {.draw = TS_ID_NORMAL, .scale = 0.1, .seed = 9, .count = WIDTH},
        .seed = 4,
        .slab_rows = 64,
    };
}

static uint64_t id_of(uint64_t k)
{
    return k < 2 ? (uint64_t)0 - k : ts_mix64(k); /* 0 and 2^64 - 1 among them */
}

/* What the table must hold of each key. */
typedef struct {
    bool there;
    double w[WIDTH];
    uint32_t count, last;
    const void *at;
} expected;

static void holds(const ts_id_table *t, const expected *e)
{
    int64_t count = 0;
    for (uint64_t k = 0; k < KEYS; k++) {
        const int64_t row = ts_id_table_row(t, id_of(k));
        assert_int_equal(row >= 0, e[k].there);
        if (row < 0)
            continue;
        const double *w = ts_id_table_values(t, row), *state = ts_id_table_state(t, row);
        assert_ptr_equal(w, e[k].at);
        assert_memory_equal(w, e[k].w, sizeof e[k].w);
        assert_true(state[0] == 0.25 && state[WIDTH - 1] == 0.25 && state[WIDTH] == 7.0);
        assert_int_equal(ts_id_table_note(t, row)->count, e[k].count);
        assert_int_equal(ts_id_table_note(t, row)->last, e[k].last);
        count++;
    }
    assert_int_equal(ts_id_table_count(t), count);
}

static void touch(ts_ctx *ctx, ts_id_table *t, expected *e, uint32_t now)
{
    uint64_t id[40], key[40];
    int64_t row[40], n = 0;
    char seen[KEYS] = "";
    double w[40][WIDTH];
    for (uint64_t i = 0; i < 40; i++) {
        const uint64_t k = ts_mix64(now * 64 + i) % KEYS;
        if (!seen[k]++) {
            key[n] = k;
            id[n++] = id_of(k);
        }
    }
    assert_int_equal(ts_id_table_touch(ctx, t, row, id, NULL, n, now), TS_OK);
    for (int64_t i = 0; i < n; i++) {
        expected *x = &e[key[i]];
        if (!x->there) {
            *x = (expected){.there = true, .at = ts_id_table_values(t, row[i])};
            ts_id_begin(x->w, TS_F64, WIDTH, &t->o.init, id[i]);
        }
        x->count++;
        x->last = now;
        x->w[0] = now; /* as an optimiser would change it */
        memcpy(ts_id_table_values(t, row[i]), x->w, sizeof x->w);
    }
    ts_id_table_read(t, w, row, n);
    for (int64_t i = 0; i < n; i++)
        assert_memory_equal(w[i], e[key[i]].w, sizeof w[i]);
}

static void as_a_map(void **state)
{
    (void)state;
    static expected e[KEYS];
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const ts_id_table_options o = options(TS_F64);
    ts_id_table *t = ts_id_table_open(&ctx, &o);
    for (uint32_t now = 1; now <= 400; now++) {
        touch(&ctx, t, e, now);
        for (uint64_t i = 0; i < (now / 100 % 2 ? 60 : 10); i++) {
            const uint64_t k = ts_mix64(now * 977 + i) % KEYS;
            assert_int_equal(ts_id_table_remove(t, id_of(k)), e[k].there);
            e[k].there = false;
        }
        if (now % 20 == 0)
            holds(t, e);
    }
    assert_true(t->rows <= KEYS); /* free rows are used again */
    ts_id_table_close(t);
    ts_ctx_close(&ctx);
}

/* The same ids in another order, another number at a time, on another number of threads: the same
 * values, of F32 too; look gives them before they are there. */
static void any_order(void **state)
{
    (void)state;
    enum { IDS = 3000 };
    static uint64_t up[IDS], down[IDS];
    static int64_t row[IDS], other[IDS];
    static float ahead[IDS][WIDTH], w[IDS][WIDTH];
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_id_table_options o = options(TS_F32);
    ts_id_table *a = ts_id_table_open(&ctx, &o);
    o.seed = 1234;
    o.slab_rows = 0;
    ts_id_table *b = ts_id_table_open(&ctx, &o);
    for (int i = 0; i < IDS; i++)
        up[i] = down[IDS - 1 - i] = ts_mix64((uint64_t)i) >> 3;
    ts_id_table_look(a, ahead, row, up, IDS);
    for (int i = 0; i < IDS; i++)
        assert_int_equal(row[i], -1);
    assert_int_equal(ts_id_table_count(a), 0);
    ts_par_threads(3);
    ts_id_table_touch(&ctx, a, row, up, NULL, IDS, 1);
    ts_par_threads(1);
    for (int i = 0; i < IDS; i += 100)
        ts_id_table_touch(&ctx, b, other + i, down + i, NULL, 100, 1);
    ts_id_table_look(a, w, row, up, IDS);
    assert_memory_equal(w, ahead, sizeof w);
    ts_id_table_look(b, w, other, up, IDS);
    assert_memory_equal(w, ahead, sizeof w);
    for (int i = 0; i < IDS; i++)
        assert_true(row[i] >= 0 && other[i] >= 0);
    /* Rows that are not there read as 0. */
    row[1] = -1;
    ts_id_table_read(a, w, row, 2);
    assert_memory_equal(w[0], ahead[0], sizeof w[0]);
    assert_true(w[1][0] == 0 && w[1][1] == 0 && w[1][2] == 0);
    ts_par_threads(0);
    ts_id_table_close(a);
    ts_id_table_close(b);
    ts_ctx_close(&ctx);
}

/* A filter stands before the table: absent ids read as 0 until they are admitted; counts by call and by
 * occurrence. */
static void filtered(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_id_table_options o = options(TS_F64);
    const uint64_t id[2] = {0, ~UINT64_C(0)};
    const uint32_t times[2] = {1, 2};
    int64_t row[2];
    double w[2][WIDTH];
    o.filter = (ts_id_filter){.how = TS_ADMIT_COUNT, .threshold = 4};
    for (int each = 0; each < 2; each++) {
        o.per_occurrence = each;
        ts_id_table *t = ts_id_table_open(&ctx, &o);
        for (uint32_t now = 1; now <= 4; now++) {
            assert_int_equal(ts_id_table_touch(&ctx, t, row, id, times, 2, now), TS_OK);
            assert_int_equal(row[0] >= 0, now >= 4);
            assert_int_equal(row[1] >= 0, now >= (each ? 2 : 4));
            ts_id_table_look(t, w, row, id, 2);
            assert_int_equal(w[0][0] != 0.0, now >= 4);
        }
        assert_int_equal(ts_id_table_note(t, row[1])->count, each ? 6 : 1);
        assert_int_equal(ts_id_table_note(t, row[1])->last, 4);
        ts_id_table_note(t, row[1])->count = UINT32_MAX; /* it stays there */
        ts_id_table_touch(&ctx, t, row, id, times, 2, 5);
        assert_true(ts_id_table_note(t, row[1])->count == UINT32_MAX);
        assert_true(ts_id_table_put(&ctx, t, 77) >= 0); /* nobody asks the filter */
        assert_int_equal(ts_id_table_put(&ctx, t, 77), ts_id_table_row(t, 77));
        ts_id_table_close(t);
    }
    ts_ctx_close(&ctx);
}

/* The optimiser works on the rows that it is given. */
static void updates(void **state)
{
    (void)state;
    enum { IDS = 1200 };
    static uint64_t id[IDS];
    static int64_t row[IDS];
    static double g[IDS][WIDTH], before[IDS][WIDTH], after[IDS][WIDTH];
    ts_ctx ctx;
    ts_row_optimizer o;
    ts_ctx_open_plain(&ctx);
    ts_id_table_options how = options(TS_F64);
    ts_row_optimizer_named(&o, "adam");
    o.own_steps = true;
    how.layout = ts_row_layout_of(&o);
    ts_id_table *t = ts_id_table_open(&ctx, &how);
    for (int i = 0; i < IDS; i++) {
        id[i] = (uint64_t)i;
        for (int j = 0; j < WIDTH; j++)
            g[i][j] = (double)(i % 7 - 3) + j;
    }
    ts_id_table_touch(&ctx, t, row, id, NULL, IDS, 1);
    ts_id_table_read(t, before, row, IDS);
    row[5] = -1; /* passed over */
    for (int64_t step = 1; step <= 3; step++)
        assert_int_equal(ts_id_table_update(&ctx, t, &o, row, g, IDS, step), TS_OK);
    ts_id_table_look(t, after, row, id, IDS);
    for (int i = 0; i < IDS; i++) {
        double w[WIDTH], s[2 * WIDTH + 1];
        memcpy(w, before[i], sizeof w);
        ts_row_begin(s, TS_F64, WIDTH, &how.layout);
        for (int64_t step = 1; i != 5 && step <= 3; step++)
            ts_row_update(w, s, g[i], &o, TS_F64, WIDTH, step);
        assert_memory_equal(after[i], w, sizeof w);
        assert_memory_equal(ts_id_table_state(t, row[i]), s, sizeof s);
    }
    ts_id_table_update(&ctx, t, &o, row, g, IDS, 0);
    files_failed(&ctx, TS_ERROR_USAGE, "step 0");
    ts_row_optimizer_named(&o, "adagrad");
    ts_id_table_update(&ctx, t, &o, row, g, IDS, 1);
    files_failed(&ctx, TS_ERROR_USAGE, "state has 1 slots and 0 numbers, the table's 2 and 1");
    o.lr = -1;
    ts_id_table_update(&ctx, t, &o, row, g, IDS, 1);
    files_failed(&ctx, TS_ERROR_USAGE, "lr is -1");
    ts_id_table_close(t);
    ts_ctx_close(&ctx);
}

/* Bytes that the C library says are in use: what was asked for, its own words and pages besides. */
static int64_t in_use(void)
{
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    const struct mallinfo2 m = mallinfo2();
    return (int64_t)(m.uordblks + m.hblkhd);
#else
    return 0;
#endif
}

static void memory(void **state)
{
    (void)state;
    enum { IDS = 70000 };
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    for (int kind = 0; kind < 2; kind++) {
        ts_id_table_options o = options(kind ? TS_F64 : TS_F32);
        o.slab_rows = 1024;
        const int64_t before = in_use();
        ts_id_table *t = ts_id_table_open(&ctx, &o);
        assert_int_equal(ts_id_table_bytes(t), ts_id_table_bytes_for(&o, 0, false));
        /* 3 values, 3 of the slot, 1 number, the note */
        assert_int_equal(t->row_bytes, (kind ? 8 : 4) * 7 + 8);
        for (uint64_t i = 0; i < IDS; i++) {
            assert_true(ts_id_table_put(&ctx, t, ts_mix64(i)) >= 0);
            const bool growing = t->map.before.bucket != NULL;
            assert_int_equal(ts_id_table_bytes(t),
                             ts_id_table_bytes_for(&o, (int64_t)i + 1, growing));
            assert_int_equal(t->slabs, (i + 1024) / 1024);
            if (i % 5000 == 0 && before) {
                const int64_t used = in_use() - before, said = ts_id_table_bytes(t);
                /* 16 bytes each and pages of what is mapped; small blocks that were free before */
                const int64_t beside = 32 * (t->slabs + 4) + 4 * 4096;
                if (used && (used < said - 4096 || used > said + beside))
                    fail_msg("%lld bytes in use, %lld are said", (long long)used, (long long)said);
            }
        }
        ts_id_table_close(t);
        assert_true(in_use() - before <= 4096);
    }
    ts_ctx_close(&ctx);
}

/* Every allocation fails once: what was admitted before stays, the rest can come again. */
static void without_memory(void **state)
{
    (void)state;
    enum { IDS = 300 };
    static uint64_t id[IDS];
    static int64_t row[IDS];
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_id_table_options o = options(TS_F64);
    o.slab_rows = 16;
    for (int i = 0; i < IDS; i++)
        id[i] = ts_mix64((uint64_t)i);
    ts_plant_fault(1);
    assert_null(ts_id_table_open(&ctx, &o));
    ts_plant_fault(0);
    files_failed(&ctx, TS_ERROR_MEMORY, "no memory for a table");
    long failures = 0;
    for (long n = 1;; n++) {
        ts_id_table *t = ts_id_table_open(&ctx, &o);
        ts_plant_fault(n);
        const ts_status s = ts_id_table_touch(&ctx, t, row, id, NULL, IDS, 1);
        ts_plant_fault(0);
        int64_t there = 0;
        for (int i = 0; i < IDS; i++) {
            assert_true(row[i] == ts_id_table_row(t, id[i]));
            there += row[i] >= 0;
            if (row[i] >= 0) {
                double w[WIDTH];
                ts_id_begin(w, TS_F64, WIDTH, &o.init, id[i]);
                assert_memory_equal(ts_id_table_values(t, row[i]), w, sizeof w);
            }
        }
        assert_int_equal(ts_id_table_count(t), there);
        if (s) {
            assert_true(there < IDS);
            assert_true(ts_id_table_touch(&ctx, t, row, id, NULL, IDS, 2) == TS_ERROR_MEMORY);
            assert_true(ts_id_table_put(&ctx, t, 5) == -1);
            files_failed(&ctx, TS_ERROR_MEMORY, "no memory for another row");
            failures++;
        }
        assert_int_equal(ts_id_table_touch(&ctx, t, row, id, NULL, IDS, 2), TS_OK);
        assert_int_equal(ts_id_table_count(t), IDS);
        ts_id_table_close(t);
        if (!s)
            break;
    }
    assert_int_equal(failures, 19 + 2 + 4); /* slabs, their list twice, directories of 16 to 128 */
    o.filter = (ts_id_filter){.how = TS_ADMIT_COUNT, .threshold = 2};
    ts_id_table *t = ts_id_table_open(&ctx, &o);
    ts_plant_fault(1);
    ts_id_table_touch(&ctx, t, row, id, NULL, IDS, 1);
    ts_plant_fault(0);
    files_failed(&ctx, TS_ERROR_MEMORY, "no memory to count an id");
    ts_id_table_close(t);
    ts_ctx_close(&ctx);
}

static void refused(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_id_table_options o = options(TS_BF16);
    assert_null(ts_id_table_open(&ctx, &o));
    files_failed(&ctx, TS_ERROR_USAGE, "rows are F32 or F64, not BF16");
    o = options(TS_F32);
    o.width = 0;
    assert_null(ts_id_table_open(&ctx, &o));
    files_failed(&ctx, TS_ERROR_USAGE, "rows of 0 values");
    o = options(TS_F32);
    o.layout.extras = 3;
    assert_null(ts_id_table_open(&ctx, &o));
    files_failed(&ctx, TS_ERROR_USAGE, "1 slots and 3 numbers");
    o = options(TS_F32);
    o.slab_rows = 100;
    assert_null(ts_id_table_open(&ctx, &o));
    files_failed(&ctx, TS_ERROR_USAGE, "slabs of 100 rows, expected a power of two");
    o = options(TS_F32);
    o.filter = (ts_id_filter){.how = TS_ADMIT_COUNT};
    assert_null(ts_id_table_open(&ctx, &o));
    files_failed(&ctx, TS_ERROR_USAGE, "threshold");
    ts_id_table_close(NULL);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_a_map),       cmocka_unit_test(any_order), cmocka_unit_test(filtered),
        cmocka_unit_test(updates),        cmocka_unit_test(memory),
        cmocka_unit_test(without_memory), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
