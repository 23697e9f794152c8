/* Out by id whatever the order was; in again, on other numbers of ranks, by id and by columns; through
 * a file; what is refused. */
#include "tests/support/files.h"

#include "ref/base/rng.h"
#include "ref/des/table_export.h"
#include "ref/io/safetensors.h"

#include <string.h>

enum { IDS = 400, WIDTH = 7, STATE = 2 * WIDTH + 1 };

static ts_id_table_options options(int64_t width)
{
    return (ts_id_table_options){.dtype = TS_F64, .width = width, .layout = {2, 1, {0, 1, 2}},
                                 .init = {.draw = TS_ID_NORMAL, .scale = 1, .count = width}};
}

static uint64_t id_of(int64_t i)
{
    return i < 2 ? (uint64_t)0 - (uint64_t)i : ts_mix64((uint64_t)i);
}

/* Ids whose rows say who they are: numbers of ts_id_begin, table 1 for the values, 2 for the state. */
static ts_id_table *filled(ts_ctx *ctx, int from, int step)
{
    const ts_id_table_options o = options(WIDTH);
    ts_id_table *t = ts_id_table_open(ctx, &o);
    const ts_id_init values = {TS_ID_NORMAL, 1, 1, 1, 0, WIDTH, 0}, state = {TS_ID_NORMAL, 1, 1, 2, 0,
                                                                             STATE, 0};
    for (int64_t i = 0; i < IDS; i++) {
        const uint64_t id = id_of((from + i * step) % IDS);
        const int64_t row = ts_id_table_put(ctx, t, id);
        ts_id_begin(ts_id_table_values(t, row), TS_F64, WIDTH, &values, id);
        ts_id_begin(ts_id_table_state(t, row), TS_F64, STATE, &state, id);
        *ts_id_table_note(t, row) = (ts_id_note){(uint32_t)id, (uint32_t)(id >> 40)};
    }
    return t;
}

static void all(ts_ctx *ctx, ts_id_rows *rows, const ts_id_table *t)
{
    ts_id_list list;
    assert_int_equal(ts_id_table_list(ctx, &list, t, -1), TS_OK);
    assert_int_equal(ts_id_table_export(ctx, rows, t, &list, 0, list.count), TS_OK);
}

static void same(ts_tensor a, ts_tensor b)
{
    assert_true(ts_same_size(a, b) && a.dtype == b.dtype);
    assert_memory_equal(a.data, b.data, (size_t)ts_numel(a) * ts_dtype_size(a.dtype));
}

static void same_rows(const ts_id_rows *a, const ts_id_rows *b)
{
    same(a->id, b->id);
    same(a->values, b->values);
    same(a->state, b->state);
    same(a->count, b->count);
    same(a->last, b->last);
}

static void by_id(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_id_rows a, b, part;
    ts_id_list list;
    ts_ctx_open_plain(&ctx);
    ts_id_table *one = filled(&ctx, 0, 1), *other = filled(&ctx, 17, 3);
    ts_id_table_put(&ctx, other, 12345);
    ts_id_table_remove(other, 12345);
    all(&ctx, &a, one);
    all(&ctx, &b, other);
    same_rows(&a, &b);
    const uint64_t *id = a.id.data;
    assert_true(id[0] == 0 && id[IDS - 1] == ~UINT64_C(0));
    for (int i = 1; i < IDS; i++)
        assert_true(id[i - 1] < id[i]);
    /* Later ones alone. */
    ts_id_table_list(&ctx, &list, one, 1 << 23);
    int64_t later = 0;
    for (int i = 0; i < IDS; i++)
        if (id[i] >> 40 > 1 << 23)
            assert_true(list.line[later++].id == id[i]);
    assert_int_equal(list.count, later);
    assert_true(later > 100 && later < 300);
    assert_int_equal(ts_id_table_export(&ctx, &part, one, &list, 3, 2), TS_OK);
    assert_true(((uint64_t *)part.id.data)[1] == list.line[4].id);
    ts_id_table_export(&ctx, &part, one, &list, later, 1);
    files_failed(&ctx, TS_ERROR_USAGE, "rows 196 to 197 of 196");
    ts_id_table_close(one);
    ts_id_table_close(other);
    ts_ctx_close(&ctx);
}

