/* Heads there and back at fixed bytes; every single byte of a segment changed; every length cut. */
#include "tests/support/files.h"

#include "ref/cache/segment.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void fixed_bytes(void **state)
{
    (void)state;
    unsigned char bytes[TS_SEGMENT_HEAD];
    ts_segment_head head = {0x0102030405060708, 0x1112131415161718, "a form"}, back;
    ts_segment_head_write(bytes, &head);
    assert_memory_equal(bytes, "TSCACHE1\1\0\0\0\x40\0\0\0\x08\7\6\5\4\3\2\1\x18\x17\x16\x15", 28);
    assert_memory_equal(bytes + 32, "a form\0", 7);
    assert_true(ts_segment_head_read(&back, bytes));
    assert_true(back.dataset == head.dataset && back.form == head.form);
    assert_string_equal(back.label, "a form");
    const ts_record record = {5, 6, 17, 40, true, 0xdeadbeef};
    ts_record again;
    ts_record_write(bytes, &record);
    assert_memory_equal(bytes, "TREC\1\0\0\0\5\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0\x11\0\0\0\0\0\0\0\x28", 33);
    assert_memory_equal(bytes + 40, "\xef\xbe\xad\xde", 4);
    assert_true(ts_record_read(&again, bytes));
    assert_memory_equal(&again.key, &record.key, 8);
    assert_true(again.stored == 17 && again.bytes == 40 && again.packed);
    assert_int_equal(ts_record_span(&again), 48 + 32);
    /* lengths that are well signed and still absurd */
    ts_record_write(bytes, &(ts_record){.stored = TS_ENTRY_MOST + 1, .bytes = TS_ENTRY_MOST + 1});
    assert_false(ts_record_read(&again, bytes));
    ts_record_write(bytes, &(ts_record){.stored = -1, .bytes = -1});
    assert_false(ts_record_read(&again, bytes));
    ts_record_write(bytes, &(ts_record){.stored = 4, .bytes = 5}); /* not packed, and of two lengths */
    assert_false(ts_record_read(&again, bytes));
}

typedef struct {
    int64_t at[4];
    ts_record record[4];
    int count;
} walk;

static void note(void *arg, const ts_record *record, int64_t at)
{
    walk *w = arg;
    assert_true(w->count < 4);
    w->at[w->count] = at;
    w->record[w->count++] = *record;
}

/* A segment of three entries, the second compressed; its length. */
static int64_t make(ts_ctx *ctx, unsigned char file[4096], const char *text[3])
{
    int64_t fill = TS_SEGMENT_HEAD;
    ts_blob packed = {.at = NULL};
    memset(file, 0, 4096);
    ts_segment_head_write(file, &(ts_segment_head){7, 8, "raw"});
    for (int i = 0; i < 3; i++) {
        const int64_t n = (int64_t)strlen(text[i]);
        ts_record r = {(uint64_t)i, 9, n, n, i == 1, 0};
        ts_deflate(ctx, &packed, text[i], n, 9);
        const void *stored = i == 1 ? (const void *)packed.at : text[i];
        r.stored = i == 1 ? packed.size : n;
        r.crc = ts_crc32(0, stored, r.stored);
        ts_record_write(file + fill, &r);
        if (r.stored)
            memcpy(file + fill + TS_RECORD_HEAD, stored, (size_t)r.stored);
        fill += ts_record_span(&r);
    }
    ts_blob_free(&packed);
    return fill;
}

static int load_all(ts_ctx *ctx, int fd, const walk *expected, const char *text[3])
{
    ts_blob out = {.at = NULL}, scratch = {.at = NULL};
    int good = 0;
    for (int i = 0; i < 3; i++)
        if (ts_record_load(ctx, fd, expected->at[i], &expected->record[i], &out, &scratch)) {
            assert_int_equal(out.size, strlen(text[i])); /* what is given out is right, always */
            if (out.size)
                assert_memory_equal(out.at, text[i], (size_t)out.size);
            good++;
        }
    ts_blob_free(&out);
    ts_blob_free(&scratch);
    return good;
}

static int open_bytes(const unsigned char *file, int64_t bytes)
{
    files_write(files_path("seg"), file, (size_t)bytes);
    const int fd = open(files_path("seg"), O_RDONLY);
    assert_true(fd >= 0);
    return fd;
}

static void every_byte(void **state)
{
    (void)state;
    const char *text[] = {"the first", "the second second second second second second second", ""};
    unsigned char file[4096];
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const int64_t size = make(&ctx, file, text);
    ts_segment_head head;
    walk sound = {.count = 0};
    int64_t end;
    int fd = open_bytes(file, size);
    assert_true(ts_segment_scan(fd, &head, note, &sound, &end));
    assert_int_equal(sound.count, 3);
    assert_int_equal(end, size);
    assert_int_equal(load_all(&ctx, fd, &sound, text), 3);
    close(fd);
    for (int64_t at = 0; at < size; at++) {
        file[at] ^= 0x10;
        fd = open_bytes(file, size);
        walk w = {.count = 0};
        const bool opened = ts_segment_scan(fd, &head, note, &w, &end);
        assert_true(opened == (at >= TS_SEGMENT_HEAD)); /* the head of the segment */
        int in = -1;
        for (int i = 0; i < 3; i++)
            in = at >= sound.at[i] ? i : in;
        const int64_t inside = in >= 0 ? at - sound.at[in] : -1;
        if (in >= 0 && inside < TS_RECORD_HEAD) /* the head of a record ends the walk */
            assert_true(w.count == in && end == sound.at[in]);
        else if (in >= 0)
            assert_int_equal(w.count, 3);
        const bool pad = in >= 0 && inside >= TS_RECORD_HEAD + sound.record[in].stored;
        assert_int_equal(load_all(&ctx, fd, &sound, text), in < 0 || pad ? 3 : 2);
        close(fd);
        file[at] ^= 0x10;
    }
    for (int64_t cut = 0; cut < size; cut++) {
        fd = open_bytes(file, cut);
        walk w = {.count = 0};
        assert_true(ts_segment_scan(fd, &head, note, &w, &end) == (cut >= TS_SEGMENT_HEAD));
        int whole = 0;
        while (whole < 3 && sound.at[whole] + ts_record_span(&sound.record[whole]) <= cut)
            whole++;
        assert_int_equal(w.count, whole);
        const int good = load_all(&ctx, fd, &sound, text);
        assert_true(good == whole || good == whole + 1); /* + 1: only zeros behind it are missing */
        close(fd);
    }
    assert_int_equal(ctx.status, TS_OK);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fixed_bytes), cmocka_unit_test(every_byte)};
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
