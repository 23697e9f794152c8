/* Known answers of CRC-32 and the hashes; zlib streams there and back, damaged, and without memory. */
#include "tests/support/files.h"

#include "ref/cache/codec.h"

#include <stdlib.h>
#include <string.h>

static void checksums(void **state)
{
    (void)state;
    assert_int_equal(ts_crc32(0, "123456789", 9), 0xcbf43926u); /* the check value of the catalogue */
    assert_int_equal(ts_crc32(0, "", 0), 0);
    assert_int_equal(ts_crc32(ts_crc32(0, "1234", 4), "56789", 5), 0xcbf43926u);
    assert_int_equal(ts_crc32(7, NULL, 0), 7);
}

static void hashes(void **state)
{
    (void)state;
    /* the first output of splitmix64 with seed 0: the published generator adds the constant first */
    assert_true(ts_mix64(UINT64_C(0x9e3779b97f4a7c15)) == UINT64_C(0xe220a8397b1dcdaf));
    /* FNV-1a of "a" is af63dc4c8601ec8c */
    assert_true(ts_hash64(0, "a", 1) == ts_mix64(UINT64_C(0xaf63dc4c8601ec8c)));
    assert_true(ts_hash64(0, "a", 1) != ts_hash64(1, "a", 1));
}

static void there_and_back(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_blob packed = {.at = NULL};
    unsigned char data[5000], back[5000];
    ts_ctx_open_plain(&ctx);
    for (int n = 0; n <= 5000; n += 500) {
        for (int i = 0; i < n; i++) /* half noise, half not */
            data[i] = i % 2 ? 7 : (unsigned char)ts_mix64((uint64_t)i);
        for (int level = 1; level <= 9; level += 4) {
            assert_int_equal(ts_deflate(&ctx, &packed, data, n, level), TS_OK);
            assert_true(ts_inflate(back, n, packed.at, packed.size));
            assert_memory_equal(back, data, (size_t)n);
            assert_false(ts_inflate(back, n + 1, packed.at, packed.size)); /* too short */
            if (n)
                assert_false(ts_inflate(back, n - 1, packed.at, packed.size)); /* too long */
            for (int64_t cut = 0; cut < packed.size; cut += 1 + packed.size / 20)
                assert_false(ts_inflate(back, n, packed.at, cut));
        }
    }
    packed.at[packed.size - 1] ^= 1; /* Adler's sum */
    assert_false(ts_inflate(back, 5000, packed.at, packed.size));
    ts_blob_free(&packed);
    ts_ctx_close(&ctx);
}

static void without_memory(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_blob packed = {.at = NULL};
    char back[8];
    ts_ctx_open_plain(&ctx);
    for (long n = 1; n <= 3; n++) {
        ts_plant_fault(n);
        ts_deflate(&ctx, &packed, "abcdefgh", 8, 6);
        assert_true(ts_plant_fault(0) >= n);
        files_failed(&ctx, TS_ERROR_MEMORY, "no memory");
        ts_blob_free(&packed);
    }
    assert_int_equal(ts_deflate(&ctx, &packed, "abcdefgh", 8, 6), TS_OK);
    ts_plant_fault(1);
    assert_false(ts_inflate(back, 8, packed.at, packed.size));
    ts_plant_fault(0);
    assert_true(ts_inflate(back, 8, packed.at, packed.size));
    ts_blob_reserve(&ctx, &packed, INT64_MAX);
    files_failed(&ctx, TS_ERROR_MEMORY, "no memory for an entry of 9223372036854775807 bytes");
    ts_blob_free(&packed);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(checksums), cmocka_unit_test(hashes),
                                       cmocka_unit_test(there_and_back),
                                       cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
