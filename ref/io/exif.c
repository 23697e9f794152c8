/* exif.c: one number out of EXIF data: how the camera was held.
 *
 * TIFF: "II" or "MM" (byte order), 42, the offset of the first directory; a directory is a count of
 * entries of 12 bytes: tag, type, count, value. Orientation is tag 0x0112, type SHORT, count 1.
 * Source: EXIF 2.32, 4.6.4. Test: tests/io/test_exif.c */
#include "ref/io/codecs.h"

#include <string.h>

typedef struct {
    const uint8_t *bytes;
    int64_t size;
    bool big;
} tiff;

/* n bytes at `at` as a number; 0 outside the data. */
static uint32_t number(const tiff *t, int64_t at, int n)
{
    uint32_t value = 0;
    if (at < 0 || at > t->size - n)
        return 0;
    for (int i = 0; i < n; i++)
        value = value << 8 | t->bytes[t->big ? at + i : at + n - 1 - i];
    return value;
}

int ts_exif_orientation(const uint8_t *bytes, int64_t size)
{
    enum { ORIENTATION = 0x0112, SHORT = 3 };
    if (size < 8 || (memcmp(bytes, "II", 2) != 0 && memcmp(bytes, "MM", 2) != 0))
        return 1;
    const tiff t = {bytes, size, bytes[0] == 'M'};
    if (number(&t, 2, 2) != 42)
        return 1;
    const int64_t directory = number(&t, 4, 4);
    const int64_t count = number(&t, directory, 2);
    for (int64_t i = 0; i < count; i++) {
        const int64_t entry = directory + 2 + 12 * i;
        if (number(&t, entry, 2) != ORIENTATION)
            continue;
        const uint32_t value = number(&t, entry + 8, 2);
        const bool sound = number(&t, entry + 2, 2) == SHORT && number(&t, entry + 4, 4) == 1;
        return sound && value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}
