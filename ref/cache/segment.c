/* segment.c: heads to bytes and back, the walk over a file, one record with its checks.
 *
 * Everything read is untrusted: a process may have been killed between any two bytes, and a disk may
 * lie. A head counts only with its own CRC; lengths are bounded before anything is done with them; an
 * entry is given out only when its CRC, key and stamp agree (and, compressed, when the stream ends
 * exactly at its length).
 *
 * Test: tests/cache/test_segment.c; fuzz target: segment. */
#include "ref/cache/segment.h"

#include "ref/io/bytes.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSION = 1, PACKED = 1, ALIGN = 16 };

static void put32(unsigned char *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> 8 * i);
}

static void put64(unsigned char *to, uint64_t value)
{
    put32(to, (uint32_t)value);
    put32(to + 4, (uint32_t)(value >> 32));
}

static uint32_t get32(const unsigned char *from)
{
    uint32_t value = 0;
    for (int i = 3; i >= 0; i--)
        value = value << 8 | from[i];
    return value;
}

void ts_segment_head_write(unsigned char to[TS_SEGMENT_HEAD], const ts_segment_head *head)
{
    memset(to, 0, TS_SEGMENT_HEAD);
    memcpy(to, "TSCACHE1", 8);
    put32(to + 8, VERSION);
    put32(to + 12, TS_SEGMENT_HEAD);
    put64(to + 16, head->dataset);
    put64(to + 24, head->form);
    for (int i = 0; i < TS_LABEL - 1 && head->label[i]; i++)
        to[32 + i] = (unsigned char)head->label[i];
    put32(to + 60, ts_crc32(0, to, 60));
}

bool ts_segment_head_read(ts_segment_head *head, const unsigned char from[TS_SEGMENT_HEAD])
{
    if (memcmp(from, "TSCACHE1", 8) != 0 || get32(from + 8) != VERSION ||
        get32(from + 12) != TS_SEGMENT_HEAD || get32(from + 60) != ts_crc32(0, from, 60))
        return false;
    head->dataset = ts_little64(from + 16);
    head->form = ts_little64(from + 24);
    memcpy(head->label, from + 32, TS_LABEL);
    head->label[TS_LABEL - 1] = '\0';
    return true;
}

void ts_record_write(unsigned char to[TS_RECORD_HEAD], const ts_record *record)
{
    memcpy(to, "TREC", 4);
    put32(to + 4, record->packed ? PACKED : 0);
    put64(to + 8, record->key);
    put64(to + 16, record->stamp);
    put64(to + 24, (uint64_t)record->stored);
    put64(to + 32, (uint64_t)record->bytes);
    put32(to + 40, record->crc);
    put32(to + 44, ts_crc32(0, to, 44));
}

bool ts_record_read(ts_record *record, const unsigned char from[TS_RECORD_HEAD])
{
    const uint32_t flags = get32(from + 4);
    const uint64_t stored = ts_little64(from + 24), bytes = ts_little64(from + 32);
    if (memcmp(from, "TREC", 4) != 0 || get32(from + 44) != ts_crc32(0, from, 44) ||
        flags > PACKED || stored > (uint64_t)TS_ENTRY_MOST || bytes > (uint64_t)TS_ENTRY_MOST ||
        (flags != PACKED && stored != bytes))
        return false;
    *record = (ts_record){.key = ts_little64(from + 8), .stamp = ts_little64(from + 16),
                          .stored = (int64_t)stored, .bytes = (int64_t)bytes,
                          .packed = flags == PACKED, .crc = get32(from + 40)};
    return true;
}

int64_t ts_record_span(const ts_record *record)
{
    return TS_RECORD_HEAD + (record->stored + ALIGN - 1) / ALIGN * ALIGN;
}

int64_t ts_read_at(int fd, void *to, int64_t bytes, int64_t at)
{
    int64_t fill = 0;
    while (fill < bytes) {
        const int64_t piece = bytes - fill < 1 << 30 ? bytes - fill : 1 << 30;
        const ssize_t got =
            pread(fd, (unsigned char *)to + fill, (size_t)piece, (off_t)(at + fill));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        fill += got;
    }
    return fill;
}

bool ts_write_all(int fd, const void *from, int64_t bytes)
{
    const unsigned char *at = from;
    while (bytes > 0) {
        const ssize_t done = write(fd, at, (size_t)(bytes < 1 << 30 ? bytes : 1 << 30));
        if (done < 0 && errno == EINTR)
            continue;
        if (done == 0)
            errno = EIO;
        if (done <= 0)
            return false;
        at += done;
        bytes -= done;
    }
    return true;
}

bool ts_segment_scan(int fd, ts_segment_head *head, ts_segment_visit *visit, void *arg, int64_t *end)
{
    unsigned char bytes[TS_SEGMENT_HEAD];
    struct stat about;
    ts_record record;
    *end = 0;
    if (fstat(fd, &about) != 0 || ts_read_at(fd, bytes, TS_SEGMENT_HEAD, 0) != TS_SEGMENT_HEAD ||
        !ts_segment_head_read(head, bytes))
        return false;
    for (*end = TS_SEGMENT_HEAD; ts_read_at(fd, bytes, TS_RECORD_HEAD, *end) == TS_RECORD_HEAD &&
                                 ts_record_read(&record, bytes) &&
                                 ts_record_span(&record) <= (int64_t)about.st_size - *end;
         *end += ts_record_span(&record))
        if (visit)
            visit(arg, &record, *end);
    return true;
}

bool ts_record_load(ts_ctx *ctx, int fd, int64_t at, const ts_record *expected, ts_blob *out,
                    ts_blob *scratch)
{
    ts_record found;
    const int64_t span = TS_RECORD_HEAD + expected->stored;
    if (ts_blob_reserve(ctx, scratch, span) || ts_blob_reserve(ctx, out, expected->bytes))
        return false;
    if (ts_read_at(fd, scratch->at, span, at) != span || !ts_record_read(&found, scratch->at) ||
        found.key != expected->key || found.stamp != expected->stamp ||
        found.stored != expected->stored || found.bytes != expected->bytes ||
        found.crc != ts_crc32(0, scratch->at + TS_RECORD_HEAD, found.stored))
        return false;
    out->size = found.bytes;
    if (found.packed)
        return ts_inflate(out->at, found.bytes, scratch->at + TS_RECORD_HEAD, found.stored);
    if (found.bytes)
        memcpy(out->at, scratch->at + TS_RECORD_HEAD, (size_t)found.bytes);
    return true;
}
