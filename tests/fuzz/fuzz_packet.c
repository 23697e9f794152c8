/* One packet of a sparse scheme for a vector of 1000; what could be read is written and read again. */
#include "tests/fuzz/fuzz.h"

#include "ref/topk/packet.h"

#include <stdlib.h>
#include <string.h>

int fuzz_packet(const uint8_t *data, size_t size)
{
    ts_ctx ctx;
    ts_packet_head head, again;
    ts_sparse s, t;
    ts_ctx_open_plain(&ctx);
    unsigned char *bytes = malloc(size + 1); /* the checksum is repaired: behind it lies the rest */
    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    if (size >= TS_PACKET_HEADER && data[0] == 'T') {
        memset(bytes + 20, 0, 4);
        const uint32_t crc = ts_crc32c(0, bytes, (int64_t)size);
        for (int i = 0; i < 4; i++)
            bytes[20 + i] = (unsigned char)(crc >> 8 * i);
    }
    if (!ts_packet_read(&ctx, &head, &s, bytes, (int64_t)size, 1000, TS_F32, "packet") &&
        !head.nonfinite) {
        fuzz_touch(s.values);
        fuzz_require(ts_packet_bytes(s.count, head.value) == (int64_t)size, "its length is exact");
        ts_packet_write(bytes, &head, &s);
        fuzz_require(!ts_packet_read(&ctx, &again, &t, bytes, (int64_t)size, 1000, TS_F32, "packet"),
                     "what was written can be read");
        fuzz_require(t.count == s.count &&
                         memcmp(t.indices, s.indices, (size_t)s.count * 4) == 0 &&
                         memcmp(t.values.data, s.values.data, (size_t)s.count * 4) == 0,
                     "and is the same");
    }
    free(bytes);
    fuzz_end(&ctx);
    return 0;
}
