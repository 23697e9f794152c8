#include "tests/support/files.h"

#include "ref/text/charsmap.h"

#include <stdlib.h>
#include <string.h>

/* A map with the keys "A" -> "x" and "AB" -> "yz", laid out by hand: children of the root at 256 ^
 * byte, of "A" at 512 ^ byte, its value at 512; of "AB" the value at 768. */
enum { UNITS = 1024 };

static void put(char *blob, int64_t at, uint32_t unit)
{
    for (int i = 0; i < 4; i++)
        blob[4 + 4 * at + i] = (char)(unit >> 8 * i & 0xFF);
}

static uint32_t unit(int64_t distance, char label, bool value)
{
    return (uint32_t)distance << 10 | (uint32_t)value << 8 | (unsigned char)label;
}

static int64_t made(char *blob)
{
    static const char texts[] = "x\0yz";
    memset(blob, 0, 4 + 4 * UNITS);
    blob[0] = 0;
    blob[1] = (char)(4 * UNITS >> 8);
    put(blob, 0, unit(256, 0, false));
    put(blob, 256 ^ 'A', unit((256 ^ 'A') ^ 512, 'A', true));
    put(blob, 512, 0x80000000u | 0);
    put(blob, 512 ^ 'B', unit((512 ^ 'B') ^ 768, 'B', true));
    put(blob, 768, 0x80000000u | 2);
    memcpy(blob + 4 + 4 * UNITS, texts, sizeof texts);
    return 4 + 4 * UNITS + (int64_t)sizeof texts;
}

static void maps(const ts_charsmap *map, const char *text, const char *wanted)
{
    ts_ctx ctx;
    ts_bytes out = {0};
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_charsmap_graphemes(&ctx, map, &out, text, (int64_t)strlen(text)), TS_OK);
    ts_bytes_add(&ctx, &out, "", 1);
    assert_string_equal(out.at, wanted);
    ts_bytes_free(&out);
    ts_ctx_close(&ctx);
}

static void by_hand(void **state)
{
    (void)state;
    char blob[4 + 4 * UNITS + 16];
    ts_ctx ctx;
    ts_charsmap map;
    int64_t length = 0;
    ts_ctx_open_plain(&ctx);
    const int64_t bytes = made(blob);
    assert_int_equal(ts_charsmap_read(&ctx, &map, blob, bytes, "file"), TS_OK);
    assert_string_equal(ts_charsmap_longest(&map, "ABC", 3, &length), "yz");
    assert_int_equal(length, 2);
    assert_string_equal(ts_charsmap_shortest(&map, "ABC", 3, &length), "x");
    assert_int_equal(length, 1);
    assert_string_equal(ts_charsmap_longest(&map, "ABC", 1, &length), "x");
    assert_null(ts_charsmap_longest(&map, "BA", 2, &length));
    maps(&map, "ABa", "xBa");
    maps(&map, "A\xCC\x81z", "xz");           /* the shortest key replaces the whole cluster */
    maps(&map, "B\xCC\x81\xF0\x9F\x98\x80", "B\xCC\x81\xF0\x9F\x98\x80");
    ts_charsmap_free(&map);
    assert_int_equal(ts_charsmap_read(&ctx, &map, NULL, 0, "file"), TS_OK);
    maps(&map, "A", "A");
    ts_ctx_close(&ctx);
}

static void hostile(void **state)
{
    (void)state;
    char blob[4 + 4 * UNITS + 16];
    ts_ctx ctx;
    ts_charsmap map;
    const int64_t bytes = made(blob);
    ts_ctx_open_plain(&ctx);
    for (int64_t cut = 1; cut < bytes; cut += cut < 8 ? 1 : 61) {
        if (ts_charsmap_read(&ctx, &map, blob, cut, "file"))
            files_failed(&ctx, TS_ERROR_FORMAT, "character map");
        ts_charsmap_free(&map);
    }
    srand(7);
    for (int trial = 0; trial < 300; trial++) { /* any units at all: no step leaves the arrays */
        int64_t length = 0;
        for (int64_t i = 4; i < bytes; i++)
            blob[i] = (char)(rand() >> 7);
        assert_int_equal(ts_charsmap_read(&ctx, &map, blob, bytes, "file"), TS_OK);
        for (int c = 1; c < 256; c++) {
            char text[4] = {(char)c, (char)(c * 7 + 1), 'A', 'B'};
            const char *const found = ts_charsmap_longest(&map, text, 4, &length);
            assert_true(!found || (length >= 1 && length <= 4 && strlen(found) < 16));
        }
        ts_charsmap_free(&map);
    }
    ts_ctx_close(&ctx);
}

static void base64(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_charsmap map;
    ts_ctx_open_plain(&ctx);
    /* no units, the texts "ab" */
    assert_int_equal(ts_charsmap_read_base64(&ctx, &map, "AAAAAGFi", 8, "file"), TS_OK);
    assert_int_equal(map.units, 0);
    assert_string_equal(map.texts, "ab");
    ts_charsmap_free(&map);
    assert_int_equal(ts_charsmap_read_base64(&ctx, &map, "AAAAAGE=", 8, "file"), TS_OK);
    assert_string_equal(map.texts, "a");
    ts_charsmap_free(&map);
    ts_charsmap_read_base64(&ctx, &map, "AAAAAG", 6, "file");
    files_failed(&ctx, TS_ERROR_FORMAT, "not base64");
    ts_charsmap_read_base64(&ctx, &map, "AA=AAGFi", 8, "file");
    files_failed(&ctx, TS_ERROR_FORMAT, "byte 2");
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(hostile),
        cmocka_unit_test(base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
