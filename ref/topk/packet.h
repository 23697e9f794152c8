/* packet.h: a sparse vector as bytes, in one message.
 *
 *     offset  0  u32 magic "TSK1"       4  u32 step      8  u32 bucket     12  u32 k
 *            16  u32 flags             20  u32 CRC-32C of the whole packet with 0 here
 *            24  u32 index[k], then f32, f16 or f64 value[k]
 *
 * All little-endian. k entries take exactly 24 + k (4 + v) bytes, v = 4, 2 or 8. A rank whose gradient
 * is not finite sends its packet all the same, with that flag and k entries of index 0 and value 0:
 * so everybody learns of it, and sizes stay what they were. */
#ifndef TS_TOPK_PACKET_H
#define TS_TOPK_PACKET_H

#include "ref/topk/sparse.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_PACKET_HEADER = 24 };
enum { TS_PACKET_NONFINITE = 1, TS_PACKET_F16 = 2, TS_PACKET_F64 = 4 };

typedef struct {
    uint32_t step, bucket;
    bool nonfinite; /* nothing was selected; the entries mean nothing */
    ts_dtype value; /* on the wire: TS_F32, TS_F16 or TS_F64 */
} ts_packet_head;

/* The bytes of a packet of k entries; value TS_F32, TS_F16 or TS_F64. */
int64_t ts_packet_bytes(int64_t k, ts_dtype value);

/* Writes s, ts_packet_bytes(s->count, head->value) bytes. Values are rounded to
 * that type. */
void ts_packet_write(unsigned char *bytes, const ts_packet_head *head, const ts_sparse *s);

/* A packet of k empty entries that says nonfinite. */
void ts_packet_write_nonfinite(unsigned char *bytes, const ts_packet_head *head, int64_t k);

/* Reads a packet of exactly `length` bytes for a vector of `size`; the values become `dtype` (F32 or
 * F64). Fails with TS_ERROR_FORMAT and "what" when it is none: magic, length, checksum, flags, an
 * index beyond the vector or standing twice, a value that is not finite. */
ts_status ts_packet_read(ts_ctx *ctx, ts_packet_head *head, ts_sparse *s,
                         const unsigned char *bytes, int64_t length, int64_t size, ts_dtype dtype,
                         const char *what);

/* CRC-32C (Castagnoli), as in iSCSI and ext4: of "123456789" it is e3069283. */
uint32_t ts_crc32c(uint32_t crc, const unsigned char *bytes, int64_t n);

#ifdef __cplusplus
}
#endif
#endif
