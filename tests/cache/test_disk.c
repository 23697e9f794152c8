/* Stored, sealed, found again, replaced, dropped; budgets; damage of each kind; a full disk, short
 * and interrupted writes, calls that fail: the level is switched off, nothing wrong is given out. The
 * definitions of write, rename and fsync below take the place of the C library's. */
#define _XOPEN_SOURCE 700
#include "tests/support/cache.h"
#include "tests/support/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static struct {
    int fail_write, error, interrupt, calls, fail_fsync, fail_rename;
    size_t at_most;
} plan;

ssize_t write(int fd, const void *data, size_t bytes)
{
    plan.calls++;
    if (plan.interrupt && plan.calls % 2) {
        errno = EINTR;
        return -1;
    }
    if (plan.fail_write && plan.calls >= plan.fail_write) {
        errno = plan.error;
        return -1;
    }
    if (plan.at_most && bytes > plan.at_most)
        bytes = plan.at_most;
    const struct iovec piece = {(void *)(uintptr_t)data, bytes};
    return writev(fd, &piece, 1);
}

int fsync(int fd)
{
    (void)fd;
    errno = EIO;
    return plan.fail_fsync ? -1 : 0;
}

int rename(const char *from, const char *to)
{
    errno = EXDEV;
    return plan.fail_rename ? -1 : renameat(AT_FDCWD, from, AT_FDCWD, to);
}

static cache_sentences heard;
static const ts_segment_head raw = {.label = "raw"}, other = {.form = 77, .label = "other"};

static ts_disk *open_disk(ts_ctx *ctx, const char *name, int64_t budget, int64_t segment, int zlib)
{
    const ts_disk_options o = {.folder = files_path(name), .budget = budget, .zlib = zlib,
                               .segment_bytes = segment, .dataset = 5,
                               .listener = {cache_hear, &heard}};
    return ts_disk_open(ctx, &o);
}

/* Entry `key` has 100 + key bytes. */
static ts_disk_fate put(ts_ctx *ctx, ts_disk *d, const ts_segment_head *form, int key, bool again)
{
    unsigned char data[1000];
    for (int i = 0; i < 100 + key; i++)
        data[i] = (unsigned char)(cache_byte(key, i / 10) ^ form->form);
    return ts_disk_put(ctx, d, form, (uint64_t)key, 1, data, 100 + key, again);
}

/* How many of the keys are there; each must be right. */
static int right(ts_ctx *ctx, ts_disk *d, const ts_segment_head *form, int keys)
{
    ts_blob out = {.at = NULL}, scratch = {.at = NULL};
    int count = 0;
    for (int key = 0; key < keys; key++)
        if (ts_disk_read(ctx, d, form->form, (uint64_t)key, 1, &out, &scratch) == TS_DISK_HIT) {
            assert_int_equal(out.size, 100 + key);
            for (int i = 0; i < 100 + key; i++)
                assert_int_equal(out.at[i], (unsigned char)(cache_byte(key, i / 10) ^ form->form));
            count++;
        }
    ts_blob_free(&out);
    ts_blob_free(&scratch);
    return count;
}

static ts_disk_state look(ts_disk *d)
{
    ts_disk_state s;
    ts_disk_look(d, &s);
    return s;
}

static void there_and_back(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    for (int zlib = 0; zlib < 2; zlib++) {
        const char *name = zlib ? "packed" : "plain";
        ts_disk *d = open_disk(&ctx, name, 0, 1000, zlib);
        for (int key = 0; key < 30; key++) {
            assert_int_equal(put(&ctx, d, &raw, key, false), TS_DISK_STORED);
            assert_int_equal(put(&ctx, d, key % 2 ? &other : &raw, key, false),
                             key % 2 ? TS_DISK_STORED : TS_DISK_PRESENT);
        }
        assert_int_equal(right(&ctx, d, &raw, 30), 30); /* before anything of it is sealed, too */
        ts_disk_close(d);
        assert_int_equal(cache_files(files_path(name), ".open"), 0);
        assert_true(cache_files(files_path(name), ".dat") > (zlib ? 2 : 5));
        d = open_disk(&ctx, name, 0, 0, zlib);
        assert_int_equal(right(&ctx, d, &raw, 30), 30);
        assert_int_equal(right(&ctx, d, &other, 30), 15);
        assert_int_equal(look(d).entries, 45);
        ts_disk_drop(d, other.form);
        assert_int_equal(right(&ctx, d, &other, 30), 0);
        assert_int_equal(right(&ctx, d, &raw, 30), 30);
        ts_disk_close(d);
        const ts_disk_options elsewhere = {.folder = files_path(name), .dataset = 6};
        d = ts_disk_open(&ctx, &elsewhere); /* another dataset: nothing of it is taken */
        assert_int_equal(right(&ctx, d, &raw, 30), 0);
        assert_true(look(d).ignored > 0);
        ts_disk_close(d);
    }
    assert_int_equal(atomic_load(&heard.count), 0);
    assert_int_equal(ctx.status, TS_OK);
    ts_ctx_close(&ctx);
}