/* Split over 3 ranks, each written out; then 1, 2, 5 ranks read all three. */
static void other_ranks(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_id_rows whole, three[3], again;
    ts_ctx_open_plain(&ctx);
    const ts_id_table_options o = options(WIDTH);
    ts_id_table *t = filled(&ctx, 0, 1), *u;
    all(&ctx, &whole, t);
    for (int how = TS_ID_HASH; how <= TS_ID_MODULO; how++) {
        for (int r = 0; r < 3; r++) {
            const ts_id_part part = {.how = (ts_id_partition)how, .ranks = 3, .rank = r};
            u = ts_id_table_open(&ctx, &o);
            assert_int_equal(ts_id_table_import(&ctx, u, &whole, &part), TS_OK);
            all(&ctx, &three[r], u);
            ts_id_table_close(u);
        }
        for (int ranks = 1; ranks <= 5; ranks += ranks == 2 ? 3 : 1) {
            ts_id_table *joined = ts_id_table_open(&ctx, &o);
            for (int r = 0; r < ranks; r++) {
                const ts_id_part part = {.how = (ts_id_partition)how, .ranks = ranks, .rank = r};
                u = ts_id_table_open(&ctx, &o);
                for (int f = 0; f < 3; f++)
                    assert_int_equal(ts_id_table_import(&ctx, u, &three[f], &part), TS_OK);
                all(&ctx, &again, u);
                for (int64_t i = 0; i < again.id.size[0]; i++)
                    assert_int_equal(ts_id_owner(part.how, ((uint64_t *)again.id.data)[i], ranks), r);
                ts_id_table_import(&ctx, joined, &again, NULL);
                ts_id_table_close(u);
            }
            all(&ctx, &again, joined);
            same_rows(&again, &whole);
            ts_id_table_close(joined);
        }
    }
    ts_id_table_close(t);
    ts_ctx_close(&ctx);
}

/* Columns 0-2, 3-4, 5-6 of every row, then 0-3 and 4-6, then all. */
static void other_columns(void **state)
{
    (void)state;
    static const int64_t cut[3][4] = {{0, 3, 5, 7}, {0, 4, 7, 7}, {0, 7, 7, 7}};
    ts_ctx ctx;
    ts_id_rows sets[3], next[3], whole;
    ts_ctx_open_plain(&ctx);
    ts_id_table *t = filled(&ctx, 0, 1);
    all(&ctx, &whole, t);
    sets[0] = whole;
    int64_t column[3] = {0};
    int count = 1;
    for (int c = 0; c < 3; c++) {
        int made = 0;
        int64_t begins[3];
        for (int r = 0; r < 3 && cut[c][r] < cut[c][r + 1]; r++) {
            const ts_id_table_options o = options(cut[c][r + 1] - cut[c][r]);
            ts_id_table *u = ts_id_table_open(&ctx, &o);
            for (int f = 0; f < count; f++) {
                const ts_id_part part = {.table_column = cut[c][r], .rows_column = column[f]};
                assert_int_equal(ts_id_table_import(&ctx, u, &sets[f], &part), TS_OK);
            }
            all(&ctx, &next[made], u);
            begins[made++] = cut[c][r];
            ts_id_table_close(u);
        }
        memcpy(sets, next, sizeof sets);
        memcpy(column, begins, (size_t)made * sizeof *begins);
        count = made;
    }
    same_rows(&sets[0], &whole);
    ts_id_table_close(t);
    ts_ctx_close(&ctx);
}

