#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/base/arena.h"

#include <string.h>

static void blocks_are_aligned_and_apart(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 0, 63, 64, 65, 4096, 3 << 20, 1, 900000};
    enum { COUNT = sizeof sizes / sizeof *sizes };
    ts_arena arena = {0};
    unsigned char *block[COUNT];
    for (int i = 0; i < COUNT; i++) {
        block[i] = ts_arena_take(&arena, sizes[i]);
        assert_non_null(block[i]);
        assert_int_equal((uintptr_t)block[i] % 64, 0);
        memset(block[i], i + 1, sizes[i]);
    }
    for (int i = 0; i < COUNT; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(block[i][k], i + 1);
    assert_true(arena.used >= (3 << 20) + 900000 && arena.peak == arena.used);
    assert_null(ts_arena_take(&arena, SIZE_MAX));
    assert_null(ts_arena_take(&arena, SIZE_MAX / 2));
    ts_arena_free(&arena);
    assert_true(arena.chunk == NULL && arena.spare == NULL && arena.used == 0);
}

static void marks(void **state)
{
    (void)state;
    ts_arena arena = {0};
    const ts_arena_mark empty = ts_arena_here(&arena);
    unsigned char *kept = ts_arena_take(&arena, 1000);
    memset(kept, 7, 1000);
    const ts_arena_mark mark = ts_arena_here(&arena);
    void *first = ts_arena_take(&arena, 100);
    ts_arena_take(&arena, 10 << 20);
    const size_t peak = arena.peak;
    ts_arena_return(&arena, mark);
    assert_int_equal(arena.used, 1024);
    assert_int_equal(arena.peak, peak);
    assert_ptr_equal(ts_arena_take(&arena, 100), first); /* the same place again */
    for (int i = 0; i < 1000; i++)
        assert_int_equal(kept[i], 7);
    ts_arena_return(&arena, empty);
    assert_int_equal(arena.used, 0);
    assert_non_null(ts_arena_take(&arena, 5));
    ts_arena_free(&arena);
}

/* A loop of scopes asks the system only in its first round; a larger need gives the spares back. */
static void chunks_are_used_again(void **state)
{
    (void)state;
    ts_arena arena = {0};
    ts_arena_take(&arena, 10);
    const ts_arena_mark mark = ts_arena_here(&arena);
    ts_plant_fault(1000000);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 6; i++)
            assert_non_null(ts_arena_take(&arena, (size_t)3 << 20));
        ts_arena_return(&arena, mark);
        const long asked = ts_plant_fault(1000000);
        assert_true(round == 0 ? asked > 0 : asked == 0);
    }
    assert_non_null(arena.spare);
    assert_non_null(ts_arena_take(&arena, (size_t)100 << 20));
    assert_null(arena.spare);
    ts_plant_fault(0);
    ts_arena_free(&arena);
}

static void planted_faults(void **state)
{
    (void)state;
    ts_arena arena = {0};
    char text[] = "text", *copy;
    ts_plant_fault(1);
    assert_null(ts_alloc(10));
    void *block = ts_alloc(10); /* only that one fails */
    assert_non_null(block);
    ts_plant_fault(1);
    assert_null(ts_realloc(block, 20)); /* the old block stays */
    ts_free(block);
    ts_plant_fault(1);
    assert_null(ts_alloc_zero(3, 4));
    ts_plant_fault(1);
    assert_null(ts_strdup(text));
    ts_plant_fault(1);
    assert_null(ts_arena_take(&arena, 10));
    assert_non_null(ts_arena_take(&arena, 10));
    ts_plant_fault(3);
    for (int i = 1; i <= 4; i++) {
        block = ts_alloc(1);
        assert_int_equal(block != NULL, i != 3);
        ts_free(block);
    }
    assert_int_equal(ts_plant_fault(0), 4);
    copy = ts_strndup(text, 2);
    assert_string_equal(copy, "te");
    ts_free(copy);
    copy = ts_strdup(text);
    assert_string_equal(copy, "text");
    ts_free(copy);
    assert_null(ts_strndup(text, SIZE_MAX));
    const int *zeros = block = ts_alloc_zero(4, sizeof *zeros);
    for (int i = 0; i < 4; i++)
        assert_int_equal(zeros[i], 0);
    ts_free(block);
    block = ts_alloc_zero(0, 0);
    assert_non_null(block);
    ts_free(block);
    ts_free(NULL);
    ts_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_and_apart),
        cmocka_unit_test(marks),
        cmocka_unit_test(chunks_are_used_again),
        cmocka_unit_test(planted_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
