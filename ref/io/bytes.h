/* bytes.h: numbers in files are little-endian (or say what they are); machines need not be. */
#ifndef TS_IO_BYTES_H
#define TS_IO_BYTES_H

#include "ref/io/file.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline bool ts_big_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 0;
}

/* n elements of `size` bytes each, the bytes of each turned round. to == from is legal. */
static inline void ts_swap_bytes(void *to, const void *from, int64_t n, size_t size)
{
    unsigned char *out = (unsigned char *)to;
    const unsigned char *in = (const unsigned char *)from;
    for (int64_t i = 0; i < n; i++, out += size, in += size)
        for (size_t a = 0, b = size - 1; a <= b && b < size; a++, b--) {
            const unsigned char keep = in[a];
            out[a] = in[b];
            out[b] = keep;
        }
}

static inline uint64_t ts_little64(const unsigned char *bytes)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

/* Writes the elements of t, rows first (strided views are laid out on the way), little-endian. */
ts_status ts_out_tensor(ts_ctx *ctx, ts_out *out, ts_tensor t);

#ifdef __cplusplus
}
#endif
#endif
