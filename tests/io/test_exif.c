#include "tests/support/files.h"

#include "ref/io/codecs.h"

#include <string.h>

enum { SIZE = 26 };
static const uint8_t big[SIZE] = "MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\x06\0\0\0\0\0";
static const uint8_t little[SIZE] = "II*\0\x08\0\0\0\1\0\x12\x01\3\0\1\0\0\0\x08\0\0\0\0\0\0";

static void reads(void **state)
{
    (void)state;
    assert_int_equal(ts_exif_orientation(big, SIZE), 6);
    assert_int_equal(ts_exif_orientation(little, SIZE), 8);
}

/* Cut or changed anywhere it is upright or some orientation, never anything else. */
static void damaged(void **state)
{
    (void)state;
    for (int64_t n = 0; n < SIZE; n++) {
        uint8_t cut[SIZE];
        memcpy(cut, big, SIZE);
        assert_int_equal(ts_exif_orientation(cut, n), n < 20 ? 1 : 6);
    }
    for (int at = 0; at < SIZE; at++)
        for (int value = 0; value < 256; value++) {
            uint8_t changed[SIZE];
            memcpy(changed, big, SIZE);
            changed[at] = (uint8_t)value;
            const int got = ts_exif_orientation(changed, SIZE);
            assert_true(got >= 1 && got <= 8);
        }
    uint8_t type[SIZE];
    memcpy(type, big, SIZE);
    type[13] = 4; /* LONG */
    assert_int_equal(ts_exif_orientation(type, SIZE), 1);
    memcpy(type, big, SIZE);
    type[19] = 9;
    assert_int_equal(ts_exif_orientation(type, SIZE), 1);
    memcpy(type, big, SIZE);
    memset(type + 4, 0xff, 4); /* the directory lies outside */
    assert_int_equal(ts_exif_orientation(type, SIZE), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads), cmocka_unit_test(damaged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