/* Embeddings of another program: floats alone, in any order; rows that are there are overwritten. */
static void from_a_file(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    uint64_t id[3] = {9, 0, ~UINT64_C(0)};
    float values[3][WIDTH];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < WIDTH; j++)
            values[i][j] = (float)(i * 10 + j);
    ts_items items = {0};
    ts_items_add(&ctx, &items, "id", ts_tensor_of(id, TS_U64, 1, (int64_t[]){3}));
    ts_items_add(&ctx, &items, "values", ts_tensor_of(values, TS_F32, 2, (int64_t[]){3, WIDTH}));
    assert_int_equal(ts_safetensors_write(&ctx, files_path("rows"), &items, NULL), TS_OK);
    ts_items_free(&items);
    ts_safetensors *f = ts_safetensors_open(&ctx, files_path("rows"));
    const ts_id_rows rows = {.id = ts_safetensors_get(f, "id"),
                             .values = ts_safetensors_get(f, "values")};
    const ts_id_table_options o = options(WIDTH);
    ts_id_table *t = ts_id_table_open(&ctx, &o);
    ts_id_table_put(&ctx, t, 0);
    assert_int_equal(ts_id_table_import(&ctx, t, &rows, NULL), TS_OK);
    assert_int_equal(ts_id_table_count(t), 3);
    for (int i = 0; i < 3; i++) {
        const int64_t row = ts_id_table_row(t, id[i]);
        for (int j = 0; j < WIDTH; j++)
            assert_true(((double *)ts_id_table_values(t, row))[j] == i * 10 + j);
        const double *s = ts_id_table_state(t, row);
        assert_true(s[0] == 0 && s[WIDTH] == 1 && s[2 * WIDTH] == 2);
    }
    ts_safetensors_close(f);
    ts_id_table_close(t);
    ts_ctx_close(&ctx);
}

static void refuse(ts_ctx *ctx, ts_id_table *t, const ts_id_rows *rows, ts_status status,
                   const char *words)
{
    ts_id_table_import(ctx, t, rows, NULL);
    files_failed(ctx, status, words);
    assert_int_equal(ts_id_table_count(t), 0);
}

static void refused(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_id_rows good, rows;
    ts_ctx_open_plain(&ctx);
    const ts_id_table_options o = options(WIDTH), narrow = options(WIDTH - 1);
    ts_id_table *from = filled(&ctx, 0, 1), *t = ts_id_table_open(&ctx, &o);
    all(&ctx, &good, from);
    rows = good;
    rows.values = (ts_tensor){0};
    refuse(&ctx, t, &rows, TS_ERROR_FORMAT, "ids or values are missing");
    rows = good;
    rows.id.dtype = TS_I64;
    refuse(&ctx, t, &rows, TS_ERROR_FORMAT, "id: expected U64, got I64");
    rows = good;
    rows.state.size[1]--;
    refuse(&ctx, t, &rows, TS_ERROR_SHAPE, "state: expected (400, 15)");
    rows = good;
    rows.values.dtype = TS_I64;
    refuse(&ctx, t, &rows, TS_ERROR_FORMAT, "values: expected floats, got I64");
    rows = good;
    rows.last.size[0]--;
    refuse(&ctx, t, &rows, TS_ERROR_SHAPE, "last: expected (400)");
    rows = good;
    rows.values.stride[0] = 1;
    refuse(&ctx, t, &rows, TS_ERROR_SHAPE, "values: expected a contiguous tensor");
    ((uint64_t *)good.id.data)[7] = ((uint64_t *)good.id.data)[300];
    refuse(&ctx, t, &good, TS_ERROR_FORMAT, "stands twice");
    ts_plant_fault(1); /* of the map that compares */
    refuse(&ctx, t, &good, TS_ERROR_MEMORY, "no memory to compare 400 ids");
    ts_plant_fault(0);
    all(&ctx, &good, from);
    const ts_id_part part = {.ranks = 2, .rank = 2};
    ts_id_table_import(&ctx, t, &good, &part);
    files_failed(&ctx, TS_ERROR_USAGE, "rank 2 of 2");
    ts_plant_fault(1);
    refuse(&ctx, t, &good, TS_ERROR_MEMORY, "no memory for another row");
    ts_plant_fault(0);
    ts_id_table_close(t);
    t = ts_id_table_open(&ctx, &narrow);
    refuse(&ctx, t, &good, TS_ERROR_SHAPE, "rows of 7, expected 6");
    ts_id_table_close(t);
    ts_id_table_close(from);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_id), cmocka_unit_test(other_ranks),
                                       cmocka_unit_test(other_columns), cmocka_unit_test(from_a_file),
                                       cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
