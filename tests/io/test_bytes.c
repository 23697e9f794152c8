#include "tests/support/files.h"

#include "ref/io/bytes.h"

#include <stdlib.h>
#include <string.h>

static void swaps(void **state)
{
    (void)state;
    unsigned char in[8] = {1, 2, 3, 4, 5, 6, 7, 8}, out[8];
    static const unsigned char one[8] = {1, 2, 3, 4, 5, 6, 7, 8}, two[8] = {2, 1, 4, 3, 6, 5, 8, 7},
                               four[8] = {4, 3, 2, 1, 8, 7, 6, 5},
                               eight[8] = {8, 7, 6, 5, 4, 3, 2, 1};
    ts_swap_bytes(out, in, 8, 1);
    assert_memory_equal(out, one, 8);
    ts_swap_bytes(out, in, 4, 2);
    assert_memory_equal(out, two, 8);
    ts_swap_bytes(out, in, 2, 4);
    assert_memory_equal(out, four, 8);
    ts_swap_bytes(in, in, 1, 8); /* in place */
    assert_memory_equal(in, eight, 8);
    assert_true(ts_little64(eight) == 0x0102030405060708u);
    assert_true(ts_big_endian() == (*(const unsigned char *)&(const uint16_t){1} == 0));
}

/* A strided view longer than the buffer comes out as its dense copy would. */
static void strided(void **state)
{
    (void)state;
    enum { ROWS = 300, COLUMNS = 200 };
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    uint16_t *values = malloc(sizeof *values * ROWS * COLUMNS);
    assert_non_null(values);
    for (int i = 0; i < ROWS * COLUMNS; i++)
        values[i] = (uint16_t)i;
    ts_tensor t = ts_tensor_of(values, TS_U16, 2, (int64_t[]){COLUMNS, ROWS});
    t.stride[0] = 1;
    t.stride[1] = COLUMNS;
    ts_out out;
    ts_out_open(&ctx, &out, files_path("bytes"));
    ts_out_tensor(&ctx, &out, t);
    ts_out_tensor(&ctx, &out, ts_tensor_of(values, TS_U16, 1, (int64_t[]){0}));
    assert_int_equal(ts_out_commit(&ctx, &out), TS_OK);
    size_t bytes;
    char *file = files_read(files_path("bytes"), &bytes);
    assert_int_equal(bytes, sizeof *values * ROWS * COLUMNS);
    for (int c = 0; c < COLUMNS; c++)
        for (int r = 0; r < ROWS; r++) {
            const unsigned char *b = (unsigned char *)file + 2 * (c * ROWS + r);
            assert_int_equal(b[0] | b[1] << 8, values[r * COLUMNS + c]);
        }
    free(file);
    free(values);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(swaps), cmocka_unit_test(strided)};
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
