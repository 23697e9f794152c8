/* Besides reading and writing as it should be: system calls that fail, are interrupted, or do only
 * half of what they were asked for. */
#include "tests/support/files.h"
#include "tests/support/hindered.h"

#include "ref/io/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void holds(const char *path, const char *text)
{
    size_t bytes;
    char *data = files_read(path, &bytes);
    assert_int_equal(bytes, strlen(text));
    assert_memory_equal(data, text, bytes);
    free(data);
}

static void writes(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const char *path = files_path("file");
    assert_int_equal(ts_file_write(&ctx, path, "one", 3), TS_OK);
    holds(path, "one");
    chmod(path, 0640);
    assert_int_equal(ts_file_write(&ctx, path, "other", 5), TS_OK);
    holds(path, "other");
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0640); /* permissions stay */
    plan.at_most = 2;
    plan.interrupt = 1;
    assert_int_equal(ts_file_write(&ctx, path, "in small pieces", 15), TS_OK);
    memset(&plan, 0, sizeof plan);
    holds(path, "in small pieces");
    assert_int_equal(files_count(), 1);

    assert_int_equal(symlink("file", files_path("link")), 0);
    assert_int_equal(ts_file_write(&ctx, files_path("link"), "by link", 7), TS_OK);
    holds(path, "by link");
    assert_int_equal(lstat(files_path("link"), &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    assert_int_equal(ts_file_write(&ctx, "/dev/null", "x", 1), TS_OK);
    assert_int_equal(stat("/dev/null", &about), 0);
    assert_true(S_ISCHR(about.st_mode));
    ts_ctx_close(&ctx);
}

/* Whatever fails, the old file is there, and nothing beside it. */
static void old_file_intact(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const char *path = files_path("kept");
    files_write_text(path, "old");
    const int count = files_count();
    for (int way = 0; way < 4; way++) {
        memset(&plan, 0, sizeof plan);
        plan.fail_write = way == 0 ? 1 : way == 1 ? 2 : 0;
        plan.at_most = way == 1 ? 1 : 0;
        plan.fail_fsync = way == 2;
        plan.fail_rename = way == 3;
        ts_file_write(&ctx, path, "new", 3);
        static const char *const words[] = {"kept: cannot write it: No space",
                                            "kept: cannot write it: No space",
                                            "kept: cannot write it to the disk",
                                            "kept: cannot put the new file in its place"};
        files_failed(&ctx, TS_ERROR_IO, words[way]);
        holds(path, "old");
        assert_int_equal(files_count(), count);
    }
    memset(&plan, 0, sizeof plan);
    ts_out out;
    assert_int_equal(ts_out_open(&ctx, &out, path), TS_OK);
    ts_out_write(&ctx, &out, "new", 3);
    ts_fail(&ctx, TS_ERROR_FORMAT, "something else went wrong"); /* then nothing is renamed */
    assert_int_equal(ts_out_commit(&ctx, &out), TS_ERROR_FORMAT);
    ts_ctx_clear(&ctx);
    holds(path, "old");
    assert_int_equal(ts_out_open(&ctx, &out, path), TS_OK);
    ts_out_abandon(&out);
    ts_out_abandon(&out);
    holds(path, "old");
    assert_int_equal(files_count(), count);
    ts_out_write(&ctx, &out, "x", 1);
    files_failed(&ctx, TS_ERROR_USAGE, "not open");
    ts_out_commit(&ctx, &out);
    files_failed(&ctx, TS_ERROR_USAGE, "not open");
    ts_ctx_close(&ctx);
}

static void cannot_write(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_file_write(&ctx, files_path("no/such/folder"), "x", 1);
    files_failed(&ctx, TS_ERROR_IO, "cannot write it: No such file or directory");
    ts_file_write(&ctx, files_path(""), "x", 1);
    files_failed(&ctx, TS_ERROR_IO, "Is a directory");
    ts_file_write(&ctx, "/dev/full", "x", 1);
    files_failed(&ctx, TS_ERROR_IO, "/dev/full: cannot write it: No space left on device");
    assert_int_equal(symlink("nothing", files_path("dangling")), 0);
    ts_file_write(&ctx, files_path("dangling"), "x", 1);
    files_failed(&ctx, TS_ERROR_IO, "cannot follow the link");
    mkdir(files_path("closed"), 0555);
    files_write_text(files_path("protected"), "old");
    chmod(files_path("protected"), 0444);
    const bool superuser = geteuid() == 0; /* who may write everywhere: somebody else tries */
    if (superuser) {
        chmod(files_path(""), 0777);
        assert_int_equal(seteuid(65534), 0);
    }
    ts_file_write(&ctx, files_path("closed/file"), "x", 1);
    const ts_ctx closed = ctx;
    ts_ctx_clear(&ctx);
    ts_file_write(&ctx, files_path("protected"), "x", 1);
    if (superuser)
        assert_int_equal(seteuid(0), 0);
    files_failed(&ctx, TS_ERROR_IO, "protected: cannot write it: Permission denied");
    ctx = closed;
    files_failed(&ctx, TS_ERROR_IO, "closed/file: cannot write it: Permission denied");
    holds(files_path("protected"), "old");
    ts_ctx_close(&ctx);
}

static void reads(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    int64_t size;
    const char *path = files_path("text");
    files_write_text(path, "four");
    char *data = ts_file_read(&ctx, path, 4, &size);
    assert_int_equal(size, 4);
    assert_string_equal(data, "four");
    ts_free(data);
    assert_null(ts_file_read(&ctx, path, 3, NULL));
    files_failed(&ctx, TS_ERROR_FORMAT, "text: more than the 3 bytes");
    assert_null(ts_file_read(&ctx, "/dev/zero", 100000, NULL)); /* endless, and no size */
    files_failed(&ctx, TS_ERROR_FORMAT, "more than the 100000 bytes");
    data = ts_file_read(&ctx, "/dev/null", 10, &size);
    assert_int_equal(size, 0);
    assert_string_equal(data, "");
    ts_free(data);
    assert_null(ts_file_read(&ctx, files_path(""), 10, NULL));
    files_failed(&ctx, TS_ERROR_IO, "Is a directory");
    assert_null(ts_file_read(&ctx, files_path("missing"), 10, NULL));
    files_failed(&ctx, TS_ERROR_IO, "missing: cannot open it: No such file");

    ts_map map;
    assert_int_equal(ts_map_open(&ctx, &map, path), TS_OK);
    assert_int_equal(map.size, 4);
    assert_memory_equal(map.data, "four", 4);
    ts_map_ahead(map.data, map.size);
    ts_map_close(&map);
    ts_map_close(&map);
    files_write_text(path, "");
    assert_int_equal(ts_map_open(&ctx, &map, path), TS_OK);
    assert_null(map.data);
    ts_map_close(&map);
    ts_map_open(&ctx, &map, "/dev/null");
    files_failed(&ctx, TS_ERROR_IO, "not a regular file");
    ts_map_open(&ctx, &map, files_path("missing"));
    files_failed(&ctx, TS_ERROR_IO, "missing");
    ts_ctx_close(&ctx);
}

static void paths(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    char *path = ts_path_join(&ctx, "a", "b");
    assert_string_equal(path, "a/b");
    ts_free(path);
    path = ts_path_join(&ctx, "/", "b");
    assert_string_equal(path, "/b");
    ts_free(path);
    mkdir(files_path("in"), 0777);
    mkdir(files_path("inside"), 0777);
    files_write_text(files_path("in/file"), "");
    files_write_text(files_path("inside/file"), "");
    assert_true(ts_path_exists(files_path("in/file")));
    assert_false(ts_path_exists(files_path("in/none")));
    assert_true(ts_path_is_folder(files_path("in")));
    assert_false(ts_path_is_folder(files_path("in/file")));
    path = ts_path_inside(&ctx, files_path("in"), files_path("in"), "file");
    assert_non_null(path);
    ts_free(path);
    assert_int_equal(symlink("file", files_path("in/here")), 0);
    path = ts_path_inside(&ctx, files_path("in"), files_path("in"), "here");
    assert_non_null(strstr(path, "/in/file"));
    ts_free(path);
    static const char *const out[] = {"..", "../inside/file", "there", "folder/file"};
    assert_int_equal(symlink("../inside/file", files_path("in/there")), 0);
    assert_int_equal(symlink("../inside", files_path("in/folder")), 0);
    for (int i = 0; i < 4; i++) { /* "inside" begins like "in", and is not in it */
        assert_null(ts_path_inside(&ctx, files_path("in"), files_path("in"), out[i]));
        files_failed(&ctx, TS_ERROR_FORMAT, "leads out of the folder");
    }
    for (int i = 0; i < 4; i++) {
        assert_null(ts_path_member(&ctx, files_path("in"), out[i]));
        files_failed(&ctx, TS_ERROR_FORMAT, "leads out of the folder");
    }
    static const char *const members[] = {"here", "none"};
    for (int i = 0; i < 2; i++) { /* what is not there is for the reader to say, or to do without */
        path = ts_path_member(&ctx, files_path("in"), members[i]);
        assert_non_null(strstr(path, members[i]));
        ts_free(path);
    }
    assert_null(ts_path_inside(&ctx, files_path("in"), files_path("in"), "none"));
    files_failed(&ctx, TS_ERROR_IO, "none: cannot open it");
    assert_null(ts_path_inside(&ctx, files_path("gone"), files_path("in"), "file"));
    files_failed(&ctx, TS_ERROR_IO, "gone: cannot open it");
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes), cmocka_unit_test(old_file_intact), cmocka_unit_test(cannot_write),
        cmocka_unit_test(reads),  cmocka_unit_test(paths),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
