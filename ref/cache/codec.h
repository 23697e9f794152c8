/* codec.h: what the levels of the cache share: growing buffers, checksums, hashes, zlib. */
#ifndef TS_CACHE_CODEC_H
#define TS_CACHE_CODEC_H

#include "ref/base/ctx.h"
#include "ref/base/rng.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A buffer that is used again and again; begins as zeros. */
typedef struct {
    unsigned char *at;
    int64_t size, room;
} ts_blob;

/* Room for `bytes`; what is in it stays. Its size does not change. */
ts_status ts_blob_reserve(ts_ctx *ctx, ts_blob *blob, int64_t bytes);
void ts_blob_free(ts_blob *blob);

/* CRC-32 of ISO 3309 (zlib, PNG); begin with crc 0. Of "123456789": cbf43926. */
uint32_t ts_crc32(uint32_t crc, const void *data, int64_t bytes);

/* out = zlib stream of the data (RFC 1950); level 1 to 9. */
ts_status ts_deflate(ts_ctx *ctx, ts_blob *out, const void *data, int64_t bytes, int level);

/* The stream back into out[bytes]; false unless it is sound and has exactly that many bytes, or when
 * there is no memory: for a cache both are a miss. */
bool ts_inflate(void *out, int64_t bytes, const void *packed, int64_t size);

/* FNV-1a over the bytes, beginning with a seed, then mixed. Not against adversaries. */
uint64_t ts_hash64(uint64_t seed, const void *data, int64_t bytes);

#ifdef __cplusplus
}
#endif
#endif
