/* packet.c: packets of the sparse schemes. See packet.h for the layout, which is our own: that of the
 * paper's system is not known. Test: tests/topk/test_packet.c                     Fuzz: packet */
#include "ref/topk/packet.h"

#include <math.h>
#include <string.h>

static const uint32_t magic = 0x314b5354; /* "TSK1" */

static void put32(unsigned char *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> 8 * i);
}

static uint32_t get32(const unsigned char *from)
{
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
           (uint32_t)from[3] << 24;
}

uint32_t ts_crc32c(uint32_t crc, const unsigned char *bytes, int64_t n)
{
    uint32_t table[256];
    for (uint32_t b = 0; b < 256; b++) {
        table[b] = b;
        for (int i = 0; i < 8; i++)
            table[b] = table[b] >> 1 ^ (table[b] & 1 ? 0x82f63b78u : 0);
    }
    crc = ~crc;
    for (int64_t i = 0; i < n; i++)
        crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 255];
    return ~crc;
}

int64_t ts_packet_bytes(int64_t k, ts_dtype value)
{
    return TS_PACKET_HEADER + k * (4 + (int64_t)ts_dtype_size(value));
}

static void write_head(unsigned char *bytes, const ts_packet_head *head, int64_t k, bool nonfinite)
{
    put32(bytes, magic);
    put32(bytes + 4, head->step);
    put32(bytes + 8, head->bucket);
    put32(bytes + 12, (uint32_t)k);
    put32(bytes + 16, (nonfinite ? TS_PACKET_NONFINITE : 0u) |
                          (head->value == TS_F16 ? TS_PACKET_F16 : 0u) |
                          (head->value == TS_F64 ? TS_PACKET_F64 : 0u));
    put32(bytes + 20, 0);
}

static void seal(unsigned char *bytes, int64_t length)
{
    put32(bytes + 20, ts_crc32c(0, bytes, length));
}

static void put_value(unsigned char *to, ts_dtype wire, double value)
{
    uint64_t bits = 0;
    uint32_t single;
    const float narrow = (float)value;
    memcpy(&bits, &value, sizeof bits);
    memcpy(&single, &narrow, sizeof single);
    bits = wire == TS_F64 ? bits : wire == TS_F16 ? ts_f64_to_f16(value) : single;
    for (size_t i = 0; i < ts_dtype_size(wire); i++)
        to[i] = (unsigned char)(bits >> 8 * i);
}

static double get_value(const unsigned char *from, ts_dtype wire)
{
    uint64_t bits = 0;
    double value;
    float narrow;
    for (size_t i = 0; i < ts_dtype_size(wire); i++)
        bits |= (uint64_t)from[i] << 8 * i;
    const uint32_t single = (uint32_t)bits;
    memcpy(&value, &bits, sizeof value);
    memcpy(&narrow, &single, sizeof narrow);
    return wire == TS_F64   ? value
           : wire == TS_F16 ? (double)ts_f16_to_f32((uint16_t)bits) : (double)narrow;
}

void ts_packet_write(unsigned char *bytes, const ts_packet_head *head, const ts_sparse *s)
{
    const int64_t wide = (int64_t)ts_dtype_size(head->value);
    unsigned char *at = bytes + TS_PACKET_HEADER;
    write_head(bytes, head, s->count, false);
    for (int64_t j = 0; j < s->count; j++, at += 4)
        put32(at, s->indices[j]);
    for (int64_t j = 0; j < s->count; j++, at += wide)
        put_value(at, head->value, ts_load(s->values.data, s->values.dtype, j));
    seal(bytes, at - bytes);
}

void ts_packet_write_nonfinite(unsigned char *bytes, const ts_packet_head *head, int64_t k)
{
    const int64_t length = ts_packet_bytes(k, head->value);
    memset(bytes, 0, (size_t)length);
    write_head(bytes, head, k, true);
    seal(bytes, length);
}

/* Everything about a packet but its entries. */
static ts_status read_head(ts_ctx *ctx, ts_packet_head *head, int64_t *k,
                           const unsigned char *bytes, int64_t length, const char *what)
{
    unsigned char start[TS_PACKET_HEADER];
    if (length < TS_PACKET_HEADER || get32(bytes) != magic)
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: %lld bytes that are no packet", what,
                       (long long)length);
    const uint32_t flags = get32(bytes + 16);
    *head = (ts_packet_head){get32(bytes + 4), get32(bytes + 8), (flags & TS_PACKET_NONFINITE) != 0,
                             flags & TS_PACKET_F16   ? TS_F16
                             : flags & TS_PACKET_F64 ? TS_F64 : TS_F32};
    *k = get32(bytes + 12);
    if (flags > 5) /* both types at once included */
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: unknown flags %lx", what, (unsigned long)flags);
    if (length != ts_packet_bytes(*k, head->value))
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: %lld bytes where %lld entries take %lld", what,
                       (long long)length, (long long)*k,
                       (long long)ts_packet_bytes(*k, head->value));
    memcpy(start, bytes, sizeof start);
    put32(start + 20, 0);
    const uint32_t crc = ts_crc32c(ts_crc32c(0, start, TS_PACKET_HEADER), bytes + TS_PACKET_HEADER,
                                   length - TS_PACKET_HEADER);
    if (crc != get32(bytes + 20))
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: the checksum is %08lx, the packet's %08lx", what,
                       (unsigned long)get32(bytes + 20), (unsigned long)crc);
    return ctx->status;
}

ts_status ts_packet_read(ts_ctx *ctx, ts_packet_head *head, ts_sparse *s,
                         const unsigned char *bytes, int64_t length, int64_t size, ts_dtype dtype,
                         const char *what)
{
    int64_t k = 0;
    *s = (ts_sparse){.size = size};
    if (ctx->status || read_head(ctx, head, &k, bytes, length, what))
        return ctx->status;
    if (head->nonfinite)
        k = 0;
    if (k > size)
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: %lld entries of %lld", what, (long long)k,
                       (long long)size);
    if (ts_sparse_new(ctx, s, dtype, size, k))
        return ctx->status;
    const unsigned char *at = bytes + TS_PACKET_HEADER, *value = at + 4 * k;
    for (int64_t j = 0; j < k; j++) {
        const double x = get_value(value + j * (int64_t)ts_dtype_size(head->value), head->value);
        if (!isfinite(x))
            return ts_fail(ctx, TS_ERROR_FORMAT, "%s: entry %lld is %g", what, (long long)j, x);
        s->indices[j] = get32(at + 4 * j);
        ts_store(s->values.data, dtype, j, x);
    }
    return ts_sparse_check(ctx, s, what);
}
