#include "tests/support/topk.h"

#include "ref/topk/packet.h"

#include <math.h>
#include <string.h>

static void checksum(void **state)
{
    (void)state;
    const unsigned char *text = (const unsigned char *)"123456789";
    assert_true(ts_crc32c(0, text, 9) == 0xe3069283u);
    assert_true(ts_crc32c(ts_crc32c(0, text, 4), text + 4, 5) == 0xe3069283u);
    assert_true(ts_crc32c(0, text, 0) == 0);
}

static ts_sparse example(ts_ctx *ctx)
{
    ts_sparse s;
    ts_sparse_new(ctx, &s, TS_F32, 70000, 3);
    const uint32_t indices[] = {0x00010203, 5, 0};
    const float values[] = {1.5f, -2.0f, 0x1p-20f};
    memcpy(s.indices, indices, sizeof indices);
    memcpy(s.values.data, values, sizeof values);
    return s;
}

/* Byte for byte. */
static void layout(void **state)
{
    (void)state;
    static const unsigned char f32[] = {
        'T', 'S', 'K', '1', 7, 0, 0, 0, 2, 1, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        3, 2, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0x80, 0x35};
    static const unsigned char f16[] = {
        'T', 'S', 'K', '1', 7, 0, 0, 0, 2, 1, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
        3, 2, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0x3e, 0, 0xc0, 0x10, 0};
    ts_ctx ctx;
    unsigned char bytes[64], want[64];
    ts_ctx_open_plain(&ctx);
    ts_sparse s = example(&ctx);
    s.size = 70000;
    for (int half = 0; half < 2; half++) {
        const ts_packet_head head = {7, 258, false, half ? TS_F16 : TS_F32};
        const size_t length = half ? sizeof f16 : sizeof f32;
        assert_int_equal(ts_packet_bytes(3, head.value), length);
        ts_packet_write(bytes, &head, &s);
        memcpy(want, half ? f16 : f32, length);
        const uint32_t crc = ts_crc32c(0, want, (int64_t)length);
        for (int i = 0; i < 4; i++)
            want[20 + i] = (unsigned char)(crc >> 8 * i);
        assert_memory_equal(bytes, want, length);
        ts_packet_head back;
        ts_sparse t;
        assert_int_equal(ts_packet_read(&ctx, &back, &t, bytes, (int64_t)length, 70000, TS_F32,
                                        "packet"), TS_OK);
        assert_true(back.step == 7 && back.bucket == 258 && !back.nonfinite);
        assert_true(back.value == head.value);
        topk_same(&s, &t); /* these values are halves, too */
    }
    ts_ctx_close(&ctx);
}

/* Doubles travel whole. */
static void doubles(void **state)
{
    (void)state;
    ts_ctx ctx;
    unsigned char bytes[200];
    const ts_packet_head head = {.value = TS_F64};
    ts_packet_head back;
    ts_sparse s, t;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_packet_bytes(3, TS_F64), 24 + 3 * 12);
    ts_sparse_new(&ctx, &s, TS_F64, 10, 3);
    for (int j = 0; j < 3; j++) {
        s.indices[j] = (uint32_t)(9 - j);
        ((double *)s.values.data)[j] = topk_gauss(3, j) / 3.0;
    }
    ts_packet_write(bytes, &head, &s);
    assert_int_equal(ts_packet_read(&ctx, &back, &t, bytes, 60, 10, TS_F64, "p"), TS_OK);
    topk_same(&s, &t);
    ts_ctx_close(&ctx);
}

static void nonfinite_step(void **state)
{
    (void)state;
    ts_ctx ctx;
    unsigned char bytes[64];
    ts_packet_head head = {.value = TS_F32}, back;
    ts_sparse t;
    ts_ctx_open_plain(&ctx);
    ts_packet_write_nonfinite(bytes, &head, 5);
    assert_int_equal(ts_packet_read(&ctx, &back, &t, bytes, ts_packet_bytes(5, TS_F32), 4, TS_F64,
                                    "packet"), TS_OK);
    assert_true(back.nonfinite && t.count == 0);
    ts_ctx_close(&ctx);
}

/* Writes, changes one thing, seals again if asked, reads: must fail with these words. */
static void broken(int offset, unsigned char value, bool sealed, int64_t longer, int64_t size,
                   const char *words)
{
    ts_ctx ctx;
    unsigned char bytes[64] = {0};
    ts_packet_head head = {.value = TS_F32}, back;
    ts_sparse t;
    ts_ctx_open_plain(&ctx);
    ts_sparse s = example(&ctx);
    const int64_t length = ts_packet_bytes(3, TS_F32);
    ts_packet_write(bytes, &head, &s);
    bytes[offset] = value;
    if (sealed) {
        memset(bytes + 20, 0, 4);
        const uint32_t crc = ts_crc32c(0, bytes, length);
        for (int i = 0; i < 4; i++)
            bytes[20 + i] = (unsigned char)(crc >> 8 * i);
    }
    assert_int_equal(ts_packet_read(&ctx, &back, &t, bytes, length + longer, size, TS_F32, "p"),
                     TS_ERROR_FORMAT);
    if (!strstr(ctx.message, words))
        fail_msg("\"%s\" where \"%s\" is expected", ctx.message, words);
    ts_ctx_close(&ctx);
}

static void hostile(void **state)
{
    (void)state;
    broken(0, 't', true, 0, 70000, "no packet");
    broken(1, 'S', false, -25, 70000, "23 bytes that are no packet");
    broken(12, 4, true, 0, 70000, "48 bytes where 4 entries take 56");
    broken(12, 3, true, 1, 70000, "49 bytes");
    broken(17, 1, true, 0, 70000, "unknown flags 100");
    broken(16, 6, true, 0, 70000, "unknown flags 6");
    broken(30, 1, false, 0, 70000, "checksum");
    broken(28, 0, true, 0, 70000, "the index 0 stands twice");
    broken(26, 2, true, 0, 70000, "entry 0 has the index 131587 of 70000");
    broken(39, 0x7f, true, 0, 70000, "entry 0 is");
    broken(0, 'T', true, 0, 2, "3 entries of 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(checksum), cmocka_unit_test(layout), cmocka_unit_test(doubles),
                                       cmocka_unit_test(nonfinite_step),
                                       cmocka_unit_test(hostile)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
