/* Names, locks and orphans: the file of a living writer is left alone, that of a dead one is sealed where
 * its sound part ends; clearing by form and dataset. */
#define _XOPEN_SOURCE 700
#include "ref/cache/folder.h"
#include "tests/support/cache.h"
#include "tests/support/files.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A child that has begun a segment of form 1, with so many records and garbage behind them. Sealed or
 * waiting to be killed. */
static pid_t writer(const char *folder, uint64_t form, int records, bool seal)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        ts_ctx ctx;
        char *path;
        unsigned char head[TS_SEGMENT_HEAD] = "";
        ts_ctx_open_plain(&ctx);
        const int fd = ts_folder_create(&ctx, folder, &path);
        ts_segment_head_write(head, &(ts_segment_head){3, form, "x"});
        bool fine = fd >= 0 && ts_write_all(fd, head, TS_SEGMENT_HEAD);
        for (int i = 0; i < records; i++) {
            ts_record_write(head, &(ts_record){.key = (uint64_t)i});
            fine = fine && ts_write_all(fd, head, TS_RECORD_HEAD);
        }
        fine = fine && (seal ? ts_folder_seal(fd, path) : ts_write_all(fd, "half", 4));
        fine = fine && write(ready[1], "x", 1) == 1;
        if (seal || !fine)
            _exit(!fine);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    if (seal)
        assert_int_equal(waitpid(child, NULL, 0), child);
    return child;
}

static void finish(pid_t child)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void orphans(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_folder_list list;
    struct stat about;
    ts_ctx_open_plain(&ctx);
    const char *folder = files_path("orphans");
    assert_int_equal(mkdir(folder, 0777), 0);
    pid_t one = writer(folder, 1, 2, false);
    ts_folder_adopt(&ctx, folder); /* it lives */
    assert_int_equal(cache_files(folder, ".open"), 1);
    finish(one);
    ts_folder_adopt(&ctx, folder);
    assert_int_equal(cache_files(folder, ".open"), 0);
    assert_int_equal(stat(cache_file(folder, ".dat"), &about), 0);
    assert_int_equal(about.st_size, TS_SEGMENT_HEAD + 2 * TS_RECORD_HEAD); /* "half" is cut off */
    finish(writer(folder, 1, 0, false));
    ts_folder_adopt(&ctx, folder); /* nothing in it: it goes */
    assert_int_equal(cache_files(folder, ".open"), 0);
    assert_int_equal(cache_files(folder, ".dat"), 1);
    assert_true(ts_folder_read(&ctx, folder, &list));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.bytes, about.st_size);
    ts_folder_free(&list);
    assert_false(ts_folder_read(&ctx, files_path("nowhere"), &list));
    ts_folder_adopt(&ctx, files_path("nowhere"));
    assert_int_equal(ctx.status, TS_OK);
    ts_ctx_close(&ctx);
}

/* A file with our own number is of a process before us only when it has been still for long. */
static void own_number(void **state)
{
    (void)state;
    ts_ctx ctx;
    char *path;
    unsigned char head[TS_SEGMENT_HEAD] = "";
    ts_ctx_open_plain(&ctx);
    const char *folder = files_path("own");
    assert_int_equal(mkdir(folder, 0777), 0);
    const int fd = ts_folder_create(&ctx, folder, &path);
    assert_true(fd >= 0);
    ts_segment_head_write(head, &(ts_segment_head){3, 1, "x"});
    assert_true(ts_write_all(fd, head, TS_SEGMENT_HEAD));
    ts_record_write(head, &(ts_record){.key = 1});
    assert_true(ts_write_all(fd, head, TS_RECORD_HEAD));
    close(fd);
    ts_folder_adopt(&ctx, folder);
    assert_int_equal(cache_files(folder, ".open"), 1);
    const struct timespec old[2] = {{time(NULL) - 4000, 0}, {time(NULL) - 4000, 0}};
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    ts_folder_adopt(&ctx, folder);
    assert_int_equal(cache_files(folder, ".open"), 0);
    assert_int_equal(cache_files(folder, ".dat"), 1);
    ts_free(path);
    ts_ctx_close(&ctx);
}

static void clears(void **state)
{
    (void)state;
    ts_ctx ctx;
    int64_t bytes;
    ts_ctx_open_plain(&ctx);
    const char *folder = files_path("clears");
    assert_int_equal(mkdir(folder, 0777), 0);
    char foreign[512];
    snprintf(foreign, sizeof foreign, "%s/seg-notes.txt", folder);
    files_write_text(foreign, "not ours");
    for (uint64_t form = 1; form <= 3; form++)
        writer(folder, form, 1, true);
    const pid_t alive = writer(folder, 1, 1, false);
    const ts_folder_choice first = {.form_only = true, .form = 1};
    assert_int_equal(ts_folder_clear(&ctx, folder, &first, &bytes), 1);
    assert_int_equal(bytes, TS_SEGMENT_HEAD + TS_RECORD_HEAD);
    const ts_folder_choice nobody = {.dataset_only = true, .dataset = 4};
    assert_int_equal(ts_folder_clear(&ctx, folder, &nobody, &bytes), 0);
    assert_int_equal(ts_folder_clear(&ctx, folder, &(ts_folder_choice){.dataset = 0}, &bytes), 2);
    assert_int_equal(cache_files(folder, ".open"), 1); /* its writer lives */
    finish(alive);
    assert_int_equal(ts_folder_clear(&ctx, folder, &(ts_folder_choice){.dataset = 0}, &bytes), 1);
    assert_int_equal(access(foreign, F_OK), 0);
    ts_folder_clear(&ctx, files_path("nowhere"), &first, &bytes);
    files_failed(&ctx, TS_ERROR_IO, "nowhere: cannot list it");
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(orphans), cmocka_unit_test(own_number),
                                       cmocka_unit_test(clears)};
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
