/* Against a plain list: remembered, replaced, forgotten, through several sizes of the table. */
#include "tests/support/files.h"

#include "ref/cache/index.h"

enum { KEYS = 5000 };

static ts_place place_of(uint64_t form, uint64_t key, int64_t at)
{
    return (ts_place){form, {.key = key, .stored = (int64_t)(key % 100)}, at, 0};
}

static void as_a_list(void **state)
{
    (void)state;
    static int64_t at[2][KEYS];
    ts_index index = {.place = NULL};
    int64_t entries = 0, bytes = 0;
    assert_null(ts_index_find(&index, 1, 2));
    for (int64_t step = 1; step <= 40000; step++) {
        const uint64_t r = ts_mix64((uint64_t)step), form = r & 1, key = (r >> 1) % KEYS;
        const ts_place p = place_of(form, key, step);
        const int64_t span = ts_record_span(&p.record);
        if (r >> 60 < 5) {
            ts_place *there = ts_index_find(&index, form, key);
            if (there)
                ts_index_forget(&index, there);
            entries -= at[form][key] != 0;
            bytes -= at[form][key] ? span : 0;
            at[form][key] = 0;
        } else {
            assert_true(ts_index_remember(&index, &p));
            entries += at[form][key] == 0;
            bytes += at[form][key] ? 0 : span;
            at[form][key] = step;
        }
        assert_true(4 * index.filled <= 3 * index.places);
    }
    for (uint64_t form = 0; form < 2; form++)
        for (uint64_t key = 0; key < KEYS; key++) {
            const ts_place *p = ts_index_find(&index, form, key);
            assert_int_equal(p->segment >= 0 ? p->at : 0, at[form][key]);
        }
    assert_int_equal(index.entries, entries);
    assert_int_equal(index.bytes, bytes);
    ts_index_free(&index);
}

static void without_memory(void **state)
{
    (void)state;
    ts_index index = {.place = NULL};
    const ts_place p = place_of(0, 1, 1);
    ts_plant_fault(1);
    assert_false(ts_index_remember(&index, &p));
    ts_plant_fault(0);
    assert_true(ts_index_remember(&index, &p));
    for (uint64_t key = 2; key <= 768; key++) {
        const ts_place q = place_of(0, key, 1);
        assert_true(ts_index_remember(&index, &q));
    }
    ts_plant_fault(1); /* the table stays as it is */
    const ts_place q = place_of(0, 1000, 1);
    assert_false(ts_index_remember(&index, &q));
    ts_plant_fault(0);
    assert_int_equal(index.entries, 768);
    assert_true(ts_index_find(&index, 0, 700)->segment == 0);
    ts_index_free(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_a_list),
                                       cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
