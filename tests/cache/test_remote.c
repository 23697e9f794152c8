/* Lists of samples, their identity, and reading with patience. The definition of pread below takes the
 * place of the C library's: it is interrupted, short, or fails so many times. */
#define _XOPEN_SOURCE 700
#include "tests/support/cache.h"
#include "tests/support/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    int fail, error, interrupt, calls;
    size_t at_most;
} plan;

ssize_t pread(int fd, void *to, size_t bytes, off_t at)
{
    plan.calls++;
    if (plan.interrupt && plan.calls % 2) {
        errno = EINTR;
        return -1;
    }
    if (plan.fail > 0) {
        plan.fail--;
        errno = plan.error;
        return -1;
    }
    if (plan.at_most && bytes > plan.at_most)
        bytes = plan.at_most;
    return lseek(fd, at, SEEK_SET) < 0 ? -1 : read(fd, to, bytes);
}

static void lists(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    cache_make(files_path("a"), 3, 10);
    cache_make(files_path("a/below"), 2, 10);
    files_write_text(files_path("a/.hidden"), "no sample");
    files_write_text(files_path("a/t.jpg"), "jpeg");
    const char *suffixes[] = {".png", ".jpg", NULL};
    ts_remote *s = ts_remote_open(&ctx, files_path("a"), NULL, NULL);
    assert_int_equal(ts_remote_count(s), 6);
    assert_string_equal(ts_remote_name(s, 0), "below/s00000");
    assert_string_equal(ts_remote_name(s, 5), "t.jpg");
    assert_int_equal(ts_remote_bytes(s, 3), 17);
    const uint64_t key = ts_remote_key(s, 2), stamp = ts_remote_stamp(s, 2);
    ts_remote_close(s);
    files_write_text(files_path("a/before"), "another file moves the numbers");
    files_write_text(files_path("a/s00000"), "s00000 has changed");
    s = ts_remote_open(&ctx, files_path("a/../a/"), NULL, NULL);
    assert_true(ts_remote_key(s, 3) == key && ts_remote_stamp(s, 3) != stamp);
    ts_remote_close(s);
    s = ts_remote_open(&ctx, files_path("a"), suffixes, NULL);
    assert_int_equal(ts_remote_count(s), 1);
    ts_remote_close(s);
    suffixes[1] = ".gif";
    assert_null(ts_remote_open(&ctx, files_path("a"), suffixes, NULL));
    files_failed(&ctx, TS_ERROR_USAGE, "no sample in it whose name ends with .png");
    assert_null(ts_remote_open(&ctx, files_path("nowhere"), NULL, NULL));
    files_failed(&ctx, TS_ERROR_IO, "nowhere: cannot open it");
    assert_int_equal(symlink(".", files_path("a/loop")), 0);
    assert_null(ts_remote_open(&ctx, files_path("a"), NULL, NULL));
    files_failed(&ctx, TS_ERROR_UNSUPPORTED, "folders deep");
    assert_int_equal(unlink(files_path("a/loop")), 0);
    ts_remote_close(NULL);
    ts_ctx_close(&ctx);
}

static void slices(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_blob out = {.at = NULL};
    int64_t retried = 0;
    ts_ctx_open_plain(&ctx);
    files_write_text(files_path("idx"), "headAAABBBCCC");
    ts_remote *s = ts_remote_open_slices(&ctx, files_path("idx"), 4, 3, 3, NULL);
    assert_int_equal(ts_remote_count(s), 3);
    assert_int_equal(ts_remote_read(&ctx, s, 1, &out, NULL, &retried), TS_OK);
    assert_int_equal(out.size, 3);
    assert_memory_equal(out.at, "BBB", 3);
    assert_true(ts_remote_key(s, 1) != ts_remote_key(s, 2));
    assert_string_equal(ts_remote_name(s, 2), "idx");
    ts_remote_close(s);
    assert_null(ts_remote_open_slices(&ctx, files_path("idx"), 5, 3, 3, NULL));
    files_failed(&ctx, TS_ERROR_FORMAT, "too few for 3 samples of 3 bytes");
    assert_null(ts_remote_open_slices(&ctx, files_path("idx"), 0, 0, 3, NULL));
    files_failed(&ctx, TS_ERROR_USAGE, "3 slices of 0 bytes");
    ts_blob_free(&out);
    ts_ctx_close(&ctx);
}

static void patience(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_blob out = {.at = NULL};
    int64_t retried = 0;
    atomic_int cancel = 0;
    ts_ctx_open_plain(&ctx);
    cache_make(files_path("b"), 2, 1000);
    const ts_remote_link link = {.retries = 2, .backoff = 0.001};
    ts_remote *s = ts_remote_open(&ctx, files_path("b"), NULL, &link);
    plan.interrupt = 1;
    plan.at_most = 10;
    assert_int_equal(ts_remote_read(&ctx, s, 1, &out, &cancel, &retried), TS_OK);
    assert_true(cache_right(1, out.at, out.size, 1007, 0));
    assert_int_equal(retried, 0);
    memset(&plan, 0, sizeof plan);
    plan.error = EIO;
    plan.fail = 2;
    assert_int_equal(ts_remote_read(&ctx, s, 1, &out, &cancel, &retried), TS_OK);
    assert_true(retried == 2 && cache_right(1, out.at, out.size, 1007, 0));
    plan.fail = 3;
    ts_remote_read(&ctx, s, 1, &out, &cancel, &retried);
    files_failed(&ctx, TS_ERROR_IO, "s00001: cannot read it: Input/output error");
    assert_int_equal(retried, 4);
    plan.fail = 1;
    plan.error = EACCES; /* does not pass: not tried again */
    ts_remote_read(&ctx, s, 1, &out, &cancel, &retried);
    files_failed(&ctx, TS_ERROR_IO, "Permission denied");
    assert_int_equal(retried, 4);
    files_write_text(files_path("b/s00000"), "shorter");
    ts_remote_read(&ctx, s, 0, &out, &cancel, &retried);
    files_failed(&ctx, TS_ERROR_FORMAT, "s00000: not the 1000 bytes");
    ts_remote_close(s);
    const ts_remote_link slow = {.latency = 0.03, .timeout = 0.02, .retries = 1, .backoff = 0.01};
    s = ts_remote_open(&ctx, files_path("b"), NULL, &slow);
    const double begin = ts_remote_clock();
    ts_remote_read(&ctx, s, 1, &out, &cancel, &retried);
    assert_true(ts_remote_clock() - begin >= 0.05);
    files_failed(&ctx, TS_ERROR_IO, "s00001: not read within 0.02 s, 2 attempts");
    cancel = 1;
    ts_remote_read(&ctx, s, 1, &out, &cancel, &retried);
    files_failed(&ctx, TS_ERROR_INTERRUPTED, "was stopped");
    ts_remote_close(s);
    const ts_remote_link thin = {.bandwidth = 20140}; /* 1007 bytes: 50 ms */
    s = ts_remote_open(&ctx, files_path("b"), NULL, &thin);
    const double start = ts_remote_clock();
    assert_int_equal(ts_remote_read(&ctx, s, 1, &out, NULL, &retried), TS_OK);
    assert_true(ts_remote_clock() - start >= 0.05);
    ts_remote_close(s);
    ts_blob_free(&out);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lists), cmocka_unit_test(slices),
                                       cmocka_unit_test(patience)};
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
