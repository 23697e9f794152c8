#include "tests/support/files.h"

#include "ref/train/sources.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Records of label(s) and planes; pixel (y, x) of channel c is a function of the record. */
static void write_records(const char *name, int labels, int records, int first)
{
    static unsigned char bytes[3 * 3074];
    unsigned char *b = bytes;
    for (int r = 0; r < records; r++) {
        for (int l = 0; l < labels; l++)
            *b++ = (unsigned char)(l + 1 < labels ? 19 : first + r);
        for (int i = 0; i < 3072; i++)
            *b++ = (unsigned char)(first + r + i * 7);
    }
    files_write(files_path(name), bytes, (size_t)(b - bytes));
}

static void check(const ts_samples *s, int64_t i, int value)
{
    ts_ctx ctx;
    ts_picture p;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_samples_label(s, i), value);
    assert_int_equal(ts_samples_picture(&ctx, s, i, &p), TS_OK);
    for (int y = 0; y < 32; y++)
        for (int c = 0; c < 3; c++)
            assert_int_equal(p.pixels[(y * 32 + 5) * 3 + c],
                             (unsigned char)(value + (c * 1024 + y * 32 + 5) * 7));
    ts_picture_free(&p);
    ts_ctx_close(&ctx);
}

/* A folder of files in the order of their names; the test file only when it is alone. */
static void folders(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    mkdir(files_path("c10"), 0777);
    write_records("c10/data_batch_2.bin", 1, 1, 7);
    write_records("c10/data_batch_1.bin", 1, 3, 2);
    write_records("c10/test_batch.bin", 1, 1, 9);
    files_write_text(files_path("c10/readme.html"), "x");
    ts_samples *s = ts_samples_open(&ctx, files_path("c10"), "auto");
    assert_non_null(s);
    assert_int_equal(ts_samples_size_of(s).count, 4);
    assert_int_equal(ts_samples_size_of(s).classes, 10);
    check(s, 0, 2);
    check(s, 2, 4);
    check(s, 3, 7);
    ts_samples_close(s);
    s = ts_samples_open(&ctx, files_path("c10/test_batch.bin"), "cifar10");
    assert_non_null(s);
    check(s, 0, 9);
    ts_samples_close(s);
    mkdir(files_path("c100"), 0777);
    write_records("c100/train.bin", 2, 2, 40);
    s = ts_samples_open(&ctx, files_path("c100"), "auto");
    assert_non_null(s);
    assert_int_equal(ts_samples_size_of(s).classes, 100);
    check(s, 1, 41);
    ts_samples_close(s);
    ts_ctx_close(&ctx);
}

static void refuses(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    files_write_text(files_path("short.bin"), "abc");
    assert_null(ts_samples_open(&ctx, files_path("short.bin"), "auto"));
    files_failed(&ctx, TS_ERROR_FORMAT, "3 bytes are no records of 3073");
    write_records("bad.bin", 1, 2, 9);
    assert_null(ts_samples_open(&ctx, files_path("bad.bin"), "cifar10"));
    files_failed(&ctx, TS_ERROR_FORMAT, "record 1 has label 10 of 10");
    files_write_text(files_path("empty.bin"), "");
    assert_null(ts_samples_open(&ctx, files_path("empty.bin"), "cifar100"));
    files_failed(&ctx, TS_ERROR_FORMAT, "no pictures");
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
