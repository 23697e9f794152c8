/* segment.h: the format of the cache's files. All numbers are little-endian.
 *
 *     segment   64 bytes   0 "TSCACHE1"   8 u32 version   12 u32 64   16 u64 dataset   24 u64 form
 *                          32 label (28 bytes, 0 behind it)   60 u32 CRC-32 of bytes 0..59
 *     record    48 bytes   0 "TREC"   4 u32 flags (1: zlib)   8 u64 key   16 u64 stamp
 *                          24 u64 bytes stored   32 u64 bytes of the entry
 *                          40 u32 CRC-32 of what is stored   44 u32 CRC-32 of bytes 0..43
 *               then what is stored, then zeros up to a multiple of 16
 *
 * `dataset` is where the samples come from, `form` which preprocessing they went through (0: none):
 * a segment with others is none of ours. `stamp` is of one source file: remote.h. */
#ifndef TS_CACHE_SEGMENT_H
#define TS_CACHE_SEGMENT_H

#include "ref/cache/codec.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_SEGMENT_HEAD = 64, TS_RECORD_HEAD = 48, TS_LABEL = 28 };

/* No entry is larger: a damaged length must not ask for all memory. */
#define TS_ENTRY_MOST ((int64_t)1 << 36)

typedef struct {
    uint64_t dataset, form;
    char label[TS_LABEL]; /* of the form, for people */
} ts_segment_head;

typedef struct {
    uint64_t key, stamp;
    int64_t stored, bytes;
    bool packed;
    uint32_t crc;
} ts_record;

void ts_segment_head_write(unsigned char to[TS_SEGMENT_HEAD], const ts_segment_head *head);
bool ts_segment_head_read(ts_segment_head *head, const unsigned char from[TS_SEGMENT_HEAD]);
void ts_record_write(unsigned char to[TS_RECORD_HEAD], const ts_record *record);
bool ts_record_read(ts_record *record, const unsigned char from[TS_RECORD_HEAD]);

/* Bytes of the whole record: head, what is stored, zeros. */
int64_t ts_record_span(const ts_record *record);

/* Walks over the heads of an open segment up to the first that is broken or whose record does not end
 * within the file. False when the segment's own head is broken. *end: where the sound part ends. */
typedef void ts_segment_visit(void *arg, const ts_record *record, int64_t at);
bool ts_segment_scan(int fd, ts_segment_head *head, ts_segment_visit *visit, void *arg, int64_t *end);

/* The entry of the record at byte `at`, in `out`; scratch holds what is stored. False unless all is
 * as it was written, with that key and stamp; the context fails only for lack of memory. */
bool ts_record_load(ts_ctx *ctx, int fd, int64_t at, const ts_record *expected, ts_blob *out,
                    ts_blob *scratch);

/* Up to `bytes` bytes from byte `at` on, in spite of signals and short reads; how many there were. */
int64_t ts_read_at(int fd, void *to, int64_t bytes, int64_t at);
/* All bytes; false with errno when it cannot be. */
bool ts_write_all(int fd, const void *from, int64_t bytes);

#ifdef __cplusplus
}
#endif
#endif