static void budget(void **state)
{
    (void)state;
    ts_ctx ctx;
    int stored = 0;
    ts_ctx_open_plain(&ctx);
    ts_disk *d = open_disk(&ctx, "small", 2000, 700, 0);
    for (int key = 0; key < 30; key++)
        stored += put(&ctx, d, &raw, key, false) == TS_DISK_STORED;
    assert_true(stored >= 9 && stored < 13);
    assert_int_equal(look(d).refused, 30 - stored);
    assert_true(look(d).used <= 2000);
    ts_disk_close(d);
    d = open_disk(&ctx, "small", 2000, 700, 0); /* what was there counts */
    assert_int_equal(right(&ctx, d, &raw, 30), stored);
    assert_int_equal(put(&ctx, d, &raw, 29, false), TS_DISK_REFUSED);
    ts_disk_close(d);
    ts_ctx_close(&ctx);
}

/* A flipped payload is missed, said, and replaced; the newest wins in the next life. */
static void damage(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_disk *d = open_disk(&ctx, "damaged", 0, 0, 0);
    for (int key = 0; key < 10; key++)
        put(&ctx, d, &raw, key, false);
    ts_disk_close(d);
    const char *file = cache_file(files_path("damaged"), ".dat");
    cache_flip(file, TS_SEGMENT_HEAD + TS_RECORD_HEAD + 5); /* the payload of key 0 */
    atomic_store(&heard.count, 0);
    d = open_disk(&ctx, "damaged", 0, 0, 0);
    assert_int_equal(right(&ctx, d, &raw, 10), 9);
    assert_int_equal(atomic_load(&heard.count), 1);
    assert_non_null(strstr(heard.last, "the entry at byte 64 is damaged: it is fetched again"));
    assert_int_equal(look(d).broken, 1);
    assert_int_equal(put(&ctx, d, &raw, 0, true), TS_DISK_STORED);
    ts_disk_close(d);
    d = open_disk(&ctx, "damaged", 0, 0, 0);
    assert_int_equal(right(&ctx, d, &raw, 10), 10);
    ts_disk_close(d);
    file = NULL;
    ts_ctx_close(&ctx);
}

static void switched_off(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    for (int way = 0; way < 6; way++) {
        char name[16];
        snprintf(name, sizeof name, "off%d", way);
        memset(&plan, 0, sizeof plan);
        atomic_store(&heard.count, 0);
        ts_disk *d = open_disk(&ctx, name, 0, 0, 0);
        plan.error = way % 2 ? EIO : ENOSPC;
        plan.fail_write = way < 2 ? 1 : way < 4 ? 6 : 0;
        plan.at_most = way == 3 ? 40 : 0;
        plan.fail_fsync = way == 4;
        plan.fail_rename = way == 5;
        int stored = 0;
        for (int key = 0; key < 10; key++)
            stored += put(&ctx, d, &raw, key, false) == TS_DISK_STORED;
        assert_int_equal(stored, way < 2 ? 0 : way == 2 ? 4 : way == 3 ? 0 : 10);
        assert_int_equal(right(&ctx, d, &raw, 10), stored); /* what was written can be read on */
        ts_disk_seal(d);
        assert_false(look(d).writing);
        assert_int_equal(put(&ctx, d, &raw, 11, false), TS_DISK_REFUSED);
        assert_int_equal(atomic_load(&heard.count), 1); /* said once */
        assert_non_null(strstr(heard.last, "nothing more is cached on the disk in this run"));
        memset(&plan, 0, sizeof plan);
        ts_disk_close(d);
        d = open_disk(&ctx, name, 0, 0, 0);
        assert_int_equal(right(&ctx, d, &raw, 10), way < 4 ? stored : 0);
        ts_disk_close(d);
    }
    plan.at_most = 7;
    plan.interrupt = 1;
    ts_disk *d = open_disk(&ctx, "pieces", 0, 0, 0);
    for (int key = 0; key < 10; key++)
        assert_int_equal(put(&ctx, d, &raw, key, false), TS_DISK_STORED);
    memset(&plan, 0, sizeof plan);
    assert_int_equal(right(&ctx, d, &raw, 10), 10);
    ts_disk_close(d);
    files_write_text(files_path("file"), "not a folder");
    d = open_disk(&ctx, "file", 0, 0, 0);
    assert_false(look(d).writing);
    assert_int_equal(right(&ctx, d, &raw, 10), 0);
    ts_disk_close(d);
    assert_int_equal(ctx.status, TS_OK);
    ts_ctx_close(&ctx);
}

/* Two levels over one folder: each sees what the other has sealed, after a look. */
static void two(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_disk *a = open_disk(&ctx, "two", 0, 0, 0), *b = open_disk(&ctx, "two", 0, 0, 0);
    for (int key = 0; key < 10; key++)
        put(&ctx, key % 2 ? a : b, &raw, key, false);
    assert_int_equal(right(&ctx, a, &raw, 10), 5);
    ts_disk_seal(b);
    ts_disk_refresh(a);
    assert_int_equal(right(&ctx, a, &raw, 10), 10);
    ts_disk_close(b);
    assert_int_equal(right(&ctx, a, &raw, 10), 10);
    ts_disk_close(a);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back), cmocka_unit_test(budget),
                                       cmocka_unit_test(damage), cmocka_unit_test(switched_off),
                                       cmocka_unit_test(two)};
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
