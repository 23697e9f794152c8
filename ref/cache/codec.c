/* codec.c: buffers, CRC-32, hashes, zlib streams.
 *
 *     FNV-1a      h <- (h xor byte) * 2^40 + 2^8 + 0xb3        Fowler, Noll, Vo
 *     splitmix64  the finaliser of Steele, Lea and Flood 2014
 *
 * zlib takes its memory by ts_alloc, so that it can be made to fail. Its lengths are 32 bits wide:
 * longer data goes in pieces.
 *
 * Test: tests/cache/test_codec.c */
#include "ref/cache/codec.h"

#include <string.h>
#include <zlib.h>

ts_status ts_blob_reserve(ts_ctx *ctx, ts_blob *blob, int64_t bytes)
{
    if (ctx->status || bytes <= blob->room)
        return ctx->status;
    unsigned char *larger = ts_realloc(blob->at, (size_t)bytes);
    if (!larger)
        return ts_fail(ctx, TS_ERROR_MEMORY, "cache: no memory for an entry of %lld bytes",
                       (long long)bytes);
    blob->at = larger;
    blob->room = bytes;
    return TS_OK;
}

void ts_blob_free(ts_blob *blob)
{
    ts_free(blob->at);
    *blob = (ts_blob){.at = NULL};
}

enum { PIECE = 1 << 30 };

static uInt piece_of(int64_t bytes)
{
    return (uInt)(bytes < PIECE ? bytes : PIECE);
}

uint32_t ts_crc32(uint32_t crc, const void *data, int64_t bytes)
{
    const Bytef *at = data;
    uLong sum = crc;
    while (bytes > 0) { /* crc32(0, NULL, 0) would begin anew */
        sum = crc32(sum, at, piece_of(bytes));
        at += piece_of(bytes);
        bytes -= piece_of(bytes);
    }
    return (uint32_t)sum;
}

static voidpf zlib_alloc(voidpf unused, uInt count, uInt bytes)
{
    (void)unused;
    return ts_alloc_zero(count, bytes);
}

static void zlib_free(voidpf unused, voidpf block)
{
    (void)unused;
    ts_free(block);
}

/* Both directions: the stream's input and output in pieces, until it ends or stops. */
static int run(z_stream *z, int (*step)(z_stream *, int), const void *from, int64_t bytes,
               ts_blob *to)
{
    int code = Z_OK;
    union {
        const void *read;
        Bytef *zlib; /* next_in is not const in every zlib */
    } in = {from};
    int64_t given = 0, taken = 0;
    z->next_in = in.zlib;
    z->next_out = to->at;
    while (code == Z_OK) {
        if (z->avail_in == 0)
            given += z->avail_in = piece_of(bytes - given);
        if (z->avail_out == 0)
            taken += z->avail_out = piece_of(to->room - taken);
        if (z->avail_out == 0)
            break;
        code = step(z, given == bytes ? Z_FINISH : Z_NO_FLUSH);
        if (code == Z_BUF_ERROR && (given < bytes || taken < to->room))
            code = Z_OK; /* the next piece helps */
    }
    to->size = taken - z->avail_out;
    return code;
}

ts_status ts_deflate(ts_ctx *ctx, ts_blob *out, const void *data, int64_t bytes, int level)
{
    z_stream z = {.zalloc = zlib_alloc, .zfree = zlib_free};
    if (ts_blob_reserve(ctx, out, bytes + bytes / 1000 + 64)) /* zlib: at most 0.03 % + 11 more */
        return ctx->status;
    if (deflateInit(&z, level) != Z_OK)
        return ts_fail(ctx, TS_ERROR_MEMORY, "cache: no memory to compress an entry");
    const int code = run(&z, deflate, data, bytes, out);
    deflateEnd(&z);
    if (code != Z_STREAM_END)
        return ts_fail(ctx, TS_ERROR_IO, "cache: zlib could not compress %lld bytes (%d)",
                       (long long)bytes, code);
    return TS_OK;
}

bool ts_inflate(void *out, int64_t bytes, const void *packed, int64_t size)
{
    z_stream z = {.zalloc = zlib_alloc, .zfree = zlib_free};
    unsigned char none;
    ts_blob to = {bytes ? out : &none, 0, bytes ? bytes : 1};
    if (size <= 0 || inflateInit(&z) != Z_OK)
        return false;
    const int code = run(&z, inflate, packed, size, &to);
    const bool whole = code == Z_STREAM_END && to.size == bytes && z.avail_in == 0;
    inflateEnd(&z);
    return whole;
}

uint64_t ts_hash64(uint64_t seed, const void *data, int64_t bytes)
{
    const unsigned char *at = data;
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ seed;
    for (int64_t i = 0; i < bytes; i++)
        h = (h ^ at[i]) * UINT64_C(0x100000001b3);
    return ts_mix64(h);
}
